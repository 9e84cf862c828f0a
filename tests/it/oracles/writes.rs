//! Writes in front of COMMIT: beside what the statement names, the partners of their foreign keys are locked, and the
//! partitions that rows go to; nothing else.

use super::locks::{Locks, WRITE};
use super::*;
use crate::support::{Database, sql_of};
use pgwicket::postgres::ExecuteError;

const POLICY: &str = r#"
version = 1
name = "writer"
[statements]
allow = ["select", "insert", "update", "delete"]
[search_path]
schemas = ["shop"]
[schemas.shop]
access = "write"
deny = ["secrets"]
"#;

pub(super) const WRITES: &[&str] = &[
    "INSERT INTO items (order_id, line, sku, quantity) VALUES (1, 9, 'new', 1)",
    "INSERT INTO items (order_id, line, sku, quantity) SELECT id, 8, 'sku', 2 FROM orders WHERE id < 4 RETURNING order_id",
    "UPDATE items SET order_id = 2 WHERE line = 9",
    "UPDATE items SET quantity = quantity + 1 WHERE sku = 'new'",
    "UPDATE items AS i SET price = 1.5 FROM orders AS o, people AS p WHERE o.id = i.order_id AND p.id = o.person_id",
    "DELETE FROM items WHERE line = 9",
    "DELETE FROM items AS i USING orders AS o WHERE o.id = i.order_id AND o.id = 3 RETURNING i.sku",
    "DELETE FROM orders WHERE id = 26",
    "UPDATE orders SET id = 27 WHERE id = 25",
    "UPDATE orders SET person_id = 3 WHERE id = 27",
    "UPDATE people SET boss_id = 3 WHERE id = 20",
    "INSERT INTO visits (id, day, at, page) VALUES (100, '2024-01-05', '2024-01-05', 'home'), (101, '2024-02-05', '2024-02-05', 'x')",
    "INSERT INTO visits (id, day, at, page) SELECT 200 + id, '2025-01-01', '2025-01-01', region FROM people WHERE region = 'eu'",
    "UPDATE visits SET day = '2024-02-06' WHERE id = 100",
    "DELETE FROM visits WHERE day >= '2024-02-01' AND day < '2024-03-01'",
    "UPDATE visits_2024_01 SET page = 'cart' WHERE id = 3",
    "UPDATE things SET label = upper(label) WHERE id > 5",
    "DELETE FROM tools WHERE power IS NULL",
    "WITH big AS (SELECT sku FROM order_lines WHERE amount > 20) DELETE FROM items WHERE sku IN (SELECT sku FROM big)",
    "INSERT INTO empty (id, name) VALUES ((SELECT max(id) FROM stock, things), 'x')",
];

#[tokio::test]
async fn a_write_locks_its_partners_and_nothing_else() {
    let database = Database::empty().await;
    database.script(DATABASE).await;
    let mut locks = Locks::open(&database, POLICY, &[]).await;
    let (mut partners, mut wrong) = (0, Vec::new());
    for sql in WRITES {
        let admitted = locks.gate.admit(&sql_of(sql)).unwrap_or_else(|rejection| panic!("{sql}: {rejection:?}"));
        let named = admitted.permit().relations.len();
        match locks.run(admitted, WRITE).await {
            Ok((_, held, difference)) => {
                partners += usize::from(held > named);
                wrong.extend(difference.map(|difference| format!("{sql}\n    {difference}")));
            }
            Err(error) => wrong.push(format!("{sql}\n    {error:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(partners >= 5, "{partners} with locks on foreign keys' partners: too few prove too little");
}

#[tokio::test]
async fn a_made_up_write_locks_what_the_gate_knows_of() {
    let run = Run::of_environment().of_writes();
    let database = Database::empty().await;
    database.script(DATABASE).await;
    let owner = database.connect().await;
    let mut locks = Locks::open(&database, WRITER, &[]).await;
    let schema = Schema::under(locks.gate.catalog(), locks.gate.policy());
    let (mut tally, mut kinds) = (Tally::on(locks.gate.catalog()), Kinds::default());
    let has_merge = locks.gate.catalog().server_version() >= 150_000;
    for number in run.numbers() {
        let made = run.write(&schema, number);
        tally.asked += 1;
        let admitted = match locks.gate.admit(&submission(&made)) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                continue;
            }
        };
        tally.admitted += 1;
        kinds.count(&made);
        match locks.run(admitted, WRITE).await {
            Ok((rows, _, difference)) => {
                tally.with_rows += usize::from(rows > 0);
                tally.wrong.extend(
                    difference.map(|one| format!("{}\n    {one}\n    {}", made.sql, run.again(number, "writes"))),
                );
            }
            Err(ExecuteError::Database(_)) => tally.failed += 1,
            Err(error) => tally.wrong.push(format!("{}\n    {error}", made.sql)),
        }
        if number % 20 == 19 {
            owner.batch_execute(RESTORE).await.unwrap();
        }
    }
    tally.judge_writes("locks of writes", run);
    kinds.judge(run, has_merge);
}

/// An oracle that can't fail proves nothing: what one statement locks isn't what another may.
#[tokio::test]
async fn the_locks_of_another_statement_are_noticed() {
    let database = Database::empty().await;
    database.script(DATABASE).await;
    let mut locks = Locks::open(&database, POLICY, &[]).await;
    for (ran, claimed, told) in [
        ("SELECT name FROM people", "SELECT name FROM regions", "doesn't know of"),
        ("SELECT name FROM regions", "SELECT r.name FROM regions AS r, people", "says it names"),
        ("SELECT sku FROM order_lines", "SELECT sku FROM items", "doesn't know of"),
        ("SELECT id FROM things", "SELECT id FROM tools", "doesn't know of"),
    ] {
        let admit = |sql: &str| locks.gate.admit(&sql_of(sql)).unwrap();
        let (ran, claimed) = (admit(ran), admit(claimed));
        let difference = locks.compare(ran, &claimed).await;
        assert!(difference.as_ref().is_some_and(|difference| difference.contains(told)), "{difference:?}");
    }
}
