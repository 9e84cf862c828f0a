//! One call by its id: the record, the one that it is paired with, and whether both neighbours in the chain fit it.

use super::super::lines::{LineHash, instances};
use super::backward::Backward;
use super::chain::{ChainReader, Position};
use super::record::{Found, Place, ReadRecord};
use std::io;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// How somebody names a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By its id.
    Id(Uuid),
    /// By its place: chain and number, `i0001/42`.
    Number(String, u64),
}

impl Wanted {
    /// Reads a UUID, or `i0001/42`.
    pub fn parse(text: &str) -> Option<Wanted> {
        if let Ok(id) = Uuid::try_parse(text) {
            return Some(Wanted::Id(id));
        }
        let (instance, seq) = text.split_once('/')?;
        seq.parse().ok().map(|seq| Wanted::Number(instance.to_owned(), seq))
    }

    fn is(&self, record: &ReadRecord) -> bool {
        match self {
            Wanted::Id(id) => record.id == *id,
            Wanted::Number(instance, seq) => record.seq == *seq && record.instance == *instance,
        }
    }
}

/// A record and the other half of its call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What was asked for.
    pub record: Found,
    /// The intent of an outcome, or the outcome of an intent; none if the record is a whole call, or the other half is
    /// not on record.
    pub other: Option<Found>,
}

/// Looks through the whole ledger, newest records first. `progress` is told of each record that is read on the way.
///
/// # Errors
/// The operating system's.
pub fn find(directory: &Path, wanted: &Wanted, progress: &mut dyn FnMut(&Found)) -> io::Result<Option<Call>> {
    let mut records = Backward::from_now(directory)?;
    let mut wanted = wanted.clone();
    let mut outcomes: Option<Found> = None;
    let record = loop {
        let Some(found) = records.next()? else { return Ok(None) };
        progress(&found);
        if wanted.is(&found.record) {
            break found;
        }
        // An outcome comes after its intent, so it is met first.
        if let (Wanted::Id(id), None) = (&wanted, &outcomes)
            && found.record.intent == Some(*id)
        {
            outcomes = Some(found);
        }
    };
    let Some(intent) = record.record.intent else {
        if record.record.kind == "intent" && outcomes.is_none() && matches!(wanted, Wanted::Number(..)) {
            wanted = Wanted::Id(record.record.id);
            return find(directory, &wanted, progress);
        }
        return Ok(Some(Call { record, other: outcomes }));
    };
    while let Some(found) = records.next()? {
        progress(&found);
        if found.record.id == intent {
            return Ok(Some(Call { record, other: Some(found) }));
        }
    }
    Ok(Some(Call { record, other: None }))
}

/// How a record and its neighbours in the chain fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours {
    /// Whether the record names the hash of the one before it; none if there is none before it.
    pub before: Option<bool>,
    /// Whether the record behind it names its hash; none if it is the last.
    pub after: Option<bool>,
}

impl Neighbours {
    /// Reads the record's neighbours.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of(directory: &Path, found: &Found) -> io::Result<Neighbours> {
        let Place { instance, segment, offset } = &found.place;
        let mut neighbours = Neighbours { before: None, after: None };
        let chain = instances(directory)?.into_iter().find(|(name, _)| **name == **instance);
        let Some((_, path)) = chain else { return Ok(neighbours) };
        // The record before the first of a segment stands in the segment before.
        let from = Position { instance: Arc::clone(instance), segment: segment.saturating_sub(1), offset: 0 };
        let mut records = ChainReader::open_at(path, from);
        let mut last: Option<LineHash> = None;
        while let Some(read) = records.next()? {
            if (read.place.segment, read.place.offset) == (*segment, *offset) {
                neighbours.before = last.map(|hash| hash == found.record.prev);
                neighbours.after = records.next()?.map(|next| next.record.prev == found.hash());
                break;
            }
            last = Some(read.hash());
        }
        Ok(neighbours)
    }
}
