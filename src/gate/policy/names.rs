//! Names as a policy writes them: dotted names with optional double quotes, and function signatures. Names are exact,
//! as PostgreSQL stores them: nothing is folded to lower case. Knows nothing of TOML or of the catalog's content.

use crate::gate::catalog::builtin::types;

/// PostgreSQL cuts longer names (`NAMEDATALEN` − 1), so a longer one can never match.
pub const NAME_BYTES: usize = 63;

/// Splits `sales.customers` or `"sch"."ta.ble"` at the dots outside quotes. The error is a sentence.
pub fn dotted(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        let mut part = String::new();
        if rest.peek() == Some(&'"') {
            rest.next();
            loop {
                match rest.next() {
                    Some('"') if rest.peek() == Some(&'"') => {
                        rest.next();
                        part.push('"');
                    }
                    Some('"') => break,
                    Some(other) => part.push(other),
                    None => return Err(format!("a double quote is not closed in `{text}`")),
                }
            }
        } else {
            while let Some(next) = rest.next_if(|next| *next != '.') {
                if next == '"' {
                    return Err(format!("`{text}` has a double quote within a name; quote the whole name"));
                }
                part.push(next);
            }
            if part.trim() != part {
                return Err(format!("`{text}` has a space beside a name; quote the name if the space belongs to it"));
            }
        }
        parts.push(checked(part, text)?);
        match rest.next() {
            Some('.') => {}
            Some(_) => return Err(format!("`{text}` goes on after a closing double quote")),
            None => return Ok(parts),
        }
    }
}

/// A name that PostgreSQL could have.
pub fn checked(name: String, within: &str) -> Result<String, String> {
    if name.is_empty() {
        Err(format!("`{within}` has an empty name"))
    } else if name.len() > NAME_BYTES {
        Err(format!("`{name}` is longer than {NAME_BYTES} bytes, which no name in PostgreSQL is"))
    } else if name.contains('\0') {
        Err("a name can't contain the character of code zero".to_owned())
    } else {
        Ok(name)
    }
}

/// A schema that belongs to PostgreSQL and can't be opened by a policy.
pub fn is_system_schema(name: &str) -> bool {
    name.starts_with("pg_") || name == "information_schema"
}

/// The schema and the signature of `sales.fx_rate(text, date)`, in the form of
/// [`Function::signature`](crate::gate::catalog::Function::signature): types by the name that PostgreSQL displays.
pub fn signature(text: &str) -> Result<(String, String), String> {
    let shape = || format!("`{text}` is not a function's signature");
    let (name, rest) = text.split_once('(').ok_or_else(shape)?;
    let inside = rest.trim_end().strip_suffix(')').ok_or_else(shape)?;
    let mut parts = dotted(name.trim())?.into_iter();
    let (Some(schema), Some(function), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("`{text}` doesn't name exactly a schema and a function"));
    };
    if is_system_schema(&schema) {
        return Err(format!(
            "`{text}` belongs to PostgreSQL, whose functions are allowed only as the group `@builtin`"
        ));
    }
    let mut arguments = Vec::new();
    if !inside.trim().is_empty() {
        for argument in inside.split(',') {
            arguments.push(type_display(argument)?);
        }
    }
    Ok((schema, format!("{function}({})", arguments.join(", "))))
}

/// SQL's other names for built-in types.
const ALIASES: &[(&str, &str)] =
    &[("int", "integer"), ("decimal", "numeric"), ("float", "double precision"), ("char", "character")];

