//! Which expressions of a policy's author raise on no value whatever: an allow-list of nodes, functions and casts.
//! What isn't listed is refused with its reason; that an expression could be total nevertheless is no defect.

use super::target::{Target, ValueClass};
use crate::gate::catalog::{Catalog, Oid, TypeKind};
use crate::gate::ir::{Call, Expr, ExprKind, Literal, SpecialForm, TypeRef};
use crate::gate::policy::literals;

/// What an argument of a function must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Argument {
    /// A total expression of a text type.
    Text,
    /// A string literal.
    String,
    /// A whole number, written out.
    Number,
    /// The same, not negative.
    Natural,
}

/// The functions of `pg_catalog` that raise on no value: name, arguments, how many of them are needed. Their names are
/// for the documentation too.
const FUNCTIONS: &[(&str, &[Argument], usize)] = &[
    ("left", &[Argument::Text, Argument::Number], 2),
    ("right", &[Argument::Text, Argument::Number], 2),
    ("substr", &[Argument::Text, Argument::Number, Argument::Natural], 2),
    ("substring", &[Argument::Text, Argument::Number, Argument::Natural], 2),
    ("length", &[Argument::Text], 1),
    ("char_length", &[Argument::Text], 1),
    ("character_length", &[Argument::Text], 1),
    ("octet_length", &[Argument::Text], 1),
    ("upper", &[Argument::Text], 1),
    ("lower", &[Argument::Text], 1),
    ("initcap", &[Argument::Text], 1),
    ("reverse", &[Argument::Text], 1),
    ("btrim", &[Argument::Text, Argument::String], 1),
    ("ltrim", &[Argument::Text, Argument::String], 1),
    ("rtrim", &[Argument::Text, Argument::String], 1),
    ("translate", &[Argument::Text, Argument::String, Argument::String], 3),
];

/// The names of the functions that an `sql` mask may call.
pub fn functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

/// Whether the expression is known to raise on no value.
///
/// # Errors
/// A sentence that names what isn't known to be total.
pub fn is_total(expr: &Expr, catalog: &Catalog) -> Result<(), String> {
    Check { catalog }.total(expr)
}

/// The expression cast to the target's type, if that can't raise either.
pub(super) fn to_declared(expr: Expr, target: &Target, catalog: &Catalog) -> Result<Expr, String> {
    let check = Check { catalog };
    let build = super::build::Builder { catalog };
    if let ExprKind::Literal(literal) = &expr.kind {
        match literal {
            Literal::Null => {}
            Literal::Bool(value) => target.check_constant(if *value { "true" } else { "false" })?,
            Literal::Number(text) | Literal::String(text) => target.check_constant(text)?,
        }
        return build.collated(target, build.declared(target, expr));
    }
    // PostgreSQL takes it for the column itself, and so does who looks at where results come from.
    if expr.ty == Some(target.oid) && as_it_is(&expr) == expr.ty {
        return Err("the expression is a column as it is, which is no mask".to_owned());
    }
    let Some(source) = expr.ty.map(|oid| catalog.below_domain(oid)) else {
        return Err(format!("the type of the expression is not known: cast it to the type of `{}`", target.column));
    };
    let fits = source == target.oid
        || (target.class == ValueClass::Text && check.class(&expr) == ValueClass::Text)
        || widens(&check.name(source), &target.name);
    if !fits {
        return Err(format!("the expression is not of the type of `{}`: cast it", target.column));
    }
    // A cast with modifiers can raise, except where it only cuts a text.
    let mut target = target.clone();
    if target.class != ValueClass::Text {
        target.type_ref.modifiers.clear();
    }
    build.collated(&target, build.declared(&target, expr))
}

/// The type of the column that the expression is, beside casts.
fn as_it_is(expr: &Expr) -> Option<Oid> {
    match &expr.kind {
        ExprKind::Column(_) => expr.ty,
        ExprKind::Cast { expr, .. } => as_it_is(expr),
        _ => None,
    }
}

/// Number types from which each converts to the ones after it without loss.
const WIDTHS: &[&str] = &["int2", "int4", "int8", "numeric"];

fn widens(from: &str, to: &str) -> bool {
    let place = |name: &str| WIDTHS.iter().position(|one| *one == name);
    matches!((place(from), place(to)), (Some(from), Some(to)) if from <= to)
}

struct Check<'c> {
    catalog: &'c Catalog,
}

