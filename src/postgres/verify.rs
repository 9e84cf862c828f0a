//! What the executing transaction has to look like, so that what runs is what was admitted: the session's settings are
//! the pinned ones, and the catalog's stamps of everything that the statement relies on are those of admission.

use tokio_postgres::Client;

use super::execute::{ExecuteError, Purpose};
use super::pins::{OWN, PINS};
use super::statements::{Frame, VerifyError};
use crate::gate::admit::Verification;

/// The expectation of one statement.
pub(crate) struct Expectation<'a> {
    stamps: &'a Verification,
    settings: Vec<(&'a str, &'a str)>,
}

impl<'a> Expectation<'a> {
    pub(crate) fn new(stamps: &'a Verification, purpose: Purpose, role: Option<&'a str>) -> Self {
        let read_only = if purpose == Purpose::Read { "on" } else { "off" };
        let own = OWN.into_iter().zip(["origin", "read committed", read_only, role.unwrap_or("none")]);
        let pins = PINS.iter().map(|(name, value)| match (*name, &stamps.search_path) {
            ("search_path", Some(path)) => (*name, path.as_str()),
            _ => (*name, *value),
        });
        Self { stamps, settings: pins.chain(own).collect() }
    }

    /// Asks the server. Everything is sent at the first poll, so that it travels with what is polled before and after.
    ///
    /// # Errors
    /// A difference, or what the server says instead of an answer.
    pub(crate) async fn check(&self, client: &Client, frame: &Frame) -> Result<(), ExecuteError> {
        frame.verifier.verify(client, self.stamps, &self.settings).await.map_err(|error| match error {
            VerifyError::Changed(_) => ExecuteError::CatalogChanged,
            VerifyError::Settings(settings) => ExecuteError::SessionAltered { settings },
            VerifyError::Database(error) => error.into(),
        })
    }
}
