//! Any bytes as SQL text, under three policies.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket::gate::check::Worlds;

static WORLDS: LazyLock<Worlds> = LazyLock::new(Worlds::new);

fuzz_target!(|data: &[u8]| WORLDS.check_text(&String::from_utf8_lossy(data)));
