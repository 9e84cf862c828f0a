//! What a statement is said to touch, and what has to be as it was when it runs.

use crate::gate::admit::{Admitted, RelationAccess, RelationUse};
use crate::gate::catalog::{CatalogParts, Oid, RelationKind, ViewReads};
use crate::gate::check::desk::{Desk, function, number, relation};
use crate::gate::diagnostic::Reason;
use crate::gate::policy::model::StatementKind;

const POLICY: &str = "
[statements]
allow = [\"select\", \"explain\", \"explain_analyze\", \"insert\", \"update\", \"delete\", \"merge\"]
[search_path]
schemas = [\"sales\", \"scratch\"]
[schemas.sales]
access = \"read\"
[schemas.scratch]
access = \"write\"
[schemas.hr]
access = \"listed\"
[tables.\"hr.employees\"]
[tables.\"sales.customers\"]
deny_columns = [\"ssn\"]
mask = { phone = \"null\" }
[tables.\"sales.order_items\"]
rows = \"order_id IN (SELECT id FROM sales.orders WHERE tenant_id = :tenant)\"
[functions]
allow = [\"@builtin\", \"sales.fx_rate(text, date)\"]
";

fn used<'a>(admitted: &'a Admitted, name: &str) -> &'a RelationUse {
    admitted.permit().relations.iter().find(|one| one.name == name).unwrap()
}

#[test]
fn a_sample_is_refused_where_rows_or_columns_are_hidden() {
    let desk = Desk::with(POLICY, |parts| relation(parts, "sales", "products").row_security = true);
    desk.admitted("SELECT id FROM orders TABLESAMPLE BERNOULLI (10)");
    for hidden in ["customers", "order_items", "products"] {
        let sql = format!("SELECT 1 FROM {hidden} TABLESAMPLE BERNOULLI (10)");
        desk.refuses(&sql, Reason::NotYetSupported, "its rows or columns are restricted");
        desk.admitted(&format!("SELECT 1 FROM {hidden}"));
    }
}

#[test]
fn the_permit_says_what_is_read_and_written() {
    let desk = Desk::new(POLICY);
    let read = desk.admitted("SELECT c.phone, i.price FROM customers AS c, order_items AS i");
    assert_eq!(read.permit().masked_columns, [("sales.customers.phone".to_owned(), "null")]);
    let filters: Vec<&str> = read.permit().filters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(filters, ["sales.order_items"]);
    let names: Vec<&str> = read.permit().relations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["customers", "orders", "order_items"]);
    // The filter reads orders: nothing of them comes out.
    assert!(used(&read, "orders").protected && used(&read, "orders").open_columns.is_empty());
    let customers = desk.catalog.relation_named("sales", "customers").unwrap();
    let open = &used(&read, "customers").open_columns;
    for (column, is_open) in [("id", true), ("name", true), ("phone", false), ("ssn", false)] {
        assert_eq!(open.contains(&number(customers, column)), is_open, "{column}");
    }
    assert!(used(&read, "customers").protected);
    let written = desk.admitted("INSERT INTO notes (id, title) SELECT id, note FROM orders");
    assert_eq!(used(&written, "notes").access, RelationAccess::Write);
    assert_eq!(used(&written, "orders").access, RelationAccess::Read);
    assert!(!used(&written, "orders").protected);
    // Read and written: what is more counts, whichever comes first.
    let both = desk.admitted("DELETE FROM notes WHERE id IN (SELECT id FROM notes)");
    assert_eq!(used(&both, "notes").access, RelationAccess::Write);
    assert!(desk.admitted("SELECT id FROM orders").permit().masked_columns.is_empty());
}

/// What is named and what a row filter asks may be one relation: it is restricted, and gives out what is named.
#[test]
fn a_relation_is_listed_as_all_that_it_is_read_as() {
    let desk = Desk::new(POLICY);
    let admitted = desk.admitted("SELECT o.note, i.price FROM orders AS o, order_items AS i");
    let orders = used(&admitted, "orders");
    assert!(orders.protected && !orders.open_columns.is_empty());
}

/// What the planner estimates for restricted relations tells of hidden rows, so no cost is asked for.
#[test]
fn a_cost_is_asked_for_only_where_nothing_is_restricted() {
    let desk = Desk::new(&format!("{POLICY}[limits]\ncost = 1000\n"));
    assert!(desk.admitted("SELECT id FROM orders").estimate_sql().is_some());
    assert!(desk.admitted("SELECT id FROM customers").estimate_sql().is_none());
    assert!(desk.admitted("SELECT o.id FROM orders AS o, order_items AS i").estimate_sql().is_none());
    assert!(desk.admitted("SELECT sales.fx_rate('EUR', placed_on) FROM orders").estimate_sql().is_none());
    assert!(Desk::new(POLICY).admitted("SELECT id FROM orders").estimate_sql().is_none());
}

#[test]
fn a_parent_is_read_with_its_children() {
    let desk = Desk::new(POLICY);
    let admitted = desk.admitted("SELECT id FROM events");
    let verified = desk.names(admitted.verification().relations.iter().map(|(oid, _)| oid));
    assert_eq!(verified, ["events", "events_2024"]);
    let open = &used(&admitted, "events_2024").open_columns;
    assert_eq!(open.len(), desk.catalog.relation_named("sales", "events_2024").unwrap().columns.len());
}

/// PostgreSQL's own words would tell of what isn't shown.
#[test]
fn words_of_postgresql_leave_only_where_nothing_is_hidden() {
    let desk = Desk::with(POLICY, |parts| relation(parts, "sales", "regions").source_stamp = Some("far".to_owned()));
    for (sql, opaque) in [
        ("SELECT id FROM orders", false),
        ("SELECT id FROM orders WHERE id = 1 / total", false),
        ("SELECT id FROM customers", true),
        ("SELECT price FROM order_items", true),
        ("SELECT total FROM order_totals", true),
        ("SELECT o.id FROM customers AS c JOIN orders AS o ON o.customer_id = c.id", true),
        ("SELECT sales.fx_rate('EUR', placed_on) FROM orders", true),
        ("SELECT region FROM regions", true),
        ("UPDATE notes SET title = 'a' WHERE id = 1", true),
        ("WITH gone AS (DELETE FROM notes WHERE id = 1 RETURNING id) SELECT id FROM gone", true),
    ] {
        assert_eq!(desk.admitted(sql).permit().opaque_errors, opaque, "{sql}");
    }
}

/// Code of users' may leave something behind in the session, which is cleaned for it.
#[test]
fn foreign_code_is_told() {
    let desk = Desk::with(POLICY, |parts| {
        relation(parts, "sales", "regions").source_stamp = Some("far".to_owned());
        relation(parts, "sales", "products").row_security = true;
        let leak = function(parts, "private", "leak");
        relation(parts, "sales", "orders").write_calls = vec![leak];
        relation(parts, "scratch", "Odd Name").triggers = Vec::new();
    });
    for (sql, foreign) in [
        ("SELECT id FROM customers", false),
        ("SELECT lower(name) FROM customers", false),
        ("SELECT sales.fx_rate('EUR', day) FROM notes", true),
        ("SELECT region FROM regions", true),
        ("SELECT id FROM products", true),
        ("SELECT id FROM orders", true),
        ("SELECT total FROM order_totals", true),
        ("UPDATE notes SET title = 'a' WHERE id = 1", false),
    ] {
        assert_eq!(desk.admitted(sql).verification().foreign_code, foreign, "{sql}");
    }
}

#[test]
fn what_a_view_reads_is_verified_to_the_bottom() {
    let desk = Desk::with(&format!("{POLICY}[tables.\"sales.regions\"]\n"), |parts| {
        let (rate, mood) =
            (function(parts, "sales", "fx_rate"), relation(parts, "sales", "orders").columns[3].type_oid);
        let (totals, events) = (relation(parts, "sales", "order_totals").oid, relation(parts, "sales", "events").oid);
        // A view over a view, a partitioned table, a function and a type.
        let view = relation(parts, "sales", "regions");
        view.kind = RelationKind::View;
        view.primary_key = None;
        view.view = Some(ViewReads { relations: vec![totals, events], functions: vec![rate], types: vec![mood] });
    });
    let found = desk.admitted("SELECT label FROM regions");
    let mut verified = desk.names(found.verification().relations.iter().map(|(oid, _)| oid));
    verified.sort_unstable();
    assert_eq!(verified, ["events", "events_2024", "order_totals", "orders", "regions"]);
    assert_eq!(found.verification().functions.len(), 1);
    assert_eq!(found.verification().types.len(), 1);
    assert!(found.permit().opaque_errors && found.verification().foreign_code);
    // Each once, however often it is named.
    let twice = desk.admitted("SELECT r.label FROM regions AS r, regions AS s, order_totals AS t, events AS e");
    assert_eq!(twice.verification().relations.len(), 5);
    assert_eq!(twice.verification().functions.len(), 1);
}

#[test]
fn types_are_verified_with_what_they_are_made_of() {
    let desk = Desk::new(POLICY);
    let types = |sql: &str| -> Vec<String> {
        let admitted = desk.admitted(sql);
        let name = |oid: &crate::gate::catalog::Oid| desk.catalog.type_(*oid).unwrap().name.clone();
        let mut all: Vec<String> = admitted.verification().types.iter().map(|(oid, _)| name(oid)).collect();
        all.sort_unstable();
        all
    };
    assert!(types("SELECT id FROM orders").is_empty());
    assert_eq!(types("SELECT status FROM orders"), ["order_status"]);
    assert_eq!(types("SELECT id FROM orders WHERE status = 'open'"), ["order_status"]);
    assert_eq!(types("SELECT 'open'::sales.order_status"), ["order_status"]);
    assert_eq!(types("SELECT status, email FROM orders, customers"), ["email_address", "order_status"]);
    // A write checks the columns that it doesn't name, too.
    assert!(types("DELETE FROM notes WHERE id = 1").contains(&"label".to_owned()));
    assert!(types("SELECT id FROM notes").is_empty());
}

#[test]
fn only_writes_verify_indexes() {
    let desk = Desk::new(POLICY);
    assert!(desk.admitted("SELECT id FROM notes").verification().indexes.is_empty());
    let write = desk.admitted("INSERT INTO notes (id, title) SELECT id, note FROM orders");
    let mut indexes = desk.names(write.verification().indexes.iter().map(|(oid, _)| oid));
    indexes.sort_unstable();
    assert_eq!(indexes, ["notes", "orders"]);
}

#[test]
fn of_restricted_relations_only_a_plans_shape_leaves() {
    let desk = Desk::with(POLICY, |parts| relation(parts, "sales", "products").row_security = true);
    for (from, open) in
        [("orders", true), ("events", true), ("order_totals", true), ("customers", false), ("products", false)]
    {
        let plan = desk.admitted(&format!("EXPLAIN SELECT 1 FROM {from}"));
        assert_eq!(plan.permit().kind, StatementKind::Explain);
        assert_eq!(plan.permit().plan_shape.is_none(), open, "{from}");
        let analyzed = format!("EXPLAIN ANALYZE SELECT 1 FROM {from}");
        match open {
            true => drop(desk.admitted(&analyzed)),
            false => desk.refuses(&analyzed, Reason::NotSupported, "EXPLAIN shows the plan's shape"),
        }
    }
    let call = "SELECT sales.fx_rate('EUR', placed_on) FROM orders";
    assert!(desk.admitted(&format!("EXPLAIN {call}")).permit().plan_shape.is_some());
    desk.refuses(&format!("EXPLAIN ANALYZE {call}"), Reason::NotSupported, "a call of `fx_rate`");
    assert!(desk.admitted("EXPLAIN SELECT lower(note) FROM orders").permit().plan_shape.is_none());
    // A statement that isn't explained has no plan to show.
    assert!(desk.admitted(call).permit().plan_shape.is_none());
}

#[test]
fn a_plan_of_a_foreign_table_leaves_in_no_shape() {
    let policy = "[statements]\nallow = [\"select\", \"explain\"]\n[search_path]\nschemas = [\"sales\"]\n\
                  [schemas.sales]\naccess = \"read\"\n[tables.\"sales.order_totals\"]\n[tables.\"sales.orders\"]\n";
    let desk = Desk::with(policy, |parts| relation(parts, "sales", "orders").kind = RelationKind::ForeignTable);
    for from in ["orders", "order_totals"] {
        desk.refuses(&format!("EXPLAIN SELECT 1 FROM {from}"), Reason::NotYetSupported, "it reads a foreign table");
    }
    assert!(desk.admitted("EXPLAIN SELECT 1 FROM regions").permit().plan_shape.is_none());
}

#[test]
fn a_views_plan_is_shown_if_all_that_it_reads_may_be_seen() {
    let policy = format!("{POLICY}[tables.\"sales.order_totals\"]\n");
    let is_open = |change: &dyn Fn(&mut CatalogParts, ViewReads) -> ViewReads| {
        let desk = Desk::with(&policy, |parts| {
            let reads = relation(parts, "sales", "order_totals").view.take().unwrap();
            let changed = change(parts, reads);
            relation(parts, "sales", "order_totals").view = Some(changed);
        });
        desk.admitted("EXPLAIN SELECT 1 FROM order_totals").permit().plan_shape.is_none()
    };
    assert!(is_open(&|_, reads| reads));
    assert!(!is_open(&|_, reads| ViewReads { relations: vec![Oid(999_999)], ..reads }));
    let of_type = |schema: &'static str| {
        is_open(&move |parts, reads| {
            let ty = parts.types.iter_mut().find(|one| one.schema == "sales" && one.name == "order_status").unwrap();
            ty.schema = schema.into();
            ViewReads { types: vec![ty.oid], ..reads }
        })
    };
    assert!(of_type("sales"));
    assert!(!of_type("private"));
    let of_function = |name: &'static str| {
        is_open(&move |parts, reads| ViewReads { functions: vec![function(parts, "sales", name)], ..reads })
    };
    assert!(!of_function("fx_rate"));
}

#[test]
fn a_shape_names_what_the_statement_names() {
    let desk = Desk::new(POLICY);
    let plan = desk.admitted("EXPLAIN (FORMAT JSON) SELECT 1 FROM order_items, customers, events");
    let shape = plan.permit().plan_shape.as_ref().unwrap();
    assert!(!shape.text);
    let named: Vec<(&str, Vec<&str>)> = shape
        .relations
        .iter()
        .map(|((_, name), indexes)| (name.as_str(), indexes.iter().map(String::as_str).collect()))
        .collect();
    // Not orders, which the row filter asks.
    assert_eq!(
        named,
        [
            ("customers", vec!["customers_pkey"]),
            ("events", vec![]),
            ("events_2024", vec![]),
            ("order_items", vec!["order_items_pkey"]),
        ]
    );
    let text = desk.admitted("EXPLAIN SELECT 1 FROM customers");
    assert!(text.permit().plan_shape.as_ref().unwrap().text);
    // An index of a column that isn't seen stays unnamed.
    let hidden = Desk::new(&POLICY.replace("deny_columns = [\"ssn\"]", "deny_columns = [\"ssn\", \"id\"]"));
    let plan = hidden.admitted("EXPLAIN SELECT name FROM customers");
    assert!(plan.permit().plan_shape.as_ref().unwrap().relations.values().all(|indexes| indexes.is_empty()));
}
