//! One throwaway server for all unit tests of this process, with a database for each test. The server's guard ends it
//! when the process is gone.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::config::DatabaseSettings;
use super::ephemeral::{Ephemeral, Options, SUPERUSER};

static SERVER: LazyLock<Ephemeral> = LazyLock::new(|| Ephemeral::start(&Options::default()).unwrap());
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database of its own for one test.
pub(crate) struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// Makes the database and runs `setup` in it.
    pub(crate) async fn create(setup: &str) -> Self {
        let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
        SERVER.run_script("postgres", &format!("CREATE DATABASE {name}")).await.unwrap();
        let database = Self { name };
        database.script(setup).await;
        database
    }

    /// Runs as a superuser would, past everything of ours.
    pub(crate) async fn script(&self, sql: &str) {
        SERVER.run_script(&self.name, sql).await.unwrap();
    }

    pub(crate) fn settings(&self) -> DatabaseSettings {
        DatabaseSettings {
            host: Some(SERVER.host().to_owned()),
            port: Some(SERVER.port()),
            db: Some(self.name.clone()),
            user: Some(SUPERUSER.to_owned()),
            password: Some(SERVER.password().clone()),
            ssl_mode: Some("disable".to_owned()),
            ..DatabaseSettings::default()
        }
    }

    /// A connection without pins, pool or gate.
    pub(crate) async fn client(&self, options: &str) -> tokio_postgres::Client {
        let mut config = SERVER.config(&self.name);
        let (client, connection) = config.options(options).connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}
