//! One result: columns and rows as compact JSON, under a cap on rows and one on bytes, and truthful about both.

use std::sync::Arc;

use tokio_postgres::types::Type;

use super::codec::Codec;
use super::names::type_name;
use super::sink::Sink;
use super::wire::{Malformed, Undecodable, utf8};

/// Room kept for what stands behind the last row.
const TRAILER: usize = 96;

/// One column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputColumn {
    name: String,
    type_name: String,
    codec: Option<Codec>,
}

impl OutputColumn {
    pub(crate) fn new(name: &str, type_: &Type) -> Self {
        Self { name: name.to_owned(), type_name: type_name(type_), codec: Codec::of(type_) }
    }

    /// Whether its values are read in binary. If any column's aren't, the statement runs in its text form, and the JSON
    /// is the same for the columns that would have been.
    pub(crate) fn is_encodable(&self) -> bool {
        self.codec.is_some()
    }
}

/// How the values arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In each type's binary format.
    Binary,
    /// Rendered by PostgreSQL, all of them.
    Text,
}

/// What cut a result short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// There are more rows than the row cap.
    Rows,
    /// The next row would have exceeded the byte cap.
    Bytes,
}

impl Truncation {
    /// The value of `truncated_by`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Bytes => "bytes",
        }
    }
}

/// A finished result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultSet {
    /// `{"columns":[{"name":…,"type":…}],"rows":[[…]],"row_count":N,"truncated":false}`, and `"truncated_by"` if it is;
    /// a write's has `"affected_rows"` as well.
    pub json: String,
    /// Rows in it.
    pub row_count: u64,
    /// Why there aren't more, if there are.
    pub truncated: Option<Truncation>,
}

/// A result that is still being read.
#[derive(Debug)]
pub(crate) struct RowWriter {
    columns: Arc<[OutputColumn]>,
    form: Form,
    sink: Sink,
    rows: u64,
    most_rows: u64,
    truncated: Option<Truncation>,
}

impl RowWriter {
    /// Starts a result. The columns are always told, whatever `most_bytes` says.
    pub(crate) fn new(columns: Arc<[OutputColumn]>, form: Form, most_rows: u64, most_bytes: u64) -> Self {
        let mut sink = Sink::new(usize::MAX);
        sink.push("{\"columns\":[");
        for (index, column) in columns.iter().enumerate() {
            sink.push(if index > 0 { ",{\"name\":" } else { "{\"name\":" });
            sink.string(&column.name);
            sink.push(",\"type\":");
            sink.string(&column.type_name);
            sink.push("}");
        }
        sink.push("],\"rows\":[");
        sink.set_limit(usize::try_from(most_bytes).unwrap_or(usize::MAX).saturating_sub(TRAILER));
        Self { columns, form, sink, rows: 0, most_rows, truncated: None }
    }

    /// Adds a row of as many values as there are columns; `value` gives the raw bytes of one, `None` for NULL. Returns
    /// `false` once the result is cut short: further rows needn't be brought.
    ///
    /// # Errors
    /// A value that isn't what its type promises.
    pub(crate) fn push<'a, V>(&mut self, value: V) -> Result<bool, Undecodable>
    where
        V: Fn(usize) -> Result<Option<&'a [u8]>, Malformed>,
    {
        if self.truncated.is_none() && self.rows >= self.most_rows {
            self.truncated = Some(Truncation::Rows);
        }
        if self.truncated.is_some() {
            return Ok(false);
        }
        let start = self.sink.len();
        self.sink.push(if self.rows > 0 { ",[" } else { "[" });
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                self.sink.push(",");
            }
            value(index)
                .and_then(|raw| write_value(raw, column, self.form, &mut self.sink))
                .map_err(|Malformed(reason)| Undecodable { type_name: column.type_name.clone(), reason })?;
            if self.sink.has_overflowed() {
                break;
            }
        }
        self.sink.push("]");
        if self.sink.has_overflowed() {
            self.sink.truncate(start);
            self.truncated = Some(Truncation::Bytes);
            return Ok(false);
        }
        self.rows += 1;
        Ok(true)
    }

    /// Ends the result; `affected` is the count of rows that a write changed.
    pub(crate) fn finish(self, affected: Option<u64>) -> ResultSet {
        let Self { mut sink, rows, truncated, .. } = self;
        sink.set_limit(usize::MAX);
        sink.push(&format!("],\"row_count\":{rows},"));
        if let Some(affected) = affected {
            sink.push(&format!("\"affected_rows\":{affected},"));
        }
        match truncated {
            None => sink.push("\"truncated\":false}"),
            Some(by) => sink.push(&format!("\"truncated\":true,\"truncated_by\":\"{}\"}}", by.name())),
        }
        ResultSet { json: sink.into_json(), row_count: rows, truncated }
    }
}

fn write_value(raw: Option<&[u8]>, column: &OutputColumn, form: Form, sink: &mut Sink) -> Result<(), Malformed> {
    match (raw, form, &column.codec) {
        (None, _, _) => sink.push("null"),
        (Some(raw), Form::Binary, Some(codec)) => codec.write_json(raw, sink)?,
        (Some(raw), Form::Text, Some(codec)) => codec.write_json_of_text(utf8(raw)?, sink)?,
        (Some(raw), Form::Text, None) => sink.string(utf8(raw)?),
        (Some(_), Form::Binary, None) => return Err(Malformed("it has to be read as text")),
    }
    Ok(())
}
