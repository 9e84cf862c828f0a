//! One PostgreSQL a run, a database a test.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use pgwicket::postgres::DatabaseSettings;
use pgwicket::postgres::ephemeral::{Ephemeral, Options};
use pgwicket::postgres::pins::PINS;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// The role that pgwicket logs in as; it may do anything in the sample, and is no superuser.
const LOGIN: &str = "wicket";
/// A password that has to be quoted everywhere, so that a door that forgets it is seen.
const PASSWORD: &str = "wicket's own";

/// The run's server. It ends with this process, by its guard: a static is never dropped.
static SERVER: OnceCell<Ephemeral> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

async fn server() -> &'static Ephemeral {
    SERVER.get_or_init(start).await
}

async fn start() -> Ephemeral {
    let server = Ephemeral::start(&Options::default())
        .unwrap_or_else(|error| panic!("{error}{}", error.help().map(|help| format!("; {help}")).unwrap_or_default()));
    server.run_script("postgres", include_str!("roles.sql")).await.unwrap();
    server.run_script("postgres", "CREATE DATABASE sample").await.unwrap();
    server.run_script("sample", include_str!("../../../src/demo/sample.sql")).await.unwrap();
    server.run_script("sample", include_str!("grants.sql")).await.unwrap();
    server
}

/// A database of a test's own, dropped when the test ends.
pub struct Database {
    name: String,
    server: &'static Ephemeral,
}

impl Database {
    /// The sample database: `src/demo/sample.sql`.
    pub async fn sample() -> Self {
        Self::copy_of("sample").await
    }

    /// A database with nothing in it.
    pub async fn empty() -> Self {
        Self::copy_of("template1").await
    }

    async fn copy_of(template: &str) -> Self {
        let server = server().await;
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // One by one: copies of one template get in each other's way on PostgreSQL 12.
        static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _turn = ONE_AT_A_TIME.lock().await;
        server.run_script("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        Self { name, server }
    }

    /// Runs statements as the superuser: what a test needs beside the sample.
    pub async fn script(&self, sql: &str) {
        self.server.run_script(&self.name, sql).await.unwrap();
    }

    /// A session of the superuser, beside pgwicket.
    pub async fn connect(&self) -> Client {
        session(self.server.config(&self.name)).await
    }

    /// A session of the role that pgwicket logs in as, beside pgwicket.
    pub async fn connect_as_wicket(&self) -> Client {
        let mut config = self.server.config(&self.name);
        config.user(LOGIN).password(PASSWORD);
        session(config).await
    }

    /// As [`Database::connect_as_wicket`], with the settings that pgwicket pins: there the same text means the same.
    pub async fn connect_pinned(&self) -> Client {
        let client = self.connect_as_wicket().await;
        for (name, value) in PINS {
            client.execute("SELECT set_config($1, $2, false)", &[name, value]).await.unwrap();
        }
        client
    }

    /// What the library has to be told to connect here.
    pub fn settings(&self) -> DatabaseSettings {
        DatabaseSettings {
            host: Some(self.server.host().to_owned()),
            port: Some(self.server.port()),
            db: Some(self.name.clone()),
            user: Some(LOGIN.to_owned()),
            password: Some(PASSWORD.into()),
            ..DatabaseSettings::default()
        }
    }

    /// As [`Database::settings`], for a login role that PostgreSQL keeps from nothing.
    pub async fn settings_as_superuser(&self) -> DatabaseSettings {
        self.script(
            "DO $$ BEGIN CREATE ROLE wicket_root SUPERUSER LOGIN PASSWORD 'root'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        )
        .await;
        DatabaseSettings { user: Some("wicket_root".to_owned()), password: Some("root".into()), ..self.settings() }
    }

    /// What pgwicket has to be told to connect here.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("POSTGRES_HOST", self.server.host().to_owned()),
            ("POSTGRES_PORT", self.server.port().to_string()),
            ("POSTGRES_DB", self.name.clone()),
            ("POSTGRES_USER", LOGIN.to_owned()),
            ("POSTGRES_PASSWORD", PASSWORD.to_owned()),
        ]
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    /// In a thread of its own, for which nobody waits: it only keeps the disk from filling during the run.
    fn drop(&mut self) {
        let (server, name) = (self.server, self.name.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // PostgreSQL 12 has no DROP DATABASE … WITH (FORCE).
            let gone = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            let _ = runtime.block_on(server.run_script("postgres", &gone));
            let _ = runtime.block_on(server.run_script("postgres", &format!("DROP DATABASE {name}")));
        });
    }
}

async fn session(config: tokio_postgres::Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// What `postgres --version` in a directory says.
pub fn server_version(directory: &Path) -> String {
    let output = Command::new(directory.join("postgres")).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
