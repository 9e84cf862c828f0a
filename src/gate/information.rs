//! `information_schema`, as far as clients ask for it, filled from what the principal may see. PostgreSQL's own views
//! would tell what the database role may see. Columns have the standard's names; those that are always null there, or
//! that nobody asks for, are left out.

use serde_json::Value;

use ColumnType::{Int4, Text};

use super::catalog::builtin::types::display;
use super::catalog::{Catalog, Column, ForeignKey, Key, Relation, RelationKind, Type, TypeKind};
use super::describe::{column_description, key_columns, mentions_hidden, schemas, visible};
use super::policy::model::Policy;
use super::policy::types::has_hidden_name;
use super::policy::{BoundPolicy, RelationRights, Visibility};

/// The type of a column of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`; the standard's domains of names.
    Text,
    /// `int4`; the standard's domain of cardinal numbers.
    Int4,
}

/// A view of `information_schema`.
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, ColumnType)],
    rows: fn(&Scope<'_>) -> Vec<Vec<Value>>,
}

impl ColumnType {
    /// `pg_type.typname`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int4 => "int4",
        }
    }
}

impl View {
    /// The view of that name, if it is answered.
    pub fn named(name: &str) -> Option<&'static View> {
        VIEWS.iter().find(|view| view.name == name)
    }

    /// The names of all views that are answered.
    pub fn names() -> impl Iterator<Item = &'static str> {
        VIEWS.iter().map(|view| view.name)
    }

    /// The values of each column, in as many rows.
    pub fn values(&self, catalog: &Catalog, policy: &BoundPolicy) -> Vec<Vec<Value>> {
        let mut columns: Vec<Vec<Value>> = self.columns.iter().map(|_| Vec::new()).collect();
        for row in (self.rows)(&Scope { catalog, policy }) {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        columns
    }
}

const VIEWS: &[View] = &[
    View { name: "schemata", columns: &[("catalog_name", Text), ("schema_name", Text)], rows: schemata },
    View {
        name: "tables",
        columns: &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("table_type", Text),
            ("is_insertable_into", Text),
        ],
        rows: tables,
    },
    View {
        name: "columns",
        columns: &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("column_name", Text),
            ("ordinal_position", Int4),
            ("column_default", Text),
            ("is_nullable", Text),
            ("data_type", Text),
            ("character_maximum_length", Int4),
            ("numeric_precision", Int4),
            ("numeric_scale", Int4),
            ("udt_schema", Text),
            ("udt_name", Text),
            ("is_identity", Text),
            ("is_generated", Text),
        ],
        rows: columns,
    },
    View {
        name: "table_constraints",
        columns: &[
            ("constraint_catalog", Text),
            ("constraint_schema", Text),
            ("constraint_name", Text),
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("constraint_type", Text),
        ],
        rows: table_constraints,
    },
    View {
        name: "key_column_usage",
        columns: &[
            ("constraint_catalog", Text),
            ("constraint_schema", Text),
            ("constraint_name", Text),
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("column_name", Text),
            ("ordinal_position", Int4),
            ("position_in_unique_constraint", Int4),
        ],
        rows: key_column_usage,
    },
    View {
        name: "constraint_column_usage",
        columns: &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("column_name", Text),
            ("constraint_catalog", Text),
            ("constraint_schema", Text),
            ("constraint_name", Text),
        ],
        rows: constraint_column_usage,
    },
    View {
        name: "referential_constraints",
        columns: &[
            ("constraint_catalog", Text),
            ("constraint_schema", Text),
            ("constraint_name", Text),
            ("unique_constraint_catalog", Text),
            ("unique_constraint_schema", Text),
            ("unique_constraint_name", Text),
            ("update_rule", Text),
            ("delete_rule", Text),
        ],
        rows: referential_constraints,
    },
];

/// What the rows are made of.
struct Scope<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
}

/// A constraint whose columns are all visible, on both sides of a foreign key.
struct Constraint<'a> {
    relation: &'a Relation,
    name: &'a str,
    kind: &'static str,
    columns: Vec<String>,
    /// The relation and columns of a unique key, or what a foreign key refers to.
    used: (&'a Relation, Vec<String>),
    /// The key itself, if it is a foreign one.
    foreign: Option<&'a ForeignKey>,
}

