//! WITH: common table expressions, in PostgreSQL's order of visibility.

use sqlparser::ast::{self, CteAsMaterialized, TableAlias};

use super::from::refuse_present;
use super::scope::{CteScope, CteState};
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Cte, CteId, OutputColumn, Query, SetExpr};
use crate::gate::source::{Origin, Span};

/// A CTE whose body is being lowered and may name the CTE.
#[derive(Debug)]
pub(super) struct Recursive {
    /// Its identity.
    pub id: CteId,
    /// Its name with the column list.
    header: Header,
}

/// `name (a, b)` before AS.
#[derive(Debug, Clone)]
struct Header {
    name: String,
    columns: Vec<String>,
    span: Span,
}

impl Recursive {
    /// The columns as the CTE's name shows them.
    pub(super) fn columns(&self, output: &[OutputColumn]) -> Result<Vec<OutputColumn>, Rejection> {
        self.header.columns(output)
    }
}

impl Header {
    fn columns(&self, output: &[OutputColumn]) -> Result<Vec<OutputColumn>, Rejection> {
        if self.columns.len() > output.len() {
            let message = format!("the CTE `{}` names more columns than its query has", self.name);
            return Err(Rejection::new(Reason::InvalidStatement, message).at(self.span));
        }
        let mut shown = output.to_vec();
        for (column, name) in shown.iter_mut().zip(&self.columns) {
            column.name.clone_from(name);
        }
        Ok(shown)
    }
}

impl<'a> Lowering<'a> {
    /// Lowers WITH and puts its CTEs into the innermost level. Tells whether RECURSIVE was said.
    pub(super) fn with(&mut self, with: &ast::With) -> Result<(Vec<Cte>, bool), Rejection> {
        let ast::With { with_token: _, recursive, cte_tables } = with;
        let may_write = std::mem::take(&mut self.may_write);
        let mut headers: Vec<(Header, CteId)> = Vec::new();
        for cte in cte_tables {
            let header = self.cte_header(cte)?;
            if headers.iter().any(|(known, _)| known.name == header.name) {
                let message = format!("the CTE `{}` is defined more than once", header.name);
                return Err(Rejection::new(Reason::InvalidStatement, message).at(header.span));
            }
            headers.push((header, self.cte_id()));
        }
        if *recursive {
            let ahead = |(header, id): &(Header, CteId)| CteScope {
                name: header.name.clone(),
                id: *id,
                state: CteState::Ahead,
            };
            self.scope.level_mut().ctes = headers.iter().map(ahead).collect();
        }
        let mut ctes = Vec::new();
        for ((header, id), cte) in headers.into_iter().zip(cte_tables) {
            ctes.push(match cte.query.body.as_ref() {
                ast::SetExpr::Insert(write)
                | ast::SetExpr::Update(write)
                | ast::SetExpr::Delete(write)
                | ast::SetExpr::Merge(write) => {
                    self.refuse_unless(may_write && !*recursive, &header)?;
                    self.writing_cte(header, id, cte, write)?
                }
                ast::SetExpr::Select(_)
                | ast::SetExpr::Query(_)
                | ast::SetExpr::SetOperation { .. }
                | ast::SetExpr::Values(_)
                | ast::SetExpr::Table(_) => self.cte(header, id, cte, *recursive)?,
            });
        }
        Ok((ctes, *recursive))
    }

    fn cte_header(&self, cte: &ast::Cte) -> Result<Header, Rejection> {
        let ast::Cte { alias, query: _, from, materialized: _, closing_paren_token: _ } = cte;
        let TableAlias { explicit: _, name, columns, at } = alias;
        let span = self.convert(name.span);
        refuse_present(&[(from.is_some(), "FROM after a CTE"), (at.is_some(), "AT after a CTE's name")], span)?;
        Ok(Header { name: self.identifier(name)?, columns: self.alias_columns(columns)?, span })
    }

    /// PostgreSQL takes a CTE that writes in the WITH of the whole statement only.
    fn refuse_unless(&self, allowed: bool, header: &Header) -> Result<(), Rejection> {
        if allowed {
            return Ok(());
        }
        Err(not_supported("a CTE that writes here", header.span)
            .help("it stands in the WITH that begins the statement, without RECURSIVE; EXPLAIN takes none"))
    }

    /// A CTE that writes: what comes back from it are its rows.
    fn writing_cte(
        &mut self,
        header: Header,
        id: CteId,
        cte: &ast::Cte,
        write: &ast::Statement,
    ) -> Result<Cte, Rejection> {
        let span = header.span;
        if cte.query.with.is_some() {
            return Err(not_yet("WITH inside a CTE that writes", span)
                .help("put its CTEs before this one, in the WITH that begins the statement"));
        }
        if cte.materialized.is_some() {
            return Err(
                not_supported("MATERIALIZED of a CTE that writes", span).help("leave it out: it makes no difference")
            );
        }
        self.only_with(&cte.query)?;
        let write = match write {
            ast::Statement::Insert(insert) => self.on_level(|lowering| lowering.insert(insert, None))?,
            ast::Statement::Update(update) => self.on_level(|lowering| lowering.update(update, None))?,
            ast::Statement::Delete(delete) => self.on_level(|lowering| lowering.delete(delete, None))?,
            _ => {
                return Err(
                    not_yet("this kind of write in a CTE", span).help("INSERT, UPDATE and DELETE are supported")
                );
            }
        };
        let output = write.output().to_vec();
        let columns = header.columns(&output)?;
        let state = if columns.is_empty() { CteState::Silent } else { CteState::Known(columns) };
        self.scope.level_mut().ctes.push(CteScope { name: header.name, id, state });
        let query = Query {
            ctes: Vec::new(),
            recursive: false,
            body: SetExpr::Write(Box::new(write)),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            columns: output,
            origin: Origin(span),
        };
        Ok(Cte { id, materialized: None, query })
    }

    fn cte(&mut self, header: Header, id: CteId, cte: &ast::Cte, recursive: bool) -> Result<Cte, Rejection> {
        let copied = matches!(cte.materialized, Some(CteAsMaterialized::NotMaterialized));
        let query = if recursive {
            self.scope.set_cte(id, CteState::Opening);
            let own = Recursive { id, header: header.clone() };
            self.measured(id, copied, |lowering| lowering.query_of(&cte.query, Some(&own)))?
        } else {
            self.measured(id, copied, |lowering| lowering.query(&cte.query))?
        };
        let state = CteState::Known(header.columns(&query.columns)?);
        if recursive {
            self.scope.set_cte(id, state);
        } else {
            self.scope.level_mut().ctes.push(CteScope { name: header.name, id, state });
        }
        let materialized = match &cte.materialized {
            None => None,
            Some(CteAsMaterialized::Materialized) => Some(true),
            Some(CteAsMaterialized::NotMaterialized) => Some(false),
        };
        Ok(Cte { id, materialized, query })
    }
}
