//! Under a policy that allows everything, an admitted query gives what the same text gives directly: names, types and
//! rows, or the same SQLSTATE. It knows nothing of how names were resolved.

use pgwicket::gate::check::count_nodes;
use pgwicket::postgres::ExecuteError;
use serde_json::Value;
use tokio_postgres::types::Type;

use super::tally::Floors;
use super::*;
use crate::support::{Asker, Database, Library};

#[tokio::test]
async fn a_made_up_query_gives_what_its_text_gives_directly() {
    let run = Run::of_environment();
    let database = Database::empty().await;
    database.script(DATABASE).await;
    database.script(EXTENSIONS).await;
    let library = Library::open(&database, OPEN, &[]).await;
    let client = database.connect_pinned().await;
    // As the policy says; PostgreSQL puts its own catalog first.
    client.batch_execute("SET search_path = shop, \"Odd Schema\", ext; SET statement_timeout = '20s'").await.unwrap();
    let mut direct = Asker::new(&client);
    let gate = library.gate();
    let schema = Schema::under(gate.catalog(), gate.policy());
    let mut tally = Tally::on(gate.catalog());
    for number in run.numbers() {
        let made = run.query(&schema, number);
        tally.asked += 1;
        let admitted = match gate.admit(&submission(&made)) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                continue;
            }
        };
        tally.admitted += 1;
        let parameters = admitted.parameters().len() as u32;
        if let Err(why) = count_nodes(gate.catalog(), gate.policy(), admitted.sql(), parameters, &mut tally.nodes) {
            tally.wrong.push(format!("{}\n    can't be read back: {why}", made.sql));
        }
        let emitted = admitted.sql().to_owned();
        let (ours, theirs) = tokio::join!(library.execute(admitted), direct.ask(&made.sql, &made.literals));
        let difference = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                tally.with_rows += usize::from(!theirs.rows.is_empty());
                let result: Value = serde_json::from_str(&ours.result.json).unwrap();
                if made.is_explain {
                    // A plan names what the gate calls otherwise; its shape has to be the same.
                    *tally.left_out.entry("the text of a plan").or_default() += 1;
                    None
                } else if result["truncated"] == true && theirs.rows.len() >= 10_000 {
                    // The caps hold, whatever the query.
                    *tally.left_out.entry("more rows or bytes than the caps").or_default() += 1;
                    None
                } else {
                    let difference = theirs.difference(&result, made.is_ordered);
                    let same_numbers = || {
                        let plain = theirs.map_cells(Type::NUMERIC, plain_number);
                        plain.difference(&without_zeros(result.clone()), made.is_ordered).is_none()
                    };
                    if difference.is_some() && made.sql.contains("GROUP BY") && same_numbers() {
                        *tally.left_out.entry("which of equal numbers stands for a group").or_default() += 1;
                        None
                    } else {
                        difference
                    }
                }
            }
            (Err(ExecuteError::Database(ours)), Err(theirs)) => {
                tally.failed += 1;
                *tally.states.entry(theirs.clone()).or_default() += 1;
                (ours.sqlstate != theirs).then(|| format!("SQLSTATE {}, PostgreSQL's is {theirs}", ours.sqlstate))
            }
            (Err(ours), Ok(_)) => Some(format!("{ours} ({ours:?}), PostgreSQL gives rows")),
            (Ok(_), Err(theirs)) => Some(format!("rows, PostgreSQL gives SQLSTATE {theirs}")),
            (Err(ours), Err(theirs)) => Some(format!("{ours}, PostgreSQL gives SQLSTATE {theirs}")),
        };
        if let Some(difference) = difference {
            let again = run.again(number, "identity");
            tally.wrong.push(format!("{}\n    {difference}\n    emitted {emitted:.2000}\n    {again}", made.sql));
        }
    }
    tally.judge("identity", run, &Floors { admitted: 60, with_rows: 40, protected: 0, not: &[] });
}
