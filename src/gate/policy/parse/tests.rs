//! What policies mean and which faults they have, as tables.

use std::time::Duration;

use super::super::Diagnostics;
use super::super::keys;
use super::super::model::{Access, AttributeType, ColumnEffect, Glob, Mask, Policy, StatementKind};

/// Reads the first of some files; the others can be extended.
fn read(files: &[(&str, &str)]) -> Result<Policy, Diagnostics> {
    let mut load = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(name, text)| (name.to_string(), text.to_string())).ok_or_else(|| "no such file".to_owned())
    };
    let (file, text) = files[0];
    Policy::parse(file, text, &mut load)
}

fn good(files: &[(&str, &str)]) -> Policy {
    read(files).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The faults of a policy whose first two lines are the version and the name.
fn faults(body: &str) -> String {
    match read(&[("p.toml", &format!("version = 1\nname = \"p\"\n{body}"))]) {
        Ok(_) => "none".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

const FULL: &str = r#"version = 1
name = "analyst"
description = "Reads sales"
role = "reader"
reveal_denied = true
attributes = { tenant = "int", regions = "text[]", since = "timestamptz" }

[statements]
allow = ["select", "explain", "insert"]
[search_path]
schemas = ["sales"]
[columns]
"*.ssn" = "deny"
"*.email" = { mask = "email" }
"hr.*.salary" = { mask = { round = 1000 } }

[schemas.sales]
access = "read"
deny = ["payroll_*"]

[tables."sales.customers"]
columns = ["id", "name"]
deny_columns = ["ssn"]
mask = { phone = "last4", name = { partial = [1, 2] }, a = { sql = "left(name, 1)" }, b = { constant = 7 } }
rows = "tenant_id = :tenant AND region = ANY(:regions)"

[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
require_where = true
max_affected_rows = 100
confirm = false
side_effects = true

[functions]
allow = ["@builtin", "sales.fx_rate(text, date)"]
trusted_extensions = []

[limits]
rows = 500
bytes = "2MiB"
timeout = "1500ms"
cost = 1_000_000
rate = "60/min"
burst = 10
concurrency = 4

[history]
record = "full"
read = "all"
"#;

#[test]
fn a_full_policy_means_what_it_says() {
    let policy = good(&[("policies/a.toml", FULL)]);
    assert_eq!((policy.name.as_str(), policy.description.as_str()), ("analyst", "Reads sales"));
    assert_eq!(policy.role.as_deref(), Some("reader"));
    assert!(policy.reveal_denied);
    assert_eq!(policy.digest.len(), 64);
    let ty = |name: &str, list| AttributeType { name: name.to_owned(), list };
    assert_eq!(policy.attributes.get("tenant"), Some(&ty("int8", false)));
    assert_eq!(policy.attributes.get("regions"), Some(&ty("text", true)));
    assert_eq!(policy.attributes.get("since"), Some(&ty("timestamptz", false)));
    let kinds: Vec<_> = policy.statements.keys().copied().collect();
    assert_eq!(kinds, [StatementKind::Select, StatementKind::Insert, StatementKind::Explain]);
    assert_eq!(policy.search_path, ["sales"]);
    assert_eq!(policy.columns.len(), 3);
    assert_eq!(policy.columns[0].effect, ColumnEffect::Deny);
    assert_eq!(policy.columns[0].rule.to_string(), "policies/a.toml:13 (columns.\"*.ssn\")");
    assert_eq!(policy.columns[1].effect, ColumnEffect::Mask(Mask::Email));
    assert_eq!(policy.columns[2].schema, Some(Glob("hr".to_owned())));
    let sales = &policy.schemas["sales"];
    assert_eq!((sales.access.value, sales.access.rule.line), (Access::Read, 18));
    assert_eq!(sales.deny[0].value, Glob("payroll_*".to_owned()));
    let customers = &policy.tables[&("sales".to_owned(), "customers".to_owned())];
    assert_eq!(customers.columns.as_ref().map(|list| list.value.len()), Some(2));
    assert_eq!(customers.deny_columns[0].value, "ssn");
    assert_eq!(customers.masks["phone"].value, Mask::Last(4));
    assert_eq!(customers.masks["name"].value, Mask::Partial(1, 2));
    assert_eq!(customers.masks["a"].value, Mask::Sql("left(name, 1)".to_owned()));
    assert_eq!(customers.masks["b"].value, Mask::Constant("7".to_owned()));
    assert_eq!(customers.masks["b"].rule.key, "tables.\"sales.customers\".mask.b");
    assert_eq!(customers.rows[0].rule.line, 25);
    assert!(customers.require_where.is_none() && !customers.side_effects);
    let notes = &policy.tables[&("scratch".to_owned(), "notes".to_owned())];
    assert_eq!(notes.access.as_ref().map(|access| access.value), Some(Access::Write));
    assert_eq!(notes.require_where.as_ref().map(|rule| rule.line), Some(31));
    assert_eq!(notes.max_affected_rows.as_ref().map(|most| most.value), Some(100));
    assert!(notes.side_effects);
    assert!(policy.functions.allows_builtin());
    assert_eq!(policy.functions.allow[0].value, ("sales".to_owned(), "fx_rate(text, date)".to_owned()));
    let limits = &policy.limits;
    assert_eq!((limits.rows, limits.bytes, limits.timeout), (500, 2 << 20, Duration::from_millis(1500)));
    assert_eq!(limits.rate.map(|rate| (rate.count, rate.period.as_secs(), rate.burst)), Some((60, 60, 10)));
    assert_eq!(limits.concurrency, 4);
    assert_eq!(limits.cost.as_ref().map(|cost| (cost.value, cost.rule.key.as_str())), Some((1_000_000, "limits.cost")));
    assert!(policy.history.full && policy.history.read_all);
}

#[test]
fn an_empty_policy_admits_nothing_and_has_the_default_limits() {
    let policy = good(&[("p.toml", "version = 1\nname = \"p\"")]);
    assert!(policy.statements.is_empty() && policy.schemas.is_empty() && policy.search_path.is_empty());
    assert!(policy.functions.allows_builtin() && policy.functions.allow.is_empty());
    assert_eq!(policy.limits, super::Limits::default());
    assert!(!policy.reveal_denied && !policy.history.full && !policy.history.read_all && policy.role.is_none());
    let none = good(&[("p.toml", "version = 1\nname = \"p\"\nfunctions = { allow = [] }")]);
    assert!(!none.functions.allows_builtin());
}

/// Body of the policy (it begins on line 3) → what the faults must say, a line each, `/` between what is one below the
/// other in a fault.
const FAULTS: &[(&str, &[&str])] = &[
    ("nmae = 1", &["p.toml:3:1: unknown key `nmae` (nmae)", "did you mean `name`?"]),
    ("rows = 1", &["unknown key `rows`", "`rows` belongs in `[tables.\"schema.table\"]` or `[limits]`"]),
    ("[limit]\nrows = 1", &["p.toml:3:2: unknown key `limit`", "did you mean `limits`?"]),
    ("[limits]\nrow = 1\nbyte = 2", &["p.toml:4:1: unknown key `row`", "p.toml:5:1: unknown key `byte`"]),
    ("[limits]\ncost = 0", &["`0` is out of bounds"]),
    ("[limits]\nrows_per_day = 5", &["`rows_per_day` is not enforced yet"]),
    ("[limits]\nrows = 0", &["`0` is out of bounds", "between 1 and 1000000"]),
    ("[limits]\nrows = -1", &["`-1` is out of bounds"]),
    ("[limits]\nrows = \"10\"", &["expected a whole number, found text"]),
    ("[limits]\nbytes = \"65MiB\"", &["`65MiB` is out of bounds"]),
    ("[limits]\nbytes = \"4mb\"", &["`4mb` is not a size", "4MiB"]),
    ("[limits]\nbytes = 67108865", &["`67108865` is out of bounds"]),
    ("[limits]\nbytes = \"99999999999GiB\"", &["is not a size"]),
    ("[limits]\ntimeout = 10", &["expected a time span, found a whole number", "\"10s\""]),
    ("[limits]\ntimeout = \"61min\"", &["`61min` is out of bounds", "between 100ms and 60min"]),
    ("[limits]\nrate = \"60/day\"", &["`60/day` is not a rate", "s, min or h"]),
    ("[limits]\nrate = \"0/s\"", &["`0/s` is not a rate"]),
    ("[limits]\nburst = 4", &["p.toml:4: `burst` needs a `rate` (limits.burst)"]),
    ("[statements]\nallow = [\n  \"select\",\n  \"inserts\",\n]", &["p.toml:6:3: unknown word `inserts`", "`insert`?"]),
    ("[statements]\nallow = \"select\"", &["expected a list in brackets, found text"]),
    ("statements = 3", &["expected a section, found a whole number"]),
    ("attributes = { tenant = \"integer\" }", &["unknown type `integer`"]),
    ("attributes = { tenant = \"it[]\" }", &["unknown type `it[]`", "did you mean `int[]`?"]),
    ("attributes = { Tenant = \"int\" }", &["`Tenant` can't name an attribute"]),
    ("[columns]\nssn = \"deny\"", &["`ssn` is not a pattern of columns", "`\"*.ssn\"`"]),
    ("[columns]\ncustomers.ssn = \"deny\"", &["expected `\"deny\"` or a mask", "must be in quotes"]),
    ("[columns]\n\"*.ssn\" = \"denied\"", &["expected `\"deny\"` or a mask"]),
    ("[columns]\n\"*.a\" = { mask = \"emial\" }", &["unknown mask `emial`", "did you mean `email`?"]),
    ("[columns]\n\"*.a\" = { mask = \"last\" }", &["the mask `last` needs an argument", "{ last = 4 }"]),
    ("[columns]\n\"*.a\" = { mask = { partial = [0, 0] } }", &["`partial` shows nothing at all"]),
    ("[columns]\n\"*.a\" = { mask = { last = 0 } }", &["`last` needs a whole number between 1 and 64"]),
    ("[columns]\n\"*.a\" = { mask = { rond = 1 } }", &["unknown mask `rond`", "{ round = 100 }"]),
    ("[columns]\n\"*.a\" = { mask = { round = 1, last = 2 } }", &["a mask has exactly one key"]),
    ("[columns]\n\"*.a\" = { mask = { sql = \" \" } }", &["the expression is empty"]),
    ("[schemas.sales]", &["p.toml:3: `access` is missing for the schema `sales`"]),
    ("[schemas.sales]\naccess = \"reed\"", &["unknown word `reed`", "did you mean `read`?"]),
    ("[schemas.pg_catalog]\naccess = \"read\"", &["the schema `pg_catalog` belongs to PostgreSQL"]),
    ("[schemas.information_schema]\naccess = \"read\"", &["belongs to PostgreSQL"]),
    ("[tables.\"hr.staff\"]", &["the schema `hr` is not opened", "[schemas.hr]"]),
    ("[tables.customers]", &["`customers` doesn't name exactly a schema and a table"]),
    (
        "[tables.sales.customers]\nrows = \"true\"",
        &["p.toml:3:9: `sales` doesn't name exactly", "`[tables.\"schema.table\"]`"],
    ),
    ("[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\naccess = \"listed\"", &["unknown word `listed`"]),
    ("[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\nconfirm = 1", &["p.toml:6:1", "expected `true` or `false`"]),
    ("[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\nmasks = {}", &["unknown key `masks`", "did you mean `mask`?"]),
    ("[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\nrows = \"\"", &["the row filter is empty"]),
    (
        "[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\nadd_columns = [\"a\"]",
        &["there is no `columns` list to add to"],
    ),
    ("[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\ncolumns = [\"a\", \"a\"]", &["`a` is in the list twice"]),
    (
        "[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\n[tables.'\"s\".t']",
        &["has two sections; the other is on line 5"],
    ),
    (
        "[columns]\n\"*.email\" = { mask = \"email\" }\n[schemas.s]\naccess=\"read\"\n[tables.\"s.t\"]\nmask = { email = \"hash\" }",
        &["p.toml:8: the column `email` has two different masks (tables.\"s.t\".mask.email)", "p.toml:4"],
    ),
    ("[functions]\nallow = [\"@all\"]", &["unknown group `@all`"]),
    ("[functions]\nallow = [\"lower\"]", &["`lower` is not a function's signature"]),
    ("[functions]\nallow = [\"pg_catalog.pg_sleep(float8)\"]", &["only as the group `@builtin`"]),
    ("[functions]\ntrusted_extensions = [\"dblink\"]", &["no list of what is safe in the extension `dblink`"]),
    ("[search_path]\nschemas = [\"sales\"]", &["the schema `sales` is not opened"]),
    ("role = \"none\"", &["`none` can't be a policy's role"]),
    ("role = \"pg_read_all_data\"", &["can't be a policy's role"]),
    ("[history]\nrecord = \"all\"", &["unknown word `all`", "one of `redacted`, `full`"]),
    ("[history]\nread = true", &["expected text in quotes, found `true` or `false`"]),
    ("extends = [\"gone.toml\"]", &["`gone.toml` can't be read: no such file"]),
    ("limits = ", &["p.toml:3:"]),
    ("[limits]\nrows = 1\nrows = 2", &["p.toml:5:1: duplicate key"]),
];

#[test]
fn each_fault_is_told_with_its_place_and_a_way_out() {
    for (body, expected) in FAULTS {
        let told = faults(body);
        for part in *expected {
            assert!(told.contains(part), "\n{body}\n--- told:\n{told}\n--- without: {part}");
        }
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let told = faults("nmae = 1\n[limits]\nrows = 0\n[history]\nred = \"own\"\n[statements]\nallow = [\"slect\"]");
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("p.toml:")).collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(lines.is_sorted_by_key(|line| line.split(':').nth(1).and_then(|n| n.parse::<u32>().ok())), "{told}");
}

#[test]
fn version_name_and_access_are_required_and_told_once() {
    let told = |text: &str| read(&[("p.toml", text)]).err().map(|errors| errors.to_string()).unwrap_or_default();
    assert!(told("name = \"p\"").contains("p.toml:1: `version` is missing"));
    assert!(told("version = 1").contains("`name` is missing"));
    assert!(told("version = 2\nname = \"p\"").contains("`2` is out of bounds (version)\n  help: only 1 is known"));
    assert!(told("version = 1\nname = \"\"").contains("a name is between 1 and 63 bytes"));
    assert_eq!(told("version = 1\nname = 5").matches("name").count(), 1);
    let access = told("version = 1\nname = \"p\"\n[schemas.s]\naccess = \"raed\"");
    assert!(access.contains("unknown word `raed`") && !access.contains("is missing"), "{access}");
}

#[test]
fn every_enforced_key_is_read_by_the_parser() {
    // FULL holds every key that a file by itself can hold; what a section doesn't read it reports as not enforced.
    let extra = "extends = []\n[statements]\nadd_allow = []\n[search_path]\nadd_schemas = []\n[functions]\nadd_allow = []\n\
                 [schemas.s]\naccess = \"read\"\n[tables.\"s.t\"]\ncolumns = [\"a\"]\nadd_columns = []\n";
    assert_eq!(faults(extra), "none");
    let written = format!("{FULL}{extra}");
    for key in keys::ALL.0.iter().filter(|key| key.status == keys::Status::Enforced && !key.name().starts_with('<')) {
        assert!(written.contains(&format!("{} = ", key.name())), "{} is in no test", key.path);
    }
}

/// Base, extending file (sections only), and what must hold of both.
type Merge = (&'static str, &'static str, fn(&Policy) -> bool);

const MERGES: &[Merge] = &[
    ("[statements]\nallow=['select','insert']", "[statements]\nallow=['select','delete']", |p| kinds(p) == "select"),
    ("[statements]\nallow=['select']", "[statements]\nadd_allow=['delete']", |p| kinds(p) == "select delete"),
    ("[statements]\nallow=['select','insert']", "[statements]\nallow=['insert']\nadd_allow=['delete']", |p| {
        kinds(p) == "insert delete"
    }),
    ("[statements]\nallow=['select']", "", |p| kinds(p) == "select"),
    ("", "[statements]\nadd_allow=['delete']", |p| kinds(p) == "delete"),
    ("", "[functions]\nadd_allow=['s.f()']", |p| p.functions.allows_builtin() && p.functions.allow.len() == 1),
    ("[functions]\nallow=['@builtin','s.f(int)']", "[functions]\nallow=['s.f(integer)']", |p| {
        !p.functions.allows_builtin() && p.functions.allow.len() == 1
    }),
    ("[functions]\nallow=[]", "", |p| !p.functions.allows_builtin()),
    ("[schemas.s]\naccess='write'\ndeny=['a']", "[schemas.s]\naccess='read'\ndeny=['b']", |p| {
        p.schemas["s"].access.value == Access::Read && p.schemas["s"].deny.len() == 2
    }),
    ("[schemas.s]\naccess='read'", "[schemas.s]\naccess='write'", |p| p.schemas["s"].access.value == Access::Read),
    ("[schemas.s]\naccess='read'", "[schemas.s]\ndeny=['b']\n[schemas.t]\naccess='write'", |p| {
        p.schemas["s"].access.value == Access::Read && p.schemas["t"].access.value == Access::Write
    }),
    (
        "[schemas.s]\naccess='read'\n[search_path]\nschemas=['s']",
        "[schemas.t]\naccess='read'\n[search_path]\nadd_schemas=['t']",
        |p| p.search_path == ["s", "t"],
    ),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\ncolumns=['a','b']", "[tables.'s.t']\ncolumns=['b','c']", |p| {
        columns(p) == "b"
    }),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\ncolumns=['a','b']", "[tables.'s.t']\nadd_columns=['c']", |p| {
        columns(p) == "a b c"
    }),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\ndeny_columns=['a']", "[tables.'s.t']\ndeny_columns=['b']", |p| {
        table(p).deny_columns.len() == 2
    }),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\nrows='a'", "[tables.'s.t']\nrows='b'", |p| table(p).rows.len() == 2),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\nrows='a'", "[tables.'s.t']\nrows='a'", |p| table(p).rows.len() == 1),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\nmask={a='null'}", "[tables.'s.t']\nmask={a='null',b='hash'}", |p| {
        table(p).masks.len() == 2
    }),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\nrequire_where=true", "[tables.'s.t']\nrequire_where=false", |p| {
        table(p).require_where.is_some()
    }),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\nside_effects=false", "[tables.'s.t']\nside_effects=true", |p| {
        !table(p).side_effects
    }),
    ("[schemas.s]\naccess='read'\n[tables.'s.t']\nmax_affected_rows=5", "[tables.'s.t']\nmax_affected_rows=9", |p| {
        table(p).max_affected_rows.as_ref().is_some_and(|most| most.value == 5)
    }),
    ("[limits]\nrows=5\nbytes=2048\ntimeout='1s'\nconcurrency=9", "[limits]\nrows=9\nbytes=1024\nconcurrency=2", |p| {
        (p.limits.rows, p.limits.bytes, p.limits.timeout.as_secs(), p.limits.concurrency) == (5, 1024, 1, 2)
    }),
    ("[limits]\ncost=5", "[limits]\ncost=9", |p| p.limits.cost.as_ref().is_some_and(|cost| cost.value == 5)),
    ("[limits]\nrate='60/min'\nburst=20", "[limits]\nrate='10/s'\nburst=5", |p| {
        p.limits.rate.is_some_and(|rate| (rate.count, rate.period.as_secs(), rate.burst) == (60, 60, 5))
    }),
    ("[limits]\nrate='3600/h'", "[limits]\nrate='1/s'", |p| p.limits.rate.is_some_and(|rate| rate.count == 1)),
    ("reveal_denied=true", "", |p| p.reveal_denied),
    ("reveal_denied=false", "reveal_denied=true", |p| !p.reveal_denied),
    ("[history]\nrecord='redacted'\nread='all'", "[history]\nrecord='full'", |p| !p.history.full && p.history.read_all),
    ("[columns]\n'*.a'='deny'", "[columns]\n'*.b'={mask='null'}", |p| p.columns.len() == 2),
    ("role='r'\nattributes={a='int'}", "attributes={b='text'}", |p| p.role.is_some() && p.attributes.len() == 2),
];

