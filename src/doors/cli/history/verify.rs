//! `pgwicket history verify`: whether the ledger is what was written, as far as it and what was kept elsewhere can tell.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::ledger::{Ledger, Progress, blocking, unreadable};
use crate::doors::cli::draw::printable;
use crate::doors::cli::{Exit, Failure, output};
use crate::history::Checkpoint;
use crate::history::verify::{ChainReport, Finding, Kept, Report, Severity, verify};
use crate::keys::PublicKey;

const EXAMPLES: &str = "Examples:
  pgwicket history verify --config pgwicket.toml
  pgwicket history verify --public-key ledger.pub --checkpoint /mnt/elsewhere/checkpoints \\
    --history /var/lib/pgwicket/history

Exit codes:
  0  intact, as far as was checked: the output says what that is
  4  the history can't be read
  5  tampered: a record, a segment or a checkpoint is not what was written
  6  truncated, or not anchored: a checkpoint or another chain names records that are not there any more, or a chain has
     no checkpoint that --public-key signed or --checkpoint names
  7  unpaired: a statement has no outcome, though its process has ended: it may have been executed
The lowest of 5, 6 and 7 that holds is the one.";

/// Check the chains, their checkpoints and what other chains say of them
///
/// Without --public-key and --checkpoint this finds every change but two: an end that is gone, and a whole chain written
/// anew. Both are found up to the last checkpoint that is kept elsewhere, or was signed by a key that is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::doors::cli) struct Arguments {
    /// The ledger's public key as it was noted elsewhere: 64 hexadecimal digits, or a file that holds them
    #[arg(long, value_name = "FILE|HEX")]
    public_key: Option<String>,
    /// A file with checkpoints that were kept elsewhere. May be given several times
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object: `verdict`, `chains`, `findings`, `unchecked`
    Json,
}

pub(in crate::doors::cli) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { public_key, checkpoints, format, ledger } = arguments;
    let kept = Kept {
        key: public_key.as_deref().map(key).transpose()?,
        checkpoints: checkpoints.iter().map(|file| notes(file)).collect::<Result<Vec<_>, _>>()?.concat(),
    };
    let directory = ledger.directory()?;
    blocking(move || {
        let mut progress = Progress::new();
        let found = verify(&directory, &kept, &mut |time| progress.at(time));
        drop(progress);
        let found = found.map_err(|error| unreadable(&directory, error))?;
        output::result(&match format {
            Format::Text => text(&found, &kept),
            Format::Json => json_of(&found),
        })?;
        Ok(exit(&found))
    })
    .await
}

fn key(text: &str) -> Result<PublicKey, Failure> {
    if let Some(key) = PublicKey::parse(text) {
        return Ok(key);
    }
    let written = read(Path::new(text), "public key")?;
    PublicKey::parse(&written).ok_or_else(|| {
        Failure::new(Exit::Configuration, format!("`{text}` holds no public key: 64 hexadecimal digits"))
    })
}

fn notes(file: &Path) -> Result<Vec<Checkpoint>, Failure> {
    let notes = Checkpoint::parse_all(&read(file, "checkpoint")?).ok().filter(|notes| !notes.is_empty());
    notes.ok_or_else(|| {
        Failure::new(Exit::Configuration, format!("`{}` holds no checkpoints of pgwicket", file.display()))
    })
}

fn read(file: &Path, what: &str) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::new(Exit::Configuration, format!("the {what} `{}` can't be read: {error}", file.display()))
    })
}

fn exit(report: &Report) -> Exit {
    match report.worst() {
        None => Exit::Done,
        Some(Severity::Tampered) => Exit::Tampered,
        Some(Severity::Truncated | Severity::Unanchored) => Exit::Unanchored,
        Some(Severity::Unpaired) => Exit::Unpaired,
    }
}

fn text(report: &Report, kept: &Kept) -> String {
    let mut text = String::new();
    // Writing into a String can't fail.
    for chain in &report.chains {
        let _ = writeln!(text, "{}", line(chain));
    }
    for finding in &report.findings {
        let _ = writeln!(text, "{}: {}", finding.severity().word(), printable(&finding.to_string()));
    }
    if report.more > 0 {
        let _ = writeln!(text, "and {} more", report.more);
    }
    for unchecked in &report.unchecked {
        let _ = writeln!(text, "not checked: {unchecked}");
    }
    let _ = write!(text, "{}; ", verdict(report));
    text += match (&kept.key, kept.checkpoints.is_empty()) {
        (None, true) => {
            "checked by the ledger itself: nothing kept elsewhere (--public-key, --checkpoint) says that its end is the \
             end, or that it wasn't written anew\n"
        }
        (Some(_), true) => "checked with the key that was kept elsewhere, up to each chain's last checkpoint\n",
        (None, false) => "checked with the checkpoints that were kept elsewhere\n",
        (Some(_), false) => "checked with the key and the checkpoints that were kept elsewhere\n",
    };
    text
}

/// How far a chain goes, and who vouches for how much of it.
fn line(chain: &ChainReport) -> String {
    let ChainReport { instance, records, first, last, checkpoints, checkpointed, anchored, running, .. } = chain;
    let mut text = format!("{instance}: {records} records, number {first} to {last}; {checkpoints} checkpoints");
    if *checkpoints > 0 {
        let _ = write!(text, ", the last of number {checkpointed}");
    }
    text += &match *anchored {
        0 => "; nothing kept elsewhere vouches for any".to_owned(),
        anchored if anchored < *last => {
            format!("; up to number {anchored} by what was kept elsewhere, behind it by the chain alone")
        }
        anchored => format!("; up to number {anchored}, which is all, by what was kept elsewhere"),
    };
    if *running > 0 {
        let _ = write!(text, "; {running} statements may be running");
    }
    if let Some(head) = &chain.head {
        let _ = write!(text, "; its last record is {}", head.hash);
    }
    text
}

fn verdict(report: &Report) -> &'static str {
    report.worst().map_or("intact", Severity::word)
}

fn json_of(report: &Report) -> String {
    let findings: Vec<_> = report.findings.iter().map(finding).collect();
    let report = json!({
        "verdict": verdict(report), "chains": report.chains, "findings": findings, "more": report.more,
        "unchecked": report.unchecked,
    });
    format!("{report}\n")
}

fn finding(finding: &Finding) -> serde_json::Value {
    let place = finding.place.as_ref();
    json!({
        "severity": finding.severity(), "text": finding.to_string(), "chain": finding.chain, "record": finding.record,
        "segment": place.map(|place| place.segment), "line": place.map(|place| place.line),
        "byte": place.map(|place| place.byte),
    })
}
