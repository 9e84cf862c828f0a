//! Functions whose result can be far bigger than their arguments: what makes it big is bounded. A constant over the
//! bound is refused; what isn't constant goes through LEAST, so that the result is cut off at the bound.

use super::function::Callee;
use super::{Lowering, not_supported, not_yet};
use crate::gate::catalog::builtin::{self, Size, Verdict};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Literal, TypeRef};
use crate::gate::source::Span;

/// LEAST that gives NULL for NULL, and takes what the bounded functions take.
const SMALLER: &str = "int4smaller";

/// Characters, repetitions or elements at most.
const BOUND: u64 = 1_000_000;

impl Lowering<'_> {
    /// Bounds the arguments that make a result big.
    pub(super) fn bound_sizes(
        &mut self,
        callee: &Callee<'_>,
        arguments: &mut [Expr],
        span: Span,
    ) -> Result<(), Rejection> {
        if callee.schema != "pg_catalog" {
            return Ok(());
        }
        for one in &callee.candidates {
            let Verdict::Allowed { function, group: _ } = builtin::verdict(&one.name, &one.argument_names) else {
                continue;
            };
            match function.size {
                None => {}
                Some(Size::Length(at)) => self.bound_length(argument(arguments, at), 1, span)?,
                Some(Size::Times(at)) => {
                    let each = arguments.first().and_then(text_length).unwrap_or(1);
                    self.bound_length(argument(arguments, at), each.max(1), span)?;
                }
                Some(Size::Corners(at)) => bound_corners(argument(arguments, at), span)?,
                Some(Size::Dimensions(at)) => bound_dimensions(argument(arguments, at), span)?,
                Some(Size::Widths(at)) => bound_widths(argument(arguments, at), span)?,
                // The rows of a series are capped, and its time is. A product stays below PostgreSQL's own bound of
                // a gigabyte a value; a program is bounded by time.
                Some(Size::Series | Size::Product(..) | Size::Program(_)) => {}
            }
        }
        Ok(())
    }

    /// Bounds a length, or a number of repetitions of something `each` long.
    fn bound_length(&mut self, argument: Option<&mut Expr>, each: u64, span: Span) -> Result<(), Rejection> {
        let Some(argument) = argument else { return Ok(()) };
        if let Some(value) = constant(argument) {
            return if value.saturating_mul(each) <= BOUND { Ok(()) } else { Err(too_big(span)) };
        }
        if is_bounded(argument) {
            return Ok(());
        }
        let int4 = self.builtin_type("int4");
        let bound = Expr::new(ExprKind::Literal(Literal::Number(BOUND.to_string()))).typed(int4);
        let unbounded = std::mem::replace(argument, bound.clone());
        *argument = self.builtin_call(SMALLER, vec![unbounded, bound])?;
        Ok(())
    }
}

/// What this file made of an argument, read again; or what a client wrote to the same effect.
fn is_bounded(argument: &Expr) -> bool {
    match &argument.kind {
        ExprKind::Call(call) => {
            let smaller = call.function.schema == "pg_catalog" && call.function.name == SMALLER;
            smaller && call.arguments.last().and_then(constant).is_some_and(|value| value <= BOUND)
        }
        _ => false,
    }
}

/// Arguments count from 1.
fn argument(arguments: &mut [Expr], at: u8) -> Option<&mut Expr> {
    arguments.get_mut(usize::from(at).checked_sub(1)?)
}

fn constant(expr: &Expr) -> Option<u64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(digits)) => Some(digits.parse().unwrap_or(u64::MAX)),
        _ => None,
    }
}

fn text_length(expr: &Expr) -> Option<u64> {
    match &expr.kind {
        ExprKind::Literal(Literal::String(text)) => Some(text.chars().count() as u64),
        ExprKind::Cast { expr, to: _ } => text_length(expr),
        _ => None,
    }
}

