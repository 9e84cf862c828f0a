//! What holds for any text as a policy: read, joined with what it extends, bound to the world's catalog, and asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::world::World;
use crate::gate::admit::{AttributeValue, Principal, Submission, admit};
use crate::gate::diagnostic::Reason;
use crate::gate::policy::{BoundPolicy, ColumnRights, Diagnostics, Policy, RelationRights, Visibility};

/// What the files are called, in the order of the input's parts.
const FILES: [&str; 3] = ["main.toml", "base.toml", "parts/other.toml"];

/// Asked under every policy that can be bound.
const ASKED: &[&str] = &[
    "SELECT * FROM sales.customers",
    "SELECT count(*) FROM sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id",
    "SELECT name FROM hr.employees WHERE salary > 10 ORDER BY name",
    "EXPLAIN SELECT * FROM tpch.customer",
    "INSERT INTO scratch.notes (id, body) VALUES (1, 'x')",
    "UPDATE scratch.notes SET body = 'y' WHERE id = 1 RETURNING *",
    "DELETE FROM scratch.notes",
];

/// Reads the parts of the input, which zero bytes separate, as a policy and files that it may extend.
///
/// # Panics
/// A property doesn't hold.
pub fn check_policies(world: &World, data: &[u8]) {
    let parts = data.splitn(FILES.len(), |byte| *byte == 0).map(String::from_utf8_lossy);
    let files: BTreeMap<&str, String> = FILES.into_iter().zip(parts.map(String::from)).collect();
    let main = bound(world, &files, FILES[0]);
    let Ok(main) = main else { return };
    // Whoever only extends a policy has it, unchanged; whoever extends two has no more than either.
    let alone = wrapped(world, &files, &["main.toml"]).unwrap_or_else(|why| panic!("extending alone fails: {why}"));
    compare(world, &alone, &main, "a policy that only extends it", |one, other| {
        one.visibility == other.visibility
            && one.columns == other.columns
            && one.filter == other.filter
            && one.write == other.write
    });
    asked(world, &main);
    // `add_…` says on purpose that it gives more.
    let adds = files.values().any(|text| text.contains("add_"));
    if adds || !files.contains_key(FILES[1]) {
        return;
    }
    let other = bound(world, &files, FILES[1]);
    if let (Ok(other), Ok(both)) = (other, wrapped(world, &files, &["main.toml", "base.toml"])) {
        compare(world, &both, &main, "both are wider than the first", is_no_wider);
        compare(world, &both, &other, "both are wider than the second", is_no_wider);
        assert!(both.policy().limits.rows <= main.policy().limits.rows.min(other.policy().limits.rows));
        asked(world, &both);
    }
}

/// The policy of the file on the catalog, or why it is none.
fn bound(world: &World, files: &BTreeMap<&str, String>, name: &str) -> Result<BoundPolicy, Diagnostics> {
    let read = || {
        let mut load = |path: &str| match files.get_key_value(path) {
            Some((name, text)) => Ok(((*name).to_owned(), text.clone())),
            None => Err("there is no such file".to_owned()),
        };
        let text = files.get(name).map(String::as_str).unwrap_or_default();
        Policy::parse(name, text, &mut load)
    };
    let policy = read();
    assert_eq!(policy, read(), "another policy the next time");
    let policy = Arc::new(policy.inspect_err(|why| told(why, files))?);
    let bind = || BoundPolicy::bind(Arc::clone(&policy), &world.catalog);
    let bound = bind().inspect_err(|why| told(why, files));
    match (&bound, bind()) {
        (Ok(first), Ok(second)) => assert_eq!(first.relations, second.relations, "other rights the next time"),
        (Err(first), Err(second)) => assert_eq!(*first, second, "other faults the next time"),
        _ => panic!("the policy binds only sometimes"),
    }
    bound
}

/// Faults say something, of a place that is there.
fn told(faults: &Diagnostics, files: &BTreeMap<&str, String>) {
    assert!(!faults.0.is_empty(), "refused without a reason");
    for fault in &faults.0 {
        assert!(!fault.message.is_empty() && !fault.message.ends_with('.'), "{fault:?}");
        let text = files.get(fault.rule.file.as_str()).unwrap_or_else(|| panic!("a fault of no file: {fault:?}"));
        let lines: Vec<&str> = text.split('\n').collect();
        let line = fault.rule.line as usize;
        assert!((1..=lines.len()).contains(&line), "no such line: {fault:?}");
        let longest = lines.get(line - 1).map_or(0, |line| line.chars().count());
        assert!(fault.column.is_none_or(|column| (1..=longest + 1).contains(&(column as usize))), "{fault:?}");
    }
}

