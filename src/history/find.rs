//! One call by its id: the record, the one that it is paired with, and whether both neighbours in the chain fit it.

use super::lines::{LineHash, instances, segments};
use super::read::{Backward, ChainReader, Found, Place, Position};
use super::search::Unserved;
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

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The call; none if no such record is in the ledger.
    pub call: Option<Call>,
    /// Why the index did not serve, if it should have.
    pub without_index: Option<String>,
}

/// Finds a record: by its number in the segment that has it, by its id through the index, which is brought up to date
/// first; where there can be none, or it isn't wanted, by reading everything, newest records first. `progress` is told of
/// each record that is read on the way.
///
/// # Errors
/// The operating system's, for the ledger itself.
pub fn find(directory: &Path, wanted: &Wanted, index: bool, progress: &mut dyn FnMut(&Found)) -> io::Result<Answer> {
    let (id, numbered) = match wanted {
        Wanted::Id(id) => (*id, None),
        Wanted::Number(instance, seq) => match numbered(directory, instance, *seq, progress)? {
            Some(found) => (found.record.id, Some(found)),
            None => return Ok(Answer::default()),
        },
    };
    let mut without_index = None;
    if index {
        match through_index(directory, id, numbered.as_ref(), progress) {
            Ok(call) => return Ok(Answer { call, without_index: None }),
            Err(Unserved::History(error)) => return Err(error),
            Err(Unserved::Index(cause)) => without_index = Some(cause),
        }
    }
    let call = scan(directory, id, progress)?;
    let call = match (numbered, call) {
        (Some(record), call) => Some(Call { record, other: call.and_then(|call| call.other) }),
        (None, call) => call,
    };
    Ok(Answer { call, without_index })
}

#[cfg(feature = "history-index")]
fn through_index(
    directory: &Path,
    id: Uuid,
    numbered: Option<&Found>,
    progress: &mut dyn FnMut(&Found),
) -> Result<Option<Call>, Unserved> {
    let named = super::index::named(directory, id, progress)?;
    let Some(record) = numbered.or_else(|| named.iter().find(|one| one.record.id == id)).cloned() else {
        return Ok(None);
    };
    let other = match record.record.intent {
        Some(intent) => {
            super::index::named(directory, intent, progress)?.into_iter().find(|one| one.record.id == intent)
        }
        None => named.into_iter().find(|one| one.record.intent == Some(id)),
    };
    Ok(Some(Call { record, other }))
}

#[cfg(not(feature = "history-index"))]
fn through_index(_: &Path, _: Uuid, _: Option<&Found>, _: &mut dyn FnMut(&Found)) -> Result<Option<Call>, Unserved> {
    Err(Unserved::Index("this pgwicket was built without it".to_owned()))
}

/// The record of that number: in the last segment that doesn't begin behind it, or, in a chain that isn't in order, anywhere.
fn numbered(directory: &Path, instance: &str, seq: u64, progress: &mut dyn FnMut(&Found)) -> io::Result<Option<Found>> {
    let Some((name, path)) = instances(directory)?.into_iter().find(|(name, _)| **name == *instance) else {
        return Ok(None);
    };
    let name: Arc<str> = name.into();
    let reader = |segment| {
        let at = Position { instance: Arc::clone(&name), segment, offset: 0 };
        ChainReader::open_at(path.clone(), at)
    };
    let mut from = 0;
    for segment in segments(&path)? {
        match reader(segment.number).next()? {
            Some(first) if first.record.seq <= seq => from = segment.number,
            Some(_) | None => break,
        }
    }
    let everywhere = (from > 0).then_some(0);
    for from in std::iter::once(from).chain(everywhere) {
        let mut records = reader(from);
        while let Some(found) = records.next()? {
            progress(&found);
            if found.record.seq == seq {
                return Ok(Some(found));
            }
            if from > 0 && found.record.seq > seq {
                break;
            }
        }
    }
    Ok(None)
}

