//! The verification as a whole: what it asks together, and what it does with what isn't there.

use pgwicket::gate::admit::Verification;
use pgwicket::gate::catalog::Oid;
use pgwicket::postgres::{Stamped, Verifier, VerifyError};

use super::{every_kind, loaded};
use crate::support::Database;

#[tokio::test]
async fn everything_is_verified_together() {
    let database = every_kind().await;
    let client = database.connect().await;
    let catalog = loaded(&client).await;
    let parts = catalog.parts();
    let of_shop = |schema: &str| schema == "shop";
    let expected = Verification {
        relations: parts.relations.iter().map(|one| (one.oid, one.stamp.clone())).collect(),
        indexes: parts.relations.iter().map(|one| (one.oid, one.index_stamp.clone())).collect(),
        keys: parts.relations.iter().map(|one| (one.oid, one.key_stamp.clone())).collect(),
        sources: parts.relations.iter().filter_map(|one| Some((one.oid, one.source_stamp.clone()?))).collect(),
        functions: parts
            .functions
            .iter()
            .filter(|one| of_shop(&one.schema))
            .map(|one| (one.oid, one.stamp.clone()))
            .collect(),
        types: parts.types.iter().filter(|one| of_shop(&one.schema)).map(|one| (one.oid, one.stamp.clone())).collect(),
        extensions: parts.extensions.iter().map(|one| (one.oid, one.stamp.clone())).collect(),
        search_path: None,
        foreign_code: false,
    };
    assert!(expected.relations.len() > 20 && expected.functions.len() > 10 && expected.types.len() > 10);
    let verifier = Verifier::prepare(&client).await.unwrap();
    let settings = [("session_replication_role", "origin"), ("TimeZone", "UTC")];
    verifier.verify(&client, &expected, &settings).await.unwrap();

    database.script("ALTER TABLE shop.keys ADD more integer").await;
    let changed = verifier.verify(&client, &expected, &settings).await;
    // The table and its row type; which is told first is open.
    assert!(matches!(changed, Err(VerifyError::Changed(Stamped::Relation | Stamped::Type))), "{changed:?}");
}

#[tokio::test]
async fn what_is_missing_is_not_what_was_admitted() {
    let database = Database::empty().await;
    let client = database.connect().await;
    let verifier = Verifier::prepare(&client).await.unwrap();
    let missing = || vec![(Oid(4_000_000_000), String::new())];
    let nothing = Verification::default();
    for (expected, kind) in [
        (Verification { relations: missing(), ..nothing.clone() }, Stamped::Relation),
        (Verification { indexes: missing(), ..nothing.clone() }, Stamped::Indexes),
        (Verification { keys: missing(), ..nothing.clone() }, Stamped::Key),
        (Verification { sources: missing(), ..nothing.clone() }, Stamped::Source),
        (Verification { functions: missing(), ..nothing.clone() }, Stamped::Function),
        (Verification { types: missing(), ..nothing.clone() }, Stamped::Type),
        (Verification { extensions: missing(), ..nothing.clone() }, Stamped::Extension),
    ] {
        let verified = verifier.verify(&client, &expected, &[]).await;
        assert!(matches!(verified, Err(VerifyError::Changed(changed)) if changed == kind), "{verified:?}");
    }
    verifier.verify(&client, &nothing, &[]).await.unwrap();
}

#[tokio::test]
async fn settings_that_differ_are_named() {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute("SET TimeZone = 'Europe/Berlin'; SET DateStyle = 'German'").await.unwrap();
    let verifier = Verifier::prepare(&client).await.unwrap();
    let settings = [("TimeZone", "UTC"), ("array_nulls", "on"), ("DateStyle", "ISO, MDY"), ("no.such", "x")];
    match verifier.verify(&client, &Verification::default(), &settings).await {
        Err(VerifyError::Settings(names)) => assert_eq!(names, ["TimeZone", "DateStyle", "no.such"]),
        other => panic!("{other:?}"),
    }
}

/// Planning the verification takes longer than running it, so the server has to keep its plan.
#[tokio::test]
async fn the_verifications_plan_is_kept() {
    let database = every_kind().await;
    let client = database.connect().await;
    let catalog = loaded(&client).await;
    let relations = &catalog.parts().relations;
    let verifier = Verifier::prepare(&client).await.unwrap();
    for many in [1, relations.len()] {
        let expected = Verification {
            relations: relations.iter().take(many).map(|one| (one.oid, one.stamp.clone())).collect(),
            ..Verification::default()
        };
        for _ in 0..20 {
            verifier.verify(&client, &expected, &[]).await.unwrap();
        }
    }
    if catalog.server_version() < 140_000 {
        return; // These don't tell.
    }
    let query =
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE generic_plans + custom_plans >= 40";
    let row = client.query_one(query, &[]).await.unwrap();
    let (generic, custom): (i64, i64) = (row.get(0), row.get(1));
    assert!(generic >= 35 && custom == 5, "{generic} generic, {custom} custom");
}
