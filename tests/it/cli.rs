//! The command line through the real binary: one clear message for each thing that can be wrong, the exit codes, and
//! what `query`, `check` and `policy` print.

use std::net::TcpListener;

use crate::support::{Database, Finished, Wicket};

const POLICY: &str = r#"
version = 1
name = "analyst"
role = "wicket_reader"
attributes = { tenant = "int" }
[statements]
allow = ["select"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
deny = ["payroll_*"]
[tables."sales.customers"]
deny_columns = ["ssn", "birth_date"]
mask = { email = "email", phone = "null" }
rows = "tenant_id = :tenant AND birth_date IS NOT NULL"
[limits]
rows = 5
"#;

/// What no output may contain.
const SECRETS: [&str; 3] = ["wicket's own", "wicket''s own", "s3cret-word"];

fn without_secret(finished: &Finished) {
    for secret in SECRETS {
        assert!(!finished.stderr.contains(secret) && !finished.stdout.contains(secret), "{finished:?}");
    }
}

/// It fails with this code and message, once, and nothing beside.
fn fails(finished: &Finished, code: i32, message: &str) {
    without_secret(finished);
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "");
    let errors: Vec<&str> = finished.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "{}", finished.stderr);
    assert!(errors[0].contains(message), "`{message}` isn't in: {}", finished.stderr);
    assert!(!finished.stderr.contains("panicked") && !finished.stderr.contains("backtrace"), "{}", finished.stderr);
}

fn ana(wicket: &Wicket) -> Vec<String> {
    let policy = wicket.write("policy.toml", POLICY);
    ["--policy", policy.to_str().unwrap(), "--attribute", "tenant=1"].map(str::to_owned).to_vec()
}

async fn run(wicket: &Wicket, arguments: &[&str]) -> Finished {
    let whom = ana(wicket);
    let all: Vec<&str> = arguments.iter().copied().chain(whom.iter().map(String::as_str)).collect();
    wicket.run(&all).await
}

#[tokio::test]
async fn a_database_that_refuses_us_is_told_in_one_sentence() {
    let database = Database::sample().await;
    // A port that nobody listens on: bound, then given back.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    for (variable, value, message) in [
        ("POSTGRES_PASSWORD", "s3cret-word", "the password for `wicket` is wrong"),
        ("POSTGRES_DB", "nosuchdb", "the database `nosuchdb` does not exist"),
        ("POSTGRES_HOST", "no.such.host.invalid", "the host `no.such.host.invalid` is not known"),
        ("POSTGRES_PORT", free.as_str(), "nothing accepts connections at `127.0.0.1:"),
    ] {
        for command in [&["serve"][..], &["query", "SELECT 1"]] {
            let mut wicket = Wicket::on(&database);
            wicket.env(variable, value).env("POSTGRES_SSL_MODE", "disable");
            let finished = run(&wicket, command).await;
            fails(&finished, 3, message);
            assert!(finished.stderr.contains("help: check POSTGRES_"), "{}", finished.stderr);
        }
    }
}

#[tokio::test]
async fn an_invalid_variable_is_named() {
    for (variable, value, message) in [
        ("POSTGRES_PORT", "54x2", "POSTGRES_PORT: `54x2` is not a port"),
        ("POSTGRES_SSL_MODE", "allow", "POSTGRES_SSL_MODE: the TLS mode `allow` is not supported"),
        ("POSTGRES_PASSWORD_FILE", "/nowhere", "POSTGRES_PASSWORD_FILE: the password file `/nowhere` can't be read"),
        ("DATABASE_URL", "mysql://a:s3cret-word@b/c", "DATABASE_URL: the value is not a PostgreSQL URL"),
        ("PGWICKET_LOG", "pgwicket=loud", "PGWICKET_LOG: `pgwicket=loud` is not a filter"),
    ] {
        let mut wicket = Wicket::without_database();
        wicket.env("POSTGRES_DB", "shop").env("POSTGRES_USER", "ana").env(variable, value);
        fails(&run(&wicket, &["serve"]).await, 2, message);
    }
    fails(&run(&Wicket::without_database(), &["serve"]).await, 2, "no database is named");
}

