//! kill -9 under load, again and again, through the real binary: several MCP clients write, read and are refused, each
//! with many calls on the way, until all servers are killed at once. Whatever was answered is on record, whatever was
//! written has its intent, the chains are whole or honestly gapped, and the next start goes on with them.
//! `PGWICKET_KILLS` says how often; the long tier takes 500.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Database, PATIENCE, Wicket};

const CLIENTS: usize = 3;
/// Calls of a client that wait for their answers.
const ON_THE_WAY: usize = 16;
/// Rounds on one history; then the next begins, since each round checks all of it.
const ROUNDS: usize = 10;

/// Statements are on record in full, so that each is known by its marker.
const POLICY: &str = r#"
version = 1
name = "writer"
[statements]
allow = ["select", "insert"]
[schemas.sales]
access = "read"
[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
[limits]
concurrency = 64
[history]
record = "full"
"#;

/// Segments are closed, compressed and signed meanwhile.
const CONFIGURATION: &str = "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\n\
    [history]\ndirectory = \"history\"\nsegment_bytes = \"64KiB\"\ncheckpoint_records = 20\ncheckpoint_to = \"checkpoints\"\n";

/// What a call is, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    Write,
    Read,
    Refused,
}

impl Call {
    fn of(number: usize) -> Call {
        [Call::Write, Call::Read, Call::Write, Call::Refused][number % 4]
    }

    fn sql(self, marker: &str) -> String {
        match self {
            Call::Write => format!("INSERT INTO scratch.notes (author, body) VALUES ('kill', '{marker}')"),
            Call::Read => format!("SELECT count(*) AS n, '{marker}' AS m FROM sales.regions"),
            Call::Refused => format!("SELECT '{marker}' AS m, nothing FROM sales.regions"),
        }
    }
}

/// A server and its client: a thread sends, a thread reads, until the server is gone.
struct Client {
    server: Child,
    reader: thread::JoinHandle<Vec<(usize, Value)>>,
    sender: thread::JoinHandle<()>,
}

impl Client {
    fn start(wicket: &Wicket, marker: String, answered: &Arc<AtomicUsize>) -> Client {
        let arguments = ["serve", "--config", "pgwicket.toml", "--principal", "ana"];
        let mut command = wicket.command(&arguments).into_std();
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let (room, taken) = mpsc::sync_channel(ON_THE_WAY);
        let sender = thread::spawn(move || send(input, &marker, &room));
        let answered = Arc::clone(answered);
        let reader = thread::spawn(move || read(output, &answered, &taken));
        Client { server, reader, sender }
    }
}

