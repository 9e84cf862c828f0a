//! A result in the form that its reader asked for: rows as arrays, objects, CSV or Markdown, and long values cut. Works on the
//! result's JSON row by row, so that it needs little more memory than what comes out, and that is bounded like the result.

use std::fmt::Write;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::postgres::{ResultSet, Truncation};

/// Results that are shorter are laid out in a text that grows by and by.
const LARGE: usize = 64 * 1024;

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Layout {
    /// Rows as arrays, which repeats no names.
    #[default]
    Json,
    /// Rows as objects.
    Objects,
    /// Rows as text after RFC 4180, under a line with the columns' names. NULL is empty, the empty text is `""`.
    Csv,
    /// Rows as a table in Markdown.
    Markdown,
}

impl Layout {
    /// All of them by name.
    pub(super) const ALL: [(&'static str, Self); 4] =
        [("json", Self::Json), ("objects", Self::Objects), ("csv", Self::Csv), ("markdown", Self::Markdown)];
}

/// What a client asks of a result's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Presentation {
    /// The layout.
    pub layout: Layout,
    /// Characters of a value at most: of longer ones only the beginning comes, and the result says which and how long they
    /// are.
    pub longest_value: Option<usize>,
}

/// A result laid out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Laid {
    /// Columns, rows where the layout has them in JSON, and what is to be known of them.
    pub json: String,
    /// The rows as text, in the layouts that are.
    pub table: Option<String>,
    /// How many rows there are, and whether there would be more.
    pub rows: u64,
    pub truncated: bool,
}

/// A column of a result.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
}

/// What a JSON value says: a text without its quotes, anything else as it is written; `None` for null.
pub(super) fn value_text(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" => None,
        text if text.starts_with('"') => Some(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())),
        other => Some(other.to_owned()),
    }
}

/// One field of CSV: null is empty, the empty text is `""`.
pub(super) fn field(text: Option<&str>) -> String {
    match text {
        None => String::new(),
        Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Some(text) => text.to_owned(),
    }
}

/// A cell of a table in Markdown.
fn cell(text: Option<&str>) -> String {
    text.unwrap_or("NULL")
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace("\r\n", "<br>")
        .replace(['\n', '\r'], "<br>")
}

impl Presentation {
    /// Lays the result out, in at most about so many bytes: what goes beyond is cut off row by row, and told. `affected`:
    /// rows that a write changed.
    ///
    /// # Errors
    /// The result isn't one.
    pub(super) fn of(
        self,
        result: &ResultSet,
        affected: Option<u64>,
        most_bytes: usize,
    ) -> Result<Laid, serde_json::Error> {
        let mut writer = Writer {
            presentation: self,
            most_bytes,
            columns: Vec::new(),
            keys: Vec::new(),
            // Pages that nothing is written to take no memory, and growing by and by would take several times as much.
            out: String::with_capacity(if result.json.len() > LARGE { most_bytes.saturating_add(LARGE) } else { 0 }),
            head: 0,
            cut: String::new(),
            rows: 0,
            full: false,
        };
        let mut reader = serde_json::Deserializer::from_str(&result.json);
        Whole(&mut writer).deserialize(&mut reader)?;
        writer.finish(result.truncated, affected)
    }
}

struct Writer {
    presentation: Presentation,
    most_bytes: usize,
    columns: Vec<Column>,
    /// The columns' names as JSON, each once.
    keys: Vec<String>,
    /// The rows, in JSON behind the head.
    out: String,
    /// Bytes of the head.
    head: usize,
    /// What was cut: `[row, column, characters]`, separated by commas.
    cut: String,
    rows: u64,
    full: bool,
}

impl Writer {
    fn begin(&mut self, columns: Vec<Column>) -> Result<(), serde_json::Error> {
        let names = columns.iter().map(|column| column.name.as_str());
        match self.presentation.layout {
            Layout::Json | Layout::Objects => {
                if self.presentation.layout == Layout::Objects {
                    self.keys = unique(names).iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
                }
                // Writing into a String can't fail.
                let _ = write!(self.out, "{{\"columns\":{},\"rows\":[", serde_json::to_string(&columns)?);
                self.head = self.out.len();
            }
            Layout::Csv => self.out += &(names.map(|name| field(Some(name))).collect::<Vec<_>>().join(",") + "\r\n"),
            Layout::Markdown => {
                let names: String = names.map(|name| format!(" {} |", cell(Some(name)))).collect();
                self.out += &format!("|{names}\n|{}\n", "---|".repeat(columns.len()));
            }
        }
        self.columns = columns;
        Ok(())
    }

