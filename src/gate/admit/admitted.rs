//! The proof: a statement that the gate admitted, and why. Its fields are open to the module above only, which is the one
//! place that makes one.

use std::sync::Arc;
use std::time::Duration;

use super::text::TextForm;
use crate::gate::authorize::Confirm;
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::{Rejection, Rule};
use crate::gate::plan::PlanShape;
use crate::gate::policy::model::StatementKind;

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
    /// Stamps of what a write works out for its relations' indexes; a read has none.
    pub indexes: Vec<(Oid, String)>,
    /// Stamps of the primary keys that the meaning of a GROUP BY rests on.
    pub keys: Vec<(Oid, String)>,
    /// Stamps of where the rows of foreign tables come from.
    pub sources: Vec<(Oid, String)>,
    /// Stamps of functions that aren't built in.
    pub functions: Vec<(Oid, String)>,
    /// Stamps of types that aren't built in.
    pub types: Vec<(Oid, String)>,
    /// Stamps of the extensions that the policy trusts.
    pub extensions: Vec<(Oid, String)>,
    /// The `search_path` of the transaction; `None` for the pinned one.
    pub search_path: Option<String>,
    /// Code that isn't PostgreSQL's or a trusted extension's may run: functions, triggers, conditions of native policies,
    /// foreign tables. What it could leave in the session has to go before the next statement.
    pub foreign_code: bool,
}

/// Why a statement was admitted and under which bounds; travels with it to the executor and the history.
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
    /// The planner's estimate of what the query costs at most, by [`Compiled::estimate_sql`], and the rule that says so.
    pub cost_cap: Option<(u64, Rule)>,
    /// What each write of the statement is held to before it is committed, in the order in which they are written.
    pub writes: Vec<WriteCheck>,
    /// The statement has CTEs that write. Behind the client's columns each row then has helpers of the gate's own, which
    /// reach no client: how many rows are the client's (where none is, one row of NULLs brings the helpers), and for each
    /// write how many rows it touched and, with a `row_check`, how many of them the principal sees. Without them, a
    /// `row_check` is one column behind the client's: whether the row that was written is one that the principal sees.
    pub counted: bool,
    /// A person has to confirm it: behind the client's columns, and before the check of visibility, each row has the columns
    /// that are shown.
    pub confirm: Option<Confirm>,
    /// The database role to set in the transaction.
    pub role: Option<String>,
    /// The ORDER BY decides the order of all rows, so that pages of them fit together.
    pub total_order: bool,
    /// PostgreSQL's error texts may tell what is hidden: something protected, a view, a user's function or a write
    /// takes part.
    pub opaque_errors: bool,
    /// The statement is an EXPLAIN of which only the shape may leave.
    pub plan_shape: Option<PlanShape>,
}

/// What a write is held to, or it is rolled back.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteCheck {
    /// INSERT, UPDATE, DELETE or MERGE.
    pub kind: StatementKind,
    /// What it writes.
    pub target: Oid,
    /// The partitions and children of the target, which are written with it.
    pub descendants: Vec<Oid>,
    /// It touches no more rows than this, by that rule; what several writes touch of one table is added up.
    pub max_affected_rows: Option<(u64, Rule)>,
    /// All its rows are rows that the principal sees; the rule is the row filter's.
    pub row_check: Option<Rule>,
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
    pub(super) compiled: Arc<Compiled>,
    pub(super) parameters: Vec<Option<String>>,
}

/// All of an admitted statement that doesn't depend on the values that it brings: the same text under the same catalog,
/// policy and principal always gives the same one. Nothing executes it; that takes an [`Admitted`].
pub struct Compiled {
    pub(super) sql: String,
    pub(super) text: TextForm,
    pub(super) estimate_sql: Option<String>,
    /// For each parameter of the client's the type whose input format its value takes, where that is known.
    pub(super) client_types: Vec<Option<Oid>>,
    /// The values of the parameters behind the client's: attributes, and a place for the key of hash masks.
    pub(super) own_values: Vec<Option<String>>,
    pub(super) mask_key: Option<u32>,
    pub(super) literals: Vec<String>,
    pub(super) redacted_sql: String,
    pub(super) redacted_rewritten_sql: String,
    pub(super) verification: Verification,
    pub(super) permit: Permit,
    /// Names and values of settings for native policies.
    pub(super) attributes: Vec<(String, String)>,
}

