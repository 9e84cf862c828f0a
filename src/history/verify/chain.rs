//! One chain, line by line: whether each record continues the one before it.

mod own;

use super::super::detail::Head;
use super::super::lines::{LineHash, Step, step};
use super::super::read::ReadRecord;
use super::super::record::FORMAT_VERSION;
use super::super::segments::{Segment, segments};
use super::claims::is_damage;
use super::report::ChainReport;
use super::{Damage, Place, Verifier};
use crate::keys::PublicKey;
use jiff::Timestamp;
use std::collections::HashMap;
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;
use uuid::Uuid;

/// How often a segment may be listed and not be there, or the other way round, before that is believed: each time somebody may
/// have compressed or deleted it in between.
const MOST_VANISHED: u32 = 20;

pub(super) struct Walk<'w, 'k> {
    name: &'w str,
    path: &'w Path,
    to: &'w mut Verifier<'k>,
    report: ChainReport,
    /// Number and hash of the record before.
    last: Option<(u64, LineHash)>,
    /// What the first record that is left continues, where it isn't the chain's first.
    begins: Option<(u64, LineHash, Place)>,
    /// The ends of what retention deleted, by number.
    deleted: HashMap<u64, LineHash>,
    /// The last segment that retention deleted, or was about to.
    deleted_until: u64,
    /// The files of torn ends that aren't there: segment, record that names it, and where that stands.
    gone: Vec<(Option<u64>, u64, Place, String)>,
    /// The fingerprint that the record before has.
    key_id: Option<String>,
    /// Intents that wait for their outcomes, with their numbers.
    open: HashMap<Uuid, u64>,
    /// More than are kept.
    more_open: u64,
    /// Bytes of half a line at the end.
    torn: u64,
    last_segment: Option<Segment>,
    closing: [bool; 2],
}

impl<'w, 'k> Walk<'w, 'k> {
    pub fn new(name: &'w str, path: &'w Path, to: &'w mut Verifier<'k>) -> Self {
        let report = ChainReport { instance: name.to_owned(), ..ChainReport::default() };
        Walk {
            name,
            path,
            to,
            report,
            last: None,
            begins: None,
            deleted: HashMap::new(),
            deleted_until: 0,
            gone: Vec::new(),
            key_id: None,
            open: HashMap::new(),
            more_open: 0,
            torn: 0,
            last_segment: None,
            closing: [false; 2],
        }
    }

