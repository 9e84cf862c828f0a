//! The properties on what analysts ask, and on small made-up statements.

use proptest::prelude::*;

use super::*;
use crate::gate::admit::{Admitted, Submission, admit};
use crate::gate::diagnostic::Rejection;
use crate::gate::policy::BoundPolicy;

thread_local! {
    static WORLDS: Worlds = Worlds::new();
}

/// The statements of a corpus: one ends with a semicolon at the end of a line, `--` begins a comment.
fn corpus(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    code.join("\n").split(";\n").map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

fn is_admitted(worlds: &Worlds, policy: &BoundPolicy, submission: &Submission) -> bool {
    admit(&worlds.world.catalog, policy, &worlds.world.principal, submission).is_ok()
}

/// The seeds of the fuzz target that makes up statements, findings among them.
#[test]
fn the_seeds_of_made_up_statements_read_back() {
    let worlds = Worlds::new();
    let callables = Callables::of(&worlds.world.catalog);
    let mut count = 0;
    for seed in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/gate_emit")).unwrap() {
        let seed = seed.unwrap().path();
        let read = reads_back(&worlds.world, &callables, &std::fs::read(&seed).unwrap());
        assert_eq!(read.err(), None, "{}", seed.display());
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn what_analysts_ask() {
    let worlds = Worlds::new();
    let mut all = corpus(include_str!("../../../tests/corpus/analyst.sql"));
    all.extend(corpus(include_str!("../../../tests/corpus/tpch.sql")));
    let mut admitted = [0; 2];
    for text in &all {
        worlds.check_text(text);
        let submission = Submission::Sql { text: text.clone(), parameters: parameters(text) };
        for (count, policy) in admitted.iter_mut().zip([&worlds.world.open, &worlds.world.protected]) {
            *count += usize::from(is_admitted(&worlds, policy, &submission));
        }
    }
    assert!(admitted.iter().all(|count| count * 100 >= all.len() * 90), "{admitted:?} of {}", all.len());
}

/// What trusted extensions bring is admitted, and everything that holds of statements holds of these.
#[test]
fn what_extensions_bring() {
    let worlds = Worlds::new();
    for text in VALUES_OF_EXTENSIONS {
        let text = format!("SELECT {text} FROM scratch.people AS p");
        let submission = Submission::Sql { text: text.clone(), parameters: Vec::new() };
        assert_eq!(worlds.check_trusting(&submission), 3, "{text}");
        let untrusted = worlds.world.policies().into_iter().filter(|(_, one)| is_admitted(&worlds, one, &submission));
        assert_eq!(untrusted.count(), 0, "{text}");
    }
}

/// Over the table `scratch.people`, which only the world with extensions has.
const VALUES_OF_EXTENSIONS: &[&str] = &[
    "p.email",
    "max(p.email)",
    "(p.email = 'a')",
    "(p.email LIKE 'a%')",
    "(p.name % 'a')",
    "similarity(p.name, 'x')",
    "ext.similarity(p.name, 'x')",
    "p.email::text",
    "'a'::citext",
    "to_jsonb(p)",
    "p",
    "(p).email",
    "CASE p.email WHEN 'x' THEN 1 END",
    "(p.email IN ('a', 'b'))",
    "COALESCE(p.email, 'none')",
    "(SELECT max(q.email) FROM scratch.people AS q WHERE q.email = p.email)",
];

/// What a gate keeps of a text holds for other values of its parameters, and for no other number of them.
#[test]
fn a_kept_statement_takes_other_values() {
    let world = World::new();
    let ask = |parameters: &[i32]| {
        let parameters = parameters.iter().map(|value| (*value).into()).collect();
        let submission = Submission::Sql { text: "SELECT $1::int + 1 AS n".to_owned(), parameters };
        let fresh = admit(&world.catalog, &world.open, &world.principal, &submission);
        let kept = world.gate("open").admit(&submission);
        let told = |verdict: Result<Admitted, Rejection>| verdict.map(|one| one.parameters().to_vec());
        let (fresh, kept) = (told(fresh), told(kept));
        assert_eq!(fresh, kept);
        kept
    };
    assert_eq!(ask(&[1]), Ok(vec![Some("1".to_owned())]));
    assert_eq!(ask(&[2]), Ok(vec![Some("2".to_owned())]));
    assert!(ask(&[]).is_err());
    assert!(ask(&[1, 2]).is_err());
    assert_eq!(ask(&[3]), Ok(vec![Some("3".to_owned())]));
}

/// Nothing is shown by statements that are all refused.
#[test]
fn the_grammar_makes_statements_that_are_admitted() {
    let worlds = Worlds::new();
    let mut admitted = [0; 3];
    let (mut by_any, mut copied) = (0, 0);
    let (mut guarded, mut conflicts) = (0, 0);
    let mut random = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    const COUNT: usize = 1_000;
    for _ in 0..COUNT {
        let mut bytes = [0; 100];
        random.fill_bytes(&mut bytes);
        let submission = submission(&worlds.world, &bytes);
        let verdicts = worlds.world.policies().map(|(_, policy)| is_admitted(&worlds, policy, &submission));
        admitted.iter_mut().zip(verdicts).for_each(|(count, verdict)| *count += usize::from(verdict));
        by_any += usize::from(verdicts.contains(&true));
        let verdict = admit(&worlds.world.catalog, &worlds.world.protected, &worlds.world.principal, &submission);
        // The filters of customers and of orders.
        let filters =
            ["AS \"pg_catalog\".\"text\"[])))) AND (", "\"tenant_id\" = CAST($1 AS \"pg_catalog\".\"int8\")) AND (t"];
        let beside_the_filter = |one: Admitted| filters.iter().any(|filter| one.sql().contains(filter));
        copied += usize::from(verdict.is_ok_and(beside_the_filter));
        if let Ok(written) = admit(&worlds.world.catalog, &worlds.world.writer, &worlds.world.principal, &submission) {
            guarded += usize::from(written.permit().writes.iter().any(|write| write.row_check.is_some()));
            conflicts += usize::from(written.sql().contains(" ON CONFLICT"));
        }
    }
    // What is admitted has gone through rewrite: this is what the fuzz target's runs reach, or more.
    println!("{by_any} of {COUNT} reach rewrite and are admitted by a policy: {admitted:?}");
    assert!(by_any * 100 >= COUNT * 30, "{by_any} of {COUNT} reach rewrite");
    // Open, protected, writer.
    let wanted = [20, 15, 10].map(|percent| COUNT * percent / 100);
    assert!(admitted.iter().zip(wanted).all(|(count, wanted)| *count >= wanted), "{admitted:?}");
    assert!(guarded >= COUNT / 100 && conflicts >= COUNT / 500, "{guarded} guarded, {conflicts} with ON CONFLICT");
    assert!(copied >= COUNT / 100, "{copied} with a copied condition");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_of_the_grammar(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        WORLDS.with(|worlds| worlds.check(&submission(&worlds.world, &bytes)));
    }

    #[test]
    fn statements_of_the_grammar_where_extensions_are_trusted(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        WORLDS.with(|worlds| worlds.check_trusting(&submission(&worlds.trusting, &bytes)));
    }

    #[test]
    fn values_of_extensions(words in proptest::collection::vec(prop::sample::select(VALUES_OF_EXTENSIONS), 1..5)) {
        WORLDS.with(|worlds| {
            let text = format!("SELECT {} FROM scratch.people AS p", words.join(" = "));
            worlds.check_trusting(&Submission::Sql { text, parameters: Vec::new() });
        });
    }

    #[test]
    fn any_text(text in any::<String>()) {
        WORLDS.with(|worlds| worlds.check_text(&text));
    }

    #[test]
    fn any_words(words in proptest::collection::vec(prop::sample::select(WORDS), 0..25)) {
        WORLDS.with(|worlds| worlds.check_text(&words.join(" ")));
    }
}

const WORDS: &[&str] = &[
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "limit",
    "union",
    "all",
    "values",
    "with",
    "recursive",
    "as",
    "join",
    "left",
    "natural",
    "using",
    "on",
    "lateral",
    "(",
    ")",
    ",",
    ".",
    "*",
    "=",
    "::",
    "[",
    "]",
    "'x'",
    "1",
    "$1",
    "null",
    "not",
    "and",
    "or",
    "in",
    "exists",
    "any",
    "case",
    "when",
    "then",
    "end",
    "cast",
    "array",
    "row",
    "over",
    "filter",
    "insert into",
    "update",
    "delete from",
    "set",
    "returning",
    "default",
    "explain",
    "sales.customers",
    "sales.orders",
    "scratch.notes",
    "hr.employees",
    "id",
    "name",
    "ssn",
    "email",
    "c",
    "o",
    "lower",
    "count",
    "text",
    "int",
    "--",
    "/*",
    "*/",
    ";",
    "\"",
    "'",
    "$$",
    "E'\\''",
    "interval",
    "distinct",
];
