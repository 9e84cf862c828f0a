//! Holds the curated lists against what a server says of its own functions and types. Pure: whoever has a connection
//! runs [`FUNCTIONS`] and [`TYPES`] and brings the rows.

use std::fmt;

use super::{Kind, Verdict, types, verdict};

/// Every function of `pg_catalog` that initdb made, in the columns of [`FunctionRow`].
pub const FUNCTIONS: &str = "\
SELECT p.proname::text, pg_catalog.oidvectortypes(p.proargtypes), \
       CASE WHEN a.aggkind IN ('o', 'h') THEN 'o' ELSE p.prokind::text END, \
       p.provariadic <> 0, p.prosecdef, \
       p.proacl IS NOT NULL AND NOT EXISTS ( \
           SELECT FROM pg_catalog.aclexplode(p.proacl) g WHERE g.grantee = 0 AND g.privilege_type = 'EXECUTE'), \
       l.lanname::text, p.prosrc, pg_catalog.format_type(p.prorettype, NULL) \
  FROM pg_catalog.pg_proc p \
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
  LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid \
 WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.oid < 16384 \
 ORDER BY 1, 2";

/// Every type of `pg_catalog` that initdb made, without arrays and the row types of relations, in the columns of
/// [`TypeRow`].
pub const TYPES: &str = "\
SELECT t.typname::text, pg_catalog.format_type(t.oid, NULL) \
  FROM pg_catalog.pg_type t \
 WHERE t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.oid < 16384 AND t.typtype <> 'c' \
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid) \
 ORDER BY 1";

/// A function as a server describes it.
#[derive(Debug, Clone)]
pub struct FunctionRow {
    /// `proname`.
    pub name: String,
    /// `oidvectortypes(proargtypes)`.
    pub arguments: String,
    /// `prokind` (`f`, `a`, `w`, `p`); `o` for ordered-set and hypothetical-set aggregates.
    pub kind: char,
    /// The last argument is VARIADIC.
    pub variadic: bool,
    /// `prosecdef`.
    pub security_definer: bool,
    /// PUBLIC has no right to execute it.
    pub revoked: bool,
    /// `lanname`.
    pub language: String,
    /// `prosrc`: the C symbol of an internal function, the body of an SQL function.
    pub source: String,
    /// The result type, as `format_type` prints it.
    pub returns: String,
}

/// A type as a server describes it.
#[derive(Debug, Clone)]
pub struct TypeRow {
    /// `typname`.
    pub name: String,
    /// `format_type(oid, NULL)`.
    pub display: String,
}

/// What is wrong with the lists, or with the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The function's signature or the type's name.
    pub of: String,
    /// What is wrong.
    pub problem: Problem,
}

/// A way in which the lists and a server can disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// In no group: a new version's function or type, to be sorted by a person.
    Unsorted,
    /// Allowed, but its group is for another kind of function.
    WrongKind,
    /// Allowed, but it takes any number of arguments and isn't known to.
    Variadic,
    /// Allowed, but PUBLIC may not execute it.
    Revoked,
    /// Allowed, but it runs with its owner's rights.
    SecurityDefiner,
    /// Allowed, but it is neither compiled into the server nor an SQL function whose body was read.
    Language,
    /// Allowed, but its implementation runs SQL through SPI.
    RunsSql,
    /// Allowed, but its result has a type that is refused.
    Returns,
    /// The type's display name isn't the one that signatures use.
    Display,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            Problem::Unsorted => "is sorted into no group",
            Problem::WrongKind => "is allowed in a group for another kind of function",
            Problem::Variadic => "is allowed, but not known to be variadic",
            Problem::Revoked => "is allowed, but revoked from PUBLIC",
            Problem::SecurityDefiner => "is allowed, but runs with its owner's rights",
            Problem::Language => "is allowed, but written in a language or with a body that nobody read",
            Problem::RunsSql => "is allowed, but runs SQL",
            Problem::Returns => "is allowed, but returns a refused type",
            Problem::Display => "is displayed under another name",
        };
        write!(formatter, "`{}` {problem}", self.of)
    }
}

