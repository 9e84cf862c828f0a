//! What a record says: format version 1 of the ledger, as types. Every field is there from the start, `null` where
//! nothing fills it; the order of the fields is that of the line. `docs/history-format.md` has the same for readers.

use super::detail::{
    Approval, AuthFailure, ConfigChange, Detail, Gap, LogClose, LogOpen, LogRead, PolicyLoad, Retention, SessionClose,
    SessionEnd, SessionOpen, Signed,
};
use super::lines::LineHash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// The version that stands in every record as `v`.
pub const FORMAT_VERSION: u32 = 1;

/// A whole record, as read back from the ledger: the stamp that the writer gave it, and what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where it stands in the chain.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// What it says.
    #[serde(flatten)]
    pub entry: Entry,
}

/// A record's place in its chain, given by the writer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// Format version, [`FORMAT_VERSION`].
    pub v: u32,
    /// Number of the record in its chain, from 1, without gaps.
    pub seq: u64,
    /// SHA-256 of the previous line's exact bytes without its line feed; zeros in the first record of a chain.
    pub prev: LineHash,
    /// When it was written: UTC, RFC 3339 with nine digits of a second. The system's clock, which may be set back.
    #[serde(with = "nanosecond_time")]
    pub time: Timestamp,
    /// Nanoseconds since this process opened the ledger, by a clock that never goes back.
    pub mono_ns: u64,
    /// The chain: the name of the instance directory.
    pub instance: String,
    /// Fingerprint of the ledger's public key.
    pub key_id: String,
}

/// What one record says; what a caller of [`super::History::append`] fills.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What kind of record it is.
    pub kind: Kind,
    /// The record's own id (UUID version 7).
    pub id: Uuid,
    /// In an outcome: the id of the intent that it closes. `null` in an outcome that stands alone.
    #[serde(default)]
    pub intent: Option<Uuid>,
    /// Who asked.
    #[serde(default)]
    pub who: Who,
    /// Through which door, and where it ran.
    #[serde(default, rename = "where")]
    pub place: Where,
    /// What was asked.
    #[serde(default)]
    pub what: What,
    /// What was decided, and why.
    #[serde(default)]
    pub decision: Decision,
    /// What came of it.
    #[serde(default)]
    pub result: Outcome,
    /// What only this kind of record has.
    #[serde(default)]
    pub detail: Option<Detail>,
}

/// Kinds of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A process took the chain; always the first record of a chain, and of each process that continues it.
    LogOpen,
    /// A statement was admitted. A write is about to be executed; a read may be running.
    Intent,
    /// What came of a statement; or a whole call that needs no intent (metadata, `check`).
    Outcome,
    /// A statement or call was refused before anything was executed.
    Rejection,
    /// A process gave the chain back in order.
    LogClose,
    /// A client's session began.
    SessionOpen,
    /// It ended.
    SessionClose,
    /// Somebody couldn't prove who they are.
    AuthFailure,
    /// The policies that are in force from here on.
    PolicyLoad,
    /// The configuration changed while it was in force.
    ConfigChange,
    /// A person's answer to a statement that needs one.
    Approval,
    /// Closed segments are about to be deleted.
    Retention,
    /// What the ledger's key signed.
    Checkpoint,
    /// Something is missing, and why.
    Gap,
    /// Somebody read the history.
    LogRead,
}

/// Who asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The principal's name.
    pub principal: Option<String>,
    /// How the principal proved who it is (`local`, `token`, …); never the proof.
    pub authentication: Option<String>,
    /// The client program's name, as it says itself.
    pub client_name: Option<String>,
    /// The client program's version, as it says itself.
    pub client_version: Option<String>,
    /// On whose behalf the principal asks.
    pub on_behalf_of: Option<String>,
    /// The client's network address; of one on this machine, the operating system's user and the process that started us.
    pub address: Option<String>,
    /// Id of the `session_open` of the session that it came in.
    pub session: Option<Uuid>,
}

/// Through which door, and where it ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Where {
    /// The door (`mcp`, `cli`).
    pub door: Option<String>,
    /// The database server, `host:port` or a socket's directory.
    pub server: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// The database role in force.
    pub role: Option<String>,
    /// Process id of the PostgreSQL backend.
    pub backend_pid: Option<i32>,
}

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct What {
    /// The tool or command (`query_execute`, `get_tables`, `check`, …).
    pub tool: Option<String>,
    /// The kind of statement (`select`, `insert`, `explain`, …).
    pub statement: Option<String>,
    /// Whether the statement writes; such records are synced under [`super::SyncMode::Writes`].
    pub writes: Option<bool>,
    /// The statement's fingerprint: equal for statements that differ only in literals.
    pub fingerprint: Option<String>,
    /// Whether literals and parameters stand in this record in clear.
    pub form: Option<Form>,
    /// The client's statement in that form; `null` if it couldn't be redacted.
    pub sql: Option<String>,
    /// The admitted statement in that form.
    pub rewritten: Option<String>,
    /// Length of the client's text, in bytes.
    pub sql_bytes: Option<u64>,
    /// Keyed digest of the client's text.
    pub sql_digest: Option<String>,
    /// Keyed digest of the literals.
    pub literals_digest: Option<String>,
    /// Keyed digest of the parameters.
    pub parameters_digest: Option<String>,
    /// The parameters in clear; only under [`Form::Full`].
    pub parameters: Option<Vec<serde_json::Value>>,
    /// The relations that the statement reaches.
    pub relations: Option<Vec<RelationUse>>,
    /// The columns that it sees through a mask.
    pub masked: Option<Vec<MaskUse>>,
    /// The row filters applied.
    pub filters: Option<Vec<FilterUse>>,
    /// The functions called, by signature.
    pub functions: Option<Vec<String>>,
    /// True when something in this record was cut to keep it under [`super::MAX_RECORD_BYTES`].
    pub truncated: bool,
}

