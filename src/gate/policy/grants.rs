//! The rights that a policy needs in PostgreSQL, and no others: what the policy opens is granted to one role, column by
//! column, so that PostgreSQL's own privileges are a wall of their own. Works out what is needed, and writes it as text for
//! people to read and run; pgwicket itself never runs it.

mod rows;
mod script;

#[cfg(feature = "server")]
pub(crate) use script::name_of;

use std::collections::{BTreeMap, BTreeSet};

use super::bound::{BoundPolicy, ColumnRights, RelationRights, Visibility};
use super::model::StatementKind;
use crate::gate::catalog::{Catalog, Function, Oid, Relation, RelationKind};
use crate::gate::ir::{Expr, ExprKind, FromItem, ItemId, Node};

/// What the script can't know from the policy and the catalog.
#[derive(Debug, Clone, Default)]
pub struct Live<'a> {
    /// The role that pgwicket logs in as.
    pub login: &'a str,
    /// Functions that PUBLIC may not execute, as far as their privileges were changed.
    pub closed: BTreeSet<Oid>,
    /// Row filters are written as native policies, too.
    pub row_security: bool,
}

/// What a policy's role has to be allowed, by what people look for: relations by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs<'c> {
    pub(crate) schemas: BTreeSet<&'c str>,
    pub(crate) relations: BTreeMap<(&'c str, &'c str), RelationNeeds<'c>>,
    /// Quoted names of sequences.
    pub(crate) sequences: BTreeSet<String>,
    /// Functions that the policy allows by name.
    pub(crate) allowed: BTreeMap<Oid, &'c str>,
    /// Functions that are called beside those, which everyone may call unless PUBLIC was told not to: those of trusted
    /// extensions, of views, and what writing a row runs.
    pub(crate) called: BTreeSet<Oid>,
    /// The policy opens a foreign table.
    foreign: bool,
}

/// What is needed on one relation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RelationNeeds<'c> {
    /// Columns by their position in the relation.
    pub(crate) select: BTreeMap<usize, &'c str>,
    pub(crate) insert: BTreeMap<usize, &'c str>,
    pub(crate) update: BTreeMap<usize, &'c str>,
    pub(crate) delete: bool,
    /// What part of `select` only filters and masks read.
    inner: BTreeSet<&'c str>,
}

#[cfg(feature = "server")]
impl RelationNeeds<'_> {
    /// Whether the policy lets rows be written.
    pub(crate) fn writes(&self) -> bool {
        self.delete || !self.insert.is_empty() || !self.update.is_empty()
    }
}

/// The statements that give `live.login` what the policy needs, through the policy's role, or one of a suggested name where
/// it names none. The same text for the same policy and database.
pub fn grants(policy: &BoundPolicy, catalog: &Catalog, live: &Live<'_>) -> String {
    script::write(&Needs::of(policy, catalog), policy, catalog, live)
}

/// The role that the grants are for, where the policy names none: its name is made of the policy's.
fn suggested_role(policy: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = policy.chars().map(plain).collect();
    let mut role = format!("pgwicket_{name}");
    role.truncate(super::names::NAME_BYTES);
    role
}

impl<'c> Needs<'c> {
    /// What the policy needs in this database.
    pub(crate) fn of(policy: &BoundPolicy, catalog: &'c Catalog) -> Self {
        let mut needs = Self::default();
        let parts = catalog.parts();
        for relation in &parts.relations {
            if let Some(rights) = policy.rights(relation.oid).filter(|rights| rights.visibility == Visibility::Readable)
            {
                needs.relation(policy, catalog, relation, rights);
            }
        }
        for function in parts.functions.iter().filter(|function| policy.allows_function(function.oid)) {
            needs.allowed.insert(function.oid, &function.schema);
            needs.schemas.insert(&function.schema);
        }
        let is_used = |function: &&Function| function.is_curated() || catalog.trust().has_function(function.oid);
        needs.called.extend(parts.functions.iter().filter(is_used).map(|function| function.oid));
        needs.schemas.extend(catalog.trust().schemas());
        needs
    }

