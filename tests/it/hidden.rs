//! Attacks, as data in `tests/corpus/hostile.sql`: each is refused for the reason that the file says, or is admitted and
//! tells nothing hidden; and nothing in the database changes.

use pgwicket::gate::diagnostic::Rejection;
use tokio_postgres::Client;

use crate::support::{Database, Library};

const CORPUS: &str = include_str!("../corpus/hostile.sql");

/// What no answer may hold, in any case of letters.
const CANARY: &str = "canary";

const SETUP: &str = "
    CREATE TABLE sales.secret (s text);
    INSERT INTO sales.secret VALUES ('CANARY in a denied table');
    UPDATE sales.customers SET ssn = 'CANARY ssn ' || id;
    UPDATE sales.customers SET email = 'a.canary' || id || '@example.com', phone = 'canary 0100';
    UPDATE sales.customers SET name = 'CANARY of another tenant' WHERE tenant_id = 2;
    UPDATE hr.employees SET name = 'CANARY of a hidden schema';
    CREATE FUNCTION sales.peek() RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret';
    CREATE FUNCTION sales.plus(int, int) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret';
    CREATE OPERATOR sales.<+> (LEFTARG = int, RIGHTARG = int, FUNCTION = sales.plus);
    CREATE FUNCTION hr.raise_salaries() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE sales.evil AS (s text);
    CREATE TYPE sales.place AS (street text, zip text);
    CREATE TABLE sales.visits (gone int, id int PRIMARY KEY, ssn text, at sales.place, note text) PARTITION BY RANGE (id);
    CREATE TABLE sales.visits_1 (note text, ssn text, gone int, id int NOT NULL, at sales.place);
    ALTER TABLE sales.visits ATTACH PARTITION sales.visits_1 FOR VALUES FROM (0) TO (100);
    ALTER TABLE sales.visits DROP COLUMN gone;
    INSERT INTO sales.visits VALUES (1, 'CANARY ssn', ('a', 'b'), 'x'), (2, 'CANARY ssn', ('c', 'd'), 'y');
    CREATE TABLE sales.shops (id int PRIMARY KEY, ssn text, name text);
    CREATE TABLE sales.old_shops () INHERITS (sales.shops);
    INSERT INTO sales.shops VALUES (1, 'CANARY ssn', 'new');
    INSERT INTO sales.old_shops VALUES (1, 'CANARY ssn', 'old');
    CREATE TABLE sales.odd (id int PRIMARY KEY, lower text, row_to_json text, r text, \"coalesce\" text, \"a\"\"b\" text, ssn text);
    INSERT INTO sales.odd VALUES (1, 'l', 'rj', 'r', 'co', 'ab', 'CANARY ssn');
    GRANT SELECT ON sales.visits, sales.visits_1, sales.shops, sales.old_shops, sales.odd TO wicket;
    GRANT ALL ON sales.secret TO wicket;";

const POLICY: &str = r#"
version = 1
name = "guarded"
attributes = { tenant = "int" }
[statements]
allow = ["select", "explain", "insert", "update", "delete"]
[search_path]
schemas = ["sales", "scratch"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
deny = ["payroll_*", "secret"]
[tables."sales.customers"]
rows = "tenant_id = :tenant"
mask = { email = "email", phone = "last4" }
[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
require_where = true
[limits]
timeout = "5s"
"#;

struct Case {
    verdict: String,
    sql: String,
}

/// See the head of the corpus.
fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in CORPUS.lines().filter(|line| !line.starts_with("--#")) {
        if let Some(verdict) = line.strip_prefix("--> ") {
            cases.push(Case { verdict: verdict.to_owned(), sql: String::new() });
        } else if let Some(case) = cases.last_mut() {
            case.sql.push_str(line);
            case.sql.push('\n');
        }
    }
    for case in &mut cases {
        case.sql.truncate(case.sql.trim_end().len());
    }
    cases
}

/// Attacks by size, which a file can't hold.
fn oversized() -> Vec<Case> {
    let nested = |depth: usize| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
    let subqueries =
        |depth: usize| format!("{}SELECT 1 AS x{}", "SELECT x FROM (".repeat(depth), ") AS q".repeat(depth));
    let long = |sql: String| Case { verdict: "limit_exceeded".to_owned(), sql };
    vec![
        long(format!("SELECT id FROM sales.orders WHERE {}", vec!["id = 1"; 10_000].join(" OR "))),
        long(nested(5_000)),
        long(subqueries(200)),
        long(format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(9_000))),
        long(format!("SELECT {}1", "- ".repeat(9_999))),
        long(format!("SELECT {}true", "NOT ".repeat(20_000))),
        long(format!("SELECT 1{}", "::int".repeat(6_000))),
        long(format!("SELECT '{}'", "x".repeat(300 << 10))),
        long(format!("SELECT {}", vec!["now()"; 3_000].join(", "))),
        long(format!(
            "SELECT 1{}",
            (0..3_000).map(|at| format!(", (SELECT count(*) FROM sales.regions AS r{at})")).collect::<String>()
        )),
        long(format!("SELECT CASE {}END", "WHEN true THEN 1 ".repeat(6_000))),
    ]
}

/// Everything that can be told of the database's state by a statement.
async fn state(client: &Client) -> String {
    let sql = "SELECT md5(string_agg(t, ',' ORDER BY t)) FROM (
                   SELECT n::text AS t FROM scratch.notes n UNION ALL SELECT c::text FROM sales.customers c
                   UNION ALL SELECT o::text FROM sales.orders o UNION ALL SELECT r::text FROM sales.regions r
                   UNION ALL SELECT e::text FROM hr.employees e
                   UNION ALL SELECT relname || relkind::text FROM pg_class
                   UNION ALL SELECT last_value::text || is_called FROM scratch.notes_id_seq) AS s";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn attacks_are_refused_for_the_right_reason_or_see_nothing_hidden() {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, POLICY, &[("tenant", "1")]).await;
    let beside = database.connect().await;
    let before = state(&beside).await;
    let cases: Vec<Case> = cases().into_iter().chain(oversized()).collect();
    let (mut refused, mut wrong) = (0, Vec::new());
    for Case { verdict, sql } in &cases {
        let (is, told) = match library.query(sql).await {
            Ok(result) => ("admitted".to_owned(), result.to_string()),
            Err(rejection) => (rejection.reason.code().to_owned(), told(&rejection)),
        };
        refused += usize::from(is != "admitted");
        if is != *verdict {
            wrong.push(format!("{sql:.200}\n    is {is}, not {verdict}: {told:.400}"));
        }
        // The client's own words come back to it.
        if told.to_lowercase().contains(CANARY) && !sql.to_lowercase().contains(CANARY) {
            wrong.push(format!("{sql:.200}\n    TELLS {told:.400}"));
        }
    }
    println!("{} attacks: {refused} refused, {} admitted and harmless", cases.len(), cases.len() - refused);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(refused >= 60);
    assert_eq!(state(&beside).await, before, "something was changed");
}

