//! What a statement asks about the server and its place in it, answered from the snapshot and the policy: clients ask
//! this before anything else, and what PostgreSQL would say of pgwicket's own session is not theirs to know.

use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::expr::bare_name;
use super::{Lowering, Mode};
use crate::gate::ir::{Expr, ExprKind, Literal};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// The answer to a call that asks for it, as a constant of the function's type; `None` for every other call.
    pub(super) fn answered_call(&self, function: &ast::Function, span: Span) -> Option<Expr> {
        let ast::Function { name, args: FunctionArguments::List(list), over: None, filter: None, within_group, .. } =
            function
        else {
            return None;
        };
        if list.duplicate_treatment.is_some() || !list.clauses.is_empty() || !within_group.is_empty() {
            return None;
        }
        let word = match name.0.as_slice() {
            [_] => bare_name(name)?,
            [schema, word] if schema.as_ident()?.value == "pg_catalog" => word.as_ident()?.value.clone(),
            _ => return None,
        };
        match (word.as_str(), list.args.as_slice()) {
            ("version", []) => self.answer(Some(self.catalog.parts().version_text.clone()), "text", span),
            ("current_database", []) => self.answered_word("current_catalog", span),
            ("current_schema", []) => self.answered_word(&word, span),
            ("current_setting", [setting]) => {
                let version = self.catalog.server_version();
                let value = match text(setting)? {
                    "server_version" => format!("{}.{}", version / 10_000, version % 10_000),
                    "server_version_num" => version.to_string(),
                    _ => return None,
                };
                self.answer(Some(value), "text", span)
            }
            _ => None,
        }
    }

    /// The answer to a word that is a call without parentheses.
    pub(super) fn answered_word(&self, word: &str, span: Span) -> Option<Expr> {
        match word {
            "current_catalog" => self.answer(Some(self.catalog.parts().database.clone()), "name", span),
            "current_schema" => {
                let path = &self.policy.policy().search_path;
                self.answer(path.iter().find(|schema| self.schema_visible(schema)).cloned(), "name", span)
            }
            _ => None,
        }
    }

    fn answer(&self, value: Option<String>, type_name: &str, span: Span) -> Option<Expr> {
        if self.mode != Mode::Client || !self.builtin_allowed() {
            return None;
        }
        let literal = value.map_or(Literal::Null, Literal::String);
        Some(self.builtin_cast(Expr::new(ExprKind::Literal(literal)).at(span), type_name, false))
    }
}

/// A string in plain quotes.
fn text(argument: &FunctionArg) -> Option<&str> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Value(value))) = argument else { return None };
    match &value.value {
        ast::Value::SingleQuotedString(text) => Some(text),
        _ => None,
    }
}
