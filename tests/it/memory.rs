//! How much memory one statement takes at its peak: at most four times what its result may have in bytes, in every form and
//! through every door. The peak is the operating system's own (`VmHWM`, set back before the statement).

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::{Database, HttpServer, Mcp, PATIENCE, Wicket};

const MIB: u64 = 1 << 20;
/// How often the byte cap a statement may take.
const MOST_TIMES: f64 = 4.0;

/// How a result ends.
#[derive(Clone, Copy)]
enum Ends {
    /// Cut off by its size.
    CutOff,
    /// One row, nearly as large as it may be.
    Whole,
    /// It isn't given, since one row is too large.
    Refused,
}

/// What is asked for where a result may have 4 MiB: values long and short, what has to be escaped most, and what is one value.
const SHAPES: [(&str, &str, Ends); 7] = [
    ("long texts", "SELECT a, repeat('x', 1000) AS t FROM generate_series(1, 90000) AS a", Ends::CutOff),
    (
        "small numbers",
        "SELECT a % 10 + 10000 AS n FROM generate_series(1, 1000) AS a, generate_series(1, 900) AS b",
        Ends::CutOff,
    ),
    (
        "short texts",
        "SELECT 'a' AS a, '' AS b, 'c' AS c FROM generate_series(1, 1000) AS a, generate_series(1, 400) AS b",
        Ends::CutOff,
    ),
    ("backslashes", "SELECT a, repeat(E'\\\\', 1000) AS t FROM generate_series(1, 60000) AS a", Ends::CutOff),
    ("one text", "SELECT string_agg(repeat('x', 1000), '') AS t FROM generate_series(1, 2000) AS a", Ends::Whole),
    ("one array", "SELECT array_agg(a % 10) AS n FROM generate_series(1, 260000) AS a", Ends::Whole),
    ("a larger array", "SELECT array_agg(a % 10) AS n FROM generate_series(1, 270000) AS a", Ends::Refused),
];

const FORMATS: [&str; 4] = ["json", "objects", "csv", "markdown"];

/// A server through one of its doors.
enum Door {
    Stdio(Mcp),
    Session(HttpServer, crate::support::HttpClient),
    Stateless(HttpServer, crate::support::HttpClient),
}

impl Door {
    async fn open(wicket: &Wicket, which: &str) -> Self {
        let by = ["serve", "--config", "pgwicket.toml", "--principal", "ana"];
        if which == "stdio" {
            return Self::Stdio(wicket.serve_with(&by).await);
        }
        let by = [by.as_slice(), ["--http", "127.0.0.1:0"].as_slice()].concat();
        let server = HttpServer::start(wicket.command(&by)).await;
        let client = server.client();
        match which {
            "session" => {
                let client = client.handshake("2025-11-25").await;
                Self::Session(server, client)
            }
            _ => Self::Stateless(server, client),
        }
    }

    fn process(&self) -> u32 {
        match self {
            Self::Stdio(mcp) => mcp.process_id(),
            Self::Session(server, _) | Self::Stateless(server, _) => server.process_id(),
        }
    }

    /// The bytes of the answer's content. Something was cut off by its size.
    async fn ask(&mut self, sql: &str, format: &str) -> Value {
        let arguments = json!({ "sql": sql, "format": format });
        match self {
            Self::Stdio(mcp) => mcp.call("query_execute", arguments).await.whole,
            Self::Session(_, client) | Self::Stateless(_, client) => {
                let call = json!({ "name": "query_execute", "arguments": arguments });
                client.request("tools/call", call).await.answer()["result"].clone()
            }
        }
    }
}

/// A line of the process's status, in bytes.
fn status(process: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// How many times the byte cap the statement takes, in a process of its own.
async fn times(wicket: &Wicket, door: &str, cap: u64, (sql, ends): (&str, Ends), format: &str) -> f64 {
    let mut door = Door::open(wicket, door).await;
    // What is made at the first use isn't the statement's.
    for format in FORMATS {
        door.ask("SELECT a, repeat('x', 10) AS t FROM generate_series(1, 10) AS a", format).await;
    }
    let process = door.process();
    let before = status(process, "VmRSS:");
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let result = tokio::time::timeout(PATIENCE * 3, door.ask(sql, format)).await.unwrap();
    let peak = status(process, "VmHWM:");
    let told = match result.get("structuredContent") {
        Some(structured) => structured.clone(),
        None => {
            let blocks = result["content"].as_array().unwrap().iter();
            blocks.filter_map(|block| serde_json::from_str(block["text"].as_str().unwrap()).ok()).next().unwrap()
        }
    };
    match ends {
        Ends::CutOff => assert_eq!(told["truncated_by"], "bytes", "{format} {sql}"),
        Ends::Whole => {
            assert_eq!((&told["truncated"], &told["row_count"]), (&json!(false), &json!(1)), "{format} {sql}")
        }
        Ends::Refused => assert_eq!(told["error"]["code"], "limit_exceeded", "{format} {sql}"),
    }
    peak.saturating_sub(before) as f64 / cap as f64
}

async fn scene(database: &Database, cap: u64, results: &str) -> Wicket {
    let wicket = Wicket::on(database);
    let limits = format!("[limits]\nrows = 1000000\nbytes = \"{}MiB\"\ntimeout = \"3min\"\n", cap / MIB);
    wicket.write("ana.toml", &format!("version = 1\nname = \"a\"\n[statements]\nallow = [\"select\"]\n{limits}"));
    let doors = format!("[doors.mcp]\nresults = \"{results}\"\n[principals.ana]\npolicy = \"ana.toml\"\n");
    wicket.write("pgwicket.toml", &format!("version = 1\n{doors}"));
    wicket
}

/// Holds statements to what they may take: shapes, doors, forms of results and formats.
async fn hold(cap: u64, cases: &[(&str, &str, &str, &str)]) {
    let database = Database::sample().await;
    let mut over = String::new();
    for (shape, door, results, format) in cases {
        let wicket = scene(&database, cap, results).await;
        let (_, sql, ends) = SHAPES.iter().find(|(name, ..)| name == shape).unwrap();
        let times = times(&wicket, door, cap, (sql, *ends), format).await;
        println!("{:3} MiB {shape:14} {door:9} {results:10} {format:8} {times:.2}", cap / MIB);
        if times > MOST_TIMES {
            writeln!(over, "{shape} {door} {results} {format}: {times:.2}").unwrap();
        }
    }
    assert!(over.is_empty(), "{over}");
}

#[tokio::test]
async fn a_statement_takes_at_most_four_times_its_byte_cap() {
    let mut cases: Vec<_> = FORMATS.iter().map(|format| ("long texts", "stdio", "text", *format)).collect();
    cases.extend(SHAPES.iter().skip(1).map(|(shape, ..)| (*shape, "stdio", "text", "objects")));
    cases.extend(["long texts", "backslashes"].map(|shape| (shape, "stdio", "structured", "json")));
    cases.extend(["session", "stateless"].map(|door| ("backslashes", door, "text", "json")));
    cases.push(("long texts", "stateless", "structured", "json"));
    hold(4 * MIB, &cases).await;
}

/// In the form that takes most; the others took once or twice the cap, too.
#[tokio::test]
async fn so_does_one_with_the_largest_cap() {
    hold(64 * MIB, &[("long texts", "stdio", "text", "objects")]).await;
}
