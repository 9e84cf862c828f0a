//! What is not let in with a trusted extension, and what ends the trust.

use std::sync::Arc;

use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::policy::{
    BoundPolicy, Diagnostics, Policy,
    grants::{Live, grants},
};

use super::{POLICY, database};
use crate::catalog::loaded;
use crate::support::{Database, Library};

/// The policy on the database as it is.
async fn bound(database: &Database, policy: &str) -> Result<(Arc<Catalog>, BoundPolicy), Diagnostics> {
    let catalog = Arc::new(loaded(&database.connect().await).await);
    let policy = Policy::parse("policy.toml", policy, &mut |_| Err("there is no other file".to_owned())).unwrap();
    let policy = Arc::new(policy);
    let catalog = policy.catalog(&catalog)?;
    let bound = BoundPolicy::bind(Arc::clone(&policy), &catalog)?;
    Ok((catalog, bound))
}

/// What doesn't fit; empty if all does.
pub(super) async fn faults(database: &Database, policy: &str) -> String {
    bound(database, policy).await.err().map(|errors| errors.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn an_extension_is_trusted_only_in_a_closed_schema() {
    for (script, told) in [
        ("SELECT 1", ""),
        ("DROP EXTENSION citext CASCADE", "the extension `citext` is not installed"),
        ("GRANT CREATE ON SCHEMA ext TO PUBLIC", "`PUBLIC` may create objects in its schema `ext`"),
        ("GRANT CREATE ON SCHEMA ext TO wicket_reader", "`wicket_reader` may create objects in its schema `ext`"),
        ("CREATE FUNCTION ext.lower(integer) RETURNS text LANGUAGE sql AS 'SELECT ''x'''", "also the function `lower`"),
        (
            "CREATE FUNCTION ext.mine(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             CREATE OPERATOR ext.= (LEFTARG = text, RIGHTARG = text, FUNCTION = ext.mine)",
            "also the operator `=`",
        ),
        ("CREATE EXTENSION seg SCHEMA ext", "the operator `&&` of the extension `seg`, which isn't trusted"),
        // Harmless: neither an operator nor a name of PostgreSQL's own.
        ("CREATE FUNCTION ext.mine(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE TABLE ext.t (a integer)", ""),
    ] {
        let database = database().await;
        database.script(script).await;
        let found = faults(&database, POLICY).await;
        assert_eq!(found.is_empty(), told.is_empty(), "{script}: {found}");
        assert!(found.contains(told), "{script}: {found}");
    }
}

/// Everything refused, with its reason and a part of what is told.
pub(super) async fn refused(library: &Library, cases: &[(&str, &str, &str)]) {
    for (sql, reason, told) in cases {
        match library.query(sql).await {
            Err(rejection) => {
                let text = rejection.to_json(None).to_string();
                assert_eq!(rejection.reason.code(), *reason, "{sql}: {text}");
                assert!(text.contains(told), "{sql}: {text}");
            }
            Ok(result) => panic!("{sql}: {result}"),
        }
    }
}

#[tokio::test]
async fn trust_alone_does_not_let_in_what_is_dangerous() {
    let database = database().await;
    let library = Library::open(&database, POLICY, &[]).await;
    refused(
        &library,
        &[
            ("SELECT set_limit(0.1)", "function_not_allowed", "settings of the session"),
            ("SELECT ext.show_limit()", "function_not_allowed", "settings of the session"),
            ("SELECT crypt('x', gen_salt('bf'))", "function_not_allowed", "slow on purpose"),
            ("SELECT pgp_sym_encrypt('x', 'key')", "function_not_allowed", "take keys"),
            ("SELECT uuid_generate_v1()", "function_not_allowed", "network address"),
            ("SELECT unaccent('simple', name) FROM sales.people", "function_not_allowed", "any"),
            ("SELECT populate_record(NULL::sales.people, extra) FROM sales.people", "function_not_allowed", "rows"),
            ("SELECT replace(email, 'A', 'b') FROM sales.people", "function_not_allowed", "written in SQL"),
            ("SELECT citextsend(email) FROM sales.people", "function_not_allowed", "reading and writing"),
            ("SELECT 'x'::gtrgm", "type_not_allowed", "gtrgm"),
            ("SELECT extra #= extra FROM sales.people", "operator_not_allowed", "#="),
            ("SELECT replace('a' || x, 'b', 'c') FROM unnest(ARRAY[1]) AS x", "ambiguous_name", "cast the arguments"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_extension_that_is_not_trusted_brings_nothing() {
    let database = database().await;
    let policy = POLICY.lines().filter(|line| !line.starts_with("trusted_extensions")).collect::<Vec<_>>().join("\n");
    let library = Library::open(&database, &policy, &[]).await;
    refused(
        &library,
        &[
            ("SELECT email FROM sales.people", "type_not_allowed", "belongs to the extension `citext`"),
            ("SELECT similarity(name, 'x') FROM sales.people", "unknown_function", "similarity"),
            ("SELECT ext.similarity(name, 'x') FROM sales.people", "unknown_function", "similarity"),
            ("SELECT 'x'::citext", "type_not_allowed", "citext"),
            ("SELECT 'x'::ext.citext", "type_not_allowed", "citext"),
            ("SELECT id FROM sales.people WHERE name <% 'x'", "operator_not_allowed", "<%"),
        ],
    )
    .await;
}

/// What users put beside an extension, or attach to it.
#[tokio::test]
async fn what_users_add_to_an_extension_is_not_trusted() {
    for (script, sql, reason, told) in [
        (
            "CREATE FUNCTION ext.similarity(varchar, text) RETURNS real LANGUAGE sql AS 'SELECT 1::real'",
            "SELECT similarity(name::varchar, 'x') FROM sales.people",
            "unknown_function",
            "similarity",
        ),
        (
            "CREATE FUNCTION sales.steal(ext.citext) RETURNS integer LANGUAGE sql AS 'SELECT 1'; \
             CREATE CAST (ext.citext AS integer) WITH FUNCTION sales.steal(ext.citext)",
            "SELECT email::integer FROM sales.people",
            "type_not_allowed",
            "user-defined cast",
        ),
        (
            "CREATE FUNCTION sales.steal(ext.citext) RETURNS integer LANGUAGE sql AS 'SELECT 1'; \
             CREATE CAST (ext.citext AS integer) WITH FUNCTION sales.steal(ext.citext) AS IMPLICIT",
            "SELECT email FROM sales.people",
            "type_not_allowed",
            "user-defined cast",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
            "INSERT INTO sales.members (note) VALUES ('x')",
            "side_effects",
            "defaults that call functions",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.texticregexeq(ext.citext, ext.citext) RETURNS boolean \
             LANGUAGE sql AS 'SELECT true'",
            "SELECT email FROM sales.members",
            "type_not_allowed",
            "mail",
        ),
        // A member that the list doesn't know, and one of a listed name that isn't made as it should be.
        (
            "CREATE FUNCTION ext.evil(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; \
             ALTER EXTENSION pg_trgm ADD FUNCTION ext.evil(text)",
            "SELECT evil('x')",
            "function_not_allowed",
            "in no list",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.similarity(text, text) RETURNS real LANGUAGE sql AS 'SELECT 1::real'",
            "SELECT similarity('x', 'y')",
            "function_not_allowed",
            "isn't the one that the extension brings",
        ),
        (
            "ALTER FUNCTION ext.similarity(text, text) SECURITY DEFINER",
            "SELECT similarity('x', 'y')",
            "function_not_allowed",
            "isn't the one that the extension brings",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.citext_larger(ext.citext, ext.citext) RETURNS ext.citext \
             LANGUAGE sql AS 'SELECT $1'",
            "SELECT max(email) FROM sales.people",
            "function_not_allowed",
            "isn't the one that the extension brings",
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.citext_eq(ext.citext, ext.citext) RETURNS boolean \
             LANGUAGE sql AS 'SELECT true'",
            "SELECT id FROM sales.people WHERE id = 1",
            "operator_not_allowed",
            "citext_eq",
        ),
        (
            "CREATE FUNCTION ext.evil(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             CREATE OPERATOR ext.%> (LEFTARG = varchar, RIGHTARG = text, FUNCTION = ext.evil); \
             ALTER EXTENSION pg_trgm ADD OPERATOR ext.%> (varchar, text)",
            "SELECT id FROM sales.people WHERE name %> 'x'",
            "operator_not_allowed",
            "evil",
        ),
    ] {
        let database = database().await;
        database.script(script).await;
        let library = Library::open(&database, POLICY, &[]).await;
        refused(&library, &[(sql, reason, told)]).await;
    }
}

/// The catalog in force is older than the change: what is admitted by it isn't believed.
#[tokio::test]
async fn a_change_of_an_extension_under_load_is_noticed() {
    const READ: &str = "SELECT id FROM sales.people WHERE email = 'ADA@example.com'";
    for (script, works) in [
        ("CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO PUBLIC; ALTER EXTENSION citext SET SCHEMA other", true),
        ("ALTER SCHEMA ext RENAME TO other", true),
        ("COMMENT ON EXTENSION citext IS 'x'", true),
        ("CREATE SCHEMA other; GRANT ALL ON SCHEMA other TO PUBLIC; ALTER EXTENSION citext SET SCHEMA other", false),
        ("GRANT CREATE ON SCHEMA ext TO PUBLIC", false),
        ("DROP EXTENSION fuzzystrmatch", false),
        (
            "CREATE FUNCTION sales.evil(ext.citext, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             CREATE OPERATOR ext.= (LEFTARG = ext.citext, RIGHTARG = text, FUNCTION = sales.evil)",
            false,
        ),
        (
            "CREATE OR REPLACE FUNCTION ext.citext_eq(ext.citext, ext.citext) RETURNS boolean \
             LANGUAGE sql AS 'SELECT true'",
            false,
        ),
        ("ALTER EXTENSION citext DROP OPERATOR ext.= (ext.citext, ext.citext)", false),
    ] {
        let database = database().await;
        let library = Library::open(&database, POLICY, &[]).await;
        assert_eq!(library.rows(READ).await, serde_json::json!([[1]]));
        database.script(script).await;
        let stale = library.admit(READ);
        if let Ok(admitted) = stale {
            let executed = library.execute(admitted).await;
            assert!(executed.is_err() != script.starts_with("COMMENT"), "{script}: {executed:?}");
        }
        match library.query(READ).await {
            Ok(result) => assert!(works && result["rows"] == serde_json::json!([[1]]), "{script}: {result}"),
            Err(rejection) => assert!(!works, "{script}: {}", rejection.to_json(None)),
        }
    }
}

/// PostgreSQL passes over a schema of the path that the role may not use, and would compare as text.
#[tokio::test]
async fn a_role_has_to_be_allowed_to_use_the_schema() {
    let database = database().await;
    database.script("REVOKE USAGE ON SCHEMA ext FROM PUBLIC; GRANT USAGE ON SCHEMA ext TO wicket").await;
    let policy = POLICY.replace("name = \"trusting\"", "name = \"trusting\"\nrole = \"wicket_reader\"");
    let library = Library::open(&database, &policy, &[]).await;
    let executed = library.execute(library.admit("SELECT id FROM sales.people").unwrap()).await;
    assert!(executed.unwrap_err().to_string().contains("GRANT USAGE"));
    let (catalog, bound) = bound(&database, &policy).await.unwrap();
    let live = Live { login: "wicket", ..Live::default() };
    assert!(grants(&bound, &catalog, &live).contains("GRANT USAGE ON SCHEMA ext TO wicket_reader;"));
    database.script("GRANT USAGE ON SCHEMA ext TO wicket_reader").await;
    library.catalog.reload().await.unwrap();
    let executed = library.execute(library.admit("SELECT id FROM sales.people").unwrap()).await;
    executed.unwrap();
}

/// Masks and row filters know the types of extensions.
#[tokio::test]
async fn masks_and_row_filters_use_what_is_trusted() {
    let database = database().await;
    let masked = |mask: &str| format!("{POLICY}\n[tables.\"sales.people\"]\naccess = \"read\"\n{mask}\n");
    for (mask, told) in [
        ("mask = { email = \"email\" }", "email"),
        ("mask = { email = { constant = \"x\" } }", "constant"),
        ("mask = { extra = \"hash\" }", "hash"),
        ("mask = { email = { sql = \"name\" } }", "not of the type of `email`"),
    ] {
        let found = faults(&database, &masked(mask)).await;
        assert!(found.contains(told), "{mask}: {found}");
    }
    let policy = masked("mask = { email = \"null\", extra = { sql = \"CASE WHEN id = 1 THEN extra END\" } }");
    let library = Library::open(&database, &policy, &[]).await;
    let rows = library.rows("SELECT id FROM sales.people WHERE email = 'ADA@example.com' OR extra ? 'room'").await;
    assert_eq!(rows, serde_json::json!([[1]]));
    let policy = masked("rows = \"email = 'ADA@EXAMPLE.com' OR name % 'Bob'\"");
    let library = Library::open(&database, &policy, &[]).await;
    let rows = library.rows("SELECT id FROM sales.people WHERE email <> 'x' ORDER BY id").await;
    assert_eq!(rows, serde_json::json!([[1], [3]]));
}

/// The C code of an extension may tell of its operands, as in an error: it sees no row that the filter hides.
#[tokio::test]
async fn conditions_with_an_extensions_operators_stay_outside_the_fence() {
    let database = database().await;
    let policy = format!("{POLICY}\n[tables.\"sales.people\"]\naccess = \"read\"\nrows = \"id < 4\"\n");
    let library = Library::open(&database, &policy, &[]).await;
    for (condition, inside) in [
        ("id = 77", true),
        ("id = 77 AND name % 'Ada'", true),
        ("email = '77'", false),
        ("email IN ('77', 'x')", false),
        ("email BETWEEN '77' AND 'x'", false),
        ("path <@ '77'", false),
        ("extra = '77'", false),
        ("name % '77'", false),
        ("tags && ARRAY[77]", false),
    ] {
        let admitted = library.admit(&format!("SELECT id FROM sales.people WHERE {condition}")).unwrap();
        let (fenced, _) = admitted.sql().rsplit_once("OFFSET 0").unwrap();
        assert_eq!(fenced.contains("77"), inside, "{}", admitted.sql());
        assert!(!fenced.contains('%'), "{}", admitted.sql());
    }
}
