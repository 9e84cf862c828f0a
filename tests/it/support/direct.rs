//! What PostgreSQL itself answers, to be compared with what the gateway answers.

use serde_json::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::cell;

/// A statement's answer as PostgreSQL itself gives it.
pub struct Direct {
    columns: Vec<(String, String)>,
    types: Vec<Type>,
    pub rows: Vec<Vec<Option<String>>>,
}

impl Direct {
    /// Asks; the statement has to succeed.
    pub async fn ask(client: &Client, sql: &str) -> Self {
        let prepared = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
        let mut columns = Vec::new();
        for column in prepared.columns() {
            // A whole row is told, and made, as a record.
            let name = "SELECT CASE
                            WHEN EXISTS (SELECT FROM pg_class c WHERE c.reltype = $1 AND relkind <> 'c') THEN 'record'
                            WHEN EXISTS (SELECT FROM pg_class c JOIN pg_type t ON t.oid = c.reltype
                                          WHERE t.typarray = $1 AND relkind <> 'c') THEN 'record[]'
                            ELSE format_type($1, NULL) END";
            let name: String = client.query_one(name, &[&column.type_().oid()]).await.unwrap().get(0);
            // A type is told without its schema.
            let name = name.rsplit_once('.').map_or(name.clone(), |(_, name)| name.to_owned());
            columns.push((column.name().to_owned(), name));
        }
        let types = prepared.columns().iter().map(|column| column.type_().clone()).collect();
        let mut rows = Vec::new();
        for message in client.simple_query(sql).await.unwrap() {
            if let SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
            }
        }
        Self { columns, types, rows }
    }

    /// How a result of the gateway's differs, column names and types included.
    pub fn difference(&self, result: &Value, ordered: bool) -> Option<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let columns: Vec<(String, String)> =
            result["columns"].as_array()?.iter().map(|one| (text(&one["name"]), text(&one["type"]))).collect();
        if columns != self.columns {
            return Some(format!("columns {columns:?}, PostgreSQL's are {:?}", self.columns));
        }
        let rows = result["rows"].as_array()?;
        if result["truncated"] != false || result["row_count"] != rows.len() || rows.len() != self.rows.len() {
            return Some(format!("{} rows, PostgreSQL gives {}", rows.len(), self.rows.len()));
        }
        let mut left: Vec<&Vec<Option<String>>> = self.rows.iter().collect();
        for row in rows {
            let found = left.iter().position(|expected| self.row_difference(row, expected).is_none());
            match found {
                Some(0) => drop(left.remove(0)),
                Some(at) if !ordered => drop(left.remove(at)),
                _ => return self.row_difference(row, left[0]),
            }
        }
        None
    }

    fn row_difference(&self, row: &Value, expected: &[Option<String>]) -> Option<String> {
        let row = row.as_array()?;
        if row.len() != expected.len() {
            return Some(format!("{} cells, PostgreSQL gives {}", row.len(), expected.len()));
        }
        let cells = row.iter().zip(&self.types).zip(expected);
        cells.filter_map(|((cell, type_), text)| cell::difference(cell, type_, text.as_deref())).next()
    }
}

/// Whether the statement says an order itself, not only in one of its subqueries or windows.
pub fn is_ordered(sql: &str) -> bool {
    let (mut depth, mut quoted) = (0, false);
    sql.char_indices().any(|(at, character)| {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        depth == 0 && !quoted && sql[at..].starts_with("ORDER BY ")
    })
}

#[test]
fn only_an_order_of_the_statement_itself_counts() {
    assert!(is_ordered("SELECT ')' FROM (SELECT 1) q ORDER BY 1"));
    assert!(!is_ordered("SELECT rank() OVER (ORDER BY x), ' ORDER BY ' FROM t"));
}
