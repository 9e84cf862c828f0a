//! How a command ends: the exit codes, and one clear message a failure on standard error.

use std::process::ExitCode;

use super::{draw, output};
use crate::app::{Part, StartError};
use crate::config::{Fault, Faults, Place};
use crate::gate::diagnostic::{Reason, Rejection};

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Refused,
    Configuration,
    Database,
    History,
    /// Of `history verify`.
    Tampered,
    /// Of `history verify`.
    Unanchored,
    /// Of `history verify`.
    Unpaired,
    /// A signal ended it, as a shell says it.
    Interrupted,
}

impl Exit {
    /// The code for a rejection.
    pub fn of(rejection: &Rejection) -> Self {
        match rejection.reason {
            Reason::DatabaseUnavailable => Self::Database,
            Reason::HistoryUnavailable | Reason::CommittedNotRecorded => Self::History,
            Reason::PolicyUnusable | Reason::PrincipalDisabled => Self::Configuration,
            _ => Self::Refused,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Configuration => 2,
            Exit::Database => 3,
            Exit::History => 4,
            Exit::Tampered => 5,
            Exit::Unanchored => 6,
            Exit::Unpaired => 7,
            Exit::Interrupted => 130,
        })
    }
}

/// A command that didn't do what it should.
#[derive(Debug)]
pub(super) struct Failure {
    pub exit: Exit,
    pub faults: Faults,
}

impl Failure {
    /// One sentence without a place.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, faults: Fault::new(Place::Nowhere, message).into() }
    }

    /// Says it on standard error.
    pub fn tell(&self) -> ExitCode {
        for fault in &self.faults.0 {
            output::message(&format!("error: {}", draw::printable(&fault.to_string())));
            if let Some(help) = &fault.help {
                output::message(&format!("  help: {}", draw::printable(help)));
            }
        }
        self.exit.into()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { exit: Exit::Configuration, faults: fault.into() }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self { exit: Exit::Configuration, faults }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let exit = match error.part {
            Part::Configuration => Exit::Configuration,
            Part::Database => Exit::Database,
            Part::History => Exit::History,
        };
        Self { exit, faults: error.faults }
    }
}
