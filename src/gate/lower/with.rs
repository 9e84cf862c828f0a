//! WITH: common table expressions, in PostgreSQL's order of visibility.

use sqlparser::ast::{self, CteAsMaterialized, TableAlias};

use super::from::refuse_present;
use super::scope::{CteScope, CteState};
use super::{Lowering, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Cte, CteId, OutputColumn};
use crate::gate::source::Span;

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
            ctes.push(self.cte(header, id, cte, *recursive)?);
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

    fn cte(&mut self, header: Header, id: CteId, cte: &ast::Cte, recursive: bool) -> Result<Cte, Rejection> {
        let writes = |body: &ast::SetExpr| match body {
            ast::SetExpr::Insert(_) | ast::SetExpr::Update(_) | ast::SetExpr::Delete(_) | ast::SetExpr::Merge(_) => {
                true
            }
            ast::SetExpr::Select(_)
            | ast::SetExpr::Query(_)
            | ast::SetExpr::SetOperation { .. }
            | ast::SetExpr::Values(_)
            | ast::SetExpr::Table(_) => false,
        };
        if writes(&cte.query.body) {
            return Err(not_yet("a CTE that writes", header.span));
        }
        let query = if recursive {
            self.scope.set_cte(id, CteState::Opening);
            let own = Recursive { id, header: header.clone() };
            self.query_of(&cte.query, Some(&own))?
        } else {
            self.query(&cte.query)?
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
