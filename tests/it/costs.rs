//! `[limits] cost`: what the planner finds too costly isn't run, and the bound tells nothing of what is restricted.

use pgwicket::gate::admit::Submission;
use pgwicket::gate::diagnostic::Rejection;
use serde_json::{Value, json};

use crate::support::{Database, Library, sql_of};

const SETUP: &str = "
    CREATE TABLE sales.open (id int PRIMARY KEY, n int NOT NULL);
    INSERT INTO sales.open SELECT i, i % 7 FROM generate_series(1, 20000) AS i;
    CREATE TABLE sales.closed (LIKE sales.open INCLUDING ALL);
    INSERT INTO sales.closed SELECT * FROM sales.open;
    CREATE VIEW sales.through AS SELECT id, n FROM sales.closed;
    CREATE FUNCTION sales.peek(int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM sales.closed WHERE n = $1';
    GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket;
    ANALYZE";

const POLICY: &str = r#"
version = 1
name = "thrifty"
attributes = { most = "int" }
[statements]
allow = ["select", "explain", "explain_analyze", "insert"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
[tables."sales.closed"]
rows = "id <= :most"
[tables."sales.through"]
[schemas.scratch]
access = "write"
[functions]
allow = ["@builtin", "sales.peek(int)"]
[limits]
cost = 200
"#;

async fn refused(library: &Library, sql: &str, parameters: Vec<Value>) -> Option<Rejection> {
    library.run(Submission::Sql { text: sql.to_owned(), parameters }).await.err()
}

#[tokio::test]
async fn what_costs_too_much_is_not_run() {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, POLICY, &[("most", "20000")]).await;
    for costly in [
        "SELECT count(*) FROM open",
        "SELECT n FROM open ORDER BY n",
        "WITH o AS (SELECT * FROM open) SELECT max(o.id) FROM o, o AS p WHERE o.n = p.n",
        "EXPLAIN ANALYZE SELECT count(*) FROM open",
    ] {
        // Twice, since the second finds it prepared.
        for _ in 0..2 {
            let told = refused(&library, costly, Vec::new()).await.unwrap_or_else(|| panic!("{costly} ran"));
            assert_eq!(told.reason.code(), "too_costly", "{costly}");
            let json = told.to_json(None).to_string();
            assert!(json.contains("more than the 200 allowed") && json.contains("limits.cost"), "{json}");
        }
    }
    for cheap in [
        "SELECT n FROM open WHERE id = 5",
        "SELECT n FROM open",
        "EXPLAIN SELECT count(*) FROM open",
        "SELECT 1",
        // A write has a bound of its own.
        "INSERT INTO scratch.notes (author, body) SELECT 'x', max(n)::text FROM open",
    ] {
        for _ in 0..2 {
            assert!(refused(&library, cheap, Vec::new()).await.is_none(), "{cheap}");
        }
    }
    // The values count that the statement comes with, each time.
    let counted = "SELECT count(*) FROM open WHERE id <= $1";
    for (most, runs) in [(10, true), (20_000, false), (10, true)] {
        assert_eq!(refused(&library, counted, vec![json!(most)]).await.is_none(), runs, "{most}");
    }
    // The session is in order, and says what ran.
    assert_eq!(library.rows("SELECT n FROM open WHERE id = 8").await, json!([[1]]));
}

/// A bound on estimates that are made from hidden rows would tell how many there are.
#[tokio::test]
async fn the_bound_does_not_answer_for_what_is_restricted() {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, POLICY, &[("most", "3")]).await;
    for restricted in [
        "SELECT count(*) FROM closed",
        "SELECT count(*) FROM through",
        "SELECT count(*) FROM open, closed WHERE open.id = closed.id",
        "SELECT count(*) FROM open WHERE peek(id) > 2 AND id < 3",
    ] {
        assert!(refused(&library, restricted, Vec::new()).await.is_none(), "{restricted}");
        let admitted = library.admit_submission(&sql_of(restricted)).unwrap();
        assert_eq!((admitted.estimate_sql(), &admitted.permit().cost_cap), (None, &None), "{restricted}");
    }
}
