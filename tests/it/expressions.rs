//! Expressions mean to the gate what they mean to PostgreSQL: what is admitted gives the same columns and rows as the
//! same text sent directly, and what is refused is refused for the right reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pgwicket::catalog::load;
use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::diagnostic::{Reason, Rejection};
use pgwicket::gate::emit::emit;
use pgwicket::gate::ir::{Statement, Ty, renumber};
use pgwicket::gate::lower::{Lowering, Mode};
use pgwicket::gate::parse::{parse, parse_emitted};
use pgwicket::gate::policy::bound::BoundPolicy;
use pgwicket::gate::policy::model::Policy;
use pgwicket::gate::source::Source;
use pgwicket::gate::stack::on_big_stack;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::support::Database;

const POLICY: &str = r#"
version = 1
name = "open"
[statements]
allow = ["select"]
[search_path]
schemas = ["sales", "hr"]
[schemas.sales]
access = "read"
[schemas.hr]
access = "read"
[functions]
allow = ["@builtin", "sales.fx_rate(text, date)"]
"#;

struct Gate {
    catalog: Catalog,
    policy: BoundPolicy,
}

impl Gate {
    async fn open(client: &Client) -> Self {
        let catalog = Catalog::new(load(client).await.unwrap());
        let policy = Policy::parse("open.toml", POLICY, &mut |_| panic!("extends nothing")).unwrap();
        let policy = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap();
        Self { catalog, policy }
    }

    /// The emitted text and what the gate knows of the columns' types, after reading the text again gave the same IR.
    fn admit(&self, text: &str) -> Result<(String, Vec<Ty>), Rejection> {
        on_big_stack(|| {
            let source = Source::new(text);
            let parsed = parse(&source)?;
            let mut lowering = Lowering::new(&self.catalog, &self.policy, &source, Mode::Client, 0);
            let mut statement = lowering.statement(&parsed.statement)?;
            let emitted = emit(&statement);
            let again = Source::new(&emitted);
            let unread = |error: Rejection| Rejection::new(Reason::InternalError, format!("{emitted}\n  {error}"));
            let parsed = parse_emitted(&again).map_err(unread)?;
            let mut lowering = Lowering::new(&self.catalog, &self.policy, &again, Mode::Verify, 0);
            let mut read = lowering.statement(&parsed.statement).map_err(unread)?;
            renumber(&mut statement);
            renumber(&mut read);
            if statement != read {
                return Err(Rejection::new(Reason::InternalError, format!("{emitted}\n  is read as {}", emit(&read))));
            }
            let types = match &statement {
                Statement::Query(query) => query.columns.iter().map(|column| column.ty).collect(),
                _ => panic!("{text} is no query"),
            };
            Ok((emitted, types))
        })
    }
}

/// Names of the columns, and the rows as text.
async fn answer(client: &Client, sql: &str) -> Result<(Vec<String>, Vec<Vec<Option<String>>>), String> {
    let messages = client.simple_query(sql).await.map_err(|error| {
        error
            .as_db_error()
            .map_or_else(|| error.to_string(), |error| format!("{}: {}", error.code().code(), error.message()))
    })?;
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                names = columns.iter().map(|column| column.name().to_owned()).collect();
            }
            SimpleQueryMessage::Row(row) => {
                rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
            }
            _ => {}
        }
    }
    Ok((names, rows))
}

