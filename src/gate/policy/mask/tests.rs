//! Masks × types as tables. What PostgreSQL makes of them is in the integration tests.

use super::*;
use crate::gate::catalog::builtin::{Verdict, verdict};
use crate::gate::catalog::{Body, CatalogParts, Function, FunctionKind, Oid, Type, TypeKind};
use crate::gate::check;
use crate::gate::ir::{Call, ColumnRef, ExprKind, ItemId, Literal, Node, SpecialForm, TypeRef};

/// Built-in types by OID, and a few of a user's.
const TYPES: &[(u32, &str)] = &[
    (16, "bool"),
    (17, "bytea"),
    (20, "int8"),
    (21, "int2"),
    (23, "int4"),
    (25, "text"),
    (114, "json"),
    (600, "point"),
    (701, "float8"),
    (1042, "bpchar"),
    (1043, "varchar"),
    (1082, "date"),
    (1114, "timestamp"),
    (1184, "timestamptz"),
    (1700, "numeric"),
    (2950, "uuid"),
];

const TEXTS: u32 = 1009;
const MOOD: u32 = 20_001;
const EMAIL: u32 = 20_002;
const DAY: u32 = 20_003;
const PAIR: u32 = 20_004;

/// The functions that masks call, with all their overloads of that many arguments from PostgreSQL 12 to 18.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("char_length", &["text", "character"]),
    ("octet_length", &["text", "character", "bytea", "bit"]),
    ("left", &["text, integer"]),
    ("right", &["text, integer"]),
    ("reverse", &["text", "bytea"]),
    ("strpos", &["text, text"]),
    ("replace", &["text, text, text"]),
    ("substring", &["bytea, integer, integer", "text, integer, integer", "bit, integer, integer", "text, text, text"]),
    ("sha256", &["bytea"]),
    ("encode", &["bytea, text"]),
    ("date_trunc", &["text, timestamp without time zone", "text, timestamp with time zone", "text, interval"]),
];

fn catalog() -> Catalog {
    let base = |oid: u32, schema: &str, name: &str, kind: TypeKind| Type {
        oid: Oid(oid),
        schema: schema.to_owned(),
        name: name.to_owned(),
        kind,
        array: Oid(0),
        extension: None,
        stamp: String::new(),
    };
    let mut types: Vec<Type> = TYPES.iter().map(|(oid, name)| base(*oid, "pg_catalog", name, TypeKind::Base)).collect();
    types.push(base(TEXTS, "pg_catalog", "_text", TypeKind::Array { element: Oid(25) }));
    types.push(base(MOOD, "s", "mood", TypeKind::Enum { labels: vec!["sad".to_owned(), "happy".to_owned()] }));
    types.push(base(
        EMAIL,
        "s",
        "email",
        TypeKind::Domain { base: Oid(25), constrained: true, check_calls: Vec::new() },
    ));
    types.push(base(DAY, "s", "day", TypeKind::Domain { base: Oid(1082), constrained: true, check_calls: Vec::new() }));
    types.push(base(
        PAIR,
        "s",
        "pair",
        TypeKind::Composite { relation: Oid(1), is_relation: false, fields: vec![("a".to_owned(), Oid(25))] },
    ));
    let overloads = FUNCTIONS.iter().flat_map(|(name, all)| all.iter().map(move |arguments| (*name, *arguments)));
    let functions = overloads.zip(1000..).map(|((name, arguments), oid)| Function {
        oid: Oid(oid),
        schema: "pg_catalog".to_owned(),
        name: name.to_owned(),
        arguments: arguments.split(", ").map(|_| Oid(25)).collect(),
        argument_names: arguments.to_owned(),
        parameter_names: Vec::new(),
        defaults: 0,
        variadic: false,
        kind: FunctionKind::Function,
        ordered_set: false,
        returns: Oid(25),
        returns_set: false,
        out_columns: Vec::new(),
        extension: None,
        body: Body::Unread,
        stamp: String::new(),
    });
    Catalog::new(CatalogParts { functions: functions.collect(), types, ..CatalogParts::default() })
}

