//! The index gives what a plain scan gives, whatever happened to it and to the segments.

use super::super::read::{Filter, Words};
use super::super::record::{Access, RelationUse, Verdict};
use super::super::search::{Cursor, Page, Query, search};
use super::super::tests::{ledger, open, query, segment, who};
use super::super::{Entry, What, Where};
use super::file::FILE;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn ask(directory: &Path, query: &Query, index: bool) -> Page {
    search(directory, query, index, &mut |_| ()).unwrap()
}

/// Every page, through the index; each is what a scan gives.
fn pages(directory: &Path, query: &Query) -> Vec<(String, u64)> {
    let (mut query, mut all) = (query.clone(), Vec::new());
    loop {
        let page = ask(directory, &query, true);
        assert_eq!(page.without_index, None);
        assert_eq!(page, ask(directory, &query, false), "{query:?}");
        all.extend(page.records.into_iter().map(|found| (found.record.instance, found.record.seq)));
        match page.next {
            Some(next) => query.before = Some(next),
            None => return all,
        }
    }
}

fn with(filter: Filter, limit: usize) -> Query {
    Query { filter, limit, before: None }
}

fn text(text: &str) -> Query {
    with(Filter { words: Words::parse(text), ..Filter::default() }, 10)
}

fn call(principal: &str, relation: &str, sql: &str) -> Entry {
    let mut entry = query(principal, sql);
    entry.what.relations = Some(vec![RelationUse { relation: relation.into(), access: Access::Read }]);
    entry
}