/// The outcome of an audit.
#[derive(Debug, Default)]
pub struct Report {
    /// How many rows are sorted as allowed.
    pub allowed: usize,
    /// How many rows are sorted as refused.
    pub refused: usize,
    /// Everything that is wrong; empty is the only good outcome.
    pub findings: Vec<Finding>,
}

/// Holds the functions of a server against the curated list.
pub fn functions(rows: &[FunctionRow]) -> Report {
    let mut report = Report::default();
    for row in rows {
        let of = || format!("{}({})", row.name, row.arguments);
        match verdict(&row.name, &row.arguments) {
            Verdict::Allowed { group, .. } => {
                report.allowed += 1;
                let problems = problems(row, group.kind);
                report.findings.extend(problems.into_iter().map(|problem| Finding { of: of(), problem }));
            }
            Verdict::Refused(_) => report.refused += 1,
            Verdict::Unsorted => report.findings.push(Finding { of: of(), problem: Problem::Unsorted }),
        }
    }
    report
}

/// Holds the types of a server against the curated list.
pub fn types(rows: &[TypeRow]) -> Report {
    let mut report = Report::default();
    for row in rows {
        let listed = types::sorted(&row.name).and_then(|group| group.types.iter().find(|one| one.name == row.name));
        match listed {
            None => report.findings.push(Finding { of: row.name.clone(), problem: Problem::Unsorted }),
            Some(one) if one.display != row.display => {
                report.findings.push(Finding { of: row.name.clone(), problem: Problem::Display });
            }
            Some(_) if types::is_allowed(&row.name) => report.allowed += 1,
            Some(_) => report.refused += 1,
        }
    }
    report
}

fn problems(row: &FunctionRow, kind: Kind) -> Vec<Problem> {
    let signature = format!("{}({})", row.name, row.arguments);
    let listed = |list: &[&str]| list.binary_search(&signature.as_str()).is_ok();
    let wrong = [
        (Problem::WrongKind, !fits(kind, row.kind)),
        (Problem::Variadic, row.variadic && !listed(VARIADIC)),
        (Problem::Revoked, row.revoked),
        (Problem::SecurityDefiner, row.security_definer),
        (
            Problem::Language,
            match row.language.as_str() {
                "internal" => false,
                "sql" => !listed(SQL_BODIES_READ),
                _ => true,
            },
        ),
        (Problem::RunsSql, row.language == "internal" && RUNS_SQL.contains(&row.source.as_str())),
        (Problem::Returns, !result_is_allowed(&row.returns)),
    ];
    wrong.into_iter().filter(|(_, is)| *is).map(|(problem, _)| problem).collect()
}

fn fits(kind: Kind, prokind: char) -> bool {
    match kind {
        Kind::Function | Kind::Operator => prokind == 'f',
        Kind::Aggregate => prokind == 'a',
        Kind::OrderedSet => prokind == 'o',
        Kind::Window => prokind == 'w',
        Kind::Any => false,
    }
}

/// A polymorphic result has a type of the arguments, a record's columns are named by the statement or by the function's
/// OUT parameters.
fn result_is_allowed(display: &str) -> bool {
    let element = display.strip_suffix("[]").unwrap_or(display);
    POLYMORPHIC.contains(&element)
        || types::GROUPS
            .iter()
            .any(|group| group.types.iter().any(|one| one.display == element && types::is_allowed(one.name)))
}

const POLYMORPHIC: &[&str] = &[
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblemultirange",
    "anycompatiblerange",
    "anyelement",
    "anyenum",
    "anymultirange",
    "anyrange",
    "record",
];