impl<'a> Scope<'a> {
    fn relations(&self) -> impl Iterator<Item = (&'a Relation, &'a RelationRights)> + use<'a> {
        visible(self.catalog, self.policy)
    }

    fn database(&self) -> Value {
        Value::from(self.catalog.parts().database.as_str())
    }

    fn constraints(&self) -> Vec<Constraint<'a>> {
        let mut all = Vec::new();
        for (relation, rights) in self.relations() {
            let primary = relation.primary_key.iter().map(|key| (key, "PRIMARY KEY"));
            let unique = relation.unique_keys.iter().map(|key| (key, "UNIQUE"));
            for (key, kind) in primary.chain(unique) {
                if let Some(columns) = key_columns(relation, rights, &key.columns) {
                    let used = (relation, columns.clone());
                    all.push(Constraint { relation, name: &key.name, kind, columns, used, foreign: None });
                }
            }
            for foreign in &relation.foreign_keys {
                let target = self.catalog.relation(foreign.target).zip(self.policy.rights(foreign.target));
                let target = target.filter(|(_, rights)| rights.visibility == Visibility::Readable);
                let Some((target, target_rights)) = target else { continue };
                let columns = key_columns(relation, rights, &foreign.columns);
                let used = key_columns(target, target_rights, &foreign.target_columns);
                if let Some((columns, used)) = columns.zip(used) {
                    let (name, kind) = (foreign.name.as_str(), "FOREIGN KEY");
                    let (used, foreign) = ((target, used), Some(foreign));
                    all.push(Constraint { relation, name, kind, columns, used, foreign });
                }
            }
            // A name may be made of the names of columns that aren't in the constraint any more, or never were.
            all.retain(|one| !std::ptr::eq(one.relation, relation) || !mentions_hidden(relation, rights, one.name));
        }
        all
    }
}

fn yes_or_no(yes: bool) -> Value {
    Value::from(if yes { "YES" } else { "NO" })
}

fn schemata(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    schemas(scope.catalog, scope.policy).into_iter().map(|schema| vec![scope.database(), schema.into()]).collect()
}

fn tables(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let kind = |relation: &Relation| match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => Some("BASE TABLE"),
        RelationKind::View => Some("VIEW"),
        RelationKind::ForeignTable => Some("FOREIGN"),
        // Not of the standard, and so not in PostgreSQL's view.
        RelationKind::MaterializedView | RelationKind::Sequence => None,
    };
    let row = |(relation, rights): (&Relation, &RelationRights)| {
        let kind = kind(relation)?;
        let (schema, name) = (relation.schema.as_str().into(), relation.name.as_str().into());
        Some(vec![scope.database(), schema, name, kind.into(), yes_or_no(rights.write.is_some())])
    };
    scope.relations().filter_map(row).collect()
}

fn columns(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for (relation, rights) in scope.relations() {
        if matches!(relation.kind, RelationKind::MaterializedView | RelationKind::Sequence) {
            continue;
        }
        let visible = relation.columns.iter().enumerate().filter(|(at, _)| rights.column_visible(*at));
        // Positions are counted among what is visible: a gap would tell of a hidden column.
        for (position, (at, column)) in (1..).zip(visible) {
            let described = column_description(scope.catalog, scope.policy, relation, rights, (at, column));
            let position: i32 = position;
            let mut row = vec![
                scope.database(),
                relation.schema.as_str().into(),
                relation.name.as_str().into(),
                column.name.as_str().into(),
                position.into(),
                described.default.into(),
                yes_or_no(described.nullable),
            ];
            row.extend(type_of(scope.catalog, scope.policy.policy(), column));
            row.push(yes_or_no(column.identity));
            row.push(Value::from(if column.generated { "ALWAYS" } else { "NEVER" }));
            rows.push(row);
        }
    }
    rows
}

/// `data_type`, `character_maximum_length`, `numeric_precision`, `numeric_scale`, `udt_schema`, `udt_name`.
fn type_of(catalog: &Catalog, policy: &Policy, column: &Column) -> [Value; 6] {
    let base = catalog.type_(catalog.below_domain(column.type_oid));
    let name = base.map_or("", |one| one.name.as_str());
    let data_type = match base {
        Some(Type { kind: TypeKind::Array { .. }, .. }) => "ARRAY",
        Some(one) if one.oid.is_builtin() => display(name).unwrap_or(name),
        Some(_) | None => "USER-DEFINED",
    };
    let modifier = (column.typmod >= 4).then_some(column.typmod - 4);
    let length = modifier.filter(|_| matches!(name, "varchar" | "bpchar"));
    let (precision, scale) = match (name, modifier) {
        ("numeric", Some(modifier)) => (Some(modifier >> 16 & 0xffff), Some(modifier & 0x7ff)),
        ("int2", _) => (Some(16), Some(0)),
        ("int4", _) => (Some(32), Some(0)),
        ("int8", _) => (Some(64), Some(0)),
        ("float4", _) => (Some(24), None),
        ("float8", _) => (Some(53), None),
        _ => (None, None),
    };
    let hidden = base.is_some_and(|one: &Type| has_hidden_name(catalog, policy, one.oid));
    let schema = base.filter(|_| !hidden).map(|one| one.schema.clone());
    [data_type.into(), length.into(), precision.into(), scale.into(), schema.into(), name.into()]
}

