//! The log: structured events on standard error and nowhere else, since standard output may belong to a protocol.
//!
//! Other crates' events are kept only from warnings upwards: below that some of them print what they transport, and
//! that may be a statement's text or a row. Those of the MCP library only from errors upwards: it warns of each answer
//! that is an error, which the client is told and the history records. Records of the `log` crate, through which the database client prints bound
//! parameters, are not taken at all.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{Registry, fmt};

use crate::config::{Environment, Fault, Place};

/// How events are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A line of text an event.
    #[default]
    Text,
    /// A JSON object an event.
    Json,
}

/// The variables that choose what is logged; the first that is set counts.
const VARIABLES: [&str; 2] = ["PGWICKET_LOG", "RUST_LOG"];

/// Starts the log of this process. `usual` is the level where no variable says otherwise. Does nothing if there is a
/// log already.
///
/// # Errors
/// A variable that isn't a filter.
pub fn start(format: LogFormat, usual: Level, environment: &Environment) -> Result<(), Fault> {
    let filter = filter(usual, environment)?;
    let colour = std::io::stderr().is_terminal() && environment.raw("NO_COLOR").is_none();
    let own = filter_fn(|event| kept(event.target(), *event.level()));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let subscriber = Registry::default().with(filter).with(lines.with_filter(own));
    // Fails only where there is one already.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

fn kept(target: &str, level: Level) -> bool {
    match target.split("::").next() {
        Some("pgwicket") => true,
        // Says of a session that didn't come about which message came instead.
        Some("rmcp") if target.starts_with("rmcp::transport::streamable_http_server") => false,
        Some("rmcp") => level <= Level::ERROR,
        _ => level <= Level::WARN,
    }
}

fn filter(usual: Level, environment: &Environment) -> Result<EnvFilter, Fault> {
    let given = VARIABLES.iter().find_map(|name| Some((*name, environment.raw(name)?)));
    let Some((name, text)) = given else {
        return Ok(EnvFilter::default().add_directive(usual.into()));
    };
    let text = text.to_string_lossy();
    EnvFilter::try_new(&text).map_err(|_| {
        Fault::new(Place::Variable(name.to_owned()), format!("`{text}` is not a filter"))
            .help("`error`, `warn`, `info`, `debug` or `trace`, also by module as in `info,pgwicket::gateway=debug`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_filter_names_its_variable() {
        let environment: Environment = [("PGWICKET_LOG", "pgwicket=loud")].into_iter().collect();
        let fault = filter(Level::INFO, &environment).unwrap_err();
        assert_eq!(fault.to_string(), "PGWICKET_LOG: `pgwicket=loud` is not a filter");
    }

    #[test]
    fn other_crates_say_little() {
        assert!(kept("rmcp::service", Level::ERROR) && !kept("rmcp::service", Level::WARN));
        assert!(!kept("rmcp::transport::streamable_http_server::tower", Level::ERROR));
        assert!(kept("hyper::client", Level::WARN) && !kept("hyper::client", Level::INFO));
        assert!(kept("rmcp::service", Level::ERROR) && !kept("rmcp::service", Level::WARN));
    }

    #[test]
    fn the_own_variable_comes_first() {
        let environment: Environment = [("PGWICKET_LOG", "debug"), ("RUST_LOG", "trace")].into_iter().collect();
        assert_eq!(filter(Level::INFO, &environment).unwrap().to_string(), "debug");
        assert_eq!(filter(Level::INFO, &Environment::default()).unwrap().to_string(), "info");
    }
}
