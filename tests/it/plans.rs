//! Plans: of what is restricted only their shape leaves, with names that the principal knows and no numbers; ANALYZE is a
//! right of its own and counts nothing that is hidden.

use serde_json::Value;

use crate::support::{Database, Library};

const SETUP: &str = "
    CREATE SCHEMA canary;
    CREATE TABLE canary.members (id int PRIMARY KEY, customer int, canary_note text);
    INSERT INTO canary.members SELECT id, id, 'canary' FROM sales.customers;
    CREATE INDEX canary_ssn ON sales.customers (ssn);
    CREATE UNIQUE INDEX canary_key ON sales.customers (ssn, id);
    CREATE TYPE canary.mood AS ENUM ('canary', 'other');
    CREATE TABLE sales.moods (id int PRIMARY KEY, mood canary.mood);
    CREATE FUNCTION sales.peek(text) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM canary.members WHERE canary_note = $1';
    CREATE VIEW sales.member_view AS SELECT m.id, c.name FROM canary.members m JOIN sales.customers c ON c.id = m.customer;
    CREATE TABLE sales.counted (id int PRIMARY KEY, n int);
    INSERT INTO sales.counted SELECT i, i FROM generate_series(1, 50) AS i;
    GRANT USAGE ON SCHEMA canary TO wicket;
    GRANT SELECT ON ALL TABLES IN SCHEMA canary TO wicket;
    GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket;
    ANALYZE;";

const POLICY: &str = r#"
version = 1
name = "planner"
attributes = { tenant = "int" }
[statements]
allow = ["select", "explain", "insert", "update", "delete"]
[search_path]
schemas = ["sales"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
[tables."sales.customers"]
rows = "tenant_id = :tenant"
mask = { email = "email" }
[tables."sales.orders"]
rows = "customer_id IN (SELECT m.customer FROM canary.members AS m)"
[tables."sales.products"]
rows = "id IN (SELECT r.id FROM sales.counted AS r)"
[tables."sales.member_view"]
[functions]
allow = ["@builtin", "sales.peek(text)"]
[schemas.scratch]
access = "write"
"#;

async fn opened(policy: &str) -> (Database, Library) {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, policy, &[("tenant", "1")]).await;
    (database, library)
}

