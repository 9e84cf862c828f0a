//! Whole rows and what has fields: the name of a FROM item where a value stands, `(value).field`, records.
//!
//! A whole row is the row that `*` would show: hidden columns are not in it, masked ones are masked. It is a `record`,
//! never of the relation's own row type, to which casts, operators and functions of a user's could be attached.

use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, SelectItem, SetExpr, TableFactor};

use super::name::Position;
use super::scope::ScopeItem;
use super::select::{is_bare_literal, star};
use super::{Lowering, Mode, not_supported, not_yet};
use crate::gate::catalog::{Oid, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, ItemId, Projection, Ty};
use crate::gate::source::Span;

impl<'a> Lowering<'a> {
    /// The whole row of the FROM item that a name of one to three parts means.
    pub(super) fn whole_row(&self, qualifier: &[String], span: Span) -> Result<Expr, Rejection> {
        self.only_clients_write("a whole row", span)?;
        let item = self.qualifier(qualifier, span)?;
        let written = qualifier.join(".");
        // PostgreSQL reads the whole row of a function that gives one value as that value.
        if let [column] = item.columns.as_slice()
            && item.scalar
        {
            return self.judged(qualifier, span, &[(item, column)], || std::iter::once(item));
        }
        if self.mode == Mode::Policy {
            return Err(not_yet("a whole row in a policy", span).help("name the columns"));
        }
        let Some(id) = item.id else {
            return Err(not_yet(&format!("the whole row of `{written}`, a join with an alias,"), span)
                .help(format!("name the columns, or write `{written}.*` in a subquery's select list")));
        };
        if is_renamed(item) {
            let what = format!("the whole row of `{written}`, whose columns have other names here,");
            return Err(not_yet(&what, span).help("PostgreSQL's versions differ in the names; rename in a subquery"));
        }
        let fields = star([item], &written, span)?;
        let record = self.builtin_type("record");
        Ok(Expr::new(ExprKind::WholeRow { item: id, fields }).typed(record).at(span))
    }

