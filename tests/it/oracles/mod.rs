//! Oracles over a generated stream of queries: they know nothing of how the gate thinks, only what has to come out.
//!
//! `PGWICKET_ORACLE_QUERIES` says how many queries each asks (2,000), `PGWICKET_ORACLE_SEED` which (1), and
//! `PGWICKET_ORACLE_FIRST` from which on (0): a failure tells how it is asked again alone. See `docs/oracles.md`.

mod grant_role;
mod hygiene;
mod identity;
mod locks;
mod noninterference;
mod stop;
mod tally;
mod writes;

use std::fmt::Display;
use std::str::FromStr;

use pgwicket::gate::admit::Submission;
use pgwicket::gate::check::{Made, Schema, query};
use tally::Tally;

/// The database that is asked.
const DATABASE: &str = include_str!("../../data/oracles.sql");
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
[limits]
rows = 100_000
bytes = "16MiB"
timeout = "20s"
"#;

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
        let mut state = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let bytes: Vec<u8> = (0..BYTES).map(|_| (next(&mut state) >> 56) as u8).collect();
        query(schema, &bytes)
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

fn submission(made: &Made) -> Submission {
    Submission::Sql { text: made.sql.clone(), parameters: made.parameters.clone() }
}