#[tokio::test]
async fn what_was_written_since_is_found_and_the_file_is_private() {
    let home = ledger(3).await;
    assert_eq!(pages(home.path(), &text("select")).len(), 3);
    let mode = |name: &str| fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(FILE), mode("index.lock")), (0o600, 0o600));
    let file = super::file::File::open(home.path(), None).map_err(|_| ()).unwrap();
    file.db
        .execute_batch("BEGIN; DELETE FROM blocks WHERE false; INSERT INTO blocks VALUES (99, 0, 0); COMMIT")
        .unwrap();
    assert_eq!((mode("index.sqlite-wal"), mode("index.sqlite-shm")), (0o600, 0o600));
    file.db.execute_batch("DELETE FROM blocks WHERE id = 99").unwrap();
    drop(file);
    let (first, second) = (open(home.path()), open(home.path()));
    first.append(call("ana", "sales.orders", "SELECT 7")).await.unwrap();
    second.append(call("ben", "sales.orders", "SELECT 8")).await.unwrap();
    assert_eq!(pages(home.path(), &text("select sales.orders")), [("i0002".into(), 2), ("i0001".into(), 6)]);
    assert_eq!(pages(home.path(), &text("sel* or* ben")), [("i0002".into(), 2)]);
    first.append(Entry::rejection(who("ana"), Where::default(), What::default(), "no_where")).await.unwrap();
    assert_eq!(pages(home.path(), &text("no_where")), [("i0001".into(), 7)]);
    let rejected = Filter { verdict: Some(Verdict::Rejected), ..Filter::default() };
    assert_eq!(pages(home.path(), &with(rejected, 10)), [("i0001".into(), 7)]);
    assert_eq!(pages(home.path(), &with(Filter::default(), 2)).len(), 9);
    // Asked at once, each alone and together.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| pages(home.path(), &text("select")));
        }
    });
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_made_anew() {
    let home = ledger(50).await;
    let file = home.path().join(FILE);
    let all = pages(home.path(), &text("select"));
    assert_eq!(all.len(), 50);
    let good = fs::read(&file).unwrap();
    let broken: Vec<(&str, Vec<u8>)> = vec![
        ("garbage", b"this is no database, however long one reads it".repeat(200)),
        ("empty", Vec::new()),
        ("cut", good[..good.len() / 2].to_vec()),
        ("another version", {
            let mut other = good.clone();
            other[60..64].copy_from_slice(&77_u32.to_be_bytes());
            other
        }),
        ("a page overwritten", {
            let mut other = good.clone();
            let end = other.len();
            other[4096..end].fill(0xff);
            other
        }),
    ];
    for (what, bytes) in broken {
        fs::write(&file, bytes).unwrap();
        assert_eq!(pages(home.path(), &text("select")), all, "{what}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(pages(home.path(), &text("select")), all);
    // The words of another ledger.
    let other = ledger(50).await;
    pages(other.path(), &text("select"));
    fs::copy(other.path().join(FILE), &file).unwrap();
    assert_eq!(pages(home.path(), &text("select")), all);
}

#[tokio::test]
async fn segments_that_were_changed_are_read_anew() {
    let home = ledger(9).await;
    let path = segment(home.path(), "i0001");
    assert_eq!(pages(home.path(), &text("select")).len(), 9);
    // In the middle, where only reading back can tell.
    let lines = fs::read_to_string(&path).unwrap();
    fs::write(&path, lines.replacen("SELECT 4", "DELETE 4", 1)).unwrap();
    assert_eq!(pages(home.path(), &text("select")).len(), 8);
    // The end is gone.
    let cut: String = lines.split_inclusive('\n').take(6).collect();
    fs::write(&path, cut).unwrap();
    assert_eq!(pages(home.path(), &text("select")).len(), 5);
    // The chain is gone.
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert_eq!(pages(home.path(), &text("select")), []);
}

#[tokio::test]
async fn what_retention_deleted_is_not_found_any_more() {
    let home = ledger(30).await;
    let path = segment(home.path(), "i0001");
    let lines = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    for (number, part) in [(1, &lines[..4]), (2, &lines[4..20]), (3, &lines[20..])] {
        fs::write(path.with_file_name(format!("segment-{number:08}.jsonl")), part.concat()).unwrap();
    }
    assert_eq!(pages(home.path(), &text("select")).len(), 30);
    for (number, left) in [(1, 27), (2, 11)] {
        fs::remove_file(path.with_file_name(format!("segment-{number:08}.jsonl"))).unwrap();
        assert_eq!(pages(home.path(), &text("select")).len(), left);
    }
}

#[tokio::test]
async fn a_segment_that_is_compressed_is_read_as_before() {
    use flate2::{Compression, write::GzEncoder};
    let home = ledger(30).await;
    let path = segment(home.path(), "i0001");
    let lines = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    let second = path.with_file_name("segment-00000002.jsonl");
    fs::write(&path, lines[..12].concat()).unwrap();
    fs::write(&second, lines[12..].concat()).unwrap();
    let all = pages(home.path(), &text("select"));
    let pack = |path: &Path| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut encoder, &fs::read(path).unwrap()).unwrap();
        fs::write(path.with_extension("jsonl.gz"), encoder.finish().unwrap()).unwrap();
        fs::remove_file(path).unwrap();
    };
    for path in [&path, &second] {
        pack(path);
        assert_eq!(pages(home.path(), &text("select")), all);
    }
    // Into an index that is made of compressed segments, and grows by a plain one.
    fs::remove_file(home.path().join(FILE)).unwrap();
    assert_eq!(pages(home.path(), &text("select")), all);
    let third = path.with_file_name("segment-00000003.jsonl");
    fs::write(&third, lines[30].replace("\"seq\":31", "\"seq\":32")).unwrap();
    assert_eq!(pages(home.path(), &text("select"))[0], ("i0001".into(), 32));
}

#[tokio::test]
async fn where_no_index_can_be_everything_is_read() {
    let home = ledger(5).await;
    fs::create_dir(home.path().join(FILE)).unwrap();
    let page = ask(home.path(), &text("select"), true);
    assert_eq!(page.records.len(), 5);
    assert!(page.without_index.is_some());
}

#[test]
fn cursors_are_read_as_they_are_written() {
    let cursor = Cursor { nanoseconds: 1_763_769_600_000_000_001, instance: "i0001".into(), seq: 42 };
    assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
    for nonsense in ["", "1.i0001", "x.i0001.2", "1.i0001.-2"] {
        assert_eq!(Cursor::parse(nonsense), None);
    }
}

/// One made-up record: which chain, how much later than the last, and what it says.
#[derive(Debug, Clone)]
struct Made {
    chain: usize,
    step: i64,
    principal: usize,
    relation: usize,
    sql: usize,
    refused: bool,
}