    fn row(&mut self, values: &[&RawValue]) -> Result<(), serde_json::Error> {
        if self.full {
            return Ok(());
        }
        let (start, cut_before) = (self.out.len(), self.cut.len());
        let (open, between, close) = match self.presentation.layout {
            Layout::Json => ("[", ",", "]"),
            Layout::Objects => ("{", ",", "}"),
            Layout::Csv => ("", ",", "\r\n"),
            Layout::Markdown => ("| ", " | ", " |\n"),
        };
        if self.rows > 0 && matches!(self.presentation.layout, Layout::Json | Layout::Objects) {
            self.out.push(',');
        }
        self.out.push_str(open);
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.out.push_str(between);
            }
            if let Some(key) = self.keys.get(at) {
                self.out.push_str(key);
                self.out.push(':');
            }
            self.value(at, value)?;
        }
        self.out.push_str(close);
        if self.out.len() - self.head + self.cut.len() > self.most_bytes {
            self.out.truncate(start);
            self.cut.truncate(cut_before);
            self.full = true;
        } else {
            self.rows += 1;
        }
        Ok(())
    }

    fn value(&mut self, column: usize, value: &RawValue) -> Result<(), serde_json::Error> {
        let short = self.presentation.longest_value.and_then(|most| shortened(value, most));
        if let Some((_, length)) = &short {
            let comma = if self.cut.is_empty() { "" } else { "," };
            // Writing into a String can't fail.
            let _ = write!(self.cut, "{comma}[{},{column},{length}]", self.rows);
        }
        let short = short.map(|(short, _)| short);
        match self.presentation.layout {
            Layout::Json | Layout::Objects => match short {
                Some(short) => self.out.push_str(&serde_json::to_string(&short)?),
                None => self.out.push_str(value.get()),
            },
            Layout::Csv => self.out.push_str(&field(short.or_else(|| value_text(value)).as_deref())),
            Layout::Markdown => self.out.push_str(&cell(short.or_else(|| value_text(value)).as_deref())),
        }
        Ok(())
    }

    fn finish(self, truncated: Option<Truncation>, affected: Option<u64>) -> Result<Laid, serde_json::Error> {
        let (mut json, table) = match self.presentation.layout {
            Layout::Json | Layout::Objects => (self.out + "]", None),
            Layout::Csv | Layout::Markdown => {
                (format!("{{\"columns\":{}", serde_json::to_string(&self.columns)?), Some(self.out))
            }
        };
        json += &format!(",\"row_count\":{}", self.rows);
        if let Some(affected) = affected {
            json += &format!(",\"affected_rows\":{affected}");
        }
        if !self.cut.is_empty() {
            json += &format!(",\"cut\":[{}]", self.cut);
        }
        let truncated = if self.full { Some(Truncation::Bytes) } else { truncated };
        match truncated {
            None => json += ",\"truncated\":false}",
            Some(by) => json += &format!(",\"truncated\":true,\"truncated_by\":\"{}\"}}", by.name()),
        }
        Ok(Laid { json, table, rows: self.rows, truncated: truncated.is_some() })
    }
}

/// The beginning of a value that has more characters than that, and how many it has. Numbers stay whole: a part of one is
/// another.
fn shortened(value: &RawValue, most: usize) -> Option<(String, usize)> {
    let json = value.get();
    // An escape makes JSON longer than its text, never shorter.
    if json.len() <= most || !json.starts_with(['"', '[', '{']) {
        return None;
    }
    let text = value_text(value)?;
    let (end, _) = text.char_indices().nth(most)?;
    Some((text.get(..end).unwrap_or_default().to_owned(), text.chars().count()))
}

/// The names, the second of one name with `_2` behind it, and so on.
fn unique<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut given: Vec<String> = Vec::new();
    for name in names {
        let mut one = name.to_owned();
        let mut count = 1;
        while given.contains(&one) {
            count += 1;
            one = format!("{name}_{count}");
        }
        given.push(one);
    }
    given
}