    /// The values of ROW(…), in which PostgreSQL unfolds `t.*`.
    pub(super) fn row_values(&mut self, args: &[FunctionArg]) -> Result<Vec<Expr>, Rejection> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                    let span = self.span(name);
                    self.only_clients_write("`*`", span)?;
                    let qualifier = self.object_name(name)?;
                    let item = self.qualifier(&qualifier, span)?;
                    let unfolded = star([item], &format!("{}.*", qualifier.join(".")), span)?;
                    self.count_unfolded(unfolded.len(), span)?;
                    self.count_copied(unfolded.iter().map(|one| &one.expr), span)?;
                    values.extend(unfolded.into_iter().map(|one| one.expr));
                }
                other => {
                    let (value, star) = self.arguments(std::slice::from_ref(other))?;
                    if star {
                        return Err(not_supported("`*` in ROW(…)", Span::default()).help("write `t.*`"));
                    }
                    values.extend(value);
                }
            }
        }
        Ok(values)
    }

    /// `(base).name`.
    pub(super) fn field(&self, base: Expr, name: &Ident, span: Span) -> Result<Expr, Rejection> {
        let name = self.name(name, Position::Label)?;
        // PostgreSQL reads a field of a whole row as the column, hidden ones included, before it makes the row.
        if let ExprKind::WholeRow { item, fields: _ } = base.kind {
            return match self.item_of(item).and_then(|item| item.alias.as_deref()) {
                Some(alias) => self.qualified_column(&[alias.to_owned(), name], span),
                None => Err(not_yet("a field of this row", span)),
            };
        }
        let fields = self.fields_of(&base);
        let known = fields.is_some();
        let ty = match fields.and_then(|fields| fields.into_iter().find(|(field, _)| *field == name)) {
            // What is no text yet stays of no type in a record, and PostgreSQL then fails with an error of its own.
            Some((_, None)) if is_untyped_field(&base, &name) => {
                return Err(not_yet(&format!("the field `{name}`, a literal without a type,"), span)
                    .help("cast the value in ROW(…), as in 'a'::text"));
            }
            Some((_, ty)) => ty,
            // That there is such a field was asked before it was emitted; types of masks aren't known again.
            None if self.mode == Mode::Verify => None,
            // PostgreSQL would look for a function of that name.
            None if known => {
                let message = format!("the value has no field `{name}`");
                return Err(Rejection::new(Reason::UnknownColumn, message).at(span));
            }
            None => {
                return Err(not_yet(&format!("the field `{name}` of a value whose type isn't known here"), span)
                    .help("take the field where the row comes from, as a column of the subquery"));
            }
        };
        let at = base.origin.0;
        Ok(Expr::new(ExprKind::Field { base: Box::new(base), name }).typed(ty).at(at))
    }

    /// The fields of a value of a composite type, or of what a function with OUT columns gives.
    fn fields_of(&self, base: &Expr) -> Option<Vec<(String, Ty)>> {
        let concrete =
            |(name, ty): &(String, Oid)| (name.clone(), Some(*ty).filter(|ty| self.catalog.is_concrete(*ty)));
        if let ExprKind::Row(values) = &base.kind {
            return Some((1..).zip(values).map(|(number, value): (u32, _)| (format!("f{number}"), value.ty)).collect());
        }
        if let ExprKind::Call(call) = &base.kind {
            let mut outs = call.function.candidates.iter().map(|oid| {
                let function = self.catalog.function(*oid)?;
                let record = self.catalog.type_(function.returns)?.name == "record";
                (record && !function.out_columns.is_empty()).then_some(&function.out_columns)
            });
            if let Some(first) = outs.next().flatten() {
                return outs.all(|other| other == Some(first)).then(|| first.iter().map(concrete).collect());
            }
        }
        match &self.catalog.type_(self.catalog.below_domain(base.ty?))?.kind {
            TypeKind::Composite { is_relation: false, fields, .. } => Some(fields.iter().map(concrete).collect()),
            _ => None,
        }
    }

    fn item_of(&self, id: ItemId) -> Option<&ScopeItem<'a>> {
        self.scope.levels().flat_map(|level| level.items()).find(|item| item.id == Some(id))
    }

    /// A record, as emit writes it; `None` for any other subquery. Only what was emitted is read so: a client's
    /// `COALESCE(r.*)` is a whole row like others.
    pub(super) fn record(&mut self, query: &ast::Query) -> Result<Option<Expr>, Rejection> {
        let list = match (self.mode, emitted_record(query)) {
            (Mode::Verify, Some(list)) => list,
            _ => return Ok(None),
        };
        let mut fields = Vec::with_capacity(list.len());
        for item in list {
            let SelectItem::ExprWithAlias { expr, alias } = item else { return Ok(None) };
            fields.push(Projection { expr: self.expr(expr)?, name: self.output_alias(alias)? });
        }
        let record = self.builtin_type("record");
        Ok(Some(Expr::new(ExprKind::Record(fields)).typed(record)))
    }
}

/// Whether the field is one of ROW(…) that has no type.
fn is_untyped_field(base: &Expr, name: &str) -> bool {
    let ExprKind::Row(values) = &base.kind else { return false };
    (1..).zip(values).any(|(number, value): (u32, _)| name == format!("f{number}") && is_bare_literal(value))
}

/// Whether an alias column list renames a column of a relation. A relation's own names are those of its row type.
fn is_renamed(item: &ScopeItem<'_>) -> bool {
    item.relation.is_some_and(|relation| {
        relation.columns.iter().zip(&item.columns).any(|(own, shown)| own.name.as_str() != shown.name.as_ref())
    })
}

/// The fields in `SELECT COALESCE(r.*) FROM (SELECT …) AS r`.
fn emitted_record(query: &ast::Query) -> Option<&[SelectItem]> {
    let outer = bare_select(query)?;
    let ([SelectItem::UnnamedExpr(ast::Expr::Function(call))], [table]) =
        (outer.projection.as_slice(), outer.from.as_slice())
    else {
        return None;
    };
    let FunctionArguments::List(list) = &call.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(row))] = list.args.as_slice() else { return None };
    let (TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None }, []) =
        (&table.relation, table.joins.as_slice())
    else {
        return None;
    };
    let named = call.name.to_string() == "COALESCE" && row.to_string() == "r";
    if !named || alias.to_string() != "AS r" {
        return None;
    }
    let inner = bare_select(subquery)?;
    inner.from.is_empty().then_some(inner.projection.as_slice())
}

/// A SELECT with neither WITH, WHERE, ORDER BY nor LIMIT.
fn bare_select(query: &ast::Query) -> Option<&ast::Select> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let bare =
        query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none();
    (bare && select.selection.is_none() && select.distinct.is_none()).then_some(select)
}
