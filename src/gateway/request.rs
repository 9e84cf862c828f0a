//! What doors ask of the gateway, and what it tells them beside rows.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::parent_id;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::approvals::Question;
use crate::gate::admit::{Permit, RelationUse, Submission};
use crate::gate::plan::PlanSummary;
use crate::gate::policy::{BoundPolicy, Visibility};
use crate::history::AskedBy;
use crate::postgres::execute::Backend;

/// Who calls through which door, with what: the head of every request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The principal's name, as the configuration has it.
    pub principal: String,
    /// How it proved who it is, never the proof; `local` where the operating system did.
    pub authentication: Cow<'static, str>,
    /// The door: `mcp`, `cli`.
    pub door: &'static str,
    /// The tool, resource or command, or what the client took for one.
    pub tool: Cow<'static, str>,
    /// The client program's name, as it says itself.
    pub client_name: Option<String>,
    /// The client program's version, as it says itself.
    pub client_version: Option<String>,
    /// On whose behalf the principal asks, as whoever started pgwicket says.
    pub on_behalf_of: Option<String>,
    /// Where the client is: see [`local_address`].
    pub address: Option<String>,
    /// The session that the call comes in, where the door has sessions.
    pub session: Option<Uuid>,
}

impl Caller {
    /// Somebody on this machine, whom the operating system let start us.
    pub fn local(principal: impl Into<String>, door: &'static str, tool: impl Into<Cow<'static, str>>) -> Self {
        Self {
            principal: principal.into(),
            authentication: Cow::Borrowed("local"),
            door,
            tool: tool.into(),
            client_name: None,
            client_version: None,
            on_behalf_of: None,
            address: None,
            session: None,
        }
    }

    /// What PostgreSQL's `application_name` is set to while a statement of this caller runs: `pgwicket/`, the principal,
    /// the client program and for whom it asks, as far as they are known.
    pub fn application_name(&self) -> String {
        let mut name = format!("pgwicket/{}", self.principal);
        if let Some(client) = &self.client_name {
            let version = self.client_version.as_deref().filter(|version| !version.is_empty());
            let version = version.map(|version| format!("/{version}")).unwrap_or_default();
            name.push_str(&format!(" {client}{version}"));
        }
        if let Some(whom) = &self.on_behalf_of {
            name.push_str(&format!(" for {whom}"));
        }
        // PostgreSQL would put other characters in the place of these, and cut by itself.
        name.chars().map(|char| if (' '..='~').contains(&char) { char } else { '?' }).take(LONGEST_NAME).collect()
    }
}

/// The longest name that PostgreSQL keeps, in bytes: `NAMEDATALEN - 1`.
const LONGEST_NAME: usize = 63;

/// The address of a client on this machine: the operating system's user that this process runs as, and the process that
/// started it. Asked for at the start: later that process may be gone.
pub fn local_address() -> String {
    let user = std::fs::metadata("/proc/self").map(|about| about.uid().to_string());
    format!("local:uid={},pid={}", user.unwrap_or_else(|_| "?".to_owned()), parent_id())
}

/// A request to execute a statement.
#[derive(Debug)]
pub struct Request {
    /// Who, and through which door.
    pub caller: Caller,
    /// What.
    pub submission: Submission,
    /// The client's own time limit; the policy's is never exceeded.
    pub timeout: Option<Duration>,
    /// Cancelled when the client cancels.
    pub cancel: CancellationToken,
    /// Told where it runs, once it has a session.
    pub backend: Backend,
    /// How a person is asked, if one has to be.
    pub asking: Asking,
}

/// How a door asks a person whether a write may be done.
#[derive(Default)]
pub struct Asking {
    /// Asks and brings the answer. Without, what has to be asked waits for `pgwicket approve`.
    pub ask: Option<Ask>,
    /// The answer to a question that was asked before, and that the client brings with the same statement once more.
    pub brought: Option<(String, Reply)>,
    /// How the person is reached, for the history.
    pub by: AskedBy,
}

/// Asks a person.
pub type Ask = Box<dyn FnOnce(Question) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send>;

/// What a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It may be done.
    Approved,
    /// It may not.
    Declined,
    /// Nothing yet: the question waits.
    Nothing,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").field("asks", &self.ask.is_some()).field("brought", &self.brought).finish()
    }
}

