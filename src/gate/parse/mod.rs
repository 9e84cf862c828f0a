//! Parse: text becomes exactly one statement of sqlparser's, within bounds. Knows nothing of names and meaning; what
//! the parser's tree would lose or misread is refused on the tokens, before it (see [`tokens`]).
//!
//! Call it inside [`on_big_stack`](super::stack::on_big_stack), and let go of what it returns there, too.

use sqlparser::ast::{Expr, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserOptions};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::diagnostic::{Reason, Rejection};
use super::source::{Source, Span};

mod error;
mod operators;
mod redact;
mod spelling;
#[cfg(test)]
mod tests;
mod tokens;
mod unread;

pub use redact::redact_refused;

static DIALECT: PostgreSqlDialect = PostgreSqlDialect {};

/// Bytes of a client's statement at most.
pub const MAX_BYTES: usize = 256 << 10;

/// Tokens of a client's statement at most, blanks and comments left out.
pub const MAX_TOKENS: usize = 20_000;

/// How much text a parse may cost.
struct Caps {
    bytes: usize,
    tokens: usize,
    /// Depth of the parser's own recursion; lowering has a stricter measure of nesting.
    recursion: usize,
}

const CLIENT: Caps = Caps { bytes: MAX_BYTES, tokens: MAX_TOKENS, recursion: 300 };

/// What emit makes of a client's statement is longer (names, schemas, masks, filters) and in more parentheses.
const EMITTED: Caps = Caps { bytes: 16 << 20, tokens: 2_000_000, recursion: 4_000 };

/// One statement as the parser reads it. Not `Clone`, not `Debug`: both would recurse through an untrusted tree.
pub struct Parsed {
    /// The statement.
    pub statement: Statement,
}

/// Reads a client's text: one statement, with an optional semicolon behind it.
pub fn parse(source: &Source<'_>) -> Result<Parsed, Rejection> {
    statement(source, &CLIENT)
}

/// Reads text that emit made.
pub fn parse_emitted(source: &Source<'_>) -> Result<Parsed, Rejection> {
    statement(source, &EMITTED)
}

/// Reads one expression, as a policy's row filters and masks are.
pub fn parse_expression(source: &Source<'_>) -> Result<Expr, Rejection> {
    let mut parser = parser(source, &CLIENT)?;
    let expr = parser.parse_expr().map_err(|error| error::from_parser(source, &error))?;
    match parser.next_token() {
        TokenWithSpan { token: Token::EOF, span: _ } => Ok(expr),
        other => Err(Rejection::new(Reason::ParseError, "the expression ends before the text does")
            .at(tokens::span_of(source, &other))),
    }
}

fn statement(source: &Source<'_>, caps: &Caps) -> Result<Parsed, Rejection> {
    let mut parser = parser(source, caps)?;
    let statement = parser.parse_statement().map_err(|error| unreadable(source, error::from_parser(source, &error)))?;
    let ended = parser.consume_token(&Token::SemiColon);
    match parser.next_token() {
        TokenWithSpan { token: Token::EOF, span: _ } => Ok(Parsed { statement }),
        other => {
            let message = if ended {
                "the text holds more than one statement".to_owned()
            } else {
                format!("the statement can't be read from {} on", error::found(&other.token.to_string()))
            };
            Err(unreadable(source, Rejection::new(Reason::ParseError, message).at(tokens::span_of(source, &other))))
        }
    }
}

/// The parser's own words, unless there is something better to say.
fn unreadable(source: &Source<'_>, error: Rejection) -> Rejection {
    match error.reason {
        Reason::ParseError => unread::construct(source, &error.place).unwrap_or(error),
        _ => error,
    }
}

fn parser(source: &Source<'_>, caps: &Caps) -> Result<Parser<'static>, Rejection> {
    let tokens = tokens::read(source, caps)?;
    Ok(Parser::new(&DIALECT)
        .with_options(ParserOptions::new().with_unescape(false))
        .with_recursion_limit(caps.recursion)
        .with_tokens_with_locations(tokens))
}

fn too_big(what: &str, limit: usize) -> Rejection {
    Rejection::new(Reason::LimitExceeded, format!("the statement has more than {limit} {what}"))
}

fn parse_error(message: &str, span: Span) -> Rejection {
    Rejection::new(Reason::ParseError, message).at(span)
}
