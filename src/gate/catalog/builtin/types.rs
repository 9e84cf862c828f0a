//! Which base types of PostgreSQL's `pg_catalog` a statement may read, cast to or bring as a parameter, for PostgreSQL
//! 12 to 18. Knows only names (`pg_type.typname`); arrays, ranges, domains, enums and composites are judged by their
//! parts in [`super::super::types`]. What is not listed is refused.

use super::Ruling;

/// A built-in type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinType {
    /// `pg_type.typname`, as in `int4`.
    pub name: &'static str,
    /// `format_type(oid, NULL)`, as in `integer`: the form that function signatures use.
    pub display: &'static str,
}

/// Types sorted alike, for one reason.
#[derive(Debug)]
pub struct TypeGroup {
    /// A short name, stable, for messages and documentation.
    pub name: &'static str,
    /// Why the types of the group are allowed or refused.
    pub reason: &'static str,
    /// Allowed or refused.
    pub ruling: Ruling,
    /// The types, sorted by name.
    pub types: &'static [BuiltinType],
}

/// Every group.
pub static GROUPS: &[&TypeGroup] = &[
    &NUMBERS,
    &STRINGS,
    &TIMES,
    &JSON,
    &TEXT_SEARCH,
    &NETWORK,
    &GEOMETRY,
    &RANGES,
    &XML,
    &SCALARS,
    &NAMES_OF_OBJECTS,
    &TRANSACTIONS,
    &CURSORS,
    &CATALOG_INTERNALS,
    &PSEUDO,
];

/// The group that the built-in type of that `typname` is sorted into; `None` if it isn't sorted, so refused.
pub fn sorted(name: &str) -> Option<&'static TypeGroup> {
    GROUPS.iter().copied().find(|group| group.types.binary_search_by(|one| one.name.cmp(name)).is_ok())
}

/// The name in SQL of the built-in type of that `typname`, as in `double precision`.
pub fn display(name: &str) -> Option<&'static str> {
    let found = sorted(name)?.types.iter().find(|one| one.name == name)?;
    Some(found.display)
}

/// Whether the built-in type of that `typname` may be used. The caller has made sure that it *is* the built-in type
/// (schema `pg_catalog`, OID below 16384).
pub fn is_allowed(name: &str) -> bool {
    sorted(name).is_some_and(|group| group.ruling == Ruling::Allowed)
}

const fn of(name: &'static str, display: &'static str) -> BuiltinType {
    BuiltinType { name, display }
}

const fn same(name: &'static str) -> BuiltinType {
    BuiltinType { name, display: name }
}

static NUMBERS: TypeGroup = TypeGroup {
    name: "numbers",
    reason: "plain values; `money` is shown by the pinned locale and `oid` is a number like another, since every \
             function that would look an object up by it is refused",
    ruling: Ruling::Allowed,
    types: &[
        of("float4", "real"),
        of("float8", "double precision"),
        of("int2", "smallint"),
        of("int4", "integer"),
        of("int8", "bigint"),
        same("money"),
        same("numeric"),
        same("oid"),
    ],
};

static STRINGS: TypeGroup = TypeGroup {
    name: "strings",
    reason: "plain values",
    ruling: Ruling::Allowed,
    types: &[
        same("bit"),
        of("bpchar", "character"),
        same("bytea"),
        of("char", "\"char\""),
        same("name"),
        same("text"),
        of("varbit", "bit varying"),
        of("varchar", "character varying"),
    ],
};

static TIMES: TypeGroup = TypeGroup {
    name: "times",
    reason: "plain values; shown by the pinned DateStyle, IntervalStyle and TimeZone",
    ruling: Ruling::Allowed,
    types: &[
        same("date"),
        same("interval"),
        of("time", "time without time zone"),
        of("timestamp", "timestamp without time zone"),
        of("timestamptz", "timestamp with time zone"),
        of("timetz", "time with time zone"),
    ],
};

static JSON: TypeGroup = TypeGroup {
    name: "json",
    reason: "plain values; a jsonpath is a program over one jsonb value and its variables and reaches nothing else",
    ruling: Ruling::Allowed,
    types: &[same("json"), same("jsonb"), same("jsonpath")],
};

static TEXT_SEARCH: TypeGroup = TypeGroup {
    name: "text_search",
    reason: "plain values; their input functions use no configuration or dictionary",
    ruling: Ruling::Allowed,
    types: &[same("tsquery"), same("tsvector")],
};

static NETWORK: TypeGroup = TypeGroup {
    name: "network",
    reason: "plain values",
    ruling: Ruling::Allowed,
    types: &[same("cidr"), same("inet"), same("macaddr"), same("macaddr8")],
};

static GEOMETRY: TypeGroup = TypeGroup {
    name: "geometry",
    reason: "plain values",
    ruling: Ruling::Allowed,
    types: &[same("box"), same("circle"), same("line"), same("lseg"), same("path"), same("point"), same("polygon")],
};

