//! What PostgreSQL itself answers to a text, beside pgwicket, and whether pgwicket's answer is the same.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::cell;

/// Asks one session many things.
pub struct Asker<'c> {
    client: &'c Client,
    /// Names of types by OID.
    names: HashMap<u32, String>,
    /// Statements prepared by name so far.
    prepared: u32,
}

/// A statement's answer as PostgreSQL itself gives it, its values as text.
pub struct Direct {
    columns: Vec<(String, String)>,
    types: Vec<Type>,
    pub rows: Vec<Vec<Option<String>>>,
}

impl<'c> Asker<'c> {
    /// On a session whose settings are pgwicket's.
    pub fn new(client: &'c Client) -> Self {
        Self { client, names: HashMap::new(), prepared: 0 }
    }

    /// Runs the text with literals for its parameters; the SQLSTATE where it fails.
    pub async fn ask(&mut self, sql: &str, literals: &[String]) -> Result<Direct, String> {
        let prepared = self.client.prepare(sql).await.map_err(code)?;
        let mut columns = Vec::new();
        for column in prepared.columns() {
            columns.push((column.name().to_owned(), self.type_name(column.type_()).await));
        }
        let types = prepared.columns().iter().map(|column| column.type_().clone()).collect();
        let text = if literals.is_empty() {
            sql.to_owned()
        } else {
            // An EXPLAIN can't be prepared, but it can explain what was.
            let (explain, sql) =
                match sql.find("(FORMAT JSON) ").map(|at| at + 14).or(sql.starts_with("EXPLAIN ").then_some(8)) {
                    Some(at) if sql.starts_with("EXPLAIN ") => sql.split_at(at),
                    _ => ("", sql),
                };
            // Under a name of its own: those that the client library has prepared for itself have to stay.
            self.prepared += 1;
            let name = format!("asked_{}", self.prepared);
            self.client.batch_execute(&format!("PREPARE {name} AS {sql}")).await.map_err(code)?;
            format!("{explain}EXECUTE {name} ({})", literals.join(", "))
        };
        let mut rows = Vec::new();
        for message in self.client.simple_query(&text).await.map_err(code)? {
            if let SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
            }
        }
        Ok(Direct { columns, types, rows })
    }

    async fn type_name(&mut self, of: &Type) -> String {
        if let Some(known) = self.names.get(&of.oid()) {
            return known.clone();
        }
        // A whole row is told, and made, as a record.
        let name = "SELECT CASE
                        WHEN EXISTS (SELECT FROM pg_class c WHERE c.reltype = $1 AND relkind <> 'c') THEN 'record'
                        WHEN EXISTS (SELECT FROM pg_class c JOIN pg_type t ON t.oid = c.reltype
                                      WHERE t.typarray = $1 AND relkind <> 'c') THEN 'record[]'
                        ELSE format_type($1, NULL) END";
        let row = self.client.query_one(name, &[&of.oid()]).await.unwrap();
        let name: String = row.get(0);
        // A type is told without its schema.
        let name = name.rsplit_once('.').map_or(name.clone(), |(_, name)| name.to_owned());
        self.names.insert(of.oid(), name.clone());
        name
    }
}

/// The SQLSTATE of a server's refusal.
fn code(error: Error) -> String {
    match error.code() {
        Some(state) => state.code().to_owned(),
        None => panic!("the session broke: {error:?}"),
    }
}

impl Direct {
    /// Asks; the statement has to succeed.
    pub async fn ask(client: &Client, sql: &str) -> Self {
        Asker::new(client).ask(sql, &[]).await.unwrap_or_else(|code| panic!("{sql}\n{code}"))
    }

    /// The same with each value of the type written otherwise.
    pub fn map_cells(&self, of: Type, write: impl Fn(&str) -> String) -> Self {
        let cell = |(at, text): (usize, &Option<String>)| match self.types.get(at) {
            Some(one) if *one == of => text.as_deref().map(&write),
            _ => text.clone(),
        };
        let rows = self.rows.iter().map(|row| row.iter().enumerate().map(cell).collect()).collect();
        Self { columns: self.columns.clone(), types: self.types.clone(), rows }
    }

    /// Where pgwicket's result differs; the rows in any order unless `ordered`.
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
        // Mostly the next one is the one.
        let mut left: VecDeque<&Vec<Option<String>>> = self.rows.iter().collect();
        for row in rows {
            let found = left.iter().position(|expected| self.row_difference(row, expected).is_none());
            match found {
                Some(0) => drop(left.pop_front()),
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
