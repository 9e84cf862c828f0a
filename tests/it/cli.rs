//! The command line through the real binary: one clear message for each thing that can be wrong, the exit codes, and
//! what `query`, `check` and `policy` print.

use std::net::TcpListener;

use crate::support::{Database, Finished, PATIENCE, Wicket};

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
async fn a_database_and_a_history_that_both_fail_are_both_told() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_PASSWORD", "s3cret-word");
    wicket.write("policy.toml", POLICY);
    wicket.write("history", "not a directory");
    let text = "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\nattributes = { tenant = 1 }\n";
    let config = wicket.write("pgwicket.toml", text);
    let finished = wicket.run(&["query", "SELECT 1", "--config", config.to_str().unwrap()]).await;
    without_secret(&finished);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""));
    assert!(finished.stderr.contains("error: the password for `wicket` is wrong"), "{}", finished.stderr);
    assert!(finished.stderr.contains("error: the history in `"), "{}", finished.stderr);
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

SELECT t1.c2 AS "phone" FROM (SELECT CASE WHEN ("pg_catalog"."now"() IS NULL) THEN t2."id" ELSE t2."id" END AS "id", CAST(NULL AS "pg_catalog"."text") AS "phone" FROM "sales"."customers" AS t2 WHERE (((t2."tenant_id" = CAST($1 AS "pg_catalog"."int8")) AND (t2."birth_date" IS NOT NULL)) AND (t2."id" = 7)) OFFSET 0) AS t1(c1, c2) WHERE (t1.c1 = 7) LIMIT 6
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

/// Runs the binary through a line of shell.
async fn through(wicket: &Wicket, script: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let whom = ana(wicket);
    let all: Vec<&str> = arguments.iter().copied().chain(whom.iter().map(String::as_str)).collect();
    let output = tokio::time::timeout(PATIENCE, wicket.command_through(script, &all).output()).await.unwrap().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn output_that_is_lost_is_a_failure_unless_nobody_reads_it() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let (code, stderr) = through(&wicket, r#""$0" "$@" > /dev/full"#, &["query", "SELECT 1"]).await;
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.starts_with("error: standard output can't be written: "), "{stderr}");
    // Much more than a pipe takes.
    let script = r#"{ "$0" "$@"; echo "ended with $?" >&2; } | true"#;
    let (code, stderr) = through(&wicket, script, &["query", "SELECT repeat('x', 500000)"]).await;
    assert_eq!((code, stderr.as_str()), (Some(0), "ended with 0\n"));
}

#[tokio::test]
async fn a_client_that_does_not_begin_as_mcp_does_is_told_in_a_sentence() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    for (sends, message) in [
        (":", "the client hung up before it said `initialize`"),
        (
            r#"echo '{"jsonrpc":"2.0","id":1,"result":{"sql":"SELECT hush"}}'"#,
            "the client said something else before `initialize`",
        ),
    ] {
        let (code, stderr) = through(&wicket, &format!(r#"{sends} | "$0" "$@""#), &["serve"]).await;
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.ends_with(&format!("error: no MCP connection came about: {message}\n")), "{stderr}");
        assert!(!stderr.contains("hush"), "{stderr}");
    }
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
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hr, public, sales, scratch FROM wicket_reader;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA hr, public, sales, scratch FROM wicket_reader;

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

/// Standard error of a server that logs all it can, after statements that hold literals, a hash mask and a failure.
#[tokio::test]
async fn the_log_is_json_where_asked_for_and_never_holds_data_or_secrets() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("PGWICKET_LOG", "trace").env("RUST_LOG", "trace");
    wicket.write("policy.toml", &POLICY.replace("phone = \"null\"", "phone = \"hash\""));
    let text = "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\nattributes = { tenant = 1 }\n[log]\nformat = \"json\"\n";
    let config = wicket.write("pgwicket.toml", text);
    let mut mcp = wicket.serve_with(&["serve", "--config", config.to_str().unwrap()]).await;
    let rows = mcp.query("SELECT phone, name FROM customers WHERE name <> 'lite-ral' ORDER BY id LIMIT 1").await.rows();
    assert_eq!(rows[0][1], "Olga Kowalski");
    assert!(mcp.query("SELECT 'lite-ral'::int FROM orders").await.is_error);
    assert!(mcp.query("SELECT 'lite-ral' FROM nowhere").await.is_error);
    let (_, stderr) = mcp.close().await;
    assert!(stderr.lines().count() > 1, "{stderr}");
    for line in stderr.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(event["target"].as_str().unwrap().starts_with("pgwicket"), "{line}");
    }
    let key = std::fs::read_to_string(wicket.path("keys/deployment.key")).unwrap();
    for secret in
        SECRETS.iter().copied().chain(["lite-ral", "Olga", "555-01", key.trim(), rows[0][0].as_str().unwrap()])
    {
        assert!(!stderr.contains(secret), "{secret} is in the log:\n{stderr}");
    }
}