const WRAPPER: &str = "wrapper.toml";

/// A policy that says nothing but what it extends.
fn wrapped(world: &World, files: &BTreeMap<&str, String>, extended: &[&str]) -> Result<BoundPolicy, Diagnostics> {
    let mut files = files.clone();
    files.insert(WRAPPER, format!("version = 1\nname = \"wrapper\"\nextends = {extended:?}\n"));
    bound(world, &files, WRAPPER)
}

fn compare(
    world: &World,
    one: &BoundPolicy,
    other: &BoundPolicy,
    what: &str,
    holds: impl Fn(&RelationRights, &RelationRights) -> bool,
) {
    for relation in &world.catalog.parts().relations {
        let (one, other) = (one.rights(relation.oid), other.rights(relation.oid));
        let holds = one.zip(other).is_some_and(|(one, other)| holds(one, other));
        assert!(holds, "{what}, on {}.{}: {one:?} and {other:?}", relation.schema, relation.name);
    }
}

fn is_no_wider(one: &RelationRights, other: &RelationRights) -> bool {
    if one.visibility != Visibility::Readable {
        return one.write.is_none() || other.write.is_some();
    }
    let columns = one.columns.iter().zip(&other.columns).all(|columns| match columns {
        (ColumnRights::Open, other) => *other == ColumnRights::Open,
        (ColumnRights::Masked { .. }, ColumnRights::Open) => true,
        (ColumnRights::Masked { mask, .. }, ColumnRights::Masked { mask: other, .. }) => mask == other,
        (ColumnRights::Masked { .. }, _) => false,
        (ColumnRights::Denied(_) | ColumnRights::Ungoverned(_), _) => true,
    });
    let filtered = other.filter.is_none() || one.filter.is_some();
    let writes = one.write.is_none() || other.write.is_some();
    let guarded = other.require_where.is_none() || one.require_where.is_some();
    columns && filtered && writes && guarded && other.visibility == Visibility::Readable
}

/// Whatever the policy, the gate answers.
fn asked(world: &World, policy: &BoundPolicy) {
    let values = policy.policy().attributes.iter().map(|(name, ty)| {
        let value = match ty.list {
            true => AttributeValue::List(vec!["1".to_owned()]),
            false => AttributeValue::Scalar("1".to_owned()),
        };
        (name.clone(), value)
    });
    let principal = Principal { name: "check".to_owned(), attributes: values.collect() };
    for text in ASKED {
        let submission = Submission::Sql { text: (*text).to_owned(), parameters: Vec::new() };
        if let Err(why) = admit(&world.catalog, policy, &principal, &submission) {
            assert_ne!(why.reason, Reason::InternalError, "{why:?}: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    thread_local! {
        static WORLD: World = World::new();
    }

    /// The policies that come with pgwicket, and one that extends.
    fn seeds() -> Vec<Vec<u8>> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/policy_files");
        let mut all: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    #[test]
    fn the_seeds_hold_and_some_of_them_bind() {
        let world = World::new();
        let seeds = seeds();
        seeds.iter().for_each(|seed| check_policies(&world, seed));
        let binds = |seed: &&Vec<u8>| {
            let parts = seed.splitn(FILES.len(), |byte| *byte == 0).map(String::from_utf8_lossy);
            bound(&world, &FILES.into_iter().zip(parts.map(String::from)).collect(), FILES[0]).is_ok()
        };
        let count = seeds.iter().filter(binds).count();
        assert!(count >= 4, "{count} of {} bind", seeds.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        /// Lines left out, repeated and moved between the files.
        #[test]
        fn lines_of_policies(picks in proptest::collection::vec((any::<prop::sample::Index>(), 0..20_u8), 0..40)) {
            let seeds = seeds();
            let lines: Vec<&[u8]> = seeds.iter().flat_map(|seed| seed.split(|byte| *byte == b'\n')).collect();
            let mut text = b"version = 1\nname = \"made\"\n".to_vec();
            for (index, end) in picks {
                let line: &&[u8] = index.get(&lines);
                text.extend_from_slice(line);
                text.push(if end == 0 { 0 } else { b'\n' });
            }
            WORLD.with(|world| check_policies(world, &text));
        }
    }
}
