//! The public corpus of attacks: whatever is tried, nothing hidden is told, a world that differs only in what is hidden
//! gives the same answer, and nothing changes that the policy doesn't let be written. What the gate thinks of a statement
//! decides nothing here; its verdicts under each shipped policy are in `tests/golden/verdicts.txt`, so that a change
//! to what policy means is seen. `tests/corpus/README.md` says how to add to it.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it bypass` writes the verdicts.

mod bombs;
mod canaries;
mod cases;
mod matrix;
mod shadows;
mod shape;
mod state;

use std::time::{Duration, Instant};

use pgwicket::gate::diagnostic::Rejection;
use serde_json::Value;
use tokio_postgres::Client;

use self::canaries::Canaries;
use self::cases::{Case, hostile};
use self::state::State;
use crate::support::{Database, Library};

const WORLD: &str = include_str!("../corpus/guarded/world.sql");
const POLICY: &str = include_str!("../corpus/guarded/policy.toml");

/// One of the twins.
struct World {
    database: Database,
    library: Library,
    beside: Client,
    canaries: Canaries,
}

impl World {
    /// `pgwicket` is a superuser here: nothing but the gate stands in the way.
    async fn open(name: &str) -> Self {
        Self::open_with(name, "").await
    }

    /// With more in it than the world's own script makes.
    async fn open_with(name: &str, more: &str) -> Self {
        let database = Database::sample().await;
        database.script(&WORLD.replace(":world", &format!("'{name}'"))).await;
        database.script(more).await;
        state::remember(&database).await;
        let settings = database.settings_as_superuser().await;
        let library = Library::open_with(settings, POLICY, &[("tenant", "1")]).await;
        let beside = database.connect().await;
        let canaries = Canaries::of(&beside).await;
        Self { database, library, beside, canaries }
    }

    /// All that a client would see, with rows sorted where their order means nothing; and what came of the statement. The
    /// twins have different names, as databases have.
    async fn answer(&self, sql: &str) -> (String, Verdict) {
        let (told, verdict) = self.answer_as_it_is(sql).await;
        (told.replace(self.database.name(), "(database)"), verdict)
    }

    async fn answer_as_it_is(&self, sql: &str) -> (String, Verdict) {
        match self.library.query(sql).await {
            Ok(mut result) => {
                let rows = result["rows"].as_array_mut();
                let verdict =
                    if rows.as_ref().is_some_and(|rows| !rows.is_empty()) { Verdict::Rows } else { Verdict::Done };
                if let Some(rows) = rows
                    && !sql.to_uppercase().contains("ORDER BY")
                {
                    rows.sort_by_cached_key(Value::to_string);
                }
                (result.to_string(), verdict)
            }
            Err(rejection) => (told(&rejection), Verdict::Refused(rejection.reason.code())),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// By the gate or by PostgreSQL.
    Refused(&'static str),
    Rows,
    Done,
}

/// All that a door would show.
fn told(rejection: &Rejection) -> String {
    rejection.to_json(None).to_string()
}

/// The digest has the server's files in it, which all worlds share: two at a time would see each other's.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn no_attack_sees_or_changes_anything() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (one, twin) = tokio::join!(World::open("one"), World::open("other"));
    the_judge_is_awake(&one, &twin).await;
    attack(&one, &twin, &hostile().into_iter().chain(bombs::bombs()).collect::<Vec<_>>()).await;
}

/// The same where users' operators and functions fit better than PostgreSQL's own: none of them is called, either.
#[tokio::test]
async fn no_attack_calls_what_shadows_postgresql() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (one, twin) =
        tokio::join!(World::open_with("one", shadows::SHADOWS), World::open_with("other", shadows::SHADOWS));
    let called = [shadows::are_in_the_way(&one).await, shadows::are_in_the_way(&twin).await];
    // The server's time and memory are the same here.
    let others = hostile().into_iter().filter(|case| case.family != "bombs");
    attack(&one, &twin, &shadows::cases().chain(others).collect::<Vec<_>>()).await;
    for (world, called) in [one, twin].into_iter().zip(called) {
        let World { database, library, beside, .. } = world;
        drop(library);
        // A session tells what it called when it ends; so all of them have to have ended.
        let others = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let began = Instant::now();
        while beside.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "sessions of {} are still there", database.name());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(shadows::calls(&beside).await, called, "a shadow was called in {}", database.name());
    }
}

