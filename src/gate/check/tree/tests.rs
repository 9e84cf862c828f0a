//! The emitter's proof: what it writes reads back as what it was given, for every kind of node.

use proptest::prelude::*;

use super::*;
use crate::gate::check::read_back;
use crate::gate::emit::emit;

fn reads_back(world: &World, callables: &Callables, bytes: &[u8]) -> Result<Statement, String> {
    let statement = statement(world, callables, bytes);
    let text = emit(&statement);
    let read = read_back(world, &world.open, &text, PARAMETERS).map_err(|why| format!("{text}\n{why}"))?;
    if read != statement {
        return Err(format!("{text}\nreads as\n{}\n{statement:#?}\n{read:#?}", emit(&read)));
    }
    Ok(statement)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

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
