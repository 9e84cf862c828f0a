//! Where a chain ends. Its next writer sets aside what a crash left half written, and continues behind the last whole
//! record; whole records that don't fit together are damage, and nobody writes behind damage.

use super::OpenError;
use super::detail::{Head, Repair};
use super::instance::Instance;
use super::lines::{Line, LineHash, MAX_RECORD_BYTES};
use super::segments::{Segment, instances, segments};
use super::storage::{Storage, StorageFile};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

const COPY_BYTES: u64 = 64 << 10;

/// The end of a chain, ready to be written behind.
#[derive(Debug)]
pub(super) struct Tail {
    /// Number of the last record; 0 if there is none.
    pub seq: u64,
    /// Its hash; zeros if there is none.
    pub head: LineHash,
    /// Where its line begins, if it lies in this segment.
    pub head_start: Option<u64>,
    /// When this segment's first record was written.
    pub begun: Option<Timestamp>,
    /// The segment to write to.
    pub segment: Segment,
    /// Its file.
    pub file: Box<dyn StorageFile>,
    /// Its length.
    pub len: u64,
    /// What was set aside.
    pub repaired: Option<Repair>,
}

/// The part of a record that ties it to its chain.
#[derive(Debug, Deserialize)]
struct Link {
    seq: u64,
    prev: LineHash,
    instance: String,
}

impl Link {
    fn of(line: &Line) -> Option<Link> {
        serde_json::from_slice(line.bytes.as_deref()?).ok()
    }
}

/// The last sound record: number, hash, start of its line; and where in the segment the unsound rest begins.
#[derive(Debug, Default)]
struct End {
    seq: u64,
    head: LineHash,
    head_start: Option<u64>,
    sound: u64,
}

/// Finds the end of the instance's chain and repairs it; makes the first segment of a new chain.
pub(super) fn repair(instance: &Instance, storage: &dyn Storage) -> Result<Tail, OpenError> {
    let failed = |cause| OpenError::io("read", &instance.path, cause);
    let all = segments(&instance.path).map_err(failed)?;
    let Some((segment, older)) = all.split_last() else { return first_segment(instance, storage) };
    let failed = |cause| OpenError::io("repair", &segment.path, cause);
    if segment.compressed {
        return Err(damaged(segment, "it is closed, and the segment behind it is missing".into()));
    }
    let end = find_end(instance, segment, older.last())?;
    let mut file = storage.open(&segment.path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let repaired = match len > end.sound {
        true => Some(set_aside(instance, segment, file.as_mut(), end.sound, storage).map_err(failed)?),
        false => None,
    };
    Ok(Tail {
        begun: begun(segment).map_err(failed)?,
        seq: end.seq,
        head: end.head,
        head_start: end.head_start,
        segment: segment.clone(),
        file,
        len: end.sound,
        repaired,
    })
}

/// When the segment's first record was written.
fn begun(segment: &Segment) -> io::Result<Option<Timestamp>> {
    #[derive(Deserialize)]
    struct Begun {
        time: Timestamp,
    }
    let mut line = Vec::new();
    segment.open()?.take(MAX_RECORD_BYTES as u64).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line).ok().map(|Begun { time }| time))
}

/// The last whole record of every chain but `own`. A chain that can't be read now isn't named.
pub(super) fn heads(directory: &Path, own: &str) -> io::Result<Vec<Head>> {
    let others = instances(directory)?.into_iter().filter(|(name, _)| name != own);
    Ok(others.filter_map(|(name, path)| last_record(&name, &path).ok().flatten()).collect())
}

fn last_record(name: &str, path: &Path) -> io::Result<Option<Head>> {
    for segment in segments(path)?.iter().rev() {
        let mut lines = segment.lines_back()?;
        while let Some(line) = lines.next()? {
            if let (Some(link), Some(bytes)) = (Link::of(&line), &line.bytes) {
                return Ok(Some(Head { instance: name.into(), seq: link.seq, hash: LineHash::of(bytes) }));
            }
        }
    }
    Ok(None)
}

fn first_segment(instance: &Instance, storage: &dyn Storage) -> Result<Tail, OpenError> {
    let segment = Segment::of(&instance.path, 1);
    let failed = |cause| OpenError::io("create", &segment.path, cause);
    let file = storage.create(&segment.path).map_err(failed)?;
    storage.sync_directory(&instance.path).map_err(failed)?;
    let (seq, head) = Default::default();
    Ok(Tail { seq, head, head_start: None, begun: None, segment, file, len: 0, repaired: None })
}

