//! A principal's attributes: values as they were given become values of the types that the policy declares. Needs no
//! database. A missing attribute refuses, never widens.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::literals;
use super::model::{AttributeType, Policy};
use super::suggest::nearest;
use crate::gate::admit::AttributeValue;

/// A value as it was given.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum AttributeInput {
    /// TOML's true or false.
    Bool(bool),
    /// TOML's whole number.
    Integer(i64),
    /// TOML's number with a point.
    Float(f64),
    /// TOML's date or time.
    Date(toml::value::Datetime),
    /// TOML's text.
    Text(String),
    /// TOML's list.
    List(Vec<AttributeInput>),
    /// What follows the equals sign of `--attribute name=…`: any value as text, a list's elements between commas.
    #[serde(skip)]
    Argument(String),
}

/// What is wrong with a principal's attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeError {
    /// The attribute.
    pub name: String,
    /// One plain sentence: lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl std::fmt::Display for AttributeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AttributeError {}

/// The longest value, in bytes.
const MOST_TEXT: usize = 10_000;

/// The longest list.
const MOST_ELEMENTS: usize = 1_000;

impl Policy {
    /// Holds a principal's attributes against those that the policy declares: all of them and no others, each of its
    /// type.
    ///
    /// # Errors
    /// Every attribute that is missing, superfluous or of a wrong type.
    pub fn principal_attributes(
        &self,
        given: &BTreeMap<String, AttributeInput>,
    ) -> Result<BTreeMap<String, AttributeValue>, Vec<AttributeError>> {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, ty) in &self.attributes {
            match given.get(name).map(|input| value(ty, input)) {
                Some(Ok(value)) => drop(values.insert(name.clone(), value)),
                Some(Err(what)) => errors.push(AttributeError {
                    name: name.clone(),
                    message: format!("the attribute `{name}` is declared as `{}`: {what}", ty.word()),
                    help: None,
                }),
                None => errors.push(AttributeError {
                    name: name.clone(),
                    message: format!("the attribute `{name}` is missing"),
                    help: Some(format!("the policy `{}` declares it as `{}`", self.name, ty.word())),
                }),
            }
        }
        for name in given.keys().filter(|name| !self.attributes.contains_key(*name)) {
            let near = nearest(name, self.attributes.keys().map(String::as_str));
            errors.push(AttributeError {
                name: name.clone(),
                message: format!("the policy `{}` declares no attribute `{name}`", self.name),
                help: near.map(|near| format!("did you mean `{near}`?")),
            });
        }
        if errors.is_empty() { Ok(values) } else { Err(errors) }
    }
}

/// One attribute's value; the error is what follows "is declared as …:".
fn value(ty: &AttributeType, input: &AttributeInput) -> Result<AttributeValue, String> {
    match (ty.list, input) {
        (false, AttributeInput::List(_)) => Err("expected one value, found a list".to_owned()),
        (false, input) => scalar(ty, input).map(AttributeValue::Scalar),
        (true, AttributeInput::List(list)) if list.len() > MOST_ELEMENTS => {
            Err(format!("the list has more than {MOST_ELEMENTS} elements"))
        }
        (true, AttributeInput::List(list)) => {
            list.iter().map(|one| scalar(ty, one)).collect::<Result<_, _>>().map(AttributeValue::List)
        }
        (true, AttributeInput::Argument(text)) => {
            let elements = if text.is_empty() { Vec::new() } else { text.split(',').collect() };
            let list = elements.into_iter().map(|one| AttributeInput::Argument(one.trim().to_owned())).collect();
            value(ty, &AttributeInput::List(list))
        }
        (true, _) => Err("expected a list, found one value".to_owned()),
    }
}

