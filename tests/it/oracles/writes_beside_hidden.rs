//! Writes to tables of which rows and columns are hidden: on two databases that differ only in these, a made-up write gives
//! the same answer and leaves the same to be seen, and no hidden row is changed.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio_postgres::Client;

use super::*;
use crate::support::{Database, Library};

/// Of each table that may be written, some rows are hidden, and of two a column. That a hidden row has a key can be told
/// by a conflict, as documented; so the worlds have the same keys.
const HIDDEN: &str = r#"
[tables."desk.notes"]
rows = "author <> 'Eve'"
deny_columns = ["data"]
[tables."desk.scores"]
rows = "points < 90"
deny_columns = ["took"]
[tables."desk.events"]
rows = "what <> 'event 2'"
"#;

const OTHER_WORLD: &str = "
    UPDATE desk.notes SET body = 'other ' || id, done = NULL, due = '1999-01-01', tags = '{x}', amount = -1 WHERE author = 'Eve';
    UPDATE desk.notes SET data = '[]';
    UPDATE desk.scores SET id = 70, who = 'other', points = points + 1000, at = '-infinity', mood = 'Very Happy' WHERE points >= 90;
    UPDATE desk.scores SET took = '1 year';
    INSERT INTO desk.scores SELECT i, 'more', 100 + i FROM generate_series(1, 30) AS i;
    DELETE FROM saved.notes; DELETE FROM saved.scores; DELETE FROM saved.events;
    INSERT INTO saved.notes TABLE desk.notes;
    INSERT INTO saved.scores TABLE desk.scores;
    INSERT INTO saved.events TABLE desk.events";

/// What can be seen, and what can't.
const SEEN: &str = "
    SELECT concat_ws('/',
        (SELECT string_agg(ROW (id, author, body, done, due, tags, amount)::text, ',' ORDER BY id, author)
           FROM desk.notes WHERE author <> 'Eve'),
        (SELECT string_agg(one, ',' ORDER BY one)
           FROM (SELECT ROW (id, who, points, at, mood)::text AS one FROM desk.scores WHERE points < 90) AS s),
        (SELECT string_agg(ROW (tableoid::regclass, id, day, what)::text, ',' ORDER BY id, day)
           FROM desk.events WHERE what <> 'event 2'))";
const UNSEEN: &str = "
    SELECT concat_ws('/',
        (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM desk.notes AS t WHERE (author <> 'Eve') IS NOT TRUE),
        (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM desk.scores AS t WHERE (points < 90) IS NOT TRUE),
        (SELECT string_agg(t::text, ',' ORDER BY t::text) FROM desk.events AS t WHERE (what <> 'event 2') IS NOT TRUE))";

struct World {
    library: Library,
    owner: Client,
    /// What is seen and what isn't, before each write.
    before: (String, String),
    _database: Database,
}

impl World {
    async fn open(is_other: bool, policy: &str) -> Self {
        let database = Database::empty().await;
        database.script(DATABASE).await;
        if is_other {
            database.script(OTHER_WORLD).await;
        }
        let library = Library::open(&database, policy, &[]).await;
        let owner = database.connect().await;
        let before = content(&owner).await;
        Self { library, owner, before, _database: database }
    }

    /// The answer or the rejection, and what is left.
    async fn write(&self, made: &Made) -> (Result<Value, String>, (String, String)) {
        let outcome = self.library.run(submission(made)).await;
        let answer = match outcome {
            Ok(outcome) => Ok(comparable(&outcome.result.json, made).0),
            Err(rejection) => Err(rejection.to_json(None).to_string()),
        };
        let left = content(&self.owner).await;
        if left != self.before {
            self.owner.batch_execute(RESTORE).await.unwrap();
        }
        (answer, left)
    }
}

async fn content(client: &Client) -> (String, String) {
    let one = async |sql: &str| -> String { client.query_one(sql, &[]).await.unwrap().get(0) };
    (one(SEEN).await, one(UNSEEN).await)
}

/// The two databases.
struct Worlds {
    one: World,
    other: World,
}

