//! On two databases that differ only in what the policy hides, and in how PostgreSQL is told to plan, an admitted read
//! gives the same rows, or the same error.

use pgwicket::gate::check::count_nodes;
use serde_json::Value;

use super::tally::Floors;
use super::*;
use crate::support::{Database, Library};

const OTHER: &str = include_str!("../../data/oracles_other_world.sql");

/// How the other world plans: by other joins, and so in another order.
const PLANNER: &str = "enable_hashjoin = off; enable_hashagg = off; enable_bitmapscan = off";

struct World {
    database: Database,
    library: Library,
}

impl World {
    async fn open(is_other: bool) -> Self {
        Self::planning(is_other, is_other).await
    }

    /// With the rows of the one world or the other, planned as in the one or the other.
    async fn planning(has_others_rows: bool, plans_as_other: bool) -> Self {
        let database = Database::empty().await;
        database.script(DATABASE).await;
        if has_others_rows {
            database.script(OTHER).await;
        }
        if plans_as_other {
            for setting in PLANNER.split("; ") {
                database.script(&format!("ALTER DATABASE {} SET {setting}", database.name())).await;
            }
        }
        // Each deployment has a key of its own for hashes.
        let policy = PROTECTED.replace("\"hash\"", "\"redact\"");
        let library = Library::open(&database, &policy, &[("tenant", "1")]).await;
        Self { database, library }
    }

    /// The answer, its rows sorted unless their order is told, and how many there are; or the rejection.
    async fn answer(&self, made: &Made) -> Answer {
        let outcome =
            self.library.run(submission(made)).await.map_err(|rejection| rejection.to_json(None).to_string())?;
        Ok(comparable(&outcome.result.json, made))
    }
}

/// What is hidden, as expressions over relations.
const HIDDEN: &[(&str, &str)] = &[
    ("ssn", "shop.people WHERE tenant_id = 1"),
    ("email", "shop.people WHERE tenant_id = 1"),
    ("name", "shop.people WHERE tenant_id = 1"),
    ("born", "shop.people WHERE tenant_id = 1"),
    ("score", "shop.people WHERE tenant_id = 1"),
    ("prefs", "shop.people WHERE tenant_id = 1"),
    ("id", "shop.people"),
    ("region", "shop.people WHERE tenant_id = 2 AND id < 100"),
    ("total", "shop.orders WHERE tenant_id = 1 AND status <> 'sad'"),
    ("note", "shop.orders WHERE tenant_id = 1 AND status <> 'sad'"),
    ("placed", "shop.orders WHERE status = 'sad'"),
    ("id", "shop.orders WHERE status <> 'sad'"),
    ("address", "shop.visits WHERE page <> 'login'"),
    ("at", "shop.visits WHERE page = 'login'"),
    ("\"select\"", "\"Odd Schema\".\"Mixed Case\""),
    ("\"a\"\"b\"", "\"Odd Schema\".\"Mixed Case\" WHERE \"Id\" IN (1, 3, 5)"),
    ("secret", "shop.secrets"),
];

/// Equal answers prove nothing where nothing differs.
async fn the_worlds_differ(one: &World, other: &World) {
    let (here, there) = (one.database.connect().await, other.database.connect().await);
    for (expression, relation) in HIDDEN {
        let sql = format!(
            "SELECT string_agg(value, ',' ORDER BY value) FROM (SELECT ({expression})::text AS value FROM {relation}) AS t"
        );
        let (here, there) = tokio::join!(here.query_one(&sql, &[]), there.query_one(&sql, &[]));
        let (here, there): (Option<String>, Option<String>) = (here.unwrap().get(0), there.unwrap().get(0));
        assert_ne!(here, there, "{expression} of {relation}");
    }
}

type Answer = Result<(Value, usize), String>;

/// Whether a query that fails in one world alone does so because of how it is planned: with the same rows and the other's
/// plans, it answers as the other.
async fn is_the_plans(made: &Made, here: &Answer, there: &Answer) -> bool {
    let (one, other) = tokio::join!(World::planning(false, true), World::planning(true, false));
    let (as_other, as_one) = tokio::join!(one.answer(made), other.answer(made));
    as_other == *there || as_one == *here
}

#[tokio::test]
async fn what_is_hidden_influences_no_answer() {
    let run = Run::of_environment();
    let (one, other) = tokio::join!(World::open(false), World::open(true));
    the_worlds_differ(&one, &other).await;
    let gate = one.library.gate();
    let schema = Schema::under(gate.catalog(), gate.policy());
    let mut tally = Tally::on(gate.catalog());
    for number in run.numbers() {
        let made = run.query(&schema, number);
        tally.asked += 1;
        tally.protected += usize::from(made.is_protected);
        match gate.admit(&submission(&made)) {
            Ok(admitted) => {
                let parameters = admitted.parameters().len() as u32;
                count_nodes(gate.catalog(), gate.policy(), admitted.sql(), parameters, &mut tally.nodes).unwrap();
            }
            Err(rejection) => {
                tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                continue;
            }
        }
        tally.admitted += 1;
        let (here, there) = tokio::join!(one.answer(&made), other.answer(&made));
        match &here {
            Ok((_, count)) => tally.with_rows += usize::from(*count > 0),
            Err(_) => tally.failed += 1,
        }
        if here.is_ok() != there.is_ok() && is_the_plans(&made, &here, &there).await {
            *tally.left_out.entry("an error that only some plans come to").or_default() += 1;
        } else if both_cut(&here, &there) && !made.is_ordered {
            *tally.left_out.entry("more rows or bytes than the caps").or_default() += 1;
        } else if here != there {
            let told = |answer: &Answer| match answer {
                Ok((result, _)) => format!("{:.600}", result.to_string()),
                Err(rejection) => rejection.clone(),
            };
            let again = run.again(number, "noninterference");
            tally.wrong.push(format!(
                "{}\n    one   {}\n    other {}\n    {again}",
                made.sql,
                told(&here),
                told(&there)
            ));
        }
    }
    // What could hide a leak stays rare.
    assert!(tally.left_out.values().sum::<usize>() * 500 <= tally.asked.max(500), "{:?}", tally.left_out);
    // EXPLAIN of protected relations is refused.
    let floors = Floors { admitted: 60, with_rows: 40, protected: 50, not: &["explain"] };
    tally.judge("noninterference", run, &floors);
}
