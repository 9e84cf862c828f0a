//! What docs/clients.md tells people to copy: read as the client would, started or called, and shaken hands with.
//! `UPDATE_GOLDEN=1 cargo test --test it clients::snippets` writes that part of the page.

use std::fmt::Write;

use serde_json::Value;

use super::{table, tables};
use crate::http::token;
use crate::mcp::READER;
use crate::support::{Database, HttpServer, Mcp, Wicket};

const CLIENTS: &str = include_str!("../../clients/clients.toml");

/// Where a token stands that the snippet has to hold itself.
const TOKEN: &str = "pgw_laptop_…";

/// What a snippet says of a server, by the client's own rules.
pub fn entry(client: &toml::Table, door: &str) -> Option<(Value, Value)> {
    let snippet = client.get(door)?;
    let text = snippet["text"].as_str().unwrap();
    let whole: Value = match snippet["language"].as_str().unwrap() {
        "json" => serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")),
        "toml" => serde_json::to_value(table(text)).unwrap(),
        other => panic!("there is no language `{other}`"),
    };
    let servers = whole[snippet["servers"].as_str().unwrap()].as_object().unwrap_or_else(|| panic!("{text}"));
    assert_eq!(servers.len(), 1, "{text}");
    Some((whole.clone(), servers["pgwicket"].clone()))
}

fn keys(entry: &Value, known: &[&str]) {
    for key in entry.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "no client reads `{key}`: {entry}");
    }
}

/// The token's variable or input as each client writes it, with the value that it would take.
fn authorization(whole: &Value, entry: &Value, variable: &str, token: &str) -> String {
    if let Some(name) = entry.get("bearer_token_env_var") {
        assert_eq!(name, variable);
        return format!("Bearer {token}");
    }
    keys(&entry["headers"], &["Authorization"]);
    let header = entry["headers"]["Authorization"].as_str().unwrap();
    let said = header.strip_prefix("Bearer ").unwrap_or_else(|| panic!("{entry}"));
    if let Some(input) = said.strip_prefix("${input:").and_then(|rest| rest.strip_suffix('}')) {
        let inputs = whole["inputs"].as_array().unwrap();
        assert!(inputs.iter().any(|one| one["id"] == input && one["password"] == true), "{whole}");
    } else {
        assert!(
            [format!("${{{variable}}}"), format!("${{env:{variable}}}"), TOKEN.into()].contains(&said.into()),
            "{said}"
        );
    }
    format!("Bearer {token}")
}

fn clients() -> (toml::Table, Vec<toml::Table>) {
    let list = table(CLIENTS);
    let clients: Vec<toml::Table> = tables(&list, "client").cloned().collect();
    (list["values"].as_table().unwrap().clone(), clients)
}

fn text<'t>(table: &'t toml::Table, key: &str) -> &'t str {
    table[key].as_str().unwrap_or_else(|| panic!("`{key}` is no text"))
}

/// An installation with the principal that the snippets name, and its token.
pub async fn installation(database: &Database) -> (Wicket, String) {
    let mut wicket = Wicket::on(database);
    let (token, stored) = token(&wicket, "laptop").await;
    wicket.write("policy.toml", READER);
    // In the file, since some clients start programs without the environment that they have themselves.
    let settings = database.environment();
    let of = |name: &str| settings.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    wicket.write("password", &of("POSTGRES_PASSWORD"));
    let server = format!(
        "[database]\nhost = \"{}\"\nport = {}\ndb = \"{}\"\nuser = \"{}\"\npassword_file = \"password\"\n",
        of("POSTGRES_HOST"),
        of("POSTGRES_PORT"),
        of("POSTGRES_DB"),
        of("POSTGRES_USER")
    );
    for (name, _) in &settings {
        wicket.environment_without(name);
    }
    wicket.write(
        "pgwicket.toml",
        &format!(
            "version = 1\n{server}[principals.ana]\npolicy = \"policy.toml\"\nattributes = {{ tenant = 1 }}\ntokens = [\"{stored}\"]\n"
        ),
    );
    (wicket, token)
}

