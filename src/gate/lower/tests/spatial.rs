//! PostGIS: overloads in SQL that PostgreSQL passes over, words in type modifiers, casts that are made unasked.

use super::extensions::told;
use super::*;
use crate::gate::catalog::{CatalogParts, Oid};

fn trusting(change: impl Fn(&mut CatalogParts)) -> Catalog {
    let mut parts = fixture::with_postgis(fixture::parts());
    change(&mut parts);
    Catalog::new(parts).trusting(["postgis"].into_iter()).unwrap()
}

#[test]
fn an_overload_that_takes_the_types_as_they_are_outdoes_the_others() {
    let catalog = trusting(|_| {});
    for (sql, expected) in [
        ("st_area(spot)", "ext.st_area(t1.spot)"),
        ("st_area(earth)", "ext.st_area(t1.earth)"),
        ("st_area(earth, false)", "ext.st_area(t1.earth, FALSE)"),
        ("st_dwithin(spot, 'POINT(0 0)', 2)", "ext.st_dwithin(t1.spot, 'POINT(0 0)', 2)"),
        ("st_dwithin(spot, st_centroid(spot), 2.5)", "ext.st_dwithin(t1.spot, ext.st_centroid(t1.spot), 2.5)"),
        ("st_area(st_centroid(earth))", "ext.st_area(ext.st_centroid(t1.earth))"),
        ("st_buffer(spot, 1)", "ext.st_buffer(t1.spot, 1)"),
        ("st_transform(spot, 3857)", "ext.st_transform(t1.spot, 3857)"),
        ("st_makeline(spot)", "ext.st_makeline(t1.spot)"),
        ("spot && 'POINT(0 0)'", "(t1.spot && 'POINT(0 0)')"),
        ("name::geometry", "CAST(t1.name AS ext.geometry)"),
        ("name = 'x'", "(t1.name = 'x')"),
    ] {
        let found = told(&catalog, &format!("select {sql} from scratch.places"));
        assert!(found.starts_with(&format!("{expected} AS ")), "{sql}: {found}");
    }
}

#[test]
fn what_postgresql_could_choose_beside_it_is_refused() {
    let catalog = trusting(|_| {});
    for (sql, expected) in [
        ("st_area(name)", "function_not_allowed"),
        ("st_area('POINT(0 0)')", "function_not_allowed"),
        ("st_area($1)", "function_not_allowed"),
        ("st_dwithin(name, name, 1)", "function_not_allowed"),
        ("st_buffer(spot, 1, 100000)", "function_not_allowed"),
        ("st_buffer(spot, 1, 'quad_segs=100000')", "function_not_allowed"),
        ("st_buffer(spot, 1, name)", "function_not_allowed: function `st_buffer` may be called with 2 arguments only"),
        ("st_transform(spot, name)", "function_not_allowed"),
        ("pgis_geometry_accum_transfn(NULL, spot)", "function_not_allowed"),
        ("overlaps_2d(spot, spot)", "function_not_allowed"),
        ("'x'::box2df", "type_not_allowed"),
    ] {
        let found = told(&catalog, &format!("select {sql} from scratch.places"));
        assert!(found.starts_with(expected), "{sql}: {found}");
    }
}

#[test]
fn a_word_stands_before_the_modifiers_of_geometries_only() {
    let catalog = trusting(|_| {});
    for (sql, expected) in [
        ("'x'::geometry(Point, 4326)", "CAST('x' AS ext.geometry(point, 4326))"),
        ("'x'::ext.geometry(POINTZM)", "CAST('x' AS ext.geometry(pointzm))"),
        (
            "spot::geometry('MultiPolygon', 3857) from scratch.places",
            "CAST(t1.spot AS ext.geometry(multipolygon, 3857))",
        ),
        ("'x'::geography(geometry)", "CAST('x' AS ext.geography(geometry))"),
    ] {
        let found = told(&catalog, &format!("select {sql}"));
        assert!(found.starts_with(&format!("{expected} AS ")), "{sql}: {found}");
    }
    for sql in [
        "'x'::geometry(Nonsense)",
        "'x'::geometry(4326, Point)",
        "'x'::geometry(\"Point\")",
        "'x'::geometry('point''; drop')",
        "'1'::money(point)",
        "'1'::pg_catalog.numeric(point)",
    ] {
        let found = told(&catalog, &format!("select {sql}"));
        assert!(found.starts_with("not_supported") || found.starts_with("parse_error"), "{sql}: {found}");
    }
}

/// A type of index keys to which something leads is none: then its operators count.
#[test]
fn an_operator_over_index_keys_counts_where_a_value_could_be_one() {
    let reachable = trusting(|parts| {
        let mut cast = parts.user_casts.last().unwrap().clone();
        (cast.oid, cast.target) = (Oid(52_999), Oid(52_002));
        parts.user_casts.push(cast);
    });
    let found = told(&reachable, "select 1 where 'x' && 'y'");
    assert!(found.starts_with("operator_not_allowed"), "{found}");
}