fn scalar(ty: &AttributeType, input: &AttributeInput) -> Result<String, String> {
    let text = match input {
        AttributeInput::Argument(text) => text.clone(),
        AttributeInput::Text(text) if !matches!(ty.name.as_str(), "int8" | "bool") => text.clone(),
        AttributeInput::Integer(number) if matches!(ty.name.as_str(), "int8" | "numeric") => number.to_string(),
        AttributeInput::Bool(value) if ty.name == "bool" => value.to_string(),
        AttributeInput::Date(value) if matches!(ty.name.as_str(), "date" | "timestamptz") => value.to_string(),
        AttributeInput::Float(_) if ty.name == "numeric" => {
            return Err("write the number in quotes, so that no digit is lost".to_owned());
        }
        AttributeInput::Text(_) => return Err("expected a value without quotes, found text".to_owned()),
        AttributeInput::Integer(_) => return Err("found a whole number; write the value in quotes".to_owned()),
        AttributeInput::Float(_) => return Err("found a number with a point".to_owned()),
        AttributeInput::Bool(_) => return Err("found `true` or `false`".to_owned()),
        AttributeInput::Date(_) => return Err("found a date".to_owned()),
        AttributeInput::List(_) => return Err("found a list within a list".to_owned()),
    };
    if text.len() > MOST_TEXT {
        return Err(format!("the value is longer than {MOST_TEXT} bytes"));
    }
    literals::check(&ty.name, &text).map_err(|expected| format!("expected {expected}, found `{text}`"))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(attributes: &str) -> Policy {
        let text = format!("version = 1\nname = 'p'\nattributes = {{ {attributes} }}");
        Policy::parse("p.toml", &text, &mut |_| Err(String::new())).unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// What becomes of `a = …`, once from TOML.
    fn from_toml(ty: &str, written: &str) -> Result<AttributeValue, String> {
        let given: BTreeMap<String, AttributeInput> = toml::from_str(&format!("a = {written}")).expect("TOML");
        check(ty, given)
    }

    fn from_argument(ty: &str, written: &str) -> Result<AttributeValue, String> {
        check(ty, BTreeMap::from([("a".to_owned(), AttributeInput::Argument(written.to_owned()))]))
    }

    fn check(ty: &str, given: BTreeMap<String, AttributeInput>) -> Result<AttributeValue, String> {
        let result = policy(&format!("a = '{ty}'")).principal_attributes(&given);
        result.map(|mut values| values.remove("a").expect("a")).map_err(|errors| errors[0].to_string())
    }

    fn one(text: &str) -> Result<AttributeValue, String> {
        Ok(AttributeValue::Scalar(text.to_owned()))
    }

    fn many(texts: &[&str]) -> Result<AttributeValue, String> {
        Ok(AttributeValue::List(texts.iter().map(|text| (*text).to_owned()).collect()))
    }

    #[test]
    fn values_take_the_declared_type() {
        for (ty, written, expected) in [
            ("int", "7", one("7")),
            ("int", "-9223372036854775808", one("-9223372036854775808")),
            ("text", "\"x, y\"", one("x, y")),
            ("text", "\"\"", one("")),
            ("bool", "true", one("true")),
            ("numeric", "\"1.50\"", one("1.50")),
            ("numeric", "3", one("3")),
            ("date", "2024-02-29", one("2024-02-29")),
            ("date", "\"2024-02-29\"", one("2024-02-29")),
            ("timestamptz", "2024-02-29T10:00:00Z", one("2024-02-29T10:00:00Z")),
            ("uuid", "\"123e4567-e89b-12d3-a456-426614174000\"", one("123e4567-e89b-12d3-a456-426614174000")),
            ("text[]", "[\"eu\", \"u,s\"]", many(&["eu", "u,s"])),
            ("int[]", "[]", many(&[])),
            ("int[]", "[1, 2]", many(&["1", "2"])),
        ] {
            assert_eq!(from_toml(ty, written), expected, "{ty} {written}");
        }
        for (ty, written, expected) in [
            ("int", "7", one("7")),
            ("bool", "false", one("false")),
            ("text", "a,b", one("a,b")),
            ("text[]", "eu, us", many(&["eu", "us"])),
            ("text[]", "", many(&[])),
            ("date", "2024-02-29", one("2024-02-29")),
        ] {
            assert_eq!(from_argument(ty, written), expected, "{ty} {written}");
        }
    }

    #[test]
    fn values_of_another_type_are_refused_with_what_was_expected() {
        for (ty, written, expected) in [
            ("int", "\"7\"", "declared as `int`: expected a value without quotes"),
            ("int", "7.0", "found a number with a point"),
            ("int", "[7]", "expected one value, found a list"),
            ("int[]", "7", "expected a list, found one value"),
            ("int[]", "[[7]]", "found a list within a list"),
            ("text", "7", "found a whole number; write the value in quotes"),
            ("text", "\"a\\u0000b\"", "expected text without"),
            ("date", "2024-02-29T10:00:00Z", "expected a date"),
            ("timestamptz", "2024-02-29T10:00:00", "with an offset"),
            ("numeric", "1.5", "write the number in quotes"),
            ("uuid", "\"x\"", "expected a UUID"),
        ] {
            let error = from_toml(ty, written).expect_err(written);
            assert!(error.contains(expected), "{ty} {written}: {error}");
        }
        assert!(from_argument("int", "seven").is_err_and(|error| error.contains("found `seven`")));
        assert!(from_argument("int", "").is_err());
        assert!(from_argument("int[]", "1,,2").is_err());
    }

    #[test]
    fn missing_and_superfluous_attributes_are_told_together() {
        let policy = policy("tenant = 'int', regions = 'text[]'");
        let given = BTreeMap::from([("tennant".to_owned(), AttributeInput::Integer(7))]);
        let errors = policy.principal_attributes(&given).expect_err("errors");
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "the attribute `regions` is missing\n  help: the policy `p` declares it as `text[]`",
                "the attribute `tenant` is missing\n  help: the policy `p` declares it as `int`",
                "the policy `p` declares no attribute `tennant`\n  help: did you mean `tenant`?",
            ]
        );
    }
}
