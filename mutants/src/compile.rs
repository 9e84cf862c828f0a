//! Builds the unit tests of a tree.

use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

pub enum Built {
    /// Where the tests are.
    Binary(String),
    Errors(Vec<Fault>),
}

/// A place that the compiler refuses.
#[derive(Debug)]
pub struct Fault {
    pub file: String,
    /// In bytes.
    pub at: Range<usize>,
    #[expect(dead_code, reason = "shown by Debug where no mutant explains it")]
    message: String,
}

/// `cargo test --lib --no-run` of the gate alone.
pub fn tests(tree: &Path) -> Result<Built, String> {
    let output = Command::new("cargo")
        .args(["test", "--lib", "--no-default-features", "--no-run", "--message-format=json"])
        .current_dir(tree)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let messages =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let (mut binary, mut errors) = (None, Vec::new());
    for message in messages {
        if let Some(path) = message["executable"].as_str() {
            binary = Some(path.to_owned());
        }
        let diagnostic = &message["message"];
        if diagnostic["level"] == "error" {
            let spans = diagnostic["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
            errors.extend(
                spans.iter().filter(|span| span["is_primary"] == true).filter_map(|span| fault(span, diagnostic)),
            );
        }
    }
    match binary {
        Some(binary) if output.status.success() => Ok(Built::Binary(binary)),
        _ => Ok(Built::Errors(errors)),
    }
}

fn fault(span: &Value, diagnostic: &Value) -> Option<Fault> {
    let at = |key: &str| usize::try_from(span[key].as_u64()?).ok();
    Some(Fault {
        file: span["file_name"].as_str()?.to_owned(),
        at: at("byte_start")?..at("byte_end")?,
        message: diagnostic["message"].as_str()?.to_owned(),
    })
}
