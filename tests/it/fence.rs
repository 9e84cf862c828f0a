//! A look-up in a filtered and masked table uses its index, and gives what it gives without one.

use pgwicket::gate::admit::Submission;
use serde_json::{Value, json};

use crate::support::{Database, Library};

const POLICY: &str = r#"
version = 1
name = "fenced"
attributes = { tenant = "int", regions = "text[]" }
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
[tables."sales.customers"]
deny_columns = ["ssn"]
mask = { email = "email", phone = "last4", birth_date = "year" }
rows = "tenant_id = :tenant AND region = ANY(:regions)"
[tables."sales.orders"]
rows = "customer_id > 0"
"#;

struct Fenced {
    database: Database,
    library: Library,
}

impl Fenced {
    /// With the sample's rows, or so many more that PostgreSQL doesn't simply read them all.
    async fn open(many: bool) -> Self {
        let database = Database::sample().await;
        let more = "INSERT INTO sales.customers (id, tenant_id, name, email, phone, ssn, region, created_at)
                    SELECT i, 1 + i % 2, 'more', 'more' || i || '@example.com', '555-0100', '', 'us', '2024-01-01'
                      FROM generate_series(10001, 40000) AS i;
                    INSERT INTO sales.orders (id, reference, customer_id, status, ordered_at)
                    SELECT i, md5(i::text)::uuid, 10001 + i % 20000, 'paid', '2024-01-01' FROM generate_series(100001, 130000) AS i;
                    ANALYZE sales.customers, sales.orders";
        if many {
            database.script(more).await;
        }
        let library = Library::open(&database, POLICY, &[("tenant", "1"), ("regions", "us,eu")]).await;
        Self { database, library }
    }

