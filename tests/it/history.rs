//! `pgwicket history` through the real binary, on ledgers that the library wrote: no database is needed to read one.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use pgwicket::history::{
    Access, CheckpointPlace, Decision, Entry, History, Options, Outcome, RelationUse, Settings, Status, SyncMode, What,
    Where, Who,
};
use pgwicket::keys::Signer;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::support::{Database, Finished, PATIENCE, Wicket};

/// A process's handle on the ledger that `--history history` names.
fn open(wicket: &Wicket) -> History {
    let settings = Settings { sync: SyncMode::None, ..Settings::default() };
    let signer = Signer::from_seed(&[7; 32]).unwrap();
    History::open(Options { directory: wicket.path("history"), settings, signer }).unwrap()
}

fn who(principal: &str) -> Who {
    Who { principal: Some(principal.to_owned()), authentication: Some("local".to_owned()), ..Who::default() }
}

fn place() -> Where {
    Where { door: Some("mcp".to_owned()), database: Some("shop".to_owned()), ..Where::default() }
}

fn select(principal: &str, relation: &str, sql: &str) -> Entry {
    let what = What {
        tool: Some("query_execute".to_owned()),
        statement: Some("select".to_owned()),
        writes: Some(false),
        sql: Some(sql.to_owned()),
        relations: Some(vec![RelationUse { relation: relation.to_owned(), access: Access::Read }]),
        ..What::default()
    };
    Entry::intent(who(principal), place(), what)
}

fn done(rows: u64) -> Outcome {
    Outcome { rows: Some(rows), bytes: Some(rows * 10), ..Outcome::new(Status::Ok, Duration::from_micros(1500)) }
}

fn refused(principal: &str, sql: &str, reason: &str) -> Entry {
    let what = What { tool: Some("query_execute".to_owned()), sql: Some(sql.to_owned()), ..What::default() };
    let entry = Entry::rejection(who(principal), place(), what, reason);
    let decision = Decision { told: Some("unknown_column".to_owned()), ..entry.decision.clone() };
    Entry { decision, ..entry }
}

/// Two chains: a call of ana's, a rejection of ben's, an intent of ben's without outcome. Gives ana's intent.
async fn small(wicket: &Wicket) -> Entry {
    let (first, second) = (open(wicket), open(wicket));
    let intent = select("ana", "sales.orders", "SELECT count(*) FROM sales.orders WHERE id = $1");
    first.append(intent.clone()).await.unwrap();
    second.append(refused("ben", "SELECT ssn FROM sales.customers", "column_denied")).await.unwrap();
    first.append(intent.outcome(done(3))).await.unwrap();
    second.append(select("ben", "hr.staff", "=SELECT \"name\", 1\nFROM hr.staff")).await.unwrap();
    first.close().await;
    second.close().await;
    intent
}

async fn history(wicket: &Wicket, arguments: &[&str]) -> Finished {
    let all: Vec<&str> = ["history"].iter().chain(arguments).chain(&["--history", "history"]).copied().collect();
    wicket.run(&all).await
}

/// What it printed, having gone well and said nothing else.
async fn printed(wicket: &Wicket, arguments: &[&str]) -> String {
    let finished = history(wicket, arguments).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    finished.stdout
}

