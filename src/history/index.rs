//! The index that serves search: SQLite with full text (FTS5) in one file of the history's directory. It holds nothing
//! that the segments don't, and is never believed: each hit is read back from its segment and compared by hash. It is
//! brought up to date at each search, and made anew where it is missing, damaged, of another version or doesn't fit the
//! segments. Several processes may do so at once.

mod file;
mod fill;
mod hits;
#[cfg(test)]
mod tests;

use super::lines::LineHash;
use super::read::{Found, Place, fetch};
use super::search::{Cursor, Page, Query, Unserved};
use rusqlite::Connection;
use std::io;
use std::path::Path;
use uuid::Uuid;

/// Why the index can't be used as it is.
#[derive(Debug)]
enum Trouble {
    /// It isn't the index of these segments: it has to be made anew.
    Unfit(String),
    /// It can't be made, opened or written.
    Unusable(String),
    /// The segments can't be read.
    History(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::History(error)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, PermissionDenied, ReadOnly,
            SystemIoFailure,
        };
        let unusable = matches!(
            error.sqlite_error_code(),
            Some(
                CannotOpen
                    | DatabaseBusy
                    | DatabaseLocked
                    | DiskFull
                    | OutOfMemory
                    | PermissionDenied
                    | ReadOnly
                    | SystemIoFailure
            )
        );
        if unusable { Self::Unusable(error.to_string()) } else { Self::Unfit(error.to_string()) }
    }
}

/// One hit, as the index has it.
struct Hit {
    place: Place,
    hash: LineHash,
}

/// A page of a search through the index.
pub(super) fn search(directory: &Path, query: &Query, progress: &mut dyn FnMut(&Found)) -> Result<Page, Unserved> {
    through(directory, progress, |db| page(directory, query, db))
}

/// The records that have this id, or whose intent has.
pub(super) fn named(directory: &Path, id: Uuid, progress: &mut dyn FnMut(&Found)) -> Result<Vec<Found>, Unserved> {
    through(directory, progress, |db| {
        let mut found = read_back(directory, hits::named(db, id)?)?;
        found.retain(|one| one.record.id == id || one.record.intent == Some(id));
        Ok(found)
    })
}

/// Asks the index once it is up to date; one that doesn't fit is made anew, once.
fn through<T>(
    directory: &Path,
    progress: &mut dyn FnMut(&Found),
    ask: impl Fn(&Connection) -> Result<T, Trouble>,
) -> Result<T, Unserved> {
    let mut unfit = None;
    // An index that was just made anew and doesn't fit either can't be helped.
    for _ in 0..2 {
        let mut file = match file::File::open(directory, unfit.as_ref()) {
            Ok(file) => file,
            Err(trouble) => return Err(told(trouble)),
        };
        match fill::catch_up(&mut file.db, directory, progress).and_then(|()| ask(&file.db)) {
            Ok(answer) => return Ok(answer),
            Err(Trouble::Unfit(cause)) => {
                tracing::info!(cause, "the history's index is made anew");
                unfit = Some(file.identity());
            }
            Err(trouble) => return Err(told(trouble)),
        }
    }
    Err(Unserved::Index("the index doesn't fit the history, even when made anew".to_owned()))
}

fn told(trouble: Trouble) -> Unserved {
    match trouble {
        Trouble::History(error) => Unserved::History(error),
        Trouble::Unfit(cause) | Trouble::Unusable(cause) => Unserved::Index(cause),
    }
}

fn page(directory: &Path, query: &Query, db: &Connection) -> Result<Page, Trouble> {
    let (hits, more) = hits::newest(db, query)?;
    let next: Option<Cursor> = more.then(|| hits.last().map(|(cursor, _)| cursor.clone())).flatten();
    let mut records = read_back(directory, hits.into_iter().map(|(_, hit)| hit).collect())?;
    // The index may give too much, where two names have one code.
    records.retain(|found| query.filter.matches(&found.record));
    Ok(Page { records, next, without_index: None })
}

/// The hits as the segments have them.
fn read_back(directory: &Path, hits: Vec<Hit>) -> Result<Vec<Found>, Trouble> {
    let places: Vec<Place> = hits.iter().map(|hit| hit.place.clone()).collect();
    let found = fetch(directory, &places)?.into_iter().zip(hits);
    found
        .map(|(found, hit)| {
            found
                .filter(|found| found.hash() == hit.hash)
                .ok_or_else(|| Trouble::Unfit("a record is not where the index has it".to_owned()))
        })
        .collect()
}
