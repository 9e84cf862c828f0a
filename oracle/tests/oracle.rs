//! The corpus and the generated stream. `PGWICKET_ORACLE_QUERIES` says how many statements are made up (2,000).

use std::collections::BTreeMap;

use pgwicket::gate::admit::{Submission, admit};
use pgwicket::gate::check::{World, lowered, read_back};
use pgwicket_oracle::{Judge, Judged, Source, client, corpus, emitted, with_values};

/// What was compared, and what differed.
#[derive(Default)]
struct Run {
    submitted: usize,
    admitted: usize,
    texts: usize,
    clients: usize,
    kinds: BTreeMap<String, usize>,
    differences: Vec<String>,
}

impl Run {
    /// Whether a policy admits it.
    fn judge(&mut self, judge: &Judge, submission: &Submission) -> bool {
        let Judged { kinds, texts, clients, differences } = judge.judge(submission);
        let any = !kinds.is_empty();
        self.submitted += 1;
        self.admitted += usize::from(any);
        self.texts += texts;
        self.clients += clients;
        self.differences.extend(differences);
        for kind in kinds {
            *self.kinds.entry(kind).or_default() += 1;
        }
        any
    }

    fn end(self, what: &str, least_admitted: usize) {
        let Self { submitted, admitted, texts, clients, kinds, differences } = self;
        println!(
            "{what}: {submitted} statements, {admitted} admitted; {texts} emitted and {clients} clients' texts compared"
        );
        println!("by kind: {kinds:?}");
        for difference in differences.iter().take(20) {
            println!("{}\n", difference.chars().take(4_000).collect::<String>());
        }
        assert!(differences.is_empty(), "{} differences", differences.len());
        assert!(admitted >= least_admitted, "only {admitted} of {submitted} admitted");
    }
}

#[test]
fn the_corpus() {
    let judge = Judge::new();
    let mut run = Run::default();
    for statement in corpus::hostile().into_iter().chain(corpus::asked()) {
        run.judge(&judge, &with_values(statement));
    }
    run.end("corpus", 500);
}

/// A third each from the grammar that likes trouble, and queries and writes with the types right.
#[test]
fn the_generated_stream() {
    let count = std::env::var("PGWICKET_ORACLE_QUERIES").map_or(2_000, |count| count.parse().expect("a number"));
    let judge = Judge::new();
    let mut run = Run::default();
    let sources = [Source::Grammar, Source::Query, Source::Write];
    let mut admitted = [0, 0, 0];
    for number in 0..count {
        let at = (number % 3) as usize;
        let submission = judge.make(sources[at], &corpus::bytes(number));
        admitted[at] += u64::from(run.judge(&judge, &submission));
    }
    // What is admitted went through rewrite: the fuzz target of that grammar reaches it as often, or more.
    let each = count.div_ceil(3);
    for (source, admitted) in sources.iter().zip(admitted) {
        println!("{source:?}: {admitted} of {each} admitted");
        assert!(admitted * 100 >= each * 30, "only {admitted} of {each} of {source:?} are admitted");
    }
    run.end("generated", usize::try_from(count).expect("a number") * 3 / 10);
}

/// Nothing would be shown by a comparison that can't fail: one token of the emitted text changed, left out or added, and
/// the IR as it was.
#[test]
fn a_text_that_says_something_else_is_noticed() {
    let world = World::new();
    let text = "SELECT c.name, lower(c.name) AS low FROM sales.customers AS c JOIN sales.orders AS o ON o.customer_id = c.id \
                WHERE (c.id + 1) * 2 > 3 AND NOT c.id IN (1, 2) ORDER BY 1 DESC LIMIT 3";
    let submission = Submission::Sql { text: text.to_owned(), parameters: Vec::new() };
    let admitted = admit(&world.catalog, &world.open, &world.principal, &submission).expect("is admitted");
    let statement = read_back(&world, &world.open, admitted.sql(), 0).expect("reads back");
    assert_eq!(emitted::agrees(admitted.sql(), &statement), Ok(()));
    let changes = [
        ("\"customers\"", "\"orders\""),
        ("\"sales\".", ""),
        ("\"lower\"", "\"upper\""),
        (" + ", " - "),
        (" > ", " >= "),
        ("INNER JOIN", "LEFT JOIN"),
        (" NOT ", " "),
        (" DESC", ""),
        ("LIMIT 3", "LIMIT 4"),
        (" FROM \"sales\"", " FROM ONLY \"sales\""),
        ("SELECT ", "SELECT DISTINCT "),
        ("SELECT ", "EXPLAIN SELECT "),
        ("SELECT ", "SELECT 1; SELECT "),
        (" AND ", " OR "),
        ("((t1.\"id\" + 1) * 2)", "(t1.\"id\" + (1 * 2))"),
        (" ORDER BY", " FOR UPDATE ORDER BY"),
        ("t1.\"name\"", "t2.\"name\""),
    ];
    let mut tried = 0;
    for (from, to) in changes {
        let changed = admitted.sql().replacen(from, to, 1);
        if changed != admitted.sql() {
            tried += 1;
            assert!(emitted::agrees(&changed, &statement).is_err(), "not noticed: {changed}");
        }
    }
    assert!(tried >= 15, "only {tried} changes apply to {}", admitted.sql());
}

/// The same for the client's text: what the gate read, and a text in which PostgreSQL sees something else.
#[test]
fn a_client_text_that_is_read_differently_is_noticed() {
    let world = World::new();
    let read = |text: &str| lowered(&world, &world.open, text, 1).expect("is read");
    let statement = read("WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM q, sales.customers");
    let same = "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM q, sales.customers";
    assert_eq!(client::agrees(same, &statement), Ok(()));
    for other in [
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM q, sales.secret",
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM q, q AS r, sales.customers",
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM sales.customers",
        "WITH q AS (SELECT id FROM sales.orders) SELECT upper('a'), $1::int FROM q, sales.customers",
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('b'), $1::int FROM q, sales.customers",
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $2::int FROM q, sales.customers",
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), pg_sleep($1::int) FROM q, sales.customers",
        "WITH q AS (SELECT id FROM sales.orders) DELETE FROM sales.customers USING q WHERE lower('a') = $1",
        "WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM q, sales.customers; SELECT 1",
        "EXPLAIN WITH q AS (SELECT id FROM sales.orders) SELECT lower('a'), $1::int FROM q, sales.customers",
    ] {
        assert!(client::agrees(other, &statement).is_err(), "not noticed: {other}");
    }
}