/// Sends calls, so many of which may wait for their answers; the pipe's end is the kill.
fn send(mut input: ChildStdin, marker: &str, room: &mpsc::SyncSender<()>) {
    let hello =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "k", "version": "1" } });
    let mut lines = vec![
        json!({ "jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
    ];
    for number in 0.. {
        let sql = Call::of(number).sql(&format!("{marker}n{number}e"));
        let params = json!({ "name": "query_execute", "arguments": { "sql": sql } });
        lines.push(json!({ "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params }));
        for line in lines.drain(..) {
            if writeln!(input, "{line}").is_err() {
                return;
            }
        }
        if room.send(()).is_err() {
            return;
        }
    }
}

/// Every whole answer that arrived: the number of the call, and the result.
fn read(output: ChildStdout, answered: &AtomicUsize, taken: &mpsc::Receiver<()>) -> Vec<(usize, Value)> {
    let mut answers = Vec::new();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // The kill may have cut the last line.
        let Ok(answer) = serde_json::from_str::<Value>(&line) else { break };
        if let Some(number) = answer["id"].as_u64() {
            answers.push((number as usize, answer["result"].clone()));
            answered.fetch_add(1, Ordering::SeqCst);
            let _ = taken.recv();
        }
    }
    answers
}

/// What the ledger has of each statement, by its marker: which kinds of record.
type OnRecord = BTreeMap<String, BTreeSet<String>>;

async fn on_record(wicket: &Wicket) -> OnRecord {
    let exported = wicket.run(&["history", "export", "--format", "jsonl", "--config", "pgwicket.toml"]).await;
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let mut found = OnRecord::new();
    let mut intents: BTreeMap<String, String> = BTreeMap::new();
    let records: Vec<Value> = exported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for record in &records {
        let kind = record["kind"].as_str().unwrap();
        if let Some(marker) = record["what"]["sql"].as_str().and_then(marker) {
            intents.insert(record["id"].as_str().unwrap().to_owned(), marker.clone());
            found.entry(marker).or_default().insert(kind.to_owned());
        }
    }
    for record in records.iter().filter(|record| record["kind"] == "outcome") {
        if let Some(marker) = record["intent"].as_str().and_then(|intent| intents.get(intent)) {
            found.entry(marker.clone()).or_default().insert("outcome".to_owned());
        }
    }
    found
}

/// `r3c0n17e`, wherever it stands in the text.
fn marker(text: &str) -> Option<String> {
    let quoted = text.split('\'').find(|part| part.starts_with('r') && part.ends_with('e') && part.contains('n'))?;
    quoted[1..].starts_with(|c: char| c.is_ascii_digit()).then(|| quoted.to_owned())
}

/// How `history verify` ended, and what it said.
async fn verified(wicket: &Wicket) -> (i32, String) {
    let finished = wicket.run(&["history", "verify", "--config", "pgwicket.toml"]).await;
    (finished.code.unwrap(), finished.stdout + &finished.stderr)
}

/// Clients at work until so many answers came; then all servers are killed at once.
fn round(wicket: &Wicket, name: &str, answers: usize) -> BTreeMap<String, (Call, Value)> {
    let answered = Arc::new(AtomicUsize::new(0));
    let marker = |client: usize| format!("r{name}c{client}");
    let mut clients: Vec<Client> =
        (0..CLIENTS).map(|client| Client::start(wicket, marker(client), &answered)).collect();
    let patience = Instant::now() + PATIENCE;
    while answered.load(Ordering::SeqCst) < answers {
        assert!(Instant::now() < patience, "the servers don't answer");
        thread::sleep(Duration::from_micros(200));
    }
    // Child::kill is SIGKILL.
    clients.iter_mut().for_each(|client| client.server.kill().unwrap());
    let mut replies = BTreeMap::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        client.server.wait().unwrap();
        client.sender.join().unwrap();
        for (call, result) in client.reader.join().unwrap() {
            replies.insert(format!("{}n{call}e", marker(number)), (Call::of(call), result));
        }
    }
    replies
}

#[tokio::test]
async fn killed_servers_lose_nothing_that_was_answered() {
    let rounds: usize = std::env::var("PGWICKET_KILLS").map_or(50, |count| count.parse().unwrap());
    let database = Database::sample().await;
    let client = database.connect().await;
    let (mut acknowledged, mut torn, mut unpaired, mut without_answer) = (0, 0, 0, 0);
    for epoch in 0..rounds.div_ceil(ROUNDS) {
        let mut wicket = Wicket::on(&database);
        wicket.env("POSTGRES_POOL_SIZE", "2");
        wicket.write("policy.toml", POLICY);
        wicket.write("pgwicket.toml", CONFIGURATION);
        let mut replies = BTreeMap::new();
        for turn in 0..ROUNDS.min(rounds - epoch * ROUNDS) {
            // From the very first answer on to a hundred.
            let answers = 1 + (epoch * 31 + turn * 37) % 120;
            replies.extend(round(&wicket, &format!("{epoch}t{turn}"), answers));
            let (code, told) = verified(&wicket).await;
            // Half a line may stand at an end, and statements be without outcome. Nothing else.
            assert!([0, 6, 7].contains(&code), "round {epoch}.{turn}: {told}");
            let other = told.lines().filter(|line| line.starts_with("truncated: "));
            assert!(other.clone().all(|line| line.contains("half a line")), "round {epoch}.{turn}: {told}");
            torn += other.count();
        }
        // The next start takes every chain and mends it.
        round(&wicket, &format!("{epoch}t99"), 1);
        let servers = BTreeSet::from(["i0001", "i0002", "i0003"].map(str::to_owned));
        let chains = std::fs::read_dir(wicket.path("history")).unwrap().map(|entry| entry.unwrap());
        let chains = chains.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
        assert_eq!(chains.collect::<BTreeSet<_>>(), servers, "every chain was taken again");

        // A statement that was on its way when its client was killed may end a moment later.
        let busy =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let patience = Instant::now() + PATIENCE;
        while client.query_one(busy, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            assert!(Instant::now() < patience, "backends outlive their clients");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let recorded = on_record(&wicket).await;
        let has = |marker: &str, kind: &str| recorded.get(marker).is_some_and(|kinds| kinds.contains(kind));
        let stored = client.query("SELECT body FROM scratch.notes WHERE author = 'kill'", &[]).await.unwrap();
        let stored: BTreeSet<String> = stored.iter().map(|row| row.get(0)).collect();
        for (marker, (call, result)) in &replies {
            let done = result["isError"] != true;
            match call {
                Call::Write | Call::Read => {
                    assert!(done, "{marker}: {result}");
                    assert!(
                        has(marker, "intent") && has(marker, "outcome"),
                        "{marker} was answered, and isn't on record"
                    );
                    assert!(
                        *call == Call::Read || stored.contains(marker),
                        "{marker} was answered, and isn't in the table"
                    );
                }
                Call::Refused => assert!(!done && has(marker, "rejection"), "{marker}: {result}"),
            }
        }
        for marker in &stored {
            assert!(has(marker, "intent"), "{marker} is in the table, and has no intent");
        }
        acknowledged += replies.len();
        without_answer += stored.iter().filter(|marker| !replies.contains_key(*marker)).count();
        let (code, told) = verified(&wicket).await;
        assert!([0, 6, 7].contains(&code), "{told}");
        unpaired += told.lines().filter(|line| line.starts_with("unpaired: ")).count();
        client.execute("DELETE FROM scratch.notes WHERE author = 'kill'", &[]).await.unwrap();
    }
    println!(
        "{rounds} rounds of {CLIENTS} servers: {acknowledged} answers, {without_answer} writes that were not answered any more, \
         {unpaired} statements without outcome, {torn} torn ends"
    );
    assert!(acknowledged > 20 * rounds && without_answer + unpaired > 0, "the kills came when nothing was going on");
}
