//! The walk through `pg_type`: whatever type of the server's own a column has, its values come out as PostgreSQL itself
//! prints them, alone, in arrays and as parameters, or the column is refused. How single values are read is tested beside
//! `pgwicket::postgres::rows`; here every type goes the whole way.

use pgwicket::gate::admit::Submission;
use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::support::{Database, Library, cell, sql_of};

const POLICY: &str = r#"
version = 1
name = "every type"
[statements]
allow = ["select"]
[schemas.walk]
access = "read"
"#;

/// Input texts of each type that may be read. NULL is tried with each.
const SAMPLES: &[(&str, &[&str])] = &[
    ("bit", &["0", "1"]),
    ("bool", &["true", "false"]),
    ("box", &["(3,4),(1,2)", "(Infinity,0),(0,-0)"]),
    ("bpchar", &["a  ", ""]),
    ("bytea", &["", r"\x00ff27"]),
    ("char", &["", "x", "'"]),
    ("cidr", &["10.0.0.0/8", "::/0"]),
    ("circle", &["<(1,2),3>", "<(1e-300,0),0>"]),
    ("date", &["2024-02-29", "infinity", "0044-03-15 BC"]),
    ("datemultirange", &["{}", "{[2024-01-01,2024-02-01),[2024-03-01,)}"]),
    ("daterange", &["empty", "[2024-01-01,)"]),
    ("float4", &["0", "-0", "NaN", "-Infinity", "3.4028235e38", "1e-45"]),
    ("float8", &["0", "NaN", "Infinity", "5e-324", "1.7976931348623157e308", "0.1"]),
    ("inet", &["10.0.0.1/8", "2001:db8::1"]),
    ("int2", &["-32768", "32767"]),
    ("int4", &["-2147483648", "2147483647"]),
    ("int4multirange", &["{[1,3)}"]),
    ("int4range", &["(,)", "[1,5)"]),
    ("int8", &["9007199254740992", "9007199254740993", "-9223372036854775808"]),
    ("int8multirange", &["{}"]),
    ("int8range", &["[1,9223372036854775807)"]),
    ("interval", &["1 year -2 mons 3 days -04:05:06.789", "0"]),
    ("json", &[r#"{"b": 1, "a": [1.0, null]}"#, "12345678901234567890", "\"x\""]),
    ("jsonb", &[r#"{"b": 1, "a": [1.0, null]}"#, "1e400", "null"]),
    ("jsonpath", &["$.a[*] ? (@ > 1)", "strict $"]),
    ("line", &["{1,2,3}"]),
    ("lseg", &["[(0,0),(1,1)]"]),
    ("macaddr", &["08:00:2b:01:02:03"]),
    ("macaddr8", &["08:00:2b:01:02:03:04:05"]),
    ("money", &["-12.34", "92233720368547758.07"]),
    ("name", &["pg_class", ""]),
    ("nummultirange", &["{(,1.50),[2,2]}"]),
    ("numrange", &["(,NaN)"]),
    ("numeric", &["0.00", "NaN", "-123456789012345678901234567890.123456789", "1e-20"]),
    ("oid", &["0", "4294967295"]),
    ("path", &["((0,0),(1,1))", "[(0,0),(1,1)]"]),
    ("pg_lsn", &["16/B374D848", "0/0"]),
    ("point", &["(1.5,-2)", "(NaN,1e300)"]),
    ("polygon", &["((0,0),(1,1),(1,0))"]),
    ("text", &["", "NULL", "é\n\"\\,{}'"]),
    ("time", &["24:00:00", "23:59:59.999999"]),
    ("timestamp", &["infinity", "4713-11-24 00:00:00 BC", "2024-02-29 12:00:00.000001"]),
    ("timestamptz", &["-infinity", "2024-02-29 12:00:00+05:45"]),
    ("timetz", &["00:00:00+15:59", "12:34:56.789-08"]),
    ("tsmultirange", &["{[2000-01-01,infinity)}"]),
    ("tsquery", &["'fat' & !'rat':A*", ""]),
    ("tsrange", &["[2000-01-01 12:00,)"]),
    ("tstzmultirange", &["{(,)}"]),
    ("tstzrange", &["[2000-01-01 12:00+02,)"]),
    ("tsvector", &["'a':1A 'it''s':2,3", ""]),
    ("uuid", &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("varbit", &["", "10101"]),
    ("varchar", &["", "x "]),
    ("xml", &["<a>b</a>", "text"]),
];

struct Walked {
    name: String,
    array: Option<String>,
}

/// Every type of `pg_catalog` that a column can have, with its array type.
async fn types(client: &Client) -> Vec<Walked> {
    let sql = "SELECT t.typname::text, (SELECT a.typname::text FROM pg_type a WHERE a.oid = t.typarray)
                 FROM pg_type t
                WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype NOT IN ('c', 'p', 'd')
                  AND NOT (t.typname LIKE '\\_%' AND t.typelem <> 0)
                ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| Walked { name: row.get(0), array: row.get(1) }).collect()
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A table with the samples and NULL in `v`, and all of them in one array in `a`.
fn table(one: &Walked, samples: &[&str]) -> String {
    let (name, mut columns, mut rows) = (&one.name, format!("v pg_catalog.\"{}\"", one.name), String::new());
    for (at, sample) in samples.iter().enumerate() {
        rows.push_str(&format!("INSERT INTO walk.\"{name}\" VALUES ({at}, {});\n", literal(sample)));
    }
    if let Some(array) = &one.array {
        columns.push_str(&format!(", a pg_catalog.\"{array}\""));
        let all: Vec<String> = samples.iter().map(|sample| literal(sample)).chain(["NULL".to_owned()]).collect();
        let filled = format!("ARRAY[{}]::pg_catalog.\"{name}\"[]", all.join(","));
        rows.push_str(&format!("INSERT INTO walk.\"{name}\" VALUES (100, NULL, {filled}), (101, NULL, '{{}}');\n"));
    }
    format!("CREATE TABLE walk.\"{name}\" (id int, {columns});\n{rows}")
}

/// What is wrong with an answer, next to what PostgreSQL prints for the same text.
async fn differences(client: &Client, sql: &str, result: &Value) -> Vec<String> {
    let types: Vec<_> =
        client.prepare(sql).await.unwrap().columns().iter().map(|column| column.type_().clone()).collect();
    let mut expected = client.simple_query(sql).await.unwrap();
    expected.retain(|message| matches!(message, SimpleQueryMessage::Row(_)));
    let rows = result["rows"].as_array().unwrap();
    let mut wrong = Vec::new();
    if rows.len() != expected.len() {
        wrong.push(format!("{sql}: {} rows, PostgreSQL gives {}", rows.len(), expected.len()));
    }
    for (row, message) in rows.iter().zip(&expected) {
        let SimpleQueryMessage::Row(texts) = message else { continue };
        for (at, type_) in types.iter().enumerate() {
            let found = cell::difference(&row[at], type_, texts.get(at));
            wrong.extend(found.map(|found| format!("{sql}: {found}")));
        }
    }
    wrong
}

#[tokio::test]
async fn every_type_of_the_server_comes_out_as_it_prints_it_or_is_refused() {
    let database = Database::empty().await;
    let types = types(&database.connect().await).await;
    let samples = |name: &str| SAMPLES.iter().find(|(sample, _)| *sample == name).map(|(_, values)| *values);
    let tables: String = types.iter().map(|one| table(one, samples(&one.name).unwrap_or_default())).collect();
    let setup = format!("CREATE SCHEMA walk; {tables}");
    let grants = "GRANT USAGE ON SCHEMA walk TO wicket; GRANT SELECT ON ALL TABLES IN SCHEMA walk TO wicket";
    database.script(&format!("{setup}; {grants}")).await;
    let library = Library::open(&database, POLICY, &[]).await;
    let direct = database.connect_pinned().await;
    let (mut read, mut refused, mut wrong) = (0, Vec::new(), Vec::new());
    for one in &types {
        let columns = if one.array.is_some() { "v, a" } else { "v" };
        let sql = format!("SELECT {columns} FROM walk.\"{}\" ORDER BY id", one.name);
        match (library.query(&sql).await, samples(&one.name)) {
            (Ok(result), Some(values)) => {
                read += 1;
                wrong.extend(differences(&direct, &sql, &result).await);
                wrong.extend(as_parameters(&library, &direct, &one.name, values).await);
            }
            (Err(rejection), None) if rejection.reason.code() == "type_not_allowed" => {
                refused.push(one.name.as_str());
                let array = format!("SELECT a FROM walk.\"{}\"", one.name);
                let array = library.query(&array).await.unwrap_err().reason.code();
                assert!(["type_not_allowed", "unknown_column"].contains(&array), "{}[]: {array}", one.name);
            }
            (Ok(_), None) => wrong.push(format!("{} is read without a sample here", one.name)),
            (Err(rejection), _) => wrong.push(format!("{sql}: {}", rejection.to_json(None))),
        }
    }
    println!("{} types: {read} read, {} refused: {}", types.len(), refused.len(), refused.join(" "));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read >= 45 && types.len() - read == refused.len());
}

/// Each sample as `$1`.
async fn as_parameters(library: &Library, direct: &Client, type_: &str, values: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for value in values {
        let parameters = vec![Value::from(*value), Value::Null];
        let sql = format!("SELECT $1::pg_catalog.\"{type_}\" AS v, $2::pg_catalog.\"{type_}\" AS n");
        match library.run(Submission::Sql { text: sql.clone(), parameters }).await {
            Ok(outcome) => {
                let result = serde_json::from_str(&outcome.result.json).unwrap();
                let inlined = sql.replace("$1", &literal(value)).replace("$2", "NULL");
                wrong.extend(differences(direct, &inlined, &result).await);
            }
            Err(rejection) => wrong.push(format!("{sql} with {value:?}: {}", rejection.to_json(None))),
        }
    }
    wrong
}

#[tokio::test]
async fn a_users_types_come_out_as_the_server_prints_them() {
    let database = Database::empty().await;
    database
        .script(
            "CREATE SCHEMA walk;
             CREATE TYPE walk.mood AS ENUM ('sad', 'so so', 'NULL');
             CREATE DOMAIN walk.small AS smallint CHECK (value < 9);
             CREATE DOMAIN walk.list AS int[];
             CREATE TYPE walk.span AS RANGE (subtype = date);
             CREATE TYPE walk.pair AS (a int, b text);
             CREATE TABLE walk.t (id int, mood walk.mood, moods walk.mood[], small walk.small, smalls walk.small[],
                 list walk.list, span walk.span, pair walk.pair, pairs walk.pair[], empty int[], deep int[][], at int[]);
             INSERT INTO walk.t VALUES
                 (1, 'so so', '{so so,\"NULL\",NULL}', 7, '{7,8}', '{1,2}', '[2024-01-01,)', '(1,\"a b\")',
                  ARRAY['(1,x)', NULL]::walk.pair[], '{}', '{{1,2},{3,NULL}}', '[0:1]={5,6}');
             INSERT INTO walk.t (id) VALUES (2);
             GRANT USAGE ON SCHEMA walk TO wicket;
             GRANT SELECT ON walk.t TO wicket",
        )
        .await;
    let library = Library::open(&database, POLICY, &[]).await;
    let direct = database.connect_pinned().await;
    for sql in [
        "SELECT id, mood, moods, small, smalls, list, pair, pairs, empty, deep, at FROM walk.t ORDER BY id",
        "SELECT mood, small, list, deep, at FROM walk.t ORDER BY id",
        "SELECT pair, id FROM walk.t ORDER BY id",
        "SELECT array_agg(mood ORDER BY id), max(small), max(mood) FROM walk.t",
    ] {
        let result = library.run(sql_of(sql)).await.unwrap_or_else(|rejection| panic!("{sql}: {rejection}"));
        let result = serde_json::from_str(&result.result.json).unwrap();
        assert_eq!(differences(&direct, sql, &result).await, Vec::<String>::new(), "{sql}");
    }
    // A range of a user's may bring a function of the user's.
    assert_eq!(library.query("SELECT span FROM walk.t").await.unwrap_err().reason.code(), "type_not_allowed");
}
