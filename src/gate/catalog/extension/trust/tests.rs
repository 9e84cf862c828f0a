//! What may be trusted, and what in it.

use super::*;
use crate::gate::catalog::{CatalogParts, fixture};

fn parts() -> CatalogParts {
    fixture::with_extensions(fixture::parts())
}

fn trusting(parts: CatalogParts, names: &[&str]) -> Result<Catalog, Vec<Untrusted>> {
    Catalog::new(parts).trusting(names.iter().copied())
}

/// What is told of the first extension that can't be trusted.
fn fault(change: impl Fn(&mut CatalogParts), names: &[&str]) -> String {
    let mut parts = parts();
    change(&mut parts);
    trusting(parts, names).err().map(|faults| faults[0].message.clone()).unwrap_or_default()
}

/// The signatures of what may be called.
fn callable(catalog: &Catalog) -> Vec<String> {
    let functions = catalog.parts().functions.iter().filter(|one| catalog.trust().has_function(one.oid));
    functions.map(|one| signature(catalog, one)).collect()
}

fn one<'p>(parts: &'p mut CatalogParts, name: &str) -> &'p mut Function {
    parts.functions.iter_mut().rev().find(|one| one.name == name).unwrap()
}

const BOTH: &[&str] = &["citext", "pg_trgm"];

#[test]
fn what_is_listed_and_made_as_it_should_be_may_be_called() {
    let catalog = trusting(parts(), BOTH).unwrap();
    assert_eq!(
        callable(&catalog),
        [
            "citext_eq(citext, citext)",
            "citext_larger(citext, citext)",
            "citext(boolean)",
            "texticlike(citext, text)",
            "max(citext)",
            "similarity(text, text)",
            "similarity_op(text, text)",
        ]
    );
    let citext = Oid(50_000);
    assert!(catalog.governed(citext).is_ok() && catalog.governed(Oid(50_001)).is_ok());
    assert!(!catalog.has_user_cast(None, Some(citext)) && !catalog.has_user_cast(Some(citext), None));
    assert!(catalog.operator_set("=", false).unwrap().verdict.is_ok());
    assert_eq!(catalog.trust().search_path().unwrap(), "pg_catalog, \"ext\", pg_temp");
}

#[test]
fn nothing_is_trusted_that_is_not_named() {
    for catalog in [Catalog::new(parts()), trusting(parts(), &[]).unwrap()] {
        assert_eq!((callable(&catalog), catalog.trust().search_path()), (Vec::<String>::new(), None));
        assert!(catalog.governed(Oid(50_000)).unwrap_err().contains("the extension `citext`"));
        assert!(catalog.has_user_cast(Some(Oid(50_000)), None));
        assert!(catalog.operator_set("=", false).unwrap().verdict.is_ok());
        assert!(catalog.operator_set("%", false).is_some_and(|set| set.result.is_some()));
    }
}

#[test]
fn a_function_that_is_made_otherwise_is_another_one() {
    for body in [
        Body::Unread,
        Body::Library("$libdir/other".to_owned()),
        Body::Library("/tmp/pg_trgm".to_owned()),
        Body::Internal("similarity".to_owned()),
        Body::Aggregate(Vec::new()),
    ] {
        let mut parts = parts();
        one(&mut parts, "similarity").body = body.clone();
        assert!(!callable(&trusting(parts, BOTH).unwrap()).contains(&"similarity(text, text)".to_owned()), "{body:?}");
    }
    let without = |change: &dyn Fn(&mut CatalogParts), signature: &str| {
        let mut parts = parts();
        change(&mut parts);
        !callable(&trusting(parts, BOTH).unwrap()).contains(&signature.to_owned())
    };
    assert!(without(&|parts| one(parts, "citext").body = Body::Internal("pg_sleep".to_owned()), "citext(boolean)"));
    // An aggregate over a step that isn't what it should be, and one that moved away.
    assert!(without(&|parts| one(parts, "citext_larger").body = Body::Unread, "max(citext)"));
    assert!(without(&|parts| one(parts, "similarity").schema = "scratch".to_owned(), "similarity(text, text)"));
    assert!(without(&|parts| one(parts, "similarity").extension = None, "similarity(text, text)"));
}

