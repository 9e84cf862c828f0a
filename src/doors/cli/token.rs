//! `pgwicket token new`: a token for a client, and what the configuration holds of it.

use clap::Args;
use secrecy::ExposeSecret;

use super::{Exit, Failure, output};
use crate::auth::StoredToken;
use crate::config::{Fault, Place};

const EXAMPLES: &str = "Examples:
  pgwicket token new laptop
  pgwicket token new nightly-report --json | jq -r .token > token";

/// Make a token
///
/// The token goes to the client and is kept nowhere else; its hash goes into the configuration, into `tokens` of the
/// principal that it shall prove.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What the history calls the token: letters, digits and `-`; no two tokens have the same name
    #[arg(value_name = "NAME")]
    name: String,
    /// Print one JSON object: `token`, and `stored` for the configuration
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let made = StoredToken::generate(&arguments.name);
    let (token, stored) = made.map_err(|error| Fault::new(Place::Argument("NAME"), error.to_string()))?;
    let token = token.expose_secret();
    let text = if arguments.json {
        format!("{}\n", serde_json::json!({ "token": token, "stored": stored.to_string() }))
    } else {
        format!(
            "For the client, which sends it as `Authorization: Bearer …`. It is shown only now:\n\n  {token}\n\n\
             For the configuration, in the section of its principal:\n\n  tokens = [\"{stored}\"]\n"
        )
    };
    output::result(&text)?;
    Ok(Exit::Done)
}
