//! Brings an entry into the form and under the size that a record may have. What is cut is flagged.

use super::detail::Detail;
use super::lines::MAX_RECORD_BYTES;
use super::record::{Entry, Form, Kind};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the writer's stamp needs beside the entry, generously.
const STAMP_BYTES: usize = 1024;
/// Names, versions, codes and rules: longer ones come from a client that says too much of itself.
const NAME_BYTES: usize = 1024;
/// What a long text may keep when a record is too big; halved until the record fits.
const TEXT_BYTES: usize = 256 << 10;
const LIST_ITEMS: usize = 4096;

/// An entry as the JSON object that goes into its line, and what the writer must know of it.
#[derive(Debug)]
pub(super) struct Body {
    pub json: String,
    /// The record belongs to a write that is, or was, executed.
    pub writes: bool,
    /// It has to be on disk, whatever the mode: something is destroyed next.
    pub always: bool,
    /// What it has to do with an intent.
    pub pair: Pair,
}

/// What a record has to do with an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    /// It is one.
    Opens(Uuid),
    /// It is the outcome of one.
    Closes(Uuid),
    /// Nothing.
    Neither,
}

/// Serialises an entry, cut where that is needed to fit.
pub(super) fn body(mut entry: Entry) -> serde_json::Result<Body> {
    // A rejected write wrote nothing: a flood of refusals shall not become a flood of syncs.
    let writes = entry.what.writes == Some(true) && entry.kind != Kind::Rejection;
    let always = entry.kind == Kind::Retention;
    let pair = match (entry.kind, entry.intent) {
        (Kind::Intent, _) => Pair::Opens(entry.id),
        (_, Some(intent)) => Pair::Closes(intent),
        _ => Pair::Neither,
    };
    leave_out_values(&mut entry);
    cut_names(&mut entry);
    let mut json = serde_json::to_string(&entry)?;
    let mut halvings = 0;
    while json.len() > MAX_RECORD_BYTES - STAMP_BYTES && halvings < usize::BITS {
        cut_texts(&mut entry, TEXT_BYTES >> halvings);
        cut_lists(&mut entry, LIST_ITEMS >> halvings);
        json = serde_json::to_string(&entry)?;
        halvings += 1;
    }
    Ok(Body { json, writes, always, pair })
}

/// A second wall behind whoever filled the entry: what can only hold values in clear stands in full records alone.
fn leave_out_values(entry: &mut Entry) {
    if entry.what.form != Some(Form::Full) {
        entry.what.parameters = None;
        entry.result.error = None;
    }
}

fn cut_names(entry: &mut Entry) {
    let Entry { who, place, what, decision, result, .. } = entry;
    let names = [
        &mut who.principal,
        &mut who.authentication,
        &mut who.client_name,
        &mut who.client_version,
        &mut who.on_behalf_of,
        &mut who.address,
        &mut place.door,
        &mut place.server,
        &mut place.database,
        &mut place.role,
        &mut what.tool,
        &mut what.statement,
        &mut what.fingerprint,
        &mut what.sql_digest,
        &mut what.literals_digest,
        &mut what.parameters_digest,
        &mut decision.reason,
        &mut decision.told,
        &mut decision.rule,
        &mut decision.policy,
        &mut decision.policy_digest,
        &mut decision.catalog_version,
        &mut result.reason,
        &mut result.sqlstate,
    ];
    for name in names {
        what.truncated |= cut(name, NAME_BYTES);
    }
}

fn cut_texts(entry: &mut Entry, bytes: usize) {
    let Entry { what, result, .. } = entry;
    for text in [&mut what.sql, &mut what.rewritten, &mut result.error] {
        what.truncated |= cut(text, bytes);
    }
}

/// Shortens the lists. Parameters have no useful half: they go as a whole, their digest stays.
fn cut_lists(entry: &mut Entry, items: usize) {
    let Entry { what, decision, .. } = entry;
    let mut cut_something = what.parameters.take().is_some();
    cut_something |= shorten(&mut what.relations, items);
    cut_something |= shorten(&mut what.masked, items);
    cut_something |= shorten(&mut what.filters, items);
    cut_something |= shorten(&mut what.functions, items);
    cut_something |= shorten(&mut decision.violations, items);
    what.truncated |= cut_something;
    if let Some(detail) = &mut entry.detail {
        what.truncated |= cut_detail(detail, items);
    }
}

