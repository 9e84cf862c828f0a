//! What `pgwicket policy grants` prints is enough and no more, where PUBLIC may not do what it may by default.

use serde_json::json;

use crate::support::{Database, Library, Wicket, sql_of};

const POLICY: &str = r#"
version = 1
name = "closed"
role = "grants_closed"
[statements]
allow = ["select", "insert"]
[search_path]
schemas = ["shop"]
[schemas.shop]
access = "read"
[tables."shop.Lines"]
access = "write"
side_effects = true
[functions]
allow = ["@builtin", "code.Twice(integer)", "code.total(integer[])"]
trusted_extensions = ["pg_trgm"]
"#;

/// Nothing that is called may be called by everyone.
const SETUP: &str = r#"
CREATE SCHEMA shop; CREATE SCHEMA code; CREATE SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE FUNCTION code."Twice"(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
CREATE FUNCTION code.total(VARIADIC integer[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT sum(x) FROM unnest($1) AS x';
CREATE FUNCTION code.other() RETURNS integer LANGUAGE sql AS 'SELECT 3';
CREATE FUNCTION code.stamp() RETURNS text LANGUAGE sql AS 'SELECT ''now''::text';
CREATE FUNCTION code.positive(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE TABLE shop."Lines" (id serial PRIMARY KEY, name text NOT NULL, amount integer CHECK (code.positive(amount)),
                           at text DEFAULT code.stamp());
INSERT INTO shop."Lines" (name, amount) VALUES ('ada', 1), ('bob', 2);
CREATE VIEW shop.seen AS SELECT id, code."Twice"(amount) + code.other() AS amount FROM shop."Lines";
CREATE VIEW shop.seen_again AS SELECT * FROM shop.seen;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA code, ext FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_catalog.upper(text), pg_catalog.pg_sleep(double precision) FROM PUBLIC;
"#;

#[tokio::test]
async fn what_public_may_not_call_is_granted() {
    let database = Database::empty().await;
    database.script(SETUP).await;
    let wicket = Wicket::on(&database);
    // The views need sections of their own, since their function isn't PostgreSQL's.
    let policy = POLICY.replace("[functions]", "[tables.\"shop.seen\"]\n[tables.\"shop.seen_again\"]\n[functions]");
    let file = wicket.write("policy.toml", &policy);
    let finished = wicket.run(&["policy", "grants", file.to_str().unwrap()]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let executes: Vec<&str> =
        finished.stdout.lines().filter(|line| line.starts_with("GRANT EXECUTE") && !line.contains(" ext.")).collect();
    assert_eq!(
        executes,
        [
            r#"GRANT EXECUTE ON FUNCTION code."Twice"(integer) TO grants_closed;"#,
            "GRANT EXECUTE ON FUNCTION code.total(integer[]) TO grants_closed;",
            "GRANT EXECUTE ON FUNCTION code.other() TO grants_closed;",
            "GRANT EXECUTE ON FUNCTION code.positive(integer) TO grants_closed;",
            "GRANT EXECUTE ON FUNCTION code.stamp() TO grants_closed;",
            "GRANT EXECUTE ON FUNCTION pg_catalog.upper(text) TO grants_closed;",
        ]
    );
    assert!(finished.stdout.contains("GRANT EXECUTE ON FUNCTION ext.similarity(text, text) TO grants_closed;"));
    assert!(!finished.stdout.contains("set_limit"), "{}", finished.stdout);
    database.script(&finished.stdout).await;
    database.script(&finished.stdout).await;
    let library = Library::open(&database, &policy, &[]).await;
    for (sql, rows) in [
        (r#"SELECT code."Twice"(4), code.total(1, 2, 3)"#, json!([[8, 6]])),
        ("SELECT amount FROM seen_again ORDER BY id", json!([[5], [7]])),
        ("SELECT upper(name), name % 'adah' FROM \"Lines\" ORDER BY id LIMIT 1", json!([["ADA", true]])),
        ("SELECT similarity('a', 'a') = 1", json!([[true]])),
        ("INSERT INTO \"Lines\" (name, amount) VALUES ('eve', 5) RETURNING id, at", json!([[3, "now"]])),
    ] {
        assert_eq!(library.rows(sql).await, rows, "{sql}");
    }
    let refused = library.run(sql_of("INSERT INTO \"Lines\" (name, amount) VALUES ('eve', -5)")).await;
    assert!(refused.is_err());
    // Run again under a policy that needs less, it takes away what isn't needed any more.
    let less = policy.replace(", \"code.total(integer[])\"", "").replace("access = \"write\"", "access = \"read\"");
    let file = wicket.write("less.toml", &less);
    let finished = wicket.run(&["policy", "grants", file.to_str().unwrap()]).await;
    database.script(&finished.stdout).await;
    let role = database.connect().await;
    role.batch_execute("SET ROLE grants_closed; SELECT code.\"Twice\"(1)").await.unwrap();
    assert!(role.batch_execute("SELECT code.total(1)").await.is_err());
    assert!(role.batch_execute("INSERT INTO shop.\"Lines\" (name, amount) VALUES ('x', 1)").await.is_err());
    role.batch_execute("RESET ROLE; DROP OWNED BY grants_closed; DROP ROLE grants_closed").await.unwrap();
}

/// A name that means everyone can't be a policy's role.
#[tokio::test]
async fn nothing_is_granted_to_everyone() {
    let wicket = Wicket::without_database();
    let file = wicket.write("policy.toml", &POLICY.replace("grants_closed", "public"));
    let finished = wicket.run(&["policy", "check", file.to_str().unwrap()]).await;
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("`public` can't be a policy's role"), "{}", finished.stderr);
}
