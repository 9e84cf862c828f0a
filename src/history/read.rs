//! The ledger for those who read it: the records of all chains as one stream, forwards or backwards in time, and what
//! may be asked of them. Reads with memory that doesn't grow with the ledger. Passes over lines that are no records,
//! and counts them; judging them is the verifier's business. Takes no lock and writes nothing.

mod backward;
mod chain;
mod durations;
mod fetch;
mod filter;
mod forward;
mod record;
mod stats;
#[cfg(test)]
mod tests;
mod words;

pub(super) use backward::Backward;
pub(super) use chain::ChainReader;
pub use chain::Position;
pub use fetch::fetch;
pub use filter::Filter;
pub use forward::Forward;
pub use record::{Found, Place, ReadRecord};
pub use stats::{Stats, Tally};
pub use words::{Phrase, Words};
#[cfg(feature = "history-index")]
pub(super) use {
    filter::relation_names,
    words::{fields, reasons, words},
};

use std::collections::VecDeque;
use std::io;
use std::path::Path;

/// The newest `count` records that the filter lets through, oldest of them first, and where every chain ended when they
/// were read: [`Forward::open_at`] goes on from there. `progress` is told of each record that is read on the way.
///
/// # Errors
/// The operating system's.
pub fn newest(
    directory: &Path,
    filter: &Filter,
    count: usize,
    progress: &mut dyn FnMut(&Found),
) -> io::Result<(VecDeque<Found>, Vec<Position>)> {
    let ends = chain::ends(directory)?;
    let mut records = Backward::open(directory, &ends)?;
    let mut found = VecDeque::new();
    while found.len() < count
        && let Some(record) = records.next()?
    {
        progress(&record);
        if filter.matches(&record.record) {
            found.push_front(record);
        }
    }
    Ok((found, ends))
}