#[tokio::test]
async fn a_role_that_cannot_be_set_is_told_at_start() {
    let database = Database::sample().await;
    database.script("CREATE ROLE cli_stranger NOLOGIN").await;
    let wicket = Wicket::on(&database);
    for (role, message) in [
        ("nosuchrole", "names the role `nosuchrole`, which does not exist in the database"),
        ("cli_stranger", "names the role `cli_stranger`, of which the login role is no member"),
    ] {
        let policy = wicket.write("policy.toml", &POLICY.replace("wicket_reader", role));
        let finished = wicket.run(&["serve", "--policy", policy.to_str().unwrap(), "--attribute", "tenant=1"]).await;
        fails(&finished, 2, message);
        assert!(finished.stderr.contains("help: `pgwicket policy grants`"), "{}", finished.stderr);
    }
    database.script("DROP ROLE cli_stranger").await;
}

/// Writing, names that need quotes, a serial column, a generated one, and a policy without a role.
#[tokio::test]
async fn grants_cover_writing_and_odd_names() {
    let database = Database::sample().await;
    let schema = r#"
        CREATE SCHEMA "Odd's schema";
        CREATE TABLE "Odd's schema"."Ta.ble" (
            id serial PRIMARY KEY, "from" text, "Mixed" text, hidden text,
            twice text GENERATED ALWAYS AS ("from" || "from") STORED
        );
        GRANT ALL ON SCHEMA "Odd's schema" TO wicket;
        GRANT ALL ON ALL TABLES IN SCHEMA "Odd's schema" TO wicket;
        GRANT ALL ON ALL SEQUENCES IN SCHEMA "Odd's schema" TO wicket;"#;
    database.script(schema).await;
    let policy = r#"
version = 1
name = "The writer's"
[statements]
allow = ["select", "insert", "delete"]
[schemas."Odd's schema"]
access = "listed"
[tables.'"Odd''s schema"."Ta.ble"']
access = "write"
deny_columns = ["hidden"]
"#
    .replace("Odd''s", "Odd's")
    .replace("'\"Odd's schema\".\"Ta.ble\"'", "\"\\\"Odd's schema\\\".\\\"Ta.ble\\\"\"");
    let wicket = Wicket::on(&database);
    let policy = wicket.write("policy.toml", &policy);
    let finished = wicket.run(&["policy", "grants", policy.to_str().unwrap()]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let granted: Vec<&str> = finished.stdout.lines().filter(|line| line.starts_with("GRANT ")).collect();
    assert_eq!(
        granted,
        [
            "GRANT pgwicket_the_writer_s TO wicket;",
            r#"GRANT USAGE ON SCHEMA "Odd's schema" TO pgwicket_the_writer_s;"#,
            r#"GRANT SELECT (id, "from", "Mixed", twice) ON "Odd's schema"."Ta.ble" TO pgwicket_the_writer_s;"#,
            r#"GRANT INSERT (id, "from", "Mixed") ON "Odd's schema"."Ta.ble" TO pgwicket_the_writer_s;"#,
            r#"GRANT DELETE ON "Odd's schema"."Ta.ble" TO pgwicket_the_writer_s;"#,
            r#"GRANT USAGE ON SEQUENCE "Odd's schema"."Ta.ble_id_seq" TO pgwicket_the_writer_s;"#,
        ]
    );
    assert!(finished.stdout.contains("add `role = \"pgwicket_the_writer_s\"` to it"), "{}", finished.stdout);
    database.script(&finished.stdout).await;
    let role = database.connect().await;
    let all = r#"SET ROLE pgwicket_the_writer_s;
        INSERT INTO "Odd's schema"."Ta.ble" ("from") VALUES ('x') RETURNING id, twice;
        DELETE FROM "Odd's schema"."Ta.ble" WHERE "from" = 'x'"#;
    role.batch_execute(all).await.unwrap();
    assert!(role.batch_execute(r#"UPDATE "Odd's schema"."Ta.ble" SET "from" = 'y'"#).await.is_err());
    role.batch_execute("RESET ROLE; DROP OWNED BY pgwicket_the_writer_s; DROP ROLE pgwicket_the_writer_s")
        .await
        .unwrap();
}

#[tokio::test]
async fn ctrl_c_cancels_a_query() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let whom = ana(&wicket);
    let mut arguments = vec!["query", "SELECT count(*) FROM orders a, orders b, orders c, orders d"];
    arguments.extend(whom.iter().map(String::as_str));
    let query = wicket.command(&arguments).spawn().unwrap();
    let beside = database.connect().await;
    let running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgwicket/local' \
        AND state = 'active' AND datname = current_database()";
    let count = async || beside.query_one(running, &[]).await.unwrap().get::<_, i64>(0);
    while count().await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let id = query.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = tokio::time::timeout(crate::support::PATIENCE, query.wait_with_output()).await.unwrap().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error[cancelled]: "), "{stderr}");
    assert_eq!(count().await, 0);
}

/// `UPDATE_GOLDEN=1 cargo test --test it cli` writes the generated part of `docs/configuration.md`.
#[test]
fn the_keys_of_the_reference_are_the_registrys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let text = std::fs::read_to_string(path).unwrap();
    let generated = pgwicket::gate::policy::reference::key_tables(pgwicket::config::keys::ALL);
    let (begin, end) = ("<!-- keys: generated -->\n", "\n<!-- end of keys -->");
    let start = text.find(begin).unwrap() + begin.len();
    let stop = text.find(end).unwrap();
    let expected = format!("{}\n{generated}\n{}", &text[..start], &text[stop..]);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == expected, "run `UPDATE_GOLDEN=1 cargo test --test it cli`");
}
