//! What is in force, put on record: the policies that were loaded, and the configuration where it differs from the one
//! that this chain of the history had on record last. Nothing is served before.

use std::collections::BTreeMap;

use crate::config::{Config, Loaded, Setting};
use crate::history::{
    Change, ConfigChange, Detail, Difference, Entry, History, HistoryError, Kind, LineHash, PolicyFile, PolicyInForce,
    PolicyLoad, Record, Where,
};
use crate::keys::{Keys, Purpose, Subkey};

/// The longest value that is recorded as it is, in bytes.
const MOST_BYTES: usize = 1024;

/// Says what is in force from here on.
///
/// # Errors
/// When it can't be recorded, or what was in force before can't be read.
pub(super) async fn record(history: &History, config: &Config, keys: &Keys, place: &Where) -> Result<(), HistoryError> {
    let unreadable = |error: std::io::Error| HistoryError::Unavailable { cause: error.to_string() };
    let before = history.last(Kind::PolicyLoad).await.map_err(unreadable)?;
    let digest = keys.subkey(Purpose::LiteralDigest);
    let settings = settings(config, digest);
    let configuration = hash(&settings);
    let known = before.as_ref().and_then(loaded).is_some_and(|load| load.configuration == configuration);
    if !known {
        let before = history.last(Kind::ConfigChange).await.map_err(unreadable)?;
        history.append(Entry::config_change(place.clone(), change(settings, configuration, before.as_ref()))).await?;
    }
    history.append(Entry::policy_load(place.clone(), load(config, digest, configuration, before.as_ref()))).await?;
    Ok(())
}

/// Every setting as it may stand in the history.
fn settings(config: &Config, digest: &Subkey) -> BTreeMap<String, String> {
    let said = |setting: Setting| match setting {
        Setting::Clear(text) if text.len() <= MOST_BYTES => text,
        Setting::Clear(text) => format!("digest {}", digest.digest([text.as_bytes()])),
        Setting::Keyed(text) => format!("digest {}", digest.digest([text.as_bytes()])),
    };
    config.settings().into_iter().map(|(name, setting)| (name, said(setting))).collect()
}

fn hash(settings: &BTreeMap<String, String>) -> LineHash {
    let pairs = settings.iter().flat_map(|(name, value)| [name.as_bytes(), b"\0", value.as_bytes(), b"\0"]);
    LineHash::of(&pairs.flatten().copied().collect::<Vec<u8>>())
}

fn change(settings: BTreeMap<String, String>, configuration: LineHash, before: Option<&Record>) -> ConfigChange {
    let old = before.and_then(|record| match &record.entry.detail {
        Some(Detail::ConfigChange(old)) => Some(old),
        _ => None,
    });
    let mut differences = Vec::new();
    if let Some(old) = old {
        let names = old.settings.keys().chain(settings.keys().filter(|name| !old.settings.contains_key(*name)));
        for name in names {
            let (before, after) = (old.settings.get(name).cloned(), settings.get(name).cloned());
            if before != after {
                differences.push(Difference { setting: name.clone(), before, after });
            }
        }
    }
    ConfigChange {
        settings,
        settings_left_out: 0,
        differences,
        configuration,
        compared_with: old.and(before).map(|record| record.entry.id),
    }
}

fn load(config: &Config, digest: &Subkey, configuration: LineHash, before: Option<&Record>) -> PolicyLoad {
    let old = before.and_then(loaded);
    let all = config.policies.values().filter(|loaded| !loaded.principals.is_empty());
    let policies: Vec<PolicyInForce> = all.map(|loaded| in_force(loaded, digest, old)).collect();
    let is_there = |file: &String| policies.iter().any(|policy| policy.file == *file);
    let removed = old.iter().flat_map(|old| &old.policies).map(|policy| &policy.file).filter(|file| !is_there(file));
    let removed = removed.cloned().collect();
    PolicyLoad {
        policies,
        policies_left_out: 0,
        removed,
        configuration,
        compared_with: old.and(before).map(|record| record.entry.id),
    }
}

fn loaded(record: &Record) -> Option<&PolicyLoad> {
    match &record.entry.detail {
        Some(Detail::PolicyLoad(load)) => Some(load),
        _ => None,
    }
}

fn in_force(loaded: &Loaded, digest: &Subkey, old: Option<&PolicyLoad>) -> PolicyInForce {
    let files: Vec<PolicyFile> = loaded
        .files
        .iter()
        .map(|read| PolicyFile {
            file: read.file.clone(),
            sha256: read.sha256.clone(),
            sections: read.sections.iter().map(|(name, hash)| (name.clone(), short(digest, hash))).collect(),
        })
        .collect();
    let file = files.first().map(|file| file.file.clone()).unwrap_or_default();
    let now = &loaded.policy.digest;
    let before = old.and_then(|old| old.policies.iter().find(|policy| policy.file == file));
    let change = match before {
        None => Change::New,
        Some(before) if before.policy_digest == *now => Change::Unchanged,
        Some(_) => Change::Changed,
    };
    let changed = before.map(|before| differences(&before.files, &files)).unwrap_or_default();
    PolicyInForce {
        file,
        policy: loaded.policy.name.clone(),
        policy_digest: now.clone(),
        principals: loaded.principals.clone(),
        change,
        digest_before: before.map(|before| before.policy_digest.clone()).filter(|digest| digest != now),
        changed,
        files,
    }
}

/// Half of a keyed digest: enough to see that a section is another one.
fn short(digest: &Subkey, hash: &[u8; 32]) -> String {
    digest.digest([&hash[..]]).chars().take(32).collect()
}

/// The sections that differ, as `file: section`; of a file that differs in none of them, its layout.
fn differences(before: &[PolicyFile], after: &[PolicyFile]) -> Vec<String> {
    let mut changed = Vec::new();
    let find = |all: &[PolicyFile], name: &str| all.iter().position(|file| file.file == name);
    for file in after {
        let Some(old) = find(before, &file.file).and_then(|at| before.get(at)) else {
            changed.push(format!("{}: the file is new", file.file));
            continue;
        };
        if old.sha256 == file.sha256 {
            continue;
        }
        let known = changed.len();
        let names = old.sections.keys().chain(file.sections.keys().filter(|name| !old.sections.contains_key(*name)));
        for name in names.filter(|name| old.sections.get(*name) != file.sections.get(*name)) {
            changed.push(format!("{}: {name}", file.file));
        }
        if changed.len() == known {
            changed.push(format!("{}: comments or layout", file.file));
        }
    }
    let gone = before.iter().filter(|file| find(after, &file.file).is_none());
    changed.extend(gone.map(|file| format!("{}: the file is gone", file.file)));
    changed
}
