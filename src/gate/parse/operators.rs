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
    let Token::CustomBinaryOperator(symbol) = &one.token else {
        tokens.push(one);
        return Ok(());
    };
    if symbol.contains("--") || symbol.contains("/*") {
        return Err(parse_error("a comment follows an operator without a blank between", span_of(source, &one)));
    }
    let kept = symbol.trim_end_matches(['+', '-']);
    if kept.len() == symbol.len() || kept.is_empty() || symbol.contains(ALLOW_SIGN_AT_END) {
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