/// Whether literals and parameters stand in a record in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Literals are replaced by placeholders, parameters left out.
    Redacted,
    /// Everything as it was sent; only if the policy says `record = "full"`.
    Full,
}

/// One relation that a statement reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationUse {
    /// `schema.name`.
    pub relation: String,
    /// What the statement does with it.
    pub access: Access,
}

/// What a statement does with a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Reads it.
    Read,
    /// Inserts into it.
    Insert,
    /// Updates it.
    Update,
    /// Deletes from it.
    Delete,
    /// Merges into it: inserts, updates or deletes.
    Merge,
}

/// One column seen through a mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskUse {
    /// `schema.relation.column`.
    pub column: String,
    /// The mask's name.
    pub mask: String,
}

/// One row filter applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterUse {
    /// `schema.relation`.
    pub relation: String,
    /// The rule that it comes from.
    pub rule: String,
}

/// What was decided, and why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decision {
    /// Admitted or rejected.
    pub verdict: Option<Verdict>,
    /// The reason code of a rejection: the true one.
    pub reason: Option<String>,
    /// The reason code that the client was told, where it differs from the true one (a denied name is told as missing).
    pub told: Option<String>,
    /// The rule that decided: policy file, line, key path.
    pub rule: Option<String>,
    /// All violations, where there is more than the one above.
    pub violations: Option<Vec<Violation>>,
    /// The policy's name.
    pub policy: Option<String>,
    /// Digest of the policy in force.
    pub policy_digest: Option<String>,
    /// Version of the catalog that the decision was made on.
    pub catalog_version: Option<String>,
    /// Id of the `approval` by which it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Uuid>,
}

/// The two verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may run, in the form that the record says.
    Admitted,
    /// It may not.
    Rejected,
}

/// One of several violations of a rejected statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Reason code.
    pub reason: String,
    /// The rule.
    pub rule: Option<String>,
    /// The relation, column or function concerned.
    pub subject: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// How it ended.
    pub status: Option<Status>,
    /// The reason code of the refusal that an admitted call ended with (deadline, changed catalog, …).
    pub reason: Option<String>,
    /// Rows returned.
    pub rows: Option<u64>,
    /// Rows inserted, updated or deleted.
    pub affected: Option<u64>,
    /// Bytes of the result.
    pub bytes: Option<u64>,
    /// PostgreSQL's error code.
    pub sqlstate: Option<String>,
    /// PostgreSQL's error text; only under [`Form::Full`], since it can quote values.
    pub error: Option<String>,
    /// From the request's arrival to its answer, in nanoseconds.
    pub duration_ns: Option<u64>,
    /// Whether a cap cut the result.
    pub truncated: Option<bool>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It succeeded; a write is committed.
    Ok,
    /// It failed and changed nothing.
    Failed,
    /// The client cancelled it or is gone; nothing changed.
    Cancelled,
    /// The deadline passed; nothing changed.
    TimedOut,
    /// The connection was lost during COMMIT: it may or may not have happened.
    Unknown,
    /// A write that a person has to approve was tried and rolled back, to learn what it would do.
    Rehearsed,
}

impl Entry {
    /// An empty entry of one kind, with a new id.
    fn new(kind: Kind, who: Who, place: Where, what: What) -> Entry {
        Entry {
            kind,
            id: Uuid::now_v7(),
            intent: None,
            who,
            place,
            what,
            decision: Decision::default(),
            result: Outcome::default(),
            detail: None,
        }
    }

    /// An admitted statement that is about to be executed, or a read that is running; the caller adds to `decision` by what it was admitted.
    pub fn intent(who: Who, place: Where, what: What) -> Entry {
        let entry = Entry::new(Kind::Intent, who, place, what);
        Entry { decision: Decision { verdict: Some(Verdict::Admitted), ..Decision::default() }, ..entry }
    }

    /// A call that was refused before anything was executed; the caller adds rule and policy to `decision`.
    pub fn rejection(who: Who, place: Where, what: What, reason: impl Into<String>) -> Entry {
        let decision =
            Decision { verdict: Some(Verdict::Rejected), reason: Some(reason.into()), ..Decision::default() };
        Entry { decision, ..Entry::new(Kind::Rejection, who, place, what) }
    }

