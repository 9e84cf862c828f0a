//! Writes to tables of which rows and columns are hidden: on two databases that differ only in these, a made-up write gives
//! the same answer and leaves the same to be seen, and no hidden row is changed.

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
    async fn open(is_other: bool) -> Self {
        let database = Database::empty().await;
        database.script(DATABASE).await;
        if is_other {
            database.script(OTHER_WORLD).await;
        }
        let library = Library::open(&database, &format!("{WRITER}{HIDDEN}"), &[]).await;
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

#[tokio::test]
async fn a_made_up_write_neither_tells_of_hidden_rows_nor_changes_them() {
    let run = Run::of_environment().of_writes();
    let (one, other) = tokio::join!(World::open(false), World::open(true));
    assert!(one.before.0 == other.before.0 && one.before.1 != other.before.1, "the worlds differ in what is hidden");
    let gate = one.library.gate();
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
        let (here, there) = tokio::join!(one.write(&made), other.write(&made));
        changed += usize::from(here.1.0 != one.before.0);
        failed += usize::from(here.0.is_err());
        let difference = if here.0 != there.0 {
            Some(format!("answers {:?}\n    and {:?}", here.0, there.0))
        } else if here.1.0 != there.1.0 {
            Some(format!("leaves {}\n    and {}", here.1.0, there.1.0))
        } else {
            (here.1.1 != one.before.1 || there.1.1 != other.before.1).then(|| "changes what is hidden".to_owned())
        };
        if let Some(difference) = difference {
            wrong.push(format!(
                "{}\n    {difference:.2000}\n    {}",
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
