//! PostgreSQL's spellings that the parser doesn't read, put in words that it does. Works on tokens, so that every place
//! in the client's text stays where it was.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Whitespace, Word};

/// Types whose literal may be written with the type before it (`inet '10.0.0.1'`), beyond those that the parser knows.
const TYPES: &[&str] = &[
    "cidr",
    "daterange",
    "inet",
    "int4range",
    "int8range",
    "jsonpath",
    "macaddr",
    "macaddr8",
    "money",
    "numrange",
    "oid",
    "pg_lsn",
    "tsrange",
    "tstzrange",
    "xml",
];

/// What may follow the name in `TABLE name`.
const AFTER_TABLE: &[Keyword] = &[
    Keyword::UNION,
    Keyword::EXCEPT,
    Keyword::INTERSECT,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::FETCH,
    Keyword::FOR,
];

/// The tokens as the parser reads them. Runs of blanks are one blank each.
pub(super) fn as_the_parser_reads(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written = Vec::with_capacity(tokens.len());
    let mut rest = tokens.as_slice();
    while let [one, after @ ..] = rest {
        let before = written.iter().rev().find(|one: &&TokenWithSpan| one.token != BLANK).map(|one| &one.token);
        rest = if is_table_command(one, before, after) {
            // TABLE name → SELECT * FROM name
            let words = [word("SELECT", Keyword::SELECT), Token::Mul, word("FROM", Keyword::FROM)];
            written.extend(words.into_iter().flat_map(|token| [at(one.span, token), at(one.span, BLANK)]));
            after
        } else if let Some((literal, after)) = typed_literal(one, before, after) {
            // inet '…' → '…'::inet
            written.extend([literal.clone(), at(one.span, Token::DoubleColon), one.clone()]);
            after
        } else if is_side_without_characters(one, before, after) {
            // TRIM(LEADING FROM x) → TRIM(LEADING ' ' FROM x)
            let blank = Token::SingleQuotedString(" ".to_owned());
            written.extend([one.clone(), at(one.span, BLANK), at(one.span, blank)]);
            after
        } else {
            written.push(one.clone());
            after
        };
    }
    written
}

const BLANK: Token = Token::Whitespace(Whitespace::Space);

fn at(span: Span, token: Token) -> TokenWithSpan {
    TokenWithSpan { token, span }
}

fn word(text: &str, keyword: Keyword) -> Token {
    Token::Word(Word { value: text.to_owned(), quote_style: None, keyword })
}

fn keyword(token: &Token) -> Option<Keyword> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

/// The tokens that aren't blanks.
fn shown(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &Token> {
    tokens.iter().map(|one| &one.token).filter(|token| **token != BLANK)
}

/// `TABLE` where a query begins, with a name and nothing that PostgreSQL wouldn't have there behind it.
fn is_table_command(one: &TokenWithSpan, before: Option<&Token>, after: &[TokenWithSpan]) -> bool {
    if keyword(&one.token) != Some(Keyword::TABLE) {
        return false;
    }
    let begins = match before {
        None | Some(Token::LParen | Token::RParen) => true,
        Some(token) => matches!(
            keyword(token),
            Some(
                Keyword::UNION
                    | Keyword::ALL
                    | Keyword::DISTINCT
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
                    | Keyword::EXPLAIN
            )
        ),
    };
    let mut rest = shown(after).peekable();
    let mut named = false;
    while let Some(Token::Word(_)) = rest.peek() {
        rest.next();
        named = true;
        match rest.peek() {
            Some(Token::Period) => drop(rest.next()),
            _ => break,
        }
    }
    let ends = match rest.peek() {
        None | Some(Token::RParen | Token::SemiColon) => true,
        Some(token) => keyword(token).is_some_and(|word| AFTER_TABLE.contains(&word)),
    };
    begins && named && ends
}

/// The literal behind a type's name, and what follows it.
fn typed_literal<'t>(
    one: &TokenWithSpan,
    before: Option<&Token>,
    after: &'t [TokenWithSpan],
) -> Option<(&'t TokenWithSpan, &'t [TokenWithSpan])> {
    let Token::Word(Word { value, quote_style: None, .. }) = &one.token else { return None };
    let known = TYPES.iter().any(|name| value.eq_ignore_ascii_case(name));
    if !known || before == Some(&Token::Period) {
        return None;
    }
    let after = match after {
        [blank, after @ ..] if blank.token == BLANK => after,
        after => after,
    };
    let [literal, after @ ..] = after else { return None };
    let is_string = matches!(
        literal.token,
        Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)
    );
    is_string.then_some((literal, after))
}

/// `LEADING` in `TRIM(LEADING FROM x)`, which takes blanks off.
fn is_side_without_characters(one: &TokenWithSpan, before: Option<&Token>, after: &[TokenWithSpan]) -> bool {
    let side = matches!(keyword(&one.token), Some(Keyword::LEADING | Keyword::TRAILING | Keyword::BOTH));
    side && before == Some(&Token::LParen) && shown(after).next().and_then(keyword) == Some(Keyword::FROM)
}