/// What is asked of every statement in every world.
async fn attack(one: &World, twin: &World, cases: &[Case]) {
    let before = State::of(&one.database).await;
    let mut wrong = Vec::new();
    let (mut refused, mut with_rows, mut since) = (0, 0, Vec::new());
    for (at, case) in cases.iter().enumerate() {
        let sql = case.sql.as_str();
        let ((here, verdict), (there, _)) = tokio::join!(one.answer(sql), twin.answer(sql));
        refused += usize::from(matches!(verdict, Verdict::Refused(_)));
        with_rows += usize::from(verdict == Verdict::Rows);
        if let Some(canary) = one.canaries.found_in(&here, sql).or_else(|| twin.canaries.found_in(&there, sql)) {
            wrong.push(format!("{case}\n    TELLS {canary}: {here:.400}"));
        }
        if here != there {
            wrong.push(format!("{case}\n    DIFFERS\n    one   {here:.300}\n    other {there:.300}"));
        }
        since.push(case);
        // What was refused has changed nothing, or the next look tells.
        if !matches!(verdict, Verdict::Refused(_)) || since.len() == 50 || at + 1 == cases.len() {
            let differences = State::of(&one.database).await.differences(&before);
            if !differences.is_empty() {
                wrong.push(format!(
                    "{} or one before it\n    CHANGED {}",
                    since.last().unwrap(),
                    differences.join(", ")
                ));
                break;
            }
            since.clear();
            for world in [one, twin] {
                state::restore(&world.beside).await;
            }
        }
    }
    println!(
        "{} attacks: {refused} refused, {} admitted, {with_rows} of them with rows",
        cases.len(),
        cases.len() - refused
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The judge does see what it looks for, where nothing is in the way; else silence would prove nothing.
async fn the_judge_is_awake(one: &World, twin: &World) {
    let ask = async |world: &World, sql: &str| -> String {
        world.beside.query_one(sql, &[]).await.unwrap().get::<_, Option<String>>(0).unwrap_or_default()
    };
    for sql in [
        "SELECT s FROM sales.secret WHERE id = 1",
        "SELECT n::text FROM sales.secret WHERE id = 1",
        "SELECT upper(reverse(s)) FROM sales.secret WHERE id = 1",
        "SELECT encode(convert_to('x' || s, 'UTF8'), 'base64') FROM sales.secret WHERE id = 2",
        "SELECT encode(convert_to(s, 'UTF8'), 'hex') FROM sales.secret WHERE id = 2",
        "SELECT substr(s, 4, 6) FROM sales.secret WHERE id = 3",
        "SELECT j::text FROM sales.secret WHERE id = 3",
        "SELECT string_agg(ssn, ',') FROM sales.customers WHERE tenant_id = 1",
        "SELECT string_agg(email || ',' || phone, ',') FROM sales.customers WHERE tenant_id = 1",
        "SELECT string_agg(name, ',') FROM sales.customers WHERE tenant_id = 2",
        "SELECT string_agg(comment, ',') FROM sales.orders",
        "SELECT string_agg(name || ',' || title || ',' || salary, ',') FROM hr.employees",
        "SELECT string_agg(gross::int::text, ',') FROM sales.payroll_export",
        "SELECT string_agg(payload::text, ',') FROM sales.events WHERE kind = 'login'",
        "SELECT string_agg(reward || ',' || hint, ',') FROM scratch.tasks WHERE owner = 1",
        "SELECT string_agg(body || ',' || reward || ',' || hint, ',') FROM scratch.tasks WHERE owner = 2",
        "SELECT string_agg(ssn, ',') FROM sales.visits",
        "SELECT string_agg(ssn, ',') FROM sales.shops",
        "SELECT convert_from(lo_get(4242), 'UTF8')",
        "SELECT current_setting('app.secret')",
    ] {
        let (here, there) = (ask(one, sql).await, ask(twin, sql).await);
        assert!(one.canaries.found_in(&here, "").is_some(), "not seen: {sql}: {here}");
        assert!(here != there, "the twins are alike: {sql}: {here} {there}");
    }
    for sql in [
        "SELECT count(*)::text FROM sales.customers",
        "SELECT string_agg(birth_date::text, ',' ORDER BY id) FROM sales.customers",
    ] {
        assert_ne!(ask(one, sql).await, ask(twin, sql).await, "{sql}");
    }
    assert_eq!(one.canaries.found_in("nothing of that kind 12345678 0123456789abcdef", ""), None);

    // And what it compares does change when something is changed.
    let before = State::of(&one.database).await;
    assert_eq!(State::of(&one.database).await.differences(&before), Vec::<String>::new());
    for (sql, undo) in [
        ("UPDATE sales.secret SET n = n WHERE id = 1", None),
        ("UPDATE scratch.tasks SET body = body WHERE owner = 2", None),
        ("SELECT nextval('sales.counter')", Some("SELECT setval('sales.counter', 1, false)")),
        ("SELECT lo_create(4243)", Some("SELECT lo_unlink(4243)")),
        ("CREATE TABLE public.made ()", Some("DROP TABLE public.made")),
        ("SELECT pg_advisory_lock(1)", Some("SELECT pg_advisory_unlock_all()")),
        ("CREATE FUNCTION public.made() RETURNS int LANGUAGE sql AS 'SELECT 1'", Some("DROP FUNCTION public.made()")),
        ("SELECT pg_catalog.lo_export(4242, 'made_by_the_judge')", None),
        ("ALTER DATABASE :db SET app.other = 'x'", Some("ALTER DATABASE :db RESET app.other")),
    ] {
        let before = State::of(&one.database).await;
        for text in [Some(sql), undo].into_iter().flatten() {
            if Some(text) == undo {
                assert_ne!(State::of(&one.database).await.differences(&before), Vec::<String>::new(), "{sql}");
            }
            one.beside.batch_execute(&text.replace(":db", one.database.name())).await.unwrap();
        }
        if undo.is_none() {
            assert_ne!(State::of(&one.database).await.differences(&before), Vec::<String>::new(), "{sql}");
        }
    }
}

/// A name that is hidden and one that is missing are refused in the same words, at the same place.
#[tokio::test]
async fn a_hidden_name_is_refused_like_a_missing_one() {
    let world = World::open("one").await;
    for (template, hidden, missing) in [
        ("SELECT @ FROM sales.customers", "ssn", "xyz"),
        ("SELECT c.@ FROM sales.customers c", "ssn", "xyz"),
        ("SELECT id FROM sales.customers ORDER BY @", "ssn", "xyz"),
        ("SELECT 1 FROM sales.customers a JOIN sales.customers b USING (@)", "ssn", "xyz"),
        (
            "SELECT o.id FROM sales.orders o WHERE EXISTS (SELECT 1 FROM sales.customers WHERE @ = o.comment)",
            "ssn",
            "xyz",
        ),
        ("SELECT * FROM sales.@", "copied", "cobied"),
        ("SELECT * FROM sales.@", "payroll_export", "payroll_expert"),
        ("SELECT * FROM @", "copied", "cobied"),
        ("SELECT * FROM @.employees", "hr", "xx"),
        ("SELECT * FROM hr.@", "employees", "employers"),
        ("SELECT * FROM scratch.@", "notes_id_seq", "notes_id_saq"),
        ("INSERT INTO sales.@ VALUES (1)", "copied", "cobied"),
        ("UPDATE scratch.notes SET body = c.@ FROM sales.customers c WHERE c.id = 1", "ssn", "xyz"),
        ("SELECT NULL::sales.@", "copied", "cobied"),
        ("SELECT NULL::sales.@[]", "copied", "cobied"),
        ("SELECT hr.@()", "raise_salaries", "raize_salaries"),
        ("SELECT @.raise_salaries()", "hr", "xx"),
    ] {
        let [(told_hidden, truth), (told_missing, _)] = [hidden, missing].map(|name| {
            let sql = template.replace('@', name);
            let Err(rejection) = world.library.admit(&sql) else { panic!("admitted: {sql}") };
            (told(&rejection).replace(name, "@"), rejection.revealed())
        });
        assert_eq!(told_hidden, told_missing, "{template}");
        println!("{template} with {hidden}: {truth}");
    }
}