/// A column `x` by its type's name; `(n)` gives a length or precision.
fn column(ty: &str) -> Column {
    let (oid, typmod) = match ty {
        "varchar(2)" => (1043, 6),
        "varchar(64)" => (1043, 68),
        "char(5)" => (1042, 9),
        "numeric(10,2)" => (1700, (10 << 16 | 2) + 4),
        "numeric(3,-2)" => (1700, (3 << 16 | (-2 & 0x7ff)) + 4),
        "numeric(2,2)" => (1700, (2 << 16 | 2) + 4),
        "timestamptz(3)" => (1184, 3),
        "text[]" => (TEXTS, -1),
        "mood" => (MOOD, -1),
        "email" => (EMAIL, -1),
        "day" => (DAY, -1),
        "pair" => (PAIR, -1),
        name => (TYPES.iter().find(|(_, known)| *known == name).unwrap_or_else(|| panic!("{name}")).0, -1),
    };
    let collatable = matches!(oid, 25 | 1042 | 1043 | EMAIL | TEXTS);
    Column {
        number: 1,
        name: "x".to_owned(),
        type_oid: Oid(oid),
        typmod,
        type_name: ty.to_owned(),
        collation: Oid(if collatable { 100 } else { 0 }),
        explicit_collation: None,
        not_null: false,
        default: None,
        default_types: Vec::new(),
        default_calls: Vec::new(),
        generated: false,
        identity: false,
        comment: None,
    }
}

fn reference(column: &Column) -> Expr {
    let reference = ColumnRef { item: ItemId(0), column: 0, name: Some(column.name.clone()) };
    Expr::new(ExprKind::Column(reference)).typed(Some(column.type_oid))
}

/// The expression as the emitter writes it, names of built-in things shortened.
fn written(expr: Expr) -> String {
    let text = check::shown(&expr);
    let text = text.strip_prefix("SELECT ").unwrap_or(&text).split(" AS \"x\"").next().unwrap_or_default().to_owned();
    text.replace("\"pg_catalog\".", "").replace('"', "")
}

fn masked(mask: &Mask, column: &Column) -> Result<String, String> {
    mask_expression(mask, column, reference(column), &catalog()).map(written)
}

#[test]
fn every_mask_is_in_the_registry() {
    for (at, kind) in REGISTRY.iter().enumerate() {
        assert!(!kind.doc.is_empty() && !kind.fits.is_empty(), "{}", kind.name);
        assert!(REGISTRY.iter().skip(at + 1).all(|other| other.name != kind.name), "{} twice", kind.name);
    }
    for mask in examples() {
        assert!(!mask.fits().is_empty(), "{} is not registered", mask.name());
    }
    assert_eq!(examples().len() + 1, REGISTRY.len());
}

/// One of each but `sql`, with a constant that fits no type.
fn examples() -> Vec<Mask> {
    vec![
        Mask::Null,
        Mask::Redact,
        Mask::Constant("hidden".to_owned()),
        Mask::Email,
        Mask::Last(4),
        Mask::Partial(1, 2),
        Mask::Hash,
        Mask::Year,
        Mask::Round(100),
        Mask::Bucket(10),
    ]
}

#[test]
fn masks_fit_the_types_that_the_registry_says() {
    let all = [
        "text",
        "int2",
        "int4",
        "int8",
        "numeric",
        "float8",
        "date",
        "timestamp",
        "timestamptz",
        "bool",
        "uuid",
        "mood",
        "json",
        "point",
        "bytea",
        "text[]",
        "email",
        "day",
    ];
    for ty in all {
        let column = column(ty);
        let class = Target::of(&column, &catalog()).map(|target| target.class);
        for mask in examples().iter().filter(|mask| mask.name() != "constant") {
            let fits = class.as_ref().is_ok_and(|class| mask.fits().contains(class));
            let result = masked(mask, &column);
            assert_eq!(result.is_ok(), fits, "{} on {ty}: {result:?}", mask.name());
        }
    }
    let why = masked(&Mask::Year, &column("text")).expect_err("a year of a text");
    assert_eq!(why, "the mask `year` fits date, timestamp, timestamptz; `x` is of type `text`");
    // The element type or the row type of a column that no cast can give yet.
    assert!(masked(&Mask::Null, &column("pair")).is_err_and(|why| why.contains("not supported yet")));
}

