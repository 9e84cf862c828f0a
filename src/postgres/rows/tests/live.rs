//! Every value below, read from a real server in binary, must equal what that server's output function prints, and
//! must give the same JSON as its cast to text.
#![expect(clippy::disallowed_methods, reason = "the test compares with what PostgreSQL itself says")]

use std::error::Error;

use tokio_postgres::Client;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::super::{Codec, Sink};
use crate::postgres::pins;
use crate::postgres::test_server::TestDatabase;

struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_type: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_type: &Type) -> bool {
        true
    }
}

/// Input texts by type name; each is also tried inside an array, and in ranges where they are listed as such.
const SAMPLES: &[(&str, &[&str])] = &[
    ("bool", &["true", "false"]),
    ("int2", &["0", "-32768", "32767"]),
    ("int4", &["0", "-2147483648", "2147483647"]),
    ("int8", &["0", "9007199254740992", "9007199254740993", "-9223372036854775808"]),
    ("oid", &["0", "4294967295"]),
    (
        "float4",
        &["0", "-0", "NaN", "Infinity", "-Infinity", "0.1", "1e6", "999999", "1e-4", "1e-5", "3.4028235e38", "1e-45"],
    ),
    (
        "float8",
        &["0", "-0", "NaN", "Infinity", "-Infinity", "0.1", "1e15", "999999999999999", "1e-5", "5e-324", "1e23"],
    ),
    (
        "numeric",
        &[
            "0",
            "0.00",
            "-0.5",
            "NaN",
            "10000",
            "1e20",
            "1e-20",
            "123456789012345678901234567890.123456789",
            "100000000",
            "0.00010000",
            "99999999.9999",
        ],
    ),
    ("text", &["", "NULL", "null", "a b", "\"", "\\", "{}", ",", "é\n\t", " x "]),
    ("varchar", &["", "x", "  "]),
    ("bpchar", &["ab   ", "", "x"]),
    ("name", &["pg_class", ""]),
    ("char", &["", "x", "\""]),
    ("bytea", &["", "\\x00ff", "abc\\\\"]),
    (
        "date",
        &[
            "2000-01-01",
            "infinity",
            "-infinity",
            "0044-03-15 BC",
            "4713-11-24 BC",
            "5874897-12-31",
            "1900-02-28",
            "0001-01-01",
            "0001-12-31 BC",
            "10000-01-01",
            "2000-02-29",
        ],
    ),
    ("time", &["00:00", "24:00:00", "23:59:59.999999", "12:00:00.5"]),
    ("timetz", &["00:00+00", "24:00:00-15:59:59", "23:59:59.999999+05:45", "12:00:00.5-08"]),
    (
        "timestamp",
        &[
            "2000-01-01",
            "infinity",
            "-infinity",
            "4713-11-24 00:00:00 BC",
            "294276-12-31 23:59:59.999999",
            "1999-12-31 23:59:59.000001",
            "0001-12-31 12:00:00.1 BC",
        ],
    ),
    (
        "timestamptz",
        &[
            "2000-01-01 12:00+02",
            "infinity",
            "-infinity",
            "4713-11-24 00:00:00+00 BC",
            "294276-12-31 23:59:59.999999+00",
            "0044-03-15 BC",
        ],
    ),
    (
        "interval",
        &[
            "0",
            "1 year 2 mons 3 days 04:05:06.789",
            "-1 year -2 mons +3 days",
            "-1 days +00:00:01",
            "1 day -00:00:01",
            "-3 days",
            "2 years -1 mon",
            "178000000 years",
            "-00:00:00.000001",
            "1000000:00:00",
            "-1 mon",
            "1 mon -1 day +1 hour",
        ],
    ),
    ("uuid", &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("json", &["{\"a\": [1, 2 ]}", "null", " \"x\" ", "\"\\ud800\"", "1e400", "12345678901234567890"]),
    ("jsonb", &["{\"a\": [1, 2.50]}", "null", "\"x\"", "1e400", "12345678901234567890"]),
    (
        "inet",
        &[
            "1.2.3.4",
            "1.2.3.0/24",
            "::1",
            "::2",
            "::",
            "::ffff:1.2.3.4",
            "1::/32",
            "2001:db8::1:0:0:1",
            "1:2:3:4:5:6:7:8",
            "0:0:1::",
            "::1.2.3.4",
            "1:0:3:4:5:6:7:8",
            "fe80::/10",
            "0:0:0:0:0:0:1:1",
        ],
    ),
    ("cidr", &["1.2.3.4/32", "10/8", "::/0", "2001:db8::/32", "::1/128"]),
    ("macaddr", &["08:00:2b:01:02:03"]),
    ("macaddr8", &["08:00:2b:01:02:03:04:05"]),
    ("bit", &["1", "0"]),
    ("varbit", &["", "1", "1111111101", "00000000"]),
    ("int4range", &["empty", "[1,3)", "(,)", "[1,)", "(,3]"]),
    ("int8range", &["empty", "[1,9007199254740993)"]),
    ("numrange", &["[1.50,2]", "(,NaN)"]),
    ("tsrange", &["[2000-01-01,infinity]", "(,\"2000-01-01 12:00\")"]),
    ("tstzrange", &["[2000-01-01,)"]),
    ("daterange", &["[2000-01-01,2000-02-01)", "(,infinity)"]),
    ("int4multirange", &["{}", "{[1,3),[5,7)}"]),
    ("int8multirange", &["{[1,3)}"]),
    ("nummultirange", &["{(,1.0),[2,2]}"]),
    ("tsmultirange", &["{[2000-01-01,infinity)}"]),
    ("tstzmultirange", &["{(,)}"]),
    ("datemultirange", &["{[2000-01-01,2000-02-01)}"]),
];

async fn connect(setup: &str) -> Client {
    TestDatabase::create(setup).await.client(&pins::startup_options()).await
}

fn json_of(codec: &Codec, write: impl FnOnce(&Codec, &mut Sink)) -> String {
    let mut sink = Sink::new(usize::MAX);
    write(codec, &mut sink);
    sink.into_json()
}

/// Compares one expression in its three forms; tells what differs.
async fn differences(client: &Client, expression: &str) -> Option<String> {
    let row = client
        .query_one(&format!("SELECT e, format('%s', e), e::text FROM (SELECT {expression} AS e) q"), &[])
        .await
        .unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    let type_ = row.columns()[0].type_().clone();
    let (raw, output, cast): (Raw, String, String) = (row.get(0), row.get(1), row.get(2));
    let codec = Codec::of(&type_).unwrap_or_else(|| panic!("{expression} is not encodable"));
    let mut text = String::new();
    codec.push_text(&raw.0, &mut text).unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    if text != output {
        return Some(format!("{expression}: text {text:?}, PostgreSQL prints {output:?}"));
    }
    let binary = json_of(&codec, |codec, sink| codec.write_json(&raw.0, sink).unwrap());
    let rendered = json_of(&codec, |codec, sink| codec.write_json_of_text(&cast, sink).unwrap());
    serde_json::from_str::<serde_json::Value>(&binary)
        .unwrap_or_else(|error| panic!("{expression}: {binary}: {error}"));
    (binary != rendered).then(|| format!("{expression}: JSON {binary}, from text {rendered}"))
}

#[tokio::test]
async fn every_value_reads_as_postgresql_prints_it() {
    let client = connect("").await;
    let known: Vec<String> =
        client.query("SELECT typname::text FROM pg_type", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let mut wrong = Vec::new();
    for (type_, samples) in SAMPLES.iter().filter(|(type_, _)| known.iter().any(|name| name == type_)) {
        let all = samples.iter().map(|sample| literal(sample)).collect::<Vec<_>>();
        let mut expressions: Vec<String> =
            all.iter().map(|sample| format!("{sample}::pg_catalog.\"{type_}\"")).collect();
        let list = all.join(",");
        expressions.push(format!("ARRAY[{list},NULL]::pg_catalog.\"{type_}\"[]"));
        expressions.push(format!("ARRAY[ARRAY[{list}],ARRAY[{list}]]::pg_catalog.\"{type_}\"[]"));
        expressions.push(format!("array_fill({}::pg_catalog.\"{type_}\", ARRAY[2,1], ARRAY[0,-5])", all[0]));
        expressions.push(format!("ARRAY[]::pg_catalog.\"{type_}\"[]"));
        for expression in expressions {
            wrong.extend(differences(&client, &expression).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn literal(sample: &str) -> String {
    format!("E'{}'", sample.replace('\\', "\\\\").replace('\'', "''"))
}

#[tokio::test]
async fn user_types_read_as_postgresql_prints_them() {
    let setup = "CREATE SCHEMA s;
        CREATE TYPE s.mood AS ENUM ('sad', 'so so', 'NULL');
        CREATE DOMAIN s.small AS int2 CHECK (value < 9);
        CREATE DOMAIN s.list AS int[];
        CREATE TYPE s.words AS RANGE (subtype = text);
        CREATE TYPE s.pair AS (a int, b text);";
    let client = connect(setup).await;
    let mut wrong = Vec::new();
    for expression in [
        "'so so'::s.mood",
        "ARRAY['so so', 'NULL', NULL]::s.mood[]",
        "7::s.small",
        "ARRAY[7, 8]::s.small[]",
        "ARRAY[ARRAY[1,2]::s.list, ARRAY[3]::s.list]::s.list[]",
        "'[\"a b\",\"c,\"\"\")'::s.words",
        "'[\"\",)'::s.words",
        "ARRAY['(a,b)']::s.words[]",
    ] {
        wrong.extend(differences(&client, expression).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let statement = client.prepare("SELECT (1,'x')::s.pair, ARRAY[(1,'x')::s.pair], ROW(1)").await.unwrap();
    assert!(statement.columns().iter().all(|column| Codec::of(column.type_()).is_none()));
}

/// What isn't listed as a sample is rendered by PostgreSQL, and what is encodable has samples here.
#[tokio::test]
async fn every_type_of_the_server_is_either_sampled_or_rendered_by_it() {
    let client = connect("").await;
    let query = "SELECT oid, typname::text FROM pg_type WHERE oid < 16384 AND typtype <> 'c' AND typtype <> 'p' \
                 AND NOT (typtype = 'b' AND typname LIKE '\\_%') ORDER BY oid";
    let mut types = 0;
    for row in client.query(query, &[]).await.unwrap() {
        let (oid, name): (u32, String) = (row.get(0), row.get(1));
        let sampled = SAMPLES.iter().any(|(sample, _)| *sample == name);
        match Type::from_oid(oid) {
            Some(type_) => {
                assert!(!matches!(type_.kind(), Kind::Pseudo), "{name}");
                assert_eq!(Codec::of(&type_).is_some(), sampled, "{name}");
            }
            None => assert!(!sampled, "{name}"),
        }
        types += 1;
    }
    assert!(types > 60, "{types}");
}

#[tokio::test]
async fn floats_print_as_postgresql_prints_them() {
    let client = connect("").await;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut doubles: Vec<f64> = (-1074..1024).map(|power| 2_f64.powi(power)).collect();
    doubles.extend((-340..309).map(|power| format!("1e{power}").parse::<f64>().unwrap()));
    for _ in 0..6_000 {
        let bits = random();
        doubles.push(f64::from_bits(bits));
        // Few significant bits near one: there halfway points are short decimals.
        doubles.push(((bits >> 40) as f64) * 2_f64.powi(i32::try_from(bits % 120).unwrap() - 60));
        doubles.push(
            2_f64.powi(i32::try_from(bits % 160).unwrap() - 70)
                * (1.0 + f64::from(u8::try_from(bits >> 56).unwrap()) * f64::EPSILON),
        );
    }
    let floats: Vec<f32> = doubles
        .iter()
        .map(|double| *double as f32)
        .chain((0..10_000).map(|_| f32::from_bits(u32::try_from(random() >> 32).unwrap())))
        .collect();
    let mut wrong = Vec::new();
    for chunk in doubles.chunks(20_000) {
        let row = client.query_one("SELECT $1::float8[]::text[]", &[&chunk]).await.unwrap();
        for (double, expected) in chunk.iter().zip(row.get::<_, Vec<String>>(0)) {
            let mut text = String::new();
            super::super::number::float8(*double, &mut text);
            if text != expected {
                wrong.push(format!("{double:?}: {text}, PostgreSQL prints {expected}"));
            }
        }
    }
    for chunk in floats.chunks(20_000) {
        let row = client.query_one("SELECT $1::float4[]::text[]", &[&chunk]).await.unwrap();
        for (float, expected) in chunk.iter().zip(row.get::<_, Vec<String>>(0)) {
            let mut text = String::new();
            super::super::number::float4(*float, &mut text);
            if text != expected {
                wrong.push(format!("{float:?}f32: {text}, PostgreSQL prints {expected}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}: {:?}",
        wrong.len(),
        doubles.len() + floats.len(),
        &wrong[..wrong.len().min(10)]
    );
}