/// Looks through everything, newest first.
fn scan(directory: &Path, id: Uuid, progress: &mut dyn FnMut(&Found)) -> io::Result<Option<Call>> {
    let mut records = Backward::from_now(directory)?;
    let mut outcome: Option<Found> = None;
    let record = loop {
        let Some(found) = records.next()? else { return Ok(None) };
        progress(&found);
        if found.record.id == id {
            break found;
        }
        // An outcome comes after its intent, so it is met first.
        if outcome.is_none() && found.record.intent == Some(id) {
            outcome = Some(found);
        }
    };
    let Some(intent) = record.record.intent else { return Ok(Some(Call { record, other: outcome })) };
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
        let first = if *offset == 0 { segment.saturating_sub(1) } else { *segment };
        let from = Position { instance: Arc::clone(instance), segment: first, offset: 0 };
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

#[cfg(test)]
mod tests {
    use super::super::tests::{intent as new_intent, open, query, segment, who};
    use super::super::{Entry, Outcome, Status, Where};
    use super::*;
    use std::fs;
    use std::time::Duration;

    #[tokio::test]
    async fn a_record_is_found_with_its_other_half_and_its_neighbours() {
        let home = tempfile::tempdir().unwrap();
        let history = open(home.path());
        let intent = new_intent("ana", "SELECT 1");
        let outcome = intent.outcome(Outcome::new(Status::Ok, Duration::ZERO));
        let rejection = Entry::rejection(who("ana"), Where::default(), Default::default(), "no_where");
        let alone = query("ana", "SELECT 2");
        for entry in [&intent, &rejection, &outcome, &alone] {
            history.append(entry.clone()).await.unwrap();
        }
        let call = |wanted: &Wanted| {
            let answers = [true, false].map(|index| find(home.path(), wanted, index, &mut |_| ()).unwrap());
            assert_eq!(answers[0], answers[1], "{wanted:?}");
            let [Answer { call, without_index }, _] = answers;
            assert_eq!(without_index, None);
            call
        };
        let other = |wanted: &Wanted| {
            let call = call(wanted).unwrap();
            (call.record.record.seq, call.other.map(|other| other.record.seq))
        };
        assert_eq!(other(&Wanted::Id(intent.id)), (2, Some(4)));
        assert_eq!(other(&Wanted::parse("i0001/2").unwrap()), (2, Some(4)));
        assert_eq!(other(&Wanted::Id(outcome.id)), (4, Some(2)));
        assert_eq!(other(&Wanted::Number("i0001".to_owned(), 4)), (4, Some(2)));
        assert_eq!(other(&Wanted::Id(rejection.id)), (3, None));
        assert_eq!(other(&Wanted::parse(&alone.id.to_string()).unwrap()), (5, None));
        assert_eq!(other(&Wanted::parse("i0001/5").unwrap()), (5, None));
        assert_eq!(call(&Wanted::Id(Uuid::nil())), None);
        assert_eq!(call(&Wanted::Number("i0002".to_owned(), 2)), None);
        for nonsense in ["", "x", "i0001", "i0001/x"] {
            assert_eq!(Wanted::parse(nonsense), None);
        }

        let of = |seq| {
            let call =
                find(home.path(), &Wanted::Number("i0001".to_owned(), seq), false, &mut |_| ()).unwrap().call.unwrap();
            Neighbours::of(home.path(), &call.record).unwrap()
        };
        assert_eq!(of(1), Neighbours { before: None, after: Some(true) });
        assert_eq!(of(3), Neighbours { before: Some(true), after: Some(true) });
        assert_eq!(of(5), Neighbours { before: Some(true), after: None });
        let path = segment(home.path(), "i0001");
        let changed = fs::read_to_string(&path).unwrap().replacen("no_where", "yes_where", 1);
        fs::write(&path, changed).unwrap();
        assert_eq!(of(3), Neighbours { before: Some(true), after: Some(false) });
        assert_eq!(of(4), Neighbours { before: Some(false), after: Some(true) });
    }

    #[tokio::test]
    async fn a_number_is_found_in_its_segment_and_in_a_chain_out_of_order() {
        let home = super::super::tests::ledger(5).await;
        let path = segment(home.path(), "i0001");
        let whole = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        let numbered = |seq| {
            let wanted = Wanted::Number("i0001".to_owned(), seq);
            let mut read = 0;
            let found = find(home.path(), &wanted, true, &mut |_| read += 1).unwrap().call;
            (found.map(|call| (call.record.record.seq, call.record.place.segment)), read)
        };
        fs::write(&path, lines[..2].concat()).unwrap();
        fs::write(path.with_file_name("segment-00000002.jsonl"), lines[2..4].concat()).unwrap();
        fs::write(path.with_file_name("segment-00000003.jsonl"), lines[4..].concat()).unwrap();
        // Once for the index, which takes in all six.
        assert_eq!(numbered(4), (Some((4, 2)), 2 + 6));
        assert_eq!(numbered(6), (Some((6, 3)), 2));
        assert_eq!(numbered(1), (Some((1, 1)), 1));
        assert_eq!(numbered(7).0, None);
        fs::write(&path, lines[2..4].concat()).unwrap();
        fs::write(path.with_file_name("segment-00000002.jsonl"), lines[..2].concat()).unwrap();
        assert_eq!(numbered(2).0, Some((2, 2)));
        assert_eq!(numbered(3).0, Some((3, 1)));
    }
}