/// The Inspector's snippets with what is true of an installation, as files that it reads.
pub fn inspector(wicket: &Wicket, url: &str, token: &str) -> [std::path::PathBuf; 2] {
    let (values, clients) = clients();
    let client = clients.iter().find(|client| text(client, "name") == "MCP Inspector").unwrap();
    let config = wicket.path("pgwicket.toml");
    ["stdio", "http"].map(|door| {
        let (whole, _) = entry(client, door).unwrap();
        let said = whole.to_string();
        let said = said.replace(text(&values, "command"), env!("CARGO_BIN_EXE_pgwicket"));
        let said = said.replace(text(&values, "config"), config.to_str().unwrap());
        wicket.write(&format!("{door}.json"), &said.replace(text(&values, "url"), url).replace(TOKEN, token))
    })
}

#[tokio::test]
async fn every_snippet_shakes_hands() {
    let database = Database::sample().await;
    let (wicket, token) = installation(&database).await;
    let arguments = ["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0"];
    let server = HttpServer::start(wicket.command(&arguments)).await;
    let (values, clients) = clients();
    let mut shaken = 0;
    for client in &clients {
        let (_, entry) = entry(client, "stdio").expect("every client starts programs");
        keys(&entry, &["type", "command", "args", "env"]);
        assert!(entry.get("type").is_none_or(|of| of == "stdio"), "{entry}");
        assert_eq!(entry["command"], text(&values, "command"));
        let config = wicket.path("pgwicket.toml");
        let arguments = entry["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap());
        let arguments: Vec<&str> = arguments
            .map(|argument| if argument == text(&values, "config") { config.to_str().unwrap() } else { argument })
            .collect();
        assert!(arguments.contains(&config.to_str().unwrap()), "{entry}");
        let mut mcp = Mcp::start(wicket.command(&arguments));
        assert_eq!(mcp.initialize().await["serverInfo"]["name"], "pgwicket");
        assert_eq!(mcp.tools().await.len(), 6);
        shaken += 1;

        let Some((whole, entry)) = self::entry(client, "http") else { continue };
        keys(&entry, &["type", "url", "headers", "bearer_token_env_var"]);
        assert_eq!(entry["url"], text(&values, "url"));
        let authorization = authorization(&whole, &entry, text(&values, "variable"), &token);
        let mut mcp = server.client().with("Authorization", &authorization).handshake("2025-06-18").await;
        let rows = mcp.query("SELECT count(*) FROM regions").await.json()["rows"].clone();
        assert!(rows[0][0].as_i64().unwrap() > 0, "{rows}");
        shaken += 1;
    }
    assert_eq!((clients.len(), shaken), (7, 13));
    assert_eq!(server.client().hello("2025-06-18").await.status, 401, "the token is what lets them in");
}

/// The part of the page that is made of the list.
fn page(clients: &[toml::Table]) -> String {
    let mut page = String::new();
    for client in clients {
        writeln!(page, "\n## {}\n\n{}", text(client, "name"), text(client, "note")).unwrap();
        for (door, title) in [("stdio", "Started by the client"), ("http", "Over HTTP")] {
            if let Some(snippet) = client.get(door).and_then(toml::Value::as_table) {
                let (language, said) = (text(snippet, "language"), text(snippet, "text").trim());
                writeln!(page, "\n{title}:\n\n```{language}\n{said}\n```").unwrap();
            }
        }
    }
    page.push_str("\n## What was run\n\n| client | run | its own documentation |\n|---|---|---|\n");
    for client in clients {
        let (name, run, source) = (text(client, "name"), text(client, "run"), text(client, "source"));
        writeln!(page, "| {name} | {run} | <{source}> |").unwrap();
    }
    page
}

#[test]
fn the_page_is_made_of_the_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/clients.md");
    let said = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- clients: generated -->\n", "\n<!-- end of clients -->");
    let (start, stop) = (said.find(begin).unwrap() + begin.len(), said.find(end).unwrap());
    let expected = format!("{}{}{}", &said[..start], page(&clients().1), &said[stop..]);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    let advice = "run `UPDATE_GOLDEN=1 cargo test --test it clients::snippets`";
    assert!(std::fs::read_to_string(path).unwrap() == expected, "{advice}");
}
