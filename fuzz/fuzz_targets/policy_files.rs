//! Any text as a policy and two files that it may extend, bound to the catalog that the gate's targets have, and asked.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket::gate::check::{World, check_policies};

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| check_policies(&WORLD, data));
