//! Operators: which symbol each stands for, and whether it may be used.

use sqlparser::ast::{self, BinaryOperator, UnaryOperator};

use super::expr::is_untyped;
use super::{Lowering, Mode, not_supported};
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Ty};
use crate::gate::source::Span;

/// What an infix operator of the parser's is.
pub(super) enum Infix {
    /// AND.
    And,
    /// OR.
    Or,
    /// OVERLAPS.
    Overlaps,
    /// An operator of PostgreSQL's by its symbol.
    Symbol(String),
    /// Another system's: what it is and what to write instead.
    Refused(&'static str, &'static str),
}

impl Lowering<'_> {
    /// `left op right`.
    pub(super) fn binary(
        &mut self,
        whole: &ast::Expr,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
    ) -> Result<Expr, Rejection> {
        match infix(op) {
            Infix::And => Ok(Expr::new(ExprKind::And(self.chain(whole, &BinaryOperator::And)?)).typed(self.bool_())),
            Infix::Or => Ok(Expr::new(ExprKind::Or(self.chain(whole, &BinaryOperator::Or)?)).typed(self.bool_())),
            Infix::Overlaps => self.overlaps(left, right),
            Infix::Symbol(symbol) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                self.infix_operator(symbol, left, right)
            }
            Infix::Refused(what, help) => Err(not_supported(what, Span::default()).help(help)),
        }
    }

    fn bool_(&self) -> Ty {
        self.builtin_type("bool")
    }

    /// The terms of `a AND b AND c`, which is one node however long it is. Terms in parentheses stay as they are.
    fn chain(&mut self, whole: &ast::Expr, joined_by: &BinaryOperator) -> Result<Vec<Expr>, Rejection> {
        let mut terms = Vec::new();
        let mut rest = whole;
        while let ast::Expr::BinaryOp { left, op, right } = rest
            && op == joined_by
        {
            self.agree_on_grouping(rest)?;
            terms.push(right.as_ref());
            rest = left;
        }
        terms.push(rest);
        terms.into_iter().rev().map(|term| self.expr(term)).collect()
    }

    /// `op operand`.
    pub(super) fn unary(&mut self, op: UnaryOperator, operand: &ast::Expr) -> Result<Expr, Rejection> {
        let symbol = match op {
            UnaryOperator::Not => {
                let inner = Box::new(self.expr(operand)?);
                return Ok(Expr::new(ExprKind::Not(inner)).typed(self.bool_()));
            }
            UnaryOperator::AtDashAt => "@-@",
            UnaryOperator::BitwiseNot => "~",
            UnaryOperator::DoubleAt => "@@",
            UnaryOperator::Hash => "#",
            UnaryOperator::Plus => "+",
            UnaryOperator::Minus => "-",
            UnaryOperator::PGAbs => "@",
            UnaryOperator::PGCubeRoot => "||/",
            UnaryOperator::PGPrefixFactorial => "!!",
            UnaryOperator::PGSquareRoot => "|/",
            UnaryOperator::QuestionDash => "?-",
            UnaryOperator::QuestionPipe => "?|",
            UnaryOperator::BangNot => return Err(not_supported("`!` for NOT", Span::default()).help("write NOT")),
            UnaryOperator::PGPostfixFactorial => {
                return Err(not_supported("an operator behind its operand", Span::default()).help("use factorial()"));
            }
        };
        self.may_use_operator(symbol, true)?;
        let right = self.expr(operand)?;
        let ty = self.operator_type(symbol, None, &right);
        let span = right.origin.0;
        let kind = ExprKind::Operator { symbol: symbol.to_owned(), left: None, right: Box::new(right) };
        Ok(Expr::new(kind).typed(ty).at(span))
    }

    /// An infix operator over lowered operands.
    pub(super) fn infix_operator(&self, symbol: String, left: Expr, right: Expr) -> Result<Expr, Rejection> {
        self.may_use_operator(&symbol, false)?;
        let ty = self.operator_type(&symbol, Some(&left), &right);
        let span = left.origin.0.to(right.origin.0);
        let kind = ExprKind::Operator { symbol, left: Some(Box::new(left)), right: Box::new(right) };
        Ok(Expr::new(kind).typed(ty).at(span))
    }

    /// Whether a statement may use the operator, be it written or implied by a word (IN, BETWEEN, NULLIF, …).
    pub(super) fn may_use_operator(&self, symbol: &str, prefix: bool) -> Result<(), Rejection> {
        let refused = |why: &str| {
            Rejection::new(Reason::OperatorNotAllowed, format!("the operator `{symbol}` may not be used: {why}"))
        };
        if !self.builtin_allowed() {
            return Err(refused("the policy allows no built-in functions, operators included"));
        }
        match self.catalog.operator_set(symbol, prefix) {
            None => {
                let kind = if prefix { "prefix" } else { "infix" };
                let message = format!("PostgreSQL has no {kind} operator `{symbol}`");
                let rejection = Rejection::new(Reason::OperatorNotAllowed, message);
                // MySQL's comparison; extensions have an operator of that name for something else.
                Err(if symbol == "<=>" { rejection.help("write IS NOT DISTINCT FROM") } else { rejection })
            }
            Some(set) => set.verdict.as_ref().map_err(|why| refused(why)).copied(),
        }
    }

    /// Whether `@builtin` is open. A policy's own expressions may always use it, and what was emitted has been asked
    /// before.
    pub(super) fn builtin_allowed(&self) -> bool {
        match self.mode {
            Mode::Client => self.policy.policy().functions.allows_builtin(),
            Mode::Policy | Mode::Verify => true,
        }
    }

    /// The result's type, where PostgreSQL's choice among the operators is beyond doubt: all give the same type, or
    /// one takes exactly these operands (a literal without type counts as the other operand's type).
    fn operator_type(&self, symbol: &str, left: Option<&Expr>, right: &Expr) -> Ty {
        if let Some(result) = self.catalog.operator_set(symbol, left.is_none()).and_then(|set| set.result) {
            return Some(result);
        }
        let (left, right) = match left {
            None => (Oid(0), right.ty?),
            Some(left) => match (left.ty, right.ty) {
                (Some(left), Some(right)) => (left, right),
                (Some(left), None) if is_untyped(right) => (left, left),
                (None, Some(right)) if is_untyped(left) => (right, right),
                _ => return None,
            },
        };
        let exact = |schema: &str| {
            let mut named = self.catalog.operators_named(symbol);
            named.find(|one| one.schema == schema && one.left == left && one.right == right)
        };
        let schemas = self.catalog.trust().schemas();
        let exact = ["pg_catalog"].into_iter().chain(schemas).find_map(exact)?;
        let returns = self.catalog.function(exact.function)?.returns;
        self.catalog.is_concrete(returns).then_some(returns)
    }
}