/// What `check` says of a statement that the gate admits.
#[derive(Debug)]
pub struct Checked {
    /// The text that would run.
    pub rewritten: String,
    /// Relations, `schema.name`.
    pub relations: Vec<String>,
    /// `schema.table.column` and mask.
    pub masked_columns: Vec<(String, &'static str)>,
    /// `schema.table` and rule of each row filter.
    pub filters: Vec<(String, String)>,
    /// Rows at most.
    pub row_cap: u64,
    /// The planner's estimate of its cost at most, if that is bounded.
    pub cost_cap: Option<u64>,
}

/// What the gate says to a principal of a statement that it admits.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Verdict {
    /// Always `admitted`; a rejection is an error.
    pub verdict: &'static str,
    /// The statement's kind.
    pub statement: &'static str,
    /// The relations that it reads or writes, as far as the principal sees them, `schema.name`.
    pub relations: Vec<String>,
    /// The columns of which it gets masked values, `schema.table.column`, and the mask.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub masked_columns: BTreeMap<String, &'static str>,
    /// The relations of which only some rows are seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows_filtered: Vec<String>,
    /// Rows that it gives at most.
    pub row_limit: u64,
}

impl Verdict {
    /// Of what the gate permits, without what the principal doesn't see: what row filters and views read.
    pub(super) fn of(permit: &Permit, policy: &BoundPolicy) -> Self {
        let readable = |used: &&RelationUse| {
            policy.rights(used.oid).is_some_and(|rights| rights.visibility == Visibility::Readable)
        };
        let relations: Vec<String> =
            permit.relations.iter().filter(readable).map(|used| format!("{}.{}", used.schema, used.name)).collect();
        let filtered = permit.filters.iter().map(|(name, _)| name.clone()).filter(|name| relations.contains(name));
        Self {
            verdict: "admitted",
            statement: permit.kind.name(),
            masked_columns: permit.masked_columns.iter().cloned().collect(),
            rows_filtered: filtered.collect(),
            row_limit: permit.row_cap,
            relations,
        }
    }
}

/// The plan of a query, for an agent.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Plan {
    /// The plan.
    #[serde(flatten)]
    pub summary: PlanSummary,
    /// Only the steps may be told: it reads something restricted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_steps: bool,
    /// The estimate above which the query is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_limit: Option<u64>,
}

/// What the resource `database_info` tells.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DatabaseInfo {
    /// PostgreSQL's version.
    pub version: String,
    /// The database.
    pub database: String,
    /// Schemas that hold something the principal may see.
    pub schemas: Vec<String>,
    /// How unqualified names resolve.
    pub search_path: Vec<String>,
    /// Extensions whose types, functions and operators may be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<String>,
    /// Kinds of statement that the policy allows.
    pub statements: Vec<&'static str>,
    /// Limits in force.
    pub limits: LimitsInfo,
}

/// Limits in force.
#[derive(Debug, Clone, serde::Serialize)]
pub struct LimitsInfo {
    /// Rows of one result.
    pub rows: u64,
    /// Bytes of one result.
    pub bytes: u64,
    /// Seconds a statement may run.
    pub timeout_seconds: f64,
    /// The planner's estimate of a query's cost at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// Statements a period, as in `60/min`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// Statements at once.
    pub concurrency: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_name_tells_who_asks_with_what_for_whom() {
        let mut caller = Caller::local("ana", "mcp", "query_execute");
        assert_eq!(caller.application_name(), "pgwicket/ana");
        caller.client_name = Some("Claude\nCode ✓".to_owned());
        caller.client_version = Some("2.1".to_owned());
        assert_eq!(caller.application_name(), "pgwicket/ana Claude?Code ?/2.1");
        caller.on_behalf_of = Some("bob@example.org".to_owned());
        assert_eq!(caller.application_name(), "pgwicket/ana Claude?Code ?/2.1 for bob@example.org");
        caller.client_version = Some(String::new());
        assert_eq!(caller.application_name(), "pgwicket/ana Claude?Code ? for bob@example.org");
        caller.client_name = Some("ü".repeat(100));
        assert_eq!(caller.application_name(), format!("pgwicket/ana {}", "?".repeat(50)));
    }
}
