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
            && self.relation.as_deref().is_none_or(|wanted| relations(record).any(|relation| names(wanted, relation)))
            && self.words.as_ref().is_none_or(|words| words.are_in(record))
    }
}

fn relations(record: &ReadRecord) -> impl Iterator<Item = &str> {
    record.what.relations.iter().flatten().map(|used| used.relation.as_str())
}

/// Whether somebody means `relation` by `wanted`.
fn names(wanted: &str, relation: &str) -> bool {
    wanted == relation || relation.split_once('.').is_some_and(|(_, name)| name == wanted)
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
            assert_eq!(names(wanted, relation), named, "{wanted} {relation}");
        }
    }
}
