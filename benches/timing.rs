//! What time tells of rows that the policy hides: `cargo bench --bench timing`.
//!
//! An attacker with a stopwatch asks through the real binary for keys, in random order: of rows that it may see, of rows
//! that the filter hides, and of none. What is told is how often a call for a hidden row took longer than one for a missing
//! row (half the time, if time told nothing), for single calls and for the medians of several.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use pgwicket::postgres::ephemeral::{Ephemeral, Options};
use support::Gate;

/// Half of the rows are of another tenant, and there is no odd key.
const TABLE: &str = "CREATE SCHEMA sales;
    CREATE TABLE sales.accounts (id int PRIMARY KEY, tenant_id int NOT NULL, name text NOT NULL);
    INSERT INTO sales.accounts SELECT 2 * i, 1 + i % 2, 'account ' || i FROM generate_series(1, 200000) AS i;
    VACUUM ANALYZE sales.accounts";
const POLICY: &str = "version = 1\nname = \"timing\"\nattributes = { tenant = \"int\" }\n\
    [statements]\nallow = [\"select\"]\n[schemas.sales]\naccess = \"read\"\n\
    [tables.\"sales.accounts\"]\nrows = \"tenant_id = :tenant\"\n";
const LOOKUP: &str = "SELECT name FROM sales.accounts WHERE id = $1";
const CALLS: usize = 20_000;
const WARM_UP: usize = 500;
/// Calls for the same answer that an attacker may ask before it decides.
const BATCHES: [usize; 4] = [1, 10, 100, 1000];

#[derive(Clone, Copy)]
enum Key {
    Seen,
    Hidden,
    Missing,
}

impl Key {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Seen, "a row that is seen"), (Self::Hidden, "a row that is hidden"), (Self::Missing, "no row")];

    /// One of the keys of that kind.
    fn one(self, random: u64) -> i32 {
        let at = 4 * (1 + (random % 99_000) as i32);
        match self {
            Self::Seen => at,
            Self::Hidden => at + 2,
            Self::Missing => at + 1,
        }
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

/// How often one of the first is longer than one of the second, in percent; ties count half.
fn longer(first: &[Duration], second: &[Duration]) -> f64 {
    let mut sorted = second.to_vec();
    sorted.sort_unstable();
    let won: f64 = first
        .iter()
        .map(|time| {
            let below = sorted.partition_point(|other| other < time);
            let upto = sorted.partition_point(|other| other <= time);
            (below + upto) as f64 / 2.0
        })
        .sum();
    100.0 * won / (first.len() * second.len()) as f64
}

fn main() {
    let server = Ephemeral::start(&Options::default()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(server.run_script("postgres", TABLE)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut gate = Gate::start(&server, POLICY, directory.path());
    let (mut times, mut state) = ([const { Vec::new() }; 3], 1);
    for call in 0..3 * CALLS + WARM_UP {
        let kind = (next(&mut state) % 3) as usize;
        let key = Key::ALL[kind].0.one(next(&mut state));
        let begin = Instant::now();
        gate.query(LOOKUP, &[key]);
        if call >= WARM_UP {
            times[kind].push(begin.elapsed());
        }
    }
    println!("{} calls for keys in random order", 3 * CALLS);
    for ((_, name), times) in Key::ALL.iter().zip(&times) {
        println!("{name}: median {:.1} µs of {} calls", median(times).as_secs_f64() * 1e6, times.len());
    }
    let [_, hidden, missing] = &times;
    println!("| the median of so many calls | is longer for a hidden row than for no row |");
    println!("|---|---|");
    for size in BATCHES {
        let medians = |times: &[Duration]| times.chunks_exact(size).map(median).collect::<Vec<_>>();
        println!("| {size} | {:.1} % of the time |", longer(&medians(hidden), &medians(missing)));
    }
    drop(gate);
    server.stop().unwrap();
}
