//! Slips that emit could make: its text with one token changed has to read as something else, or not at all.

use proptest::prelude::*;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::*;

/// The text's tokens, blanks included. The tokenizer swallows the blank behind `&>`.
fn tokens(text: &str) -> Vec<String> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).with_unescape(false).tokenize().expect("tokens");
    tokens
        .iter()
        .map(|one| if *one == Token::AmpersandRightAngleBracket { "&> ".to_owned() } else { one.to_string() })
        .collect()
}

/// The tokens without those at the places.
fn without(tokens: &[String], places: std::ops::Range<usize>) -> String {
    tokens.iter().enumerate().filter(|(at, _)| !places.contains(at)).map(|(_, token)| token.as_str()).collect()
}

fn with(tokens: &[String], place: usize, token: &str) -> String {
    let mut all = tokens.to_vec();
    token.clone_into(&mut all[place]);
    all.concat()
}

/// Every slip in one token that must not pass, with a name for it.
fn slips(text: &str) -> Vec<(&'static str, String)> {
    let tokens = tokens(text);
    assert_eq!(tokens.concat(), text, "tokens lose something");
    let mut all = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = |away: usize| tokens.get(at + away).map_or("", String::as_str);
        if let Some(unquoted) = token.strip_prefix('"') {
            if next(1) == "." && next(2).starts_with('"') {
                all.push(("a schema left out", without(&tokens, at..at + 2)));
            }
            all.push(("a quote left out", with(&tokens, at, unquoted)));
            all.push(("a quote left out", with(&tokens, at, &token[..token.len() - 1])));
            all.push(("another name", with(&tokens, at, &token.replacen('"', "\"z", 1))));
        } else if let Some(unquoted) = token.strip_prefix('\'') {
            all.push(("a quote left out", with(&tokens, at, unquoted)));
            all.push(("a quote left out", with(&tokens, at, &token[..token.len() - 1])));
            all.push(("another string", with(&tokens, at, &token.replacen('\'', "'z", 1))));
        } else if is_alias(token) && next(1) == "." {
            all.push(("an item left out", without(&tokens, at..at + 2)));
            all.push(("another item", with(&tokens, at, "t99")));
        } else if token == "AS" && is_alias(next(2)) {
            all.push(("an alias left out", without(&tokens, at..at + 3)));
        } else if token == "AS" && next(2).starts_with('"') && !next(3).starts_with('.') {
            all.push(("a column's name left out", without(&tokens, at..at + 3)));
        } else if matches!(
            token.as_str(),
            "NOT" | "DISTINCT" | "ALL" | "LATERAL" | "RECURSIVE" | "MATERIALIZED" | "DESC"
        ) {
            all.push(("a word left out", without(&tokens, at..at + 2)));
        } else if let Some(other) = other_word(token) {
            all.push(("another word", with(&tokens, at, other)));
        } else if token.starts_with('$') && token.len() > 1 {
            all.push(("another parameter", with(&tokens, at, if token == "$1" { "$2" } else { "$1" })));
        } else if token.bytes().all(|byte| byte.is_ascii_digit()) {
            all.push(("another number", with(&tokens, at, &format!("{token}7"))));
        }
        if token == "(" || token == ")" || token == "[" || token == "]" {
            all.push(("half a pair left out", without(&tokens, at..at + 1)));
        }
    }
    all
}

fn is_alias(token: &str) -> bool {
    let digits = token.strip_prefix(['t', 'q', 'c']).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn other_word(token: &str) -> Option<&'static str> {
    Some(match token {
        "AND" => "OR",
        "OR" => "AND",
        "ANY" => "ALL",
        "UNION" => "EXCEPT",
        "INTERSECT" => "UNION",
        "EXCEPT" => "UNION",
        "LEFT" => "RIGHT",
        "RIGHT" => "LEFT",
        "INNER" => "FULL",
        "FULL" => "INNER",
        "WHERE" => "HAVING",
        "HAVING" => "WHERE",
        "LIMIT" => "OFFSET",
        "OFFSET" => "LIMIT",
        "FIRST" => "LAST",
        "TRUE" => "FALSE",
        "COALESCE" => "LEAST",
        "GREATEST" => "LEAST",
        "ROLLUP" => "CUBE",
        "CUBE" => "ROLLUP",
        "ROWS" => "RANGE",
        "PRECEDING" => "FOLLOWING",
        "THEN" => "ELSE",
        "INSERT" => "DELETE",
        "UPDATE" => "DELETE",
        "PARTITION" => "ORDER",
        "JSON_ARRAY" => "JSON_OBJECT",
        "JSON_OBJECT" => "JSON_ARRAY",
        "JSON_VALUE" => "JSON_QUERY",
        "JSON_QUERY" => "JSON_EXISTS",
        "JSON_EXISTS" => "JSON_VALUE",
        "ABSENT" => "NULL",
        "json" => "jsonb",
        "jsonb" => "json",
        "SCALAR" => "OBJECT",
        "OBJECT" => "ARRAY",
        "UNIQUE" => "",
        _ => return None,
    })
}

/// Pairs of parentheses with nothing of their own before them, left out: another meaning, no meaning, or they were
/// there for clarity only. How many of each.
fn bare_pairs(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut open = Vec::new();
    let mut all = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "(" => open.push(at),
            ")" => {
                let from = open.pop().expect("parentheses pair");
                let some = tokens.iter().enumerate().filter(|(place, _)| *place != from && *place != at);
                all.push(some.map(|(_, token)| token.as_str()).collect());
            }
            _ => {}
        }
    }
    all
}