impl Check<'_> {
    fn total(&self, expr: &Expr) -> Result<(), String> {
        match &expr.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) | ExprKind::Attribute(_) => Ok(()),
            ExprKind::And(all) | ExprKind::Or(all) => self.all(all),
            ExprKind::Not(inner) | ExprKind::Is { expr: inner, .. } => self.total(inner),
            ExprKind::IsDistinct { left, right, .. } => self.comparison(left, &[right]),
            ExprKind::Between { expr, low, high, .. } => self.comparison(expr, &[low, high]),
            ExprKind::InList { expr, list, .. } => self.comparison(expr, &list.iter().collect::<Vec<_>>()),
            ExprKind::Operator { symbol, left: Some(left), right } => self.operator(symbol, left, right),
            ExprKind::Operator { symbol, left: None, .. } if constant_number(expr).is_none() => {
                Err(format!("the operator `{symbol}` is not known to be total"))
            }
            ExprKind::Operator { left: None, .. } => Ok(()),
            ExprKind::Case { operand, arms, otherwise } => {
                for (when, then) in arms {
                    match operand {
                        Some(operand) => self.comparison(operand, &[when])?,
                        None => self.total(when)?,
                    }
                    self.total(then)?;
                }
                otherwise.as_deref().map_or(Ok(()), |otherwise| self.total(otherwise))
            }
            ExprKind::Special { form, arguments } => match (form, arguments.as_slice()) {
                (SpecialForm::Coalesce, all) => self.all(all),
                // Each is compared with each.
                (_, all) => all
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, one)| self.comparison(one, &all.iter().skip(at + 1).collect::<Vec<_>>())),
            },
            ExprKind::Cast { expr, to } => self.cast(expr, to),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Parameter(_) | ExprKind::MaskKey | ExprKind::Default => refused("this value"),
            ExprKind::InQuery { .. }
            | ExprKind::QuantifiedQuery { .. }
            | ExprKind::Exists(_)
            | ExprKind::Scalar(_)
            | ExprKind::ArrayQuery(_) => refused("a subquery"),
            ExprKind::QuantifiedArray { left, symbol, array, .. } => self.each_of(left, symbol, array),
            ExprKind::Array(_) | ExprKind::Subscript { .. } => refused("an array"),
            ExprKind::Row(_) | ExprKind::WholeRow { .. } | ExprKind::Record(_) => refused("a row"),
            ExprKind::Field { .. } => refused("a field of a composite value"),
            ExprKind::Clock(_) => refused("the clock"),
            ExprKind::Collate { .. } => refused("COLLATE, which would change the column's collation,"),
            ExprKind::Grouping(_) => refused("GROUPING"),
            ExprKind::JsonAbsent { .. } | ExprKind::JsonPath { .. } | ExprKind::IsJson { .. } => refused("SQL/JSON"),
        }
    }

    fn all(&self, all: &[Expr]) -> Result<(), String> {
        all.iter().try_for_each(|one| self.total(one))
    }

    fn operator(&self, symbol: &str, left: &Expr, right: &Expr) -> Result<(), String> {
        match symbol {
            "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" => self.comparison(left, &[right]),
            "||" => {
                let text = |one: &Expr| self.class(one) == ValueClass::Text;
                let string = |one: &Expr| matches!(one.kind, ExprKind::Literal(Literal::String(_)));
                if (text(left) && (text(right) || string(right))) || (string(left) && text(right)) {
                    self.total(left)?;
                    self.total(right)
                } else {
                    Err("`||` is known to be total only between texts: cast both sides to text".to_owned())
                }
            }
            other => Err(format!("the operator `{other}` is not known to be total")),
        }
    }

    /// A comparison with each element of an attribute that is a list.
    fn each_of(&self, left: &Expr, symbol: &str, array: &Expr) -> Result<(), String> {
        let element = array.ty.and_then(|oid| match self.catalog.type_(oid)?.kind {
            TypeKind::Array { element } => Some(element),
            _ => None,
        });
        match (&array.kind, element) {
            (ExprKind::Attribute(_), Some(element)) => {
                self.operator(symbol, left, &Expr::new(array.kind.clone()).typed(Some(element)))
            }
            _ => refused("an array"),
        }
    }

    /// Comparing is total between values of one class, with care for what PostgreSQL would convert first.
    fn comparison(&self, left: &Expr, others: &[&Expr]) -> Result<(), String> {
        self.total(left)?;
        for right in others {
            self.total(right)?;
            if !self.comparable(left, right) {
                return Err("a comparison is known to be total only between values of one type; cast literals to the \
                            column's type, and compare texts with constants"
                    .to_owned());
            }
        }
        Ok(())
    }

    fn comparable(&self, left: &Expr, right: &Expr) -> bool {
        if let Some(literal) = literal(right) {
            return self.takes(left, literal);
        }
        if let Some(literal) = literal(left) {
            return self.takes(right, literal);
        }
        let same =
            || left.ty.map(|oid| self.catalog.below_domain(oid)) == right.ty.map(|oid| self.catalog.below_domain(oid));
        match (self.class(left), self.class(right)) {
            // Two columns can have collations that don't go together.
            (ValueClass::Text, ValueClass::Text) => is_constant(left) || is_constant(right),
            (ValueClass::Integer | ValueClass::Numeric, ValueClass::Integer | ValueClass::Numeric)
            | (ValueClass::Bool, ValueClass::Bool)
            | (ValueClass::Uuid, ValueClass::Uuid) => true,
            // Comparing a date with a timestamp converts it, which raises in PostgreSQL 12.
            (ValueClass::Time, ValueClass::Time) | (ValueClass::Enum, ValueClass::Enum) => same(),
            _ => false,
        }
    }

    /// Whether a bare literal beside an expression becomes a value of the expression's type.
    fn takes(&self, expr: &Expr, literal: &Literal) -> bool {
        let class = self.class(expr);
        match literal {
            Literal::Null => class != ValueClass::Other && class != ValueClass::Json,
            Literal::Bool(_) => class == ValueClass::Bool,
            Literal::Number(_) => matches!(class, ValueClass::Integer | ValueClass::Numeric),
            Literal::String(text) => match expr.ty.map(|oid| self.catalog.below_domain(oid)) {
                Some(oid) if class == ValueClass::Enum => self.is_label(oid, text),
                Some(oid) => class != ValueClass::Json && literals::check(&self.name(oid), text).is_ok(),
                None => false,
            },
        }
    }

    fn cast(&self, expr: &Expr, to: &TypeRef) -> Result<(), String> {
        let array = if to.array { "[]" } else { "" };
        let refuse = || Err(format!("the cast to `{}{array}` is not known to be total", to.name));
        if to.array {
            return refuse();
        }
        let class = ValueClass::of(to.oid, self.catalog);
        let base = self.catalog.below_domain(to.oid) == to.oid;
        if !base {
            return Err(format!("the cast to the domain `{}` is not known to be total", to.name));
        }
        let modified = !to.modifiers.is_empty() && class != ValueClass::Text;
        if let Some(literal) = literal(expr) {
            let holds = match literal {
                Literal::Null => true,
                Literal::Bool(value) => {
                    literals::check(&self.name(to.oid), if *value { "true" } else { "false" }).is_ok()
                }
                Literal::Number(text) | Literal::String(text) if class == ValueClass::Enum => {
                    self.is_label(to.oid, text)
                }
                Literal::Number(text) | Literal::String(text) => literals::check(&self.name(to.oid), text).is_ok(),
            };
            return if holds && !modified { Ok(()) } else { refuse() };
        }
        self.total(expr)?;
        let Some(source) = expr.ty.map(|oid| self.catalog.below_domain(oid)) else {
            return Err("a cast of something whose type is not known".to_owned());
        };
        let printable = !matches!(self.class(expr), ValueClass::Other);
        let total = match class {
            ValueClass::Text => printable,
            _ => !modified && (source == to.oid || widens(&self.name(source), &to.name)),
        };
        if total { Ok(()) } else { refuse() }
    }

    fn call(&self, call: &Call) -> Result<(), String> {
        let name = &call.function.name;
        let plain = !call.star
            && !call.variadic
            && !call.distinct
            && call.order_by.is_empty()
            && call.within_group.is_empty()
            && call.filter.is_none()
            && call.over.is_none();
        let found = FUNCTIONS.iter().find(|(known, ..)| known == name);
        let Some((_, arguments, needed)) = found.filter(|_| plain && call.function.schema == "pg_catalog") else {
            return Err(format!("the function `{name}` is not known to be total"));
        };
        if call.arguments.len() < *needed || call.arguments.len() > arguments.len() {
            return Err(format!("the function `{name}` is known to be total only with other arguments"));
        }
        for (argument, expected) in call.arguments.iter().zip(*arguments) {
            let holds = match expected {
                Argument::Text => self.class(argument) == ValueClass::Text && self.total(argument).is_ok(),
                Argument::String => matches!(argument.kind, ExprKind::Literal(Literal::String(_))),
                Argument::Number => constant_number(argument).is_some(),
                Argument::Natural => constant_number(argument).is_some_and(|number| number >= 0),
            };
            if !holds {
                if *expected == Argument::Text {
                    self.total(argument)?;
                }
                return Err(format!(
                    "the function `{name}` is known to be total only on texts, with constants for its other arguments \
                     and without negative lengths"
                ));
            }
        }
        Ok(())
    }

    fn class(&self, expr: &Expr) -> ValueClass {
        expr.ty.map_or(ValueClass::Other, |oid| ValueClass::of(oid, self.catalog))
    }

    fn name(&self, oid: Oid) -> String {
        let one = self.catalog.type_(oid).filter(|one| one.oid.is_builtin() && one.schema == "pg_catalog");
        one.map(|one| one.name.clone()).unwrap_or_default()
    }

    fn is_label(&self, oid: Oid, text: &str) -> bool {
        let kind = self.catalog.type_(oid).map(|one| &one.kind);
        matches!(kind, Some(TypeKind::Enum { labels }) if labels.iter().any(|label| label == text))
    }
}

fn refused(what: &str) -> Result<(), String> {
    Err(format!("{what} is not allowed in a mask, which must raise on no value"))
}

/// The literal that an expression is, by itself.
fn literal(expr: &Expr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

/// Whether no column has a part in the value, so no column's collation either.
fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Attribute(_) => true,
        ExprKind::Cast { expr, .. } => is_constant(expr),
        _ => false,
    }
}

/// A whole number that is written out, with its sign.
fn constant_number(expr: &Expr) -> Option<i32> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(digits)) => digits.parse().ok(),
        ExprKind::Operator { symbol, left: None, right } if symbol == "-" => match &right.kind {
            ExprKind::Literal(Literal::Number(digits)) => digits.parse::<i32>().ok()?.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}
