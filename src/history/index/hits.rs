//! Asks the index for a page. Blocks of records are looked through by their newest time, until no block can hold
//! anything newer than what was found: so a page costs what it shows, however many records would match. Where little is
//! found, more blocks are asked at once: each question costs something by itself, for a word's beginning as much as there
//! are records with such words.

use super::super::lines::LineHash;
use super::super::read::{Filter, Place};
use super::super::search::{Cursor, Newest, Query, nanoseconds};
use super::fill::{BLOCK_BITS, wanted};
use super::{Hit, Trouble};
use rusqlite::{Connection, params, params_from_iter};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Half a million records: what may match among them is looked at in a second.
const MOST_AT_ONCE: usize = 128;

/// The newest hits, newest first, and whether there are more.
pub(super) fn newest(db: &Connection, query: &Query) -> Result<(Vec<(Cursor, Hit)>, bool), Trouble> {
    let since = query.filter.since.map_or(i64::MIN, nanoseconds);
    let until = query.filter.until.map_or(i64::MAX, nanoseconds);
    let before = query.before.as_ref().map_or(i64::MAX, |before| before.nanoseconds);
    let mut names: HashMap<i64, Arc<str>> = HashMap::new();
    let mut chains = db.prepare_cached("SELECT id, instance FROM chains")?;
    let mut rows = chains.query([])?;
    while let Some(row) = rows.next()? {
        names.insert(row.get(0)?, row.get::<_, String>(1)?.into());
    }
    let text = expression(&query.filter);
    let mut records = db.prepare_cached(match text {
        Some(_) => {
            "SELECT r.time, r.chain, r.seq, r.segment, r.offset, r.hash FROM texts CROSS JOIN records AS r ON r.id = texts.rowid
             WHERE texts.rowid BETWEEN ? AND ? AND texts MATCH ?"
        }
        None => "SELECT time, chain, seq, segment, offset, hash FROM records WHERE id BETWEEN ? AND ?",
    })?;
    let mut newest = Newest::new(query);
    let mut blocks = db.prepare_cached(
        "SELECT id, newest FROM blocks WHERE newest >= ? AND oldest < ? AND oldest <= ? ORDER BY newest DESC",
    )?;
    let mut blocks = blocks.query(params![since, until, before])?;
    let mut at_once = 1;
    loop {
        let mut ids = Vec::new();
        while ids.len() < at_once
            && let Some(block) = blocks.next()?
        {
            let latest: i64 = block.get(1)?;
            if newest.floor().is_some_and(|floor| floor.nanoseconds > latest) {
                break;
            }
            ids.push(block.get::<_, i64>(0)?);
        }
        if ids.is_empty() {
            return Ok(newest.page());
        }
        for (first, last) in runs(ids) {
            let bounds = [first << BLOCK_BITS, ((last + 1) << BLOCK_BITS) - 1].map(rusqlite::types::Value::from);
            let asked = bounds.into_iter().chain(text.clone().map(rusqlite::types::Value::from));
            let mut rows = records.query(params_from_iter(asked))?;
            while let Some(row) = rows.next()? {
                let nanoseconds: i64 = row.get(0)?;
                if nanoseconds < since || nanoseconds >= until {
                    continue;
                }
                let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
                let Some(instance) = names.get(&row.get(1)?) else { continue };
                let hash: [u8; 32] = row.get(5)?;
                let place = Place { instance: Arc::clone(instance), segment: number(3)?, offset: number(4)? };
                let cursor = Cursor { nanoseconds, instance: Arc::clone(instance), seq: number(2)? };
                newest.offer(cursor, Hit { place, hash: LineHash::from_bytes(hash) });
            }
        }
        at_once = (at_once * 2).min(MOST_AT_ONCE);
    }
}

/// The records of that name, oldest first.
pub(super) fn named(db: &Connection, id: Uuid) -> Result<Vec<Hit>, Trouble> {
    let mut records = db.prepare_cached(
        "SELECT c.instance, r.segment, r.offset, r.hash FROM names AS n JOIN records AS r ON r.id = n.record
         JOIN chains AS c ON c.id = r.chain WHERE n.name = ? ORDER BY r.id",
    )?;
    let rows = records.query_map(params![id.as_bytes()], |row| {
        let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let place = Place { instance: row.get::<_, String>(0)?.into(), segment: number(1)?, offset: number(2)? };
        Ok(Hit { place, hash: LineHash::from_bytes(row.get(3)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Blocks that follow each other, as first and last.
fn runs(mut ids: Vec<i64>) -> Vec<(i64, i64)> {
    ids.sort_unstable();
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == id => *last = id,
            _ => runs.push((id, id)),
        }
    }
    runs
}

/// What FTS5 is asked for; `None` where the filter names neither words nor anything that has a code.
fn expression(filter: &Filter) -> Option<String> {
    let terms = wanted(filter).into_iter().map(|term| format!("{{terms}} : \"{term}\""));
    let phrases = filter.words.iter().flat_map(|words| words.phrases()).map(|phrase| {
        // Words hold no quotes, see `read::words`.
        let star = if phrase.prefix { " *" } else { "" };
        format!("{{sql relations principal reason}} : \"{}\"{star}", phrase.words.join(" "))
    });
    let all: Vec<String> = terms.chain(phrases).map(|part| format!("({part})")).collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_follow_each_other_are_asked_together() {
        assert_eq!(runs(vec![9, 7, 8, 3, 5, 4, 11]), [(3, 5), (7, 9), (11, 11)]);
        assert_eq!(runs(vec![0]), [(0, 0)]);
        assert_eq!(runs(Vec::new()), []);
    }
}
