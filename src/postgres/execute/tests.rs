//! The executor against a real server. Its statements stand in for what the gate would have emitted.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::gate::admit::{Permit, RelationAccess, RelationUse, Verification, WriteCheck};
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::Rule;
use crate::postgres::config::{DatabaseConfig, DatabaseSettings};
use crate::postgres::ephemeral::SUPERUSER;
use crate::postgres::pool::PoolError;
use crate::postgres::rows::Truncation;
use crate::postgres::test_server::TestDatabase;

const SETUP: &str = "
    CREATE TABLE t (id int PRIMARY KEY, name text);
    INSERT INTO t SELECT i, 'name ' || i FROM generate_series(1, 100) i;
    CREATE TABLE later (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE deadly (id int);
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON deadly DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die();
    DO 'BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN END';
";

struct Database {
    database: TestDatabase,
    pool: Pool,
}

impl Database {
    async fn start(pool_size: usize) -> Self {
        let database = TestDatabase::create(SETUP).await;
        let settings = DatabaseSettings { pool_size: Some(pool_size), max_overflow: Some(0), ..database.settings() };
        let pool = Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap();
        Self { database, pool }
    }

    async fn execute(&self, admitted: Admitted) -> Result<Outcome, ExecuteError> {
        execute(&self.pool, admitted, context()).await
    }

    async fn json(&self, sql: &str) -> String {
        self.execute(read(sql)).await.unwrap().result.json
    }

    async fn value(&self, sql: &str) -> serde_json::Value {
        let result: serde_json::Value = serde_json::from_str(&self.json(sql).await).unwrap();
        result["rows"][0][0].clone()
    }

    /// Waits until no backend of ours runs or waits inside a transaction, seen from another connection.
    #[expect(clippy::disallowed_methods, reason = "the test looks from outside")]
    async fn assert_soon_idle(&self) {
        let client = self.database.client("").await;
        let deadline = Instant::now() + Duration::from_secs(5);
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND state <> 'idle'";
        loop {
            let count: i64 = client.query_one(busy, &[]).await.unwrap().get(0);
            if count == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "a backend is still busy");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

fn context() -> Context {
    Context {
        deadline: Instant::now() + Duration::from_secs(20),
        cancel: CancellationToken::new(),
        application_name: "pgwicket test".to_owned(),
        backend: Backend::default(),
        confirming: None,
    }
}

fn check(max_affected_rows: Option<(u64, Rule)>) -> WriteCheck {
    let (kind, descendants) = (StatementKind::Delete, Vec::new());
    WriteCheck { kind, target: Oid(1), descendants, max_affected_rows, row_check: None }
}

fn permit(kind: StatementKind) -> Permit {
    Permit {
        kind,
        relations: Vec::new(),
        masked_columns: Vec::new(),
        filters: Vec::new(),
        functions: Vec::new(),
        policy_digest: String::new(),
        catalog_version: String::new(),
        row_cap: 1_000,
        byte_cap: 1 << 20,
        timeout: Duration::from_secs(20),
        cost_cap: None,
        writes: if kind.writes() { vec![check(None)] } else { Vec::new() },
        counted: false,
        confirm: None,
        total_order: false,
        role: None,
        opaque_errors: false,
        plan_shape: None,
    }
}

fn read(sql: &str) -> Admitted {
    Admitted::for_executor_tests(sql, None, permit(StatementKind::Select))
}

fn write(sql: &str) -> Admitted {
    Admitted::for_executor_tests(sql, None, permit(StatementKind::Insert))
}

fn sqlstate(result: Result<Outcome, ExecuteError>) -> String {
    match result {
        Err(ExecuteError::Database(error)) => error.sqlstate,
        other => panic!("{other:?}"),
    }
}

const PID: &str = "SELECT pg_catalog.pg_backend_pid() AS pid";

#[tokio::test]
async fn reads_give_rows_first_prepared_then_from_the_cache() {
    let database = Database::start(1).await;
    let sql = "SELECT id + 0 AS id, name || '' AS name FROM public.t ORDER BY 1 LIMIT 2";
    for _ in 0..3 {
        assert_eq!(
            database.json(sql).await,
            "{\"columns\":[{\"name\":\"id\",\"type\":\"integer\"},{\"name\":\"name\",\"type\":\"text\"}],\
             \"rows\":[[1,\"name 1\"],[2,\"name 2\"]],\"row_count\":2,\"truncated\":false}"
        );
    }
    let count = "SELECT count(*) FROM pg_catalog.pg_prepared_statements WHERE statement LIKE 'SELECT id + 0%'";
    assert_eq!(database.value(count).await, 1);
    database.assert_soon_idle().await;
}

#[tokio::test]
async fn parameters_are_read_by_the_types_own_input_functions() {
    let database = Database::start(1).await;
    let sql = "SELECT $1::pg_catalog.int4 AS a, $2::pg_catalog.point::pg_catalog.text AS b, $3::pg_catalog.int4[] AS c, \
               $4::pg_catalog.text AS d";
    let values = [Some("42"), Some("(1,2)"), Some("{1,NULL}"), None];
    let result = database.execute(read(sql).with_parameters(&values)).await.unwrap().result.json;
    assert!(result.contains("\"rows\":[[42,\"(1,2)\",[1,null],null]]"), "{result}");
    let wrong = read(sql).with_parameters(&[Some("x"), None, None, None]);
    assert_eq!(sqlstate(database.execute(wrong).await), "22P02");
}

#[tokio::test]
async fn a_type_without_a_codec_brings_the_text_form() {
    let database = Database::start(1).await;
    let (sql, text) = (
        "SELECT '(1,2)'::pg_catalog.point AS p, 7 AS n, true AS b",
        "SELECT ('(1,2)'::pg_catalog.point)::pg_catalog.text AS p, 7::pg_catalog.text AS n, true::pg_catalog.text AS b",
    );
    let permit = || permit(StatementKind::Select);
    for _ in 0..2 {
        let result = database.execute(Admitted::for_executor_tests(sql, Some(text), permit())).await.unwrap();
        assert!(result.result.json.contains("\"type\":\"point\"}"), "{}", result.result.json);
        assert!(result.result.json.contains("\"rows\":[[\"(1,2)\",7,true]]"), "{}", result.result.json);
    }
    let without = Admitted::for_executor_tests("SELECT '(1,2)'::pg_catalog.point AS p", None, permit());
    let without = database.execute(without).await.unwrap_err();
    assert!(matches!(without, ExecuteError::Unexpected(_)), "{without}");
}

#[tokio::test]
async fn caps_cut_the_result_and_leave_the_session_in_order() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    let sql = "SELECT pg_catalog.repeat('x', 1000) AS x FROM pg_catalog.generate_series(1, 1000)";
    let capped = |row_cap, byte_cap| {
        let permit = Permit { row_cap, byte_cap, ..permit(StatementKind::Select) };
        Admitted::for_executor_tests(sql, None, permit)
    };
    let by_rows = database.execute(capped(10, 1 << 20)).await.unwrap().result;
    assert_eq!((by_rows.row_count, by_rows.truncated), (10, Some(Truncation::Rows)));
    let by_bytes = database.execute(capped(1_000, 10_000)).await.unwrap().result;
    assert_eq!((by_bytes.row_count, by_bytes.truncated), (9, Some(Truncation::Bytes)));
    assert!(by_bytes.json.len() <= 10_000);
    assert_eq!(database.value(PID).await, pid);
}

#[tokio::test]
async fn an_error_is_told_and_the_session_goes_on() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    assert_eq!(sqlstate(database.execute(read("SELECT 1/0 AS x")).await), "22012");
    assert_eq!(sqlstate(database.execute(read("SELECT nope FROM public.t")).await), "42703");
    // A second statement in one text isn't possible in this protocol.
    assert_eq!(sqlstate(database.execute(read("SELECT 1; SELECT 2")).await), "42601");
    assert_eq!(database.value(PID).await, pid);
}

#[tokio::test]
async fn a_read_cannot_write() {
    let database = Database::start(1).await;
    assert_eq!(sqlstate(database.execute(read("DELETE FROM public.t")).await), "25006");
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t").await, 100);
}

#[tokio::test]
async fn writes_commit_and_count() {
    let database = Database::start(1).await;
    let insert = "INSERT INTO public.t VALUES (101, 'new'), (102, NULL) RETURNING id + 0 AS id";
    let outcome = database.execute(write(insert)).await.unwrap();
    assert_eq!(outcome.affected_rows, Some(2));
    assert!(
        outcome
            .result
            .json
            .ends_with("\"rows\":[[101],[102]],\"row_count\":2,\"affected_rows\":2,\"truncated\":false}"),
        "{}",
        outcome.result.json
    );
    let outcome = database.execute(write("UPDATE public.t SET name = '' WHERE id > 100")).await.unwrap();
    assert_eq!(outcome.affected_rows, Some(2));
    assert!(outcome.result.json.starts_with("{\"columns\":[],\"rows\":[],\"row_count\":0,\"affected_rows\":2,"));
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t WHERE name = ''").await, 2);
}

#[tokio::test]
async fn a_write_over_its_cap_is_rolled_back() {
    let database = Database::start(1).await;
    let rule = Rule { file: "policy.toml".to_owned(), line: 3, key: "tables.t.max_affected_rows".to_owned() };
    let capped = |most| {
        let permit = Permit { writes: vec![check(Some((most, rule.clone())))], ..permit(StatementKind::Delete) };
        Admitted::for_executor_tests("DELETE FROM public.t WHERE id <= 10", None, permit)
    };
    let error = database.execute(capped(9)).await.unwrap_err();
    assert!(matches!(error, ExecuteError::TooManyAffected { affected: 10, most: 9, .. }), "{error}");
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t").await, 100);
    assert_eq!(database.execute(capped(10)).await.unwrap().affected_rows, Some(10));
}

#[tokio::test]
async fn a_commit_that_fails_is_told_and_one_that_is_lost_is_unknown() {
    let database = Database::start(1).await;
    assert_eq!(sqlstate(database.execute(write("INSERT INTO public.later VALUES (999)")).await), "23503");
    let error = database.execute(write("INSERT INTO public.deadly VALUES (1)")).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Unknown), "{error}");
    assert_eq!(database.value("SELECT count(*) AS n FROM public.later").await, 0);
}

