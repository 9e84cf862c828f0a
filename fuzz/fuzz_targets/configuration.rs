//! Any text as `pgwicket.toml`, as the `.env` beside it, and as the environment.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    pgwicket::config::check::read_any(data);
});