fn kinds(policy: &Policy) -> String {
    policy.statements.keys().map(|kind| kind.name()).collect::<Vec<_>>().join(" ")
}

fn table(policy: &Policy) -> &super::TableRule {
    &policy.tables[&("s".to_owned(), "t".to_owned())]
}

fn columns(policy: &Policy) -> String {
    let list = table(policy).columns.as_ref().expect("a list");
    list.value.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn extending(base: &str, own: &str) -> Result<Policy, Diagnostics> {
    read(&[
        ("dir/p.toml", &format!("version = 1\nname = 'p'\nextends = ['base.toml']\n{own}")),
        ("dir/base.toml", &format!("version = 1\n{base}")),
    ])
}

#[test]
fn extended_files_are_joined_by_the_rules() {
    for (base, own, holds) in MERGES {
        let policy = extending(base, own).unwrap_or_else(|errors| panic!("{base}\n---\n{own}\n{errors}"));
        assert!(holds(&policy), "{base}\n--- extended by\n{own}\n{policy:#?}");
    }
}

#[test]
fn what_cannot_be_joined_is_a_fault_that_names_both_places() {
    for (base, own, expected) in [
        ("role = 'a'", "role = 'b'", "dir/p.toml:4: another role than `a` is set"),
        ("attributes = { a = 'int' }", "attributes = { a = 'text' }", "the attribute `a` has two different types"),
        (
            "[schemas.s]\naccess='read'\n[tables.'s.t']\nmask={a='null'}",
            "[tables.'s.t']\nmask={a='hash'}",
            "dir/p.toml:5: the column `a` has two different masks",
        ),
        ("[columns]\n'*.a'={mask='null'}", "[columns]\n'*.a'={mask='hash'}", "the column `a` has two different masks"),
        ("[limits]\nrow = 1", "", "dir/base.toml:3:1: unknown key `row`"),
    ] {
        let told = extending(base, own).err().map(|errors| errors.to_string()).unwrap_or_default();
        assert!(told.contains(expected), "{base} + {own}: {told}");
        assert!(told.contains("dir/base.toml:"), "{told}");
    }
}

#[test]
fn circles_depth_and_number_of_files_are_bounded() {
    let told = |files: &[(&str, &str)]| read(files).err().map(|errors| errors.to_string()).unwrap_or_default();
    let circle = told(&[
        ("a.toml", "version = 1\nname = 'a'\nextends = ['b.toml']"),
        ("b.toml", "version = 1\nextends = ['a.toml']"),
    ]);
    assert!(circle.contains("b.toml:2: the files extend each other in a circle: a.toml → b.toml → a.toml"), "{circle}");
    let names: Vec<String> = (0..=9).map(|at| format!("{at}.toml")).collect();
    let texts: Vec<String> =
        (0..=9).map(|at| format!("version = 1\nname = 'n'\nextends = ['{}.toml']", at + 1)).collect();
    let mut chain: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    assert!(told(&chain).contains("8.toml:3: more than 8 files extend each other in a row"), "{}", told(&chain));
    chain[8].1 = "version = 1";
    assert_eq!(told(&chain), "");
    // Each level names the next one often: without a bound, 20 to the power of 8 files.
    let wide: Vec<String> = (0..9)
        .map(|at| {
            let list = vec![format!("'{}.toml'", at + 1); 20].join(", ");
            format!("version = 1\nname = 'n'\nextends = [{list}]")
        })
        .collect();
    let wide: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(wide.iter().map(String::as_str)).collect();
    assert!(told(&wide).contains("more than 64 files"));
}

#[test]
fn several_bases_are_joined_with_each_other_first() {
    let policy = good(&[
        ("p.toml", "version = 1\nname = 'p'\nextends = ['x/a.toml', 'b.toml']\n[statements]\nadd_allow = ['delete']"),
        ("x/a.toml", "version = 1\nextends = ['deep.toml']\n[statements]\nallow = ['select', 'insert']"),
        ("x/deep.toml", "version = 1\nrole = 'r'\n[limits]\nrows = 7"),
        (
            "b.toml",
            "version = 1\nname = 'b'\ndescription = 'd'\n[statements]\nallow = ['select', 'update']\n[limits]\nrows = 9",
        ),
    ]);
    assert_eq!(kinds(&policy), "select delete");
    assert_eq!((policy.limits.rows, policy.role.as_deref(), policy.description.as_str()), (7, Some("r"), "d"));
    assert_eq!(policy.name, "p");
}

#[test]
fn the_digest_covers_every_file() {
    let digest = |base: &str| extending(base, "").map(|policy| policy.digest).unwrap_or_default();
    assert_eq!(digest("role = 'a'"), digest("role = 'a'"));
    assert_ne!(digest("role = 'a'"), digest("role = 'b'"));
    assert_ne!(digest(""), digest("# a remark"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever an author writes is a policy or a list of faults, each with a line that the file has.
    #[test]
    fn no_text_makes_the_parser_panic(
        cuts in proptest::collection::vec((0..1600usize, 0..12usize, "[\\PC\"'\\[\\]{}=.\n]{0,6}"), 1..6),
    ) {
        let mut text: Vec<char> = FULL.chars().collect();
        for (at, length, put) in cuts {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(errors) = read(&[("p.toml", &text)]) {
            proptest::prop_assert!(!errors.0.is_empty());
            let lines = text.matches('\n').count() as u32 + 1;
            for error in &errors.0 {
                proptest::prop_assert!((1..=lines).contains(&error.rule.line), "{}", error);
            }
        }
    }
}

#[test]
fn deep_and_large_files_are_refused() {
    assert!(faults(&format!("x = {}", "[".repeat(100_000))).contains("p.toml:3:"));
    assert!(faults(&format!("x = {}1{}", "{a=".repeat(100_000), "}".repeat(100_000))).contains("p.toml:3:"));
    assert!(faults(&format!("# {}", "x".repeat(1 << 20))).contains("larger than"));
}
