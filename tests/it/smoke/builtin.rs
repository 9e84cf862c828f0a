//! The curated lists of PostgreSQL's own functions and types hold on the server at hand: nothing is unsorted, nothing
//! that is allowed does what the list says it doesn't.

use pgwicket::gate::authorize::CHANGING;
use pgwicket::gate::catalog::builtin::audit::{self, FunctionRow, Report, TypeRow};
use pgwicket::gate::catalog::builtin::{Verdict, verdict};
use tokio_postgres::Client;

use crate::support::Database;

async fn functions(client: &Client) -> Vec<FunctionRow> {
    let rows = client.query(audit::FUNCTIONS, &[]).await.unwrap();
    rows.iter()
        .map(|row| FunctionRow {
            name: row.get(0),
            arguments: row.get(1),
            kind: row.get::<_, String>(2).chars().next().unwrap(),
            variadic: row.get(3),
            security_definer: row.get(4),
            revoked: row.get(5),
            language: row.get(6),
            source: row.get(7),
            returns: row.get(8),
        })
        .collect()
}

fn assert_clean(report: &Report, what: &str) {
    println!("{what}: {} allowed, {} refused, {} wrong", report.allowed, report.refused, report.findings.len());
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
}

#[tokio::test]
async fn every_builtin_function_is_sorted_and_none_that_is_allowed_is_revoked_or_runs_sql() {
    let database = Database::empty().await;
    let report = audit::functions(&functions(&database.connect().await).await);
    assert_clean(&report, "functions");
    // An audit of too little proves nothing: PostgreSQL 12, the oldest, has 2,948.
    assert!(report.allowed > 1_400 && report.allowed + report.refused > 2_900);
}

#[tokio::test]
async fn every_builtin_type_is_sorted() {
    let database = Database::empty().await;
    let rows = database.connect().await.query(audit::TYPES, &[]).await.unwrap();
    let rows: Vec<TypeRow> = rows.iter().map(|row| TypeRow { name: row.get(0), display: row.get(1) }).collect();
    let report = audit::types(&rows);
    assert_clean(&report, "types");
    assert!(report.allowed > 45 && report.allowed + report.refused > 90);
}

