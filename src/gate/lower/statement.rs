//! Statements: which kinds there are, and what is said to the others.

use sqlparser::ast::{self, AnalyzeFormatKind, DescribeAlias, Expr as AstExpr, UtilityOption, Value};

use super::from::refuse_present;
use super::{Lowering, Mode, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Explain, ExplainFormat, Statement};
use crate::gate::source::Span;

const EXPLAIN_OPTIONS: &str = "leave it out; ANALYZE, FORMAT TEXT and FORMAT JSON are supported";

impl<'a> Lowering<'a> {
    /// Lowers a whole statement.
    ///
    /// # Errors
    ///
    /// The first thing in the text that can't be said in the IR or that names nothing the principal may see.
    pub fn statement(&mut self, statement: &ast::Statement) -> Result<Statement, Rejection> {
        let lowered = self.any_statement(statement)?;
        self.refuse_stray_search_objects()?;
        Ok(lowered)
    }

    /// The plan of one statement of the principal's, in JSON.
    ///
    /// # Errors
    ///
    /// As [`Self::statement`]; and it is no query.
    pub fn explained(&mut self, statement: &ast::Statement) -> Result<Statement, Rejection> {
        let span = self.first_word();
        if let ast::Statement::Explain { .. } = statement {
            let twice = not_yet("the plan of a plan", span);
            return Err(twice.help("leave out EXPLAIN: give the query alone"));
        }
        let lowered = self.statement(statement)?;
        explain(lowered, ExplainFormat::Json, false).ok_or_else(|| not_yet("the plan of anything but a query", span))
    }

    fn any_statement(&mut self, statement: &ast::Statement) -> Result<Statement, Rejection> {
        match statement {
            ast::Statement::Query(query) => self.query_statement(query),
            ast::Statement::Insert(insert) => self.on_level(|lowering| lowering.insert(insert, None)),
            ast::Statement::Update(update) => self.on_level(|lowering| lowering.update(update, None)),
            ast::Statement::Delete(delete) => self.on_level(|lowering| lowering.delete(delete, None)),
            ast::Statement::Merge(merge) => self.on_level(|lowering| lowering.merge_into(merge, None)),
            ast::Statement::Explain {
                describe_alias,
                analyze,
                verbose,
                query_plan,
                estimate,
                statement,
                format,
                options,
            } => {
                let span = self.first_word();
                refuse_present(
                    &[
                        (!matches!(describe_alias, DescribeAlias::Explain), "DESCRIBE"),
                        (*query_plan, "EXPLAIN QUERY PLAN"),
                        (*estimate, "EXPLAIN ESTIMATE"),
                    ],
                    span,
                )?;
                if *verbose {
                    return Err(not_yet("EXPLAIN VERBOSE", span).help(EXPLAIN_OPTIONS));
                }
                if let Some(AnalyzeFormatKind::Keyword(_) | AnalyzeFormatKind::Assignment(_)) = format {
                    return Err(
                        not_supported("EXPLAIN FORMAT without parentheses", span).help("write EXPLAIN (FORMAT JSON) …")
                    );
                }
                let (format, with_analyze) = self.explain_options(options.as_deref().unwrap_or_default(), span)?;
                let analyze = *analyze || with_analyze;
                let ast::Statement::Query(query) = statement.as_ref() else {
                    return Err(not_yet("EXPLAIN of anything but a query", span));
                };
                explain(self.query_statement(query)?, format, analyze)
                    .ok_or_else(|| not_yet("EXPLAIN of anything but a query", span))
            }
            other => Err(self.other_statement(other)),
        }
    }

    /// A query, or a write with WITH before it.
    fn query_statement(&mut self, query: &ast::Query) -> Result<Statement, Rejection> {
        let with = query.with.as_ref();
        // Taken by the first WITH that is lowered, which is this one.
        self.may_write = with.is_some();
        match query.body.as_ref() {
            ast::SetExpr::Insert(ast::Statement::Insert(insert)) => {
                self.only_with(query)?;
                self.on_level(|lowering| lowering.insert(insert, with))
            }
            ast::SetExpr::Update(ast::Statement::Update(update)) => {
                self.only_with(query)?;
                self.on_level(|lowering| lowering.update(update, with))
            }
            ast::SetExpr::Delete(ast::Statement::Delete(delete)) => {
                self.only_with(query)?;
                self.on_level(|lowering| lowering.delete(delete, with))
            }
            ast::SetExpr::Merge(ast::Statement::Merge(merge)) => {
                self.only_with(query)?;
                let merge = self.on_level(|lowering| lowering.merge_into(merge, with))?;
                match merge.writes().len() {
                    1 => Ok(merge),
                    _ => Err(not_yet("a CTE that writes before MERGE", self.first_word())),
                }
            }
            ast::SetExpr::Merge(other)
            | ast::SetExpr::Insert(other)
            | ast::SetExpr::Update(other)
            | ast::SetExpr::Delete(other) => Err(self.other_statement(other)),
            ast::SetExpr::Select(_)
            | ast::SetExpr::Query(_)
            | ast::SetExpr::SetOperation { .. }
            | ast::SetExpr::Values(_)
            | ast::SetExpr::Table(_) => Ok(Statement::Query(self.query(query)?)),
        }
    }

