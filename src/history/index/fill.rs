//! Brings the index up to date: from where each chain was read to its end, in transactions of bounded size, so that
//! what is done stays done.

use super::super::lines::{instances, segments};
use super::super::read::{
    Filter, Forward, Found, Place, Position, ReadRecord, fetch, fields, reasons, relation_names, words,
};
use super::super::record::Verdict;
use super::super::search::nanoseconds;
use super::Trouble;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// Records whose ids differ only in these bits form a block, of which the index knows the times.
pub(super) const BLOCK_BITS: u32 = 12;
/// How many records one transaction takes in.
const BATCH: usize = 20_000;

/// Reads what the index doesn't have yet.
pub(super) fn catch_up(db: &mut Connection, directory: &Path, progress: &mut dyn FnMut(&Found)) -> Result<(), Trouble> {
    check(db, directory)?;
    let mut reader: Option<(Forward, Vec<Position>)> = None;
    loop {
        let batch = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known = known(&batch)?;
        let positions: Vec<Position> = known.iter().map(|chain| chain.next.clone()).collect();
        // Another process may have filled it meanwhile.
        let mut records = match reader.take() {
            Some((records, left_at)) if left_at == positions => records,
            _ => Forward::open_at(directory, &positions)?,
        };
        let taken = fill(&batch, &mut records, progress)?;
        let left_at = self::known(&batch)?.into_iter().map(|chain| chain.next).collect();
        if taken > 0 {
            batch.commit()?;
        }
        if taken < BATCH {
            return Ok(());
        }
        reader = Some((records, left_at));
    }
}

/// How far a chain is in the index.
struct Known {
    id: i64,
    /// What is read next.
    next: Position,
    /// The last record that was taken in, and its hash.
    last: Place,
    hash: String,
    first_segment: u64,
}

