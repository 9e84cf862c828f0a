//! `pgwicket history` on a ledger of some size: what it takes in time and memory. `PGWICKET_HISTORY_RECORDS` says how
//! many records; the long tier takes ten million.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use pgwicket::history::LineHash;
use pgwicket::keys::Signer;
use serde_json::Value;

use crate::support::Wicket;

/// What no command may take, however long the ledger is.
const MOST_MEMORY: u64 = 192 << 20;
const CHAINS: u64 = 4;
/// Records of one segment.
const SEGMENT: u64 = 100_000;

/// How a command went: its output, how long it took, and the most memory that it had.
struct Run {
    stdout: String,
    took: Duration,
    peak: u64,
}

fn run(wicket: &Wicket, arguments: &[&str]) -> Run {
    let began = Instant::now();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pgwicket"));
    command.arg("history").args(arguments).args(["--history", "history"]).current_dir(wicket.directory());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        // A process that has ended has no memory any more.
        while let Ok(text) = fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
        {
            peak = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(5));
        }
        peak << 10
    });
    let mut stdout = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut stdout).unwrap();
    assert!(child.wait().unwrap().success(), "{arguments:?}");
    let run = Run { stdout, took: began.elapsed(), peak: watch.join().unwrap() };
    println!("{:>9.2} s  {:>5} MiB  history {}", run.took.as_secs_f64(), run.peak >> 20, arguments.join(" "));
    assert!(run.peak < MOST_MEMORY, "{arguments:?} took {} MiB", run.peak >> 20);
    run
}

/// Calls of a hundred principals, in chains of several segments. Two records a call.
fn write(directory: &Path, records: u64) {
    let signer = Signer::from_seed(&[7; 32]).unwrap();
    for chain in 1..=CHAINS {
        let instance = format!("i{chain:04}");
        fs::create_dir_all(directory.join(&instance)).unwrap();
        let (mut prev, mut file) = (LineHash::default().to_string(), None);
        // The last record is an outcome: no statement is left without one.
        for seq in 1..records / CHAINS {
            if seq % SEGMENT == 1 {
                let path = directory.join(&instance).join(format!("segment-{:08}.jsonl", seq / SEGMENT + 1));
                file = Some(BufWriter::with_capacity(1 << 20, File::create(path).unwrap()));
            }
            let line = line(&instance, chain, seq, &prev, &signer);
            prev = LineHash::of(line.as_bytes()).to_string();
            let file = file.as_mut().unwrap();
            file.write_all(line.as_bytes()).unwrap();
            file.write_all(b"\n").unwrap();
        }
    }
}

