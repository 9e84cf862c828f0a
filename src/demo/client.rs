//! A tiny MCP client: JSON-RPC over a child's standard streams, one request at a time.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{DemoError, Shop};

/// The protocol version that we speak.
const PROTOCOL: &str = "2025-06-18";

/// A running `pgwicket serve`, ended when dropped.
pub(super) struct Client {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    last: u64,
}

impl Client {
    /// Starts the real server on the shop, and shakes hands.
    pub async fn start(shop: &Shop) -> Result<Self, DemoError> {
        let mut command = command(shop);
        command.arg("serve").arg("--config").arg(shop.config());
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(DemoError::doing("start `pgwicket serve`"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(DemoError::Answer("it has no standard streams".to_owned()));
        };
        let mut client = Self { child, input, output: BufReader::new(output).lines(), last: 0 };
        let us = json!({ "name": "pgwicket-demo", "version": env!("CARGO_PKG_VERSION") });
        let hello = json!({ "protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": us });
        client.request("initialize", hello).await?;
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        Ok(client)
    }

    /// Calls a tool: the JSON of its text, and whether it is a refusal.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Result<(bool, Value), DemoError> {
        let result = self.request("tools/call", json!({ "name": tool, "arguments": arguments })).await?;
        let refused = result.get("isError").and_then(Value::as_bool).unwrap_or(false);
        Ok((refused, text(&result, "/content/0/text")?))
    }

    /// Reads a resource: the JSON of its text.
    pub async fn read(&mut self, uri: &str) -> Result<Value, DemoError> {
        let result = self.request("resources/read", json!({ "uri": uri })).await?;
        text(&result, "/contents/0/text")
    }

    /// Hangs up, and waits until the server has ended.
    pub async fn close(self) -> Result<(), DemoError> {
        let Self { mut child, input, .. } = self;
        drop(input);
        child.wait().await.map(drop).map_err(DemoError::doing("wait for `pgwicket serve`"))
    }

    async fn request(&mut self, method: &str, params: Value) -> Result<Value, DemoError> {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await?;
        loop {
            let line = self.output.next_line().await.map_err(DemoError::doing("read from `pgwicket serve`"))?;
            let line = line.ok_or_else(|| DemoError::Answer("it has ended".to_owned()))?;
            let mut message: Value = serde_json::from_str(&line).map_err(|_| DemoError::Answer(line.clone()))?;
            // What isn't our answer is a notification.
            if message.get("id").and_then(Value::as_u64) == Some(id) {
                return message.get_mut("result").map(Value::take).ok_or(DemoError::Answer(line));
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), DemoError> {
        let line = format!("{message}\n");
        let sent = async {
            self.input.write_all(line.as_bytes()).await?;
            self.input.flush().await
        };
        sent.await.map_err(DemoError::doing("write to `pgwicket serve`"))
    }
}

/// The program on the shop: of the person's environment only what it needs to run, since `POSTGRES_HOST` there would
/// overrule the shop's.
pub(super) fn command(shop: &Shop) -> Command {
    let mut command = Command::new(shop.program());
    command.env_clear().env("PGWICKET_LOG", "error").current_dir(shop.directory()).kill_on_drop(true);
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

fn text(result: &Value, pointer: &str) -> Result<Value, DemoError> {
    let text = result.pointer(pointer).and_then(Value::as_str);
    let json = text.and_then(|text| serde_json::from_str(text).ok());
    json.ok_or_else(|| DemoError::Answer(result.to_string()))
}
