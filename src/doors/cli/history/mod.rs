//! `pgwicket history`: the ledger for the operator. One file a command. Every command only reads the ledger, needs no
//! database, and leaves no record of its own.

mod csv;
mod explain;
mod export;
mod ledger;
mod show;
mod summary;
mod tail;
mod when;

use clap::Subcommand;

use super::{Exit, Failure};

/// Read the history: what was asked, decided and done
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Tail(tail::Arguments),
    Show(show::Arguments),
    Export(export::Arguments),
}

impl Command {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Tail(arguments) => tail::run(arguments).await,
            Self::Show(arguments) => show::run(arguments).await,
            Self::Export(arguments) => export::run(arguments).await,
        }
    }
}