fn jsonl(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The ledger's lines of all chains, as they stand in the files.
fn lines(directory: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for chain in ["i0001", "i0002"] {
        let text = std::fs::read_to_string(directory.join(chain).join("segment-00000001.jsonl")).unwrap();
        all.extend(text.lines().map(str::to_owned));
    }
    all
}

#[tokio::test]
async fn tail_prints_the_newest_records_of_all_chains() {
    let wicket = Wicket::without_database();
    small(&wicket).await;
    let table = printed(&wicket, &["tail", "-n", "8"]).await;
    // Each process ended in order: that, and the checkpoint behind it, is on record, too.
    let ends = |line: &&str| line.contains("log_close") || line.contains("checkpoint");
    let rows: Vec<&str> = table.lines().filter(|line| line.contains("i000") && !ends(line)).collect();
    assert_eq!(rows.len(), 4, "{table}");
    for (row, words) in rows.iter().zip([
        ["i0001/2", "intent", "ana", "admitted", "SELECT count(*) FROM sales.orders"],
        ["i0002/2", "rejection", "ben", "column_denied", "SELECT ssn"],
        ["i0001/3", "outcome", "ana", "ok", "1.5"],
        ["i0002/3", "intent", "ben", "admitted", "=SELECT \"name\", 1 FROM hr.staff"],
    ]) {
        assert!(words.iter().all(|word| row.contains(word)), "{row}");
    }
    let ben = jsonl(&printed(&wicket, &["tail", "--format", "jsonl", "--principal", "ben"]).await);
    assert_eq!(ben.iter().map(|one| one["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 3]);
    let told = printed(&wicket, &["tail", "--format", "jsonl", "--reason", "unknown_column"]).await;
    assert_eq!(jsonl(&told)[0]["kind"], "rejection");
    assert_eq!(printed(&wicket, &["tail", "--format", "jsonl", "--until", "1h"]).await, "");
    assert_eq!(jsonl(&printed(&wicket, &["tail", "--format", "jsonl", "--relation", "orders"]).await).len(), 1);
}

#[tokio::test]
async fn tail_follows_what_is_written_in_new_chains_too() {
    let wicket = Wicket::without_database();
    small(&wicket).await;
    let arguments = ["history", "tail", "-n", "1", "--follow", "--format", "jsonl", "--history", "history"];
    let mut child = wicket.command(&arguments).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = async || {
        let line = timeout(PATIENCE, out.next_line()).await.unwrap().unwrap().unwrap();
        let record: Value = serde_json::from_str(&line).unwrap();
        (record["instance"].as_str().unwrap().to_owned(), record["seq"].as_u64().unwrap())
    };
    assert_eq!(next().await, ("i0002".to_owned(), 5));
    let (first, second, third) = (open(&wicket), open(&wicket), open(&wicket));
    // The second chain's intent has no outcome, which is said behind its opening.
    let mut seen = [next().await, next().await, next().await, next().await];
    seen.sort();
    assert_eq!(
        seen,
        [("i0001".to_owned(), 6), ("i0002".to_owned(), 6), ("i0002".to_owned(), 7), ("i0003".to_owned(), 1)]
    );
    third.append(select("ana", "a.b", "SELECT 1")).await.unwrap();
    assert_eq!(next().await, ("i0003".to_owned(), 2));
    drop((first, second));
    // A signal ends it without a word. Not SIGINT, though Ctrl-C is handled in the same way, by not being handled: where
    // the tests run in the background of a shell, they and their children ignore that one.
    let pid = child.id().unwrap();
    std::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[tokio::test]
async fn show_explains_a_call_and_its_place_in_the_chain() {
    let wicket = Wicket::without_database();
    let intent = small(&wicket).await;
    let id = intent.id.to_string();
    let text = printed(&wicket, &["show", &id]).await;
    for part in [
        "SELECT count(*) FROM sales.orders WHERE id = $1",
        "(the client's statement, in that form)",
        "it continues the record before it",
        "the record after it continues it",
        "segment 1 of chain i0001",
        "duration_ns",
    ] {
        assert!(text.contains(part), "`{part}` isn't in: {text}");
    }
    assert!(text.find(&format!("intent {id}")) < text.find("outcome "), "{text}");
    // The outcome shows the same pair.
    assert_eq!(printed(&wicket, &["show", "i0001/3"]).await, text);
    let alone = printed(&wicket, &["show", "i0002/3"]).await;
    assert!(alone.contains("No outcome is on record"), "{alone}");

    let json: Value = serde_json::from_str(&printed(&wicket, &["show", &id, "--format", "json"]).await).unwrap();
    assert_eq!((&json["record"]["kind"], &json["other"]["kind"]), (&"intent".into(), &"outcome".into()));
    assert_eq!(json["place"]["hash"], json["other"]["prev"]);
    assert_eq!(json["place"]["is_continued_by_the_record_after"], true);

    let nothing = history(&wicket, &["show", "i0009/3"]).await;
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
    assert_eq!(nothing.stderr, "error: there is no such record in the history\n");
    assert_eq!(history(&wicket, &["show", "nonsense"]).await.code, Some(2));
}

#[tokio::test]
async fn export_writes_the_ledgers_own_lines() {
    let wicket = Wicket::without_database();
    small(&wicket).await;
    let text = printed(&wicket, &["export", "--format", "jsonl"]).await;
    let mut exported: Vec<&str> = text.lines().collect();
    let times: Vec<String> = jsonl(&text).iter().map(|one| one["time"].as_str().unwrap().to_owned()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let mut there = lines(&wicket.path("history"));
    exported.sort_unstable();
    there.sort_unstable();
    assert_eq!(exported, there);
}

#[tokio::test]
async fn an_export_for_spreadsheets_is_a_file_of_ones_own_without_formulas() {
    use std::os::unix::fs::PermissionsExt;
    let wicket = Wicket::without_database();
    small(&wicket).await;
    wicket.write("out/all.csv", "an older export");
    let finished =
        history(&wicket, &["export", "--format", "csv", "--output", "out/all.csv", "--kind", "intent"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    assert_eq!(finished.stderr, "2 records written to `out/all.csv`\n");
    let file = wicket.path("out/all.csv");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(wicket.path("out")).unwrap().count(), 1);
    let text = std::fs::read_to_string(&file).unwrap();
    let (header, rest) = text.split_once("\r\n").unwrap();
    assert!(header.starts_with("time,instance,seq,kind,id,intent,principal,"), "{header}");
    assert_eq!(rest.matches("\r\n").count(), 2, "{rest}");
    assert!(rest.contains(",\"'=SELECT \"\"name\"\", 1\nFROM hr.staff\",read hr.staff,admitted,"), "{rest}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let wicket = Wicket::without_database();
    let history = open(&wicket);
    for call in 0..3000 {
        history.append(select("ana", "sales.orders", &format!("SELECT {call}"))).await.unwrap();
    }
    history.close().await;
    let script = r#"{ "$0" "$@"; echo "code $?" >&2; } | head -n 1"#;
    for command in [&["export", "--format", "csv"][..], &["export", "--format", "jsonl"], &["tail", "-n", "3000"]] {
        let arguments: Vec<&str> = [&["history"], command, &["--history", "history"]].concat();
        let mut child = wicket.command_through(script, &arguments);
        let output = timeout(PATIENCE, child.stdout(Stdio::piped()).output()).await.unwrap().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "code 0\n", "{command:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    }
}

#[tokio::test]
async fn a_configuration_names_the_history_and_needs_no_database() {
    let wicket = Wicket::without_database();
    small(&wicket).await;
    let text = "version = 1\n[principals.ana]\npolicy = \"nowhere.toml\"\n[history]\ndirectory = \"history\"\n";
    wicket.write("pgwicket.toml", text);
    let finished = wicket.run(&["history", "tail", "--config", "pgwicket.toml"]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert!(finished.stdout.contains("i0002/3"));
    for (arguments, code, message) in [
        (&["--history", "nowhere"][..], 4, "error: the history in `nowhere` can't be read: No such file"),
        (&["--config", "missing.toml"], 2, "error: --config: `missing.toml` can't be read"),
        (&[], 4, "/home/.local/state/pgwicket/history` can't be read"),
    ] {
        let all: Vec<&str> = ["history", "tail"].iter().chain(arguments).copied().collect();
        let finished = wicket.run(&all).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(code), ""), "{finished:?}");
        assert!(finished.stderr.contains(message), "{}", finished.stderr);
    }
    let both = wicket.run(&["history", "tail", "--config", "pgwicket.toml", "--history", "history"]).await;
    assert_eq!(both.code, Some(2));
}

#[tokio::test]
async fn what_the_server_recorded_is_read_back() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy =
        "version = 1\nname = \"reader\"\n[statements]\nallow = [\"select\"]\n[schemas.sales]\naccess = \"read\"\n";
    let mut mcp = wicket.serve(policy, &[]).await;
    mcp.query("SELECT count(*) FROM sales.orders WHERE comment = 'a literal of mine, zqcanary'").await.rows();
    mcp.query("SELECT nothing FROM sales.orders").await.refusal();
    // The server is still running, with the chain's lock.
    let finished = wicket.run(&["history", "export", "--format", "jsonl"]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let kinds: Vec<String> =
        jsonl(&finished.stdout).iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
    let opening = ["log_open", "config_change", "policy_load", "session_open"];
    assert_eq!(kinds, [&opening[..], &["intent", "outcome", "rejection"]].concat());
    let shown = wicket.run(&["history", "show", "i0001/5"]).await.stdout;
    assert!(
        shown.contains("FROM \"sales\".\"orders\"")
            && shown.contains("{\"access\":\"read\",\"relation\":\"sales.orders\"}")
    );
    assert!(!shown.contains("zqcanary") && !finished.stdout.contains("zqcanary"));
    // Nor is it in the index, word by word.
    let found = wicket.run(&["history", "search", "--format", "json", "orders comment"]).await;
    assert!(found.stdout.contains("sales.orders") && found.stderr.is_empty(), "{found:?}");
    let state = wicket.path("home/.local/state/pgwicket/history");
    for file in std::fs::read_dir(state).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"zqcanary"), "{}", file.display());
    }
    mcp.close().await;
}

#[tokio::test]
async fn search_finds_words_and_goes_on_page_by_page() {
    let wicket = Wicket::without_database();
    small(&wicket).await;
    let found = async |arguments: &[&str]| -> Vec<(String, u64)> {
        let all: Vec<&str> = ["search", "--format", "json"].iter().chain(arguments).copied().collect();
        let mut with_scan = all.clone();
        with_scan.push("--no-index");
        let text = printed(&wicket, &all).await;
        assert_eq!(text, printed(&wicket, &with_scan).await);
        let page: Value = serde_json::from_str(&text).unwrap();
        let place = |one: &Value| (one["instance"].as_str().unwrap().to_owned(), one["seq"].as_u64().unwrap());
        page["records"].as_array().unwrap().iter().map(place).collect()
    };
    let at = |chain: &str, seq| (chain.to_owned(), seq);
    assert_eq!(found(&["select", "sales.orders"]).await, [at("i0001", 2)]);
    assert_eq!(found(&["SSN"]).await, [at("i0002", 2)]);
    assert_eq!(found(&["ssn ana"]).await, []);
    assert_eq!(found(&["unknown_column"]).await, [at("i0002", 2)]);
    assert_eq!(found(&["--reason", "column_denied", "--since", "1h"]).await, [at("i0002", 2)]);
    assert_eq!(found(&["--relation", "staff", "--principal", "ben", "na*"]).await, [at("i0002", 3)]);
    assert_eq!(found(&["--kind", "log_open"]).await.len(), 2);

    let page = printed(&wicket, &["search", "--limit", "8"]).await;
    assert_eq!(page.lines().filter(|line| line.contains("i000")).count(), 9, "{page}");
    let (_, next) = page.trim_end().rsplit_once("(8 records; more with --page ").unwrap();
    let rest = printed(&wicket, &["search", "--limit", "8", "--page", next.trim_end_matches(')')]).await;
    assert!(rest.ends_with("\n(2 records)\n") && rest.contains("log_open"), "{rest}");
    assert!(wicket.path("history/index.sqlite").exists());

    let nothing = history(&wicket, &["search", "'*'"]).await;
    assert_eq!((nothing.code, nothing.stderr.as_str()), (Some(2), "error: there is no word in `'*'`\n"));
    assert_eq!(history(&wicket, &["search", "--page", "7"]).await.code, Some(2));
    let misspelt = history(&wicket, &["search", "--kind", "intents"]).await;
    assert!(
        misspelt.code == Some(2) && misspelt.stderr.contains("no kind of record; there is one of `log_open`"),
        "{misspelt:?}"
    );
}

#[tokio::test]
async fn stats_add_up_calls() {
    let wicket = Wicket::without_database();
    small(&wicket).await;
    let json: Value = serde_json::from_str(&printed(&wicket, &["stats", "--format", "json"]).await).unwrap();
    assert_eq!(
        (&json["total"]["calls"], &json["total"]["rejected"], &json["total"]["rows"]),
        (&2.into(), &1.into(), &3.into())
    );
    assert_eq!(json["relations"]["sales.orders"]["duration_ns"], 1_500_000);
    assert_eq!((&json["reasons"]["column_denied"]["calls"], &json["without_outcome"]), (&1.into(), &1.into()));
    let ana: Value =
        serde_json::from_str(&printed(&wicket, &["stats", "--format", "json", "--principal", "ana"]).await).unwrap();
    assert_eq!((&ana["total"]["calls"], &ana["without_outcome"]), (&1.into(), &0.into()));
    let table = printed(&wicket, &["stats"]).await;
    assert!(table.contains("column_denied") && table.contains("1 statement has no outcome on record"), "{table}");
}

#[tokio::test]
async fn verify_tells_what_it_found_by_its_exit_code() {
    let wicket = Wicket::without_database();
    let first = open(&wicket);
    let intent = select("ana", "sales.orders", "SELECT 1");
    first.append(intent.clone()).await.unwrap();
    first.append(intent.outcome(done(1))).await.unwrap();
    first.close().await;
    let intact = history(&wicket, &["verify"]).await;
    assert_eq!((intact.code, intact.stderr.as_str()), (Some(0), ""), "{intact:?}");
    assert!(
        intact.stdout.contains("\nintact; checked by the ledger itself: nothing kept elsewhere"),
        "{}",
        intact.stdout
    );

    // With the key: found only if a checkpoint was signed; a wrong one is told in any case.
    let key = Signer::from_seed(&[8; 32]).unwrap().public_key().to_owned();
    let stranger = history(&wicket, &["verify", "--public-key", &key]).await;
    assert_eq!(stranger.code, Some(5), "{stranger:?}");
    assert!(stranger.stdout.contains("tampered: i0001/1 was written with another key"), "{}", stranger.stdout);
    wicket.write("ledger.pub", &format!("{key}\n"));
    assert_eq!(history(&wicket, &["verify", "--public-key", "ledger.pub"]).await.code, Some(5));
    for (arguments, message) in [
        (["--public-key", "nowhere"], "the public key `nowhere` can't be read"),
        (["--public-key", "pgwicket"], "can't be read"),
        (["--checkpoint", "ledger.pub"], "`ledger.pub` holds no checkpoints of pgwicket"),
    ] {
        let finished = history(&wicket, &["verify", arguments[0], arguments[1]]).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
        assert!(finished.stderr.contains(message), "{}", finished.stderr);
    }

    let path = wicket.path("history/i0001/segment-00000001.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.replacen("SELECT 1", "SELECT 2", 1)).unwrap();
    let tampered = history(&wicket, &["verify", "--format", "json"]).await;
    let report: Value = serde_json::from_str(&tampered.stdout).unwrap();
    assert_eq!((tampered.code, &report["verdict"]), (Some(5), &"tampered".into()));
    let first = report["findings"][0]["text"].as_str().unwrap();
    let expected = "i0001/3 doesn't continue number 2: one of the two was changed (segment 1, line 3, from byte ";
    assert!(first.starts_with(expected), "{first}");

    let found = &report["findings"][0];
    assert_eq!([&found["record"], &found["segment"], &found["line"]], [&Value::from(3), &1.into(), &3.into()]);

    // Without its outcome, and what follows it.
    let cut: String = whole.split_inclusive('\n').take(2).collect();
    std::fs::write(&path, cut).unwrap();
    let unpaired = history(&wicket, &["verify"]).await;
    assert_eq!(unpaired.code, Some(7), "{unpaired:?}");
    assert!(unpaired.stdout.contains("unpaired: i0001/2 has no outcome: it may have been executed"));
}

#[tokio::test]
async fn verify_ends_with_the_code_of_what_it_found() {
    let wicket = Wicket::without_database();
    let checkpoints = wicket.path("elsewhere");
    let settings = Settings { checkpoint_to: Some(CheckpointPlace::File(checkpoints.clone())), ..Settings::default() };
    let signer = Signer::from_seed(&[7; 32]).unwrap();
    let key = signer.public_key().to_owned();
    let options = Options { directory: wicket.path("history"), settings, signer };
    let first = History::open(options.clone()).unwrap();
    first.append(refused("ben", "SELECT 1", "column_denied")).await.unwrap();
    first.close().await;
    let second = History::open(options).unwrap();
    second.append(refused("ben", "SELECT 2", "column_denied")).await.unwrap();
    second.close().await;
    let path = wicket.path("history/i0001/segment-00000001.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let plain: &[&str] = &[];
    let with_key: &[&str] = &["--public-key", &key];
    let with_note: &[&str] = &["--checkpoint", "elsewhere"];
    let verified = async |text: &str, arguments: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let finished = history(&wicket, &[&["verify"], arguments].concat()).await;
        assert_eq!(finished.stderr, "", "{finished:?}");
        (finished.code.unwrap(), finished.stdout)
    };
    for (kept, vouched) in
        [(plain, "nothing kept elsewhere vouches for any"), (with_key, "up to number"), (with_note, "up to number")]
    {
        let (code, told) = verified(&whole, kept).await;
        assert!(code == 0 && told.contains(vouched) && told.contains("\nintact; "), "{told}");
    }
    // An end cut at a record leaves no trace in the chain: it isn't called whole, either.
    let cut = lines[..lines.len() - 3].concat();
    let (code, told) = verified(&cut, plain).await;
    assert!(
        code == 0 && told.contains("nothing kept elsewhere (--public-key, --checkpoint) says that its end"),
        "{told}"
    );
    let (code, told) = verified(&cut, with_note).await;
    assert!(
        code == 6 && told.contains("truncated: i0001: it ends with number 5: a checkpoint that was kept"),
        "{told}"
    );
    // The key vouches up to the last checkpoint that is left, and says so.
    let (code, told) = verified(&cut, with_key).await;
    assert!(code == 0 && told.contains("behind it by the chain alone"), "{told}");
    // Before the first checkpoint neither vouches for anything.
    assert_eq!(verified(lines[0], with_key).await.0, 6);
    assert_eq!(verified(&whole[..whole.len() - 5], plain).await.0, 6);
    assert_eq!(verified(&whole.replacen("SELECT", "select", 1), with_note).await.0, 5);
    assert_eq!(verified("", with_note).await.0, 6);
    assert_eq!(verified("", plain).await.0, 0);
    std::fs::remove_dir_all(wicket.path("history/i0001")).unwrap();
    assert_eq!(history(&wicket, &["verify", "--checkpoint", "elsewhere"]).await.code, Some(6));
    // What can't be read is no finding.
    std::fs::create_dir_all(&path).unwrap();
    let unreadable = history(&wicket, &["verify"]).await;
    assert_eq!((unreadable.code, unreadable.stdout.as_str()), (Some(4), ""), "{unreadable:?}");
    assert!(unreadable.stderr.starts_with("error: the history in `history` can't be read: "), "{}", unreadable.stderr);
}

/// What a container's log collector has is enough to hold the history against.
#[tokio::test]
async fn checkpoints_on_standard_error_vouch_for_the_history() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.write("policy.toml", crate::mcp::WRITER);
    let text = "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\n\
                [history]\ndirectory = \"history\"\ncheckpoint_to = \"stderr\"\n";
    wicket.write("pgwicket.toml", text);
    // Whatever the log's level is.
    wicket.env("PGWICKET_LOG", "off").env("RUST_LOG", "off");
    let mut mcp = wicket.serve_with(&["serve", "--config", "pgwicket.toml", "--principal", "ana"]).await;
    mcp.query("SELECT 1").await.rows();
    let (_, stderr) = mcp.close().await;
    let notes: Vec<String> = stderr
        .lines()
        .filter(|line| line.starts_with("pgwicket["))
        .filter_map(|line| serde_json::from_str(line.split_once("]: checkpoint ")?.1).ok())
        .collect();
    assert_eq!(notes.len(), 1, "{stderr}");
    wicket.write("elsewhere", &notes[0]);
    let finished = history(&wicket, &["verify", "--checkpoint", "elsewhere"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stdout.contains("by what was kept elsewhere, behind it by the chain alone"),
        "{}",
        finished.stdout
    );
}
