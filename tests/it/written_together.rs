//! Constraints, generated columns and indexes that join a column that may be written with one that can't be read: a
//! write of the one would tell of the other by whether it fails.

use crate::support::{Database, Library};

const SETUP: &str = "
    CREATE SCHEMA desk;
    CREATE TABLE desk.plain (id int PRIMARY KEY, a int, b int, secret int, CHECK (a < b));
    CREATE TABLE desk.checked (id int PRIMARY KEY, a int, b int, secret int, CHECK (a < secret));
    CREATE TABLE desk.generated (id int PRIMARY KEY, a int, b int, secret int,
        g int GENERATED ALWAYS AS (100 / (secret - a)) STORED);
    CREATE TABLE desk.further (id int PRIMARY KEY, a int, b int, secret int,
        g int GENERATED ALWAYS AS (a + 1) STORED, CHECK (g < secret));
    CREATE TABLE desk.indexed (id int PRIMARY KEY, a int, b int, secret int);
    CREATE INDEX ON desk.indexed ((100 / (secret - a)));
    CREATE TABLE desk.partial (id int PRIMARY KEY, a int, b int, secret int);
    CREATE UNIQUE INDEX ON desk.partial (a) WHERE secret > 5;
    CREATE TABLE desk.excluding (id int PRIMARY KEY, a int, b int, secret int,
        EXCLUDE USING gist (int4range(a, a + 1) WITH &&, int4range(secret, secret + 1) WITH &&));
    CREATE TABLE desk.filtered (id int PRIMARY KEY, a int, b int, secret int,
        EXCLUDE USING gist (int4range(a, a + 10) WITH &&));
    CREATE TABLE desk.whole (id int PRIMARY KEY, a int, b int, secret int);
    ALTER TABLE desk.whole ADD CHECK (whole IS NOT NULL OR a > 0);
    CREATE TABLE desk.parted (id int, a int, b int, secret int) PARTITION BY RANGE (id);
    CREATE TABLE desk.parted_1 (secret int, b int, a int, id int, CHECK (a < secret));
    ALTER TABLE desk.parted ATTACH PARTITION desk.parted_1 FOR VALUES FROM (0) TO (10);
    CREATE TABLE desk.later (id int PRIMARY KEY, a int, b int, secret int);
    INSERT INTO desk.later VALUES (1, 1, 2, 3);
    GRANT USAGE ON SCHEMA desk TO wicket;
    GRANT ALL ON ALL TABLES IN SCHEMA desk TO wicket;";

fn policy(side_effects: bool) -> String {
    let tables =
        ["plain", "checked", "generated", "further", "indexed", "partial", "excluding", "whole", "parted", "later"];
    let rules: String = tables
        .iter()
        .map(|table| format!("[tables.\"desk.{table}\"]\ndeny_columns = [\"secret\"]\nside_effects = {side_effects}\n"))
        .collect();
    format!(
        "version = 1\nname = \"desk\"\n[statements]\nallow = [\"select\", \"insert\", \"update\", \"delete\"]\n\
         [search_path]\nschemas = [\"desk\"]\n[schemas.desk]\naccess = \"write\"\n{rules}\
         [tables.\"desk.filtered\"]\nrows = \"b = 1\"\nside_effects = {side_effects}\n"
    )
}

async fn code(library: &Library, sql: &str) -> String {
    match library.query(sql).await {
        Ok(_) => String::new(),
        Err(rejection) => rejection.reason.code().to_owned(),
    }
}

#[tokio::test]
async fn a_column_joined_with_a_hidden_one_is_not_written() {
    let database = Database::empty().await;
    database.script(SETUP).await;
    let library = Library::open(&database, &policy(false), &[]).await;
    for table in ["checked", "generated", "further", "indexed", "partial", "excluding", "filtered", "whole", "parted"] {
        let sql = format!("UPDATE {table} SET a = 5 WHERE id = 1");
        assert_eq!(code(&library, &sql).await, "side_effects", "{sql}");
        let sql = format!("DELETE FROM {table} WHERE id = 1");
        assert_eq!(code(&library, &sql).await, "", "{sql}");
    }
    // A row that is new joins with its own defaults, and with other rows only by an index over them.
    for (table, expected) in [
        ("checked", ""),
        ("generated", ""),
        ("indexed", ""),
        ("partial", "side_effects"),
        ("excluding", "side_effects"),
        ("filtered", "side_effects"),
    ] {
        let sql = format!("INSERT INTO {table} (id, a, b) VALUES (7, 1, 1)");
        assert_eq!(code(&library, &sql).await, expected, "{sql}");
    }
    let sql = "INSERT INTO checked (id, a) VALUES (7, 1) ON CONFLICT (id) DO UPDATE SET a = 9";
    assert_eq!(code(&library, sql).await, "side_effects");
    // Columns that no hidden one is joined with.
    for table in ["plain", "checked", "generated", "further"] {
        let sql = format!("UPDATE {table} SET b = 5 WHERE id = 1");
        assert_eq!(code(&library, &sql).await, "", "{sql}");
    }
    assert_eq!(code(&library, "UPDATE plain SET a = 1, b = 5 WHERE id = 1").await, "");
}

#[tokio::test]
async fn side_effects_allow_it() {
    let database = Database::empty().await;
    database.script(SETUP).await;
    let library = Library::open(&database, &policy(true), &[]).await;
    for table in ["checked", "generated", "indexed", "partial", "excluding", "filtered", "whole", "parted"] {
        let sql = format!("UPDATE {table} SET a = 5 WHERE id = 1");
        assert_eq!(code(&library, &sql).await, "", "{sql}");
    }
}

#[tokio::test]
async fn a_constraint_that_is_added_later_is_noticed() {
    for added in [
        "ALTER TABLE desk.later ADD CHECK (a < secret)",
        "ALTER TABLE desk.later ADD EXCLUDE USING gist (int4range(a, a + 1) WITH &&, int4range(secret, secret) WITH &&)",
        "CREATE UNIQUE INDEX ON desk.later (a) WHERE secret > 1",
    ] {
        let database = Database::empty().await;
        database.script(SETUP).await;
        let library = Library::open(&database, &policy(false), &[]).await;
        let sql = "UPDATE later SET a = 2 WHERE id = 1";
        assert_eq!(code(&library, sql).await, "", "{added}");
        database.script(added).await;
        assert_ne!(code(&library, "UPDATE later SET a = 100 WHERE id = 1").await, "", "{added}");
        assert_ne!(code(&library, sql).await, "constraint_violation", "{added}");
    }
}
