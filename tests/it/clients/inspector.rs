//! The command line of the MCP Inspector, with the configuration that docs/clients.md tells people to copy: every tool, prompt and
//! resource, through both doors. Each call is a process of its own, which takes a while, so it belongs to the long tier:
//! `scripts/test --long inspector` sets `PGWICKET_INSPECTOR`.

use std::path::Path;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use super::{fetched, snippets};
use crate::support::{Database, HttpServer, PATIENCE, Wicket};

struct Inspector<'i> {
    clients: &'i Path,
    wicket: &'i Wicket,
    config: &'i Path,
}

impl Inspector<'_> {
    /// One call: what it prints.
    async fn call(&self, method: &str, arguments: &[&str]) -> Result<Value, String> {
        let program = "inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";
        let mut command = Command::new(self.clients.join("node/run"));
        command.arg(self.clients.join(program)).args(["--cli", "--config", self.config.to_str().unwrap()]);
        command.args(["--server", "pgwicket", "--method", method]).args(arguments);
        let like = self.wicket.command(&[]);
        command.current_dir(self.wicket.directory()).env_clear();
        command.envs(like.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
        // Of keys to be kept it has none.
        command.env("MCP_INSPECTOR_SECRET_STORE", "memory");
        let output =
            timeout(PATIENCE, command.kill_on_drop(true).output()).await.expect("the Inspector hangs").unwrap();
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match output.status.success() {
            true => Ok(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{errors}"))),
            false => Err(format!("{said}{errors}")),
        }
    }

    async fn tool(&self, name: &str, arguments: &[&str]) -> Result<Value, String> {
        let mut told = vec!["--tool-name", name];
        if !arguments.is_empty() {
            told.push("--tool-arg");
            told.extend(arguments);
        }
        self.call("tools/call", &told).await
    }
}

/// The JSON in the first block of a tool's result.
fn json(result: Result<Value, String>) -> Value {
    let result = result.unwrap();
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"));
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn its_command_line_calls_everything() {
    if std::env::var_os("PGWICKET_INSPECTOR").is_none() {
        eprintln!("left out: the Inspector is for scripts/test --long inspector");
        return;
    }
    let clients = fetched().expect("PGWICKET_CLIENTS is missing");
    let database = Database::sample().await;
    let (wicket, token) = snippets::installation(&database).await;
    let arguments = ["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0"];
    let server = HttpServer::start(wicket.command(&arguments)).await;
    let url = format!("http://{}/mcp", server.address);
    for config in snippets::inspector(&wicket, &url, &token) {
        println!("{}", config.display());
        let inspector = Inspector { clients: &clients, wicket: &wicket, config: &config };
        let tools = inspector.call("tools/list", &[]).await.unwrap();
        let names: Vec<&str> =
            tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            ["query_execute", "check_query", "explain_query", "search_objects", "get_tables", "get_table_schema"]
        );
        let sql = "sql=SELECT id, name, email FROM customers WHERE id = 2";
        let rows = json(inspector.tool("query_execute", &[sql]).await);
        assert_eq!(rows["rows"], serde_json::json!([[2, "Olga Kowalski", "o***@example.com"]]));
        let verdict = json(inspector.tool("check_query", &[sql]).await);
        assert_eq!(verdict["verdict"], "admitted");
        let plan = json(inspector.tool("explain_query", &["sql=SELECT * FROM orders WHERE id = 7"]).await);
        assert!(plan["steps"].to_string().contains("Index Cond"), "{plan}");
        let found = json(inspector.tool("search_objects", &["query=customer", "detail=names", "limit=1"]).await);
        assert_eq!(found["found"][0]["relation"], "sales.customers", "{found}");
        let listed = json(inspector.tool("get_tables", &["pattern=order_items"]).await);
        assert_eq!(listed["tables"][0]["name"], "order_items", "{listed}");
        let described = json(inspector.tool("get_table_schema", &["table=sales.customers"]).await);
        assert_eq!(described["primary_key"][0], "id");
        let refused = inspector.tool("query_execute", &["sql=SELECT ssn FROM customers"]).await;
        let refused = refused.map_or_else(|said| said, |result| result.to_string());
        assert!(refused.contains("unknown_column") && refused.contains("isError"), "{refused}");
        let unknown = inspector.tool("drop_everything", &[]).await.unwrap_err();
        assert!(unknown.contains("drop_everything"), "{unknown}");

        let resources = inspector.call("resources/list", &[]).await.unwrap();
        assert_eq!(resources["resources"][0]["uri"], "pgwicket://database_info");
        for uri in ["pgwicket://database_info", "pgwicket://query_history", "pgwicket://schema/sales/orders"] {
            let read = inspector.call("resources/read", &["--uri", uri]).await.unwrap();
            assert!(read["contents"][0]["text"].as_str().unwrap().starts_with('{'), "{read}");
        }
        let templates = inspector.call("resources/templates/list", &[]).await.unwrap();
        assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "pgwicket://schema/{schema}/{table}");
        let prompts = inspector.call("prompts/list", &[]).await.unwrap();
        assert_eq!(prompts["prompts"].as_array().unwrap().len(), 3);
        for (prompt, argument, said) in [
            ("explore_database", "schema=sales", "sales"),
            ("answer_question", "question=who?", "who?"),
            ("review_table", "table=sales.orders", "sales.orders"),
        ] {
            let told = ["--prompt-name", prompt, "--prompt-args", argument];
            let got = inspector.call("prompts/get", &told).await.unwrap();
            assert!(got["messages"][0]["content"]["text"].as_str().unwrap().contains(said), "{got}");
        }
    }
}
