//! The tools: what each is called, what it takes, and how its answer goes out.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::results::{Reply, Rows, counted};
use super::{arguments, schemas};
use crate::doors::layout::{Laid, Presentation};
use crate::gate::admit::Submission;
use crate::gate::describe::TableSummary;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gateway::{Asking, Caller, Gateway, Request};
use crate::postgres::execute::{Backend, Outcome as Answer, Pages};

/// One tool as data.
pub(super) struct Definition {
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Listed only where the policy allows writing.
    writes: bool,
    kind: Kind,
}

/// What a tool does.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    QueryExecute,
    Check,
    Explain,
    Search,
    Tables,
    TableSchema,
    Insert,
    Update,
    Delete,
}

const TOOLS: &[Definition] = &[
    Definition {
        name: "query_execute",
        title: "Run one SQL statement",
        description: "Runs one PostgreSQL statement under the policy and returns {columns, rows, row_count, \
            truncated}. Integers beyond 2^53 and numerics are strings.",
        writes: false,
        kind: Kind::QueryExecute,
    },
    Definition {
        name: "check_query",
        title: "Check a statement",
        description: "The policy's verdict on a statement, and what would be allowed instead. Runs nothing.",
        writes: false,
        kind: Kind::Check,
    },
    Definition {
        name: "explain_query",
        title: "Explain a query",
        description: "The plan of a query in lines, its estimated cost and rows. Doesn't run it.",
        writes: false,
        kind: Kind::Explain,
    },
    Definition {
        name: "search_objects",
        title: "Search tables and columns",
        description: "Finds tables and columns by words in names, types and comments.",
        writes: false,
        kind: Kind::Search,
    },
    Definition {
        name: "get_tables",
        title: "List tables",
        description: "Lists the tables and views that you may see.",
        writes: false,
        kind: Kind::Tables,
    },
    Definition {
        name: "get_table_schema",
        title: "Describe a table",
        description: "Columns, types, keys and comments of one table, as far as you may see them.",
        writes: false,
        kind: Kind::TableSchema,
    },
    Definition {
        name: "insert_data",
        title: "Insert rows",
        description: "Inserts rows into a table.",
        writes: true,
        kind: Kind::Insert,
    },
    Definition {
        name: "update_data",
        title: "Update rows",
        description: "Updates the rows that fit `where`.",
        writes: true,
        kind: Kind::Update,
    },
    Definition {
        name: "delete_data",
        title: "Delete rows",
        description: "Deletes the rows that fit `where`.",
        writes: true,
        kind: Kind::Delete,
    },
];

/// The tools that a principal gets to see, in a fixed order. `structured`: with the schemas of their results.
pub(super) fn list(may_write: bool, structured: bool) -> Vec<Tool> {
    TOOLS.iter().filter(|tool| may_write || !tool.writes).map(|tool| tool.describe(may_write, structured)).collect()
}

/// The tool of that name, if the principal gets to see it.
pub(super) fn find(name: &str, may_write: bool) -> Option<&'static Definition> {
    TOOLS.iter().find(|tool| tool.name == name && (may_write || !tool.writes))
}

/// What is told of a call while it runs, and to it.
pub(super) struct Running {
    /// Cancelled when nobody wants the answer any more.
    pub cancel: CancellationToken,
    /// Where its statement runs, once it does.
    pub backend: Backend,
    /// How a person is asked, if one has to be.
    pub asking: Asking,
}

