use proptest::prelude::*;

use super::redact::redact_tokens;
use super::*;
use crate::gate::diagnostic::Place;
use crate::gate::stack::on_big_stack;

fn outcome(text: &str) -> Result<String, Rejection> {
    on_big_stack(|| parse(&Source::new(text)).map(|parsed| parsed.statement.to_string()))
}

fn reason(text: &str) -> Option<Reason> {
    outcome(text).err().map(|rejection| rejection.reason)
}

#[test]
fn one_statement_with_an_optional_semicolon() {
    for text in ["select 1", "select 1;", " select 1 ; ", "select 1; -- done", "/* a */ select 1 /* b */ ; /* c */"] {
        assert_eq!(outcome(text).unwrap(), "SELECT 1", "{text}");
    }
    for text in
        ["select 1; select 2", "select 1;; ", "select 1; end", "end; select 1", "", " ; ", "-- nothing", "select 1 1"]
    {
        assert_eq!(reason(text), Some(Reason::ParseError), "{text}");
    }
}

/// What the parser doesn't read is told by its name, wherever the parser gave up.
#[test]
fn what_the_parser_does_not_know_is_told_by_name() {
    for (text, name, marked) in [
        ("select * from rows from (f(1)) as t(a)", "ROWS FROM", "rows from"),
        ("select * from only sales.orders", "ONLY", "from only"),
        ("select concat(variadic array['a'])", "VARIADIC", "variadic"),
        ("select 5 not between symmetric 9 and 1", "BETWEEN SYMMETRIC", "between symmetric"),
        ("insert into t select 1 on conflict do nothing", "ON CONFLICT right behind the list", "conflict"),
        (
            "select sum(a) over (rows between 1 preceding and 1 following exclude ties) from t",
            "EXCLUDE in a window's frame",
            "exclude ties",
        ),
        ("with recursive t as (select 1) search depth first by a set b select 1", "SEARCH", "search depth"),
        ("select a from t group by distinct a", "GROUP BY DISTINCT", "group by distinct"),
        ("select a::pg_catalog.text collate \"C\" from t", "COLLATE behind a cast", "collate"),
        ("select 'a'::text || 'b'::text collate pg_catalog.\"C\"", "COLLATE behind a cast", "collate"),
        ("select json_value(a, lower('$') error on empty) from t", "the clause ERROR … of JSON_VALUE", "error"),
        ("select json_value(a, '$' default (1) on empty)", "the clause DEFAULT … of JSON_VALUE", "default"),
        ("select json_query(a, '$' with wrapper)", "the clause WITH … of JSON_QUERY", "with"),
        ("select json_exists(a, '$' passing 1 as x)", "the clause PASSING … of JSON_EXISTS", "passing"),
        ("select id, (a.b).* from t as a", "(value).*", ").*"),
        ("select (f(1)).*", "(value).*", ").*"),
        ("select * from json_table(a, '$[*]' columns (b int)) as t", "JSON_TABLE", "json_table"),
    ] {
        let rejection = outcome(text).unwrap_err();
        assert_eq!(rejection.reason, Reason::NotSupported, "{text}");
        assert!(rejection.message.starts_with(name), "{}", rejection.message);
        assert!(rejection.help.is_some(), "{text}");
        let Place::Sql(span) = rejection.place else { panic!("no place for {text}") };
        assert_eq!(Source::new(text).slice(span), marked);
    }
    // Quoted names and strings are none of it.
    for text in [
        "select 1 \"between\" \"symmetric\" 2",
        "select 'variadic' 'between symmetric' 2",
        "select f(json_value(a), 1 error on empty)",
        "select \"json_value\"(a error on empty)",
        "select a collate \"C\" b c from t",
    ] {
        assert_eq!(reason(text), Some(Reason::ParseError), "{text}");
    }
}

#[test]
fn bounds_are_kept_before_the_parser_runs() {
    assert_eq!(reason(&format!("select '{}'", "x".repeat(MAX_BYTES))), Some(Reason::LimitExceeded));
    assert_eq!(reason(&format!("select 1{}", " + 1".repeat(MAX_TOKENS / 2))), Some(Reason::LimitExceeded));
    assert!(outcome(&format!("select '{}'", "x".repeat(MAX_BYTES - 20))).is_ok());
    assert_eq!(reason("select 'a\0b'"), Some(Reason::ParseError));
    assert_eq!(reason(&format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000))), Some(Reason::LimitExceeded));
}

