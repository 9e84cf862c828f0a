//! What is wrong with a policy, each fault with its place: all of them at once, as a compiler tells them.

use std::fmt;

use crate::gate::diagnostic::Rule;

/// One fault of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// File, line and key path.
    pub rule: Rule,
    /// Column in characters, from 1, where it is known.
    pub column: Option<u32>,
    /// One plain sentence: lower case, no full stop, the author's words in backticks.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl PolicyError {
    /// A fault at a rule.
    pub fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self { rule, column: None, message: message.into(), help: None }
    }

    /// Says in which column, from 1.
    #[must_use]
    pub fn at_column(mut self, column: u32) -> Self {
        self.column = Some(column);
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to write instead, where that is known.
    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rule.file, self.rule.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if !self.rule.key.is_empty() {
            write!(f, " ({})", self.rule.key)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

/// Every fault of a policy, in the order of files and lines. Displayed one below the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(pub Vec<PolicyError>);

impl Diagnostics {
    /// Adds a fault.
    pub(crate) fn push(&mut self, error: PolicyError) {
        self.0.push(error);
    }

    /// The value if there is no fault, else all faults in the order of their places.
    pub(crate) fn result<T>(mut self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            return Ok(value);
        }
        // Stable: files stay in the order in which they were read, since the sort looks at lines within one file only.
        let files: Vec<String> = self.0.iter().map(|error| error.rule.file.clone()).collect();
        let first = |file: &str| files.iter().position(|known| known == file);
        self.0.sort_by_key(|error| (first(&error.rule.file), error.rule.line, error.column));
        Err(self)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
