//! The stages in order. The only maker of [`Admitted`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::catalog::Oid;
use super::diagnostic::Rule;
use super::policy::model::StatementKind;

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

/// How a statement touches a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelationAccess {
    /// Read.
    Read,
    /// Written.
    Write,
}

/// A relation of an admitted statement.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationUse {
    /// Its OID.
    pub oid: Oid,
    /// Schema name.
    pub schema: String,
    /// Relation name.
    pub name: String,
    /// Named by the statement itself, read or written; descendants and what a row filter reads are listed as read.
    pub access: RelationAccess,
    /// Something of it is denied, masked or filtered.
    pub protected: bool,
    /// Attribute numbers whose raw value may come out of the statement. PostgreSQL tells each output column's origin
    /// after prepare: one that isn't here ends the statement.
    pub open_columns: Vec<i16>,
    /// The catalog's stamp, to be equal in the executing transaction.
    pub stamp: String,
}

/// What has to be true in the executing transaction, so that what ran is what was admitted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verification {
    /// Stamps of the statement's relations, their descendants and the views' relations included.
    pub relations: Vec<(Oid, String)>,
    /// Stamps of functions that aren't built in.
    pub functions: Vec<(Oid, String)>,
    /// Stamps of types that aren't built in.
    pub types: Vec<(Oid, String)>,
}

/// Why a statement was admitted and under which bounds; travels with it to history and metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Permit {
    /// The statement's kind.
    pub kind: StatementKind,
    /// Relations, in order of OID.
    pub relations: Vec<RelationUse>,
    /// `schema.table.column` of every masked column that is used.
    pub masked_columns: Vec<String>,
    /// Rules of the row filters applied.
    pub filters: Vec<Rule>,
    /// Functions called, `schema.name`, sorted and unique.
    pub functions: Vec<String>,
    /// The digest of the policy.
    pub policy_digest: String,
    /// The version of the catalog.
    pub catalog_version: String,
    /// Rows of the result at most; one more is asked for, to tell a truncated result.
    pub row_cap: u64,
    /// Bytes of the result at most.
    pub byte_cap: u64,
    /// Wall-clock time at most.
    pub timeout: Duration,
    /// Roll back when a write touches more rows than this.
    pub max_affected_rows: Option<(u64, Rule)>,
    /// The database role to set in the transaction.
    pub role: Option<String>,
}

/// A statement that the gate admitted: text that the gate emitted itself, the values to bind, and why.
///
/// Made in one place only; neither `Clone` nor deserialisable, taken by value by the executor.
///
/// ```compile_fail
/// // The fields are private: nobody outside the gate can make one.
/// let forged = pgwicket::gate::admit::Admitted { sql: "DROP TABLE t".into() };
/// ```
/// ```compile_fail
/// fn twice(admitted: pgwicket::gate::admit::Admitted) -> [pgwicket::gate::admit::Admitted; 2] {
///     [admitted.clone(), admitted]
/// }
/// ```
#[derive(Debug)]
pub struct Admitted {
    sql: String,
    text_sql: Option<String>,
    parameters: Vec<Option<String>>,
    redacted_sql: String,
    redacted_rewritten_sql: String,
    verification: Verification,
    permit: Permit,
}

#[cfg(test)]
impl Admitted {
    /// What the executor's own tests run. No other build has this.
    pub(crate) fn for_executor_tests(sql: &str, text_sql: Option<&str>, permit: Permit) -> Self {
        Self {
            sql: sql.to_owned(),
            text_sql: text_sql.map(str::to_owned),
            parameters: Vec::new(),
            redacted_sql: String::new(),
            redacted_rewritten_sql: String::new(),
            verification: Verification::default(),
            permit,
        }
    }

    pub(crate) fn with_parameters(self, parameters: &[Option<&str>]) -> Self {
        Self { parameters: parameters.iter().map(|value| value.map(str::to_owned)).collect(), ..self }
    }

    pub(crate) fn with_verification(self, verification: Verification) -> Self {
        Self { verification, ..self }
    }
}

impl Admitted {
    /// The emitted statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The same statement with every output column cast to text, for types without binary output; `None` for EXPLAIN,
    /// which gives text anyway.
    pub fn text_sql(&self) -> Option<&str> {
        self.text_sql.as_deref()
    }

    /// The values of `$1`, `$2`, … in text format; `None` is NULL.
    pub fn parameters(&self) -> &[Option<String>] {
        &self.parameters
    }

    /// The client's statement, canonical, literals replaced: for the history.
    pub fn redacted_sql(&self) -> &str {
        &self.redacted_sql
    }

    /// The rewritten statement, literals replaced: for the history.
    pub fn redacted_rewritten_sql(&self) -> &str {
        &self.redacted_rewritten_sql
    }

    /// What has to hold in the executing transaction.
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// Why and under which bounds.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}
