//! `pgwicket doctor`: what is too wide, broken or better done otherwise in how pgwicket is set up. Holds the roles of a
//! live database against what a policy needs, and looks at the files beside it. Changes nothing; runs for people only.

mod files;
mod functions;
mod relations;
mod roles;

pub use files::examine as examine_files;

use serde::Serialize;

use crate::gate::catalog::Catalog;
use crate::gate::policy::BoundPolicy;
use crate::gate::policy::grants::{Needs, name_of};
use crate::postgres::rights::{self, Rights};
use crate::postgres::role::{self, Standing, StandingError};
use crate::postgres::{Pool, pins};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something that the policy admits, or pgwicket needs, doesn't work.
    Broken,
    /// A right, or a file, that is open wider than the policy says.
    Wide,
    /// Works, and could surprise.
    Advice,
}

impl Severity {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Wide => "wide",
            Self::Advice => "advice",
        }
    }
}

/// Something to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// SQL or commands that mend it.
    pub mend: Vec<String>,
}

impl Finding {
    fn new(severity: Severity, what: impl Into<String>, why: &'static str) -> Self {
        Self { severity, what: what.into(), why, mend: Vec::new() }
    }

    fn mend(mut self, with: impl Into<String>) -> Self {
        self.mend.push(with.into());
        self
    }
}

/// What the doctor is to look at in the database.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The policy, bound to this database.
    pub policy: &'a BoundPolicy,
    /// The catalog as the policy sees it.
    pub catalog: &'a Catalog,
    /// The role that pgwicket logs in as.
    pub login: &'a str,
    /// Also what PostgreSQL opens to everyone by itself.
    pub strict: bool,
}

const GRANTS: &str = "run the script that `pgwicket policy grants` prints";

/// Everything that is wrong with the database for one policy, the worst first.
///
/// # Errors
/// The database can't be asked.
pub async fn examine(pool: &Pool, subject: Subject<'_>) -> Result<Vec<Finding>, StandingError> {
    let mut findings = session(pool, subject.login).await?;
    let named = subject.policy.policy().role.as_deref();
    if named.is_none() {
        findings.push(
            Finding::new(
                Severity::Advice,
                format!("the policy `{}` names no role", subject.policy.policy().name),
                "statements run with all rights of the login role; with a role of its own PostgreSQL's privileges are a \
                 wall behind the gate",
            )
            .mend("add `role = \"…\"` to the policy, and run the script that `pgwicket policy grants` prints"),
        );
    }
    let standing = match named {
        Some(role) => role::standing(pool, role).await?,
        None => Standing::Member,
    };
    let role = named.unwrap_or(subject.login);
    if standing != Standing::Member {
        let how = if standing == Standing::Missing { "doesn't exist" } else { "can't be set by the login role" };
        let what = format!("the policy's role `{role}` {how}");
        findings.push(Finding::new(Severity::Broken, what, "pgwicket doesn't start").mend(GRANTS));
    }
    if standing != Standing::Missing {
        let rights = rights::rights_of(pool, role).await?;
        findings.extend(of_role(&rights, role, subject));
    }
    if role != subject.login {
        let rights = rights::rights_of(pool, subject.login).await?;
        findings.extend(roles::login(&rights, subject.login, role));
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// What the role under which statements run may do, against what the policy needs.
fn of_role(rights: &Rights, role: &str, subject: Subject<'_>) -> Vec<Finding> {
    let needs = Needs::of(subject.policy, subject.catalog);
    let mut findings = roles::wide(&rights.roles, role);
    findings.extend(functions::paths(rights, &needs, subject));
    // A superuser has every right; telling them one by one tells nothing.
    if !roles::is_superuser(rights) {
        findings.extend(roles::schemas(rights, &needs, role, subject.strict));
        findings.extend(relations::compare(rights, &needs, role, subject.catalog));
        findings.extend(functions::compare(rights, &needs, role, subject));
    }
    findings
}

/// Whether sessions on the way to this database keep what they are opened with.
async fn session(pool: &Pool, login: &str) -> Result<Vec<Finding>, StandingError> {
    let lost = match rights::lost_pins(pool).await? {
        Ok(lost) if lost.is_empty() => return Ok(Vec::new()),
        Ok(lost) => format!("sessions don't have the settings that they are opened with: {}", lost.join(", ")),
        Err(error) => {
            let said = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
            format!("a transaction with prepared statements doesn't work: {said}")
        }
    };
    let why = "no statement runs: a pooler in between drops the startup packet's `options` or gives each transaction to \
               another session, or the server overrules settings";
    let instead = "connect to PostgreSQL itself; or set the pooler to session mode, give the login role the settings, and let the pooler connect anew:";
    let finding = Finding::new(Severity::Broken, lost, why).mend(instead);
    Ok(vec![pins::role_settings(&name_of(login)).into_iter().fold(finding, Finding::mend)])
}
