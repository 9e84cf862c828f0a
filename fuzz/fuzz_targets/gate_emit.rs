//! Statements of the IR made up directly: what emit writes reads back as what it was given.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket::gate::check::{Callables, World, reads_back};

static WORLD: LazyLock<(World, Callables)> = LazyLock::new(|| {
    let world = World::new();
    let callables = Callables::of(&world.catalog);
    (world, callables)
});

fuzz_target!(|data: &[u8]| {
    let (world, callables) = &*WORLD;
    if let Err(why) = reads_back(world, callables, data) {
        panic!("{why}");
    }
});
