//! What holds for any JSON as the arguments of a tool: for the fuzz crate and the unit tests.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::http::count_of_values;
use super::{arguments, resources};
use crate::gate::admit::{Change, Submission};
use crate::gate::check::Worlds;
use crate::gate::diagnostic::{Place, Rejection};

/// What a tool's arguments become.
enum Taken {
    /// It goes on to the gate.
    Submitted(Submission),
    /// It is answered from the catalog.
    Answered,
}

type Take = fn(JsonObject) -> Result<Taken, Rejection>;

/// Each tool's reader.
const TOOLS: &[Take] = &[
    |given| arguments::query(given).map(Taken::Submitted),
    |given| {
        let query = arguments::presented_query(given)?;
        Ok(Taken::Submitted(Submission::Sql { text: query.text, parameters: query.parameters }))
    },
    |given| arguments::explain(given).map(Taken::Submitted),
    |given| arguments::insert(given).map(Taken::Submitted),
    |given| arguments::update(given).map(Taken::Submitted),
    |given| arguments::delete(given).map(Taken::Submitted),
    |given| arguments::search(given).map(|_| Taken::Answered),
    |given| arguments::tables(given).map(|_| Taken::Answered),
    |given| arguments::table_schema(given).map(|_| Taken::Answered),
];

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It is no JSON object.
    Nothing,
    /// The tool refused it.
    Refused,
    /// The tool took it; so many policies admitted what came of it.
    Taken(usize),
}

/// Gives the input, which is JSON behind a byte that chooses the tool, to that tool; what is accepted goes on to the
/// gate under every policy. Texts in it are tried as addresses of resources, too.
///
/// # Panics
/// A property doesn't hold.
#[expect(clippy::panic, reason = "a failed check has to be loud")]
pub fn check_arguments(worlds: &Worlds, data: &[u8]) -> Became {
    let Some((first, text)) = data.split_first() else { return Became::Nothing };
    let Some(take) = TOOLS.get(usize::from(*first) % TOOLS.len()) else { return Became::Nothing };
    let counted = count_of_values(text);
    let Ok(Value::Object(given)) = serde_json::from_slice(text) else { return Became::Nothing };
    // The door counts before it parses, and what it counts too low could take any memory.
    let there = values(&Value::Object(given.clone()));
    assert!(counted >= there, "{counted} values are counted, and there are {there}");
    for address in given.values().filter_map(Value::as_str) {
        let _ = resources::find(address);
    }
    match take(given.clone()) {
        Ok(Taken::Answered) => Became::Taken(0),
        Ok(Taken::Submitted(submission)) => {
            // As large as what was given, or smaller: nothing grows on the way.
            assert!(size(&submission) <= text.len(), "grew: {submission:?}");
            Became::Taken(worlds.check(&submission))
        }
        Err(rejection) => {
            let Place::Json(pointer) = &rejection.place else { panic!("no place in the arguments: {rejection:?}") };
            // A missing argument is told by where it would stand.
            let parent = pointer.rsplit_once('/').map(|(parent, _)| parent);
            let stands = parent.is_some_and(|parent| Value::Object(given.clone()).pointer(parent).is_some());
            assert!(stands, "`{pointer}` is nowhere in {given:?}");
            assert!(!rejection.message.is_empty() && !rejection.message.ends_with('.'), "{rejection:?}");
            Became::Refused
        }
    }
}

/// Values in a value, itself included, but not the names of fields.
fn values(value: &Value) -> usize {
    1 + match value {
        Value::Array(all) => all.iter().map(values).sum(),
        Value::Object(all) => all.values().map(values).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Bytes of the text, or of names.
fn size(submission: &Submission) -> usize {
    match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => text.len(),
        Submission::Change(
            Change::Insert { table, .. } | Change::Update { table, .. } | Change::Delete { table, .. },
        ) => table.iter().map(String::len).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    thread_local! {
        static WORLDS: Worlds = Worlds::new();
    }

    fn seeds() -> Vec<Vec<u8>> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/tool_arguments");
        let mut all: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    #[test]
    fn the_seeds_hold_for_every_tool() {
        let became = |seed: &Vec<u8>| WORLDS.with(|worlds| check_arguments(worlds, seed));
        for tool in 0..TOOLS.len() {
            let seeds: Vec<Became> = seeds().iter().filter(|seed| usize::from(seed[0]) == tool).map(became).collect();
            let taken = seeds.iter().filter(|became| matches!(became, Became::Taken(_))).count();
            assert!(taken > 0 && seeds.contains(&Became::Refused), "tool {tool}: {seeds:?}");
        }
        let admitted = seeds().iter().filter(|seed| matches!(became(seed), Became::Taken(1..))).count();
        assert!(admitted >= 7, "{admitted} are admitted");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        /// A seed with bytes of other seeds in it, given to any tool.
        #[test]
        fn seeds_in_pieces(tool in 0..9_u8, picks in proptest::collection::vec(any::<[prop::sample::Index; 3]>(), 1..4)) {
            let seeds = seeds();
            let mut data = picks[0][0].get(&seeds).clone();
            data[0] = tool;
            for [other, from, to] in picks {
                let other = other.get(&seeds);
                let (from, to) = (from.index(other.len()), to.index(data.len()));
                data.splice(to.max(1).min(data.len())..data.len(), other[from..].iter().copied());
            }
            WORLDS.with(|worlds| check_arguments(worlds, &data));
        }
    }
}
