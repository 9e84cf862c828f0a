//! One error value for every door: a [`Rejection`] with a stable reason code, a place in what the client sent, the
//! rule that decided, and what would be allowed instead.

use serde::Serialize;
use serde_json::{Value, json};

use super::source::{Source, Span};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $summary:literal;)*) => {
        /// Why a statement was rejected. The code is stable: agents and tests match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $(#[doc = $summary] $variant,)* }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// The stable code, in snake case.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$variant => $code,)* }
            }

            /// One sentence for the documentation.
            pub fn summary(self) -> &'static str {
                match self { $(Reason::$variant => $summary,)* }
            }
        }
    };
}

reasons! {
    ParseError = "parse_error", "The text is not one SQL statement that pgwicket can read.";
    NotSupported = "not_supported", "A construct that pgwicket refuses by design.";
    NotYetSupported = "not_yet_supported", "A construct whose rules are not built yet, so it is refused.";
    LimitExceeded = "limit_exceeded", "A bound on size, depth or count was reached.";
    UnknownRelation = "unknown_relation", "The relation does not exist or is not visible.";
    UnknownColumn = "unknown_column", "The column does not exist or is not visible.";
    AmbiguousName = "ambiguous_name", "A name could mean more than one thing.";
    UnknownFunction = "unknown_function", "The function does not exist or is not visible.";
    FunctionNotAllowed = "function_not_allowed", "The policy does not allow the function.";
    OperatorNotAllowed = "operator_not_allowed", "The policy does not allow the operator.";
    TypeNotAllowed = "type_not_allowed", "The type does not exist or may not be used.";
    StatementNotAllowed = "statement_not_allowed", "The policy does not allow this kind of statement.";
    WriteNotAllowed = "write_not_allowed", "The policy does not allow writing to the relation.";
    WhereRequired = "where_required", "The policy requires a WHERE that restricts the rows.";
    SideEffects = "side_effects", "The write would run triggers, rules, cascades or defaults that the policy does not allow.";
    TooManyRowsAffected = "too_many_rows_affected", "The write touched more rows than allowed and was rolled back.";
    ConfirmationRequired = "confirmation_required", "A person has to approve the write; it was tried and rolled back.";
    NotApproved = "not_approved", "A person was asked and did not approve the write.";
    NotAsApproved = "not_as_approved", "The write would not do what was approved, and was rolled back.";
    RowNotVisible = "row_not_visible", "The write would leave a row that the principal does not see, and was rolled back.";
    TooCostly = "too_costly", "The planner's estimate of the query is above the policy's bound, so it was not run.";
    InvalidStatement = "invalid_statement", "The statement is not valid SQL for PostgreSQL.";
    InvalidParameter = "invalid_parameter", "A parameter is missing, superfluous or of the wrong form.";
    AttributeMissing = "attribute_missing", "The principal lacks an attribute that the policy needs.";
    RateLimited = "rate_limited", "The principal's rate limit is used up for now.";
    ConcurrencyLimited = "concurrency_limited", "The principal has as many statements running as allowed.";
    HistoryUnavailable = "history_unavailable", "The history can't be written, so nothing is answered and no write is executed.";
    CommittedNotRecorded = "committed_not_recorded", "The write was committed but its outcome could not be recorded.";
    CatalogChanged = "catalog_changed", "The database's structure changed while the statement was on its way.";
    DatabaseUnavailable = "database_unavailable", "The database can't be reached.";
    DatabaseError = "database_error", "PostgreSQL refused or failed the statement.";
    DeadlineExceeded = "deadline_exceeded", "The statement ran longer than allowed and was cancelled.";
    Cancelled = "cancelled", "The statement was cancelled by the client.";
    OutcomeUnknown = "outcome_unknown", "The connection was lost while committing; the write may have happened.";
    PrincipalDisabled = "principal_disabled", "The principal is disabled, or not in the configuration any more.";
    PolicyChanged = "policy_changed", "The principal or its policy changed while the statement ran, so it was cancelled.";
    PolicyUnusable = "policy_unusable", "The policy does not fit the database any more.";
    InternalError = "internal_error", "pgwicket's own check failed; nothing was executed.";
}

/// A rule of a policy: where a person finds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Rule {
    /// The policy file as it was named.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u32,
    /// Key path, as in `tables."sales.customers".mask.email`.
    pub key: String,
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} ({})", self.file, self.line, self.key)
    }
}

