//! What only one kind of record has, kind by kind. `docs/history-format.md` has the same for readers.

use super::lines::LineHash;
use super::record::nanosecond_time;
use super::settings::SyncMode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What only one kind of record has. Read back by its fields: each has one that no other has, and that is never left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// Of a `log_open`.
    LogOpen(Box<LogOpen>),
    /// Of a `log_close`.
    LogClose(LogClose),
    /// Of a `gap`.
    Gap(Gap),
    /// Of a `checkpoint`.
    Checkpoint(Signed),
    /// Of a `retention`.
    Retention(Retention),
    /// Of a `policy_load`.
    PolicyLoad(PolicyLoad),
    /// Of a `config_change`.
    ConfigChange(ConfigChange),
    /// Of a `session_open`.
    SessionOpen(SessionOpen),
    /// Of a `session_close`.
    SessionClose(SessionClose),
    /// Of a `log_read`.
    LogRead(LogRead),
    /// Of an `auth_failure`.
    AuthFailure(AuthFailure),
    /// Of an `approval`.
    Approval(Approval),
    /// Of a kind that came later.
    Other(serde_json::Value),
}

/// The detail of a `log_open`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogOpen {
    /// pgwicket's version.
    pub program: String,
    /// The process's id.
    pub pid: u32,
    /// Which records are synced to disk before their append returns.
    pub sync: SyncMode,
    /// The ledger's Ed25519 public key, hexadecimal.
    pub public_key: String,
    /// The last record of each other chain in the directory, so that a chain that vanishes or is cut is seen.
    pub heads: Vec<Head>,
    /// What was set aside from the end of this chain, if its last bytes were no whole record.
    pub repaired: Option<Repair>,
}

/// The last record of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub instance: String,
    /// Number of its last record.
    pub seq: u64,
    /// SHA-256 of that record's exact bytes.
    pub hash: LineHash,
}

/// What was set aside from a torn end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The file, in the instance directory, that the bytes were moved to.
    pub file: String,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: LineHash,
}

/// The detail of a `log_close`: an orderly end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogClose {
    /// Intents of this process whose outcome isn't on record: what they say may have been executed.
    pub intents_left_open: u64,
}

/// The detail of a `gap`: something is missing, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What happened.
    pub gap: GapKind,
    /// Of a torn end: what was set aside.
    #[serde(default)]
    pub repaired: Option<Repair>,
    /// Of unpaired intents: those of the process before, oldest first.
    #[serde(default)]
    pub unpaired: Vec<Unpaired>,
    /// How many there are, where not all are named.
    #[serde(default)]
    pub count: Option<u64>,
    /// False if the search for them ended at its bound.
    #[serde(default)]
    pub complete: Option<bool>,
}

impl Gap {
    /// Bytes that were no whole record were set aside.
    pub(super) fn torn_end(repaired: Repair) -> Gap {
        Gap { gap: GapKind::TornEnd, repaired: Some(repaired), unpaired: Vec::new(), count: None, complete: None }
    }
}

/// Kinds of gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// The chain's end was no whole record.
    TornEnd,
    /// The process before left intents without outcome: what they say may have been executed.
    MayHaveExecuted,
}

/// An intent without outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpaired {
    /// The intent's id.
    pub id: Uuid,
    /// Its number.
    pub seq: u64,
    /// When it was written.
    #[serde(with = "nanosecond_time")]
    pub time: Timestamp,
    /// Whether the statement writes.
    pub writes: bool,
}

/// The detail of a `checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// A C2SP signed note over number and hash of the record before this one.
    pub note: String,
}

/// The detail of a `retention`: written, and synced, before anything is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// The segments that are deleted now, oldest first. All before them were deleted earlier.
    pub deleted: Vec<Deleted>,
    /// The age at which closed segments are deleted, in seconds.
    pub keep_seconds: Option<u64>,
    /// The bytes above which they are.
    pub keep_bytes: Option<u64>,
    /// The public key, as in `log_open`, which may be among what is deleted.
    pub public_key: String,
}

/// One deleted segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Its number.
    pub segment: u64,
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record: the next segment begins with the one after it.
    pub last_seq: u64,
    /// The last record's hash: `prev` of the record after it.
    pub last_hash: LineHash,
    /// The file's length, as it lay on disk.
    pub bytes: u64,
}

