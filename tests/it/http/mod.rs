//! MCP over HTTP: who asks is proven on every request, and what holds for one client holds for each of many.

mod changes;
mod crowds;
mod doors;
mod ends;
mod load;
mod pages;
mod progress;
mod proof;
mod reload;
mod requests;
mod revisions;

use serde_json::{Value, json};

use crate::support::{Database, HttpServer, Wicket};

/// Reads sales; may not see what customers' mail addresses are.
const ANA: &str = r#"
version = 1
name = "analyst"
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
[columns]
"customers.email" = "deny"
[limits]
timeout = "50s"
"#;

/// Reads and changes customers only.
const BEN: &str = r#"
version = 1
name = "editor"
[statements]
allow = ["select", "update"]
[schemas.sales]
access = "listed"
[tables."sales.customers"]
access = "write"
"#;

/// An installation with two principals, `ana` and `ben`, each with a token.
struct Scene {
    database: Database,
    wicket: Wicket,
    ana: String,
    ben: String,
}

impl Scene {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With more in the configuration.
    async fn with(more: &str) -> Self {
        let database = Database::sample().await;
        let wicket = Wicket::on(&database);
        let (ana, ana_stored) = token(&wicket, "ana-laptop").await;
        let (ben, ben_stored) = token(&wicket, "ben-phone").await;
        wicket.write("ana.toml", ANA);
        wicket.write("ben.toml", BEN);
        wicket.write(
            "pgwicket.toml",
            &format!(
                "version = 1\n{more}\n[principals.ana]\npolicy = \"ana.toml\"\ntokens = [\"{ana_stored}\"]\n\
                 [principals.ben]\npolicy = \"ben.toml\"\ntokens = [\"{ben_stored}\"]\n"
            ),
        );
        Self { database, wicket, ana, ben }
    }

    async fn serve(&self) -> HttpServer {
        self.serve_with(&[]).await
    }

    async fn serve_with(&self, more: &[&str]) -> HttpServer {
        let mut arguments = vec!["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0"];
        arguments.extend(more);
        HttpServer::start(self.wicket.command(&arguments)).await
    }

    /// Every record of the history, in order.
    fn records(&self) -> Vec<Value> {
        crate::mcp::records(&self.wicket.path("history"))
    }

    fn records_of(&self, kind: &str) -> Vec<Value> {
        self.records().into_iter().filter(|record| record["kind"] == kind).collect()
    }

    /// How many statements run for this application, as PostgreSQL sees it.
    async fn running(&self, beside: &tokio_postgres::Client) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgwicket/%' AND state = 'active' \
            AND query LIKE '%orders%' AND datname = current_database() AND pid <> pg_backend_pid()";
        beside.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn wait_for_running(&self, beside: &tokio_postgres::Client, wanted: i64) {
        let found = tokio::time::timeout(crate::support::PATIENCE, async {
            while self.running(beside).await != wanted {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        });
        assert!(found.await.is_ok(), "there never were {wanted} statements running");
    }
}

/// Takes longer than any test where nothing ends it.
const LONG: &str = "SELECT count(*) FROM sales.orders a, sales.orders b, sales.orders c, sales.orders d";

fn long() -> Value {
    json!({ "name": "query_execute", "arguments": { "sql": LONG } })
}

/// A token, and what the configuration holds of it.
pub async fn token(wicket: &Wicket, name: &str) -> (String, String) {
    let made = wicket.run(&["token", "new", name, "--json"]).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    (made["token"].as_str().unwrap().to_owned(), made["stored"].as_str().unwrap().to_owned())
}
