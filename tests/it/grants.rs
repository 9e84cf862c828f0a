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

/// Attributes reach the native policies exactly, and the gate's filter and theirs hold together; writes are held, too.
#[tokio::test]
async fn native_policies_read_the_attributes() {
    let database = Database::empty().await;
    let setup = r#"
        CREATE SCHEMA shop;
        CREATE TABLE shop."t1" (id integer, tag text, day date, PRIMARY KEY (id));
        INSERT INTO shop."t1" VALUES (1, 'a,"b', '2024-01-01'), (2, 'it''s', '2024-01-01'), (3, '{c}', '2024-01-01'),
                                     (4, 'd', '2024-01-01'), (5, 'it''s', '2023-01-01');
        CREATE TABLE shop.tags (tag text); INSERT INTO shop.tags VALUES ('it''s'), ('a,"b'), ('d');"#;
    database.script(setup).await;
    let policy = r#"
version = 1
name = "rows"
role = "grants_rows"
attributes = { tags = "text[]", since = "date" }
[statements]
allow = ["select", "insert", "update", "delete"]
[schemas.shop]
access = "listed"
[tables."shop.t1"]
access = "write"
rows = "tag = ANY (:tags) AND day >= :since AND EXISTS (SELECT 1 FROM shop.tags AS t WHERE t.tag = t1.tag)"
"#;
    let wicket = Wicket::on(&database);
    let file = wicket.write("policy.toml", policy);
    let finished = wicket.run(&["policy", "grants", file.to_str().unwrap(), "--rls"]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    database.script(&finished.stdout).await;
    let text = format!(
        "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\nattributes = {{ tags = {}, since = 2024-01-01 }}\n",
        r#"["a,\"b", "it's", "{c}"]"#
    );
    let config = wicket.write("pgwicket.toml", &text);
    let ask =
        async |sql: &str| wicket.run(&["query", sql, "--format", "csv", "--config", config.to_str().unwrap()]).await;
    let finished = ask("SELECT id FROM shop.t1 ORDER BY id").await;
    assert_eq!(finished.stdout, "id\r\n1\r\n2\r\n", "{}", finished.stderr);
    let refused = async |sql: &str| {
        let finished = ask(sql).await;
        let (code, stderr) = (finished.code, finished.stderr.clone());
        assert!(
            code == Some(1) && stderr.starts_with("error[row_not_visible]: a row that the statement writes"),
            "{stderr}"
        );
        assert!(!stderr.contains("row-level") && !stderr.contains("t1"), "{stderr}");
    };
    // PostgreSQL refuses them before the gate's own check does.
    refused("UPDATE shop.t1 SET day = '2022-01-01' WHERE id = 1").await;
    // The same without the gate's filter: only the native policy is left.
    wicket
        .write("policy.toml", &policy.lines().filter(|line| !line.starts_with("rows")).collect::<Vec<_>>().join("\n"));
    let finished = ask("SELECT id FROM shop.t1 ORDER BY id").await;
    assert_eq!(finished.stdout, "id\r\n1\r\n2\r\n", "{}", finished.stderr);
    refused("UPDATE shop.t1 SET day = '2022-01-01' WHERE id = 1").await;
    refused("INSERT INTO shop.t1 VALUES (9, 'd', '2024-01-01')").await;
    assert_eq!(ask("DELETE FROM shop.t1 WHERE id > 0").await.code, Some(0));
    let left = database.connect().await.query("SELECT id FROM shop.t1 ORDER BY id", &[]).await.unwrap();
    assert_eq!(left.iter().map(|row| row.get::<_, i32>(0)).collect::<Vec<_>>(), [3, 4, 5]);
    database.script("DROP OWNED BY grants_rows; DROP ROLE grants_rows").await;
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
