//! What the benchmarks share that speak to the real binary.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use pgwicket::postgres::ephemeral::Ephemeral;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// The real binary, spoken to over its pipes.
pub struct Gate {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    id: u64,
}

impl Gate {
    /// One client's, with nobody but the `tenant` 1 where the policy asks for one.
    pub fn start(server: &Ephemeral, policy: &str, directory: &std::path::Path) -> Self {
        let file = directory.join("policy.toml");
        std::fs::write(&file, policy).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgwicket"));
        command.arg("serve").arg("--policy").arg(&file);
        if policy.contains(":tenant") {
            command.args(["--attribute", "tenant=1"]);
        }
        let mut process = command
            .env("POSTGRES_HOST", server.host())
            .env("POSTGRES_PORT", server.port().to_string())
            .env("POSTGRES_DB", "postgres")
            .env("POSTGRES_USER", "postgres")
            .env("POSTGRES_PASSWORD", server.password().expose_secret())
            .env("XDG_STATE_HOME", directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut gate = Self { process, input, output, id: 0 };
        gate.ask(
            "initialize",
            json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" } }),
        );
        writeln!(gate.input, "{}", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).unwrap();
        gate
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.id += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": parameters });
        writeln!(self.input, "{request}").unwrap();
        self.input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer: {line}"))
    }

    /// Asks, and holds the answer to be one.
    pub fn query(&mut self, sql: &str, parameters: &[i32]) {
        let call = json!({ "name": "query_execute", "arguments": { "sql": sql, "params": parameters } });
        let answer = self.ask("tools/call", call);
        assert_ne!(answer["result"]["isError"], true, "{answer}");
        assert!(answer["result"]["content"][0]["text"].is_string(), "{answer}");
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
