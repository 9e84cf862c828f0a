//! Oracles over a generated stream of queries: they know nothing of how the gate thinks, only what has to come out.
//!
//! `PGWICKET_ORACLE_QUERIES` says how many queries each asks (2,000), `PGWICKET_ORACLE_SEED` which (1), and
//! `PGWICKET_ORACLE_FIRST` from which on (0): a failure tells how it is asked again alone. See `docs/oracles.md`.

mod grant_role;
mod hygiene;
mod identity;
mod identity_of_writes;
mod locks;
mod noninterference;
mod row_security;
mod stop;
mod tally;
mod writes;
mod writes_beside_hidden;

use std::fmt::Display;
use std::str::FromStr;

use pgwicket::gate::admit::Submission;
use pgwicket::gate::check::{Made, Schema, query, write};
use serde_json::Value;
use tally::{Kinds, Tally};

/// The database that is asked.
const DATABASE: &str = include_str!("../../data/oracles.sql");
/// What is added to it where the policy trusts extensions: where it doesn't, their casts are a user's.
const EXTENSIONS: &str = include_str!("../../data/oracles_extensions.sql");
/// Decisions that a query is made by, at most.
const BYTES: usize = 400;
/// From so many queries on a run has to reach the floors.
const PROVES: usize = 2_000;

/// Everything is open but what no query names.
const OPEN: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select", "explain"]
[search_path]
schemas = ["shop", "Odd Schema"]
[schemas.shop]
access = "read"
deny = ["secrets"]
[schemas."Odd Schema"]
access = "read"
[functions]
trusted_extensions = ["citext", "hstore", "pg_trgm"]
[limits]
rows = 100_000
bytes = "16MiB"
timeout = "20s"
"#;

/// What may be read is open, and what may be written, too.
const WRITER: &str = r#"
version = 1
name = "writer"
[statements]
allow = ["select", "insert", "update", "delete", "merge"]
[search_path]
schemas = ["shop", "Odd Schema"]
[schemas.shop]
access = "read"
deny = ["secrets"]
[schemas."Odd Schema"]
access = "read"
[schemas.desk]
access = "write"
[limits]
rows = 100_000
bytes = "16MiB"
timeout = "20s"
"#;

/// As it is after a write.
const CONTENT: &str = "
    SELECT concat_ws('/',
        (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM desk.notes AS t),
        (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM desk.scores AS t),
        (SELECT string_agg(tableoid::regclass || t::text, ',' ORDER BY t::text) FROM desk.events AS t))";

/// As it was before.
const RESTORE: &str = "
    DELETE FROM desk.notes; DELETE FROM desk.scores; DELETE FROM desk.events;
    INSERT INTO desk.notes TABLE saved.notes;
    INSERT INTO desk.scores TABLE saved.scores;
    INSERT INTO desk.events TABLE saved.events";

/// Something is denied, masked and filtered, a partitioned table among them.
const PROTECTED: &str = r#"
version = 1
name = "protected"
attributes = { tenant = "int" }
[statements]
allow = ["select"]
[search_path]
schemas = ["shop", "Odd Schema"]
[columns]
"*.ssn" = "deny"
[schemas.shop]
access = "read"
deny = ["secrets"]
[schemas."Odd Schema"]
access = "read"
[tables."shop.people"]
rows = "tenant_id = :tenant"
mask = { name = { partial = [1, 0] }, email = "email", born = "year", score = { round = 10 }, prefs = "null" }
[tables."shop.orders"]
deny_columns = ["total"]
mask = { note = "redact" }
rows = "tenant_id = :tenant AND status <> 'sad'"
[tables."shop.visits"]
mask = { address = "null" }
rows = "page <> 'login'"
[tables.'"Odd Schema"."Mixed Case"']
mask = { select = "hash" }
rows = """
"Id" IN (SELECT o.id FROM shop.orders AS o WHERE o.tenant_id = :tenant)
OR NOT EXISTS (SELECT 1 FROM shop.secrets AS s WHERE s.id = "Mixed Case"."Id")
"""
[limits]
rows = 100_000
bytes = "16MiB"
timeout = "20s"
"#;

/// Which queries a run asks.
#[derive(Debug, Clone, Copy)]
struct Run {
    seed: u64,
    first: u64,
    count: u64,
}

impl Run {
    fn of_environment() -> Self {
        let count = if std::env::var_os("PGWICKET_ORACLE_FIRST").is_some() { 1 } else { PROVES as u64 };
        Self {
            seed: number("PGWICKET_ORACLE_SEED", 1),
            first: number("PGWICKET_ORACLE_FIRST", 0),
            count: number("PGWICKET_ORACLE_QUERIES", count),
        }
    }

    /// The numbers of the queries.
    fn numbers(self) -> impl Iterator<Item = u64> {
        self.first..self.first + self.count
    }

    /// The query of that number: always the same.
    fn query(self, schema: &Schema, number: u64) -> Made {
        query(schema, &self.bytes(number))
    }

    /// The write of that number.
    fn write(self, schema: &Schema, number: u64) -> Made {
        write(schema, &self.bytes(number)).expect("nothing may be written")
    }

    /// Fewer: of writes a quarter is enough.
    fn of_writes(self) -> Self {
        Self { count: (self.count / 4).max(1), ..self }
    }

    fn bytes(self, number: u64) -> Vec<u8> {
        let mut state = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03);
        (0..BYTES).map(|_| (next(&mut state) >> 56) as u8).collect()
    }

    /// How one query is asked again.
    fn again(self, number: u64, oracle: &str) -> String {
        format!(
            "PGWICKET_ORACLE_SEED={} PGWICKET_ORACLE_FIRST={number} cargo test --test it oracles::{oracle} -- --nocapture",
            self.seed
        )
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn number<T: FromStr<Err: Display>>(name: &str, otherwise: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")),
        Err(_) => otherwise,
    }
}

/// A result to be compared with that of another plan: of equal numbers that are written differently, DISTINCT, GROUP BY and
/// set operations keep the one that comes first.
fn without_zeros(mut result: Value) -> Value {
    let columns = result["columns"].as_array().unwrap();
    let is_numeric: Vec<bool> = columns.iter().map(|column| column["type"] == "numeric").collect();
    let rows = result["rows"].as_array_mut().unwrap();
    for cell in rows.iter_mut().flat_map(|row| row.as_array_mut().unwrap().iter_mut().zip(&is_numeric)) {
        if let (Value::String(text), true) = cell {
            *text = plain_number(text);
        }
    }
    result
}

fn plain_number(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

/// The same, its rows sorted unless their order is told, and how many there are.
fn comparable(json: &str, made: &Made) -> (Value, usize) {
    let mut result = without_zeros(serde_json::from_str(json).unwrap());
    let rows = result["rows"].as_array_mut().unwrap();
    if !made.is_ordered {
        rows.sort_by_cached_key(Value::to_string);
    }
    let count = rows.len();
    (result, count)
}

/// Whether both answers were cut off by a cap, so that which rows they have is left to the plan.
fn both_cut<E>(one: &Result<(Value, usize), E>, other: &Result<(Value, usize), E>) -> bool {
    [one, other].iter().all(|answer| answer.as_ref().is_ok_and(|(result, _)| result["truncated"] == true))
}

fn submission(made: &Made) -> Submission {
    Submission::Sql { text: made.sql.clone(), parameters: made.parameters.clone() }
}
