//! Under a policy that allows everything, an admitted statement gives what the same text gives directly: the same
//! column names, types and rows. It is an oracle for lowering: it knows nothing of how names were resolved.

use crate::support::{Database, Direct, Library, is_ordered, statements};

const CORPUS: &str = include_str!("../corpus/analyst.sql");

const POLICY: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
[schemas.hr]
access = "read"
[limits]
rows = 100_000
"#;

/// Values of composite types, which the sample has none of.
const COMPOSITES: &str = "
    CREATE TYPE sales.place AS (street text, zip int);
    CREATE DOMAIN sales.other_place AS sales.place;
    CREATE TABLE sales.shops (id int, place sales.place, old sales.place[], other sales.other_place);
    INSERT INTO sales.shops VALUES
        (1, ('a, \"b\"', 1), ARRAY[('c', 2), (NULL, NULL)]::sales.place[], ('d', 3)),
        (2, (NULL, 7), '{}', NULL),
        (3, NULL, NULL, (NULL, NULL)),
        (4, (NULL, NULL), NULL, NULL);
    GRANT SELECT ON sales.shops TO wicket;";

/// From this version on PostgreSQL knows every statement of the corpus.
const NEWEST_NEEDED: u32 = 140_000;

/// What is refused by design, with the reason code.
const REFUSED: &[(&str, &str)] = &[
    // The parser knows no empty list of columns, and nobody asks this.
    ("SELECT", "parse_error"),
    // The parser groups it as -(2 ^ 2), PostgreSQL as (-2) ^ 2; the refusal asks for parentheses.
    ("SELECT -2 ^ 2", "invalid_statement"),
];

#[tokio::test]
async fn an_admitted_statement_gives_what_its_text_gives_directly() {
    let database = Database::sample().await;
    database.script(COMPOSITES).await;
    let direct = database.connect_pinned().await;
    let library = Library::open(&database, POLICY, &[]).await;
    let version = library.catalog.current().server_version();
    let (mut identical, mut refused, mut older, mut with_rows, mut wrong) = (0, 0, 0, 0, Vec::new());
    let statements = statements(CORPUS);
    for sql in &statements {
        let by_design = REFUSED.iter().find(|(known, _)| known == sql).map(|(_, reason)| *reason);
        match (library.query(sql).await, by_design) {
            (Err(rejection), Some(reason)) if rejection.reason.code() == reason => refused += 1,
            // What this server doesn't know yet, it refuses by itself.
            (Err(_), None) if version < NEWEST_NEEDED && direct.prepare(sql).await.is_err() => older += 1,
            (Err(rejection), _) => wrong.push(format!("{sql}\n    refused: {}", rejection.to_json(None))),
            (Ok(_), Some(_)) => wrong.push(format!("{sql}\n    is admitted now: take it off the list")),
            (Ok(result), None) => {
                let expected = Direct::ask(&direct, sql).await;
                with_rows += usize::from(!expected.rows.is_empty());
                match expected.difference(&result, is_ordered(sql)) {
                    None => identical += 1,
                    Some(difference) => wrong.push(format!("{sql}\n    {difference}")),
                }
            }
        }
    }
    println!(
        "{} statements: {identical} identical ({with_rows} with rows), {refused} refused by design, {older} unknown to the server",
        statements.len()
    );
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
    assert!(identical >= 150 && with_rows >= 140, "too few statements prove too little");
    assert_eq!(refused, REFUSED.len(), "the list names statements that the corpus doesn't have");
}

#[test]
fn the_corpus_is_whole() {
    assert!(statements(CORPUS).len() > 180);
}
