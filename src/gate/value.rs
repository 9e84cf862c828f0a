//! JSON values as PostgreSQL's input text: what a parameter or a tool's argument becomes before it is bound.

use serde_json::Value;

use super::catalog::{Type, TypeKind};

/// The value in the text format of the type it is bound to; `None` is NULL. `target` is that type where it is known.
///
/// Numbers and strings stay as they are, booleans become `true` and `false`, lists become PostgreSQL's array literals
/// (JSON text where the type is `json` or `jsonb`), objects become JSON text.
///
/// # Errors
///
/// A sentence: the value can't be bound without loss, or can't fit the type.
pub fn to_text(value: &Value, target: Option<&Type>) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Array(elements) if !is_json(target) => {
            if target.is_some_and(|target| takes_no_list(&target.kind)) {
                return Err("one value is expected, not a list".to_owned());
            }
            let mut literal = String::new();
            array(elements, &mut literal, 0)?;
            Ok(Some(literal))
        }
        Value::Object(_) if target.is_some_and(|target| matches!(target.kind, TypeKind::Enum { .. })) => {
            Err("one value is expected, not an object".to_owned())
        }
        other => scalar(other).map(Some),
    }
}

fn is_json(target: Option<&Type>) -> bool {
    target.is_some_and(|target| target.schema == "pg_catalog" && (target.name == "json" || target.name == "jsonb"))
}

/// Domains may be over arrays, and composites have a text form of their own.
fn takes_no_list(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Base | TypeKind::Enum { .. } | TypeKind::Range { .. } | TypeKind::Multirange { .. } => true,
        TypeKind::Array { .. } | TypeKind::Composite { .. } | TypeKind::Domain { .. } | TypeKind::Pseudo => false,
    }
}

/// One value that isn't NULL.
fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(true) => Ok("true".to_owned()),
        Value::Bool(false) => Ok("false".to_owned()),
        Value::Number(number) => {
            // Whole numbers beyond 64 bits and longer fractions have been rounded before they came here.
            let exact = number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.abs() < 9e15);
            if exact {
                Ok(number.to_string())
            } else {
                Err("the number is too large to be exact in JSON; send it as a string".to_owned())
            }
        }
        Value::String(text) if text.contains('\0') => {
            Err("the text holds a NUL character, which PostgreSQL can't store".to_owned())
        }
        Value::String(text) => Ok(text.clone()),
        // PostgreSQL's jsonb refuses the escape that a NUL inside becomes.
        Value::Array(_) | Value::Object(_) => Ok(value.to_string()),
    }
}

/// Dimensions of an array at most, as in PostgreSQL.
const MAX_DIMENSIONS: usize = 6;

/// An array literal. Every element but numbers, booleans and NULL is quoted, so that nothing in it has a meaning.
fn array(elements: &[Value], literal: &mut String, depth: usize) -> Result<(), String> {
    if depth >= MAX_DIMENSIONS {
        return Err(format!("the list has more than {MAX_DIMENSIONS} dimensions"));
    }
    literal.push('{');
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            literal.push(',');
        }
        match element {
            Value::Null => literal.push_str("NULL"),
            Value::Array(inner) => array(inner, literal, depth + 1)?,
            Value::Bool(_) | Value::Number(_) => literal.push_str(&scalar(element)?),
            Value::String(_) | Value::Object(_) => {
                literal.push('"');
                for c in scalar(element)?.chars() {
                    if c == '"' || c == '\\' {
                        literal.push('\\');
                    }
                    literal.push(c);
                }
                literal.push('"');
            }
        }
    }
    literal.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gate::catalog::Oid;

    fn of(name: &str, kind: TypeKind) -> Type {
        Type {
            oid: Oid(1),
            schema: "pg_catalog".into(),
            name: name.into(),
            kind,
            array: Oid(0),
            extension: None,
            stamp: String::new(),
        }
    }

    #[test]
    fn values_become_input_text() {
        for (value, text) in [
            (json!(null), None),
            (json!(true), Some("true")),
            (json!(-7), Some("-7")),
            (json!(18_446_744_073_709_551_615_u64), Some("18446744073709551615")),
            (json!(1.5), Some("1.5")),
            (json!("it's \\ \"fine\""), Some("it's \\ \"fine\"")),
            (json!({"a": [1, null]}), Some(r#"{"a":[1,null]}"#)),
            (json!([]), Some("{}")),
            (json!([1, null, true]), Some("{1,NULL,true}")),
            (json!(["a,b", "NULL", "", "q\"\\", "{}"]), Some(r#"{"a,b","NULL","","q\"\\","{}"}"#)),
            (json!([[1, 2], [3, 4]]), Some("{{1,2},{3,4}}")),
            (json!([{"a": "b"}]), Some(r#"{"{\"a\":\"b\"}"}"#)),
        ] {
            assert_eq!(to_text(&value, None).unwrap().as_deref(), text, "{value}");
        }
    }

    #[test]
    fn the_type_decides_what_a_list_is() {
        let list = json!(["a", 1]);
        assert_eq!(to_text(&list, Some(&of("jsonb", TypeKind::Base))).unwrap().as_deref(), Some(r#"["a",1]"#));
        assert!(to_text(&list, Some(&of("text", TypeKind::Base))).is_err());
        let array = of("_text", TypeKind::Array { element: Oid(2) });
        assert_eq!(to_text(&list, Some(&array)).unwrap().as_deref(), Some(r#"{"a",1}"#));
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let rounded: Value = serde_json::from_str("123456789012345678901234567890").unwrap();
        assert!(to_text(&rounded, None).is_err());
        assert!(to_text(&json!("a\0b"), None).is_err());
        assert!(to_text(&json!([[[[[[[1]]]]]]]), None).is_err());
    }
}