fn known(db: &Connection) -> Result<Vec<Known>, Trouble> {
    let sql = "SELECT id, instance, segment, offset, last_segment, last_offset, last_hash, first_segment FROM chains";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let instance: Arc<str> = row.get::<_, String>(1)?.into();
        let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(Known {
            id: row.get(0)?,
            next: Position { instance: Arc::clone(&instance), segment: number(2)?, offset: number(3)? },
            last: Place { instance, segment: number(4)?, offset: number(5)? },
            hash: row.get(6)?,
            first_segment: number(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the index is one of these segments: every chain that it knows is there, and has the record that was the last.
/// What retention deleted is forgotten; once that is most of it, the index is made anew.
fn check(db: &mut Connection, directory: &Path) -> Result<(), Trouble> {
    let chains = instances(directory)?;
    for known in known(db)? {
        let Some((_, path)) = chains.iter().find(|(name, _)| **name == *known.next.instance) else {
            return Err(Trouble::Unfit(format!("the chain {} is gone", known.next.instance)));
        };
        let first = segments(path)?.first().map(|segment| segment.number);
        if first.is_none_or(|first| first > known.last.segment) {
            return Err(Trouble::Unfit(format!(
                "nothing is left of what was indexed of the chain {}",
                known.next.instance
            )));
        }
        let last = fetch(directory, std::slice::from_ref(&known.last))?.pop().flatten();
        if last.is_none_or(|last| last.hash().to_string() != known.hash) {
            return Err(Trouble::Unfit(format!("the chain {} was changed", known.next.instance)));
        }
        let first = first.unwrap_or_default();
        if first > known.first_segment {
            forget(db, &known, first)?;
        }
    }
    Ok(())
}

/// Takes out the records of segments that are gone. Their words stay behind, without a record.
fn forget(db: &mut Connection, known: &Known, first: u64) -> Result<(), Trouble> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let first = first.cast_signed();
    transaction.execute(
        "DELETE FROM names WHERE record IN (SELECT id FROM records WHERE chain = ? AND segment < ?)",
        params![known.id, first],
    )?;
    transaction.execute("DELETE FROM records WHERE chain = ? AND segment < ?", params![known.id, first])?;
    transaction.execute("UPDATE chains SET first_segment = ? WHERE id = ?", params![first, known.id])?;
    let (left, ever): (i64, Option<i64>) =
        transaction.query_row("SELECT count(*), max(id) FROM records", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    transaction.commit()?;
    match ever.is_none_or(|ever| ever > 2 * left + 1000) {
        true => Err(Trouble::Unfit("retention deleted most of what was indexed".to_owned())),
        false => Ok(()),
    }
}

/// Takes in one batch; how many records it had.
fn fill(batch: &Transaction<'_>, records: &mut Forward, progress: &mut dyn FnMut(&Found)) -> Result<usize, Trouble> {
    let mut chains: HashMap<Arc<str>, i64> =
        known(batch)?.into_iter().map(|known| (known.next.instance, known.id)).collect();
    let newest: Option<i64> = batch.query_row("SELECT max(id) FROM records", [], |row| row.get(0))?;
    let (mut id, mut taken) = (newest.unwrap_or(0), 0);
    let mut lasts: HashMap<i64, (Place, String)> = HashMap::new();
    let mut insert = batch.prepare_cached(
        "INSERT INTO records (id, time, chain, seq, segment, offset, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut insert_text = batch.prepare_cached(
        "INSERT INTO texts (rowid, terms, sql, relations, principal, reason) VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    let mut insert_name = batch.prepare_cached("INSERT OR IGNORE INTO names (name, record) VALUES (?, ?)")?;
    let mut widen = batch.prepare_cached(
        "INSERT INTO blocks (id, oldest, newest) VALUES (?1, ?2, ?2)
         ON CONFLICT (id) DO UPDATE SET oldest = min(oldest, ?2), newest = max(newest, ?2)",
    )?;
    while taken < BATCH
        && let Some(found) = records.next()?
    {
        progress(&found);
        (id, taken) = (id + 1, taken + 1);
        let chain = match chains.get(&found.place.instance) {
            Some(chain) => *chain,
            None => {
                let chain = add_chain(batch, &found)?;
                chains.insert(Arc::clone(&found.place.instance), chain);
                chain
            }
        };
        let (time, hash) = (nanoseconds(found.record.time), found.hash());
        let (seq, segment, offset) =
            (found.record.seq.cast_signed(), found.place.segment.cast_signed(), found.place.offset.cast_signed());
        insert.execute(params![id, time, chain, seq, segment, offset, hash.bytes()])?;
        for name in [found.record.id].into_iter().chain(found.record.intent) {
            insert_name.execute(params![name.as_bytes(), id])?;
        }
        let [sql, relations, principal, reason] = fields(&found.record).map(|field| joined(&field));
        insert_text.execute(params![id, terms(&found.record), sql, relations, principal, reason])?;
        widen.execute(params![id >> BLOCK_BITS, time])?;
        lasts.insert(chain, (found.place, hash.to_string()));
    }
    let mut note = batch.prepare_cached(
        "UPDATE chains SET segment = ?, offset = ?, last_segment = ?, last_offset = ?, last_hash = ? WHERE id = ?",
    )?;
    for position in records.positions() {
        let Some(chain) = chains.get(&position.instance) else { continue };
        let Some((last, hash)) = lasts.get(chain) else { continue };
        note.execute(params![
            position.segment.cast_signed(),
            position.offset.cast_signed(),
            last.segment.cast_signed(),
            last.offset.cast_signed(),
            hash,
            chain
        ])?;
    }
    Ok(taken)
}

fn add_chain(batch: &Transaction<'_>, found: &Found) -> Result<i64, Trouble> {
    let Place { instance, segment, offset } = &found.place;
    let (segment, offset) = (segment.cast_signed(), offset.cast_signed());
    batch.execute(
        "INSERT INTO chains (instance, segment, offset, last_segment, last_offset, last_hash, first_segment)
         VALUES (?1, ?2, ?3, ?2, ?3, '', ?2)",
        params![&**instance, segment, offset],
    )?;
    Ok(batch.last_insert_rowid())
}

fn joined(field: &str) -> String {
    words(field).collect::<Vec<_>>().join(" ")
}

/// What a record is found by beside its words: a code for each thing that a filter can name.
fn terms(record: &ReadRecord) -> String {
    let mut terms = vec![term('k', &record.kind)];
    terms.extend(record.who.principal.as_deref().map(|principal| term('p', principal)));
    terms.extend(record.decision.verdict.map(|verdict| term('v', verdict_name(verdict))));
    terms.extend(reasons(record).map(|reason| term('c', reason)));
    terms.extend(relation_names(record).map(|relation| term('r', relation)));
    terms.sort_unstable();
    terms.dedup();
    terms.join(" ")
}

/// The codes that a record must have to be let through by the filter.
pub(super) fn wanted(filter: &Filter) -> Vec<String> {
    let Filter { since: _, until: _, principal, relation, verdict, reason, kind, words: _ } = filter;
    let named = [('k', kind), ('p', principal), ('c', reason), ('r', relation)];
    let mut wanted: Vec<String> =
        named.into_iter().filter_map(|(class, name)| Some(term(class, name.as_deref()?))).collect();
    wanted.extend(verdict.map(|verdict| term('v', verdict_name(verdict))));
    wanted
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Admitted => "admitted",
        Verdict::Rejected => "rejected",
    }
}

/// Names may hold anything: 64 bits of their hash are a word that holds nothing but letters and digits.
fn term(class: char, name: &str) -> String {
    let mut term = String::from(class);
    for byte in Sha256::digest(name.as_bytes()).iter().take(8) {
        // Writing into a String can't fail.
        let _ = write!(term, "{byte:02x}");
    }
    term
}
