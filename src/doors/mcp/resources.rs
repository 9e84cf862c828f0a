//! The resources: what the database and its tables are for this principal, and what this principal asked lately.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::model::{ErrorData, ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Value, json};

use super::completions::Names;
use super::unserved;
use crate::gate::describe::TableSummary;
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gateway::{Caller, Gateway, Watched};
use crate::history::Summary;

/// How many calls the history resource shows.
const RECENT: usize = 50;

/// One resource as data.
pub(super) struct Definition {
    uri: &'static str,
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    DatabaseInfo,
    QueryHistory,
    Table,
}

const MIME_TYPE: &str = "application/json";

const RESOURCES: &[Definition] = &[
    Definition {
        uri: "pgwicket://database_info",
        name: "database_info",
        title: "Database",
        description: "Version, database, schemas that you may see, limits in force.",
        kind: Kind::DatabaseInfo,
    },
    Definition {
        uri: "pgwicket://query_history",
        name: "query_history",
        title: "Recent statements",
        description: "Your recent statements (everyone's, if the policy says so): verdict, reason, rows, duration.",
        kind: Kind::QueryHistory,
    },
];

/// What is said of a table's resource, and of the template of all of them.
const TABLE: Definition = Definition {
    uri: "pgwicket://schema/{schema}/{table}",
    name: "table_schema",
    title: "Table",
    description: "Columns, types, keys and comments of one table, as far as you may see them.",
    kind: Kind::Table,
};

/// Before the names of a table's schema and its own.
const TABLES: &str = "pgwicket://schema/";

/// What stands in an address as it is: RFC 3986's unreserved characters, as RFC 6570 expands templates.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Resources that are listed at once.
const PAGE: usize = 100;

/// One page of the resources, and where the next begins: those that are always there, and the tables.
///
/// # Errors
/// There is no such page, or what the gateway refuses.
pub(super) async fn list(
    gateway: &Gateway,
    caller: &Caller,
    cursor: Option<&str>,
) -> Result<ListResourcesResult, ErrorData> {
    let begin = match cursor.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(begin)) => begin,
        Some(Err(_)) => {
            let rejection = Rejection::new(Reason::InvalidParameter, "the cursor is not one of this list");
            let told = gateway.misread(caller, rejection).await;
            return Err(ErrorData::invalid_params(told.message, None));
        }
    };
    let tables = gateway.tables(caller, None, None).await.map_err(|rejection| unserved(&rejection))?;
    let count = RESOURCES.len() + tables.len();
    let page = RESOURCES.iter().map(Definition::resource).chain(tables.iter().map(table)).skip(begin).take(PAGE);
    let mut result = ListResourcesResult::with_all_items(page.collect());
    let end = begin.saturating_add(PAGE);
    result.next_cursor = (end < count).then(|| end.to_string());
    Ok(result)
}

fn table(table: &TableSummary) -> Resource {
    let escaped = |name: &str| utf8_percent_encode(name, ESCAPED).to_string();
    let uri = format!("{TABLES}{}/{}", escaped(&table.schema), escaped(&table.name));
    let resource = Resource::new(uri, format!("{}.{}", table.schema, table.name)).with_mime_type(MIME_TYPE);
    match &table.comment {
        Some(comment) => resource.with_description(comment),
        None => resource,
    }
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = ResourceTemplate::new(TABLE.uri, TABLE.name).with_title(TABLE.title);
    vec![template.with_description(TABLE.description).with_mime_type(MIME_TYPE)]
}

/// What an argument of a template names, and nothing if it has no such argument; `None` if there is no such template.
pub(super) fn template_names(template: &str, argument: &str) -> Option<Option<Names>> {
    let names = match argument {
        "schema" => Some(Names::Schema),
        "table" => Some(Names::Table),
        _ => None,
    };
    (template == TABLE.uri).then_some(names)
}

/// What an address is the one of.
pub(super) struct Found {
    pub definition: &'static Definition,
    /// Of the table, if it is one.
    names: Vec<String>,
}