/// Calls a tool. Whatever goes wrong is an answer, too, so that an agent reads it.
pub(super) async fn call(
    gateway: &Arc<Gateway>,
    tool: &Definition,
    caller: Caller,
    arguments: JsonObject,
    running: Running,
) -> Reply {
    match tool.kind {
        Kind::QueryExecute => match arguments::presented_query(arguments) {
            Ok(query) => self::query(gateway, caller, query, running).await,
            Err(rejection) => misread(gateway, &caller, rejection).await,
        },
        Kind::Check => match arguments::query(arguments) {
            Ok(submission) => {
                let verdict = gateway.verdict(&caller, &submission).await;
                answer(verdict, text(&submission), |verdict| format!("admitted: {}", verdict.statement))
            }
            Err(rejection) => misread(gateway, &caller, rejection).await,
        },
        Kind::Explain => match arguments::explain(arguments) {
            Ok(submission) => {
                let text = text(&submission).map(ToOwned::to_owned);
                let Running { cancel, backend, asking } = running;
                let plan = gateway.plan(Request { caller, submission, timeout: None, cancel, backend, asking }).await;
                answer(plan, text.as_deref(), |plan| format!("a plan of {}", many(&plan.summary.steps, "step")))
            }
            Err(rejection) => misread(gateway, &caller, rejection).await,
        },
        Kind::Search => match arguments::search(arguments) {
            Ok(search) => {
                let findings = gateway.search(&caller, &search).await;
                answer(findings, None, |findings| many(&findings.found, "relation"))
            }
            Err(rejection) => misread(gateway, &caller, rejection).await,
        },
        Kind::Insert => change(gateway, caller, arguments::insert(arguments), running).await,
        Kind::Update => change(gateway, caller, arguments::update(arguments), running).await,
        Kind::Delete => change(gateway, caller, arguments::delete(arguments), running).await,
        Kind::Tables => match arguments::tables(arguments) {
            Ok((schema, pattern)) => {
                let tables = gateway.tables(&caller, schema.as_deref(), pattern.as_deref()).await;
                answer(tables.map(|tables| Tables { tables }), None, |all| many(&all.tables, "relation"))
            }
            Err(rejection) => misread(gateway, &caller, rejection).await,
        },
        Kind::TableSchema => match arguments::table_schema(arguments) {
            Ok(name) => {
                let table = gateway.table(&caller, &name).await;
                answer(table, None, |table| many(&table.columns, "column"))
            }
            Err(rejection) => misread(gateway, &caller, rejection).await,
        },
    }
}

/// The answer of `get_tables`.
#[derive(Serialize)]
struct Tables {
    tables: Vec<TableSummary>,
}

fn many<T>(all: &[T], noun: &str) -> String {
    counted(all.len() as u64, noun)
}

/// Arguments that aren't those of the tool.
async fn misread(gateway: &Gateway, caller: &Caller, rejection: Rejection) -> Reply {
    Reply::refused(&gateway.misread(caller, rejection).await, None)
}

async fn change(
    gateway: &Arc<Gateway>,
    caller: Caller,
    submission: Result<Submission, Rejection>,
    running: Running,
) -> Reply {
    match submission {
        Ok(submission) => execute(gateway, caller, submission, Presentation::default(), running).await,
        Err(rejection) => misread(gateway, &caller, rejection).await,
    }
}

async fn query(gateway: &Arc<Gateway>, caller: Caller, query: arguments::Query, running: Running) -> Reply {
    let arguments::Query { text, parameters, cursor, presentation } = query;
    let submission = match &cursor {
        None => Ok(Submission::Sql { text, parameters }),
        Some(cursor) => gateway.page(&caller, text, parameters, cursor),
    };
    match submission {
        Ok(submission) => execute(gateway, caller, submission, presentation, running).await,
        Err(rejection) => misread(gateway, &caller, rejection).await,
    }
}

async fn execute(
    gateway: &Arc<Gateway>,
    caller: Caller,
    submission: Submission,
    presentation: Presentation,
    running: Running,
) -> Reply {
    let most_bytes = gateway.policy(&caller.principal).map_or(0, |policy| policy.limits.bytes);
    let text = text(&submission).map(ToOwned::to_owned);
    let asked = (caller.clone(), submission.clone());
    let Running { cancel, backend, asking } = running;
    let request = Request { caller, submission, timeout: None, cancel, backend, asking };
    match gateway.execute(request).await {
        Ok(answer) => match laid_out(answer, presentation, most_bytes, |rows| cursor(gateway, &asked, rows)) {
            Ok(rows) => Reply::Rows(rows),
            Err(rejection) => Reply::refused(&rejection, None),
        },
        Err(rejection) => Reply::refused(&rejection, text.as_deref()),
    }
}

