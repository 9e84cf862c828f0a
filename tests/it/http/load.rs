//! Many clients at once that read, write, are refused, change their minds and vanish: whoever stays gets the right answer, the
//! server stays as it was, and the time is told that each way of ending a statement takes. `PGWICKET_LOAD` says how many
//! seconds each of the three runs takes; the long tier takes 60.

use std::collections::{BTreeMap, HashSet};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{LONG, token};
use crate::support::{Database, HANDSHAKES, HttpClient, HttpServer, PATIENCE, Wicket};

const CLIENTS: usize = 64;
/// Statements that would take for ever, at once: fewer than there are connections to the database, so that others get on.
const LONG_AT_ONCE: usize = 6;
const POOL: usize = 16;
/// How long each client rests between its requests: people and agents do, and there are so many ports.
const REST: Duration = Duration::from_millis(25);
const DEADLINE: Duration = Duration::from_secs(1);

const POLICY: &str = r#"
version = 1
name = "clerk"
[statements]
allow = ["select", "insert"]
[columns]
"customers.email" = "deny"
[schemas.sales]
access = "read"
[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
[limits]
concurrency = 256
timeout = "50s"
"#;

/// What a client does in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Read,
    Page,
    Write,
    Refused,
    Tables,
    Tools,
    Cancel,
    HangUp,
    EndSession,
    Deadline,
}

impl Turn {
    /// The same in every run: made from the client's number and how many turns it had.
    fn of(client: usize, turn: usize) -> Self {
        // Multiplied by an odd number, so that clients and turns don't march in step.
        let chance = (client * 7919 + turn * 104_729).wrapping_mul(2_654_435_761) >> 7;
        match chance % 100 {
            0..40 => Self::Read,
            40..50 => Self::Page,
            50..60 => Self::Write,
            60..70 => Self::Refused,
            70..78 => Self::Tables,
            78..86 => Self::Tools,
            86..90 => Self::Cancel,
            90..95 => Self::HangUp,
            95..98 => Self::EndSession,
            _ => Self::Deadline,
        }
    }
}

/// Which statements run on the server, by the name that each of ours has there, and when that was asked.
#[derive(Debug, Default)]
struct Running {
    names: HashSet<String>,
    asked: Option<Instant>,
}

/// What all clients share.
struct Shared {
    server: HttpServer,
    ana: String,
    eve: String,
    running: watch::Receiver<Running>,
    long: Semaphore,
    until: Mutex<Instant>,
    told: Mutex<Told>,
}

/// What came of it.
#[derive(Debug, Default)]
struct Told {
    turns: BTreeMap<Turn, usize>,
    /// How long statements went on after they were ended.
    ended: BTreeMap<Turn, Vec<Duration>>,
    written: usize,
    errors: Vec<String>,
}

impl Shared {
    /// Waits until a statement runs.
    async fn runs(&self, name: &str) {
        let mut running = self.running.clone();
        let found = timeout(PATIENCE, running.wait_for(|running| running.names.contains(name))).await;
        assert!(found.is_ok(), "{name} never ran");
    }

    /// Waits until a statement that ran doesn't any more, and notes how long after `since` that was, at most.
    async fn ends(&self, name: &str, turn: Turn, since: Instant) {
        let mut running = self.running.clone();
        let gone = |running: &Running| running.asked.is_some_and(|at| at > since) && !running.names.contains(name);
        let found = timeout(PATIENCE, running.wait_for(gone)).await;
        assert!(found.is_ok(), "{name} still runs after {turn:?}");
        self.told.lock().unwrap().ended.entry(turn).or_default().push(since.elapsed());
    }
}

/// A client, from its beginning to the run's end.
async fn client(shared: Arc<Shared>, number: usize) {
    let has_session = number.is_multiple_of(2);
    let begun = async || {
        let client = shared.server.client_of(&shared.ana);
        if has_session { client.handshake(HANDSHAKES[number / 2 % HANDSHAKES.len()]).await } else { client }
    };
    let mut mcp = begun().await;
    for count in 0.. {
        if Instant::now() > *shared.until.lock().unwrap() {
            break;
        }
        let turn = match Turn::of(number, count) {
            // Without a session there is nothing to cancel by its number or to end.
            Turn::Cancel | Turn::EndSession if !has_session => Turn::HangUp,
            turn => turn,
        };
        let name = format!("c{number}t{count}");
        if matches!(turn, Turn::Cancel | Turn::HangUp | Turn::EndSession | Turn::Deadline) {
            unwanted(&shared, &mut mcp, turn, &name).await;
            if turn == Turn::EndSession {
                mcp = begun().await;
            }
        } else {
            wanted(&shared, &mut mcp, turn, &name).await;
        }
        *shared.told.lock().unwrap().turns.entry(turn).or_default() += 1;
        tokio::time::sleep(REST).await;
    }
    if has_session {
        assert_eq!(mcp.send("DELETE", "/mcp", "").await.status, 202);
    }
}

