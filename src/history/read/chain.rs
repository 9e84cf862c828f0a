//! One chain, read line by line from its beginning or from a position, and on again where it has grown. A chain may be
//! written, rotated and cut by retention meanwhile.

use super::super::lines::{Segment, Step, instances, segments, step};
use super::record::{Found, Place};
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place between two lines of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The chain.
    pub instance: Arc<str>,
    /// The segment's number.
    pub segment: u64,
    /// The first byte that is not read yet.
    pub offset: u64,
}

/// Where every chain ends now: behind its last whole line. Chains without a line are left out.
pub(super) fn ends(directory: &Path) -> io::Result<Vec<Position>> {
    let mut ends = Vec::new();
    for (name, path) in instances(directory)? {
        if let Some(last) = segments(&path)?.pop() {
            let line = last.lines_back()?.next()?;
            let offset = line.map_or(0, |line| if line.bytes.is_some() { line.end } else { line.start });
            ends.push(Position { instance: name.into(), segment: last.number, offset });
        }
    }
    Ok(ends)
}

/// Reads one chain forwards.
pub(in crate::history) struct ChainReader {
    path: PathBuf,
    /// What is read next.
    at: Position,
    /// The segment of `at`, once it is open.
    source: Option<BufReader<File>>,
    /// Lines that were no records.
    pub skipped: u64,
}

impl ChainReader {
    /// From the chain's first line.
    pub fn open(instance: &str, path: PathBuf) -> ChainReader {
        ChainReader::open_at(path, Position { instance: instance.into(), segment: 0, offset: 0 })
    }

    /// From a position.
    pub fn open_at(path: PathBuf, at: Position) -> ChainReader {
        ChainReader { path, at, source: None, skipped: 0 }
    }

    /// What is read next.
    pub fn position(&self) -> &Position {
        &self.at
    }

    /// Goes on in the segment of the position, at this offset.
    pub fn go_to(&mut self, offset: u64) -> io::Result<()> {
        self.at.offset = offset;
        source_at(&mut self.source, offset)
    }

    /// The next record; `None` where the chain ends now. May be asked again.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        loop {
            let Some(source) = &mut self.source else {
                if !self.open_segment()? {
                    return Ok(None);
                }
                continue;
            };
            match step(source)? {
                Step::Line(line) => {
                    let Position { instance, segment, offset } = &self.at;
                    let place = Place { instance: Arc::clone(instance), segment: *segment, offset: *offset };
                    self.at.offset += line.len() as u64 + 1;
                    match Found::of(place, line) {
                        Some(found) => return Ok(Some(found)),
                        None => self.skipped += 1,
                    }
                }
                Step::TooLong(bytes) => {
                    self.at.offset += bytes;
                    self.skipped += 1;
                }
                Step::End(torn) => {
                    if self.later()?.is_none() {
                        // Half a line may be completed, or cut off again by its writer.
                        if torn > 0 {
                            source_at(&mut self.source, self.at.offset)?;
                        }
                        return Ok(None);
                    }
                    self.leave_segment()?;
                }
            }
        }
    }

    /// Opens the segment of the position, or the first behind it; false if there is none.
    fn open_segment(&mut self) -> io::Result<bool> {
        loop {
            let here = segments(&self.path)?.into_iter().find(|segment| segment.number >= self.at.segment);
            let Some(segment) = here else { return Ok(false) };
            if segment.number > self.at.segment {
                (self.at.segment, self.at.offset) = (segment.number, 0);
            }
            match segment.plain() {
                Ok(file) => {
                    let mut source = BufReader::with_capacity(64 << 10, file);
                    source.seek(SeekFrom::Start(self.at.offset))?;
                    self.source = Some(source);
                    return Ok(true);
                }
                // Retention was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.at.segment += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn later(&self) -> io::Result<Option<Segment>> {
        Ok(segments(&self.path)?.into_iter().find(|segment| segment.number > self.at.segment))
    }

    /// Goes on with the next segment, once what was written between our last look and the rotation is read.
    fn leave_segment(&mut self) -> io::Result<()> {
        source_at(&mut self.source, self.at.offset)?;
        if let Some(source) = &mut self.source
            && let Step::End(torn) = step(source)?
        {
            self.skipped += u64::from(torn > 0);
            self.source = None;
            (self.at.segment, self.at.offset) = (self.at.segment + 1, 0);
            return Ok(());
        }
        source_at(&mut self.source, self.at.offset)
    }
}

fn source_at(source: &mut Option<BufReader<File>>, offset: u64) -> io::Result<()> {
    match source {
        Some(source) => source.seek(SeekFrom::Start(offset)).map(drop),
        None => Ok(()),
    }
}