/// The cursor behind so many rows of an answer.
fn cursor(gateway: &Gateway, (caller, submission): &(Caller, Submission), rows: u64) -> Option<String> {
    match submission {
        Submission::Sql { text, parameters } => gateway.cursor(caller, (text, parameters), rows),
        Submission::Page { text, parameters, skip } => {
            gateway.cursor(caller, (text, parameters), skip.saturating_add(rows))
        }
        Submission::Explain { .. } | Submission::Change(_) => None,
    }
}

/// What stands with a cursor where pages don't fit together by themselves.
const UNORDERED: &str =
    "may overlap or miss rows: the ORDER BY leaves the order of some rows open; add a unique key to it";

fn laid_out(
    answer: Answer,
    presentation: Presentation,
    most_bytes: u64,
    cursor: impl FnOnce(u64) -> Option<String>,
) -> Result<Rows, Rejection> {
    let most_bytes = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    let Answer { result, affected_rows, pages, rehearsed: _ } = answer;
    let short = match affected_rows {
        Some(affected) => format!("{} affected", counted(affected, "row")),
        None => counted(result.row_count, "row"),
    };
    let any = result.row_count > 0;
    let Laid { mut json, table, rows, truncated } = if presentation == Presentation::default() {
        Laid { json: result.json, table: None, rows: result.row_count, truncated: result.truncated.is_some() }
    } else {
        presentation.of(&result, affected_rows, most_bytes).map_err(|error| {
            tracing::error!(%error, "a result can't be read");
            Rejection::new(Reason::InternalError, "the result could not be laid out").help("ask without `format`")
        })?
    };
    // Behind no row at all there is nowhere to go on.
    if let Some(pages) = pages.filter(|_| truncated && rows > 0)
        && let Some(cursor) = cursor(rows)
        && json.pop() == Some('}')
    {
        json.push_str(&format!(",\"cursor\":\"{cursor}\""));
        if pages == Pages::Unordered {
            json.push_str(&format!(",\"pages\":\"{UNORDERED}\""));
        }
        json.push('}');
    }
    Ok(Rows { table, json, any, short })
}

/// `sql`: what the places in a rejection are of. `short`: a few words about what is told.
fn answer<T: Serialize>(result: Result<T, Rejection>, sql: Option<&str>, short: impl FnOnce(&T) -> String) -> Reply {
    match result {
        Ok(told) => Reply::Told(json!(told), short(&told)),
        Err(rejection) => Reply::refused(&rejection, sql),
    }
}

/// The statement's text, if it has one.
fn text(submission: &Submission) -> Option<&str> {
    match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => Some(text),
        Submission::Change(_) => None,
    }
}

impl Definition {
    fn describe(&self, may_write: bool, structured: bool) -> Tool {
        let read_only = !(self.writes || may_write && matches!(self.kind, Kind::QueryExecute));
        let destructive = match self.kind {
            Kind::Check | Kind::Explain | Kind::Search | Kind::Tables | Kind::TableSchema | Kind::Insert => false,
            Kind::QueryExecute => may_write,
            Kind::Update | Kind::Delete => true,
        };
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(read_only)
            .destructive(destructive)
            .idempotent(read_only)
            .open_world(false);
        let schema = Arc::new(schemas::input(self.kind));
        let tool = Tool::new(self.name, self.description, schema).with_title(self.title).with_annotations(annotations);
        if structured { tool.with_raw_output_schema(Arc::new(schemas::output(self.kind))) } else { tool }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_tools_are_listed_only_where_writing_is_allowed() {
        let names = |may_write| list(may_write, false).iter().map(|tool| tool.name.to_string()).collect::<Vec<_>>();
        assert_eq!(
            names(false),
            ["query_execute", "check_query", "explain_query", "search_objects", "get_tables", "get_table_schema"]
        );
        assert_eq!(names(true).len(), TOOLS.len());
        assert!(find("delete_data", false).is_none());
    }

    #[test]
    fn annotations_follow_the_policy() {
        let hint = |may_write| {
            let tools = list(may_write, false);
            tools
                .iter()
                .find(|tool| tool.name == "query_execute")
                .and_then(|tool| tool.annotations.as_ref().and_then(|annotations| annotations.read_only_hint))
        };
        assert_eq!(hint(false), Some(true));
        assert_eq!(hint(true), Some(false));
    }
}
