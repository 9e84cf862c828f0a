//! The catalog changes under a statement that was admitted before: nothing of the new meaning comes out, and nothing
//! is written by it.
#![expect(clippy::disallowed_methods, reason = "the test changes the database as its owner would")]

use super::*;
use crate::catalog::CatalogWatch;

/// Puts a view with another meaning in the table's place, keeping every name and type.
const SWAP: &str = "ALTER TABLE t RENAME TO hidden; \
                    CREATE VIEW t AS SELECT id, 'secret'::text AS name FROM hidden";
const READ: &str = "SELECT name || '' AS name FROM public.t WHERE id = 7";
const DELETE: &str = "DELETE FROM public.t WHERE id = 7";

/// What the gate would have remembered of `public.t`.
async fn remembered(database: &Database) -> Verification {
    let watch = CatalogWatch::start(database.pool.clone(), Duration::from_secs(3_600)).await.unwrap();
    let catalog = watch.current();
    let table = catalog.relation_named("public", "t").unwrap();
    Verification { relations: vec![(table.oid, table.stamp.clone())], ..Verification::default() }
}

fn assert_changed(result: Result<Outcome, ExecuteError>) {
    match result {
        Err(ExecuteError::CatalogChanged) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_means_something_else_now_gives_nothing() {
    let database = Database::start(1).await;
    let stamps = remembered(&database).await;
    let admitted = |sql: &str| read(sql).with_verification(stamps.clone());
    assert!(database.execute(admitted(READ)).await.unwrap().result.json.contains("name 7"));
    database.database.script(SWAP).await;
    assert_changed(database.execute(admitted(READ)).await);
    // Nor does an error whose words would come from the new meaning.
    assert_changed(database.execute(admitted("SELECT name::pg_catalog.int4 AS n FROM public.t")).await);
    // Without the proof it would have come out, so the test bites.
    assert_eq!(database.value(READ).await, "secret");
    let stamps = remembered(&database).await;
    database.execute(read(READ).with_verification(stamps)).await.unwrap();
}

/// Starts `statement` while `commands` hold their locks, and commits them when it waits.
async fn run_into(database: &Database, commands: &str, statement: Admitted) -> Result<Outcome, ExecuteError> {
    let owner = database.database.client("").await;
    owner.batch_execute(&format!("BEGIN; {commands}")).await.unwrap();
    let pool = database.pool.clone();
    let running = tokio::spawn(async move { execute(&pool, statement, context()).await });
    sleep(Duration::from_millis(200)).await;
    assert!(!running.is_finished(), "it should wait for a lock");
    owner.batch_execute("COMMIT").await.unwrap();
    running.await.unwrap()
}

#[tokio::test]
async fn a_change_that_commits_while_the_statement_waits_for_it_is_noticed() {
    let database = Database::start(1).await;
    let stamps = remembered(&database).await;
    database.execute(read(READ).with_verification(stamps.clone())).await.unwrap();
    assert_changed(run_into(&database, SWAP, read(READ).with_verification(stamps)).await);

    let database = Database::start(1).await;
    let stamps = remembered(&database).await;
    let change = "ALTER TABLE t ADD extra int";
    assert_changed(run_into(&database, change, write(DELETE).with_verification(stamps)).await);
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t").await, 100);
}

#[tokio::test]
async fn a_new_descendant_is_noticed() {
    let database = Database::start(1).await;
    let stamps = remembered(&database).await;
    database.database.script("CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (7, 'of the child')").await;
    assert_changed(database.execute(read(READ).with_verification(stamps.clone())).await);
    assert_changed(database.execute(write(DELETE).with_verification(stamps)).await);
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t WHERE id = 7").await, 2);
}