#[tokio::test]
async fn the_deadline_stops_the_statement_and_the_session_is_used_again() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    for sleeper in
        [read("SELECT pg_catalog.pg_sleep(20)"), write("INSERT INTO public.t SELECT 500 FROM pg_catalog.pg_sleep(20)")]
    {
        let started = Instant::now();
        let deadline = started + Duration::from_millis(200);
        let error = execute(&database.pool, sleeper, Context { deadline, ..context() }).await.unwrap_err();
        assert!(matches!(error, ExecuteError::Stopped(StopReason::Deadline)), "{error}");
        assert!(started.elapsed() < Duration::from_secs(2));
        database.assert_soon_idle().await;
    }
    assert_eq!(database.value(PID).await, pid);
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t").await, 100);
}

#[tokio::test]
async fn the_permits_own_timeout_holds_as_well() {
    let database = Database::start(1).await;
    let permit = Permit { timeout: Duration::from_millis(100), ..permit(StatementKind::Select) };
    let sleeper = Admitted::for_executor_tests("SELECT pg_catalog.pg_sleep(20)", None, permit);
    let error = database.execute(sleeper).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Stopped(StopReason::Deadline)), "{error}");
}

#[tokio::test]
async fn a_cancel_and_a_client_that_is_gone_stop_the_statement() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    let cancel = CancellationToken::new();
    let start = |cancel: &CancellationToken| -> JoinHandle<_> {
        let (pool, cancel) = (database.pool.clone(), cancel.clone());
        let context = Context { cancel, ..context() };
        tokio::spawn(async move { execute(&pool, read("SELECT pg_catalog.pg_sleep(20)"), context).await })
    };
    let running = start(&cancel);
    sleep(Duration::from_millis(100)).await;
    cancel.cancel();
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, ExecuteError::Stopped(StopReason::Cancelled)), "{error}");
    database.assert_soon_idle().await;

    let running = start(&CancellationToken::new());
    sleep(Duration::from_millis(100)).await;
    running.abort();
    database.assert_soon_idle().await;
    assert_eq!(database.value(PID).await, pid);
}

