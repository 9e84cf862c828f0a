//! The stages in order. The only maker of [`Admitted`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::authorize::authorize;
use super::catalog::{Catalog, Oid, TypeKind};
use super::diagnostic::{Reason, Rejection, Rule};
use super::emit::{emit, emit_redacted};
use super::ir::{Expr, ExprKind, Literal, Node, OutputColumn, Statement, renumber, walk};
use super::lower::{Lowering, Mode};
use super::parse::{parse, parse_emitted};
use super::policy::BoundPolicy;
use super::policy::model::StatementKind;
use super::rewrite::{ParameterPlan, rewrite, text_form};
use super::source::Source;
use super::stack::on_big_stack;
use super::value;

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
    /// `schema.table.column` of every masked column that is used, and its mask's name.
    pub masked_columns: Vec<(String, &'static str)>,
    /// `schema.table` and rule of every row filter applied.
    pub filters: Vec<(String, Rule)>,
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
    /// PostgreSQL's error texts may tell what is hidden: something protected, a view, a user's function or a write
    /// takes part.
    pub opaque_errors: bool,
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
pub struct Admitted {
    sql: String,
    text_sql: Option<String>,
    parameters: Vec<Option<String>>,
    mask_key: Option<u32>,
    literals: Vec<String>,
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
            mask_key: None,
            literals: Vec::new(),
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

impl std::fmt::Debug for Admitted {
    /// Without values: they are the client's data and, for masks, the deployment's key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admitted").field("redacted_sql", &self.redacted_sql).finish_non_exhaustive()
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

    /// Puts in the deployment's key where a hash mask needs it. The gate has no secrets: until then the parameter is
    /// NULL, and so is every hash.
    #[must_use]
    pub fn with_mask_key(mut self, key: &[u8]) -> Self {
        let place = self.mask_key.and_then(|number| self.parameters.get_mut(number as usize - 1));
        if let Some(value) = place {
            let pads = super::policy::mask::key_parameter(key);
            let digits: String = pads.iter().map(|byte| format!("{byte:02x}")).collect();
            *value = Some(format!("\\x{digits}"));
        }
        self
    }

    /// The client's statement, canonical, literals replaced: for the history.
    pub fn redacted_sql(&self) -> &str {
        &self.redacted_sql
    }

    /// The rewritten statement, literals replaced: for the history.
    pub fn redacted_rewritten_sql(&self) -> &str {
        &self.redacted_rewritten_sql
    }

    /// The client's literals in order: for a keyed digest in the history.
    pub fn literals(&self) -> &[String] {
        &self.literals
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

/// Compiles what a principal submitted into what may be executed, or says why not.
///
/// Pure: the same arguments always give the same answer. Never panics and never overflows the stack, whatever the
/// text.
///
/// # Errors
/// A [`Rejection`] with every violation that was found at the stage where the statement failed.
pub fn admit(
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
    submission: &Submission,
) -> Result<Admitted, Rejection> {
    on_big_stack(|| stages(catalog, policy, principal, submission))
}

fn stages(
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
    submission: &Submission,
) -> Result<Admitted, Rejection> {
    let (mut statement, values) = understand(catalog, policy, submission)?;
    renumber(&mut statement);
    let redacted_sql = emit_redacted(&statement);
    let literals = literals(&statement);
    let authorized = authorize(&statement, catalog, policy)?;

    let mut plan = ParameterPlan::new(values);
    rewrite(&mut statement, &authorized, catalog, policy, principal, &mut plan)?;
    renumber(&mut statement);

    let emitted = Emitted { catalog, policy, parameters: plan.values.len() as u32 };
    let sql = emitted.verified(&statement)?;
    let text_sql = if may_need_text(&statement, catalog) {
        match text_form(&statement, catalog) {
            Some(mut form) => {
                renumber(&mut form);
                Some(emitted.verified(&form)?)
            }
            None => None,
        }
    } else {
        None
    };

    let limits = &policy.policy().limits;
    Ok(Admitted {
        sql,
        text_sql,
        mask_key: plan.mask_key(),
        parameters: plan.values,
        literals,
        redacted_sql,
        redacted_rewritten_sql: emit_redacted(&statement),
        permit: Permit {
            kind: authorized.kind,
            relations: authorized.relations.into_values().collect(),
            masked_columns: authorized.masked_columns.into_iter().collect(),
            filters: authorized.filters.into_iter().collect(),
            functions: authorized.functions.into_iter().collect(),
            policy_digest: policy.policy().digest.clone(),
            catalog_version: catalog.version().to_owned(),
            row_cap: limits.rows,
            byte_cap: limits.bytes,
            timeout: limits.timeout,
            max_affected_rows: authorized.max_affected_rows,
            role: policy.policy().role.clone(),
            opaque_errors: authorized.opaque_errors,
        },
        verification: authorized.verification,
    })
}

/// parse and lower: the statement as IR, and the client's parameter values in text format.
fn understand(
    catalog: &Catalog,
    policy: &BoundPolicy,
    submission: &Submission,
) -> Result<(Statement, Vec<Option<String>>), Rejection> {
    match submission {
        Submission::Sql { text, parameters } => {
            let source = Source::new(text);
            let parsed = parse(&source)?;
            let mut lowering = Lowering::new(catalog, policy, &source, Mode::Client, parameters.len() as u32);
            let statement = lowering.statement(&parsed.statement)?;
            let values = client_values(&statement, parameters, catalog)?;
            Ok((statement, values))
        }
        Submission::Change(change) => {
            let source = Source::new("");
            Lowering::new(catalog, policy, &source, Mode::Client, u32::MAX).change(change)
        }
    }
}

/// The client's values, each in the input format of the type that the statement casts it to. A value that the
/// statement doesn't use is a mistake, and PostgreSQL couldn't tell its type.
fn client_values(
    statement: &Statement,
    parameters: &[Value],
    catalog: &Catalog,
) -> Result<Vec<Option<String>>, Rejection> {
    let mut used = BTreeMap::new();
    walk(statement, &mut |node| match node {
        Node::Expr(Expr { kind: ExprKind::Parameter(number), .. }) => {
            used.entry(*number).or_insert(None);
        }
        Node::Expr(Expr { kind: ExprKind::Cast { expr, to }, .. }) => {
            if let ExprKind::Parameter(number) = expr.kind {
                used.insert(number, Some(to.clone()));
            }
        }
        _ => {}
    });
    let mut values = Vec::with_capacity(parameters.len());
    for (number, parameter) in (1u32..).zip(parameters) {
        let pointer = super::diagnostic::Place::Json(format!("/params/{}", number - 1));
        let Some(cast) = used.get(&number) else {
            return Err(Rejection::new(
                Reason::InvalidParameter,
                format!("the statement does not use parameter `${number}`"),
            )
            .at(pointer)
            .help("leave the value out, or use it as in `WHERE id = $1`"));
        };
        let hint = cast.as_ref().and_then(|to| catalog.type_(to.oid));
        let text =
            value::to_text(parameter, hint).map_err(|why| Rejection::new(Reason::InvalidParameter, why).at(pointer))?;
        values.push(text);
    }
    Ok(values)
}

fn literals(statement: &Statement) -> Vec<String> {
    let mut all = Vec::new();
    walk(statement, &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Literal(Literal::Number(text) | Literal::String(text)), .. }) = node {
            all.push(text.clone());
        }
    });
    all
}

/// emit and verify: text comes out only if reading it again gives the same IR.
struct Emitted<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    parameters: u32,
}

