//! Operators as PostgreSQL's lexer cuts them: `a>=-1` is `>=` and `-`, where the parser's tokenizer sees one operator.

use sqlparser::tokenizer::{Location, Span as TokenSpan, Token, TokenWithSpan};

use super::super::diagnostic::Rejection;
use super::super::source::Source;
use super::parse_error;
use super::tokens::span_of;

/// A multi-character operator that ends in `+` or `-` must have one of these, else the signs are cut off.
const ALLOW_SIGN_AT_END: &[char] = &['~', '!', '@', '#', '^', '&', '|', '`', '?', '%'];

/// Appends the token, cut into several where PostgreSQL would cut it.
pub(super) fn push_as_postgresql_reads(
    source: &Source<'_>,
    one: TokenWithSpan,
    tokens: &mut Vec<TokenWithSpan>,
) -> Result<(), Rejection> {
    // To the parser a comparison of MySQL's; to PostgreSQL an operator like any other, as an extension may bring.
    if one.token == Token::Spaceship {
        let token = Token::CustomBinaryOperator("<=>".to_owned());
        tokens.push(TokenWithSpan { token, span: one.span });
        return Ok(());
    }
    let Token::CustomBinaryOperator(symbol) = &one.token else {
        tokens.push(one);
        return Ok(());
    };
    if symbol.contains("--") || symbol.contains("/*") {
        return Err(parse_error("a comment follows an operator without a blank between", span_of(source, &one)));
    }
    // Signs alone are cut after the first.
    let kept = match symbol.trim_end_matches(['+', '-']) {
        "" => symbol.get(..1).unwrap_or(symbol),
        kept => kept,
    };
    if kept.len() == symbol.len() || symbol.contains(ALLOW_SIGN_AT_END) {
        tokens.push(one);
        return Ok(());
    }
    let signs = symbol.strip_prefix(kept).unwrap_or_default();
    let Location { line, column } = one.span.start;
    let mut start = column;
    for text in std::iter::once(kept.to_owned()).chain(signs.chars().map(String::from)) {
        let end = start + text.len() as u64;
        let span = TokenSpan::new(Location::new(line, start), Location::new(line, end));
        tokens.push(TokenWithSpan { token: known(text), span });
        start = end;
    }
    Ok(())
}

/// Characters that operators are made of.
const OPERATOR_CHARACTERS: &[char] =
    &['+', '-', '*', '/', '<', '>', '=', '~', '!', '@', '#', '%', '^', '&', '|', '`', '?'];

/// Why the token isn't what PostgreSQL's lexer finds at its place; `None` if it is. The tokenizer swallows what follows
/// `&>`, and cuts `2 *@ 3` or `!=-1` where PostgreSQL sees one operator.
pub(super) fn misread(source: &Source<'_>, one: &TokenWithSpan) -> Option<&'static str> {
    let span = span_of(source, one);
    let written = source.slice(span);
    if one.token == Token::AmpersandRightAngleBracket {
        let blank = written.strip_prefix("&>").is_some_and(|rest| rest.chars().all(char::is_whitespace));
        return (!blank).then_some("`&>` is not followed by a blank");
    }
    if written.is_empty() || !written.chars().all(|c| OPERATOR_CHARACTERS.contains(&c)) {
        return None;
    }
    let rest = source.text().get(span.start as usize..).unwrap_or_default();
    let mut run = rest.find(|c| !OPERATOR_CHARACTERS.contains(&c)).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
    for comment in ["--", "/*"] {
        run = run.find(comment).map_or(run, |at| run.get(..at).unwrap_or(run));
    }
    if !run.contains(ALLOW_SIGN_AT_END) {
        let cut = run.trim_end_matches(['+', '-']);
        let first = run.chars().next().map_or(0, char::len_utf8);
        run = if cut.is_empty() { run.get(..first).unwrap_or(run) } else { cut };
    }
    (run != written)
        .then_some("operators stand together that PostgreSQL reads as another one; put a blank between them")
}

fn known(symbol: String) -> Token {
    match symbol.as_str() {
        "+" => Token::Plus,
        "-" => Token::Minus,
        "*" => Token::Mul,
        "/" => Token::Div,
        "=" => Token::Eq,
        "<" => Token::Lt,
        ">" => Token::Gt,
        "<=" => Token::LtEq,
        ">=" => Token::GtEq,
        "<>" => Token::Neq,
        "=>" => Token::RArrow,
        "->" => Token::Arrow,
        "->>" => Token::LongArrow,
        "<<" => Token::ShiftLeft,
        ">>" => Token::ShiftRight,
        "<->" => Token::TwoWayArrow,
        _ => Token::CustomBinaryOperator(symbol),
    }
}
