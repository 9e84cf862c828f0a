//! The grants that a policy needs in PostgreSQL, and no others: what the policy opens is granted to one role, column by
//! column, so that PostgreSQL's own privileges are a wall of their own. Writes text for people to read and run;
//! pgwicket itself never runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::bound::{BoundPolicy, ColumnRights, RelationRights, Visibility};
use super::model::StatementKind;
use crate::gate::catalog::{Catalog, Oid, Relation};

use crate::gate::ir::{Expr, ExprKind, FromItem, ItemId, Node};
use crate::gate::lower::is_plain_name;

/// What is granted, by what people look for: relations by name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Grants<'c> {
    schemas: BTreeSet<&'c str>,
    relations: BTreeMap<(&'c str, &'c str), RelationGrants<'c>>,
    sequences: BTreeSet<String>,
    functions: BTreeSet<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct RelationGrants<'c> {
    /// Columns by their position in the relation.
    select: BTreeMap<usize, &'c str>,
    insert: BTreeMap<usize, &'c str>,
    update: BTreeMap<usize, &'c str>,
    delete: bool,
    /// What part of `select` only filters and masks read.
    inner: BTreeSet<&'c str>,
}

/// The statements that give `login` what the policy needs, through the policy's role, or one of a suggested name where
/// it names none. The same text for the same policy and database.
pub fn grants(policy: &BoundPolicy, catalog: &Catalog, login: &str) -> String {
    let suggested = suggested_role(&policy.policy().name);
    let role = policy.policy().role.as_deref().unwrap_or(&suggested);
    let mut collected = Grants::default();
    for relation in &catalog.parts().relations {
        if let Some(rights) = policy.rights(relation.oid).filter(|rights| rights.visibility == Visibility::Readable) {
            collected.relation(policy, catalog, relation, rights);
        }
    }
    for (schema, signature) in policy.policy().functions.allow.iter().map(|one| &one.value) {
        if let Some((name, arguments)) = signature.split_once('(') {
            collected.functions.insert(format!("{}.{}({arguments}", name_of(schema), name_of(name)));
        }
        collected.schemas.extend(catalog.parts().schemas.iter().map(String::as_str).filter(|known| known == schema));
    }
    collected.schemas.extend(catalog.trust().schemas());
    collected.write(policy, catalog, role, login)
}

/// A role's name made of the policy's.
fn suggested_role(policy: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = policy.chars().map(plain).collect();
    let mut role = format!("pgwicket_{name}");
    role.truncate(super::names::NAME_BYTES);
    role
}

impl<'c> Grants<'c> {
    fn relation(
        &mut self,
        policy: &BoundPolicy,
        catalog: &'c Catalog,
        relation: &'c Relation,
        rights: &RelationRights,
    ) {
        let may = |kind| rights.write.is_some() && policy.policy().statements.contains_key(&kind);
        let (insert, update) = (may(StatementKind::Insert), may(StatementKind::Update));
        let mut granted = RelationGrants { delete: may(StatementKind::Delete), ..RelationGrants::default() };
        let mut inner: Vec<&Expr> = rights.filter.iter().map(|filter| &filter.condition).collect();
        for (at, (column, right)) in relation.columns.iter().zip(&rights.columns).enumerate() {
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
                    let default = column.default.as_deref().filter(|_| insert);
                    self.sequences.extend(default.and_then(own_sequence));
                }
                ColumnRights::Masked { mask, .. } => {
                    granted.select.insert(at, name);
                    self.schemas.extend(user_type_schema(catalog, column.type_oid));
                    inner.push(mask);
                }
                ColumnRights::Denied(_) | ColumnRights::Ungoverned(_) => {}
            }
        }
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

    fn write(&self, policy: &BoundPolicy, catalog: &Catalog, role: &str, login: &str) -> String {
        let policy = policy.policy();
        let mut out = format!(
            "-- What the policy `{}` needs in the database `{}`, and nothing else.\n-- Run it as the owner of the \
             tables, and again when the policy or the tables change.\n",
            comment(&policy.name),
            comment(&catalog.parts().database)
        );
        if policy.role.is_none() {
            let key = comment(&format!("role = {role:?}"));
            let _ = writeln!(out, "-- The policy names no role: add `{key}` to it, or these grants hold nothing back.");
        }
        let (role, login) = (name_of(role), name_of(login));
        let quoted = |name: &str| name.replace('\'', "''");
        out += "BEGIN;\n\n-- Nobody logs in as this role: pgwicket sets it for each transaction.\n";
        let _ = writeln!(
            out,
            "DO 'BEGIN CREATE ROLE {} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END';\nGRANT {role} TO {login};",
            quoted(&role)
        );
        out += "\n-- What was granted to it before and is no longer needed.\n";
        let schemas: BTreeSet<String> = catalog.parts().schemas.iter().map(|schema| name_of(schema)).collect();
        let schemas = schemas.into_iter().collect::<Vec<_>>().join(", ");
        for what in ["SCHEMA", "ALL TABLES IN SCHEMA", "ALL SEQUENCES IN SCHEMA"] {
            let _ = writeln!(out, "REVOKE ALL ON {what} {schemas} FROM {role};");
        }
        out += "\n-- Names are looked up in these schemas.\n";
        for schema in &self.schemas {
            let _ = writeln!(out, "GRANT USAGE ON SCHEMA {} TO {role};", name_of(schema));
        }
        out += "\n-- Columns that the policy opens, and those that its masks and row filters read.\n";
        for ((schema, name), granted) in &self.relations {
            granted.write(&mut out, &format!("{}.{}", name_of(schema), name_of(name)), &role);
        }
        for sequence in &self.sequences {
            let _ = writeln!(out, "GRANT USAGE ON SEQUENCE {sequence} TO {role};");
        }
        for function in &self.functions {
            let _ = writeln!(out, "GRANT EXECUTE ON FUNCTION {function} TO {role};");
        }
        out += "\nCOMMIT;\n";
        out
    }
}

impl RelationGrants<'_> {
    fn write(&self, out: &mut String, relation: &str, role: &str) {
        let list =
            |columns: &BTreeMap<usize, &str>| columns.values().map(|name| name_of(name)).collect::<Vec<_>>().join(", ");
        if !self.inner.is_empty() {
            let names: Vec<String> = self.inner.iter().map(|name| comment(name)).collect();
            let _ = writeln!(out, "-- Of these only for row filters and masks: {}.", names.join(", "));
        }
        for (privilege, columns) in [("SELECT", &self.select), ("INSERT", &self.insert), ("UPDATE", &self.update)] {
            if !columns.is_empty() {
                let _ = writeln!(out, "GRANT {privilege} ({}) ON {relation} TO {role};", list(columns));
            }
        }
        if self.delete {
            let _ = writeln!(out, "GRANT DELETE ON {relation} TO {role};");
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

/// A name as PostgreSQL reads it, quoted where it has to be.
fn name_of(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A text that can't end a comment's line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_postgres_needs_it() {
        for (name, expected) in [
            ("customers", "customers"),
            ("user", "\"user\""),
            ("Mixed", "\"Mixed\""),
            ("a\"b", "\"a\"\"b\""),
            ("x; DROP", "\"x; DROP\""),
            ("1st", "\"1st\""),
            ("left", "\"left\""),
            ("values", "\"values\""),
        ] {
            assert_eq!(name_of(name), expected);
        }
        assert_eq!(suggested_role("Sales: EU"), "pgwicket_sales__eu");
        assert_eq!(comment("a\nDROP TABLE x"), "a?DROP TABLE x");
    }

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
    }
}
