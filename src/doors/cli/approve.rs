//! `pgwicket approve`: a person's answer to writes that wait for one.

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::history::{Ledger, blocking};
use super::{Exit, Failure, output};
use crate::approvals::{self, Approval, ApprovalError, Approvals, Question};
use crate::config::{Fault, Place};
use crate::doors::question;
use crate::gateway::{approval_record, local_address};
use crate::history::{self, AskedBy, Entry, History, Settings, What, Where, Who};
use crate::keys::{self, Keys};

const EXAMPLES: &str = "Examples:
  pgwicket approve --config pgwicket.toml
  pgwicket approve 0c2d6a41f89be357 --config pgwicket.toml
  pgwicket approve 0c2d6a41f89be357 --decline --config pgwicket.toml";

/// Approve or decline a write that waits for a person
///
/// Without an ID: what waits. With one: shows the write and asks. An approval is good for one run of exactly this
/// statement, by this principal, under this policy, with this effect, within an hour.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What a principal was told when it tried the write
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Say no: the write is not asked for again until it is submitted again
    #[arg(long, requires = "id", conflicts_with = "yes")]
    decline: bool,
    /// Don't ask: for scripts that have shown the write to somebody
    #[arg(long, requires = "id")]
    yes: bool,
    #[command(flatten)]
    ledger: Ledger,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { id, decline, yes, ledger } = arguments;
    let directory = ledger.directory()?;
    let keys = Keys::open(&keys::directory_beside(&directory), true);
    let keys = Arc::new(keys.map_err(|error| Failure::new(Exit::History, error.to_string()))?);
    let approvals = Approvals::new(approvals::directory_beside(&directory), Arc::clone(&keys));
    let Some(id) = id else { return list(&approvals) };
    let question = approvals.pending(&id).map_err(unanswerable)?;
    output::message(&question::text(&question));
    let approved = match (decline, yes) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => match ask().await? {
            Some(answer) => answer,
            None => {
                output::message("not answered: it waits on");
                return Ok(Exit::Refused);
            }
        },
    };
    let opened = History::open(history::Options::new(&directory, Settings::default(), &keys));
    let history = opened.map_err(|error| Failure::new(Exit::History, error.to_string()))?;
    let told = answer(&approvals, &history, question, approved).await;
    history.close().await;
    output::result(&told?)?;
    Ok(Exit::Done)
}

fn list(approvals: &Approvals) -> Result<Exit, Failure> {
    let (questions, errors) = approvals.all_pending().map_err(unanswerable)?;
    let mut text = String::new();
    for question in &questions {
        let Question { id, principal, kind, relation, rows, asked, .. } = question;
        text.push_str(&format!("{id}  {asked:.0}  {principal}: {kind} {rows} of {relation}\n"));
    }
    if questions.is_empty() {
        output::message("nothing waits for an approval");
    }
    output::result(&text)?;
    for error in &errors {
        output::message(&format!("warning: {error}"));
    }
    Ok(if errors.is_empty() { Exit::Done } else { Exit::Refused })
}

/// Asks at the terminal; no answer if the line isn't one.
///
/// # Errors
/// There is no terminal.
pub(super) async fn ask() -> Result<Option<bool>, Failure> {
    if !std::io::stdin().is_terminal() {
        let fault = Fault::new(Place::Argument("ID"), "standard input is no terminal, so nobody can be asked");
        return Err(fault.help("answer with --yes or --decline").into());
    }
    output::message("Let this be written? [y/n]");
    let read = || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        Ok(match (read, line.trim().to_ascii_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => Some(true),
            (Ok(_), "n" | "no") => Some(false),
            _ => None,
        })
    };
    blocking(read).await
}

/// On record first, then in force.
async fn answer(approvals: &Approvals, history: &History, shown: Question, approved: bool) -> Result<String, Failure> {
    let question = approvals.take_pending(&shown.id).map_err(unanswerable)?;
    if question != shown {
        return Err(Failure::new(Exit::Refused, "the question has changed while it was read; nothing was answered"));
    }
    let address = local_address();
    let who = Who { authentication: Some("local".to_owned()), address: Some(address.clone()), ..Who::default() };
    let place = Where { door: Some("cli".to_owned()), ..Where::default() };
    let what = What { tool: Some("approve".to_owned()), ..What::default() };
    let entry = Entry::approval(who, place, what, approval_record(&question, approved, AskedBy::CommandLine));
    let record = entry.id;
    history.append(entry).await.map_err(|error| Failure::new(Exit::History, error.to_string()))?;
    let (id, principal) = (question.id.clone(), question.principal.clone());
    if !approved {
        return Ok(format!("declined {id}\n"));
    }
    let approval = Approval { question, by: address, at: Timestamp::now(), record };
    approvals.approve(&approval).map_err(unanswerable)?;
    Ok(format!("approved {id}: it is written when {principal} submits it again within an hour\n"))
}

fn unanswerable(error: ApprovalError) -> Failure {
    let exit = match error {
        ApprovalError::Unknown { .. } | ApprovalError::Expired { .. } => Exit::Refused,
        ApprovalError::Forged { .. }
        | ApprovalError::TooMany { .. }
        | ApprovalError::TooLarge
        | ApprovalError::Io { .. } => Exit::History,
    };
    Failure::new(exit, error.to_string())
}
