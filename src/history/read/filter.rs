//! Which records are asked for. Everything that is named has to hold.

use super::super::record::Verdict;
use super::record::ReadRecord;
use super::words::{Words, reasons};
use jiff::Timestamp;

/// What a record must be to be shown; nothing named lets every record through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Written at this time or later.
    pub since: Option<Timestamp>,
    /// Written before this time.
    pub until: Option<Timestamp>,
    /// By this principal.
    pub principal: Option<String>,
    /// With this relation, `schema.name` or `name` alone.
    pub relation: Option<String>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// With this reason code, true or told, of the whole or of a violation.
    pub reason: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// With these words.
    pub words: Option<Words>,
}

impl Filter {
    /// Whether the record is one of those asked for.
    pub fn matches(&self, record: &ReadRecord) -> bool {
        let is = |wanted: &Option<String>, has: Option<&str>| wanted.is_none() || wanted.as_deref() == has;
        self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time < until)
            && is(&self.kind, Some(&record.kind))
            && is(&self.principal, record.who.principal.as_deref())
            && (self.verdict.is_none() || self.verdict == record.decision.verdict)
            && self.reason.as_deref().is_none_or(|wanted| reasons(record).any(|reason| reason == wanted))
            && self.relation.as_deref().is_none_or(|wanted| relation_names(record).any(|name| name == wanted))
            && self.words.as_ref().is_none_or(|words| words.are_in(record))
    }
}

/// The names of a record's relations, with their schemas and without.
pub(in crate::history) fn relation_names(record: &ReadRecord) -> impl Iterator<Item = &str> {
    record.what.relations.iter().flatten().flat_map(|used| names(&used.relation))
}

fn names(relation: &str) -> impl Iterator<Item = &str> {
    std::iter::once(relation).chain(relation.split_once('.').map(|(_, name)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_named_with_its_schema_or_without() {
        for (wanted, relation, named) in [
            ("sales.orders", "sales.orders", true),
            ("orders", "sales.orders", true),
            ("sales", "sales.orders", false),
            ("orders", "sales.orders.x", false),
            ("orders.x", "sales.orders.x", true),
            ("rders", "sales.orders", false),
        ] {
            assert_eq!(names(relation).any(|name| name == wanted), named, "{wanted} {relation}");
        }
    }
}