#[test]
fn masks_become_these_expressions() {
    for (mask, ty, expected) in [
        (Mask::Null, "varchar(2)", "CAST(NULL AS varchar(2))"),
        (Mask::Null, "numeric(10,2)", "CAST(NULL AS numeric(10, 2))"),
        (Mask::Null, "numeric(3,-2)", "CAST(NULL AS numeric)"),
        (Mask::Null, "text[]", "CAST(NULL AS text[])"),
        (Mask::Null, "email", "CAST(NULL AS text)"),
        (Mask::Null, "mood", "CAST(NULL AS s.mood)"),
        (Mask::Redact, "text", "CAST('***' AS text)"),
        (Mask::Redact, "varchar(2)", "CAST('***' AS varchar(2))"),
        (Mask::Constant("it's".to_owned()), "char(5)", "CAST('it''s' AS bpchar(5))"),
        (
            Mask::Last(4),
            "text",
            "CASE WHEN (char_length(t0.x) > 8) THEN ('***' || right(t0.x, 4)) WHEN (t0.x IS NOT NULL) THEN '***' END",
        ),
        (
            Mask::Partial(1, 2),
            "varchar(2)",
            "CAST(CASE WHEN (char_length(CAST(t0.x AS text)) > 6) \
             THEN ((left(CAST(t0.x AS text), 1) || '***') || right(CAST(t0.x AS text), 2)) \
             WHEN (CAST(t0.x AS text) IS NOT NULL) THEN '***' END AS varchar(2))",
        ),
        (
            Mask::Email,
            "text",
            "CASE WHEN (strpos((t0.x COLLATE pg_catalog.C), '@') > 3) \
             THEN ((left(t0.x, 1) || '***@') || right(t0.x, (strpos((reverse(t0.x) COLLATE pg_catalog.C), '@') - 1))) \
             WHEN (strpos((t0.x COLLATE pg_catalog.C), '@') > 0) \
             THEN ('***@' || right(t0.x, (strpos((reverse(t0.x) COLLATE pg_catalog.C), '@') - 1))) \
             WHEN (t0.x IS NOT NULL) THEN '***' END",
        ),
        (
            Mask::Hash,
            "text",
            "CAST(CASE WHEN (octet_length(t0.x) <= 1048576) \
             THEN encode(sha256((substring(:mask_key, 65, 64) || sha256((substring(:mask_key, 1, 64) \
             || CAST(replace((t0.x COLLATE pg_catalog.C), '\\', '\\\\') AS bytea))))), 'hex') END AS text)",
        ),
        (
            Mask::Year,
            "day",
            "CASE WHEN (CAST(t0.x AS date) BETWEEN CAST('0001-01-01' AS date) AND CAST('9999-12-31' AS date)) \
             THEN CAST(date_trunc('year', CAST(CAST(t0.x AS date) AS timestamp)) AS date) END",
        ),
        (
            Mask::Bucket(100),
            "int4",
            "CAST(CASE WHEN (CAST(t0.x AS numeric) > CAST('2147483600' AS numeric)) THEN CAST('2147483600' AS numeric) \
             WHEN (CAST(t0.x AS numeric) < CAST('-2147483600' AS numeric)) THEN CAST('-2147483600' AS numeric) \
             ELSE (CAST(t0.x AS numeric) - (((CAST(t0.x AS numeric) % CAST('100' AS numeric)) \
             + CAST('100' AS numeric)) % CAST('100' AS numeric))) END AS int4)",
        ),
    ] {
        let text = masked(&mask, &column(ty)).unwrap_or_else(|why| panic!("{} on {ty}: {why}", mask.name()));
        assert_eq!(text.replace("COLLATE C)", "COLLATE pg_catalog.C)"), expected, "{} on {ty}", mask.name());
    }
}

