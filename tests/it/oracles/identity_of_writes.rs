//! A write does what its text does directly: it returns the same rows and leaves the same behind, or fails with the same
//! SQLSTATE.

use pgwicket::postgres::ExecuteError;
use serde_json::Value;
use tokio_postgres::Client;

use super::*;
use crate::support::{Asker, Database, Library};

async fn content(client: &Client) -> String {
    client.query_one(CONTENT, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_made_up_write_does_what_its_text_does_directly() {
    let run = Run::of_environment().of_writes();
    let database = Database::empty().await;
    database.script(DATABASE).await;
    let library = Library::open(&database, WRITER, &[]).await;
    let client = database.connect_pinned().await;
    client.batch_execute("SET search_path = shop, \"Odd Schema\"; SET statement_timeout = '20s'").await.unwrap();
    let owner = database.connect().await;
    let before = content(&owner).await;
    let mut direct = Asker::new(&client);
    let gate = library.gate();
    let schema = Schema::under(gate.catalog(), gate.policy());
    let mut tally = Tally::on(gate.catalog());
    let (mut changed, mut kinds) = (0, Kinds::default());
    for number in run.numbers() {
        let made = run.write(&schema, number);
        tally.asked += 1;
        let admitted = match gate.admit(&submission(&made)) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                continue;
            }
        };
        tally.admitted += 1;
        kinds.count(&made);
        let emitted = admitted.sql().to_owned();
        client.batch_execute("BEGIN READ WRITE").await.unwrap();
        let theirs = direct.ask(&made.sql, &made.literals).await;
        let left = if theirs.is_ok() { content(&client).await } else { before.clone() };
        client.batch_execute("ROLLBACK").await.unwrap();
        let ours = library.execute(admitted).await;
        let found = content(&owner).await;
        if found != before {
            changed += 1;
            owner.batch_execute(RESTORE).await.unwrap();
        }
        let difference = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                tally.with_rows += usize::from(!theirs.rows.is_empty());
                let result: Value = serde_json::from_str(&ours.result.json).unwrap();
                theirs
                    .difference(&result, false)
                    .or((found != left).then(|| format!("leaves {found}\n    instead of {left}")))
            }
            (Err(ExecuteError::Database(ours)), Err(theirs)) => {
                tally.failed += 1;
                *tally.states.entry(theirs.clone()).or_default() += 1;
                (ours.sqlstate != theirs).then(|| format!("SQLSTATE {}, PostgreSQL's is {theirs}", ours.sqlstate))
            }
            (Err(ours), Ok(_)) => Some(format!("{ours} ({ours:?}), PostgreSQL does it")),
            (Ok(_), Err(theirs)) => Some(format!("done, PostgreSQL gives SQLSTATE {theirs}")),
            (Err(ours), Err(theirs)) => Some(format!("{ours}, PostgreSQL gives SQLSTATE {theirs}")),
        };
        if let Some(difference) = difference {
            let again = run.again(number, "identity_of_writes");
            tally.wrong.push(format!("{}\n    {difference}\n    emitted {emitted:.2000}\n    {again}", made.sql));
        }
    }
    println!("writes: {changed} changed something");
    let has_merge = library.catalog.current().server_version() >= 150_000;
    let proves = tally.asked >= PROVES / 4;
    let floor = tally.asked * 30 / 100;
    tally.judge_writes("identity of writes", run);
    assert!(!proves || changed >= floor, "only {changed} changed something");
    kinds.judge(run, has_merge);
}