const PRINCIPALS: [&str; 3] = ["ana", "ben", "Ana-Ben"];
const RELATIONS: [&str; 4] = ["sales.orders", "hr.orders", "sales.ORDERS", "orders.sales"];
const SQLS: [&str; 6] = [
    "SELECT 1 FROM sales.orders",
    "select \"Größe\", a_b FROM x",
    "DELETE FROM orders WHERE sales = $1",
    "",
    "SELECT 'it''s', E'\u{0}' -- ünïcode",
    "sal es or ders",
];

fn made() -> impl Strategy<Value = Made> {
    // Clocks stand still and are set back, too.
    (0..3_usize, prop_oneof![Just(0), Just(1), -5..50_i64], 0..3_usize, 0..4_usize, 0..6_usize, any::<bool>()).prop_map(
        |(chain, step, principal, relation, sql, refused)| Made { chain, step, principal, relation, sql, refused },
    )
}

/// Writes lines as the ledger would, with times of our own.
fn write(directory: &Path, made: &[Made], seqs: &mut [u64; 3], time: &mut i64) {
    for one in made {
        *time += one.step;
        seqs[one.chain] += 1;
        let entry = match one.refused {
            false => call(PRINCIPALS[one.principal], RELATIONS[one.relation], SQLS[one.sql]),
            true => Entry::rejection(
                who(PRINCIPALS[one.principal]),
                Where::default(),
                What { sql: Some(SQLS[one.sql].into()), ..What::default() },
                "unknown_column",
            ),
        };
        let record = super::super::Record {
            stamp: super::super::Stamp {
                v: 1,
                seq: seqs[one.chain],
                prev: Default::default(),
                time: jiff::Timestamp::from_nanosecond(i128::from(1_763_769_600_000_000_000 + *time)).unwrap(),
                mono_ns: 0,
                instance: format!("i{:04}", one.chain + 1),
                key_id: String::new(),
            },
            entry,
        };
        let chain = directory.join(&record.stamp.instance);
        fs::create_dir_all(&chain).unwrap();
        let mut file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(chain.join(format!("segment-{:08}.jsonl", 1 + seqs[one.chain] / 20)))
            .unwrap();
        let line = serde_json::to_string(&record).unwrap() + "\n";
        std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
    }
}

fn question() -> impl Strategy<Value = Query> {
    let words = prop_oneof![
        Just(""),
        Just("select"),
        Just("sales.orders"),
        Just("orders"),
        Just("or*"),
        Just("ana"),
        Just("größe*"),
        Just("unknown_column select"),
        Just("ben sal*"),
        Just("ünïcode"),
        Just("a_b FROM"),
        Just("GRÖSSE"),
        Just("s")
    ];
    let choice = |all: &'static [&'static str]| proptest::option::of(proptest::sample::select(all));
    (
        words,
        choice(&["ana", "ben", "eve"]),
        choice(&["orders", "sales.orders", "sales"]),
        choice(&["intent", "rejection"]),
        proptest::option::of((-5..500_i64, 0..500_i64)),
        1..30_usize,
        any::<bool>(),
    )
        .prop_map(|(words, principal, relation, kind, range, limit, rejected)| {
            let at = |ns: i64| jiff::Timestamp::from_nanosecond(i128::from(1_763_769_600_000_000_000 + ns)).unwrap();
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let filter = Filter {
                since: range.map(|(since, _)| at(since)),
                until: range.map(|(since, length)| at(since + length)),
                principal: owned(principal),
                relation: owned(relation),
                verdict: rejected.then_some(Verdict::Rejected).filter(|_| limit % 3 == 0),
                reason: None,
                kind: owned(kind),
                words: Words::parse(words),
            };
            with(filter, limit)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn the_index_gives_what_a_scan_gives(
        written in proptest::collection::vec(proptest::collection::vec(made(), 0..60), 1..4),
        questions in proptest::collection::vec(question(), 1..6),
    ) {
        let home = tempfile::tempdir().unwrap();
        let (mut seqs, mut time) = ([0; 3], 0);
        for part in &written {
            write(home.path(), part, &mut seqs, &mut time);
            for question in &questions {
                pages(home.path(), question);
            }
        }
    }
}