#[test]
fn pairs_that_could_raise_or_mean_nothing_are_refused() {
    for (mask, ty, expected) in [
        (Mask::Hash, "varchar(2)", "gives 64 characters; `x` holds only 2"),
        (Mask::Round(100_000), "int2", "steps of 100000 are larger than what `x` can hold"),
        (Mask::Bucket(3_000_000_000), "int4", "larger than"),
        (Mask::Round(1), "numeric(2,2)", "larger than"),
        (Mask::Constant("seven".to_owned()), "int4", "the constant `seven` doesn't fit `x`: expected a whole number"),
        (Mask::Constant("40000".to_owned()), "int2", "expected a whole number between"),
        (Mask::Constant("123456789.00".to_owned()), "numeric(10,2)", "at most 10 digits, 2 of them after the point"),
        (Mask::Constant("1.005".to_owned()), "numeric(10,2)", "at most 10 digits"),
        (Mask::Constant("angry".to_owned()), "mood", "expected one of `sad`, `happy`"),
        (Mask::Constant("2023-02-30".to_owned()), "day", "expected a date"),
        (Mask::Constant("{a}".to_owned()), "json", "expected a JSON document"),
        (Mask::Constant("(1,2)".to_owned()), "point", "`constant` fits"),
    ] {
        let why = masked(&mask, &column(ty)).expect_err(ty);
        assert!(why.contains(expected), "{} on {ty}: {why}", mask.name());
    }
    for (constant, ty) in [
        ("-99999999.99", "numeric(10,2)"),
        ("happy", "mood"),
        ("1970-01-01", "day"),
        ("much too long", "varchar(2)"),
        ("[1]", "json"),
    ] {
        assert!(masked(&Mask::Constant(constant.to_owned()), &column(ty)).is_ok(), "{constant} on {ty}");
    }
    assert!(masked(&Mask::Hash, &column("varchar(64)")).is_ok());
}

#[test]
fn what_takes_no_collation_from_the_column_is_given_the_columns() {
    let mut column = column("text");
    column.collation = Oid(950);
    column.explicit_collation = Some(("pg_catalog".to_owned(), "C".to_owned()));
    for mask in [Mask::Null, Mask::Redact, Mask::Hash] {
        assert!(masked(&mask, &column).is_ok_and(|text| text.ends_with("COLLATE C)")), "{}", mask.name());
    }
    assert!(masked(&Mask::Last(4), &column).is_ok_and(|text| !text.contains("COLLATE")));
    column.collation = Oid(20_000);
    column.explicit_collation = Some(("s".to_owned(), "own".to_owned()));
    for mask in [Mask::Null, Mask::Redact, Mask::Hash] {
        assert!(masked(&mask, &column).is_err_and(|why| why.contains("not supported yet")), "{}", mask.name());
    }
    assert!(masked(&Mask::Last(4), &column).is_ok());
    // A domain with a collation of its own: the catalog names none for the column.
    column.explicit_collation = None;
    assert!(masked(&Mask::Null, &column).is_err());
}

#[test]
fn masks_call_only_functions_that_every_policy_may_call() {
    let catalog = catalog();
    for mask in examples() {
        for ty in ["text", "timestamptz", "int4"] {
            let column = column(ty);
            let Ok(expr) = mask_expression(&mask, &column, reference(&column), &catalog) else { continue };
            expr.walk(&mut |node| {
                if let Node::Expr(Expr { kind: ExprKind::Call(call), .. }) = node {
                    assert!(!call.function.candidates.is_empty());
                    for function in call.function.candidates.iter().filter_map(|oid| catalog.function(*oid)) {
                        let verdict = verdict(&function.name, &function.argument_names);
                        assert!(matches!(verdict, Verdict::Allowed { .. }), "{}", function.signature());
                    }
                }
            });
        }
    }
    for name in total_functions() {
        let listed = ["text", "text, integer", "text, text, text"];
        assert!(listed.iter().any(|arguments| matches!(verdict(name, arguments), Verdict::Allowed { .. })), "{name}");
    }
}

#[test]
fn the_key_parameter_holds_the_pads_of_hmac() {
    use sha2::{Digest, Sha256};
    // RFC 4231, test cases 2 and 6.
    for (key, data, expected) in [
        (
            &b"Jefe"[..],
            &b"what do ya want for nothing?"[..],
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ] {
        let pads = key_parameter(key);
        assert_eq!(pads.len(), 128);
        let inner = Sha256::new().chain_update(&pads[..64]).chain_update(data).finalize();
        let outer = Sha256::new().chain_update(&pads[64..]).chain_update(inner).finalize();
        assert_eq!(outer.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), expected);
    }
}

// What an `sql` mask may say ----------------------------------------------------------------------------------------

fn typed(ty: u32) -> Expr {
    Expr::new(ExprKind::Column(ColumnRef { item: ItemId(0), column: ty, name: None })).typed(Some(Oid(ty)))
}

