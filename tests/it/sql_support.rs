//! `docs/sql-support.md` says what is true: its statements run, and what stands under a reason is refused for it.

use crate::support::{Database, Library};

const DOCUMENT: &str = include_str!("../../docs/sql-support.md");

const POLICY: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select", "explain", "insert", "update", "delete", "merge"]
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
    /// The first version of PostgreSQL that has it.
    since: u32,
}

/// The statements in the document's blocks of SQL: each ends with a semicolon at the end of a line.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for block in DOCUMENT.split("```sql").skip(1) {
        let (kind, block) = block.split_once('\n').unwrap();
        let since = kind.strip_prefix(" since ").map_or(0, |version| version.parse::<u32>().unwrap() * 10_000);
        let (mut refused, mut sql) = (None, String::new());
        for line in block.split("```").next().unwrap().lines() {
            if let Some(reason) = line.strip_prefix("-- ") {
                refused = Some(reason);
                continue;
            }
            sql.push_str(line);
            if let Some(whole) = sql.strip_suffix(';') {
                samples.push(Sample { refused: refused.take(), sql: whole.to_owned(), since });
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
    for Sample { refused, sql, since } in &samples {
        let verdict = library.query(sql).await;
        let found = verdict.as_ref().err().map(|rejection| rejection.reason.code());
        // What an older server doesn't know, it refuses by itself.
        let unknown = version < 140_000 && found.is_some() && direct.prepare(sql).await.is_err();
        if version < *since && found == Some("not_supported") {
            assert!(direct.prepare(sql).await.is_err(), "{sql} is known to an older server");
            continue;
        }
        if found != *refused && !unknown {
            let told = verdict.err().map(|rejection| rejection.to_json(None).to_string()).unwrap_or_default();
            wrong.push(format!("{sql}\n    {found:?} instead of {refused:?} {told}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), samples.len(), wrong.join("\n"));
    let refused = samples.iter().filter(|sample| sample.refused.is_some()).count();
    assert!(refused >= 30 && samples.len() - refused >= 40, "{refused} of {}", samples.len());
}
