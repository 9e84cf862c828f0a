//! Which row filters are refused at start, and how.

use std::sync::Arc;

use crate::gate::catalog::fixture;
use crate::gate::policy::{BoundPolicy, Policy};

fn bound(rows: &str) -> Result<BoundPolicy, String> {
    let text = format!(
        "version = 1\nname = \"filtered\"\nattributes = {{ tenant = \"int\", regions = \"text[]\" }}\n\
         [schemas.sales]\naccess = \"read\"\n[tables.\"sales.customers\"]\nrows = {rows:?}\n"
    );
    let policy = Policy::parse("filtered.toml", &text, &mut |_| Err("nothing to extend".to_owned()));
    let policy = policy.map_err(|errors| errors.to_string())?;
    BoundPolicy::bind(Arc::new(policy), &fixture::catalog()).map_err(|errors| errors.to_string())
}

#[test]
fn filters_read_tables_that_the_policy_does_not_open() {
    for rows in [
        "id IN (SELECT customer_id FROM sales.orders)",
        "EXISTS (SELECT FROM hr.customers h WHERE h.id = customers.id)",
        "EXISTS (SELECT FROM private.secrets)",
        "NOT EXISTS (SELECT 1 FROM sales.orders AS o WHERE o.customer_id = sales.customers.id AND o.tenant_id = :tenant)",
        "id = (SELECT max(o.customer_id) FROM sales.orders o WHERE o.tenant_id = tenant_id)",
        "(id, tenant_id) IN (SELECT customer_id, tenant_id FROM sales.orders)",
        "tenant_id = ANY (SELECT tenant_id FROM sales.orders WHERE note = ANY(:regions))",
        "id IN (WITH few AS (SELECT id FROM sales.customers) SELECT id FROM few)",
        "id IN (SELECT customer_id FROM sales.orders UNION SELECT id FROM hr.customers)",
        "id IN (SELECT id FROM sales.events)",
    ] {
        if let Err(errors) = bound(rows) {
            panic!("{rows}: {errors}");
        }
    }
}

#[test]
fn what_can_not_be_a_filter_is_refused_with_its_line() {
    for (rows, told) in [
        ("id", "it is of the type `int8` and not a condition"),
        ("id IN (SELECT id FROM sales.nowhere)", "relation `sales.nowhere` does not exist"),
        ("id IN (SELECT nowhere FROM sales.orders)", "column `nowhere` does not exist"),
        ("id IN (SELECT id FROM orders)", "`orders` is named without its schema"),
        ("id IN (SELECT oid FROM pg_catalog.pg_class)", "does not exist"),
        ("id IN (SELECT ordinal_position FROM information_schema.columns)", "does not exist"),
        ("id IN (SELECT id FROM sales.order_totals)", "a view"),
        ("id IN (SELECT id FROM sales.customer_order)", "does not exist"),
        // The trap: no such column inside, so it would be the row's own.
        ("id IN (SELECT region FROM sales.orders)", "no table of the subquery has a column `region`"),
        ("EXISTS (SELECT 1 FROM sales.orders o WHERE o.customer_id = id AND ssn IS NULL)", "column `ssn`"),
        ("region IN (SELECT customer_id FROM sales.orders)", "type `text` with one of type `int8`"),
        ("tenant_id = :regions", "it compares a value of type"),
        ("tenant_id = ANY(:regions)", "with one of type `text`"),
        ("id IN (SELECT id, tenant_id FROM sales.orders)", "2 columns where 1"),
        ("count(*) > 1", "an aggregate"),
        ("max(id) OVER () = id", "an aggregate or window function"),
        ("id = (SELECT max(customers.id) FROM sales.orders)", "aggregates nothing but the row outside"),
        ("generate_series(1, 2) = id", "gives several rows"),
        ("id IN (SELECT pg_sleep(1)::text::int)", "may not be called"),
        (
            "id IN (SELECT sales.fx_rate(note, now()::date)::int FROM sales.orders)",
            "a policy's own expressions call only",
        ),
        ("id IN (SELECT id FROM sales.orders FOR UPDATE)", "not supported"),
        ("customers IS NOT NULL", "whole row"),
    ] {
        let errors = match bound(rows) {
            Ok(_) => panic!("accepted: {rows}"),
            Err(errors) => errors,
        };
        assert!(errors.contains(told), "{rows}: {errors}");
        assert!(errors.contains("filtered.toml:7"), "{rows}: {errors}");
    }
}

/// Binds a policy whose filter on orders is this one.
fn orders(statements: &str, access: &str, filter: &str) -> Result<(), String> {
    let text = format!(
        "version = 1\nname = \"test\"\n[statements]\nallow = [{statements}]\n[schemas.sales]\n\
         access = \"listed\"\n[tables.\"sales.orders\"]\naccess = \"{access}\"\nrows = \"{filter}\"\n"
    );
    let policy = Policy::parse("test.toml", &text, &mut |_| Err(String::new())).unwrap();
    BoundPolicy::bind(Arc::new(policy), &fixture::catalog()).map(drop).map_err(|errors| errors.to_string())
}

#[test]
fn the_filter_of_a_table_that_is_written_does_not_ask_that_table() {
    let own = "id IN (SELECT o.id FROM sales.orders o WHERE o.tenant_id = 1)";
    let other = "customer_id IN (SELECT c.id FROM sales.customers c WHERE c.tenant_id = 1)";
    for filter in [own, "EXISTS (SELECT FROM sales.orders o WHERE o.id < orders.id)"] {
        let error = orders("\"select\", \"update\"", "write", filter).unwrap_err();
        assert!(error.contains("`sales.orders` asks that table itself"), "{error}");
        assert_eq!(orders("\"select\"", "write", filter), Ok(()));
        assert_eq!(orders("\"select\", \"update\"", "read", filter), Ok(()));
    }
    assert_eq!(orders("\"select\", \"update\"", "write", other), Ok(()));
}
