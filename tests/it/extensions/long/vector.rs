//! pgvector: what may be used of it.

use pgwicket::gate::admit::Submission;
use serde_json::json;

use super::super::traps::{faults, refused};
use super::super::{asked_both_ways, lists};
use super::{listed, preference};
use crate::support::{Database, Library};

const SETUP: &str = include_str!("vector.sql");
const CORPUS: &str = include_str!("vector_corpus.sql");
/// What pgvector 0.7 and later bring.
const NEWER: &str = include_str!("vector_newer_corpus.sql");

const POLICY: &str = r#"
version = 1
name = "vectors"
[statements]
allow = ["select", "insert", "update", "delete"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "write"
[functions]
trusted_extensions = ["vector"]
"#;

async fn database() -> Option<Database> {
    listed("vector")?;
    let database = Database::sample().await;
    database.script(SETUP).await;
    Some(database)
}

/// Whether the server has a pgvector with `halfvec`.
async fn is_newer(database: &Database) -> bool {
    let client = database.connect().await;
    client.query_one("SELECT to_regtype('ext.halfvec') IS NOT NULL", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_function_of_pgvector_is_sorted() {
    let Some(list) = listed("vector") else { return };
    lists::all_sorted(&[list]).await;
    let catalog = lists::installed(&[list]).await;
    let trusting = catalog.trusting(["vector"].into_iter()).unwrap();
    assert_eq!(trusting.untrusted_casts().count(), 0);
    assert!(catalog.parts().user_casts.iter().all(|one| !(one.implicit && one.source.is_builtin())));
    for one in catalog.parts().operators.iter().filter(|one| one.schema == "ext") {
        assert!(trusting.trust().has_operator(one), "{} {:?}", one.name, one.function);
    }
}

#[tokio::test]
async fn no_operator_of_pgvector_takes_the_place_of_a_built_in_one() {
    let Some(database) = database().await else { return };
    let (own, _) = preference::operators_keep_their_meaning(&database).await;
    assert!(own > 150, "{own} of PostgreSQL's own");
}

#[tokio::test]
async fn what_pgvector_brings_gives_what_it_gives_directly() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let mut asked = asked_both_ways(&database, &library, CORPUS).await;
    if is_newer(&database).await {
        asked += asked_both_ways(&database, &library, NEWER).await;
    }
    assert!(asked >= 35, "{asked} statements prove too little");
}

#[tokio::test]
async fn vectors_can_be_written_and_brought_as_parameters() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let run = |text: &str, parameters: Vec<serde_json::Value>| {
        library.run(Submission::Sql { text: text.to_owned(), parameters })
    };
    let nearest = "SELECT name FROM sales.items WHERE embedding IS NOT NULL ORDER BY embedding <-> $1::vector LIMIT 1";
    assert!(run(nearest, vec![json!("[2,3,5]")]).await.unwrap().result.json.contains("two"));
    run("INSERT INTO sales.items (id, name, embedding) VALUES (10, 'new', $1::vector(3))", vec![json!("[7,7,7]")])
        .await
        .unwrap();
    run("UPDATE sales.items SET embedding = embedding + '[1,1,1]' WHERE embedding = '[7,7,7]'", vec![]).await.unwrap();
    assert_eq!(library.rows("SELECT embedding FROM sales.items WHERE id = 10").await, json!([["[8,8,8]"]]));
    assert!(run("INSERT INTO sales.items (id, name, embedding) VALUES (11, 'x', '[1,2]')", vec![]).await.is_err());
    run("INSERT INTO sales.words (meaning) VALUES ('[1,2,3]')", vec![]).await.unwrap();
}

#[tokio::test]
async fn what_is_for_the_server_or_added_by_users_is_refused() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let function = "function_not_allowed";
    refused(
        &library,
        &[
            ("SELECT vector_accum(ARRAY[1.0, 2.0]::float8[], '[1]')", function, "steps of aggregates"),
            ("SELECT vector_avg(ARRAY[1e300]::float8[])", function, "steps of aggregates"),
            ("SELECT vector_send(embedding) FROM sales.items", function, "reading and writing"),
            ("SELECT hnswhandler(NULL)", function, "for indexes"),
            ("SELECT '[1,2]'::vector(word)", "not_supported", "word"),
        ],
    )
    .await;
    database
        .script(
            "CREATE FUNCTION sales.steal(ext.vector) RETURNS text LANGUAGE sql AS 'SELECT ''x'''; \
             CREATE FUNCTION ext.mine(ext.vector, text) RETURNS float8 LANGUAGE sql AS 'SELECT 1::float8'; \
             CREATE CAST (ext.vector AS jsonb) WITH INOUT",
        )
        .await;
    library.catalog.reload().await.unwrap();
    refused(&library, &[("SELECT embedding FROM sales.items", "type_not_allowed", "user-defined cast")]).await;
    database
        .script(
            "DROP CAST (ext.vector AS jsonb); \
             CREATE OPERATOR ext.<-> (LEFTARG = ext.vector, RIGHTARG = text, FUNCTION = ext.mine)",
        )
        .await;
    let found = faults(&database, POLICY).await;
    assert!(found.contains("also the operator `<->`"), "{found}");
}

#[tokio::test]
async fn masks_and_row_filters_know_vectors() {
    let Some(database) = database().await else { return };
    let table = |rules: &str| format!("{POLICY}\n[tables.\"sales.items\"]\naccess = \"read\"\n{rules}\n");
    let library = Library::open(&database, &table("mask = { embedding = \"null\" }"), &[]).await;
    let rows = library.rows("SELECT embedding, embedding <-> '[1,2,3]' FROM sales.items WHERE id = 1").await;
    assert_eq!(rows, json!([[null, null]]));
    let near = "rows = \"embedding <-> '[1,2,3]' < 2\"";
    let library = Library::open(&database, &table(near), &[]).await;
    assert_eq!(library.rows("SELECT id FROM sales.items ORDER BY 1").await, json!([[1], [2]]));
    let admitted = library.admit("SELECT id FROM sales.items WHERE embedding <-> '[77,7,7]' < 1").unwrap();
    let (fenced, _) = admitted.sql().rsplit_once("OFFSET 0").unwrap();
    assert!(!fenced.contains("77"), "{}", admitted.sql());
}
