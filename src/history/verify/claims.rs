//! What is said of records elsewhere, by other chains and by checkpoints that were kept: that they have a certain hash.

use super::super::lines::{LineHash, Step, step};
use super::super::segments::segments;
use super::report::Report;
use super::{Damage, MOST_WAITING, Verifier};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, ErrorKind};
use std::path::Path;

/// What somebody says of a record.
pub(super) struct Claim {
    pub hash: LineHash,
    /// Who.
    pub by: String,
    /// It was kept elsewhere.
    pub anchor: bool,
}

/// All that is said, by chain and number.
#[derive(Default)]
pub(super) struct Claims {
    by_chain: BTreeMap<String, HashMap<u64, Vec<Claim>>>,
    count: usize,
    /// More than are kept.
    dropped: u64,
    /// What retention deleted.
    deleted: u64,
}

impl Claims {
    pub fn add(&mut self, chain: &str, seq: u64, claim: Claim) {
        if self.count < MOST_WAITING {
            self.count += 1;
            self.by_chain.entry(chain.to_owned()).or_default().entry(seq).or_default().push(claim);
        } else {
            self.dropped += 1;
        }
    }

    pub fn unchecked(&self, report: &mut Report) {
        if self.dropped > 0 {
            let text = format!("{} more mentions of records in other chains and in checkpoints", self.dropped);
            report.unchecked.push(text);
        }
        if self.deleted > 0 {
            let text = format!("{} mentions of records that retention deleted", self.deleted);
            report.unchecked.push(text);
        }
    }
}

/// Holds one chain against what is said of it. The chain may have grown since it was checked, and so may what others say.
pub(super) fn compare(
    name: &str,
    path: &Path,
    to: &mut Verifier<'_>,
    progress: &mut dyn FnMut(Timestamp),
) -> io::Result<()> {
    let Some(mut claims) = to.claims.by_chain.remove(name) else { return Ok(()) };
    let first = to.report.chain(name).map_or(0, |chain| chain.first);
    let deleted = claims.extract_if(|seq, _| *seq < first).map(|(_, claims)| claims.len() as u64);
    to.claims.deleted += deleted.sum::<u64>();
    let mut last = 0;
    for segment in segments(path)? {
        let mut source = match segment.open() {
            // Retention was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other?,
        };
        while !claims.is_empty() {
            let line = match step(&mut source) {
                Ok(Step::Line(line)) => line,
                Ok(Step::TooLong(_)) => continue,
                Ok(Step::End(_)) => break,
                Err(error) if is_damage(&error) => break,
                Err(error) => return Err(error),
            };
            let Ok(Numbered { seq, time }) = serde_json::from_slice(&line) else { continue };
            progress(time);
            last = last.max(seq);
            if let Some(claims) = claims.remove(&seq) {
                judge(name, seq, LineHash::of(&line), claims, to);
            }
        }
    }
    // What is missing in between was found where it should stand.
    let mut gone: Vec<_> = claims.into_iter().filter(|(seq, _)| *seq > last).collect();
    gone.sort_unstable_by_key(|(seq, _)| *seq);
    for (seq, claims) in gone {
        let by = claims.into_iter().next().map(|claim| claim.by).unwrap_or_default();
        to.find(name, None, None, Damage::EndGone { last, seq, by });
    }
    Ok(())
}

/// What is said of chains that aren't there.
pub(super) fn of_chains_gone(to: &mut Verifier<'_>) {
    for (chain, claims) in std::mem::take(&mut to.claims.by_chain) {
        let last = claims.into_iter().max_by_key(|(seq, _)| *seq);
        let Some((seq, claim)) = last.and_then(|(seq, claims)| Some((seq, claims.into_iter().next()?))) else {
            continue;
        };
        to.find(&chain, None, None, Damage::ChainGone { chain: chain.clone(), seq, by: claim.by });
    }
}

fn judge(name: &str, seq: u64, hash: LineHash, claims: Vec<Claim>, to: &mut Verifier<'_>) {
    for Claim { hash: named, by, anchor } in claims {
        if named != hash {
            to.find(name, Some(seq), None, Damage::NotTheRecord { by, named });
        } else if anchor && let Some(chain) = to.report.chains.iter_mut().find(|chain| chain.instance == name) {
            chain.anchored = chain.anchored.max(seq);
        }
    }
}

/// What is read of a record to find it.
#[derive(Deserialize)]
struct Numbered {
    seq: u64,
    time: Timestamp,
}

/// Whether a compressed segment isn't one, or isn't whole: no failure of the disk.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof)
}