#[tokio::test]
async fn what_is_admitted_means_the_same() {
    let database = Database::sample().await;
    let client = database.connect().await;
    let gate = Gate::open(&client).await;
    let version = gate.catalog.server_version() / 10_000;
    let mut faults = Vec::new();
    let (mut count, mut typed) = (0, 0);
    for line in include_str!("../corpus/expressions.sql").lines().filter(|line| !line.starts_with("--")) {
        let (needs, text) = match line.strip_prefix("/*").and_then(|rest| rest.split_once("*/ ")) {
            Some((needs, text)) => (needs.parse().unwrap(), text),
            None => (0, line),
        };
        if version < needs {
            continue;
        }
        let (emitted, types) = match gate.admit(text) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                faults.push(format!("{text}\n  {rejection}"));
                continue;
            }
        };
        client.batch_execute("SET search_path = pg_catalog, sales, hr").await.unwrap();
        let direct = answer(&client, text).await;
        client.batch_execute("SET search_path = pg_catalog, pg_temp").await.unwrap();
        let ours = answer(&client, &emitted).await;
        let prepared = client.prepare(&emitted).await.unwrap();
        for (column, known) in prepared.columns().iter().zip(types) {
            count += 1;
            match known {
                Some(known) if known.0 == column.type_().oid() => typed += 1,
                Some(known) => {
                    let name = gate.catalog.type_(known).map(|one| one.name.as_str());
                    faults.push(format!("{text}\n  `{}` is {}, not {name:?}", column.name(), column.type_()));
                }
                None => {}
            }
        }
        if direct.is_err() || direct != ours {
            faults.push(format!("{text}\n{emitted}\n  direct {direct:?}\n  ours   {ours:?}"));
        }
    }
    assert!(faults.is_empty(), "{}\n{} faults", faults.join("\n\n"), faults.len());
    // What is known of types decides what may be compared early, what `unnest` gives, and more.
    assert!(typed * 100 >= count * 70, "the types of {typed} of {count} columns are known");
}

#[tokio::test]
async fn what_is_refused_has_its_reason() {
    let database = Database::sample().await;
    let client = database.connect().await;
    let gate = Gate::open(&client).await;
    let mut faults = Vec::new();
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for line in include_str!("../corpus/refused-expressions.txt").lines().filter(|line| !line.starts_with('#')) {
        let (reason, text) = line.split_once(": ").unwrap();
        *reasons.entry(reason).or_default() += 1;
        match gate.admit(text) {
            Ok((emitted, _)) => faults.push(format!("{text}\n  admitted as {emitted}")),
            Err(rejection) if rejection.reason.code() != reason => {
                faults.push(format!("{text}\n  {rejection}, not {reason}"))
            }
            Err(_) => {}
        }
    }
    assert!(faults.is_empty(), "{}\n{} faults", faults.join("\n\n"), faults.len());
    assert!(reasons.len() >= 10);
}

/// The only symbols that can't be used compare rows by their bytes in memory; and the factorial that PostgreSQL 14
/// dropped, which takes `!!` with it.
#[tokio::test]
async fn operators_that_are_refused_are_known() {
    let database = Database::sample().await;
    let gate = Gate::open(&database.connect().await).await;
    let catalog = &gate.catalog;
    let refused: BTreeSet<&str> = catalog
        .parts()
        .operators
        .iter()
        .filter(|one| one.schema == "pg_catalog")
        .filter(|one| catalog.operator_set(&one.name, one.left.0 == 0).is_some_and(|set| set.verdict.is_err()))
        .map(|one| one.name.as_str())
        .filter(|symbol| *symbol != "!!" || catalog.server_version() >= 140_000)
        .collect();
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), ["*<", "*<=", "*<>", "*=", "*>", "*>="]);
}

/// Every word that this server's grammar keeps from being an alias is kept by the gate, too.
#[tokio::test]
async fn reserved_words_are_no_names() {
    let database = Database::sample().await;
    let client = database.connect().await;
    let gate = Gate::open(&client).await;
    let words =
        client.query("SELECT word, catcode::text FROM pg_get_keywords() WHERE catcode <> 'U'", &[]).await.unwrap();
    assert!(words.len() > 100);
    for row in words {
        let (word, code): (String, String) = (row.get(0), row.get(1));
        let refused = gate.admit(&format!("SELECT 1 AS one FROM sales.regions AS {word}")).is_err();
        match code.as_str() {
            "R" | "T" => assert!(refused, "`{word}` is a name to the gate"),
            // A name of columns and tables, but never of a function of the client's own.
            _ => match gate.admit(&format!("SELECT {word}(1, 2, 3, 4, 5, 6, 7)")) {
                Ok((emitted, _)) => assert!(!emitted.contains("\"sales\""), "{emitted}"),
                Err(rejection) => assert_ne!(rejection.reason, Reason::InternalError, "{word}: {rejection}"),
            },
        }
    }
}