    /// A write inside a query has no clause of the query but WITH.
    pub(super) fn only_with(&self, query: &ast::Query) -> Result<(), Rejection> {
        let ast::Query {
            with: _,
            body: _,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        refuse_present(
            &[
                (order_by.is_some(), "ORDER BY after a write"),
                (limit_clause.is_some() || fetch.is_some(), "LIMIT after a write"),
                (!locks.is_empty(), "FOR UPDATE after a write"),
                (for_clause.is_some() || settings.is_some() || format_clause.is_some(), "a clause after a write"),
                (!pipe_operators.is_empty(), "the pipe operator"),
            ],
            self.first_word(),
        )
    }

    /// The format, and whether ANALYZE is on. Of an option that is said twice PostgreSQL takes the last.
    fn explain_options(&self, options: &[UtilityOption], span: Span) -> Result<(ExplainFormat, bool), Rejection> {
        let (mut format, mut analyze) = (ExplainFormat::Text, false);
        let (mut verbose, mut costs) = (false, true);
        for UtilityOption { name, arg } in options {
            let at = self.convert(name.span).to(span);
            let word = option_word(arg.as_ref());
            match name.value.to_ascii_lowercase().as_str() {
                "format" => {
                    format = match word.as_deref() {
                        Some("text") => ExplainFormat::Text,
                        Some("json") => ExplainFormat::Json,
                        _ => return Err(not_yet("this format of EXPLAIN", at).help("use FORMAT TEXT or FORMAT JSON")),
                    };
                }
                "analyze" => analyze = switched_on(arg.as_ref(), word.as_deref(), at)?,
                // What the gate itself asks for, of which it lets the shape out.
                "verbose" if self.mode == Mode::Verify => verbose = switched_on(arg.as_ref(), word.as_deref(), at)?,
                "costs" if self.mode == Mode::Verify => costs = switched_on(arg.as_ref(), word.as_deref(), at)?,
                other => {
                    return Err(not_yet(&format!("the option `{other}` of EXPLAIN"), at).help(EXPLAIN_OPTIONS));
                }
            }
        }
        match (verbose, costs, format) {
            (false, true, format) => Ok((format, analyze)),
            (true, false, ExplainFormat::Json) => Ok((ExplainFormat::Shape, analyze)),
            _ => Err(not_supported("these options of EXPLAIN together", span)),
        }
    }

    /// A statement of a kind that isn't in the language.
    fn other_statement(&self, statement: &ast::Statement) -> Rejection {
        let span = self.first_word();
        let kinds = "statements are SELECT, VALUES, WITH, EXPLAIN, INSERT, UPDATE, DELETE and MERGE";
        let word = self.source.slice(span).to_ascii_uppercase();
        match statement {
            ast::Statement::ExplainTable { .. }
            | ast::Statement::ShowTables { .. }
            | ast::Statement::ShowColumns { .. }
            | ast::Statement::ShowSchemas { .. }
            | ast::Statement::ShowDatabases { .. } => not_supported(&word, span)
                .help("the tool get_tables lists schemas and tables, get_table_schema describes one"),
            ast::Statement::StartTransaction { .. }
            | ast::Statement::Commit { .. }
            | ast::Statement::Rollback { .. }
            | ast::Statement::Savepoint { .. }
            | ast::Statement::ReleaseSavepoint { .. } => not_supported(&format!("{word}: transaction control"), span)
                .help("every statement runs in a transaction of its own"),
            _ if word.is_empty() => not_supported("this kind of statement", span).help(kinds),
            _ => not_supported(&word, span).help(kinds),
        }
    }

    /// The place of the statement's first word.
    pub(super) fn first_word(&self) -> Span {
        let mut rest = self.source.text();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
            let skipped = if rest.starts_with("--") {
                rest.find('\n').and_then(|at| rest.get(at..))
            } else if rest.starts_with("/*") {
                rest.find("*/").and_then(|at| rest.get(at + 2..))
            } else {
                break;
            };
            rest = skipped.unwrap_or_default();
        }
        let start = self.source.text().len() - rest.len();
        let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        Span::new(start as u32, (start + length) as u32)
    }
}

/// A statement that PostgreSQL would not take.
pub(super) fn invalid(message: impl Into<String>, span: Span) -> Rejection {
    Rejection::new(Reason::InvalidStatement, message).at(span)
}

/// What an option of EXPLAIN is set to, if that is a word or number.
fn option_word(arg: Option<&AstExpr>) -> Option<String> {
    match arg? {
        AstExpr::Identifier(word) => Some(word.value.to_ascii_lowercase()),
        AstExpr::Value(value) => match &value.value {
            Value::SingleQuotedString(word) => Some(word.to_ascii_lowercase()),
            Value::Boolean(value) => Some(value.to_string()),
            Value::Number(digits, _) => Some(digits.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A switch as PostgreSQL reads it (`defGetBoolean`): on where nothing is said.
fn switched_on(arg: Option<&AstExpr>, word: Option<&str>, at: Span) -> Result<bool, Rejection> {
    match (arg, word) {
        (None, _) | (Some(_), Some("true" | "on" | "1")) => Ok(true),
        (Some(_), Some("false" | "off" | "0")) => Ok(false),
        (Some(_), _) => Err(Rejection::new(Reason::InvalidStatement, "this option is TRUE or FALSE").at(at)),
    }
}
/// EXPLAIN of it; `None` if it isn't a query, or writes.
fn explain(statement: Statement, format: ExplainFormat, analyze: bool) -> Option<Statement> {
    match statement {
        Statement::Query(query) if query.ctes.iter().all(|cte| cte.write().is_none()) => {
            Some(Statement::Explain(Explain { query, format, analyze }))
        }
        Statement::Query(_)
        | Statement::Explain(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_) => None,
    }
}
