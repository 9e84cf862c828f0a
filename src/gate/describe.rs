//! What the metadata tools tell: the catalog as one principal may see it. A hidden name is answered exactly like a
//! missing one.

use serde::Serialize;

use super::catalog::{Catalog, Column, Key, Relation, RelationKind};
use super::diagnostic::{Reason, Rejection};
use super::policy::model::Glob;
use super::policy::{BoundPolicy, ColumnRights, RelationRights, Visibility};
use super::policy::{nearest, types};

mod complete;
mod hidden;
mod search;

pub use complete::{Completions, Wanted, complete};
use hidden::HiddenNames;
pub use search::{Detail, Findings, Found, Search, search};

/// One line of `get_tables`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableSummary {
    /// Schema name.
    pub schema: String,
    /// Relation name.
    pub name: String,
    /// Kind.
    pub kind: RelationKind,
    /// What the principal may do.
    pub access: &'static str,
    /// PostgreSQL's estimate of the row count; left out where rows are filtered or never counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_rows: Option<u64>,
    /// The relation's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The answer of `get_table_schema`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableDescription {
    /// The line of `get_tables`.
    #[serde(flatten)]
    pub summary: TableSummary,
    /// Columns that exist for the principal.
    pub columns: Vec<ColumnDescription>,
    /// Columns of the primary key, if all are visible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// Unique keys whose columns are all visible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unique_keys: Vec<Vec<String>>,
    /// Foreign keys whose columns and targets are all visible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKeyDescription>,
    /// Only some rows are visible.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rows_filtered: bool,
    /// An UPDATE or DELETE needs a WHERE.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_where: bool,
    /// A write may touch at most so many rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_affected_rows: Option<u64>,
    /// A person must approve each write.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
}

/// A column of a description.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnDescription {
    /// Name.
    pub name: String,
    /// Type as PostgreSQL prints it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// May be NULL.
    pub nullable: bool,
    /// The values are masked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// Default expression; left out for relations of which something is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The column's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A foreign key of a description.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForeignKeyDescription {
    /// Columns on this side.
    pub columns: Vec<String>,
    /// `schema.table` on the other side.
    pub references: String,
    /// Columns on the other side.
    pub referenced_columns: Vec<String>,
}

/// The relations that exist for the principal, sorted by schema and name.
pub fn tables(
    catalog: &Catalog,
    policy: &BoundPolicy,
    schema: Option<&str>,
    pattern: Option<&str>,
) -> Vec<TableSummary> {
    let pattern = pattern.map(|pattern| Glob(pattern.to_owned()));
    let mut all: Vec<TableSummary> = visible(catalog, policy)
        .filter(|(relation, _)| schema.is_none_or(|schema| relation.schema == schema))
        .filter(|(relation, _)| pattern.as_ref().is_none_or(|pattern| pattern.matches(&relation.name)))
        .map(|(relation, rights)| summary(relation, rights))
        .collect();
    let hidden = HiddenNames::of(catalog, policy);
    all.iter_mut().for_each(|one| without(&hidden, &mut one.comment));
    all.sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    all
}

/// The schemas that hold something the principal may see.
pub fn schemas(catalog: &Catalog, policy: &BoundPolicy) -> Vec<String> {
    let mut all: Vec<String> = visible(catalog, policy).map(|(relation, _)| relation.schema.clone()).collect();
    all.sort();
    all.dedup();
    all
}

/// One relation, by schema and name or by name alone through the policy's search path.
pub fn table(catalog: &Catalog, policy: &BoundPolicy, name: &[String]) -> Result<TableDescription, Rejection> {
    let missing = || missing_table(catalog, policy, name);
    let relation = match name {
        [table] => by_path(catalog, policy, table).ok_or_else(missing)?,
        [schema, table] => catalog.relation_named(schema, table).ok_or_else(missing)?,
        _ => return Err(missing()),
    };
    match policy.rights(relation.oid) {
        Some(rights) if rights.visibility == Visibility::Readable => {
            Ok(describe(catalog, policy, &HiddenNames::of(catalog, policy), relation, rights))
        }
        Some(RelationRights { visibility: Visibility::Unsupported(why), .. }) => {
            Err(Rejection::new(Reason::NotYetSupported, why.clone()))
        }
        Some(RelationRights { visibility: Visibility::Hidden(rule), .. }) => Err(missing().concealing(
            Reason::UnknownRelation,
            format!("relation `{}.{}` is hidden by the policy", relation.schema, relation.name),
            rule.clone(),
        )),
        Some(_) | None => Err(missing()),
    }
}

/// What a name without a schema stands for, visible or not.
fn by_path<'a>(catalog: &'a Catalog, policy: &BoundPolicy, name: &str) -> Option<&'a Relation> {
    policy.policy().search_path.iter().find_map(|schema| catalog.relation_named(schema, name))
}

fn missing_table(catalog: &Catalog, policy: &BoundPolicy, name: &[String]) -> Rejection {
    let wanted = name.join(".");
    let names: Vec<String> =
        visible(catalog, policy).map(|(relation, _)| format!("{}.{}", relation.schema, relation.name)).collect();
    let help = nearest(&wanted, names.iter().map(String::as_str))
        .map_or_else(|| "get_tables lists what is visible".to_owned(), |name| format!("did you mean `{name}`?"));
    Rejection::new(Reason::UnknownRelation, format!("relation `{wanted}` does not exist or is not visible"))
        .at(super::diagnostic::Place::Json("/table".to_owned()))
        .help(help)
}