#[test]
fn an_operator_and_a_cast_are_as_good_as_what_is_behind_them() {
    let mut replaced = parts();
    one(&mut replaced, "citext_eq").body = Body::Unread;
    one(&mut replaced, "citext").body = Body::Unread;
    let catalog = trusting(replaced, BOTH).unwrap();
    assert!(catalog.operator_set("=", false).unwrap().verdict.is_err());
    assert!(catalog.operator_set("~~", false).unwrap().verdict.is_ok());
    // The cast from boolean to citext taints the extension's type.
    assert!(catalog.governed(Oid(50_000)).is_err());
    let mut unasked = parts();
    unasked.user_casts.iter_mut().for_each(|cast| cast.implicit = true);
    assert!(trusting(unasked, BOTH).unwrap().governed(Oid(50_000)).is_err());
}

#[test]
fn an_extension_is_trusted_only_where_nothing_else_can_be_chosen() {
    assert_eq!(fault(|_| {}, BOTH), "");
    for (change, told) in [
        (
            (|parts| parts.extensions[0].creators = vec!["PUBLIC".to_owned()]) as fn(&mut CatalogParts),
            "`PUBLIC` may create objects in its schema `ext`",
        ),
        (|parts| parts.extensions.clear(), "not installed"),
        (|parts| parts.extensions[0].schema = "pg_catalog".to_owned(), "in the schema `pg_catalog`"),
        (|parts| parts.extensions[0].schema = "$user".to_owned(), "in the schema `$user`"),
        (|parts| one(parts, "leak").schema = "ext".to_owned(), ""),
        (
            |parts| {
                let mut shadow = one(parts, "leak").clone();
                (shadow.schema, shadow.name) = ("ext".to_owned(), "lower".to_owned());
                parts.functions.push(shadow);
            },
            "also the function `lower`",
        ),
        (|parts| parts.operators.last_mut().unwrap().extension = None, "also the operator `%`"),
        (
            |parts| parts.operators.last_mut().unwrap().extension = Some("postgis".to_owned()),
            "the operator `%` of the extension `postgis`, which isn't trusted",
        ),
    ] {
        let found = fault(change, BOTH);
        assert!(found.contains(told) && found.is_empty() == told.is_empty(), "{told}: {found}");
    }
    let alone = fault(|_| {}, &["pg_trgm"]);
    assert!(alone.contains("of the extension `citext`, which isn't trusted"), "{alone}");
    assert!(fault(|_| {}, &["dblink"]).contains("no list of what is safe"));
}

#[test]
fn the_tables_that_an_extension_reads_have_to_be_plain_and_in_its_owners_hands() {
    let fault = |change: fn(&mut CatalogParts)| {
        let mut parts = fixture::with_postgis(fixture::parts());
        change(&mut parts);
        trusting(parts, &["postgis"]).err().map(|faults| faults[0].message.clone()).unwrap_or_default()
    };
    assert_eq!(fault(|_| {}), "");
    let odd = fault(|parts| parts.extensions[0].tables.clear());
    assert!(odd.contains("`spatial_ref_sys`, which is not a plain table"), "{odd}");
    let edited = fault(|parts| parts.extensions[0].editors = vec!["joe".to_owned()]);
    assert!(edited.contains("`joe` may change the rows of its tables"), "{edited}");
}

#[test]
fn a_cast_from_a_built_in_type_is_made_unasked_only_where_the_list_says_so() {
    let both = [Oid(52_000), Oid(52_001)];
    let governed = |change: fn(&mut UserCast)| {
        let mut parts = fixture::with_postgis(fixture::parts());
        change(parts.user_casts.last_mut().unwrap());
        let catalog = trusting(parts, &["postgis"]).unwrap();
        both.iter().all(|oid| catalog.governed(*oid).is_ok())
    };
    assert!(governed(|_| {}));
    assert!(!governed(|cast| cast.source = Oid(23)));
    assert!(!governed(|cast| cast.extension = None));
    assert!(!governed(|cast| cast.target = Oid(52_001)));
}
