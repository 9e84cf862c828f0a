//! Standard output for results, standard error for everything else. A reader that is gone, as in `| head`, is no failure
//! and no reason to panic, as the printing macros would.

use std::io::Write;

/// Text to standard output, as it is.
pub(super) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A line to standard error.
pub(super) fn message(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
