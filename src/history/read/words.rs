//! Text search: what a word is, and whether a record has it. One definition, for the index and for a plain scan, so that
//! both find the same.

use super::record::ReadRecord;

/// Longer words are cut.
const LONGEST_WORD: usize = 128;

/// What a text is searched for: all of its phrases, in any order and field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    phrases: Vec<Phrase>,
}

/// Words that follow each other in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The words.
    pub words: Vec<String>,
    /// The last one is only the beginning of a word.
    pub prefix: bool,
}

impl Words {
    /// Reads what somebody typed: parts between blanks, each a phrase; `sales.orders` is two words that follow each
    /// other, and `cust*` all words that begin so. `None` if there is no word in it.
    pub fn parse(text: &str) -> Option<Words> {
        let phrase = |part: &str| {
            let words: Vec<String> = words(part).collect();
            (!words.is_empty()).then(|| Phrase { words, prefix: part.ends_with('*') })
        };
        let phrases: Vec<Phrase> = text.split_whitespace().filter_map(phrase).collect();
        (!phrases.is_empty()).then_some(Words { phrases })
    }

    /// The phrases.
    pub fn phrases(&self) -> &[Phrase] {
        &self.phrases
    }

    /// Whether each phrase is in one of the record's fields.
    pub fn are_in(&self, record: &ReadRecord) -> bool {
        let fields = fields(record).map(|field| words(&field).collect::<Vec<_>>());
        self.phrases.iter().all(|phrase| fields.iter().any(|field| phrase.is_in(field)))
    }
}

impl Phrase {
    fn is_in(&self, field: &[String]) -> bool {
        let Some((last, first)) = self.words.split_last() else { return false };
        field.windows(self.words.len()).any(|window| {
            window.split_last().is_some_and(|(end, begin)| {
                begin == first && if self.prefix { end.starts_with(last.as_str()) } else { end == last }
            })
        })
    }
}

/// What of a record is searched: SQL, relations, principal, reasons.
pub(in crate::history) fn fields(record: &ReadRecord) -> [String; 4] {
    let relations = record.what.relations.iter().flatten().map(|used| used.relation.as_str());
    [
        record.what.sql.clone().unwrap_or_default(),
        relations.collect::<Vec<_>>().join(" "),
        record.who.principal.clone().unwrap_or_default(),
        reasons(record).collect::<Vec<_>>().join(" "),
    ]
}

/// Every reason code that a record names.
pub(in crate::history) fn reasons(record: &ReadRecord) -> impl Iterator<Item = &str> {
    let decision = &record.decision;
    let violations = decision.violations.iter().flatten().map(|violation| violation.reason.as_str());
    decision
        .reason
        .as_deref()
        .into_iter()
        .chain(decision.told.as_deref())
        .chain(record.result.reason.as_deref())
        .chain(violations)
}

/// The words of a text: runs of letters, digits and `_`, where whatever isn't ASCII counts as a letter; ASCII letters in
/// lower case.
pub(in crate::history) fn words(text: &str) -> impl Iterator<Item = String> {
    let separates = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_';
    text.split(separates).filter(|word| !word.is_empty()).map(|word| {
        let end = word.floor_char_boundary(LONGEST_WORD);
        word.get(..end).unwrap_or(word).to_ascii_lowercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_digits_and_underscores() {
        let found: Vec<String> = words("SELECT \"Straße\".a_1, t2.b FROM sales.orders--x").collect();
        assert_eq!(found, ["select", "straße", "a_1", "t2", "b", "from", "sales", "orders", "x"]);
        assert_eq!(words("* . ''").count(), 0);
        let long = "ü".repeat(100);
        assert_eq!(words(&long).next().unwrap().len(), LONGEST_WORD);
    }

    #[test]
    fn a_part_with_a_dot_is_a_phrase_and_a_star_ends_a_beginning() {
        let parsed = Words::parse("  sales.orders Cust* -- ").unwrap();
        let phrase = |words: &[&str], prefix| Phrase { words: words.iter().map(|&w| w.to_owned()).collect(), prefix };
        assert_eq!(parsed.phrases(), [phrase(&["sales", "orders"], false), phrase(&["cust"], true)]);
        assert_eq!(Words::parse(" ' * "), None);
        let field: Vec<String> = words("FROM sales.orders, hr.customers").collect();
        for (text, there) in [
            ("sales.orders", true),
            ("orders sales", true),
            ("orders.sales", false),
            ("cust*", true),
            ("cust", false),
            ("hr.cust*", true),
        ] {
            let all = Words::parse(text).unwrap();
            assert_eq!(all.phrases().iter().all(|phrase| phrase.is_in(&field)), there, "{text}");
        }
    }
}
