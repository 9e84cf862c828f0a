//! Runs the unit tests against each mutant.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::list::{self, Mutant};

/// How the tests ended with a mutant. It belongs to one build of them.
#[derive(Serialize, Deserialize)]
pub struct Verdict {
    pub build: String,
    pub name: String,
    /// `caught`, `timeout` or `missed`.
    pub verdict: String,
    /// The first test that failed.
    pub by: String,
    pub seconds: f64,
}

/// Memory of a test process, in KiB: a mutant may well ask for all there is.
const MEMORY: u64 = 16 << 20;

/// Somebody ended the tests: that says nothing of the mutant.
const INTERRUPTED: &str = "interrupted";

/// Runs whatever has no verdict for this build yet, and adds the verdicts to `results`.
pub fn all(list: &Path, binary: &Path, rest: &Path, results: &Path) -> Result<(), String> {
    let mutants = list::read(list)?;
    let rest = std::fs::read_to_string(rest).map_err(|error| format!("{}: {error}", rest.display()))?;
    let rest: BTreeSet<&str> = rest.lines().collect();
    let build = digest(binary)?;
    let known = verdicts(results, Some(&build))?;
    let began = Instant::now();
    // Without a mutant everything has to pass; and this tells how long it takes.
    if let Some((verdict, by)) = tried(binary, 0, "gate::", Duration::from_secs(3600)) {
        return Err(format!("without a mutant: {verdict} by {by}"));
    }
    let limit = began.elapsed() * 5 + Duration::from_secs(30);
    let todo: Vec<(usize, &Mutant)> = (1..)
        .zip(&mutants)
        .filter(|(_, mutant)| !rest.contains(mutant.name.as_str()) && !known.contains_key(&mutant.name))
        .collect();
    eprintln!(
        "{} mutants, {} known, {} to try; the tests take {:?}",
        mutants.len(),
        known.len(),
        todo.len(),
        began.elapsed()
    );
    let file = std::fs::OpenOptions::new().create(true).append(true).open(results);
    let file = Mutex::new(file.map_err(|error| format!("{}: {error}", results.display()))?);
    let (next, broken) = (AtomicUsize::new(0), AtomicBool::new(false));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((number, mutant)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let began = Instant::now();
                    let found = tried(binary, *number, &module(&mutant.file), limit);
                    let (verdict, by) = found.unwrap_or(("missed", String::new()));
                    if verdict == INTERRUPTED {
                        broken.store(true, Ordering::Relaxed);
                        return;
                    }
                    let line = Verdict {
                        build: build.clone(),
                        name: mutant.name.clone(),
                        verdict: verdict.to_owned(),
                        by,
                        seconds: began.elapsed().as_secs_f64(),
                    };
                    let line = serde_json::to_string(&line).map(|line| line + "\n").unwrap_or_default();
                    let written = file.lock().map(|mut file| file.write_all(line.as_bytes()).is_ok());
                    if !written.unwrap_or(false) {
                        broken.store(true, Ordering::Relaxed);
                    }
                    if verdict == "missed" {
                        eprintln!("missed: {}", mutant.name);
                    }
                }
            });
        }
    });
    match broken.into_inner() {
        true => Err(format!("interrupted, or {} can't be written; the next run goes on", results.display())),
        false => Ok(()),
    }
}

/// The verdicts in a file of results, of one build or of the last one.
pub fn verdicts(results: &Path, build: Option<&str>) -> Result<BTreeMap<String, Verdict>, String> {
    let text = match std::fs::read_to_string(results) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("{}: {error}", results.display())),
    };
    let all = text.lines().map(serde_json::from_str).collect::<Result<Vec<Verdict>, _>>();
    let all = all.map_err(|error| format!("{}: {error}", results.display()))?;
    let build = build.map(str::to_owned).or_else(|| all.last().map(|one| one.build.clone()));
    Ok(all.into_iter().filter(|one| Some(&one.build) == build.as_ref()).map(|one| (one.name.clone(), one)).collect())
}

fn digest(binary: &Path) -> Result<String, String> {
    let bytes = std::fs::read(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    Ok(Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// The module of a file, whose own tests are the likeliest to notice.
fn module(file: &str) -> String {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    format!("{}::", path.replace('/', "::"))
}

/// `None` if no test notices. The module's own tests come first, the long ones last.
fn tried(binary: &Path, number: usize, module: &str, limit: Duration) -> Option<(&'static str, String)> {
    let rounds: [&[&str]; 3] =
        [&[module], &["gate::", "--skip", "gate::check::", "--skip", module], &["gate::check::"]];
    // Where the module is the whole gate, its round has them all.
    let rounds = if module == "gate::" { &rounds[..1] } else { &rounds[..] };
    rounds.iter().find_map(|filters| round(binary, number, filters, limit))
}

fn round(binary: &Path, number: usize, filters: &[&str], limit: Duration) -> Option<(&'static str, String)> {
    let child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(binary)
        .args(["--test-threads", "1"])
        .args(filters)
        .env("PGWICKET_MUTANT", number.to_string())
        .env("PROPTEST_RNG_SEED", "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Some(("broken", format!("the tests can't be started: {error}"))),
    };
    let output = child.stdout.take();
    let child = Mutex::new(child);
    let (ended, late) = (AtomicBool::new(false), AtomicBool::new(false));
    let (mut failed, mut last) = (None, String::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            while !ended.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
                if began.elapsed() > limit {
                    late.store(true, Ordering::Relaxed);
                    return kill(&child);
                }
            }
        });
        for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok) {
            if let Some((name, how)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) {
                last = name.to_owned();
                if how == "FAILED" {
                    failed = Some(name.to_owned());
                    break;
                }
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
    if failed.is_some() {
        kill(&child);
    }
    let status = child.lock().ok().and_then(|mut child| child.wait().ok());
    match (failed, late.into_inner(), status) {
        (Some(name), ..) => Some(("caught", name)),
        (None, true, _) => Some(("timeout", format!("behind {last}"))),
        (None, false, Some(status)) if status.success() => None,
        // SIGHUP, SIGINT, SIGTERM. A mutant itself ends by SIGABRT, SIGSEGV or, for want of memory, SIGKILL.
        (None, false, Some(status)) if matches!(status.signal(), Some(1 | 2 | 15)) => Some((INTERRUPTED, last)),
        (None, false, _) => Some(("caught", format!("the process ended behind {last}"))),
    }
}

fn kill(child: &Mutex<Child>) {
    // It may have ended by itself.
    let _ = child.lock().map(|mut child| child.kill());
}
