//! PostGIS: what may be used of it, and the conditions of its table of coordinate systems.

use std::sync::Arc;

use pgwicket::gate::admit::Submission;
use serde_json::json;

use super::super::traps::{faults, refused};
use super::super::{asked_both_ways, lists};
use super::{listed, preference};
use crate::support::{Database, Library};

const SETUP: &str = include_str!("postgis.sql");
const CORPUS: &str = include_str!("postgis_corpus.sql");

const POLICY: &str = r#"
version = 1
name = "spatial"
[statements]
allow = ["select", "insert", "update", "delete"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "write"
[functions]
trusted_extensions = ["postgis"]
"#;

async fn database() -> Option<Database> {
    listed("postgis")?;
    let database = Database::sample().await;
    database.script(SETUP).await;
    Some(database)
}

#[tokio::test]
async fn every_function_of_postgis_is_sorted() {
    let Some(list) = listed("postgis") else { return };
    lists::all_sorted(&[list]).await;
}

/// Nothing is chosen in place of PostgreSQL's own, although text and bytea become geometries unasked.
#[tokio::test]
async fn no_operator_of_postgis_takes_the_place_of_a_built_in_one() {
    let Some(database) = database().await else { return };
    let (own, brought) = preference::operators_keep_their_meaning(&database).await;
    assert!(own > 300 && brought > 50, "{own} of PostgreSQL's own, {brought} of PostGIS only");
}

/// The gate leaves out of account what PostgreSQL passes over, and PostgreSQL does.
#[tokio::test]
async fn no_call_reaches_an_overload_of_postgis_that_is_refused() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let pool = ["spot", "wkt", "'POINT(0 0)'", "1", "earth", "1.5", "wkb", "name::varchar", "bounds", "NULL"];
    let (understood, refused) =
        preference::calls_reach_only_what_is_allowed(&database, &library, "postgis", ("sales.places", &pool)).await;
    assert!(understood > 250 && refused > 500, "{understood} understood, {refused} refused");
}

/// The only casts from built-in types that are made unasked, the only operators over types of index keys, and nothing
/// else that the trust leaves out.
#[tokio::test]
async fn what_postgis_attaches_is_what_the_list_says() {
    let Some(list) = listed("postgis") else { return };
    let catalog = lists::installed(&[list]).await;
    let trusting = catalog.trusting(["postgis"].into_iter()).unwrap();
    assert_eq!(trusting.untrusted_casts().count(), 0);
    let unasked = catalog.parts().user_casts.iter().filter(|one| one.implicit && one.source.is_builtin()).count();
    assert_eq!(unasked, list.unasked.len());
    for one in catalog.parts().operators.iter().filter(|one| one.schema == "ext") {
        let over_key = trusting.trust().is_key(one.left) || trusting.trust().is_key(one.right);
        assert!(over_key || trusting.trust().has_operator(one), "{} {:?}", one.name, one.function);
        let set = trusting.operator_set(&one.name, one.left.0 == 0).unwrap();
        assert!(set.verdict.is_ok(), "{}: {:?}", one.name, set.verdict);
    }
}

/// No value of an index key's type can be written.
#[tokio::test]
async fn types_of_index_keys_have_no_input() {
    let Some(database) = database().await else { return };
    let client = database.connect().await;
    for key in ["box2df", "gidx"] {
        let error = client.batch_execute(&format!("SELECT 'x'::ext.{key}")).await.unwrap_err();
        let message = error.as_db_error().unwrap().message().to_owned();
        assert!(message.contains("not implemented"), "{key}: {message}");
    }
}

#[tokio::test]
async fn what_postgis_brings_gives_what_it_gives_directly() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let asked = asked_both_ways(&database, &library, CORPUS).await;
    assert!(asked >= 85, "{asked} statements prove too little");
}

