//! What PostgreSQL chooses where several functions or operators have a name: with the extension trusted, still its own
//! operators where it has them; and of functions, none that the gate believed to be passed over.

use std::collections::{BTreeMap, HashSet};

use pgwicket::gate::catalog::Function;
use tokio_postgres::Client;

use crate::catalog::loaded;
use crate::support::{Database, Library, sql_of};

/// For each symbol of the extension and each pair of built-in types, literals included: whether PostgreSQL alone finds
/// an operator, and whether it finds one of the extension's when its schema is on the path. The first must rule out the
/// second. A view tells what was chosen: it depends on the operator, if that isn't built in.
const PAIRS: &str = "
CREATE SCHEMA probe;
CREATE DOMAIN probe.words AS text;
CREATE TABLE probe.stolen (symbol text, ends text);
CREATE TABLE probe.seen (symbol text, ends text, own boolean, brought boolean);
CREATE FUNCTION probe.chosen(symbol text, a text, b text, path text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text := 'own';
BEGIN
    PERFORM set_config('search_path', path, true);
    BEGIN
        EXECUTE format('CREATE VIEW probe.v AS SELECT %s %s %s AS x', a, symbol, b);
        IF EXISTS (SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
                   WHERE r.ev_class = 'probe.v'::regclass AND d.refclassid = 'pg_operator'::regclass) THEN
            found := 'brought';
        END IF;
        RAISE EXCEPTION 'undo' USING ERRCODE = 'PW001';
    EXCEPTION
        WHEN SQLSTATE 'PW001' THEN RETURN found;
        WHEN undefined_function OR ambiguous_function OR invalid_text_representation OR datatype_mismatch
          OR indeterminate_datatype OR internal_error OR invalid_parameter_value OR invalid_datetime_format
          OR data_exception OR feature_not_supported THEN RETURN 'none';
    END;
END $$;
DO $$
DECLARE
    ends text[] := ARRAY['''1''', 'NULL::text', 'NULL::bytea', 'NULL::varchar', 'NULL::bpchar', 'NULL::name',
        'NULL::\"char\"', 'NULL::probe.words', 'NULL::int4', 'NULL::int8', 'NULL::float8', 'NULL::numeric',
        'NULL::bool', 'NULL::date', 'NULL::timestamptz', 'NULL::uuid', 'NULL::jsonb', 'NULL::xml', 'NULL::inet',
        'NULL::point', 'NULL::box', 'NULL::path', 'NULL::polygon', 'NULL::circle', 'NULL::bit', 'NULL::varbit',
        'NULL::text[]', 'NULL::int4[]', 'NULL::bytea[]', 'NULL::float4[]', 'NULL::int4range', 'NULL::tsvector',
        'NULL::tsquery'];
    one record; a text; b text; own text; brought text;
BEGIN
    FOR one IN SELECT DISTINCT o.oprname FROM pg_operator o WHERE o.oprnamespace = 'ext'::regnamespace AND o.oprleft <> 0
    LOOP
        FOREACH a IN ARRAY ends LOOP
            FOREACH b IN ARRAY ends LOOP
                own := probe.chosen(one.oprname, a, b, 'pg_catalog');
                brought := probe.chosen(one.oprname, a, b, 'pg_catalog, ext');
                INSERT INTO probe.seen VALUES (one.oprname, a || ' ' || b, own = 'own', brought = 'brought');
                -- A literal on both sides may become ambiguous, which is an error; anything else has to stay.
                IF own = 'own' AND (brought = 'brought' OR brought = 'none' AND a || b NOT LIKE '%''1''%') THEN
                    INSERT INTO probe.stolen VALUES (one.oprname, a || ' ' || b);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
END $$";

/// How many pairs PostgreSQL alone has an operator for, and how many only the extension.
pub(super) async fn operators_keep_their_meaning(database: &Database) -> (i64, i64) {
    database.script(PAIRS).await;
    let client: Client = database.connect().await;
    let rows = client.query("SELECT symbol, ends FROM probe.stolen ORDER BY 1, 2", &[]).await.unwrap();
    let stolen: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(stolen.is_empty(), "{stolen:?}");
    let counts = "SELECT count(*) FILTER (WHERE own), count(*) FILTER (WHERE brought) FROM probe.seen";
    let row = client.query_one(counts, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// How many arguments the calls have at most.
const ARGUMENTS: u32 = 3;
/// Of that many arguments only the first so many of the pool are tried.
const FEWER: usize = 6;

/// The functions that a view depends on, beside PostgreSQL's own.
const CALLED: &str = "
SELECT d.refobjid FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
WHERE r.ev_class = 'probe.called'::regclass AND d.refclassid = 'pg_proc'::regclass";

/// Calls every overloaded function of the extension with all that the pool of arguments gives: what the gate admits, as
/// it writes it, calls nothing but what is allowed. How many calls were admitted and understood by PostgreSQL, and how
/// many were refused.
pub(super) async fn calls_reach_only_what_is_allowed(
    database: &Database,
    library: &Library,
    extension: &str,
    (table, pool): (&str, &[&str]),
) -> (usize, usize) {
    let catalog = loaded(&database.connect().await).await.trusting([extension].into_iter()).unwrap();
    let mut overloads: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for one in catalog.parts().functions.iter().filter(|one| one.extension.as_deref() == Some(extension)) {
        overloads.entry(&one.name).or_default().push(one);
    }
    let functions = catalog.parts().functions.iter();
    let allowed: HashSet<u32> =
        functions.filter(|one| catalog.trust().has_function(one.oid)).map(|one| one.oid.0).collect();
    let client = database.connect().await;
    client
        .batch_execute("CREATE SCHEMA IF NOT EXISTS probe; SET search_path = pg_catalog, ext, pg_temp")
        .await
        .unwrap();
    let gate = library.gate();
    let (mut understood, mut refused) = (0, 0);
    for (name, _) in overloads.iter().filter(|(_, several)| several.len() > 1) {
        for count in 1..=ARGUMENTS {
            if !overloads[name].iter().any(|one| one.accepts(count as usize)) {
                continue;
            }
            let pool = if count == ARGUMENTS { &pool[..FEWER.min(pool.len())] } else { pool };
            for number in 0..pool.len().pow(count) {
                let arguments: Vec<&str> =
                    (0..count).map(|at| pool[number / pool.len().pow(at) % pool.len()]).collect();
                let sql = format!("SELECT {name}({}) AS x FROM {table}", arguments.join(", "));
                let Ok(admitted) = gate.admit(&sql_of(&sql)) else {
                    refused += 1;
                    continue;
                };
                client.batch_execute("BEGIN").await.unwrap();
                if client.batch_execute(&format!("CREATE VIEW probe.called AS {}", admitted.sql())).await.is_ok() {
                    understood += 1;
                    for row in client.query(CALLED, &[]).await.unwrap() {
                        let called: u32 = row.get(0);
                        assert!(allowed.contains(&called), "{sql} calls function {called}: {}", admitted.sql());
                    }
                }
                client.batch_execute("ROLLBACK").await.unwrap();
            }
        }
    }
    println!("{understood} understood, {refused} refused");
    (understood, refused)
}
