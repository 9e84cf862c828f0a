//! What the metadata tools leave out: whatever names, counts or describes what a policy hides.

use crate::support::{Database, Library};

const SETUP: &str = "
    CREATE SCHEMA canary_schema;
    CREATE SEQUENCE canary_schema.numbers;
    CREATE TABLE sales.canary_ledger (id int PRIMARY KEY);
    CREATE TABLE sales.\"canary odd\" (id int PRIMARY KEY);
    CREATE TABLE sales.shown (
        id int PRIMARY KEY DEFAULT nextval('canary_schema.numbers'),
        canary_col text UNIQUE,
        masked text DEFAULT 'canary value',
        plain text DEFAULT 'fine',
        ledger int REFERENCES sales.canary_ledger
    );
    CREATE TABLE sales.beside (id int PRIMARY KEY DEFAULT nextval('canary_schema.numbers'), good text DEFAULT 'fine', own serial);
    CREATE UNIQUE INDEX canary_index ON sales.shown (plain, canary_col);
    COMMENT ON TABLE sales.shown IS 'See Canary_Ledger for the rest';
    COMMENT ON COLUMN sales.shown.plain IS 'made of canary_col';
    COMMENT ON COLUMN sales.shown.id IS 'as in sales.\"canary odd\"';
    COMMENT ON TABLE sales.beside IS 'kept next to canary_schema';
    COMMENT ON COLUMN sales.beside.id IS 'like canary_col of shown';
    COMMENT ON COLUMN sales.beside.good IS 'nothing to hide';
    INSERT INTO sales.shown (id, masked) SELECT i, 'x' FROM generate_series(1, 4321) AS i;
    ANALYZE sales.shown;
    GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket;";

const POLICY: &str = r#"
version = 1
name = "described"
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
deny = ["canary*"]
[tables."sales.shown"]
deny_columns = ["canary_col"]
mask = { masked = "null" }
rows = "id < 10"
"#;

#[tokio::test]
async fn what_is_hidden_is_in_no_description() {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, POLICY, &[]).await;
    let mut told = library.metadata().await.to_string();
    for view in [
        "tables",
        "columns",
        "table_constraints",
        "key_column_usage",
        "constraint_column_usage",
        "referential_constraints",
    ] {
        told += &library.rows(&format!("SELECT * FROM information_schema.{view}")).await.to_string();
    }
    let lower = told.to_lowercase();
    for hidden in ["canary", "4321"] {
        let at = lower.find(hidden).map(|at| lower[at.saturating_sub(80)..(at + 60).min(lower.len())].to_owned());
        assert_eq!(at, None, "{hidden}");
    }
    // What hides nothing is told.
    let beside = library.describe(&["sales".to_owned(), "beside".to_owned()]).await.unwrap();
    let beside = serde_json::to_string(&beside).unwrap();
    assert!(beside.contains("nothing to hide") && beside.contains("'fine'"), "{beside}");
    assert!(beside.contains("nextval('sales.beside_own_seq'"), "{beside}");
}
