//! What the gate admits, against PostgreSQL's own grammar: the text that would be executed, and the client's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket_oracle::{Judge, Source};

static JUDGE: LazyLock<Judge> = LazyLock::new(Judge::new);

fuzz_target!(|data: &[u8]| {
    // The first byte says what the rest is read as.
    let Some((source, rest)) = data.split_first() else { return };
    let submission = JUDGE.make(Source::ALL[usize::from(*source) % Source::ALL.len()], rest);
    let differences = JUDGE.judge(&submission).differences;
    assert!(differences.is_empty(), "{}", differences.join("\n"));
});