/// A turn whose answer is waited for.
async fn wanted(shared: &Shared, mcp: &mut HttpClient, turn: Turn, name: &str) {
    let query =
        |sql: &str, params: Value| json!({ "name": "query_execute", "arguments": { "sql": sql, "params": params } });
    let tables = json!({ "name": "get_tables", "arguments": { "schema": "sales" } });
    let (method, params) = match turn {
        Turn::Read => {
            ("tools/call", query("SELECT $1::text AS name, id FROM sales.orders WHERE id = $2", json!([name, 7])))
        }
        Turn::Page => ("tools/call", query("SELECT * FROM sales.orders ORDER BY id LIMIT 200", json!([]))),
        Turn::Write => {
            ("tools/call", query("INSERT INTO scratch.notes (author, body) VALUES ('load', $1)", json!([name])))
        }
        Turn::Refused => ("tools/call", query("SELECT email FROM sales.customers", json!([]))),
        Turn::Tables => ("tools/call", tables),
        _ => ("tools/list", json!({})),
    };
    let reply = mcp.request(method, params).await;
    let is_right = reply.status == 200 && {
        let answer = reply.answer();
        let result = answer["result"]["content"][0]["text"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let result: Value = result.unwrap_or_default();
        match turn {
            Turn::Read => result["rows"] == json!([[name, 7]]),
            Turn::Page => result["row_count"] == 200,
            Turn::Write => result["affected_rows"] == 1,
            Turn::Refused => result["error"]["code"] == "unknown_column",
            Turn::Tables => result["tables"].as_array().is_some_and(|tables| tables.len() > 3),
            _ => answer["result"]["tools"].as_array().is_some_and(|tools| tools.len() == 9),
        }
    };
    let mut told = shared.told.lock().unwrap();
    told.written += usize::from(is_right && turn == Turn::Write);
    if !is_right {
        told.errors.push(format!("{turn:?}: {reply:?}"));
    }
}

/// A turn whose statement would go on for ever, and is ended.
async fn unwanted(shared: &Shared, mcp: &mut HttpClient, turn: Turn, name: &str) {
    let _turn = shared.long.acquire().await.unwrap();
    let mut eve;
    let asker = if turn == Turn::Deadline {
        eve = shared.server.client_of(&shared.eve);
        &mut eve
    } else {
        mcp
    };
    let (asked, message) =
        asker.message("tools/call", json!({ "name": "query_execute", "arguments": { "sql": LONG } }));
    let asked = asked.with("Pgwicket-On-Behalf-Of", name);
    let began = Instant::now();
    let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
    if turn == Turn::Deadline {
        return late(shared, name, began, hanging).await;
    }
    shared.runs(name).await;
    let since = Instant::now();
    match turn {
        Turn::HangUp => drop(hanging),
        Turn::Cancel => {
            let cancel = json!({ "requestId": message["id"] });
            let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel });
            assert_eq!(asked.post(&cancel).await.status, 202);
        }
        _ => assert_eq!(asked.send("DELETE", "/mcp", "").await.status, 202),
    }
    shared.ends(name, turn, since).await;
}

/// A statement that is over by itself, some time after it was asked for, and perhaps before its connection was there.
async fn late(shared: &Shared, name: &str, began: Instant, mut hanging: tokio::net::TcpStream) {
    let (reply, ran) = {
        let mut ran = pin!(timeout(4 * DEADLINE, shared.runs(name)));
        let mut reply = pin!(crate::support::read(&mut hanging));
        tokio::select! {
            reply = &mut reply => (reply, false),
            ran = &mut ran => (reply.await, ran.is_ok()),
        }
    };
    if ran {
        shared.ends(name, Turn::Deadline, began + DEADLINE).await;
    }
    // On a slow machine its time may be over before there is a connection for it.
    let is_right = reply.status == 200 && {
        let error = reply.json()["error"].clone();
        error["code"] == "deadline_exceeded"
            || !ran && error["message"] == "no connection to the database was free within 1 s"
    };
    if !is_right {
        shared.told.lock().unwrap().errors.push(format!("deadline: {reply:?}"));
    }
}