/// What becomes of a write in both.
struct Both {
    changed: bool,
    failed: bool,
    /// What may not be: how they differ, in a word and at length.
    differences: Vec<(&'static str, String)>,
}

const ANSWERS: &str = "answers differ";
const LEAVES: &str = "what is left to be seen differs";
const CHANGES: &str = "what is hidden is changed";

impl Worlds {
    async fn open(policy: &str) -> Self {
        let (one, other) = tokio::join!(World::open(false, policy), World::open(true, policy));
        assert!(
            one.before.0 == other.before.0 && one.before.1 != other.before.1,
            "the worlds differ in what is hidden"
        );
        Self { one, other }
    }

    async fn write(&self, made: &Made) -> Both {
        let (here, there) = tokio::join!(self.one.write(made), self.other.write(made));
        let changes = |of: &World, left: &(String, String)| left.1 != of.before.1;
        let mut differences = Vec::new();
        if here.0 != there.0 {
            differences.push((ANSWERS, format!("{:?}\n    and {:?}", here.0, there.0)));
        }
        if here.1.0 != there.1.0 {
            differences.push((LEAVES, format!("{}\n    and {}", here.1.0, there.1.0)));
        }
        if changes(&self.one, &here.1) || changes(&self.other, &there.1) {
            differences.push((CHANGES, String::new()));
        }
        Both { changed: here.1.0 != self.one.before.0, failed: here.0.is_err(), differences }
    }
}

#[tokio::test]
async fn a_made_up_write_neither_tells_of_hidden_rows_nor_changes_them() {
    let run = Run::of_environment().of_writes();
    let worlds = Worlds::open(&format!("{WRITER}{HIDDEN}")).await;
    let gate = worlds.one.library.gate();
    let schema = Schema::under(gate.catalog(), gate.policy());
    let (mut admitted, mut changed, mut failed, mut kinds) = (0, 0, 0, Kinds::default());
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for number in run.numbers() {
        let made = run.write(&schema, number);
        asked += 1;
        if let Err(rejection) = gate.admit(&submission(&made)) {
            println!("refused: {}: {:.200}", rejection.message, made.sql);
            continue;
        }
        admitted += 1;
        kinds.count(&made);
        let both = worlds.write(&made).await;
        changed += usize::from(both.changed);
        failed += usize::from(both.failed);
        if let Some((what, difference)) = both.differences.first() {
            wrong.push(format!(
                "{}\n    {what}: {difference:.2000}\n    {}",
                made.sql,
                run.again(number, "writes_beside_hidden")
            ));
        }
    }
    println!(
        "writes beside hidden rows: {asked} asked, {admitted} admitted, {changed} changed something, {failed} failed"
    );
    let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {asked} wrong:\n{}", wrong.len(), shown.join("\n"));
    // MERGE into a filtered table is refused.
    kinds.judge(run, false);
    if asked >= PROVES / 4 {
        assert!(admitted * 100 >= asked * 40, "only {admitted} of {asked} are admitted");
        assert!(changed * 100 >= asked * 15, "only {changed} of {asked} changed something");
    }
}

/// A comparison that can't fail would prove nothing. Here what is to be hidden isn't: of writes that the policy above lets
/// through, many answer by hidden rows, leave something else behind, or change them.
#[tokio::test]
async fn a_policy_that_hides_nothing_is_noticed() {
    let hiding = World::open(false, &format!("{WRITER}{HIDDEN}")).await;
    let gate = hiding.library.gate();
    let schema = Schema::under(gate.catalog(), gate.policy());
    let worlds = Worlds::open(WRITER).await;
    let run = Run { seed: 1, first: 0, count: 300 };
    let (mut asked, mut noticed) = (0, BTreeMap::new());
    for number in run.numbers() {
        let made = run.write(&schema, number);
        if gate.admit(&submission(&made)).is_ok() && worlds.one.library.gate().admit(&submission(&made)).is_ok() {
            asked += 1;
            for (what, _) in worlds.write(&made).await.differences {
                *noticed.entry(what).or_insert(0) += 1;
            }
        }
    }
    println!("{asked} writes with nothing hidden: {noticed:?}");
    for what in [ANSWERS, LEAVES, CHANGES] {
        assert!(noticed.get(what).is_some_and(|times| *times >= 3), "{what}: {noticed:?} of {asked}");
    }
}
