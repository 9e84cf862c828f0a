//! What the gate costs, stage by stage and whole: `cargo bench --bench gate`. The catalog is that of a real server with
//! the sample database and the TPC-H tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion};
use pgwicket::catalog::CatalogWatch;
use pgwicket::gate::admit::{AttributeValue, Principal, Submission, Values, admit};
use pgwicket::gate::authorize::authorize;
use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::emit::emit;
use pgwicket::gate::ir::{Statement, renumber};
use pgwicket::gate::lower::{Lowering, Mode};
use pgwicket::gate::parse::{parse, parse_emitted};
use pgwicket::gate::policy::{BoundPolicy, Policy};
use pgwicket::gate::rewrite::{ParameterPlan, rewrite};
use pgwicket::gate::source::Source;
use pgwicket::gate::stack::THREAD_STACK;
use pgwicket::postgres::ephemeral::{Ephemeral, Options};
use pgwicket::postgres::{DatabaseConfig, DatabaseSettings, Pool};

const SAMPLE: &str = include_str!("../src/demo/sample.sql");
const TPCH_SCHEMA: &str = include_str!("../tests/corpus/tpch-schema.sql");
const TPCH: &str = include_str!("../tests/corpus/tpch.sql");

const OPEN: &str = "version = 1\nname = \"open\"\n[statements]\nallow = [\"select\"]\n\
    [schemas.sales]\naccess = \"read\"\n[schemas.tpch]\naccess = \"read\"\n";
const PROTECTED: &str = "version = 1\nname = \"protected\"\nattributes = { tenant = \"int\" }\n\
    [statements]\nallow = [\"select\"]\n[schemas.sales]\naccess = \"read\"\n\
    [tables.\"sales.customers\"]\nmask = { email = \"email\", phone = \"last4\" }\ndeny_columns = [\"ssn\"]\n\
    rows = \"tenant_id = :tenant\"\n";

const LOOKUP: &str = "SELECT id, name, email FROM sales.customers WHERE id = 42";
const REPORT: &str = "WITH monthly AS (SELECT date_trunc('month', o.ordered_at) AS month, c.region, o.status, \
    sum(i.quantity * i.unit_price) AS revenue, count(DISTINCT o.id) AS orders, count(DISTINCT c.id) AS buyers \
    FROM sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id \
    JOIN sales.order_items AS i ON i.order_id = o.id JOIN sales.products AS p ON p.id = i.product_id \
    WHERE o.ordered_at >= timestamptz '2023-07-01' AND o.status <> 'cancelled' AND p.category IN ('furniture', 'lighting') \
    GROUP BY 1, 2, 3 HAVING sum(i.quantity) > 3), ranked AS (SELECT month, region, status, revenue, orders, buyers, \
    rank() OVER (PARTITION BY month ORDER BY revenue DESC) AS place, \
    revenue - lag(revenue) OVER (PARTITION BY region, status ORDER BY month) AS change FROM monthly) \
    SELECT to_char(month, 'YYYY-MM') AS month, region, status, round(revenue, 2) AS revenue, orders, buyers, place, \
    CASE WHEN change IS NULL THEN 'new' WHEN change > 0 THEN 'up' WHEN change < 0 THEN 'down' ELSE 'flat' END AS trend \
    FROM ranked WHERE place <= 3 ORDER BY month, place, region LIMIT 200";

struct World {
    catalog: Arc<Catalog>,
    open: BoundPolicy,
    protected: BoundPolicy,
    principal: Principal,
}

fn world() -> World {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = Ephemeral::start(&Options::default()).unwrap();
    runtime.block_on(server.run_script("postgres", SAMPLE)).unwrap();
    runtime.block_on(server.run_script("postgres", TPCH_SCHEMA)).unwrap();
    let settings = DatabaseSettings {
        host: Some(server.host().to_owned()),
        port: Some(server.port()),
        db: Some("postgres".to_owned()),
        user: Some("postgres".to_owned()),
        password: Some(server.password().clone()),
        ..DatabaseSettings::default()
    };
    let catalog = runtime.block_on(async {
        let pool = Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap();
        CatalogWatch::start(pool, Duration::from_secs(3600)).await.unwrap().current()
    });
    server.stop().unwrap();
    let bind = |text: &str| {
        let policy = Policy::parse("bench.toml", text, &mut |_| Err("nothing to extend".to_owned())).unwrap();
        BoundPolicy::bind(Arc::new(policy), &catalog).unwrap()
    };
    let attributes = BTreeMap::from([("tenant".to_owned(), AttributeValue::Scalar("1".to_owned()))]);
    let principal = Principal { name: "bench".to_owned(), attributes };
    World { open: bind(OPEN), protected: bind(PROTECTED), principal, catalog }
}

