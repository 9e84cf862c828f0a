//! What the gate admits, against PostgreSQL's own grammar: the text that would be executed, and the client's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pgwicket_oracle::{Judge, Source, with_values};

static JUDGE: LazyLock<Judge> = LazyLock::new(Judge::new);

fuzz_target!(|data: &[u8]| {
    // What begins like a text is one, and so the seeds of `gate_bytes` serve here, too; else the first byte says what is
    // made of the others.
    let submission = match data.split_first() {
        Some((first, rest)) if !first.is_ascii_graphic() && !first.is_ascii_whitespace() => {
            let source = [Source::Grammar, Source::Query, Source::Write][usize::from(*first) % 3];
            JUDGE.make(source, rest)
        }
        _ => with_values(String::from_utf8_lossy(data).into_owned()),
    };
    let differences = JUDGE.judge(&submission).differences;
    assert!(differences.is_empty(), "{}", differences.join("\n"));
});