/// The result's object.
struct Whole<'w>(&'w mut Writer);

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a result")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "columns" => {
                    let columns = map.next_value()?;
                    self.0.begin(columns).map_err(A::Error::custom)?;
                }
                "rows" => map.next_value_seed(Rows(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The rows, each laid out before the next is read.
struct Rows<'w>(&'w mut Writer);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(values) = rows.next_element::<Vec<&'de RawValue>>()? {
            self.0.row(&values).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn result(columns: &[(&str, &str)], rows: &Value) -> ResultSet {
        let columns: Vec<Value> = columns.iter().map(|(name, ty)| json!({ "name": name, "type": ty })).collect();
        let count = rows.as_array().unwrap().len() as u64;
        let json =
            format!(r#"{{"columns":{},"rows":{rows},"row_count":{count},"truncated":false}}"#, Value::Array(columns));
        ResultSet { json, row_count: count, truncated: None }
    }

    fn odd() -> ResultSet {
        let rows = json!([
            [1, "a|b,\"c\"\nd", null, { "k": [1.10, null] }],
            ["9007199254740993", "", true, [1, [2]]],
        ]);
        result(&[("id", "bigint"), ("note", "text"), ("id", "boolean"), ("doc", "jsonb")], &rows)
    }

    fn laid(layout: Layout, longest_value: Option<usize>) -> Laid {
        Presentation { layout, longest_value }.of(&odd(), None, 10_000).unwrap()
    }

    #[test]
    fn arrays_stay_byte_for_byte_what_they_were() {
        assert_eq!(laid(Layout::Json, None), Laid { json: odd().json, table: None, rows: 2, truncated: false });
    }

    #[test]
    fn objects_name_each_column_once() {
        let laid: Value = serde_json::from_str(&laid(Layout::Objects, None).json).unwrap();
        assert_eq!(
            laid["rows"],
            json!([
                { "id": 1, "note": "a|b,\"c\"\nd", "id_2": null, "doc": { "k": [1.10, null] } },
                { "id": "9007199254740993", "note": "", "id_2": true, "doc": [1, [2]] },
            ])
        );
        assert_eq!((&laid["columns"][2]["name"], &laid["row_count"]), (&json!("id"), &json!(2)));
        assert_eq!(unique(["a", "a_2", "a", "a"].into_iter()), ["a", "a_2", "a_3", "a_4"]);
    }

    #[test]
    fn texts_stand_beside_what_is_to_be_known_of_them() {
        let Laid { json, table, .. } = laid(Layout::Csv, None);
        assert_eq!(
            table.unwrap(),
            "id,note,id,doc\r\n1,\"a|b,\"\"c\"\"\nd\",,\"{\"\"k\"\":[1.1,null]}\"\r\n9007199254740993,\"\",true,\"[1,[2]]\"\r\n"
        );
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((json.get("rows"), &json["row_count"], &json["truncated"]), (None, &json!(2), &json!(false)));
        assert_eq!(
            laid(Layout::Markdown, None).table.unwrap(),
            "| id | note | id | doc |\n|---|---|---|---|\n| 1 | a\\|b,\"c\"<br>d | NULL | {\"k\":[1.1,null]} |\n\
             | 9007199254740993 |  | true | [1,[2]] |\n"
        );
    }

    #[test]
    fn long_values_are_cut_and_told() {
        let rows = json!([["äöüß-tail", 1234567890, [1, 2, 3, 4], null], ["äöü", 5, [], "\u{1}\u{1}"]]);
        let result = result(&[("t", "text"), ("n", "bigint"), ("a", "integer[]"), ("c", "text")], &rows);
        let laid = Presentation { layout: Layout::Json, longest_value: Some(4) }.of(&result, Some(3), 10_000).unwrap();
        let laid: Value = serde_json::from_str(&laid.json).unwrap();
        assert_eq!(laid["rows"], json!([["äöüß", 1234567890, "[1,2", null], ["äöü", 5, [], "\u{1}\u{1}"]]));
        assert_eq!((&laid["cut"], &laid["affected_rows"]), (&json!([[0, 0, 9], [0, 2, 9]]), &json!(3)));
    }

    #[test]
    fn nothing_grows_past_the_bound() {
        let rows: Vec<Value> = (0..1000).map(|n| json!([n, "x".repeat(20)])).collect();
        let result = result(&[("a_column_with_a_long_name", "integer"), ("b", "text")], &json!(rows));
        for (_, layout) in Layout::ALL {
            for longest_value in [None, Some(10)] {
                let laid = Presentation { layout, longest_value }.of(&result, None, 5_000).unwrap();
                assert!(laid.json.len() + laid.table.map_or(0, |table| table.len()) < 5_300, "{layout:?}");
                let json: Value = serde_json::from_str(&laid.json).unwrap();
                assert_eq!((&json["truncated"], &json["truncated_by"]), (&json!(true), &json!("bytes")), "{layout:?}");
                let count = json["row_count"].as_u64().unwrap();
                assert!((50..999).contains(&count), "{layout:?} {count}");
                let cut = json["cut"].as_array().map_or(0, Vec::len) as u64;
                assert_eq!(cut, if longest_value.is_some() { count } else { 0 }, "{layout:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn csv_can_be_read_back(texts in prop::collection::vec(prop::option::of(any::<String>()), 1..6)) {
            let columns: Vec<(&str, &str)> = texts.iter().map(|_| ("c", "text")).collect();
            let laid = Presentation { layout: Layout::Csv, longest_value: None }
                .of(&result(&columns, &json!([texts])), None, 1 << 20)
                .unwrap();
            let table = laid.table.unwrap();
            let (_, line) = table.split_once("\r\n").unwrap();
            prop_assert_eq!(read_back(line.strip_suffix("\r\n").unwrap()), texts);
        }
    }

    /// One line of CSV, by RFC 4180 and our reading of NULL.
    fn read_back(line: &str) -> Vec<Option<String>> {
        let mut fields = Vec::new();
        let mut rest = line;
        loop {
            let mut field = None;
            if let Some(quoted) = rest.strip_prefix('"') {
                let mut text = String::new();
                let mut after = quoted;
                loop {
                    let (part, tail) = after.split_once('"').unwrap();
                    text += part;
                    match tail.strip_prefix('"') {
                        Some(tail) => {
                            text.push('"');
                            after = tail;
                        }
                        None => {
                            rest = tail;
                            break;
                        }
                    }
                }
                field = Some(text);
            } else {
                let (plain, tail) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if !plain.is_empty() {
                    field = Some(plain.to_owned());
                }
                rest = tail;
            }
            fields.push(field);
            match rest.strip_prefix(',') {
                Some(tail) => rest = tail,
                None => return fields,
            }
        }
    }
}
