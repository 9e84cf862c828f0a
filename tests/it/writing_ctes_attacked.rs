//! CTEs that write, as somebody tries them who wants more than the policy gives, or who writes SQL in its rarer shapes.

use serde_json::{Value, json};

use crate::support::{Database, Library};

const POLICY: &str = r#"
version = 1
name = "desk"
attributes = { tenant = "int" }
[statements]
allow = ["select", "insert", "update", "delete", "merge"]
[search_path]
schemas = ["desk"]
[schemas.desk]
access = "write"
[tables."desk.tickets"]
deny_columns = ["secret"]
mask = { phone = "last4" }
rows = "tenant_id = :tenant"
max_affected_rows = 3
[tables."desk.members"]
rows = "team IN (SELECT id FROM desk.teams WHERE tenant_id = :tenant)"
[tables."desk.kept"]
rows = "box IN (SELECT id FROM desk.boxes WHERE owner = :tenant)"
[limits]
rows = 3
"#;

const SETUP: &str = "
    CREATE SCHEMA desk;
    CREATE TABLE desk.tickets (
        id int PRIMARY KEY, tenant_id int NOT NULL DEFAULT 1, subject text NOT NULL DEFAULT 'x', secret text,
        phone text, price int NOT NULL DEFAULT 1
    );
    INSERT INTO desk.tickets
    SELECT i, CASE WHEN i < 10 THEN 1 ELSE 2 END, i::text, 'canary', '+1 555 000' || i, CASE WHEN i < 10 THEN i / 2 ELSE 0 END
      FROM generate_series(1, 20) i;
    CREATE TABLE desk.archive (id int PRIMARY KEY, price int);
    CREATE TABLE desk.teams (id int PRIMARY KEY, tenant_id int);
    INSERT INTO desk.teams VALUES (1, 1), (2, 2);
    CREATE TABLE desk.members (id int PRIMARY KEY, team int);
    INSERT INTO desk.members VALUES (1, 1), (2, 2);
    CREATE TABLE desk.owners (id int PRIMARY KEY);
    INSERT INTO desk.owners VALUES (1);
    CREATE TABLE desk.boxes (id int PRIMARY KEY, owner int REFERENCES desk.owners ON DELETE CASCADE ON UPDATE CASCADE);
    INSERT INTO desk.boxes VALUES (1, 1);
    CREATE TABLE desk.kept (id int PRIMARY KEY, box int);
    GRANT USAGE ON SCHEMA desk TO wicket;
    GRANT ALL ON ALL TABLES IN SCHEMA desk TO wicket;
    ANALYZE;";

struct Desk {
    database: Database,
    library: Library,
}

impl Desk {
    async fn open() -> Self {
        let database = Database::empty().await;
        database.script(SETUP).await;
        let library = Library::open(&database, POLICY, &[("tenant", "1")]).await;
        Self { database, library }
    }

    async fn gives(&self, sql: &str) -> Value {
        self.library
            .query(sql)
            .await
            .unwrap_or_else(|rejection| panic!("{sql}\n{}", rejection.revealed().to_json(None)))
    }

    /// PostgreSQL 15 brought MERGE.
    async fn has_merge(&self) -> bool {
        let sql = "SELECT current_setting('server_version_num')::integer";
        self.database.connect().await.query_one(sql, &[]).await.unwrap().get::<_, i32>(0) >= 150_000
    }

    /// The statement is refused for that reason, tells nothing hidden, and nothing has changed.
    async fn refuses(&self, sql: &str, code: &str) {
        let before = self.all().await;
        match self.library.query(sql).await {
            Ok(result) => panic!("{sql}\n{result}"),
            Err(rejection) => {
                assert_eq!(rejection.reason.code(), code, "{sql}\n{}", rejection.revealed().to_json(None));
                assert!(!rejection.to_json(None).to_string().contains("canary"), "{sql}");
                assert_eq!(self.all().await, before, "{sql}");
            }
        }
    }