#[tokio::test]
async fn a_policy_with_an_unknown_key_is_refused_with_its_line() {
    let wicket = Wicket::without_database();
    let policy = wicket.write("policy.toml", &POLICY.replace("deny_columns", "deny_column"));
    let policy = policy.to_str().unwrap();
    let finished = wicket.run(&["policy", "check", policy]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!(finished.stderr.replace(policy, "policy.toml"), @r#"
error: unknown key `deny_column`
  --> policy.toml:14:1
   |
14 | deny_column = ["ssn", "birth_date"]
   | ^^^^^^^^^^^
   |
   = help: did you mean `deny_columns`?

error: 1 fault was found
"#);

    let mut wicket = wicket;
    wicket.env("POSTGRES_DB", "shop").env("POSTGRES_USER", "ana");
    let finished = wicket.run(&["serve", "--policy", policy, "--attribute", "tenant=1"]).await;
    fails(&finished, 2, "policy.toml:14:1: unknown key `deny_column`");
    assert!(finished.stderr.contains("help: did you mean `deny_columns`?"), "{}", finished.stderr);
}

#[tokio::test]
async fn a_policy_that_names_a_missing_table_is_refused_with_its_line() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy = wicket.write("policy.toml", &POLICY.replace("\"sales.customers\"", "\"sales.customer\""));
    let policy = policy.to_str().unwrap();
    let finished = wicket.run(&["serve", "--policy", policy, "--attribute", "tenant=1"]).await;
    fails(&finished, 2, "policy.toml:13: table `sales.customer` does not exist in the database");
    assert!(finished.stderr.contains("help: did you mean `sales.customers`?"), "{}", finished.stderr);
    // A policy that doesn't fit leaves no history behind.
    assert!(!wicket.path("home/.local/state/pgwicket/history").exists());

    let finished = wicket.run(&["policy", "check", policy]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("13 | [tables.\"sales.customer\"]"), "{}", finished.stderr);
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let wicket = Wicket::without_database();
    let config = wicket.write(
        "pgwicket.toml",
        "version = 1\n[database]\nport = 0\nhots = \"x\"\n[principals.ana]\npolicy = \"nowhere.toml\"\n",
    );
    let finished = wicket.run(&["serve", "--config", config.to_str().unwrap()]).await;
    assert_eq!(finished.code, Some(2));
    let errors: Vec<&str> = finished.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 3, "{}", finished.stderr);
}

