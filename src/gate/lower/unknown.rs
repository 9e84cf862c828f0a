//! The one place where missing and hidden names are answered, so that nobody can tell them apart: reason, sentence,
//! place and help depend on the name as it was written and on what the principal may see, on nothing else.

use super::scope::{ScopeColumn, ScopeItem, Sight};
use super::{Lowering, Mode};
use crate::gate::catalog::Relation;
use crate::gate::diagnostic::{Place, Reason, Rejection, Rule};
use crate::gate::information::View;
use crate::gate::policy::{Visibility, nearest};

/// What is really the matter with a name that is answered as missing.
pub(super) struct Truth {
    message: String,
    rule: Option<Rule>,
}

impl Truth {
    pub(super) fn new(message: String, rule: Option<&Rule>) -> Self {
        Self { message, rule: rule.cloned() }
    }

    /// For a hidden column.
    pub(super) fn hidden_column(relation: &Relation, column: &str, rule: Option<&Rule>) -> Self {
        let why = if rule.is_some() { "is hidden by the policy" } else { "is not in the policy's list of columns" };
        Self::new(format!("column `{column}` of `{}.{}` {why}", relation.schema, relation.name), rule)
    }
}

/// How many names a help lists.
const LISTED: usize = 12;

/// How many candidates are compared with a misspelt name.
const COMPARED: usize = 5_000;

impl Lowering<'_> {
    /// A relation that isn't there for the principal.
    pub(super) fn unknown_relation(
        &self,
        written: &[String],
        place: impl Into<Place>,
        truth: Option<Truth>,
    ) -> Rejection {
        let message = format!("relation `{}` does not exist or is not visible", written.join("."));
        let rejection = Rejection::new(Reason::UnknownRelation, message).at(place).help(self.relation_help(written));
        conceal(rejection, truth)
    }

    /// A relation of PostgreSQL's own: answered like a missing one, with the tools that answer such questions.
    pub(super) fn system_relation(&self, written: &[String], place: impl Into<Place>) -> Rejection {
        let message = format!("relation `{}` does not exist or is not visible", written.join("."));
        let answered: Vec<&str> = View::names().collect();
        Rejection::new(Reason::UnknownRelation, message).at(place).help(format!(
            "the tool get_tables lists schemas and tables, get_table_schema describes the columns and keys of one; of \
             the system's own relations only information_schema's {} can be queried",
            answered.join(", "),
        ))
    }

    /// A column that isn't there for the principal. `among` are the items that it could have belonged to.
    pub(super) fn unknown_column<'s, 'i: 's>(
        &self,
        written: &[String],
        place: impl Into<Place>,
        among: impl IntoIterator<Item = &'s ScopeItem<'i>>,
        truth: Option<Truth>,
    ) -> Rejection {
        let message = format!("column `{}` does not exist or is not visible", written.join("."));
        let qualified = written.len() > 1;
        let candidates = among.into_iter().flat_map(|item| visible_names(item, qualified)).take(COMPARED).collect();
        let mut rejection = Rejection::new(Reason::UnknownColumn, message).at(place);
        if let Some(name) = written.last() {
            let what = match written.split_last() {
                Some((_, qualifier)) if qualified => format!("columns of `{}`", qualifier.join(".")),
                _ => "columns in scope".to_owned(),
            };
            rejection.help = help(name, candidates, &what);
        }
        conceal(rejection, truth)
    }

    /// A column of a write's target that isn't there for the principal.
    pub(super) fn unknown_target_column(
        &self,
        name: &str,
        place: impl Into<Place>,
        target: &ScopeItem<'_>,
        truth: Option<Truth>,
    ) -> Rejection {
        let mut rejection =
            Rejection::new(Reason::UnknownColumn, format!("column `{name}` does not exist or is not visible"))
                .at(place);
        rejection.help = help(name, visible_names(target, true).collect(), "columns of the table");
        conceal(rejection, truth)
    }

    fn relation_help(&self, written: &[String]) -> String {
        let Some(name) = written.last() else { return String::new() };
        let schema = written.len().checked_sub(2).and_then(|at| written.get(at));
        let visible = self.catalog.parts().relations.iter().filter(|relation| self.is_readable(relation));
        let mut candidates: Vec<Candidate> = visible
            .map(|relation| Candidate { key: relation.name.clone(), shown: display(&relation.schema, &relation.name) })
            .take(COMPARED)
            .collect();
        // A wrong schema is a likelier slip than a wrong name.
        if let Some(schema) = schema
            && let Some(near) = candidates.iter().find(|one| one.key == *name)
            && near.shown != display(schema, name)
        {
            return format!("did you mean `{}`?", near.shown);
        }
        candidates.sort();
        match help(name, candidates, "visible relations") {
            Some(help) => format!("{help}; the tool get_tables lists them all"),
            None => "no relation is visible under this policy".to_owned(),
        }
    }

    fn is_readable(&self, relation: &Relation) -> bool {
        match self.mode {
            Mode::Client => {
                self.policy.rights(relation.oid).is_some_and(|rights| rights.visibility == Visibility::Readable)
            }
            Mode::Policy | Mode::Verify => true,
        }
    }
}

/// A name that a help may show.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    shown: String,
    key: String,
}

/// Keeps the truth beside the public form.
pub(super) fn conceal(rejection: Rejection, truth: Option<Truth>) -> Rejection {
    let reason = rejection.reason;
    match truth {
        Some(truth) => rejection.concealing(reason, truth.message, truth.rule),
        None => rejection,
    }
}

/// The visible columns of an item, as they would have to be written.
fn visible_names<'s>(item: &'s ScopeItem<'_>, bare: bool) -> impl Iterator<Item = Candidate> + 's {
    let seen = |column: &&ScopeColumn<'_>| column.sight() == Sight::Visible;
    item.columns.iter().filter(seen).map(move |column| Candidate {
        key: column.name.to_string(),
        shown: match &item.alias {
            Some(alias) if !bare => display(alias, &column.name),
            Some(_) | None => quoted(&column.name),
        },
    })
}

/// `did you mean …?` and what there is; `None` where there is nothing.
fn help(name: &str, candidates: Vec<Candidate>, what: &str) -> Option<String> {
    if candidates.is_empty() {
        return None;
    }
    let near = nearest(name, candidates.iter().map(|one| one.key.as_str()));
    let near = near.and_then(|key| candidates.iter().find(|one| one.key == key));
    let mut listed: Vec<&str> = Vec::new();
    for one in &candidates {
        if listed.len() < LISTED && !listed.contains(&one.shown.as_str()) {
            listed.push(&one.shown);
        }
    }
    let list = listed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = candidates.len().saturating_sub(listed.len());
    let list = if more > 0 { format!("{what}: {list} and {more} more") } else { format!("{what}: {list}") };
    Some(match near {
        Some(one) => format!("did you mean `{}`? {list}", one.shown),
        None => list,
    })
}

/// `schema.name`, each part quoted where it needs to be.
fn display(qualifier: &str, name: &str) -> String {
    format!("{}.{}", quoted(qualifier), quoted(name))
}

/// The name as it has to be written: quoted unless it is plain lower case.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
