//! A disk that is full, for real: a small file system in memory under the history. Whoever may not mount one has the
//! bound on file sizes in `mcp::history`, which fails in the same places but for the directory's.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::mcp::WRITER;
use crate::support::{Database, Mcp, Wicket};

/// A file system in memory, and a file in it that takes the room.
struct Small {
    path: PathBuf,
}

impl Small {
    /// `None`, said loudly, where this process may not mount.
    fn mount(path: PathBuf, options: &str) -> Option<Small> {
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("NOT TRIED: a full disk takes the right to mount a file system in memory");
        }
        mounted.then_some(Small { path })
    }

    /// Takes all room but so many pages of 4 KiB.
    fn fill(&self, leave_pages: usize) {
        let mut filler = File::create(self.path.join("filler")).unwrap();
        let mut pages: u64 = 0;
        loop {
            match filler.write(&[0; 4096]) {
                Ok(4096) => pages += 1,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        filler.set_len(pages.saturating_sub(leave_pages as u64) * 4096).unwrap();
    }

    /// Makes files until there can be no more.
    fn take_all_names(&self) -> Vec<PathBuf> {
        let spares = (0..).map(|number| self.path.join(format!("spare{number}")));
        spares.take_while(|path| File::create(path).is_ok()).collect()
    }

    fn free(&self) {
        fs::remove_file(self.path.join("filler")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

const INSERT: &str = "INSERT INTO scratch.notes (author, body) VALUES ('full', 'x')";

fn installation(database: &Database, more: &str) -> Wicket {
    let wicket = Wicket::on(database);
    wicket.write("policy.toml", WRITER);
    let history = format!("[history]\ndirectory = \"small/history\"\n{more}");
    wicket.write("pgwicket.toml", &format!("version = 1\n[principals.ana]\npolicy = \"policy.toml\"\n{history}"));
    wicket
}

async fn serve(wicket: &Wicket) -> Mcp {
    wicket.serve_with(&["serve", "--config", "pgwicket.toml", "--principal", "ana"]).await
}

fn code(refusal: &str) -> String {
    serde_json::from_str::<Value>(refusal).unwrap()["error"]["code"].as_str().unwrap().to_owned()
}

async fn stored(database: &Database) -> i64 {
    let count = "SELECT count(*) FROM scratch.notes WHERE author = 'full'";
    database.connect().await.query_one(count, &[]).await.unwrap().get(0)
}

async fn verified(wicket: &Wicket) -> i32 {
    let finished = wicket.run(&["history", "verify", "--config", "pgwicket.toml"]).await;
    assert!([Some(0), Some(7)].contains(&finished.code), "{finished:?}");
    finished.code.unwrap()
}

/// Writes until it is refused; then nothing goes any more, and nothing is done. How many were committed.
async fn until_full(mcp: &mut Mcp, database: &Database) -> i64 {
    let before = stored(database).await;
    let mut written = 0;
    let refusal = loop {
        let result = mcp.query(INSERT).await;
        if result.is_error {
            break result.text;
        }
        written += 1;
        assert!(written < 500, "the disk never gets full");
    };
    assert!(refusal.contains("No space left on device") || code(&refusal) == "committed_not_recorded", "{refusal}");
    let committed = written + i64::from(code(&refusal) == "committed_not_recorded");
    // Shorter records may fit for a while.
    while !mcp.call("get_tables", json!({})).await.is_error {}
    for sql in ["SELECT 1", INSERT, "SELECT nonsense"] {
        assert_eq!(code(mcp.query(sql).await.refusal()), "history_unavailable", "{sql}");
    }
    assert_eq!(stored(database).await, before + committed);
    mcp.wait_for_stderr("the history can't be written").await;
    before + committed
}

#[tokio::test]
async fn a_line_that_does_not_fit_stops_everything_until_there_is_room() {
    let database = Database::sample().await;
    let wicket = installation(&database, "");
    let Some(small) = Small::mount(wicket.path("small"), "size=128k") else { return };
    let mut mcp = serve(&wicket).await;
    mcp.query(INSERT).await.json();
    for round in 0..3 {
        small.fill(round);
        let committed = until_full(&mut mcp, &database).await;
        // The segment ends with a whole record, or with the half that is cut off before the next.
        small.free();
        mcp.query(INSERT).await.json();
        assert_eq!(stored(&database).await, committed + 1);
        mcp.wait_for_stderr("the history can be written again").await;
    }
    // It was told once each time, not for each refused call.
    let told = mcp.stderr().matches("history::chain: the history can't be written").count();
    assert!((3..=6).contains(&told), "{}", mcp.stderr());
    mcp.close().await;
    verified(&wicket).await;

    // Neither can a process begin that couldn't write its opening.
    small.fill(0);
    let begun = wicket.run(&["serve", "--config", "pgwicket.toml", "--principal", "ana"]).await;
    assert!(begun.code != Some(0) && begun.stderr.contains("No space left on device"), "{begun:?}");
    small.free();
    serve(&wicket).await.close().await;
    verified(&wicket).await;
}

#[tokio::test]
async fn a_segment_that_can_not_be_begun_stops_everything_until_it_can() {
    let database = Database::sample().await;
    let wicket = installation(&database, "segment_bytes = \"4KiB\"\n");
    // The root, the history, the chain, its lock, a segment, a compressed one and its draft, and little more.
    let Some(small) = Small::mount(wicket.path("small"), "size=4m,nr_inodes=16") else { return };
    let mut mcp = serve(&wicket).await;
    let spares = small.take_all_names();
    let committed = until_full(&mut mcp, &database).await;
    spares.iter().for_each(|spare| fs::remove_file(spare).unwrap());
    mcp.query(INSERT).await.json();
    assert_eq!(stored(&database).await, committed + 1);
    mcp.close().await;
    assert!(
        files(&small.path.join("history/i0001"), ".jsonl").len()
            + files(&small.path.join("history/i0001"), ".gz").len()
            > 1
    );
    verified(&wicket).await;
}

fn files(directory: &Path, end: &str) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(end)).collect()
}

#[tokio::test]
async fn what_can_not_be_compressed_or_indexed_stays_readable_and_is_done_when_there_is_room() {
    let database = Database::sample().await;
    let wicket = installation(&database, "");
    let Some(small) = Small::mount(wicket.path("small"), "size=2m,nr_inodes=40") else { return };
    let mut mcp = serve(&wicket).await;
    for _ in 0..40 {
        mcp.query("SELECT count(*) FROM sales.regions").await.rows();
    }
    mcp.close().await;
    // The next process closes the segment, which has too many bytes for it by now.
    installation_again(&wicket, "segment_bytes = \"32KiB\"\n");
    let chain = small.path.join("history/i0001");
    // Room for one more file, which is the new segment, not for the compressed one.
    File::create(small.path.join("filler")).unwrap();
    let mut spares = small.take_all_names();
    fs::remove_file(spares.pop().unwrap()).unwrap();
    let mut mcp = serve(&wicket).await;
    mcp.wait_for_stderr("closed segments could not be tidied up").await;
    assert!(mcp.stderr().contains("No space left on device"), "{}", mcp.stderr());
    assert_eq!((files(&chain, ".gz").len(), files(&chain, ".tmp").len()), (0, 0));
    mcp.query("SELECT 1").await.rows();
    verified(&wicket).await;

    // Nor is there room for the index: everything is read instead, and that is said.
    let search = ["history", "search", "regions", "--limit", "1000", "--format", "json", "--config", "pgwicket.toml"];
    let scanned = wicket.run(&search).await;
    spares.iter().for_each(|spare| fs::remove_file(spare).unwrap());
    small.fill(0);
    let scanned_again = wicket.run(&search).await;
    small.free();
    for scanned in [&scanned, &scanned_again] {
        assert!(scanned.code == Some(0) && scanned.stderr.contains("note: "), "{scanned:?}");
        assert_eq!(scanned.stdout, scanned_again.stdout);
    }
    let indexed = wicket.run(&search).await;
    assert_eq!((indexed.code, indexed.stderr.as_str()), (Some(0), ""));
    assert_eq!(indexed.stdout, scanned.stdout);
    let page: Value = serde_json::from_str(&indexed.stdout).unwrap();
    assert!(page["records"].as_array().unwrap().len() >= 40);
    mcp.close().await;

    // With room, the next process compresses what was left.
    let mcp = serve(&wicket).await;
    let patience = std::time::Instant::now() + crate::support::PATIENCE;
    while files(&chain, ".gz").is_empty() {
        assert!(std::time::Instant::now() < patience, "closed segments are compressed");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    mcp.close().await;
    verified(&wicket).await;
}

#[tokio::test]
async fn compressing_takes_no_room_that_records_need() {
    let database = Database::sample().await;
    let wicket = installation(&database, "");
    let Some(small) = Small::mount(wicket.path("small"), "size=2m") else { return };
    let mut mcp = serve(&wicket).await;
    for _ in 0..40 {
        mcp.query("SELECT count(*) FROM sales.regions").await.rows();
    }
    mcp.close().await;
    installation_again(&wicket, "segment_bytes = \"32KiB\"\n");
    let chain = small.path.join("history/i0001");
    let bytes = fs::metadata(chain.join("segment-00000001.jsonl")).unwrap().len();
    // Room for the segment compressed, and for records, but not for twice the plain one.
    small.fill(usize::try_from(bytes * 3 / 2 / 4096).unwrap());
    let mut mcp = serve(&wicket).await;
    mcp.wait_for_stderr("closed segments could not be tidied up").await;
    assert!(mcp.stderr().contains("less than twice the size"), "{}", mcp.stderr());
    assert_eq!((files(&chain, ".gz").len(), files(&chain, ".tmp").len()), (0, 0));
    mcp.query("SELECT 1").await.rows();
    small.free();
    mcp.close().await;
    serve(&wicket).await.close().await;
    verified(&wicket).await;
}

fn installation_again(wicket: &Wicket, more: &str) {
    let text = fs::read_to_string(wicket.path("pgwicket.toml")).unwrap();
    wicket.write("pgwicket.toml", &format!("{text}{more}"));
}
