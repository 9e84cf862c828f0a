//! A result as a table for people or as CSV. Values are printed as they came, digit by digit.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::draw::printable;
use crate::doors::layout::{Column, field, value_text};

/// The result of a statement as JSON, taken apart no further than needed.
#[derive(Deserialize)]
pub(super) struct Rows<'j> {
    columns: Vec<Column>,
    #[serde(borrow)]
    rows: Vec<Vec<&'j RawValue>>,
}

/// Types whose values are aligned at their last digit.
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];

impl<'j> Rows<'j> {
    pub fn parse(json: &'j str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// No columns: a write without RETURNING.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// With the number of rows below.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header(self.columns.iter().map(|column| printable(&column.name)));
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).map(|(value, column)| {
                let text = value_text(value).map_or_else(|| "NULL".to_owned(), |text| printable(&text));
                let number = NUMBERS.iter().any(|number| column.type_name.starts_with(number));
                let alignment = if number { CellAlignment::Right } else { CellAlignment::Left };
                Cell::new(text).set_alignment(alignment)
            });
            table.add_row(cells);
        }
        let count = self.rows.len();
        format!("{}\n({count} {})\n", table.trim_fmt(), if count == 1 { "row" } else { "rows" })
    }

    /// RFC 4180, with a header.
    pub fn csv(&self) -> String {
        let header = self.columns.iter().map(|column| field(Some(&column.name)));
        let mut lines = vec![header.collect::<Vec<_>>().join(",")];
        for row in &self.rows {
            let fields = row.iter().map(|value| field(value_text(value).as_deref()));
            lines.push(fields.collect::<Vec<_>>().join(","));
        }
        lines.join("\r\n") + "\r\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"columns":[{"name":"id","type":"bigint"},{"name":"note","type":"text"},{"name":"id","type":"jsonb"}],
        "rows":[["9007199254740993","two\nlines \u001b[31m",{"a":[1.10,null]}],[1.10,"",null],[7,"a,\"b\"",[true]]],
        "row_count":3,"truncated":false}"#;

    #[test]
    fn tables_are_for_people_and_do_nothing_to_their_terminal() {
        assert_eq!(
            Rows::parse(JSON).unwrap().table(),
            "\
┌──────────────────┬─────────────┬───────────────────┐
│ id               ┆ note        ┆ id                │
╞══════════════════╪═════════════╪═══════════════════╡
│ 9007199254740993 ┆ two         ┆ {\"a\":[1.10,null]} │
│                  ┆ lines ?[31m ┆                   │
│             1.10 ┆             ┆ NULL              │
│                7 ┆ a,\"b\"       ┆ [true]            │
└──────────────────┴─────────────┴───────────────────┘
(3 rows)
"
        );
    }

    #[test]
    fn csv_tells_null_from_the_empty_text() {
        assert_eq!(
            Rows::parse(JSON).unwrap().csv(),
            "id,note,id\r\n9007199254740993,\"two\nlines \u{1b}[31m\",\"{\"\"a\"\":[1.10,null]}\"\r\n1.10,\"\",\r\n\
             7,\"a,\"\"b\"\"\",[true]\r\n"
        );
    }
}
