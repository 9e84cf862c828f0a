//! Row filters as native policies, so that PostgreSQL itself holds the role to them.

use std::fmt::Write;

use super::script::{comment, name_of};
use crate::gate::catalog::{Catalog, Relation, RelationKind};
use crate::gate::emit::emit_native_condition;
use crate::gate::ir::{FromItem, Node};
use crate::gate::policy::bound::{BoundPolicy, RowFilter, Visibility};

/// Bytes of the role's name that the names of policies begin with.
const PREFIX: usize = 50;

const OPENING: &str = "
-- Row-level security: PostgreSQL itself holds the role to the policy's row filters.
--
-- !! This concerns EVERYONE who reads or writes these tables. Where row-level security is on, every role but the table's
-- !! owner, superusers and roles with BYPASSRLS sees NO ROW and writes none, unless a policy lets it. Below each table
-- !! stands, as a comment, the policy that leaves everyone else's rows as they are: take it in unless you have your own.
--
-- FORCE ROW LEVEL SECURITY, which would hold the owner, too, is not ours to decide: the owner may be who runs your
-- migrations. A view reads with its owner's rights: one that the tables' owner made shows all rows, as before.
-- The values of the principal's attributes come from settings, `pgwicket.NAME`, which pgwicket sets in each transaction that
-- reads a table with row-level security. Without them no row is seen. Whoever gets to run SQL of his own as this role can set
-- them, too: this wall stands behind the gate, not in its place.
";

/// The native policies of every filtered table.
pub(super) fn write(out: &mut String, policy: &BoundPolicy, catalog: &Catalog, role: &str) {
    *out += OPENING;
    let path = catalog.trust().search_path().unwrap_or_else(|| "pg_catalog, pg_temp".to_owned());
    for (name, value) in [
        ("search_path", path.as_str()),
        ("standard_conforming_strings", "on"),
        ("TimeZone", "'UTC'"),
        ("DateStyle", "'ISO, MDY'"),
        ("IntervalStyle", "'postgres'"),
    ] {
        let _ = writeln!(out, "SET LOCAL {name} = {value};");
    }
    let mut filtered: Vec<(&Relation, &RowFilter)> = Vec::new();
    for relation in &catalog.parts().relations {
        let rights = policy.rights(relation.oid).filter(|rights| rights.visibility == Visibility::Readable);
        filtered.extend(rights.and_then(|rights| Some((relation, rights.filter.as_ref()?))));
    }
    filtered.sort_by_key(|(relation, _)| (&relation.schema, &relation.name));
    for (relation, filter) in filtered {
        let name = format!("{}.{}", name_of(&relation.schema), name_of(&relation.name));
        match impossible(relation, filter, policy, catalog) {
            Some(why) => {
                let _ = writeln!(out, "\n-- {}: not written, since {why}. The gate filters it.", comment(&name));
            }
            None => table(out, relation, filter, policy, &name, role),
        }
    }
}

fn table(out: &mut String, relation: &Relation, filter: &RowFilter, policy: &BoundPolicy, name: &str, role: &str) {
    let condition =
        emit_native_condition(&filter.condition, &relation.schema, &relation.name, &policy.policy().attributes);
    let end = role.floor_char_boundary(PREFIX);
    let prefix = role.get(..end).unwrap_or(role);
    let (sees, rows) = (name_of(&format!("{prefix}_sees")), name_of(&format!("{prefix}_rows")));
    let role = name_of(role);
    let _ = writeln!(
        out,
        "\nALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n\
         DROP POLICY IF EXISTS {sees} ON {name};\nCREATE POLICY {sees} ON {name} TO {role} USING (true);\n\
         -- Restrictive: no other policy, for PUBLIC or for a role that this one is a member of, shows more.\n\
         DROP POLICY IF EXISTS {rows} ON {name};\n\
         CREATE POLICY {rows} ON {name} AS RESTRICTIVE TO {role} USING ({condition});\n\
         -- CREATE POLICY everyone_else ON {name} TO PUBLIC USING (true);"
    );
}

/// Why a filter has no native form that shows the same rows.
fn impossible(
    relation: &Relation,
    filter: &RowFilter,
    policy: &BoundPolicy,
    catalog: &Catalog,
) -> Option<&'static str> {
    if !matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable) {
        return Some("only tables have row-level security");
    }
    let mut nested = false;
    filter.condition.walk(&mut |node| {
        if let Node::From(FromItem::Relation(item)) = node {
            let oid = item.relation.oid;
            let filters = policy.rights(oid).is_some_and(|rights| rights.filter.is_some());
            nested |= filters || catalog.relation(oid).is_some_and(|read| read.row_security);
        }
    });
    nested.then_some(
        "its filter reads a table that has a row filter or row-level security of its own, which would hold inside the filter, too",
    )
}
