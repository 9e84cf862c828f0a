//! The files beside the database: the history, its keys, and what holds the password.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Finding, Severity};
use crate::history;
use crate::keys::{self, KeyError, Keys};

/// What is wrong with the history's directory, its keys and files that hold a password. Leaves nothing behind.
pub fn examine(history: Option<&Path>, secrets: &[&Path]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(history) = history {
        findings.extend(unwritable(history));
        findings.extend(unwritable_chains(history));
        let keys = keys::directory_beside(history);
        let loose = private_keys(&keys);
        if loose.is_empty() {
            findings.extend(unusable_keys(history, &keys));
        }
        findings.extend(loose);
        findings.extend(open_to_others(history, "the history", "it tells who asked what"));
    }
    for secret in secrets {
        findings.extend(open_to_others(
            secret,
            "the file with the password",
            "whoever reads it logs in as pgwicket does",
        ));
    }
    findings
}

/// A history that can't be written stops everything.
fn unwritable(history: &Path) -> Option<Finding> {
    // What isn't there yet is made at the first start, in what is there.
    let there = history.ancestors().find(|path| path.as_os_str().is_empty() || path.exists())?;
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let error = probe(there).err()?;
    let what = format!("the history `{}` can't be written: {error}", history.display());
    let why = "nothing is executed that can't be recorded";
    let mend = format!("install -d -m 0700 -o USER {}", history.display());
    Some(Finding::new(Severity::Broken, what, why).mend(format!("as root, for the user that runs pgwicket: {mend}")))
}

/// Files that are there and have to be written, as after one start by another user.
fn unwritable_chains(history: &Path) -> Vec<Finding> {
    if !history.is_dir() {
        return Vec::new();
    }
    let why = "pgwicket doesn't start";
    let mend = format!("as root, for the user that runs pgwicket: chown -R USER {}", history.display());
    let finding = |path: &Path, error: &io::Error| {
        let what = format!("`{}` of the history can't be written: {error}", path.display());
        Finding::new(Severity::Broken, what, why).mend(mend.clone())
    };
    match history::unwritable_files(history) {
        Ok(files) => files.iter().map(|(path, error)| finding(path, error)).collect(),
        Err(error) => vec![finding(history, &error)],
    }
}

/// Keys that a server wouldn't take: it goes on with records only if it has the keys that they were written with.
fn unusable_keys(history: &Path, keys: &Path) -> Option<Finding> {
    // A history that can't be read is told elsewhere; without records the keys are made.
    if !history::has_records(history).unwrap_or(false) {
        return None;
    }
    let error = Keys::open(keys, true).err()?;
    let finding = Finding::new(Severity::Broken, error.to_string(), "pgwicket doesn't start without its keys");
    Some(match error {
        KeyError::Io { cause, .. } if cause.kind() == ErrorKind::PermissionDenied => finding.mend(owner(keys)),
        _ => finding.mend(format!("restore {} from a copy, or move {} away", keys.display(), history.display())),
    })
}

fn owner(keys: &Path) -> String {
    format!("as root, for the user that runs pgwicket: chown -R USER {}", keys.display())
}

/// Makes a file there and takes it away.
fn probe(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!(".pgwicket-doctor-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&path)?;
    fs::remove_file(path)
}

/// Keys that others may read are refused at start.
fn private_keys(directory: &Path) -> Vec<Finding> {
    let mut paths = vec![directory.to_owned()];
    match fs::read_dir(directory) {
        Ok(entries) => paths.extend(entries.flatten().map(|entry| entry.path())),
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let what = format!("the keys `{}` can't be read: {error}", directory.display());
            return vec![
                Finding::new(Severity::Broken, what, "pgwicket doesn't start without its keys").mend(owner(directory)),
            ];
        }
    }
    let loose = |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0);
    paths.retain(|path| loose(path));
    let finding = |path: &std::path::PathBuf| {
        let what = format!("group or others may use the keys `{}`", path.display());
        let why = "whoever has the key undoes hash masks and signs histories; pgwicket doesn't start";
        let mode = if path.is_dir() { "0700" } else { "0600" };
        Finding::new(Severity::Broken, what, why).mend(format!("chmod {mode} {}", path.display()))
    };
    paths.iter().map(finding).collect()
}

fn open_to_others(path: &Path, name: &str, why: &'static str) -> Option<Finding> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    if mode & 0o007 == 0 {
        return None;
    }
    let what = format!("others on this machine may open {name} `{}` (mode {:04o})", path.display(), mode & 0o7777);
    Some(Finding::new(Severity::Wide, what, why).mend(format!("chmod o= {}", path.display())))
}