/// Asks PostgreSQL again and again what runs, until nobody wants to know any more.
fn look(beside: tokio_postgres::Client) -> watch::Receiver<Running> {
    let (sender, receiver) = watch::channel(Running::default());
    tokio::spawn(async move {
        let sql = "SELECT split_part(application_name, ' for ', 2) FROM pg_stat_activity WHERE state = 'active' \
            AND application_name LIKE 'pgwicket/% for %' AND datname = current_database() AND pid <> pg_backend_pid()";
        while !sender.is_closed() {
            let asked = Some(Instant::now());
            let rows = beside.query(sql, &[]).await.unwrap();
            sender.send_replace(Running { names: rows.iter().map(|row| row.get(0)).collect(), asked });
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    receiver
}

/// What the server's process takes.
#[derive(Debug, Clone, Copy)]
struct Taken {
    files: usize,
    threads: u64,
    /// KiB, at most until now.
    peak: u64,
}

fn taken(process: u32) -> Taken {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let number = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    Taken { files, threads: number("Threads:"), peak: number("VmHWM:") }
}

/// Waits until nothing is under way any more, and no more files are open than before.
async fn settled(shared: &Shared, beside: &tokio_postgres::Client, before: Option<Taken>) -> Taken {
    let sql = "SELECT count(*) FILTER (WHERE state <> 'idle'), count(*) FROM pg_stat_activity \
        WHERE application_name LIKE 'pgwicket%' AND datname = current_database()";
    let began = Instant::now();
    loop {
        let row = beside.query_one(sql, &[]).await.unwrap();
        let (busy, backends): (i64, i64) = (row.get(0), row.get(1));
        let now = taken(shared.server.process_id());
        let is_calm = busy == 0 && backends <= POOL as i64;
        if is_calm && before.is_none_or(|before| now.files <= before.files && now.threads <= before.threads) {
            return now;
        }
        assert!(began.elapsed() < PATIENCE, "{busy} of {backends} backends are busy; {before:?} became {now:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_at_once_leave_the_server_as_it_was() {
    let seconds = std::env::var("PGWICKET_LOAD").map_or(3, |seconds| seconds.parse().unwrap());
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_POOL_SIZE", &POOL.to_string()).env("POSTGRES_MAX_OVERFLOW", "4");
    wicket.env("PGWICKET_LOG", "info,pgwicket::doors::mcp::http=debug");
    let ((ana, ana_stored), (eve, eve_stored)) = (token(&wicket, "ana").await, token(&wicket, "eve").await);
    wicket.write("ana.toml", POLICY);
    wicket.write("eve.toml", &POLICY.replace("50s", &format!("{}ms", DEADLINE.as_millis())));
    wicket.write(
        "pgwicket.toml",
        &format!(
            "version = 1\n[principals.ana]\npolicy = \"ana.toml\"\ntokens = [\"{ana_stored}\"]\n\
             [principals.eve]\npolicy = \"eve.toml\"\ntokens = [\"{eve_stored}\"]\n"
        ),
    );
    let beside = database.connect().await;
    let shared = Arc::new(Shared {
        server: HttpServer::start(wicket.command(&["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0"]))
            .await,
        ana,
        eve,
        running: look(database.connect().await),
        long: Semaphore::new(LONG_AT_ONCE),
        until: Mutex::new(Instant::now()),
        told: Mutex::default(),
    });

    let mut after: Vec<Taken> = Vec::new();
    for _ in 0..3 {
        *shared.until.lock().unwrap() = Instant::now() + Duration::from_secs(seconds);
        let clients: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(client(Arc::clone(&shared), number))).collect();
        for client in clients {
            client.await.unwrap();
        }
        let now = settled(&shared, &beside, after.first().copied()).await;
        println!(
            "{seconds} s of {CLIENTS} clients: {} files, {} threads, {} KiB at most",
            now.files, now.threads, now.peak
        );
        after.push(now);
    }

    let shared = Arc::into_inner(shared).expect("every client has ended");
    let told = shared.told.into_inner().unwrap();
    println!("turns: {:?}", told.turns);
    for (turn, mut times) in told.ended {
        times.sort();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        let (half, most, worst) = (at(50), at(95), at(100));
        println!(
            "ended by {turn:?}: {} statements; ms on the server: median {half:.1}, 95 % {most:.1}, worst {worst:.1}",
            times.len()
        );
    }
    assert!(told.errors.is_empty(), "{} errors, the first: {}", told.errors.len(), told.errors[0]);
    let written = "SELECT count(*) FROM scratch.notes WHERE author = 'load'";
    assert_eq!(beside.query_one(written, &[]).await.unwrap().get::<_, i64>(0), told.written as i64);
    let growth = after[2].peak as f64 / after[1].peak as f64;
    println!("the third run raised peak memory by {:.1} %", (growth - 1.0) * 100.0);
    assert!(growth < 1.05, "{after:?}");

    // What is left of tasks when nobody asks for anything: the pool's connections, the door, the history's and the like.
    shared.server.signal("TERM");
    let (status, log) = shared.server.ended().await;
    let is_odd =
        |line: &str| line.contains("ERROR") || line.contains("WARN") && !line.contains("connections were in use");
    let odd: Vec<&str> = log.lines().filter(|line| is_odd(line)).collect();
    assert!(status.success() && odd.is_empty(), "{odd:?}");
    let tasks: Option<usize> =
        log.lines().find_map(|line| line.split_once("the door closes tasks=")?.1.trim().parse().ok());
    let tasks = tasks.unwrap_or_else(|| panic!("{log}"));
    println!("{tasks} tasks at the end");
    assert!(tasks < POOL + 12, "{tasks} tasks are left");
    let records = crate::mcp::records(&wicket.path("history"));
    let of_kind = |kind: &'static str| records.iter().filter(move |record| record["kind"] == kind);
    let answered = of_kind("outcome").filter(|outcome| outcome["intent"].is_string()).count();
    assert_eq!(of_kind("intent").count(), answered);
    assert_eq!(of_kind("session_open").count(), of_kind("session_close").count());
    let closed = records.iter().find(|record| record["kind"] == "log_close").unwrap();
    assert_eq!(closed["detail"]["intents_left_open"], 0);
}
