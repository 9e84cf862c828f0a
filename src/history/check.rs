//! What the ledger's readers have to do with any bytes, as a function: for the fuzz crate and the unit tests. A ledger
//! may be damaged, or made by somebody who wants its reader to fail.

use super::find::Neighbours;
use super::read::{Backward, Filter, Forward, Found, Place, fetch, newest};
use super::search::{MAX_PAGE, Query, search};
use super::verify::{Kept, verify};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where the parts of the input go; they are separated by zero bytes, which no line holds.
const FILES: [&str; 4] = [
    "i0001/segment-00000001.jsonl",
    "i0001/segment-00000002.jsonl",
    "i0002/segment-00000001.jsonl",
    "i0003/segment-00000001.jsonl.gz",
];

/// Reads the bytes as a ledger, in every way that there is.
///
/// # Panics
/// Where two ways give different records, or a record isn't what stands in its file.
#[expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed check has to be loud")]
pub fn read_any(data: &[u8]) {
    let home = tempfile::tempdir().expect("a directory can be made");
    let mut parts: Vec<&[u8]> = data.splitn(FILES.len(), |byte| *byte == 0).collect();
    // What comes compressed may be no gzip at all; then there are errors, and nothing to compare.
    let packed = parts.len() == FILES.len() && parts.last().is_some_and(|part| !part.is_empty());
    if !packed {
        parts.truncate(FILES.len() - 1);
    }
    for (name, part) in FILES.iter().zip(&parts) {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, part).unwrap();
    }
    verify(home.path(), &Kept::default(), &mut |_| ()).expect("damage is a finding, not an error");
    let forward = match forward(home.path()) {
        Ok(found) => found,
        Err(_) if packed => return,
        Err(error) => panic_with(&error),
    };
    assert_eq!(by_chain(&forward), by_chain_reversed(home.path()), "forwards and backwards differ");
    for found in &forward {
        let Some((_, part)) = FILES.iter().zip(&parts).find(|(name, _)| stands_in(&found.place, name)) else {
            continue;
        };
        let start = usize::try_from(found.place.offset).unwrap();
        let line = part.get(start..start + found.line.len() + 1).expect("a record stands in its file");
        assert_eq!(line.strip_suffix(b"\n"), Some(&found.line[..]));
    }
    let places: Vec<Place> = forward.iter().map(|found| found.place.clone()).collect();
    let fetched: Vec<Found> = fetch(home.path(), &places).unwrap().into_iter().flatten().collect();
    assert_eq!(fetched, forward, "what is read back differs");
    let (last, _) = newest(home.path(), &Filter::default(), 3, &mut |_| ()).unwrap();
    assert_eq!(last.len(), forward.len().min(3));
    let query = Query { limit: MAX_PAGE, ..Query::default() };
    let page = search(home.path(), &query, false, &mut |_| ()).unwrap();
    assert_eq!(page.records.len(), forward.len().min(MAX_PAGE));
    if let Some(found) = forward.first() {
        Neighbours::of(home.path(), found).unwrap();
    }
}

fn stands_in(place: &Place, name: &str) -> bool {
    name.strip_suffix(".jsonl") == Some(&format!("{}/segment-{:08}", place.instance, place.segment))
}

fn forward(directory: &Path) -> std::io::Result<Vec<Found>> {
    let mut records = Forward::open(directory)?;
    let mut all = Vec::new();
    while let Some(found) = records.next()? {
        all.push(found);
    }
    Ok(all)
}

type Chains = BTreeMap<String, Vec<Vec<u8>>>;

fn by_chain(all: &[Found]) -> Chains {
    let mut chains = Chains::new();
    for found in all {
        chains.entry(found.place.instance.to_string()).or_default().push(found.line.clone());
    }
    chains
}

#[expect(clippy::unwrap_used, reason = "what could be read forwards can be read backwards")]
fn by_chain_reversed(directory: &Path) -> Chains {
    let mut records = Backward::from_now(directory).unwrap();
    let mut all = Vec::new();
    while let Some(found) = records.next().unwrap() {
        all.push(found);
    }
    all.reverse();
    by_chain(&all)
}

#[expect(clippy::panic, reason = "a failed check has to be loud")]
fn panic_with(error: &std::io::Error) -> ! {
    panic!("a plain ledger can't be read: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines of a real ledger, then changed.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let whole = |seq: u64| {
            format!(
                r#"{{"v":1,"seq":{seq},"prev":"{:064x}","time":"2026-11-22T10:00:00.{seq:09}Z","mono_ns":1,"instance":"i0001","key_id":"k","kind":"intent","id":"019ab000-0001-7000-8000-{seq:012x}","what":{{"sql":"SELECT 1","relations":[{{"relation":"a.b","access":"read"}}],"truncated":false}}}}"#,
                seq
            )
            .into_bytes()
        };
        prop_oneof![
            4 => (0..50_u64).prop_map(whole),
            1 => (0..50_u64, any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(seq, at, byte)| {
                let mut line = whole(seq);
                let at = at.index(line.len());
                line[at] = byte;
                line
            }),
            1 => proptest::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_alike_in_every_way(
            lines in proptest::collection::vec((line(), prop_oneof![9 => Just(&b"\n"[..]), 1 => Just(&b"\0"[..]), 1 => Just(&b""[..])]), 0..30),
        ) {
            read_any(&lines.into_iter().flat_map(|(line, end)| [line, end.to_vec()].concat()).collect::<Vec<u8>>());
        }
    }
}