/// A request to cancel that the server takes before it has begun with the statement is lost.
#[tokio::test]
async fn a_cancel_at_any_moment_ends_the_statement() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    for step in 0..80_u64 {
        let cancel = CancellationToken::new();
        let running = tokio::spawn({
            let (pool, context) = (database.pool.clone(), Context { cancel: cancel.clone(), ..context() });
            async move { execute(&pool, read("SELECT pg_catalog.pg_sleep(19)"), context).await }
        });
        sleep(Duration::from_micros(step * 50)).await;
        cancel.cancel();
        let error = running.await.unwrap().unwrap_err();
        assert!(matches!(error, ExecuteError::Stopped(StopReason::Cancelled)), "{step}: {error}");
        database.assert_soon_idle().await;
    }
    // And the session is as good as before.
    assert_eq!(database.value(PID).await, pid);
}

#[tokio::test]
async fn a_cancel_at_any_moment_never_hits_the_next_statement() {
    let database = Database::start(1).await;
    for step in 0..60_u64 {
        let cancel = CancellationToken::new();
        let running = tokio::spawn({
            let (pool, context) = (database.pool.clone(), Context { cancel: cancel.clone(), ..context() });
            async move { execute(&pool, write("UPDATE public.t SET name = name"), context).await }
        });
        sleep(Duration::from_micros(step * 50)).await;
        cancel.cancel();
        match running.await.unwrap() {
            Ok(_) | Err(ExecuteError::Stopped(StopReason::Cancelled)) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(database.value("SELECT 7 AS n").await, 7);
    }
}

/// A read doesn't wait for the answer to its COMMIT, which a request that comes too late may hit: then what was set for the
/// session was never committed.
#[tokio::test]
async fn a_cancel_that_comes_too_late_for_a_read_leaves_the_session_in_order() {
    let database = Database::start(1).await;
    let set = "SELECT pg_catalog.current_setting('statement_timeout') AS x";
    let with_timeout = |seconds| {
        let permit = Permit { timeout: Duration::from_secs(seconds), ..permit(StatementKind::Select) };
        Admitted::for_executor_tests(set, None, permit)
    };
    let mut late = 0;
    // On a busy machine the delays have to be longer before one is long enough.
    let mut step = 0_u64;
    while step < 160 || late == 0 {
        let cancel = CancellationToken::new();
        let running = tokio::spawn({
            let (pool, context) = (database.pool.clone(), Context { cancel: cancel.clone(), ..context() });
            let admitted = with_timeout(30 + step % 2);
            async move { execute(&pool, admitted, context).await }
        });
        sleep(Duration::from_micros(step % 80 * 25 * (1 + step / 160))).await;
        cancel.cancel();
        match running.await.unwrap() {
            Ok(_) => late += 1,
            Err(ExecuteError::Stopped(StopReason::Cancelled)) => {}
            other => panic!("{other:?}"),
        }
        let next = database.execute(with_timeout(30 + step % 2)).await.unwrap().result.json;
        assert!(next.contains(&format!("{}s", 31 + step % 2)), "{step}: {next}");
        step += 1;
    }
}

#[tokio::test]
async fn a_session_that_died_idle_is_replaced_unnoticed() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    database.database.script(&format!("SELECT pg_terminate_backend({pid})")).await;
    assert_ne!(database.value(PID).await, pid);
    let pid = database.value(PID).await;
    database.database.script(&format!("SELECT pg_terminate_backend({pid})")).await;
    database.execute(write("INSERT INTO public.t VALUES (700)")).await.unwrap();
}

