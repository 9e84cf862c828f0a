//! Constraints, generated columns and indexes that look at several columns of a row, or at several rows, together. Who
//! may write the one column and not read the other could ask about it by whether the write is refused.

use std::collections::BTreeSet;

use crate::gate::catalog::{Catalog, Looks, Relation};
use crate::gate::ir::TargetColumn;
use crate::gate::policy::model::StatementKind;
use crate::gate::policy::{BoundPolicy, ColumnRights, RelationRights, Visibility};

const HIDDEN: &str =
    "checks, generated columns or indexes that join a column which is written with one which can't be read";
const ROWS: &str = "an exclusion constraint that compares rows with those which are filtered out";

/// What of that a write of these columns runs, on the target and everything below it.
pub(super) fn with_hidden(
    catalog: &Catalog,
    policy: &BoundPolicy,
    relation: &Relation,
    rights: &RelationRights,
    kinds: &[StatementKind],
    columns: &[&TargetColumn],
) -> BTreeSet<&'static str> {
    let (inserts, updates) = (kinds.contains(&StatementKind::Insert), kinds.contains(&StatementKind::Update));
    let mut found = BTreeSet::new();
    for one in catalog.tree(relation.oid).into_iter().filter(|_| inserts || updates) {
        let (hidden, written) = (hidden(policy, relation, rights, one), written(one, columns));
        let some_of = |set: &BTreeSet<i16>, all: &[i16]| {
            all.iter().any(|number| if *number == 0 { !set.is_empty() } else { set.contains(number) })
        };
        let filtered = rights.filter.is_some() || policy.rights(one.oid).is_some_and(|own| own.filter.is_some());
        for looks in &one.together {
            let (columns, asks, compares) = match looks {
                // In a new row the hidden columns have their defaults, of which there is nothing to ask.
                Looks::Row(columns) | Looks::Generates { column: _, from: columns } => (columns, updates, false),
                Looks::Unique(columns) => (columns, true, false),
                Looks::Excludes(columns) => (columns, true, true),
            };
            let others = !matches!(looks, Looks::Row(_) | Looks::Generates { .. });
            let asks = asks && (some_of(&written, columns) || inserts && others);
            if asks && some_of(&hidden, columns) {
                found.insert(HIDDEN);
            }
            if asks && compares && filtered {
                found.insert(ROWS);
            }
        }
    }
    found
}

/// Columns of the target, or of what is below it, that the principal doesn't read as they are.
fn hidden(policy: &BoundPolicy, target: &Relation, rights: &RelationRights, one: &Relation) -> BTreeSet<i16> {
    let is_open = |rights: &RelationRights, at| matches!(rights.columns.get(at), Some(ColumnRights::Open));
    let own = policy.rights(one.oid).filter(|own| own.visibility == Visibility::Readable);
    let hidden = one.columns.iter().enumerate().filter(|(at, column)| match target.column(&column.name) {
        Some((above, _)) => !is_open(rights, above),
        None => !own.is_some_and(|own| is_open(own, *at)),
    });
    hidden.map(|(_, column)| column.number).collect()
}

/// The columns that are written, and what is generated from them.
fn written(one: &Relation, columns: &[&TargetColumn]) -> BTreeSet<i16> {
    let named = columns.iter().filter_map(|column| one.column(&column.name));
    let mut written: BTreeSet<i16> = named.map(|(_, column)| column.number).collect();
    for looks in &one.together {
        if let Looks::Generates { column, from } = looks
            && from.iter().any(|number| written.contains(number))
        {
            written.insert(*column);
        }
    }
    written
}
