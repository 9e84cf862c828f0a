//! Names that a principal doesn't see, to be looked for in what people wrote about the database.

use std::collections::HashSet;

use super::visible;
use crate::gate::catalog::Catalog;
use crate::gate::policy::BoundPolicy;

/// Names of relations and schemas that are hidden, and of hidden columns of visible relations; in lower case. A name that
/// something visible has, too, tells nothing.
pub(super) struct HiddenNames {
    words: HashSet<String>,
    /// Names that aren't one word.
    phrases: Vec<String>,
}

impl HiddenNames {
    pub(super) fn of(catalog: &Catalog, policy: &BoundPolicy) -> Self {
        let mut hidden: HashSet<String> = HashSet::new();
        let mut known: HashSet<String> = HashSet::new();
        hidden.extend(catalog.parts().relations.iter().map(|one| one.name.to_lowercase()));
        hidden.extend(catalog.parts().schemas.iter().map(|schema| schema.to_lowercase()));
        for (relation, rights) in visible(catalog, policy) {
            known.extend([relation.name.to_lowercase(), relation.schema.to_lowercase()]);
            for (at, column) in relation.columns.iter().enumerate() {
                let names = if rights.column_visible(at) { &mut known } else { &mut hidden };
                names.insert(column.name.to_lowercase());
            }
        }
        hidden.retain(|name| !known.contains(name));
        let (words, phrases): (HashSet<String>, HashSet<String>) =
            hidden.into_iter().partition(|name| name.chars().all(is_of_a_word));
        Self { words, phrases: phrases.into_iter().collect() }
    }

    /// Whether the text has one of them as a word.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        lower.split(|c| !is_of_a_word(c)).any(|word| self.words.contains(word))
            || self.phrases.iter().any(|phrase| lower.contains(phrase.as_str()))
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