fn string(text: &str) -> Expr {
    Expr::new(ExprKind::Literal(Literal::String(text.to_owned())))
}

fn number(digits: &str) -> Expr {
    Expr::new(ExprKind::Literal(Literal::Number(digits.to_owned()))).typed(Some(Oid(23)))
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    Expr::new(ExprKind::Call(Box::new(Call::of_builtin(name, Vec::new(), arguments)))).typed(Some(Oid(25)))
}

fn operator(left: Expr, symbol: &str, right: Expr) -> Expr {
    let left = Some(Box::new(left));
    Expr::new(ExprKind::Operator { symbol: symbol.to_owned(), left, right: Box::new(right) }).typed(Some(Oid(25)))
}

fn minus(digits: &str) -> Expr {
    Expr::new(ExprKind::Operator { symbol: "-".to_owned(), left: None, right: Box::new(number(digits)) })
}

fn cast(expr: Expr, name: &str, modifiers: &[i32]) -> Expr {
    let oid = match name {
        "mood" => MOOD,
        "day" => DAY,
        name => TYPES.iter().find(|(_, known)| *known == name).map_or(0, |(oid, _)| *oid),
    };
    let schema = if oid < 16_384 { "pg_catalog" } else { "s" };
    let to = TypeRef {
        oid: Oid(oid),
        schema: schema.to_owned(),
        name: name.to_owned(),
        modifiers: modifiers.to_vec(),
        shape: None,
        interval: None,
        array: false,
    };
    Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(Some(Oid(oid)))
}

fn attribute(name: &str, ty: u32) -> Expr {
    Expr::new(ExprKind::Attribute(name.to_owned())).typed(Some(Oid(ty)))
}

fn any(left: Expr, array: Expr) -> Expr {
    let (left, array) = (Box::new(left), Box::new(array));
    Expr::new(ExprKind::QuantifiedArray { left, symbol: "=".to_owned(), all: false, array })
}

fn special(form: SpecialForm, arguments: Vec<Expr>) -> Expr {
    Expr::new(ExprKind::Special { form, arguments })
}

const TEXT: u32 = 25;
const INT4: u32 = 23;
const NUMERIC: u32 = 1700;
const DATE: u32 = 1082;
const STAMP: u32 = 1114;

#[test]
fn total_expressions_are_accepted() {
    let good = [
        ("left(name, 1)", call("left", vec![typed(TEXT), number("1")])),
        ("left(name, -1)", call("left", vec![typed(TEXT), minus("1")])),
        ("left(name, 1) || '***'", operator(call("left", vec![typed(TEXT), number("1")]), "||", string("***"))),
        ("substr(name, 2, 3)", call("substr", vec![typed(TEXT), number("2"), number("3")])),
        ("upper(email)", call("upper", vec![typed(EMAIL)])),
        ("n > 5", operator(typed(INT4), ">", number("5"))),
        ("n > '5'", operator(typed(INT4), ">", string("5"))),
        ("n = x", operator(typed(INT4), "=", typed(NUMERIC))),
        ("name = 'x'", operator(typed(TEXT), "=", string("x"))),
        ("mood = 'sad'", operator(typed(MOOD), "=", string("sad"))),
        ("day < day", operator(typed(DATE), "<", typed(DATE))),
        ("coalesce(name, '?')", special(SpecialForm::Coalesce, vec![typed(TEXT), string("?")])),
        ("nullif(n, 0)", special(SpecialForm::NullIf, vec![typed(INT4), number("0")])),
        ("day::text", cast(typed(DATE), "text", &[])),
        ("name::varchar(3)", cast(typed(TEXT), "varchar", &[3])),
        ("n::numeric", cast(typed(INT4), "numeric", &[])),
        ("'sad'::mood", cast(string("sad"), "mood", &[])),
        ("'2024-01-01'::date", cast(string("2024-01-01"), "date", &[])),
        ("NULL", Expr::new(ExprKind::Literal(Literal::Null))),
        (":tenant", attribute("tenant", 20)),
        ("name = ANY(:names)", any(typed(TEXT), attribute("names", TEXTS))),
    ];
    for (text, expr) in good {
        assert_eq!(is_total(&expr, &catalog()), Ok(()), "{text}");
    }
}