    /// All segments in their order, as far as the chain reaches now.
    pub fn records(&mut self, progress: &mut dyn FnMut(Timestamp)) -> io::Result<()> {
        let mut wanted = None;
        // Where the last segment was left: it may have been written on and closed since.
        let mut left: Option<Place> = None;
        let mut vanished = 0;
        loop {
            let all = self.listing(left.map(|left| left.segment).or(wanted))?;
            if left.is_some_and(|left| all.iter().all(|one| one.number <= left.segment)) {
                return Ok(());
            }
            let begun = left.and_then(|left| all.iter().find(|one| one.number == left.segment));
            let next = || all.iter().find(|one| wanted.is_none_or(|wanted| one.number >= wanted));
            let Some(segment) = begun.or_else(next) else { return Ok(()) };
            if begun.is_none() {
                (left, self.torn) = (None, 0);
                self.between(wanted, segment, &all);
                wanted = Some(segment.number);
            }
            let mut place = left.unwrap_or(Place { segment: segment.number, line: 1, byte: 0 });
            match self.segment(segment, &mut place, progress) {
                // It was compressed, or deleted, since the directory was listed.
                Err(error) if error.kind() == ErrorKind::NotFound && vanished < MOST_VANISHED => {
                    vanished += 1;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => other?,
            }
            vanished = 0;
            wanted = Some(segment.number + 1);
            self.last_segment = Some(segment.clone());
            left = None;
            if all.last() == Some(segment) {
                left = Some(place);
            } else if std::mem::take(&mut self.torn) > 0 {
                self.find(None, Some(place), Damage::HalfALine);
            }
        }
    }

    /// The segments that are there. Who reads a directory while a file in it gets another name may see neither: a hole is
    /// believed only if it stays.
    fn listing(&self, expected: Option<u64>) -> io::Result<Vec<Segment>> {
        let mut all = segments(self.path)?;
        for _ in 0..MOST_VANISHED {
            let has_hole =
                |number| all.iter().all(|one| one.number != number) && all.iter().any(|one| one.number > number);
            if !expected.is_some_and(has_hole) {
                break;
            }
            all = segments(self.path)?;
        }
        Ok(all)
    }

    /// What is missing between the last segment that was read and the one that is there.
    fn between(&mut self, wanted: Option<u64>, there: &Segment, all: &[Segment]) {
        let Some(wanted) = wanted.filter(|wanted| *wanted < there.number) else { return };
        let is_there = |before: &Segment| all.iter().any(|one| one.number == before.number);
        if self.last_segment.as_ref().is_some_and(is_there) {
            (wanted..there.number).take(10).for_each(|number| self.find(None, None, Damage::MissingSegment(number)));
        } else {
            // Retention overtook us: what is left has to be explained by what stands behind, and outcomes may have stood in
            // what is gone.
            self.begins = None;
            self.open.clear();
            self.more_open = 0;
        }
        self.last = None;
    }

    /// Every line of the segment from `place` on, which is then where it ends.
    fn segment(&mut self, segment: &Segment, place: &mut Place, progress: &mut dyn FnMut(Timestamp)) -> io::Result<()> {
        let mut source = segment.open()?;
        match io::copy(&mut source.by_ref().take(place.byte), &mut io::sink()) {
            Err(error) if is_damage(&error) => {
                self.find(None, Some(*place), Damage::Unreadable(error.to_string()));
                return Ok(());
            }
            other => other.map(drop)?,
        }
        self.torn = self.lines(&mut source, place, progress)?;
        Ok(())
    }

    /// Every line from `place` on; how many bytes of half a line stand at the end.
    fn lines(
        &mut self,
        source: &mut impl BufRead,
        place: &mut Place,
        progress: &mut dyn FnMut(Timestamp),
    ) -> io::Result<u64> {
        loop {
            let length = match step(source) {
                Ok(Step::Line(line)) => {
                    match serde_json::from_slice::<ReadRecord>(&line) {
                        Ok(record) if record.v != FORMAT_VERSION => {
                            let text = format!("format version {} is not known", record.v);
                            self.find(None, Some(*place), Damage::NotARecord(text));
                        }
                        Ok(record) => {
                            progress(record.time);
                            self.record(&record, LineHash::of(&line), *place);
                        }
                        Err(error) => self.find(None, Some(*place), Damage::NotARecord(error.to_string())),
                    }
                    line.len() as u64 + 1
                }
                Ok(Step::TooLong(bytes)) => {
                    self.find(None, Some(*place), Damage::TooLong);
                    bytes
                }
                Ok(Step::End(torn)) => return Ok(torn),
                Err(error) if is_damage(&error) => {
                    self.find(None, Some(*place), Damage::Unreadable(error.to_string()));
                    return Ok(0);
                }
                Err(error) => return Err(error),
            };
            *place = Place { line: place.line + 1, byte: place.byte + length, ..*place };
        }
    }

    fn record(&mut self, record: &ReadRecord, hash: LineHash, place: Place) {
        let mut found = |damage| self.to.find(self.name, Some(record.seq), Some(place), damage);
        if *record.instance != *self.name {
            found(Damage::WrongChain(record.instance.clone()));
        }
        match self.last {
            Some((seq, _)) if Some(record.seq) != seq.checked_add(1) => {
                found(Damage::WrongNumber(seq.saturating_add(1)))
            }
            Some((seq, before)) if record.prev != before => found(Damage::WrongPrevious(seq)),
            Some(_) => {}
            None if self.begins.is_none() => {
                self.begins = Some((record.seq, record.prev, place));
                if record.seq <= 1 && (record.kind != "log_open" || record.prev != LineHash::default()) {
                    found(Damage::NotABeginning);
                }
            }
            // Behind a segment that is missing, which was told.
            None => {}
        }
        self.key(record, place);
        self.kind(record, place);
        if self.report.records == 0 {
            self.report.first = record.seq;
        }
        self.last = Some((record.seq, hash));
        self.report.records += 1;
        self.report.last = record.seq;
        self.report.head = Some(Head { instance: self.name.to_owned(), seq: record.seq, hash });
    }

    /// A chain is written with one key from its first record on.
    fn key(&mut self, record: &ReadRecord, place: Place) {
        if self.key_id.as_ref() == Some(&record.key_id) {
            return;
        }
        let kept = self.to.kept.key.as_ref().map(PublicKey::key_id);
        let expected = kept.or(self.key_id.take()).unwrap_or_else(|| record.key_id.clone());
        if expected != record.key_id {
            let found = record.key_id.clone();
            self.find(Some(record.seq), Some(place), Damage::WrongKey { expected, found });
        }
        self.to.keys.of_chains.entry(self.name.to_owned()).or_insert_with(|| record.key_id.clone());
        self.key_id = Some(record.key_id.clone());
    }

    /// What can be said once every record was seen. `alive`: a process holds the chain.
    pub fn end(mut self, alive: bool) {
        if let Some((seq, before, place)) = self.begins {
            let explained = seq.checked_sub(1).is_some_and(|last| self.deleted.get(&last) == Some(&before));
            if seq > 1 && !explained {
                self.find(Some(seq), Some(place), Damage::Unexplained);
            }
            // Segment numbers and record numbers begin together.
            if seq == 1 && place.segment > 1 {
                self.find(None, None, Damage::MissingSegment(1));
            }
        }
        for (segment, record, place, file) in std::mem::take(&mut self.gone) {
            if segment.is_none_or(|segment| segment > self.deleted_until) {
                self.find(Some(record), Some(place), Damage::TornFileGone(file));
            }
        }
        if let Some(last) = &self.last_segment
            && last.compressed
            // Looked at once more: it may have been the last when the directory was listed.
            && segments(self.path).is_ok_and(|all| all.last().is_some_and(|one| one.number == last.number))
        {
            self.find(None, None, Damage::NoSegmentBehind(last.number));
        }
        if alive {
            self.report.running = self.open.len() as u64 + self.more_open;
        } else {
            self.lost();
            if self.torn > 0 {
                self.find(None, None, Damage::TornEnd(self.torn));
            }
        }
        if self.more_open > 0 && !alive {
            let text = format!("whether {} more statements of {} have outcomes", self.more_open, self.name);
            self.to.report.unchecked.push(text);
        }
        self.report.closed = self.closing.contains(&true);
        self.to.report.chains.push(self.report);
    }

    /// Tells of the intents that wait in vain.
    fn lost(&mut self) {
        let mut lost: Vec<u64> = self.open.drain().map(|(_, seq)| seq).collect();
        lost.sort_unstable();
        lost.into_iter().for_each(|seq| self.find(Some(seq), None, Damage::Unpaired));
    }

    fn find(&mut self, record: Option<u64>, place: Option<Place>, damage: Damage) {
        self.to.find(self.name, record, place, damage);
    }
}
