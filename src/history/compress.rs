//! Compressing a closed segment so that no crash loses it: written under another name, synced, read back and compared,
//! renamed, and only then is the plain one deleted.

use super::segments::{Segment, unpacked};
use super::storage::{Storage, StorageFile};
use super::tail::write_all_at;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const CHUNK_BYTES: usize = 64 << 10;

/// Compresses a closed segment of a chain whose lock is held. Nothing is done when `stop` is set on the way.
pub(super) fn compress(instance: &Path, segment: &Segment, storage: &dyn Storage, stop: &AtomicBool) -> io::Result<()> {
    let packed = Segment::compressed(instance, segment.number);
    let draft = packed.path.with_extension("gz.tmp");
    match storage.remove(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    has_room(instance, segment)?;
    if let Err(error) = pack(segment, &draft, storage, stop) {
        // The disk may be full: an attempt shall not make that worse. What can't be deleted now is at the next attempt.
        let _ = storage.remove(&draft);
        return Err(error);
    }
    storage.rename(&draft, &packed.path)?;
    storage.sync_directory(instance)?;
    storage.remove(&segment.path)?;
    storage.sync_directory(instance)
}

/// Compressing makes room in the end, and takes some on the way: never more than half of what is left, so that records still
/// find theirs.
fn has_room(instance: &Path, segment: &Segment) -> io::Result<()> {
    let system = rustix::fs::statvfs(instance)?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    match free / 2 < fs::metadata(&segment.path)?.len() {
        true => Err(io::Error::new(
            ErrorKind::StorageFull,
            format!("less than twice the size of {} is free", segment.path.display()),
        )),
        false => Ok(()),
    }
}

/// Writes the draft, syncs it, reads it back and compares.
fn pack(segment: &Segment, draft: &Path, storage: &dyn Storage, stop: &AtomicBool) -> io::Result<()> {
    let mut encoder = GzEncoder::new(Sink { file: storage.create(draft)?, at: 0 }, Compression::default());
    let before = digest(&mut segment.open()?, stop, |chunk| encoder.write_all(chunk))?;
    let mut sink = encoder.finish()?;
    sink.file.sync_data()?;
    let after = digest(&mut unpacked(File::open(draft)?), stop, |_| Ok(()))?;
    match before == after {
        true => Ok(()),
        false => {
            Err(io::Error::new(ErrorKind::InvalidData, "the compressed segment does not hold what the plain one does"))
        }
    }
}

/// SHA-256 and length of what `source` gives, which `each` sees chunk by chunk.
fn digest(
    source: &mut impl Read,
    stop: &AtomicBool,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, [u8; 32])> {
    let (mut digest, mut length, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK_BYTES]);
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(ErrorKind::Interrupted.into());
        }
        let read = source.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            return Ok((length, digest.finalize().into()));
        }
        digest.update(chunk);
        length += read as u64;
        each(chunk)?;
    }
}

/// A file that is written from its beginning.
struct Sink {
    file: Box<dyn StorageFile>,
    at: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all_at(self.file.as_mut(), bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
