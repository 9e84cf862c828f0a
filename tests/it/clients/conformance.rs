//! The conformance suite of MCP, every scenario of every revision, held against the list of what isn't fulfilled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use super::{fetched, table, tables, texts};
use crate::mcp::WRITER;
use crate::support::{Database, HttpServer, PATIENCE, Wicket};

const LIST: &str = include_str!("../../clients/conformance.toml");

/// The suite's scenarios name their checks; this one, that every message fits the schema of its revision, is of all of them.
const SCHEMA: &str = "wire-schema-valid";

/// What a run says of a scenario: each check with how it ended, the worst first where there are several of one name.
type Checks = BTreeMap<String, Ended>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    Failed,
    Warned,
    Skipped,
    Passed,
    Told,
}

impl Ended {
    fn of(status: &str) -> Self {
        match status {
            "FAILURE" => Self::Failed,
            "WARNING" => Self::Warned,
            "SKIPPED" => Self::Skipped,
            "SUCCESS" => Self::Passed,
            "INFO" => Self::Told,
            other => panic!("a check ends with `{other}`"),
        }
    }

    fn is_fulfilled(self) -> bool {
        self >= Self::Passed
    }
}

/// What the list says.
struct Expected {
    /// Scenario, and one check of it or all; with whether anything was found for it.
    items: Vec<(String, Option<String>, bool)>,
    hollow: Vec<String>,
    not_run: Vec<String>,
}

impl Expected {
    fn read(list: &toml::Table) -> Self {
        for group in ["expected", "hollow", "not_run"].into_iter().flat_map(|key| tables(list, key)) {
            assert!(group["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{group:?}");
        }
        let items = tables(list, "expected").flat_map(|group| texts(group, "checks"));
        let items = items.map(|item| match item.split_once(':') {
            Some((scenario, check)) => (scenario.to_owned(), Some(check.to_owned()), false),
            None => (item, None, false),
        });
        let scenarios = |key| tables(list, key).flat_map(|group| texts(group, "scenarios")).collect();
        Self { items: items.collect(), hollow: scenarios("hollow"), not_run: scenarios("not_run") }
    }

    /// Holds a scenario of a run against the list: what is wrong.
    fn hold(&mut self, scenario: &str, checks: &Checks) -> Vec<String> {
        let mut wrong = Vec::new();
        for (check, ended) in checks.iter().filter(|(_, ended)| !ended.is_fulfilled()) {
            let item = self
                .items
                .iter_mut()
                .find(|(of, one, _)| of == scenario && one.as_ref().map_or(check != SCHEMA, |one| one == check));
            match item {
                Some((.., found)) => *found = true,
                None => wrong.push(format!("{scenario}:{check}: {ended:?}, which is not expected")),
            }
        }
        for (_, one, _) in self.items.iter().filter(|(of, ..)| of == scenario) {
            let passes = match one {
                Some(check) => checks.get(check).is_some_and(|ended| ended.is_fulfilled()),
                None => checks.iter().all(|(check, ended)| check == SCHEMA || ended.is_fulfilled()),
            };
            if passes {
                let name = one.as_ref().map_or_else(|| scenario.to_owned(), |check| format!("{scenario}:{check}"));
                wrong.push(format!("{name}: passes; take it from the list"));
            }
        }
        if self.hollow.iter().any(|of| of == scenario) && checks.values().any(|ended| !ended.is_fulfilled()) {
            wrong.push(format!("{scenario}: listed as passed by everyone, and isn't passed"));
        }
        if checks.is_empty() || checks.values().all(|ended| *ended == Ended::Told) {
            wrong.push(format!("{scenario}: nothing was checked"));
        }
        wrong
    }
}

/// The suite's command line.
async fn suite(clients: &Path, version: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(clients.join("node/run"));
    command.arg(clients.join(format!("node/node_modules/conformance-{version}/dist/index.js"))).args(arguments);
    let output = timeout(2 * PATIENCE, command.kill_on_drop(true).output()).await.expect("the suite hangs").unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // Unfulfilled checks are 1, too; whether everything was run is seen from its results.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The server scenarios that a suite has, each with the revisions it is of.
async fn scenarios(clients: &Path, version: &str) -> Vec<(String, String)> {
    let said = suite(clients, version, &["list", "--server"]).await;
    let lines = said.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(" ["));
    lines.map(|(name, revisions)| (name.to_owned(), revisions.to_owned())).collect()
}

/// The results of a run, by scenario: `server-NAME-TIME/checks.json`.
fn results(directory: &Path) -> BTreeMap<String, Checks> {
    let mut results = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let name = name.strip_prefix("server-").and_then(|name| name.rsplitn(7, '-').last()).unwrap().to_owned();
        let text = fs::read_to_string(entry.path().join("checks.json")).unwrap();
        let mut checks = Checks::new();
        for check in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
            let ended = Ended::of(check["status"].as_str().unwrap());
            let worst = checks.entry(check["id"].as_str().unwrap().to_owned()).or_insert(ended);
            *worst = (*worst).min(ended);
        }
        results.insert(name, checks);
    }
    results
}

#[tokio::test]
async fn the_suite_passes_but_for_what_is_listed() {
    let Some(clients) = fetched() else { return };
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", WRITER);
    // Its pages are let in, which is a scenario, and its requests bring no token.
    wicket.write(
        "pgwicket.toml",
        "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\n\
         [doors.http]\nallowed_origins = [\"http://127.0.0.1:*\"]\n",
    );
    let arguments = ["serve", "--config", "pgwicket.toml", "--principal", "ana", "--http", "127.0.0.1:0"];
    let server = HttpServer::start(wicket.command(&arguments)).await;
    let url = format!("http://{}/mcp", server.address);

    let list = table(LIST);
    let mut expected = Expected::read(&list);
    let mut wrong = Vec::new();
    for run in tables(&list, "run") {
        let (version, revision) = (run["suite"].as_str().unwrap(), run["revision"].as_str().unwrap());
        let there = scenarios(&clients, version).await;
        let (of_revision, others): (Vec<_>, Vec<_>) =
            there.iter().partition(|(_, revisions)| revisions.contains(revision));
        let strays = others.iter().filter(|(name, revisions)| {
            revisions.starts_with("extension") != expected.not_run.iter().any(|known| known == name)
        });
        wrong.extend(strays.map(|(name, _)| format!("{name}: in no run, and not listed so, or the other way round")));
        let directory = wicket.path(&format!("results-{version}-{revision}"));
        let output = directory.to_str().unwrap();
        let told = ["server", "--url", &url, "--suite", "all", "--spec-version", revision, "--output-dir", output];
        suite(&clients, version, &told).await;
        let results = results(&directory);
        let mut passed = 0;
        for (scenario, _) in &of_revision {
            match results.get(scenario) {
                None => wrong.push(format!("{version} at {revision}: {scenario} did not run")),
                Some(checks) => {
                    let found = expected.hold(scenario, checks);
                    wrong.extend(found.iter().map(|fault| format!("{version} at {revision}: {fault}")));
                    passed += checks.values().filter(|ended| **ended == Ended::Passed).count();
                }
            }
        }
        println!("suite {version} at {revision}: {} scenarios, {passed} checks passed", of_revision.len());
    }
    let unseen = expected.items.iter().filter(|(.., found)| !found);
    wrong.extend(unseen.map(|(scenario, check, _)| format!("{scenario} {check:?}: listed, and fails in no run")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