    /// Everything that is stored.
    async fn all(&self) -> Vec<String> {
        let sql = "SELECT t::text FROM desk.tickets t UNION ALL SELECT a::text FROM desk.archive a
                   UNION ALL SELECT m::text FROM desk.members m UNION ALL SELECT t::text FROM desk.teams t
                   UNION ALL SELECT k::text FROM desk.kept k UNION ALL SELECT b::text FROM desk.boxes b ORDER BY 1";
        let client = self.database.connect().await;
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

#[tokio::test]
async fn a_query_beside_writes_may_have_any_shape() {
    let desk = Desk::open().await;
    let u = "WITH u AS (UPDATE tickets SET subject = subject WHERE id IN (1, 2, 3) RETURNING id, price)";
    let has_ties = desk.library.catalog.current().server_version() >= 130_000;
    for (rest, rows) in [
        ("SELECT id FROM u ORDER BY price FETCH FIRST 1 ROWS WITH TIES", json!([[1]])),
        ("SELECT id FROM u ORDER BY price DESC, id FETCH FIRST 2 ROWS WITH TIES", json!([[2], [3]])),
        ("SELECT price FROM u ORDER BY price DESC FETCH FIRST 1 ROW WITH TIES", json!([[1], [1]])),
        ("(SELECT id FROM u WHERE id = 1) UNION ALL SELECT 7 ORDER BY 1 DESC", json!([[7], [1]])),
        ("SELECT s.id FROM (WITH x AS (SELECT id FROM u) SELECT id FROM x) AS s ORDER BY 1 LIMIT 1", json!([[1]])),
        ("SELECT id, id FROM u WHERE id = 2", json!([[2, 2]])),
        ("SELECT u FROM u WHERE u.id = 2", json!([["(2,1)"]])),
        ("SELECT count(*) AS count, 1 AS visible FROM u", json!([[3, 1]])),
        ("SELECT DISTINCT ON (price) price, id FROM u ORDER BY price, id DESC", json!([[0, 1], [1, 3]])),
        ("SELECT price, sum(id) FROM u GROUP BY price HAVING sum(id) > 1 ORDER BY 1", json!([[1, 5]])),
        ("SELECT a.id FROM u AS a JOIN u AS b ON a.id = b.id + 1 ORDER BY 1 OFFSET 1", json!([[3]])),
        ("SELECT NULL AS n, 'text' AS t", json!([[null, "text"]])),
        ("SELECT row_number() OVER (ORDER BY id DESC) AS n, id FROM u ORDER BY n LIMIT 1", json!([[1, 3]])),
    ] {
        let sql = format!("{u} {rest}");
        if rest.contains("WITH TIES") && !has_ties {
            assert!(desk.library.query(&sql).await.unwrap_err().message.contains("before PostgreSQL 13"), "{rest}");
            continue;
        }
        let result = desk.gives(&sql).await;
        assert_eq!((&result["rows"], &result["affected_rows"]), (&rows, &json!(3)), "{rest}");
    }
    // Rows without columns are rows.
    let result = desk.gives(&format!("{u} SELECT FROM u WHERE id < 3")).await;
    assert_eq!(result["row_count"], 2, "{result}");
    // Those of a write that nothing was asked of are not the client's.
    for rest in
        ["INSERT INTO archive SELECT id, price FROM u", "UPDATE tickets SET price = 1 FROM u WHERE tickets.id = 4"]
    {
        let one = u.replace("(1, 2, 3)", "(1, 2)");
        let result = desk.gives(&format!("{one} {rest}")).await;
        assert_eq!(
            (&result["row_count"], &result["rows"], &result["columns"]),
            (&json!(0), &json!([]), &json!([])),
            "{rest}"
        );
    }
}

#[tokio::test]
async fn every_row_is_checked_however_it_is_written() {
    let desk = Desk::open().await;
    for (sql, code) in [
        // Out of sight by way of a conflict, by what another CTE gives, and in the second of two.
        (
            "WITH a AS (INSERT INTO archive VALUES (2, 2) RETURNING price)
             UPDATE tickets SET tenant_id = a.price FROM a WHERE tickets.id = 1 RETURNING tickets.id",
            "row_not_visible",
        ),
        (
            "WITH a AS (INSERT INTO tickets (id) VALUES (1), (100) ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.id + 1)
             SELECT 1",
            "row_not_visible",
        ),
        (
            "WITH a AS (UPDATE tickets SET price = 1 WHERE id = 1), b AS (UPDATE tickets SET tenant_id = 2 WHERE id = 2) SELECT 1",
            "row_not_visible",
        ),
        // The same row twice in one INSERT.
        (
            "WITH a AS (INSERT INTO archive VALUES (5, 1)) INSERT INTO archive VALUES (5, 2) ON CONFLICT (id) DO UPDATE SET price = 9",
            "database_error",
        ),
        // Too many, by several writes, by a parameterless bomb, in one that the rest filters away.
        (
            "WITH a AS (INSERT INTO tickets (id) SELECT 100 + i FROM generate_series(1, 5) i RETURNING id)
             SELECT id FROM a WHERE false LIMIT 0",
            "too_many_rows_affected",
        ),
        (
            "WITH a AS (DELETE FROM tickets WHERE id IN (1, 2)), b AS (INSERT INTO tickets (id) VALUES (200))
             UPDATE tickets SET price = 3 WHERE id = 5",
            "too_many_rows_affected",
        ),
        // MERGE has nothing that could be counted.
        (
            "WITH a AS (DELETE FROM archive RETURNING id) MERGE INTO teams t USING a ON t.id = a.id WHEN MATCHED THEN DELETE",
            if desk.has_merge().await { "not_yet_supported" } else { "not_supported" },
        ),
        (
            "WITH a AS (MERGE INTO teams t USING archive a ON t.id = a.id WHEN MATCHED THEN DELETE) SELECT 1",
            "not_yet_supported",
        ),
    ] {
        desk.refuses(sql, code).await;
    }
    assert_eq!(desk.gives("WITH a AS (DELETE FROM tickets WHERE id > 9) SELECT 1 AS one").await["affected_rows"], 0);
}

#[tokio::test]
async fn one_row_written_twice_is_written_once_and_counted_as_postgresql_counts() {
    let desk = Desk::open().await;
    let result = desk
        .gives(
            "WITH a AS (UPDATE tickets SET price = 7 WHERE id = 1 RETURNING id), b AS (DELETE FROM tickets WHERE id = 1 RETURNING id)
             SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b) AS n",
        )
        .await;
    assert_eq!(result["rows"], json!([[1]]), "{result}");
    assert_eq!(result["affected_rows"], 1, "{result}");
}

/// What writes return is read by conditions that raise on hidden rows and on no other.
#[tokio::test]
async fn conditions_on_what_is_returned_meet_visible_rows_only() {
    let desk = Desk::open().await;
    desk.database
        .script("UPDATE desk.tickets SET subject = 'no number' WHERE tenant_id = 2; ANALYZE desk.tickets")
        .await;
    for sql in [
        "WITH a AS (UPDATE tickets SET price = 2 WHERE id IN (1, 15) RETURNING id, subject) SELECT id FROM a WHERE subject::int > 0",
        "WITH a AS (DELETE FROM tickets WHERE id IN (1, 15) RETURNING id, subject), b AS (SELECT * FROM a WHERE subject::int > 0)
         SELECT b.id FROM b JOIN tickets t ON t.id = b.id AND t.subject::int = 1",
        "WITH k AS (INSERT INTO tickets (id, subject) VALUES (1, '1') ON CONFLICT (id) DO UPDATE SET subject = tickets.subject
                    WHERE tickets.subject::int > 0 RETURNING id, subject)
         SELECT id FROM k",
    ] {
        let result = desk.library.query(sql).await;
        // The second deletes what the third would find.
        match result {
            Ok(result) => assert!(result["rows"] == json!([[1]]), "{sql}: {result}"),
            Err(rejection) => panic!("{sql}: {}", rejection.revealed().to_json(None)),
        }
    }
    // A key that only a hidden row has is left alone, and nothing is said of the row.
    let quiet = desk
        .gives("WITH k AS (INSERT INTO tickets (id) VALUES (15) ON CONFLICT (id) DO UPDATE SET price = 100 / tickets.price RETURNING id) SELECT id FROM k")
        .await;
    assert_eq!((&quiet["rows"], &quiet["affected_rows"]), (&json!([]), &json!(0)), "{quiet}");
}

