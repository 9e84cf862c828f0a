//! A column that PostgreSQL generates from one that the policy hides or masks would show it, so it is hidden with it.

use serde_json::json;

use crate::support::{Database, Library};

const SETUP: &str = "
    CREATE SCHEMA desk;
    CREATE TABLE desk.people (id int PRIMARY KEY, name text, ssn text, note text,
        upper_name text GENERATED ALWAYS AS (upper(name)) STORED,
        digits int GENERATED ALWAYS AS (length(ssn)) STORED,
        shout text GENERATED ALWAYS AS (note || '!') STORED);
    INSERT INTO desk.people VALUES (1, 'ada', '900-00-0001', 'n');
    GRANT USAGE ON SCHEMA desk TO wicket;
    GRANT ALL ON ALL TABLES IN SCHEMA desk TO wicket;";

/// From PostgreSQL 16 on.
const CHILD: &str = "
    CREATE TABLE desk.parent (id int, note text, ssn text, g text GENERATED ALWAYS AS (note) STORED);
    CREATE TABLE desk.child (g text GENERATED ALWAYS AS (ssn) STORED) INHERITS (desk.parent);
    INSERT INTO desk.child VALUES (1, 'n', '900-00-0001');
    GRANT SELECT ON desk.parent, desk.child TO wicket;";

const HEAD: &str = "version = 1\nname = \"desk\"\n[statements]\nallow = [\"select\", \"update\"]\n[search_path]\n\
                    schemas = [\"desk\"]\n[schemas.desk]\naccess = \"write\"\n";

async fn library(database: &Database, rules: &str) -> Library {
    Library::open(database, &format!("{HEAD}{rules}"), &[]).await
}

async fn code(library: &Library, sql: &str) -> String {
    library.query(sql).await.err().map(|rejection| rejection.reason.code().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_column_generated_from_a_hidden_one_is_hidden() {
    let database = Database::empty().await;
    database.script(SETUP).await;
    let rules = "[tables.\"desk.people\"]\ndeny_columns = [\"ssn\"]\nmask = { name = \"redact\" }\n";
    let both = library(&database, rules).await;
    for column in ["upper_name", "digits"] {
        for sql in [
            format!("SELECT {column} FROM people"),
            format!("SELECT count(*) FROM people AS p WHERE p.{column} IS NULL"),
            format!("UPDATE people SET note = 'x' WHERE id = 1 RETURNING {column}"),
        ] {
            assert_eq!(code(&both, &sql).await, "unknown_column", "{sql}");
        }
    }
    let all = "SELECT * FROM people";
    assert_eq!(both.rows(all).await, json!([[1, "***", "n", "n!"]]));
    assert_eq!(both.rows("SELECT row_to_json(p)::text LIKE '%ADA%' FROM people AS p").await, json!([[false]]));
    // By a pattern over all tables, too.
    let pattern = library(&database, "[columns]\n\"*.name\" = \"deny\"\n").await;
    assert_eq!(pattern.rows(all).await, json!([[1, "900-00-0001", "n", 11, "n!"]]));
    // What the policy names is meant to be seen, as a list's column or by its own mask.
    let listed = "[tables.\"desk.people\"]\ncolumns = [\"id\", \"digits\"]\n";
    assert_eq!(library(&database, listed).await.rows(all).await, json!([[1, 11]]));
    let masked =
        "[tables.\"desk.people\"]\ndeny_columns = [\"ssn\"]\nmask = { name = \"redact\", upper_name = { last = 1 } }\n";
    assert_eq!(library(&database, masked).await.rows(all).await, json!([[1, "***", "n", "***A", "n!"]]));
    let open = library(&database, "").await;
    assert_eq!(open.rows("SELECT upper_name, digits, shout FROM people").await, json!([["ADA", 11, "n!"]]));
}

#[tokio::test]
async fn a_child_may_generate_a_column_from_another_than_its_parent() {
    let database = Database::empty().await;
    database.script(SETUP).await;
    if library(&database, "").await.catalog.current().server_version() < 160_000 {
        return;
    }
    database.script(CHILD).await;
    let rules = "[tables.\"desk.parent\"]\ndeny_columns = [\"ssn\"]\n";
    let library = library(&database, rules).await;
    assert_eq!(code(&library, "SELECT g FROM parent").await, "unknown_column");
    assert_eq!(library.rows("SELECT * FROM parent").await, json!([[1, "n"]]));
}