    /// The plan of the statement as it is executed, values and all.
    async fn plan(&self, sql: &str, parameters: &[Value]) -> String {
        let submission = Submission::Sql { text: sql.to_owned(), parameters: parameters.to_vec() };
        let admitted =
            self.library.admit_submission(&submission).unwrap_or_else(|rejection| panic!("{sql}: {rejection:?}"));
        let client = self.database.connect_pinned().await;
        let quoted = |value: &Option<String>| match value {
            Some(text) => format!("'{}'", text.replace('\'', "''")),
            None => "NULL".to_owned(),
        };
        let values: Vec<String> = admitted.parameters().iter().map(quoted).collect();
        client.batch_execute(&format!("PREPARE looked_up AS {}", admitted.sql())).await.unwrap();
        let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        let explain = format!("EXPLAIN EXECUTE looked_up{values}");
        let lines = client.simple_query(&explain).await.unwrap();
        lines
            .iter()
            .filter_map(|line| match line {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            })
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[tokio::test]
async fn a_lookup_uses_the_index() {
    let fenced = Fenced::open(true).await;
    for (sql, parameters, index) in [
        ("SELECT id, name, email FROM sales.customers WHERE id = 42", vec![], "customers_pkey"),
        ("SELECT id, name, email FROM sales.customers WHERE id = $1", vec![json!(42)], "customers_pkey"),
        ("SELECT id, email FROM sales.customers WHERE id = $1::bigint", vec![json!(42)], "customers_pkey"),
        ("SELECT id, phone FROM sales.customers WHERE id = $1 AND name LIKE 'A%'", vec![json!(42)], "customers_pkey"),
        ("SELECT id, email FROM sales.customers WHERE id IN (1, $1, 5000000000)", vec![json!(7)], "customers_pkey"),
        ("SELECT id, email FROM sales.customers WHERE id = ANY($1)", vec![json!([7, null])], "customers_pkey"),
        ("SELECT id, email FROM sales.customers WHERE id BETWEEN 10 AND 20 ORDER BY email", vec![], "customers_pkey"),
        ("SELECT count(*) FROM sales.customers WHERE id < 20", vec![], "customers_pkey"),
        ("SELECT sum(id) FROM sales.orders WHERE ordered_at < '2023-01-01'", vec![], "orders_time"),
        (
            "SELECT c.name, o.id FROM sales.customers c LEFT JOIN sales.orders o
                 ON o.customer_id = c.id AND o.customer_id = $1 WHERE c.id = $2",
            vec![json!(7), json!(7)],
            "orders_customer",
        ),
        ("SELECT 1 WHERE EXISTS (SELECT FROM sales.customers WHERE id = 3)", vec![], "customers_pkey"),
        // A key of what is joined, a column that is equal to one, a column of a subquery.
        (
            "SELECT o.id, c.email FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id WHERE o.id = 100005",
            vec![],
            "customers_pkey",
        ),
        (
            "SELECT o.id, c.email FROM sales.customers c, sales.orders o WHERE c.id = o.customer_id AND o.id = $1",
            vec![json!(100_005)],
            "customers_pkey",
        ),
        (
            "SELECT o.id, c.email FROM sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id AND c.name LIKE 'm%'
               WHERE o.id IN (100005, 100006)",
            vec![],
            "customers_pkey",
        ),
        (
            "SELECT i.line, c.name FROM sales.order_items i JOIN sales.orders o ON o.id = i.order_id
               JOIN sales.customers c ON c.id = o.customer_id WHERE i.order_id = 7 AND i.line = 1",
            vec![],
            "customers_pkey",
        ),
        (
            "SELECT o.id FROM sales.customers c JOIN sales.orders o ON o.customer_id = c.id WHERE c.id = 10042",
            vec![],
            "orders_customer",
        ),
        ("SELECT q.n FROM (SELECT id AS x, name AS n FROM sales.customers) q WHERE q.x = 42", vec![], "customers_pkey"),
        ("WITH q AS (SELECT * FROM sales.customers) SELECT email FROM q WHERE id = 42", vec![], "customers_pkey"),
    ] {
        let plan = fenced.plan(sql, &parameters).await;
        assert!(plan.contains(&format!("using {index}")) || plan.contains(&format!("on {index}")), "{sql}\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{sql}\n{plan}");
    }
    // What isn't copied reads the table, so the plans above do tell.
    let plan = fenced.plan("SELECT id FROM sales.customers WHERE id + 0 = 42", &[]).await;
    assert!(plan.contains("Seq Scan") || plan.contains("customers_tenant_region"), "{plan}");
    assert!(!plan.contains("customers_pkey"), "{plan}");
}

/// The copy changes no answer: the same statements with a condition that says the same and isn't copied.
#[tokio::test]
async fn a_copy_changes_no_answer() {
    let fenced = Fenced::open(false).await;
    let mut with_rows = 0;
    for (from, select) in [
        ("sales.customers c JOIN sales.orders o ON o.customer_id = c.id", "c.id, c.email, o.id"),
        ("sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id", "c.id, c.email, o.id"),
        ("sales.customers c RIGHT JOIN sales.orders o ON o.customer_id = c.id", "c.id, c.email, o.id"),
        ("sales.customers c FULL JOIN sales.orders o ON o.customer_id = c.id", "c.id, c.email, o.id"),
        ("sales.orders o JOIN sales.customers c ON c.id = o.customer_id AND o.id {b}", "c.id, c.email, o.id"),
        ("sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id AND o.id {b}", "c.id, c.email, o.id"),
        (
            "sales.products p LEFT JOIN (sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id) ON o.id = p.id AND o.id {b}",
            "p.id, c.email, o.id",
        ),
        (
            "sales.products p FULL JOIN (sales.orders o JOIN sales.customers c ON c.id = o.customer_id) ON o.id = p.id",
            "p.id, c.email, o.id",
        ),
        (
            "(sales.products p LEFT JOIN sales.orders o ON o.id = p.id) LEFT JOIN sales.customers c ON c.id = o.customer_id",
            "p.id, c.email, o.id",
        ),
        ("(SELECT DISTINCT id, email, region FROM sales.customers) c LEFT JOIN sales.orders o ON o.customer_id = c.id", "c.id, c.email, o.id"),
        (
            "(SELECT id, email FROM sales.customers WHERE region = 'us' UNION ALL SELECT id, email FROM sales.customers) c
               JOIN sales.orders o ON o.customer_id = c.id",
            "c.id, c.email, o.id",
        ),
        ("sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id AND o.id {b}", "c.id, c.email, o.id"),
        ("sales.customers c RIGHT JOIN sales.orders o ON o.customer_id = c.id AND c.id {a}", "c.id, c.email, o.id"),
        ("sales.customers c FULL JOIN sales.orders o ON o.customer_id = c.id AND o.id {b}", "c.id, c.email, o.id"),
        ("sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id OR c.id IS NULL", "c.id, c.email, o.id"),
        (
            "(sales.products p LEFT JOIN sales.customers c ON c.id = p.id) RIGHT JOIN sales.orders o
                 ON o.id = c.id OR c.id IS NULL AND o.id {b}",
            "c.id, c.email, count(*) OVER ()",
        ),
        (
            "sales.customers c LEFT JOIN (sales.orders o JOIN sales.orders d ON d.id = o.id AND d.id {b})
                 ON o.customer_id = c.id",
            "c.id, c.phone, d.id",
        ),
    ] {
        for (a, b) in [("= 7", "< 50"), ("IN (3, 4, 5)", "BETWEEN 2 AND 40"), ("< 5", "> 20"), ("= -1", "= 20")] {
            for filter in ["", "WHERE c.id {a}", "WHERE o.id {b}", "WHERE c.id {a} AND o.id {b}"] {
                let whole = format!("SELECT {select} FROM {from} {filter} ORDER BY 1, 2, 3 LIMIT 300");
                if whole.contains("d.id {b}") && filter.contains("o.id") {
                    continue;
                }
                let copied = whole.replace("{a}", a).replace("{b}", b);
                let plain = ["c", "o", "d"].iter().fold(copied.clone(), |text, one| {
                    text.replace(&format!("{one}.id {a}"), &format!("({one}.id + 0) {a}"))
                        .replace(&format!("{one}.id {b}"), &format!("({one}.id + 0) {b}"))
                });
                let rows = fenced.library.rows(&copied).await;
                assert_eq!(rows, fenced.library.rows(&plain).await, "{copied}");
                with_rows += usize::from(!rows.as_array().unwrap().is_empty());
            }
        }
    }
    assert!(with_rows > 150, "{with_rows} with rows");
}

/// Hidden rows, and the hidden values of visible ones, on which an expression of a statement would fail.
const TRAPS: &str = "
    CREATE TABLE sales.traps (id int PRIMARY KEY, tenant int NOT NULL, x int, code text, masked text);
    INSERT INTO sales.traps SELECT i, 1, i, i::text, 'CANARY' FROM generate_series(1, 9) AS i;
    INSERT INTO sales.traps SELECT i, 2, 0, 'CANARY', 'CANARY' FROM generate_series(10, 2000) AS i;
    CREATE TABLE sales.dear (LIKE sales.traps INCLUDING ALL);
    INSERT INTO sales.dear SELECT * FROM sales.traps;
    CREATE TABLE sales.asked (LIKE sales.traps INCLUDING ALL);
    INSERT INTO sales.asked SELECT * FROM sales.traps;
    CREATE TABLE sales.tenants (tenant int);
    INSERT INTO sales.tenants VALUES (1);
    CREATE TABLE sales.nums (i int PRIMARY KEY, w text);
    INSERT INTO sales.nums SELECT i, 'w' || i FROM generate_series(0, 30) AS i;
    GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket;
    ANALYZE sales.traps, sales.dear, sales.asked, sales.nums;";

/// One table by a filter that takes copies, one whose filter is dearer than what a statement brings, and one that asks
/// another table.
const TRAPPED: &str = r#"
version = 1
name = "trapped"
attributes = { tenant = "int" }
[statements]
allow = ["select"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
deny = ["tenants"]
[tables."sales.traps"]
rows = "tenant = :tenant"
mask = { masked = { constant = "7" } }
[tables."sales.dear"]
rows = "lower(upper(tenant::text)) = '1'"
mask = { masked = { constant = "7" } }
[tables."sales.asked"]
rows = "tenant IN (SELECT t.tenant FROM sales.tenants AS t)"
mask = { masked = { constant = "7" } }
"#;

/// Each would fail if PostgreSQL evaluated it on a hidden row or value; `{t}` is the table.
const LEAKS: &[&str] = &[
    "SELECT count(*) FROM {t} WHERE 1 / x >= 0",
    "SELECT count(*) FROM {t} WHERE id > 0 AND code::int > 0",
    // One level down, and deeper.
    "SELECT count(*) FROM (SELECT id, code::int AS n FROM {t}) q WHERE n > 0",
    "SELECT count(*) FROM (SELECT id, 1 / x AS y FROM {t}) q WHERE y < 5 AND id > 0",
    "SELECT count(*) FROM (SELECT y + 1 AS z FROM (SELECT 1 / x AS y FROM {t}) p) q WHERE z = 1",
    "WITH q AS (SELECT id, code::int AS n FROM {t}) SELECT count(*) FROM q WHERE n BETWEEN 1 AND 5",
    "WITH q AS NOT MATERIALIZED (SELECT id, code::int AS n FROM {t}) SELECT count(*) FROM q, q AS r WHERE q.n = r.n",
    "SELECT count(*) FROM (SELECT DISTINCT code::int AS n FROM {t}) q WHERE n < 3",
    // In a join key.
    "SELECT count(*) FROM {t} t JOIN nums n ON n.i = 1 / t.x",
    "SELECT count(*) FROM {t} t JOIN nums n ON n.i = t.code::int WHERE n.i = 3",
    "SELECT count(*) FROM nums n LEFT JOIN {t} t ON n.i = t.code::int",
    "SELECT count(*) FROM {t} t FULL JOIN nums n ON n.i = t.code::int",
    "SELECT count(*) FROM {t} a JOIN {t} b ON a.code::int = b.code::int AND a.id = b.id",
    "SELECT count(*) FROM {t} a JOIN {t} b ON a.id = b.id WHERE b.id < 1000 AND 1 / a.x < 2",
    "SELECT count(*) FROM {t} t, LATERAL (SELECT i FROM nums WHERE i = 1 / t.x) l",
    // Through USING and NATURAL.
    "SELECT count(*) FROM (SELECT code::int AS i FROM {t}) q JOIN nums USING (i)",
    "SELECT count(*) FROM (SELECT 1 / x AS i FROM {t}) q LEFT JOIN nums USING (i) WHERE i = 1",
    "SELECT count(*) FROM nums NATURAL JOIN (SELECT code::int AS i FROM {t}) q",
    "SELECT count(*) FROM (SELECT code::int AS i FROM {t}) q FULL JOIN nums USING (i) WHERE i IS NOT NULL",
    // In HAVING.
    "SELECT x FROM {t} GROUP BY x HAVING 1 / x >= 0 ORDER BY x",
    "SELECT code FROM {t} GROUP BY code HAVING code::int > 2 ORDER BY code",
    "SELECT count(*) FROM {t} HAVING min(code::int) = 1",
    // On a masked column, of which the principal sees another value.
    "SELECT count(*) FROM {t} WHERE masked::int = 7",
    "SELECT count(*) FROM {t} WHERE id = 3 AND masked::int = 7",
    "SELECT count(*) FROM (SELECT masked::int AS m FROM {t}) q JOIN nums n ON n.i = q.m",
    "SELECT masked FROM {t} GROUP BY masked HAVING masked::int = 7",
    "SELECT count(*) FROM (SELECT masked::int AS i FROM {t}) q JOIN nums USING (i)",
    "SELECT count(*) FROM nums n WHERE n.i IN (SELECT masked::int FROM {t})",
    // In a recursive CTE, both terms.
    "WITH RECURSIVE r(n) AS (SELECT code::int FROM {t} WHERE id < 3 OR code::int = 4 UNION SELECT r.n + 1 FROM r WHERE r.n < 5)
       SELECT count(*) FROM r",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT t.code::int FROM r JOIN {t} t ON t.code::int = r.n + 1) SELECT count(*) FROM r",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 / t.x + r.n FROM r, {t} t WHERE t.x = r.n AND 1 / t.x > 0 AND r.n < 2)
       SELECT count(*) FROM r WHERE n > 0",
    // In a set operation.
    "SELECT count(*) FROM (SELECT code::int FROM {t} UNION SELECT i FROM nums) q",
    "SELECT count(*) FROM (SELECT code::int AS i FROM {t} UNION ALL SELECT i FROM nums) q WHERE i = 3",
    "SELECT count(*) FROM (SELECT i FROM nums INTERSECT SELECT 1 / x FROM {t}) q",
    "SELECT count(*) FROM (SELECT i FROM nums EXCEPT ALL SELECT code::int FROM {t}) q WHERE i > 2",
    // Elsewhere.
    "SELECT count(*) FROM nums n WHERE EXISTS (SELECT FROM {t} t WHERE t.code::int = n.i)",
    "SELECT count(*) FROM nums n WHERE n.i = ANY (SELECT 1 / x FROM {t})",
    "SELECT count(*) FROM nums n WHERE n.i NOT IN (SELECT code::int FROM {t})",
    "SELECT (SELECT max(code::int) FROM {t} t WHERE t.x >= n.i) FROM nums n ORDER BY n.i LIMIT 3",
    "SELECT count(*) FILTER (WHERE 1 / x > 0) FROM {t}",
    "SELECT sum(code::int) OVER (ORDER BY 1 / x) FROM {t} ORDER BY 1 LIMIT 2",
    "SELECT DISTINCT ON (1 / x) code FROM {t} ORDER BY 1 / x, code",
    "SELECT code FROM {t} ORDER BY code::int LIMIT 2",
    "SELECT count(*) FROM {t} WHERE CASE WHEN id > 0 THEN 1 / x >= 0 END",
    "SELECT count(*) FROM {t} WHERE (x * 0, 1 / x) > (0, -1)",
];

#[tokio::test]
async fn what_would_fail_on_hidden_rows_fails_nowhere() {
    let database = Database::sample().await;
    database.script(TRAPS).await;
    let direct = database.connect_pinned().await;
    direct.batch_execute("SET search_path = sales").await.unwrap();
    // Seen plainly, the same table holds the visible rows only.
    let visible =
        "CREATE TABLE sales.seen AS SELECT id, x, code, '7'::text AS masked FROM sales.traps WHERE tenant = 1;
                   ALTER TABLE sales.seen ADD PRIMARY KEY (id); GRANT SELECT ON sales.seen TO wicket";
    database.script(visible).await;
    for planner in
        ["", "enable_hashjoin = off", "enable_nestloop = off", "enable_indexscan = off; enable_bitmapscan = off"]
    {
        for setting in planner.split("; ").filter(|setting| !setting.is_empty()) {
            database.script(&format!("ALTER DATABASE {} SET {setting}", database.name())).await;
        }
        let library = Library::open(&database, TRAPPED, &[("tenant", "1")]).await;
        for template in LEAKS {
            let expected = library.rows(&template.replace("{t}", "seen")).await;
            for table in ["traps", "dear", "asked"] {
                let sql = template.replace("{t}", table);
                assert_eq!(library.rows(&sql).await, expected, "{sql}");
                // The canaries do sing.
                assert!(direct.query(&sql, &[]).await.is_err(), "{sql} doesn't fail on hidden rows");
            }
        }
    }
}
