//! Words that look like functions and are syntax: COALESCE and kin, ROW, GROUPING, the clock, the session.

use sqlparser::ast::FunctionArg;

use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Clock, Expr, ExprKind, Literal, SpecialForm};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// The forms that are syntax for PostgreSQL; `None` for an ordinary function.
    pub(super) fn special_form(
        &mut self,
        word: &str,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<Option<Expr>, Rejection> {
        let form = match word {
            "coalesce" => SpecialForm::Coalesce,
            "nullif" => SpecialForm::NullIf,
            "greatest" => SpecialForm::Greatest,
            "least" => SpecialForm::Least,
            "grouping" => {
                let int4 = self.builtin_type("int4");
                return Ok(Some(
                    Expr::new(ExprKind::Grouping(self.plain_values(word, args, span)?)).typed(int4).at(span),
                ));
            }
            "row" if args.is_empty() => return Ok(Some(Expr::new(ExprKind::Row(Vec::new())).at(span))),
            "row" => return Ok(Some(Expr::new(ExprKind::Row(self.row_values(args)?)).at(span))),
            _ if is_form(word) => return Err(refused_form(word, span)),
            _ => return self.clock_or_session(word, args, span),
        };
        let arguments = self.plain_values(word, args, span)?;
        let ty = match (form, arguments.as_slice()) {
            (SpecialForm::NullIf, [first, second]) => {
                self.may_use_operator("=", false)?;
                // The first value as it is compared: unchanged if both are of its type.
                self.common_type([first, second].into_iter()).filter(|_| first.ty.is_some())
            }
            (SpecialForm::NullIf, _) => {
                return Err(Rejection::new(Reason::InvalidStatement, "NULLIF takes two arguments").at(span));
            }
            (SpecialForm::Coalesce | SpecialForm::Greatest | SpecialForm::Least, all) => self.common_type(all.iter()),
        };
        Ok(Some(Expr::new(ExprKind::Special { form, arguments }).typed(ty).at(span)))
    }

    /// At least one value, and no `*`.
    fn plain_values(&mut self, word: &str, args: &[FunctionArg], span: Span) -> Result<Vec<Expr>, Rejection> {
        match self.arguments(args)? {
            (values, false) if !values.is_empty() => Ok(values),
            _ => {
                let message = format!("{} needs values", word.to_ascii_uppercase());
                Err(Rejection::new(Reason::InvalidStatement, message).at(span))
            }
        }
    }

    /// CURRENT_TIMESTAMP(3) and kin.
    fn clock_or_session(&mut self, word: &str, args: &[FunctionArg], span: Span) -> Result<Option<Expr>, Rejection> {
        if clock(word, None).is_none() {
            return Ok(None);
        }
        let precision = match self.arguments(args)? {
            (all, false) => match all.as_slice() {
                [Expr { kind: ExprKind::Literal(Literal::Number(digits)), .. }] => digits.parse::<u8>().ok(),
                _ => None,
            },
            (_, true) => None,
        };
        match precision.filter(|digits| *digits <= 6).and_then(|digits| clock(word, Some(digits))) {
            Some(found) => Ok(Some(self.clock_value(found, span))),
            None => {
                let message = format!("`{word}` takes a precision from 0 to 6, if any");
                Err(Rejection::new(Reason::InvalidStatement, message).at(span))
            }
        }
    }

    /// A word that is a call without parentheses.
    pub(super) fn word(&mut self, word: Option<&str>, span: Span) -> Result<Expr, Rejection> {
        let word = word.unwrap_or_default();
        if let Some(found) = clock(word, None) {
            return Ok(self.clock_value(found, span));
        }
        if let Some(answer) = self.answered_word(word, span) {
            return Ok(answer);
        }
        Err(self.session_word(word, span).unwrap_or_else(|| not_supported("a call without parentheses", span)))
    }

    fn clock_value(&self, clock: Clock, span: Span) -> Expr {
        let ty = match clock {
            Clock::CurrentDate => "date",
            Clock::CurrentTime(_) => "timetz",
            Clock::CurrentTimestamp(_) => "timestamptz",
            Clock::LocalTime(_) => "time",
            Clock::LocalTimestamp(_) => "timestamp",
        };
        Expr::new(ExprKind::Clock(clock)).typed(self.builtin_type(ty)).at(span)
    }

    /// The refusal of a word that tells of the session, or `None` if it isn't one.
    pub(super) fn session_word(&self, word: &str, span: Span) -> Option<Rejection> {
        session_function(word).then(|| {
            let message = format!("`{word}` tells of pgwicket's own session, not of yours");
            Rejection::new(Reason::FunctionNotAllowed, message)
                .at(span)
                .help("read the resource pgwicket://database_info")
        })
    }
}

/// Whether the unquoted word is syntax rather than a function.
pub(super) fn is_syntax(word: &str) -> bool {
    is_form(word) || clock(word, None).is_some() || session_function(word)
}

/// Words that PostgreSQL reads as values of the session.
fn session_function(word: &str) -> bool {
    matches!(
        word,
        "current_user"
            | "session_user"
            | "system_user"
            | "user"
            | "current_role"
            | "current_catalog"
            | "current_schema"
    )
}

fn clock(word: &str, precision: Option<u8>) -> Option<Clock> {
    match word {
        "current_date" if precision.is_none() => Some(Clock::CurrentDate),
        "current_time" => Some(Clock::CurrentTime(precision)),
        "current_timestamp" => Some(Clock::CurrentTimestamp(precision)),
        "localtime" => Some(Clock::LocalTime(precision)),
        "localtimestamp" => Some(Clock::LocalTimestamp(precision)),
        _ => None,
    }
}

/// Words with syntax of their own, in every version of PostgreSQL or only in the newer ones: never an ordinary
/// function when written without quotes.
fn is_form(word: &str) -> bool {
    matches!(
        word,
        "coalesce"
            | "nullif"
            | "greatest"
            | "least"
            | "grouping"
            | "row"
            | "array"
            | "values"
            | "exists"
            | "extract"
            | "position"
            | "trim"
            | "treat"
            | "cast"
            | "case"
            | "collation"
            | "merge_action"
            | "json"
            | "json_array"
            | "json_arrayagg"
            | "json_objectagg"
            | "json_exists"
            | "json_query"
            | "json_scalar"
            | "json_serialize"
            | "json_table"
            | "json_value"
            | "xmlattributes"
            | "xmlconcat"
            | "xmlelement"
            | "xmlexists"
            | "xmlforest"
            | "xmlnamespaces"
            | "xmlparse"
            | "xmlpi"
            | "xmlroot"
            | "xmlserialize"
            | "xmltable"
    )
}

fn refused_form(word: &str, span: Span) -> Rejection {
    let name = word.to_ascii_uppercase();
    if word.starts_with("json") || word.starts_with("xml") {
        return not_yet(&name, span);
    }
    let help = match word {
        "position" => "write POSITION(part IN whole), or strpos(whole, part)",
        "extract" => "write EXTRACT(field FROM value)",
        _ => "write it as PostgreSQL does",
    };
    not_supported(&format!("this form of {name}"), span).help(help)
}
