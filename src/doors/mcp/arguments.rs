//! Tool arguments: JSON becomes a submission, or a rejection that points at the argument.

use rmcp::model::JsonObject;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

use crate::doors::layout::{Layout, Presentation};
use crate::gate::admit::{Change, Submission};
use crate::gate::describe::{Detail, Search};
use crate::gate::diagnostic::{Place, Reason, Rejection};

/// Arguments being taken one by one.
struct Arguments {
    left: JsonObject,
    known: &'static [&'static str],
}

impl Arguments {
    /// A misspelling is told before anything else: what it stands for would only seem to be missing.
    fn new(left: JsonObject, known: &'static [&'static str]) -> Result<Self, Rejection> {
        let arguments = Self { left, known };
        match arguments.left.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(arguments),
            Some(name) => Err(wrong(name, format!("there is no argument `{name}`")).help(arguments.help())),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    fn need(&mut self, name: &'static str) -> Result<Value, Rejection> {
        self.take(name).ok_or_else(|| wrong(name, format!("the argument `{name}` is missing")).help(self.help()))
    }

    fn help(&self) -> String {
        format!("the arguments are {}", self.known.join(", "))
    }
}

fn wrong(name: &str, message: String) -> Rejection {
    let escaped = name.replace('~', "~0").replace('/', "~1");
    Rejection::new(Reason::InvalidParameter, message).at(Place::Json(format!("/{escaped}")))
}

fn text(name: &'static str, value: Value) -> Result<String, Rejection> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(wrong(name, format!("`{name}` has to be a string"))),
    }
}

fn object(name: &'static str, value: Value) -> Result<Map<String, Value>, Rejection> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(wrong(name, format!("`{name}` has to be an object"))),
    }
}

fn array(name: &'static str, value: Value) -> Result<Vec<Value>, Rejection> {
    match value {
        Value::Array(array) => Ok(array),
        _ => Err(wrong(name, format!("`{name}` has to be an array"))),
    }
}

/// `schema.table`, `table`, or one or two names in an array.
fn table(value: Value) -> Result<Vec<String>, Rejection> {
    let parts = match value {
        Value::String(text) => text.split('.').map(ToOwned::to_owned).collect::<Vec<_>>(),
        Value::Array(names) => names
            .into_iter()
            .map(|name| match name {
                Value::String(name) => Ok(name),
                _ => Err(wrong("table", "the names in `table` have to be strings".to_owned())),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(wrong("table", "`table` has to be a string or an array of names".to_owned())),
    };
    if (1..=2).contains(&parts.len()) && parts.iter().all(|part| !part.is_empty()) {
        Ok(parts)
    } else {
        Err(wrong("table", "`table` has to name one table".to_owned())
            .help("write `schema.table`, or [\"schema\", \"table\"] where a name has a dot"))
    }
}

/// `sql` and `params`.
pub(super) fn query(arguments: JsonObject) -> Result<Submission, Rejection> {
    statement(arguments).map(|(text, parameters)| Submission::Sql { text, parameters })
}

/// `sql` and `params`, how the rows shall come (`format` and `max_cell`), and from where on (`cursor`).
pub(super) fn presented_query(arguments: JsonObject) -> Result<Query, Rejection> {
    let mut arguments = Arguments::new(arguments, &["sql", "params", "format", "max_cell", "cursor"])?;
    let layout = match arguments.take("format").map(|value| text("format", value)).transpose()? {
        None => Layout::default(),
        Some(asked) => one_of("format", &asked, &Layout::ALL)?,
    };
    let longest_value = match arguments.take("max_cell") {
        None => None,
        Some(asked) => Some(count("max_cell", &asked, SHORTEST_CELL..=usize::MAX)?),
    };
    let cursor = arguments.take("cursor").map(|value| self::text("cursor", value)).transpose()?;
    let (text, parameters) = taken_statement(&mut arguments)?;
    Ok(Query { text, parameters, cursor, presentation: Presentation { layout, longest_value } })
}

/// The arguments of `query_execute`.
#[derive(Debug)]
pub(super) struct Query {
    pub text: String,
    pub parameters: Vec<Value>,
    /// Where to go on.
    pub cursor: Option<String>,
    pub presentation: Presentation,
}

/// Characters that a cell has at least before it is cut: less tells nothing.
pub(super) const SHORTEST_CELL: usize = 8;

/// The value of a word.
fn one_of<T: Copy>(name: &'static str, asked: &str, all: &[(&'static str, T)]) -> Result<T, Rejection> {
    all.iter().find(|(word, _)| *word == asked).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
        wrong(name, format!("`{asked}` is no {name}")).help(format!("it is one of {}", words.join(", ")))
    })
}

/// A whole number within bounds.
fn count(name: &'static str, asked: &Value, bounds: RangeInclusive<usize>) -> Result<usize, Rejection> {
    let number = asked.as_u64().and_then(|asked| usize::try_from(asked).ok());
    number.filter(|number| bounds.contains(number)).ok_or_else(|| {
        let (least, most) = bounds.into_inner();
        let most = if most == usize::MAX { String::new() } else { format!(", and at most {most}") };
        wrong(name, format!("`{name}` has to be a number of at least {least}{most}"))
    })
}

/// `sql` and `params` of a query to be explained.
pub(super) fn explain(arguments: JsonObject) -> Result<Submission, Rejection> {
    statement(arguments).map(|(text, parameters)| Submission::Explain { text, parameters })
}

