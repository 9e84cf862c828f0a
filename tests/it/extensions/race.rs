//! An extension and its schema change under load: no answer comes from an operator that wasn't judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{POLICY, database};
use crate::support::Library;

/// How long the changes and the statements race.
const RACE: Duration = Duration::from_secs(10);
const CANARY: &str = "CANARY";

const SETUP: &str = "
    CREATE FUNCTION sales.joined(ext.citext, text) RETURNS text LANGUAGE sql AS 'SELECT ''CANARY''::text';
    CREATE SCHEMA open;
    GRANT ALL ON SCHEMA open TO PUBLIC;
    CREATE OPERATOR open.|| (LEFTARG = ext.citext, RIGHTARG = text, FUNCTION = sales.joined);";

/// What makes the statement tell the canary, and what mends it.
const TRAPS: &[(&str, &str)] = &[
    (
        "CREATE OPERATOR ext.|| (LEFTARG = ext.citext, RIGHTARG = text, FUNCTION = sales.joined)",
        "DROP OPERATOR ext.|| (ext.citext, text)",
    ),
    (
        "ALTER OPERATOR open.|| (ext.citext, text) SET SCHEMA ext",
        "ALTER OPERATOR ext.|| (ext.citext, text) SET SCHEMA open",
    ),
    (
        "BEGIN; ALTER SCHEMA ext RENAME TO away; ALTER SCHEMA open RENAME TO ext; COMMIT",
        "BEGIN; ALTER SCHEMA ext RENAME TO open; ALTER SCHEMA away RENAME TO ext; COMMIT",
    ),
    (
        "CREATE OR REPLACE FUNCTION ext.similarity(text, text) RETURNS real LANGUAGE sql AS 'SELECT 777::real'",
        "CREATE OR REPLACE FUNCTION ext.similarity(text, text) RETURNS real LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE \
         AS '$libdir/pg_trgm', 'similarity'",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_comes_from_an_operator_that_was_not_judged() {
    const READ: &str = "SELECT email || name, similarity(name, 'Ada') FROM sales.people WHERE id = 1";
    let database = database().await;
    database.script(SETUP).await;
    let library = Arc::new(Library::open(&database, &format!("{POLICY}\n[limits]\nconcurrency = 100\n"), &[]).await);
    let right = library.rows(READ).await;
    let over = Arc::new(AtomicBool::new(false));
    let (answered, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut readers = Vec::new();
    for _ in 0..3 {
        let (library, over, right) = (Arc::clone(&library), Arc::clone(&over), right.clone());
        let (answered, refused) = (Arc::clone(&answered), Arc::clone(&refused));
        readers.push(tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                match library.query(READ).await {
                    Ok(result) => {
                        assert_eq!(result["rows"], right);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(rejection) => {
                        assert!(!rejection.to_json(None).to_string().contains(CANARY));
                        refused.fetch_add(1, Ordering::Relaxed);
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            }
        }));
    }
    let (began, mut turn) = (Instant::now(), 0);
    while began.elapsed() < RACE || turn < TRAPS.len() {
        let (set, clear) = TRAPS[turn % TRAPS.len()];
        database.script(set).await;
        sleep(Duration::from_millis((turn % 7) as u64 * 10)).await;
        // An extension that moved to a closed schema is trusted there.
        match library.query(READ).await {
            Ok(result) => assert!(set.contains("RENAME") && result["rows"] == right, "{set}: {result}"),
            Err(_) => assert!(!set.contains("RENAME"), "{set}"),
        }
        database.script(clear).await;
        // A refusal reloads nothing; the timer would.
        library.catalog.reload().await.unwrap();
        sleep(Duration::from_millis((turn % 5) as u64 * 20)).await;
        turn += 1;
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    let (answered, refused) = (answered.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
    println!("{turn} turns, {answered} answered, {refused} refused");
    assert!(answered >= 5 && refused >= 5, "{answered} answered, {refused} refused");
}
