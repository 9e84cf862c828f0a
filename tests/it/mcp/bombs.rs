//! Statements that are made to occupy or to break whoever reads or runs them. Each has an answer within its limits, the
//! process stays up, and whoever asks meanwhile is served.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Database, Mcp, PATIENCE, Wicket};

const POLICY: &str = r#"
version = 1
name = "patient"
[statements]
allow = ["select", "explain"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
[limits]
rows = 100
bytes = "64KiB"
timeout = "1s"
concurrency = 4
"#;

/// Between the policy's timeout and this lie the cancel request and a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// What may become of a bomb: the codes of refusals, or `admitted`.
struct Bomb {
    name: &'static str,
    sql: String,
    params: Value,
    ends: &'static [&'static str],
}

fn bomb(name: &'static str, sql: impl Into<String>, ends: &'static [&'static str]) -> Bomb {
    Bomb { name, sql: sql.into(), params: json!([]), ends }
}

fn repeated(part: &str, count: usize, between: &str) -> String {
    vec![part; count].join(between)
}

/// For the gate: too long, too deep, too many.
fn for_the_gate() -> Vec<Bomb> {
    let list = |count: usize| (0..count).map(|one| one.to_string()).collect::<Vec<_>>().join(",");
    let columns = |count: usize| (0..count).map(|one| format!("{one} AS c{one}")).collect::<Vec<_>>().join(",");
    let nested = |count: usize| format!("SELECT {}1{}", "(".repeat(count), ")".repeat(count));
    let mut all = vec![
        bomb("10 MB of text", format!("SELECT '{}'", "x".repeat(10 << 20)), &["limit_exceeded"]),
        bomb("10 MB of blanks", format!("SELECT{}1", " ".repeat(10 << 20)), &["limit_exceeded"]),
        bomb("a comment of 250 KB", format!("SELECT /*{}*/ 1", "/".repeat(250_000)), &["admitted", "parse_error"]),
        bomb("100,000 parentheses", nested(100_000), &["limit_exceeded"]),
        bomb("9,000 parentheses", nested(9_000), &["limit_exceeded"]),
        bomb("100,000 opening parentheses", format!("SELECT {}", "(".repeat(100_000)), &["limit_exceeded"]),
        bomb("100,000 UNIONs", repeated("SELECT 1", 100_000, " UNION "), &["limit_exceeded"]),
        bomb(
            "4,500 UNIONs",
            repeated("SELECT 1", 4_500, " UNION ALL "),
            &["limit_exceeded", "admitted", "database_error"],
        ),
        bomb("9,000 additions", format!("SELECT {}", repeated("1", 9_000, "+")), &["admitted", "limit_exceeded"]),
        bomb("9,000 ANDs", format!("SELECT {}", repeated("true", 9_000, " AND ")), &["admitted", "limit_exceeded"]),
        bomb("9,000 NOTs", format!("SELECT {} true", "NOT ".repeat(9_000)), &["limit_exceeded", "parse_error"]),
        bomb("9,000 minus signs", format!("SELECT {} 1", "- ".repeat(9_000)), &["limit_exceeded"]),
        bomb("5,000 casts", format!("SELECT 1{}", "::int".repeat(5_000)), &["limit_exceeded", "admitted"]),
        bomb(
            "5,000 subscripts",
            format!("SELECT (ARRAY[1]){}", "[1]".repeat(5_000)),
            &["limit_exceeded", "database_error"],
        ),
        bomb(
            "6,000 CASEs",
            format!("SELECT {} 1", "CASE WHEN true THEN ".repeat(4_000)),
            &["limit_exceeded", "parse_error"],
        ),
        bomb(
            "a list of 50,000",
            format!("SELECT id FROM products WHERE id IN ({})", list(50_000)),
            &["limit_exceeded"],
        ),
        bomb("a list of 9,000", format!("SELECT id FROM products WHERE id IN ({})", list(9_000)), &["admitted"]),
        bomb("1,600 columns", format!("SELECT {}", columns(1_600)), &["admitted"]),
        bomb("1,700 columns", format!("SELECT {}", columns(1_700)), &["database_error", "limit_exceeded"]),
        bomb(
            "1,600 times every column",
            format!("SELECT {} FROM products p", repeated("p.*", 1_600, ",")),
            &["database_error", "limit_exceeded"],
        ),
        bomb(
            "3,000 tables",
            format!("SELECT 1 FROM {}", repeated("products", 3_000, ",")),
            &["limit_exceeded", "invalid_statement"],
        ),
        bomb(
            "1,000 CTEs, each twice the one before",
            (0..1_000).fold("WITH q0 AS (SELECT 1 AS a)".to_owned(), |text, at| {
                format!("{text}, q{} AS (SELECT a.a FROM q{at} a, q{at} b)", at + 1)
            }) + " SELECT count(*) FROM q20",
            &["admitted", "limit_exceeded", "deadline_exceeded", "database_error"],
        ),
        bomb(
            "1,000 CTEs, one in another",
            (0..1_000).fold("WITH q0 AS (SELECT id FROM products)".to_owned(), |text, at| {
                format!("{text}, q{} AS (SELECT id FROM q{at} WHERE id > {at})", at + 1)
            }) + " SELECT count(*) FROM q1000",
            &["limit_exceeded"],
        ),
        bomb(
            "20 CTEs that are copied, each twice the one before",
            (0..20).fold("WITH q0 AS NOT MATERIALIZED (SELECT id FROM products)".to_owned(), |text, at| {
                format!("{text}, q{} AS NOT MATERIALIZED (SELECT a.id FROM q{at} a JOIN q{at} b USING (id))", at + 1)
            }) + " SELECT count(*) FROM q20",
            &["limit_exceeded"],
        ),
        bomb(
            "800 windows",
            format!(
                "SELECT {} FROM products",
                (0..800).map(|at| format!("sum(id) OVER (PARTITION BY id + {at})")).collect::<Vec<_>>().join(",")
            ),
            &["limit_exceeded"],
        ),
        bomb(
            "100 CUBEs of 12",
            format!(
                "SELECT 1 FROM products GROUP BY {}",
                repeated("CUBE (id, id, id, id, id, id, id, id, id, id, id, id)", 100, ",")
            ),
            &["database_error", "limit_exceeded"],
        ),
    ];
    let many: Vec<Value> = (0..50_000).map(Value::from).collect();
    all.push(Bomb {
        name: "50,000 values in one parameter",
        sql: "SELECT count(*) FROM products WHERE id = ANY($1)".to_owned(),
        params: json!([many]),
        ends: &["admitted"],
    });
    all
}

/// For the server: too much memory, too much time, too much of both.
fn for_the_server() -> Vec<Bomb> {
    const STOPPED: &[&str] = &["deadline_exceeded"];
    const BOUNDED: &[&str] = &["limit_exceeded", "function_not_allowed", "database_error", "deadline_exceeded"];
    vec![
        bomb("repeat", "SELECT repeat('x', 2000000000)", BOUNDED),
        bomb("repeat of repeat", "SELECT repeat(repeat(repeat('x', 1000), 1000), 1000)", BOUNDED),
        bomb("repeat by a column", "SELECT repeat('x', id * 1000000000) FROM products", BOUNDED),
        bomb("lpad", "SELECT lpad('x', 2000000000)", BOUNDED),
        bomb("rpad", "SELECT length(rpad('x', 1000000000, 'y'))", BOUNDED),
        bomb("array_fill", "SELECT array_fill(1, ARRAY[10000, 10000])", BOUNDED),
        bomb(
            "format",
            "SELECT format('%1000000000s', 'x')",
            &["limit_exceeded", "function_not_allowed", "not_yet_supported", "not_supported"],
        ),
        bomb(
            "a series",
            "SELECT count(*) FROM generate_series(1, 100000000000)",
            &["deadline_exceeded", "limit_exceeded", "function_not_allowed"],
        ),
        bomb(
            "a series with no end",
            "SELECT n FROM generate_series(1, 9000000000000000000) AS n",
            &["admitted", "deadline_exceeded", "limit_exceeded", "function_not_allowed"],
        ),
        bomb(
            "a series of steps",
            "SELECT count(*) FROM generate_series(now(), 'infinity', '1 microsecond')",
            &["deadline_exceeded", "limit_exceeded", "function_not_allowed", "database_error"],
        ),
        bomb(
            "recursion",
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r",
            STOPPED,
        ),
        bomb(
            "recursion without count",
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
            &["admitted", "deadline_exceeded"],
        ),
        bomb(
            "doubling rows",
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT r.n FROM r, (VALUES (1), (2)) v) SELECT count(*) FROM r",
            STOPPED,
        ),
        bomb(
            "doubling text",
            "WITH RECURSIVE r(n) AS (SELECT 'ab' UNION ALL SELECT n || n FROM r) SELECT max(length(n)) FROM r",
            &["deadline_exceeded", "database_error", "row_too_large"],
        ),
        bomb(
            "doubling text, shown",
            "WITH RECURSIVE r(n) AS (SELECT 'ab' UNION ALL SELECT n || n FROM r WHERE length(n) < 30000000) SELECT n FROM r",
            &["admitted", "deadline_exceeded", "database_error", "limit_exceeded"],
        ),
        bomb(
            "a cross join",
            format!(
                "SELECT count(*) FROM {}",
                (0..12).map(|at| format!("customers t{at}")).collect::<Vec<_>>().join(",")
            ),
            STOPPED,
        ),
        bomb(
            "a sorted cross join",
            "SELECT a.name FROM customers a, customers b, customers c, customers d ORDER BY md5(a.name || b.name || c.name || d.name)",
            STOPPED,
        ),
        bomb(
            "a regular expression",
            "SELECT repeat('a', 500) ~ '(a|a|a|a|aa)*(a|aaa)*(aa|aaa)*b'",
            &["admitted", "deadline_exceeded", "database_error"],
        ),
        bomb(
            "a large regular expression",
            "SELECT 'a' ~ '((a{1,100}){1,100}){1,100}'",
            &["database_error", "deadline_exceeded"],
        ),
        bomb(
            "references back",
            r"SELECT repeat('a', 2000) ~ '^(a*)(a*)(a*)\1\2\3b$'",
            &["admitted", "deadline_exceeded", "database_error"],
        ),
        bomb(
            "a large number",
            "SELECT 9999999::numeric ^ 9999",
            &["admitted", "deadline_exceeded", "database_error", "limit_exceeded", "function_not_allowed"],
        ),
        bomb(
            "a factorial",
            "SELECT factorial(100000)",
            &["deadline_exceeded", "limit_exceeded", "function_not_allowed", "database_error"],
        ),
        bomb(
            "deep json",
            format!("SELECT '{}{}'::jsonb", "[".repeat(60_000), "]".repeat(60_000)),
            &["database_error", "limit_exceeded"],
        ),
        bomb(
            "aggregated text",
            "SELECT length(string_agg(repeat('x', 1000), '')) FROM generate_series(1, 3000000)",
            &["deadline_exceeded", "database_error"],
        ),
        bomb("much to send", "SELECT repeat('x', 60000) FROM customers", &["admitted", "limit_exceeded"]),
    ]
}

