//! Writes to tables of which the policy restricts rows or columns: what isn't seen is neither changed nor told of, and
//! nothing is written that wouldn't be seen.

use pgwicket::gate::admit::Change;
use pgwicket::gate::diagnostic::Rejection;
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
[tables."desk.shouts"]
rows = "tenant_id = :tenant"
side_effects = true
[tables."desk.visits"]
rows = "tenant_id = :tenant"
max_affected_rows = 3
[tables."desk.costly"]
rows = "tenant_id = :tenant AND (what = 'a' OR what = 'b' OR what = 'c' OR what = 'd' OR what = 'e' OR what = 'f')"
[tables."desk.fallible"]
rows = "10 / weight > 0"
[tables."desk.imports"]
deny_columns = ["origin"]
mask = { sender = "redact" }
[limits]
rows = 2
"#;

/// In the hidden rows of tickets the price is 0, the subject no number.
const SETUP: &str = "
    CREATE SCHEMA desk;
    CREATE TABLE desk.tickets (
        id int PRIMARY KEY, tenant_id int NOT NULL DEFAULT 1, subject text NOT NULL, secret text DEFAULT 'default',
        phone text, price int NOT NULL DEFAULT 1, UNIQUE (tenant_id, subject)
    );
    INSERT INTO desk.tickets VALUES
        (1, 1, '10', 'top', '+1 555 0001', 10), (2, 1, '20', 'top', '+1 555 0002', 20),
        (3, 2, 'theirs', 'canary', '+2 555 0003', 0), (4, 2, 'more', 'canary', '+2 555 0004', 0);
    CREATE TABLE desk.imports (id int PRIMARY KEY, subject text, price int, origin text, sender text);
    INSERT INTO desk.imports VALUES (1, 'new', 5), (3, 'new too', 0), (4, 'other', 7);
    CREATE TABLE desk.shouts (id int PRIMARY KEY, tenant_id int, what text);
    CREATE FUNCTION desk.move() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN IF NEW.what = 'move' THEN NEW.tenant_id = 2; END IF; RETURN NEW; END$$;
    CREATE TRIGGER move BEFORE INSERT OR UPDATE ON desk.shouts FOR EACH ROW EXECUTE FUNCTION desk.move();
    CREATE TABLE desk.visits (id int, tenant_id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE desk.visits_old PARTITION OF desk.visits FOR VALUES FROM ('2000-01-01') TO ('2024-01-01');
    CREATE TABLE desk.visits_new PARTITION OF desk.visits FOR VALUES FROM ('2024-01-01') TO ('2100-01-01');
    INSERT INTO desk.visits SELECT i, 1 + i % 2, date '2023-12-25' + i FROM generate_series(1, 20) AS i;
    CREATE TABLE desk.costly (id int PRIMARY KEY, tenant_id int, what text, name text);
    INSERT INTO desk.costly SELECT i, 1, CASE WHEN i < 4 THEN 'f' ELSE 'z' END, 'n' || i FROM generate_series(1, 50) i;
    CREATE TABLE desk.fallible (id int PRIMARY KEY, weight int);
    INSERT INTO desk.fallible VALUES (1, 5), (2, 20);
    GRANT USAGE ON SCHEMA desk TO wicket;
    GRANT ALL ON ALL TABLES IN SCHEMA desk TO wicket;";

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

    /// The statement changes so many rows.
    async fn changes(&self, sql: &str, rows: u64) {
        match self.library.query(sql).await {
            Ok(result) => assert_eq!(result["affected_rows"], rows, "{sql}"),
            Err(rejection) => panic!("{sql}: {rejection:?}"),
        }
    }

    async fn refuses(&self, sql: &str, code: &str) -> Rejection {
        let before = self.all().await;
        match self.library.query(sql).await {
            Ok(result) => panic!("admitted: {sql}: {result}"),
            Err(rejection) => {
                assert_eq!(rejection.reason.code(), code, "{sql}: {rejection}");
                assert_eq!(self.all().await, before, "{sql}");
                rejection
            }
        }
    }

    /// Every row of the tables, past pgwicket.
    async fn all(&self) -> Vec<String> {
        let client = self.database.connect().await;
        let sql = "SELECT t::text FROM desk.tickets t UNION ALL SELECT s::text FROM desk.shouts s
                   UNION ALL SELECT v::text FROM desk.visits v UNION ALL SELECT f::text FROM desk.fallible f ORDER BY 1";
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn hidden(&self) -> Vec<String> {
        self.all().await.into_iter().filter(|row| row.contains("canary")).collect()
    }
}

#[tokio::test]
async fn only_visible_rows_are_changed() {
    let desk = Desk::open().await;
    let hidden = desk.hidden().await;
    assert_eq!(hidden.len(), 2);
    desk.changes("UPDATE tickets SET price = price + 1", 2).await;
    desk.changes("UPDATE tickets SET subject = subject || '!' WHERE id IN (1, 3)", 1).await;
    desk.changes("UPDATE tickets SET price = 1 WHERE id = 3", 0).await;
    desk.changes("UPDATE tickets t SET price = i.price FROM imports i WHERE i.id = t.id", 1).await;
    desk.changes("UPDATE tickets t SET price = o.price FROM tickets o WHERE o.price < t.price", 1).await;
    desk.changes("DELETE FROM tickets USING imports i WHERE i.id = tickets.id AND i.price >= 0", 1).await;
    desk.changes("WITH q AS (SELECT count(*) AS n FROM tickets) DELETE FROM tickets WHERE (SELECT n FROM q) = 1", 1)
        .await;
    assert_eq!(desk.hidden().await, hidden);
}

/// Each condition raises an error on the hidden rows, and on no other.
#[tokio::test]
async fn no_condition_is_evaluated_on_hidden_rows() {
    let desk = Desk::open().await;
    let hidden = desk.hidden().await;
    for sql in [
        "UPDATE tickets SET price = price WHERE 100 / price > 0",
        "UPDATE tickets SET price = price WHERE id > 0 AND 100 / price > 0",
        "UPDATE tickets SET price = price WHERE subject::int > 0 AND id < 100",
        "UPDATE tickets SET price = 100 / price",
        "UPDATE tickets SET price = price WHERE id IN (SELECT 1 + 10 / price FROM imports WHERE id = 1) OR 1 / price < 9",
        "UPDATE tickets SET price = price WHERE EXISTS (SELECT FROM imports i WHERE i.id > 100 / tickets.price - 100)",
        "UPDATE tickets t SET price = t.price FROM (VALUES (5), (10)) AS v(x) WHERE v.x > 100 / t.price AND v.x = 10",
        "UPDATE tickets t SET price = t.price FROM imports i WHERE i.id = 1 AND 10 / t.price >= 0",
        // Without any column, so evaluated wherever rows come from, and cheaper than the filter.
        "DELETE FROM costly WHERE name = 'n42' AND acosh(random()) > 0",
        "UPDATE costly SET name = name WHERE id = 42 AND 1 / (0 * random()) = 1",
        "DELETE FROM tickets USING imports i WHERE tickets.id = 3 AND i.id = 3 AND acosh(i.id * 0 * random()) > 0",
        "UPDATE tickets SET price = price WHERE CASE WHEN true THEN 100 / price > 0 END",
        "DELETE FROM tickets WHERE 100 / price > 1000",
        "DELETE FROM tickets USING imports i WHERE i.id + 1000 = tickets.id AND 1 / tickets.price = 7",
        "DELETE FROM tickets WHERE price = 1000 AND (100 / price) IN (1, 2) RETURNING id",
    ] {
        if let Err(rejection) = desk.library.query(sql).await {
            panic!("{sql}: {rejection:?}");
        }
    }
    assert_eq!(desk.hidden().await, hidden);
    // The conditions do raise on rows that are seen.
    desk.changes("UPDATE tickets SET price = 0 WHERE id = 1", 1).await;
    desk.refuses("UPDATE tickets SET price = price WHERE 100 / price > 0", "database_error").await;
}

/// Beside a filter that may raise, or that reads something else, everything is behind the filter.
#[tokio::test]
async fn nothing_stands_beside_a_fallible_filter() {
    let desk = Desk::open().await;
    desk.changes("UPDATE fallible SET weight = weight WHERE id = 1", 1).await;
    let admitted = desk.library.admit("UPDATE fallible SET weight = weight WHERE id = 1").unwrap();
    let (_, condition) = admitted.sql().split_once(" WHERE ").unwrap();
    assert!(condition.contains("CASE WHEN") && condition.matches("\"id\" = 1").count() == 1, "{condition}");
    assert!(condition.split("THEN").next().is_some_and(|outside| !outside.contains("\"id\"")), "{condition}");
    desk.refuses("UPDATE fallible SET weight = 100 WHERE id = 1", "row_not_visible").await;
}

#[tokio::test]
async fn no_row_is_written_that_would_not_be_seen() {
    let desk = Desk::open().await;
    let told = desk.refuses("UPDATE tickets SET tenant_id = 2 WHERE id = 1", "row_not_visible").await.to_json(None);
    assert_eq!(told["rule"]["key"], "tables.\"desk.tickets\".rows", "{told}");
    desk.refuses("UPDATE tickets SET tenant_id = id", "row_not_visible").await;
    desk.refuses("INSERT INTO tickets (id, tenant_id, subject) VALUES (9, 2, 'x')", "row_not_visible").await;
    desk.refuses(
        "INSERT INTO tickets (id, tenant_id, subject) VALUES (9, 1, 'x'), (10, 2, 'y') RETURNING id",
        "row_not_visible",
    )
    .await;
    // The bad row comes behind the rows that the result is cut off at.
    let many =
        "INSERT INTO tickets (id, tenant_id, subject) SELECT i, 1 + i / 39, 'n' || i FROM generate_series(30, 39) i
                RETURNING id";
    desk.refuses(many, "row_not_visible").await;
    let result = desk.library.query(&many.replace("i / 39", "i / 40")).await.unwrap();
    assert_eq!((&result["affected_rows"], &result["row_count"]), (&json!(10), &json!(2)));
    assert_eq!((&result["truncated"], &result["rows"]), (&json!(true), &json!([[30], [31]])));
    assert_eq!(result["columns"], json!([{ "name": "id", "type": "integer" }]));
    // Without RETURNING nothing comes back, and a default is as good as a value.
    let result = desk.library.query("INSERT INTO tickets (id, subject) VALUES (9, 'x')").await.unwrap();
    assert_eq!((&result["affected_rows"], &result["row_count"]), (&json!(1), &json!(0)));
    assert_eq!((&result["columns"], &result["rows"]), (&json!([]), &json!([])));
    // What has no binary format of ours comes as text, and is checked just as well.
    let rendered =
        "INSERT INTO tickets (id, subject) VALUES (11, 'fat cats') RETURNING to_tsvector('simple', subject) AS v";
    assert_eq!(desk.library.rows(rendered).await, json!([["'cats':2 'fat':1"]]));
    let moved = "UPDATE tickets SET tenant_id = 3 WHERE id = 11 RETURNING to_tsvector('simple', subject) AS v";
    desk.refuses(moved, "row_not_visible").await;
}

#[tokio::test]
async fn triggers_and_partitions_are_checked_as_they_end() {
    let desk = Desk::open().await;
    desk.changes("INSERT INTO shouts VALUES (1, 1, 'stay')", 1).await;
    desk.refuses("INSERT INTO shouts VALUES (2, 1, 'move')", "row_not_visible").await;
    desk.refuses("UPDATE shouts SET what = 'move' WHERE id = 1", "row_not_visible").await;
    desk.changes("UPDATE visits SET day = day + 1000 WHERE id = 2", 1).await;
    desk.refuses("UPDATE visits SET tenant_id = 2, day = day + 1000 WHERE id = 4", "row_not_visible").await;
    desk.refuses("UPDATE visits SET day = day WHERE id > 0", "too_many_rows_affected").await;
    desk.changes("DELETE FROM visits WHERE id BETWEEN 1 AND 6", 3).await;
    assert_eq!(desk.all().await.iter().filter(|row| row.contains(",2,20")).count(), 10);
}

#[tokio::test]
async fn masked_and_denied_columns_of_the_target_are_nowhere() {
    let desk = Desk::open().await;
    for sql in [
        "UPDATE tickets SET phone = 'x' WHERE id = 1",
        "UPDATE tickets SET subject = phone WHERE id = 1",
        "UPDATE tickets SET price = 1 WHERE phone LIKE '+1%'",
        "UPDATE tickets SET price = 1 WHERE (SELECT phone) IS NULL",
        "UPDATE tickets SET price = 1 WHERE id = 1 RETURNING *",
        "UPDATE tickets SET price = 1 WHERE id = 1 RETURNING tickets",
        "UPDATE tickets SET price = 1 WHERE row_to_json(tickets)::text <> ''",
        "UPDATE tickets SET price = i.id FROM imports i WHERE length(tickets.phone) > i.id",
        "INSERT INTO tickets (id, subject, phone) VALUES (9, 'x', 'y')",
        "INSERT INTO tickets (id, subject) VALUES (9, 'x') RETURNING phone",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (phone) DO NOTHING",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET phone = 'x'",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET subject = excluded.phone",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET subject = 'x' WHERE tickets.phone > ''",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET subject = excluded::text",
        "DELETE FROM tickets WHERE phone IS NOT NULL",
        "DELETE FROM tickets WHERE id = 1 RETURNING upper(phone)",
    ] {
        desk.refuses(sql, "write_not_allowed").await;
    }
    for sql in [
        "UPDATE tickets SET secret = 'x' WHERE id = 1",
        "UPDATE tickets SET subject = secret WHERE id = 1",
        "DELETE FROM tickets WHERE secret = 'top'",
        "INSERT INTO tickets (id, subject, secret) VALUES (9, 'x', 'y')",
        "INSERT INTO tickets VALUES (9, 1, 'x', 'y')",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (secret) DO NOTHING",
        "INSERT INTO tickets (id, subject) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET subject = excluded.secret",
    ] {
        desk.refuses(sql, "unknown_column").await;
    }
    // Read elsewhere, it is its mask; and a hidden column takes its default.
    desk.changes("INSERT INTO tickets (id, subject) SELECT 9, t.phone FROM tickets t WHERE t.id = 1", 1).await;
    assert_eq!(desk.library.rows("SELECT subject FROM tickets WHERE id = 9").await, json!([["***0001"]]));
    assert!(desk.all().await.contains(&"(9,1,***0001,default,,1)".to_owned()));
}

#[tokio::test]
async fn a_conflict_updates_visible_rows_only() {
    let desk = Desk::open().await;
    let hidden = desk.hidden().await;
    let upsert = |id: u32, rest: &str| {
        format!("INSERT INTO tickets AS t (id, subject, price) VALUES ({id}, 'new', 7) ON CONFLICT {rest}")
    };
    desk.changes(&upsert(1, "(id) DO UPDATE SET price = excluded.price + t.price"), 1).await;
    assert_eq!(desk.library.rows("SELECT price FROM tickets WHERE id = 1").await, json!([[17]]));
    desk.changes(&upsert(3, "(id) DO UPDATE SET price = excluded.price"), 0).await;
    // It would raise on the hidden row.
    desk.changes(&upsert(3, "(id) DO UPDATE SET price = 10 / t.price WHERE 10 / t.price > 0"), 0).await;
    desk.changes(&upsert(3, "(id) DO UPDATE SET tenant_id = 1"), 0).await;
    desk.changes(&upsert(3, "DO NOTHING"), 0).await;
    desk.changes(&upsert(1, "(id) DO NOTHING"), 0).await;
    desk.changes(&upsert(1, "(id) DO UPDATE SET price = 3 WHERE t.price > 100"), 0).await;
    desk.refuses(&upsert(1, "(id) DO UPDATE SET tenant_id = 2"), "row_not_visible").await;
    desk.refuses(&upsert(1, "(price) DO NOTHING"), "database_error").await;
    let result = desk.library.query(&upsert(50, "(id) DO UPDATE SET price = 1 RETURNING id, t.price")).await.unwrap();
    assert_eq!((&result["rows"], &result["affected_rows"]), (&json!([[50, 7]]), &json!(1)));
    assert_eq!(desk.hidden().await, hidden);

    // DO UPDATE is an update as well.
    let policy = POLICY.replace("\"update\", ", "");
    let library = Library::open(&desk.database, &policy, &[("tenant", "1")]).await;
    let rejection = library.query(&upsert(1, "(id) DO UPDATE SET price = 1")).await.unwrap_err();
    assert_eq!(rejection.reason.code(), "statement_not_allowed", "{rejection}");
    assert_eq!(library.query(&upsert(1, "(id) DO NOTHING")).await.unwrap()["affected_rows"], 0);
}

#[tokio::test]
async fn a_merge_writes_tables_whose_rows_are_not_filtered() {
    let desk = Desk::open().await;
    if desk
        .database
        .connect()
        .await
        .query_one("SELECT current_setting('server_version_num')::int >= 150000", &[])
        .await
        .unwrap()
        .get(0)
    {
        let merge = |rest: &str| format!("MERGE INTO imports i USING tickets t ON t.id = i.id {rest}");
        // Of tickets it sees what it may read: two rows, and a masked telephone number.
        let all = merge(
            "WHEN MATCHED AND t.price > 0 THEN UPDATE SET subject = t.phone, price = i.price + t.price
             WHEN NOT MATCHED THEN INSERT (id, subject) VALUES (t.id, t.phone)",
        );
        desk.changes(&all, 2).await;
        let rows = "SELECT string_agg(concat_ws(' ', id, subject, price), ', ' ORDER BY id) FROM imports";
        assert_eq!(desk.library.rows(rows).await, json!([["1 ***0001 15, 2 ***0002, 3 new too 0, 4 other 7"]]));
        desk.changes(&merge("WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING"), 2).await;
        for (rest, code) in [
            ("WHEN MATCHED THEN UPDATE SET sender = 'x'", "write_not_allowed"),
            ("WHEN MATCHED AND i.sender = 'x' THEN DELETE", "write_not_allowed"),
            ("WHEN NOT MATCHED THEN INSERT (id, origin) VALUES (1, 'x')", "unknown_column"),
            ("WHEN MATCHED THEN UPDATE SET subject = i.origin", "unknown_column"),
            ("WHEN MATCHED THEN UPDATE SET subject = t.secret", "unknown_column"),
        ] {
            desk.refuses(&merge(rest), code).await;
        }
        let filtered = "MERGE INTO tickets t USING imports i ON t.id = i.id WHEN MATCHED THEN UPDATE SET price = 1";
        desk.refuses(filtered, "not_supported").await;
    } else {
        let merge = "MERGE INTO imports i USING tickets t ON t.id = i.id WHEN MATCHED THEN DELETE";
        desk.refuses(merge, "not_supported").await;
    }
}

#[tokio::test]
async fn the_tools_are_held_to_the_same() {
    let desk = Desk::open().await;
    let table = || vec!["desk".to_owned(), "tickets".to_owned()];
    let object = |value: Value| value.as_object().unwrap().clone();
    let update = |values, filter| Change::Update { table: table(), values: object(values), filter: object(filter) };
    let insert = |row| Change::Insert { table: table(), rows: vec![object(row)] };
    let code = async |change| desk.library.change(change).await.map_err(|rejection| rejection.reason.code());
    let affected = async |change| code(change).await.map(|result| result["affected_rows"].clone());
    assert_eq!(affected(update(json!({ "price": 3 }), json!({ "id": 1 }))).await, Ok(json!(1)));
    assert_eq!(affected(update(json!({ "price": 3 }), json!({ "id": 3 }))).await, Ok(json!(0)));
    assert_eq!(code(update(json!({ "tenant_id": 3 }), json!({ "id": 1 }))).await, Err("row_not_visible"));
    assert_eq!(code(update(json!({ "phone": "3" }), json!({ "id": 1 }))).await, Err("write_not_allowed"));
    assert_eq!(code(update(json!({ "price": 3 }), json!({ "phone": "x" }))).await, Err("write_not_allowed"));
    assert_eq!(code(update(json!({ "price": 3 }), json!({ "secret": "x" }))).await, Err("unknown_column"));
    assert_eq!(affected(insert(json!({ "id": 9, "subject": "x" }))).await, Ok(json!(1)));
    assert_eq!(code(insert(json!({ "id": 8, "subject": "x", "tenant_id": 2 }))).await, Err("row_not_visible"));
    let delete = Change::Delete { table: table(), filter: object(json!({ "id": { "op": "<", "value": 100 } })) };
    assert_eq!(affected(delete).await, Ok(json!(3)));
    assert_eq!(desk.hidden().await.len(), 2);
}

/// A key finds its row by its index, and a join on a key reads neither table for each row of the other.
#[tokio::test]
async fn a_key_uses_its_index() {
    let desk = Desk::open().await;
    let more =
        "INSERT INTO desk.tickets (id, tenant_id, subject) SELECT i, 1 + i % 2, i FROM generate_series(100, 30000) i;
                INSERT INTO desk.imports (id) SELECT i FROM generate_series(100, 30000) i;
                ANALYZE desk.tickets, desk.imports";
    desk.database.script(more).await;
    let client = desk.database.connect_pinned().await;
    for (sql, wanted) in [
        ("UPDATE tickets SET price = 1 WHERE id = 500 AND subject LIKE '5%'", "tickets_pkey"),
        ("DELETE FROM tickets WHERE id IN (500, 501) AND 10 / price > 0", "tickets_pkey"),
        ("UPDATE tickets t SET price = i.price FROM imports i WHERE i.id = t.id AND i.price > t.price", "Hash Cond"),
        ("UPDATE tickets t SET price = i.price FROM imports i WHERE i.id = t.id AND i.id = 700", "tickets_pkey"),
    ] {
        let admitted = desk.library.admit(sql).unwrap();
        let sql = admitted.sql().replace("$1", "'1'");
        let plan: Vec<String> =
            client.query(&format!("EXPLAIN {sql}"), &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(wanted), "{sql}\n{plan}");
    }
}

/// What PostgreSQL works out over a row that is written, it tells by failing: of columns that are hidden, too.
#[tokio::test]
async fn nothing_written_is_compared_with_what_is_hidden() {
    let database = Database::sample().await;
    database
        .script(
            "CREATE SCHEMA pay;
             CREATE TABLE pay.checked (id int PRIMARY KEY, bonus int, other int, salary int, CHECK (bonus < salary), CHECK (other > 0));
             CREATE TABLE pay.generated (id int PRIMARY KEY, bonus int, other int, salary int,
                 ratio int GENERATED ALWAYS AS (1000 / (salary - bonus)) STORED);
             CREATE TABLE pay.indexed (id int PRIMARY KEY, bonus int, other int, salary int);
             CREATE INDEX ON pay.indexed ((1000 / (salary - bonus)));
             CREATE TABLE pay.partial (id int PRIMARY KEY, bonus int, other int, salary int);
             CREATE UNIQUE INDEX ON pay.partial (bonus) WHERE salary > 100;
             CREATE TABLE pay.whole (id int PRIMARY KEY, bonus int, other int, salary int);
             ALTER TABLE pay.whole ADD CHECK (whole IS DISTINCT FROM ROW(1, 2, 3, 4));
             CREATE TABLE pay.row_indexed (id int PRIMARY KEY, bonus int, other int, salary int);
             CREATE INDEX ON pay.row_indexed ((row_indexed IS NULL));
             CREATE TABLE pay.slots (id int, bonus int, other int, salary int, EXCLUDE USING gist (box(point(bonus, 0), point(bonus, salary)) WITH &&));
             CREATE TABLE pay.rooms (id int, tenant int, during int4range, EXCLUDE USING gist (during WITH &&));
             CREATE TABLE pay.parent (id int, bonus int, other int);
             CREATE TABLE pay.child (salary int, CHECK (bonus < salary)) INHERITS (pay.parent);
             CREATE TABLE pay.known (LIKE pay.checked INCLUDING ALL);
             INSERT INTO pay.checked VALUES (1, 10, 1, 5000);
             INSERT INTO pay.indexed VALUES (1, 10, 1, 5000);
             GRANT USAGE ON SCHEMA pay TO wicket; GRANT ALL ON ALL TABLES IN SCHEMA pay TO wicket",
        )
        .await;
    let mut policy = "version = 1\nname = 'pay'\n[statements]\nallow = ['select', 'insert', 'update', 'delete', 'merge']\n\
                      [search_path]\nschemas = ['pay']\n[columns]\n\"*.salary\" = 'deny'\n[schemas.pay]\naccess = 'write'\n\
                      [tables.\"pay.rooms\"]\nrows = 'tenant = 1'\n"
        .to_owned();
    policy += "[tables.\"pay.known\"]\nside_effects = true\n";
    let library = Library::open(&database, &policy, &[]).await;
    let code = async |sql: &str| match library.query(sql).await {
        Ok(_) => "admitted".to_owned(),
        Err(rejection) => rejection.reason.code().to_owned(),
    };
    for table in ["checked", "generated", "indexed", "partial", "whole", "row_indexed", "slots"] {
        assert_eq!(code(&format!("UPDATE {table} SET bonus = 4999 WHERE id = 1")).await, "side_effects", "{table}");
        let upsert = format!("INSERT INTO {table} (id, bonus) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET bonus = 3");
        if table != "slots" {
            assert_eq!(code(&upsert).await, "side_effects", "{table}");
        }
        if library.catalog.current().server_version() >= 150_000 {
            let merge = format!(
                "MERGE INTO {table} USING (SELECT 1 AS id) AS s ON s.id = {table}.id WHEN MATCHED THEN UPDATE SET bonus = 3"
            );
            assert_eq!(code(&merge).await, "side_effects", "{table}");
        }
    }
    for sql in [
        "UPDATE parent SET bonus = 4999 WHERE id = 1",
        "INSERT INTO slots (id, bonus) VALUES (1, 1)",
        "INSERT INTO rooms (id, tenant, during) VALUES (1, 1, '[1,5)')",
        "UPDATE rooms SET during = '[1,5)' WHERE id = 1",
    ] {
        assert_eq!(code(sql).await, "side_effects", "{sql}");
    }
    for sql in [
        // What isn't joined with anything hidden.
        "UPDATE checked SET other = 2 WHERE id = 1",
        "UPDATE indexed SET other = 2 WHERE id = 1",
        "UPDATE parent SET other = 2 WHERE id = 1",
        "UPDATE rooms SET id = 2 WHERE id = 1",
        // A new row has only defaults in it that are hidden.
        "INSERT INTO checked (id, bonus, other) VALUES (2, 1, 1)",
        "DELETE FROM rooms WHERE id = 1",
        // The policy's author knows.
        "UPDATE known SET bonus = 2 WHERE id = 1",
    ] {
        assert_eq!(code(sql).await, "admitted", "{sql}");
    }
    let told =
        library.query("UPDATE checked SET bonus = 4999 WHERE id = 1").await.unwrap_err().to_json(None).to_string();
    assert!(!told.contains("salary"), "{told}");
}
