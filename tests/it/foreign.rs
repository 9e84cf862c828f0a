//! Foreign tables and sequences: relations of their own, that only their own name in the policy opens.

use serde_json::{Value, json};

use crate::support::{Database, Library};

const SETUP: &str = "
    CREATE EXTENSION file_fdw;
    CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
    CREATE FOREIGN TABLE sales.prices (sku text, price numeric, cost numeric, tenant_id int)
        SERVER files OPTIONS (program 'printf \"a,1.50,1.00,1\\nb,2.50,2.00,2\\n\"', format 'csv');
    CREATE FOREIGN TABLE sales.unnamed (a text) SERVER files OPTIONS (program 'echo CANARY', format 'csv');
    CREATE FOREIGN TABLE sales.broken (a int) SERVER files OPTIONS (program 'echo CANARY', format 'csv');
    CREATE VIEW sales.cheap AS SELECT sku FROM sales.prices WHERE price < 2;
    CREATE TABLE sales.measured (at date, value int) PARTITION BY RANGE (at);
    CREATE TABLE sales.measured_new PARTITION OF sales.measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    INSERT INTO sales.measured VALUES ('2024-06-01', 2);
    CREATE FOREIGN TABLE sales.measured_old PARTITION OF sales.measured FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')
        SERVER files OPTIONS (program 'printf \"2023-06-01,1\\n\"', format 'csv');
    CREATE SEQUENCE sales.tickets START 7;
    CREATE SEQUENCE sales.unnamed_tickets;
    GRANT ALL ON ALL TABLES IN SCHEMA sales TO wicket;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA sales TO wicket;";

const POLICY: &str = r#"
version = 1
name = "files"
attributes = { tenant = "int" }
[statements]
allow = ["select", "explain", "insert", "update", "delete"]
[schemas.sales]
access = "write"
[tables."sales.broken"]
[tables."sales.tickets"]
"#;

async fn library(database: &Database, more: &str) -> Library {
    Library::open(database, &format!("{POLICY}{more}"), &[("tenant", "1")]).await
}

async fn database() -> Database {
    let database = Database::sample().await;
    database.script(SETUP).await;
    database
}

async fn refused(library: &Library, sql: &str) -> &'static str {
    match library.query(sql).await {
        Ok(rows) => panic!("{sql} gave {rows}"),
        Err(rejection) => {
            let told = rejection.to_json(None).to_string();
            assert!(!told.contains("CANARY") && !told.contains("printf"), "{told}");
            rejection.reason.code()
        }
    }
}

#[tokio::test]
async fn a_foreign_table_is_opened_by_its_name_and_masked_and_filtered_like_any_other() {
    let database = database().await;
    let named = library(&database, "[tables.\"sales.prices\"]\n").await;
    assert_eq!(
        named.rows("SELECT sku, price FROM sales.prices ORDER BY sku").await,
        json!([["a", "1.50"], ["b", "2.50"]])
    );
    for sql in ["SELECT a FROM sales.unnamed", "SELECT * FROM sales.unnamed_tickets"] {
        assert_eq!(refused(&named, sql).await, "unknown_relation", "{sql}");
    }
    // A view over it is named by the policy, or isn't readable.
    assert_eq!(refused(&named, "SELECT sku FROM sales.cheap").await, "not_yet_supported");
    // A plan would tell where the rows come from, and so would the server's words about them.
    assert_eq!(refused(&named, "EXPLAIN SELECT sku FROM sales.prices").await, "not_yet_supported");
    assert_eq!(refused(&named, "SELECT a FROM sales.broken").await, "database_error");
    for sql in [
        "INSERT INTO sales.prices (sku) VALUES ('c')",
        "UPDATE sales.prices SET price = 1 WHERE sku = 'a'",
        "DELETE FROM sales.prices WHERE sku = 'a'",
    ] {
        assert_eq!(refused(&named, sql).await, "not_yet_supported", "{sql}");
    }

    let rules = "[tables.\"sales.prices\"]\ndeny_columns = [\"cost\"]\nmask = { price = { round = 1 } }\n\
                 rows = \"tenant_id = :tenant\"\n";
    let protected = library(&database, rules).await;
    assert_eq!(protected.rows("SELECT * FROM (SELECT sku, price FROM sales.prices) AS p").await, json!([["a", "2"]]));
    assert_eq!(refused(&protected, "SELECT cost FROM sales.prices").await, "unknown_column");
}

#[tokio::test]
async fn a_foreign_partition_is_read_with_its_parent_only_if_the_policy_names_it() {
    let database = database().await;
    let unnamed = library(&database, "").await;
    assert_eq!(refused(&unnamed, "SELECT value FROM sales.measured").await, "not_yet_supported");
    let named = library(&database, "[tables.\"sales.measured_old\"]\n").await;
    assert_eq!(named.rows("SELECT value FROM sales.measured ORDER BY at").await, json!([[1], [2]]));
    assert_eq!(refused(&named, "EXPLAIN SELECT value FROM sales.measured").await, "not_yet_supported");
    let insert = "INSERT INTO sales.measured (at, value) VALUES ('2024-07-01', 3)";
    assert_eq!(refused(&named, insert).await, "not_yet_supported");
}

/// The table's options say what it reads, and changing them leaves the table itself as it was.
#[tokio::test]
async fn where_the_rows_come_from_is_verified() {
    let database = database().await;
    let library = library(&database, "[tables.\"sales.prices\"]\n").await;
    let sql = "SELECT sku FROM sales.prices";
    for change in [
        "ALTER FOREIGN TABLE sales.prices OPTIONS (SET program 'echo CANARY,1,1,1')",
        "ALTER SERVER files VERSION '2'",
        "ALTER FOREIGN DATA WRAPPER file_fdw VALIDATOR file_fdw_validator",
    ] {
        let admitted = library.admit(sql).unwrap();
        database.script(change).await;
        let ended = library.execute(admitted).await;
        assert!(matches!(ended, Err(pgwicket::postgres::ExecuteError::CatalogChanged)), "{change}: {ended:?}");
        // The gateway looks again, and the policy still says yes.
        library.rows(sql).await;
    }
}

#[tokio::test]
async fn a_sequence_is_read_by_its_name_and_never_advanced() {
    let database = database().await;
    let library = library(&database, "").await;
    let sequence = "SELECT last_value, is_called FROM sales.tickets";
    assert_eq!(library.rows(sequence).await, json!([[7, false]]));
    for sql in
        ["SELECT nextval('sales.tickets')", "SELECT currval('sales.tickets')", "SELECT setval('sales.tickets', 1)"]
    {
        assert_eq!(refused(&library, sql).await, "function_not_allowed", "{sql}");
    }
    assert_eq!(refused(&library, "DELETE FROM sales.tickets WHERE last_value = 7").await, "not_yet_supported");
    let kinds: Vec<Value> = library.metadata().await["tables"].as_array().unwrap().clone();
    let kind = |name: &str| kinds.iter().find(|one| one["name"] == name).map(|one| one["kind"].clone());
    assert_eq!(kind("tickets"), Some(json!("sequence")));
    assert_eq!(kind("unnamed_tickets"), None);
    assert_eq!(kind("unnamed"), None);
}
