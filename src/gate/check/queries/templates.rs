//! Expressions as templates: `{i}` stands for any expression of that kind (`Kind::of_placeholder`), `{a}` for one of any
//! kind whose type is known. What depends on the order of rows, on the clock or on chance is left out, and floats are
//! not added up: the answer has to be the same whatever plan PostgreSQL chooses. `/*14*/` stands before what needs that
//! version, `/*ext*/` before what needs trusted extensions.

use super::kind::Kind;

/// Templates of a kind.
pub(super) fn of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bool => BOOL,
        Kind::Int => INT,
        Kind::Bigint => BIGINT,
        Kind::Numeric => NUMERIC,
        Kind::Float => FLOAT,
        Kind::Text => TEXT,
        Kind::Date => DATE,
        Kind::Timestamp => TIMESTAMP,
        Kind::Timestamptz => TIMESTAMPTZ,
        Kind::Interval => INTERVAL,
        Kind::Uuid => UUID,
        Kind::Jsonb => JSONB,
        Kind::Ints => INTS,
        Kind::Texts => TEXTS,
        Kind::Range => RANGE,
        Kind::Dates => DATES,
        Kind::Hstore => HSTORE,
        Kind::Citext | Kind::Enum(_) | Kind::Other => &[],
    }
}

/// Aggregates of a kind, beside `max` and `min`.
pub(super) fn aggregates(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bool => &["bool_and({b})", "bool_or({b})", "every({b})", "bool_or(DISTINCT {b})"],
        Kind::Bigint => &[
            "count(*)",
            "COUNT(*)",
            "count({i})",
            "count(DISTINCT {t})",
            "sum({i})",
            "count({a})",
            "sum(DISTINCT {i})",
            "rank(3) WITHIN GROUP (ORDER BY {i})",
        ],
        Kind::Numeric => &["sum({n})", "avg({i})", "sum({l})", "avg({n})", "var_pop({i})"],
        Kind::Float => {
            &["percentile_cont(0.5) WITHIN GROUP (ORDER BY {f})", "cume_dist(2) WITHIN GROUP (ORDER BY {i} DESC)"]
        }
        Kind::Int => {
            &["percentile_disc(0.25) WITHIN GROUP (ORDER BY {i})", "mode() WITHIN GROUP (ORDER BY {i})", "bit_or({i})"]
        }
        Kind::Text => {
            &["percentile_disc(0.5) WITHIN GROUP (ORDER BY {t} NULLS FIRST)", "mode() WITHIN GROUP (ORDER BY {t})"]
        }
        Kind::Interval => &["sum({v})"],
        _ => &[],
    }
}

