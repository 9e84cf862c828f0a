//! The log: structured events on standard error and nowhere else, since standard output may belong to a protocol.
//!
//! Other crates' events are kept only from warnings upwards: below that some of them print what they transport, and
//! that may be a statement's text or a row. Those of the MCP library only from errors upwards: it warns of each answer
//! that is an error, which the client is told and the history records; and not that an answer could not leave, since that
//! is every client that hangs up, which the history records, too. Records of the `log` crate, through which the database client prints bound
//! parameters, are not taken at all.

use std::io::IsTerminal;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, Filter, Layer, SubscriberExt};
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
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let subscriber = Registry::default().with(filter).with(lines.with_filter(Kept));
    // Fails only where there is one already.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// What the MCP library says at level error of each client that is gone when its answer is there.
const HUNG_UP: [&str; 2] = ["failed to send pending response during drain", "fail to response message"];

/// Keeps the events that are worth a line.
struct Kept;

impl<S> Filter<S> for Kept {
    fn enabled(&self, about: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        kept(about.target(), *about.level())
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        event.metadata().target() != "rmcp::service" || {
            let mut said = Message::default();
            event.record(&mut said);
            !HUNG_UP.contains(&said.0.as_str())
        }
    }
}

/// The message of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
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
    use std::io;
    use std::sync::{Arc, Mutex};

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
    }

    #[test]
    fn a_client_that_hangs_up_is_no_error_and_everything_else_is() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&written);
        let lines = fmt::layer().with_ansi(false).with_writer(move || Lines(Arc::clone(&writer)));
        tracing::subscriber::with_default(Registry::default().with(lines.with_filter(Kept)), || {
            let error = "the channel is closed";
            tracing::error!(target: "rmcp::service", %error, "failed to send pending response during drain");
            tracing::error!(target: "rmcp::service", %error, "fail to response message");
            tracing::error!(target: "rmcp::service", %error, "response send task failed during drain");
            tracing::error!(target: "pgwicket", "failed to send pending response during drain");
        });
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = written.lines().map(|line| line.split_once("ERROR ").unwrap().1).collect();
        assert_eq!(
            lines,
            [
                "rmcp::service: response send task failed during drain error=the channel is closed",
                "pgwicket: failed to send pending response during drain",
            ]
        );
    }

    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_own_variable_comes_first() {
        let environment: Environment = [("PGWICKET_LOG", "debug"), ("RUST_LOG", "trace")].into_iter().collect();
        assert_eq!(filter(Level::INFO, &environment).unwrap().to_string(), "debug");
        assert_eq!(filter(Level::INFO, &Environment::default()).unwrap().to_string(), "info");
    }
}
