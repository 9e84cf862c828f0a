//! The whole ledger, checked: each chain by itself, what chains say of each other, checkpoints in the ledger and such as
//! were kept elsewhere, and statements without outcome. Two passes, with memory that doesn't grow with the ledger's records.

use super::lines::LineHash;
use super::note::Checkpoint;
use super::read::{Forward, Found};
use super::segments::instances;
use super::{Deleted, Head};
use crate::keys::PublicKey;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use uuid::Uuid;

/// How many findings are told one by one.
const MOST_TOLD: usize = 100;
/// How many statements of a chain may wait for their outcome, and how many records may be spoken of.
const MOST_WAITING: usize = 1_000_000;

/// What was kept elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The public key.
    pub key: Option<PublicKey>,
    /// Checkpoints.
    pub checkpoints: Vec<Checkpoint>,
}

/// How bad a finding is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is not what was written.
    Tampered,
    /// Something is gone.
    Truncated,
    /// Nothing that was kept elsewhere vouches for a chain.
    Unanchored,
    /// A statement may have been executed, and nobody knows.
    Unpaired,
}

impl Severity {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tampered => "tampered",
            Self::Truncated => "truncated",
            Self::Unanchored => "unanchored",
            Self::Unpaired => "unpaired",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found, and where.
    pub text: String,
}

/// One chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChainState {
    /// Its name.
    pub instance: String,
    /// How many records can be read of it.
    pub records: u64,
    /// Number of the last.
    pub last: u64,
    /// How many checkpoints in it hold.
    pub checkpoints: u64,
    /// Number of the last record that they name; 0 for none.
    pub checkpointed: u64,
    /// Number of the last record that something kept elsewhere vouches for, a key or a checkpoint; 0 for none.
    pub anchored: u64,
    /// Statements without outcome whose process is still there.
    pub running: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Each chain that is there.
    pub chains: Vec<ChainState>,
    /// Findings, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub more: u64,
    worst: Option<Severity>,
}

impl Audit {
    /// The worst finding's; `None` for an intact ledger.
    pub fn worst(&self) -> Option<Severity> {
        self.worst
    }

    fn find(&mut self, severity: Severity, text: String) {
        self.worst = Some(self.worst.map_or(severity, |worst| worst.min(severity)));
        if self.findings.len() < MOST_TOLD { self.findings.push(Finding { severity, text }) } else { self.more += 1 }
    }
}

/// Checks everything. `progress` is told of each record that is read on the way.
///
/// # Errors
/// The operating system's.
pub fn audit(directory: &Path, kept: &Kept, progress: &mut dyn FnMut(&Found)) -> io::Result<Audit> {
    let mut walk = Walk::new(directory, kept)?;
    let no_records = walk.through(directory, progress, Walk::record)?;
    if no_records > 0 {
        walk.audit.find(Severity::Tampered, format!("lines that are no records: {no_records}"));
    }
    walk.end_of_records();
    if !walk.claims.is_empty() {
        walk.through(directory, progress, Walk::compare)?;
    }
    Ok(walk.end())
}

/// What somebody says of a record: that it has this hash.
struct Claim {
    hash: LineHash,
    by: String,
    /// It was kept elsewhere.
    anchor: bool,
}

struct Walk<'k> {
    kept: &'k Kept,
    audit: Audit,
    chains: BTreeMap<String, Chain>,
    /// What is said of records, by chain and number.
    claims: HashMap<(String, u64), Vec<Claim>>,
}

#[derive(Default)]
struct Chain {
    state: ChainState,
    /// The number of the first record that is there, and the hash before it.
    first: Option<(u64, LineHash)>,
    last: Option<(u64, LineHash)>,
    /// The ends of what retention deleted.
    deleted: HashMap<u64, LineHash>,
    /// The key that the chain itself names.
    key: Option<PublicKey>,
    /// Intents that wait for their outcomes, with their numbers.
    open: HashMap<Uuid, u64>,
    alive: bool,
}

/// What the details of the ledger's own records say.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    public_key: Option<String>,
    heads: Vec<Head>,
    note: Option<String>,
    deleted: Vec<Deleted>,
}

