//! The catalog says what the database has, its stamps change with what they stand for, and it is kept fresh.

mod describe;
mod metadata;
mod refresh;
mod stamps;
mod verification;

use describe::describe;
use pgwicket::catalog::load;
use pgwicket::gate::catalog::{Catalog, Oid, TypeKind};
use tokio_postgres::Client;

use crate::support::{Database, PATIENCE};

pub async fn loaded(client: &Client) -> Catalog {
    Catalog::new(load(client).await.unwrap())
}

/// A database with one of every kind of thing.
async fn every_kind() -> Database {
    let database = Database::empty().await;
    database.script(include_str!("kinds.sql")).await;
    database
}

/// The same on every PostgreSQL from 12 to 18.
#[tokio::test]
async fn every_kind_of_thing_is_loaded_with_everything_about_it() {
    let database = every_kind().await;
    let catalog = loaded(&database.connect().await).await;
    insta::assert_snapshot!("kinds", describe(&catalog, &["shop", "Odd.Name"]));
}

fn kind_of<'a>(catalog: &'a Catalog, name: &str) -> &'a TypeKind {
    &catalog.type_named("pg_catalog", name).unwrap_or_else(|| panic!("no type {name}")).kind
}

#[tokio::test]
async fn what_is_postgresqls_own_is_known_but_no_relation_of_it() {
    let database = Database::empty().await;
    let client = database.connect_as_wicket().await;
    let catalog = loaded(&client).await;
    let parts = catalog.parts();
    let [functions, operators, types]: [i64; 3] = {
        let count =
            "SELECT (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_operator), (SELECT count(*) FROM pg_type)";
        let row = client.query_one(count, &[]).await.unwrap();
        [row.get(0), row.get(1), row.get(2)]
    };
    assert_eq!(parts.functions.len(), usize::try_from(functions).unwrap());
    assert_eq!(parts.operators.len(), usize::try_from(operators).unwrap());
    // TOAST tables have row types before PostgreSQL 14.
    assert!(parts.types.len() <= usize::try_from(types).unwrap());
    assert!(parts.types.iter().all(|one| one.stamp.is_empty() == one.oid.is_builtin()));
    assert!(parts.functions.iter().all(|one| one.stamp.is_empty() == one.oid.is_builtin()));
    assert_eq!(parts.relations, []);
    assert_eq!(parts.schemas, ["public"]);
    assert!(parts.collations.iter().any(|name| name == "C"));
    assert!(parts.version_text.starts_with("PostgreSQL "));

    let equal = catalog.operators_named("=").find(|one| one.left == Oid(23) && one.right == Oid(23)).unwrap();
    assert_eq!(catalog.function(equal.function).unwrap().signature(), "int4eq(integer, integer)");
    assert!(catalog.operators_named("-").any(|one| one.left == Oid(0) && one.right == Oid(23)));
    let postfix = parts.operators.iter().filter(|one| one.right == Oid(0)).count();
    assert_eq!(postfix > 0, parts.server_version < 140_000);
}

#[tokio::test]
async fn an_array_is_what_a_type_calls_its_array() {
    let database = Database::empty().await;
    let catalog = loaded(&database.connect().await).await;
    let oid = |name: &str| catalog.type_named("pg_catalog", name).unwrap().oid;
    assert_eq!(kind_of(&catalog, "_int4"), &TypeKind::Array { element: oid("int4") });
    assert_eq!(catalog.type_(oid("int4")).unwrap().array, oid("_int4"));
    for fixed in ["int2vector", "oidvector", "name", "point", "box", "text"] {
        assert_eq!(kind_of(&catalog, fixed), &TypeKind::Base, "{fixed}");
    }
    assert_eq!(kind_of(&catalog, "record"), &TypeKind::Pseudo);
    assert_eq!(kind_of(&catalog, "_record"), &TypeKind::Pseudo);
    assert_eq!(kind_of(&catalog, "int4range"), &TypeKind::Range { subtype: oid("int4") });
    assert!(matches!(kind_of(&catalog, "pg_class"), TypeKind::Composite { is_relation: true, .. }));
    if catalog.server_version() >= 140_000 {
        assert_eq!(kind_of(&catalog, "int4multirange"), &TypeKind::Multirange { range: oid("int4range") });
    }
}

