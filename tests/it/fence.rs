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
    assert!(with_rows > 50, "{with_rows} with rows");
}