fn world() -> (World, Callables) {
    let world = World::new();
    let callables = Callables::of(&world.catalog);
    (world, callables)
}

thread_local! {
    static WORLD: (World, Callables) = world();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_slip_is_noticed(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        WORLD.with(|(world, callables)| {
            let statement = statement(world, callables, &bytes);
            let text = emit(&statement);
            for (slip, slipped) in slips(&text) {
                let read = read_back(world, &world.open, &slipped, PARAMETERS);
                prop_assert!(read.is_err() || read != Ok(statement.clone()), "{slip}:\n{slipped}\nof\n{text}");
            }
            Ok(())
        })?;
    }

    /// Where leaving a pair out changes nothing, the text that emit writes of what was read is the one with the pair.
    #[test]
    fn a_pair_of_parentheses_left_out_is_noticed_or_said_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        WORLD.with(|(world, callables)| {
            let text = emit(&statement(world, callables, &bytes));
            for slipped in bare_pairs(&text) {
                if let Ok(read) = read_back(world, &world.open, &slipped, PARAMETERS) {
                    let again = emit(&read);
                    prop_assert!(again == text || read_back(world, &world.open, &again, PARAMETERS) == Ok(read));
                }
            }
            Ok(())
        })?;
    }
}

/// The pairs that carry meaning, by form.
#[test]
fn parentheses_that_carry_meaning_are_noticed() {
    let (world, _) = world();
    for (text, slipped) in [
        (r#"SELECT ((1 + 2) * 3) AS "a""#, r#"SELECT (1 + 2 * 3) AS "a""#),
        (r#"SELECT ((1 - 2) - 3) AS "a""#, r#"SELECT 1 - (2 - 3) AS "a""#),
        (r#"SELECT (NOT (TRUE AND FALSE)) AS "a""#, r#"SELECT (NOT TRUE AND FALSE) AS "a""#),
        (r#"SELECT ((TRUE OR FALSE) AND FALSE) AS "a""#, r#"SELECT (TRUE OR FALSE AND FALSE) AS "a""#),
        (r#"SELECT (- (2 ^ 2)) AS "a""#, r#"SELECT (- 2 ^ 2) AS "a""#),
        (r#"SELECT ((1 = 1) IS NULL) AS "a""#, r#"SELECT 1 = (1 IS NULL) AS "a""#),
        (
            r#"SELECT 1 AS "a" UNION (SELECT 2 AS "a" EXCEPT SELECT 3 AS "a")"#,
            r#"SELECT 1 AS "a" UNION SELECT 2 AS "a" EXCEPT SELECT 3 AS "a""#,
        ),
        (
            r#"(SELECT 1 AS "a" UNION SELECT 2 AS "a") INTERSECT SELECT 3 AS "a""#,
            r#"SELECT 1 AS "a" UNION SELECT 2 AS "a" INTERSECT SELECT 3 AS "a""#,
        ),
        (r#"(SELECT 1 AS "a" LIMIT 1) UNION SELECT 2 AS "a""#, r#"SELECT 1 AS "a" UNION SELECT 2 AS "a" LIMIT 1"#),
        (r#"SELECT (1 = ANY (ARRAY(SELECT 1 AS "a"))) AS "b""#, r#"SELECT (1 = ANY (SELECT 1 AS "a")) AS "b""#),
    ] {
        let read = |text| read_back(&world, &world.open, text, 0);
        assert!(read(text).is_ok(), "{text}: {:?}", read(text));
        assert_ne!(read(text).ok(), read(slipped).ok(), "{text}\n{slipped}");
    }
}

/// What emit never writes isn't read where its text is, though clients may write it.
#[test]
fn notations_of_clients_are_no_emitted_text() {
    let (world, _) = world();
    for text in [
        r#"SELECT * FROM "sales"."orders" AS t1"#,
        r#"SELECT t1.* FROM "sales"."orders" AS t1"#,
        r#"SELECT t1."id" FROM "sales"."orders" AS t1"#,
        r#"SELECT "id" AS "a" FROM "sales"."orders" AS t1"#,
        r#"SELECT 1 AS "a" FROM "orders" AS t1"#,
        r#"SELECT 1 AS "a" FROM "sales"."orders""#,
        r#"SELECT "lower"('X') AS "a""#,
        r#"SELECT lower('X') AS "a""#,
        r#"SELECT CAST(1 AS int4) AS "a""#,
        r#"SELECT CAST(1 AS interval) AS "a""#,
        r#"SELECT t1."id" AS "a" FROM "sales"."orders" AS t1 ORDER BY "a""#,
        r#"SELECT t1."id" AS "a" FROM "sales"."orders" AS t1 GROUP BY "a""#,
        r#"SELECT 1 AS "a" FROM "sales"."orders" AS t1 JOIN "sales"."orders" AS t2 USING ("id")"#,
        r#"SELECT 1 AS "a" FROM "sales"."orders" AS t1 NATURAL JOIN "sales"."orders" AS t2"#,
        r#"SELECT 1 AS "a" FROM unnest(CAST('{}' AS "pg_catalog"."int4"[])) AS t1(c1)"#,
        r#"SELECT :"tenant" AS "a""#,
        r#"SELECT :mask_key AS "a""#,
    ] {
        assert!(read_back(&world, &world.open, text, 0).is_err(), "{text}");
    }
}