#[cfg(test)]
impl Admitted {
    /// What the executor's own tests run. No other build has this.
    pub(crate) fn for_executor_tests(sql: &str, text_sql: Option<&str>, permit: Permit) -> Self {
        let compiled = Compiled {
            sql: sql.to_owned(),
            text: text_sql.map_or(TextForm::NotNeeded, |sql| TextForm::Emitted(sql.to_owned())),
            estimate_sql: permit.cost_cap.is_some().then(|| format!("EXPLAIN (FORMAT JSON) {sql}")),
            client_types: Vec::new(),
            own_values: Vec::new(),
            mask_key: None,
            literals: Vec::new(),
            redacted_sql: String::new(),
            redacted_rewritten_sql: String::new(),
            verification: Verification::default(),
            permit,
            attributes: Vec::new(),
        };
        Self { compiled: Arc::new(compiled), parameters: Vec::new() }
    }

    pub(crate) fn with_parameters(self, parameters: &[Option<&str>]) -> Self {
        Self { parameters: parameters.iter().map(|value| value.map(str::to_owned)).collect(), ..self }
    }

    pub(crate) fn with_verification(mut self, verification: Verification) -> Self {
        Arc::get_mut(&mut self.compiled).unwrap().verification = verification;
        self
    }
}

impl std::fmt::Debug for Admitted {
    /// Without values: they are the client's data and, for masks, the deployment's key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admitted").field("redacted_sql", &self.redacted_sql).finish_non_exhaustive()
    }
}

impl Admitted {
    /// What was made of the text, to be kept when the statement itself goes to be executed.
    pub fn compiled(&self) -> &Arc<Compiled> {
        &self.compiled
    }

    /// The values of `$1`, `$2`, … in text format; `None` is NULL.
    pub fn parameters(&self) -> &[Option<String>] {
        &self.parameters
    }

    /// Settings that native policies of the statement's relations read, with their values: the principal's attributes.
    pub fn native_attributes(&self) -> &[(String, String)] {
        &self.compiled.attributes
    }

    /// Puts in the deployment's key where a hash mask needs it. The gate has no secrets: until then the parameter is
    /// NULL, and so is every hash.
    #[must_use]
    pub fn with_mask_key(mut self, key: &[u8]) -> Self {
        let place = self.mask_key.and_then(|number| self.parameters.get_mut(number as usize - 1));
        if let Some(value) = place {
            let pads = crate::gate::policy::mask::key_parameter(key);
            let digits: String = pads.iter().map(|byte| format!("{byte:02x}")).collect();
            *value = Some(format!("\\x{digits}"));
        }
        self
    }
}

impl std::ops::Deref for Admitted {
    type Target = Compiled;

    fn deref(&self) -> &Compiled {
        &self.compiled
    }
}

impl Compiled {
    /// The emitted statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The same statement with every output column cast to text, for types without binary output; `None` where they all
    /// have it, where everything is text anyway (EXPLAIN), and where [`Self::text_refusal`] says why not.
    pub fn text_sql(&self) -> Option<&str> {
        match &self.text {
            TextForm::Emitted(sql) => Some(sql),
            TextForm::NotNeeded | TextForm::Refused(_) => None,
        }
    }

    /// Why there is no [`Self::text_sql`] although the gate doesn't know the type of some output column: to be told if
    /// PostgreSQL says that it has no binary output.
    pub fn text_refusal(&self) -> Option<&Rejection> {
        match &self.text {
            TextForm::Refused(why) => Some(why),
            TextForm::NotNeeded | TextForm::Emitted(_) => None,
        }
    }

    /// EXPLAIN of what the statement reads, where its cost is bounded.
    pub fn estimate_sql(&self) -> Option<&str> {
        self.estimate_sql.as_deref()
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
