//! A client of MCP over HTTP: requests by hand over a connection each, so that no library hides what really went over
//! the wire.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::PATIENCE;

/// The revisions that begin with a handshake, and the one that doesn't.
pub const HANDSHAKES: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];
pub const STATELESS: &str = "2026-07-28";

/// A running `pgwicket serve --http`, killed when dropped.
pub struct HttpServer {
    child: Child,
    stderr: Arc<Mutex<String>>,
    pub address: SocketAddr,
}

impl HttpServer {
    /// Starts it, and waits until it listens. The command has to say `--http 127.0.0.1:0`.
    pub async fn start(mut command: Command) -> Self {
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
        let found = timeout(PATIENCE, async {
            loop {
                let said = stderr.lock().unwrap().clone();
                let url = said.split_once("serves MCP at ").and_then(|(_, rest)| rest.split_once("/mcp"));
                if let Some((url, _)) = url {
                    return url.split_once("://").unwrap().1.parse().unwrap();
                }
                assert!(child.try_wait().unwrap().is_none(), "it has ended:\n{said}");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        });
        let address = found.await.unwrap_or_else(|_| panic!("it doesn't listen:\n{}", stderr.lock().unwrap()));
        Self { child, stderr, address }
    }

    /// A client without a token.
    pub fn client(&self) -> HttpClient {
        HttpClient { address: self.address, headers: Vec::new(), next_id: 1 }
    }

    /// A client with a token.
    pub fn client_of(&self, token: &str) -> HttpClient {
        self.client().with("Authorization", &format!("Bearer {token}"))
    }

    /// What the server has written to standard error until now.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// The server's process id.
    pub fn process_id(&self) -> u32 {
        self.child.id().expect("the server is gone")
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.process_id().to_string();
        assert!(std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits until nobody is let in any more.
    pub async fn wait_until_closed(&self) {
        let closed = timeout(PATIENCE, async {
            while TcpStream::connect(self.address).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        });
        assert!(closed.await.is_ok(), "the server still listens:\n{}", self.stderr());
    }

    /// Waits for the server to end by itself.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("the server doesn't end:\n{}", self.stderr())).unwrap();
        // The reader may be a step behind.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        (status, self.stderr())
    }
}

/// A client: what it says in every request.
#[derive(Clone)]
pub struct HttpClient {
    address: SocketAddr,
    headers: Vec<(String, String)>,
    next_id: u64,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Reply {
    /// The JSON-RPC messages: of a JSON body, or of a stream of events.
    pub fn messages(&self) -> Vec<Value> {
        if self.headers.get("content-type").is_some_and(|of| of.starts_with("text/event-stream")) {
            let data = self.body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
            return data.filter(|text| !text.is_empty()).map(|text| serde_json::from_str(text).unwrap()).collect();
        }
        vec![serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))]
    }

    /// The one that answers: the last.
    pub fn answer(&self) -> Value {
        self.messages().pop().unwrap_or_else(|| panic!("no message: {self:?}"))
    }

    /// Text of the first block of a tool's result.
    pub fn text(&self) -> String {
        let answer = self.answer();
        answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no result: {answer}")).to_owned()
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl HttpClient {
    /// The same with another header; without it, if the value is empty.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The handshake of a revision: from here on in that session.
    pub async fn handshake(self, revision: &str) -> Self {
        let reply = self.hello(revision).await;
        let answer = reply.answer();
        assert_eq!(answer["result"]["protocolVersion"], revision, "{answer}");
        let session = reply.headers.get("mcp-session-id").unwrap_or_else(|| panic!("no session: {reply:?}")).clone();
        let client = self.with("Mcp-Session-Id", &session).with("MCP-Protocol-Version", revision);
        let told = client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        assert_eq!(told.status, 202, "{told:?}");
        client
    }

    /// `initialize` alone.
    pub async fn hello(&self, revision: &str) -> Reply {
        self.post(&hello(revision)).await
    }

    /// The same without its last byte, which is a brace.
    pub async fn begin_hello(&self) -> TcpStream {
        let message = hello("2025-06-18").to_string();
        let whole = self.text("POST", "/mcp", &message);
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(whole.strip_suffix('}').unwrap().as_bytes()).await.unwrap();
        stream
    }

    /// A request, in the form of the revision that this client speaks: in a session, or all by itself.
    pub fn message(&mut self, method: &str, mut params: Value) -> (Self, Value) {
        let id = self.next_id;
        self.next_id += 1;
        let mut client = self.clone();
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id")) {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": STATELESS,
                "io.modelcontextprotocol/clientInfo": { "name": "pgwicket tests", "version": "2" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            client = client.with("MCP-Protocol-Version", STATELESS).with("Mcp-Method", method);
            if let Some(name) = params.get("name").or(params.get("uri")).and_then(Value::as_str) {
                client = client.with("Mcp-Name", name);
            }
        }
        (client, json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    /// Sends such a request and waits for the answer.
    pub async fn request(&mut self, method: &str, params: Value) -> Reply {
        let (client, message) = self.message(method, params);
        client.post(&message).await
    }

    /// Runs a statement through `query_execute`.
    pub async fn query(&mut self, sql: &str) -> Reply {
        self.request("tools/call", json!({ "name": "query_execute", "arguments": { "sql": sql } })).await
    }

    /// Sends a message.
    pub async fn post(&self, message: &Value) -> Reply {
        self.send("POST", "/mcp", &message.to_string()).await
    }

    /// Sends whatever it is, and reads to the end of the answer.
    pub async fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        let mut stream = self.begin(method, path, body).await;
        read(&mut stream).await
    }

    /// As [`HttpClient::send`], over a stream that is there already.
    pub async fn send_over(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        method: &str,
        path: &str,
        body: &str,
    ) -> Reply {
        stream.write_all(self.text(method, path, body).as_bytes()).await.unwrap();
        read(&mut stream).await
    }

    /// Sends a request and doesn't read. Dropping the stream is hanging up.
    pub async fn begin(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(self.text(method, path, body).as_bytes()).await.unwrap();
        stream
    }

    fn text(&self, method: &str, path: &str, body: &str) -> String {
        let mut headers: Vec<(String, String)> = vec![
            ("Host".into(), self.address.to_string()),
            ("Connection".into(), "close".into()),
            ("Content-Type".into(), "application/json".into()),
            ("Accept".into(), "application/json, text/event-stream".into()),
            ("Content-Length".into(), body.len().to_string()),
        ];
        headers.retain(|(usual, _)| !self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(usual)));
        headers.extend(self.headers.iter().cloned());
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{method} {path} HTTP/1.1\r\n{headers}\r\n{body}")
    }
}

/// An answer that is a stream of events, read one by one. Dropping it is hanging up.
pub struct Events {
    stream: TcpStream,
    text: String,
}

impl Events {
    pub fn of(stream: TcpStream) -> Self {
        Self { stream, text: String::new() }
    }

    /// The next message; none if there is none within `patience`, or if the stream has ended.
    pub async fn next(&mut self, patience: std::time::Duration) -> Option<Value> {
        let next = async {
            loop {
                // The sizes of chunks stand on lines of their own.
                while let Some((line, rest)) = self.text.split_once('\n') {
                    let message = line.strip_prefix("data:").map(str::trim).filter(|text| !text.is_empty());
                    let message = message.map(|text| serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}")));
                    self.text = rest.to_owned();
                    if message.is_some() {
                        return message;
                    }
                }
                let mut bytes = [0; 4096];
                match self.stream.read(&mut bytes).await {
                    Ok(read @ 1..) => self.text.push_str(std::str::from_utf8(&bytes[..read]).unwrap()),
                    _ => return None,
                }
            }
        };
        timeout(patience, next).await.ok().flatten()
    }

    /// The next message; that there is none is the test's failure.
    pub async fn message(&mut self) -> Value {
        self.next(PATIENCE).await.expect("no message comes")
    }

    /// Waits for the end of the stream.
    pub async fn ended(mut self) {
        let end = timeout(PATIENCE, self.stream.read_to_end(&mut Vec::new())).await;
        assert!(end.is_ok(), "the stream goes on");
    }
}

fn hello(revision: &str) -> Value {
    let client = json!({ "name": "pgwicket tests", "version": "1" });
    let hello = json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello })
}

/// Reads an answer to the end of the connection.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Reply {
    let mut bytes = Vec::new();
    // A server that closes without reading all that we sent resets the connection behind its answer.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the answer doesn't end");
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let body = if chunked { dechunked(body) } else { body.to_owned() };
    Reply { status, headers, body }
}

fn dechunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        text.push_str(&rest[..length]);
        body = rest[length..].strip_prefix("\r\n").unwrap();
    }
    text
}
