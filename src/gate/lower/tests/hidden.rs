//! What is hidden is answered as if it weren't there.

use super::*;
use crate::gate::catalog::CatalogParts;

/// The catalog as the restricted policy's principal should find it: what is hidden has never been there.
fn without_the_hidden() -> CatalogParts {
    let mut parts = fixture::parts();
    for (schema, table) in [("hr", "customers"), ("hr", "payroll_2024"), ("private", "regions"), ("private", "secrets")]
    {
        parts = fixture::without_relation(parts, schema, table);
    }
    for (schema, table, column) in [
        ("sales", "customers", "ssn"),
        ("sales", "customers", "tenant_id"),
        ("sales", "orders", "tenant_id"),
        ("hr", "employees", "ssn"),
        ("hr", "employees", "salary"),
    ] {
        parts = fixture::without_column(parts, schema, table, column);
    }
    parts
}

/// What leaves through a door: the public form of the rejection, or the statement as it was understood.
fn public(catalog: &Catalog, sql: &str) -> Result<String, String> {
    let policy = policies::restricted(catalog);
    let source = Source::new(sql);
    lower(catalog, &policy, sql)
        .map(|statement| emit(&statement))
        .map_err(|why| format!("{} {why} {:?}", why.to_json(Some(&source)), why.rule))
}

/// In both worlds the same is said, byte for byte.
#[test]
fn hidden_and_missing_are_the_same() {
    let (hidden, missing) = (fixture::catalog(), Catalog::new(without_the_hidden()));
    for sql in [
        // Columns.
        "select ssn from sales.customers",
        "select c.ssn from sales.customers c",
        "select sales.customers.ssn from sales.customers",
        "select \"ssn\" from sales.customers",
        "select SSN from sales.customers",
        "select ssm from sales.customers",
        "select tenant_id from sales.customers",
        "select id from sales.customers where ssn = '1'",
        "select id from sales.customers order by ssn",
        "select id from sales.customers group by id, ssn",
        "select count(*) from sales.customers having ssn = '1'",
        "select 1 as x from sales.customers order by tenant_id + 1",
        "select id from sales.customers limit tenant_id",
        "select distinct on (ssn) id from sales.customers",
        "select ssn.x from sales.customers",
        "select 1 from sales.customers c join sales.orders o on c.tenant_id = o.tenant_id",
        "select 1 from sales.customers join sales.orders using (tenant_id)",
        "select 1 from sales.customers join sales.orders using (id, tenant_id)",
        "select 1 from sales.customers c, lateral (select c.ssn) x",
        "select 1 from sales.customers c, generate_series(1, c.tenant_id) x",
        "select id, (select ssn) from sales.customers",
        "select x.ssn from (select * from sales.customers) x",
        "with q as (select * from sales.customers) select ssn from q",
        "select id from hr.employees e where exists (select 1 from sales.orders o where o.tenant_id = e.salary)",
        "select salary from hr.employees union select salary from hr.employees",
        // Stars.
        "select * from sales.customers",
        "select c.*, o.* from sales.customers c, sales.orders o",
        "select * from sales.customers join sales.orders using (id)",
        "select j.* from (sales.customers c join hr.employees e on c.name = e.name) j",
        "table sales.customers",
        // Relations.
        "select 1 from hr.customers",
        "select secret from hr.customers",
        "select 1 from hr.payroll_2024",
        "select 1 from payroll_2024",
        "select 1 from private.secrets",
        "select 1 from private.nope",
        "select 1 from secrets",
        "select 1 from shop.private.secrets",
        "select private.secrets.id from sales.customers",
        "select hr.customers.id from sales.customers",
        "select 1 from sales.customers natural join private.secrets",
        "select * from private.secrets, sales.nope",
        "select 1 from sales.customers where id in (select id from secrets)",
        "explain select * from secrets",
        // Writes.
        "insert into hr.customers (id) values (1)",
        "insert into sales.customers (id, ssn) values (1, 'x')",
        "insert into sales.customers (id) values (1) returning ssn",
        "insert into sales.customers (id) values (1) returning *",
        "insert into sales.customers values (1, 'x')",
        "insert into scratch.notes (id) select tenant_id from sales.orders",
        "insert into secrets default values",
        "update sales.customers set ssn = 'x'",
        "update sales.customers set name = ssn",
        "update sales.customers set name = 'x' where ssn = 'x'",
        "update scratch.notes set title = c.ssn from sales.customers c where c.id = notes.id",
        "update secrets set id = 1",
        "delete from hr.customers",
        "delete from sales.customers where tenant_id = 1",
        "delete from scratch.notes using sales.customers c where c.ssn = title returning c.ssn",
    ] {
        assert_eq!(public(&hidden, sql), public(&missing, sql), "{sql}");
    }
}

