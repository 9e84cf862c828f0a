//! Tokens: read, counted, and refused where the parser would lose or misread something that PostgreSQL would not.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::super::diagnostic::{Reason, Rejection};
use super::super::source::{Source, Span};
use super::{Caps, DIALECT, error, operators, parse_error, spelling, too_big};

/// The tokens of the text with every run of blanks and comments as one blank, within the caps.
pub(super) fn read(source: &Source<'_>, caps: &Caps) -> Result<Vec<TokenWithSpan>, Rejection> {
    if source.text().len() > caps.bytes {
        return Err(too_big("bytes", caps.bytes));
    }
    if let Some(at) = source.text().find('\0') {
        return Err(parse_error("the text holds a NUL character", Span::new(at as u32, at as u32 + 1)));
    }
    let raw = raw(source)?;
    let count = raw.iter().filter(|one| !is_blank(one)).count();
    if count > caps.tokens {
        return Err(too_big("tokens", caps.tokens));
    }
    if raw.iter().all(|one| is_blank(one) || one.token == Token::SemiColon) {
        return Err(Rejection::new(Reason::ParseError, "the text holds no statement"));
    }
    let mut tokens: Vec<TokenWithSpan> = Vec::with_capacity(raw.len());
    for one in raw {
        if is_blank(&one) {
            if !tokens.last().is_some_and(is_blank) {
                tokens.push(TokenWithSpan { token: Token::Whitespace(Whitespace::Space), span: one.span });
            }
        } else {
            operators::push_as_postgresql_reads(source, one, &mut tokens)?;
        }
    }
    check(source, &tokens)?;
    Ok(spelling::as_the_parser_reads(tokens))
}

/// The tokens as the tokenizer gives them.
pub(super) fn raw(source: &Source<'_>) -> Result<Vec<TokenWithSpan>, Rejection> {
    Tokenizer::new(&DIALECT, source.text())
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| error::from_tokenizer(source, &error))
}

pub(super) fn is_blank(one: &TokenWithSpan) -> bool {
    matches!(one.token, Token::Whitespace(_))
}

pub(super) fn span_of(source: &Source<'_>, one: &TokenWithSpan) -> Span {
    let offset = |at: Location| source.offset(at.line, at.column);
    if one.span.start.line == 0 {
        return Span::default();
    }
    Span::new(offset(one.span.start), offset(one.span.end))
}

/// POSITION inside of POSITION at most. The parser reads what stands in its parentheses twice where no IN follows, so
/// that time doubles with each level.
const MAX_NESTED_POSITIONS: usize = 4;

/// Refuses a statement that would keep the parser busy for ages.
fn check_positions(source: &Source<'_>, shown: &[&TokenWithSpan]) -> Result<(), Rejection> {
    // For each open parenthesis whether it is a POSITION's.
    let mut open: Vec<bool> = Vec::new();
    let mut nested = 0_usize;
    let mut before: Option<&TokenWithSpan> = None;
    for one in shown {
        match one.token {
            Token::LParen => {
                let position = before.is_some_and(|before| is_word(before, Keyword::POSITION));
                open.push(position);
                nested += usize::from(position);
                if nested > MAX_NESTED_POSITIONS {
                    let message = format!("POSITION stands in POSITION more than {MAX_NESTED_POSITIONS} times");
                    return Err(Rejection::new(Reason::LimitExceeded, message).at(span_of(source, one)));
                }
            }
            Token::RParen => nested -= usize::from(open.pop().unwrap_or_default()),
            _ => {}
        }
        before = Some(one);
    }
    Ok(())
}

