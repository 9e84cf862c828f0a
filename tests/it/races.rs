//! The database's structure changes under load: every answer is that of a structure under which the statement was
//! admitted, however the change falls between the gate, the plan and the execution.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::support::{Database, Library};

/// How long the changes and the statements race.
const RACE: Duration = Duration::from_secs(60);
/// Statements at once for each trap.
const READERS: usize = 2;
/// What no answer may hold.
const CANARY: &str = "CANARY";

const SETUP: &str = "
    CREATE TABLE hr.secret (code text, name text, currency text);
    INSERT INTO hr.secret SELECT 'c' || n, 'CANARY ' || n, 'CANARY' FROM generate_series(1, 20) AS n;
    CREATE TABLE sales.plain (code text, name text, currency text);
    INSERT INTO sales.plain VALUES ('a', 'plain', 'EUR');
    CREATE VIEW sales.shown AS SELECT code, name FROM sales.plain;
    CREATE TABLE sales.grown (code text, name text, currency text);
    INSERT INTO sales.grown VALUES ('a', 'grown', 'EUR');
    CREATE TABLE sales.swapped (code text, name text, currency text);
    INSERT INTO sales.swapped VALUES ('a', 'swapped', 'EUR');
    CREATE TABLE sales.parted (id int, name text) PARTITION BY LIST (id);
    CREATE TABLE sales.parted_1 PARTITION OF sales.parted FOR VALUES IN (1);
    INSERT INTO sales.parted VALUES (1, 'parted');
    CREATE TABLE hr.parted_2 (id int, name text, CHECK (id = 2));
    INSERT INTO hr.parted_2 VALUES (2, 'CANARY in a partition');
    CREATE FUNCTION sales.rate(bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''rated''';
    CREATE TABLE sales.typed (id int, name text);
    INSERT INTO sales.typed VALUES (1, 'typed');
    CREATE TYPE hr.mark AS ENUM ('CANARY');
    CREATE FUNCTION sales.upper(hr.mark) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''CANARY''';
    CREATE TABLE sales.retyped (id int, name text);
    INSERT INTO sales.retyped VALUES (1, 'retyped');
    GRANT SELECT ON ALL TABLES IN SCHEMA sales, hr TO wicket;
    GRANT USAGE ON SCHEMA hr TO wicket;";

const POLICY: &str = r#"
version = 1
name = "raced"
[statements]
allow = ["select"]
[functions]
allow = ["@builtin", "sales.rate(bigint)"]
[schemas.sales]
access = "read"
[limits]
rows = 100
concurrency = 100
"#;

/// What is asked, what makes it a trap, and what makes it harmless again.
struct Trap {
    what: &'static str,
    sql: &'static str,
    set: &'static str,
    clear: &'static str,
}

const TRAPS: &[Trap] = &[
    Trap {
        what: "a view gets another text",
        sql: "SELECT code, name FROM sales.shown",
        set: "CREATE OR REPLACE VIEW sales.shown AS SELECT code, name FROM hr.secret",
        clear: "CREATE OR REPLACE VIEW sales.shown AS SELECT code, name FROM sales.plain",
    },
    Trap {
        what: "a table gets a child that nobody opened",
        sql: "SELECT name FROM sales.grown WHERE code <> 'z'",
        set: "ALTER TABLE hr.secret INHERIT sales.grown",
        clear: "ALTER TABLE hr.secret NO INHERIT sales.grown",
    },
    Trap {
        what: "a table makes room for a view of its name",
        sql: "SELECT max(name) FROM sales.swapped",
        set: "BEGIN; ALTER TABLE sales.swapped RENAME TO put_away;
              CREATE VIEW sales.swapped AS SELECT * FROM hr.secret; GRANT SELECT ON sales.swapped TO wicket; COMMIT",
        clear: "BEGIN; DROP VIEW sales.swapped; ALTER TABLE sales.put_away RENAME TO swapped; COMMIT",
    },
    Trap {
        what: "a partition comes from a hidden schema",
        sql: "SELECT id, name FROM sales.parted ORDER BY id",
        set: "ALTER TABLE sales.parted ATTACH PARTITION hr.parted_2 FOR VALUES IN (2)",
        clear: "ALTER TABLE sales.parted DETACH PARTITION hr.parted_2",
    },
    Trap {
        what: "a function gets an overload that fits better",
        sql: "SELECT sales.rate(1)",
        set: "CREATE FUNCTION sales.rate(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT max(name) FROM hr.secret'",
        clear: "DROP FUNCTION sales.rate(int)",
    },
    Trap {
        what: "a table is made anew as a view, with other types",
        sql: "SELECT id, upper(name) FROM sales.typed",
        set: "BEGIN; DROP TABLE sales.typed; CREATE VIEW sales.typed AS SELECT 1::bigint AS id, name FROM hr.secret;
              GRANT SELECT ON sales.typed TO wicket; COMMIT",
        clear: "BEGIN; DROP VIEW sales.typed; CREATE TABLE sales.typed (id int, name text);
                INSERT INTO sales.typed VALUES (1, 'typed'); GRANT SELECT ON sales.typed TO wicket; COMMIT",
    },
    Trap {
        what: "a column gets another type in place",
        sql: "SELECT id, upper(name) FROM sales.retyped",
        set: "ALTER TABLE sales.retyped ALTER name TYPE hr.mark USING 'CANARY'::hr.mark",
        clear: "ALTER TABLE sales.retyped ALTER name TYPE text USING 'retyped'",
    },
];

/// How the statements of one trap ended.
#[derive(Default)]
struct Count {
    answered: AtomicUsize,
    refused: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_comes_from_a_structure_that_was_not_judged() {
    let database = Arc::new(Database::sample().await);
    database.script(SETUP).await;
    let library = Arc::new(Library::open(&database, POLICY, &[]).await);
    for trap in TRAPS {
        stands_still(&database, &library, trap).await;
    }

    let over = Arc::new(AtomicBool::new(false));
    let (mut readers, mut counts) = (Vec::new(), Vec::new());
    for trap in TRAPS {
        let count = Arc::new(Count::default());
        for _ in 0..READERS {
            let (library, over, count) = (Arc::clone(&library), Arc::clone(&over), Arc::clone(&count));
            readers.push(tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    match library.query(trap.sql).await {
                        Ok(result) => {
                            let told = result.to_string();
                            assert!(!told.contains(CANARY), "{}: {told}", trap.what);
                            count.answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(rejection) => {
                            let told = rejection.to_json(None).to_string();
                            assert!(!told.contains(CANARY), "{}: {told}", trap.what);
                            count.refused.fetch_add(1, Ordering::Relaxed);
                            // A loop of refusals would leave no time for anything else.
                            sleep(Duration::from_millis(1)).await;
                        }
                    }
                }
            }));
        }
        counts.push(count);
    }
    let (began, mut turns) = (Instant::now(), 0_u32);
    while began.elapsed() < RACE {
        for trap in TRAPS {
            database.script(trap.set).await;
        }
        // Long enough for a reload to be believed, and short enough to fall into one.
        sleep(Duration::from_millis(u64::from(turns % 7) * 10)).await;
        for trap in TRAPS {
            database.script(trap.clear).await;
        }
        // A refusal reloads nothing; the timer would.
        library.catalog.reload().await.unwrap();
        sleep(Duration::from_millis(u64::from(turns % 5) * 20)).await;
        turns += 1;
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    for (trap, count) in TRAPS.iter().zip(counts) {
        let (answered, refused) = (count.answered.load(Ordering::Relaxed), count.refused.load(Ordering::Relaxed));
        println!("{}: {answered} answered, {refused} refused", trap.what);
        assert!(answered >= 5 && refused >= 5, "{}: {answered} answered, {refused} refused", trap.what);
    }
    println!("{turns} turns");
    assert!(turns >= 3, "{turns} turns");
}

/// Without a race: answered, refused while the trap is set, and answered again.
async fn stands_still(database: &Database, library: &Library, trap: &Trap) {
    let rows = library.rows(trap.sql).await;
    database.script(trap.set).await;
    let verdict = library.query(trap.sql).await;
    assert!(verdict.is_err(), "{}: {verdict:?}", trap.what);
    database.script(trap.clear).await;
    library.catalog.reload().await.unwrap();
    assert_eq!(library.rows(trap.sql).await, rows, "{}", trap.what);
}
