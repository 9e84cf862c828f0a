//! The snapshot follows the database: on a timer, on demand, and never into an error.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pgwicket::catalog::{CatalogWatch, RefreshError};
use pgwicket::gate::catalog::Catalog;
use pgwicket::postgres::{DatabaseConfig, DatabaseSettings, Pool};

use crate::support::{Database, PATIENCE};

/// Longer than any test: nothing happens by itself.
const NEVER: Duration = Duration::from_secs(3600);
const OFTEN: Duration = Duration::from_millis(50);

fn pool(database: &Database) -> Pool {
    let environment = database.environment();
    let value = |name: &str| environment.iter().find(|(one, _)| *one == name).map(|(_, value)| value.clone());
    let settings = DatabaseSettings {
        host: value("POSTGRES_HOST"),
        port: value("POSTGRES_PORT").map(|port| port.parse().unwrap()),
        db: value("POSTGRES_DB"),
        user: value("POSTGRES_USER"),
        password: value("POSTGRES_PASSWORD").map(Into::into),
        pool_size: Some(1),
        max_overflow: Some(0),
        ..DatabaseSettings::default()
    };
    Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap()
}

fn has(catalog: &Catalog, name: &str) -> bool {
    catalog.relation_named("scratch", name).is_some()
}

async fn follow(watch: &CatalogWatch, until: impl Fn(&Catalog) -> bool) -> Arc<Catalog> {
    let mut snapshots = watch.subscribe();
    let found = tokio::time::timeout(PATIENCE, snapshots.wait_for(|catalog| until(catalog))).await;
    Arc::clone(&found.expect("no such snapshot came").unwrap())
}

#[tokio::test]
async fn a_reload_sees_what_was_there_when_it_was_asked_for() {
    let database = Database::sample().await;
    let watch = CatalogWatch::start(pool(&database), NEVER).await.unwrap();
    for round in 0..3 {
        let name = format!("round_{round}");
        assert!(!has(&watch.current(), &name));
        database.script(&format!("CREATE TABLE scratch.{name} (a integer)")).await;
        let (one, other) = tokio::join!(watch.reload(), watch.reload());
        let (one, other) = (one.unwrap(), other.unwrap());
        assert!(has(&one, &name) && has(&other, &name) && has(&watch.current(), &name));
        assert!(Arc::ptr_eq(&one, &other), "two callers at once share a load");
    }
}

/// The timer's look is cheap, but must not miss anything that a load would bring.
#[tokio::test]
async fn the_timer_sees_every_change() {
    let database = Database::sample().await;
    let watch = CatalogWatch::start(pool(&database), OFTEN).await.unwrap();
    for change in [
        "CREATE TABLE scratch.t (a integer)",
        "ALTER TABLE scratch.t RENAME a TO b",
        "ALTER TABLE scratch.t ALTER b SET DEFAULT 1",
        "ALTER TABLE scratch.t ALTER b SET DEFAULT 2",
        "ALTER TABLE scratch.t ADD PRIMARY KEY (b)",
        "CREATE TABLE scratch.child () INHERITS (scratch.t)",
        "COMMENT ON COLUMN scratch.t.b IS 'x'",
        "CREATE VIEW scratch.v AS SELECT b FROM scratch.t",
        "CREATE OR REPLACE VIEW scratch.v AS SELECT b + 1 AS b FROM scratch.t",
        "CREATE TYPE scratch.e AS ENUM ('x')",
        "ALTER TYPE scratch.e ADD VALUE 'y'",
        "CREATE DOMAIN scratch.d AS integer",
        "ALTER DOMAIN scratch.d ADD CHECK (VALUE > 0)",
        "CREATE TYPE scratch.c AS (x integer)",
        "ALTER TYPE scratch.c ADD ATTRIBUTE y integer",
        "CREATE FUNCTION scratch.f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE OPERATOR scratch.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq)",
        "CREATE SCHEMA more",
        "CREATE INDEX ON scratch.t ((b + 1))",
        "CREATE UNIQUE INDEX ON scratch.child (b)",
        "ALTER TABLE scratch.child ADD CHECK (b > 0)",
        "INSERT INTO scratch.t SELECT generate_series(1, 100); ANALYZE scratch.t",
    ] {
        let before = watch.current();
        database.script(change).await;
        let after = follow(&watch, |catalog| !std::ptr::eq(catalog, Arc::as_ptr(&before))).await;
        let (before, after) = (format!("{:?}", before.parts()), format!("{:?}", after.parts()));
        // An index over an expression alone, a check alone: nothing that the catalog holds.
        let unseen = ["CREATE INDEX", "ADD CHECK (b"].iter().any(|one| change.contains(one));
        assert!(before != after || unseen, "{change}");
    }
}

#[tokio::test]
async fn nothing_is_reloaded_when_nothing_changed() {
    let database = Database::sample().await;
    let watch = CatalogWatch::start(pool(&database), OFTEN).await.unwrap();
    // The sample's own statistics may still be on their way.
    tokio::time::sleep(OFTEN * 4).await;
    let before = watch.current();
    database
        .script("INSERT INTO scratch.notes (author, body) VALUES ('x', 'y'); CREATE TEMPORARY TABLE t (a integer)")
        .await;
    tokio::time::sleep(OFTEN * 10).await;
    assert!(Arc::ptr_eq(&before, &watch.current()));
}

#[tokio::test]
async fn a_reload_that_fails_is_told_and_leaves_the_snapshot() {
    let database = Database::sample().await;
    let watch = CatalogWatch::start(pool(&database), NEVER).await.unwrap();
    let before = watch.current();
    let admin = Database::empty().await;
    let rename = format!("ALTER DATABASE {} RENAME TO {}_away", database.name(), database.name());
    let back = format!("ALTER DATABASE {}_away RENAME TO {}", database.name(), database.name());
    let gone = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", database.name());
    admin.script(&gone).await;
    let deadline = Instant::now() + PATIENCE;
    while admin.connect().await.batch_execute(&rename).await.is_err() {
        assert!(Instant::now() < deadline, "sessions stay");
        tokio::time::sleep(OFTEN).await;
    }
    let failed = watch.reload().await;
    assert!(matches!(failed, Err(RefreshError::Pool(_) | RefreshError::Load(_))), "{failed:?}");
    assert!(Arc::ptr_eq(&before, &watch.current()));
    admin.script(&back).await;
    watch.reload().await.unwrap();
}

#[tokio::test]
async fn the_refreshing_ends_with_its_last_user() {
    let database = Database::sample().await;
    let pool = pool(&database);
    let watch = CatalogWatch::start(pool.clone(), OFTEN).await.unwrap();
    let mut snapshots = watch.subscribe();
    drop(watch);
    let ended = tokio::time::timeout(PATIENCE, async { while snapshots.changed().await.is_ok() {} }).await;
    assert!(ended.is_ok(), "the task still runs");
}