    /// A call that needs no intent: metadata tools, resources, `check`.
    pub fn call(who: Who, place: Where, what: What) -> Entry {
        let entry = Entry::new(Kind::Outcome, who, place, what);
        Entry { decision: Decision { verdict: Some(Verdict::Admitted), ..Decision::default() }, ..entry }
    }

    /// The outcome that closes this intent: the same principal, place, tool, statement kind and decision; the caller
    /// fills `result`. Texts and lists are not said twice.
    pub fn outcome(&self, result: Outcome) -> Entry {
        let what = What {
            tool: self.what.tool.clone(),
            statement: self.what.statement.clone(),
            writes: self.what.writes,
            fingerprint: self.what.fingerprint.clone(),
            form: self.what.form,
            ..What::default()
        };
        Entry {
            intent: Some(self.id),
            decision: self.decision.clone(),
            result,
            ..Entry::new(Kind::Outcome, self.who.clone(), self.place.clone(), what)
        }
    }

    /// A client's session begins. Closed by what [`Entry::session_close`] makes of it.
    pub fn session_open(who: Who, place: Where, detail: SessionOpen) -> Entry {
        let entry = Entry::new(Kind::SessionOpen, who, place, What::default());
        let who = Who { session: Some(entry.id), ..entry.who };
        Entry { who, detail: Some(Detail::SessionOpen(detail)), ..entry }
    }

    /// The end of the session that this record opened.
    pub fn session_close(&self, ended: SessionEnd, calls: u64) -> Entry {
        let entry = Entry::new(Kind::SessionClose, self.who.clone(), self.place.clone(), What::default());
        Entry { detail: Some(Detail::SessionClose(SessionClose { session: self.id, ended, calls })), ..entry }
    }

    /// Policies that are in force from here on.
    pub fn policy_load(place: Where, detail: PolicyLoad) -> Entry {
        let entry = Entry::new(Kind::PolicyLoad, Who::default(), place, What::default());
        Entry { detail: Some(Detail::PolicyLoad(detail)), ..entry }
    }

    /// The configuration that is in force from here on.
    pub fn config_change(place: Where, detail: ConfigChange) -> Entry {
        let entry = Entry::new(Kind::ConfigChange, Who::default(), place, What::default());
        Entry { detail: Some(Detail::ConfigChange(detail)), ..entry }
    }

    /// Somebody is about to be shown others' records: a whole call, as by [`Entry::call`].
    pub fn log_read(who: Who, place: Where, what: What, detail: LogRead) -> Entry {
        let entry = Entry::call(who, place, what);
        Entry { kind: Kind::LogRead, detail: Some(Detail::LogRead(detail)), ..entry }
    }

    /// A person answered whether a write may be done. `who`: as far as it is known.
    pub fn approval(who: Who, place: Where, what: What, detail: Approval) -> Entry {
        let entry = Entry::new(Kind::Approval, who, place, what);
        Entry { detail: Some(Detail::Approval(detail)), ..entry }
    }

    /// Somebody couldn't prove who they are.
    pub fn auth_failure(who: Who, place: Where, detail: AuthFailure) -> Entry {
        let entry = Entry::new(Kind::AuthFailure, who, place, What::default());
        Entry { detail: Some(Detail::AuthFailure(detail)), ..entry }
    }

    pub(super) fn log_open(detail: LogOpen) -> Entry {
        Entry::own(Kind::LogOpen, Detail::LogOpen(Box::new(detail)))
    }

    pub(super) fn log_close(detail: LogClose) -> Entry {
        Entry::own(Kind::LogClose, Detail::LogClose(detail))
    }

    pub(super) fn gap(detail: Gap) -> Entry {
        Entry::own(Kind::Gap, Detail::Gap(detail))
    }

    pub(super) fn checkpoint(note: String) -> Entry {
        Entry::own(Kind::Checkpoint, Detail::Checkpoint(Signed { note }))
    }

    pub(super) fn retention(detail: Retention) -> Entry {
        Entry::own(Kind::Retention, Detail::Retention(detail))
    }

    /// A record of the ledger's own: nobody asked for it.
    fn own(kind: Kind, detail: Detail) -> Entry {
        let entry = Entry::new(kind, Who::default(), Where::default(), What::default());
        Entry { detail: Some(detail), ..entry }
    }
}

impl Outcome {
    /// An outcome with its status and duration; the caller adds rows and bytes.
    pub fn new(status: Status, took: Duration) -> Outcome {
        let duration_ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        Outcome { status: Some(status), duration_ns: Some(duration_ns), ..Outcome::default() }
    }

    /// Of a refusal, which ends nothing: how long it took.
    pub fn took(took: Duration) -> Outcome {
        Outcome { status: None, ..Outcome::new(Status::Failed, took) }
    }
}

/// RFC 3339 in UTC with exactly nine digits of a second, so that times compare as text, too.
pub(super) mod nanosecond_time {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{time:.9}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(from)
    }
}
