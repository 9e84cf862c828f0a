//! What one relation's protection means for another: partitions and children by inheritance, and views.

use std::collections::{HashMap, HashSet};

use super::bound::{ColumnRights, RelationRights, Visibility};
use super::model::Policy;
use crate::gate::catalog::{Catalog, Oid, Relation, RelationKind, builtin};
use crate::gate::diagnostic::Rule;

/// Refuses what the rules on other relations make unsafe: a parent whose child has rules that the parent's don't
/// imply, a child of a protected parent, a view over something protected.
pub(super) fn protect(
    catalog: &Catalog,
    policy: &Policy,
    relations: &mut HashMap<Oid, RelationRights>,
    functions: &HashSet<Oid>,
) {
    let mut refused: Vec<(Oid, String)> = Vec::new();
    let read_only: HashSet<Oid> = relations
        .iter()
        .filter(|(_, rights)| rights.visibility == Visibility::Readable && rights.write.is_none())
        .map(|(oid, _)| *oid)
        .collect();
    for relation in &catalog.parts().relations {
        let Some(rights) = relations.get(&relation.oid) else { continue };
        if rights.visibility != Visibility::Readable {
            continue;
        }
        if let Err(why) = inheritance(catalog, policy, relations, relation, rights) {
            refused.push((relation.oid, why.to_owned()));
        }
    }
    refuse(relations, &mut refused);
    // A view may read a view: protection only ever grows, so this ends after at most one round a view.
    loop {
        for relation in &catalog.parts().relations {
            let readable = relations.get(&relation.oid).is_some_and(|one| one.visibility == Visibility::Readable);
            let named = policy.tables.contains_key(&(relation.schema.clone(), relation.name.clone()));
            if readable && !named && !view_is_open(catalog, relations, functions, relation) {
                let why = "a view that reads something not fully readable under this policy has to be named by it";
                refused.push((relation.oid, why.to_owned()));
            }
        }
        if refused.is_empty() {
            break;
        }
        refuse(relations, &mut refused);
    }
    fence_views(catalog, relations);
    bound_writes(catalog, policy, relations, &read_only);
}

/// A write of a partition or child by its own name changes what its parents show, so what a rule on a parent says of
/// writes holds there, too. A child is written that its own section opens, where nobody wrote a section for the parent. A
/// parent that is hidden by default deny only has no rules.
///
/// And a write of a parent writes its partitions and children: it is held to the strictest of what is said of them, and
/// isn't allowed where one of them may only be read. A child that nothing opens goes with its parent.
fn bound_writes(
    catalog: &Catalog,
    policy: &Policy,
    relations: &mut HashMap<Oid, RelationRights>,
    read_only: &HashSet<Oid>,
) {
    let named = |one: &Relation| policy.tables.contains_key(&(one.schema.clone(), one.name.clone()));
    let mut bounded = Vec::new();
    for relation in &catalog.parts().relations {
        let Some(own) = relations.get(&relation.oid).filter(|own| own.write.is_some()) else { continue };
        let mut rights = own.clone();
        for ancestor in catalog.ancestors(relation.oid) {
            let Some(theirs) = relations.get(&ancestor.oid) else { continue };
            if matches!(theirs.visibility, Visibility::Hidden(None)) {
                continue;
            }
            if theirs.write.is_none() && (named(ancestor) || !named(relation)) {
                rights.write = None;
            }
            bound(&mut rights, theirs);
        }
        for descendant in catalog.tree(relation.oid).into_iter().filter(|one| one.oid != relation.oid) {
            if read_only.contains(&descendant.oid) {
                rights.write = None;
            }
            if let Some(theirs) = relations.get(&descendant.oid) {
                bound(&mut rights, theirs);
            }
        }
        bounded.push((relation.oid, rights));
    }
    relations.extend(bounded);
}

/// Holds writes to the bounds of another relation, where these are stricter.
fn bound(rights: &mut RelationRights, theirs: &RelationRights) {
    if rights.require_where.is_none() {
        rights.require_where.clone_from(&theirs.require_where);
    }
    if rights.confirm.is_none() {
        rights.confirm.clone_from(&theirs.confirm);
    }
    let most = |cap: &Option<(u64, Rule)>| cap.as_ref().map_or(u64::MAX, |(most, _)| *most);
    if most(&theirs.max_affected_rows) < most(&rights.max_affected_rows) {
        rights.max_affected_rows.clone_from(&theirs.max_affected_rows);
    }
}

