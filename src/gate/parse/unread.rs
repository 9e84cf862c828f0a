//! What PostgreSQL reads and the parser doesn't, told by name instead of by the word at which the parser gave up. Only
//! asked of texts that the parser has refused, so that nothing here can refuse or admit by itself.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::diagnostic::{Reason, Rejection};
use super::super::source::Source;
use super::tokens;

/// Words in a row that give a construct away, its name, and what to write instead.
struct Construct {
    words: &'static [&'static str],
    name: &'static str,
    instead: &'static str,
}

const CONSTRUCTS: &[Construct] = &[
    Construct {
        words: &["ROWS", "FROM"],
        name: "ROWS FROM",
        instead: "write unnest(a, b), or join functions by their WITH ORDINALITY column",
    },
    Construct { words: &["FROM", "ONLY"], name: "ONLY", instead: WHOLE_TREE },
    Construct { words: &["JOIN", "ONLY"], name: "ONLY", instead: WHOLE_TREE },
    Construct { words: &["UPDATE", "ONLY"], name: "ONLY", instead: WHOLE_TREE },
    Construct { words: &["VARIADIC"], name: "VARIADIC", instead: "write the array's elements one by one" },
    Construct { words: &["BETWEEN", "SYMMETRIC"], name: "BETWEEN SYMMETRIC", instead: SYMMETRIC },
    Construct { words: &["BETWEEN", "ASYMMETRIC"], name: "BETWEEN ASYMMETRIC", instead: "leave out ASYMMETRIC" },
    Construct { words: &["EXCLUDE", "CURRENT"], name: EXCLUDE, instead: FRAME },
    Construct { words: &["EXCLUDE", "GROUP"], name: EXCLUDE, instead: FRAME },
    Construct { words: &["EXCLUDE", "TIES"], name: EXCLUDE, instead: FRAME },
    Construct { words: &["EXCLUDE", "NO"], name: EXCLUDE, instead: "leave it out: it is what PostgreSQL does anyway" },
    Construct { words: &["SEARCH", "DEPTH"], name: "SEARCH in a recursive CTE", instead: PATH },
    Construct { words: &["SEARCH", "BREADTH"], name: "SEARCH in a recursive CTE", instead: PATH },
    Construct {
        words: &["GROUP", "BY", "DISTINCT"],
        name: "GROUP BY DISTINCT",
        instead: "write each grouping set once",
    },
    Construct {
        words: &["IS", "DOCUMENT"],
        name: "IS DOCUMENT",
        instead: "xml_is_well_formed_document(text) tells it",
    },
    Construct { words: &["COLLATION", "FOR"], name: "COLLATION FOR", instead: "name a collation with COLLATE" },
];

const WHOLE_TREE: &str = "a table is read with its partitions and children; name the one that you mean";
const SYMMETRIC: &str = "write x BETWEEN least(a, b) AND greatest(a, b)";
const EXCLUDE: &str = "EXCLUDE in a window's frame";
const FRAME: &str = "take the row's own part off the result, as in sum(x) OVER w - x";
const PATH: &str = "collect the path in an array in the recursion, and order by it";

/// The rejection of the first such construct; `None` if there is none, and the parser's words have to do.
pub(super) fn construct(source: &Source<'_>) -> Option<Rejection> {
    let raw = tokens::raw(source).ok()?;
    let shown: Vec<&TokenWithSpan> = raw.iter().filter(|one| !tokens::is_blank(one)).collect();
    (0..shown.len()).find_map(|at| {
        let here = shown.get(at..)?;
        let found = CONSTRUCTS.iter().find(|one| {
            here.len() >= one.words.len() && one.words.iter().zip(here).all(|(word, token)| is_word(token, word))
        })?;
        let (first, last) = (here.first()?, here.get(found.words.len().checked_sub(1)?)?);
        let span = tokens::span_of(source, first).to(tokens::span_of(source, last));
        let message = format!("{} is not supported: pgwicket's parser doesn't read it", found.name);
        Some(Rejection::new(Reason::NotSupported, message).at(span).help(found.instead))
    })
}

fn is_word(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}