fn table_constraints(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let row = |one: Constraint<'_>| {
        let schema = || Value::from(one.relation.schema.as_str());
        let table = one.relation.name.as_str().into();
        vec![scope.database(), schema(), one.name.into(), scope.database(), schema(), table, one.kind.into()]
    };
    scope.constraints().into_iter().map(row).collect()
}

fn key_column_usage(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for one in scope.constraints() {
        let unique = one.foreign.and_then(|foreign| unique_key(one.used.0, foreign));
        for (at, column) in one.columns.iter().enumerate() {
            let schema = || Value::from(one.relation.schema.as_str());
            let table = one.relation.name.as_str().into();
            let mut row = vec![scope.database(), schema(), one.name.into(), scope.database(), schema(), table];
            let target = one.foreign.and_then(|foreign| foreign.target_columns.get(at));
            let within = unique.and_then(|key| key.columns.iter().position(|number| Some(number) == target));
            row.extend([column.as_str().into(), (at + 1).into(), within.map(|at| at + 1).into()]);
            rows.push(row);
        }
    }
    rows
}

fn constraint_column_usage(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for one in scope.constraints() {
        let (used, columns) = one.used;
        for column in columns {
            let (schema, table) = (used.schema.as_str().into(), used.name.as_str().into());
            let mut row = vec![scope.database(), schema, table, column.into()];
            row.extend([scope.database(), one.relation.schema.as_str().into(), one.name.into()]);
            rows.push(row);
        }
    }
    rows
}

fn referential_constraints(scope: &Scope<'_>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for one in scope.constraints() {
        let Some(foreign) = one.foreign else { continue };
        let target = one.used.0;
        let rights = scope.policy.rights(target.oid);
        let unique = unique_key(target, foreign)
            .filter(|key| rights.is_some_and(|rights| !mentions_hidden(target, rights, &key.name)));
        let unique_schema = unique.map(|_| target.schema.as_str());
        rows.push(vec![
            scope.database(),
            one.relation.schema.as_str().into(),
            one.name.into(),
            unique.map_or(Value::Null, |_| scope.database()),
            unique_schema.into(),
            unique.map(|key| key.name.as_str()).into(),
            foreign.on_update.name().into(),
            foreign.on_delete.name().into(),
        ]);
    }
    rows
}

/// The unique key that a foreign key refers to: the one of the same columns, in whatever order.
fn unique_key<'a>(target: &'a Relation, foreign: &ForeignKey) -> Option<&'a Key> {
    let all = |key: &&Key| {
        let wanted = &foreign.target_columns;
        key.columns.len() == wanted.len() && key.columns.iter().all(|number| wanted.contains(number))
    };
    target.primary_key.iter().chain(&target.unique_keys).find(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::check::{World, hidden_names};

    #[test]
    fn what_is_hidden_is_in_no_view() {
        let world = World::new();
        for view in VIEWS {
            let open = view.values(&world.catalog, &world.open);
            let told = view.values(&world.catalog, &world.protected);
            let rows = |values: &[Vec<Value>]| values.first().map_or(0, Vec::len);
            // Both policies open the same schemas.
            let fewer = rows(&told) < rows(&open) || view.name == "schemata";
            assert!(rows(&told) > 0 && fewer, "{}: {} of {}", view.name, rows(&told), rows(&open));
            for value in told.iter().flatten() {
                let text = value.as_str().unwrap_or_default();
                let found = hidden_names()
                    .find(|hidden| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *hidden));
                assert_eq!(found, None, "`{text}` in {}", view.name);
            }
        }
    }

    #[test]
    fn positions_have_no_gaps() {
        let world = World::new();
        let view = View::named("columns").unwrap();
        let values = view.values(&world.catalog, &world.protected);
        let column = |name| &values[view.columns.iter().position(|(one, _)| *one == name).unwrap()];
        let (tables, positions) = (column("table_name"), column("ordinal_position"));
        let customers: Vec<_> = tables
            .iter()
            .zip(positions)
            .filter(|(table, _)| *table == "customers")
            .map(|(_, at)| at.as_i64())
            .collect();
        let expected: Vec<_> = (1..=customers.len() as i64).map(Some).collect();
        assert_eq!(customers, expected);
    }
}
