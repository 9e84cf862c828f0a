//! A stamp changes with everything that the gate relied on, and with little else.

use pgwicket::gate::admit::Verification;
use pgwicket::gate::catalog::{Catalog, Oid};
use pgwicket::postgres::{Stamped, Verifier, VerifyError};
use tokio_postgres::Client;

use super::loaded;
use crate::support::Database;

/// What each case has to itself, in a schema of its own. `t` has triggers already, those of the foreign key, so that
/// `pg_class` has no need to note another.
const OBJECTS: &str = "
    CREATE TABLE t (a integer PRIMARY KEY, b text, c integer);
    INSERT INTO t SELECT n, 'x', n FROM generate_series(1, 100) AS n;
    CREATE INDEX by_b ON t (b);
    CREATE TABLE refers (a integer REFERENCES t);
    CREATE TABLE loose (a integer);
    CREATE VIEW v AS SELECT a FROM t;
    CREATE TABLE p (a integer) PARTITION BY LIST (a);
    CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
    CREATE TABLE parent (a integer);
    CREATE TABLE child (b integer) INHERITS (parent);
    CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TYPE e AS ENUM ('x');
    CREATE DOMAIN d AS integer;
    CREATE TYPE pair AS (x integer);
    CREATE SERVER $schema FOREIGN DATA WRAPPER nowhere;
    CREATE FOREIGN TABLE far (a integer) SERVER $schema OPTIONS (x 'y');
    CREATE FUNCTION e_bytes(e) RETURNS bytea LANGUAGE sql AS 'SELECT ''x''::bytea';";

/// Statements, and whose stamps they change; `*` is all.
const CASES: &[(&[&str], &[&str])] = &[
    // What a statement names.
    (&["ALTER TABLE t RENAME TO t2"], &["t"]),
    (&["ALTER TABLE t RENAME b TO b2"], &["t"]),
    (&["ALTER TABLE t RENAME b TO b2", "ALTER TABLE t RENAME c TO b"], &["t"]),
    (&["ALTER TABLE t ALTER b TYPE varchar(5)"], &["t"]),
    (&["ALTER TABLE t ALTER b TYPE text COLLATE \"C\""], &["t"]),
    (&["ALTER TABLE t ADD d integer"], &["t"]),
    (&["ALTER TABLE t DROP c"], &["t"]),
    (&["ALTER TABLE t DROP c", "ALTER TABLE t ADD c integer"], &["t"]),
    (&["ALTER TABLE t ALTER c SET NOT NULL"], &["t"]),
    (&["ALTER TABLE t ALTER c SET DEFAULT 1"], &["t"]),
    (&["ALTER TABLE t ENABLE ROW LEVEL SECURITY"], &["t"]),
    (&["CREATE TRIGGER on_row BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION on_row()"], &["t"]),
    (&["ALTER TABLE t DISABLE TRIGGER ALL"], &["t"]),
    (&["CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING"], &["t"]),
    (&["ALTER TABLE loose ADD FOREIGN KEY (a) REFERENCES t"], &["loose", "t"]),
    (&["DROP TABLE loose", "CREATE TABLE loose (a integer)"], &["loose"]),
    (&["CREATE OR REPLACE VIEW v AS SELECT c AS a FROM t"], &["v"]),
    (&["DROP VIEW v", "CREATE VIEW v AS SELECT a FROM t"], &["v"]),
    (&["ALTER TABLE v RENAME a TO b"], &["v"]),
    (&["ALTER TABLE loose SET SCHEMA public", "DROP TABLE public.loose"], &["loose"]),
    (&["ALTER SCHEMA $schema RENAME TO renamed", "ALTER SCHEMA renamed RENAME TO $schema"], &["*"]),
    (&["CREATE INDEX ON t ((c + 1))"], &["indexes of t"]),
    (&["CREATE UNIQUE INDEX ON t (c) WHERE c > 5"], &["indexes of t"]),
    // Dropping a key that another one refers to takes the foreign key's triggers along.
    (&["ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE"], &["t", "refers", "key of t"]),
    (&["ALTER TABLE t RENAME CONSTRAINT t_pkey TO key"], &["key of t"]),
    // Where a foreign table's rows come from.
    (&["ALTER FOREIGN TABLE far OPTIONS (SET x 'z')"], &["source of far"]),
    (&["ALTER SERVER $schema OPTIONS (ADD x 'y')"], &["source of far"]),
    (&["ALTER FOREIGN TABLE far ALTER a OPTIONS (ADD x 'y')"], &["far"]),
    // What lies above and below it.
    (&["ALTER TABLE p ATTACH PARTITION loose FOR VALUES IN (2)"], &["p", "loose"]),
    (&["ALTER TABLE p DETACH PARTITION p1"], &["p", "p1"]),
    (&["CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)"], &["p"]),
    (&["DROP TABLE p1"], &["p", "p1"]),
    (&["CREATE TABLE child2 () INHERITS (parent)"], &["parent"]),
    (&["ALTER TABLE loose INHERIT parent"], &["parent", "loose"]),
    (&["ALTER TABLE child NO INHERIT parent"], &["parent", "child"]),
    // Functions and types.
    (&["CREATE OR REPLACE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 2'"], &["f"]),
    (&["CREATE FUNCTION f(text) RETURNS integer LANGUAGE sql AS 'SELECT 2'"], &["f"]),
    (&["ALTER FUNCTION f(integer) RENAME TO g"], &["f"]),
    (&["DROP FUNCTION f(integer)"], &["f"]),
    (&["ALTER TYPE e ADD VALUE 'y'"], &["e"]),
    (&["ALTER TYPE e RENAME VALUE 'x' TO 'z'"], &["e"]),
    (&["ALTER TYPE e RENAME TO e2"], &["e"]),
    (&["CREATE CAST (e AS bytea) WITH FUNCTION e_bytes(e)"], &["e"]),
    (&["ALTER DOMAIN d ADD CHECK (VALUE > 0)"], &["d"]),
    (&["ALTER DOMAIN d SET NOT NULL"], &["d"]),
    (&["ALTER TYPE pair ADD ATTRIBUTE y integer"], &["pair"]),
    (&["ALTER TYPE pair RENAME ATTRIBUTE x TO y"], &["pair"]),
    // What happens all day.
    (&["INSERT INTO t VALUES (0)", "UPDATE t SET b = 'y'", "DELETE FROM t WHERE c > 50"], &[]),
    (&["DELETE FROM t WHERE c > 50", "VACUUM t", "VACUUM FREEZE t"], &[]),
    (&["ANALYZE t", "ANALYZE p", "ANALYZE parent", "ANALYZE"], &[]),
    (&["VACUUM ANALYZE"], &[]),
    (&["CREATE INDEX ON loose (a)", "CREATE INDEX CONCURRENTLY ON t (c)", "DROP INDEX by_b"], &[]),
    (&["REINDEX TABLE t", "CREATE STATISTICS s ON a, c FROM t", "COMMENT ON TABLE t IS 'x'"], &[]),
    (&["CREATE TABLE more (a integer, b e, c d, d pair)", "CREATE VIEW w AS SELECT a, f(a) FROM t"], &[]),
    // What needlessly changes a stamp, for the price of a reload.
    (&["VACUUM FULL t"], &["t"]),
    (&["TRUNCATE loose"], &["loose"]),
    (&["GRANT SELECT ON t TO PUBLIC"], &["t"]),
    (&["CREATE TEMPORARY TABLE brief () INHERITS (parent)"], &["parent"]),
    (&["DROP TABLE child", "ANALYZE parent"], &["parent", "child"]),
];