#[tokio::test]
async fn a_fresh_session_that_dies_is_lost() {
    let database = Database::start(1).await;
    let suicide = read("SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())");
    let error = database.execute(suicide).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Lost), "{error}");
    assert_eq!(database.value("SELECT 7 AS n").await, 7);
}

#[tokio::test]
async fn settings_of_one_statement_are_gone_with_the_next() {
    let database = Database::start(1).await;
    let named = |name: &str| Context { application_name: name.to_owned(), ..context() };
    let who = "SELECT pg_catalog.current_setting('application_name') AS name, CURRENT_USER::pg_catalog.text AS role, \
               pg_catalog.current_setting('transaction_read_only') AS ro";
    let permit = Permit { role: Some("reader".to_owned()), ..permit(StatementKind::Select) };
    let as_reader = Admitted::for_executor_tests(who, None, permit);
    let result = execute(&database.pool, as_reader, named("first")).await.unwrap().result.json;
    assert!(result.contains("[\"first\",\"reader\",\"on\"]"), "{result}");
    let result = execute(&database.pool, read(who), named("second")).await.unwrap().result.json;
    assert!(result.contains(&format!("[\"second\",\"{SUPERUSER}\",\"on\"]")), "{result}");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "asks as our own work would")]
async fn what_a_statement_set_for_the_session_is_set_again_when_it_is_gone() {
    let database = Database::start(1).await;
    let who = "SELECT pg_catalog.current_setting('application_name') || ' ' || \
               pg_catalog.current_setting('statement_timeout') AS x";
    let set = "pgwicket test 21s";
    assert_eq!(database.value(who).await, set);
    assert_eq!(database.value(who).await, set, "kept");
    assert_eq!(sqlstate(database.execute(read("SELECT 1 / 0 AS x")).await), "22012");
    assert_eq!(database.value(who).await, set, "after a rollback");
    let permit = Permit { timeout: Duration::from_secs(7), ..permit(StatementKind::Select) };
    let other = Admitted::for_executor_tests(who, None, permit);
    let result = database.execute(other).await.unwrap().result.json;
    assert!(result.contains("pgwicket test 8s"), "{result}");

    let ours = "SELECT current_setting('application_name') || ' ' || current_setting('statement_timeout')";
    for failed in [false, true] {
        if failed {
            assert_eq!(sqlstate(database.execute(read("SELECT 1 / 0 AS x")).await), "22012");
        }
        let mut lease = database.pool.lease(Duration::from_secs(5)).await.unwrap();
        let client = lease.session().unwrap().for_own_work().await.unwrap();
        let found: String = client.query_one(ours, &[]).await.unwrap().get(0);
        assert_eq!(found, "pgwicket 0", "behind a statement that failed: {failed}");
        lease.release();
        assert_eq!(database.value(who).await, set, "after work of our own");
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_taken_ends_the_statement() {
    let database = Database::start(1).await;
    let permit = Permit { role: Some("nobody here".to_owned()), ..permit(StatementKind::Select) };
    let admitted = Admitted::for_executor_tests("SELECT 1 AS x", None, permit);
    assert_eq!(sqlstate(database.execute(admitted).await), "22023");
}

#[tokio::test]
async fn an_altered_session_gives_nothing_and_is_not_used_again() {
    let database = Database::start(1).await;
    let pid = database.value(PID).await;
    let sql = "SELECT pg_catalog.set_config('search_path', 'public', false) AS x";
    match database.execute(read(sql)).await.unwrap_err() {
        ExecuteError::SessionAltered { settings } => assert_eq!(settings, ["search_path"]),
        other => panic!("{other}"),
    }
    assert_ne!(database.value(PID).await, pid);
}

#[tokio::test]
async fn a_column_that_the_permit_does_not_open_ends_the_statement() {
    let database = Database::start(1).await;
    let relation = database.value("SELECT 'public.t'::pg_catalog.regclass::pg_catalog.oid AS oid").await;
    let relation = Oid(u32::try_from(relation.as_u64().unwrap()).unwrap());
    let admitted = |open_columns: &[i16]| {
        let used = RelationUse {
            oid: relation,
            schema: "public".to_owned(),
            name: "t".to_owned(),
            access: RelationAccess::Read,
            protected: true,
            open_columns: open_columns.to_vec(),
            stamp: String::new(),
        };
        let permit = Permit { relations: vec![used], row_cap: 1, ..permit(StatementKind::Select) };
        Admitted::for_executor_tests("SELECT q.id, q.b FROM (SELECT id, name AS b FROM public.t) q", None, permit)
    };
    database.execute(admitted(&[1, 2])).await.unwrap();
    // The second time the text comes from the cache, and is checked all the same.
    for _ in 0..2 {
        let error = database.execute(admitted(&[1])).await.unwrap_err();
        assert!(matches!(error, ExecuteError::UnforeseenColumn { column: 2, .. }), "{error}");
    }
    let error = database.execute(read("SELECT id FROM public.t")).await.unwrap_err();
    assert!(matches!(error, ExecuteError::UnforeseenColumn { column: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_stamp_that_differs_gives_nothing_and_changes_nothing() {
    let database = Database::start(1).await;
    let stale = || Verification { relations: vec![(Oid(1), "stale".to_owned())], ..Verification::default() };
    for statement in [read("SELECT 1 AS x"), read("SELECT 1/0 AS x"), write("DELETE FROM public.t")] {
        let error = database.execute(statement.with_verification(stale())).await.unwrap_err();
        assert!(matches!(error, ExecuteError::CatalogChanged), "{error}");
    }
    assert_eq!(database.value("SELECT count(*) AS n FROM public.t").await, 100);
}

#[tokio::test]
async fn many_at_once_share_few_sessions() {
    let database = Database::start(3).await;
    let all = (0..40).map(|number| {
        let sql = format!("SELECT {number} AS n");
        let database = &database;
        async move { database.value(&sql).await == number }
    });
    assert!(futures_util::future::join_all(all).await.into_iter().all(|equal| equal));
    assert!(database.pool.open_connections() <= 3);
}

#[tokio::test]
async fn a_full_pool_says_so() {
    let database = Database::start(1).await;
    let running = tokio::spawn({
        let pool = database.pool.clone();
        async move { execute(&pool, read("SELECT pg_catalog.pg_sleep(1)"), context()).await }
    });
    sleep(Duration::from_millis(200)).await;
    let deadline = Instant::now() + Duration::from_millis(100);
    let error = execute(&database.pool, read("SELECT 1 AS x"), Context { deadline, ..context() }).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Pool(PoolError::Busy { connections: 1 })), "{error}");
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_plan_whose_types_changed_is_prepared_again() {
    let database = Database::start(1).await;
    let sql = "SELECT max(id) AS m FROM public.t";
    assert_eq!(database.value(sql).await, 100);
    database.database.script("ALTER TABLE t ALTER id TYPE bigint; INSERT INTO t VALUES (9007199254740993)").await;
    assert_eq!(database.value(sql).await, "9007199254740993");
}

mod change;
mod line;
