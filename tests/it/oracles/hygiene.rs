//! After whatever was asked, admitted or refused, failed, cancelled, timed out or written, the next statement finds a
//! session like a fresh one: settings and where they come from, role, locks, temporary schema, cursors, channels, sequences;
//! and no prepared statements but ours.
//!
//! What looks is a function that the policy allows, called by the same path on the only session there is.

use std::collections::BTreeSet;
use std::time::Duration;

use pgwicket::gate::admit::Admitted;
use pgwicket::postgres::execute::{Context, Outcome};
use pgwicket::postgres::{ExecuteError, execute};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::writes::WRITES;
use super::*;
use crate::support::{Database, Library, PATIENCE, sql_of};

const POLICY: &str = r#"
version = 1
name = "hygiene"
[statements]
allow = ["select", "insert", "update", "delete", "explain"]
[search_path]
schemas = ["shop", "Odd Schema"]
[schemas.shop]
access = "write"
deny = ["secrets"]
[schemas."Odd Schema"]
access = "read"
[schemas.look]
access = "listed"
[tables."look.messy"]
access = "write"
side_effects = true
[functions]
allow = ["@builtin", "look.session()", "look.mess()", "look.fails()", "look.waits()", "look.prepares()"]
[limits]
rows = 100_000
bytes = "16MiB"
timeout = "20s"
"#;

const SETUP: &str = r#"
CREATE SCHEMA look;
GRANT USAGE ON SCHEMA look TO wicket;
CREATE FUNCTION look.session() RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE last text := 'none';
BEGIN
    BEGIN last := lastval(); EXCEPTION WHEN OTHERS THEN NULL; END;
    RETURN jsonb_build_object(
        'pid', pg_backend_pid(),
        'settings', (SELECT jsonb_object_agg(name, jsonb_build_array(setting, source)) FROM pg_settings WHERE name <> 'search_path'),
        'custom', coalesce(current_setting('leak.it', true), ''),
        'users', jsonb_build_array(current_user, session_user, current_setting('role')),
        'locks', (SELECT jsonb_agg(jsonb_build_array(locktype, mode, relation, classid, objid) ORDER BY locktype, mode, relation, objid)
                    FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid'
                     AND NOT (locktype = 'relation' AND relation < 16384)),
        'temporary', (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
        'cursors', (SELECT count(*) FROM pg_cursors),
        'channels', (SELECT jsonb_agg(c) FROM pg_listening_channels() AS c),
        'sequence', last,
        'prepared', (SELECT jsonb_agg(statement) FROM pg_prepared_statements));
END $$;
CREATE FUNCTION look.mess() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('work_mem', '1MB', false), set_config('leak.it', 'secret', false), set_config('TimeZone', 'Asia/Tokyo', true);
    PERFORM set_config('enable_seqscan', 'off', false), pg_advisory_lock(42), pg_advisory_lock_shared(43);
    EXECUTE 'LISTEN gossip';
    EXECUTE 'DECLARE kept CURSOR WITH HOLD FOR SELECT 1';
    PERFORM set_config('TimeZone', 'UTC', true);
    RETURN 1;
END $$;
CREATE FUNCTION look.fails() RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_lock(44); RAISE EXCEPTION 'no'; END $$;
CREATE FUNCTION look.waits() RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_lock(45), pg_sleep(20); RETURN 1; END $$;
CREATE FUNCTION look.prepares() RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE 'PREPARE mine_' || (random() * 1000000)::int || ' AS SELECT 1'; RETURN 1; END $$;
CREATE TABLE look.messy (id serial, name text);
CREATE FUNCTION look.on_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS left_behind (secret text);
    PERFORM set_config('work_mem', '2MB', false), pg_advisory_lock(46), set_config('leak.it', 'written', false);
    RETURN new;
END $$;
CREATE TRIGGER on_write BEFORE INSERT ON look.messy FOR EACH ROW EXECUTE FUNCTION look.on_write();
GRANT ALL ON look.messy TO wicket; GRANT USAGE ON SEQUENCE look.messy_id_seq TO wicket;
"#;

/// How the client library asks what a type is.
const OF_THE_CLIENT_LIBRARY: [&str; 3] =
    ["SELECT t.typname, t.typtype,", "SELECT enumlabel\n", "SELECT attname, atttypid\n"];

/// Requests between two looks.
const BATCH: u64 = 20;

struct Hygiene {
    library: Library,
    /// Texts that the gate emitted.
    emitted: BTreeSet<String>,
    failed: usize,
    stopped: usize,
}

impl Hygiene {
    async fn run(&mut self, admitted: Admitted, stop: Option<Stop>, name: &str) -> Result<Outcome, ExecuteError> {
        self.emitted.insert(admitted.sql().to_owned());
        self.emitted.extend(admitted.text_sql().map(str::to_owned));
        let (cancel, now) = (CancellationToken::new(), Instant::now());
        let deadline = match stop {
            Some(Stop::Deadline(after)) => now + after,
            _ => now + PATIENCE,
        };
        if let Some(Stop::Cancel(after)) = stop {
            let cancel = cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                cancel.cancel();
            });
        }
        let context = Context {
            deadline,
            cancel,
            application_name: format!("pgwicket/{name}"),
            backend: Default::default(),
            confirming: None,
        };
        let result = execute(&self.library.pool, admitted, context).await;
        self.failed += usize::from(matches!(result, Err(ExecuteError::Database(_))));
        self.stopped += usize::from(matches!(result, Err(ExecuteError::Stopped(_))));
        result
    }

    /// What the next statement finds, its process and the texts that are prepared.
    async fn look(&mut self) -> (Value, i64, BTreeSet<String>) {
        let admitted = self.library.admit("SELECT look.session()").unwrap();
        let outcome = self.run(admitted, None, "tester").await.unwrap();
        let result: Value = serde_json::from_str(&outcome.result.json).unwrap();
        let mut seen = match &result["rows"][0][0] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            other => other.clone(),
        };
        let pid = seen["pid"].take().as_i64().unwrap();
        let prepared = seen["prepared"].take();
        (seen, pid, prepared.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect())
    }
}

