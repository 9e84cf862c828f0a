//! Whether the ledger is what was written: each chain by itself, from its first byte; what chains say of each other;
//! checkpoints, those in the ledger and those that were kept elsewhere; and statements without outcome. Goes on behind
//! damage, so that one finding doesn't hide the next. Reads everything once and, where records are spoken of elsewhere,
//! those chains twice, with memory that doesn't grow with the ledger's records. May run while the ledger is written.

mod chain;
mod claims;
mod finding;
mod report;
#[cfg(test)]
mod tests;

pub use finding::{Damage, Finding, Place, Severity};
pub use report::{ChainReport, Report};

use super::note::Checkpoint;
use super::segments::{instances, segments};
use crate::keys::PublicKey;
use claims::{Claim, Claims};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// How many statements of a chain may wait for their outcome, how many records may be spoken of, and how many checkpoints
/// may wait for their key.
const MOST_WAITING: usize = 1_000_000;

/// What was kept elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The public key.
    pub key: Option<PublicKey>,
    /// Checkpoints.
    pub checkpoints: Vec<Checkpoint>,
}

/// Checks everything. `progress` is told the time of each record that is read on the way.
///
/// # Errors
/// The operating system's.
pub fn verify(directory: &Path, kept: &Kept, progress: &mut dyn FnMut(Timestamp)) -> io::Result<Report> {
    let mut findings = Verifier { kept, report: Report::default(), claims: Claims::default(), keys: Keys::default() };
    let chains = instances(directory)?;
    for (name, path) in &chains {
        let (alive, before) = (is_alive(path), reaches(path));
        let mut walk = chain::Walk::new(name, path, &mut findings);
        walk.records(progress)?;
        // A process may have come and gone while its records were read.
        walk.end(alive || is_alive(path) || reaches(path) != before);
    }
    findings.pending_checkpoints();
    findings.kept_checkpoints();
    findings.chains_under_one_key();
    for (name, path) in &chains {
        claims::compare(name, path, &mut findings, progress)?;
    }
    claims::of_chains_gone(&mut findings);
    Ok(findings.end())
}

/// What is known of the whole ledger on the way.
struct Verifier<'k> {
    kept: &'k Kept,
    report: Report,
    /// What is said of records.
    claims: Claims,
    keys: Keys,
}

/// The keys that the ledger names itself, and what waits for one.
#[derive(Default)]
struct Keys {
    /// By their fingerprints.
    known: BTreeMap<String, PublicKey>,
    /// The fingerprint that each chain's first record has.
    of_chains: BTreeMap<String, String>,
    /// Checkpoints whose key wasn't known where they stand: retention deleted the opening that names it.
    waiting: Vec<(Finding, Checkpoint, String)>,
    /// More than are kept waiting.
    dropped: u64,
}

impl Verifier<'_> {
    fn find(&mut self, chain: &str, record: Option<u64>, place: Option<Place>, damage: Damage) {
        self.report.find(Finding { chain: chain.to_owned(), record, place, damage });
    }

    /// Checkpoints that were kept elsewhere are of the key that was kept, else of the ledger's own.
    fn kept_checkpoints(&mut self) {
        let mut unknown = 0;
        for note in &self.kept.checkpoints {
            let (chain, seq) = (&note.instance, note.seq);
            let key = self.kept.key.as_ref().or_else(|| self.keys.known.get(&note.key_id));
            let other = self.keys.of_chains.get(chain).is_some_and(|key_id| *key_id != note.key_id);
            match key {
                Some(key) if !note.is_signed_by(key) => self.find(chain, Some(seq), None, Damage::ForeignCheckpoint),
                None if other => self.find(chain, Some(seq), None, Damage::ForeignCheckpoint),
                key => {
                    unknown += u64::from(key.is_none());
                    let by = "a checkpoint that was kept elsewhere".to_owned();
                    self.claims.add(chain, seq, Claim { hash: note.hash, by, anchor: true });
                }
            }
        }
        if unknown > 0 {
            let text =
                format!("the signatures of {unknown} checkpoints that were kept elsewhere: no record names their key");
            self.report.unchecked.push(text);
        }
    }

    /// Checkpoints in front of the first opening that is left: another chain, or a later opening, may name their key.
    fn pending_checkpoints(&mut self) {
        let mut unknown = self.keys.dropped;
        for (finding, note, key_id) in std::mem::take(&mut self.keys.waiting) {
            match self.keys.known.get(&key_id) {
                Some(key) if note.is_signed_by(key) => self.checkpoint_holds(&finding.chain, &note),
                Some(_) => self.report.find(finding),
                None => unknown += 1,
            }
        }
        if unknown > 0 {
            self.report.unchecked.push(format!(
                "the signatures of {unknown} checkpoints: no record that is left names their key; bring it with --public-key"
            ));
        }
    }

    fn checkpoint_holds(&mut self, chain: &str, note: &Checkpoint) {
        if let Some(report) = self.report.chains.iter_mut().find(|report| report.instance == chain) {
            report.checkpoints += 1;
            report.checkpointed = report.checkpointed.max(note.seq);
        }
    }

    /// All chains of a ledger are signed by the deployment's one key. Which of two is the right one isn't known.
    fn chains_under_one_key(&mut self) {
        let mut chains = std::mem::take(&mut self.keys.of_chains).into_iter();
        let (Some((other, expected)), None) = (chains.next(), &self.kept.key) else { return };
        for (chain, _) in chains.filter(|(_, key)| *key != expected) {
            let damage = Damage::SeveralKeys { chain: chain.clone(), other: other.clone() };
            self.find(&chain, None, None, damage);
        }
    }

    fn end(mut self) -> Report {
        let wanted = self.kept.key.is_some() || !self.kept.checkpoints.is_empty();
        let mut unanchored = Vec::new();
        for chain in &mut self.report.chains {
            if self.kept.key.is_some() {
                chain.anchored = chain.anchored.max(chain.checkpointed);
            }
            if wanted && chain.records > 0 && chain.anchored == 0 {
                unanchored.push(chain.instance.clone());
            }
        }
        for chain in unanchored {
            self.find(&chain, None, None, Damage::Unanchored);
        }
        self.claims.unchecked(&mut self.report);
        self.report
    }
}

/// How far the chain reaches: the number of its last segment, and that one's bytes.
fn reaches(instance: &Path) -> Option<(u64, u64)> {
    let last = segments(instance).ok()?.pop()?;
    Some((last.number, std::fs::metadata(&last.path).ok()?.len()))
}

/// Whether a process holds the chain.
fn is_alive(instance: &Path) -> bool {
    let Ok(lock) = File::open(instance.join("lock")) else { return false };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}
