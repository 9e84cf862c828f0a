//! What is wrong with a configuration: each fault names the file and line, the variable or the argument. Values of
//! secrets never get here.

use std::fmt;
use std::path::PathBuf;

use crate::gate::diagnostic::Rule;
use crate::gate::policy::{Diagnostics, PolicyError};

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular.
    Nowhere,
    /// A key of a policy or of `pgwicket.toml`.
    File {
        /// The file as it was named.
        file: String,
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1, where it is known.
        column: Option<u32>,
        /// The key's path.
        key: String,
    },
    /// A variable of the environment.
    Variable(String),
    /// A variable in a `.env` file.
    DotEnv {
        /// The file.
        file: PathBuf,
        /// The variable.
        variable: String,
    },
    /// An argument of the command line.
    Argument(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("the configuration"),
            Self::File { file, line, column: Some(column), .. } => write!(f, "{file}:{line}:{column}"),
            Self::File { file, line, column: None, .. } => write!(f, "{file}:{line}"),
            Self::Variable(name) => f.write_str(name),
            Self::DotEnv { file, variable } => write!(f, "{}: {variable}", file.display()),
            Self::Argument(name) => f.write_str(name),
        }
    }
}

impl From<Rule> for Place {
    fn from(rule: Rule) -> Self {
        Self::File { file: rule.file, line: rule.line, column: None, key: rule.key }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// One plain sentence: lower case, no full stop, the author's words in backticks.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: None }
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Nowhere => f.write_str(&self.message)?,
            place => write!(f, "{place}: {}", self.message)?,
        }
        match &self.place {
            Place::File { key, .. } if !key.is_empty() => write!(f, " ({key})"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

impl From<PolicyError> for Fault {
    fn from(error: PolicyError) -> Self {
        let PolicyError { rule, column, message, help } = error;
        Self { place: Place::File { file: rule.file, line: rule.line, column, key: rule.key }, message, help }
    }
}

/// Every fault that was found, not only the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// One more.
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn take_in(&mut self, diagnostics: Diagnostics) {
        self.0.extend(Self::from(diagnostics).0);
    }
}

impl From<Diagnostics> for Faults {
    fn from(diagnostics: Diagnostics) -> Self {
        Self(diagnostics.0.into_iter().map(Fault::from).collect())
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