const BOOL: &[&str] = &[
    "({t} LIKE {t})",
    "({t} LIKE '%a%')",
    "({t} NOT LIKE 'A!_%' ESCAPE '!')",
    "({t} ILIKE 'a%')",
    "({t} ~ '^[a-m]')",
    "({t} !~* 'x')",
    "({t} SIMILAR TO '(a|b)%')",
    "({t} ~~ ANY (ARRAY['a%', '%e%']))",
    "starts_with({t}, 'a')",
    "(NOT {b})",
    "({b} AND {b})",
    "({b} OR {b})",
    "({b} OR {b} OR {b})",
    "({I} @> {I})",
    "({I} && {I})",
    "({T} <@ {T})",
    "({i} = ANY ({I}))",
    "({i} <> ALL ({I}))",
    "({t} = ANY ({T}))",
    "({j} @> {j})",
    "({j} ? 'a')",
    "({j} ?| ARRAY['a', 'z'])",
    "({j} <> {j})",
    "({r} @> {i})",
    "({r} && {r})",
    "({r} << {r})",
    "({D} @> {d})",
    "({D} -|- {D})",
    "isempty({r})",
    "(({i}, {t}) = ({i}, {t}))",
    "(ROW({i}, {d}) < ROW({i}, {d}))",
    "(({t}, {i}) IN (({t}, {i}), ('a', 1)))",
    "(ROW({i}, {t}) IS NOT NULL)",
    "(({d}, {d}) OVERLAPS ({d}, {d}))",
    "(({i}, {b}) IS DISTINCT FROM ({i}, {b}))",
    "isfinite({d})",
    "(({t}) COLLATE \"C\" < {t})",
    "(to_tsvector('english', {t}) @@ plainto_tsquery('english', 'fox'))",
    "jsonb_path_exists({j}, '$.a')",
    "/*16*/({t} IS JSON)",
    "/*16*/({t} IS NOT JSON OBJECT WITH UNIQUE KEYS)",
    "/*16*/(({j})::text IS JSON SCALAR)",
    "/*16*/(({j})::text IS JSON ARRAY)",
    "/*16*/(({t} || '1') IS NOT JSON VALUE)",
    "/*17*/json_exists({j}, '$.a')",
    "/*17*/json_exists({j}, '$.b[*]')",
    "/*ext*/({c} = 'ADA')",
    "/*ext*/({c} LIKE 'a%')",
    "/*ext*/({c} ~ '^B')",
    "/*ext*/({h} ? 'a')",
    "/*ext*/({h} @> 'a=>1')",
    "/*ext*/({h} @> {h})",
    "/*ext*/exist({h}, 'b')",
    "/*ext*/({t} % {t})",
    "/*ext*/(similarity({t}, 'ada') > 0.3)",
];

/// Tests and the clock, which would be rare among the others.
pub(super) const TESTS: &[&str] = &[
    "(LOCALTIMESTAMP IS NOT NULL)",
    "(LOCALTIMESTAMP(0) >= {s} OR {b})",
    "(CURRENT_TIMESTAMP(1) IS NOT NULL)",
    "({b} IS TRUE)",
    "({b} IS TRUE)",
    "(({i} > 3) IS TRUE)",
    "(({t} = 'a') IS NOT FALSE)",
    "(({d} < {d}) IS UNKNOWN)",
    "(CURRENT_TIME(0) IS NOT NULL)",
    "(CURRENT_TIMESTAMP IS NOT NULL)",
    "({b} IS NOT FALSE)",
    "({b} IS UNKNOWN)",
    "({b} IS NOT UNKNOWN)",
    "({b} IS NOT TRUE)",
    "({b} IS FALSE)",
    "(CURRENT_DATE IS NOT NULL)",
    "(CURRENT_DATE >= {d})",
    "(CURRENT_DATE + {i} IS NOT NULL)",
    "(LOCALTIME(1) IS NOT NULL)",
    "(LOCALTIME >= time '00:00')",
    "(LOCALTIMESTAMP(3) IS NOT NULL)",
    "(CURRENT_TIME IS NOT NULL)",
    "((CURRENT_DATE > {d}) IS NOT NULL)",
    "(CURRENT_TIMESTAMP(0) > DATE '2000-01-01')",
    "(now() = CURRENT_TIMESTAMP)",
    "(LOCALTIMESTAMP > TIMESTAMP '2000-01-01')",
    "(LOCALTIME IS NOT NULL)",
    "(CURRENT_TIME(2) IS NULL)",
];

const INT: &[&str] = &[
    "length({t})",
    "char_length({t})",
    "({i} + {i})",
    "({i} - {i})",
    "({i} * 2)",
    "({i} % 7)",
    "({i} / 2)",
    "({i} / {i})",
    "(- {i})",
    "(@ {i})",
    "({i} & 3)",
    "({i} # 5)",
    "abs({i})",
    "mod({i}, 5)",
    "position('a' IN {t})",
    "strpos({t}, 'a')",
    "array_length({I}, 1)",
    "cardinality({T})",
    "array_position({T}, 'a')",
    "({I})[1]",
    "({I})[{i}]",
    "EXTRACT(year FROM {s})::int",
    "EXTRACT(day FROM {d})::int",
    "date_part('month', {z})::int",
    "({d} - {d})",
    "lower({r})",
    "ascii({t})",
    "round({n})::int",
    "CAST({b} AS int)",
    "coalesce({i}, 0)",
    "({j} ->> 'a')::int",
    "octet_length({t})",
    "width_bucket({n}, 0, 100, 5)",
    "CASE WHEN {t} ~ '^[0-9]+$' THEN ({t})::int END",
    "(ROW({i}, {t})).f1",
    "(ROW({d}, {i})).f2",
    "/*17*/json_value({j}, '$.a')::int",
    "/*ext*/strpos({c}, 'D')",
];

