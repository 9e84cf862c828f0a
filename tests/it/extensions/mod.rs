//! Extensions that the policy trusts: what they bring works as directly, and nothing else is let in with them.

mod lists;
mod long;
mod race;
mod traps;

use pgwicket::gate::admit::{Change, Submission};
use serde_json::{Map, Value, json};

use crate::support::{Database, Direct, Library, statements};

const SETUP: &str = include_str!("setup.sql");
const CORPUS: &str = include_str!("corpus.sql");

/// With which everything in the corpus is admitted.
const POLICY: &str = r#"
version = 1
name = "trusting"
[statements]
allow = ["select", "insert", "update", "delete", "explain"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "write"
[functions]
trusted_extensions = ["pg_trgm", "citext", "hstore", "pgcrypto", "intarray", "unaccent", "ltree", "fuzzystrmatch", "uuid-ossp"]
"#;

async fn database() -> Database {
    let database = Database::sample().await;
    database.script(SETUP).await;
    database
}

/// A session beside pgwicket with the search path that pgwicket sets.
async fn direct(database: &Database) -> tokio_postgres::Client {
    let direct = database.connect_pinned().await;
    direct.batch_execute("SET search_path = pg_catalog, ext, pg_temp").await.unwrap();
    direct
}

#[tokio::test]
async fn what_an_extension_brings_gives_what_it_gives_directly() {
    let database = database().await;
    let library = Library::open(&database, POLICY, &[]).await;
    assert!(asked_both_ways(&database, &library, CORPUS).await >= 75, "too few statements prove too little");
}

/// Asks every statement through the library and directly, and wants the same; how many there were.
async fn asked_both_ways(database: &Database, library: &Library, corpus: &str) -> usize {
    let direct = direct(database).await;
    let mut wrong = Vec::new();
    let statements = statements(corpus);
    for sql in &statements {
        match library.query(sql).await {
            Err(rejection) => wrong.push(format!("{sql}\n    refused: {}", rejection.to_json(None))),
            Ok(result) => {
                let expected = Direct::ask(&direct, sql).await;
                if let Some(difference) = expected.difference(&result, true) {
                    wrong.push(format!("{sql}\n    {difference}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
    statements.len()
}

#[tokio::test]
async fn values_of_extensions_can_be_written_and_brought_as_parameters() {
    let database = database().await;
    let library = Library::open(&database, POLICY, &[]).await;
    let run = |text: &str, parameters: Vec<Value>| library.run(Submission::Sql { text: text.to_owned(), parameters });
    let found = run("SELECT name FROM sales.people WHERE email = $1::citext", vec![json!("ADA@example.com")]).await;
    assert!(found.unwrap().result.json.contains("Ada"));
    let insert = "INSERT INTO sales.people (id, name, email, extra, path, tags) \
                  VALUES (10, 'Zoe', $1::citext, hstore('a', $2::text), $3::ltree, ARRAY[3])";
    run(insert, vec![json!("Zoe@example.com"), json!("b"), json!("top.zoe")]).await.unwrap();
    run("UPDATE sales.people SET extra = extra || 'c=>d' WHERE email = 'ZOE@EXAMPLE.COM'", vec![]).await.unwrap();
    // Its default, checks and indexes call what extensions bring.
    let insert = "INSERT INTO sales.members (alias, note) VALUES ('Bob', 'x') RETURNING alias, length(id::text)";
    assert_eq!(library.rows(insert).await, json!([["Bob", 36]]));
    let change = Change::Update {
        table: vec!["sales".to_owned(), "people".to_owned()],
        values: object(json!({ "email": "zoe@EXAMPLE.com", "path": "top.z" })),
        filter: object(json!({ "email": "ZOE@example.com" })),
    };
    library.change(change).await.unwrap();
    let rows = library.rows("SELECT email, extra, path FROM sales.people WHERE id = 10").await;
    assert_eq!(rows, json!([["zoe@EXAMPLE.com", "\"a\"=>\"b\", \"c\"=>\"d\"", "top.z"]]));
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}
