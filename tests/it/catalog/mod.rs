//! The catalog says what the database has, its stamps change with what they stand for, and it is kept fresh.

use pgwicket::catalog::load;
use pgwicket::gate::catalog::{Catalog, Relation};
use tokio_postgres::Client;

use crate::support::Database;

async fn loaded(client: &Client) -> Catalog {
    Catalog::new(load(client).await.unwrap())
}

fn relation<'a>(catalog: &'a Catalog, name: &str) -> &'a Relation {
    let (schema, name) = name.split_once('.').unwrap();
    catalog.relation_named(schema, name).unwrap_or_else(|| panic!("no {schema}.{name}"))
}

#[tokio::test]
async fn the_sample_is_loaded() {
    let database = Database::sample().await;
    let catalog = loaded(&database.connect_as_wicket().await).await;
    assert_eq!(catalog.parts().schemas, ["hr", "public", "sales", "scratch"]);
    assert_eq!(catalog.parts().database, database.name());
    let customers = relation(&catalog, "sales.customers");
    let columns: Vec<&str> = customers.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns[..4], ["id", "tenant_id", "name", "email"]);
    assert!(customers.columns.iter().all(|column| catalog.governed(column.type_oid) == Ok(())));
}