/// A type's name as `format_type` displays it. Built-in types may be written by any of their names; others are taken as
/// they are, with their schema.
fn type_display(text: &str) -> Result<String, String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (element, brackets) = match words.strip_suffix("[]") {
        Some(element) => (element.trim_end(), "[]"),
        None => (words.as_str(), ""),
    };
    let bare = element.strip_prefix("pg_catalog.").unwrap_or(element);
    if bare.is_empty() {
        return Err("an argument's type is missing".to_owned());
    }
    if bare.contains(['(', ')', '[', ']', ';']) {
        return Err(format!(
            "`{}` is not a type's name; type modifiers and names of arguments are left out",
            text.trim()
        ));
    }
    let lower = bare.to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == lower).map(|(_, display)| *display);
    let builtin = types::GROUPS
        .iter()
        .flat_map(|group| group.types)
        .find(|one| one.display == lower || (one.name == lower && lower != "char"))
        .map(|one| one.display);
    match alias.or(builtin) {
        Some(display) => Ok(format!("{display}{brackets}")),
        // A user's type is displayed with its schema, since the session's search path holds pg_catalog only.
        None if bare.contains('.') => Ok(format!("{bare}{brackets}")),
        None => Err(format!("`{bare}` is not a built-in type; write a type of your own with its schema")),
    }
}

/// The key path of TOML: segments that aren't bare keys are quoted.
pub fn key_path(parent: &str, segment: &str) -> String {
    let bare = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let segment =
        if bare { segment.to_owned() } else { format!("\"{}\"", segment.replace('\\', "\\\\").replace('"', "\\\"")) };
    if parent.is_empty() { segment } else { format!("{parent}.{segment}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_names_split_outside_quotes_only() {
        for (text, expected) in [
            ("sales.customers", Ok(vec!["sales", "customers"])),
            (r#""sch"."ta.ble""#, Ok(vec!["sch", "ta.ble"])),
            (r#"a."b""c".d"#, Ok(vec!["a", "b\"c", "d"])),
            ("Mixed.Case", Ok(vec!["Mixed", "Case"])),
            ("*.ssn", Ok(vec!["*", "ssn"])),
            ("x", Ok(vec!["x"])),
            ("", Err("empty")),
            ("a..b", Err("empty")),
            ("a.", Err("empty")),
            (r#""a"#, Err("not closed")),
            (r#""a"b.c"#, Err("goes on")),
            (r#"a"b".c"#, Err("within a name")),
            ("a .b", Err("space")),
        ] {
            match (dotted(text), expected) {
                (Ok(parts), Ok(expected)) => assert_eq!(parts, expected, "{text}"),
                (Err(message), Err(expected)) => assert!(message.contains(expected), "{text}: {message}"),
                (got, expected) => panic!("{text}: {got:?} instead of {expected:?}"),
            }
        }
        assert!(dotted(&"x".repeat(64)).is_err());
    }

    #[test]
    fn signatures_use_the_names_that_postgres_displays() {
        for (text, expected) in [
            ("sales.fx_rate(text, date)", ("sales", "fx_rate(text, date)")),
            ("sales.fx_rate( text,date )", ("sales", "fx_rate(text, date)")),
            ("s.f()", ("s", "f()")),
            ("s.f(int, int4[], varchar)", ("s", "f(integer, integer[], character varying)")),
            ("s.f(TIMESTAMPTZ, double  precision)", ("s", "f(timestamp with time zone, double precision)")),
            ("s.f(pg_catalog.bool, char, \"char\")", ("s", "f(boolean, character, \"char\")")),
            ("s.f(sales.status)", ("s", "f(sales.status)")),
            ("\"S\".\"odd name\"(text)", ("S", "odd name(text)")),
        ] {
            let (schema, signature) = signature(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((schema.as_str(), signature.as_str()), expected, "{text}");
        }
        for text in
            ["f(text)", "s.f", "s.f(text", "s.f(varchar(10))", "s.f(status)", "pg_catalog.lower(text)", "s.f(text,)"]
        {
            assert!(signature(text).is_err(), "{text}");
        }
    }

    #[test]
    fn key_paths_quote_what_is_not_a_bare_key() {
        assert_eq!(key_path("tables", "sales.customers"), "tables.\"sales.customers\"");
        assert_eq!(key_path("", "limits"), "limits");
        assert_eq!(key_path("columns", "*.\"x\""), "columns.\"*.\\\"x\\\"\"");
    }
}