impl<'k> Walk<'k> {
    fn new(directory: &Path, kept: &'k Kept) -> io::Result<Self> {
        let mut walk = Walk { kept, audit: Audit::default(), chains: BTreeMap::new(), claims: HashMap::new() };
        for (name, path) in instances(directory)? {
            let state = ChainState { instance: name.clone(), ..ChainState::default() };
            walk.chains.insert(name, Chain { state, alive: is_alive(&path), ..Chain::default() });
        }
        for note in &kept.checkpoints {
            let (chain, seq) = (&note.instance, note.seq);
            if kept.key.as_ref().is_some_and(|key| !note.is_signed_by(key)) {
                walk.audit.find(Severity::Tampered, format!("a checkpoint of {chain}/{seq} isn't signed by the key"));
                continue;
            }
            let by = "a checkpoint that was kept elsewhere".to_owned();
            walk.claim(chain, seq, Claim { hash: note.hash, by, anchor: true });
        }
        Ok(walk)
    }

    /// One pass over all records; how many lines were none. A segment that can't be unpacked ends it.
    fn through(
        &mut self,
        directory: &Path,
        progress: &mut dyn FnMut(&Found),
        act: fn(&mut Self, &Found),
    ) -> io::Result<u64> {
        let mut records = Forward::open(directory)?;
        loop {
            match records.next() {
                Ok(Some(found)) => {
                    progress(&found);
                    act(self, &found);
                }
                Ok(None) => break,
                Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
                    let text = format!("a compressed segment can't be unpacked, and the rest was not read: {error}");
                    self.audit.find(Severity::Tampered, text);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(records.skipped())
    }

    fn claim(&mut self, instance: &str, seq: u64, claim: Claim) {
        if self.claims.len() < MOST_WAITING {
            self.claims.entry((instance.to_owned(), seq)).or_default().push(claim);
        }
    }

    /// Whether the record continues its chain, and what it says of others.
    fn record(&mut self, found: &Found) {
        let record = &found.record;
        let at = format!("{}/{}", found.place.instance, record.seq);
        let chain = self.chains.entry(found.place.instance.to_string()).or_default();
        let mut tampered = Vec::new();
        match chain.last {
            Some((seq, _)) if record.seq != seq + 1 => tampered
                .push(format!("{at} stands where number {} should: records are missing, doubled or moved", seq + 1)),
            Some((seq, hash)) if record.prev != hash => {
                tampered.push(format!("{at} doesn't continue number {seq}: one of the two was changed"));
            }
            Some(_) => {}
            None => {
                chain.first = Some((record.seq, record.prev));
                if record.seq == 1 && (record.kind != "log_open" || record.prev != LineHash::default()) {
                    tampered
                        .push(format!("{at} doesn't begin a chain: what stood before it is gone, or it was changed"));
                }
            }
        }
        if *record.instance != *found.place.instance {
            tampered.push(format!("{at} belongs to the chain {}", record.instance));
        }
        let said: Said = record.detail.as_ref().and_then(|detail| Said::deserialize(detail).ok()).unwrap_or_default();
        match record.kind.as_str() {
            "intent" if chain.open.len() < MOST_WAITING => {
                chain.open.insert(record.id, record.seq);
            }
            "outcome" => {
                record.intent.and_then(|intent| chain.open.remove(&intent));
            }
            "log_open" => {
                chain.key = said.public_key.as_deref().and_then(PublicKey::parse);
                if self.kept.key.is_some() && chain.key != self.kept.key {
                    tampered.push(format!("{at} was written with another key"));
                }
            }
            "checkpoint" => match said.note.as_deref().map(Checkpoint::parse) {
                Some(Ok(note)) => {
                    let key = self.kept.key.as_ref().or(chain.key.as_ref());
                    if note.instance != *found.place.instance || chain.last != Some((note.seq, note.hash)) {
                        tampered.push(format!("the checkpoint {at} names another record than the one before it"));
                    } else if !key.is_some_and(|key| note.is_signed_by(key)) {
                        tampered.push(format!("the checkpoint {at} isn't signed by the ledger's key"));
                    } else {
                        chain.state.checkpoints += 1;
                        chain.state.checkpointed = note.seq;
                    }
                }
                _ => tampered.push(format!("the checkpoint {at} holds none")),
            },
            "retention" => chain.deleted.extend(said.deleted.iter().map(|one| (one.last_seq, one.last_hash))),
            _ => {}
        }
        chain.last = Some((record.seq, found.hash()));
        chain.state.records += 1;
        chain.state.last = record.seq;
        // The process before is gone, and with it the hope for outcomes.
        let lost = if record.kind == "log_open" { chain.lost() } else { Vec::new() };
        for text in tampered {
            let place = format!("segment {}, from byte {}", found.place.segment, found.place.offset);
            self.audit.find(Severity::Tampered, format!("{text} ({place})"));
        }
        for text in lost {
            self.audit.find(Severity::Unpaired, text);
        }
        if record.kind == "log_open" {
            for Head { instance, seq, hash } in said.heads {
                self.claim(&instance, seq, Claim { hash, by: format!("the record {at}"), anchor: false });
            }
        }
    }

    /// What can be said once every record was seen.
    fn end_of_records(&mut self) {
        let mut found = Vec::new();
        for (name, chain) in &mut self.chains {
            if let Some((first, before)) = chain.first.filter(|(first, _)| *first > 1)
                && chain.deleted.get(&(first - 1)) != Some(&before)
            {
                let text =
                    format!("{name} begins with number {first}, and no retention says that those before were deleted");
                found.push((Severity::Tampered, text));
            }
            if chain.alive {
                chain.state.running = chain.open.len() as u64;
            } else {
                found.extend(chain.lost().into_iter().map(|text| (Severity::Unpaired, text)));
            }
        }
        for ((name, seq), claims) in &self.claims {
            let last = self.chains.get(name).map(|chain| chain.state.last);
            let by = claims.first().map_or("", |claim| claim.by.as_str());
            match last {
                None => {
                    found.push((Severity::Truncated, format!("the chain {name} is gone: {by} names its number {seq}")))
                }
                Some(last) if last < *seq => {
                    found.push((
                        Severity::Truncated,
                        format!("{name} ends with number {last}: {by} names number {seq}"),
                    ));
                }
                Some(_) => {}
            }
        }
        for (severity, text) in found {
            self.audit.find(severity, text);
        }
    }

    /// Whether the record is the one that others speak of.
    fn compare(&mut self, found: &Found) {
        let key = (found.place.instance.to_string(), found.record.seq);
        let Some(claims) = self.claims.remove(&key) else { return };
        let hash = found.hash();
        for claim in claims {
            if claim.hash != hash {
                let text = format!("{}/{} is not the record that {} names", key.0, key.1, claim.by);
                self.audit.find(Severity::Tampered, text);
            } else if claim.anchor
                && let Some(chain) = self.chains.get_mut(&key.0)
            {
                chain.state.anchored = chain.state.anchored.max(key.1);
            }
        }
    }

    fn end(mut self) -> Audit {
        let wanted = self.kept.key.is_some() || !self.kept.checkpoints.is_empty();
        for (name, mut chain) in std::mem::take(&mut self.chains) {
            if self.kept.key.is_some() {
                chain.state.anchored = chain.state.anchored.max(chain.state.checkpointed);
            }
            if wanted && chain.state.records > 0 && chain.state.anchored == 0 {
                self.audit.find(Severity::Unanchored, format!("no checkpoint vouches for a record of {name}"));
            }
            self.audit.chains.push(chain.state);
        }
        self.audit
    }
}

impl Chain {
    /// Tells of the intents that wait in vain.
    fn lost(&mut self) -> Vec<String> {
        let mut lost: Vec<u64> = self.open.drain().map(|(_, seq)| seq).collect();
        lost.sort_unstable();
        let name = &self.state.instance;
        lost.into_iter().map(|seq| format!("{name}/{seq} has no outcome: it may have been executed")).collect()
    }
}

/// Whether a process holds the chain.
fn is_alive(instance: &Path) -> bool {
    let Ok(lock) = File::open(instance.join("lock")) else { return false };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests;
