//! An MCP client over a child's standard streams: JSON-RPC by hand, one message a line, so that no library hides what
//! really went over the wire.

use std::collections::HashMap;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::PATIENCE;

/// The protocol version that we speak.
const PROTOCOL: &str = "2025-06-18";

/// A running MCP server, killed when dropped.
pub struct Mcp {
    child: Child,
    // `None` after `hang_up`.
    input: Option<ChildStdin>,
    stderr: Arc<Mutex<String>>,
    waiting: Waiting,
    others: mpsc::UnboundedReceiver<Value>,
    next_id: u64,
}

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// A request that is on its way.
pub struct Pending {
    /// What a cancellation names.
    pub id: u64,
    what: String,
    answer: oneshot::Receiver<Value>,
    stderr: Arc<Mutex<String>>,
}

/// What `tools/call` gave.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    pub is_error: bool,
    /// The text of the first content block.
    pub text: String,
    /// The texts of all content blocks.
    pub blocks: Vec<String>,
    /// The whole `result`.
    pub whole: Value,
}

impl Mcp {
    /// Starts the server; nothing is sent.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let mut errors = child.stderr.take().unwrap();
        let kept = Arc::clone(&stderr);
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = errors.read(&mut buffer).await {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        let waiting = Waiting::default();
        let (sender, others) = mpsc::unbounded_channel();
        tokio::spawn(deliver(child.stdout.take().unwrap(), Arc::clone(&waiting), sender));
        let input = child.stdin.take();
        Self { child, input, stderr, waiting, others, next_id: 1 }
    }

    /// The handshake. Returns the server's `result`: its name, version, capabilities and instructions.
    pub async fn initialize(&mut self) -> Value {
        self.initialize_as(json!({})).await
    }

    /// As [`Mcp::initialize`], with capabilities of a client.
    pub async fn initialize_as(&mut self, capabilities: Value) -> Value {
        let client = json!({ "name": "pgwicket tests", "version": "1" });
        let hello = json!({ "protocolVersion": PROTOCOL, "capabilities": capabilities, "clientInfo": client });
        let response = self.request("initialize", hello).await;
        let result = response.get("result").unwrap_or_else(|| panic!("no handshake: {response}")).clone();
        assert_eq!(result["protocolVersion"], PROTOCOL);
        self.notify("notifications/initialized", json!({})).await;
        result
    }

    /// Calls a tool and waits for its result. A protocol error is the test's failure.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> ToolResult {
        self.start_call(tool, arguments).await.tool_result().await
    }

    /// Runs a statement through `query_execute`.
    pub async fn query(&mut self, sql: &str) -> ToolResult {
        self.call("query_execute", json!({ "sql": sql })).await
    }

    /// Calls a tool without waiting for its result.
    pub async fn start_call(&mut self, tool: &str, arguments: Value) -> Pending {
        self.start_request("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// The `tools` of `tools/list`.
    pub async fn tools(&mut self) -> Vec<Value> {
        self.list("tools/list", "tools").await
    }

    /// The `resources` of `resources/list`.
    pub async fn resources(&mut self) -> Vec<Value> {
        self.list("resources/list", "resources").await
    }

    /// Reads a resource; its one text, as JSON.
    pub async fn resource(&mut self, uri: &str) -> Value {
        let response = self.request("resources/read", json!({ "uri": uri })).await;
        let contents = response["result"]["contents"].as_array().unwrap_or_else(|| panic!("{uri}: {response}"));
        assert_eq!(contents.len(), 1, "{response}");
        assert_eq!(contents[0]["uri"], uri);
        serde_json::from_str(contents[0]["text"].as_str().unwrap()).unwrap()
    }

    /// Sends a request and waits for the whole response, `result` or `error`.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        self.start_request(method, params).await.response().await
    }

    /// Sends a request without waiting.
    pub async fn start_request(&mut self, method: &str, params: Value) -> Pending {
        let id = self.next_id;
        self.next_id += 1;
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, sender);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()).await;
        Pending { id, what: format!("{method} {params}"), answer, stderr: Arc::clone(&self.stderr) }
    }

    /// Sends a notification.
    pub async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()).await;
    }

    /// Tells the server that we no longer want the answer.
    pub async fn cancel(&mut self, pending: &Pending) {
        self.notify("notifications/cancelled", json!({ "requestId": pending.id, "reason": "changed my mind" })).await;
    }

    /// Sends a line as it is: what is no JSON, too.
    pub async fn send(&mut self, line: &str) {
        let input = self.input.as_mut().expect("we have hung up");
        let sent = async {
            input.write_all(line.as_bytes()).await?;
            input.write_all(b"\n").await?;
            input.flush().await
        };
        if let Err(error) = timeout(PATIENCE, sent).await.expect("the server doesn't read") {
            panic!("the server is gone: {error}\n{}", self.stderr());
        }
    }

    /// The next message that answers no request of ours: notifications, the server's own requests, errors without id.
    /// `None` when there is none within `patience`.
    pub async fn next_other(&mut self, patience: Duration) -> Option<Value> {
        timeout(patience, self.others.recv()).await.ok().flatten()
    }

    /// What the server has written to standard error until now.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Waits until standard error contains `text`.
    pub async fn wait_for_stderr(&self, text: &str) {
        let found = timeout(PATIENCE, async {
            while !self.stderr().contains(text) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(found.await.is_ok(), "`{text}` never came:\n{}", self.stderr());
    }

    /// The server's process id.
    pub fn process_id(&self) -> u32 {
        self.child.id().expect("the server is gone")
    }

    /// Closes the server's standard input, which is how an MCP client over stdio says goodbye.
    pub fn hang_up(&mut self) {
        self.input = None;
    }

    /// Hangs up and waits for the server to end by itself.
    pub async fn close(mut self) -> (ExitStatus, String) {
        self.hang_up();
        self.ended().await
    }

    /// Waits for the server to end by itself.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("the server doesn't end:\n{}", self.stderr())).unwrap();
        // The reader may be a step behind.
        tokio::time::sleep(Duration::from_millis(20)).await;
        (status, self.stderr())
    }

    async fn list(&mut self, method: &str, key: &str) -> Vec<Value> {
        let response = self.request(method, json!({})).await;
        assert_eq!(response["result"].get("nextCursor").filter(|cursor| !cursor.is_null()), None, "{method} pages");
        response["result"][key].as_array().unwrap_or_else(|| panic!("{method}: {response}")).clone()
    }
}

