//! What the tools take and give, as JSON schemas. What they take is strict, so that a misspelt argument is told and not ignored;
//! what they give is strict, so that nothing is given that isn't said here.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::arguments;
use super::tools::Kind;
use crate::doors::layout::Layout;
use crate::postgres::Truncation;

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
                "cursor": { "type": "string", "description": "From a truncated result: its next rows; same sql and params" },
                "format": {
                    "type": "string", "enum": Layout::ALL.map(|(name, _)| name), "description": "Default json: rows as arrays",
                },
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
                "detail": { "type": "string", "enum": arguments::DETAILS.map(|(name, _)| name), "description": "Default summary" },
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
        "params": { "type": "array", "items": {}, "description": "Values of $1, $2, … in order" },
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
    // An empty list was not allowed in older drafts of JSON Schema.
    if required.as_array().is_some_and(|required| !required.is_empty()) {
        schema.insert("required".to_owned(), required);
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// The results of a tool, where they are structured.
pub(super) fn output(kind: Kind) -> JsonObject {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    match kind {
        Kind::QueryExecute | Kind::Insert | Kind::Update | Kind::Delete => {
            strict(rows(), json!(["columns", "row_count", "truncated"]))
        }
        Kind::Check => strict(
            json!({
                "verdict": { "const": "admitted" },
                "statement": { "type": "string" },
                "relations": texts,
                "masked_columns": { "type": "object", "additionalProperties": { "type": "string" } },
                "rows_filtered": texts,
                "row_limit": { "type": "integer" },
            }),
            json!(["verdict", "statement", "relations", "row_limit"]),
        ),
        Kind::Explain => strict(
            json!({
                "steps": texts,
                "estimated_cost": { "type": "number" },
                "estimated_rows": { "type": "integer" },
                "notes": texts,
                "only_steps": { "type": "boolean" },
                "cost_limit": { "type": "integer" },
            }),
            json!(["steps"]),
        ),
        Kind::Search => {
            let names = strict(json!({ "relation": { "type": "string" }, "columns": texts }), json!(["relation"]));
            let mut summary = summary();
            summary.insert("columns".to_owned(), columns());
            let summary = strict(Value::Object(summary), json!(SUMMARY));
            let found = json!({ "type": "array", "items": { "anyOf": [names, summary, table()] } });
            strict(json!({ "found": found, "more": { "type": "integer" } }), json!(["found"]))
        }
        Kind::Tables => {
            let one = strict(Value::Object(summary()), json!(SUMMARY));
            strict(json!({ "tables": { "type": "array", "items": one } }), json!(["tables"]))
        }
        Kind::TableSchema => table(),
    }
}

fn rows() -> Value {
    let column = strict(json!({ "name": { "type": "string" }, "type": { "type": "string" } }), json!(["name", "type"]));
    json!({
        "columns": { "type": "array", "items": column },
        "rows": {
            "type": "array", "items": { "type": ["array", "object"] },
            "description": "Arrays, or objects for that format; not here for csv and markdown",
        },
        "row_count": { "type": "integer" },
        "affected_rows": { "type": "integer" },
        "truncated": { "type": "boolean" },
        "cursor": { "type": "string", "description": "For the next rows" },
        "pages": { "type": "string", "description": "How the next rows may not fit these" },
        "truncated_by": { "enum": [Truncation::Rows.name(), Truncation::Bytes.name()] },
        "cut": {
            "type": "array", "description": "[row, column, full length] of each value that was cut",
            "items": { "type": "array", "items": { "type": "integer" }, "minItems": 3, "maxItems": 3 },
        },
    })
}

/// What is always told of a relation.
const SUMMARY: [&str; 4] = ["schema", "name", "kind", "access"];

/// What is told of a relation beside its columns.
fn summary() -> JsonObject {
    let text = json!({ "type": "string" });
    let mut properties: JsonObject =
        SUMMARY.into_iter().chain(["comment"]).map(|name| (name.to_owned(), text.clone())).collect();
    properties.insert("estimated_rows".to_owned(), json!({ "type": "integer" }));
    properties
}

fn columns() -> Value {
    let column = strict(
        json!({
            "name": { "type": "string" },
            "type": { "type": "string" },
            "nullable": { "type": "boolean" },
            "masked": { "type": "boolean" },
            "default": { "type": "string" },
            "comment": { "type": "string" },
        }),
        json!(["name", "type", "nullable"]),
    );
    json!({ "type": "array", "items": column })
}

/// All that is told of a relation.
fn table() -> JsonObject {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let key = strict(
        json!({ "columns": texts, "references": { "type": "string" }, "referenced_columns": texts }),
        json!(["columns", "references", "referenced_columns"]),
    );
    let mut properties = summary();
    properties.extend([
        ("columns".to_owned(), columns()),
        ("primary_key".to_owned(), texts.clone()),
        ("unique_keys".to_owned(), json!({ "type": "array", "items": texts })),
        ("foreign_keys".to_owned(), json!({ "type": "array", "items": key })),
        ("rows_filtered".to_owned(), json!({ "type": "boolean" })),
        ("require_where".to_owned(), json!({ "type": "boolean" })),
        ("max_affected_rows".to_owned(), json!({ "type": "integer" })),
    ]);
    let required = SUMMARY.into_iter().chain(["columns"]).collect::<Vec<_>>();
    strict(Value::Object(properties), json!(required))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doors::mcp::tools;

    /// What the revisions ask of schemas, and what makers of models do whom clients hand them on to: an array without
    /// `items`, an `enum` without `type` or an empty `required` makes some of them refuse the tool.
    fn check(schema: &Value, place: &str) {
        let Value::Object(keywords) = schema else { panic!("{place}: {schema}") };
        let is = |name: &str| keywords.get("type").is_some_and(|of| of == name);
        assert!(!is("array") || keywords.contains_key("items"), "{place}: {schema}");
        assert!(!keywords.contains_key("enum") || is("string"), "{place}: {schema}");
        assert!(keywords.get("required").is_none_or(|names| names.as_array().is_some_and(|names| !names.is_empty())));
        for (name, property) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
            check(property, &format!("{place}/{name}"));
        }
        for one in keywords.get("anyOf").and_then(Value::as_array).into_iter().flatten().chain(keywords.get("items")) {
            check(one, place);
        }
    }

    #[test]
    fn every_tool_is_as_clients_and_the_revisions_want_it() {
        for tool in tools::list(true, true) {
            for schema in [&tool.input_schema, tool.output_schema.as_ref().unwrap()] {
                assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
            }
            check(&Value::Object((*tool.input_schema).clone()), &tool.name);
            // The revision of 2025-03-26 knows the title among the annotations only, the later ones both.
            let annotations = tool.annotations.unwrap();
            assert!(tool.title.is_some() && tool.title == annotations.title && tool.description.is_some());
            let hints = [annotations.read_only_hint, annotations.destructive_hint, annotations.open_world_hint];
            assert!(hints.iter().chain([&annotations.idempotent_hint]).all(Option::is_some), "{}", tool.name);
            assert!(!(annotations.read_only_hint == Some(true) && annotations.destructive_hint == Some(true)));
        }
    }
}