fn line(instance: &str, chain: u64, seq: u64, prev: &str, signer: &Signer) -> String {
    if seq == 1 {
        return opening(instance, chain, signer);
    }
    let call = seq / 2;
    let second = call / 40;
    let time = jiff::Timestamp::from_nanosecond(
        i128::from(1_763_769_600 + second) * 1_000_000_000 + i128::from(seq * 7 + chain),
    );
    let (principal, table) = ((call * 7 + chain) % 100, call % 50);
    let id = |seq: u64| format!("019ab000-{:04x}-7000-8000-{seq:012x}", chain);
    let rare = if call.is_multiple_of(10_007) { " AND needle = $2" } else { "" };
    let (kind, intent, what, result) = match seq % 2 {
        0 => (
            "intent",
            "null".to_owned(),
            format!(
                r#"{{"tool":"query_execute","statement":"select","writes":false,"fingerprint":"{call:032x}","form":"redacted","sql":"SELECT o.id, o.total, c.name FROM sales.table_{table} AS o JOIN sales.customers AS c ON c.id = o.customer_id WHERE o.region = $1{rare} ORDER BY o.id LIMIT 50","relations":[{{"relation":"sales.table_{table}","access":"read"}},{{"relation":"sales.customers","access":"read"}}]}}"#
            ),
            "{}".to_owned(),
        ),
        _ => (
            "outcome",
            format!("\"{}\"", id(seq - 1)),
            r#"{"tool":"query_execute","statement":"select","writes":false}"#.to_owned(),
            format!(r#"{{"status":"ok","rows":{},"bytes":2048,"duration_ns":1500000,"truncated":false}}"#, call % 50),
        ),
    };
    format!(
        r#"{{"v":1,"seq":{seq},"prev":"{prev}","time":"{:.9}","mono_ns":{seq},"instance":"{instance}","key_id":"{key_id}","kind":"{kind}","id":"{}","intent":{intent},"who":{{"principal":"agent-{principal}","authentication":"local","client_name":"some client"}},"where":{{"door":"mcp","server":"localhost:5432","database":"shop"}},"what":{what},"decision":{{"verdict":"admitted","policy":"analyst","catalog_version":"1"}},"result":{result},"detail":null}}"#,
        time.unwrap(),
        id(seq),
        key_id = signer.key_id(),
    )
}

/// The record that a chain begins with. Verification asks that its fingerprint is the key's.
fn opening(instance: &str, chain: u64, signer: &Signer) -> String {
    format!(
        r#"{{"v":1,"seq":1,"prev":"{}","time":"2025-11-22T00:00:00.{chain:09}Z","mono_ns":1,"instance":"{instance}","key_id":"{}","kind":"log_open","id":"019ab000-{chain:04x}-7000-8000-000000000001","intent":null,"detail":{{"program":"0.1.0","pid":1,"sync":"writes","public_key":"{}","heads":[],"repaired":null}}}}"#,
        LineHash::default(),
        signer.key_id(),
        signer.public_key(),
    )
}

fn found(run: &Run) -> (Vec<String>, Option<String>) {
    let page: Value = serde_json::from_str(&run.stdout).unwrap();
    let records = page["records"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
    (records.collect(), page["next"].as_str().map(str::to_owned))
}

#[test]
fn a_long_history_is_searched_in_little_memory() {
    let records: u64 = std::env::var("PGWICKET_HISTORY_RECORDS").map_or(200_000, |count| count.parse().unwrap());
    let long = records > 1_000_000;
    let wicket = Wicket::without_database();
    let began = Instant::now();
    write(&wicket.path("history"), records);
    println!("{records} records written in {:.1} s", began.elapsed().as_secs_f64());
    let search = |arguments: &[&str]| run(&wicket, &[&["search", "--format", "json"], arguments].concat());

    println!("the index is made:");
    let (needles, _) = found(&search(&["needle", "--limit", "1000"]));
    assert_eq!(needles.len() as u64, CHAINS * (records / CHAINS / 2 / 10_007 + 1).min(records / CHAINS / 2) - CHAINS);
    println!("through the index:");
    search(&["needle"]);
    search(&["select customers"]);
    search(&["--principal", "agent-7", "--kind", "intent", "table_3*"]);
    search(&["--relation", "table_11", "--until", "2025-11-22T00:01:00Z"]);
    search(&["there_is_no_such_word"]);
    let (mut pages, mut seen, mut next) = (0, Vec::new(), None::<String>);
    while pages < 5 {
        let mut arguments = vec!["select", "--limit", "200"];
        arguments.extend(next.as_ref().map(|next| ["--page", next]).into_iter().flatten());
        let (ids, more) = found(&search(&arguments));
        seen.extend(ids);
        (pages, next) = (pages + 1, more);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 1000);

    let shown: Value = serde_json::from_str(&run(&wicket, &["show", "i0002/4", "--format", "json"]).stdout).unwrap();
    let other = if shown["record"]["kind"] == "intent" { "outcome" } else { "intent" };
    assert_eq!((&shown["record"]["seq"], &shown["other"]["kind"]), (&Value::from(4), &Value::from(other)));
    let by_id = run(&wicket, &["show", shown["other"]["id"].as_str().unwrap(), "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&by_id.stdout).unwrap()["other"], shown["record"]);

    println!("everything is read:");
    run(&wicket, &["export", "--format", "csv", "--output", "/dev/null"]);
    if long {
        let scanned = search(&["needle", "--limit", "1000", "--no-index"]);
        assert_eq!(found(&scanned).0, needles);
        let stats: Value = serde_json::from_str(&run(&wicket, &["stats", "--format", "json"]).stdout).unwrap();
        assert_eq!(stats["principals"].as_object().unwrap().len(), 100);
        run(&wicket, &["show", "i0002/4", "--no-index"]);
        run(&wicket, &["verify"]);
    }
    run(&wicket, &["tail", "-n", "3"]);
    let size = |name: &str| fs::metadata(wicket.path("history").join(name)).unwrap().len() >> 20;
    println!("the index has {} MiB", size("index.sqlite"));
}
