//! `pgwicket history`: the ledger for the operator. One file a command. Every command only reads the ledger, needs no
//! database, and leaves no record of its own.

mod csv;
mod explain;
mod export;
mod ledger;
mod search;
mod show;
mod stats;
mod summary;
mod tail;
mod verify;
mod when;

use clap::Subcommand;

pub(super) use ledger::{Ledger, blocking};

use super::{Exit, Failure};

/// Read the history: what was asked, decided and done
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Tail(tail::Arguments),
    Search(search::Arguments),
    Show(show::Arguments),
    Stats(stats::Arguments),
    Export(export::Arguments),
    Verify(verify::Arguments),
}

impl Command {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Tail(arguments) => tail::run(arguments).await,
            Self::Search(arguments) => search::run(arguments).await,
            Self::Stats(arguments) => stats::run(arguments).await,
            Self::Show(arguments) => show::run(arguments).await,
            Self::Verify(arguments) => verify::run(arguments).await,
            Self::Export(arguments) => export::run(arguments).await,
        }
    }
}
