//! A statement without its literals, for the history: used where it parses but can't be lowered.

use sqlparser::tokenizer::Token;

use super::super::source::Source;
use super::super::stack::on_big_stack;
use super::tokens::{is_blank, raw, span_of};
use super::{MAX_BYTES, MAX_TOKENS, parse};

/// The text of a refused statement for the history: one that the parser can read, with every literal replaced by `?`,
/// comments dropped, blanks collapsed, and `"?"` for each name in double quotes that `is_name` doesn't know. `None` for any other: where a quote is missing, tokens don't tell
/// what was meant as a literal. A name in quotes that doesn't exist is often meant as one, too.
pub fn redact_refused(source: &Source<'_>, is_name: &dyn Fn(&str) -> bool) -> Option<String> {
    on_big_stack(|| parse(source).is_ok()).then(|| redact(source, is_name))?
}

/// The text with every literal replaced by `?`, comments dropped and blanks collapsed; `None` where it doesn't
/// tokenize or is over a cap.
#[cfg(test)]
pub(super) fn redact_tokens(source: &Source<'_>) -> Option<String> {
    redact(source, &|_| true)
}

fn redact(source: &Source<'_>, is_name: &dyn Fn(&str) -> bool) -> Option<String> {
    if source.text().len() > MAX_BYTES {
        return None;
    }
    let tokens = raw(source).ok()?;
    if tokens.iter().filter(|one| !is_blank(one)).count() > MAX_TOKENS {
        return None;
    }
    let mut redacted = String::with_capacity(source.text().len());
    for one in &tokens {
        if is_blank(one) {
            if !redacted.is_empty() && !redacted.ends_with(' ') {
                redacted.push(' ');
            }
        } else if is_literal(&one.token) {
            redacted.push('?');
        } else if matches!(&one.token, Token::Word(word) if word.quote_style.is_some() && !is_name(&word.value)) {
            redacted.push_str("\"?\"");
        } else {
            redacted.push_str(source.slice(span_of(source, one)));
        }
    }
    redacted.truncate(redacted.trim_end().len());
    Some(redacted)
}

fn is_literal(token: &Token) -> bool {
    match token {
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::TripleSingleQuotedString(_)
        | Token::TripleDoubleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::TripleSingleQuotedByteStringLiteral(_)
        | Token::TripleDoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::DoubleQuotedRawStringLiteral(_)
        | Token::TripleSingleQuotedRawStringLiteral(_)
        | Token::TripleDoubleQuotedRawStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::QuoteDelimitedStringLiteral(_)
        | Token::NationalQuoteDelimitedStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::HexStringLiteral(_) => true,
        // Words, punctuation, operators and parameters are kept.
        _ => false,
    }
}
