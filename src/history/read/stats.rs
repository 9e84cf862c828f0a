//! What the ledger adds up to: calls, rows and durations by principal, verdict, reason, relation and day. A call counts
//! when it ends: at its outcome, or its rejection.

use super::super::Status;
use super::durations::Durations;
use super::record::ReadRecord;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// More names than this of one kind are added up as [`OTHERS`].
const MOST_NAMES: usize = 10_000;
/// More intents than this can't wait for their outcomes.
const MOST_OPEN: usize = 100_000;
/// Stands for all names beyond the first [`MOST_NAMES`].
const OTHERS: &str = "(others)";

/// What some calls add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Calls that ended.
    pub calls: u64,
    /// Those of them that were refused.
    pub rejected: u64,
    /// Those that were admitted and gave no answer.
    pub failed: u64,
    /// Rows returned.
    pub rows: u64,
    /// Rows inserted, updated or deleted.
    pub affected: u64,
    /// Bytes of results.
    pub bytes: u64,
    /// All durations together, in nanoseconds; those of rejections, which took only the gate, aren't among them.
    pub duration_ns: u64,
    /// The longest of them.
    pub longest_ns: u64,
    /// How they are distributed.
    #[serde(flatten)]
    pub durations: Durations,
}

/// What the ledger adds up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Everything.
    pub total: Tally,
    /// Statements whose outcome is not on record: still running, or cut off; they may have been executed.
    pub without_outcome: u64,
    /// By principal.
    pub principals: BTreeMap<String, Tally>,
    /// By verdict.
    pub verdicts: BTreeMap<String, Tally>,
    /// By reason, of rejections and failures.
    pub reasons: BTreeMap<String, Tally>,
    /// By relation. A call of several relations counts with each.
    pub relations: BTreeMap<String, Tally>,
    /// By day, UTC.
    pub days: BTreeMap<String, Tally>,
    /// The intents whose outcome is still to come: their relations, and whether they were asked for.
    #[serde(skip)]
    open: HashMap<Uuid, (Vec<String>, bool)>,
}

impl Tally {
    fn add(&mut self, record: &ReadRecord) {
        let result = &record.result;
        let sum = |to: &mut u64, value: Option<u64>| *to = to.saturating_add(value.unwrap_or(0));
        self.calls += 1;
        self.rejected += u64::from(record.kind == "rejection");
        let rehearsed = result.status == Some(Status::Rehearsed);
        self.failed += u64::from(record.kind == "outcome" && !rehearsed && result.status != Some(Status::Ok));
        sum(&mut self.rows, result.rows);
        // What was tried only has changed nothing.
        sum(&mut self.affected, result.affected.filter(|_| !rehearsed));
        sum(&mut self.bytes, result.bytes);
        if let Some(ns) = result.duration_ns.filter(|_| record.kind != "rejection") {
            self.duration_ns = self.duration_ns.saturating_add(ns);
            self.longest_ns = self.longest_ns.max(ns);
            self.durations.add(ns);
        }
    }
}

impl Stats {
    /// Takes in one record. Records come in the order of time; `counts` says whether it is one of those asked for, since
    /// intents before them are needed, too.
    pub fn take(&mut self, record: &ReadRecord, counts: bool) {
        match record.kind.as_str() {
            // One that can't wait is taken for one without outcome.
            "intent" => {
                self.without_outcome += u64::from(counts);
                if self.open.len() < MOST_OPEN {
                    self.open.insert(record.id, (relations(record).unwrap_or_default(), counts));
                }
            }
            "outcome" => {
                let intended = record.intent.and_then(|intent| self.open.remove(&intent));
                let (intended, awaited) = intended.unwrap_or_default();
                self.without_outcome -= u64::from(awaited);
                if counts {
                    self.count(record, &relations(record).unwrap_or(intended));
                }
            }
            "rejection" | "log_read" if counts => self.count(record, &relations(record).unwrap_or_default()),
            _ => {}
        }
    }

    fn count(&mut self, record: &ReadRecord, relations: &[String]) {
        self.total.add(record);
        let verdict = match record.kind.as_str() {
            "rejection" => "rejected",
            _ => "admitted",
        };
        named(&mut self.verdicts, verdict).add(record);
        named(&mut self.days, &record.time.strftime("%Y-%m-%d").to_string()).add(record);
        if let Some(principal) = &record.who.principal {
            named(&mut self.principals, principal).add(record);
        }
        if let Some(reason) = record.reason() {
            named(&mut self.reasons, reason).add(record);
        }
        for relation in relations {
            named(&mut self.relations, relation).add(record);
        }
    }
}