/// What a person approves is known again by values that are the same the next time, so the functions that give others have to
/// be known. The stable ones among them follow the clock; PostgreSQL doesn't tell them from those that follow a setting.
#[tokio::test]
async fn the_functions_that_give_another_value_each_time_are_known() {
    let database = Database::empty().await;
    let rows = database
        .connect()
        .await
        .query(
            "SELECT proname::text, oidvectortypes(proargtypes) FROM pg_proc
             WHERE provolatile = 'v' AND prokind = 'f' AND pronamespace = 'pg_catalog'::regnamespace AND oid < 16384",
            &[],
        )
        .await
        .unwrap();
    let volatile: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let allowed: Vec<&str> = volatile
        .iter()
        .filter(|(name, arguments)| matches!(verdict(name, arguments), Verdict::Allowed { .. }))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(allowed.contains(&"random") && allowed.contains(&"clock_timestamp"), "{allowed:?}");
    let unknown: Vec<&&str> = allowed.iter().filter(|name| !CHANGING.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Calls every allowed function, all in one transaction, and looks at what is left behind: a lock on a relation or a
/// lock of another kind would tell of a table read or an advisory lock, a transaction ID of a write.
#[tokio::test]
async fn calling_every_allowed_function_leaves_no_lock_no_write_and_no_setting() {
    let database = Database::empty().await;
    database
        .script(
            "CREATE SCHEMA probe;
             CREATE TYPE probe.mood AS ENUM ('calm', 'wild');
             CREATE TYPE probe.pair AS (a int, b int);",
        )
        .await;
    let client = database.connect().await;
    let settings = "SELECT md5(string_agg(name || '=' || setting, ',' ORDER BY name)) FROM pg_settings";
    let before: String = client.query_one(settings, &[]).await.unwrap().get(0);
    let (mut called, mut failed) = (0, Vec::new());
    let rows = functions(&client).await;
    client.batch_execute("BEGIN").await.unwrap();
    for row in &rows {
        let Verdict::Allowed { .. } = verdict(&row.name, &row.arguments) else { continue };
        let mut message = String::new();
        for round in 0..ROUNDS {
            let probe = format!("SAVEPOINT s; SELECT {}; RELEASE s", call(row, round));
            match client.batch_execute(&probe).await {
                Ok(()) => {
                    message.clear();
                    break;
                }
                Err(error) => {
                    client.batch_execute("ROLLBACK TO s; RELEASE s").await.unwrap();
                    message = error.as_db_error().unwrap().message().to_owned();
                }
            }
        }
        if message.is_empty() {
            called += 1;
        } else {
            failed.push(format!("{}({}): {message}", row.name, row.arguments));
        }
    }
    println!("{called} called, {} could not be called like this:\n{}", failed.len(), failed.join("\n"));
    assert!(failed.len() * 100 < called, "the probe calls too little");

    let written: Option<i64> = client.query_one("SELECT txid_current_if_assigned()", &[]).await.unwrap().get(0);
    assert_eq!(written, None, "something wrote");
    let locks_held = "SELECT DISTINCT locktype || ' ' || coalesce(relation::regclass::text, '') AS lock FROM pg_locks
                  WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid'
                    AND relation IS DISTINCT FROM 'pg_locks'::regclass ORDER BY lock";
    let locks =
        async || -> Vec<String> { client.query(locks_held, &[]).await.unwrap().iter().map(|row| row.get(0)).collect() };
    assert_eq!(locks().await, Vec::<String>::new(), "something took a lock");
    let after: String = client.query_one(settings, &[]).await.unwrap().get(0);
    assert_eq!(before, after, "something changed a setting");

    // The looks above do see what a refused function does.
    client.batch_execute("SELECT query_to_xml('TABLE pg_am', true, true, ''), pg_advisory_xact_lock(7)").await.unwrap();
    let seen = locks().await;
    assert!(["advisory ", "relation pg_am"].iter().all(|lock| seen.iter().any(|one| one == lock)), "{seen:?}");
}

/// An integer can stand where a text search configuration is asked for; the list's reader is told so, and this is why.
#[tokio::test]
async fn an_integer_converts_to_a_text_search_configuration_unasked() {
    let database = Database::empty().await;
    let client = database.connect().await;
    let row = client.query_one("SELECT to_tsvector(3748, 'the dogs')::text", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "'dogs':2 'the':1");
}

/// The reasons of the groups `xml` and `dates`: what they read by name stays where it is.
#[tokio::test]
async fn neither_xml_nor_time_zones_read_a_file_of_the_callers_choice() {
    let database = Database::empty().await;
    let client = database.connect().await;
    let external = r#"<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>"#;
    let row = client.query_one("SELECT xpath('/r/text()', $1::text::xml)::text", &[&external]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "{}");
    for zone in ["../../../../../../etc/localtime", "/etc/localtime", "./UTC", "../timezone/UTC"] {
        let refused = client.query_one("SELECT timezone($1, now())", &[&zone]).await.unwrap_err();
        assert!(refused.as_db_error().unwrap().message().ends_with("not recognized"), "{zone}");
    }
}

/// How often a function is tried with other arguments before it counts as one that the probe can't call.
const ROUNDS: usize = 200;

/// A call with arguments that suit each type, as PostgreSQL's grammar wants it for that kind of function.
fn call(row: &FunctionRow, round: usize) -> String {
    let types = row.arguments.split(", ").filter(|one| !one.is_empty());
    let mut values: Vec<String> = types.enumerate().map(|(at, display)| value(display, at, round)).collect();
    let name = format!("pg_catalog.\"{}\"", row.name);
    match row.kind {
        'w' => format!("{name}({}) OVER (ORDER BY 1)", values.join(", ")),
        'a' if values.is_empty() => format!("{name}(*)"),
        'o' => {
            // A hypothetical row has as many direct arguments as there are ordered ones.
            let ordered = values.pop().unwrap();
            let direct = if row.variadic { ordered.clone() } else { values.join(", ") };
            format!("{name}({direct}) WITHIN GROUP (ORDER BY {ordered})")
        }
        _ if row.variadic && row.arguments.ends_with("[]") => {
            let last = values.pop().unwrap();
            values.push(format!("VARIADIC {last}"));
            format!("{name}({})", values.join(", "))
        }
        // A record without columns of its own gets them from the statement.
        _ if row.name.contains("_to_record") => format!("a FROM {name}({}) AS columns (a text)", values.join(", ")),
        // An even number of arguments, for those that build objects of keys and values.
        _ if row.variadic => format!("{name}({}, {})", values.join(", "), values[0]),
        _ => format!("{name}({})", values.join(", ")),
    }
}

/// A literal of the type, for the argument at that position. The rounds go through the literals, and those of the second
/// argument through all pairs with the first's.
fn value(display: &str, at: usize, round: usize) -> String {
    let (of, literals): (&str, &[&str]) = match display {
        "integer" => (display, &["2", "1", "0", "8", "28"]),
        "smallint" | "bigint" | "oid" | "money" => (display, &["2", "1", "0"]),
        "real" | "double precision" | "numeric" => (display, &["0.5", "1", "2"]),
        "pg_lsn" => (display, &["0/2"]),
        "boolean" => (display, &["t"]),
        "\"char\"" => (display, &["b"]),
        "name" => (display, &["utf8", "latin9"]),
        "text" => (
            display,
            &["hex", "hour", "UTC", "i", "[)", "1", "NFC", "MaxWords=50", "ab", "-", "delete_key", "9", "day"],
        ),
        "character" => ("character(2)", &["ab"]),
        "character varying" | "bytea" => (display, &["ab", "abcdefgh", "a"]),
        "bit" => ("bit(4)", &["1010"]),
        "bit varying" => (display, &["1010"]),
        "uuid" => (display, &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
        "xml" => (display, &["<a>b</a>"]),
        "json" | "jsonb" => (display, &["{\"a\": \"b\"}", "[{\"a\": 1}]", "1", "[\"all\"]", "true", "{\"a\": 1}"]),
        "jsonpath" => (display, &["$.a", "$.a == \"b\""]),
        "tsvector" => (display, &["a b"]),
        "tsquery" => (display, &["a & b"]),
        "regconfig" => (display, &["pg_catalog.english"]),
        "regdictionary" => (display, &["pg_catalog.simple"]),
        "date" => (display, &["2024-02-29"]),
        "interval" => (display, &["1 day", "1 hour"]),
        "time without time zone" => (display, &["12:00"]),
        "time with time zone" => (display, &["12:00+01"]),
        "timestamp without time zone" => (display, &["2024-02-29 12:00"]),
        "timestamp with time zone" => (display, &["2024-02-29 12:00+01"]),
        "inet" => (display, &["10.0.0.1/24"]),
        "cidr" => (display, &["10.0.0.0/24"]),
        "macaddr" => (display, &["08:00:2b:01:02:03"]),
        "macaddr8" => (display, &["08:00:2b:ff:fe:03:04:05"]),
        "point" => (display, &["(1,2)", "(2,1)"]),
        "line" => (display, &["{1,2,3}"]),
        "lseg" => (display, &["[(0,0),(1,1)]"]),
        "box" => (display, &["(1,1),(0,0)"]),
        "path" => (display, &["((0,0),(1,1),(2,0))", "[(0,0),(1,1)]"]),
        "polygon" => (display, &["((0,0),(1,1),(2,0))"]),
        "circle" => (display, &["<(1,1),2>"]),
        "daterange" | "tsrange" | "tstzrange" => (display, &["[2024-01-01,2024-02-01)"]),
        "int4range" | "int8range" | "numrange" => (display, &["[1,5)"]),
        "anyrange" => ("int4range", &["[1,5)"]),
        "anymultirange" => ("int4multirange", &["{[1,5)}"]),
        "anyenum" => ("probe.mood", &["calm"]),
        "record" => ("probe.pair", &["(1,2)"]),
        "anyelement" if round % 2 == 1 => ("probe.pair", &["(1,2)"]),
        "\"any\"" | "anyelement" | "anycompatible" | "anynonarray" => ("integer", &["2"]),
        "anyarray" | "anycompatiblearray" | "integer[]" => ("integer[]", &["{1,2}"]),
        "double precision[]" => (display, &["{0.5}"]),
        "real[]" => (display, &["{0.1,0.2,0.4,1.0}"]),
        "text[]" => (display, &["{a,b}", "{{a,b}}"]),
        "\"char\"[]" => (display, &["{a,b}"]),
        "daterange[]" | "int4range[]" | "int8range[]" | "numrange[]" | "tsrange[]" | "tstzrange[]" => {
            (display, &["{}"])
        }
        other => panic!("no value for {other}"),
    };
    let pick = round + at * (round / literals.len());
    format!("'{}'::{of}", literals[pick % literals.len()])
}
