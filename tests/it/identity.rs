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

<<<<<<< HEAD
=======
impl Direct {
    async fn ask(client: &Client, sql: &str) -> Self {
        let prepared = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
        let mut columns = Vec::new();
        for column in prepared.columns() {
            // A whole row is told, and made, as a record.
            let name = "SELECT CASE
                            WHEN EXISTS (SELECT FROM pg_class c WHERE c.reltype = $1 AND relkind <> 'c') THEN 'record'
                            WHEN EXISTS (SELECT FROM pg_class c JOIN pg_type t ON t.oid = c.reltype
                                          WHERE t.typarray = $1 AND relkind <> 'c') THEN 'record[]'
                            ELSE format_type($1, NULL) END";
            let name: String = client.query_one(name, &[&column.type_().oid()]).await.unwrap().get(0);
            // A type is told without its schema.
            let name = name.rsplit_once('.').map_or(name.clone(), |(_, name)| name.to_owned());
            columns.push((column.name().to_owned(), name));
        }
        let types = prepared.columns().iter().map(|column| column.type_().clone()).collect();
        let mut rows = Vec::new();
        for message in client.simple_query(sql).await.unwrap() {
            if let SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
            }
        }
        Self { columns, types, rows }
    }

    fn difference(&self, result: &Value, ordered: bool) -> Option<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let columns: Vec<(String, String)> =
            result["columns"].as_array()?.iter().map(|one| (text(&one["name"]), text(&one["type"]))).collect();
        if columns != self.columns {
            return Some(format!("columns {columns:?}, PostgreSQL's are {:?}", self.columns));
        }
        let rows = result["rows"].as_array()?;
        if result["truncated"] != false || result["row_count"] != rows.len() || rows.len() != self.rows.len() {
            return Some(format!("{} rows, PostgreSQL gives {}", rows.len(), self.rows.len()));
        }
        let mut left: Vec<&Vec<Option<String>>> = self.rows.iter().collect();
        for row in rows {
            let found = left.iter().position(|expected| self.row_difference(row, expected).is_none());
            match found {
                Some(0) => drop(left.remove(0)),
                Some(at) if !ordered => drop(left.remove(at)),
                _ => return self.row_difference(row, left[0]),
            }
        }
        None
    }

    fn row_difference(&self, row: &Value, expected: &[Option<String>]) -> Option<String> {
        let row = row.as_array()?;
        if row.len() != expected.len() {
            return Some(format!("{} cells, PostgreSQL gives {}", row.len(), expected.len()));
        }
        let cells = row.iter().zip(&self.types).zip(expected);
        cells.filter_map(|((cell, type_), text)| cell::difference(cell, type_, text.as_deref())).next()
    }
}

/// Whether the statement says an order itself, not only in one of its subqueries or windows.
fn is_ordered(sql: &str) -> bool {
    let (mut depth, mut quoted) = (0, false);
    sql.char_indices().any(|(at, character)| {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        depth == 0 && !quoted && sql[at..].starts_with("ORDER BY ")
    })
}

>>>>>>> 8f5f067 (Read whole rows and fields of composite values)
#[test]
fn the_corpus_is_whole() {
    assert!(statements(CORPUS).len() > 180);
}