/// Everything of a case that has a stamp.
fn stamped(catalog: &Catalog, schema: &str) -> Vec<(String, Stamped, Oid, String)> {
    let parts = catalog.parts();
    let relations = parts.relations.iter().filter(|one| one.schema == schema);
    let indexed = relations.clone().filter(|one| one.name == "t");
    let keyed = indexed.clone();
    let sources = relations.clone().filter_map(|one| one.source_stamp.clone().map(|stamp| (one, stamp)));
    let functions = parts.functions.iter().filter(|one| one.schema == schema && one.name == "f");
    let types =
        parts.types.iter().filter(|one| one.schema == schema && ["e", "d", "pair"].contains(&one.name.as_str()));
    let relations = relations.map(|one| (one.name.clone(), Stamped::Relation, one.oid, one.stamp.clone()));
    let functions = functions.map(|one| (one.name.clone(), Stamped::Function, one.oid, one.stamp.clone()));
    let types = types.map(|one| (one.name.clone(), Stamped::Type, one.oid, one.stamp.clone()));
    let indexed = indexed.map(|one| ("indexes of t".to_owned(), Stamped::Indexes, one.oid, one.index_stamp.clone()));
    let keyed = keyed.map(|one| ("key of t".to_owned(), Stamped::Key, one.oid, one.key_stamp.clone()));
    let sources = sources.map(|(one, stamp)| ("source of far".to_owned(), Stamped::Source, one.oid, stamp));
    relations.chain(indexed).chain(keyed).chain(sources).chain(functions).chain(types).collect()
}

async fn has_changed(verifier: &Verifier, client: &Client, kind: Stamped, oid: Oid, stamp: &str) -> bool {
    let mut expected = Verification::default();
    let list = match kind {
        Stamped::Relation => &mut expected.relations,
        Stamped::Function => &mut expected.functions,
        Stamped::Type => &mut expected.types,
        Stamped::Indexes => &mut expected.indexes,
        Stamped::Key => &mut expected.keys,
        Stamped::Extension => &mut expected.extensions,
        Stamped::Source => &mut expected.sources,
    };
    list.push((oid, stamp.to_owned()));
    match verifier.verify(client, &expected, &[]).await {
        Ok(()) => false,
        Err(VerifyError::Changed(changed)) if changed == kind => true,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn stamps_change_with_what_they_stand_for() {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute("CREATE FOREIGN DATA WRAPPER nowhere").await.unwrap();
    for at in 0..CASES.len() {
        let schema = format!("s{at}");
        let objects = OBJECTS.replace("$schema", &schema);
        client.batch_execute(&format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {objects}")).await.unwrap();
    }
    let before = loaded(&client).await;
    let watcher = database.connect().await;
    let verifier = Verifier::prepare(&watcher).await.unwrap();
    let mut wrong = Vec::new();
    for (at, (statements, expected)) in CASES.iter().enumerate() {
        let schema = format!("s{at}");
        client.batch_execute(&format!("SET search_path = {schema}")).await.unwrap();
        for statement in *statements {
            let statement = statement.replace("$schema", &schema);
            client.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        }
        for (name, kind, oid, stamp) in stamped(&before, &schema) {
            let changed = has_changed(&verifier, &watcher, kind, oid, &stamp).await;
            let should = expected.contains(&name.as_str())
                || expected.contains(&"*") && !matches!(kind, Stamped::Indexes | Stamped::Key | Stamped::Source);
            if changed != should {
                wrong.push(format!("{statements:?}: {name} {}", if changed { "changed" } else { "did not change" }));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());

    // The load computes the same stamps as the verification.
    let after = loaded(&client).await;
    for at in 0..CASES.len() {
        let schema = format!("s{at}");
        for (name, kind, oid, stamp) in stamped(&after, &schema) {
            assert!(!has_changed(&verifier, &watcher, kind, oid, &stamp).await, "{schema}.{name}");
        }
    }
}
