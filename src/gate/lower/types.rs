//! Which types a statement may cast to.

use sqlparser::ast::DataType;

use super::size::refuse_many_corners;
use super::type_name::TypeName;
use super::{Lowering, Mode, not_supported, not_yet};
use crate::gate::catalog::{Oid, Type, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Literal, Ty, TypeRef};
use crate::gate::policy::Visibility;
use crate::gate::source::Span;

impl Lowering<'_> {
    /// The type to cast to, governed and visible.
    pub(super) fn type_ref(&mut self, data_type: &DataType, span: Span) -> Result<TypeRef, Rejection> {
        let name = self.type_name(data_type, span)?;
        if !name.is_emitted() {
            self.only_clients_write("a type without its schema", span)?;
        }
        self.lookup_type(&name, span)
    }

    /// CAST(expr AS type).
    pub(super) fn cast(&mut self, expr: Expr, to: TypeRef, span: Span) -> Result<Expr, Rejection> {
        let ty = self.type_of_ref(&to);
        self.refuse_user_cast(&expr, ty, span)?;
        if self.mode == Mode::Client {
            refuse_many_corners(&expr, &to, span)?;
        }
        Ok(Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(ty).at(span))
    }

    /// The type's OID, the array's where it is one.
    pub(super) fn type_of_ref(&self, to: &TypeRef) -> Ty {
        if to.array { self.array_of(to.oid) } else { Some(to.oid) }
    }

    /// A cast of an expression, even an explicit one, must not run a function that a user made. Literals and
    /// parameters take the type's input function, no cast.
    fn refuse_user_cast(&self, expr: &Expr, to: Ty, span: Span) -> Result<(), Rejection> {
        // What is read again was judged when more was known of its types: the gate's own forms may have none.
        if self.mode == Mode::Verify
            || matches!(expr.kind, ExprKind::Literal(Literal::String(_) | Literal::Null) | ExprKind::Parameter(_))
        {
            return Ok(());
        }
        if self.catalog.has_user_cast(expr.ty, to) {
            return Err(
                Rejection::new(Reason::TypeNotAllowed, "the cast would run a user-defined cast function").at(span)
            );
        }
        Ok(())
    }

    /// Whether it is an array type.
    pub(super) fn is_array(&self, oid: Oid) -> bool {
        self.catalog.type_(oid).is_some_and(|one| matches!(one.kind, TypeKind::Array { .. }))
    }

    /// The array type over it.
    pub(super) fn array_of(&self, element: Oid) -> Ty {
        self.catalog.type_(element).map(|one| one.array).filter(|array| *array != Oid(0))
    }

    /// Looks the type up: `pg_catalog` first, then trusted extensions, then the policy's search path, as an unqualified name
    /// does everywhere.
    pub(super) fn lookup_type(&self, name: &TypeName, span: Span) -> Result<TypeRef, Rejection> {
        let written = match &name.schema {
            Some(schema) => format!("{schema}.{}", name.name),
            None => name.name.clone(),
        };
        let found = match &name.schema {
            Some(schema) => self.catalog.type_named(schema, &name.name),
            None => self.unqualified_type(&name.name, span)?,
        };
        let missing = || {
            Rejection::new(Reason::TypeNotAllowed, format!("type `{written}` does not exist or may not be used"))
                .at(span)
        };
        let Some(found) = found else { return Err(missing()) };
        if !self.schema_visible(&found.schema) && !self.catalog.trusts_type(found.oid) {
            let truth = format!("type `{written}` is in a schema that the policy doesn't open");
            return Err(missing().concealing(Reason::TypeNotAllowed, truth, None));
        }
        let element = match found.kind {
            // `_int4` is the array type's own name.
            TypeKind::Array { element } => self.catalog.type_(element).ok_or_else(missing)?,
            _ => found,
        };
        if let TypeKind::Composite { relation, is_relation: true, .. } = element.kind
            && !self.relation_visible(relation)
        {
            let truth = format!("type `{written}` is the row type of a relation that is hidden");
            return Err(missing().concealing(Reason::TypeNotAllowed, truth, None));
        }
        self.castable(element, &written, span)?;
        if name.modifiers.iter().any(|modifier| *modifier < 0) {
            return Err(not_yet("a negative type modifier", span));
        }
        if let Some(shape) = name.shape.as_deref().filter(|shape| !self.catalog.trust().has_shape(element.oid, shape)) {
            return Err(not_supported(&format!("the type modifier `{shape}`"), span));
        }
        Ok(TypeRef {
            oid: element.oid,
            schema: element.schema.clone(),
            name: element.name.clone(),
            modifiers: name.modifiers.clone(),
            shape: name.shape.clone(),
            interval: name.interval.map(str::to_owned),
            array: name.array || element.oid != found.oid,
        })
    }

    fn unqualified_type(&self, name: &str, span: Span) -> Result<Option<&Type>, Rejection> {
        if let Some(found) = self.catalog.type_named("pg_catalog", name) {
            return Ok(Some(found));
        }
        if let Some(found) = self.catalog.trusted_type_named(name) {
            return Ok(Some(found));
        }
        let mut found = self
            .policy
            .policy()
            .search_path
            .iter()
            .filter(|schema| *schema != "pg_catalog")
            .filter_map(|schema| self.catalog.type_named(schema, name));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Rejection::new(
                Reason::AmbiguousName,
                format!("type `{name}` is in more than one schema of the search path"),
            )
            .at(span)
            .help("write the schema before it")),
            (first, _) => Ok(first),
        }
    }

    /// Whether names of the schema exist for the principal. What belongs to the policy itself, or was emitted, isn't
    /// asked.
    pub(super) fn schema_visible(&self, schema: &str) -> bool {
        match self.mode {
            Mode::Client => schema == "pg_catalog" || self.policy.policy().schemas.contains_key(schema),
            Mode::Policy | Mode::Verify => true,
        }
    }

    /// Whether the relation exists for the principal, where visibility applies.
    fn relation_visible(&self, relation: Oid) -> bool {
        match self.mode {
            Mode::Client => {
                self.policy.rights(relation).is_some_and(|rights| !matches!(rights.visibility, Visibility::Hidden(_)))
            }
            Mode::Policy | Mode::Verify => true,
        }
    }

    /// Whether a value may be cast to the type: it is governed, and its input runs no check of a user's.
    pub(super) fn castable(&self, one: &Type, written: &str, span: Span) -> Result<(), Rejection> {
        if let Err(why) = self.catalog.governed(one.oid) {
            let message = format!("type `{written}` may not be used: {why}");
            return Err(Rejection::new(Reason::TypeNotAllowed, message).at(span));
        }
        match &one.kind {
            TypeKind::Domain { constrained: true, .. } => {
                Err(not_yet(&format!("casting to `{written}`, a domain with constraints,"), span))
            }
            TypeKind::Domain { base, constrained: false, .. } => match self.catalog.type_(*base) {
                Some(base) => self.castable(base, written, span),
                None => Err(not_yet(&format!("casting to `{written}`"), span)),
            },
            TypeKind::Array { element } => match self.catalog.type_(*element) {
                Some(element) => self.castable(element, written, span),
                None => Err(not_yet(&format!("casting to `{written}`"), span)),
            },
            TypeKind::Composite { .. } => Err(not_yet(&format!("casting to `{written}`, a composite type,"), span)),
            TypeKind::Base
            | TypeKind::Enum { .. }
            | TypeKind::Pseudo
            | TypeKind::Range { .. }
            | TypeKind::Multirange { .. } => Ok(()),
        }
    }
}