/// Allowed functions that take any number of arguments.
const VARIADIC: &[&str] = &[
    "concat(\"any\")",
    "concat_ws(text, \"any\")",
    "cume_dist(\"any\")",
    "datemultirange(daterange[])",
    "dense_rank(\"any\")",
    "format(text, \"any\")",
    "int4multirange(int4range[])",
    "int8multirange(int8range[])",
    "json_build_array(\"any\")",
    "json_build_object(\"any\")",
    "json_extract_path(json, text[])",
    "json_extract_path_text(json, text[])",
    "jsonb_build_array(\"any\")",
    "jsonb_build_object(\"any\")",
    "jsonb_delete(jsonb, text[])",
    "jsonb_extract_path(jsonb, text[])",
    "jsonb_extract_path_text(jsonb, text[])",
    "num_nonnulls(\"any\")",
    "num_nulls(\"any\")",
    "nummultirange(numrange[])",
    "percent_rank(\"any\")",
    "rank(\"any\")",
    "tsmultirange(tsrange[])",
    "tstzmultirange(tstzrange[])",
];

/// Allowed functions that some version writes in SQL. Each body was read: one expression over the arguments that calls
/// built-in functions and operators only.
const SQL_BODIES_READ: &[&str] = &[
    "age(timestamp with time zone)",
    "age(timestamp without time zone)",
    "anytextcat(anynonarray, text)",
    "bit_length(bit)",
    "bit_length(bytea)",
    "bit_length(text)",
    "date_part(text, date)",
    "int8pl_inet(bigint, inet)",
    "integer_pl_date(integer, date)",
    "interval_pl_date(interval, date)",
    "interval_pl_time(interval, time without time zone)",
    "interval_pl_timestamp(interval, timestamp without time zone)",
    "interval_pl_timestamptz(interval, timestamp with time zone)",
    "interval_pl_timetz(interval, time with time zone)",
    "log(numeric)",
    "log10(numeric)",
    "lpad(text, integer)",
    "numeric_pl_pg_lsn(numeric, pg_lsn)",
    "overlaps(time without time zone, interval, time without time zone, interval)",
    "overlaps(time without time zone, interval, time without time zone, time without time zone)",
    "overlaps(time without time zone, time without time zone, time without time zone, interval)",
    "overlaps(timestamp with time zone, interval, timestamp with time zone, interval)",
    "overlaps(timestamp with time zone, interval, timestamp with time zone, timestamp with time zone)",
    "overlaps(timestamp with time zone, timestamp with time zone, timestamp with time zone, interval)",
    "overlaps(timestamp without time zone, interval, timestamp without time zone, interval)",
    "overlaps(timestamp without time zone, interval, timestamp without time zone, timestamp without time zone)",
    "overlaps(timestamp without time zone, timestamp without time zone, timestamp without time zone, interval)",
    "path_contain_pt(path, point)",
    "polygon(circle)",
    "quote_literal(anyelement)",
    "quote_nullable(anyelement)",
    "round(numeric)",
    "rpad(text, integer)",
    "substring(text, text, text)",
    "textanycat(text, anynonarray)",
    "timedate_pl(time without time zone, date)",
    "timestamptz(date, time without time zone)",
    "timetzdate_pl(time with time zone, date)",
    "trunc(numeric)",
    "xpath(text, xml)",
    "xpath_exists(text, xml)",
];

