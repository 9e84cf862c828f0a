//! Any bytes as a ledger: parts separated by zero bytes are segments of two chains, and one that is compressed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| pgwicket::history::check::read_any(data));
