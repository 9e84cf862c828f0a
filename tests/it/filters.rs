//! Row filters with subqueries: they read tables that the principal doesn't see, show nothing of them, and belong to the
//! statement like what it names itself.

use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::policy::grants::{Live, grants};
use pgwicket::gate::policy::{BoundPolicy, Policy};
use pgwicket::postgres::ExecuteError;
use serde_json::json;

use crate::support::{Database, Library, sql_of};

const SETUP: &str = "
    CREATE SCHEMA canary_schema;
    CREATE TABLE canary_schema.canary_members (canary_person text, canary_customer integer, canary_note text);
    INSERT INTO canary_schema.canary_members
    SELECT CASE WHEN id % 2 = 0 THEN 'ana' ELSE 'ben' END, id, 'CANARY ' || id FROM sales.customers;
    INSERT INTO canary_schema.canary_members VALUES ('ana', NULL, 'CANARY');
    CREATE TABLE canary_schema.canary_days (id int, day date) PARTITION BY RANGE (day);
    CREATE TABLE canary_schema.canary_day_1 PARTITION OF canary_schema.canary_days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE canary_schema.canary_day_2 PARTITION OF canary_schema.canary_days DEFAULT;
    INSERT INTO canary_schema.canary_days SELECT i, date '2020-12-01' + i FROM generate_series(1, 60) AS i;
    GRANT USAGE ON SCHEMA canary_schema TO wicket;
    GRANT SELECT ON ALL TABLES IN SCHEMA canary_schema TO wicket;";

const POLICY: &str = r#"
version = 1
name = "membership"
attributes = { person = "text" }
[statements]
allow = ["select", "explain", "insert", "update", "delete"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
deny = ["payroll_*"]
[tables."sales.customers"]
rows = """EXISTS (SELECT 1 FROM canary_schema.canary_members AS m
                   WHERE m.canary_person = :person AND m.canary_customer = customers.id)"""
mask = { email = "email" }
[tables."sales.orders"]
rows = "customer_id IN (SELECT c.id FROM sales.customers AS c WHERE c.region = 'eu')"
[tables."sales.products"]
rows = "id IN (WITH few AS (SELECT id FROM canary_schema.canary_days WHERE day > '2020-12-20') SELECT f.id FROM few AS f)"
[tables."sales.regions"]
rows = "EXISTS (SELECT FROM sales.payroll_export)"
[schemas.scratch]
access = "write"
"#;

async fn opened() -> (Database, Library) {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, POLICY, &[("person", "ana")]).await;
    (database, library)
}

/// The same rows as the conditions give when they are written into the statement.
#[tokio::test]
async fn rows_are_those_of_the_condition() {
    let (database, library) = opened().await;
    let direct = database.connect().await;
    let customers = "SELECT * FROM sales.customers AS c WHERE EXISTS
                     (SELECT FROM canary_schema.canary_members m WHERE m.canary_person = 'ana' AND m.canary_customer = c.id)";
    let orders = "SELECT * FROM sales.orders WHERE customer_id IN (SELECT id FROM sales.customers WHERE region = 'eu')";
    let products =
        "SELECT * FROM sales.products WHERE id IN (SELECT id FROM canary_schema.canary_days WHERE day > '2020-12-20')";
    for template in [
        "SELECT string_agg(id::text, ',' ORDER BY id) FROM {c} AS c",
        "SELECT string_agg(id::text, ',' ORDER BY id) FROM {o} AS o",
        "SELECT string_agg(id::text, ',' ORDER BY id) FROM {p} AS p",
        "SELECT string_agg(id::text, ',' ORDER BY id) FROM {c} AS c WHERE id = 4 OR name LIKE 'A%'",
        "SELECT string_agg(c.id || '-' || o.id, ',' ORDER BY c.id, o.id) FROM {c} AS c JOIN {o} AS o ON o.customer_id = c.id",
        "SELECT string_agg(c.id || '-' || coalesce(o.id, 0), ',' ORDER BY c.id, o.id)
           FROM {c} AS c LEFT JOIN {o} AS o ON o.customer_id = c.id AND o.id < 100",
        "SELECT string_agg(a.id::text, ',' ORDER BY a.id) FROM {c} AS a JOIN {c} AS b ON b.id = a.id + 2",
        "WITH RECURSIVE up(id) AS (SELECT min(id) FROM {c} AS c UNION SELECT c.id FROM up, {c} AS c WHERE c.id = up.id + 2)
         SELECT count(*)::text FROM up",
        "SELECT count(*)::text FROM {o} AS o WHERE EXISTS (SELECT FROM {c} AS c WHERE c.id = o.customer_id)",
        "SELECT (SELECT count(*) FROM {c} AS c)::text || (SELECT count(*) FROM {p} AS p WHERE p.id > 3)",
    ] {
        let fill = |c: &str, o: &str, p: &str| template.replace("{c}", c).replace("{o}", o).replace("{p}", p);
        let asked = fill("sales.customers", "orders", "products");
        let plain = fill(&format!("({customers})"), &format!("({orders})"), &format!("({products})"));
        let expected: Option<String> = direct.query_one(&plain, &[]).await.unwrap().get(0);
        assert!(expected.as_deref().is_some_and(|rows| rows.len() > 1), "{asked} gives nothing: {expected:?}");
        assert_eq!(library.rows(&asked).await, json!([[expected]]), "{asked}");
    }
    // A policy's own subquery reads what another rule of the policy hides.
    assert_eq!(library.rows("SELECT count(*) FROM regions").await, json!([[4]]));
    let other = Library::open(&database, POLICY, &[("person", "nobody")]).await;
    assert_eq!(other.rows("SELECT count(*) FROM customers").await, json!([[0]]));
}