impl Emitted<'_> {
    fn verified(&self, statement: &Statement) -> Result<String, Rejection> {
        let text = emit(statement);
        if self.reads_as(&text, statement) {
            Ok(text)
        } else {
            Err(Rejection::new(
                Reason::InternalError,
                "pgwicket's own check of the statement it made failed, so nothing was executed",
            )
            .help("this is a defect of pgwicket: please report the statement; a simpler form of it may pass"))
        }
    }

    fn reads_as(&self, text: &str, statement: &Statement) -> bool {
        let source = Source::new(text);
        let Ok(parsed) = parse_emitted(&source) else { return false };
        let mut lowering = Lowering::new(self.catalog, self.policy, &source, Mode::Verify, self.parameters);
        let Ok(mut read) = lowering.statement(&parsed.statement) else { return false };
        renumber(&mut read);
        read == *statement
    }
}

/// Built-in types that come in binary format without loss; every other type may need PostgreSQL's own text.
const BINARY_TYPES: &[&str] = &[
    "bit",
    "bool",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "date",
    "daterange",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int4range",
    "int8",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "macaddr",
    "macaddr8",
    "name",
    "numeric",
    "numrange",
    "oid",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsrange",
    "tstzrange",
    "uuid",
    "varbit",
    "varchar",
];

/// Whether some output column may have a type without binary output, as far as the gate can tell.
fn may_need_text(statement: &Statement, catalog: &Catalog) -> bool {
    let columns: &[OutputColumn] = match statement {
        Statement::Query(query) => &query.columns,
        Statement::Insert(insert) => &insert.output,
        Statement::Update(update) => &update.output,
        Statement::Delete(delete) => &delete.output,
        Statement::Explain(_) => &[],
    };
    columns.iter().any(|column| !column.ty.is_some_and(|oid| comes_in_binary(catalog, oid)))
}

fn comes_in_binary(catalog: &Catalog, oid: Oid) -> bool {
    let Some(one) = catalog.type_(oid) else { return false };
    match &one.kind {
        TypeKind::Base | TypeKind::Range { .. } => {
            one.oid.is_builtin() && BINARY_TYPES.binary_search(&one.name.as_str()).is_ok()
        }
        TypeKind::Array { element } => comes_in_binary(catalog, *element),
        TypeKind::Enum { .. } => true,
        TypeKind::Domain { .. } | TypeKind::Multirange { .. } | TypeKind::Composite { .. } | TypeKind::Pseudo => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_types_are_sorted() {
        assert!(BINARY_TYPES.is_sorted());
    }
}