/// Refuses `GROUPING SETS ((CUBE (a)))`, which is a function's call for PostgreSQL: the parser drops the parentheses that
/// make it one.
fn check_sets(source: &Source<'_>, shown: &[&TokenWithSpan]) -> Result<(), Rejection> {
    #[derive(Clone, Copy, PartialEq)]
    enum Open {
        Sets,
        Set,
        Other,
    }
    let mut open: Vec<Open> = Vec::new();
    let (mut before, mut before_that): (Option<&TokenWithSpan>, Option<&TokenWithSpan>) = (None, None);
    for one in shown {
        match one.token {
            Token::LParen => {
                let sets = before.is_some_and(|word| is_word(word, Keyword::SETS))
                    && before_that.is_some_and(|word| is_word(word, Keyword::GROUPING));
                let inside = open.last() == Some(&Open::Sets) && before.is_some_and(|one| !is_name(one));
                open.push(if sets {
                    Open::Sets
                } else if inside {
                    Open::Set
                } else {
                    Open::Other
                });
            }
            Token::RParen => drop(open.pop()),
            Token::Word(Word { keyword: Keyword::CUBE | Keyword::ROLLUP, quote_style: None, .. })
                if open.last() == Some(&Open::Set) && before.is_some_and(|one| one.token == Token::LParen) =>
            {
                return Err(parse_error("ROLLUP or CUBE in parentheses of its own", span_of(source, one)));
            }
            _ => {}
        }
        before_that = before;
        before = Some(one);
    }
    Ok(())
}

fn is_name(one: &TokenWithSpan) -> bool {
    matches!(one.token, Token::Word(_))
}

/// Refuses what the parser's tree would not show.
fn check(source: &Source<'_>, tokens: &[TokenWithSpan]) -> Result<(), Rejection> {
    let shown: Vec<&TokenWithSpan> = tokens.iter().filter(|one| !is_blank(one)).collect();
    check_positions(source, &shown)?;
    check_sets(source, &shown)?;
    for (at, one) in shown.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| shown.get(before));
        let rest = shown.get(at + 1..).unwrap_or_default();
        let refusal = match &one.token {
            Token::Number(digits, long) => number(one, digits, *long, rest),
            Token::DoubleEq => Some("`==` is no operator of PostgreSQL's; equality is `=`"),
            Token::DollarQuotedString(string) => {
                let digit = |tag: &String| tag.starts_with(|c: char| c.is_ascii_digit());
                string
                    .tag
                    .as_ref()
                    .is_some_and(digit)
                    .then_some("the tag of a dollar-quoted string begins with a digit")
            }
            Token::Word(word) if word.quote_style.is_none() => self::word(one, word, before.copied(), rest),
            _ => operators::misread(source, one),
        };
        if let Some(message) = refusal {
            return Err(parse_error(message, span_of(source, one)));
        }
    }
    Ok(())
}

/// Numbers in forms that PostgreSQL 12 to 18 read differently, or that run into the next word.
fn number(one: &TokenWithSpan, digits: &str, long: bool, rest: &[&TokenWithSpan]) -> Option<&'static str> {
    if digits.contains('_') {
        return Some("a number has an underscore in it");
    }
    let runs_on = rest.first().is_some_and(|next| {
        next.span.start == one.span.end && matches!(next.token, Token::Word(_) | Token::Number(..))
    });
    (long || runs_on).then_some("a number runs into what follows it")
}

fn word(
    one: &TokenWithSpan,
    word: &Word,
    before: Option<&TokenWithSpan>,
    rest: &[&TokenWithSpan],
) -> Option<&'static str> {
    match word.keyword {
        // The parser drops a FILTER without a condition.
        Keyword::FILTER if before.is_some_and(|before| before.token == Token::RParen) => {
            let condition =
                matches!(rest, [open, next, ..] if open.token == Token::LParen && is_word(next, Keyword::WHERE));
            (!condition).then_some("FILTER is not followed by (WHERE …)")
        }
        // It drops the side of a TRIM with a comma.
        Keyword::TRIM => trim(rest).then_some("TRIM has a side and a comma"),
        // It takes what follows a subquery's parenthesis for a part of the array: ANY (SELECT 1) + 1.
        Keyword::ANY | Keyword::SOME | Keyword::ALL => {
            continued_subquery(rest).then_some("an operator or a cast follows the subquery of ANY or ALL")
        }
        // It drops fields and precision in front of an interval's value.
        Keyword::INTERVAL => interval(rest).then_some("an interval's fields or precision stand before its value"),
        // It reads U&"…" as the column u, the operator & and a quoted name.
        _ if word.value.eq_ignore_ascii_case("u") => {
            let escaped = matches!(rest, [and, name, ..] if and.token == Token::Ampersand
                && one.span.end == and.span.start
                && and.span.end == name.span.start
                && matches!(&name.token, Token::Word(word) if word.quote_style.is_some()));
            escaped.then_some("names with Unicode escapes are not supported")
        }
        _ => None,
    }
}