/// Walks back from the end until two whole records follow each other as they should. Lines that are no records are what
/// a crash leaves, and so is everything behind them.
fn find_end(instance: &Instance, segment: &Segment, older: Option<&Segment>) -> Result<End, OpenError> {
    let failed = |cause| OpenError::io("read", &segment.path, cause);
    let mut lines = segment.lines_back().map_err(failed)?;
    let mut newer: Option<(Line, Link)> = None;
    while let Some(line) = lines.next().map_err(failed)? {
        let Some(link) = Link::of(&line) else {
            newer = None;
            continue;
        };
        if link.instance != instance.name {
            return Err(damaged(segment, format!("it holds records of `{}`", link.instance)));
        }
        match newer {
            Some(newer) => return continues(segment, newer, link.seq, hash(&line)),
            None => newer = Some((line, link)),
        }
    }
    let (seq, head) = match older {
        Some(older) => end_of_closed(older)?,
        None => Default::default(),
    };
    match newer {
        Some(newer) => continues(segment, newer, seq, head),
        None => Ok(End { seq, head, ..End::default() }),
    }
}

/// A closed segment was synced before the next was begun: it ends with a whole record.
fn end_of_closed(segment: &Segment) -> Result<(u64, LineHash), OpenError> {
    let failed = |cause| OpenError::io("read", &segment.path, cause);
    let last = segment.lines_back().and_then(|mut lines| lines.next()).map_err(failed)?;
    match last.and_then(|line| Link::of(&line).map(|link| (link.seq, hash(&line)))) {
        Some(end) => Ok(end),
        None => Err(damaged(segment, "it does not end with a whole record".into())),
    }
}

fn continues(segment: &Segment, newer: (Line, Link), seq: u64, hash: LineHash) -> Result<End, OpenError> {
    let (line, link) = newer;
    if link.prev != hash || Some(link.seq) != seq.checked_add(1) {
        let cause = format!("record {} at byte {} does not continue record {seq} before it", link.seq, line.start);
        return Err(damaged(segment, cause));
    }
    let head = line.bytes.as_deref().map(LineHash::of).unwrap_or_default();
    Ok(End { seq: link.seq, head, head_start: Some(line.start), sound: line.end })
}

fn hash(line: &Line) -> LineHash {
    line.bytes.as_deref().map(LineHash::of).unwrap_or_default()
}

/// Copies everything from `sound` on into a file of its own, safely on disk, before it is cut from the segment.
fn set_aside(
    instance: &Instance,
    segment: &Segment,
    file: &mut dyn StorageFile,
    sound: u64,
    storage: &dyn Storage,
) -> io::Result<Repair> {
    let name = format!("segment-{:08}.torn-{:.9}", segment.number, Timestamp::now());
    let mut aside = storage.create(&instance.path.join(&name))?;
    let source = File::open(&segment.path)?;
    let bytes = source.metadata()?.len().saturating_sub(sound);
    let mut digest = Sha256::new();
    let mut copied = 0;
    while copied < bytes {
        let mut chunk = vec![0; COPY_BYTES.min(bytes - copied) as usize];
        source.read_exact_at(&mut chunk, sound + copied)?;
        digest.update(&chunk);
        write_all_at(aside.as_mut(), &chunk, copied)?;
        copied += chunk.len() as u64;
    }
    aside.sync_data()?;
    storage.sync_directory(&instance.path)?;
    file.set_len(sound)?;
    file.sync_data()?;
    Ok(Repair { file: name, bytes, sha256: LineHash::finish(digest) })
}

/// Writes all bytes, or fails and says nothing of how many were taken.
pub(super) fn write_all_at(file: &mut dyn StorageFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let (written, failure) = write_at(file, bytes, offset);
    match failure {
        Some(failure) if written < bytes.len() => Err(failure),
        _ => Ok(()),
    }
}

/// Writes as much as the file takes; how many bytes, and why not all of them.
pub(super) fn write_at(file: &mut dyn StorageFile, bytes: &[u8], offset: u64) -> (usize, Option<io::Error>) {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match file.write_at(rest, offset + written as u64) {
            Ok(0) => return (written, Some(io::ErrorKind::WriteZero.into())),
            Ok(taken) => written += taken,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Some(error)),
        }
    }
    (written, None)
}

fn damaged(segment: &Segment, cause: String) -> OpenError {
    OpenError::Damaged { path: segment.path.clone(), cause }
}
