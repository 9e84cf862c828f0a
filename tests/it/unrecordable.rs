//! A history that can't be written, through the real binary, by each cause but the full disk (see `full_disk`): permission, what
//! the operating system refuses to write, and a tail that somebody changed. Nothing is executed meanwhile, every call is refused
//! with the cause, the log has it once, and it goes on by itself when the cause is gone.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::mcp::{STATE, WRITER};
use crate::support::{Database, Mcp, Wicket};

const INSERT: &str = "INSERT INTO scratch.notes (author, body) VALUES ('kept', 'x')";

async fn stored(database: &Database) -> i64 {
    let count = "SELECT count(*) FROM scratch.notes WHERE author = 'kept'";
    database.connect().await.query_one(count, &[]).await.unwrap().get(0)
}

/// The only segment of the only chain.
fn segment(wicket: &Wicket) -> PathBuf {
    wicket.path(STATE).join("i0001/segment-00000001.jsonl")
}

/// Every call is refused and says why, nothing is done, and the log says so once.
async fn assert_nothing_goes(mcp: &mut Mcp, database: &Database, cause: &str) {
    let (before, told) = (stored(database).await, failures(mcp, cause));
    for _ in 0..2 {
        for (tool, arguments) in [
            ("query_execute", json!({ "sql": INSERT })),
            ("query_execute", json!({ "sql": "SELECT 1" })),
            ("query_execute", json!({ "sql": "SELECT nonsense" })),
            ("check_query", json!({ "sql": "SELECT 1" })),
            ("get_tables", json!({})),
            ("get_tables", json!({ "no such argument": 1 })),
        ] {
            let result = mcp.call(tool, arguments).await;
            assert!(result.is_error, "{cause}: {tool} {}\n{}", result.text, mcp.stderr());
            let refusal: Value = serde_json::from_str(result.refusal()).unwrap();
            let error = &refusal["error"];
            assert_eq!(error["code"], "history_unavailable", "{tool}: {error}");
            assert!(error["message"].as_str().unwrap().contains(cause), "{tool}: {error}");
        }
    }
    assert_eq!(stored(database).await, before, "{cause}");
    mcp.wait_for_stderr(cause).await;
    assert_eq!(failures(mcp, cause), told + 1, "{}", mcp.stderr());
}

fn failures(mcp: &Mcp, cause: &str) -> usize {
    let told = mcp.stderr();
    told.lines().filter(|line| line.contains("the history can't be written") && line.contains(cause)).count()
}

/// It goes on, and the log says that, too.
async fn assert_it_goes_on(mcp: &mut Mcp, database: &Database, times: usize) {
    let before = stored(database).await;
    assert_eq!(mcp.query(INSERT).await.json()["affected_rows"], 1);
    assert_eq!(stored(database).await, before + 1);
    mcp.wait_for_stderr("the history can be written again").await;
    assert_eq!(mcp.stderr().matches("the history can be written again").count(), times);
}

async fn verify(wicket: &Wicket) {
    let finished = wicket.run(&["history", "verify", "--history", STATE]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test]
async fn without_permission_nothing_is_executed() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", WRITER);
    // Root goes past permissions by these capabilities.
    let script = match fs::metadata(wicket.directory()).unwrap().uid() {
        0 => r#"exec setpriv --bounding-set=-dac_override,-dac_read_search "$0" "$@""#,
        _ => r#"exec "$0" "$@""#,
    };
    let mut mcp = Mcp::start(wicket.command_through(script, &["serve", "--policy", "policy.toml"]));
    mcp.initialize().await;
    mcp.query(INSERT).await.json();
    let chain = wicket.path(STATE).join("i0001");
    let mode = |mode| fs::set_permissions(&chain, Permissions::from_mode(mode)).unwrap();
    for time in 1..=2 {
        mode(0o000);
        assert_nothing_goes(&mut mcp, &database, "Permission denied").await;
        mode(0o700);
        assert_it_goes_on(&mut mcp, &database, time).await;
    }
    mcp.close().await;
    verify(&wicket).await;
}

/// A way to change a chain's end, and what is told of it.
type Damage = (fn(&Path), &'static str);

#[tokio::test]
async fn behind_a_tail_that_somebody_changed_nothing_is_executed() {
    let damages: [Damage; 5] = [
        (|file| fs::write(file, [fs::read(file).unwrap(), b"{\"seq\":".to_vec()].concat()).unwrap(), "more bytes"),
        (|file| fs::write(file, &fs::read(file).unwrap()[..900]).unwrap(), "shorter"),
        (|file| fs::remove_file(file).unwrap(), "No such file"),
        // Another file in its place, with one bit of the last record changed.
        (
            |file| {
                let mut bytes = fs::read(file).unwrap();
                let at = bytes.len() - 30;
                bytes[at] ^= 1;
                fs::remove_file(file).unwrap();
                fs::write(file, bytes).unwrap();
            },
            "the last record in the file is not the one that was written",
        ),
        (
            |file| {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            },
            "Is a directory",
        ),
    ];
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(WRITER, &[]).await;
    let file = segment(&wicket);
    for (time, (damage, cause)) in damages.into_iter().enumerate() {
        mcp.query(INSERT).await.json();
        // The file itself, under another name, so that it can come back.
        let (kept, whole) = (file.with_extension("kept"), fs::read(&file).unwrap());
        fs::hard_link(&file, &kept).unwrap();
        damage(&file);
        assert_nothing_goes(&mut mcp, &database, cause).await;
        if file.is_dir() {
            fs::remove_dir(&file).unwrap();
        }
        fs::rename(&kept, &file).unwrap();
        // Renaming one name of a file to another of the same file does nothing.
        let _ = fs::remove_file(&kept);
        fs::write(&file, &whole).unwrap();
        assert_it_goes_on(&mut mcp, &database, time + 1).await;
    }
    mcp.close().await;
    verify(&wicket).await;
}

#[tokio::test]
async fn nobody_begins_behind_a_damaged_tail() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(WRITER, &[]).await;
    mcp.query(INSERT).await.json();
    mcp.close().await;
    let file = segment(&wicket);
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    // The record before the last is gone.
    let damaged = [&lines[..lines.len() - 2], &lines[lines.len() - 1..]].concat().concat();
    fs::write(&file, &damaged).unwrap();
    let begun = wicket.run(&["serve", "--policy", "policy.toml"]).await;
    assert!(begun.code != Some(0) && begun.stderr.contains("segment-00000001.jsonl` is damaged"), "{begun:?}");
    assert!(begun.stderr.contains("move it out of the history"), "{begun:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
    fs::write(&file, &whole).unwrap();
    wicket.serve(WRITER, &[]).await.close().await;
    verify(&wicket).await;
}
