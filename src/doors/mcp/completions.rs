//! Completions: what an argument of a prompt or resource template may be, out of the principal's own catalog.

use rmcp::model::{CompleteResult, CompletionInfo, ErrorData, Reference};

use super::{prompts, resources, unserved};
use crate::gate::describe::Wanted;
use crate::gateway::{Caller, Gateway};

/// What a prompt's or template's argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Schema,
    /// A table of the schema that is the argument `schema`.
    Table,
    /// `schema.table`.
    Qualified,
    /// A column of the table that is the argument `table`.
    Column,
    /// Nothing that could be known here.
    Nothing,
}

/// What the argument of the prompt or template names.
///
/// # Errors
/// There is no such prompt, template or argument: a sentence.
pub(super) fn find(reference: &Reference, argument: &str) -> Result<Names, String> {
    let (names, of) = match reference {
        Reference::Prompt(prompt) => {
            let found = prompts::find(&prompt.name).ok_or_else(|| format!("unknown prompt `{}`", prompt.name))?;
            (found.names(argument), format!("the prompt `{}`", prompt.name))
        }
        Reference::Resource(resource) => {
            let found = resources::template_names(&resource.uri, argument);
            (found.ok_or_else(|| format!("unknown resource template `{}`", resource.uri))?, "the template".to_owned())
        }
        _ => return Err("only arguments of prompts and resource templates are completed".to_owned()),
    };
    names.ok_or_else(|| format!("{of} has no argument `{argument}`"))
}

/// The completions of what was typed. `chosen`: the value of another argument, if it has one already.
pub(super) async fn complete(
    gateway: &Gateway,
    caller: &Caller,
    names: Names,
    typed: &str,
    chosen: impl Fn(&str) -> Option<String>,
) -> Result<CompleteResult, ErrorData> {
    let of = match names {
        Names::Table => chosen("schema"),
        Names::Column => chosen("table"),
        Names::Schema | Names::Qualified | Names::Nothing => None,
    };
    let wanted = match (names, &of) {
        (Names::Schema, _) => Wanted::Schema,
        (Names::Table, schema) => Wanted::Relation { schema: schema.as_deref() },
        (Names::Qualified, _) => Wanted::Qualified,
        (Names::Column, Some(relation)) => Wanted::Column { relation },
        (Names::Column, None) | (Names::Nothing, _) => return Ok(CompleteResult::default()),
    };
    let found = gateway.complete(caller, wanted, typed, CompletionInfo::MAX_VALUES).await;
    let found = found.map_err(|rejection| unserved(&rejection))?;
    let mut info = CompletionInfo::default();
    info.has_more = Some(found.total > found.names.len());
    info.total = u32::try_from(found.total).ok();
    info.values = found.names;
    Ok(CompleteResult::new(info))
}
