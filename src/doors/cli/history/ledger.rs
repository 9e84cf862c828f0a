//! Which ledger a command reads, which of its records, and how the reading's failures are told.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::when;
use crate::config::{Environment, Fault, Place, history_directory, state_history};
use crate::doors::cli::{Exit, Failure, output};
use crate::history::read::{Filter, Found, Words};
use crate::history::{Kind, Verdict};

/// The ledger.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(in crate::doors::cli) struct Ledger {
    /// A configuration file that names the history; nothing else in it is used
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The history's directory. Without --config and this: $XDG_STATE_HOME/pgwicket/history, or
    /// ~/.local/state/pgwicket/history
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,
}

impl Ledger {
    /// Its directory, which is there.
    pub fn directory(self) -> Result<PathBuf, Failure> {
        let directory = match (self.config, self.history) {
            (Some(file), _) => history_directory(&file)?,
            (None, Some(directory)) => directory,
            (None, None) => state_history(&Environment::of_process()).ok_or_else(|| {
                Fault::new(Place::Nowhere, "no history is named").help("use `--config` or `--history`")
            })?,
        };
        match std::fs::read_dir(&directory) {
            Ok(_) => Ok(directory),
            Err(error) => Err(unreadable(&directory, error)),
        }
    }
}

/// The failure to read a ledger.
pub(super) fn unreadable(directory: &Path, error: impl Display) -> Failure {
    Failure::new(Exit::History, format!("the history in `{}` can't be read: {error}", directory.display()))
}

/// Which records.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Written at this time or later: `2h` (ago; s, m, h, d, w), `2026-11-22`, `2026-11-22T10:00` (UTC), or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<Timestamp>,
    /// Written before this time
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<Timestamp>,
    /// Of this principal
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// With this relation, `schema.name` or `name`. Outcomes don't repeat the relations of their intents
    #[arg(long, value_name = "RELATION")]
    relation: Option<String>,
    /// With this verdict
    #[arg(long, value_enum)]
    verdict: Option<VerdictWord>,
    /// With this reason code
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// Of this kind: intent, outcome, rejection, log_open, …
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VerdictWord {
    Admitted,
    Rejected,
}

/// A kind that this version knows: a name that is misspelt would find nothing, and look like an answer.
fn kind(text: &str) -> Result<String, String> {
    match serde_json::from_value::<Kind>(text.into()) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            let error = error.to_string();
            let known = error.split_once("expected ").map_or("", |(_, known)| known);
            Err(format!("it is no kind of record; there is {known}"))
        }
    }
}

impl Which {
    pub fn filter(self, words: Option<Words>) -> Filter {
        let verdict = self.verdict.map(|word| match word {
            VerdictWord::Admitted => Verdict::Admitted,
            VerdictWord::Rejected => Verdict::Rejected,
        });
        Filter {
            since: self.since,
            until: self.until,
            principal: self.principal,
            relation: self.relation,
            verdict,
            reason: self.reason,
            kind: self.kind,
            words,
        }
    }
}

/// Work on the disk, beside the thread that waits for signals.
pub(in crate::doors::cli) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(Failure::new(Exit::History, "the history could not be read to its end")))
}

/// Says on standard error how far long work is, if somebody looks.
pub(super) struct Progress {
    shown: bool,
    next: Instant,
    records: u64,
}

const EVERY: Duration = Duration::from_millis(200);

impl Progress {
    pub fn new() -> Self {
        Self { shown: false, next: Instant::now() + Duration::from_secs(1), records: 0 }
    }

    /// One more record was read.
    pub fn read(&mut self, found: &Found) {
        self.at(found.record.time);
    }

    /// One more record was read, of this time.
    pub fn at(&mut self, time: Timestamp) {
        self.records += 1;
        if self.records.is_multiple_of(512) && Instant::now() >= self.next {
            self.next = Instant::now() + EVERY;
            self.shown = std::io::stderr().is_terminal();
            if self.shown {
                let mut err = std::io::stderr().lock();
                let _ = write!(err, "\r{} records, at {:.0}\x1b[K", self.records, time);
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// Says why everything was read, if the index should have served.
pub(super) fn note_unused_index(cause: Option<&str>) {
    if let Some(cause) = cause {
        output::message(&format!("note: the whole history was read, the index can't be used: {cause}"));
    }
}

/// Says that something in the ledger was no record.
pub(super) fn note_skipped(lines: u64) {
    if lines > 0 {
        let verb = if lines == 1 { "line is no record" } else { "lines are no records" };
        output::message(&format!("note: {lines} {verb}; `pgwicket history verify` tells more"));
    }
}
