//! Search by words over what one principal may see of the catalog. It looks at what the other metadata tools would tell and at
//! nothing else, so it finds nothing that they hide.

use serde::Serialize;

use super::hidden::HiddenNames;
use super::{ColumnDescription, TableDescription, TableSummary, describe, visible};
use crate::gate::catalog::Catalog;
use crate::gate::policy::BoundPolicy;

/// How much is told of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Names.
    Names,
    /// The line of `get_tables`, and the columns that fit.
    #[default]
    Summary,
    /// The answer of `get_table_schema`.
    Full,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Words, all of which have to be in a name, a type or a comment, in any case.
    pub words: Vec<String>,
    /// Only this schema.
    pub schema: Option<String>,
    /// How much to tell.
    pub detail: Detail,
    /// Relations at most.
    pub limit: usize,
}

/// The answer of `search_objects`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    /// The best first.
    pub found: Vec<Found>,
    /// How many more relations fit.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// One relation that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Found {
    /// By name.
    Names {
        /// `schema.name`.
        relation: String,
        /// The columns that fit; none where the relation itself does.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        columns: Vec<String>,
    },
    /// In short.
    Summary {
        /// The line of `get_tables`.
        #[serde(flatten)]
        relation: TableSummary,
        /// The columns that fit; none where the relation itself does.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        columns: Vec<ColumnDescription>,
    },
    /// All of it.
    Full(TableDescription),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` hands out references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How well something fits: smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    RelationsName,
    PartOfRelationsName,
    ColumnsName,
    PartOfColumnsName,
    TypeOrComment,
}

/// The relations that fit, themselves or by a column.
pub fn search(catalog: &Catalog, policy: &BoundPolicy, search: &Search) -> Findings {
    let hidden = HiddenNames::of(catalog, policy);
    let words: Vec<String> = search.words.iter().map(|word| word.to_lowercase()).collect();
    let mut all: Vec<(Fit, TableDescription, Vec<ColumnDescription>)> = visible(catalog, policy)
        .filter(|(relation, _)| search.schema.as_ref().is_none_or(|schema| relation.schema == *schema))
        .filter_map(|(relation, rights)| fits(&words, describe(catalog, policy, &hidden, relation, rights)))
        .collect();
    all.sort_by(|(a, one, _), (b, other, _)| {
        let (one, other) = (&one.summary, &other.summary);
        (a, &one.schema, &one.name).cmp(&(b, &other.schema, &other.name))
    });
    let more = all.len().saturating_sub(search.limit);
    all.truncate(search.limit);
    let found = all.into_iter().map(|(_, table, columns)| match search.detail {
        Detail::Names => Found::Names {
            relation: format!("{}.{}", table.summary.schema, table.summary.name),
            columns: columns.into_iter().map(|column| column.name).collect(),
        },
        Detail::Summary => Found::Summary { relation: table.summary, columns },
        Detail::Full => Found::Full(table),
    });
    Findings { found: found.collect(), more }
}

/// How well the relation fits, and the columns by which it does.
fn fits(words: &[String], table: TableDescription) -> Option<(Fit, TableDescription, Vec<ColumnDescription>)> {
    let name = table.summary.name.to_lowercase();
    let mut texts = vec![name.clone(), table.summary.schema.to_lowercase()];
    texts.extend(table.summary.comment.iter().map(|comment| comment.to_lowercase()));
    let about: Vec<&str> = texts.iter().map(String::as_str).collect();
    let itself = has_all(words, &about).then(|| match words {
        [word] if *word == name => Fit::RelationsName,
        _ if words.iter().any(|word| name.contains(word)) => Fit::PartOfRelationsName,
        _ => Fit::TypeOrComment,
    });
    let columns: Vec<(Fit, ColumnDescription)> = table
        .columns
        .iter()
        .filter_map(|column| column_fits(words, &about, column).map(|fit| (fit, column.clone())))
        .collect();
    let best = itself.into_iter().chain(columns.iter().map(|(fit, _)| *fit)).min()?;
    Some((best, table, columns.into_iter().map(|(_, column)| column).collect()))
}

/// Whether all words are in what is known of the column and its relation, and one of them in the column itself.
fn column_fits(words: &[String], about: &[&str], column: &ColumnDescription) -> Option<Fit> {
    let (name, type_name) = (column.name.to_lowercase(), column.type_name.to_lowercase());
    let comment = column.comment.as_ref().map(|comment| comment.to_lowercase());
    let own: Vec<&str> = [name.as_str(), type_name.as_str()].into_iter().chain(comment.as_deref()).collect();
    let all: Vec<&str> = about.iter().chain(&own).copied().collect();
    if !has_all(words, &all) || !words.iter().any(|word| own.iter().any(|text| text.contains(word.as_str()))) {
        return None;
    }
    Some(match words {
        [word] if *word == name => Fit::ColumnsName,
        _ if words.iter().any(|word| name.contains(word)) => Fit::PartOfColumnsName,
        _ => Fit::TypeOrComment,
    })
}

fn has_all(words: &[String], texts: &[&str]) -> bool {
    words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}