/// The detail of a `policy_load`: the policies that are in force from here on, and how they differ from those that the
/// chain had on record before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLoad {
    /// The policies, each once.
    pub policies: Vec<PolicyInForce>,
    /// How many more there are than this record has room for.
    pub policies_left_out: u64,
    /// Files of policies that were in force before and aren't any more.
    pub removed: Vec<String>,
    /// SHA-256 over the settings of the `config_change` that holds.
    pub configuration: LineHash,
    /// The `policy_load` that this one was compared with; none if it is the first, or the one before was not found
    /// within the bound on what is read for it.
    pub compared_with: Option<Uuid>,
}

/// One policy that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// The file that the configuration names.
    pub file: String,
    /// The policy's name.
    pub policy: String,
    /// Its digest: that of every decision by it.
    pub policy_digest: String,
    /// Who is under it.
    pub principals: Vec<String>,
    /// The file itself and those that it extends.
    pub files: Vec<PolicyFile>,
    /// What it is beside the one before.
    pub change: Change,
    /// The digest before, if it was another one.
    pub digest_before: Option<String>,
    /// What of which file differs, as `file: section`.
    pub changed: Vec<String>,
}

/// One file of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFile {
    /// Its path.
    pub file: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// A keyed digest of each section, so that a change can be told to be in it.
    pub sections: BTreeMap<String, String>,
}

/// What something is beside what was on record before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Not on record before.
    New,
    /// As before.
    Unchanged,
    /// Another one than before.
    Changed,
}

/// The detail of a `config_change`: the configuration that is in force from here on, and how it differs from the one that
/// the chain had on record before. Passwords are not in it, attributes as keyed digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChange {
    /// Every setting in force.
    pub settings: BTreeMap<String, String>,
    /// How many more there are than this record has room for.
    pub settings_left_out: u64,
    /// What differs; nothing if there is nothing to compare with.
    pub differences: Vec<Difference>,
    /// SHA-256 over the settings.
    pub configuration: LineHash,
    /// The `config_change` that this one was compared with; none if it is the first, or the one before was not found
    /// within the bound on what is read for it.
    pub compared_with: Option<Uuid>,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The setting.
    pub setting: String,
    /// What it was; none if it wasn't there.
    pub before: Option<String>,
    /// What it is; none if it isn't there any more.
    pub after: Option<String>,
}

/// The detail of a `session_open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOpen {
    /// The revision of the protocol that is spoken.
    pub protocol: Option<String>,
}

/// The detail of a `session_close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClose {
    /// Id of the `session_open`.
    pub session: Uuid,
    /// Why it ended.
    pub ended: SessionEnd,
    /// Calls of tools and resources in it, the refused ones included.
    pub calls: u64,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The client closed the connection.
    ClientClosed,
    /// pgwicket was told to end.
    Shutdown,
    /// The connection broke.
    Broken,
    /// The client began another one on the same connection.
    Replaced,
    /// Over HTTP: the client ended it, or let it rest too long.
    Ended,
}

/// The detail of an `auth_failure`. Nothing of what was offered as proof is in it but the name of a token that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthFailure {
    /// What was wrong with the proof.
    pub failed: AuthFault,
    /// The token that was named, if there is such a token.
    pub token: Option<String>,
    /// Failures from the same address since the one before that are not on record: there were too many.
    pub unrecorded: u64,
}

/// Why somebody couldn't prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthFault {
    /// No token came.
    Missing,
    /// What came is no token.
    Malformed,
    /// There is no token of that name.
    UnknownToken,
    /// The token's secret part is wrong.
    WrongSecret,
    /// The token is right, and its principal is disabled.
    Disabled,
    /// The session belongs to somebody else.
    AnothersSession,
}

/// The detail of an `approval`: what a person answered. The statement is in the records of its rehearsal and of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The id of the question.
    pub question: String,
    /// Whether it may be done.
    pub approved: bool,
    /// How it was asked.
    pub asked: AskedBy,
    /// Who wants to write.
    pub asker: String,
    /// What it writes to, `schema.name`.
    pub relation: String,
    /// How many rows it writes.
    pub rows: u64,
    /// Which rows, as a keyed digest.
    pub rows_digest: String,
}

/// How a person was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// By the program that the principal uses, which told the answer.
    #[default]
    Client,
    /// On the command line, by `pgwicket approve` or `pgwicket query`.
    CommandLine,
}

/// The detail of a `log_read`: written before what was asked for is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRead {
    /// Whose calls are read.
    pub whose: String,
    /// How many at most, the newest first.
    pub newest: u64,
}
