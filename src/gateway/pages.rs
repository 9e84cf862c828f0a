//! Pages of a query's rows. The server keeps nothing between them: a cursor says how many rows came before, and is signed together
//! with who asks what under which policy, so it is good for the same statement of the same principal under the same policy.

use serde_json::Value;

use super::{Caller, Gateway};
use crate::gate::admit::Submission;
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::keys::Purpose;

/// Hexadecimal digits of a cursor's signature.
const SIGNATURE_DIGITS: usize = 32;

impl Gateway {
    /// The statement behind the rows that a cursor stands for.
    ///
    /// # Errors
    /// The cursor isn't one of this statement with these parameters, by this principal, under its policy of now.
    pub fn page(
        &self,
        caller: &Caller,
        text: String,
        parameters: Vec<Value>,
        cursor: &str,
    ) -> Result<Submission, Rejection> {
        let skip = cursor.split_once('-').and_then(|(skip, _)| skip.parse().ok());
        match skip {
            Some(skip) if self.cursor(caller, (&text, &parameters), skip).as_deref() == Some(cursor) => {
                Ok(Submission::Page { text, parameters, skip })
            }
            _ => Err(Rejection::new(
                Reason::InvalidParameter,
                "`cursor` does not belong to this statement with these parameters under the policy in force",
            )
            .at(Place::Json("/cursor".to_owned()))
            .help("send exactly the `sql` and `params` that gave it; or begin anew without `cursor`")),
        }
    }

    /// What stands for a statement's rows behind the first ones. None for who isn't a principal any more.
    pub fn cursor(&self, caller: &Caller, (text, parameters): (&str, &[Value]), skip: u64) -> Option<String> {
        let policy = self.policy(&caller.principal)?;
        let (skip, parameters) = (skip.to_string(), Value::from(parameters.to_vec()).to_string());
        let parts = [&caller.principal, &policy.digest, text, &parameters, &skip];
        let signature = self.keys.subkey(Purpose::Cursor).digest(parts.map(str::as_bytes));
        Some(format!("{skip}-{}", signature.chars().take(SIGNATURE_DIGITS).collect::<String>()))
    }
}
