//! What analysts ask runs, with the right rows: TPC-H's questions, our own to a star schema, and GROUP BY on primary keys.
//! Under a policy that allows everything each gives what its text gives directly. Under one that hides rows, masks and
//! denies columns it gives what its text gives directly in a second database, which holds nothing but what the policy
//! shows: so the rows are judged by PostgreSQL, not by the gate.

use crate::support::{Database, Direct, Library, is_ordered, statements};

const TPCH: &str = include_str!("../corpus/tpch.sql");
const STAR: &str = include_str!("../corpus/star.sql");
const KEYS: &str = include_str!("../corpus/keys.sql");

const TPCH_ROWS: &[&str] = &[include_str!("../corpus/tpch-schema.sql"), include_str!("../data/tpch.sql")];
const STAR_ROWS: &[&str] = &[include_str!("../data/star.sql")];

const OPEN: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select"]
[limits]
rows = 100_000
"#;

const PROTECTED: &str = r#"
version = 1
name = "protected"
attributes = { tenant = "int" }
[statements]
allow = ["select"]
[limits]
rows = 100_000
"#;

/// What `tests/data/star_permitted.sql` does, as rules.
const STAR_RULES: &str = r#"
[schemas.star]
access = "read"
[tables."star.customers"]
rows = "tenant = :tenant"
deny_columns = ["card"]
mask = { name = { partial = [1, 0] }, email = "email", joined = "year", credit = { bucket = 100 } }
[tables."star.sales"]
rows = "tenant = :tenant"
[tables."star.returns"]
mask = { reason = "null" }
[tables."star.stores"]
mask = { manager = "redact" }
[tables."star.products"]
deny_columns = ["cost"]
[tables."star.stock"]
rows = "store_id <> 3"
[tables."star.visits"]
rows = "tenant = :tenant"
[tables."star.prices"]
rows = "product_id <> 7"
"#;

/// What `tests/data/tpch_permitted.sql` does, as rules.
const TPCH_RULES: &str = r#"
[columns]
"nation.n_comment" = "deny"
[schemas.tpch]
access = "read"
[tables."tpch.lineitem"]
rows = "l_shipmode <> 'RAIL'"
[tables."tpch.orders"]
rows = "o_clerk <> 'Clerk#9'"
[tables."tpch.customer"]
mask = { c_name = "last4", c_phone = { partial = [2, 0] }, c_address = "redact" }
[tables."tpch.supplier"]
mask = { s_phone = "redact", s_acctbal = { bucket = 100 } }
[tables."tpch.part"]
deny_columns = ["p_retailprice"]
[tables."tpch.partsupp"]
deny_columns = ["ps_comment"]
"#;

/// A database of these rows.
async fn filled(scripts: &[&str]) -> Database {
    let database = Database::empty().await;
    for script in scripts {
        database.script(script).await;
    }
    database
}

/// Every statement gives rows, and those of the reference.
async fn answers_are_those_of(library: &Library, reference: &Database, statements: &[String]) {
    let direct = reference.connect_pinned().await;
    let mut wrong = Vec::new();
    for sql in statements {
        match library.query(sql).await {
            Err(rejection) => wrong.push(format!("{sql}\n    refused: {}", rejection.revealed().to_json(None))),
            Ok(result) => {
                let expected = Direct::ask(&direct, sql).await;
                if !expected.rows.iter().flatten().any(Option::is_some) {
                    wrong.push(format!("{sql}\n    gives nothing, so it proves nothing"));
                }
                wrong.extend(expected.difference(&result, is_ordered(sql)).map(|how| format!("{sql}\n    {how}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
}

/// The corpus on these rows, under both policies.
async fn the_right_rows(schema: &str, corpus: &str, rows: &[&str], rules: &str, permitted: &str) -> usize {
    let statements = statements(corpus);
    let whole = filled(rows).await;
    let open = Library::open(&whole, &format!("{OPEN}[schemas.{schema}]\naccess = \"read\"\n"), &[]).await;
    answers_are_those_of(&open, &whole, &statements).await;
    let reference = filled(&[rows, &[permitted]].concat()).await;
    let protected = Library::open(&whole, &format!("{PROTECTED}{rules}"), &[("tenant", "1")]).await;
    answers_are_those_of(&protected, &reference, &statements).await;
    statements.len()
}

#[tokio::test]
async fn the_shapes_of_tpch_give_the_right_rows() {
    let permitted = include_str!("../data/tpch_permitted.sql");
    assert_eq!(the_right_rows("tpch", TPCH, TPCH_ROWS, TPCH_RULES, permitted).await, 22);
}

#[tokio::test]
async fn questions_to_a_star_schema_give_the_right_rows() {
    let permitted = include_str!("../data/star_permitted.sql");
    assert!(the_right_rows("star", STAR, STAR_ROWS, STAR_RULES, permitted).await >= 40);
}

#[tokio::test]
async fn groups_of_a_primary_key_give_the_right_rows() {
    let permitted = include_str!("../data/star_permitted.sql");
    assert!(the_right_rows("star", KEYS, STAR_ROWS, STAR_RULES, permitted).await >= 30);
}
