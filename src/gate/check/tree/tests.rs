//! The emitter's proof: what it writes reads back as what it was given, for every kind of node.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_emitted_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        thread_local! {
            static WORLD: (World, Callables) = {
                let world = World::new();
                let callables = Callables::of(&world.catalog);
                (world, callables)
            };
        }
        WORLD.with(|(world, callables)| reads_back(world, callables, &bytes)).map_err(TestCaseError::fail)?;
    }
}
