//! The records of all chains, oldest first: a merge that holds one record a chain. Within a chain the order is the
//! chain's, whatever its clock said.

use super::super::lines::instances;
use super::chain::{ChainReader, Position};
use super::record::Found;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::{Path, PathBuf};

/// A reader of all chains of a directory.
pub struct Forward {
    directory: PathBuf,
    chains: Vec<Chain>,
    /// The chains that have a record waiting: its time, and the chain's place in `chains`.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

struct Chain {
    reader: ChainReader,
    next: Option<Found>,
    /// What was read before `next`.
    before: Position,
}

impl Forward {
    /// From the first record of each chain. A directory that isn't there has none.
    ///
    /// # Errors
    /// The operating system's.
    pub fn open(directory: &Path) -> io::Result<Forward> {
        Forward::open_at(directory, &[])
    }

    /// From these positions on; chains without one from their first record.
    ///
    /// # Errors
    /// The operating system's.
    pub fn open_at(directory: &Path, positions: &[Position]) -> io::Result<Forward> {
        let directory = directory.to_path_buf();
        let mut forward = Forward { directory, chains: Vec::new(), waiting: BinaryHeap::new() };
        forward.discover(positions)?;
        Ok(forward)
    }

    /// The next record; `None` where all chains end, or ended when they were last looked at.
    ///
    /// # Errors
    /// The operating system's.
    #[expect(clippy::should_implement_trait, reason = "an iterator of results would be used up by its first error")]
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        let Some(Reverse((_, at))) = self.waiting.pop() else { return Ok(None) };
        let Some(chain) = self.chains.get_mut(at) else { return Ok(None) };
        let found = chain.next.take();
        chain.advance()?;
        if let Some(next) = &chain.next {
            self.waiting.push(Reverse((next.record.time, at)));
        }
        Ok(found)
    }

    /// Looks for what was written since, in chains that are new, too.
    ///
    /// # Errors
    /// The operating system's.
    pub fn look_again(&mut self) -> io::Result<()> {
        for (at, chain) in self.chains.iter_mut().enumerate() {
            if chain.next.is_none() {
                chain.advance()?;
                self.waiting.extend(chain.next.as_ref().map(|next| Reverse((next.record.time, at))));
            }
        }
        self.discover(&[])
    }

    /// How many lines were no records.
    pub fn skipped(&self) -> u64 {
        self.chains.iter().map(|chain| chain.reader.skipped).sum()
    }

    /// Behind the last record that was given, for each chain.
    pub fn positions(&self) -> Vec<Position> {
        self.chains.iter().map(|chain| chain.before.clone()).collect()
    }

    fn discover(&mut self, positions: &[Position]) -> io::Result<()> {
        for (name, path) in instances(&self.directory)? {
            if self.chains.iter().any(|chain| *chain.before.instance == *name) {
                continue;
            }
            let reader = match positions.iter().find(|position| *position.instance == *name) {
                Some(position) => ChainReader::open_at(path, position.clone()),
                None => ChainReader::open(&name, path),
            };
            let mut chain = Chain { before: reader.position().clone(), reader, next: None };
            chain.advance()?;
            let at = self.chains.len();
            self.waiting.extend(chain.next.as_ref().map(|next| Reverse((next.record.time, at))));
            self.chains.push(chain);
        }
        Ok(())
    }
}

impl Chain {
    fn advance(&mut self) -> io::Result<()> {
        self.before = self.reader.position().clone();
        self.next = self.reader.next()?;
        Ok(())
    }
}