/// Nothing is copied inside beside such a filter, and it is always fenced.
#[tokio::test]
async fn nothing_runs_before_the_subquery() {
    let (_database, library) = opened().await;
    let admitted = library.admit("SELECT id FROM customers WHERE id = 4").unwrap();
    let (inside, outside) = admitted.sql().split_once("OFFSET 0").unwrap();
    assert!(!inside.contains("= 4") && outside.contains("= 4"), "{}", admitted.sql());
    // Evaluated on a hidden row, this would fail.
    let hidden = library.rows("SELECT max(id) FROM customers WHERE 1 / (id % 2 - 1) < 0").await;
    assert_ne!(hidden, json!([[null]]));
}

/// What a filter reads is verified, locked as known and granted, and nothing of it comes out.
#[tokio::test]
async fn what_a_filter_reads_belongs_to_the_statement() {
    let (database, library) = opened().await;
    let catalog = library.catalog.current();
    let oid = |schema: &str, name: &str| catalog.relation_named(schema, name).unwrap().oid;
    let members = oid("canary_schema", "canary_members");
    for (sql, read) in [
        ("SELECT id FROM customers", vec![members]),
        ("SELECT count(*) FROM orders", vec![oid("sales", "customers")]),
        ("SELECT 1 FROM regions", vec![oid("sales", "payroll_export")]),
        (
            "SELECT id FROM products",
            ["canary_days", "canary_day_1", "canary_day_2"].map(|name| oid("canary_schema", name)).to_vec(),
        ),
        ("INSERT INTO scratch.notes (author, body) SELECT 'x', name FROM customers", vec![members]),
    ] {
        let admitted = library.admit(sql).unwrap();
        for oid in read {
            let used =
                admitted.permit().relations.iter().find(|used| used.oid == oid).unwrap_or_else(|| panic!("{sql}"));
            assert!(used.open_columns.is_empty() && used.protected, "{sql}: {used:?}");
            assert!(admitted.verification().relations.iter().any(|(one, _)| *one == oid), "{sql}");
        }
    }
    for (change, sql) in [
        ("ALTER TABLE canary_schema.canary_members ADD more int", "SELECT count(*) FROM customers"),
        ("ALTER TABLE sales.payroll_export ADD more int", "SELECT count(*) FROM regions"),
        (
            "ALTER TABLE canary_schema.canary_days DETACH PARTITION canary_schema.canary_day_2",
            "SELECT count(*) FROM products",
        ),
        (
            "ALTER TABLE sales.customers RENAME region TO other; ALTER TABLE sales.customers RENAME name TO region",
            "SELECT count(*) FROM orders",
        ),
    ] {
        let before = library.admit(sql).unwrap();
        database.script(change).await;
        let refused = library.execute(before).await;
        assert!(matches!(refused, Err(ExecuteError::CatalogChanged)), "{change}: {refused:?}");
        assert!(library.query(sql).await.is_ok(), "{change}");
    }
    // Without its table the filter means nothing, and the table that it filters isn't read any more.
    database.script("DROP TABLE canary_schema.canary_members").await;
    let refused = library.query("SELECT id FROM customers").await.unwrap_err().to_json(None).to_string();
    assert!(!refused.to_lowercase().contains("canary"), "{refused}");
}