#[tokio::test]
async fn a_users_cast_or_operator_class_taints_what_it_is_applied_to_unasked() {
    let database = every_kind().await;
    let catalog = loaded(&database.connect().await).await;
    let governed = |schema: &str, name: &str| catalog.governed(catalog.type_named(schema, name).unwrap().oid).is_ok();
    // An implicit cast between two of PostgreSQL's own, and hashing by a function of the user's.
    assert!(!governed("pg_catalog", "macaddr") && !governed("pg_catalog", "uuid") && !governed("pg_catalog", "point"));
    // Casts from and to an extension's type, or a user's, leave the built-in side alone.
    for name in ["text", "varchar", "json", "bytea", "int4"] {
        assert!(governed("pg_catalog", name), "{name}");
    }
    assert!(!governed("public", "citext") && !governed("shop", "colour") && !governed("shop", "_colour"));
}

#[tokio::test]
async fn what_an_extension_brings_is_known_to_be_its_own() {
    let database = every_kind().await;
    let catalog = loaded(&database.connect().await).await;
    let parts = catalog.parts();
    let citext = catalog.type_named("public", "citext").unwrap();
    assert_eq!(citext.extension.as_deref(), Some("citext"));
    assert!(parts.functions.iter().any(|one| one.name == "citext_eq" && one.extension.as_deref() == Some("citext")));
    assert!(parts.operators.iter().any(|one| one.left == citext.oid && one.extension.as_deref() == Some("citext")));
    assert!(parts.user_casts.iter().any(|one| one.source == citext.oid && one.extension.as_deref() == Some("citext")));
    assert!(parts.user_opclasses.iter().any(|one| one.type_oid == citext.oid && one.extension.is_some()));
    let ours = |schema: &String| schema == "shop";
    assert!(parts.types.iter().filter(|one| ours(&one.schema)).all(|one| one.extension.is_none()));
    assert!(parts.functions.iter().filter(|one| ours(&one.schema)).all(|one| one.extension.is_none()));
}

#[tokio::test]
async fn a_row_type_has_its_relations_columns() {
    let database = every_kind().await;
    let catalog = loaded(&database.connect().await).await;
    let customers = catalog.relation_named("shop", "customers").unwrap();
    let TypeKind::Composite { relation, is_relation, fields } = &catalog.type_named("shop", "customers").unwrap().kind
    else {
        panic!("no composite")
    };
    let columns: Vec<_> = customers.columns.iter().map(|one| (one.name.clone(), one.type_oid)).collect();
    assert_eq!((*relation, *is_relation, fields), (customers.oid, true, &columns));
}

/// An ALTER TABLE that takes an hour must not keep pgwicket from starting.
#[tokio::test]
async fn a_locked_table_does_not_hold_up_the_load() {
    let database = every_kind().await;
    let locker = database.connect().await;
    locker.batch_execute("BEGIN; LOCK TABLE shop.customers, shop.names IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let client = database.connect().await;
    let load = tokio::time::timeout(PATIENCE, load(&client)).await.expect("the load waits for a lock").unwrap();
    assert!(load.relations.iter().any(|one| one.name == "customers" && one.columns.len() == 8));
}

#[tokio::test]
async fn temporary_tables_of_other_sessions_are_not_there() {
    let database = every_kind().await;
    let other = database.connect().await;
    other.batch_execute("CREATE TEMPORARY TABLE brief () INHERITS (shop.leaf)").await.unwrap();
    let catalog = loaded(&database.connect().await).await;
    assert_eq!(catalog.relation_named("shop", "leaf").unwrap().children, []);
    assert!(!catalog.parts().relations.iter().any(|one| one.name == "brief"));
    assert!(!catalog.parts().types.iter().any(|one| one.name == "brief"));
}

#[tokio::test]
async fn a_failed_load_leaves_the_connection_usable() {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute("SET statement_timeout = '1ms'").await.unwrap();
    let failed = load(&client).await;
    client.batch_execute("SET statement_timeout = 0").await.unwrap();
    assert!(failed.is_err(), "the load took less than a millisecond");
    load(&client).await.unwrap();
}
