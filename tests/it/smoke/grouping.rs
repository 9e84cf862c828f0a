//! The table of types that GROUP BY takes holds on the server at hand.

use pgwicket::gate::catalog::builtin::grouping::SORTABLE;

use crate::support::Database;

/// By sorting, too: ROLLUP can do it no other way.
#[tokio::test]
async fn every_type_that_may_be_grouped_by_is() {
    let database = Database::empty().await;
    let client = database.connect().await;
    for name in SORTABLE {
        let quoted = format!("pg_catalog.\"{name}\"");
        for type_ in [quoted.clone(), format!("{quoted}[]")] {
            let sql = format!("SELECT x FROM (SELECT NULL::{type_} AS x) AS q GROUP BY ROLLUP (x)");
            client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{type_}: {error:?}"));
        }
    }
    let ungrouped = "SELECT x FROM (SELECT NULL::pg_catalog.json AS x) AS q GROUP BY ROLLUP (x)";
    assert!(client.prepare(ungrouped).await.is_err());
}
