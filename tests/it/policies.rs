//! The ready-made policies mean what the tables beside them say, and the reference says what the registries say.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it policies` writes what is generated: the tables of `docs/policy.md` and
//! `policies/policy.schema.json`. The tables of cases are written by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgwicket::catalog::load;
use pgwicket::gate::admit::{Principal, Submission, admit};
use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::policy::attributes::AttributeInput;
use pgwicket::gate::policy::{BoundPolicy, Policy, keys, reference};
use serde::Deserialize;

use crate::support::Database;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A table of cases, as `policies/*.cases.toml` have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    policy: String,
    #[serde(default)]
    attributes: BTreeMap<String, AttributeInput>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    sql: String,
    verdict: String,
    reason: Option<String>,
    rule: Option<String>,
}

fn ready_made() -> Vec<PathBuf> {
    let directory = repository().join("policies");
    let entries = std::fs::read_dir(&directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn is_table(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".cases.toml")
}

fn policy(path: &Path) -> Policy {
    let name = path.file_name().unwrap().to_string_lossy();
    let mut load = |_: &str| Err("the ready-made policies stand alone".to_owned());
    Policy::parse(&name, &read(path), &mut load).unwrap_or_else(|errors| panic!("{errors}"))
}

#[tokio::test]
async fn the_ready_made_policies_mean_what_the_tables_beside_them_say() {
    let database = Database::sample().await;
    let catalog = Catalog::new(load(&database.connect_as_wicket().await).await.unwrap());
    let mut told = 0;
    let mut wrong = Vec::new();
    for path in ready_made().into_iter().filter(|path| is_table(path)) {
        let table: Table = toml::from_str(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let policy = policy(&path.with_file_name(&table.policy));
        let attributes = policy.principal_attributes(&table.attributes).unwrap_or_else(|errors| panic!("{errors:?}"));
        let principal = Principal { name: "someone".to_owned(), attributes };
        let bound = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap_or_else(|errors| panic!("{errors}"));
        for case in table.cases {
            told += 1;
            let submission = Submission::Sql { text: case.sql.clone(), parameters: Vec::new() };
            let expected = (case.verdict.as_str(), case.reason.clone(), case.rule.clone());
            let (verdict, reason, rule, message) = match admit(&catalog, &bound, &principal, &submission) {
                Ok(admitted) => ("admitted", None, None, admitted.sql().to_owned()),
                Err(rejection) => {
                    let reason = rejection.reason.code().to_owned();
                    let truth = rejection.revealed();
                    let rule = truth.rule.map(|rule| rule.key).filter(|_| case.rule.is_some());
                    ("rejected", Some(reason), rule, truth.message)
                }
            };
            let got = (verdict, reason, rule);
            if got != expected {
                wrong
                    .push(format!("{}: {}\n  expected {expected:?}\n  got {got:?}: {message}", table.policy, case.sql));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(told > 80, "only {told} cases were found");
}

#[test]
fn every_ready_made_policy_has_a_table_of_cases() {
    let (tables, policies): (Vec<PathBuf>, Vec<PathBuf>) = ready_made().into_iter().partition(|path| is_table(path));
    assert!(policies.len() >= 3);
    for path in policies {
        assert!(tables.contains(&path.with_extension("cases.toml")), "{} has no table", path.display());
        policy(&path);
    }
}

/// Compares a generated text with the file that holds it, or writes it.
fn golden(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, expected).unwrap();
    }
    let advice = "run `UPDATE_GOLDEN=1 cargo test --test it policies` and look at the difference";
    assert!(read(path) == expected, "{} is not what the registries say: {advice}", path.display());
}

#[test]
fn the_json_schema_is_the_registrys() {
    golden(&repository().join("policies/policy.schema.json"), &reference::json_schema());
}

#[test]
fn the_tables_of_the_reference_are_the_registrys() {
    let path = repository().join("docs/policy.md");
    let mut text = read(&path);
    for (name, generated) in [("keys", reference::key_tables(keys::ALL)), ("masks", reference::mask_tables())] {
        let (begin, end) = (format!("<!-- {name}: generated -->\n\n"), format!("\n\n<!-- end of {name} -->"));
        let start = text.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
        let stop = text.find(&end).unwrap_or_else(|| panic!("no {end}"));
        text.replace_range(start..stop, &generated);
    }
    golden(&path, &text);
}

#[test]
fn the_examples_of_the_reference_are_policies() {
    let text = read(&repository().join("docs/policy.md"));
    let mut count = 0;
    for example in text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        // An example is a whole file, or what follows the first two lines.
        let whole = if example.contains("version = 1") {
            example.to_owned()
        } else {
            format!("version = 1\nname = \"example\"\n{example}")
        };
        // What the examples extend says nothing of its own.
        let mut load = |path: &str| Ok((path.to_owned(), "version = 1\n".to_owned()));
        Policy::parse("example", &whole, &mut load).unwrap_or_else(|errors| panic!("{errors}\n{whole}"));
        count += 1;
    }
    assert!(count >= 2);
}

#[tokio::test]
async fn what_a_policy_names_has_to_exist() {
    let database = Database::sample().await;
    let catalog = Catalog::new(load(&database.connect_as_wicket().await).await.unwrap());
    let told = |body: &str| {
        let text = format!("version = 1\nname = 'p'\n{body}");
        let policy = Policy::parse("p.toml", &text, &mut |_| Err(String::new())).unwrap();
        BoundPolicy::bind(Arc::new(policy), &catalog).err().map(|errors| errors.to_string()).unwrap_or_default()
    };
    for (body, expected) in [
        (
            "[schemas.sale]\naccess = 'read'",
            "p.toml:4: schema `sale` does not exist in the database (schemas.sale.access)\n  help: did you mean `sales`?",
        ),
        (
            "[schemas.sales]\naccess = 'read'\n[tables.'sales.custmers']",
            "p.toml:5: table `sales.custmers` does not exist",
        ),
        ("[schemas.sales]\naccess = 'read'\ndeny = ['payroll']", "p.toml:5: table `sales.payroll` does not exist"),
        ("[schemas.sales]\naccess = 'read'\ndeny = ['pay_roll_*']", ""),
        (
            "[columns]\n'custmers.ssn' = 'deny'",
            "p.toml:4: no table of the database fits `custmers.ssn` (columns.\"custmers.ssn\")\n  help: did you mean `customers`?",
        ),
        ("[columns]\n'customers.snn' = 'deny'", "p.toml:4: no column of the database fits `customers.snn`"),
        ("[columns]\n'hr.customers.ssn' = 'deny'", "no table of the database fits `hr.customers.ssn`"),
        ("[columns]\n'*.snn' = 'deny'\n'customers.snn*' = 'deny'", ""),
        (
            "[search_path]\nschemas = ['gone']\n[functions]\nallow = ['gone.f()']",
            "p.toml:4: schema `gone` does not exist",
        ),
        ("[functions]\nallow = ['sales.fx_rate(text)']", "help: the database has `sales.fx_rate(text, date)`"),
        (
            "[schemas.sales]\naccess = 'read'\n[tables.'sales.customers']\ndeny_columns = ['sn']\ncolumns = ['id', 'x']\nmask = { mail = 'email' }",
            "p.toml:6: column `sn` does not exist in `sales.customers`",
        ),
        // Masks by name that don't fit: an error where the column can be seen, nothing where it can't.
        (
            "[schemas.sales]\naccess = 'read'\n[columns]\n'*.id' = { mask = 'email' }",
            "the mask on `sales.customers.id`",
        ),
        ("[schemas.scratch]\naccess = 'read'\n[columns]\n'*.salary' = { mask = 'email' }", ""),
    ] {
        let told = told(body);
        assert!(
            if expected.is_empty() { told.is_empty() } else { told.contains(expected) },
            "{body}\n--- told: {told}"
        );
    }
}