/// Of many policies or settings the first ones stay; how many there are is said.
fn cut_detail(detail: &mut Detail, items: usize) -> bool {
    match detail {
        Detail::PolicyLoad(load) => {
            let left_out = load.policies.len().saturating_sub(items);
            load.policies.truncate(items);
            load.policies_left_out += left_out as u64;
            let mut cut_something = left_out > 0 || load.removed.len() > items;
            load.removed.truncate(items);
            for policy in &mut load.policies {
                for list in [&mut policy.principals, &mut policy.changed] {
                    cut_something |= list.len() > items;
                    list.truncate(items);
                }
                for file in &mut policy.files {
                    cut_something |= shorten_map(&mut file.sections, items) > 0;
                }
            }
            cut_something
        }
        Detail::ConfigChange(change) => {
            let left_out = shorten_map(&mut change.settings, items);
            change.settings_left_out += left_out;
            let differences = change.differences.len() > items;
            change.differences.truncate(items);
            left_out > 0 || differences
        }
        Detail::LogOpen(_)
        | Detail::LogClose(_)
        | Detail::Gap(_)
        | Detail::Checkpoint(_)
        | Detail::Retention(_)
        | Detail::SessionOpen(_)
        | Detail::SessionClose(_)
        | Detail::LogRead(_)
        | Detail::AuthFailure(_)
        | Detail::Approval(_)
        | Detail::Other(_) => false,
    }
}

fn shorten_map(map: &mut BTreeMap<String, String>, items: usize) -> u64 {
    let left_out = map.len().saturating_sub(items);
    if let Some(first_out) = map.keys().nth(items).cloned() {
        map.split_off(&first_out);
    }
    left_out as u64
}

fn shorten<T>(list: &mut Option<Vec<T>>, items: usize) -> bool {
    match list {
        Some(list) if list.len() > items => {
            list.truncate(items);
            true
        }
        _ => false,
    }
}

fn cut(text: &mut Option<String>, bytes: usize) -> bool {
    match text {
        Some(text) if text.len() > bytes => {
            text.truncate(text.floor_char_boundary(bytes));
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Access, RelationUse, What, Where, Who};
    use super::*;

    fn of(what: What) -> Entry {
        Entry::intent(Who::default(), Where::default(), what)
    }

    fn back(body: &Body) -> Entry {
        serde_json::from_str(&body.json).unwrap()
    }

    #[test]
    fn what_fits_is_left_alone() {
        let entry = of(What { sql: Some("x".repeat(900 << 10)), ..What::default() });
        assert_eq!(back(&body(entry.clone()).unwrap()), entry);
    }

    #[test]
    fn long_sql_is_cut_and_flagged() {
        // A control character takes six bytes in JSON; the umlauts would be cut in the middle.
        for filler in ["x", "\u{1}", "ü€"] {
            let sql = filler.repeat(2 << 20);
            let entry = of(What { sql: Some(sql.clone()), rewritten: Some(sql.clone()), ..What::default() });
            let body = body(entry).unwrap();
            assert!(body.json.len() <= MAX_RECORD_BYTES - STAMP_BYTES);
            let cut = back(&body);
            assert!(cut.what.truncated);
            let left = cut.what.sql.unwrap();
            assert!(left.len() > 60_000 && sql.starts_with(&left));
        }
    }

    #[test]
    fn long_lists_names_and_parameters_are_cut_and_flagged() {
        let relation = RelationUse { relation: "s.t".repeat(100_000), access: Access::Read };
        let what = What {
            relations: Some(vec![relation; 8]),
            form: Some(Form::Full),
            parameters: Some(vec!["p".repeat(2 << 20).into()]),
            functions: Some(vec!["f()".into()]),
            ..What::default()
        };
        let cut = back(&body(of(what)).unwrap()).what;
        assert!(cut.truncated && cut.parameters.is_none());
        assert_eq!((cut.relations.unwrap().len(), cut.functions.unwrap().len()), (2, 1));

        let who = Who { client_name: Some("n".repeat(5000)), ..Who::default() };
        let cut = back(&body(Entry::intent(who, Where::default(), What::default())).unwrap());
        assert!(cut.what.truncated);
        assert_eq!(cut.who.client_name.unwrap().len(), NAME_BYTES);
    }

    #[test]
    fn values_in_clear_stand_in_full_records_alone() {
        for (form, kept) in [(None, false), (Some(Form::Redacted), false), (Some(Form::Full), true)] {
            let mut entry = of(What { form, parameters: Some(vec![7.into()]), ..What::default() });
            entry.result.error = Some("invalid input syntax for type integer: \"x\"".into());
            let cut = back(&body(entry).unwrap());
            assert_eq!((cut.what.parameters.is_some(), cut.result.error.is_some()), (kept, kept));
        }
    }

    #[test]
    fn only_executed_writes_belong_to_a_write() {
        let what = What { writes: Some(true), ..What::default() };
        let intent = of(what.clone());
        assert!(body(intent.clone()).unwrap().writes);
        assert!(body(intent.outcome(Default::default())).unwrap().writes);
        assert!(!body(Entry::rejection(Who::default(), Where::default(), what, "no_where")).unwrap().writes);
        assert!(!body(of(What { writes: Some(false), ..What::default() })).unwrap().writes);
    }
}
