//! The newest record of a kind in one chain: what a process said of itself before, to compare with.

use super::record::{Kind, Record};
use super::segments::segments;
use std::io;
use std::path::Path;

/// How much of the chain's end is read for it, at most.
const MAX_SCAN_BYTES: u64 = 64 << 20;
/// A record's kind stands within so many bytes from its beginning: only the stamp is before it.
const STAMP_BYTES: usize = 1024;

/// Reads the chain backwards. Lines that are no records are passed over.
pub(super) fn of_kind(chain: &Path, kind: Kind) -> io::Result<Option<Record>> {
    let word = format!("\"kind\":{}", serde_json::to_string(&kind)?);
    let mut read = 0;
    for segment in segments(chain)?.iter().rev() {
        let mut lines = segment.lines_back()?;
        while let Some(line) = lines.next()? {
            read += line.end - line.start;
            if read > MAX_SCAN_BYTES {
                return Ok(None);
            }
            // Most lines are of another kind, and need not be understood to see that.
            let Some(bytes) = line.bytes.filter(|bytes| begins_with(bytes, word.as_bytes())) else { continue };
            if let Ok(record) = serde_json::from_slice::<Record>(&bytes)
                && record.entry.kind == kind
            {
                return Ok(Some(record));
            }
        }
    }
    Ok(None)
}

fn begins_with(line: &[u8], word: &[u8]) -> bool {
    line.get(..STAMP_BYTES.min(line.len())).is_some_and(|start| start.windows(word.len()).any(|part| part == word))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{abandon, intent, open};
    use super::super::{Entry, SessionOpen, Where, Who};
    use super::*;

    #[tokio::test]
    async fn the_newest_of_a_kind_is_found_in_this_chain_alone() {
        let home = tempfile::tempdir().unwrap();
        let (history, other) = (open(home.path()), open(home.path()));
        assert_eq!(history.last(Kind::SessionOpen).await.unwrap(), None);
        let session =
            || Entry::session_open(Who::default(), Where::default(), SessionOpen { protocol: Some("x".into()) });
        let (older, newer) = (session(), session());
        history.append(older.clone()).await.unwrap();
        history.append(newer.clone()).await.unwrap();
        // Names the kind, and isn't of it.
        history.append(intent("\"kind\":\"session_open\"", "SELECT 1")).await.unwrap();
        other.append(session()).await.unwrap();
        assert_eq!(history.last(Kind::SessionOpen).await.unwrap().unwrap().entry, newer);
        assert_ne!(older.id, newer.id);
        abandon(&history).await;
        abandon(&other).await;
    }
}
