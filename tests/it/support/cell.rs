//! What PostgreSQL's own text of a value has to look like in our JSON: the table of `pgwicket::postgres::rows`, written
//! once more without a line of its code.

use serde_json::Value;
use tokio_postgres::types::{Kind, Type};

/// What is wrong with a cell of a result, given the value as PostgreSQL's output function prints it (as a simple query
/// gives it).
pub fn difference(cell: &Value, type_: &Type, text: Option<&str>) -> Option<String> {
    let fits = match text {
        None => cell.is_null(),
        Some(text) => fits(cell, type_, text),
    };
    (!fits).then(|| format!("{cell} is not {text:?} of type {type_}"))
}

fn fits(cell: &Value, type_: &Type, text: &str) -> bool {
    match *type_ {
        Type::BOOL => *cell == Value::Bool(text == "t"),
        Type::INT2 | Type::INT4 | Type::OID | Type::FLOAT4 | Type::FLOAT8 => *cell == number(text),
        Type::INT8 if text.parse::<i64>().unwrap().unsigned_abs() <= 1 << 53 => *cell == number(text),
        // Readers differ in what they make of large numbers, so such a document may come as its text.
        Type::JSON | Type::JSONB => {
            serde_json::from_str::<Value>(text).is_ok_and(|value| value == *cell) || *cell == *text
        }
        Type::BPCHAR => *cell == *text.trim_end_matches(' '),
        _ => match (type_.kind(), cell) {
            (Kind::Domain(base), _) => fits(cell, base, text),
            (Kind::Array(element), Value::Array(_)) => Array { left: text }.fits(cell, element) == Some(true),
            // As PostgreSQL renders it: also arrays with other lower bounds than 1, or of types that we can't read.
            _ => *cell == *text,
        },
    }
}

/// `NaN` and `Infinity` aren't numbers to JSON.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// PostgreSQL's array text, read from the left; `None` where it ends too early.
struct Array<'a> {
    left: &'a str,
}

impl Array<'_> {
    fn fits(mut self, cell: &Value, element: &Type) -> Option<bool> {
        Some(self.elements(cell, element)? && self.left.is_empty())
    }

    fn elements(&mut self, cell: &Value, element: &Type) -> Option<bool> {
        self.left = self.left.strip_prefix('{')?;
        for (at, one) in cell.as_array()?.iter().enumerate() {
            if at > 0 {
                self.left = self.left.strip_prefix(',')?;
            }
            let fits =
                if self.left.starts_with('{') { self.elements(one, element)? } else { self.element(one, element)? };
            if !fits {
                return Some(false);
            }
        }
        self.left = self.left.strip_prefix('}')?;
        Some(true)
    }

    fn element(&mut self, cell: &Value, element: &Type) -> Option<bool> {
        if let Some(quoted) = self.left.strip_prefix('"') {
            let mut text = String::new();
            let mut characters = quoted.chars();
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => text.push(characters.next()?),
                    other => text.push(other),
                }
            }
            self.left = characters.as_str();
            return Some(fits(cell, element, &text));
        }
        let end = self.left.find([',', '}'])?;
        let (text, rest) = self.left.split_at(end);
        self.left = rest;
        Some(if text == "NULL" { cell.is_null() } else { fits(cell, element, text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_told_from_what_they_are_not() {
        for (cell, type_, text, right) in [
            (json!(true), Type::BOOL, "t", true),
            (json!(true), Type::BOOL, "f", false),
            (json!("9007199254740993"), Type::INT8, "9007199254740993", true),
            (json!(9007199254740993_i64), Type::INT8, "9007199254740993", false),
            (json!("1.50"), Type::NUMERIC, "1.50", true),
            (json!(1.5), Type::NUMERIC, "1.50", false),
            (json!("NaN"), Type::FLOAT8, "NaN", true),
            (json!([1, null, 3]), Type::INT4_ARRAY, "{1,NULL,3}", true),
            (json!([1, null]), Type::INT4_ARRAY, "{1,NULL,3}", false),
            (json!([["a b", "NULL"], ["\"", ","]]), Type::TEXT_ARRAY, r#"{{"a b","NULL"},{"\"",","}}"#, true),
            (json!([]), Type::TEXT_ARRAY, "{}", true),
            (json!("[0:0]={1}"), Type::INT4_ARRAY, "[0:0]={1}", true),
        ] {
            assert_eq!(difference(&cell, &type_, Some(text)).is_none(), right, "{cell} and {text}");
        }
    }
}
