//! A policy bound by hand to the catalog of tests, with something hidden, masked, filtered and refused of every kind.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::bound::{BoundPolicy, ColumnRights, RelationRights, RowFilter, Visibility};
use super::model::{
    Access, AttributeType, FunctionRules, HistoryRules, Limits, Policy, Ruled, SchemaRule, StatementKind,
};
use crate::gate::catalog::Catalog;
use crate::gate::diagnostic::Rule;
use crate::gate::ir::{Expr, ExprKind, Literal};

/// A rule of the policy file.
pub fn rule(key: &str) -> Rule {
    Rule { file: "test.toml".into(), line: 1, key: key.into() }
}

/// The policy: `sales`, `hr` and `scratch` are open, `private` doesn't exist. Unqualified names are looked for in
/// `private`, `sales`, `hr`, in this order. A principal brings `tenant` and `regions`.
pub fn policy() -> Policy {
    let schema = |name: &str, access| {
        let access = Ruled { value: access, rule: rule(&format!("schemas.{name}.access")) };
        (name.to_owned(), SchemaRule { access, deny: Vec::new() })
    };
    Policy {
        name: "test".into(),
        description: "for tests".into(),
        digest: "0".repeat(64),
        role: None,
        reveal_denied: false,
        attributes: BTreeMap::from([
            ("tenant".to_owned(), AttributeType { name: "int8".into(), list: false }),
            ("regions".to_owned(), AttributeType { name: "text".into(), list: true }),
        ]),
        statements: StatementKind::ALL.iter().map(|kind| (*kind, rule("statements.allow"))).collect(),
        search_path: ["private", "sales", "hr"].map(str::to_owned).to_vec(),
        search_path_rule: Some(rule("search_path.schemas")),
        columns: Vec::new(),
        schemas: BTreeMap::from([
            schema("sales", Access::Read),
            schema("hr", Access::Read),
            schema("scratch", Access::Write),
        ]),
        tables: BTreeMap::new(),
        functions: FunctionRules { builtin: None, explicit: false, allow: Vec::new(), trusted_extensions: Vec::new() },
        limits: Limits::default(),
        history: HistoryRules { full: false, read_all: false },
    }
}

/// Everything open.
pub fn open(catalog: &Catalog) -> BoundPolicy {
    bind(catalog, |_, _| Visibility::Readable, |_, _, _| ColumnRights::Open)
}

/// Hidden: `hr.customers`, `hr.payroll_2024`, the schema `private`; of `sales.customers` `ssn` and `tenant_id`, of
/// `sales.orders` `tenant_id`, of `hr.employees` `ssn` and `salary`. Masked: `email` and `phone` of `sales.customers`.
/// Not readable by its type: `hr.employees.badge`. Not supported: `sales.events`. Filtered: `sales.customers`.
pub fn restricted(catalog: &Catalog) -> BoundPolicy {
    let visibility = |schema: &str, name: &str| match (schema, name) {
        ("hr", "customers" | "payroll_2024") => Visibility::Hidden(Some(rule("schemas.hr.deny"))),
        ("private", _) => Visibility::Hidden(None),
        ("sales", "events") => Visibility::Unsupported("its partitions have rules of their own".into()),
        _ => Visibility::Readable,
    };
    let column = |schema: &str, table: &str, name: &str| match (schema, table, name) {
        (_, "customers" | "employees", "ssn") => ColumnRights::Denied(Some(rule("columns"))),
        ("sales", "customers" | "orders", "tenant_id") | ("hr", "employees", "salary") => ColumnRights::Denied(None),
        ("sales", "customers", "email" | "phone") => {
            ColumnRights::Masked { mask: Expr::new(ExprKind::Literal(Literal::Null)), name: "null", rule: rule("mask") }
        }
        ("hr", "employees", "badge") => ColumnRights::Ungoverned("it is neither built in nor trusted".into()),
        _ => ColumnRights::Open,
    };
    let mut bound = bind(catalog, visibility, column);
    if let Some(customers) = catalog.relation_named("sales", "customers")
        && let Some(rights) = bound.relations.get_mut(&customers.oid)
    {
        let condition = Expr::new(ExprKind::Literal(Literal::Bool(true)));
        rights.filter = Some(RowFilter { condition, rules: vec![rule("rows")] });
    }
    bound
}

fn bind(
    catalog: &Catalog,
    visibility: impl Fn(&str, &str) -> Visibility,
    column: impl Fn(&str, &str, &str) -> ColumnRights,
) -> BoundPolicy {
    let rights = |relation: &crate::gate::catalog::Relation| RelationRights {
        visibility: visibility(&relation.schema, &relation.name),
        write: (relation.schema == "scratch").then(|| rule("schemas.scratch.access")),
        columns: relation.columns.iter().map(|one| column(&relation.schema, &relation.name, &one.name)).collect(),
        filter: None,
        view_of_hidden: false,
        require_where: None,
        max_affected_rows: None,
        confirm: None,
        side_effects: false,
    };
    let relations: HashMap<_, _> =
        catalog.parts().relations.iter().map(|relation| (relation.oid, rights(relation))).collect();
    BoundPolicy { policy: Arc::new(policy()), relations, functions: HashSet::new() }
}
