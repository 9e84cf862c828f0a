//! Hygiene of the lists, and samples that must never change sides.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn allowed(signature: &str) -> bool {
    sorted(signature).is_some_and(|group| group.ruling == Ruling::Allowed)
}

fn signatures(ruling: Ruling) -> impl Iterator<Item = (&'static Group, &'static Builtin)> {
    let groups = GROUPS.iter().copied().filter(move |group| group.ruling == ruling);
    groups.flat_map(|group| group.functions.iter().map(move |function| (group, function)))
}

fn parts(signature: &str) -> (&str, Vec<&str>) {
    let (name, arguments) = signature.strip_suffix(')').unwrap().split_once('(').unwrap();
    (name, if arguments.is_empty() { vec![] } else { arguments.split(", ").collect() })
}

#[test]
fn every_group_has_a_name_a_reason_members_and_order() {
    let mut names = BTreeSet::new();
    for group in GROUPS {
        assert!(names.insert(group.name), "two groups are called {}", group.name);
        assert!(group.reason.len() > 10 && !group.reason.contains("  "), "{} has no clean reason", group.name);
        assert!(
            !group.functions.is_empty() || !group.names.is_empty() || !group.arguments.is_empty(),
            "{}",
            group.name
        );
        assert!(group.functions.is_sorted_by(|a, b| a.signature < b.signature), "{}: functions", group.name);
        assert!(group.names.is_sorted_by(|a, b| a < b), "{}: names", group.name);
        assert!(group.arguments.is_sorted_by(|a, b| a < b), "{}: arguments", group.name);
        match group.ruling {
            Ruling::Allowed => {
                assert!(
                    group.kind != Kind::Any && group.names.is_empty() && group.arguments.is_empty(),
                    "{}",
                    group.name
                );
            }
            Ruling::Refused => assert_eq!(group.kind, Kind::Any, "{}", group.name),
        }
    }
    let first_refused = GROUPS.iter().position(|group| group.ruling == Ruling::Refused).unwrap();
    assert!(GROUPS[first_refused..].iter().all(|group| group.ruling == Ruling::Refused));
}

#[test]
fn nothing_is_sorted_twice() {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for group in GROUPS {
        for entry in group.functions.iter().map(|one| one.signature).chain(group.names.iter().copied()) {
            if let Some(other) = seen.insert(entry, group.name) {
                panic!("{entry} is in {other} and in {}", group.name);
            }
        }
    }
}

#[test]
fn the_index_holds_every_signature_in_order_and_finds_it() {
    let entries = index::entries();
    assert!(entries.is_sorted_by(|a, b| a.function.signature < b.function.signature));
    assert_eq!(entries.len(), GROUPS.iter().map(|group| group.functions.len()).sum::<usize>());
    for group in GROUPS {
        for function in group.functions {
            assert!(std::ptr::eq(sorted(function.signature).unwrap(), *group), "{}", function.signature);
        }
    }
}

#[test]
fn signatures_are_spelt_as_postgresql_spells_them() {
    let displays: BTreeSet<&str> = types::GROUPS.iter().flat_map(|group| group.types).map(|one| one.display).collect();
    for (_, function) in signatures(Ruling::Allowed).chain(signatures(Ruling::Refused)) {
        let (name, arguments) = parts(function.signature);
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{name}");
        for argument in arguments {
            let element = argument.strip_suffix("[]").unwrap_or(argument);
            assert!(displays.contains(element), "{}: `{argument}` is no type", function.signature);
        }
    }
}

/// An allowed function takes governed types and polymorphic ones only; the two text search types are literals.
#[test]
fn no_allowed_function_takes_a_refused_type() {
    let polymorphic = [
        "\"any\"",
        "anyarray",
        "anycompatible",
        "anycompatiblearray",
        "anyelement",
        "anyenum",
        "anymultirange",
        "anynonarray",
        "anyrange",
        "record",
    ];
    let governed: BTreeSet<&str> = types::GROUPS
        .iter()
        .filter(|group| group.ruling == Ruling::Allowed)
        .flat_map(|group| group.types)
        .map(|one| one.display)
        .collect();
    for (group, function) in signatures(Ruling::Allowed) {
        for argument in parts(function.signature).1 {
            let element = argument.strip_suffix("[]").unwrap_or(argument);
            let literal = group.name == "text_search" && ["regconfig", "regdictionary"].contains(&argument);
            assert!(
                governed.contains(element) || polymorphic.contains(&argument) || literal,
                "{} takes {argument}",
                function.signature
            );
        }
    }
}

/// A name that is refused as a whole can't have an allowed overload: the reader of a refused group must be able to
/// trust it.
#[test]
fn no_allowed_function_has_a_refused_name() {
    let names: Vec<&str> = GROUPS.iter().flat_map(|group| group.names).copied().collect();
    for (_, function) in signatures(Ruling::Allowed) {
        let (name, _) = parts(function.signature);
        assert!(!names.iter().any(|refused| *refused == name || begins(name, refused)), "{}", function.signature);
    }
}

#[test]
fn size_flags_name_arguments_that_exist() {
    for (_, function) in signatures(Ruling::Allowed).chain(signatures(Ruling::Refused)) {
        let count = parts(function.signature).1.len();
        let named = match function.size {
            None => vec![],
            Some(Size::Series) => vec![1, 2],
            Some(
                Size::Length(at)
                | Size::Corners(at)
                | Size::Times(at)
                | Size::Dimensions(at)
                | Size::Widths(at)
                | Size::Program(at),
            ) => {
                vec![at]
            }
            Some(Size::Product(one, other)) => vec![one, other],
        };
        assert!(named.iter().all(|at| (1..=count).contains(&usize::from(*at))), "{}", function.signature);
    }
}

