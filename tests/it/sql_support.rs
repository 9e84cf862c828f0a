//! `docs/sql-support.md` says what is true: its statements run, and what stands under a reason is refused for it.

use crate::support::{Database, Library};

const DOCUMENT: &str = include_str!("../../docs/sql-support.md");

const POLICY: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select", "explain", "insert", "update", "delete"]
[search_path]
schemas = ["sales", "scratch"]
[schemas.sales]
access = "read"
[schemas.scratch]
access = "write"
"#;

/// A statement and the reason that stands above it.
struct Sample {
    refused: Option<&'static str>,
    sql: String,
}

/// The statements in the document's blocks of SQL: each ends with a semicolon at the end of a line.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for block in DOCUMENT.split("```sql\n").skip(1) {
        let (mut refused, mut sql) = (None, String::new());
        for line in block.split("```").next().unwrap().lines() {
            if let Some(reason) = line.strip_prefix("-- ") {
                refused = Some(reason);
                continue;
            }
            sql.push_str(line);
            if let Some(whole) = sql.strip_suffix(';') {
                samples.push(Sample { refused: refused.take(), sql: whole.to_owned() });
                sql.clear();
            }
        }
        assert!(sql.is_empty() && refused.is_none(), "a block ends in the middle: {sql}");
    }
    samples
}

#[tokio::test]
async fn the_document_says_what_happens() {
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    let direct = database.connect().await;
    let version = library.catalog.current().server_version();
    let samples = samples();
    let mut wrong = Vec::new();
    for Sample { refused, sql } in &samples {
        let verdict = library.query(sql).await;
        let found = verdict.as_ref().err().map(|rejection| rejection.reason.code());
        // What an older server doesn't know, it refuses by itself.
        let unknown = version < 140_000 && found.is_some() && direct.prepare(sql).await.is_err();
        if found != *refused && !unknown {
            let told = verdict.err().map(|rejection| rejection.to_json(None).to_string()).unwrap_or_default();
            wrong.push(format!("{sql}\n    {found:?} instead of {refused:?} {told}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), samples.len(), wrong.join("\n"));
    let refused = samples.iter().filter(|sample| sample.refused.is_some()).count();
    assert!(refused >= 30 && samples.len() - refused >= 40, "{refused} of {}", samples.len());
}