/// All that a door would show.
fn told(rejection: &Rejection) -> String {
    rejection.to_json(None).to_string()
}

/// A name that is hidden and one that is missing are refused in the same words, at the same place.
#[tokio::test]
async fn a_hidden_name_is_refused_like_a_missing_one() {
    let database = Database::sample().await;
    database.script(SETUP).await;
    let library = Library::open(&database, POLICY, &[("tenant", "1")]).await;
    for (template, hidden, missing) in [
        ("SELECT @ FROM sales.customers", "ssn", "xyz"),
        ("SELECT c.@ FROM sales.customers c", "ssn", "xyz"),
        ("SELECT id FROM sales.customers ORDER BY @", "ssn", "xyz"),
        ("SELECT 1 FROM sales.customers a JOIN sales.customers b USING (@)", "ssn", "xyz"),
        (
            "SELECT o.id FROM sales.orders o WHERE EXISTS (SELECT 1 FROM sales.customers WHERE @ = o.comment)",
            "ssn",
            "xyz",
        ),
        ("SELECT * FROM sales.@", "secret", "sacred"),
        ("SELECT * FROM sales.@", "payroll_export", "payroll_expert"),
        ("SELECT * FROM @", "secret", "sacred"),
        ("SELECT * FROM @.employees", "hr", "xx"),
        ("SELECT * FROM hr.@", "employees", "employers"),
        ("SELECT * FROM scratch.@", "notes_id_seq", "notes_id_saq"),
        ("INSERT INTO sales.@ VALUES (1)", "secret", "sacred"),
        ("UPDATE scratch.notes SET body = c.@ FROM sales.customers c WHERE c.id = 1", "ssn", "xyz"),
        ("SELECT NULL::sales.@", "secret", "sacred"),
        ("SELECT NULL::sales.@[]", "secret", "sacred"),
        ("SELECT hr.@()", "raise_salaries", "raize_salaries"),
        ("SELECT @.raise_salaries()", "hr", "xx"),
    ] {
        let [(told_hidden, truth), (told_missing, _)] = [hidden, missing].map(|name| {
            let sql = template.replace('@', name);
            let Err(rejection) = library.admit(&sql) else { panic!("admitted: {sql}") };
            (told(&rejection).replace(name, "@"), rejection.revealed())
        });
        assert_eq!(told_hidden, told_missing, "{template}");
        println!("{template} with {hidden}: {truth}");
    }
}