/// The code of a refusal, or `admitted`.
fn end(text: &str, is_error: bool) -> String {
    if !is_error {
        return "admitted".to_owned();
    }
    let told: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.300}"));
    told["error"]["code"].as_str().unwrap_or_else(|| panic!("no code: {text:.300}")).to_owned()
}

async fn throw(mcp: &mut Mcp, bombs: Vec<Bomb>) {
    let mut wrong = Vec::new();
    for Bomb { name, sql, params, ends } in bombs {
        let began = Instant::now();
        let pending = mcp.start_call("query_execute", json!({ "sql": sql, "params": params })).await;
        // Somebody else, at the same time.
        assert_eq!(mcp.query("SELECT 1 AS one").await.rows(), [json!([1])], "beside {name}");
        let result = pending.tool_result().await;
        let ended = end(&result.text, result.is_error);
        // What may run may run out of its second, on a busy machine.
        let out_of_time = ended == "deadline_exceeded" && ends.contains(&"admitted");
        if !out_of_time && !ends.contains(&ended.as_str()) {
            wrong.push(format!("{name}: {ended}, not one of {ends:?}: {:.300}", result.text));
        }
        assert!(result.text.len() < 80_000, "{name}: {} bytes", result.text.len());
        assert!(began.elapsed() < ANSWERED_WITHIN, "{name} took {:?}", began.elapsed());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn patient(database: &Database) -> (Wicket, Mcp) {
    let wicket = Wicket::on(database);
    let mcp = wicket.serve(POLICY, &[]).await;
    (wicket, mcp)
}

#[tokio::test]
async fn bombs_for_the_gate_are_refused_or_harmless() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = patient(&database).await;
    throw(&mut mcp, for_the_gate()).await;
    let (status, _) = mcp.close().await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn bombs_for_the_server_end_in_time_and_leave_nothing_running() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = patient(&database).await;
    throw(&mut mcp, for_the_server()).await;
    let beside = database.connect().await;
    let sql = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND usename = 'wicket' AND state <> 'idle'";
    let deadline = Instant::now() + PATIENCE;
    loop {
        let busy: i64 = beside.query_one(sql, &[]).await.unwrap().get(0);
        if busy == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{busy} backends are still at work");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, _) = mcp.close().await;
    assert!(status.success(), "{status}");
}
