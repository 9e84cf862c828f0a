//! What a statement is when its literals and names are taken out.

use std::collections::BTreeMap;

use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::emit::emit;
use pgwicket::gate::lower::{Lowering, Mode};
use pgwicket::gate::parse::parse;
use pgwicket::gate::policy::BoundPolicy;
use pgwicket::gate::source::Source;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::cases::{Case, hostile};
use super::matrix::{self, Matrix};

/// Families in which the text itself is the attack, so that only the same text is the same.
const TEXT: &[&str] = &["lexical"];

/// The shape of the text that the gate's own language gives, or of the tokens where it gives none.
fn shape(sql: &str, catalog: &Catalog, open: &BoundPolicy) -> String {
    match lowered(sql, catalog, open) {
        Some(text) => format!("lowered: {}", of_tokens(&text)),
        None => format!("tokens: {}", of_tokens(sql)),
    }
}

fn lowered(sql: &str, catalog: &Catalog, open: &BoundPolicy) -> Option<String> {
    let source = Source::new(sql);
    let parsed = parse(&source).ok()?;
    let statement = Lowering::new(catalog, open, &source, Mode::Client, 0).statement(&parsed.statement).ok()?;
    Some(emit(&statement))
}

/// Keywords, signs, and the names of what is called stay; other names are `n`, literals `l`. A list of the same is one.
fn of_tokens(text: &str) -> String {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).with_unescape(false).tokenize() else {
        return text.to_owned();
    };
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let mut shape: Vec<String> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let called = matches!(tokens.get(at + 1), Some(Token::LParen));
        let builtin = at >= 2
            && matches!(&tokens[at - 1], Token::Period)
            && matches!(&tokens[at - 2], Token::Word(schema) if schema.value.eq_ignore_ascii_case("pg_catalog"));
        shape.push(match token {
            Token::Word(word) if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword => {
                word.value.to_uppercase()
            }
            Token::Word(word) if called || builtin => word.value.to_lowercase(),
            Token::Word(_) => "n".to_owned(),
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_) => "l".to_owned(),
            other => other.to_string(),
        });
    }
    shape.join(" ")
}

/// The statements of which an earlier one has the same shape.
fn repeated<'c>(cases: &'c [Case], matrix: &Matrix) -> Vec<String> {
    let mut seen: BTreeMap<String, &'c Case> = BTreeMap::new();
    let mut repeated = Vec::new();
    for case in cases {
        let is_text = TEXT.contains(&case.family.as_str());
        let shape = if is_text { case.sql.clone() } else { shape(&case.sql, matrix.catalog(), matrix.open_policy()) };
        if let Some(earlier) = seen.insert(shape, case) {
            repeated
                .push(format!("{case}\n    is {} {} once more: {:.300}", earlier.family, earlier.number, earlier.sql));
        }
    }
    repeated
}

#[tokio::test]
async fn no_two_attacks_have_the_same_shape() {
    let matrix = Matrix::open().await;
    let cases = hostile();
    let repeated = repeated(&cases, &matrix);
    assert!(repeated.is_empty(), "{} of {}:\n{}", repeated.len(), cases.len(), repeated.join("\n"));
    assert!(cases.len() >= FEWEST, "{} attacks", cases.len());
}

/// Attacks in the corpus, at least.
const FEWEST: usize = 1_480;

#[tokio::test]
async fn what_analysts_ask_has_four_hundred_shapes() {
    let matrix = Matrix::open().await;
    let cases = matrix::legitimate();
    let repeated = repeated(&cases, &matrix).len();
    println!("{} statements, {} shapes", cases.len(), cases.len() - repeated);
    assert!(cases.len() - repeated >= 400, "{} shapes", cases.len() - repeated);
}
