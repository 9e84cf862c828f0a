//! PgBouncer between pgwicket and PostgreSQL: nobody gets through it who didn't say that it is there; in session mode it works
//! or says what is missing; a connection that isn't one session of the server after all is noticed, and gives nothing. `scripts/test --long pooler` says in `PGWICKET_POOLER` where
//! PgBouncer is; without it these tests have nothing to ask.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_postgres::{Client, NoTls};

use crate::support::{Database, Mcp, PATIENCE, Wicket};

const POLICY: &str = r#"
version = 1
name = "pooled"
[statements]
allow = ["select", "insert", "delete"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
[schemas.scratch]
access = "write"
"#;

/// PgBouncer, if the run has one.
fn binary() -> Option<PathBuf> {
    let found = std::env::var_os("PGWICKET_POOLER").map(PathBuf::from);
    if found.is_none() {
        eprintln!("left out: a pooler is for scripts/test --long pooler");
    }
    found
}

/// A running PgBouncer, killed when dropped.
struct Pooler {
    _child: Child,
    _directory: TempDir,
    port: u16,
}

impl Pooler {
    async fn start(database: &Database, mode: &str, more: &str) -> Option<Self> {
        let binary = binary()?;
        let directory = tempfile::Builder::new().prefix("pgwicket-pooler-").tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let told: std::collections::HashMap<_, _> = database.environment().into_iter().collect();
        let users = format!("\"{}\" \"{}\"\n", told["POSTGRES_USER"], told["POSTGRES_PASSWORD"]);
        std::fs::write(directory.path().join("users"), users).unwrap();
        let settings = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = plain\nauth_file = {}\npool_mode = {mode}\n{more}\n",
            told["POSTGRES_HOST"],
            told["POSTGRES_PORT"],
            directory.path().join("users").display(),
        );
        let file = directory.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(binary);
        // It refuses to run as root.
        if std::fs::metadata(directory.path()).unwrap().uid() == 0 {
            command.args(["-u", "nobody"]);
        }
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().unwrap();
        let waiting = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("PgBouncer doesn't start");
        Some(Self { _child: child, _directory: directory, port })
    }

    /// A client of the pooler beside pgwicket.
    async fn client(&self, database: &Database) -> Client {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).dbname(database.name());
        for (name, value) in database.environment() {
            match name {
                "POSTGRES_USER" => _ = config.user(value),
                "POSTGRES_PASSWORD" => _ = config.password(value),
                _ => {}
            }
        }
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// An installation that reaches its database through the pooler, and takes it for one in session mode.
    fn wicket(&self, database: &Database) -> Wicket {
        let mut wicket = self.unaware(database);
        wicket.env("POSTGRES_POOLER", "session");
        wicket
    }

    /// An installation that reaches its database through the pooler, and doesn't know.
    fn unaware(&self, database: &Database) -> Wicket {
        let mut wicket = Wicket::on(database);
        wicket.env("POSTGRES_HOST", "127.0.0.1").env("POSTGRES_PORT", &self.port.to_string());
        wicket
    }
}

const IGNORING: &str = "ignore_startup_parameters = options";

/// What the doctor finds, as its JSON.
async fn findings(wicket: &Wicket) -> Vec<Value> {
    let policy = wicket.write("policy.toml", POLICY);
    let finished = wicket.run(&["doctor", "--format", "json", "--policy", policy.to_str().unwrap()]).await;
    let told: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    told["findings"].as_array().unwrap_or_else(|| panic!("{told}")).clone()
}

/// What the doctor says about the session, and the statements with which it mends that.
async fn session(wicket: &Wicket) -> Option<(String, String)> {
    let all = findings(wicket).await;
    let found =
        all.into_iter().find(|one| one["what"].as_str().is_some_and(|what| what.starts_with("sessions don't")))?;
    let statements = found["mend"].as_array().unwrap().iter().filter_map(Value::as_str);
    let statements: Vec<&str> = statements.filter(|one| one.starts_with("ALTER ROLE")).collect();
    Some((found["what"].as_str().unwrap().to_owned(), statements.join("\n")))
}

/// Gives the login role of this database's sessions the settings that the doctor names. They hold in this database only: the
/// role is the whole run's.
async fn as_the_doctor_says(database: &Database, statements: &str) {
    let here = format!("ALTER ROLE wicket IN DATABASE {} SET ", database.name());
    assert!(statements.lines().count() > 10, "{statements}");
    database.script(&statements.replace("ALTER ROLE wicket SET ", &here)).await;
}

#[tokio::test]
async fn a_pooler_that_refuses_the_settings_is_told_from_a_server() {
    let database = Database::sample().await;
    let Some(pooler) = Pooler::start(&database, "session", "").await else { return };
    let wicket = pooler.wicket(&database);
    let policy = wicket.write("policy.toml", POLICY);
    let finished = wicket.run(&["query", "--policy", policy.to_str().unwrap(), "SELECT 1"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""), "{finished:?}");
    assert!(finished.stderr.contains("the session's settings were refused"), "{finished:?}");
    assert!(finished.stderr.contains("session mode"), "{finished:?}");
}