/// Views over something not fully readable. PostgreSQL makes one query of a view and the statement that reads it, and
/// evaluates the conditions of both in the order that it likes. Of a view that is a security barrier, too: a condition
/// that can't leak is let in by what it says of the view's column, and then says it of the expression behind that. A
/// function in SQL is opened like a view, whoever may call it.
fn fence_views(catalog: &Catalog, relations: &mut HashMap<Oid, RelationRights>) {
    let no_functions = HashSet::new();
    // Views of such views, too: each round finds one at least.
    loop {
        let mut found = Vec::new();
        for relation in &catalog.parts().relations {
            let Some(rights) = relations.get(&relation.oid) else { continue };
            let is_read = rights.visibility == Visibility::Readable && !rights.view_of_hidden;
            let is_view = relation.kind == RelationKind::View;
            if is_read && is_view && !view_is_open(catalog, relations, &no_functions, relation) {
                found.push(relation.oid);
            }
        }
        if found.is_empty() {
            return;
        }
        for oid in found {
            if let Some(rights) = relations.get_mut(&oid) {
                rights.view_of_hidden = true;
            }
        }
    }
}

fn refuse(relations: &mut HashMap<Oid, RelationRights>, refused: &mut Vec<(Oid, String)>) {
    for (oid, why) in refused.drain(..) {
        if let Some(rights) = relations.get_mut(&oid) {
            rights.visibility = Visibility::Unsupported(why);
            rights.write = None;
        }
    }
}

fn inheritance(
    catalog: &Catalog,
    policy: &Policy,
    relations: &HashMap<Oid, RelationRights>,
    relation: &Relation,
    rights: &RelationRights,
) -> Result<(), &'static str> {
    for ancestor in catalog.ancestors(relation.oid) {
        let open = relations.get(&ancestor.oid).is_some_and(|one| match &one.visibility {
            // Hidden by default deny only: nobody wrote a rule that would have to hold here.
            Visibility::Hidden(None) => !has_rules(one),
            Visibility::Readable => !has_rules(one),
            Visibility::Hidden(Some(_)) | Visibility::Unsupported(_) => false,
        });
        if !open {
            return Err("it is a partition or child of a protected table, whose rules would have to hold here too");
        }
    }
    for descendant in catalog.tree(relation.oid).into_iter().filter(|one| one.oid != relation.oid) {
        let Some(theirs) = relations.get(&descendant.oid) else { return Err("one of its children is not known") };
        // A schema that the policy says nothing of is hidden with all that is in it. In an open one, a child that isn't
        // listed goes with its parent: partitions come and go.
        if descendant.schema != relation.schema && !policy.schemas.contains_key(&descendant.schema) {
            return Err("one of its partitions or children is in a schema that the policy doesn't open");
        }
        if !implied(relation, rights, descendant, theirs) {
            return Err("one of its partitions or children has rules that its own rules do not imply");
        }
    }
    Ok(())
}

/// Whether anything of the relation is denied, masked or filtered by a rule of its own.
fn has_rules(rights: &RelationRights) -> bool {
    rights.filter.is_some()
        || rights.columns.iter().any(|column| match column {
            ColumnRights::Open | ColumnRights::Ungoverned(_) => false,
            ColumnRights::Denied(_) | ColumnRights::Masked { .. } => true,
        })
}

/// Whether the child's own rules hide nothing that the parent's show.
fn implied(parent: &Relation, rights: &RelationRights, child: &Relation, theirs: &RelationRights) -> bool {
    // A foreign table is opened by its own name only, also as a partition.
    let foreign = child.kind == RelationKind::ForeignTable && theirs.visibility != Visibility::Readable;
    if foreign || matches!(theirs.visibility, Visibility::Hidden(Some(_))) {
        return false;
    }
    if theirs.filter.is_some() && theirs.filter != rights.filter {
        return false;
    }
    parent.columns.iter().enumerate().all(|(at, column)| {
        let Some((child_at, _)) = child.column(&column.name) else { return false };
        match (rights.columns.get(at), theirs.columns.get(child_at)) {
            (_, Some(ColumnRights::Open | ColumnRights::Ungoverned(_))) => true,
            (Some(ColumnRights::Denied(_)), Some(_)) => true,
            (Some(ColumnRights::Masked { mask: ours, .. }), Some(ColumnRights::Masked { mask, .. })) => ours == mask,
            _ => false,
        }
    })
}

/// Whether everything that a view reads is open to the principal anyway. True for what is no view.
fn view_is_open(
    catalog: &Catalog,
    relations: &HashMap<Oid, RelationRights>,
    functions: &HashSet<Oid>,
    relation: &Relation,
) -> bool {
    let Some(reads) = &relation.view else {
        return !matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView);
    };
    let relations_open = reads.relations.iter().filter(|oid| **oid != relation.oid).all(|oid| {
        // A system catalog isn't held by the snapshot, so it is never open. Row-level security holds for the view's owner.
        let closed =
            catalog.relation(*oid).is_none_or(|read| read.kind == RelationKind::ForeignTable || read.row_security);
        !closed && relations.get(oid).is_some_and(|rights| !rights.is_protected())
    });
    let functions_open = reads.functions.iter().all(|oid| {
        catalog.function(*oid).is_some_and(|function| {
            if catalog.trust().has_function(*oid) {
                true
            } else if function.oid.is_builtin() {
                matches!(builtin::verdict(&function.name, &function.argument_names), builtin::Verdict::Allowed { .. })
            } else {
                functions.contains(oid)
            }
        })
    });
    relations_open && functions_open
}
