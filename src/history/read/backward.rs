//! The records of all chains, newest first: a merge that holds one record a chain.

use super::super::lines::{LinesBack, Segment, instances, segments};
use super::chain::Position;
use super::record::{Found, Place};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A reader of all chains of a directory, backwards.
pub(in crate::history) struct Backward {
    chains: Vec<Chain>,
    /// Bytes read so far.
    pub read: u64,
}

impl Backward {
    /// From the ends that were found before.
    pub fn open(directory: &Path, ends: &[Position]) -> io::Result<Backward> {
        let mut backward = Backward { chains: Vec::new(), read: 0 };
        for (name, path) in instances(directory)? {
            let Some(end) = ends.iter().find(|end| *end.instance == *name) else { continue };
            let mut older = segments(&path)?;
            older.retain(|segment| segment.number <= end.segment);
            let instance = Arc::clone(&end.instance);
            let mut chain = Chain { instance, older, end: Some(end.offset), lines: None, next: None };
            backward.read += chain.advance()?;
            backward.chains.push(chain);
        }
        Ok(backward)
    }

    /// From where the chains end now.
    pub fn from_now(directory: &Path) -> io::Result<Backward> {
        Backward::open(directory, &super::chain::ends(directory)?)
    }

    /// The record before those already given.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        let time = |chain: &Chain| chain.next.as_ref().map(|found| found.record.time);
        let Some(chain) = self.chains.iter_mut().max_by_key(|chain| time(chain)) else { return Ok(None) };
        let found = chain.next.take();
        self.read += chain.advance()?;
        Ok(found)
    }
}

struct Chain {
    instance: Arc<str>,
    /// The segments that are still to be read; the last of them next.
    older: Vec<Segment>,
    /// Where the first segment that is read ends.
    end: Option<u64>,
    lines: Option<(u64, LinesBack)>,
    next: Option<Found>,
}

impl Chain {
    /// Puts the next older record into `next`, none at the chain's beginning; how many bytes that took to read.
    fn advance(&mut self) -> io::Result<u64> {
        let mut read = 0;
        self.next = None;
        loop {
            if let Some((segment, lines)) = &mut self.lines
                && let Some(line) = lines.next()?
            {
                read += line.end - line.start;
                let place = Place { instance: Arc::clone(&self.instance), segment: *segment, offset: line.start };
                self.next = line.bytes.and_then(|bytes| Found::of(place, bytes));
                if self.next.is_some() {
                    return Ok(read);
                }
            } else if let Some(segment) = self.older.pop() {
                self.lines = match segment.lines_back_until(self.end.take()) {
                    Ok(lines) => Some((segment.number, lines)),
                    // Retention was faster.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => return Err(error),
                };
            } else {
                return Ok(read);
            }
        }
    }
}
