//! An admitted text prepared on one connection, and the second look at where its output comes from.
#![expect(clippy::disallowed_methods, reason = "prepares admitted text, and nothing else")]

use std::sync::Arc;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

use super::error::ExecuteError;
use crate::gate::admit::{Admitted, Permit};
use crate::postgres::rows::{Form, OutputColumn};

/// What was prepared for one admitted text.
#[derive(Debug)]
pub(crate) struct Prepared {
    statement: Statement,
    /// Set if a column has no binary format that we read: then this one is executed.
    text_form: Option<Statement>,
    columns: Arc<[OutputColumn]>,
    /// EXPLAIN of it, where its cost is bounded.
    estimate: Option<Statement>,
}

impl Prepared {
    pub(crate) async fn prepare(client: &Client, admitted: &Admitted) -> Result<Self, ExecuteError> {
        let statement = client.prepare(admitted.sql()).await?;
        let estimate = match admitted.estimate_sql() {
            Some(text) => Some(client.prepare(text).await?),
            None => None,
        };
        let columns: Arc<[OutputColumn]> =
            statement.columns().iter().map(|column| OutputColumn::new(column.name(), column.type_())).collect();
        if columns.iter().all(OutputColumn::is_encodable) {
            return Ok(Self { statement, text_form: None, columns, estimate });
        }
        let text = admitted.text_sql().ok_or_else(|| {
            ExecuteError::Unexpected("a statement without text form gives values of its own".to_owned())
        })?;
        let text_form = client.prepare(text).await?;
        if text_form.columns().len() != columns.len() {
            return Err(ExecuteError::Unexpected("the text form has other columns".to_owned()));
        }
        Ok(Self { statement, text_form: Some(text_form), columns, estimate })
    }

    /// The statement to execute, and how its values will arrive.
    pub(crate) fn executable(&self) -> (&Statement, Form) {
        match &self.text_form {
            None => (&self.statement, Form::Binary),
            Some(text_form) => (text_form, Form::Text),
        }
    }

    /// What to ask for the statement's cost, if that is bounded.
    pub(crate) fn estimate(&self) -> Option<&Statement> {
        self.estimate.as_ref()
    }

    /// The columns for the client, and the place of the one behind them that only the permit asks for.
    ///
    /// # Errors
    /// The permit asks for a column that isn't there, or isn't a boolean.
    pub(crate) fn columns(&self, permit: &Permit) -> Result<(Arc<[OutputColumn]>, Option<usize>), ExecuteError> {
        if permit.row_check.is_none() {
            return Ok((Arc::clone(&self.columns), None));
        }
        match (self.executable().0.columns().last(), self.columns.split_last()) {
            (Some(check), Some((_, columns))) if *check.type_() == Type::BOOL => {
                Ok((columns.into(), Some(columns.len())))
            }
            _ => Err(ExecuteError::Unexpected("a write does not say which of its rows are visible".to_owned())),
        }
    }

    /// PostgreSQL tells of each output column whether it is a relation's column as it stands. One that the permit
    /// doesn't name as open ends the statement, whatever the gate thought.
    pub(crate) fn check_origins(&self, permit: &Permit) -> Result<(), ExecuteError> {
        for column in self.statement.columns() {
            let (Some(relation), Some(number)) = (column.table_oid(), column.column_id()) else { continue };
            let is_open =
                permit.relations.iter().any(|used| used.oid.0 == relation && used.open_columns.contains(&number));
            if !is_open {
                return Err(ExecuteError::UnforeseenColumn { relation, column: number });
            }
        }
        Ok(())
    }
}