#[tokio::test]
async fn a_pooler_that_nobody_spoke_of_is_noticed() {
    let database = Database::sample().await;
    for mode in ["session", "transaction"] {
        let Some(pooler) = Pooler::start(&database, mode, IGNORING).await else { return };
        let wicket = pooler.unaware(&database);
        let policy = wicket.write("policy.toml", POLICY);
        let finished = wicket.run(&["query", "--policy", policy.to_str().unwrap(), "SELECT 1"]).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""), "{finished:?}");
        assert!(finished.stderr.contains("a pooler answers at this address"), "{finished:?}");
        assert!(finished.stderr.contains("POSTGRES_POOLER"), "{finished:?}");
    }
}

#[tokio::test]
async fn in_session_mode_it_works_once_the_login_role_has_the_settings() {
    let database = Database::sample().await;
    let Some(pooler) = Pooler::start(&database, "session", IGNORING).await else { return };
    let wicket = pooler.wicket(&database);

    let mut mcp = wicket.serve(POLICY, &[]).await;
    let refused = mcp.query("SELECT count(*) AS n FROM customers").await;
    assert!(refused.is_error && refused.text.contains("database_unavailable"), "{refused:?}");
    drop(mcp);

    let (what, statements) = session(&wicket).await.expect("a finding");
    assert!(what.contains("default_transaction_read_only") && what.contains("search_path"), "{what}");
    as_the_doctor_says(&database, &statements).await;
    // A role's settings come with a login, and the pooler keeps its sessions.
    drop(pooler);
    let pooler = Pooler::start(&database, "session", IGNORING).await.unwrap();
    let wicket = pooler.wicket(&database);
    assert_eq!(session(&wicket).await, None);

    let mut mcp = wicket.serve(POLICY, &[]).await;
    let through = mcp.query("SELECT id, name FROM customers ORDER BY id LIMIT 3").await;
    let direct = Wicket::on(&database);
    let mut beside = direct.serve(POLICY, &[]).await;
    assert!(!through.is_error, "{through:?}");
    assert_eq!(through.text, beside.query("SELECT id, name FROM customers ORDER BY id LIMIT 3").await.text);
    let written = mcp.query("INSERT INTO scratch.notes (author, body) VALUES ('ana', 'through') RETURNING body").await;
    assert!(!written.is_error && written.text.contains("through"), "{written:?}");
    // A cancel request finds the right process behind the pooler.
    let slow =
        "SELECT count(*) FROM generate_series(1, 10000) a, generate_series(1, 10000) b, generate_series(1, 100) c";
    let pending = mcp.start_call("query_execute", serde_json::json!({ "sql": slow })).await;
    let admin = database.connect().await;
    let active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                  AND query LIKE '%generate_series%' AND pid <> pg_backend_pid()";
    let count = async || admin.query_one(active, &[]).await.unwrap().get::<_, i64>(0);
    while count().await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    mcp.notify("notifications/cancelled", serde_json::json!({ "requestId": pending.id })).await;
    let ended = async {
        while count().await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the statement goes on");
    assert!(!mcp.query("SELECT 1 AS one").await.is_error);
}

/// Many statements of one client, each of which says whose it is; how many were answered.
async fn insistent(mcp: &mut Mcp, own: &str) -> usize {
    let mut answered = 0;
    for round in 0..60 {
        let mut pending = Vec::new();
        for at in 0..4 {
            let sql = format!("SELECT '{own}' AS whose, count(*) + {at} AS n FROM customers WHERE id > {}", round % 5);
            pending.push(mcp.start_call("query_execute", serde_json::json!({ "sql": sql })).await);
        }
        for one in pending {
            let result = one.tool_result().await;
            if result.is_error {
                // Both ask the same but for their own name, which nobody else is told.
                let other = if own == "of ana" { "of ben" } else { "of ana" };
                assert!(!result.text.contains(other), "{own} was told of another's statement: {result:?}");
            } else {
                assert!(result.text.contains(own), "{own} was answered with somebody else's rows: {result:?}");
                answered += 1;
            }
        }
    }
    answered
}

#[tokio::test]
async fn in_transaction_mode_nobody_is_given_what_another_asked_even_if_it_was_said_to_be_session_mode() {
    let database = Database::sample().await;
    let more = format!("{IGNORING}\ndefault_pool_size = 3");
    let Some(pooler) = Pooler::start(&database, "transaction", &more).await else { return };
    // With settings that any session has, so that they give nothing away.
    let direct = Pooler::start(&database, "session", IGNORING).await.unwrap();
    let (_, statements) = session(&direct.wicket(&database)).await.expect("a finding");
    as_the_doctor_says(&database, &statements).await;
    let wicket = pooler.wicket(&database);
    let mut ana = wicket.serve(POLICY, &[]).await;
    // On the same session of the server the second process finds the names of its statements taken, and gives up.
    let policy = wicket.path("policy.toml");
    let finished = wicket.run(&["query", "--policy", policy.to_str().unwrap(), "SELECT 1"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""), "{finished:?}");
    assert!(finished.stderr.contains("a pooler shares sessions between clients"), "{finished:?}");
    // So it starts while that session is taken, and afterwards both have statements of the same names on two sessions.
    let blocker = pooler.client(&database).await;
    blocker.batch_execute("BEGIN").await.unwrap();
    let mut ben = wicket.serve(POLICY, &[]).await;
    blocker.batch_execute("COMMIT").await.unwrap();
    let (of_ana, of_ben) = tokio::join!(insistent(&mut ana, "of ana"), insistent(&mut ben, "of ben"));
    eprintln!("answered: {of_ana} of ana, {of_ben} of ben");
}