pub(super) fn find(uri: &str) -> Option<Found> {
    if let Some(definition) = RESOURCES.iter().find(|resource| resource.uri == uri) {
        return Some(Found { definition, names: Vec::new() });
    }
    let read = |name: &str| percent_decode_str(name).decode_utf8().ok().map(Cow::into_owned);
    let names = uri.strip_prefix(TABLES)?.split('/').map(read).collect::<Option<Vec<_>>>()?;
    let one = names.len() == 2 && names.iter().all(|name| !name.is_empty());
    one.then_some(Found { definition: &TABLE, names })
}

/// What is looked at for changes of the resource at an address. None if there is no such resource, or if it changes with
/// every call.
pub(super) fn watched(uri: &str) -> Option<Watched> {
    let found = find(uri)?;
    match found.definition.kind {
        Kind::DatabaseInfo => Some(Watched::Database),
        Kind::QueryHistory => None,
        Kind::Table => Some(Watched::Relation(found.names)),
    }
}

pub(super) async fn read(
    gateway: &Gateway,
    found: &Found,
    uri: &str,
    caller: &Caller,
) -> Result<ReadResourceResult, ErrorData> {
    let value = match found.definition.kind {
        Kind::DatabaseInfo => gateway.database(caller).await.map(|info| json!(info)),
        Kind::QueryHistory => gateway.recent(caller, RECENT).await.map(|recent| {
            json!({ "calls": recent.calls.iter().map(shown).collect::<Vec<_>>(), "complete": recent.complete })
        }),
        Kind::Table => gateway.table(caller, &found.names).await.map(|table| json!(table)),
    };
    let value = value.map_err(|rejection| match rejection.reason {
        Reason::UnknownRelation => {
            // There are no arguments in which a place could be named.
            let rejection = Rejection { place: Place::Nowhere, ..rejection };
            ErrorData::resource_not_found(rejection.message.clone(), Some(rejection.to_json(None)))
        }
        _ => unserved(&rejection),
    })?;
    let contents = ResourceContents::text(value.to_string(), uri).with_mime_type(MIME_TYPE);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn shown(call: &Summary) -> Value {
    json!({
        "time": call.time.to_string(), "principal": call.principal, "tool": call.tool, "sql": call.sql, "verdict": call.verdict,
        "reason": call.reason, "status": call.status, "rows": call.rows, "affected": call.affected,
        "duration_ms": call.duration_ns.map(|ns| ns as f64 / 1e6), "truncated": call.truncated,
    })
}

impl Definition {
    fn resource(&self) -> Resource {
        let resource = Resource::new(self.uri, self.name).with_title(self.title);
        resource.with_description(self.description).with_mime_type(MIME_TYPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(uri: &str) -> Option<Vec<String>> {
        find(uri).map(|found| found.names)
    }

    #[test]
    fn every_name_has_an_address() {
        for (schema, name) in [("sales", "orders"), ("a/b", "c d?#%2F"), ("ü", "\u{1}\"{table}"), ("..", ".")] {
            let summary = TableSummary {
                schema: schema.into(),
                name: name.into(),
                kind: crate::gate::catalog::RelationKind::Table,
                access: "read",
                estimated_rows: None,
                comment: None,
            };
            let uri = table(&summary).uri;
            assert!(uri.is_ascii() && uri.matches('/').count() == 4, "{uri}");
            assert_eq!(names(&uri), Some(vec![schema.to_owned(), name.to_owned()]), "{uri}");
        }
        assert_eq!(names("pgwicket://schema/sales/Größe"), Some(vec!["sales".into(), "Größe".into()]));
    }

    #[test]
    fn what_names_no_table_is_no_address() {
        for uri in ["", "sales", "/", "sales/", "/orders", "a/b/c", "sales/%ff"] {
            assert_eq!(names(&format!("{TABLES}{uri}")), None, "{uri}");
        }
        assert_eq!(names("pgwicket://database_info"), Some(Vec::new()));
        assert_eq!(names("pgwicket://nothing"), None);
    }
}
