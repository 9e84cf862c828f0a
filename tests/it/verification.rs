//! What ran is what was admitted: the database's structure changes between the gate and the executor, and nothing of its
//! new meaning comes out or is written; the gateway then asks the gate once more.

use serde_json::json;

use crate::support::{Database, Library};

const POLICY: &str = r#"
version = 1
name = "careful"
[statements]
allow = ["select", "insert", "update", "delete"]
[schemas.sales]
access = "read"
[tables."sales.customers"]
deny_columns = ["ssn"]
mask = { name = { partial = [1, 0] } }
[schemas.scratch]
access = "write"
"#;

const READ: &str = "SELECT id, name FROM sales.customers ORDER BY id LIMIT 1";

/// A change after which a statement that was admitted before must not run: what happens, the statement, the change.
type Change = (&'static str, &'static str, &'static str);

/// Changes that can be made one after the other in one database.
const IN_A_ROW: &[Change] = &[
    (
        "a column goes and comes back",
        READ,
        "ALTER TABLE sales.customers DROP phone; ALTER TABLE sales.customers ADD phone text",
    ),
    (
        "a table that a view reads changes the meaning of its columns",
        "SELECT order_id, total FROM sales.order_totals ORDER BY order_id LIMIT 1",
        "ALTER TABLE sales.order_items RENAME quantity TO other; ALTER TABLE sales.order_items RENAME line TO quantity",
    ),
    (
        "a view gets another text",
        "SELECT order_id, total FROM sales.order_totals ORDER BY order_id LIMIT 1",
        "CREATE OR REPLACE VIEW sales.order_totals AS
         SELECT o.id AS order_id, o.customer_id, o.ordered_at, o.status, count(*) AS lines,
                sum(length(c.ssn))::numeric AS total
           FROM sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id GROUP BY o.id",
    ),
    (
        "a partition comes, with rows that nobody judged",
        "SELECT count(*) FROM sales.events",
        "CREATE TABLE sales.other (LIKE sales.events);
         INSERT INTO sales.other SELECT id, customer_id, kind, address, payload, '2024-05-05' FROM sales.events;
         ALTER TABLE sales.events ATTACH PARTITION sales.other FOR VALUES FROM ('2024-05-01') TO ('2024-06-01')",
    ),
    (
        "a partition goes",
        "SELECT count(*) FROM sales.events",
        "ALTER TABLE sales.events DETACH PARTITION sales.events_2024_01",
    ),
    (
        "a child is made",
        "SELECT count(*) FROM sales.regions",
        "CREATE TABLE sales.more (ssn text) INHERITS (sales.regions);
         INSERT INTO sales.more VALUES ('xx', 'of the child', 'XXX', '9')",
    ),
    (
        "a column gets another type",
        "SELECT max(currency) FROM sales.regions",
        "ALTER TABLE sales.regions ALTER currency TYPE text USING name",
    ),
    (
        "an enum's label is renamed",
        "SELECT loyalty, count(*) FROM sales.customers GROUP BY loyalty ORDER BY loyalty",
        "ALTER TYPE sales.loyalty RENAME VALUE 'gold' TO 'platinum'",
    ),
    (
        "row-level security is switched on",
        "SELECT count(*) FROM sales.regions",
        "ALTER TABLE sales.regions ENABLE ROW LEVEL SECURITY",
    ),
    (
        "a write's target gets a trigger",
        "UPDATE scratch.notes SET done = true WHERE id = 1",
        "CREATE FUNCTION scratch.tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER tell BEFORE UPDATE ON scratch.notes FOR EACH ROW EXECUTE FUNCTION scratch.tell()",
    ),
];

/// Changes after which the policy fits no more, means something else, or admits no more writes.
const ALONE: &[Change] = &[
    (
        "a write's target gets a rule",
        "DELETE FROM scratch.notes WHERE id = 1",
        "CREATE RULE more AS ON DELETE TO scratch.notes DO ALSO UPDATE sales.regions SET name = 'x' || code",
    ),
    (
        "a write's target becomes another table",
        "INSERT INTO scratch.notes (author, body) VALUES ('ana', 'hello')",
        "ALTER TABLE scratch.notes RENAME TO old_notes;
         CREATE TABLE scratch.notes (author text, body text);
         GRANT ALL ON scratch.notes TO wicket",
    ),
    (
        "a table makes room for a view of its name that shows what was masked",
        READ,
        "ALTER TABLE sales.customers RENAME TO hidden;
         CREATE VIEW sales.customers AS SELECT id, ssn AS name FROM sales.hidden;
         GRANT SELECT ON sales.customers TO wicket",
    ),
    (
        "two columns change their names",
        READ,
        "ALTER TABLE sales.customers RENAME name TO kept;
         ALTER TABLE sales.customers RENAME ssn TO name",
    ),
    ("a table moves to another schema, and another one in", READ, SCHEMAS_SWAPPED),
];

const SCHEMAS_SWAPPED: &str = "
    CREATE TABLE hr.customers (id int, name text);
    INSERT INTO hr.customers VALUES (1, 'secret');
    ALTER TABLE sales.customers SET SCHEMA scratch;
    ALTER TABLE hr.customers SET SCHEMA sales;
    GRANT SELECT ON sales.customers TO wicket";

#[tokio::test]
async fn what_was_admitted_for_another_structure_gives_and_writes_nothing() {
    let mut wrong = Vec::new();
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    for change in IN_A_ROW {
        wrong.extend(happens(&database, &library, change).await);
        library.catalog.reload().await.unwrap();
    }
    for change in ALONE {
        let database = Database::sample().await;
        let library = Library::open(&database, POLICY, &[]).await;
        wrong.extend(happens(&database, &library, change).await);
    }
    let count = IN_A_ROW.len() + ALONE.len();
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong when the change happens between the gate and the executor.
async fn happens(database: &Database, library: &Library, (what, sql, change): &Change) -> Vec<String> {
    // Once before, so that the session has the plan; a write would be done.
    if sql.starts_with("SELECT") {
        library.execute(library.admit(sql).unwrap()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    let admitted = library.admit(sql).unwrap_or_else(|rejection| panic!("{what}: {rejection}"));
    database.script(change).await;
    let before = written(database).await;
    let mut wrong = Vec::new();
    match library.execute(admitted).await {
        Err(error) if format!("{error:?}") == "CatalogChanged" => {}
        other => wrong.push(format!("{what}: {other:?}")),
    }
    if written(database).await != before {
        wrong.push(format!("{what}: something was written"));
    }
    wrong
}

/// What the statements above could have written.
async fn written(database: &Database) -> String {
    let sql = "SELECT md5(string_agg(t, ',' ORDER BY t)) FROM (
                   SELECT n::text AS t FROM scratch.notes n UNION ALL SELECT name FROM sales.regions) AS s";
    database.connect().await.query_one(sql, &[]).await.unwrap().get(0)
}

/// What a key determines is grouped by in the key's stead, so without the key there would be more groups, where PostgreSQL
/// would refuse the statement.
#[tokio::test]
async fn a_key_that_goes_takes_the_meaning_of_its_groups_along() {
    let database = Database::sample().await;
    let table = "CREATE TABLE sales.tills (id int PRIMARY KEY, name text, pin text);
                 INSERT INTO sales.tills VALUES (1, 'one', '1234'); GRANT SELECT ON sales.tills TO wicket";
    database.script(table).await;
    let policy = format!("{POLICY}[tables.\"sales.tills\"]\ndeny_columns = [\"pin\"]\n");
    let library = Library::open(&database, &policy, &[]).await;
    let sql = "SELECT id, name, count(*) FROM sales.tills GROUP BY id";
    assert_eq!(library.rows(sql).await, json!([[1, "one", 1]]));
    let gone = "ALTER TABLE sales.tills DROP CONSTRAINT tills_pkey; INSERT INTO sales.tills VALUES (1, 'two', '5678')";
    let change = ("a key goes", sql, gone);
    assert_eq!(happens(&database, &library, &change).await, Vec::<String>::new());
    assert_eq!(library.query(sql).await.unwrap_err().reason.code(), "database_error");
    assert_eq!(library.rows("SELECT id, count(*) FROM sales.tills GROUP BY id").await, json!([[1, 2]]));
}

#[tokio::test]
async fn the_gateway_asks_the_gate_once_more() {
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    assert_eq!(library.rows(READ).await, json!([[1, "H***"]]));

    // A harmless change: the same statement on the new structure.
    database.script("ALTER TABLE sales.customers ADD note text").await;
    assert_eq!(library.rows(READ).await, json!([[1, "H***"]]));

    // The name means something else now, which the policy's rules are held against anew: `name` is masked there, too.
    database
        .script(
            "ALTER TABLE sales.customers RENAME TO hidden;
             CREATE VIEW sales.customers AS SELECT id, ssn AS name, 'x'::text AS ssn FROM sales.hidden;
             GRANT SELECT ON sales.customers TO wicket",
        )
        .await;
    let masked = library.rows(READ).await;
    assert_eq!(masked, json!([[1, "9***"]]));

    // A policy that doesn't fit any more refuses everything.
    database.script("DROP VIEW sales.customers").await;
    let rejection = library.query(READ).await.unwrap_err();
    assert!(["policy_unusable", "unknown_relation"].contains(&rejection.reason.code()), "{rejection}");
    let rejection = library.query(READ).await.unwrap_err();
    assert_eq!(rejection.reason.code(), "policy_unusable", "{rejection}");
}

/// The retry is one, on a fresh catalog; a write isn't done twice.
#[tokio::test]
async fn a_write_on_a_changed_table_is_done_once() {
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    database.script("ALTER TABLE scratch.notes ADD written timestamptz").await;
    let result = library.query("INSERT INTO scratch.notes (author, body) VALUES ('ana', 'once')").await.unwrap();
    assert_eq!(result["affected_rows"], 1);
    assert_eq!(library.rows("SELECT count(*) FROM scratch.notes WHERE body = 'once'").await, json!([[1]]));
}
