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

/// The gate's own columns behind the client's: see [`Permit::counted`].
#[derive(Debug, Clone)]
pub(crate) enum Helpers {
    /// None.
    Absent,
    /// Whether the row that was written is one that the principal sees.
    Visible(usize),
    /// How many rows are the client's, and for each write how many it touched and how many of them are visible.
    Counts { rows: usize, writes: Vec<(usize, Option<usize>)> },
}

/// The columns of a result.
#[derive(Debug)]
pub(crate) struct Columns {
    pub client: Arc<[OutputColumn]>,
    /// Of the row that is written: see [`Permit::confirm`].
    pub shown: Arc<[OutputColumn]>,
    pub helpers: Helpers,
}

impl Helpers {
    /// Where they are among so many columns, and their types.
    fn of(permit: &Permit, columns: usize) -> (Self, Vec<Type>) {
        let checks = permit.writes.iter().map(|write| write.row_check.is_some());
        if !permit.counted {
            return match checks.filter(|checked| *checked).count() {
                0 => (Self::Absent, Vec::new()),
                _ => (Self::Visible(columns.saturating_sub(1)), vec![Type::BOOL]),
            };
        }
        let count = 1 + checks.clone().map(|checked| 1 + usize::from(checked)).sum::<usize>();
        let mut next = columns.saturating_sub(count);
        let mut place = || {
            next += 1;
            next - 1
        };
        let rows = place();
        let writes = checks.map(|checked| (place(), checked.then(&mut place))).collect();
        (Self::Counts { rows, writes }, vec![Type::INT8; count])
    }
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
        let text = admitted.text_sql().ok_or_else(|| match admitted.text_refusal() {
            Some(why) => ExecuteError::NotAsText(Box::new(why.clone())),
            None => ExecuteError::Unexpected("a statement without text form gives values of its own".to_owned()),
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

    /// The columns for the client, those behind them that show the row for a confirmation, and where the gate's own are.
    ///
    /// # Errors
    /// The permit asks for columns that aren't there, or are of another type.
    pub(crate) fn columns(&self, permit: &Permit) -> Result<Columns, ExecuteError> {
        let (helpers, types) = Helpers::of(permit, self.columns.len());
        let own = self.executable().0.columns();
        let first = own.len().checked_sub(types.len());
        let (Some(first), true) = (first, own.iter().rev().zip(types.iter().rev()).all(|(own, ty)| own.type_() == ty))
        else {
            return Err(ExecuteError::Unexpected("a write does not say what becomes of its rows".to_owned()));
        };
        let shown = permit.confirm.as_ref().map_or(0, |confirm| confirm.columns.len());
        let Some(shown_from) = first.checked_sub(shown) else {
            return Err(ExecuteError::Unexpected("a write does not show its rows".to_owned()));
        };
        let some = |range: std::ops::Range<usize>| self.columns.get(range).unwrap_or_default().into();
        let client = if shown_from == own.len() { Arc::clone(&self.columns) } else { some(0..shown_from) };
        Ok(Columns { client, shown: some(shown_from..first), helpers })
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
