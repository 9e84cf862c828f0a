//! The policy language described from its registries: the tables of `docs/policy.md` and the JSON Schema. A test holds
//! the checked-in files against these texts.

use serde_json::{Map, Value, json};

use super::keys::{self, Form, Key, Registry, Status};
use super::mask::{self, ValueClass};
use super::model::AttributeType;
use super::values::span_text;

/// The keys of a registry as Markdown tables, a section after the other.
pub fn key_tables(registry: Registry) -> String {
    let mut sections: Vec<&str> = Vec::new();
    for key in registry.0 {
        if !sections.contains(&key.section()) {
            sections.push(key.section());
        }
    }
    let mut out = String::new();
    for section in sections {
        let title = match section {
            "" => "At the top of the file, before the first section".to_owned(),
            "schemas.<schema>" => "`[schemas.NAME]`".to_owned(),
            "tables.<table>" => "`[tables.\"SCHEMA.NAME\"]`".to_owned(),
            "tables.<table>.mask" => {
                "`[tables.\"SCHEMA.NAME\".mask]`, or `mask = { … }` in the table's section".to_owned()
            }
            "principals.<principal>" => "`[principals.NAME]`".to_owned(),
            "principals.<principal>.attributes" => {
                "`[principals.NAME.attributes]`, or `attributes = { … }` in the principal's section".to_owned()
            }
            section => format!("`[{section}]`"),
        };
        out.push_str(&format!("{title}\n\n| key | value | where absent | meaning |\n|---|---|---|---|\n"));
        for key in registry.in_section(section) {
            let note = match key.status {
                Status::Enforced => "",
                Status::Later => " **Not enforced yet: a value that asks for it is an error.**",
            };
            let name = key.name().trim_start_matches('<').trim_end_matches('>');
            let name = if key.name().starts_with('<') { format!("*{name}*") } else { format!("`{name}`") };
            let cells = [name, values(key), key.default.to_owned(), format!("{}{note}", key.doc)];
            out.push_str(&row(&cells));
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// A row of a table; a bar inside a cell would end it.
fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// What may be written, for people.
fn values(key: &Key) -> String {
    let words = |words: &[&str]| words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ");
    let refused = |later: &[&str]| match later {
        [] => String::new(),
        later => format!(" (not enforced yet, so refused: {})", words(later)),
    };
    match key.form {
        Form::Exactly(only) => format!("`{only}`"),
        Form::Text => "text".to_owned(),
        Form::Name => "a name".to_owned(),
        Form::Bool => "`true`, `false`".to_owned(),
        Form::Count { least, most } if most > 1_000_000_000 => format!("a whole number from {least}"),
        Form::Count { least, most } => format!("{least} to {most}"),
        Form::Word { known, later } => format!("{}{}", words(known), refused(later)),
        Form::Words { known, later } => format!("list of {}{}", words(known), refused(later)),
        Form::Texts(what) => format!("list of {what}"),
        Form::Bytes { least, most } => format!("a size, {least} bytes to {}MiB", most >> 20),
        Form::Span { least, most } => format!("a time, {} to {}", span_text(least), span_text(most)),
        Form::Rate => "a rate, as in `\"60/min\"`".to_owned(),
        Form::AttributeType => {
            format!(
                "{}, or a list as in `\"text[]\"`",
                words(&AttributeType::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>())
            )
        }
        Form::ColumnEffect => "`\"deny\"`, `{ mask = … }`".to_owned(),
        Form::Mask => "a mask".to_owned(),
    }
}

/// The masks as Markdown: what each shows, then which types it fits.
pub fn mask_tables() -> String {
    let mut out = "| mask | what the principal sees |\n|---|---|\n".to_owned();
    for kind in mask::REGISTRY {
        out.push_str(&row(&[kind.notation.to_owned(), kind.doc.to_owned()]));
    }
    out.push_str("\n| type |");
    for kind in mask::REGISTRY {
        out.push_str(&format!(" {} |", kind.name));
    }
    out.push_str("\n|---|");
    out.push_str(&":-:|".repeat(mask::REGISTRY.len()));
    for class in ValueClass::ALL {
        out.push_str(&format!("\n| {} |", class.name()));
        for kind in mask::REGISTRY {
            out.push_str(if kind.fits.contains(class) { " ✓ |" } else { "  |" });
        }
    }
    let functions: Vec<String> = mask::total_functions().map(|name| format!("`{name}`")).collect();
    out.push_str(&format!(
        "\n\nFunctions that an `sql` mask may call, on texts, with constants for their other arguments: {}.",
        functions.join(", ")
    ));
    out
}

/// The JSON Schema (draft 2020-12) of a policy file, for editors.
pub fn json_schema() -> String {
    let mut root = Section::default();
    for key in keys::ALL.0 {
        root.insert(&key.path.split('.').collect::<Vec<_>>(), key);
    }
    let Value::Object(mut schema) = root.schema() else { return String::new() };
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("pgwicket policy"));
    schema.insert("required".to_owned(), json!(["version"]));
    schema.insert("$defs".to_owned(), json!({ "mask": mask_schema() }));
    // Pretty printing of a value that was built here can't fail.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// A section of the schema: named entries, and what holds for names that the author chooses.
#[derive(Default)]
struct Section {
    entries: Vec<(&'static str, Section)>,
    key: Option<&'static Key>,
}

impl Section {
    fn insert(&mut self, path: &[&'static str], key: &'static Key) {
        let Some((first, rest)) = path.split_first() else {
            self.key = Some(key);
            return;
        };
        if let Some((_, section)) = self.entries.iter_mut().find(|(name, _)| name == first) {
            return section.insert(rest, key);
        }
        let mut section = Section::default();
        section.insert(rest, key);
        self.entries.push((first, section));
    }

    fn schema(&self) -> Value {
        if let Some(key) = self.key {
            return key_schema(key);
        }
        let mut properties = Map::new();
        let mut additional = json!(false);
        for (name, section) in &self.entries {
            let schema = section.schema();
            if name.starts_with('<') {
                additional = schema;
            } else if !schema.is_null() {
                properties.insert((*name).to_owned(), schema);
            }
        }
        json!({ "type": "object", "properties": properties, "additionalProperties": additional })
    }
}

/// What may be written as a key's value; null for a key of which nothing may be written yet.
fn key_schema(key: &Key) -> Value {
    let mut schema = match (key.status, key.form) {
        (Status::Later, Form::Bool) => json!({ "const": false }),
        (Status::Later, Form::Texts(_)) => json!({ "type": "array", "maxItems": 0 }),
        (Status::Later, _) => return Value::Null,
        (Status::Enforced, form) => form_schema(form),
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), json!(format!("{} Where absent: {}.", key.doc, key.default)));
    }
    schema
}

fn form_schema(form: Form) -> Value {
    match form {
        Form::Exactly(only) => json!({ "const": only }),
        Form::Text => json!({ "type": "string" }),
        Form::Name => json!({ "type": "string", "minLength": 1, "maxLength": 63 }),
        Form::Bool => json!({ "type": "boolean" }),
        Form::Count { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::Word { known, .. } => json!({ "enum": known }),
        Form::Words { known, .. } => json!({ "type": "array", "items": { "enum": known } }),
        Form::Texts(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Form::Bytes { least, most } => json!({ "oneOf": [
            { "type": "integer", "minimum": least, "maximum": most },
            { "type": "string", "pattern": "^[0-9]+ *(B|kB|KiB|MB|MiB|GB|GiB)$" },
        ] }),
        Form::Span { .. } => json!({ "type": "string", "pattern": "^[0-9]+ *(ms|s|min|h|d)$" }),
        Form::Rate => json!({ "type": "string", "pattern": "^[0-9]+ */ *(s|min|h)$" }),
        Form::AttributeType => {
            let words = AttributeType::WORDS.iter().map(|(word, _)| (*word).to_owned());
            let all: Vec<String> = words.clone().chain(words.map(|word| format!("{word}[]"))).collect();
            json!({ "enum": all })
        }
        Form::ColumnEffect => json!({ "oneOf": [
            { "const": "deny" },
            one_key("mask", json!({ "$ref": "#/$defs/mask" })),
        ] }),
        Form::Mask => json!({ "$ref": "#/$defs/mask" }),
    }
}

fn mask_schema() -> Value {
    let step = || json!({ "type": "integer", "minimum": 1 });
    json!({ "oneOf": [
        { "type": "string", "pattern": "^(null|redact|email|hash|year|last([1-9]|[1-5][0-9]|6[0-4]))$" },
        one_key("last", json!({ "type": "integer", "minimum": 1, "maximum": 64 })),
        one_key("partial", json!({
            "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "integer", "minimum": 0, "maximum": 64 },
        })),
        one_key("constant", json!({ "type": ["string", "number", "boolean"] })),
        one_key("round", step()),
        one_key("bucket", step()),
        one_key("sql", json!({ "type": "string", "minLength": 1 })),
    ] })
}

fn one_key(name: &str, value: Value) -> Value {
    json!({ "type": "object", "properties": { name: value }, "required": [name], "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_the_tables_and_every_enforced_one_in_the_schema() {
        let tables = key_tables(keys::ALL);
        let schema: Value = serde_json::from_str(&json_schema()).expect("JSON");
        for key in keys::ALL.0 {
            assert!(tables.contains(&key.doc.replace('|', "\\|")), "{}", key.path);
            let pointer: String = key
                .path
                .split('.')
                .map(|segment| {
                    if segment.starts_with('<') {
                        "/additionalProperties".to_owned()
                    } else {
                        format!("/properties/{segment}")
                    }
                })
                .collect();
            let inert = key.status == Status::Later && matches!(key.form, Form::Count { .. });
            assert_eq!(schema.pointer(&pointer).is_some(), !inert, "{pointer}");
        }
        for kind in mask::REGISTRY {
            assert!(mask_tables().contains(&kind.doc.replace('|', "\\|")), "{}", kind.name);
        }
    }

    #[test]
    fn cells_of_tables_hold_no_bar() {
        for text in [key_tables(keys::ALL), mask_tables()] {
            for table in text.split("\n\n").filter(|block| block.starts_with('|')) {
                let bars = |line: &str| line.replace("\\|", "").matches('|').count();
                let expected = table.lines().next().map(bars);
                assert!(table.lines().all(|line| Some(bars(line)) == expected), "{table}");
            }
        }
    }
}
