//! What a door brings to the gate: who asks, and what for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The name that rules, quotas and records use.
    pub name: String,
    /// Values of the attributes that the policy's row filters and masks use.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// The value of an attribute, as text in its type's input format.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// One value.
    Scalar(String),
    /// A list of values.
    List(Vec<String>),
}

/// What a door submits.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// SQL text with parameters for `$1`, `$2`, ….
    Sql {
        /// The text.
        text: String,
        /// JSON values in order.
        parameters: Vec<Value>,
    },
    /// The rows of a query behind the first ones.
    Page {
        /// The query's text.
        text: String,
        /// JSON values in order.
        parameters: Vec<Value>,
        /// How many rows of it are left out.
        skip: u64,
    },
    /// The plan of a query, as `EXPLAIN (FORMAT JSON)` before it gives it.
    Explain {
        /// The query's text.
        text: String,
        /// JSON values in order.
        parameters: Vec<Value>,
    },
    /// A structured change, lowered without any SQL text.
    Change(Change),
}

/// A structured change, as the tools insert_data, update_data and delete_data bring it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Insert rows: objects with the same keys.
    Insert {
        /// Schema and name, or the name alone.
        table: Vec<String>,
        /// The rows.
        rows: Vec<Map<String, Value>>,
    },
    /// Update the rows that fit `filter`.
    Update {
        /// Schema and name, or the name alone.
        table: Vec<String>,
        /// Column → new value.
        values: Map<String, Value>,
        /// Column → value, or column → `{"op", "value"}`; joined by AND.
        filter: Map<String, Value>,
    },
    /// Delete the rows that fit `filter`.
    Delete {
        /// Schema and name, or the name alone.
        table: Vec<String>,
        /// As for update.
        filter: Map<String, Value>,
    },
}
