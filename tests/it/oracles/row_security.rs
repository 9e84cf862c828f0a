//! Rows through a row filter are the rows that PostgreSQL gives through its own row-level security, by the policies that
//! `pgwicket policy grants --rls` prints: on one database the gate filters, on the other only PostgreSQL does, since the
//! policy there has the same masks, the role, and no filter.

use pgwicket::gate::check::count_nodes;
use pgwicket::gate::policy::grants::{Live, grants};
use serde_json::Value;

use super::tally::Floors;
use super::*;
use crate::support::{Database, Library};

const ROLE: &str = "oracle_rows";

/// The policy of the other oracles; a filter that reads a filtered table has no native form.
fn policy(with_filters: bool) -> String {
    let filters = PROTECTED
        .replace(
            "o.id FROM shop.orders AS o WHERE o.tenant_id = :tenant",
            "i.order_id FROM shop.items AS i WHERE i.quantity > :tenant",
        )
        .replace("\"hash\"", "\"redact\"");
    if with_filters {
        return filters;
    }
    let named = filters.replacen("name = \"protected\"\n", &format!("name = \"protected\"\nrole = \"{ROLE}\"\n"), 1);
    let mut inside = false;
    let kept = named.lines().filter(|line| {
        let begins = line.starts_with("rows = \"\"\"");
        let is_filter = inside || line.starts_with("rows = \"");
        inside = begins || (inside && *line != "\"\"\"");
        !is_filter
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Where a WHERE, or a native policy, makes a column equal to a constant, PostgreSQL (seen on 15) takes it for constant where a
/// grouping set leaves it out, too, and so sorts or removes duplicates wrongly. Behind the gate's fence it doesn't.
const GROUPING_SETS: &[&str] = &["CUBE", "ROLLUP", "GROUPING SETS"];

async fn answer(library: &Library, made: &Made) -> Result<(Value, usize), String> {
    let outcome = library.run(submission(made)).await.map_err(|rejection| rejection.reason.code().to_owned())?;
    Ok(comparable(&outcome.result.json, made))
}

#[tokio::test]
async fn a_row_filter_shows_what_native_row_level_security_shows() {
    let run = Run::of_environment();
    let (filtered, native) = tokio::join!(Database::empty(), Database::empty());
    for database in [&filtered, &native] {
        database.script(DATABASE).await;
    }
    let gate = Library::open(&filtered, &policy(true), &[("tenant", "1")]).await;
    let printed = {
        let with_role =
            policy(true).replacen("name = \"protected\"\n", &format!("name = \"protected\"\nrole = \"{ROLE}\"\n"), 1);
        let library = Library::open(&native, &with_role, &[("tenant", "1")]).await;
        let gate = library.gate();
        let live = Live { login: "wicket", row_security: true, ..Live::default() };
        grants(gate.policy(), gate.catalog(), &live)
    };
    native.script(&printed).await;
    native.script(&printed).await;
    assert_eq!(printed.matches("AS RESTRICTIVE").count(), 4, "{printed}");
    let walled = Library::open(&native, &policy(false), &[("tenant", "1")]).await;
    // Without the settings no row is seen, also not by the login role, which is a member.
    for (database, sees) in [(&filtered, true), (&native, false)] {
        let client = database.connect_as_wicket().await;
        let count: i64 = client.query_one("SELECT count(*) FROM shop.orders", &[]).await.unwrap().get(0);
        assert_eq!(count > 0, sees);
    }
    let schema = Schema::under(gate.gate().catalog(), gate.gate().policy());
    let judge = gate.gate();
    let mut tally = Tally::default();
    for number in run.numbers() {
        let made = run.query(&schema, number);
        tally.asked += 1;
        tally.protected += usize::from(made.is_protected);
        match judge.admit(&submission(&made)) {
            Ok(admitted) => {
                let parameters = admitted.parameters().len() as u32;
                count_nodes(judge.catalog(), judge.policy(), admitted.sql(), parameters, &mut tally.nodes).unwrap();
            }
            Err(rejection) => {
                tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                continue;
            }
        }
        tally.admitted += 1;
        let (ours, theirs) = tokio::join!(answer(&gate, &made), answer(&walled, &made));
        match &ours {
            Ok((_, count)) => tally.with_rows += usize::from(*count > 0),
            Err(_) => tally.failed += 1,
        }
        if ours.is_ok() != theirs.is_ok()
            && [&ours, &theirs].iter().any(|one| matches!(one, Err(code) if code == "database_error"))
        {
            // Without a fence a mask that is a constant decides a CASE before its other branches are looked at.
            *tally.left_out.entry("an error that depends on the plan").or_default() += 1;
        } else if both_cut(&ours, &theirs) && !made.is_ordered {
            *tally.left_out.entry("more rows or bytes than the caps").or_default() += 1;
        } else if ours != theirs && GROUPING_SETS.iter().any(|word| made.sql.contains(word)) {
            *tally.left_out.entry("grouping sets over a column that a native policy makes constant").or_default() += 1;
        } else if ours != theirs {
            let told = |answer: &Result<(Value, usize), String>| match answer {
                Ok((result, _)) => format!("{:.600}", result.to_string()),
                Err(code) => code.clone(),
            };
            let again = run.again(number, "row_security");
            let (ours, theirs) = (told(&ours), told(&theirs));
            tally.wrong.push(format!("{}\n    gate   {ours}\n    native {theirs}\n    {again}", made.sql));
        }
    }
    assert!(tally.left_out.values().sum::<usize>() * 100 <= tally.admitted.max(100), "{:?}", tally.left_out);
    // EXPLAIN isn't allowed by this policy.
    let floors = Floors { admitted: 60, with_rows: 40, protected: 50, not: &["explain"] };
    tally.judge("row-level security", run, &floors);
    native.script(&format!("DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")).await;
}
