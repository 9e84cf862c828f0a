//! Software that isn't ours against the real binary: the conformance suite of MCP, the client libraries that agents are built with,
//! and the configuration that people copy into their clients. `scripts/fetch-clients` puts what they need below target/, and
//! `scripts/test` says in `PGWICKET_CLIENTS` where; without it only what needs nothing fetched is tested here.

mod conformance;
mod drives;
mod inspector;
mod snippets;
mod wire;

use std::path::PathBuf;

/// Where `scripts/fetch-clients` has put the clients, if the run has them.
fn fetched() -> Option<PathBuf> {
    let found = std::env::var_os("PGWICKET_CLIENTS").map(PathBuf::from);
    if found.is_none() {
        eprintln!("left out: the clients of others are for scripts/test");
    }
    found
}

/// Reads a file of tests/clients.
fn table(text: &str) -> toml::Table {
    text.parse().unwrap()
}

/// A list of texts in a table.
fn texts(table: &toml::Table, key: &str) -> Vec<String> {
    let list = table[key].as_array().unwrap_or_else(|| panic!("`{key}` is no list"));
    list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The tables of a list of tables.
fn tables<'t>(table: &'t toml::Table, key: &str) -> impl Iterator<Item = &'t toml::Table> {
    table[key].as_array().unwrap().iter().map(|one| one.as_table().unwrap())
}
