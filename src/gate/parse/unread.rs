//! What PostgreSQL reads and the parser doesn't, told by name instead of by the word at which the parser gave up. Only
//! asked of texts that the parser has refused, so that nothing here can refuse or admit by itself.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::diagnostic::{Place, Reason, Rejection};
use super::super::source::{Source, Span};
use super::tokens;

/// Words in a row that give a construct away, its name, and what to write instead.
struct Construct {
    words: &'static [&'static str],
    name: &'static str,
    instead: &'static str,
}

/// The SQL/JSON functions whose clauses the parser doesn't know.
const JSON: &[&str] =
    &["JSON_EXISTS", "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_ARRAY", "JSON_OBJECTAGG", "JSON_ARRAYAGG"];

/// Words that begin such a clause.
const CLAUSES: &[&str] = &[
    "DEFAULT", "EMPTY", "ERROR", "FALSE", "FORMAT", "KEEP", "NULL", "OMIT", "ON", "PASSING", "TRUE", "UNKNOWN", "WITH",
    "WITHOUT",
];

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
    Construct {
        words: &["JSON_TABLE"],
        name: "JSON_TABLE",
        instead: "use jsonb_path_query or jsonb_to_recordset(…) AS x(a int, b text)",
    },
    Construct { words: &["COLLATION", "FOR"], name: "COLLATION FOR", instead: "name a collation with COLLATE" },
];

const WHOLE_TREE: &str = "a table is read with its partitions and children; name the one that you mean";
const SYMMETRIC: &str = "write x BETWEEN least(a, b) AND greatest(a, b)";
const EXCLUDE: &str = "EXCLUDE in a window's frame";
const FRAME: &str = "take the row's own part off the result, as in sum(x) OVER w - x";
const FIELDS: &str =
    "name the fields, as in (value).a, (value).b; of a relation write name.*, of a function SELECT * FROM it";
const PATH: &str = "collect the path in an array in the recursion, and order by it";

/// The rejection of what the parser gave up at, or of the first construct that it never reads; `None` if there is none, and
/// the parser's words have to do.
pub(super) fn construct(source: &Source<'_>, gave_up: &Place) -> Option<Rejection> {
    let raw = tokens::raw(source).ok()?;
    let shown: Vec<&TokenWithSpan> = raw.iter().filter(|one| !tokens::is_blank(one)).collect();
    let stopped = shown.iter().position(|one| *gave_up == Place::Sql(tokens::span_of(source, one)));
    if let Some(rejection) = stopped.and_then(|at| elsewhere_read(source, &shown, at)) {
        return Some(rejection);
    }
    (0..shown.len()).find_map(|at| {
        let here = shown.get(at..)?;
        if let [close, dot, star, ..] = here
            && (&close.token, &dot.token, &star.token) == (&Token::RParen, &Token::Period, &Token::Mul)
        {
            let span = tokens::span_of(source, close).to(tokens::span_of(source, star));
            return Some(unread("(value).*", FIELDS, span));
        }
        let found = CONSTRUCTS.iter().find(|one| {
            here.len() >= one.words.len() && one.words.iter().zip(here).all(|(word, token)| is_word(token, word))
        })?;
        let (first, last) = (here.first()?, here.get(found.words.len().checked_sub(1)?)?);
        let span = tokens::span_of(source, first).to(tokens::span_of(source, last));
        Some(unread(found.name, found.instead, span))
    })
}

/// What the parser reads in other places than the one where it gave up.
fn elsewhere_read(source: &Source<'_>, shown: &[&TokenWithSpan], at: usize) -> Option<Rejection> {
    let (before, stopped) = (shown.get(..at)?, shown.get(at)?);
    let span = tokens::span_of(source, stopped);
    if is_word(stopped, "COLLATE") {
        let instead = "put parentheses around what is collated, as in (x::text) COLLATE \"C\"";
        return Some(unread("COLLATE behind a cast or an operand in brackets", instead, span));
    }
    if is_word(stopped, "CONFLICT") && before.last().is_some_and(|one| is_word(one, "ON")) {
        let instead = "write VALUES (…), or WHERE true before ON CONFLICT";
        return Some(unread("ON CONFLICT right behind the list of a SELECT without FROM", instead, span));
    }
    let word = CLAUSES.iter().find(|word| is_word(stopped, word))?;
    let mut depth = 0_u32;
    let mut around = before.iter().rev();
    around.find(|one| match one.token {
        Token::RParen => {
            depth += 1;
            false
        }
        Token::LParen if depth == 0 => true,
        Token::LParen => {
            depth -= 1;
            false
        }
        _ => false,
    })?;
    let function = around.next()?;
    let name = JSON.iter().find(|name| is_word(function, name))?;
    let instead = "use a path's own means, as in jsonb_path_query(document, path, variables), COALESCE and casts";
    Some(unread(&format!("the clause {word} … of {name}"), instead, span))
}

fn unread(name: &str, instead: &'static str, span: Span) -> Rejection {
    let message = format!("{name} is not supported: pgwicket's parser doesn't read it");
    Rejection::new(Reason::NotSupported, message).at(span).help(instead)
}

fn is_word(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}