#[test]
fn what_could_raise_or_is_not_known_is_refused() {
    let bad = [
        ("n / 0", operator(typed(INT4), "/", number("0")), "the operator `/`"),
        ("n + 1", operator(typed(INT4), "+", number("1")), "the operator `+`"),
        (
            "-n",
            Expr::new(ExprKind::Operator { symbol: "-".to_owned(), left: None, right: Box::new(typed(INT4)) }),
            "`-`",
        ),
        ("name::int", cast(typed(TEXT), "int4", &[]), "the cast to `int4`"),
        ("x::int", cast(typed(NUMERIC), "int4", &[]), "the cast to `int4`"),
        ("x::numeric(3,0)", cast(typed(NUMERIC), "numeric", &[3, 0]), "the cast to `numeric`"),
        ("day::day", cast(typed(DATE), "day", &[]), "the domain `day`"),
        ("'angry'::mood", cast(string("angry"), "mood", &[]), "the cast to `mood`"),
        ("day = stamp", operator(typed(DATE), "=", typed(STAMP)), "values of one type"),
        ("name = email", operator(typed(TEXT), "=", typed(EMAIL)), "compare texts with constants"),
        ("n = 'x'", operator(typed(INT4), "=", string("x")), "values of one type"),
        ("texts || texts", operator(typed(TEXTS), "||", typed(TEXTS)), "only between texts"),
        ("name || n", operator(typed(TEXT), "||", typed(INT4)), "only between texts"),
        ("substr(name, 1, -1)", call("substr", vec![typed(TEXT), number("1"), minus("1")]), "negative lengths"),
        ("left(name, n)", call("left", vec![typed(TEXT), typed(INT4)]), "constants for its other arguments"),
        ("left(name, 9999999999)", call("left", vec![typed(TEXT), number("9999999999")]), "constants"),
        ("upper(n::text::int::text)", call("upper", vec![cast(cast(typed(TEXT), "int4", &[]), "text", &[])]), "`int4`"),
        ("to_number(name, '9')", call("to_number", vec![typed(TEXT), string("9")]), "`to_number` is not known"),
        ("a mask key", Expr::new(ExprKind::MaskKey), "this value"),
        ("$1", Expr::new(ExprKind::Parameter(1)), "this value"),
        ("n = ANY(:names)", any(typed(INT4), attribute("names", TEXTS)), "values of one type"),
        ("name = ANY(texts)", any(typed(TEXT), typed(TEXTS)), "an array"),
    ];
    for (text, expr, expected) in bad {
        let why = is_total(&expr, &catalog()).expect_err(text);
        assert!(why.contains(expected), "{text}: {why}");
    }
    let mut foreign = call("left", vec![typed(TEXT), number("1")]);
    if let ExprKind::Call(call) = &mut foreign.kind {
        call.function.schema = "s".to_owned();
    }
    assert!(is_total(&foreign, &catalog()).is_err());
}

#[test]
fn an_sql_mask_is_cast_to_the_column_only_where_that_cannot_raise() {
    let to = |expr: Expr, ty: &str| cast_to_column(expr, &column(ty), &catalog()).map(written);
    let left = || call("left", vec![typed(TEXT), number("1")]);
    assert_eq!(to(typed(TEXT), "varchar(2)"), Ok("CAST(t0.c26 AS varchar(2))".to_owned()));
    assert_eq!(to(string("7"), "int4"), Ok("CAST('7' AS int4)".to_owned()));
    // Rounding to the declared scale could overflow: the modifiers are left out.
    assert_eq!(to(typed(INT4), "numeric(10,2)"), Ok("CAST(t0.c24 AS numeric)".to_owned()));
    assert!(to(left(), "email").is_ok_and(|text| text.ends_with("AS text)")));
    for (expr, ty, expected) in [
        (typed(NUMERIC), "int4", "not of the type"),
        (left(), "int4", "not of the type"),
        (string("seven"), "int4", "doesn't fit"),
        (typed(TEXT), "mood", "not of the type"),
        (Expr::new(ExprKind::Column(ColumnRef { item: ItemId(0), column: 0, name: None })), "text", "not known"),
    ] {
        let why = to(expr, ty).expect_err(ty);
        assert!(why.contains(expected), "{ty}: {why}");
    }
}
