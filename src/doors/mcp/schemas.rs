//! What the tools take, as JSON schemas: strict, so that a misspelt argument is told and not ignored.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::arguments;
use super::tools::Kind;
use crate::doors::layout::Layout;

const WHERE: &str = "Column → value (equality; null means IS NULL), or column → {\"op\", \"value\"} with op one of =, \
    <>, <, <=, >, >=, in, like, is_null. Joined by AND.";

/// The arguments of a tool.
pub(super) fn input(kind: Kind) -> JsonObject {
    let table = json!({
        "description": "`schema.table`, or [\"schema\", \"table\"] where a name has a dot",
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 2 },
        ],
    });
    let filter = json!({ "type": "object", "description": WHERE });
    match kind {
        Kind::QueryExecute => {
            let more = json!({
                "format": { "enum": Layout::ALL.map(|(name, _)| name), "description": "Default json: rows as arrays" },
                "max_cell": {
                    "type": "integer", "minimum": arguments::SHORTEST_CELL,
                    "description": "Cut longer values to so many characters; `cut` lists [row, column, full length]",
                },
            });
            strict(statement(STATEMENT, &more), json!(["sql"]))
        }
        Kind::Check => strict(statement(STATEMENT, &json!({})), json!(["sql"])),
        Kind::Explain => strict(statement("One query, without EXPLAIN", &json!({})), json!(["sql"])),
        Kind::Search => strict(
            json!({
                "query": { "type": "string", "description": "Words; all have to fit" },
                "schema": { "type": "string", "description": "Only this schema" },
                "detail": { "enum": arguments::DETAILS.map(|(name, _)| name), "description": "Default summary" },
                "limit": { "type": "integer", "minimum": 1, "maximum": arguments::MOST_FOUND, "description": "Default 20" },
            }),
            json!(["query"]),
        ),
        Kind::Tables => strict(
            json!({
                "schema": { "type": "string", "description": "Only this schema" },
                "pattern": { "type": "string", "description": "Only names that fit, with * and ?" },
            }),
            json!([]),
        ),
        Kind::TableSchema => strict(json!({ "table": table }), json!(["table"])),
        Kind::Insert => strict(
            json!({
                "table": table,
                "rows": {
                    "type": "array", "minItems": 1, "items": { "type": "object" },
                    "description": "Objects column → value, all with the same keys",
                },
            }),
            json!(["table", "rows"]),
        ),
        Kind::Update => strict(
            json!({
                "table": table,
                "values": { "type": "object", "description": "Column → new value" },
                "where": filter,
            }),
            json!(["table", "values", "where"]),
        ),
        Kind::Delete => strict(json!({ "table": table, "where": filter }), json!(["table", "where"])),
    }
}

const STATEMENT: &str = "One statement; values as $1, $2, …";

/// `sql` and `params`, and what else the tool takes.
fn statement(sql: &str, more: &Value) -> Value {
    let mut properties = json!({
        "sql": { "type": "string", "description": sql },
        "params": { "type": "array", "description": "Values of $1, $2, … in order" },
    });
    if let (Value::Object(properties), Value::Object(more)) = (&mut properties, more) {
        properties.extend(more.clone());
    }
    properties
}

/// An object with these properties and no other.
fn strict(properties: Value, required: Value) -> JsonObject {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties);
    schema.insert("required".to_owned(), required);
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}