static RANGES: TypeGroup = TypeGroup {
    name: "ranges",
    reason: "ranges and multiranges that initdb made, over plain values",
    ruling: Ruling::Allowed,
    types: &[
        same("datemultirange"),
        same("daterange"),
        same("int4multirange"),
        same("int4range"),
        same("int8multirange"),
        same("int8range"),
        same("nummultirange"),
        same("numrange"),
        same("tsmultirange"),
        same("tsrange"),
        same("tstzmultirange"),
        same("tstzrange"),
    ],
};

static XML: TypeGroup = TypeGroup {
    name: "xml",
    reason: "a plain value; PostgreSQL gives libxml2 an entity loader that answers every external entity with nothing, \
             so that reading a document reads no file and no address",
    ruling: Ruling::Allowed,
    types: &[same("xml")],
};

static SCALARS: TypeGroup = TypeGroup {
    name: "scalars",
    reason: "plain values",
    ruling: Ruling::Allowed,
    types: &[of("bool", "boolean"), same("pg_lsn"), same("uuid")],
};

static NAMES_OF_OBJECTS: TypeGroup = TypeGroup {
    name: "object_names",
    reason: "their input resolves a name in the system catalogs and their output tells one; literals of regconfig and \
             regdictionary that name objects of pg_catalog are admitted where a function asks for them, by a rule of \
             their own",
    ruling: Ruling::Refused,
    types: &[
        same("regclass"),
        same("regcollation"),
        same("regconfig"),
        same("regdictionary"),
        same("regnamespace"),
        same("regoper"),
        same("regoperator"),
        same("regproc"),
        same("regprocedure"),
        same("regrole"),
        same("regtype"),
    ],
};

static TRANSACTIONS: TypeGroup = TypeGroup {
    name: "transactions",
    reason: "identify transactions, commands and row versions: server internals that tell of other sessions' work and \
             of rows that a filter hides",
    ruling: Ruling::Refused,
    types: &[same("cid"), same("pg_snapshot"), same("tid"), same("txid_snapshot"), same("xid"), same("xid8")],
};

static CURSORS: TypeGroup = TypeGroup {
    name: "cursors",
    reason: "names a cursor of the session",
    ruling: Ruling::Refused,
    types: &[same("refcursor")],
};

static CATALOG_INTERNALS: TypeGroup = TypeGroup {
    name: "catalog_internals",
    reason: "used only by the system catalogs and index access methods: grants, stored expressions, statistics of the \
             data, object lists",
    ruling: Ruling::Refused,
    types: &[
        same("aclitem"),
        same("gtsvector"),
        same("int2vector"),
        same("oidvector"),
        same("pg_brin_bloom_summary"),
        same("pg_brin_minmax_multi_summary"),
        same("pg_dependencies"),
        same("pg_mcv_list"),
        same("pg_ndistinct"),
        same("pg_node_tree"),
    ],
};

static PSEUDO: TypeGroup = TypeGroup {
    name: "pseudo",
    reason: "no value has such a type: it stands for other types in a function's declaration, or for the server's own \
             data structures",
    ruling: Ruling::Refused,
    types: &[
        of("any", "\"any\""),
        same("anyarray"),
        same("anycompatible"),
        same("anycompatiblearray"),
        same("anycompatiblemultirange"),
        same("anycompatiblenonarray"),
        same("anycompatiblerange"),
        same("anyelement"),
        same("anyenum"),
        same("anymultirange"),
        same("anynonarray"),
        same("anyrange"),
        same("cstring"),
        same("event_trigger"),
        same("fdw_handler"),
        same("index_am_handler"),
        same("internal"),
        same("language_handler"),
        same("opaque"),
        same("pg_ddl_command"),
        same("record"),
        same("table_am_handler"),
        same("trigger"),
        same("tsm_handler"),
        same("unknown"),
        same("void"),
    ],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_group_is_sorted_named_and_reasoned_and_no_type_is_in_two() {
        let mut groups = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut displays = BTreeSet::new();
        for group in GROUPS {
            assert!(groups.insert(group.name), "two groups are called {}", group.name);
            assert!(!group.reason.is_empty() && !group.types.is_empty(), "{}", group.name);
            assert!(group.types.is_sorted_by(|a, b| a.name < b.name), "{} is not sorted", group.name);
            for one in group.types {
                assert!(names.insert(one.name), "{} is sorted twice", one.name);
                assert!(displays.insert(one.display), "{} is displayed twice", one.display);
            }
        }
    }

    #[test]
    fn types_that_resolve_names_or_belong_to_the_server_are_refused() {
        for name in ["int4", "text", "timestamptz", "jsonb", "jsonpath", "tstzmultirange", "uuid", "xml", "bpchar"] {
            assert!(is_allowed(name), "{name}");
        }
        for name in
            ["regclass", "regconfig", "xid", "tid", "aclitem", "refcursor", "cstring", "internal", "record", "any"]
        {
            assert!(!is_allowed(name) && sorted(name).is_some(), "{name}");
        }
        // Names are exact, and a type that nobody sorted is refused.
        for name in ["INT4", "integer", "int4 ", "_int4", "hstore", "", "pg_class"] {
            assert!(sorted(name).is_none() && !is_allowed(name), "{name}");
        }
    }
}
