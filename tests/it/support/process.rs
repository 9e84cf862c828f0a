//! The real binary, with an environment and a directory of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use super::{Database, Mcp, PATIENCE};

/// One installation of pgwicket: its environment, and a directory for policies, configuration and history. Processes
/// started from one installation share that directory.
pub struct Wicket {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Wicket {
    /// An installation whose environment names this database.
    pub fn on(database: &Database) -> Self {
        let mut wicket = Self::without_database();
        for (name, value) in database.environment() {
            wicket.env(name, &value);
        }
        wicket
    }

    /// An installation that knows no database.
    pub fn without_database() -> Self {
        let directory = tempfile::Builder::new().prefix("pgwicket-it-").tempdir().unwrap();
        let mut wicket = Self { directory, environment: Vec::new() };
        // The person's own state and configuration are none of a test's business.
        let home = wicket.path("home");
        std::fs::create_dir(&home).unwrap();
        wicket.env("HOME", home.to_str().unwrap());
        wicket.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        wicket
    }

    /// Sets or replaces a variable of the environment.
    pub fn env(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a variable out of the environment.
    pub fn environment_without(&mut self, name: &str) -> &mut Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// A path in the installation's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file into the installation's directory.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The installation's directory, which is the working directory of its processes too.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The binary with these arguments: nothing inherited from our environment, killed when it is dropped.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgwicket"));
        command.args(arguments);
        self.set_up(&mut command);
        command
    }

    fn set_up(&self, command: &mut Command) {
        command.current_dir(self.directory.path());
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    }

    /// The binary with these arguments, started by a shell script: `$0` is the binary, `$@` the arguments.
    pub fn command_through(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_pgwicket")]).args(arguments);
        self.set_up(&mut command);
        command
    }

    /// Runs the binary to its end.
    pub async fn run(&self, arguments: &[&str]) -> Finished {
        let output = tokio::time::timeout(PATIENCE, self.command(arguments).output());
        let output = output.await.unwrap_or_else(|_| panic!("`pgwicket {}` hangs", arguments.join(" "))).unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `pgwicket serve --policy` with this policy and these attributes (`tenant=7`), past MCP's handshake.
    pub async fn serve(&self, policy: &str, attributes: &[&str]) -> Mcp {
        let policy = self.write("policy.toml", policy);
        let mut arguments = vec!["serve", "--policy", policy.to_str().unwrap()];
        for attribute in attributes {
            arguments.extend(["--attribute", attribute]);
        }
        self.serve_with(&arguments).await
    }

    /// The binary with these arguments as an MCP server, past the handshake.
    pub async fn serve_with(&self, arguments: &[&str]) -> Mcp {
        let mut mcp = Mcp::start(self.command(arguments));
        mcp.initialize().await;
        mcp
    }
}
