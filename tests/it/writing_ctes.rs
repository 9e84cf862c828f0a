//! CTEs that write: moving rows and writing several tables in one statement, held to everything that a write by itself
//! is held to, each of them counted, and all of it rolled back where one of them does what it may not.

use pgwicket::gate::admit::Submission;
use pgwicket::gate::diagnostic::Rejection;
use serde_json::{Value, json};

use crate::support::{Database, Library, Wicket};

const POLICY: &str = r#"
version = 1
name = "desk"
attributes = { tenant = "int" }
[statements]
allow = ["select", "insert", "update", "delete"]
[search_path]
schemas = ["desk"]
[schemas.desk]
access = "write"
[tables."desk.tickets"]
deny_columns = ["secret"]
mask = { phone = "last4" }
rows = "tenant_id = :tenant"
max_affected_rows = 3
[tables."desk.archive"]
max_affected_rows = 5
[tables."desk.kept"]
access = "read"
[tables."desk.careful"]
require_where = true
[tables."desk.noisy"]
[limits]
rows = 4
timeout = "5s"
"#;

/// The hidden tickets have prices of 0 and subjects that are no numbers.
const SETUP: &str = "
    CREATE SCHEMA desk;
    CREATE TABLE desk.tickets (
        id int PRIMARY KEY, tenant_id int NOT NULL DEFAULT 1, subject text NOT NULL, secret text DEFAULT 'default',
        phone text, price int NOT NULL DEFAULT 1
    );
    INSERT INTO desk.tickets
    SELECT i, CASE WHEN i < 50 THEN 1 ELSE 2 END, CASE WHEN i < 50 THEN i::text ELSE 'theirs' END, 'canary', '+1 555 000' || i,
           CASE WHEN i < 50 THEN i ELSE 0 END
      FROM generate_series(1, 99) i;
    CREATE TABLE desk.archive (id int PRIMARY KEY, subject text, price int, at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE desk.kept (id int);
    INSERT INTO desk.kept VALUES (1), (2);
    CREATE TABLE desk.careful (id int PRIMARY KEY, n int);
    INSERT INTO desk.careful SELECT i, i FROM generate_series(1, 10) i;
    CREATE TABLE desk.noisy (id int);
    CREATE FUNCTION desk.shout() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
    CREATE TRIGGER shout BEFORE INSERT ON desk.noisy FOR EACH ROW EXECUTE FUNCTION desk.shout();
    GRANT USAGE ON SCHEMA desk TO wicket;
    GRANT ALL ON ALL TABLES IN SCHEMA desk TO wicket;
    ANALYZE;";

struct Desk {
    database: Database,
    library: Library,
}

impl Desk {
    async fn open() -> Self {
        Self::under(POLICY).await
    }

    async fn under(policy: &str) -> Self {
        let database = Database::empty().await;
        database.script(SETUP).await;
        let library = Library::open(&database, policy, &[("tenant", "1")]).await;
        Self { database, library }
    }

    async fn gives(&self, sql: &str) -> Value {
        self.library
            .query(sql)
            .await
            .unwrap_or_else(|rejection| panic!("{sql}\n{}", rejection.revealed().to_json(None)))
    }

    /// The statement is refused for that reason, and nothing has changed.
    async fn refuses(&self, sql: &str, code: &str) -> Rejection {
        let before = self.all().await;
        match self.library.query(sql).await {
            Ok(result) => panic!("{sql}\n{result}"),
            Err(rejection) => {
                assert_eq!(rejection.reason.code(), code, "{sql}\n{}", rejection.revealed().to_json(None));
                assert!(!rejection.to_json(None).to_string().contains("canary"), "{sql}\n{}", rejection.to_json(None));
                assert_eq!(self.all().await, before, "{sql}");
                rejection
            }
        }
    }

    /// Everything that is stored.
    async fn all(&self) -> Vec<String> {
        let sql = "SELECT t::text FROM desk.tickets t UNION ALL SELECT a::text FROM desk.archive a
                   UNION ALL SELECT k::text FROM desk.kept k UNION ALL SELECT c::text FROM desk.careful c
                   UNION ALL SELECT n::text FROM desk.noisy n ORDER BY 1";
        let client = self.database.connect().await;
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.database.connect().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

#[tokio::test]
async fn rows_move_from_one_table_to_another() {
    let desk = Desk::open().await;
    let moved = desk
        .gives(
            "WITH gone AS (DELETE FROM tickets WHERE id IN (3, 4) RETURNING id, subject, price)
             INSERT INTO archive (id, subject, price) SELECT id, subject, price FROM gone RETURNING id, price",
        )
        .await;
    assert_eq!(moved["rows"], json!([[3, 3], [4, 4]]));
    assert_eq!(moved["columns"], json!([{ "name": "id", "type": "integer" }, { "name": "price", "type": "integer" }]));
    // What both of them touched.
    assert_eq!(moved["affected_rows"], 4);
    assert_eq!(desk.count("SELECT count(*) FROM desk.archive").await, 2);
    assert_eq!(desk.count("SELECT count(*) FROM desk.tickets WHERE id IN (3, 4)").await, 0);

    // Without RETURNING there are no rows, and hidden ones aren't touched.
    // `*` has the masked column in it, which a write can't return.
    desk.refuses(
        "WITH gone AS (DELETE FROM tickets WHERE id IN (5, 60) RETURNING *)
         INSERT INTO archive (id, subject) SELECT g.id, g.subject FROM gone AS g",
        "write_not_allowed",
    )
    .await;
    let quiet = desk
        .gives(
            "WITH gone AS (DELETE FROM tickets WHERE id IN (5, 60) RETURNING id, subject)
             INSERT INTO archive (id, subject) SELECT g.id, g.subject FROM gone AS g",
        )
        .await;
    assert_eq!(quiet["affected_rows"], 2, "{quiet}");
    assert_eq!(desk.count("SELECT count(*) FROM desk.tickets WHERE id = 60").await, 1);
}

#[tokio::test]
async fn a_select_over_writes_keeps_its_order_its_bounds_and_its_emptiness() {
    let desk = Desk::open().await;
    let changed = desk
        .gives(
            "WITH u AS (UPDATE tickets SET price = price + 100 WHERE id <= 3 RETURNING id, price),
                  a AS (INSERT INTO archive (id, subject) VALUES (1, 'a'), (2, 'b') RETURNING id AS archived)
             SELECT u.id, u.price, t.price AS before, a.archived
               FROM u JOIN tickets AS t USING (id) LEFT JOIN a ON a.archived = u.id ORDER BY u.price DESC",
        )
        .await;
    // The tables are read as they were.
    assert_eq!(changed["rows"], json!([[3, 103, 3, null], [2, 102, 2, 2], [1, 101, 1, 1]]));
    assert_eq!(changed["affected_rows"], 5);

    let none =
        desk.gives("WITH u AS (UPDATE tickets SET price = 7 WHERE id = 9) SELECT id FROM kept WHERE false").await;
    assert_eq!((&none["rows"], &none["affected_rows"]), (&json!([]), &json!(1)), "{none}");
    assert_eq!(desk.count("SELECT price::bigint FROM desk.tickets WHERE id = 9").await, 7);

    let limited = desk
        .gives(
            "WITH u AS (INSERT INTO archive (id) VALUES (11), (12), (13), (14), (15) RETURNING id)
             SELECT id FROM u ORDER BY id DESC LIMIT 2",
        )
        .await;
    assert_eq!(limited["rows"], json!([[15], [14]]));
    assert_eq!(desk.count("SELECT count(*) FROM desk.archive WHERE id > 10").await, 5);
    // The row cap of the policy, told.
    let capped =
        desk.gives("WITH u AS (DELETE FROM archive WHERE id > 10 RETURNING id) SELECT id FROM u ORDER BY id").await;
    assert_eq!(capped["rows"], json!([[11], [12], [13], [14]]));
    assert_eq!((&capped["truncated"], &capped["affected_rows"]), (&json!(true), &json!(5)), "{capped}");
    // Types without binary output come as text, and the counts behind them don't.
    let text = desk
        .gives("WITH u AS (INSERT INTO archive (id) VALUES (20) RETURNING id) SELECT 'a'::tsvector AS v, id FROM u")
        .await;
    assert_eq!((&text["rows"], &text["affected_rows"]), (&json!([["'a'", 20]]), &json!(1)), "{text}");
    let values = desk.gives("WITH u AS (DELETE FROM archive WHERE id = 20) VALUES (1), (2)").await;
    assert_eq!((&values["rows"], &values["affected_rows"]), (&json!([[1], [2]]), &json!(1)), "{values}");
}

#[tokio::test]
async fn parameters_and_reading_ctes_stand_beside_writes() {
    let desk = Desk::open().await;
    let text = "WITH wanted AS (SELECT id FROM kept WHERE id >= $1::int),
                     u AS (UPDATE tickets SET price = $2::int FROM wanted WHERE tickets.id = wanted.id RETURNING tickets.id, price)
                SELECT count(*) AS n, sum(price) AS s FROM u"
        .to_owned();
    let parameters = vec![json!(2), json!(9)];
    let outcome = desk.library.run(Submission::Sql { text, parameters }).await.unwrap();
    let result: Value = serde_json::from_str(&outcome.result.json).unwrap();
    assert_eq!((&result["rows"], outcome.affected_rows), (&json!([[1, 9]]), Some(1)));
}

#[tokio::test]
async fn each_write_is_counted_and_checked_by_itself() {
    let desk = Desk::open().await;
    // Four rows of tickets in a CTE that nothing reads.
    let rejection =
        desk.refuses("WITH u AS (UPDATE tickets SET price = 1 WHERE id < 5) SELECT 1", "too_many_rows_affected").await;
    assert!(rejection.message.contains("4 rows, more than the 3 allowed"), "{}", rejection.message);
    // Two and two of the same table are four.
    desk.refuses(
        "WITH a AS (UPDATE tickets SET price = 1 WHERE id IN (1, 2)), b AS (DELETE FROM tickets WHERE id IN (3, 4)) SELECT 1",
        "too_many_rows_affected",
    )
    .await;
    // Three of one and five of another are not too many.
    desk.gives(
        "WITH a AS (UPDATE tickets SET price = 1 WHERE id IN (1, 2, 3))
         INSERT INTO archive (id) VALUES (1), (2), (3), (4), (5)",
    )
    .await;
    // The statement's own write.
    desk.refuses(
        "WITH a AS (SELECT 1), b AS (DELETE FROM archive WHERE id = 1) UPDATE tickets SET price = 1 WHERE id < 5",
        "too_many_rows_affected",
    )
    .await;
}

/// What can't tell of a hidden row stands beside the filter, where an index finds it.
#[tokio::test]
async fn conditions_that_tell_nothing_stand_beside_the_filter() {
    let desk = Desk::open().await;
    for (sql, beside) in [
        ("WITH u AS (DELETE FROM tickets WHERE id = 3 RETURNING id) SELECT id FROM u", true),
        (
            "WITH k AS (DELETE FROM archive RETURNING id), u AS (DELETE FROM tickets USING k WHERE tickets.id = k.id) SELECT 1",
            true,
        ),
        ("WITH u AS (DELETE FROM tickets WHERE 10 / price = 3 RETURNING id) SELECT id FROM u", false),
    ] {
        let admitted = desk.library.admit(sql).unwrap();
        // The CASE of the WHERE, not that of RETURNING.
        assert_eq!(!admitted.sql().contains("AND CASE WHEN"), beside, "{}", admitted.sql());
    }
}

#[tokio::test]
async fn no_write_moves_a_row_out_of_sight() {
    let desk = Desk::open().await;
    for sql in [
        "WITH u AS (UPDATE tickets SET tenant_id = 2 WHERE id = 1) SELECT 1",
        "WITH u AS (UPDATE tickets SET tenant_id = 2 WHERE id = 1 RETURNING id) SELECT id FROM u WHERE false",
        "WITH u AS (INSERT INTO tickets (id, tenant_id, subject) VALUES (200, 2, 'x')) SELECT 1",
        "WITH a AS (INSERT INTO archive (id) VALUES (1) RETURNING id)
         INSERT INTO tickets (id, tenant_id, subject) SELECT id + 200, 2, 'x' FROM a",
        "WITH u AS (INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET tenant_id = 2) SELECT 1",
    ] {
        desk.refuses(sql, "row_not_visible").await;
    }
    // Rows that aren't seen are neither changed nor returned, whatever the condition would do to them.
    for sql in [
        "WITH u AS (UPDATE tickets SET price = 5 WHERE 10 / price > 0 AND id IN (10, 60) RETURNING id) SELECT id FROM u",
        "WITH u AS (UPDATE tickets SET price = 5 WHERE subject::int > 0 AND id IN (10, 60) RETURNING id) SELECT id FROM u",
        "WITH u AS (UPDATE tickets SET price = 5 WHERE id IN (10, 60) RETURNING id, subject) SELECT id FROM u WHERE subject::int > 0",
    ] {
        assert_eq!(desk.gives(sql).await["rows"], json!([[10]]), "{sql}");
    }
}

#[tokio::test]
async fn what_a_write_may_not_by_itself_it_may_not_in_a_cte() {
    let desk = Desk::open().await;
    for (sql, code) in [
        ("WITH u AS (DELETE FROM kept WHERE id = 1) SELECT 1", "write_not_allowed"),
        ("WITH u AS (INSERT INTO noisy VALUES (1)) SELECT 1", "side_effects"),
        ("WITH u AS (UPDATE careful SET n = 0) SELECT 1", "where_required"),
        ("WITH u AS (UPDATE careful SET n = 0 WHERE true) SELECT 1", "where_required"),
        (
            "WITH k AS (INSERT INTO archive (id) VALUES (1) RETURNING id) DELETE FROM careful USING k WHERE careful.id > 0 OR k.id = 1",
            "where_required",
        ),
        ("WITH u AS (UPDATE tickets SET price = 1 WHERE id = 1 RETURNING secret) SELECT 1", "unknown_column"),
        ("WITH u AS (UPDATE tickets SET price = 1 WHERE id = 1 RETURNING phone) SELECT 1", "write_not_allowed"),
        (
            "WITH u AS (UPDATE tickets SET price = 1 WHERE id = 1 RETURNING tickets) SELECT u.tickets FROM u",
            "write_not_allowed",
        ),
        ("WITH u AS (UPDATE tickets SET price = 1 WHERE phone LIKE '%1') SELECT 1", "write_not_allowed"),
        ("WITH u AS (UPDATE tickets SET secret = 'x' WHERE id = 1) SELECT 1", "unknown_column"),
        ("WITH u AS (INSERT INTO nowhere VALUES (1)) SELECT 1", "unknown_relation"),
        // A CTE of the name is no table to write to.
        ("WITH nowhere AS (SELECT 1 AS id), u AS (DELETE FROM nowhere) SELECT 1", "unknown_relation"),
        // Nor can one be named that gives no rows, or that comes later.
        ("WITH u AS (DELETE FROM archive WHERE id = 1) SELECT * FROM u", "invalid_statement"),
        (
            "WITH a AS (SELECT id FROM u), u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT 1",
            "unknown_relation",
        ),
        // Only the WITH that begins the statement has such CTEs.
        (
            "SELECT * FROM (WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u) AS s",
            "not_supported",
        ),
        (
            "WITH a AS (WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u) SELECT * FROM a",
            "not_supported",
        ),
        ("SELECT (WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u)", "not_supported"),
        (
            "INSERT INTO archive (id) WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u",
            "not_supported",
        ),
        ("WITH RECURSIVE u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u", "not_supported"),
        (
            "WITH u AS (WITH k AS (SELECT 1 AS id) DELETE FROM archive USING k WHERE archive.id = k.id) SELECT 1",
            "not_yet_supported",
        ),
        ("EXPLAIN WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u", "not_yet_supported"),
        (
            "EXPLAIN ANALYZE WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u",
            "not_yet_supported",
        ),
    ] {
        desk.refuses(sql, code).await;
    }
}

#[tokio::test]
async fn every_kind_of_write_in_it_has_to_be_allowed() {
    let only = |allowed: &str| POLICY.replace(r#"["select", "insert", "update", "delete"]"#, allowed);
    let desk = Desk::under(&only(r#"["select", "explain"]"#)).await;
    for sql in [
        "WITH u AS (DELETE FROM archive WHERE id = 1 RETURNING id) SELECT id FROM u",
        "WITH u AS (DELETE FROM archive WHERE id = 1) SELECT 1",
        "WITH a AS (SELECT 1), u AS (INSERT INTO archive (id) VALUES (1)) SELECT * FROM a",
        "WITH u AS (UPDATE careful SET n = 1 WHERE id = 1) VALUES (1)",
    ] {
        desk.refuses(sql, "statement_not_allowed").await;
    }
    let desk = Desk::under(&only(r#"["select", "insert"]"#)).await;
    desk.gives("WITH u AS (INSERT INTO archive (id) VALUES (1)) SELECT 1").await;
    desk.refuses("WITH u AS (DELETE FROM archive WHERE id = 1) SELECT 1", "statement_not_allowed").await;
    desk.refuses(
        "WITH u AS (DELETE FROM archive WHERE id = 1) INSERT INTO archive (id) VALUES (2)",
        "statement_not_allowed",
    )
    .await;
    desk.refuses(
        "WITH u AS (INSERT INTO archive (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET price = 1) SELECT 1",
        "statement_not_allowed",
    )
    .await;
    let desk = Desk::under(&only(r#"["insert"]"#)).await;
    desk.refuses("WITH u AS (INSERT INTO archive (id) VALUES (1)) SELECT 1", "statement_not_allowed").await;
}

/// What comes back from a CTE has no statistics that an operator which raises could be tried on: PostgreSQL looks through
/// RETURNING from 17 on.
#[tokio::test]
async fn estimates_tell_nothing_of_hidden_rows() {
    let desk = Desk::open().await;
    desk.database
        .script(
            "INSERT INTO desk.tickets SELECT 1000 + i, 2, 'hiddenname', 'canary', '', 0 FROM generate_series(1, 500) i;
             ANALYZE desk.tickets",
        )
        .await;
    for column in ["subject", "subject::text", "subject COLLATE \"C\""] {
        let sql = format!(
            "WITH u AS (UPDATE tickets SET price = 1 WHERE id = 1 RETURNING id, {column} AS subject)
             SELECT id FROM u WHERE subject LIKE 'hidden%\\' AND id > 0"
        );
        assert_eq!(desk.gives(&sql).await["rows"], json!([]), "{sql}");
    }
}

#[tokio::test]
async fn it_is_recorded_as_a_write_and_undone_when_it_is_stopped() {
    let desk = Desk::open().await;
    let sql = "WITH u AS (UPDATE tickets SET price = 1 WHERE id = 1 RETURNING id),
                    s AS (SELECT count(*) AS n FROM generate_series(1, 10000) a, generate_series(1, 10000) b, generate_series(1, 100) c)
               SELECT u.id, s.n FROM u, s";
    desk.refuses(sql, "deadline_exceeded").await;

    let admitted = desk
        .library
        .admit("WITH u AS (DELETE FROM tickets WHERE id = 1 RETURNING id) INSERT INTO archive (id) SELECT id FROM u")
        .unwrap();
    let permit = admitted.permit();
    assert_eq!(permit.kind.name(), "insert");
    let written: Vec<&str> = permit
        .relations
        .iter()
        .filter(|one| format!("{:?}", one.access) == "Write")
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(written, ["tickets", "archive"]);
    assert_eq!(
        desk.library.admit("WITH u AS (DELETE FROM tickets WHERE id = 1) SELECT 1").unwrap().permit().kind.name(),
        "delete"
    );

    // Through the binary: the intent says that it writes, and the tables.
    let wicket = Wicket::on(&desk.database);
    let mut mcp = wicket.serve(POLICY, &["tenant=1"]).await;
    let moved = "WITH u AS (DELETE FROM tickets WHERE id = 1 RETURNING id) INSERT INTO archive (id) SELECT id FROM u RETURNING id";
    let told = mcp.query(moved).await;
    assert!(!told.is_error && told.text.contains("\"affected_rows\":2"), "{told:?}");
    let printed = wicket.run(&["history", "tail", "--kind", "intent", "--format", "jsonl"]).await;
    let intent: Value =
        serde_json::from_str(printed.stdout.lines().last().unwrap_or_else(|| panic!("{printed:?}"))).unwrap();
    let text = intent.to_string();
    let relations = json!([
        { "relation": "desk.tickets", "access": "delete" }, { "relation": "desk.archive", "access": "insert" }
    ]);
    assert_eq!((&intent["what"]["relations"], &intent["what"]["writes"]), (&relations, &json!(true)), "{text}");
}