#[test]
fn what_makes_large_results_of_small_arguments_is_flagged() {
    for (name, arguments, size) in [
        ("repeat", "text, integer", Size::Times(2)),
        ("lpad", "text, integer", Size::Length(2)),
        ("rpad", "text, integer, text", Size::Length(2)),
        ("bpchar", "character, integer, boolean", Size::Length(2)),
        ("format", "text, \"any\"", Size::Widths(1)),
        ("array_fill", "anyelement, integer[]", Size::Dimensions(2)),
        ("replace", "text, text, text", Size::Product(1, 3)),
        ("jsonb_path_query", "jsonb, jsonpath, jsonb, boolean", Size::Program(2)),
        ("jsonb_path_exists_opr", "jsonb, jsonpath", Size::Program(2)),
        ("xpath", "text, xml, text[]", Size::Program(1)),
    ] {
        let Verdict::Allowed { function, .. } = verdict(name, arguments) else { panic!("{name}({arguments})") };
        assert_eq!(function.size, Some(size), "{name}");
    }
    let series: Vec<&str> = signatures(Ruling::Allowed)
        .map(|(_, function)| function)
        .filter(|function| function.signature.starts_with("generate_series("))
        .map(|function| if function.size == Some(Size::Series) { "" } else { function.signature })
        .collect();
    assert_eq!(series, [""; 9]);
}

#[test]
fn everyday_functions_are_allowed() {
    for signature in [
        "lower(text)",
        "count()",
        "count(\"any\")",
        "sum(numeric)",
        "now()",
        "random()",
        "gen_random_uuid()",
        "date_trunc(text, timestamp with time zone)",
        "to_tsvector(regconfig, text)",
        "jsonb_build_object(\"any\")",
        "generate_series(integer, integer)",
        "percentile_cont(double precision, double precision)",
        "row_number()",
        "int4eq(integer, integer)",
        "numeric(numeric, integer)",
        "unnest(anyarray)",
        "regexp_replace(text, text, text, text)",
        "range_contains_elem(anyrange, anyelement)",
        "ts_rewrite(tsquery, tsquery, tsquery)",
    ] {
        assert!(allowed(signature), "{signature}");
    }
}

#[test]
fn what_reaches_beyond_its_arguments_is_refused_with_a_reason() {
    for (signature, group) in [
        ("query_to_xml(text, boolean, boolean, text)", "sql_execution"),
        ("table_to_xml(regclass, boolean, boolean, text)", "sql_execution"),
        ("ts_stat(text)", "sql_execution"),
        ("ts_rewrite(tsquery, text)", "sql_execution"),
        ("current_query()", "statement_text"),
        ("current_setting(text)", "settings"),
        ("set_config(text, text, boolean)", "settings"),
        ("setseed(double precision)", "settings"),
        ("nextval(regclass)", "sequences"),
        ("lo_get(oid)", "large_objects"),
        ("lo_a_function_of_tomorrow(oid)", "large_objects"),
        ("pg_read_file(text)", "files"),
        ("pg_ls_dir(text)", "files"),
        ("pg_try_advisory_xact_lock(bigint)", "locks"),
        ("pg_sleep(double precision)", "waiting"),
        ("pg_notify(text, text)", "messages"),
        ("pg_terminate_backend(integer, bigint)", "sessions"),
        ("txid_current()", "transactions"),
        ("age(xid)", "transactions"),
        ("pg_stat_get_live_tuples(oid)", "statistics"),
        ("pg_relation_size(regclass)", "sizes"),
        ("has_table_privilege(text, text)", "privileges"),
        ("pg_get_viewdef(text)", "definitions"),
        ("obj_description(oid, name)", "definitions"),
        ("to_regclass(text)", "object_lookup"),
        ("regclass(text)", "object_lookup"),
        ("pg_input_is_valid(text, text)", "object_lookup"),
        ("enum_range(anyenum)", "enum_labels"),
        ("inet_server_addr()", "sessions"),
        ("version()", "server_identity"),
        ("current_database()", "session_identity"),
        ("xmlvalidate(xml, text)", "xml_validation"),
        ("int4out(integer)", "input_output"),
        ("hashtext(text)", "operator_class_support"),
        ("float8_avg(double precision[])", "aggregate_support"),
        ("record_image_eq(record, record)", "implementation_names"),
        ("int4in(cstring)", "cstring_arguments"),
        ("eqsel(internal, oid, internal, integer)", "internal_arguments"),
        ("to_tsvector(regclass, text)", "object_name_arguments"),
        ("max(tid)", "server_type_arguments"),
    ] {
        let found = sorted(signature).unwrap_or_else(|| panic!("{signature} is not sorted"));
        assert_eq!((found.name, found.ruling), (group, Ruling::Refused), "{signature}");
    }
}

#[test]
fn a_signature_is_matched_exactly() {
    for signature in [
        "lower",
        "lower(",
        "lower()",
        "LOWER(text)",
        "lower (text)",
        "lower(text )",
        "lower(text, text)",
        "lower(text)x",
        " lower(text)",
        "lower(varchar)",
        "pg_catalog.lower(text)",
        "substring(text,integer)",
        "",
        "()",
        "(text)",
        "no_such_function(text)",
    ] {
        assert!(!allowed(signature), "{signature}");
        assert!(sorted(signature).is_none(), "{signature}");
    }
    // Neither part of a pair can reach over into the other.
    assert!(matches!(verdict("lower(text", ""), Verdict::Unsorted));
    assert!(matches!(verdict("substring", "text, integer"), Verdict::Allowed { .. }));
    assert!(matches!(verdict("", "text"), Verdict::Unsorted));
}