#[tokio::test]
async fn query_prints_rows_and_refusals() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let statement = "SELECT id, name, email FROM customers WHERE id < $1 ORDER BY id";
    let finished = run(&wicket, &["query", statement, "--param", "7"]).await;
    without_secret(&finished);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(finished.stdout, @r#"
┌────┬───────────────┬──────────────────┐
│ id ┆ name          ┆ email            │
╞════╪═══════════════╪══════════════════╡
│  2 ┆ Olga Kowalski ┆ o***@example.com │
│  4 ┆ Ines Hansen   ┆ i***@example.com │
│  6 ┆ Chiara Evans  ┆ c***@example.com │
└────┴───────────────┴──────────────────┘
(3 rows)
"#);

    let finished = run(&wicket, &["query", statement, "--param", "7", "--format", "csv"]).await;
    assert_eq!(
        finished.stdout,
        "id,name,email\r\n2,Olga Kowalski,o***@example.com\r\n4,Ines Hansen,i***@example.com\r\n\
         6,Chiara Evans,c***@example.com\r\n"
    );
    let finished = run(&wicket, &["query", statement, "--param", "3", "--format", "json"]).await;
    let json: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(json["row_count"], 1);

    let finished = run(&wicket, &["query", "SELECT id FROM orders"]).await;
    assert_eq!(finished.code, Some(0));
    assert_eq!(finished.stderr, "note: the result was cut off after 5 rows by a limit\n");

    let finished = run(&wicket, &["query", "SELECT name, ssn FROM customers"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(finished.stderr.starts_with("error[unknown_column]: "), "{}", finished.stderr);
    assert!(!finished.stderr.contains("denied"), "{}", finished.stderr);
}

#[tokio::test]
async fn check_tells_the_whole_truth_and_runs_nothing() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let finished = run(&wicket, &["check", "SELECT phone FROM customers WHERE id = 7"]).await;
    let policy = wicket.path("policy.toml");
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(finished.stdout.replace(policy.to_str().unwrap(), "policy.toml"), @r#"
admitted

  relation   sales.customers
  mask       sales.customers.phone: null
  row filter sales.customers: policy.toml:16 (tables."sales.customers".rows)
  rows       at most 5

SELECT t1.c2 AS "phone" FROM (SELECT t2."id" AS "id", CAST(NULL AS "pg_catalog"."text") AS "phone" FROM "sales"."customers" AS t2 WHERE ((t2."tenant_id" = CAST($1 AS "pg_catalog"."int8")) AND (t2."birth_date" IS NOT NULL)) OFFSET 0) AS t1(c1, c2) WHERE (t1.c1 = 7) LIMIT 6
"#);

    let finished = run(&wicket, &["check", "SELECT name, ssn FROM customers"]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(finished.stdout.replace(policy.to_str().unwrap(), "policy.toml"), @r#"
rejected

error[unknown_column]: column `ssn` of `sales.customers` is hidden by the policy
  |
1 | SELECT name, ssn FROM customers
  |              ^^^
  |
  = note: by the rule policy.toml:14 (tables."sales.customers".deny_columns)
  = help: columns in scope: `customers.id`, `customers.tenant_id`, `customers.name`, `customers.email`, `customers.phone`, `customers.region`, `customers.loyalty`, `customers.credit_limit`, `customers.created_at`
"#);
}

#[tokio::test]
async fn grants_are_exact_run_and_are_enough() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy = wicket.write("policy.toml", POLICY);
    let arguments = ["policy", "grants", policy.to_str().unwrap()];
    let finished = wicket.run(&arguments).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert_eq!(finished.stdout, wicket.run(&arguments).await.stdout);
    let printed = finished.stdout.replace(database.name(), "DATABASE");
    insta::assert_snapshot!(printed, @r#"
-- What the policy `analyst` needs in the database `DATABASE`, and nothing else.
-- Run it as the owner of the tables, and again when the policy or the tables change.
BEGIN;

-- Nobody logs in as this role: pgwicket sets it for each transaction.
DO 'BEGIN CREATE ROLE wicket_reader NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END';
GRANT wicket_reader TO wicket;

-- What was granted to it before and is no longer needed.
REVOKE ALL ON SCHEMA hr, public, sales, scratch FROM wicket_reader;
REVOKE ALL ON ALL TABLES IN SCHEMA hr, public, sales, scratch FROM wicket_reader;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA hr, public, sales, scratch FROM wicket_reader;

-- Names are looked up in these schemas.
GRANT USAGE ON SCHEMA sales TO wicket_reader;

-- Columns that the policy opens, and those that its masks and row filters read.
-- Of these only for row filters and masks: birth_date.
GRANT SELECT (id, tenant_id, name, email, phone, region, loyalty, birth_date, credit_limit, created_at) ON sales.customers TO wicket_reader;
GRANT SELECT (id, customer_id, kind, address, payload, happened_at) ON sales.events TO wicket_reader;
GRANT SELECT (id, customer_id, kind, address, payload, happened_at) ON sales.events_2024_01 TO wicket_reader;
GRANT SELECT (id, customer_id, kind, address, payload, happened_at) ON sales.events_2024_02 TO wicket_reader;
GRANT SELECT (id, customer_id, kind, address, payload, happened_at) ON sales.events_2024_03 TO wicket_reader;
GRANT SELECT (order_id, line, product_id, quantity, unit_price) ON sales.order_items TO wicket_reader;
GRANT SELECT (order_id, customer_id, ordered_at, status, lines, total) ON sales.order_totals TO wicket_reader;
GRANT SELECT (id, reference, customer_id, status, ordered_at, shipped_at, comment) ON sales.orders TO wicket_reader;
GRANT SELECT (id, sku, name, category, price, tags, attributes, sold_during) ON sales.products TO wicket_reader;
GRANT SELECT (code, name, currency) ON sales.regions TO wicket_reader;

COMMIT;
"#);

    database.script(&finished.stdout).await;
    database.script(&finished.stdout).await;
    let role = database.connect().await;
    role.batch_execute("SET ROLE wicket_reader").await.unwrap();
    for (sql, allowed) in [
        ("SELECT id, email, tenant_id FROM sales.customers", true),
        ("SELECT count(*) FROM sales.orders", true),
        ("SELECT ssn FROM sales.customers", false),
        ("SELECT * FROM sales.payroll_export", false),
        ("SELECT * FROM hr.employees", false),
        ("INSERT INTO scratch.notes (author, body) VALUES ('a', 'b')", false),
    ] {
        assert_eq!(role.batch_execute(sql).await.is_ok(), allowed, "{sql}");
    }
    let finished = run(&wicket, &["query", "SELECT name, email FROM customers WHERE id < 4"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test]
async fn serve_ends_when_it_is_told_to() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    for signal in [None, Some("-TERM"), Some("-INT")] {
        let mut mcp = wicket.serve(POLICY, &["tenant=1"]).await;
        assert_eq!(mcp.query("SELECT count(*) FROM customers").await.rows().len(), 1);
        let (status, stderr) = match signal {
            None => mcp.close().await,
            Some(signal) => {
                let kill = std::process::Command::new("kill").arg(signal).arg(mcp.process_id().to_string()).status();
                assert!(kill.unwrap().success());
                mcp.ended().await
            }
        };
        assert_eq!(status.code(), Some(0), "{signal:?}: {stderr}");
        assert!(stderr.contains("history=") && stderr.contains("pgwicket ends"), "{stderr}");
        for secret in SECRETS {
            assert!(!stderr.contains(secret));
        }
    }
}

#[tokio::test]
async fn several_principals_need_a_choice() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policies/analyst.toml", POLICY);
    let principal = |name: &str, tenant: u32| {
        format!("[principals.{name}]\npolicy = \"policies/analyst.toml\"\nattributes = {{ tenant = {tenant} }}\n")
    };
    let text = format!("version = 1\n{}{}", principal("ana", 1), principal("ben", 2));
    let config = wicket.write("pgwicket.toml", &text);
    let query = ["query", "SELECT min(id) FROM customers", "--format", "csv", "--config", config.to_str().unwrap()];
    let finished = wicket.run(&query).await;
    fails(&finished, 2, "--principal: the configuration has several principals");
    assert!(finished.stderr.contains("choose one of `ana`, `ben`"), "{}", finished.stderr);
    for (name, least) in [("ana", "2"), ("ben", "1")] {
        let finished = wicket.run(&[&query[..], &["--principal", name]].concat()).await;
        assert_eq!(finished.stdout, format!("min\r\n{least}\r\n"), "{}", finished.stderr);
    }
    // The history lies beside the configuration, and the keys beside it.
    assert!(wicket.path("history/i0001").is_dir() && wicket.path("keys").is_dir());
}
