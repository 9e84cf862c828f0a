//! The variables that pgwicket reads, from the process or from a `.env` file beside the configuration. Holds nothing
//! else of the environment, and shows no value in `Debug`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::fault::{Fault, Faults, Place};

/// Variables by name. Empty ones count as not set, since that is what compose files and shells make of an absent value.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    /// The `.env` file that they stand in; `None` for the process's own.
    file: Option<PathBuf>,
}

/// Whether a variable is any of our business.
fn is_ours(name: &str) -> bool {
    name.starts_with("POSTGRES_")
        || ["DATABASE_URL", "PGWICKET_LOG", "RUST_LOG", "NO_COLOR", "XDG_STATE_HOME", "HOME"].contains(&name)
}

impl Environment {
    /// The process's environment.
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// A `.env` file's variables; none if there is no such file.
    pub(super) fn read(path: &Path, faults: &mut Faults) -> Self {
        let nothing = Self { file: Some(path.to_owned()), ..Self::default() };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return nothing,
            Err(error) => {
                faults.push(Fault::new(Place::Nowhere, format!("`{}` can't be read: {error}", path.display())));
                return nothing;
            }
        };
        let mut found = nothing;
        for item in dotenvy::from_read_iter(text.as_slice()) {
            match item {
                Ok((name, value)) if is_ours(&name) && !value.is_empty() => {
                    found.variables.insert(name, value.into());
                }
                Ok(_) => {}
                // The library's own words quote the line, which may hold a password.
                Err(_) => {
                    let message = format!("`{}` has a line that is not `NAME=value`", path.display());
                    faults.push(Fault::new(Place::Nowhere, message).help("values with spaces or `#` need quotes"));
                    break;
                }
            }
        }
        found
    }

    /// A variable's value. One that isn't UTF-8 is a fault.
    pub(super) fn text(&self, name: &str, faults: &mut Faults) -> Option<String> {
        let text = self.variables.get(name)?.to_str();
        if text.is_none() {
            faults.push(Fault::new(self.place(name), "the value is not UTF-8 text"));
        }
        text.map(str::to_owned)
    }

    /// A variable's value as the operating system has it.
    pub(crate) fn raw(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name)
    }

    /// Where a variable of this environment is written.
    pub(super) fn place(&self, name: &str) -> Place {
        match &self.file {
            Some(file) => Place::DotEnv { file: file.clone(), variable: name.to_owned() },
            None => Place::Variable(name.to_owned()),
        }
    }

    /// The names of the variables that begin with a prefix.
    pub(super) fn names<'e>(&'e self, prefix: &'e str) -> impl Iterator<Item = &'e str> {
        self.variables.keys().map(String::as_str).filter(move |name| name.starts_with(prefix))
    }

    /// The same with another value of one variable, written at the same place.
    #[cfg(any(test, feature = "check"))]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The directory that relative paths are taken from: the `.env` file's, else the process's own.
    pub(super) fn directory(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let kept = variables.filter(|(name, value): &(String, OsString)| is_ours(name) && !value.is_empty());
        Self { variables: kept.collect(), file: None }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_only() {
        let environment: Environment = [("POSTGRES_PASSWORD", "s3cret-word"), ("PATH", "/bin")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"POSTGRES_PASSWORD"}"#);
    }

    #[test]
    fn a_dotenv_file_is_read_and_its_faults_quote_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        let mut faults = Faults::default();
        assert_eq!(Environment::read(&path, &mut faults).names("").count(), 0);
        std::fs::write(&path, "# a comment\nexport POSTGRES_USER=ana\nPOSTGRES_PASSWORD='two words'\nOTHER=1\n")
            .unwrap();
        let environment = Environment::read(&path, &mut faults);
        assert_eq!(environment.text("POSTGRES_PASSWORD", &mut faults).as_deref(), Some("two words"));
        assert_eq!(environment.names("").collect::<Vec<_>>(), ["POSTGRES_PASSWORD", "POSTGRES_USER"]);
        assert_eq!(faults, Faults::default());
        std::fs::write(&path, "POSTGRES_PASSWORD=\"s3cret-word\nPOSTGRES_USER=ana").unwrap();
        Environment::read(&path, &mut faults);
        assert_eq!(faults.0.len(), 1);
        assert!(!format!("{faults} {faults:?}").contains("s3cret"), "{faults}");
    }
}
