//! The parser's errors in plain words, with the place taken out of the sentence.

use sqlparser::parser::ParserError;
use sqlparser::tokenizer::TokenizerError;

use super::super::diagnostic::{Reason, Rejection};
use super::super::source::{Source, Span};

/// Characters of a message at most.
const LONGEST: usize = 200;

pub(super) fn from_parser(source: &Source<'_>, error: &ParserError) -> Rejection {
    match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            let (message, span) = split_place(source, message);
            Rejection::new(Reason::ParseError, plain(message)).at(span)
        }
        ParserError::RecursionLimitExceeded => {
            Rejection::new(Reason::LimitExceeded, "the statement is nested too deep")
                .help("split it with WITH, or write it flatter")
        }
    }
}

pub(super) fn from_tokenizer(source: &Source<'_>, error: &TokenizerError) -> Rejection {
    let TokenizerError { message, location } = error;
    let start = source.offset(location.line, location.column);
    let span = Span::new(start, source.text().len() as u32);
    Rejection::new(Reason::ParseError, plain(message)).at(span)
}

/// Takes ` at Line: 1, Column: 9` off the end; without one the place is the end of the text.
fn split_place<'m>(source: &Source<'_>, message: &'m str) -> (&'m str, Span) {
    let end = source.text().len() as u32;
    let place = message.rfind(" at Line: ").and_then(|at| {
        let (sentence, place) = message.split_at_checked(at)?;
        let (line, column) = place.strip_prefix(" at Line: ")?.split_once(", Column: ")?;
        Some((sentence, line.parse().ok()?, column.parse().ok()?))
    });
    match place {
        Some((sentence, line, column)) => {
            let start = source.offset(line, column);
            (sentence, Span::new(start, word_end(source, start)))
        }
        None => (message, Span::new(end, end)),
    }
}

/// The end of the word, or else of the character, that begins there.
fn word_end(source: &Source<'_>, start: u32) -> u32 {
    let rest = source.slice(Span::new(start, source.text().len() as u32));
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let length = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
    start + length as u32
}

fn plain(message: &str) -> String {
    let sentence = match message.split_once(", found: ") {
        Some((expected, token)) => {
            let expected = expected.strip_prefix("Expected: ").unwrap_or(expected);
            format!("expected {expected}, found {}", found(token))
        }
        // The parser shows its own data structures here.
        None if message.contains("infix parser") => "the expression can't be read from here on".to_owned(),
        None => lower_first(message),
    };
    let mut short: String = sentence.chars().take(LONGEST).collect();
    if short.len() < sentence.len() {
        short.push('…');
    }
    short
}

/// What was found, without the values that a client may have written there.
pub(super) fn found(token: &str) -> String {
    if token == "EOF" {
        "the end of the text".to_owned()
    } else if token.contains(['\'', '$']) {
        "a string".to_owned()
    } else if token.starts_with(|c: char| c.is_ascii_digit()) {
        "a number".to_owned()
    } else {
        format!("`{}`", token.chars().take(40).collect::<String>())
    }
}

fn lower_first(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
