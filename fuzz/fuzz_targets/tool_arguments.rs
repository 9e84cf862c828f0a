//! Any JSON as the arguments of a tool, and what comes of it given to the gate.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket::doors::mcp::check::check_arguments;
use pgwicket::gate::check::Worlds;

static WORLDS: LazyLock<Worlds> = LazyLock::new(Worlds::new);

fuzz_target!(|data: &[u8]| {
    check_arguments(&WORLDS, data);
});
