//! The names that somebody may mean who has typed a part of one, out of what one principal may see.

use serde::Serialize;

use super::{Catalog, Relation, by_path, readable, schemas, visible};
use crate::gate::policy::BoundPolicy;

/// What kind of name is typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted<'a> {
    /// A schema.
    Schema,
    /// A relation, of one schema if that is known.
    Relation {
        /// The schema.
        schema: Option<&'a str>,
    },
    /// A relation with its schema: `schema.name`.
    Qualified,
    /// A column.
    Column {
        /// Its relation, as `schema.name` or by name alone.
        relation: &'a str,
    },
}

/// Names, the likeliest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completions {
    /// As many as were asked for.
    pub names: Vec<String>,
    /// How many there are.
    pub total: usize,
}

/// At most so many names that contain what was typed, in any case: those first that begin with it. Of a relation that
/// isn't visible there are no columns, be it hidden or missing.
pub fn complete(catalog: &Catalog, policy: &BoundPolicy, wanted: Wanted<'_>, typed: &str, most: usize) -> Completions {
    let names = match wanted {
        Wanted::Schema => schemas(catalog, policy),
        Wanted::Relation { schema } => {
            let fitting = visible(catalog, policy).filter(|(one, _)| schema.is_none_or(|schema| one.schema == schema));
            sorted(fitting.map(|(one, _)| one.name.clone()))
        }
        Wanted::Qualified => sorted(visible(catalog, policy).map(|(one, _)| qualified(one))),
        Wanted::Column { relation } => columns(catalog, policy, relation),
    };
    let typed = typed.to_lowercase();
    let rank = |name: &String| {
        let name = name.to_lowercase();
        let part = matches!(wanted, Wanted::Qualified).then(|| name.split('.').any(|part| part.starts_with(&typed)));
        let begins = name.starts_with(&typed) || part.unwrap_or_default();
        (begins || name.contains(&typed)).then_some(!begins)
    };
    let mut ranked: Vec<(bool, String)> =
        names.into_iter().filter_map(|name| rank(&name).map(|later| (later, name))).collect();
    ranked.sort_by_key(|(later, _)| *later);
    let total = ranked.len();
    Completions { names: ranked.into_iter().take(most).map(|(_, name)| name).collect(), total }
}

fn qualified(relation: &Relation) -> String {
    format!("{}.{}", relation.schema, relation.name)
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// In the relation's own order.
fn columns(catalog: &Catalog, policy: &BoundPolicy, name: &str) -> Vec<String> {
    let unqualified = || readable(policy, by_path(catalog, policy, name)?);
    let found = visible(catalog, policy).find(|(one, _)| qualified(one) == name).or_else(unqualified);
    let Some((relation, rights)) = found else { return Vec::new() };
    let columns = relation.columns.iter().enumerate();
    columns.filter(|(at, _)| rights.column_visible(*at)).map(|(_, column)| column.name.clone()).collect()
}
