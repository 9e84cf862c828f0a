//! What is grouped by beside what the statement says, by the emitted text.

use std::sync::{Arc, LazyLock};

use crate::gate::admit::{Admitted, Principal, Submission, admit};
use crate::gate::catalog::{Catalog, CatalogParts, RelationKind, fixture};
use crate::gate::diagnostic::Rejection;
use crate::gate::policy::{BoundPolicy, Policy};

const POLICY: &str = r#"version = 1
name = "grouped"
[statements]
allow = ["select"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
[tables."sales.customers"]
deny_columns = ["ssn"]
mask = { phone = "last4" }
[tables."sales.orders"]
rows = "tenant_id = 1"
[tables."sales.order_items"]
mask = { price = { round = 10 } }
[tables."sales.regions"]
mask = { region = "redact" }
"#;

fn parts() -> CatalogParts {
    let parts = fixture::with_columns(fixture::parts(), "sales", "customers", "profile json, places point[]");
    fixture::with_every_builtin(parts)
}

struct Grouped {
    catalog: Catalog,
    policy: BoundPolicy,
}

impl Grouped {
    fn new(parts: CatalogParts) -> Self {
        let catalog = Catalog::new(parts);
        let policy = Policy::parse("test.toml", POLICY, &mut |_| Err(String::new())).unwrap();
        let policy = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap_or_else(|errors| panic!("{errors}"));
        Self { catalog, policy }
    }

    fn admit(&self, sql: &str) -> Result<Admitted, Rejection> {
        let principal = Principal { name: "test".to_owned(), attributes: std::collections::BTreeMap::new() };
        let submission = Submission::Sql { text: sql.to_owned(), parameters: Vec::new() };
        admit(&self.catalog, &self.policy, &principal, &submission)
    }
}

/// On the catalog of [`parts`], made once.
fn asked(sql: &str) -> Result<Admitted, Rejection> {
    static GROUPED: LazyLock<Grouped> = LazyLock::new(|| Grouped::new(parts()));
    GROUPED.admit(sql)
}

fn admitted(sql: &str) -> String {
    let admitted = asked(sql).unwrap_or_else(|rejection| panic!("{sql}: {}", rejection.to_json(None)));
    admitted.sql().replace("\"pg_catalog\".", "").replace('"', "")
}

/// What the outermost query is grouped by; columns have the numbers of the derived table.
fn grouped(sql: &str) -> String {
    let text = admitted(sql);
    let (_, mut clause) = text.rsplit_once(" GROUP BY ").unwrap_or_else(|| panic!("{text}"));
    for end in [" HAVING", " ORDER BY", " LIMIT"] {
        clause = clause.split_once(end).map_or(clause, |(before, _)| before);
    }
    clause.to_owned()
}

fn refused(sql: &str) -> String {
    match asked(sql) {
        Err(rejection) => rejection.to_json(None).to_string(),
        Ok(admitted) => panic!("{sql}: {}", admitted.sql()),
    }
}

/// Derived columns: of customers those named, in the table's order.
#[test]
fn what_the_key_determines_is_grouped_by() {
    for (sql, expected) in [
        ("SELECT id, name FROM customers GROUP BY id", "t1.c1, t1.c2"),
        ("SELECT id, name, phone FROM customers GROUP BY 1", "1, t1.c2, t1.c3"),
        ("SELECT c.id FROM customers AS c GROUP BY c.id ORDER BY c.name", "t1.c1, t1.c2"),
        ("SELECT id FROM customers GROUP BY id HAVING max(tenant_id) > 1 AND name > 'a'", "t1.c1, t1.c2"),
        ("SELECT DISTINCT ON (lower(name)) id FROM customers GROUP BY id ORDER BY lower(name)", "t1.c1, t1.c2"),
        ("SELECT id, rank() OVER (PARTITION BY name ORDER BY count(*)) FROM customers GROUP BY id", "t1.c1, t1.c2"),
        (
            "SELECT id, (SELECT name FROM products AS p WHERE p.name = c.name) FROM customers AS c GROUP BY id",
            "t2.c1, t2.c2",
        ),
        ("SELECT id, name FROM customers GROUP BY id, ROLLUP (region)", "t1.c1, ROLLUP ((t1.c3)), t1.c2"),
        ("SELECT id, name, region FROM customers GROUP BY id, ROLLUP (region)", "t1.c1, ROLLUP ((t1.c3)), t1.c2"),
        (
            "SELECT name FROM customers GROUP BY GROUPING SETS ((id, region), (id, tenant_id))",
            "GROUPING SETS ((t1.c1, t1.c3), (t1.c1, t1.c4)), t1.c2",
        ),
        // What an aggregate takes, or what is grouped by as a whole, isn't looked into.
        ("SELECT id, max(name) FROM customers GROUP BY id", "t1.c1"),
        ("SELECT id, count(*) FILTER (WHERE name > 'a') FROM customers GROUP BY id", "t1.c1"),
        ("SELECT lower(name) FROM customers GROUP BY id, lower(name)", "t1.c1, lower(t1.c2)"),
        ("SELECT name FROM customers GROUP BY id, ROLLUP (name::text)", "t1.c1, ROLLUP ((CAST(t1.c2 AS text)))"),
        ("SELECT id, (SELECT sum(c.tenant_id)) FROM customers AS c GROUP BY id", "t1.c1"),
        (
            "SELECT id, (SELECT sum(c.tenant_id + p.id) FROM products AS p) FROM customers AS c GROUP BY id",
            "t2.c1, t2.c2",
        ),
        (
            "SELECT id, percentile_cont(tenant_id / 100.0) WITHIN GROUP (ORDER BY length(name)) FROM customers GROUP BY id",
            "t1.c1, t1.c3",
        ),
    ] {
        assert_eq!(grouped(sql), expected, "{sql}");
    }
}

#[test]
fn each_relation_has_its_own_key() {
    let join = "FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id";
    let all = grouped(&format!("SELECT c.id, c.name, o.total {join} GROUP BY c.id, o.id"));
    assert_eq!(all, "t1.c1, t3.c1, t1.c2, t3.c3");
    // The orders' key isn't grouped by: PostgreSQL refuses this one.
    assert_eq!(grouped(&format!("SELECT c.id, c.name, o.total {join} GROUP BY c.id")), "t1.c1, t1.c2");
    let two = "SELECT order_id, product_id, quantity, price FROM order_items GROUP BY order_id, product_id";
    assert_eq!(grouped(two), "t1.c1, t1.c2, t1.c3, t1.c4");
    let half = "SELECT order_id, quantity FROM order_items GROUP BY order_id";
    assert_eq!(grouped(half), "t1.c1");
    let using = "SELECT id, c.name FROM customers AS c JOIN orders AS o USING (id) GROUP BY id";
    assert_eq!(grouped(using), "t1.c1, t1.c2");
    let full = "SELECT id, c.name FROM customers AS c FULL JOIN orders AS o USING (id) GROUP BY id";
    assert_eq!(grouped(full), "COALESCE(t1.c1, t3.c1)");
}

#[test]
fn only_a_key_in_every_set_counts() {
    for (sql, expected) in [
        ("SELECT id, name FROM customers GROUP BY ROLLUP (id)", "ROLLUP ((t1.c1))"),
        ("SELECT id, name FROM customers GROUP BY CUBE (id)", "CUBE ((t1.c1))"),
        ("SELECT id, name FROM customers GROUP BY GROUPING SETS ((id), ())", "GROUPING SETS ((t1.c1), ())"),
        ("SELECT id, name FROM customers GROUP BY id + 0", "(t1.c1 + 0)"),
        ("SELECT name FROM customers GROUP BY region", "t1.c2"),
        ("SELECT id, name FROM (SELECT id, name FROM customers) AS c GROUP BY id", "t1.c1"),
    ] {
        assert_eq!(grouped(sql), expected, "{sql}");
    }
    let mut parts = parts();
    parts.relations.iter_mut().filter_map(|one| one.primary_key.as_mut()).for_each(|key| key.deferrable = true);
    let later = Grouped::new(parts).admit("SELECT id, name FROM customers GROUP BY id").unwrap();
    assert!(later.sql().contains("GROUP BY t1.c1 LIMIT") && later.verification().keys.is_empty(), "{}", later.sql());
}

#[test]
fn what_cannot_be_grouped_by_is_carried_along() {
    let first = "(array_agg(t1.c2))[1]";
    let text = admitted("SELECT id, profile, profile::text FROM customers GROUP BY id ORDER BY profile->>'a'");
    assert!(
        text.starts_with(&format!("SELECT t1.c1 AS id, {first} AS profile, CAST({first} AS text) AS profile")),
        "{text}"
    );
    assert!(text.contains(&format!("GROUP BY t1.c1 ORDER BY ({first} ->> 'a') LIMIT")), "{text}");
    let untouched = admitted("SELECT id, json_agg(profile), profile::text FROM customers GROUP BY id, profile::text");
    assert!(!untouched.contains("array_agg"), "{untouched}");
    assert!(refused("SELECT id, places FROM customers GROUP BY id").contains("not_yet_supported"));
}

#[test]
fn a_masked_key_determines_nothing() {
    let rejection = refused("SELECT region, label FROM regions GROUP BY region");
    assert!(rejection.contains("not_supported") && rejection.contains("masks `region`"), "{rejection}");
    assert_eq!(grouped("SELECT region, count(*) FROM regions GROUP BY region"), "t1.c1");
}

#[test]
fn a_key_does_not_hold_for_rows_of_children() {
    let mut parts = parts();
    let at = |parts: &CatalogParts, name: &str| {
        parts.relations.iter().position(|one| one.schema == "sales" && one.name == name).unwrap()
    };
    let (parent, child) = (at(&parts, "customers"), at(&parts, "products"));
    parts.relations[parent].children = vec![parts.relations[child].oid];
    parts.relations[child].parents = vec![parts.relations[parent].oid];
    parts.relations[child].columns = parts.relations[parent].columns.clone();
    let sql = "SELECT id, name FROM customers GROUP BY id";
    let rejection = Grouped::new(parts.clone()).admit(sql).unwrap_err().to_json(None).to_string();
    assert!(rejection.contains("inherit"), "{rejection}");
    parts.relations[parent].kind = RelationKind::PartitionedTable;
    assert!(Grouped::new(parts).admit(sql).is_ok());
}

#[test]
fn grouping_asks_of_what_is_said() {
    let rejection = refused("SELECT id, name, grouping(name) FROM customers GROUP BY id");
    assert!(rejection.contains("invalid_statement"), "{rejection}");
    assert_eq!(grouped("SELECT name, grouping(id) FROM customers GROUP BY id"), "t1.c1, t1.c2");
}

#[test]
fn the_key_is_verified_where_the_result_rests_on_it() {
    let keys = |sql: &str| asked(sql).unwrap().verification().keys.len();
    assert_eq!(keys("SELECT id, name FROM customers GROUP BY id"), 1);
    assert_eq!(keys("SELECT id, max(name) FROM customers GROUP BY id"), 0);
    assert_eq!(keys("SELECT id, name FROM customers"), 0);
    // Of what isn't protected, PostgreSQL sees the key itself.
    assert_eq!(keys("SELECT id, name FROM products GROUP BY id"), 0);
}

#[test]
fn a_key_determines_the_whole_row() {
    // Of a protected relation, and of one that is a derived table only because its row is asked for.
    for table in ["customers", "products"] {
        let sql = format!(
            "SELECT to_jsonb(c), c.name, count(*) FROM {table} c JOIN orders o ON o.customer_id = c.id GROUP BY c.id"
        );
        let text = admitted(&sql);
        assert!(text.contains("to_jsonb((array_agg(t1.c3))[1]) AS to_jsonb, t1.c2 AS name"), "{text}");
        assert!(text.contains(" GROUP BY t1.c1, t1.c2 LIMIT"), "{text}");
    }
    // A row that is grouped by stays, and so does one that no key determines: PostgreSQL judges it.
    let text = admitted("SELECT c, count(*) FROM customers c GROUP BY c");
    assert!(text.starts_with("SELECT t1.c1 AS c, count(*)") && text.contains(" GROUP BY 1 LIMIT"), "{text}");
    let text = admitted("SELECT c, count(*) FROM customers c GROUP BY c.name");
    assert!(text.starts_with("SELECT t1.c2 AS c, count(*)") && text.contains(" GROUP BY t1.c1 LIMIT"), "{text}");
}
