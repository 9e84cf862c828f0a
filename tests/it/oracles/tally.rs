//! What a run saw, and whether that is enough to prove something.

use std::collections::BTreeMap;

use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::check::READ_NODES;

use super::{Made, PROVES, Run};

/// Nodes of each kind that a run has to see at least.
const NODES: usize = 20;

/// Counts of a run.
#[derive(Default)]
pub(super) struct Tally {
    pub asked: usize,
    pub admitted: usize,
    pub with_rows: usize,
    pub failed: usize,
    pub protected: usize,
    /// Nodes of the emitted statements by kind.
    pub nodes: BTreeMap<&'static str, usize>,
    /// Why statements were refused, with one of them.
    pub refused: BTreeMap<String, (usize, String)>,
    /// SQLSTATEs of those that failed.
    pub states: BTreeMap<String, usize>,
    /// What wasn't compared, by reason.
    pub left_out: BTreeMap<&'static str, usize>,
    pub wrong: Vec<String>,
    /// The server's major version.
    version: u32,
}

/// How many writes of the rarer kinds were admitted.
#[derive(Default)]
pub(super) struct Kinds {
    merge: usize,
    on_conflict: usize,
}

impl Kinds {
    pub(super) fn count(&mut self, made: &Made) {
        self.merge += usize::from(made.sql.starts_with("MERGE "));
        self.on_conflict += usize::from(made.sql.contains(" ON CONFLICT ("));
    }

    /// Fails where there were too few; of MERGE only where it is there and may be admitted.
    pub(super) fn judge(&self, run: Run, has_merge: bool) {
        let Self { merge, on_conflict } = self;
        println!("writes: {merge} times MERGE, {on_conflict} times ON CONFLICT");
        let asked = run.numbers().count();
        if asked >= PROVES / 4 {
            assert!(!has_merge || merge * 100 >= asked * 4, "too few are MERGE");
            assert!(on_conflict * 100 >= asked * 4, "too few have ON CONFLICT");
        }
    }
}

/// Percentages of the queries that have to be reached.
pub(super) struct Floors {
    pub admitted: usize,
    pub with_rows: usize,
    pub protected: usize,
    /// Nodes that can't be emitted here, with the reason where it is given.
    pub not: &'static [&'static str],
}

impl Tally {
    pub(super) fn on(catalog: &Catalog) -> Self {
        Self { version: catalog.server_version() / 10_000, ..Self::default() }
    }

    pub(super) fn refuse(&mut self, reason: String, sql: &str) {
        let (count, shortest) = self.refused.entry(reason).or_default();
        *count += 1;
        if shortest.is_empty() || sql.len() < shortest.len() {
            *shortest = sql.to_owned();
        }
    }

    /// As [`Tally::judge`], of writes: only they are counted.
    pub(super) fn judge_writes(self, oracle: &str, run: Run) {
        assert!(self.asked < PROVES / 4 || self.admitted * 100 >= self.asked * 60, "too few writes are admitted");
        let floors = Floors { admitted: 60, with_rows: 0, protected: 0, not: READ_NODES };
        self.judge(oracle, run, &floors);
    }

    /// Says what was seen; fails where something is wrong or too little was seen.
    pub(super) fn judge(self, oracle: &str, run: Run, floors: &Floors) {
        let percent = |count: usize| count as f64 * 100.0 / self.asked.max(1) as f64;
        println!(
            "{oracle}: {} queries with seed {}: {} admitted ({:.1} %), {} with rows ({:.1} %), {} failed in both, {} on \
             something protected ({:.1} %)",
            self.asked,
            run.seed,
            self.admitted,
            percent(self.admitted),
            self.with_rows,
            percent(self.with_rows),
            self.failed,
            self.protected,
            percent(self.protected),
        );
        let mut refused: Vec<_> = self.refused.iter().collect();
        refused.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (reason, (count, shortest)) in refused {
            println!("    refused {count} times: {reason}: {shortest:.300}");
        }
        println!("    SQLSTATEs: {:?}", self.states);
        println!("    not compared: {:?}", self.left_out);
        // What a server doesn't have yet can't be seen.
        let absent: &[&str] = match self.version {
            0..13 => &["with ties", "json constructor", "json path", "is json"],
            13..16 => &["json constructor", "json path", "is json"],
            16 => &["json path"],
            _ => &[],
        };
        let rare = |name: &&&str| {
            !floors.not.contains(name)
                && !absent.contains(name)
                && self.nodes.get(**name).copied().unwrap_or_default() < NODES
        };
        let rare: Vec<(&str, usize)> = READ_NODES
            .iter()
            .filter(rare)
            .map(|name| (*name, self.nodes.get(*name).copied().unwrap_or_default()))
            .collect();
        println!("    nodes seen fewer than {NODES} times: {rare:?}");
        let shown: Vec<&str> = self.wrong.iter().take(20).map(String::as_str).collect();
        assert!(self.wrong.is_empty(), "{} of {} wrong:\n{}", self.wrong.len(), self.asked, shown.join("\n"));
        if self.asked >= PROVES {
            assert!(percent(self.admitted) >= floors.admitted as f64, "too few are admitted");
            assert!(percent(self.with_rows) >= floors.with_rows as f64, "too few give rows");
            assert!(percent(self.protected) >= floors.protected as f64, "too few touch something protected");
            assert!(rare.is_empty(), "too few of {rare:?}");
        }
    }
}
