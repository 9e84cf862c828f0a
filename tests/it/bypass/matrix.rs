//! The verdict on each statement of the corpus under each shipped policy, in one file. It judges nothing: it shows what a
//! change does to the meaning of policy.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgwicket::catalog::load;
use pgwicket::gate::admit::{Principal, Submission, admit};
use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::policy::attributes::AttributeInput;
use pgwicket::gate::policy::{BoundPolicy, Policy};

use super::cases::{Case, hostile};
use super::{POLICY, WORLD};
use crate::support::{Database, statements};

/// Sees everything: for what a statement means before any policy.
const OPEN: &str = "version = 1\nname = \"open\"\n[statements]\n\
    allow = [\"select\", \"insert\", \"update\", \"delete\", \"merge\", \"explain\", \"explain_analyze\"]\n\
    [search_path]\nschemas = [\"sales\", \"scratch\"]\n\
    [schemas.sales]\naccess = \"write\"\n[schemas.hr]\naccess = \"write\"\n[schemas.scratch]\naccess = \"write\"\n\
    [schemas.star]\naccess = \"read\"\n[schemas.tpch]\naccess = \"read\"\n";

/// What analysts ask, by file.
const LEGITIMATE: &[(&str, &str)] = &[
    ("analyst", include_str!("../../corpus/analyst.sql")),
    ("keys", include_str!("../../corpus/keys.sql")),
    ("protected", include_str!("../../corpus/protected.sql")),
    ("star", include_str!("../../corpus/star.sql")),
    ("tpch", include_str!("../../corpus/tpch.sql")),
];

const SWITCHES: &str = "CREATE TABLE sales.switches (id integer PRIMARY KEY, shown boolean NOT NULL)";

/// The statements that analysts ask.
pub fn legitimate() -> Vec<Case> {
    let mut cases = Vec::new();
    for (family, text) in LEGITIMATE {
        cases.extend(statements(text).into_iter().enumerate().map(|(at, sql)| Case {
            family: (*family).to_owned(),
            number: at + 1,
            gain: "an answer".to_owned(),
            sql,
        }));
    }
    cases
}

/// The policies on the guarded world, with the schemas of the other corpora beside it.
pub struct Matrix {
    catalog: Catalog,
    policies: BTreeMap<String, (BoundPolicy, Principal)>,
    open: BoundPolicy,
}

impl Matrix {
    pub async fn open() -> Self {
        let database = Database::sample().await;
        for script in [
            &WORLD.replace(":world", "'one'"),
            SWITCHES,
            include_str!("../../data/star.sql"),
            include_str!("../../corpus/tpch-schema.sql"),
        ] {
            database.script(script).await;
        }
        let catalog = Catalog::new(load(&database.connect().await).await.unwrap());
        let mut policies = BTreeMap::from([("guarded".to_owned(), bound(&catalog, POLICY))]);
        for path in shipped() {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            policies.insert(name, bound(&catalog, &std::fs::read_to_string(&path).unwrap()));
        }
        let (open, _) = bound(&catalog, OPEN);
        Self { catalog, policies, open }
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// A policy that hides nothing.
    pub fn open_policy(&self) -> &BoundPolicy {
        &self.open
    }

    /// The verdict of each policy, in the order of their names.
    fn verdicts(&self, sql: &str) -> Vec<&'static str> {
        let submission = Submission::Sql { text: sql.to_owned(), parameters: Vec::new() };
        let verdict =
            |(bound, principal): &(BoundPolicy, Principal)| match admit(&self.catalog, bound, principal, &submission) {
                Ok(_) => "admitted",
                Err(rejection) => rejection.reason.code(),
            };
        self.policies.values().map(verdict).collect()
    }
}

fn shipped() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_policy = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".toml") && !name.ends_with(".cases.toml")
    };
    let shipped: Vec<PathBuf> = files.filter(is_policy).collect();
    assert!(shipped.len() >= 3);
    shipped
}

/// Whoever asks works for company 1.
fn bound(catalog: &Catalog, text: &str) -> (BoundPolicy, Principal) {
    let policy = Policy::parse("policy.toml", text, &mut |_| Err("the policies stand alone".to_owned()));
    let policy = policy.unwrap_or_else(|errors| panic!("{errors}"));
    let given = [("tenant", "1"), ("regions", "{eu,uk}")];
    let given: BTreeMap<String, AttributeInput> = given
        .into_iter()
        .filter(|(name, _)| policy.attributes.contains_key(*name))
        .map(|(name, value)| (name.to_owned(), AttributeInput::Argument(value.to_owned())))
        .collect();
    let attributes = policy.principal_attributes(&given).unwrap();
    let bound = BoundPolicy::bind(Arc::new(policy), catalog).unwrap_or_else(|errors| panic!("{errors}"));
    (bound, Principal { name: "someone".to_owned(), attributes })
}

#[tokio::test]
async fn verdicts_under_the_shipped_policies_are_those_of_the_golden_file() {
    let matrix = Matrix::open().await;
    let names: Vec<&str> = matrix.policies.keys().map(String::as_str).collect();
    let mut text = format!("# verdict or reason under: {}\n", names.join(", "));
    for case in hostile().into_iter().chain(legitimate()) {
        let flat = case.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let begins: String = flat.chars().take(90).collect();
        let verdicts = matrix.verdicts(&case.sql);
        writeln!(text, "{} {} | {} | {begins}", case.family, case.number, verdicts.join(", ")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/verdicts.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() && matrix.catalog.server_version() / 10_000 == GOLDEN_ON {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let different: Vec<_> = text.lines().zip(kept.lines()).filter(|(is, was)| is != was).collect();
    let major = matrix.catalog.server_version() / 10_000;
    let advice = "run `UPDATE_GOLDEN=1 cargo test --test it bypass` on PostgreSQL 15 and look at the difference";
    if major == GOLDEN_ON {
        assert!(kept == text, "{advice}: {:#?}", different.iter().take(10).collect::<Vec<_>>());
    } else {
        // What a server can't do, or does since, changes some.
        println!("{} verdicts are others on PostgreSQL {major}", different.len());
        let few = text.lines().count() == kept.lines().count() && different.len() * 25 < kept.lines().count();
        assert!(few, "{advice}: {:#?}", different.iter().take(10).collect::<Vec<_>>());
    }
}

/// The golden file is that of this version of PostgreSQL.
const GOLDEN_ON: u32 = 15;