    fn relation(
        &mut self,
        policy: &BoundPolicy,
        catalog: &'c Catalog,
        relation: &'c Relation,
        rights: &RelationRights,
    ) {
        let may = |kind| rights.write.is_some() && policy.policy().statements.contains_key(&kind);
        let (insert, update) = (may(StatementKind::Insert), may(StatementKind::Update));
        let mut granted = RelationNeeds { delete: may(StatementKind::Delete), ..RelationNeeds::default() };
        let mut inner: Vec<&Expr> = rights.filter.iter().map(|filter| &filter.condition).collect();
        for (at, (column, right)) in relation.columns.iter().zip(&rights.columns).enumerate() {
            // A default runs for the columns that the statement doesn't write, too.
            let default = column.default.as_deref().filter(|_| insert);
            self.sequences.extend(default.and_then(own_sequence));
            if insert || (update && column.generated) {
                self.called.extend(&column.default_calls);
            }
            let name = column.name.as_str();
            match right {
                ColumnRights::Open => {
                    granted.select.insert(at, name);
                    if !column.generated {
                        let write = |on: bool, columns: &mut BTreeMap<usize, &'c str>| {
                            if on {
                                columns.insert(at, name);
                            }
                        };
                        write(insert, &mut granted.insert);
                        write(update, &mut granted.update);
                    }
                    self.schemas.extend(user_type_schema(catalog, column.type_oid));
                }
                ColumnRights::Masked { mask, .. } => {
                    granted.select.insert(at, name);
                    self.schemas.extend(user_type_schema(catalog, column.type_oid));
                    inner.push(mask);
                }
                ColumnRights::Denied(_) | ColumnRights::Ungoverned(_) => {}
            }
        }
        if insert || update {
            self.called.extend(&relation.write_calls);
        }
        self.called_by_view(catalog, relation);
        self.foreign |= relation.kind == RelationKind::ForeignTable;
        self.relations.insert((relation.schema.as_str(), relation.name.as_str()), granted);
        self.schemas.insert(&relation.schema);
        for expr in inner {
            self.read_by(catalog, relation, expr);
        }
    }

    /// What a filter or mask of a relation reads: columns of the relation itself, and of relations in its subqueries.
    fn read_by(&mut self, catalog: &'c Catalog, relation: &'c Relation, expr: &Expr) {
        let mut items: BTreeMap<ItemId, Oid> = BTreeMap::from([(BoundPolicy::SELF, relation.oid)]);
        let mut columns: Vec<(ItemId, usize)> = Vec::new();
        expr.walk(&mut |node| match node {
            Node::From(FromItem::Relation(item)) => drop(items.insert(item.id, item.relation.oid)),
            Node::Expr(Expr { kind: ExprKind::Column(column), .. }) => {
                columns.push((column.item, column.column as usize));
            }
            _ => {}
        });
        // To read a table and none of its columns, as EXISTS does, PostgreSQL wants a privilege on some column.
        let unread: Vec<ItemId> =
            items.keys().copied().filter(|item| !columns.iter().any(|(read, _)| read == item)).collect();
        columns.extend(unread.into_iter().filter(|item| *item != BoundPolicy::SELF).map(|item| (item, 0)));
        for (item, at) in columns {
            let Some(of) = items.get(&item).and_then(|oid| catalog.relation(*oid)) else { continue };
            let Some(column) = of.columns.get(at) else { continue };
            self.schemas.insert(&of.schema);
            let granted = self.relations.entry((&of.schema, &of.name)).or_default();
            if granted.select.insert(at, &column.name).is_none() {
                granted.inner.insert(&column.name);
            }
        }
    }

    /// The functions of a view, and of the views that it reads, are called with the rights of whoever reads it; its tables
    /// are read with its owner's.
    fn called_by_view(&mut self, catalog: &Catalog, relation: &Relation) {
        let mut waiting = vec![relation.oid];
        let mut seen = BTreeSet::new();
        while let Some(oid) = waiting.pop() {
            let Some(one) = catalog.relation(oid).filter(|one| one.kind == RelationKind::View) else { continue };
            if let Some(reads) = one.view.as_ref().filter(|_| seen.insert(oid)) {
                self.called.extend(&reads.functions);
                waiting.extend(&reads.relations);
            }
        }
    }
}

/// The schema of a type that isn't built in: casts to it look its name up there. Of an array, the element's.
fn user_type_schema(catalog: &Catalog, oid: Oid) -> Option<&str> {
    let found = catalog.type_(oid).filter(|_| !oid.is_builtin())?;
    Some(found.schema.as_str())
}

/// The sequence of `nextval('sales.orders_id_seq'::regclass)`, already quoted as PostgreSQL does.
fn own_sequence(default: &str) -> Option<String> {
    let name = default.strip_prefix("nextval('")?.strip_suffix("'::regclass)")?;
    Some(name.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_of_defaults_are_found() {
        for (default, expected) in [
            ("nextval('sales.orders_id_seq'::regclass)", Some("sales.orders_id_seq")),
            ("nextval('sales.\"It''s\"'::regclass)", Some("sales.\"It's\"")),
            ("now()", None),
            ("1", None),
        ] {
            assert_eq!(own_sequence(default).as_deref(), expected, "{default}");
        }
        assert_eq!(suggested_role("Sales: EU"), "pgwicket_sales__eu");
    }
}