/// Corners of a shape at most, and bytes of the literal that has them.
const CORNERS: u64 = 1_000;
pub(in crate::gate) const SHAPE_BYTES: usize = 16_384;

fn bound_corners(argument: Option<&mut Expr>, span: Span) -> Result<(), Rejection> {
    match argument.as_deref().and_then(constant) {
        Some(corners) if corners <= CORNERS => Ok(()),
        Some(_) => {
            Err(Rejection::new(Reason::LimitExceeded, format!("the shape would have more than {CORNERS} corners"))
                .at(span))
        }
        None => Err(not_yet("a number of corners that isn't written out", span).help("write it as a number")),
    }
}

/// Whether it is a type whose values may have many corners.
pub(in crate::gate) fn has_corners(schema: &str, name: &str) -> bool {
    schema == "pg_catalog" && matches!(name, "path" | "polygon")
}

/// Paths and polygons with many corners are made by nothing but a stored value: see [`Size::Corners`]. How long the value of a
/// parameter is, is seen when it comes.
pub(super) fn refuse_many_corners(expr: &Expr, to: &TypeRef, span: Span) -> Result<(), Rejection> {
    if !has_corners(&to.schema, &to.name) {
        return Ok(());
    }
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => Ok(()),
        ExprKind::Parameter(_) if !to.array => Ok(()),
        ExprKind::Literal(Literal::String(text)) if text.len() <= SHAPE_BYTES => Ok(()),
        _ if expr.ty.is_some_and(|ty| ty == to.oid) && !to.array => Ok(()),
        _ => Err(not_supported(&format!("casting anything but a short literal or a parameter to {}", to.name), span)
            .help("write the shape out, or read it from a column of this type")),
    }
}

/// The lengths must be written out, so that their product is known.
fn bound_dimensions(argument: Option<&mut Expr>, span: Span) -> Result<(), Rejection> {
    let Some(argument) = argument else { return Ok(()) };
    let ExprKind::Array(lengths) = &argument.kind else {
        return Err(not_yet("an array of lengths that isn't written out", span).help("write ARRAY[2, 3]"));
    };
    let product = lengths.iter().try_fold(1_u64, |product, one| Some(product.saturating_mul(constant(one)?)));
    match product {
        None => Err(not_yet("a length that isn't a number", span).help("write ARRAY[2, 3]")),
        Some(product) if product > BOUND => Err(too_big(span)),
        Some(_) => Ok(()),
    }
}

/// The template must be written out, so that the widths in it are known.
fn bound_widths(argument: Option<&mut Expr>, span: Span) -> Result<(), Rejection> {
    let Some(argument) = argument else { return Ok(()) };
    let ExprKind::Literal(Literal::String(template)) = &argument.kind else {
        return Err(not_yet("`format` with a template that isn't a literal", span).help("use `||` or concat()"));
    };
    // A width stands between the percent sign and the letter: digits, or a star that takes it from an argument. Any
    // run of digits counts, so positions (`%1$s`) are held to the bound, too.
    let mut rest = template.as_str();
    while let Some((_, after)) = rest.split_once('%') {
        let end = after.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(after.len());
        let (specifier, behind) = after.split_at_checked(end).unwrap_or((after, ""));
        if specifier.contains('*') {
            return Err(not_yet("a width of `format` that comes from an argument", span));
        }
        let too_wide = |digits: &str| digits.len() > 7 || digits.parse::<u64>().is_ok_and(|width| width > BOUND);
        if specifier.split(|c: char| !c.is_ascii_digit()).any(too_wide) {
            return Err(too_big(span));
        }
        rest = if specifier.is_empty() { behind.strip_prefix('%').unwrap_or(behind) } else { behind };
    }
    Ok(())
}

fn too_big(span: Span) -> Rejection {
    Rejection::new(Reason::LimitExceeded, format!("the result would be bigger than {BOUND} characters or elements"))
        .at(span)
}