fn lower(world: &World, policy: &BoundPolicy, sql: &str) -> Statement {
    let source = Source::new(sql);
    let parsed = parse(&source).unwrap();
    Lowering::new(&world.catalog, policy, &source, Mode::Client, 0).statement(&parsed.statement).unwrap()
}

/// Verify without its last step, a comparison: the emitted text read back.
fn read_back(world: &World, policy: &BoundPolicy, text: &str, parameters: u32) -> Statement {
    let source = Source::new(text);
    let parsed = parse_emitted(&source).unwrap();
    Lowering::new(&world.catalog, policy, &source, Mode::Verify, parameters).statement(&parsed.statement).unwrap()
}

fn stages(criterion: &mut Criterion, world: &World, name: &str, policy: &BoundPolicy, sql: &str) {
    let mut group = criterion.benchmark_group(name);
    let source = Source::new(sql);
    let parsed = parse(&source).unwrap();
    let statement = lower(world, policy, sql);
    let authorized = authorize(&statement, &world.catalog, policy, Values::Any(0)).unwrap();
    let rewritten = |mut statement: Statement| {
        let mut plan = ParameterPlan::new(0);
        rewrite(&mut statement, &authorized, &world.catalog, policy, &world.principal, &mut plan).unwrap();
        renumber(&mut statement);
        (statement, plan.count())
    };
    let (result, parameters) = rewritten(statement.clone());
    let text = emit(&result);
    group.bench_function("parse", |bencher| bencher.iter(|| parse(&Source::new(black_box(sql))).map(drop)));
    group.bench_function("lower", |bencher| {
        bencher.iter(|| {
            Lowering::new(&world.catalog, policy, &source, Mode::Client, 0).statement(black_box(&parsed.statement))
        });
    });
    group.bench_function("authorize", |bencher| {
        bencher.iter(|| authorize(black_box(&statement), &world.catalog, policy, Values::Any(0)).map(drop));
    });
    group.bench_function("rewrite", |bencher| {
        bencher.iter_batched(|| statement.clone(), rewritten, BatchSize::SmallInput);
    });
    group.bench_function("emit", |bencher| bencher.iter(|| emit(black_box(&result))));
    group.bench_function("verify", |bencher| bencher.iter(|| read_back(world, policy, black_box(&text), parameters)));
    let submission = Submission::Sql { text: sql.to_owned(), parameters: Vec::new() };
    group.bench_function("whole gate", |bencher| {
        bencher.iter(|| admit(&world.catalog, policy, &world.principal, black_box(&submission)).map(drop).unwrap());
    });
    group.finish();
}

fn main() {
    // As pgwicket's own threads.
    std::thread::Builder::new().stack_size(THREAD_STACK).spawn(run).unwrap().join().unwrap();
}

fn run() {
    let world = world();
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    stages(&mut criterion, &world, "SELECT 1", &world.open, "SELECT 1");
    stages(&mut criterion, &world, "primary-key lookup", &world.open, LOOKUP);
    stages(&mut criterion, &world, "lookup, masked and filtered", &world.protected, LOOKUP);
    stages(&mut criterion, &world, "1 KB report", &world.open, REPORT);
    let mut group = criterion.benchmark_group("TPC-H, whole gate");
    let statements = TPCH
        .split(";\n")
        .map(|statement| statement.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n"));
    for (number, sql) in (1..).zip(statements.filter(|sql| !sql.trim().is_empty())) {
        let submission = Submission::Sql { text: sql, parameters: Vec::new() };
        group.bench_function(BenchmarkId::from_parameter(format!("q{number}")), |bencher| {
            bencher.iter(|| {
                admit(&world.catalog, &world.open, &world.principal, black_box(&submission)).map(drop).unwrap();
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
