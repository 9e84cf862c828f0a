//! Search in the ledger, newest records first, page by page: through the index where there is one, else by reading
//! everything. Both give the same pages. The segments are the truth: what is shown was read from them.

use super::read::{Filter, Forward, Found, Place, ReadRecord, fetch};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The most records of one page: it is held in memory, each record up to a mebibyte.
pub const MAX_PAGE: usize = 1000;

/// What is searched.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which records.
    pub filter: Filter,
    /// How many, at most [`MAX_PAGE`].
    pub limit: usize,
    /// Only those before this one.
    pub before: Option<Cursor>,
}

/// A record's place in the order of all records: by time, and in the same nanosecond by chain and number. Written as
/// `1763769600000000000.i0001.42`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(super) nanoseconds: i64,
    pub(super) instance: Arc<str>,
    pub(super) seq: u64,
}

impl Cursor {
    pub(super) fn of(found: &Found) -> Cursor {
        let (ReadRecord { time, seq, .. }, instance) = (&found.record, Arc::clone(&found.place.instance));
        Cursor { nanoseconds: nanoseconds(*time), instance, seq: *seq }
    }

    /// Reads what was written as text.
    pub fn parse(text: &str) -> Option<Cursor> {
        let mut parts = text.splitn(3, '.');
        let (nanoseconds, instance, seq) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Cursor { nanoseconds: nanoseconds.parse().ok()?, instance: instance.into(), seq: seq.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.nanoseconds, self.instance, self.seq)
    }
}

/// Nanoseconds since 1970; what no 64 bits hold is the last that they do.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    let far = if time < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX };
    i64::try_from(time.as_nanosecond()).unwrap_or(far)
}

/// One page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Newest first.
    pub records: Vec<Found>,
    /// Where the next page goes on, if there is one.
    pub next: Option<Cursor>,
    /// Why the index did not serve this search, if it should have.
    pub without_index: Option<String>,
}

/// Searches through the index, which is brought up to date first and made anew where it can't be used; where that is
/// impossible, or the index isn't wanted, everything is read. `progress` is told of each record that is read on the way.
///
/// # Errors
/// The operating system's, for the ledger itself.
pub fn search(directory: &Path, query: &Query, index: bool, progress: &mut dyn FnMut(&Found)) -> io::Result<Page> {
    let query = Query { limit: query.limit.min(MAX_PAGE), ..query.clone() };
    let mut why = None;
    if index {
        match through_index(directory, &query, progress) {
            Ok(page) => return Ok(page),
            Err(Unserved::History(error)) => return Err(error),
            Err(Unserved::Index(cause)) => why = Some(cause),
        }
    }
    Ok(Page { without_index: why, ..scan(directory, &query, progress)? })
}

/// Why the index gave nothing.
pub(super) enum Unserved {
    #[cfg_attr(not(feature = "history-index"), expect(dead_code, reason = "only the index reads segments"))]
    History(io::Error),
    Index(String),
}

#[cfg(feature = "history-index")]
fn through_index(directory: &Path, query: &Query, progress: &mut dyn FnMut(&Found)) -> Result<Page, Unserved> {
    super::index::search(directory, query, progress)
}

#[cfg(not(feature = "history-index"))]
fn through_index(_: &Path, _: &Query, _: &mut dyn FnMut(&Found)) -> Result<Page, Unserved> {
    Err(Unserved::Index("this pgwicket was built without it".to_owned()))
}

/// Reads everything, and keeps no more than the places of one page.
fn scan(directory: &Path, query: &Query, progress: &mut dyn FnMut(&Found)) -> io::Result<Page> {
    let mut records = Forward::open(directory)?;
    let mut newest = Newest::new(query);
    while let Some(found) = records.next()? {
        progress(&found);
        if query.filter.matches(&found.record) {
            let hash = found.hash();
            newest.offer(Cursor::of(&found), (found.place, hash));
        }
    }
    let (hits, more) = newest.page();
    let places: Vec<Place> = hits.iter().map(|(_, (place, _))| place.clone()).collect();
    let mut page =
        Page { next: more.then(|| hits.last().map(|(cursor, _)| cursor.clone())).flatten(), ..Page::default() };
    for (found, (_, (_, hash))) in fetch(directory, &places)?.into_iter().zip(hits) {
        // What retention took meanwhile is gone.
        page.records.extend(found.filter(|found| found.hash() == hash));
    }
    Ok(page)
}

/// The newest of what is offered, as many as a page has and one more, which tells whether there is a next page.
pub(super) struct Newest<T> {
    before: Option<Cursor>,
    limit: usize,
    kept: BinaryHeap<Reverse<Hit<T>>>,
}

struct Hit<T>(Cursor, T);

impl<T> PartialEq for Hit<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Hit<T> {}
impl<T> PartialOrd for Hit<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Hit<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Newest<T> {
    pub fn new(query: &Query) -> Self {
        Self { before: query.before.clone(), limit: query.limit, kept: BinaryHeap::new() }
    }

    pub fn offer(&mut self, cursor: Cursor, value: T) {
        if self.before.as_ref().is_none_or(|before| cursor < *before)
            && self.floor().is_none_or(|floor| cursor > *floor)
        {
            self.kept.push(Reverse(Hit(cursor, value)));
            if self.kept.len() > self.limit + 1 {
                self.kept.pop();
            }
        }
    }

    /// Nothing at or before this is wanted any more.
    pub fn floor(&self) -> Option<&Cursor> {
        let full = self.kept.len() > self.limit;
        self.kept.peek().filter(|_| full).map(|Reverse(hit)| &hit.0)
    }

    /// The page, newest first, and whether there is more.
    pub fn page(self) -> (Vec<(Cursor, T)>, bool) {
        let more = self.kept.len() > self.limit;
        let mut hits: Vec<_> =
            self.kept.into_sorted_vec().into_iter().map(|Reverse(Hit(at, value))| (at, value)).collect();
        hits.truncate(self.limit);
        (hits, more)
    }
}
