//! What verification says: findings, and for each chain how far what vouches for it.

use super::super::detail::Head;
use super::finding::{Finding, Severity};
use serde::Serialize;

/// How many findings are told one by one.
const MOST_TOLD: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Each chain that is there.
    pub chains: Vec<ChainReport>,
    /// The findings, chain by chain in the order in which they stand there, then what chains say of each other.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub more: u64,
    /// What could not be checked, in sentences.
    pub unchecked: Vec<String>,
    worst: Option<Severity>,
}

impl Report {
    /// The worst finding's severity; `None` for an intact ledger.
    pub fn worst(&self) -> Option<Severity> {
        self.worst
    }

    /// The chain of that name.
    pub fn chain(&self, instance: &str) -> Option<&ChainReport> {
        self.chains.iter().find(|chain| chain.instance == instance)
    }

    pub(super) fn find(&mut self, finding: Finding) {
        let severity = finding.severity();
        self.worst = Some(self.worst.map_or(severity, |worst| worst.min(severity)));
        if self.findings.len() < MOST_TOLD { self.findings.push(finding) } else { self.more += 1 }
    }
}

/// One chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// Its name.
    pub instance: String,
    /// How many records can be read of it.
    pub records: u64,
    /// Number of the first: 1, unless retention deleted what was before.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
    /// The last record: what to note elsewhere where no checkpoint is.
    pub head: Option<Head>,
    /// How many checkpoints in it hold.
    pub checkpoints: u64,
    /// Number of the last record that they name; 0 for none.
    pub checkpointed: u64,
    /// Number of the last record that something kept elsewhere vouches for, a key or a checkpoint; 0 for none.
    pub anchored: u64,
    /// Statements without outcome whose process is still there.
    pub running: u64,
    /// How many torn ends were set aside on the way.
    pub repairs: u64,
    /// Whether its last process ended in order.
    pub closed: bool,
}