/// Where in the client's submission the reason lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// Nowhere in particular.
    #[default]
    Nowhere,
    /// A range of the SQL text.
    Sql(Span),
    /// A JSON pointer (RFC 6901) into the tool's arguments.
    Json(String),
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        if span == Span::default() { Self::Nowhere } else { Self::Sql(span) }
    }
}

/// What really happened where the public form must look like a missing name. Goes to the history and to
/// `pgwicket check`, and to the client only under `reveal_denied`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concealed {
    /// The true reason.
    pub reason: Reason,
    /// The true sentence.
    pub message: String,
    /// The rule that hides the name; `None` for default deny.
    pub rule: Option<Rule>,
}

/// A verdict of "no" with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The stable reason.
    pub reason: Reason,
    /// One plain sentence: lower case, no full stop, the client's words in backticks.
    pub message: String,
    /// Where in the submission.
    pub place: Place,
    /// The rule that decided, where telling it reveals nothing hidden.
    pub rule: Option<Rule>,
    /// What would be allowed instead.
    pub help: Option<String>,
    /// The truth behind a rejection that is worded like a missing name.
    pub concealed: Option<Box<Concealed>>,
    /// Further violations of the same statement.
    pub also: Vec<Rejection>,
}

impl Rejection {
    /// A rejection with a reason and a sentence.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            place: Place::Nowhere,
            rule: None,
            help: None,
            concealed: None,
            also: Vec::new(),
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        self.place = place.into();
        self
    }

    /// Names the rule that decided.
    #[must_use]
    pub fn by(mut self, rule: Option<Rule>) -> Self {
        self.rule = rule;
        self
    }

    /// Says what would be allowed instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Keeps the truth beside the public form.
    #[must_use]
    pub fn concealing(mut self, reason: Reason, message: impl Into<String>, rule: Option<Rule>) -> Self {
        self.concealed = Some(Box::new(Concealed { reason, message: message.into(), rule }));
        self
    }

    /// Joins several violations into one rejection, the first of them leading; `None` when there are none.
    pub fn join(mut all: Vec<Rejection>) -> Option<Rejection> {
        if all.is_empty() {
            return None;
        }
        let rest = all.split_off(1);
        let mut first = all.pop()?;
        first.also.extend(rest);
        Some(first)
    }

    /// The rejection as someone may see it who is told the truth (`reveal_denied`, the command line, the history).
    #[must_use]
    pub fn revealed(&self) -> Rejection {
        let mut shown = self.clone();
        if let Some(truth) = shown.concealed.take() {
            shown.reason = truth.reason;
            shown.message = truth.message;
            shown.rule = truth.rule;
        }
        shown.also = self.also.iter().map(Rejection::revealed).collect();
        shown
    }

    /// The JSON that leaves through a door. `source` is the client's SQL, for line, column and the text at fault.
    pub fn to_json(&self, source: Option<&Source<'_>>) -> Value {
        let mut object = serde_json::Map::new();
        let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
        set("code", json!(self.reason.code()));
        set("message", json!(self.message));
        if let Some(rule) = &self.rule {
            set("rule", json!(rule));
        }
        match (&self.place, source) {
            (Place::Nowhere, _) => {}
            (Place::Sql(span), Some(source)) => {
                let position = source.position(span.start);
                let text = shortened(source.slice(*span));
                set(
                    "span",
                    json!({
                        "start": span.start, "end": span.end,
                        "line": position.line, "column": position.column, "text": text,
                    }),
                );
            }
            (Place::Sql(span), None) => {
                set("span", json!(span));
            }
            (Place::Json(pointer), _) => {
                set("pointer", json!(pointer));
            }
        }
        if let Some(help) = &self.help {
            set("help", json!(help));
        }
        if !self.also.is_empty() {
            set("also", self.also.iter().map(|other| other.to_json(source)).collect());
        }
        Value::Object(object)
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.message)
    }
}

impl std::error::Error for Rejection {}

/// The text at fault, at most 80 characters of it.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn a_concealed_truth_leaves_only_when_revealed() {
        let rejection = Rejection::new(Reason::UnknownColumn, "column `ssn` does not exist").concealing(
            Reason::UnknownColumn,
            "column `ssn` is denied",
            Some(Rule { file: "p.toml".into(), line: 3, key: "columns".into() }),
        );
        assert!(!rejection.to_json(None).to_string().contains("denied"));
        assert!(rejection.revealed().to_json(None).to_string().contains("p.toml"));
    }
}