fn is_word(one: &TokenWithSpan, keyword: Keyword) -> bool {
    matches!(&one.token, Token::Word(word) if word.keyword == keyword)
}

/// `(SELECT …) + 1`, `(SELECT …)::int`: what binds tighter than a comparison.
fn continued_subquery(rest: &[&TokenWithSpan]) -> bool {
    let [open, first, ..] = rest else { return false };
    let begins = [Keyword::SELECT, Keyword::WITH, Keyword::VALUES];
    if open.token != Token::LParen || !begins.iter().any(|word| is_word(first, *word)) {
        return false;
    }
    let mut depth = 0_usize;
    let mut behind = None;
    for (at, one) in rest.iter().enumerate() {
        match one.token {
            Token::LParen => depth += 1,
            Token::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    behind = rest.get(at + 1);
                    break;
                }
            }
            _ => {}
        }
    }
    // Comparisons, and words like AND, bind less tightly, so the parser ends there, too.
    behind.is_some_and(|next| match &next.token {
        Token::Word(word) => {
            word.quote_style.is_none() && matches!(word.keyword, Keyword::COLLATE | Keyword::AT | Keyword::OPERATOR)
        }
        Token::RParen
        | Token::RBracket
        | Token::Comma
        | Token::SemiColon
        | Token::EOF
        | Token::Colon
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq => false,
        _ => true,
    })
}

/// `TRIM(LEADING 'a', 'b')`.
fn trim(rest: &[&TokenWithSpan]) -> bool {
    let [open, side, inside @ ..] = rest else { return false };
    let sides = [Keyword::LEADING, Keyword::TRAILING, Keyword::BOTH];
    if open.token != Token::LParen || !sides.iter().any(|word| is_word(side, *word)) {
        return false;
    }
    let mut depth = 0_usize;
    for one in inside {
        match &one.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => return false,
            Token::RParen | Token::RBracket => depth -= 1,
            Token::Comma if depth == 0 => return true,
            _ if depth == 0 && is_word(one, Keyword::FROM) => return false,
            _ => {}
        }
    }
    false
}

/// `INTERVAL DAY '1'`, `INTERVAL (3) '1.5'`.
fn interval(rest: &[&TokenWithSpan]) -> bool {
    let fields =
        [Keyword::YEAR, Keyword::MONTH, Keyword::DAY, Keyword::HOUR, Keyword::MINUTE, Keyword::SECOND, Keyword::TO];
    let qualifier = |one: &&TokenWithSpan| {
        matches!(one.token, Token::LParen | Token::RParen | Token::Number(..))
            || fields.iter().any(|word| is_word(one, *word))
    };
    // `INTERVAL DAY TO SECOND (3)` has seven tokens behind the word at most.
    let length = rest.iter().take(8).take_while(|one| qualifier(one)).count();
    let value = rest.get(length).is_some_and(|next| {
        matches!(
            next.token,
            Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)
        )
    });
    // `interval ('1 day')` is no qualifier.
    let opened = rest.iter().take(length).any(|one| !matches!(one.token, Token::LParen));
    value && length > 0 && opened
}
