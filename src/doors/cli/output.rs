//! Standard output for results, standard error for everything else. A reader that is gone, as in `| head`, is no failure
//! and no reason to panic, as the printing macros would.

use std::io::{ErrorKind, Write};

use super::{Exit, Failure};

/// Text to standard output, as it is.
///
/// # Errors
/// Where the text didn't get out, as on a full disk: half of a result must not pass for the whole.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Refused, format!("standard output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A line to standard error.
pub(super) fn message(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
