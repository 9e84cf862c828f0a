//! Attacks that once got through, each named by what it broke.

use std::time::{Duration, Instant};

use pgwicket::gate::admit::Submission;
use pgwicket::gate::diagnostic::{Reason, Rejection};

use serde_json::{Value, json};

use crate::support::{Database, Library};

const POLICY: &str = r#"
version = 1
name = "attacked"
[statements]
allow = ["select", "explain", "insert", "update", "delete"]
[search_path]
schemas = ["sales"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
deny = ["secret"]
[tables."sales.over_secret"]
[schemas.scratch]
access = "write"
[functions]
allow = ["@builtin", "sales.peek()"]
"#;

async fn attacked(setup: &str) -> (Database, Library) {
    let database = Database::sample().await;
    database.script("CREATE TABLE sales.secret (s text); INSERT INTO sales.secret VALUES ('CANARY')").await;
    database.script("CREATE VIEW sales.over_secret AS SELECT count(*) AS secrets FROM sales.secret").await;
    database
        .script("CREATE FUNCTION sales.peek() RETURNS text STABLE LANGUAGE sql AS 'SELECT s FROM sales.secret'")
        .await;
    database.script(setup).await;
    database.script("GRANT ALL ON ALL TABLES IN SCHEMA sales, scratch TO wicket").await;
    let library = Library::open(&database, POLICY, &[]).await;
    (database, library)
}

async fn refused(library: &Library, sql: &str) -> Rejection {
    match library.query(sql).await {
        Ok(result) => panic!("{sql:.200}\ngave {result:.400}"),
        Err(rejection) => rejection,
    }
}

#[tokio::test]
async fn explain_shows_no_hidden_relation_behind_a_view_a_function_or_a_parent() {
    let (_database, library) = attacked(
        "CREATE TABLE sales.parted (id int, k int) PARTITION BY LIST (k);
         CREATE TABLE hr.parted_1 PARTITION OF sales.parted FOR VALUES IN (1);
         CREATE VIEW sales.open_view AS SELECT id FROM sales.orders;
         CREATE VIEW sales.view_of_view AS SELECT secrets FROM sales.over_secret;",
    )
    .await;
    for sql in [
        "EXPLAIN SELECT * FROM sales.over_secret",
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM sales.orders, sales.over_secret",
        "EXPLAIN SELECT sales.peek()",
    ] {
        let told = library.rows(sql).await.to_string();
        assert!(told.contains("Scan") || told.contains("Result") || told.contains("Append"), "{told}");
        for hidden in ["secret", "parted_1", "hr", "rows", "cost", "peek"] {
            assert!(!told.contains(hidden), "{sql}: {told}");
        }
    }
    assert_eq!(refused(&library, "EXPLAIN SELECT * FROM sales.parted").await.reason, Reason::NotYetSupported);
    for sql in ["EXPLAIN SELECT * FROM sales.open_view", "EXPLAIN SELECT * FROM sales.events", "EXPLAIN SELECT 1"] {
        library.rows(sql).await;
    }
}

#[tokio::test]
async fn a_configuration_lends_its_type_to_no_string_beside_it() {
    let (_database, library) = attacked("CREATE TEXT SEARCH CONFIGURATION hr.hidden (COPY = pg_catalog.english)").await;
    for sql in [
        "SELECT COALESCE('english'::regconfig, 'hr.hidden')",
        "SELECT CASE WHEN true THEN 'english'::regconfig ELSE 'hr.hidden' END",
        "SELECT ARRAY['english'::regconfig, 'hr.hidden']",
        "SELECT 'english'::regconfig UNION SELECT 'hr.hidden'",
        "VALUES ('english'::regconfig), ('hr.hidden')",
        "SELECT array_append(ARRAY['simple'::regdictionary], 'hr.hidden')",
        "SELECT array_prepend('english'::regconfig, '{hr.hidden}')",
        "SELECT to_tsvector(COALESCE('english'::regconfig, 'hr.hidden'), 'x')",
        "SELECT to_tsvector('english'::regconfig, 'x'), 'english'::regconfig",
    ] {
        assert_eq!(refused(&library, sql).await.reason, Reason::NotYetSupported, "{sql}");
    }
    library
        .rows("SELECT to_tsvector('english'::regconfig, 'cats'), ts_lexize('english_stem'::regdictionary, 'x')")
        .await;
}

#[tokio::test]
async fn a_write_runs_no_function_of_a_users_through_a_check_an_index_or_a_domain() {
    let (_database, library) = attacked(
        "CREATE TABLE sales.ran (what text);
         CREATE FUNCTION sales.note(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO sales.ran VALUES ('note'); RETURN true; END $$;
         CREATE FUNCTION sales.seven() RETURNS int LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO sales.ran VALUES ('seven'); RETURN 7; END $$;
         CREATE DOMAIN sales.seventh AS int DEFAULT sales.seven();
         CREATE TABLE scratch.checked (a int CHECK (sales.note(a)));
         CREATE TABLE scratch.indexed (a int); CREATE INDEX ON scratch.indexed ((sales.note(a)));
         CREATE TABLE scratch.keyed (a int) PARTITION BY LIST (sales.note(a));
         CREATE TABLE scratch.defaulted (a int, b sales.seventh);
         CREATE TABLE scratch.overridden (a int, b sales.seventh DEFAULT 8);",
    )
    .await;
    for sql in [
        "INSERT INTO scratch.checked VALUES (1)",
        "UPDATE scratch.checked SET a = 1",
        "INSERT INTO scratch.indexed VALUES (1)",
        "INSERT INTO scratch.keyed VALUES (1)",
        "INSERT INTO scratch.defaulted (a) VALUES (1)",
        "UPDATE scratch.defaulted SET b = DEFAULT",
    ] {
        assert_eq!(refused(&library, sql).await.reason, Reason::SideEffects, "{sql}");
    }
    library.rows("INSERT INTO scratch.overridden (a) VALUES (1)").await;
    library.rows("DELETE FROM scratch.indexed").await;
    assert_eq!(library.rows("SELECT what FROM sales.ran").await, json!([]));
}

#[tokio::test]
async fn a_cascade_reaches_no_table_that_may_not_be_written_at_any_depth() {
    let (_database, library) = attacked(
        "CREATE TABLE scratch.top (id int PRIMARY KEY);
         CREATE TABLE scratch.middle (id int PRIMARY KEY REFERENCES scratch.top ON DELETE CASCADE ON UPDATE CASCADE);
         CREATE TABLE sales.bottom (id int REFERENCES scratch.middle ON DELETE SET NULL);
         CREATE TABLE scratch.parted (id int, k int) PARTITION BY LIST (k);
         CREATE TABLE scratch.part PARTITION OF scratch.parted FOR VALUES IN (1);
         ALTER TABLE scratch.part ADD PRIMARY KEY (id);
         CREATE TABLE sales.of_part (id int REFERENCES scratch.part ON DELETE CASCADE);
         CREATE FUNCTION sales.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
         CREATE TABLE scratch.plain (id int PRIMARY KEY);
         CREATE TABLE scratch.triggered (id int REFERENCES scratch.plain ON DELETE CASCADE);
         CREATE TRIGGER t BEFORE DELETE ON scratch.triggered FOR EACH ROW EXECUTE FUNCTION sales.nothing();
         CREATE TABLE scratch.tree (id int PRIMARY KEY, up int REFERENCES scratch.tree ON DELETE CASCADE);",
    )
    .await;
    for sql in [
        "DELETE FROM scratch.top",
        "DELETE FROM scratch.middle",
        "DELETE FROM scratch.parted",
        "DELETE FROM scratch.part",
        "DELETE FROM scratch.plain",
    ] {
        assert_eq!(refused(&library, sql).await.reason, Reason::SideEffects, "{sql}");
    }
    for sql in [
        "UPDATE scratch.top SET id = id",
        "UPDATE scratch.plain SET id = 1",
        "DELETE FROM scratch.triggered WHERE false",
        "DELETE FROM scratch.tree",
    ] {
        let is_triggered = sql.contains("triggered");
        match library.query(sql).await {
            Ok(_) => assert!(!is_triggered, "{sql}"),
            Err(rejection) => assert!(is_triggered && rejection.reason == Reason::SideEffects, "{sql}: {rejection}"),
        }
    }
}

/// A statement of a few hundred tokens that would unfold to millions of columns or expressions.
#[tokio::test]
async fn what_unfolds_without_end_is_refused_before_it_does() {
    let (_database, library) = attacked("").await;
    let doubling = |levels: usize| {
        let steps = (0..levels).map(|at| format!(", q{} AS (SELECT a.*, b.* FROM q{at} a, q{at} b)", at + 1));
        let steps: String = steps.collect();
        format!("WITH q0 AS (SELECT * FROM sales.products){steps} SELECT 1 FROM q{levels}")
    };
    let stars = format!("SELECT {} FROM sales.products", vec!["*"; 5_000].join(", "));
    let windows = format!(
        "SELECT {} FROM sales.products WINDOW w AS (PARTITION BY {})",
        vec!["count(*) OVER w"; 1_000].join(", "),
        vec!["id"; 1_000].join(", "),
    );
    let chain: String = (0..99).map(|at| format!(" FULL JOIN sales.products p{at} USING (id, sku, name)")).collect();
    let merged = format!("SELECT {} FROM sales.products{chain}", vec!["id"; 1_600].join(", "));
    let merged_star = format!("SELECT *, *, *, *, *, *, *, *, * FROM sales.products{chain}");
    for sql in [doubling(40), stars, windows, merged, merged_star] {
        let begun = Instant::now();
        let Err(rejection) = library.admit(&sql) else { panic!("admitted: {sql:.100}") };
        assert_eq!(rejection.reason, Reason::LimitExceeded, "{sql:.100}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{sql:.100} took {:?}", begun.elapsed());
    }
    library.rows(&doubling(3)).await;
}

/// PostgreSQL makes values of up to a gigabyte; ours is the memory that they would fill.
#[tokio::test]
async fn a_value_beyond_any_result_fills_no_memory() {
    let (_database, library) = attacked("").await;
    for sql in [
        "SELECT repeat(repeat('x', 1000), 100000)".to_owned(),
        // Each level doubles the quotes of the text form of the one inside.
        format!("SELECT {}1{}", "(1, ".repeat(26), ")".repeat(26)),
        // Of a row that takes more than half of what a result may have, neither.
        "SELECT repeat(repeat('x', 1000), 7000)".to_owned(),
    ] {
        // Told at the message's head, before anything of it is kept.
        let rejection = refused(&library, &sql).await;
        assert_eq!(rejection.reason, Reason::LimitExceeded, "{rejection}");
    }
    // The next statement has a connection all the same, and what fits passes.
    library.rows("SELECT length(repeat('x', 1000000))").await;
    let result = library.query("SELECT repeat(repeat('x', 1000), 2000) FROM generate_series(1, 3)").await.unwrap();
    assert_eq!((&result["row_count"], &result["truncated_by"]), (&json!(2), &json!("bytes")));
}

#[tokio::test]
async fn a_visible_column_tells_no_schema_that_is_hidden() {
    let (_database, library) = attacked(
        "CREATE TYPE hr.grade AS ENUM ('low', 'high');
         CREATE FUNCTION hr.lowest() RETURNS hr.grade LANGUAGE sql AS $$ SELECT 'low'::hr.grade $$;
         CREATE FUNCTION sales.of_secret(sales.secret, hr.grade) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE DOMAIN hr.picky AS int CHECK (hr.lowest() IS NOT NULL);
         CREATE DOMAIN sales.mark AS hr.grade;
         CREATE SEQUENCE hr.steps;
         CREATE TABLE sales.graded (
             id int, g hr.grade DEFAULT 'low', gs hr.grade[], p hr.picky,
             t text DEFAULT ('low'::hr.grade)::text, s text DEFAULT ('hr.steps'::regclass)::text
         );
         CREATE TABLE sales.marked (id int, g hr.grade, m sales.mark);
         CREATE VIEW sales.marked_low AS SELECT id FROM sales.marked WHERE g = 'low';",
    )
    .await;
    let table = ["sales".to_owned(), "graded".to_owned()];
    let mut told = vec![serde_json::to_string(&library.describe(&table).await.unwrap()).unwrap()];
    for sql in [
        "SELECT g FROM sales.graded WHERE g = 'nonsense'",
        "SELECT gs FROM sales.graded WHERE gs = '{nonsense}'",
        "SELECT g + 1 FROM sales.graded",
        "SELECT p FROM sales.graded",
        "SELECT 1 FROM sales.marked WHERE m = 'nonsense'",
        "SELECT sales.of_secret(1, 2)",
    ] {
        told.push(refused(&library, sql).await.to_json(None).to_string());
    }
    for sql in [
        "EXPLAIN SELECT id FROM sales.marked",
        "EXPLAIN SELECT 1 FROM sales.marked WHERE g = 'low'",
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM sales.marked WHERE m IS NOT NULL",
        "EXPLAIN SELECT 1 FROM sales.marked_low",
    ] {
        told.push(library.rows(sql).await.to_string());
    }
    for one in told {
        assert!(!one.contains("hr.") && !one.contains("secret,"), "{one}");
    }
}

#[tokio::test]
async fn what_follows_the_subquery_of_any_is_no_part_of_it() {
    let (_database, library) = attacked("").await;
    for sql in [
        "SELECT 1 = ANY (SELECT 1)::int[]",
        "SELECT 1 = ANY (SELECT 1) + 1",
        "SELECT 1 < SOME (VALUES (2)) || 'x'",
        "SELECT 1 = ALL (WITH q AS (SELECT 1 AS a) SELECT a FROM q)[1]",
    ] {
        assert_eq!(refused(&library, sql).await.reason, Reason::ParseError, "{sql}");
    }
    let sql = "SELECT 1 = ANY (SELECT 1) AND 1 = ANY ((SELECT '{1}'::int[])::int[]), (1 = ANY (SELECT 2))::text
               WHERE 2 = ALL (SELECT 2) IS TRUE UNION ALL (SELECT true, 'x') ORDER BY 2";
    assert_eq!(library.rows(sql).await, json!([[true, "false"], [true, "x"]]));
}

#[tokio::test]
async fn values_of_a_statement_are_bounded() {
    let (_database, library) = attacked("").await;
    let long = Value::String("x".repeat(17 << 20));
    let submission = Submission::Sql { text: "SELECT length($1)".to_owned(), parameters: vec![long] };
    let Err(rejection) = library.run(submission).await else { panic!("admitted") };
    assert_eq!(rejection.reason, Reason::LimitExceeded);
}

/// A parameter has one type everywhere, by whatever PostgreSQL reads first: a cast of it may be no conversion of text.
#[tokio::test]
async fn a_parameter_runs_no_cast_of_a_users_by_what_it_is_compared_with() {
    let (_database, library) = attacked(
        "CREATE TABLE sales.ranked (id int, rank sales.loyalty); INSERT INTO sales.ranked VALUES (1, 'gold');
         CREATE FUNCTION sales.told(sales.loyalty) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret';
         CREATE FUNCTION sales.of_big(bigint) RETURNS sales.loyalty LANGUAGE sql AS $$ SELECT 'gold'::sales.loyalty $$;
         CREATE CAST (sales.loyalty AS text) WITH FUNCTION sales.told(sales.loyalty);
         CREATE CAST (bigint AS sales.loyalty) WITH FUNCTION sales.of_big(bigint);",
    )
    .await;
    let run = async |sql: &str, value: Value| {
        library.run(Submission::Sql { text: sql.to_owned(), parameters: vec![value] }).await
    };
    for (sql, value) in [
        ("SELECT rank = $1, $1::text FROM sales.ranked", json!("gold")),
        ("SELECT $1::text FROM (SELECT id FROM sales.ranked WHERE rank = $1) q", json!("gold")),
        ("WITH q AS (SELECT id FROM sales.ranked WHERE rank IN ($1)) SELECT ($1)::text[] FROM q", json!("gold")),
        ("SELECT x::text FROM (SELECT rank = $1, NULLIF($1, NULL) AS x FROM sales.ranked) q", json!("gold")),
        ("SELECT $1::bigint, COALESCE(1, $1)::sales.loyalty", json!(1)),
        ("SELECT rank = $1, $1, point(1, 1) FROM sales.ranked", json!("gold")),
    ] {
        match run(sql, value).await {
            Ok(outcome) => panic!("{sql}\ngave {}", outcome.result.json),
            Err(rejection) => assert!(
                matches!(rejection.reason, Reason::TypeNotAllowed | Reason::NotYetSupported),
                "{sql}: {rejection}"
            ),
        }
    }
    for sql in [
        "SELECT $1::text FROM sales.ranked",
        "SELECT $1::text || $1::text",
        "SELECT id::text FROM sales.ranked WHERE rank = $1 OR $1 IS NULL",
    ] {
        run(sql, json!("gold")).await.unwrap_or_else(|rejection| panic!("{sql}: {rejection}"));
    }
}

/// What a view reads is verified as deep as it reaches.
#[tokio::test]
async fn a_view_shows_nothing_of_what_was_put_below_it_since_the_catalog_was_read() {
    let (database, library) = attacked(
        "CREATE TABLE sales.tree (id int, k int) PARTITION BY LIST (k);
         CREATE TABLE sales.branch PARTITION OF sales.tree FOR VALUES IN (1, 2) PARTITION BY LIST (k);
         CREATE TABLE sales.leaf PARTITION OF sales.branch FOR VALUES IN (1);
         CREATE VIEW sales.over_tree AS SELECT id FROM sales.tree;
         DROP VIEW sales.over_secret; TRUNCATE sales.secret; ALTER TABLE sales.secret DROP s, ADD id int, ADD k int;
         INSERT INTO sales.secret VALUES (13, 2);
         CREATE VIEW sales.over_secret AS SELECT count(*) AS secrets FROM sales.secret;
         CREATE DOMAIN sales.plain AS text;
         CREATE VIEW sales.converted AS SELECT id::text::sales.plain::text AS id FROM sales.orders;
         CREATE FUNCTION sales.trap(text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'SPRUNG'; END $$;",
    )
    .await;
    library.rows("SELECT id FROM sales.over_tree").await;
    library.rows("SELECT id FROM sales.converted").await;
    for (since, sql) in [
        ("ALTER TABLE sales.branch ATTACH PARTITION sales.secret FOR VALUES IN (2)", "SELECT id FROM sales.over_tree"),
        ("ALTER DOMAIN sales.plain ADD CHECK (sales.trap(VALUE)) NOT VALID", "SELECT id FROM sales.converted"),
    ] {
        database.script(since).await;
        assert_eq!(refused(&library, sql).await.reason, Reason::NotYetSupported, "{sql}");
    }
}

/// A new index leaves the rest of the table as it was, and runs its function in every write.
#[tokio::test]
async fn a_write_runs_no_function_of_an_index_that_is_new() {
    let (database, library) = attacked(
        "CREATE FUNCTION sales.note(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
         CREATE TABLE scratch.expressed (a int); CREATE TABLE scratch.partial (a int);
         CREATE TABLE scratch.up (id int PRIMARY KEY);
         CREATE TABLE scratch.down (id int, a int, FOREIGN KEY (a) REFERENCES scratch.up ON UPDATE CASCADE);",
    )
    .await;
    for (since, sql) in [
        ("CREATE INDEX ON scratch.expressed ((sales.note(a)))", "INSERT INTO scratch.expressed VALUES (1)"),
        ("CREATE INDEX ON scratch.partial (a) WHERE sales.note(a) = 1", "UPDATE scratch.partial SET a = 2"),
        ("CREATE INDEX ON scratch.down (id) WHERE sales.note(a) = 1", "UPDATE scratch.up SET id = 2"),
    ] {
        library.rows(sql).await;
        database.script(since).await;
        assert_eq!(refused(&library, sql).await.reason, Reason::SideEffects, "{sql}");
    }
}

/// The cascade converts the key to the type of the column that refers to it.
#[tokio::test]
async fn a_cascade_runs_no_check_of_a_domain_that_is_new() {
    let (database, library) = attacked(
        "CREATE DOMAIN sales.key AS int;
         CREATE FUNCTION sales.trap(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'SPRUNG'; END $$;
         CREATE TABLE scratch.up (id int PRIMARY KEY); INSERT INTO scratch.up VALUES (1);
         CREATE TABLE scratch.down (a sales.key REFERENCES scratch.up ON UPDATE CASCADE);
         INSERT INTO scratch.down VALUES (1);",
    )
    .await;
    let sql = "UPDATE scratch.up SET id = id + 1";
    library.rows(sql).await;
    database.script("ALTER DOMAIN sales.key ADD CHECK (sales.trap(VALUE)) NOT VALID").await;
    assert_eq!(refused(&library, sql).await.reason, Reason::SideEffects);
}

/// What a key determines is taken out of what the policy shows, never out of the table; and what isn't a key for PostgreSQL,
/// or not one that the principal sees, determines nothing.
#[tokio::test]
async fn a_primary_key_opens_nothing() {
    let setup = "CREATE TABLE sales.halves (id int, ssn text, shown text, PRIMARY KEY (id, ssn));
                 INSERT INTO sales.halves VALUES (1, 'CANARY', 'a'), (1, 'CANARY2', 'b');
                 CREATE TABLE sales.later (id int PRIMARY KEY DEFERRABLE, ssn text, shown text);
                 CREATE TABLE sales.only_unique (id int UNIQUE NOT NULL, ssn text, shown text);
                 CREATE TABLE sales.parent (id int PRIMARY KEY, ssn text, shown text);
                 CREATE TABLE sales.child () INHERITS (sales.parent);
                 INSERT INTO sales.parent VALUES (1, 'CANARY', 'a'); INSERT INTO sales.child VALUES (1, 'CANARY', 'b');
                 CREATE SCHEMA shadow;
                 CREATE FUNCTION shadow.array_agg(json) RETURNS text[] LANGUAGE sql AS 'SELECT array_agg(s) FROM sales.secret';
                 CREATE TABLE sales.documents (id int PRIMARY KEY, ssn text, doc json);
                 INSERT INTO sales.documents VALUES (1, 'CANARY', '{\"a\": 1}')";
    let (_database, library) = attacked(setup).await;
    for (sql, reason) in [
        ("SELECT id, ssn FROM sales.documents GROUP BY id", Reason::UnknownColumn),
        ("SELECT id FROM sales.documents GROUP BY id ORDER BY ssn", Reason::UnknownColumn),
        ("SELECT id FROM sales.documents GROUP BY id HAVING ssn LIKE 'C%'", Reason::UnknownColumn),
        ("SELECT id FROM sales.documents GROUP BY id, ROLLUP (ssn)", Reason::UnknownColumn),
        ("SELECT id, shown FROM sales.halves GROUP BY id", Reason::DatabaseError),
        ("SELECT id, shown FROM sales.later GROUP BY id", Reason::DatabaseError),
        ("SELECT id, shown FROM sales.only_unique GROUP BY id", Reason::DatabaseError),
        ("SELECT id, shown FROM sales.parent GROUP BY id", Reason::NotSupported),
        ("SELECT id, doc FROM sales.documents GROUP BY ROLLUP (id)", Reason::DatabaseError),
        ("SELECT id, (SELECT doc) FROM sales.documents GROUP BY CUBE (id)", Reason::DatabaseError),
    ] {
        let rejection = refused(&library, sql).await;
        assert_eq!(rejection.reason, reason, "{sql}: {rejection:?}");
        assert!(!rejection.to_json(None).to_string().contains("CANARY"), "{sql}");
    }
    assert_eq!(library.rows("SELECT id, doc FROM sales.documents GROUP BY id").await, json!([[1, { "a": 1 }]]));
}

#[tokio::test]
async fn a_whole_row_runs_no_cast_and_no_function_of_its_relations_row_type() {
    let (database, library) = attacked(
        "CREATE FUNCTION sales.peeked(sales.regions) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret';
         CREATE FUNCTION sales.as_json(sales.regions) RETURNS json LANGUAGE sql AS 'SELECT to_json(s) FROM sales.secret';
         CREATE CAST (sales.regions AS text) WITH FUNCTION sales.peeked(sales.regions) AS IMPLICIT;
         CREATE CAST (sales.regions AS json) WITH FUNCTION sales.as_json(sales.regions) AS IMPLICIT;
         CREATE FUNCTION sales.less(sales.regions, sales.regions) RETURNS bool LANGUAGE sql IMMUTABLE AS
             'SELECT s = s FROM sales.secret';
         CREATE OPERATOR sales.< (LEFTARG = sales.regions, RIGHTARG = sales.regions, FUNCTION = sales.less);",
    )
    .await;
    // PostgreSQL itself runs them.
    let direct = database.connect().await;
    let sql = "SELECT to_json(r)::text || r::text FROM sales.regions r LIMIT 1";
    let told: String = direct.query_one(sql, &[]).await.unwrap().get(0);
    assert!(told.contains("CANARY"), "{told}");
    for sql in [
        "SELECT to_json(r), to_jsonb(r), json_agg(r) OVER (), json_build_array(r) FROM sales.regions r",
        "SELECT r::text, CAST(r AS varchar), concat(r), format('%s', r) FROM sales.regions r",
        "SELECT r, row_to_json(ROW(r)) FROM sales.regions r ORDER BY r",
        "SELECT count(*) FROM sales.regions a JOIN sales.regions b ON a < b",
        "SELECT string_agg(r::text, ',' ORDER BY r) FROM (SELECT r FROM sales.regions r) AS q",
    ] {
        let answer = library.rows(sql).await;
        assert!(!serde_json::to_string(&answer).unwrap().contains("CANARY"), "{sql}: {answer:?}");
    }
    for (sql, reason) in [
        ("SELECT r.peeked FROM sales.regions r", Reason::UnknownColumn),
        ("SELECT (r).peeked FROM sales.regions r", Reason::UnknownColumn),
        ("SELECT peeked(r) FROM sales.regions r", Reason::FunctionNotAllowed),
        ("SELECT r::json FROM sales.regions r", Reason::DatabaseError),
    ] {
        assert_eq!(refused(&library, sql).await.reason, reason, "{sql}");
    }
}

/// What compares two polygons compares each edge with each, and asks in none of it whether it should stop: two of 100,000
/// corners held a session of PostgreSQL 15 for five minutes past its timeout.
#[tokio::test]
async fn no_statement_makes_a_shape_of_many_corners() {
    let (_database, library) = attacked("").await;
    for (sql, reason) in [
        ("SELECT polygon(100000, circle(point(0, 0), 1)) && polygon(100000, circle(point(1, 0), 1))", "limit_exceeded"),
        ("SELECT polygon(id, circle '<(0,0),1>') FROM sales.customers", "not_yet_supported"),
        ("SELECT ('(' || repeat('(0,0),', 100000) || '(1,1))')::polygon", "not_supported"),
        ("SELECT CAST(name AS path) FROM sales.customers", "not_supported"),
        ("SELECT ARRAY['((0,0),(1,1))', name]::polygon[] FROM sales.customers", "not_supported"),
    ] {
        assert_eq!(refused(&library, sql).await.reason.code(), reason, "{sql}");
    }
    let long = format!("SELECT '({}(1,1))'::polygon", "(0,0),".repeat(10_000));
    assert_eq!(refused(&library, &long).await.reason.code(), "not_supported");
    let many = json!(format!("({}(1,1))", "(0,0),".repeat(10_000)));
    for text in ["SELECT $1::polygon", "SELECT $1::text, $1::polygon", "SELECT $1::path, $1::text"] {
        let run =
            |value: &Value| library.run(Submission::Sql { text: text.to_owned(), parameters: vec![value.clone()] });
        assert_eq!(run(&many).await.unwrap_err().reason.code(), "limit_exceeded", "{text}");
    }
    let text = "SELECT $1::text::polygon".to_owned();
    let cast = library.run(Submission::Sql { text, parameters: vec![many] }).await.unwrap_err();
    assert_eq!(cast.reason.code(), "not_supported");
    let small = "SELECT polygon(12, circle '<(0,0),1>') @> point '(0,0)', polygon '((0,0),(1,1),(1,0))' && polygon(box '(0,0),(1,1)')";
    assert_eq!(library.rows(small).await, json!([[true, true]]));
}

/// Where any type has a cast to text that a user made, a whole row of unknown type can still be read.
#[tokio::test]
async fn a_users_cast_to_text_is_no_hindrance_to_rows_of_a_group() {
    let (_database, library) = attacked(
        "CREATE TYPE sales.odd AS (s text);
         CREATE FUNCTION sales.odd_text(sales.odd) RETURNS text LANGUAGE sql AS 'SELECT 1::text';
         CREATE CAST (sales.odd AS text) WITH FUNCTION sales.odd_text(sales.odd)",
    )
    .await;
    let told = library.rows("SELECT r, r.name FROM sales.regions AS r GROUP BY r.code ORDER BY r.code LIMIT 1").await;
    assert_eq!(told, json!([["(eu,Europe,EUR)", "Europe"]]));
}

/// A result whose type only PostgreSQL knows comes in its binary format beside such a cast; what has none is refused before
/// it runs, and the cast doesn't run.
#[tokio::test]
async fn a_users_cast_to_text_hinders_only_results_that_have_to_come_as_text() {
    let (database, library) = attacked(
        "CREATE TYPE sales.odd AS (s text);
         CREATE TABLE sales.oddities (id int, odd sales.odd);
         INSERT INTO sales.oddities VALUES (1, ROW('one')), (2, ROW('two'));
         CREATE TABLE sales.told (s text);
         CREATE FUNCTION sales.odd_text(sales.odd) RETURNS text LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO sales.told VALUES ('ran'); RETURN 'hidden'; END $$;
         CREATE CAST (sales.odd AS text) WITH FUNCTION sales.odd_text(sales.odd)",
    )
    .await;
    for (sql, rows) in [
        (
            "SELECT id * 2.5, lag(id) OVER (ORDER BY id) FROM sales.oddities ORDER BY id",
            json!([["2.5", null], ["5.0", 1]]),
        ),
        (
            "SELECT max(id) FILTER (WHERE id < 2), id % 2 FROM sales.oddities GROUP BY id % 2 ORDER BY 2",
            json!([[null, 0], [1, 1]]),
        ),
        (
            "WITH w AS (SELECT lag(id) OVER (ORDER BY id) AS b FROM sales.oddities) SELECT b + 1 FROM w WHERE b IS NOT NULL",
            json!([[2]]),
        ),
    ] {
        assert_eq!(library.rows(sql).await, rows, "{sql}");
    }
    for sql in [
        "SELECT lag(odd) OVER (ORDER BY id) FROM sales.oddities",
        "SELECT id, first_value(odd) OVER (ORDER BY id) AS first FROM sales.oddities",
        "SELECT array_agg(odd) FROM sales.oddities",
        "SELECT odd FROM sales.oddities",
    ] {
        let rejection = refused(&library, sql).await;
        assert_eq!(rejection.reason, Reason::NotYetSupported, "{sql}: {rejection}");
        assert!(rejection.message.contains("might run a user-defined cast"), "{sql}: {rejection}");
    }
    let told: i64 = database.connect().await.query_one("SELECT count(*) FROM sales.told", &[]).await.unwrap().get(0);
    assert_eq!(told, 0);
}
