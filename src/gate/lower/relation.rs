//! Relations by name: resolved against the true catalog as PostgreSQL would, and only then checked for visibility.

use super::unknown::Truth;
use super::{Lowering, Mode, not_yet};
use crate::gate::catalog::{Relation, RelationKind};
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gate::information::View;
use crate::gate::ir::RelationRef;
use crate::gate::policy::{RelationRights, Visibility};
use crate::gate::source::Span;

/// A relation that the principal may name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// The relation.
    pub relation: &'a Relation,
    /// What the principal may see of it; `None` where visibility doesn't apply.
    pub rights: Option<&'a RelationRights>,
}

impl Found<'_> {
    /// The relation as the IR names it.
    pub(super) fn reference(&self) -> RelationRef {
        let Relation { oid, schema, name, .. } = self.relation;
        RelationRef { oid: *oid, schema: schema.clone(), name: name.clone() }
    }
}

impl<'a> Lowering<'a> {
    /// The relation of that name: `name`, `schema.name` or `database.schema.name`. CTEs are not looked at.
    pub(super) fn relation(&self, parts: &[String], place: Place) -> Result<Found<'a>, Rejection> {
        let relation = match parts {
            [name] => {
                self.only_clients_write("a relation without its schema", Span::default())?;
                if self.mode == Mode::Policy {
                    let message = format!("`{name}` is named without its schema");
                    return Err(Rejection::new(Reason::UnknownRelation, message)
                        .at(place)
                        .help("a policy names tables with their schema, as in `sales.orders`"));
                }
                // PostgreSQL looks into pg_catalog first, whose relations are all named so.
                if name.starts_with("pg_") {
                    return Err(self.system_relation(parts, place));
                }
                let path = &self.policy.policy().search_path;
                path.iter().find_map(|schema| self.catalog.relation_named(schema, name))
            }
            [schema, name] => {
                if is_system_schema(schema) {
                    return Err(self.system_relation(parts, place));
                }
                self.catalog.relation_named(schema, name)
            }
            [database, schema, name] => {
                if *database != self.catalog.parts().database {
                    return Err(self.other_database(place));
                }
                return self.relation(&[schema.clone(), name.clone()], place);
            }
            _ => return Err(Rejection::new(Reason::InvalidStatement, "a relation's name has too many parts").at(place)),
        };
        match relation {
            Some(relation) => self.visible(relation, parts, place),
            None => Err(self.unknown_relation(parts, place, None)),
        }
    }

    /// The view of `information_schema` that the name means, if it is answered. No relation can have such a name.
    pub(super) fn information(&self, parts: &[String]) -> Option<&'static View> {
        let name = match parts {
            [schema, name] if schema == "information_schema" => name,
            [database, schema, name]
                if schema == "information_schema" && *database == self.catalog.parts().database =>
            {
                name
            }
            _ => return None,
        };
        View::named(name).filter(|_| self.mode == Mode::Client)
    }

    /// Checks that a relation that was found exists for the principal.
    fn visible(&self, relation: &'a Relation, parts: &[String], place: Place) -> Result<Found<'a>, Rejection> {
        match self.mode {
            Mode::Client => {}
            Mode::Policy => return self.readable_by_the_policy(relation, parts, place),
            Mode::Verify => return Ok(Found { relation, rights: None }),
        }
        let rights = self.policy.rights(relation.oid);
        match rights.map(|rights| &rights.visibility) {
            Some(Visibility::Readable) => Ok(Found { relation, rights }),
            Some(Visibility::Unsupported(why)) => {
                let mut rejection = not_yet("this relation", Default::default()).at(place);
                rejection.message = format!("relation `{}` can't be used yet: {why}", parts.join("."));
                Err(rejection)
            }
            Some(Visibility::Hidden(rule)) => Err(self.hidden(relation, parts, place, rule.as_ref())),
            None => Err(self.hidden(relation, parts, place, None)),
        }
    }

    /// What the policy itself may read: tables, whatever the principal may see of them. What else a view or a foreign
    /// server reads and runs is nobody's rule.
    fn readable_by_the_policy(
        &self,
        relation: &'a Relation,
        parts: &[String],
        place: Place,
    ) -> Result<Found<'a>, Rejection> {
        let tree = self.catalog.tree(relation.oid);
        let odd = tree.iter().find(|one| !matches!(one.kind, RelationKind::Table | RelationKind::PartitionedTable));
        match odd {
            None => Ok(Found { relation, rights: None }),
            Some(one) => {
                let which = if one.oid == relation.oid { "it is" } else { "a part of it is" };
                let what = match one.kind {
                    RelationKind::View => "a view",
                    RelationKind::MaterializedView => "a materialised view",
                    RelationKind::ForeignTable => "a foreign table",
                    RelationKind::Sequence => "a sequence",
                    RelationKind::Table | RelationKind::PartitionedTable => "a table",
                };
                let message = format!("`{}` can't be read by a policy: {which} {what}", parts.join("."));
                Err(Rejection::new(Reason::NotSupported, message)
                    .at(place)
                    .help("row filters read ordinary and partitioned tables"))
            }
        }
    }

    fn hidden(
        &self,
        relation: &Relation,
        parts: &[String],
        place: Place,
        rule: Option<&crate::gate::diagnostic::Rule>,
    ) -> Rejection {
        let why = if rule.is_some() { "is hidden by the policy" } else { "is not made visible by the policy" };
        let message = format!("relation `{}.{}` {why}", relation.schema, relation.name);
        self.unknown_relation(parts, place, Some(Truth::new(message, rule)))
    }

    pub(super) fn other_database(&self, place: impl Into<Place>) -> Rejection {
        Rejection::new(Reason::InvalidStatement, "a name can't refer to another database").at(place)
    }
}

/// Schemas of PostgreSQL's own; the prefix is reserved.
fn is_system_schema(schema: &str) -> bool {
    schema == "information_schema" || schema.starts_with("pg_")
}