/// Under a role that has the printed grants and no others, everything runs; and the role reads no more than the policy.
#[tokio::test]
async fn the_grants_are_what_a_filter_needs() {
    let (database, library) = opened().await;
    let policy = Policy::parse("policy.toml", POLICY, &mut |_| Err("there is no other file".to_owned())).unwrap();
    let catalog = library.catalog.current();
    let bound = BoundPolicy::bind(policy.into(), &Catalog::new(catalog.parts().clone())).unwrap();
    let printed = grants(&bound, &catalog, &Live { login: "wicket", ..Live::default() });
    for line in [
        "GRANT USAGE ON SCHEMA canary_schema TO",
        "GRANT SELECT (canary_person, canary_customer) ON canary_schema.canary_members TO",
        "GRANT SELECT (id, day) ON canary_schema.canary_days TO",
        "GRANT SELECT (employee_id) ON sales.payroll_export TO",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
    database.script(&printed).await;
    let policy = POLICY.replacen("name = \"membership\"", "name = \"membership\"\nrole = \"pgwicket_membership\"", 1);
    let library = Library::open(&database, &policy, &[("person", "ana")]).await;
    for table in ["customers", "orders", "products", "regions"] {
        let rows = library.rows(&format!("SELECT count(*) FROM {table}")).await;
        assert_ne!(rows, json!([[0]]), "{table}");
    }
    database.script("DROP OWNED BY pgwicket_membership; DROP ROLE pgwicket_membership").await;
}

/// No name and no value of a table that only filters read reaches the principal, whatever it asks.
#[tokio::test]
async fn a_filters_tables_have_no_name() {
    let (database, library) = opened().await;
    database.script("INSERT INTO canary_schema.canary_members VALUES ('ana', 2, 'CANARY')").await;
    let mut told = vec![library.metadata().await.to_string()];
    for sql in [
        "SELECT * FROM customers",
        "SELECT * FROM orders LIMIT 3",
        "SELECT row_to_json(c) FROM customers AS c",
        "SELECT canary_person FROM customers",
        "SELECT m.canary_person FROM customers AS c",
        "SELECT m.* FROM customers AS c",
        "SELECT c.canary_customer FROM customers AS c",
        "SELECT * FROM canary_members",
        "SELECT * FROM canary_schema.canary_memberz",
        "SELECT * FROM customers ORDER BY canary_note",
        "SELECT 1 / (id - id) FROM customers",
        "SELECT name::int FROM customers",
        "SELECT (SELECT id FROM customers) FROM customers",
        "SELECT id FROM customers GROUP BY name",
        "EXPLAIN SELECT * FROM customers",
        "EXPLAIN SELECT * FROM regions",
        "EXPLAIN (FORMAT json) SELECT * FROM products",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM information_schema.table_constraints",
        "UPDATE customers SET name = 'x' WHERE id = 1",
        "DELETE FROM customers WHERE id = 1",
        "INSERT INTO scratch.notes (author, body) SELECT name, email FROM customers RETURNING *",
        "SELECT * FROM customers FOR UPDATE",
        "SELECT tableoid FROM customers",
    ] {
        told.push(match library.run(sql_of(sql)).await {
            Ok(outcome) => outcome.result.json,
            Err(rejection) => rejection.to_json(None).to_string(),
        });
        let asked = sql.to_lowercase();
        let answer = told.last().unwrap().to_lowercase();
        let answer = asked
            .split([' ', '.'])
            .filter(|word| word.contains("canary"))
            .fold(answer, |answer, word| answer.replace(word, "?"));
        assert!(!answer.contains("canary") && !answer.contains("payroll"), "{sql}: {answer}");
    }
    assert!(!told[0].to_lowercase().contains("canary"), "{}", told[0]);
}

/// Writes go through such a filter, too: rows that it hides aren't changed, and none is written that it would hide.
#[tokio::test]
async fn writes_are_held_by_the_subquery() {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let policy = POLICY.replace(
        "[schemas.scratch]\naccess = \"write\"\n",
        "[schemas.scratch]\naccess = \"write\"\n[tables.\"scratch.notes\"]\nrows = \"author IN (SELECT m.canary_person FROM \
         canary_schema.canary_members AS m WHERE m.canary_person = :person)\"\n",
    );
    let library = Library::open(&database, &policy, &[("person", "ana")]).await;
    let beside = database.connect().await;
    beside
        .batch_execute(
            "DELETE FROM scratch.notes; INSERT INTO scratch.notes (author, body) VALUES ('ana', 'a'), ('ben', 'b')",
        )
        .await
        .unwrap();
    let all = async || -> String {
        let sql = "SELECT string_agg(author || ':' || body, ',' ORDER BY author) FROM scratch.notes";
        beside.query_one(sql, &[]).await.unwrap().get(0)
    };
    library.query("UPDATE scratch.notes SET body = 'x'").await.unwrap();
    assert_eq!(all().await, "ana:x,ben:b");
    library.query("INSERT INTO scratch.notes (author, body) VALUES ('ana', 'y')").await.unwrap();
    let hidden = library.query("INSERT INTO scratch.notes (author, body) VALUES ('ben', 'y')").await.unwrap_err();
    assert_eq!(hidden.reason.code(), "row_not_visible");
    let moved = library.query("UPDATE scratch.notes SET author = 'ben' WHERE body = 'x'").await.unwrap_err();
    assert_eq!(moved.reason.code(), "row_not_visible");
    library.query("DELETE FROM scratch.notes WHERE id > 0").await.unwrap();
    assert_eq!(all().await, "ben:b");
}
