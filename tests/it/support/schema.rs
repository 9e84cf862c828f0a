//! JSON schemas, as far as ours go: a keyword that isn't known here fails the test, so that nothing is taken for checked.

use serde_json::{Map, Value};

/// What of a value isn't as the schema says: a sentence for the first fault.
pub fn fault(schema: &Value, value: &Value) -> Option<String> {
    let Value::Object(schema) = schema else {
        return (*schema != Value::Bool(true)).then(|| format!("{value} is not allowed"));
    };
    schema.iter().find_map(|(keyword, says)| fault_by(schema, keyword, says, value))
}

fn fault_by(schema: &Map<String, Value>, keyword: &str, says: &Value, value: &Value) -> Option<String> {
    let wrong = |holds: bool| (!holds).then(|| format!("`{keyword}`: {says} doesn't hold for {value}"));
    match (keyword, value) {
        ("description" | "title", _) => None,
        ("type", _) => match says {
            Value::Array(types) => wrong(types.iter().any(|one| is_of(one.as_str().unwrap(), value))),
            one => wrong(is_of(one.as_str().unwrap(), value)),
        },
        ("const", _) => wrong(value == says),
        ("enum", _) => wrong(says.as_array().unwrap().contains(value)),
        ("anyOf", _) => wrong(says.as_array().unwrap().iter().any(|one| fault(one, value).is_none())),
        ("minimum", Value::Number(number)) => wrong(number.as_f64() >= says.as_f64()),
        ("maximum", Value::Number(number)) => wrong(number.as_f64() <= says.as_f64()),
        ("minItems", Value::Array(items)) => wrong(items.len() as u64 >= says.as_u64().unwrap()),
        ("maxItems", Value::Array(items)) => wrong(items.len() as u64 <= says.as_u64().unwrap()),
        ("items", Value::Array(items)) => items.iter().find_map(|item| fault(says, item)),
        ("required", Value::Object(object)) => {
            wrong(says.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap())))
        }
        ("properties", Value::Object(object)) => {
            let known = says.as_object().unwrap();
            known.iter().find_map(|(name, one)| object.get(name).and_then(|value| fault(one, value)))
        }
        ("additionalProperties", Value::Object(object)) => {
            let known = schema.get("properties").and_then(Value::as_object);
            let more = object.iter().filter(|(name, _)| known.is_none_or(|known| !known.contains_key(*name)));
            more.map(|(name, value)| fault(says, value).map(|fault| format!("{name}: {fault}"))).find_map(|fault| fault)
        }
        // Keywords say nothing of values of another type.
        ("minimum" | "maximum" | "minItems" | "maxItems" | "items", _) => None,
        ("required" | "properties" | "additionalProperties", _) => None,
        _ => panic!("the tests don't know the keyword `{keyword}`"),
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => panic!("there is no type `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn faults_are_found() {
        let schema = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {
                "a": { "type": "array", "items": { "anyOf": [{ "type": "integer", "minimum": 3 }, { "const": "x" }] }, "minItems": 1 },
                "b": { "enum": ["y", 1] },
                "c": { "type": ["string", "null"] },
                "d": { "type": "object", "additionalProperties": { "type": "boolean" } },
            },
        });
        for sound in [json!({ "a": [3, "x"] }), json!({ "a": [4], "b": 1, "c": null, "d": { "z": true } })] {
            assert_eq!(fault(&schema, &sound), None);
        }
        for unsound in [
            json!([]),
            json!({}),
            json!({ "a": [] }),
            json!({ "a": [2] }),
            json!({ "a": [3.5] }),
            json!({ "a": ["z"] }),
            json!({ "a": [3], "b": "z" }),
            json!({ "a": [3], "c": 1 }),
            json!({ "a": [3], "d": { "z": 1 } }),
            json!({ "a": [3], "e": 1 }),
        ] {
            assert!(fault(&schema, &unsound).is_some(), "{unsound}");
        }
    }
}