/// A row is checked by what the other table held before the statement. Were that written by the same statement, rows would
/// be made that nobody could make by one statement after the other.
#[tokio::test]
async fn nothing_is_written_beside_what_a_row_filter_asks() {
    let desk = Desk::open().await;
    for sql in [
        // A row of one's own that is another's when the statement ends.
        "WITH a AS (UPDATE teams SET tenant_id = 2 WHERE id = 1) INSERT INTO members VALUES (50, 1)",
        "WITH a AS (INSERT INTO members VALUES (50, 1) RETURNING team) UPDATE teams SET tenant_id = 2 FROM a WHERE id = a.team",
        "WITH a AS (UPDATE teams SET tenant_id = 2), b AS (UPDATE members SET id = 60 WHERE id = 1 RETURNING id) SELECT id FROM b",
        "WITH a AS (DELETE FROM teams), b AS (INSERT INTO members VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET id = 61) SELECT 1",
        // By way of a foreign key.
        "WITH a AS (DELETE FROM owners WHERE id = 1) INSERT INTO kept VALUES (1, 1)",
        "WITH a AS (UPDATE owners SET id = 5 WHERE id = 1) INSERT INTO kept VALUES (1, 1)",
        // A team of one's own is made one's own only for the statements after it.
        "WITH a AS (INSERT INTO teams VALUES (3, 1)) INSERT INTO members VALUES (3, 3) RETURNING id",
        "WITH a AS (UPDATE teams SET tenant_id = 1 WHERE id = 2) UPDATE members SET team = 2 WHERE id = 1",
    ] {
        desk.refuses(sql, "not_supported").await;
    }
    // What is gone needs no sight; and the one after the other may be written.
    let gone = desk
        .gives(
            "WITH a AS (DELETE FROM members WHERE id = 1 RETURNING team) DELETE FROM teams USING a WHERE id = a.team",
        )
        .await;
    assert_eq!(gone["affected_rows"], 2, "{gone}");
    desk.gives("INSERT INTO teams VALUES (3, 1)").await;
    desk.gives("INSERT INTO members VALUES (3, 3)").await;
}