/// Chains as long as the token cap allows neither abort in the parser nor when their tree is dropped.
#[test]
fn long_chains_are_survived() {
    let terms = MAX_TOKENS / 2 - 2;
    for (start, step) in [
        ("select 1", " + 1"),
        ("select a", " and a"),
        ("select 'a'", " || 'a'"),
        ("select x", "::int"),
        ("select a", "[1]"),
    ] {
        let text = format!("{start}{}", step.repeat(terms.min(MAX_BYTES / step.len() - 10)));
        on_big_stack(|| drop(parse(&Source::new(&text))));
    }
    let text = format!("select 1{}", " union select 1".repeat(6_000));
    on_big_stack(|| drop(parse(&Source::new(&text))));
    let text = format!("select {} 1", "not ".repeat(10_000));
    on_big_stack(|| drop(parse(&Source::new(&text))));
}

/// Without a bound these take the parser minutes: it tries each form twice, inside of itself.
#[test]
fn nested_positions_are_bounded() {
    let nested = |depth: usize| format!("select {}1{}", "position(".repeat(depth), ")".repeat(depth));
    assert_eq!(reason(&nested(40)), Some(Reason::LimitExceeded));
    assert_eq!(reason(&format!("select {}", "position(f(".repeat(40))), Some(Reason::LimitExceeded));
    assert!(outcome(&format!("select {}", vec!["position('a' in b)"; 40].join(", "))).is_ok());
    assert!(outcome("select position(position('a' in b)::text in position('c' in d)::text)").is_ok());
}

#[test]
fn what_the_parser_would_lose_is_refused() {
    for text in [
        "select count(*) filter from t",
        "select count(*) filter (x) from t",
        "select trim(leading 'a', 'b')",
        "select trim(both f(a, b) , 'b')",
        "select interval day '1'",
        "select interval (3) '1.5'",
        "select interval day to second (3) '1'",
        "select a == b",
        "select u&\"x\" from t",
        "select 0b101",
        "select 1_000",
        "select 10L",
        "select 1a",
        "select $1$x$1$",
        "select a ||-- comment\n b",
    ] {
        assert_eq!(reason(text), Some(Reason::ParseError), "{text}");
    }
    for text in [
        "select count(*) filter (where a) from t",
        "select filter from t",
        "select trim(leading 'a' from f(x, y))",
        "select trim('a', 'b')",
        "select interval '1' day",
        "select a::interval day to second (3)",
        "select u & x from t",
        "select $a$x$a$, $$y$$",
    ] {
        assert!(outcome(text).is_ok(), "{text}");
    }
}

#[test]
fn operators_are_cut_as_postgresql_cuts_them() {
    for (text, read) in [
        ("select a>=-1", "SELECT a >= -1"),
        ("select a<=+1", "SELECT a <= +1"),
        ("select a<>-1", "SELECT a <> -1"),
        ("select a=-1", "SELECT a = -1"),
        ("select a>-1", "SELECT a > -1"),
        ("select a<-1", "SELECT a < -1"),
        ("select a->-1", "SELECT a -> -1"),
        ("select a*-1", "SELECT a * -1"),
    ] {
        assert_eq!(outcome(text).unwrap(), read, "{text}");
    }
}

#[test]
fn spellings_of_postgresql_are_read() {
    for (text, read) in [
        ("table t", "SELECT * FROM t"),
        ("TABLE a.\"B\" order by 1", "SELECT * FROM a.\"B\" ORDER BY 1"),
        ("(table t) union all table u", "(SELECT * FROM t) UNION ALL SELECT * FROM u"),
        ("with c as (table t) table c limit 1", "WITH c AS (SELECT * FROM t) SELECT * FROM c LIMIT 1"),
        ("select inet '::1'", "SELECT '::1'::INET"),
        ("select a << inet'10.0.0.0/8' from t", "SELECT a << '10.0.0.0/8'::INET FROM t"),
        ("select trim(leading from 'x')", "SELECT TRIM(LEADING ' ' FROM 'x')"),
        ("select \"table\", inet, xml, leading from t", "SELECT \"table\", inet, xml, leading FROM t"),
    ] {
        assert_eq!(outcome(text).unwrap().to_uppercase(), read.to_uppercase(), "{text}");
    }
    for text in ["table t where x", "table t, u", "table t as u", "table", "drop table t 'x'", "select s.inet '::1'"] {
        assert!(outcome(text).is_err() || !outcome(text).unwrap().starts_with("SELECT *"), "{text}");
    }
}

