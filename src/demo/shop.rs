//! The stage: a server with the sample in it, and a directory with a configuration, a policy and a password.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tempfile::TempDir;

use super::DemoError;
use crate::postgres::ephemeral::{self, Ephemeral, EphemeralError};

/// The database's name.
pub(super) const DATABASE: &str = "shop";
/// The role that pgwicket logs in as.
pub(super) const LOGIN: &str = "pgwicket";
/// The principal of the configuration.
pub(super) const PRINCIPAL: &str = "agent";

const SAMPLE: &str = include_str!("sample.sql");
const POLICY: &str = include_str!("../../policies/agent-audited.toml");
/// The policy lets five statements through at once and then one in two seconds, which is no pace for a show.
const BURST: (&str, &str) = ("burst = 5\n", "burst = 60\n");

/// A running shop. Dropping it removes everything, too; [`Shop::close`] also tells when that failed.
#[derive(Debug)]
pub struct Shop {
    server: Ephemeral,
    directory: TempDir,
    program: PathBuf,
}

impl Shop {
    /// Starts the server, loads the sample and writes the configuration.
    ///
    /// # Errors
    /// No PostgreSQL on this machine, or something that shouldn't happen.
    pub async fn open() -> Result<Self, DemoError> {
        let program = std::env::current_exe().map_err(DemoError::doing("find pgwicket's own program"))?;
        let start = tokio::task::spawn_blocking(|| Ephemeral::start(&ephemeral::Options::default()));
        let server = start.await.map_err(|error| DemoError::Answer(error.to_string()))??;
        let directory = tempfile::Builder::new().prefix("pgwicket-demo-").tempdir();
        let directory = directory.map_err(DemoError::doing("make a temporary directory"))?;
        let shop = Self { server, directory, program };
        let password = ephemeral::random_password()?;
        shop.stock(&password).await?;
        shop.configure(&password).map_err(DemoError::doing("write the demo's configuration"))?;
        Ok(shop)
    }

    /// The role may do anything with the tables: what the agent can't do is the policy's doing.
    async fn stock(&self, password: &SecretString) -> Result<(), EphemeralError> {
        let role = format!("CREATE ROLE {LOGIN} LOGIN PASSWORD '{}'", password.expose_secret());
        self.server.run_script("postgres", &role).await?;
        self.server.run_script("postgres", &format!("CREATE DATABASE {DATABASE}")).await?;
        self.server.run_script(DATABASE, SAMPLE).await?;
        let grants = ["sales", "hr", "scratch"].map(|schema| {
            format!("GRANT ALL ON SCHEMA {schema} TO {LOGIN}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {LOGIN};")
        });
        self.server.run_script(DATABASE, &grants.concat()).await
    }

    fn configure(&self, password: &SecretString) -> std::io::Result<()> {
        let write = |name: &str, text: &str| {
            let file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(self.path(name));
            file?.write_all(text.as_bytes())
        };
        write("agent-audited.toml", &POLICY.replace(BURST.0, BURST.1))?;
        write("password", password.expose_secret())?;
        write(
            "pgwicket.toml",
            &format!(
                "version = 1\n\n[database]\nhost = {:?}\nport = {}\ndb = {DATABASE:?}\nuser = {LOGIN:?}\n\
                 password_file = \"password\"\nssl_mode = \"disable\"\n\n[principals.{PRINCIPAL}]\n\
                 policy = \"agent-audited.toml\"\nattributes = {{ tenant = 1, regions = [\"eu\", \"uk\"] }}\n",
                self.server.host(),
                self.server.port(),
            ),
        )
    }

    /// The configuration's path.
    pub fn config(&self) -> PathBuf {
        self.path("pgwicket.toml")
    }

    /// The directory of the configuration.
    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The program that this is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What an MCP client has to be told: absolute paths and no secrets.
    ///
    /// # Errors
    /// Never, unless memory is short.
    pub fn client_configuration(&self) -> Result<String, DemoError> {
        let server = json!({ "command": self.program, "args": ["serve", "--config", self.config()] });
        let whole = json!({ "mcpServers": { "pgwicket-demo": server } });
        serde_json::to_string_pretty(&whole).map_err(|error| DemoError::Answer(error.to_string()))
    }

    /// Stops the server and removes everything.
    ///
    /// # Errors
    /// What couldn't be removed.
    pub async fn close(self) -> Result<(), DemoError> {
        let Self { server, directory, .. } = self;
        let removed = directory.close().map_err(DemoError::doing("remove the demo's directory"));
        let stopped = tokio::task::spawn_blocking(|| server.stop()).await;
        stopped.map_err(|error| DemoError::Answer(error.to_string()))??;
        removed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shows_pace_is_the_only_change_to_the_policy() {
        assert_eq!(POLICY.matches(BURST.0).count(), 1);
    }
}