/// The relations that exist for the principal.
pub(super) fn visible<'a>(
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
) -> impl Iterator<Item = (&'a Relation, &'a RelationRights)> + use<'a> {
    catalog.parts().relations.iter().filter_map(|relation| readable(policy, relation))
}

/// The relation with its rights, if it exists for the principal.
fn readable<'a>(policy: &'a BoundPolicy, relation: &'a Relation) -> Option<(&'a Relation, &'a RelationRights)> {
    let rights = policy.rights(relation.oid)?;
    (rights.visibility == Visibility::Readable).then_some((relation, rights))
}

fn summary(relation: &Relation, rights: &RelationRights) -> TableSummary {
    let estimate = relation.row_estimate.filter(|rows| rights.filter.is_none() && *rows >= 0.0);
    TableSummary {
        schema: relation.schema.clone(),
        name: relation.name.clone(),
        kind: relation.kind,
        access: if rights.write.is_some() { "write" } else { "read" },
        estimated_rows: estimate.map(|rows| rows as u64),
        comment: told(relation, rights, relation.comment.as_ref()),
    }
}

fn describe(
    catalog: &Catalog,
    policy: &BoundPolicy,
    hidden: &HiddenNames,
    relation: &Relation,
    rights: &RelationRights,
) -> TableDescription {
    let mut columns: Vec<ColumnDescription> = relation
        .columns
        .iter()
        .enumerate()
        .filter(|(at, _)| rights.column_visible(*at))
        .map(|(at, column)| column_description(catalog, policy, relation, rights, (at, column)))
        .collect();
    columns.iter_mut().for_each(|one| without(hidden, &mut one.comment));
    let mut summary = summary(relation, rights);
    without(hidden, &mut summary.comment);
    let visible_key = |key: &Key| key_columns(relation, rights, &key.columns);
    TableDescription {
        summary,
        columns,
        primary_key: relation.primary_key.as_ref().and_then(visible_key).unwrap_or_default(),
        unique_keys: relation.unique_keys.iter().filter_map(visible_key).collect(),
        foreign_keys: foreign_keys(catalog, policy, relation, rights),
        rows_filtered: rights.filter.is_some(),
        require_where: rights.require_where.is_some(),
        max_affected_rows: rights.max_affected_rows.as_ref().map(|(most, _)| *most),
        confirm: rights.write.is_some() && rights.confirm.is_some(),
    }
}

/// A column that exists for the principal, with its position among all of the relation.
pub(super) fn column_description(
    catalog: &Catalog,
    policy: &BoundPolicy,
    relation: &Relation,
    rights: &RelationRights,
    (at, column): (usize, &Column),
) -> ColumnDescription {
    let masked = matches!(rights.columns.get(at), Some(ColumnRights::Masked { .. }));
    // A generation expression may name a denied column, a masked column's default may give its values away, and a
    // default may name functions and types that are hidden.
    let hides = rights.is_protected()
        || column.generated
        || catalog.is_foreign(&column.default_calls)
        || column
            .default_types
            .iter()
            .chain([&column.type_oid])
            .any(|one| types::has_hidden_name(catalog, policy.policy(), *one));
    ColumnDescription {
        name: column.name.clone(),
        type_name: types::told(catalog, policy.policy(), column),
        nullable: !column.not_null,
        masked,
        default: column.default.clone().filter(|_| !hides),
        comment: told(relation, rights, column.comment.as_ref()),
    }
}

/// Leaves the comment out if it names something hidden.
fn without(hidden: &HiddenNames, comment: &mut Option<String>) {
    comment.take_if(|text| hidden.are_in(text));
}

/// A comment, unless it mentions a column that doesn't exist for the principal.
fn told(relation: &Relation, rights: &RelationRights, comment: Option<&String>) -> Option<String> {
    comment.filter(|comment| !mentions_hidden(relation, rights, comment)).cloned()
}

/// Whether a text about the relation names a column that doesn't exist for the principal.
pub(super) fn mentions_hidden(relation: &Relation, rights: &RelationRights, text: &str) -> bool {
    let lower = text.to_lowercase();
    relation
        .columns
        .iter()
        .enumerate()
        .any(|(at, column)| !rights.column_visible(at) && lower.contains(&column.name.to_lowercase()))
}

/// The names of a key's columns, if all of them are visible.
pub(super) fn key_columns(relation: &Relation, rights: &RelationRights, numbers: &[i16]) -> Option<Vec<String>> {
    numbers
        .iter()
        .map(|number| {
            let (at, column) = relation.columns.iter().enumerate().find(|(_, column)| column.number == *number)?;
            rights.column_visible(at).then(|| column.name.clone())
        })
        .collect()
}

fn foreign_keys(
    catalog: &Catalog,
    policy: &BoundPolicy,
    relation: &Relation,
    rights: &RelationRights,
) -> Vec<ForeignKeyDescription> {
    relation
        .foreign_keys
        .iter()
        .filter_map(|key| {
            let target = catalog.relation(key.target)?;
            let target_rights = policy.rights(target.oid).filter(|rights| rights.visibility == Visibility::Readable)?;
            Some(ForeignKeyDescription {
                columns: key_columns(relation, rights, &key.columns)?,
                references: format!("{}.{}", target.schema, target.name),
                referenced_columns: key_columns(target, target_rights, &key.target_columns)?,
            })
        })
        .collect()
}