#[derive(Debug, Clone, Copy)]
enum Stop {
    Cancel(Duration),
    Deadline(Duration),
}

const SLOW: &str = "SELECT count(*) FROM people AS a, people AS b, people AS c, people AS d, people AS e, people AS f";

#[tokio::test]
async fn the_next_statement_finds_a_fresh_session() {
    let run = Run::of_environment();
    let database = Database::empty().await;
    database.script(DATABASE).await;
    database.script(SETUP).await;
    let library = Library::open_on_one_session(&database, POLICY, &[]).await;
    let gate = library.gate();
    let schema = Schema::under(gate.catalog(), gate.policy());
    let mut hygiene = Hygiene { library, emitted: BTreeSet::new(), failed: 0, stopped: 0 };
    let (fresh, mut process, ours) = hygiene.look().await;
    let beside = database.connect().await;
    let (mut admitted, mut refused, mut writes, mut kept, mut looks, mut wrong) = (0, 0, 0, 0, 0, Vec::new());
    let mut asked: Vec<String> = Vec::new();
    for number in run.numbers() {
        let mut state = run.seed ^ number.wrapping_mul(0x9E37_79B9);
        let after = Duration::from_millis(1 + next(&mut state) % 40);
        let (submission, stop) = match next(&mut state) % 24 {
            0 => (sql_of(SLOW), Some(Stop::Cancel(after))),
            1 => (sql_of(SLOW), Some(Stop::Deadline(after))),
            2 => (sql_of("SELECT look.mess()"), None),
            3 => (sql_of("SELECT look.fails()"), None),
            4 => (sql_of("SELECT look.waits()"), Some(Stop::Cancel(after))),
            5 => (sql_of("INSERT INTO look.messy (name) VALUES ('x') RETURNING id"), None),
            6 if number.is_multiple_of(5) => (sql_of("SELECT look.prepares()"), None),
            7..=9 => (sql_of(WRITES[(next(&mut state) % WRITES.len() as u64) as usize]), None),
            10 => (sql_of("SELECT 1 / (id - id) FROM people"), None),
            11 => (sql_of("SET work_mem = '1MB'"), None),
            _ => {
                let made = run.query(&schema, number);
                (submission(&made), next(&mut state).is_multiple_of(16).then_some(Stop::Cancel(after / 8)))
            }
        };
        let Submission::Sql { text, .. } = &submission else { unreachable!() };
        asked.push(format!("{text} -- {stop:?}"));
        match gate.admit(&submission) {
            Ok(one) => {
                admitted += 1;
                writes += usize::from(one.permit().kind.writes());
                let name = ["tester", "ana", "ben"][(number % 3) as usize];
                let _ = hygiene.run(one, stop, name).await;
            }
            Err(_) => refused += 1,
        }
        if !(number + 1).is_multiple_of(BATCH) && run.count > 1 {
            continue;
        }
        looks += 1;
        let (seen, pid, prepared) = hygiene.look().await;
        kept += usize::from(pid == process);
        process = pid;
        if seen != fresh {
            let difference = |(name, value): (&String, &Value)| {
                (fresh[name] != *value)
                    .then(|| format!("{name}: {value:.1500} instead of {:.1500}", fresh[name].to_string()))
            };
            let differ: Vec<String> = seen.as_object().unwrap().iter().filter_map(difference).collect();
            wrong.push(format!("{}\n    behind {}", differ.join("\n    "), asked.join("\n    ")));
        }
        let is_ours = |text: &str| {
            ours.contains(text)
                || hygiene.emitted.contains(text)
                || OF_THE_CLIENT_LIBRARY.iter().any(|one| text.starts_with(one))
        };
        for text in prepared.iter().filter(|text| !is_ours(text)) {
            wrong.push(format!("prepared: {text}"));
        }
        // From outside: no transaction is open, nothing is locked.
        let outside = "SELECT state, xact_start IS NOT NULL OR backend_xmin IS NOT NULL AS in_transaction,
                              (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid) AS locks
                         FROM pg_stat_activity a WHERE pid = $1";
        let mut at_rest = false;
        for _ in 0..200 {
            let row = beside.query_opt(outside, &[&(pid as i32)]).await.unwrap();
            at_rest = row.is_none_or(|row| {
                row.get::<_, &str>(0) == "idle" && !row.get::<_, bool>(1) && row.get::<_, i64>(2) == 0
            });
            if at_rest {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if !at_rest {
            wrong.push(format!("a transaction or a lock is left behind {}", asked.join("\n    ")));
        }
        asked.clear();
    }
    let Hygiene { failed, stopped, .. } = hygiene;
    println!(
        "hygiene: {} requests with seed {}: {admitted} admitted, {refused} refused, {writes} writes, {failed} failed, {stopped} stopped; \
         {looks} looks, {kept} on the same session as before",
        run.count, run.seed
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
    if run.count >= PROVES as u64 {
        assert!(admitted as u64 * 10 >= run.count * 6, "too few are admitted");
        assert!(refused > 50 && writes > 100 && failed > 100 && stopped > 100, "too few of each kind");
        // A new session is always like a fresh one, and proves nothing.
        assert!(kept * 2 >= looks, "too few sessions were kept");
    }
}