impl Pending {
    /// Waits for the whole response, `result` or `error`.
    pub async fn response(self) -> Value {
        let answer = timeout(PATIENCE, self.answer).await;
        let stderr = || self.stderr.lock().unwrap().clone();
        answer
            .unwrap_or_else(|_| panic!("no answer to {}:\n{}", self.what, stderr()))
            .unwrap_or_else(|_| panic!("the server ended before it answered {}:\n{}", self.what, stderr()))
    }

    /// Waits for the result of a tool. A protocol error is the test's failure.
    pub async fn tool_result(self) -> ToolResult {
        let what = self.what.clone();
        let response = self.response().await;
        let whole = response.get("result").unwrap_or_else(|| panic!("{what}: {response}")).clone();
        let blocks = whole["content"].as_array().unwrap_or_else(|| panic!("{what}: no content: {response}"));
        let blocks: Vec<String> = blocks
            .iter()
            .map(|block| block["text"].as_str().unwrap_or_else(|| panic!("{what}: {block}")).to_owned())
            .collect();
        ToolResult {
            is_error: whole["isError"] == true,
            text: blocks.first().cloned().unwrap_or_default(),
            blocks,
            whole,
        }
    }

    /// Whether no answer comes within `patience`, as it shall be after a cancellation.
    pub async fn stays_unanswered(self, patience: Duration) -> bool {
        timeout(patience, self.answer).await.is_err()
    }
}

impl ToolResult {
    /// The text as JSON; the tool must have succeeded.
    pub fn json(&self) -> Value {
        assert!(!self.is_error, "refused: {}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The `rows` of the result; the tool must have succeeded.
    pub fn rows(&self) -> Vec<Value> {
        self.json()["rows"].as_array().unwrap_or_else(|| panic!("no rows: {}", self.text)).clone()
    }

    /// The text of a refusal; the tool must have refused.
    pub fn refusal(&self) -> &str {
        assert!(self.is_error, "admitted: {}", self.text);
        &self.text
    }
}

/// Hands each message to whom it belongs. Standard output is for messages only: anything else is the test's failure,
/// told to whoever waits.
async fn deliver(output: ChildStdout, waiting: Waiting, others: mpsc::UnboundedSender<Value>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "not a message": line }));
        let is_response = message.get("method").is_none();
        let id = message["id"].as_u64().filter(|_| is_response && message["jsonrpc"] == "2.0");
        let asked = id.and_then(|id| waiting.lock().unwrap().remove(&id));
        match asked {
            // Nobody may be waiting any more.
            Some(sender) => drop(sender.send(message)),
            None => drop(others.send(message)),
        }
    }
    // Whoever still waits is told that there will be no answer.
    waiting.lock().unwrap().clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two requests answered in reverse order after the handshake, with a notification and noise between them.
    const FAKE: &str = r#"
        read -r hello
        echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"}}'
        read -r initialized; read -r first; read -r second
        echo '{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"two"}],"isError":true}}'
        echo '{"jsonrpc":"2.0","method":"notifications/message","params":{}}'
        echo 'noise'
        echo '{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no"}}'
        echo bye >&2
        read -r third
        exit 3
    "#;

    #[tokio::test]
    async fn answers_find_their_requests_and_the_rest_is_kept() {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(FAKE);
        let mut mcp = Mcp::start(shell);
        mcp.initialize().await;
        let first = mcp.start_request("no/such", json!({})).await;
        let second = mcp.query("SELECT 1").await;
        assert_eq!(second.refusal(), "two");
        assert_eq!(first.response().await["error"]["code"], -32601);
        assert_eq!(mcp.next_other(PATIENCE).await.unwrap()["method"], "notifications/message");
        assert_eq!(mcp.next_other(PATIENCE).await.unwrap()["not a message"], "noise");
        assert_eq!(mcp.next_other(Duration::from_millis(10)).await, None);
        mcp.wait_for_stderr("bye").await;
        let (status, stderr) = mcp.close().await;
        assert_eq!((status.code(), stderr.as_str()), (Some(3), "bye\n"));
    }
}