/// A hidden name stops the search where PostgreSQL's stops; it never means something further out instead.
#[test]
fn hidden_names_never_fall_through() {
    for sql in [
        // To an outer query.
        "select (select ssn from sales.customers) from (select 1 as ssn) x",
        "select 1 from (select 1 as tenant_id) x where exists (select 1 from sales.orders where tenant_id = 1)",
        "select 1 from (select 1 as salary) x, lateral (select salary from hr.employees) y",
        // To another item.
        "select ssn from sales.customers, (select 1 as ssn) x",
        "select tenant_id from sales.customers, scratch.notes join (select 1 as tenant_id) x on true",
        // To an output column.
        "select id as ssn from sales.customers group by ssn",
        // To another join key.
        "select 1 from sales.customers natural join sales.orders",
        "select 1 from sales.customers natural join (select 1::int8 as id, '' as ssn) x",
        "select 1 from sales.customers join (select '' as ssn) x using (ssn)",
        // Through a column list, which counts real columns.
        "select e from sales.customers as c(a, b, c, d, e)",
        "select c.e from sales.customers as c(a, b, c, d, e)",
        // To another column of the target.
        "insert into sales.customers values (1, 'a', 'b', 'c', 'd', 'e')",
    ] {
        let why = restricted(sql).expect_err(sql);
        assert_eq!(why.reason.code(), "unknown_column", "{sql}: {why}");
        let truth = why.concealed.as_ref().unwrap_or_else(|| panic!("{sql} keeps no truth"));
        assert!(truth.message.contains("hidden") || truth.message.contains("list of columns"), "{}", truth.message);
        assert!(why.rule.is_none() && !why.to_json(None).to_string().contains("hidden"), "{sql}");
    }
    // To another schema: `private` comes first in the search path, and has it.
    let why = restricted("select * from regions").unwrap_err();
    assert_eq!(why.reason.code(), "unknown_relation");
    assert!(why.concealed.is_some());
}

#[test]
fn natural_join_over_a_hidden_column_does_not_name_it() {
    let why = restricted("select 1 from sales.customers natural join sales.orders").unwrap_err();
    let shown = why.to_json(None).to_string();
    assert!(!shown.contains("tenant_id"), "{shown}");
    assert!(why.concealed.unwrap().message.contains("tenant_id"));
}

#[test]
fn the_truth_is_kept_with_its_rule() {
    let rule = |sql: &str| restricted(sql).unwrap_err().concealed.unwrap().rule.map(|rule| rule.key);
    assert_eq!(rule("select ssn from sales.customers").as_deref(), Some("columns"));
    assert_eq!(rule("select 1 from hr.customers").as_deref(), Some("schemas.hr.deny"));
    assert_eq!(rule("select 1 from private.secrets"), None);
    assert!(restricted("select nope from sales.customers").unwrap_err().concealed.is_none());
}

#[test]
fn column_lists_count_hidden_columns() {
    let text = restricted("select a, f from sales.customers as c(a, b, c, d, e, f)").unwrap();
    assert_eq!(text, r#"SELECT t1."id" AS "a", t1."region" AS "f" FROM "sales"."customers" AS t1"#);
    let text = restricted("select * from sales.customers as c(a, b, c, d, e)").unwrap();
    assert!(!text.contains("ssn") && text.contains(r#"t1."phone" AS "d", t1."region" AS "region""#), "{text}");
}

#[test]
fn what_is_visible_but_not_usable_says_so() {
    for (sql, code, words) in [
        ("select badge from hr.employees", "type_not_allowed", "`badge`"),
        ("select 1 from hr.employees e join hr.employees f using (badge)", "type_not_allowed", "`badge`"),
        ("select 1 from sales.events", "not_yet_supported", "its partitions have rules of their own"),
    ] {
        let why = restricted(sql).expect_err(sql);
        assert_eq!(why.reason.code(), code, "{sql}");
        assert!(why.message.contains(words), "{sql}: {}", why.message);
    }
    assert!(!restricted("select * from hr.employees").unwrap().contains("badge"));
}

/// A relation of which nothing is visible is answered like one that has no columns.
#[test]
fn a_star_needs_a_visible_column() {
    let catalog = fixture::catalog();
    let mut policy = policies::restricted(&catalog);
    let oid = catalog.relation_named("sales", "regions").unwrap().oid;
    for column in &mut policy.relations.get_mut(&oid).unwrap().columns {
        *column = crate::gate::policy::ColumnRights::Denied(None);
    }
    let hidden = lower(&catalog, &policy, "select * from sales.regions").unwrap_err();
    let mut parts = fixture::parts();
    parts.relations.iter_mut().find(|one| one.oid == oid).unwrap().columns.clear();
    let catalog = Catalog::new(parts);
    let empty = lower(&catalog, &policies::restricted(&catalog), "select * from sales.regions").unwrap_err();
    assert_eq!(hidden.to_json(None), empty.to_json(None));
}
