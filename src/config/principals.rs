//! Principals: each one's policy read from its file, and its attributes held against what the policy declares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault::{Fault, Faults, Place};
use super::file::Written;
use super::in_force::{FileRead, Loaded};
use crate::gate::admit::Principal;
use crate::gate::policy::attributes::AttributeInput;
use crate::gate::policy::{Diagnostics, Policy};
use crate::gateway::Member;

/// The largest policy file that is read, in bytes; the gate has a bound of its own below it.
const MOST_BYTES: u64 = 4 << 20;

/// Reads a policy and all that it extends.
///
/// # Errors
/// The file can't be read, or every fault of it.
pub fn read_policy(path: &Path) -> Result<Policy, PolicyFileError> {
    read_with_files(path).map(|(policy, _)| policy)
}

/// As [`read_policy`], with what each file was.
fn read_with_files(path: &Path) -> Result<(Policy, Vec<FileRead>), PolicyFileError> {
    let name = path.to_string_lossy();
    let text = read(path).map_err(|why| PolicyFileError::Unreadable { file: name.clone().into_owned(), why })?;
    let mut files = vec![FileRead::new(&name, &text)];
    let mut load = |joined: &str| {
        // Without `.` components, so that a file that extends itself is recognised.
        let path: PathBuf = Path::new(joined).components().collect();
        let text = read(&path)?;
        let name = path.to_string_lossy().into_owned();
        if files.iter().all(|file| file.file != name) {
            files.push(FileRead::new(&name, &text));
        }
        Ok((name, text))
    };
    let policy = Policy::parse(&name, &text, &mut load).map_err(PolicyFileError::Faulty)?;
    Ok((policy, files))
}

/// Why a policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFileError {
    /// The file itself; those that it extends are faults of it.
    Unreadable {
        /// The file as it was named.
        file: String,
        /// Why.
        why: String,
    },
    /// What it says.
    Faulty(Diagnostics),
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| plain(&error))?.len();
    if size > MOST_BYTES {
        return Err("it is too large".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| plain(&error))
}

/// An input or output error in words of ours where it is a frequent one.
pub(super) fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "pgwicket may not read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads policies, each file once.
#[derive(Debug, Default)]
pub(super) struct Policies {
    read: BTreeMap<PathBuf, Option<Arc<Policy>>>,
    /// The files of each, and who is under it.
    pub loaded: BTreeMap<PathBuf, Loaded>,
}

impl Policies {
    /// The policy of a file. What is wrong with it is told once.
    fn read(&mut self, path: &Path, place: &Place, faults: &mut Faults) -> Option<Arc<Policy>> {
        if let Some(known) = self.read.get(path) {
            return known.clone();
        }
        let policy = match read_with_files(path) {
            Ok((policy, files)) => {
                let policy = Arc::new(policy);
                let loaded = Loaded { policy: Arc::clone(&policy), files, principals: Vec::new() };
                self.loaded.insert(path.to_owned(), loaded);
                Some(policy)
            }
            Err(PolicyFileError::Faulty(errors)) => {
                faults.take_in(errors);
                None
            }
            Err(PolicyFileError::Unreadable { file, why }) => {
                faults.push(Fault::new(place.clone(), format!("the policy `{file}` can't be read: {why}")));
                None
            }
        };
        self.read.insert(path.to_owned(), policy.clone());
        policy
    }

    fn is_under(&mut self, name: &str, path: &Path) {
        if let Some(loaded) = self.loaded.get_mut(path) {
            loaded.principals.push(name.to_owned());
        }
    }

    /// A principal of `pgwicket.toml`.
    pub fn configured(&mut self, name: &str, written: &Written, faults: &mut Faults) -> Option<Member> {
        let (path, place) = written.policy.as_ref()?;
        let policy = self.read(path, place, faults)?;
        self.is_under(name, path);
        let place = |attribute: &str| written.places.get(attribute).unwrap_or(&written.place).clone();
        bring(name, policy, &written.attributes, place, faults)
    }

    /// The principal of the command line: `--policy FILE --attribute name=value`.
    pub fn local(&mut self, path: &Path, arguments: &[String], faults: &mut Faults) -> Option<Member> {
        let mut given = BTreeMap::new();
        let place = |_: &str| Place::Argument("--attribute");
        for argument in arguments {
            match argument.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    let value = AttributeInput::Argument(value.to_owned());
                    if given.insert(name.to_owned(), value).is_some() {
                        faults.push(Fault::new(place(name), format!("the attribute `{name}` is given twice")));
                    }
                }
                _ => {
                    let fault = Fault::new(place(argument), format!("`{argument}` is not an attribute"));
                    faults.push(fault.help("as in `--attribute tenant=7`"));
                }
            }
        }
        let policy = self.read(path, &Place::Argument("--policy"), faults)?;
        self.is_under(super::LOCAL, path);
        bring(super::LOCAL, policy, &given, place, faults)
    }
}

fn bring(
    name: &str,
    policy: Arc<Policy>,
    given: &BTreeMap<String, AttributeInput>,
    place: impl Fn(&str) -> Place,
    faults: &mut Faults,
) -> Option<Member> {
    match policy.principal_attributes(given) {
        Ok(attributes) => Some(Member { principal: Arc::new(Principal { name: name.to_owned(), attributes }), policy }),
        Err(errors) => {
            for error in errors {
                faults.push(Fault { place: place(&error.name), message: error.message, help: error.help });
            }
            None
        }
    }
}