const BIGINT: &[&str] = &[
    "{i}::bigint",
    "({l} + {i})",
    "({i} * {l})",
    "floor({n})::bigint",
    "EXTRACT(epoch FROM {z})::bigint",
    "CAST({i} AS bigint)",
    "({l} % 1000)",
];

const NUMERIC: &[&str] = &[
    "({n} + {n})",
    "({n} * {i})",
    "({n} - 0.5)",
    "({n} / 3)",
    "round({n}, 1)",
    "trunc({n})",
    "({i})::numeric(12, 2)",
    "abs({n})",
    "ceil({n})",
    "({i} / 4.0)",
    "nullif({n}, 0)",
    "round({f}::numeric, 2)",
];

const FLOAT: &[&str] = &[
    "{i}::float8",
    "({f} * 2)",
    "sqrt(abs({f}))",
    "CAST({n} AS double precision)",
    "({f} / 8)",
    "floor({f})",
    "/*ext*/similarity({t}, {t})::float8",
    "/*ext*/word_similarity('ab', {t})::float8",
];

const TEXT: &[&str] = &[
    "lower({t})",
    "upper({t})",
    "initcap({t})",
    "({t} || {t})",
    "({t} || '-' || {i})",
    "left({t}, 3)",
    "right({t}, 2)",
    "replace({t}, 'a', {t})",
    "concat({t}, {i}, {b})",
    "concat_ws(',', {t}, {d}, {t})",
    "md5({t})",
    "trim(BOTH 'a' FROM {t})",
    "ltrim({t})",
    "btrim({t}, 'ab')",
    "substring({t} FROM 2 FOR 3)",
    "substring({t}, 2)",
    "substring({t} FROM '[a-z]+')",
    "overlay({t} PLACING 'xx' FROM 2 FOR 1)",
    "split_part({t}, ',', 1)",
    "reverse({t})",
    "lpad({t}, 6, '*')",
    "repeat({t}, 2)",
    "regexp_replace({t}, '[aeiou]', '-', 'g')",
    "translate({t}, 'ab', 'ba')",
    "to_char({s}, 'YYYY-MM')",
    "to_char({n}, '990.99')",
    "{i}::text",
    "CAST({d} AS text)",
    "({b})::text",
    "({j} ->> 'b')",
    "({j} #>> '{a,b}')",
    "array_to_string({I}, '/')",
    "({T})[1]",
    "(({t}) COLLATE \"C\")",
    "({t})::varchar(3)::text",
    "jsonb_typeof({j})",
    "chr(65 + ({i} & 15))",
    "to_char({v}, 'HH24:MI')",
    "format('%s-%s', {t}, {i})",
    // A field of ROW(…) has no collation.
    "(((ROW({i}, ({t})::text)).f2) COLLATE \"C\")",
    "/*17*/json_value({j}, '$.b')",
    "/*16*/json_array({i}, {t}, NULL)::text",
    "/*16*/json_object('a': {i}, 'b' VALUE {t} ABSENT ON NULL)::text",
    "/*ext*/({c})::text",
    "/*ext*/({h} -> 'a')",
    "/*ext*/({h})::text",
];

const DATE: &[&str] = &[
    "({d} + 7)",
    "({d} - 1)",
    "{s}::date",
    "make_date(2024, 3, 9)",
    "lower({D})",
    "date_trunc('month', {s})::date",
    "({d} + ({i} & 31))",
];

