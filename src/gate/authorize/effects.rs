//! What a write runs besides the rows that it names: triggers, rules, user functions in checks, indexes and defaults,
//! and the writes that foreign keys pass on, however far they go.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::catalog::{Catalog, ForeignKey, Oid, Relation};
use crate::gate::policy::model::StatementKind;
use crate::gate::policy::{BoundPolicy, RelationRights, Visibility};

const CASCADES: &str = "cascades into tables that may not be written";

/// The side effects, in words that name nothing which may be hidden, and the tables that cascades reach.
pub(super) fn of(
    catalog: &Catalog,
    policy: &BoundPolicy,
    kind: StatementKind,
    relation: &Relation,
) -> (Vec<&'static str>, Vec<Oid>) {
    let mut effects = BTreeSet::new();
    for one in catalog.tree(relation.oid) {
        own(catalog, one, kind, &mut effects);
    }
    let reached = cascades(catalog, policy, kind, relation, &mut effects);
    (effects.into_iter().collect(), reached)
}

/// What writing a row of this very relation runs.
fn own(catalog: &Catalog, relation: &Relation, kind: StatementKind, effects: &mut BTreeSet<&'static str>) {
    if relation.has_rules {
        effects.insert("rewrite rules");
    }
    if !relation.triggers.is_empty() {
        effects.insert("triggers");
    }
    // A row that goes is neither checked nor indexed, and takes no defaults.
    if kind == StatementKind::Delete {
        return;
    }
    if relation.columns.iter().any(|column| catalog.is_foreign(&column.default_calls)) {
        effects.insert("defaults that call functions which are not built in");
    }
    if catalog.is_foreign(&relation.write_calls) {
        effects.insert("checks or indexes that call functions which are not built in");
    }
}

/// What foreign keys pass on, to whatever depth: a row that is deleted or whose key changes may delete or change rows
/// of the table that refers to it, which may do the same to others.
fn cascades(
    catalog: &Catalog,
    policy: &BoundPolicy,
    kind: StatementKind,
    relation: &Relation,
    effects: &mut BTreeSet<&'static str>,
) -> Vec<Oid> {
    let (updates, deletes) = match kind {
        StatementKind::Update => (true, false),
        StatementKind::Delete => (false, true),
        StatementKind::Select
        | StatementKind::Insert
        | StatementKind::Merge
        | StatementKind::Explain
        | StatementKind::ExplainAnalyze => return Vec::new(),
    };
    // By table: whether its rows are updated, and whether they are deleted.
    let mut reached: BTreeMap<Oid, (bool, bool)> =
        catalog.tree(relation.oid).into_iter().map(|one| (one.oid, (updates, deletes))).collect();
    let mut waiting: Vec<Oid> = reached.keys().copied().collect();
    while let Some(oid) = waiting.pop() {
        let (updates, deletes) = reached.get(&oid).copied().unwrap_or((true, true));
        for other in &catalog.parts().relations {
            let passes_on =
                |by: fn(&ForeignKey) -> bool| other.foreign_keys.iter().any(|key| key.target == oid && by(key));
            let by_delete = deletes && passes_on(|key| key.on_delete.writes());
            let by_update = updates && passes_on(|key| key.on_update.writes());
            if !by_delete && !by_update {
                continue;
            }
            for one in catalog.tree(other.oid) {
                if !policy.rights(one.oid).is_some_and(is_writable) {
                    effects.insert(CASCADES);
                }
                if !policy.rights(one.oid).is_some_and(|rights| rights.side_effects) {
                    own(catalog, one, StatementKind::Update, effects);
                }
                // A delete may delete further down, or set a column to NULL, which is an update.
                let before = reached.get(&one.oid).copied().unwrap_or_default();
                let now = (true, before.1 || by_delete);
                if now != before {
                    reached.insert(one.oid, now);
                    waiting.push(one.oid);
                }
            }
        }
    }
    reached.into_keys().collect()
}

fn is_writable(rights: &RelationRights) -> bool {
    rights.write.is_some() && rights.visibility == Visibility::Readable && !rights.is_protected()
}
