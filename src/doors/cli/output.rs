//! Standard output for results, standard error for everything else. A reader that is gone, as in `| head`, is no failure
//! and no reason to panic, as the printing macros would.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Exit, Failure};

/// Text to standard output, as it is.
///
/// # Errors
/// Where the text didn't get out, as on a full disk: half of a result must not pass for the whole.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    let mut out = Stream::stdout();
    out.write(text.as_bytes())?;
    out.flush().map(drop)
}

/// A line to standard error.
pub(super) fn message(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Whether anybody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    GoesOn,
    ReaderGone,
}

/// A long result, to standard output or a file.
pub(super) struct Stream {
    to: To,
    name: String,
}

enum To {
    Stdout(BufWriter<std::io::Stdout>),
    /// A pipe or device, written as it is.
    Special(BufWriter<File>, PathBuf),
    /// A file that takes its place when it is whole; taken away if it never is.
    File(BufWriter<NamedTempFile>, PathBuf),
}

const BUFFER: usize = 256 << 10;

impl Stream {
    pub fn stdout() -> Self {
        Self { to: To::Stdout(BufWriter::with_capacity(BUFFER, std::io::stdout())), name: "standard output".to_owned() }
    }

    /// A file that only its owner may read, which replaces one that is there.
    ///
    /// # Errors
    /// It can't be made.
    pub fn file(path: &Path) -> Result<Self, Failure> {
        let name = format!("`{}`", path.display());
        let failed = |error| unwritable(&name, &error);
        let special = std::fs::metadata(path).is_ok_and(|data| !data.is_file());
        let to = if special {
            let file = File::options().write(true).open(path).map_err(failed)?;
            To::Special(BufWriter::with_capacity(BUFFER, file), path.to_owned())
        } else {
            let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let file = tempfile::Builder::new().prefix(".pgwicket-").tempfile_in(beside).map_err(failed)?;
            To::File(BufWriter::with_capacity(BUFFER, file), path.to_owned())
        };
        Ok(Self { to, name })
    }

    /// Writes, sooner or later.
    ///
    /// # Errors
    /// It can't be written, for another reason than that the reader is gone.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Flow, Failure> {
        self.flow(|to| to.write_all(bytes))
    }

    /// Everything that was written leaves now.
    ///
    /// # Errors
    /// As [`Stream::write`].
    pub fn flush(&mut self) -> Result<Flow, Failure> {
        self.flow(|to| to.flush())
    }

    /// The end: a file takes its place. Gives the file's name, if it is one.
    ///
    /// # Errors
    /// As [`Stream::write`].
    pub fn finish(mut self) -> Result<Option<PathBuf>, Failure> {
        self.flush()?;
        let name = self.name;
        match self.to {
            To::Stdout(_) => Ok(None),
            To::Special(_, path) => Ok(Some(path)),
            To::File(file, path) => {
                let file = file.into_inner().map_err(|error| unwritable(&name, error.error()))?;
                file.as_file().sync_all().map_err(|error| unwritable(&name, &error))?;
                file.persist(&path).map_err(|error| unwritable(&name, &error.error))?;
                Ok(Some(path))
            }
        }
    }

    fn flow(&mut self, act: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<Flow, Failure> {
        let to: &mut dyn Write = match &mut self.to {
            To::Stdout(out) => out,
            To::Special(file, _) => file,
            To::File(file, _) => file,
        };
        match act(to) {
            Ok(()) => Ok(Flow::GoesOn),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Flow::ReaderGone),
            Err(error) => Err(unwritable(&self.name, &error)),
        }
    }
}

fn unwritable(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("{name} can't be written: {error}"))
}