#[tokio::test]
async fn geometries_can_be_written_and_brought_as_parameters() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let run = |text: &str, parameters: Vec<serde_json::Value>| {
        library.run(Submission::Sql { text: text.to_owned(), parameters })
    };
    let found = run(
        "SELECT name FROM sales.places WHERE ST_Contains(area, $1::geometry)",
        vec![json!("SRID=4326;POINT(13.5 52.5)")],
    )
    .await;
    assert!(found.unwrap().result.json.contains("Berlin"));
    let insert = "INSERT INTO sales.places (id, name, spot, earth) \
                  VALUES (10, 'new', ST_SetSRID(ST_MakePoint($1, $2), 4326), 'POINT(1 2)')";
    run(insert, vec![json!(1.5), json!(2.5)]).await.unwrap();
    run("UPDATE sales.places SET shape = ST_Buffer(spot, 1) WHERE spot && ST_MakeEnvelope(1, 2, 3, 3, 4326)", vec![])
        .await
        .unwrap();
    let rows = library.rows("SELECT ST_AsText(spot), ST_NPoints(shape) FROM sales.places WHERE id = 10").await;
    assert_eq!(rows, json!([["POINT(1.5 2.5)", 33]]));
    run("INSERT INTO sales.sites (at) VALUES ('SRID=4326;POINT(7 7)')", vec![]).await.unwrap();
    // The type modifier of the column is PostgreSQL's to check, as is the domain's condition.
    for wrong in ["'SRID=4326;LINESTRING(0 0, 1 1)'", "'SRID=4326;POINT(181 1)'", "'SRID=3857;POINT(1 1)'"] {
        assert!(run(&format!("INSERT INTO sales.sites (at) VALUES ({wrong})"), vec![]).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn what_is_dangerous_in_postgis_is_refused_with_its_reason() {
    let Some(database) = database().await else { return };
    let library = Library::open(&database, POLICY, &[]).await;
    let function = "function_not_allowed";
    refused(
        &library,
        &[
            ("SELECT ST_GeneratePoints(area, 1000000000) FROM sales.places", function, "as a number says"),
            ("SELECT ST_Segmentize(shape, 0.000001) FROM sales.places", function, "as a number says"),
            ("SELECT * FROM ST_SquareGrid(0.0001, ST_MakeEnvelope(0, 0, 9, 9)) AS g", function, "as a number says"),
            ("SELECT ST_Buffer(shape, 1, 'quad_segs=1000000') FROM sales.places", function, "2 arguments only"),
            ("SELECT ST_Buffer(shape, 1, 1000000) FROM sales.places", function, "written in SQL"),
            ("SELECT ST_Subdivide(shape, 5) FROM sales.places", function, "1 argument only"),
            ("SELECT ST_GeoHash(spot, 1000000000) FROM sales.places", function, "1 argument only"),
            ("SELECT ST_HausdorffDistance(shape, shape, 0.0000001) FROM sales.places", function, "as a number says"),
            ("SELECT ST_Transform(spot, '+proj=merc +nadgrids=@/etc/passwd') FROM sales.places", function, "files"),
            ("SELECT postgis_transform_geometry(spot, 'a', 'b', 0) FROM sales.places", function, "files"),
            ("SELECT ST_EstimatedExtent('sales', 'places', 'spot')", function, "statistics"),
            ("SELECT _postgis_selectivity('sales.places', 'spot', spot, '2') FROM sales.places", function, "made of"),
            ("SELECT Find_SRID('sales', 'places', 'spot')", function, "read tables"),
            ("SELECT DropGeometryTable('sales', 'places')", function, "change tables"),
            ("SELECT AddGeometryColumn('sales', 'places', 'x', 4326, 'POINT', 2)", function, "change tables"),
            ("SELECT ST_FromFlatGeobufToTable('sales', 'x', wkb) FROM sales.places", function, "change tables"),
            ("SELECT ST_AsMVT(places) FROM sales.places", function, "take rows"),
            ("SELECT LockRow('sales', 'places', '1', 'me')", function, "locks"),
            ("SELECT postgis_full_version()", function, "software"),
            ("SELECT ST_GeomFromGML('<x/>')", function, "XML"),
            ("SELECT ST_Translate(shape, 1, 1) FROM sales.places", function, "written in SQL"),
            ("SELECT ST_Area(wkt) FROM sales.places", function, "written in SQL"),
            ("SELECT ST_Area('POINT(0 0)')", function, "cast the arguments"),
            ("SELECT geometry_out(shape) FROM sales.places", function, "reading and writing"),
            ("SELECT pgis_geometry_union_parallel_finalfn(NULL)", function, "steps of aggregates"),
            ("SELECT 'x'::box2df", "type_not_allowed", "box2df"),
            ("SELECT 'x'::ext.gidx", "type_not_allowed", "gidx"),
            ("SELECT 'POINT(1 2)'::geometry(Nonsense, 4326)", "not_supported", "nonsense"),
            ("SELECT name::pg_catalog.money(point) FROM sales.places", "not_supported", "modifier"),
            ("SELECT srid FROM ext.spatial_ref_sys", "unknown_relation", "spatial_ref_sys"),
            ("SELECT * FROM ext.geometry_columns", "unknown_relation", "geometry_columns"),
        ],
    )
    .await;
}

/// PostGIS is mostly installed in `public`.
#[tokio::test]
async fn an_open_schema_or_table_ends_the_trust() {
    if listed("postgis").is_none() {
        return;
    }
    let policy = POLICY;
    let database = Database::sample().await;
    database.script("GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE EXTENSION postgis SCHEMA public").await;
    let found = faults(&database, policy).await;
    assert!(found.contains("`PUBLIC` may create objects in its schema `public`"), "{found}");
    database.script("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    assert_eq!(faults(&database, policy).await, "");
    for (script, told) in [
        ("GRANT INSERT ON ext.spatial_ref_sys TO PUBLIC", "`PUBLIC` may change the rows"),
        ("GRANT UPDATE (proj4text) ON ext.spatial_ref_sys TO wicket_reader", "`wicket_reader` may change the rows"),
        ("GRANT ALL ON ALL TABLES IN SCHEMA ext TO wicket", "`wicket` may change the rows"),
        ("ALTER TABLE ext.spatial_ref_sys OWNER TO wicket", "`wicket` may change the rows"),
        ("ALTER TABLE ext.spatial_ref_sys ENABLE ROW LEVEL SECURITY", "not a plain table"),
        ("CREATE RULE r AS ON UPDATE TO ext.spatial_ref_sys DO INSTEAD NOTHING", "not a plain table"),
        ("CREATE TABLE sales.child () INHERITS (ext.spatial_ref_sys)", "not a plain table"),
        ("ALTER EXTENSION postgis DROP TABLE ext.spatial_ref_sys", "not a plain table"),
        (
            "CREATE FUNCTION ext.mine(ext.geometry, ext.geometry) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             CREATE OPERATOR ext.@@@ (LEFTARG = ext.geometry, RIGHTARG = ext.geometry, FUNCTION = ext.mine)",
            "also the operator `@@@`",
        ),
        ("GRANT SELECT ON ext.spatial_ref_sys TO wicket", ""),
    ] {
        let database = Database::sample().await;
        database.script(SETUP).await;
        database.script(script).await;
        let found = faults(&database, policy).await;
        assert!(found.contains(told) && found.is_empty() == told.is_empty(), "{script}: {found}");
    }
}

/// The catalog in force is older than the change: what was admitted by it isn't believed.
#[tokio::test]
async fn a_change_of_the_table_of_coordinate_systems_is_noticed() {
    const READ: &str = "SELECT ST_Distance(earth, earth) FROM sales.places WHERE id = 1";
    for script in [
        "GRANT INSERT ON ext.spatial_ref_sys TO PUBLIC",
        "GRANT UPDATE (proj4text) ON ext.spatial_ref_sys TO wicket_reader",
        "ALTER TABLE ext.spatial_ref_sys OWNER TO wicket",
        "ALTER TABLE ext.spatial_ref_sys ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE sales.child () INHERITS (ext.spatial_ref_sys)",
        "CREATE RULE r AS ON UPDATE TO ext.spatial_ref_sys DO INSTEAD NOTHING",
        "CREATE OR REPLACE FUNCTION ext.geometry_eq(geom1 ext.geometry, geom2 ext.geometry) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    ] {
        let Some(database) = database().await else { return };
        let library = Library::open(&database, POLICY, &[]).await;
        assert_eq!(library.rows(READ).await, json!([[0]]));
        database.script(script).await;
        let stale = library.admit(READ).unwrap();
        assert!(library.execute(stale).await.is_err(), "{script}");
        assert!(library.query(READ).await.is_err(), "{script}");
    }
}

/// What users put beside PostGIS, or attach to its types.
#[tokio::test]
async fn what_users_add_to_postgis_is_not_trusted() {
    const STEAL: &str = "CREATE FUNCTION sales.steal(ext.geometry) RETURNS integer LANGUAGE sql AS 'SELECT 1'; \
                         CREATE CAST (ext.geometry AS integer) WITH FUNCTION sales.steal(ext.geometry)";
    for (script, sql, reason, told) in [
        (STEAL.to_owned(), "SELECT shape::integer FROM sales.places", "type_not_allowed", "user-defined cast"),
        (format!("{STEAL} AS IMPLICIT"), "SELECT shape FROM sales.places", "type_not_allowed", "user-defined cast"),
        (
            "CREATE FUNCTION ext.st_area(ext.geometry, integer) RETURNS float8 LANGUAGE sql AS 'SELECT 1::float8'".into(),
            "SELECT ST_Area(shape, 1) FROM sales.places",
            "unknown_function",
            "st_area",
        ),
        // The better match for a domain.
        (
            "CREATE FUNCTION ext.st_srid(sales.site) RETURNS integer LANGUAGE sql AS 'SELECT 1'".into(),
            "SELECT ST_SRID(at) FROM sales.sites",
            "unknown_function",
            "st_srid",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.st_x(ext.geometry) RETURNS float8 LANGUAGE sql AS 'SELECT 1::float8'".into(),
            "SELECT ST_X(shape) FROM sales.places",
            "function_not_allowed",
            "isn't the one that the extension brings",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.geometry(text) RETURNS ext.geometry LANGUAGE sql AS 'SELECT NULL::ext.geometry'"
                .into(),
            "SELECT shape FROM sales.places",
            "type_not_allowed",
            "user-defined cast",
        ),
    ] {
        let Some(database) = database().await else { return };
        database.script(&script).await;
        let library = Library::open(&database, POLICY, &[]).await;
        refused(&library, &[(sql, reason, told)]).await;
    }
}

#[tokio::test]
async fn masks_and_row_filters_know_geometries() {
    let Some(database) = database().await else { return };
    let table = |rules: &str| format!("{POLICY}\n[tables.\"sales.places\"]\naccess = \"read\"\n{rules}\n");
    let library = Library::open(&database, &table("mask = { spot = \"null\", earth = \"null\" }"), &[]).await;
    let rows = library.rows("SELECT spot, earth, ST_X(spot), spot && area FROM sales.places WHERE id = 1").await;
    assert_eq!(rows, json!([[null, null, null, null]]));
    assert_eq!(library.rows("SELECT id FROM sales.places WHERE spot IS NOT NULL").await, json!([]));
    let found = faults(&database, &table("mask = { spot = \"hash\" }")).await;
    assert!(found.contains("hash"), "{found}");
    let partly = "mask = { spot = { sql = \"CASE WHEN id = 1 THEN spot END\" } }";
    let library = Library::open(&database, &table(partly), &[]).await;
    let rows = library.rows("SELECT ST_AsText(spot) FROM sales.places WHERE id < 3 ORDER BY id").await;
    assert_eq!(rows, json!([["POINT(13.4 52.5)"], [null]]));
    // Whether a function in C can fail on some value isn't known, so a mask may not call one.
    let found = faults(&database, &table("mask = { spot = { sql = \"ST_FlipCoordinates(spot)\" } }")).await;
    assert!(found.contains("not known to be total"), "{found}");
    let inside = "rows = \"ST_X(spot) < 10 AND spot && ST_MakeEnvelope(0, 40, 10, 60, 4326)\"";
    let library = Arc::new(Library::open(&database, &table(inside), &[]).await);
    assert_eq!(library.rows("SELECT id FROM sales.places ORDER BY 1").await, json!([[2], [3]]));
    // Code in C may tell of its operands in an error, and so may the text that isn't a geometry: neither sees hidden rows.
    let condition =
        "SELECT id FROM sales.places WHERE ST_X(wkt::geometry) > 2 AND wkt::geometry && 'POINT(3 4)' ORDER BY 1";
    assert_eq!(library.rows(condition).await, json!([[2]]));
    let admitted = library.admit("SELECT id FROM sales.places WHERE spot && 'POINT(77 77)' AND shape = 'POINT(77 77)'");
    let admitted = admitted.unwrap();
    let (fenced, _) = admitted.sql().rsplit_once("OFFSET 0").unwrap();
    assert!(!fenced.contains("77"), "{}", admitted.sql());
}
