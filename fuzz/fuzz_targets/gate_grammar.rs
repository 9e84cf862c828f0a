//! Statements made up from a grammar that knows the schema, and structured changes, under three policies.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket::gate::check::{Worlds, submission};

static WORLDS: LazyLock<Worlds> = LazyLock::new(Worlds::new);

fuzz_target!(|data: &[u8]| {
    WORLDS.check(&submission(&WORLDS.world, data));
});
