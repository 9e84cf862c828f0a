//! `@builtin`: what of PostgreSQL's own `pg_catalog` a statement may use, for PostgreSQL 12 to 18, as data in groups,
//! each group with its reason. Knows names and signatures only; whether an object *is* the built-in one (schema
//! `pg_catalog`, OID below 16384) is for the caller to know.
//!
//! A function is allowed if it has no side effect, executes no SQL text, reads no relation, file, setting, other
//! session or server internal, resolves no object's name, and PUBLIC may execute it. Volatility is no criterion:
//! `random()` is allowed, `table_to_xml` (STABLE) is not. Allowed functions are listed one by one, by full signature;
//! refused ones by signature, name or argument type. What is in no list is refused. [`audit`] holds the lists against
//! a server's `pg_proc`.
//!
//! What the lists rely on, and others see to: argument types are governed ([`types`]); the session's settings are
//! pinned (search_path, TimeZone, default_text_search_config, …); an argument of type `regconfig` or `regdictionary`
//! is a literal that names an object of `pg_catalog` (integers and OIDs convert to these types implicitly); what
//! [`Size`] flags is bounded.

mod allowed_aggregates;
mod allowed_arrays;
mod allowed_bytes;
mod allowed_casts;
mod allowed_geometry;
mod allowed_json;
mod allowed_network;
mod allowed_numbers;
mod allowed_operators;
mod allowed_search;
mod allowed_text;
mod allowed_times;
mod allowed_xml;
pub mod audit;
pub mod grouping;
mod index;
pub mod leakproof;
mod refused;
mod refused_support;
pub mod types;

#[cfg(test)]
mod tests;

/// What a group says of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ruling {
    /// May be used.
    Allowed,
    /// May not.
    Refused,
}

/// In which position of a statement a group's functions stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An ordinary function, called by name.
    Function,
    /// An ordinary function behind an operator.
    Operator,
    /// An aggregate, also as a window function.
    Aggregate,
    /// An ordered-set or hypothetical-set aggregate (`WITHIN GROUP`).
    OrderedSet,
    /// A window function, with `OVER` only.
    Window,
    /// Refused whatever its kind.
    Any,
}

/// Where the size of a result can grow far beyond the size of the arguments, and what makes it. Arguments count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// The argument is the length of the result, in characters or bits.
    Length(u8),
    /// The argument is the number of corners. What compares two polygons compares each edge with each, and PostgreSQL asks in
    /// none of it whether it should stop.
    Corners(u8),
    /// The first argument is repeated so many times as the argument says.
    Times(u8),
    /// So many rows as steps (third argument, else 1) fit between the first argument and the second.
    Series,
    /// The argument is an array of lengths, whose product is the number of elements of the result.
    Dimensions(u8),
    /// The argument is a template with field widths in it; `*` takes a width from the arguments behind it.
    Widths(u8),
    /// Up to the product of the sizes of the two arguments; of the same argument twice: its size times its depth.
    Product(u8, u8),
    /// The argument is a program (jsonpath, XPath): neither the number of results nor the memory to work them out is
    /// bounded by the sizes of the arguments.
    Program(u8),
}

/// A function of `pg_catalog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// `name(argument types)`, the types as `oidvectortypes(proargtypes)` prints them:
    /// `substring(text, integer, integer)`, `count()`, `format(text, "any")`.
    pub signature: &'static str,
    /// How the result can outgrow the arguments; `None` if it can't by more than a small factor.
    pub size: Option<Size>,
}

/// Functions sorted alike, for one reason.
#[derive(Debug)]
pub struct Group {
    /// A short name, stable, for messages and documentation.
    pub name: &'static str,
    /// Why the functions of the group are allowed or refused.
    pub reason: &'static str,
    /// Allowed or refused.
    pub ruling: Ruling,
    /// What kind of function the group holds.
    pub kind: Kind,
    /// Functions by signature, sorted. The only way to be allowed.
    pub functions: &'static [Builtin],
    /// In refused groups: names, sorted, for every overload that no group lists by signature. One that ends in `*`
    /// stands for every name that begins so.
    pub names: &'static [&'static str],
    /// In refused groups: types, sorted; a function with an argument of such a type that is sorted in no other way is
    /// in this group.
    pub arguments: &'static [&'static str],
}

/// What the curated list says of a function.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// Listed as allowed.
    Allowed {
        /// The entry.
        function: &'static Builtin,
        /// The group that it is in.
        group: &'static Group,
    },
    /// Sorted into a refused group.
    Refused(&'static Group),
    /// Sorted nowhere, so refused: unknown to PostgreSQL 12 to 18 as curated.
    Unsorted,
}