/// The record's relations, each once.
fn relations(record: &ReadRecord) -> Option<Vec<String>> {
    let used = record.what.relations.as_ref()?;
    let mut names: Vec<String> = used.iter().map(|used| used.relation.clone()).collect();
    names.sort_unstable();
    names.dedup();
    Some(names)
}

fn named<'t>(tallies: &'t mut BTreeMap<String, Tally>, name: &str) -> &'t mut Tally {
    let room = tallies.len() < MOST_NAMES || tallies.contains_key(name);
    tallies.entry(if room { name } else { OTHERS }.to_owned()).or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{intent as query, who};
    use super::super::super::{Access, Entry, Outcome, Record, RelationUse, Stamp, Status, Where};
    use super::*;
    use std::time::Duration;

    fn read(entry: Entry) -> ReadRecord {
        let stamp = Stamp {
            v: 1,
            seq: 1,
            prev: Default::default(),
            time: "2026-11-22T10:00:00Z".parse().unwrap(),
            mono_ns: 0,
            instance: "i0001".into(),
            key_id: String::new(),
        };
        serde_json::from_str(&serde_json::to_string(&Record { stamp, entry }).unwrap()).unwrap()
    }

    #[test]
    fn a_call_counts_once_with_each_of_its_relations() {
        let mut stats = Stats::default();
        let mut intent = query("ana", "SELECT 1");
        let used = |relation: &str, access| RelationUse { relation: relation.into(), access };
        intent.what.relations =
            Some(vec![used("s.a", Access::Read), used("s.b", Access::Read), used("s.a", Access::Update)]);
        let outcome =
            |status, ms, rows| Outcome { rows: Some(rows), ..Outcome::new(status, Duration::from_millis(ms)) };
        let (ended, failed) = (intent.outcome(outcome(Status::Ok, 5, 7)), query("ben", "x"));
        let failure = Outcome { reason: Some("database_error".into()), ..outcome(Status::Failed, 9, 0) };
        let failed_end = failed.outcome(failure);
        let refused = Entry::rejection(who("ana"), Where::default(), Default::default(), "no_where");
        let refused = Entry { result: Outcome::took(Duration::from_millis(3)), ..refused };
        for entry in [intent, failed, ended, query("eve", "never ended"), failed_end, refused] {
            stats.take(&read(entry), true);
        }
        let ms = 1_000_000;
        let timed = |all: &[u64]| {
            let mut durations = Durations::default();
            all.iter().for_each(|ns| durations.add(*ns));
            Tally {
                duration_ns: all.iter().sum(),
                longest_ns: all.iter().copied().max().unwrap_or(0),
                durations,
                ..Tally::default()
            }
        };
        let ok = Tally { calls: 1, rows: 7, ..timed(&[5 * ms]) };
        let failed = Tally { calls: 1, failed: 1, ..timed(&[9 * ms]) };
        let rejected = Tally { calls: 1, rejected: 1, ..Tally::default() };
        let total = Tally { calls: 3, rejected: 1, failed: 1, rows: 7, ..timed(&[5 * ms, 9 * ms]) };
        let map = |all: &[(&str, &Tally)]| -> BTreeMap<String, Tally> {
            all.iter().map(|(name, tally)| ((*name).to_owned(), (*tally).clone())).collect()
        };
        assert_eq!((&stats.total, stats.without_outcome, stats.open.len()), (&total, 1, 1));
        assert_eq!(stats.principals, map(&[("ana", &Tally { calls: 2, rejected: 1, ..ok.clone() }), ("ben", &failed)]));
        assert_eq!(stats.relations, map(&[("s.a", &ok), ("s.b", &ok)]));
        assert_eq!(stats.reasons, map(&[("database_error", &failed), ("no_where", &rejected)]));
        assert_eq!(stats.days, map(&[("2026-11-22", &total)]));
        assert_eq!(stats.verdicts["rejected"], rejected);
    }

    #[test]
    fn an_outcome_asked_for_has_the_relations_of_an_intent_that_was_not() {
        let mut stats = Stats::default();
        let mut intent = query("ana", "SELECT 1");
        intent.what.relations = Some(vec![RelationUse { relation: "s.a".into(), access: Access::Read }]);
        stats.take(&read(intent.clone()), false);
        stats.take(&read(intent.outcome(Outcome::new(Status::Ok, Duration::ZERO))), true);
        assert_eq!((stats.relations["s.a"].calls, stats.without_outcome), (1, 0));
    }

    #[test]
    fn names_beyond_the_bound_are_added_up() {
        let mut tallies = BTreeMap::new();
        for name in 0..MOST_NAMES + 5 {
            named(&mut tallies, &name.to_string()).calls += 1;
        }
        named(&mut tallies, "0").calls += 1;
        assert_eq!((tallies.len(), tallies[OTHERS].calls, tallies["0"].calls), (MOST_NAMES + 1, 5, 2));
    }
}
