//! What policy hides influences nothing that a read returns: on two databases that differ only in hidden cells and
//! filtered rows, every admitted statement gives the same rows, row count or error.

use serde_json::Value;

use crate::support::{Database, Library, sql_of, statements};

const CORPUS: &str = include_str!("../corpus/protected.sql");

const POLICY: &str = r#"
version = 1
name = "protected"
attributes = { tenant = "int", company = "text" }
[statements]
allow = ["select"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
deny = ["payroll_*"]
[tables."sales.customers"]
rows = "tenant_id = :tenant"
mask = { name = { partial = [1, 0] }, email = "email", phone = "last4", birth_date = "year", loyalty = "null", credit_limit = { round = 500 } }
# Dearer than most conditions that a statement brings: without a fence, PostgreSQL would evaluate those first.
[tables."sales.codes"]
rows = "lower(upper(tenant_id::text)) = :company"
[tables."sales.orders"]
mask = { comment = "redact" }
[tables."sales.events"]
rows = "kind <> 'login'"
[limits]
rows = 5_000
"#;

const BOTH: &str = include_str!("../data/two_worlds.sql");
const OTHER: &str = include_str!("../data/other_world.sql");
const SETTLE: &str = include_str!("../data/settle.sql");

struct World {
    database: Database,
    library: Library,
}

impl World {
    async fn open(changes: &[&str]) -> Self {
        let database = Database::sample().await;
        for script in changes {
            database.script(script).await;
        }
        let library = Library::open(&database, POLICY, &[("tenant", "1"), ("company", "1")]).await;
        Self { database, library }
    }

    /// The answer as bytes, with its rows sorted where their order means nothing; whether it has rows, or `None` if it
    /// wasn't admitted.
    async fn answer(&self, sql: &str) -> (String, Option<bool>) {
        if let Err(rejection) = self.library.admit(sql) {
            return (rejection.revealed().to_json(None).to_string(), None);
        }
        match self.library.run(sql_of(sql)).await {
            Ok(outcome) if sql.contains("ORDER BY") => (outcome.result.json, Some(outcome.result.row_count > 0)),
            Ok(outcome) => {
                let mut result: Value = serde_json::from_str(&outcome.result.json).unwrap();
                result["rows"].as_array_mut().unwrap().sort_by_cached_key(Value::to_string);
                (result.to_string(), Some(outcome.result.row_count > 0))
            }
            Err(rejection) => (rejection.to_json(None).to_string(), Some(false)),
        }
    }
}

#[tokio::test]
async fn what_is_hidden_influences_nothing() {
    let (one, other) = tokio::join!(World::open(&[BOTH, SETTLE]), World::open(&[BOTH, OTHER, SETTLE]));
    the_worlds_differ_in_what_is_hidden(&one, &other).await;
    answers_are_equal(&one, &other).await;
    metadata_is_equal(&one, &other).await;
}

async fn answers_are_equal(one: &World, other: &World) {
    let (mut with_rows, mut admitted, mut wrong) = (0, 0, Vec::new());
    let statements = statements(CORPUS);
    for sql in &statements {
        let ((here, rows), (there, _)) = tokio::join!(one.answer(sql), other.answer(sql));
        admitted += usize::from(rows.is_some());
        with_rows += usize::from(rows == Some(true));
        if rows.is_none() {
            wrong.push(format!("{sql}\n    not admitted: {here}"));
        } else if here != there {
            wrong.push(format!("{sql}\n    one   {here:.300}\n    other {there:.300}"));
        }
    }
    println!("{} statements: {admitted} admitted, {with_rows} with rows", statements.len());
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), statements.len(), wrong.join("\n"));
    assert!(admitted >= 50 && with_rows >= 50, "too few statements prove too little");
}

/// The metadata tools tell of neither the filtered rows nor the hidden relations, not even how many there are.
async fn metadata_is_equal(one: &World, other: &World) {
    let more = "CREATE TABLE hr.more (id int); ALTER TABLE sales.customers ALTER ssn SET DEFAULT '0';
                COMMENT ON COLUMN sales.customers.ssn IS 'another'; CREATE INDEX ON sales.customers (ssn);
                ALTER TABLE sales.customers ADD UNIQUE (ssn, id)";
    other.database.script(more).await;
    other.library.catalog.reload().await.unwrap();
    let (here, there) = (one.library.metadata().await, other.library.metadata().await);
    assert_eq!(here, there);
    let tables = here["tables"].as_array().unwrap();
    assert!(tables.len() >= 8 && here["described"].as_array().unwrap().len() == tables.len(), "{here}");
    let estimated = |name: &str| {
        tables.iter().find(|table| table["name"] == name).unwrap_or_else(|| panic!("no {name}")).get("estimated_rows")
    };
    assert!(estimated("orders").is_some() && estimated("customers").is_none() && estimated("codes").is_none());
}

/// The two worlds do differ in everything that is hidden, or equal answers would prove nothing.
async fn the_worlds_differ_in_what_is_hidden(one: &World, other: &World) {
    let digest = |expression: &str, relation: &str| {
        format!("SELECT md5(string_agg(({expression})::text, ',' ORDER BY {expression})) FROM {relation}")
    };
    let customers = ["ssn", "email", "phone", "name", "birth_date", "loyalty", "credit_limit"];
    let mut looks: Vec<String> =
        customers.iter().map(|one| digest(one, "sales.customers WHERE tenant_id = 1")).collect();
    looks.push(digest("id", "sales.customers"));
    looks.push(digest("comment", "sales.orders"));
    looks.push(digest("salary", "hr.employees"));
    looks.push(digest("gross", "sales.payroll_export"));
    looks.push(digest("payload", "sales.events WHERE kind = 'login'"));
    for sql in looks {
        let mut seen = Vec::new();
        for world in [one, other] {
            seen.push(world.database.connect().await.query_one(&sql, &[]).await.unwrap().get::<_, Option<String>>(0));
        }
        assert_ne!(seen[0], seen[1], "{sql}");
    }
    // Without the fence, one of them fails.
    let unfenced = "SELECT id FROM sales.codes WHERE lower(upper(tenant_id::text)) = '1' AND code::int > 20";
    assert!(one.database.connect().await.query(unfenced, &[]).await.is_ok());
    assert!(other.database.connect().await.query(unfenced, &[]).await.is_err());
}
