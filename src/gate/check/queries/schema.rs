//! What made-up queries know of a database: relations with the columns that they may name.

use super::kind::Kind;
use crate::gate::catalog::{Catalog, Oid, Relation, RelationKind, TypeKind};
use crate::gate::check::grammar::quoted;
use crate::gate::policy::{BoundPolicy, ColumnRights, Visibility};

/// A database as the generator of queries sees it.
#[derive(Debug, Clone)]
pub struct Schema {
    /// PostgreSQL's major version.
    pub(super) version: u32,
    pub(super) tables: Vec<Table>,
    pub(super) enums: Vec<EnumType>,
    /// The policy trusts citext, hstore and pg_trgm.
    pub(super) has_extensions: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) schema: String,
    /// As it has to be written.
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Columns of which no two rows have the same values, none of them NULL.
    pub(super) key: Option<Vec<String>>,
    pub(super) can_be_sampled: bool,
    /// Something of it is hidden.
    pub(super) is_protected: bool,
    /// No other table has this name.
    pub(super) name_is_unique: bool,
    /// The policy lets it be written.
    pub(super) is_writable: bool,
}

/// A column, or another expression that can be named, as it has to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) struct EnumType {
    pub(super) name: String,
    pub(super) labels: Vec<String>,
    oid: Oid,
}

/// What a policy makes of a relation, for who makes up queries.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Something of it is denied, masked or filtered.
    pub is_protected: bool,
    /// Names of columns that no query should name.
    pub denied: Vec<String>,
    /// Names of columns that don't have their own values.
    pub masked: Vec<String>,
    /// It may be written.
    pub is_writable: bool,
}

impl Schema {
    /// The relations of a catalog that a policy shows. `seen` says what becomes of each, `None` where it isn't to be
    /// named at all.
    pub fn of(catalog: &Catalog, seen: impl Fn(&Relation) -> Option<Seen>) -> Self {
        let version = catalog.server_version() / 10_000;
        let has_extensions = ["citext", "hstore"].iter().all(|name| catalog.trusted_type_named(name).is_some());
        let mut schema = Self { version, tables: Vec::new(), enums: Vec::new(), has_extensions };
        for one in &catalog.parts().types {
            if let TypeKind::Enum { labels } = &one.kind {
                let name = format!("{}.{}", quoted(&one.schema), quoted(&one.name));
                schema.enums.push(EnumType { name, labels: labels.clone(), oid: one.oid });
            }
        }
        for relation in catalog.parts().relations.iter().filter(|one| one.kind != RelationKind::Sequence) {
            let Some(seen) = seen(relation) else { continue };
            let shown = relation.columns.iter().filter(|column| !seen.denied.contains(&column.name));
            let columns: Vec<Column> = shown
                .map(|column| Column { name: quoted(&column.name), kind: schema.kind(catalog, column.type_oid) })
                .collect();
            let mut key = relation.primary_key.as_ref().map(|key| names(relation, &key.columns));
            let masked: Vec<String> = seen.masked.iter().map(|name| quoted(name)).collect();
            if key.iter().flatten().any(|name| masked.contains(name))
                || key.iter().flatten().any(|name| columns.iter().all(|column| column.name != *name))
            {
                key = None;
            }
            let is_table = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable);
            let named_alike = catalog.parts().relations.iter().filter(|other| other.name == relation.name).count();
            // A parent's key doesn't hold for the rows of those that inherit from it.
            key = key.filter(|_| relation.kind == RelationKind::PartitionedTable || relation.children.is_empty());
            schema.tables.push(Table {
                schema: quoted(&relation.schema),
                name: quoted(&relation.name),
                columns,
                key,
                can_be_sampled: is_table && !seen.is_protected,
                is_protected: seen.is_protected,
                name_is_unique: named_alike == 1,
                is_writable: is_table && seen.is_writable,
            });
        }
        schema
    }

    /// The relations that a policy shows, with what it shows of them.
    pub fn under(catalog: &Catalog, policy: &BoundPolicy) -> Self {
        Self::of(catalog, |relation| {
            let rights = policy.rights(relation.oid).filter(|rights| rights.visibility == Visibility::Readable)?;
            let columns = || relation.columns.iter().zip(&rights.columns);
            let is_denied =
                |rights: &ColumnRights| matches!(rights, ColumnRights::Denied(_) | ColumnRights::Ungoverned(_));
            Some(Seen {
                is_protected: rights.is_protected(),
                is_writable: rights.write.is_some(),
                denied: columns().filter(|(_, is)| is_denied(is)).map(|(column, _)| column.name.clone()).collect(),
                masked: columns()
                    .filter(|(_, is)| matches!(is, ColumnRights::Masked { .. }))
                    .map(|(column, _)| column.name.clone())
                    .collect(),
            })
        })
    }

    fn kind(&self, catalog: &Catalog, oid: Oid) -> Kind {
        let oid = catalog.below_domain(oid);
        if let Some(at) = self.enums.iter().position(|one| one.oid == oid) {
            return Kind::Enum(at);
        }
        let is_known = |_: &&_| oid.is_builtin() || catalog.trusts_type(oid);
        catalog.type_(oid).filter(is_known).map_or(Kind::Other, |one| Kind::of_type(&one.name))
    }
}

fn names(relation: &Relation, numbers: &[i16]) -> Vec<String> {
    let of = |number: &i16| relation.columns.iter().find(|column| column.number == *number);
    numbers.iter().filter_map(of).map(|column| quoted(&column.name)).collect()
}
