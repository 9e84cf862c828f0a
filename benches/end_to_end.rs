//! A statement through pgwicket over stdio beside the same statement prepared and executed on a bare connection, in
//! one run: `cargo bench --bench end_to_end`. The two alternate, so that a noisy machine disturbs both alike, and both
//! begin anew several times, threads included, since which of them share a core is decided then; what counts is the ratio
//! of the medians.
#![allow(clippy::disallowed_methods, reason = "the bare connection is what is measured against")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use pgwicket::postgres::ephemeral::{Ephemeral, Options};
use support::Gate;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

const SAMPLE: &str = include_str!("../src/demo/sample.sql");
/// Fresh threads, connections and processes for each case, and calls on each.
const STARTS: usize = 10;
const ROUNDS: usize = 300;
const WARM_UP: usize = 100;

const OPEN: &str = "version = 1\nname = \"bench\"\n[statements]\nallow = [\"select\"]\n\
    [schemas.sales]\naccess = \"read\"\n[limits]\nrows = 10000\n";
const PROTECTED: &str = "version = 1\nname = \"bench\"\nattributes = { tenant = \"int\" }\n[statements]\nallow = [\"select\"]\n\
    [schemas.sales]\naccess = \"read\"\n[tables.\"sales.customers\"]\nmask = { email = \"email\" }\n\
    deny_columns = [\"ssn\"]\nrows = \"tenant_id = :tenant\"\n";

struct Case {
    name: &'static str,
    policy: &'static str,
    sql: &'static str,
    parameters: &'static [i32],
}

const CASES: &[Case] = &[
    Case { name: "SELECT 1", policy: OPEN, sql: "SELECT 1 AS one", parameters: &[] },
    Case {
        name: "primary-key lookup",
        policy: OPEN,
        sql: "SELECT id, name, region, credit_limit FROM sales.customers WHERE id = $1",
        parameters: &[42],
    },
    Case {
        name: "lookup, masked and filtered",
        policy: PROTECTED,
        sql: "SELECT id, name, email FROM sales.customers WHERE id = $1",
        parameters: &[42],
    },
    Case {
        name: "1,000 rows of 4 columns",
        policy: OPEN,
        sql: "SELECT id, customer_id, status, ordered_at FROM sales.orders WHERE id <= 1000",
        parameters: &[],
    },
    Case {
        name: "report: join, group, order",
        policy: OPEN,
        sql: "SELECT c.region, o.status, count(*) AS orders, sum(i.quantity * i.unit_price) AS revenue \
              FROM sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id \
              JOIN sales.order_items AS i ON i.order_id = o.id GROUP BY c.region, o.status ORDER BY 4 DESC",
        parameters: &[],
    },
];

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// One start of both sides, and the times of their calls in turn.
fn measure(server: &Ephemeral, case: &Case, bare: &mut Vec<Duration>, gated: &mut Vec<Duration>) {
    let runtime = runtime();
    let directory = tempfile::tempdir().unwrap();
    let mut gate = Gate::start(server, case.policy, directory.path());
    let client = runtime.block_on(async {
        let (client, connection) = server.config("postgres").connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    });
    let statement = runtime.block_on(client.prepare(case.sql)).unwrap();
    let parameters: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
        case.parameters.iter().map(|value| value as _).collect();
    for round in 0..ROUNDS + WARM_UP {
        let begin = Instant::now();
        runtime.block_on(client.query(&statement, &parameters)).unwrap();
        let direct = begin.elapsed();
        let begin = Instant::now();
        gate.query(case.sql, case.parameters);
        let through = begin.elapsed();
        if round >= WARM_UP {
            bare.push(direct);
            gated.push(through);
        }
    }
}

fn main() {
    let server = Ephemeral::start(&Options::default()).unwrap();
    runtime().block_on(server.run_script("postgres", SAMPLE)).unwrap();
    println!("| statement | bare, prepared | through pgwicket | ratio |");
    println!("|---|---|---|---|");
    for case in CASES {
        let (mut bare, mut gated) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            measure(&server, case, &mut bare, &mut gated);
        }
        let (bare, gated) = (median(bare), median(gated));
        let ratio = gated.as_secs_f64() / bare.as_secs_f64();
        println!("| {} | {:.0} µs | {:.0} µs | {ratio:.2} |", case.name, micros(bare), micros(gated));
    }
    server.stop().unwrap();
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
