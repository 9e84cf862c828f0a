//! Under the role of `pgwicket policy grants` and nothing else runs whatever is admitted. A query of which the policy
//! hides nothing runs there as its own text, too: so what PostgreSQL finds in it is not more than the policy opens.

use pgwicket::gate::check::count_nodes;
use pgwicket::gate::policy::grants::{Live, grants};
use pgwicket::postgres::ExecuteError;
use serde_json::Value;

use super::tally::Floors;
use super::*;
use crate::support::{Asker, Database, Library};

const ROLE: &str = "oracle_grants";
const NO_PRIVILEGE: &str = "42501";

#[tokio::test]
async fn whatever_is_admitted_runs_under_the_printed_grants() {
    let run = Run::of_environment();
    let database = Database::empty().await;
    database.script(DATABASE).await;
    let policy = PROTECTED.replacen("name = \"protected\"\n", &format!("name = \"protected\"\nrole = \"{ROLE}\"\n"), 1);
    let library = Library::open(&database, &policy, &[("tenant", "1")]).await;
    let gate = library.gate();
    let live = Live { login: "wicket", ..Live::default() };
    database.script(&grants(gate.policy(), gate.catalog(), &live)).await;
    // A grant on a column changes its stamp.
    let library = Library::open(&database, &policy, &[("tenant", "1")]).await;
    let gate = library.gate();
    let client = database.connect_pinned().await;
    let set = format!("SET search_path = shop, \"Odd Schema\"; SET statement_timeout = '20s'; SET ROLE {ROLE}");
    client.batch_execute(&set).await.unwrap();
    assert!(client.batch_execute("SELECT ssn FROM people").await.is_err(), "the grants hold nothing back");
    let mut direct = Asker::new(&client);
    let schema = Schema::under(gate.catalog(), gate.policy());
    let (mut tally, mut protected) = (Tally::default(), 0);
    // Those that touch nothing protected are counted; of the others some come along. What the values are is the identity
    // oracle's business.
    for number in run.first.. {
        if tally.asked as u64 >= run.count || (run.count == 1 && number > run.first) {
            break;
        }
        let made = run.query(&schema, number);
        if made.is_protected && run.count > 1 && number % 3 > 0 {
            continue;
        }
        tally.asked += usize::from(!made.is_protected);
        let admitted = match gate.admit(&submission(&made)) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                if !made.is_protected {
                    tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                }
                continue;
            }
        };
        assert_eq!(admitted.permit().role.as_deref(), Some(ROLE));
        let emitted = admitted.sql().to_owned();
        let parameters = admitted.parameters().len() as u32;
        count_nodes(gate.catalog(), gate.policy(), &emitted, parameters, &mut tally.nodes).unwrap();
        let difference = if made.is_protected {
            protected += 1;
            let ours = library.execute(admitted).await;
            state(&ours)
                .filter(|state| state == NO_PRIVILEGE)
                .map(|_| "the role may not do what was emitted".to_owned())
        } else {
            tally.admitted += 1;
            let (ours, theirs) = tokio::join!(library.execute(admitted), direct.ask(&made.sql, &made.literals));
            tally.with_rows += usize::from(theirs.as_ref().is_ok_and(|theirs| !theirs.rows.is_empty()));
            tally.failed += usize::from(theirs.is_err());
            match (state(&ours), ours, theirs) {
                (None, Ok(ours), Ok(theirs)) => {
                    let result: Value = serde_json::from_str(&ours.result.json).unwrap();
                    let rows = result["rows"].as_array().map(Vec::len);
                    // `information_schema` tells of what the policy shows there, and of privileges here.
                    let is_same_question = !made.sql.contains("information_schema");
                    (is_same_question && result["truncated"] != true && rows != Some(theirs.rows.len()))
                        .then(|| format!("{rows:?} rows, directly {}", theirs.rows.len()))
                }
                (Some(ours), _, Err(theirs)) if ours == theirs && ours != NO_PRIVILEGE => {
                    *tally.states.entry(theirs).or_default() += 1;
                    None
                }
                // Directly a constant expression was worked out that no row needs, while the query was planned.
                (None, Ok(_), Err(theirs)) if theirs != NO_PRIVILEGE => {
                    *tally.left_out.entry("an error that depends on the plan").or_default() += 1;
                    None
                }
                (_, ours, theirs) => Some(format!("{:?}, directly {:?}", ours.err(), theirs.err())),
            }
        };
        if let Some(difference) = difference {
            let again = run.again(number, "grant_role");
            tally.wrong.push(format!("{}\n    {difference}\n    emitted {emitted:.2000}\n    {again}", made.sql));
        }
    }
    assert!(tally.left_out.values().sum::<usize>() * 500 <= tally.asked.max(500), "{:?}", tally.left_out);
    println!("grant role: {protected} on something protected ran beside");
    // EXPLAIN isn't allowed by this policy.
    tally.judge("grant role", run, &Floors { admitted: 60, with_rows: 40, protected: 0, not: &["explain"] });
    client.batch_execute("RESET ROLE").await.unwrap();
    database.script(&format!("DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")).await;
}

/// The SQLSTATE of a statement that failed in the database.
fn state(outcome: &Result<pgwicket::postgres::execute::Outcome, ExecuteError>) -> Option<String> {
    match outcome {
        Err(ExecuteError::Database(error)) => Some(error.sqlstate.clone()),
        _ => None,
    }
}