/// The C symbols of built-in functions that run SQL through the Server Programming Interface.
const RUNS_SQL: &[&str] = &[
    "RI_FKey_cascade_del",
    "RI_FKey_cascade_upd",
    "RI_FKey_check_ins",
    "RI_FKey_check_upd",
    "RI_FKey_noaction_del",
    "RI_FKey_noaction_upd",
    "RI_FKey_restrict_del",
    "RI_FKey_restrict_upd",
    "RI_FKey_setdefault_del",
    "RI_FKey_setdefault_upd",
    "RI_FKey_setnull_del",
    "RI_FKey_setnull_upd",
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "pg_get_ruledef",
    "pg_get_ruledef_ext",
    "pg_get_viewdef",
    "pg_get_viewdef_ext",
    "pg_get_viewdef_name",
    "pg_get_viewdef_name_ext",
    "pg_get_viewdef_wrap",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
    "ts_stat1",
    "ts_stat2",
    "tsquery_rewrite_query",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, arguments: &str) -> FunctionRow {
        FunctionRow {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            kind: 'f',
            variadic: false,
            security_definer: false,
            revoked: false,
            language: "internal".to_owned(),
            source: name.to_owned(),
            returns: "text".to_owned(),
        }
    }

    fn found(row: FunctionRow) -> Vec<Problem> {
        functions(&[row]).findings.into_iter().map(|finding| finding.problem).collect()
    }

    #[test]
    fn what_is_listed_and_as_expected_gives_no_finding() {
        let report = functions(&[row("lower", "text"), row("pg_read_file", "text"), row("textin", "cstring")]);
        assert_eq!((report.allowed, report.refused, report.findings), (1, 2, vec![]));
    }

    #[test]
    fn an_unsorted_function_is_found() {
        let report = functions(&[row("lower", "text, text"), row("brand_new", "")]);
        let texts: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["`lower(text, text)` is sorted into no group", "`brand_new()` is sorted into no group"]);
    }

    #[test]
    fn each_way_for_an_allowed_function_to_be_wrong_is_found() {
        let lower = || row("lower", "text");
        assert_eq!(found(FunctionRow { kind: 'a', ..lower() }), [Problem::WrongKind]);
        assert_eq!(found(FunctionRow { variadic: true, ..lower() }), [Problem::Variadic]);
        assert_eq!(found(FunctionRow { revoked: true, ..lower() }), [Problem::Revoked]);
        assert_eq!(found(FunctionRow { security_definer: true, ..lower() }), [Problem::SecurityDefiner]);
        assert_eq!(found(FunctionRow { language: "c".to_owned(), ..lower() }), [Problem::Language]);
        assert_eq!(found(FunctionRow { language: "sql".to_owned(), ..lower() }), [Problem::Language]);
        assert_eq!(found(FunctionRow { source: "query_to_xml".to_owned(), ..lower() }), [Problem::RunsSql]);
        for refused in ["regclass", "internal", "xid[]", "cstring", "sales.secret"] {
            assert_eq!(found(FunctionRow { returns: refused.to_owned(), ..lower() }), [Problem::Returns], "{refused}");
        }
        for allowed in ["text[]", "anyelement", "record", "timestamp with time zone", "\"char\""] {
            assert_eq!(found(FunctionRow { returns: allowed.to_owned(), ..lower() }), [], "{allowed}");
        }
    }

    #[test]
    fn a_refused_function_may_be_anything() {
        let refused = FunctionRow {
            kind: 'p',
            revoked: true,
            language: "c".to_owned(),
            returns: "internal".to_owned(),
            ..row("lo_import", "text")
        };
        assert_eq!(found(refused), []);
    }

    #[test]
    fn types_are_held_against_the_list() {
        let row = |name: &str, display: &str| TypeRow { name: name.to_owned(), display: display.to_owned() };
        let report = types(&[row("int4", "integer"), row("xid", "xid"), row("int8", "int8"), row("new", "new")]);
        let problems: Vec<Problem> = report.findings.iter().map(|finding| finding.problem).collect();
        assert_eq!((report.allowed, report.refused), (1, 1));
        assert_eq!(problems, [Problem::Display, Problem::Unsorted]);
    }

    #[test]
    fn the_lists_are_sorted_and_hold_allowed_functions_only() {
        for list in [VARIADIC, SQL_BODIES_READ] {
            assert!(list.is_sorted_by(|one, other| one < other));
            for signature in list {
                let (name, arguments) = signature.trim_end_matches(')').split_once('(').unwrap();
                assert!(matches!(verdict(name, arguments), Verdict::Allowed { .. }), "{signature}");
            }
        }
    }
}