/// What an infix operator is.
pub(super) fn infix(op: &BinaryOperator) -> Infix {
    let symbol = match op {
        BinaryOperator::And => return Infix::And,
        BinaryOperator::Or => return Infix::Or,
        BinaryOperator::Overlaps => return Infix::Overlaps,
        BinaryOperator::Plus => "+",
        BinaryOperator::Minus => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::StringConcat => "||",
        BinaryOperator::Gt => ">",
        BinaryOperator::Lt => "<",
        BinaryOperator::GtEq => ">=",
        BinaryOperator::LtEq => "<=",
        BinaryOperator::Eq => "=",
        BinaryOperator::NotEq => "<>",
        BinaryOperator::BitwiseOr => "|",
        BinaryOperator::BitwiseAnd => "&",
        BinaryOperator::PGBitwiseXor => "#",
        BinaryOperator::PGBitwiseShiftLeft => "<<",
        BinaryOperator::PGBitwiseShiftRight => ">>",
        BinaryOperator::PGExp => "^",
        BinaryOperator::PGOverlap => "&&",
        BinaryOperator::PGRegexMatch => "~",
        BinaryOperator::PGRegexIMatch => "~*",
        BinaryOperator::PGRegexNotMatch => "!~",
        BinaryOperator::PGRegexNotIMatch => "!~*",
        BinaryOperator::PGLikeMatch => "~~",
        BinaryOperator::PGILikeMatch => "~~*",
        BinaryOperator::PGNotLikeMatch => "!~~",
        BinaryOperator::PGNotILikeMatch => "!~~*",
        BinaryOperator::PGStartsWith => "^@",
        BinaryOperator::Arrow => "->",
        BinaryOperator::LongArrow => "->>",
        BinaryOperator::HashArrow => "#>",
        BinaryOperator::HashLongArrow => "#>>",
        BinaryOperator::AtAt => "@@",
        BinaryOperator::AtArrow => "@>",
        BinaryOperator::ArrowAt => "<@",
        BinaryOperator::HashMinus => "#-",
        BinaryOperator::AtQuestion => "@?",
        BinaryOperator::Question => "?",
        BinaryOperator::QuestionAnd => "?&",
        BinaryOperator::QuestionPipe => "?|",
        BinaryOperator::DoubleHash => "##",
        BinaryOperator::LtDashGt => "<->",
        BinaryOperator::AndLt => "&<",
        BinaryOperator::AndGt => "&>",
        BinaryOperator::LtLtPipe => "<<|",
        BinaryOperator::PipeGtGt => "|>>",
        BinaryOperator::AndLtPipe => "&<|",
        BinaryOperator::PipeAndGt => "|&>",
        BinaryOperator::LtCaret => "<^",
        BinaryOperator::GtCaret => ">^",
        BinaryOperator::QuestionHash => "?#",
        BinaryOperator::QuestionDash => "?-",
        BinaryOperator::QuestionDashPipe => "?-|",
        BinaryOperator::QuestionDoublePipe => "?||",
        BinaryOperator::At => "@",
        BinaryOperator::TildeEq => "~=",
        BinaryOperator::Custom(symbol) => return custom(symbol),
        BinaryOperator::PGCustomBinaryOperator(parts) => return qualified(parts),
        BinaryOperator::Spaceship => return Infix::Refused("`<=>`", "write IS NOT DISTINCT FROM"),
        BinaryOperator::Xor => return Infix::Refused("XOR", "write `<>` between two conditions"),
        BinaryOperator::BitwiseXor => return Infix::Refused("this `^`", "write `#` for the bitwise exclusive or"),
        BinaryOperator::DuckIntegerDivide | BinaryOperator::MyIntegerDivide => {
            return Infix::Refused("integer division by a word or `//`", "use div()");
        }
        BinaryOperator::Match => return Infix::Refused("MATCH", "use to_tsvector and `@@`"),
        BinaryOperator::Regexp => return Infix::Refused("REGEXP", "write `~` or `~*`"),
        BinaryOperator::Glob => return Infix::Refused("GLOB", "write LIKE"),
        BinaryOperator::Assignment => {
            return Infix::Refused("`:=`", "write `=` to compare, and `name => value` for an argument by name");
        }
    };
    Infix::Symbol(symbol.to_owned())
}

fn custom(symbol: &str) -> Infix {
    let made_of = |c: char| "+-*/<>=~!@#%^&|`?".contains(c);
    if symbol.is_empty() || symbol.len() > 63 || !symbol.chars().all(made_of) {
        return Infix::Refused("this operator", "write an operator of PostgreSQL's");
    }
    Infix::Symbol(symbol.to_owned())
}

/// OPERATOR(schema.symbol).
fn qualified(parts: &[String]) -> Infix {
    match parts {
        [symbol] => custom(symbol),
        [schema, symbol] if schema.eq_ignore_ascii_case("pg_catalog") => custom(symbol),
        _ => Infix::Refused("OPERATOR() outside of `pg_catalog`", "write the operator alone"),
    }
}
