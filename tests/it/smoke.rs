//! What has to hold on the oldest and the newest PostgreSQL too: `cargo test --test it smoke`.

mod builtin;
mod grouping;
mod json;
mod leakproof;
mod masks;
mod names;

use crate::support::{Database, server_version};

/// Whoever names binaries gets a server of theirs, or the versions that we say we tested are not those we tested.
#[tokio::test]
async fn the_server_is_the_one_asked_for() {
    let database = Database::sample().await;
    let client = database.connect().await;
    let running: String = client.query_one("SHOW server_version", &[]).await.unwrap().get(0);
    if let Some(directory) = std::env::var_os("PGWICKET_PG_BIN").filter(|value| !value.is_empty()) {
        let asked_for = server_version(directory.as_ref());
        assert!(asked_for.contains(&running), "running {running}, asked for {asked_for}");
    }
}

#[tokio::test]
async fn the_sample_loads_and_is_the_same_everywhere() {
    let database = Database::sample().await;
    let client = database.connect_as_wicket().await;
    let digest = "SELECT md5(string_agg(row_text, ',' ORDER BY row_text)) FROM (
                      SELECT c::text FROM sales.customers AS c
                      UNION ALL SELECT t::text FROM sales.order_totals AS t
                      UNION ALL SELECT r::text FROM sales.monthly_revenue AS r
                      UNION ALL SELECT e::text FROM sales.events AS e
                      UNION ALL SELECT p::text FROM sales.products AS p
                      UNION ALL SELECT h::text FROM hr.employees AS h) AS s (row_text)";
    let digest: String = client.query_one(digest, &[]).await.unwrap().get(0);
    // Change it together with the sample: whoever quotes its rows (the demo's transcript, the README) has to follow.
    assert_eq!(digest, "83e78f924f8f6035980ea06d057bd5f7");
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = tokio::join!(Database::sample(), Database::sample());
    one.script("DELETE FROM scratch.notes").await;
    for (database, expected) in [(&one, 0), (&other, 4)] {
        let notes: i64 =
            database.connect().await.query_one("SELECT count(*) FROM scratch.notes", &[]).await.unwrap().get(0);
        assert_eq!(notes, expected);
    }
}