#[test]
fn errors_say_where_in_plain_words() {
    let text = "select a\nfrom t where (a = 1 from";
    let rejection = outcome(text).unwrap_err();
    assert_eq!(rejection.message, "expected ), found `from`");
    assert_eq!(rejection.place, crate::gate::diagnostic::Place::Sql(Span::new(29, 33)));
    let rejection = outcome("select 1 from t where 'secret' 'hidden'").unwrap_err();
    assert!(!rejection.message.contains("hidden"), "{}", rejection.message);
    assert_eq!(outcome("select 'open").unwrap_err().reason, Reason::ParseError);
}

#[test]
fn redaction_leaves_no_literal() {
    let text =
        "select 'a''b', 12.5, $$x$$, $t$y$t$, E'z\\'', x'ff', n'w', u&'v', \"Col\", $1 -- secret\n from /* s */ t;";
    let redacted = redact_tokens(&Source::new(text)).unwrap();
    assert_eq!(redacted, "select ?, ?, ?, ?, ?, ?, ?, ?, \"Col\", $1 from t;");
    assert_eq!(redact_tokens(&Source::new("select 'open")), None);
}

#[test]
fn what_may_be_a_literal_is_no_name_in_the_history() {
    let redacted = |text: &str| redact_refused(&Source::new(text), &|name| name == "Known");
    let text = "select \"Known\", \"hunter2\" from t where x = \"my secret\"";
    assert_eq!(redacted(text).unwrap(), "select \"Known\", \"?\" from t where x = \"?\"");
    // A quote too few makes words of a literal's parts.
    for text in ["select 'it's hunter2'", "select 'O'hunter2', 'x'", "selekt 'a'", "select 1; hunter2"] {
        assert_eq!(redacted(text), None, "{text}");
    }
}

#[test]
fn expressions_are_read_alone() {
    on_big_stack(|| {
        assert!(parse_expression(&Source::new("tenant_id = :tenant and region = any(:regions)")).is_ok());
        for text in ["a = 1; select 1", "a = 1 from t", "", "a = 1 b"] {
            assert!(parse_expression(&Source::new(text)).is_err(), "{text}");
        }
    });
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        on_big_stack(|| {
            drop(parse(&Source::new(&text)));
            drop(parse_expression(&Source::new(&text)));
        });
        let _ = redact_tokens(&Source::new(&text));
    }

    #[test]
    fn shuffled_words_never_panic(words in proptest::collection::vec(
        prop::sample::select(vec![
            "select", "from", "t", "where", "(", ")", ",", "'a'", "1", "case", "when", "then", "end", "interval",
            "filter", "over", "trim", "leading", "and", "not", "in", "between", "like", "=", "-", "::", "int", "[",
            "]", "array", "union", "with", "as", "exists", "extract", ".", "*", "cast", "row", "any", "$1", "is", "null",
        ]), 0..60)) {
        let text = words.join(" ");
        on_big_stack(|| drop(parse(&Source::new(&text))));
    }
}

/// The tokenizer swallows the character behind `&>`.
#[test]
fn what_follows_an_operator_is_not_swallowed() {
    for text in ["select a &>1", "select a &>'b'", "select a &>(b)", "select 1 &>"] {
        assert_eq!(reason(text), Some(Reason::ParseError), "{text}");
    }
    assert_eq!(outcome("select a &> b").unwrap(), "SELECT a &> b");
}

/// PostgreSQL takes the longest operator; what the tokenizer cuts shorter would be another question.
#[test]
fn operators_that_postgresql_reads_as_one_are_refused() {
    for text in ["select 1 !=-1", "select 2*@3", "select a ^-1", "select ~-1", "select a@>-b", "select 2 **3"] {
        assert_eq!(reason(text), Some(Reason::ParseError), "{text}");
    }
    for text in [
        "select a=-1",
        "select a<-1",
        "select a->-1",
        "select a->>-1",
        "select 2*-1",
        "select a>=-1",
        "select a- -1",
        "select count(*)-1",
        "select a*/* x */b",
        "select a-- x\n-1",
        "select a||'b'",
        "select a->'b'->>'c'",
        "select -1",
        "select +-+1",
        "select t.*, a/-b from t",
        "select a::int",
        "select @ -1",
        "select a<@b",
        "select a ?| b",
        "select - - 1",
    ] {
        assert!(outcome(text).is_ok(), "{text}: {:?}", outcome(text));
    }
}