fn statement(arguments: JsonObject) -> Result<(String, Vec<Value>), Rejection> {
    taken_statement(&mut Arguments::new(arguments, &["sql", "params"])?)
}

fn taken_statement(arguments: &mut Arguments) -> Result<(String, Vec<Value>), Rejection> {
    let sql = text("sql", arguments.need("sql")?)?;
    let parameters = match arguments.take("params") {
        Some(value) => array("params", value)?,
        None => Vec::new(),
    };
    Ok((sql, parameters))
}

/// The words for how much a search tells.
pub(super) const DETAILS: [(&str, Detail); 3] =
    [("names", Detail::Names), ("summary", Detail::Summary), ("full", Detail::Full)];

/// Relations that a search gives at most.
pub(super) const MOST_FOUND: usize = 200;

/// Relations that a search gives where the client says nothing.
const USUALLY_FOUND: usize = 20;

/// `query`, `schema`, `detail` and `limit`.
pub(super) fn search(arguments: JsonObject) -> Result<Search, Rejection> {
    let mut arguments = Arguments::new(arguments, &["query", "schema", "detail", "limit"])?;
    let query = text("query", arguments.need("query")?)?;
    let words: Vec<String> = query.split_whitespace().map(ToOwned::to_owned).collect();
    if words.is_empty() {
        return Err(wrong("query", "`query` has no word".to_owned()).help("get_tables lists all tables"));
    }
    let schema = arguments.take("schema").map(|value| text("schema", value)).transpose()?;
    let detail = match arguments.take("detail").map(|value| text("detail", value)).transpose()? {
        None => Detail::default(),
        Some(asked) => one_of("detail", &asked, &DETAILS)?,
    };
    let limit = match arguments.take("limit") {
        None => USUALLY_FOUND,
        Some(asked) => count("limit", &asked, 1..=MOST_FOUND)?,
    };
    Ok(Search { words, schema, detail, limit })
}

/// `schema` and `pattern`.
pub(super) fn tables(arguments: JsonObject) -> Result<(Option<String>, Option<String>), Rejection> {
    let mut arguments = Arguments::new(arguments, &["schema", "pattern"])?;
    let schema = arguments.take("schema").map(|value| text("schema", value)).transpose()?;
    let pattern = arguments.take("pattern").map(|value| text("pattern", value)).transpose()?;
    Ok((schema, pattern))
}

/// `table`.
pub(super) fn table_schema(arguments: JsonObject) -> Result<Vec<String>, Rejection> {
    let mut arguments = Arguments::new(arguments, &["table"])?;
    let name = table(arguments.need("table")?)?;
    Ok(name)
}

/// `table` and `rows`.
pub(super) fn insert(arguments: JsonObject) -> Result<Submission, Rejection> {
    let mut arguments = Arguments::new(arguments, &["table", "rows"])?;
    let name = table(arguments.need("table")?)?;
    let rows = array("rows", arguments.need("rows")?)?
        .into_iter()
        .map(|row| match row {
            Value::Object(row) => Ok(row),
            _ => Err(wrong("rows", "the elements of `rows` have to be objects".to_owned())),
        })
        .collect::<Result<_, _>>()?;
    Ok(Submission::Change(Change::Insert { table: name, rows }))
}

/// `table`, `values` and `where`.
pub(super) fn update(arguments: JsonObject) -> Result<Submission, Rejection> {
    let mut arguments = Arguments::new(arguments, &["table", "values", "where"])?;
    let name = table(arguments.need("table")?)?;
    let values = object("values", arguments.need("values")?)?;
    let filter = object("where", arguments.need("where")?)?;
    Ok(Submission::Change(Change::Update { table: name, values, filter }))
}

/// `table` and `where`.
pub(super) fn delete(arguments: JsonObject) -> Result<Submission, Rejection> {
    let mut arguments = Arguments::new(arguments, &["table", "where"])?;
    let name = table(arguments.need("table")?)?;
    let filter = object("where", arguments.need("where")?)?;
    Ok(Submission::Change(Change::Delete { table: name, filter }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given(value: Value) -> JsonObject {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_misspelt_argument_is_told() {
        let rejection = query(given(json!({ "sql": "select 1", "parms": [] }))).unwrap_err();
        assert_eq!(rejection.place, Place::Json("/parms".into()));
        assert_eq!(rejection.help.as_deref(), Some("the arguments are sql, params"));
        let rejection = update(given(json!({ "table": "t", "set": {}, "where": {} }))).unwrap_err();
        assert_eq!(rejection.place, Place::Json("/set".into()));
        assert_eq!(rejection.help.as_deref(), Some("the arguments are table, values, where"));
    }

    #[test]
    fn a_missing_argument_is_told() {
        let rejection = query(given(json!({ "params": [] }))).unwrap_err();
        assert_eq!(rejection.place, Place::Json("/sql".into()));
        assert_eq!(rejection.message, "the argument `sql` is missing");
    }

    #[test]
    fn tables_are_named_by_text_or_names() {
        let name = |value| table_schema(given(json!({ "table": value })));
        assert_eq!(name(json!("sales.orders")).unwrap(), ["sales", "orders"]);
        assert_eq!(name(json!(["odd.schema", "t"])).unwrap(), ["odd.schema", "t"]);
        assert!(name(json!("a.b.c")).is_err());
        assert!(name(json!("")).is_err());
        assert!(name(json!(7)).is_err());
    }
}