/// Every group, those that allow first.
pub static GROUPS: &[&Group] = &[
    &allowed_text::TEXT,
    &allowed_text::PATTERNS,
    &allowed_text::ENCODINGS,
    &allowed_text::FORMATTING,
    &allowed_bytes::BINARY,
    &allowed_bytes::BITS,
    &allowed_bytes::HASHING,
    &allowed_bytes::UUIDS,
    &allowed_numbers::MATHEMATICS,
    &allowed_numbers::RANDOM,
    &allowed_numbers::SERIES,
    &allowed_times::DATES,
    &allowed_times::CLOCK,
    &allowed_json::JSON,
    &allowed_json::JSONPATH,
    &allowed_json::JSON_RECORDS,
    &allowed_arrays::ARRAYS,
    &allowed_arrays::RANGES,
    &allowed_arrays::NULLS,
    &allowed_search::TEXT_SEARCH,
    &allowed_network::NETWORK,
    &allowed_geometry::GEOMETRY,
    &allowed_xml::XML,
    &allowed_casts::CASTS,
    &allowed_operators::OPERATORS,
    &allowed_aggregates::AGGREGATES,
    &allowed_aggregates::ORDERED_SETS,
    &allowed_aggregates::HYPOTHETICAL_SETS,
    &allowed_aggregates::WINDOWS,
    &refused::SERVER_IDENTITY,
    &refused::SESSION_IDENTITY,
    &refused::SQL_EXECUTION,
    &refused::STATEMENT_TEXT,
    &refused::SETTINGS,
    &refused::SEQUENCES,
    &refused::LARGE_OBJECTS,
    &refused::FILES,
    &refused::LOCKS,
    &refused::WAITING,
    &refused::MESSAGES,
    &refused::SESSIONS,
    &refused::TRANSACTIONS,
    &refused::WRITE_AHEAD_LOG,
    &refused::REPLICATION,
    &refused::STATISTICS,
    &refused::SIZES,
    &refused::PRIVILEGES,
    &refused::DEFINITIONS,
    &refused::OBJECT_LOOKUP,
    &refused::MAINTENANCE,
    &refused::TRIGGERS,
    &refused::LANGUAGES_AND_METHODS,
    &refused::XML_VALIDATION,
    &refused::ENUM_LABELS,
    &refused_support::IMPLEMENTATION_NAMES,
    &refused_support::INPUT_OUTPUT,
    &refused_support::OPERATOR_CLASS_SUPPORT,
    &refused_support::AGGREGATE_SUPPORT,
    &refused_support::INTERNAL_ARGUMENTS,
    &refused_support::CSTRING_ARGUMENTS,
    &refused_support::OBJECT_NAME_ARGUMENTS,
    &refused_support::SERVER_TYPE_ARGUMENTS,
    &refused_support::PSEUDO_TYPE_ARGUMENTS,
];

/// What the list says of the built-in function of that name with these argument types (`oidvectortypes(proargtypes)`).
pub fn verdict(name: &str, arguments: &str) -> Verdict {
    if let Some(entry) = index::find(name, arguments) {
        return match entry.group.ruling {
            Ruling::Allowed => Verdict::Allowed { function: entry.function, group: entry.group },
            Ruling::Refused => Verdict::Refused(entry.group),
        };
    }
    let refused = || GROUPS.iter().copied().filter(|group| group.ruling == Ruling::Refused);
    refused()
        .find(|group| group.names.binary_search(&name).is_ok())
        .or_else(|| refused().find(|group| group.names.iter().any(|pattern| begins(name, pattern))))
        .or_else(|| {
            refused().find(|group| arguments.split(", ").any(|one| group.arguments.binary_search(&one).is_ok()))
        })
        .map_or(Verdict::Unsorted, Verdict::Refused)
}

/// The group that a signature, `name(argument types)`, is sorted into; `None` if it isn't sorted, so refused.
pub fn sorted(signature: &str) -> Option<&'static Group> {
    let (name, arguments) = signature.strip_suffix(')')?.split_once('(')?;
    match verdict(name, arguments) {
        Verdict::Allowed { group, .. } | Verdict::Refused(group) => Some(group),
        Verdict::Unsorted => None,
    }
}

fn begins(name: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').is_some_and(|beginning| name.starts_with(beginning))
}

const fn of(signature: &'static str) -> Builtin {
    Builtin { signature, size: None }
}

const fn sized(signature: &'static str, size: Size) -> Builtin {
    Builtin { signature, size: Some(size) }
}
