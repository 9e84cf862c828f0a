//! Before each append: is the file still what this chain wrote, and after a failure, how to make it so again.

use super::super::lines::LineHash;
use super::super::storage::StorageFile;
use super::super::tail::write_all_at;
use super::{Chain, Fault};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

impl Chain {
    /// Makes sure that the file is what this chain wrote, and is writable as far as one knows.
    pub(super) fn ready(&mut self) -> Result<(), String> {
        if self.fault.is_none() {
            match self.unchanged() {
                Ok(()) => return Ok(()),
                Err(cause) => self.fail(Fault { cause, torn: false, unsynced: None, rewrite: false }),
            }
        }
        let Some(mut fault) = self.fault.take() else { return Ok(()) };
        match self.recover(&mut fault) {
            Ok(()) => Ok(()),
            Err(cause) => {
                let refused = cause.clone();
                self.fail(Fault { cause, ..fault });
                Err(refused)
            }
        }
    }

    /// Somebody may have removed, replaced, cut or lengthened the file: writing on would lose records, or bury damage.
    fn unchanged(&self) -> Result<(), String> {
        let here = self.file.metadata().map_err(|error| error.to_string())?;
        let there = fs::metadata(&self.segment.path).map_err(|error| error.to_string())?;
        let identity = |file: &Metadata| (file.dev(), file.ino());
        if identity(&here) != identity(&there) {
            return Err("the file was replaced by another".into());
        }
        self.check_length(there.len())
    }

    fn check_length(&self, len: u64) -> Result<(), String> {
        match len.cmp(&self.len) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err("the file is shorter than what was written to it".into()),
            std::cmp::Ordering::Greater => Err("the file has more bytes than were written to it".into()),
        }
    }

    /// Opens the file anew, cuts what a failed write left behind, makes sure that the last record is the one that was
    /// written, and writes and syncs once more what a failed sync may have lost.
    fn recover(&mut self, fault: &mut Fault) -> Result<(), String> {
        let text = |error: io::Error| error.to_string();
        let mut file = self.storage.open(&self.segment.path).map_err(text)?;
        let len = file.metadata().map_err(text)?.len();
        if fault.torn && len > self.len {
            file.set_len(self.len).map_err(text)?;
        }
        self.check_length(file.metadata().map_err(text)?.len())?;
        if let Some((offset, bytes)) = &fault.unsynced {
            write_all_at(file.as_mut(), bytes, *offset).map_err(text)?;
            file.sync_data().map_err(text)?;
        }
        if fault.rewrite {
            rewrite(&self.segment.path, file.as_mut(), self.len).map_err(text)?;
        }
        self.check_head().map_err(text)?;
        self.file = file;
        Ok(())
    }

    fn check_head(&self) -> io::Result<()> {
        let Some(start) = self.head_start else { return Ok(()) };
        let line = self.len.saturating_sub(start + 1);
        let mut bytes = vec![0; usize::try_from(line).unwrap_or(0)];
        File::open(&self.segment.path)?.read_exact_at(&mut bytes, start)?;
        match LineHash::of(&bytes) == self.head {
            true => Ok(()),
            false => Err(io::Error::other("the last record in the file is not the one that was written")),
        }
    }
}

/// Writes the file's bytes over themselves and syncs them: what the system couldn't sync it takes for synced afterwards.
fn rewrite(path: &Path, file: &mut dyn StorageFile, len: u64) -> io::Result<()> {
    const CHUNK_BYTES: u64 = 64 << 10;
    let source = File::open(path)?;
    let mut done = 0;
    while done < len {
        let mut chunk = vec![0; CHUNK_BYTES.min(len - done) as usize];
        source.read_exact_at(&mut chunk, done)?;
        write_all_at(file, &chunk, done)?;
        done += chunk.len() as u64;
    }
    file.sync_data()
}