/// The plan as one text.
async fn plan(library: &Library, sql: &str) -> String {
    let rows = library.rows(sql).await;
    let line = |row: &Value| row[0].as_str().map_or_else(|| row[0].to_string(), str::to_owned);
    rows.as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn of_a_restricted_plan_the_shape_is_told() {
    let (_database, library) = opened(POLICY).await;
    let text = plan(&library, "EXPLAIN SELECT name FROM customers WHERE id = 5").await;
    assert!(text.contains(" using customers_pkey on sales.customers"), "{text}");
    for sql in [
        "SELECT name FROM customers WHERE id = 5 AND name LIKE 'A%'",
        "SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.region = 'canaryland'",
        "SELECT region, count(*) FROM customers GROUP BY 1 HAVING count(*) > 17 ORDER BY 2",
        "SELECT * FROM orders",
        "SELECT * FROM products p JOIN counted r ON r.id = p.id",
        "SELECT * FROM member_view",
        "SELECT * FROM member_view v JOIN customers c ON c.id = v.id",
        "SELECT * FROM moods WHERE mood = 'other'",
        "SELECT peek('canary')",
        "SELECT id FROM regions, LATERAL (SELECT id FROM customers WHERE region = code) l",
        "WITH q AS MATERIALIZED (SELECT * FROM customers) SELECT * FROM q, q AS z",
        "SELECT 1 FROM customers UNION ALL SELECT 2 FROM counted",
    ] {
        for how in ["EXPLAIN", "EXPLAIN (FORMAT TEXT)", "EXPLAIN (FORMAT json)", "explain (analyze off, format json)"] {
            let text = plan(&library, &format!("{how} {sql}")).await;
            let lower = text.to_lowercase();
            assert!(text.contains("Scan") || text.contains("Result"), "{sql}: {text}");
            for hidden in [
                "canary", "ssn", "cost", "rows", "width", "filter", "cond", "output", "tenant", "members", "t1", "like",
            ] {
                assert!(!lower.contains(hidden), "{hidden} in {how} {sql}: {text}");
            }
            assert!(!text.chars().any(|c| c.is_ascii_digit()), "{how} {sql}: {text}");
        }
    }
    // What only a filter or a view reads has no name, even if the statement may name it.
    let text = plan(&library, "EXPLAIN SELECT * FROM products p JOIN counted r ON r.id = p.id").await;
    assert!(text.contains("sales.products") && !text.contains("counted"), "{text}");
    // An index with a column that the principal doesn't see has none, either.
    let text = plan(&library, "EXPLAIN (FORMAT JSON) SELECT id FROM customers WHERE region = 'eu'").await;
    assert!(text.contains("\"customers\"") && !text.contains("customers_tenant_region"), "{text}");
}

/// What isn't restricted is explained by PostgreSQL itself.
/// PostgreSQL's own row-level security hides rows, too: a plan would count them and quote the policy.
#[tokio::test]
async fn of_native_row_security_the_shape_is_told() {
    let database = Database::sample().await;
    database
        .script(
            "CREATE TABLE sales.native (id int PRIMARY KEY, tenant int);
             INSERT INTO sales.native SELECT i, i % 3 FROM generate_series(1, 50) AS i;
             ALTER TABLE sales.native ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON sales.native USING (tenant = 1 AND id <> 4711);
             CREATE VIEW sales.native_view AS SELECT * FROM sales.native;
             GRANT SELECT ON sales.native, sales.native_view TO wicket; ANALYZE",
        )
        .await;
    let library = Library::open(&database, "version = 1\nname = 'open'\n[statements]\nallow = ['select', 'explain', 'explain_analyze']\n[schemas.sales]\naccess = 'read'", &[]).await;
    assert_eq!(plan(&library, "EXPLAIN SELECT id FROM sales.native").await, "Seq Scan on sales.native");
    let counted = library.query("EXPLAIN ANALYZE SELECT id FROM sales.native").await.unwrap_err();
    assert_eq!(counted.reason.code(), "not_supported");
    let sampled = library.query("SELECT id FROM sales.native TABLESAMPLE BERNOULLI (50)").await.unwrap_err();
    assert_eq!(sampled.reason.code(), "not_yet_supported");
    // A view reads with its owner's rights.
    let unnamed = library.query("SELECT id FROM sales.native_view").await.unwrap_err();
    assert!(unnamed.to_json(None).to_string().contains("has to be named"), "{}", unnamed.to_json(None));
}

#[tokio::test]
async fn an_open_plan_is_told_whole() {
    let (_database, library) = opened(POLICY).await;
    let text = plan(&library, "EXPLAIN SELECT * FROM regions WHERE code = 'eu'").await;
    assert!(text.contains("cost=") && text.contains("Filter:") || text.contains("Index Cond:"), "{text}");
}

/// Two databases that differ in hidden rows and have the same plans tell the same.
#[tokio::test]
async fn the_shape_counts_nothing() {
    let (database, library) = opened(POLICY).await;
    let sql = "EXPLAIN (FORMAT JSON) SELECT region, count(*) FROM customers GROUP BY region";
    let before = plan(&library, sql).await;
    database.script("INSERT INTO sales.customers (id, tenant_id, name, email, ssn, region, created_at)
                     SELECT i, 2, 'n', i || 'x@example.com', '', 'us', now() FROM generate_series(5000, 5004) AS i; ANALYZE").await;
    assert_eq!(plan(&library, sql).await, before);
}

const ANALYZED: &[&str] = &[
    "EXPLAIN ANALYZE",
    "EXPLAIN (ANALYZE)",
    "explain (analyze true)",
    "EXPLAIN (ANALYZE on)",
    "EXPLAIN (ANALYZE 'on')",
    "EXPLAIN (ANALYZE 1, FORMAT JSON)",
    "EXPLAIN (FORMAT TEXT, ANALYZE TRUE)",
    "EXPLAIN (ANALYZE off, ANALYZE)",
    "EXPLAIN /* x */ ANALYZE",
];

#[tokio::test]
async fn analyze_is_a_right_of_its_own() {
    let (database, library) = opened(POLICY).await;
    let analyst = POLICY.replace("\"explain\",", "\"explain_analyze\",");
    let allowed = Library::open(&database, &analyst, &[("tenant", "1")]).await;
    let code = async |library: &Library, sql: &str| match library.query(sql).await {
        Ok(_) => "admitted".to_owned(),
        Err(rejection) => rejection.reason.code().to_owned(),
    };
    for how in ANALYZED {
        let open = format!("{how} SELECT * FROM counted");
        assert_eq!(code(&library, &open).await, "statement_not_allowed", "{open}");
        let text = plan(&allowed, &open).await.to_lowercase();
        assert!(text.contains("actual") && text.contains("50"), "{text}");
        for protected in [
            "SELECT * FROM customers",
            "SELECT count(*) FROM orders",
            "SELECT peek('x')",
            "SELECT 1 FROM member_view",
            "SELECT * FROM moods",
        ] {
            let sql = format!("{how} {protected}");
            assert_eq!(code(&allowed, &sql).await, "not_supported", "{sql}");
            let told = allowed.query(&sql).await.unwrap_err().to_json(None).to_string();
            assert!(!told.to_lowercase().contains("canary"), "{told}");
        }
        for write in [
            "DELETE FROM scratch.notes",
            "INSERT INTO scratch.notes (author, body) VALUES ('canary', 'x')",
            "UPDATE scratch.notes SET body = 'canary' WHERE id = 1",
            "WITH w AS (DELETE FROM scratch.notes RETURNING *) SELECT * FROM w",
            "CREATE TABLE scratch.canary AS SELECT 1",
            "EXECUTE canary",
        ] {
            let sql = format!("{how} {write}");
            assert_ne!(code(&allowed, &sql).await, "admitted", "{sql}");
        }
    }
    // Off is no ANALYZE.
    for how in
        ["EXPLAIN (ANALYZE false)", "EXPLAIN (ANALYZE off)", "EXPLAIN (ANALYZE 0)", "EXPLAIN (ANALYZE, ANALYZE off)"]
    {
        let sql = format!("{how} SELECT * FROM counted");
        assert_eq!(code(&allowed, &sql).await, "statement_not_allowed", "{sql}");
        assert!(!plan(&library, &sql).await.contains("actual"), "{sql}");
    }
    for how in [
        "EXPLAIN (ANALYZE maybe)",
        "EXPLAIN (ANALYZE 2)",
        "EXPLAIN (VERBOSE)",
        "EXPLAIN VERBOSE",
        "EXPLAIN (COSTS off)",
        "EXPLAIN (GENERIC_PLAN)",
    ] {
        for library in [&library, &allowed] {
            assert_ne!(code(library, &format!("{how} SELECT * FROM counted")).await, "admitted", "{how}");
        }
    }
    let notes = database.connect().await;
    let changed = "SELECT count(*) FROM scratch.notes WHERE author = 'canary' OR body = 'canary'";
    assert_eq!(notes.query_one(changed, &[]).await.unwrap().get::<_, i64>(0), 0);
}
