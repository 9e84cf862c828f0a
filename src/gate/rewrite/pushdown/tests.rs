//! Which conditions get inside the fence, by the emitted text.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::copies;
use crate::gate::admit::{AttributeValue, Principal, Submission, admit};
use crate::gate::catalog::{Catalog, CatalogParts, Oid, Relation, fixture};
use crate::gate::check;
use crate::gate::ir::{Expr, highest, renumber};
use crate::gate::lower::{Lowering, Mode};
use crate::gate::parse::parse;
use crate::gate::policy::{BoundPolicy, Policy};
use crate::gate::source::Source;
use crate::gate::stack::on_big_stack;

const POLICY: &str = r#"version = 1
name = "fenced"
attributes = { tenant = "int", regions = "text[]" }
[statements]
allow = ["select", "update", "delete"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
[schemas.scratch]
access = "write"
[tables."sales.customers"]
deny_columns = ["ssn"]
mask = { phone = "last4", created_on = "year" }
rows = "tenant_id = :tenant AND region = ANY(:regions)"
[tables."sales.orders"]
rows = "tenant_id = :tenant"
[tables."sales.order_items"]
rows = "quantity / product_id > 0"
[tables."sales.order_totals"]
rows = "customer_id > 0"
[tables."sales.events"]
rows = "kind <> 'login'"
"#;

const CUSTOMERS: &str = "active bool, born date, seen timestamp, code uuid, class varchar, size int2, grade bpchar, \
                         created_on date, credit numeric, weight float8, german text";

fn parts() -> CatalogParts {
    let mut parts = fixture::with_columns(fixture::parts(), "sales", "customers", CUSTOMERS);
    for column in parts.relations.iter_mut().flat_map(|relation| &mut relation.columns) {
        if column.name == "german" {
            column.explicit_collation = Some(("public".to_owned(), "without_case".to_owned()));
        }
    }
    fixture::with_every_builtin(parts)
}

struct Fenced {
    catalog: Catalog,
    policy: BoundPolicy,
}

impl Fenced {
    fn new(parts: CatalogParts) -> Self {
        let catalog = Catalog::new(parts);
        let policy = Policy::parse("test.toml", POLICY, &mut |_| Err(String::new())).unwrap();
        let policy = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap_or_else(|errors| panic!("{errors}"));
        Self { catalog, policy }
    }

    /// What is copied, with the items' numbers in the order of the text.
    fn copied(&self, sql: &str) -> Vec<String> {
        let statement = on_big_stack(|| {
            let source = Source::new(sql);
            let parsed = parse(&source).unwrap_or_else(|rejection| panic!("{sql}: {}", rejection.to_json(None)));
            let mut lowering = Lowering::new(&self.catalog, &self.policy, &source, Mode::Client, 3);
            let mut statement = lowering
                .statement(&parsed.statement)
                .unwrap_or_else(|rejection| panic!("{sql}: {}", rejection.to_json(None)));
            renumber(&mut statement);
            statement
        });
        let (mut next_item, _) = highest(&statement);
        let copies = copies(&statement, &self.catalog, &self.policy, &mut next_item);
        copies.conditions.values().flatten().map(shown).collect()
    }

    fn admitted(&self, sql: &str, parameters: Vec<Value>) -> String {
        let attributes = BTreeMap::from([
            ("tenant".to_owned(), AttributeValue::Scalar("7".to_owned())),
            ("regions".to_owned(), AttributeValue::List(vec!["eu".to_owned()])),
        ]);
        let principal = Principal { name: "test".to_owned(), attributes };
        let submission = Submission::Sql { text: sql.to_owned(), parameters };
        let admitted = admit(&self.catalog, &self.policy, &principal, &submission)
            .unwrap_or_else(|rejection| panic!("{sql}: {}", rejection.to_json(None)));
        admitted.sql().to_owned()
    }
}

fn shown(expr: &Expr) -> String {
    let text = check::shown(expr).replace("\"pg_catalog\".", "").replace('"', "");
    text.trim_start_matches("SELECT ").trim_end_matches(" AS x").to_owned()
}

/// An open column as it leaves the fence.
fn fenced_column(item: &str, name: &str) -> String {
    format!("CASE WHEN (\"pg_catalog\".\"now\"() IS NULL) THEN {item}.\"{name}\" ELSE {item}.\"{name}\" END")
}

fn copied(sql: &str) -> Vec<String> {
    // It takes longer to make than a statement to judge.
    static FENCED: LazyLock<Fenced> = LazyLock::new(|| Fenced::new(parts()));
    FENCED.copied(sql)
}

/// Conditions on `sales.customers` alone.
fn copied_where(condition: &str) -> Vec<String> {
    copied(&format!("SELECT id FROM customers WHERE {condition}"))
}

#[test]
fn the_copy_stands_beside_the_filter_and_the_condition_stays() {
    let fenced = Fenced::new(parts());
    assert_eq!(
        fenced.admitted("SELECT name, phone FROM customers WHERE id = $1 AND name LIKE 'a%'", vec![json!(42)]),
        "SELECT t1.c2 AS \"name\", t1.c3 AS \"phone\" FROM (SELECT {id} AS \"id\", {name} AS \"name\", \
         CASE WHEN (\"pg_catalog\".\"char_length\"(t2.\"phone\") > 8) THEN ('***' || \
         \"pg_catalog\".\"right\"(t2.\"phone\", 4)) WHEN (t2.\"phone\" IS NOT NULL) THEN '***' END AS \"phone\" FROM \"sales\".\"customers\" AS t2 \
         WHERE (((t2.\"tenant_id\" = CAST($2 AS \"pg_catalog\".\"int8\")) AND (t2.\"region\" = ANY (CAST($3 AS \
         \"pg_catalog\".\"text\"[])))) AND (t2.\"id\" = $1)) OFFSET 0) AS t1(c1, c2, c3) \
         WHERE ((t1.c1 = $1) AND (t1.c2 ~~ 'a%')) LIMIT 1001"
            .replace("{id}", &fenced_column("t2", "id"))
            .replace("{name}", &fenced_column("t2", "name"))
    );
}

#[test]
fn comparisons_with_constants_are_copied() {
    for (condition, expected) in [
        ("id = 42", "(t1.id = 42)"),
        ("42 >= id", "(42 >= t1.id)"),
        ("id = -42", "(t1.id = (- 42))"),
        ("size < 5000000000", "(t1.size < 5000000000)"),
        ("id = '42'", "(t1.id = '42')"),
        ("id = 42::bigint", "(t1.id = CAST(42 AS int8))"),
        ("id IN (1, 2, $1)", "(t1.id IN (1, 2, $1))"),
        ("id BETWEEN 1 AND $1", "(t1.id BETWEEN 1 AND $1)"),
        ("id = $1", "(t1.id = $1)"),
        ("id = $1::int", "(t1.id = CAST($1 AS int4))"),
        ("id = ANY($1::int[])", "(t1.id = ANY (CAST($1 AS int4[])))"),
        ("id = ANY('{1,2}')", "(t1.id = ANY ('{1,2}'))"),
        ("name = 'Ada'", "(t1.name = 'Ada')"),
        ("name >= 'A' AND credit > 5", "(t1.name >= 'A')"),
        ("class = 'x'::text", "(t1.class = CAST('x' AS text))"),
        ("grade = 'a'", "(t1.grade = 'a')"),
        ("active = true", "(t1.active = TRUE)"),
        ("born > DATE '2000-01-01'", "(t1.born > CAST('2000-01-01' AS date))"),
        ("born > '2000-01-01'", "(t1.born > '2000-01-01')"),
        ("seen <= '2000-01-01'", "(t1.seen <= '2000-01-01')"),
        ("created_at < '2000-01-01'::timestamptz", "(t1.created_at < CAST('2000-01-01' AS timestamptz))"),
        ("code = $1::uuid", "(t1.code = CAST($1 AS uuid))"),
    ] {
        assert_eq!(copied_where(condition), [expected], "{condition}");
    }
    assert_eq!(copied_where("(id > 1 AND name = 'a') AND (id < 9)").len(), 3);
    assert_eq!(copied_where("id > $1::int AND id < $1::int + 5").len(), 1);
}

#[test]
fn what_could_leak_or_raise_or_means_something_else_is_not_copied() {
    for condition in [
        // Masked.
        "phone = '1'",
        "created_on = '2000-01-01'",
        // Not a conjunct of its own.
        "id = 1 OR id = 2",
        "NOT id = 1",
        "(id = 1) IS TRUE",
        "(id = 1) = true",
        "CASE WHEN id = 1 THEN true END",
        "coalesce(id = 1, false)",
        // True of NULL, or nothing to look up.
        "id IS NULL",
        "id IS DISTINCT FROM 1",
        "id IS NOT DISTINCT FROM 1",
        "id <> 1",
        "id NOT IN (1, 2)",
        "id NOT BETWEEN 1 AND 2",
        "id = NULL",
        "id = ALL('{1}')",
        // Something is done to the column first.
        "id + 1 = 2",
        "lower(name) = 'a'",
        "name || '' = 'a'",
        "id::text = '1'",
        "CAST(name AS int) = 1",
        "1 / id = 1",
        "name COLLATE \"C\" = 'a'",
        "(id, name) = (1, 'a')",
        // Types that aren't in the table, or not together.
        "credit = 5",
        "weight = 1.5",
        "email = 'a@example.com'",
        "id = 1.5",
        "id = 9223372036854775808",
        "id = 1::numeric",
        "born = TIMESTAMP '2000-01-01'",
        "created_at > DATE '2000-01-01'",
        "created_at > TIMESTAMP '2000-01-01'",
        "grade = 'a'::text",
        "name = 'a'::bpchar",
        "german = 'a'",
        "tags = '{a}'",
        "name LIKE 'a%'",
        "name ~ 'a'",
        // Not a constant, or one that is converted later.
        "id = id",
        "id = size",
        "id > length(name)",
        "id = (SELECT 1)",
        "id IN (SELECT 1)",
        "id IN (1, size)",
        "id IN (1, 1 + 1)",
        "id BETWEEN 1 AND size",
        "id = 1 + 1",
        "id = random()::int",
        "id = '1'::text::int",
        "id = (1.5)::int",
        "id = 40000::int2",
        "id = $1::text::int",
        "id = $1::int::bigint",
        "id = 1::numeric::int",
        "created_at > now()",
        "created_at > CURRENT_DATE - 7",
        "born = CURRENT_DATE",
        "seen > '2000-01-01'::timestamp(0)",
        "class = 'abc'::varchar(2)",
        "id = ANY(ARRAY[1, 2])",
        "id = ANY($1::text::int[])",
        // A parameter whose type is told in another place.
        "id = $1 AND name = $1",
        "id = $1 AND $1::text = 'a'",
        "id = $1::int AND name = $1::text",
        "id IN ($1, $1)",
        "id = $1::int AND $1 IS NULL",
    ] {
        assert_eq!(copied_where(condition), [""; 0], "{condition}");
    }
}

#[test]
fn a_condition_is_copied_where_it_rejects_rows() {
    for (sql, expected) in [
        ("SELECT 1 FROM customers c JOIN orders o ON true WHERE c.id = 1", &["(t1.id = 1)"][..]),
        ("SELECT 1 FROM customers c, orders o WHERE c.id = 1 AND o.id = 2", &["(t1.id = 1)", "(t2.id = 2)"]),
        (
            "SELECT 1 FROM customers c LEFT JOIN orders o ON true WHERE o.id = 2 AND c.id = 1",
            &["(t1.id = 1)", "(t2.id = 2)"],
        ),
        ("SELECT 1 FROM customers c FULL JOIN orders o ON c.id = o.id WHERE o.id = 2", &["(t2.id = 2)"]),
        ("SELECT 1 FROM customers c FULL JOIN orders o ON c.id = o.id AND o.id = 2 AND c.id = 1", &[]),
        ("SELECT 1 FROM customers c LEFT JOIN orders o ON o.id = 2 AND c.id = 1", &["(t2.id = 2)"]),
        ("SELECT 1 FROM customers c RIGHT JOIN orders o ON o.id = 2 AND c.id = 1", &["(t1.id = 1)"]),
        ("SELECT 1 FROM customers c JOIN orders o ON o.id = 2 AND c.id = 1", &["(t1.id = 1)", "(t2.id = 2)"]),
        // The inner join is null-extended as a whole.
        (
            "SELECT 1 FROM products p LEFT JOIN (customers c JOIN orders o ON o.id = 2) ON c.id = 1 AND p.id = 3",
            &["(t2.id = 1)", "(t3.id = 2)"],
        ),
        // A merged column is a side's own, or none.
        ("SELECT 1 FROM customers c JOIN orders o USING (id) WHERE id = 1", &["(t1.id = 1)", "(t2.id = 1)"]),
        ("SELECT 1 FROM products p LEFT JOIN orders o USING (id) WHERE o.id = 1", &["(t2.id = 1)"]),
        ("SELECT 1 FROM customers c FULL JOIN orders o USING (id) WHERE id = 1", &[]),
        // After the rows are put together.
        ("SELECT id FROM customers GROUP BY id HAVING id = 1", &[]),
        ("SELECT max(id) FILTER (WHERE id = 1) FROM customers", &[]),
        ("SELECT id = 1 FROM customers", &[]),
        // Another SELECT's.
        ("SELECT (SELECT 1 FROM products WHERE c.id = 1) FROM customers c", &[]),
        ("SELECT 1 FROM customers c WHERE EXISTS (SELECT 1 FROM products p WHERE c.id = 1)", &[]),
        ("SELECT 1 FROM customers c, LATERAL (SELECT 1 FROM products p WHERE c.id = 1) q", &[]),
        (
            "SELECT 1 FROM customers c LEFT JOIN LATERAL (SELECT 1 FROM orders o WHERE c.id = 1 AND o.id = 2) q ON true",
            &["(t3.id = 2)"],
        ),
        // Each SELECT of a set operation has its own.
        ("SELECT id FROM customers WHERE id = 1 UNION SELECT id FROM customers", &["(t1.id = 1)"]),
        (
            "WITH RECURSIVE w(id) AS (SELECT id FROM orders WHERE id = 1 UNION ALL \
             SELECT o.id FROM orders o JOIN w ON o.customer_id = w.id WHERE w.id = 2 AND o.id < 9) SELECT id FROM w",
            &["(t1.id = 1)", "(t2.id < 9)"],
        ),
        // Sources of writes.
        ("UPDATE scratch.notes n SET score = 1 FROM orders o WHERE n.id = o.id AND o.id = 5", &["(t2.id = 5)"]),
        ("DELETE FROM scratch.notes n USING orders o WHERE n.id = 4 AND o.id = 5", &["(t2.id = 5)"]),
        // Relations without a fence have no need.
        ("SELECT 1 FROM products WHERE id = 1", &[]),
    ] {
        let mut copied = copied(sql);
        copied.sort();
        assert_eq!(copied, expected, "{sql}");
    }
}

#[test]
fn a_condition_on_a_subquery_is_one_on_what_it_reads() {
    let id = &["(id = 1)"][..];
    for (sql, expected) in [
        ("SELECT 1 FROM (SELECT id FROM customers) q WHERE q.id = 1", id),
        ("SELECT 1 FROM (SELECT name, id AS x FROM customers WHERE name LIKE 'a%') q WHERE q.x = 1", id),
        ("SELECT 1 FROM (SELECT DISTINCT id FROM customers ORDER BY id) q WHERE q.id = 1", id),
        ("SELECT 1 FROM (SELECT x FROM (SELECT id AS x FROM customers) p) q WHERE q.x = 1", id),
        ("SELECT 1 FROM products p LEFT JOIN (SELECT id FROM customers) q ON q.id = 1", &["(id = 1)"]),
        ("WITH q AS (SELECT id FROM customers) SELECT 1 FROM q WHERE id = 1", id),
        ("WITH q AS MATERIALIZED (SELECT * FROM customers) SELECT 1 FROM q AS z WHERE z.id = 1", id),
        (
            "SELECT 1 FROM (SELECT id FROM customers UNION ALL SELECT id FROM orders) q WHERE id = 1",
            &["(id = 1)", "(id = 1)"],
        ),
        (
            "SELECT 1 FROM (SELECT c.id FROM customers c JOIN orders o ON c.id = o.customer_id) q WHERE id = 1",
            &["(customer_id = 1)", "(id = 1)"],
        ),
        // Not the column itself.
        ("SELECT 1 FROM (SELECT id + 0 AS id FROM customers) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT phone FROM customers) q WHERE q.phone = '1'", &[]),
        ("SELECT 1 FROM (SELECT name::int AS id FROM customers) q WHERE q.id = 1", &[]),
        // Fewer rows would give others.
        ("SELECT 1 FROM (SELECT id FROM customers LIMIT 5) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT id FROM customers OFFSET 1) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT DISTINCT ON (name) id FROM customers ORDER BY name) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT id, row_number() OVER () AS n FROM customers) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT id, count(*) AS n FROM customers GROUP BY id) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT max(id) AS id FROM customers) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT id, unnest(tags) AS tag FROM customers) q WHERE q.id = 1", &[]),
        ("SELECT 1 FROM (SELECT id FROM customers EXCEPT SELECT id FROM orders) q WHERE id = 1", &[]),
        ("SELECT 1 FROM (SELECT id FROM customers UNION ALL SELECT 5) q WHERE id = 1", &[]),
        // Another place reads it without the condition.
        ("WITH q AS (SELECT id FROM customers) SELECT 1 FROM q, q AS z WHERE q.id = 1", &[]),
        (
            "WITH RECURSIVE q(id) AS (SELECT id FROM customers UNION SELECT q.id + 1 FROM q WHERE q.id < 5) SELECT 1 FROM q WHERE id = 1",
            &[],
        ),
        ("SELECT 1 FROM (SELECT id FROM customers) q WHERE q.id = 1 OR q.id = 2", &[]),
    ] {
        // Which item it is, the column tells.
        let of_column = |one: &String| one.split_once('.').map(|(_, column)| format!("({column}"));
        let mut copied: Vec<String> = copied(sql).iter().filter_map(of_column).collect();
        copied.sort();
        assert_eq!(copied, expected, "{sql}");
    }
}

#[test]
fn equal_columns_of_a_join_share_constants_and_lookups() {
    let both = &["(t1.id = 1)", "(t2.customer_id = 1)"][..];
    let order = "(t2.id = 5)";
    let lookup = "(t1.id IN (SELECT t3.customer_id AS customer_id FROM sales.orders AS t3 WHERE (t3.id = 5)))";
    let inside = "(t3.id = 5)";
    for (sql, expected) in [
        ("SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id WHERE c.id = 1", both),
        ("SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id WHERE o.customer_id = 1", both),
        ("SELECT 1 FROM customers c, orders o WHERE c.id = o.customer_id AND o.customer_id = 1", both),
        ("SELECT 1 FROM customers c LEFT JOIN orders o ON c.id = o.customer_id WHERE c.id = 1", both),
        // A customer without such an order is null-extended, and comes.
        (
            "SELECT 1 FROM customers c LEFT JOIN orders o ON c.id = o.customer_id AND o.customer_id = 1",
            &["(t2.customer_id = 1)"],
        ),
        ("SELECT 1 FROM customers c FULL JOIN orders o ON c.id = o.customer_id WHERE c.id = 1", &["(t1.id = 1)"]),
        ("SELECT 1 FROM customers c JOIN orders o ON c.id >= o.customer_id WHERE c.id = 1", &["(t1.id = 1)"]),
        (
            "SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id OR o.id = 3 WHERE c.id = 1",
            &["(t1.id = 1)"],
        ),
        ("SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id + 0 WHERE c.id = 1", &["(t1.id = 1)"]),
        // A literal would be read as another type: 70000 is no smallint.
        ("SELECT 1 FROM customers c JOIN orders o ON c.size = o.id WHERE o.id = '70000'", &["(t2.id = '70000')"]),
        (
            "SELECT 1 FROM customers c JOIN orders o ON c.size = o.id WHERE o.id = 70000",
            &["(t1.size = 70000)", "(t2.id = 70000)"],
        ),
        // A key on the other side is looked up.
        ("SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id WHERE o.id = 5", &[lookup, order, inside]),
        (
            "SELECT 1 FROM customers c RIGHT JOIN orders o ON c.id = o.customer_id WHERE o.id = 5",
            &[lookup, order, inside],
        ),
        ("SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id AND o.id = 5", &[lookup, order, inside]),
        // The other columns of a join are no keys, or its rows aren't rejected, or they may be many.
        ("SELECT 1 FROM customers c JOIN orders o ON c.tenant_id = o.tenant_id WHERE o.id = 5", &[order]),
        ("SELECT 1 FROM customers c LEFT JOIN orders o ON c.id = o.customer_id WHERE o.id = 5", &[order]),
        ("SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id WHERE o.id > 5", &["(t2.id > 5)"]),
        ("SELECT 1 FROM customers c FULL JOIN orders o ON c.id = o.customer_id WHERE o.id = 5", &[order]),
        (
            "SELECT 1 FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.id = 5)",
            &[order],
        ),
        // What isn't filtered is read as it is.
        ("SELECT 1 FROM customers c JOIN products p ON p.id = c.id WHERE p.id IN (1, 2)", &["(t1.id IN (1, 2))"]),
    ] {
        let mut copied = copied(sql);
        copied.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(copied, expected, "{sql}");
    }
}

#[test]
fn a_lookup_reads_what_the_statement_reads() {
    let fenced = Fenced::new(parts());
    let text =
        fenced.admitted("SELECT c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = 5", vec![]);
    let expected = "(t4.\"id\" IN (SELECT t5.c2 AS \"customer_id\" FROM (SELECT {id} AS \"id\", {customer} AS \
                    \"customer_id\" FROM \"sales\".\"orders\" AS t6 WHERE ((t6.\"tenant_id\" = CAST($1 AS \"pg_catalog\".\"int8\")) AND \
                    (t6.\"id\" = 5)) OFFSET 0) AS t5(c1, c2) WHERE (t5.c1 = 5)))"
        .replace("{id}", &fenced_column("t6", "id"))
        .replace("{customer}", &fenced_column("t6", "customer_id"));
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn only_stored_rows_behind_a_total_filter_are_looked_up() {
    // Its filter can raise, and would tell for which hidden row.
    assert_eq!(copied("SELECT 1 FROM order_items WHERE order_id = 1"), [""; 0]);
    // A view's columns are expressions.
    assert_eq!(copied("SELECT 1 FROM order_totals WHERE customer_id = 1"), [""; 0]);
    let events = "SELECT 1 FROM events WHERE id = 1";
    assert_eq!(copied(events), ["(t1.id = 1)"]);
    let with = |change: &dyn Fn(&mut CatalogParts)| {
        let mut parts = parts();
        change(&mut parts);
        Fenced::new(parts).copied(events)
    };
    fn partition(parts: &mut CatalogParts) -> &mut Relation {
        parts.relations.iter_mut().find(|one| one.name == "events_2024").unwrap()
    }
    assert_eq!(with(&|parts| partition(parts).write_calls.push(Oid(40_000))), [""; 0]);
    assert_eq!(with(&|parts| partition(parts).columns[0].generated = true), [""; 0]);
}
