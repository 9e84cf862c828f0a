//! Forms with syntax of their own that PostgreSQL's grammar turns into function calls: EXTRACT, TRIM, POSITION and
//! kin. They become the same calls here.

use sqlparser::ast::{self, CeilFloorKind, DateTimeField, ExtractSyntax, TrimWhereField};

use super::figure::trim_name;
use super::type_name::TypeName;
use super::{Lowering, not_supported};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Literal};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// `x AT TIME ZONE zone` is `timezone(zone, x)`.
    pub(super) fn at_time_zone(&mut self, value: &ast::Expr, zone: &ast::Expr) -> Result<Expr, Rejection> {
        let (value, zone) = (self.expr(value)?, self.expr(zone)?);
        self.builtin_call("timezone", vec![zone, value])
    }

    /// `EXTRACT(field FROM x)` is `extract('field', x)`, before PostgreSQL 14 `date_part('field', x)`.
    pub(super) fn extract(
        &mut self,
        field: &DateTimeField,
        syntax: &ExtractSyntax,
        value: &ast::Expr,
    ) -> Result<Expr, Rejection> {
        match syntax {
            ExtractSyntax::From => {}
            ExtractSyntax::Comma => return Err(not_supported("EXTRACT with a comma", Span::default())),
        }
        let field = match field {
            DateTimeField::Custom(ident) => self.field_name(ident)?,
            DateTimeField::Week(Some(_)) | DateTimeField::NoDateTime => {
                return Err(not_supported("this field of EXTRACT", Span::default()));
            }
            // The grammar folds the word and hands it on as a string; what it means is the function's business.
            word => word.to_string().to_ascii_lowercase(),
        };
        let value = self.expr(value)?;
        let field = Expr::new(ExprKind::Literal(Literal::String(field)));
        self.builtin_call(self.extract_name(), vec![field, value])
    }

    /// CEIL and FLOOR, which other systems give a second argument.
    pub(super) fn rounded(&mut self, name: &str, value: &ast::Expr, kind: &CeilFloorKind) -> Result<Expr, Rejection> {
        match kind {
            CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {}
            CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_) => {
                return Err(not_supported(&format!("{name} with a second argument"), Span::default())
                    .help("use round(x, digits) or date_trunc"));
            }
        }
        let value = self.expr(value)?;
        self.builtin_call(name, vec![value])
    }

    /// `POSITION(part IN whole)` is `position(whole, part)`.
    pub(super) fn position(&mut self, part: &ast::Expr, whole: &ast::Expr) -> Result<Expr, Rejection> {
        let (part, whole) = (self.expr(part)?, self.expr(whole)?);
        self.builtin_call("position", vec![whole, part])
    }

    /// SUBSTRING in both its forms, and the function `substr`.
    pub(super) fn substring(
        &mut self,
        value: &ast::Expr,
        from: Option<&ast::Expr>,
        length: Option<&ast::Expr>,
        commas: bool,
        shorthand: bool,
    ) -> Result<Expr, Rejection> {
        if shorthand && !commas && (from.is_some() || length.is_some()) {
            return Err(Rejection::new(Reason::InvalidStatement, "`substr` takes its arguments with commas"));
        }
        let mut arguments = vec![self.expr(value)?];
        if let Some(from) = from {
            arguments.push(self.expr(from)?);
        }
        if let Some(length) = length {
            let lowered = self.expr(length)?;
            if from.is_some() {
                arguments.push(lowered);
            } else {
                // SUBSTRING(x FOR n): the grammar starts at 1 and casts the length.
                let one = Expr::new(ExprKind::Literal(Literal::Number("1".to_owned())));
                arguments.push(one.typed(self.builtin_type("int4")));
                let span = lowered.origin.0;
                let to = self.lookup_type(&TypeName::builtin("int4"), span)?;
                arguments.push(self.cast(lowered, to, span)?);
            }
        }
        self.builtin_call(if shorthand { "substr" } else { "substring" }, arguments)
    }

    /// `TRIM(side what FROM x)` is `btrim`, `ltrim` or `rtrim(x, what)`.
    pub(super) fn trim(
        &mut self,
        side: Option<&TrimWhereField>,
        what: Option<&ast::Expr>,
        value: &ast::Expr,
        more: Option<&[ast::Expr]>,
    ) -> Result<Expr, Rejection> {
        let mut arguments = vec![self.expr(value)?];
        if let Some(what) = what {
            arguments.push(self.expr(what)?);
        }
        arguments.extend(self.exprs(more.unwrap_or_default())?);
        self.builtin_call(trim_name(side), arguments)
    }

    /// `OVERLAY(x PLACING y FROM n FOR m)` is `overlay(x, y, n, m)`.
    pub(super) fn overlay(
        &mut self,
        value: &ast::Expr,
        placing: &ast::Expr,
        from: &ast::Expr,
        length: Option<&ast::Expr>,
    ) -> Result<Expr, Rejection> {
        let mut arguments = vec![self.expr(value)?, self.expr(placing)?, self.expr(from)?];
        if let Some(length) = length {
            arguments.push(self.expr(length)?);
        }
        self.builtin_call("overlay", arguments)
    }

    /// `(a, b) OVERLAPS (c, d)` is `overlaps(a, b, c, d)`.
    pub(super) fn overlaps(&mut self, left: &ast::Expr, right: &ast::Expr) -> Result<Expr, Rejection> {
        let mut arguments = Vec::new();
        for side in [left, right] {
            match self.expr(side)?.kind {
                ExprKind::Row(fields) if fields.len() == 2 => arguments.extend(fields),
                _ => {
                    let message = "OVERLAPS stands between two rows of two values";
                    return Err(Rejection::new(Reason::InvalidStatement, message).at(self.span(side)));
                }
            }
        }
        self.builtin_call("overlaps", arguments)
    }
}