const TIMESTAMP: &[&str] = &[
    "date_trunc('month', {s})",
    "({s} + {v})",
    "{d}::timestamp",
    "({z} AT TIME ZONE 'UTC')",
    "({z} AT TIME ZONE 'Europe/Berlin')",
    "({d} + interval '2 hours')",
];

const TIMESTAMPTZ: &[&str] =
    &["({s} AT TIME ZONE 'Asia/Tokyo')", "date_trunc('day', {z})", "({z} - interval '1 day')", "{s}::timestamptz"];

const INTERVAL: &[&str] =
    &["({s} - {s})", "({v} * 2)", "age({s}, {s})", "({z} - {z})", "justify_hours({v})", "(- {v})"];

const UUID: &[&str] = &["md5({t})::uuid"];

const JSONB: &[&str] = &[
    "to_jsonb({a})",
    "jsonb_build_object('a', {a}, 'b', {a})",
    "jsonb_build_array({a}, {a})",
    "({j} -> 'a')",
    "({j} -> 0)",
    "({j} #> '{a}')",
    "({j} || {j})",
    "jsonb_set({j}, '{a}', '2')",
    "jsonb_strip_nulls({j})",
    "(jsonb_build_object('k', {i}) - 'x')",
    "jsonb_path_query_first({j}, '$.a')",
    "to_jsonb({I})",
    "/*14*/({j})['a']",
    "/*16*/json_array({i}, {t}, {j} NULL ON NULL RETURNING jsonb)",
    "/*16*/json_array({i}, {b} RETURNING jsonb)",
    "/*16*/json_object('a': {i}, 'b': {t} RETURNING jsonb)",
    "/*16*/json_object('k': {j} ABSENT ON NULL RETURNING jsonb)",
    "/*17*/json_query({j}, '$.b')",
    "/*17*/json_query({j}, '$')",
    "/*ext*/hstore_to_jsonb({h})",
];

const INTS: &[&str] = &[
    "ARRAY[{i}, {i}]",
    "ARRAY[{i}]",
    "array_append({I}, {i})",
    "({I} || {I})",
    "({I} || {i})",
    "({I})[1:2]",
    "({I})[2:]",
    "array_remove({I}, {i})",
    "array_cat({I}, ARRAY[1, 2])",
    "(ARRAY[[1, 2], [3, 4]])[1:1]",
];

const TEXTS: &[&str] = &[
    "ARRAY[{t}, {t}]",
    "string_to_array({t}, ',')",
    "regexp_split_to_array({t}, '[,-]')",
    "({T})[:1]",
    "array_prepend({t}, {T})",
    "array_replace({T}, 'a', {t})",
    "/*ext*/akeys({h})",
    "/*ext*/show_trgm({t})",
];

const HSTORE: &[&str] =
    &["({h} || {h})", "hstore('k', ({t})::text)", "delete({h}, 'a')", "slice({h}, ARRAY['a', 'k'])", "({h} || 'z=>9')"];

/// What is made of a whole row, `{}`.
pub(super) fn of_rows(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bool => &[
            "({} IS NOT NULL)",
            "({} IS NULL)",
            "({} = {})",
            "({} IN ({}))",
            "({} IS NOT DISTINCT FROM {})",
            "(to_jsonb({}) ? 'id')",
        ],
        Kind::Jsonb => {
            &["to_jsonb({})", "jsonb_build_object('r', {})", "jsonb_build_array({}, 1)", "row_to_json({})::jsonb"]
        }
        Kind::Text => &["({})::text", "row_to_json({})::text", "concat({}, '!')", "CAST({} AS text)"],
        Kind::Int => &["length({}::text)", "(ROW({}, 1)).f2"],
        _ => &[],
    }
}

const RANGE: &[&str] = &[
    "int4range(least({i}, 5), 5)",
    "int4range({i}, NULL)",
    "({r} * {r})",
    "int4range(1, 9, '[]')",
    "range_merge({r}, {r})",
];

const DATES: &[&str] = &["daterange({d}, NULL)", "daterange(NULL, {d})", "({D} * {D})"];
