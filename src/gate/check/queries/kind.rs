//! The types that made-up queries know: few enough that an expression of each can be made from those of the others.

use serde_json::{Value, json};

/// A type; every one can be compared and sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Bigint,
    Numeric,
    Float,
    Text,
    Date,
    Timestamp,
    Timestamptz,
    Interval,
    Uuid,
    Jsonb,
    Ints,
    Texts,
    Range,
    Dates,
    /// `citext`, where the policy trusts it. Its values are all spelled one way, or DISTINCT would have a choice.
    Citext,
    /// `hstore`, where the policy trusts it.
    Hstore,
    /// An enum of the schema by its place there.
    Enum(usize),
    /// A column's type of which only columns are made.
    Other,
}

/// Those of which values are made out of nothing, the common ones more often.
pub(super) const KINDS: &[Kind] = &[
    Kind::Int,
    Kind::Text,
    Kind::Bigint,
    Kind::Int,
    Kind::Text,
    Kind::Numeric,
    Kind::Bool,
    Kind::Date,
    Kind::Timestamptz,
    Kind::Timestamp,
    Kind::Float,
    Kind::Interval,
    Kind::Uuid,
    Kind::Jsonb,
    Kind::Ints,
    Kind::Texts,
    Kind::Range,
    Kind::Dates,
];

impl Kind {
    /// The kind of a built-in type by its name in `pg_type`.
    pub(super) fn of_type(name: &str) -> Self {
        match name {
            "bool" => Self::Bool,
            "int2" | "int4" => Self::Int,
            "int8" => Self::Bigint,
            "numeric" => Self::Numeric,
            "float4" | "float8" => Self::Float,
            "text" | "varchar" => Self::Text,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::Timestamptz,
            "interval" => Self::Interval,
            "uuid" => Self::Uuid,
            "jsonb" => Self::Jsonb,
            "_int4" => Self::Ints,
            "_text" => Self::Texts,
            "int4range" => Self::Range,
            "daterange" => Self::Dates,
            "citext" => Self::Citext,
            "hstore" => Self::Hstore,
            _ => Self::Other,
        }
    }

    /// The type's name, in one spelling or another; empty for what has none here.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Bool => &["boolean", "bool"],
            Self::Int => &["int", "integer", "pg_catalog.int4"],
            Self::Bigint => &["bigint", "int8"],
            Self::Numeric => &["numeric", "decimal"],
            Self::Float => &["float8", "double precision"],
            Self::Text => &["text", "pg_catalog.text"],
            Self::Date => &["date"],
            Self::Timestamp => &["timestamp", "timestamp without time zone"],
            Self::Timestamptz => &["timestamptz", "timestamp with time zone"],
            Self::Interval => &["interval"],
            Self::Uuid => &["uuid"],
            Self::Jsonb => &["jsonb"],
            Self::Ints => &["int[]", "integer[]"],
            Self::Texts => &["text[]"],
            Self::Range => &["int4range"],
            Self::Dates => &["daterange"],
            Self::Citext => &["citext", "ext.citext"],
            Self::Hstore => &["hstore", "ext.hstore"],
            Self::Enum(_) | Self::Other => &[],
        }
    }

    /// Values as a literal of SQL holds them, and as JSON for a parameter.
    pub(super) fn values(self) -> &'static [&'static str] {
        match self {
            Self::Bool => &["true", "false"],
            Self::Int => &["1", "0", "2", "3", "7", "42", "2147483647"],
            Self::Bigint => &["1", "0", "5", "5000000000"],
            Self::Numeric => &["1.5", "0.25", "10.00", "99.99"],
            Self::Float => &["0.5", "2", "-1.25"],
            Self::Text => &["a", "", "eu", "Ada", "it''s", "b\\c", "x,y,z", "é", "%a_"],
            Self::Date => &["2024-02-29", "2024-01-15", "infinity"],
            Self::Timestamp => &["2024-01-15 10:30:00", "2024-02-29 23:59:59.5"],
            Self::Timestamptz => &["2024-01-15 10:30:00+00", "2024-02-01 00:00:00+02"],
            Self::Interval => &["1 day", "2 hours 30 minutes", "1 mon"],
            Self::Uuid => &["00000000-0000-0000-0000-000000000001"],
            Self::Jsonb => {
                &[r#"{"a": 1, "b": "x"}"#, r#"{"a": {"b": [1, 2]}}"#, r#"{"b": null}"#, "[1, \"a\"]", "\"x\""]
            }
            Self::Ints => &["{1,2,3}", "{}", "{5,NULL}"],
            Self::Texts => &["{a,b}", "{}", "{\"x y\",NULL}"],
            Self::Range => &["[1,5)", "empty", "(,10)"],
            Self::Dates => &["[2024-01-01,2024-02-01)", "(,2024-06-01)"],
            Self::Citext => &["Ada", "bob", "x y"],
            Self::Hstore => &["a=>1, b=>x", "", "k=>NULL"],
            Self::Enum(_) | Self::Other => &[],
        }
    }

    /// A parameter's value for one of [`Kind::values`].
    pub(super) fn parameter(self, value: &str) -> Value {
        let text = value.replace("''", "'");
        match self {
            Self::Bool | Self::Int => serde_json::from_str(&text).unwrap_or(Value::Null),
            Self::Ints if value == "{1,2,3}" => json!([1, 2, 3]),
            Self::Texts if value == "{a,b}" => json!(["a", "b"]),
            _ => Value::String(text),
        }
    }

    /// Whether `max` and `min` know it in every version.
    pub(super) fn has_extremes(self) -> bool {
        match self {
            Self::Int
            | Self::Bigint
            | Self::Numeric
            | Self::Float
            | Self::Text
            | Self::Date
            | Self::Timestamp
            | Self::Timestamptz
            | Self::Interval
            | Self::Ints
            | Self::Texts
            | Self::Citext
            | Self::Enum(_) => true,
            Self::Hstore | Self::Bool | Self::Uuid | Self::Jsonb | Self::Range | Self::Dates | Self::Other => false,
        }
    }

    /// The placeholder that stands for it in templates.
    pub(super) fn of_placeholder(letter: char) -> Option<Self> {
        Some(match letter {
            'b' => Self::Bool,
            'i' => Self::Int,
            'l' => Self::Bigint,
            'n' => Self::Numeric,
            'f' => Self::Float,
            't' => Self::Text,
            'd' => Self::Date,
            's' => Self::Timestamp,
            'z' => Self::Timestamptz,
            'v' => Self::Interval,
            'u' => Self::Uuid,
            'j' => Self::Jsonb,
            'I' => Self::Ints,
            'T' => Self::Texts,
            'r' => Self::Range,
            'D' => Self::Dates,
            'c' => Self::Citext,
            'h' => Self::Hstore,
            _ => return None,
        })
    }
}
