//! Configuration, TLS and pool against a real server.

use std::path::PathBuf;
use std::time::Duration;

use super::config::{DatabaseConfig, DatabaseSettings};
use super::connect::{ConnectError, Connector};
use super::ephemeral::{Ephemeral, Options, SUPERUSER};
use super::pool::{Lease, Pool, PoolError};
use super::test_server::TestDatabase;

const WAIT: Duration = Duration::from_secs(5);

fn settings(server: &Ephemeral) -> DatabaseSettings {
    DatabaseSettings {
        host: Some(server.host().to_owned()),
        port: Some(server.port()),
        db: Some("postgres".to_owned()),
        user: Some(SUPERUSER.to_owned()),
        password: Some(server.password().clone()),
        ssl_mode: Some("disable".to_owned()),
        ..DatabaseSettings::default()
    }
}

async fn connect(settings: DatabaseSettings) -> Result<(), ConnectError> {
    let config = DatabaseConfig::new(settings).unwrap();
    Connector::new(config).unwrap().connect().await.map(|_| ())
}

#[tokio::test]
async fn each_failure_to_connect_is_told_apart_and_names_its_setting() {
    let server = Ephemeral::start(&Options::default()).unwrap();
    assert_eq!(connect(settings(&server)).await, Ok(()));

    let wrong = DatabaseSettings { password: Some("letmein-12345".into()), ..settings(&server) };
    let error = connect(wrong).await.unwrap_err();
    assert_eq!(error, ConnectError::WrongPassword { user: SUPERUSER.to_owned() });
    assert!(error.help().unwrap().contains("POSTGRES_PASSWORD"));
    assert!(!format!("{error} {error:?}").contains("letmein"));

    let none = DatabaseSettings { password: None, ..settings(&server) };
    assert_eq!(connect(none).await, Err(ConnectError::PasswordMissing { user: SUPERUSER.to_owned() }));

    let unknown = DatabaseSettings { db: Some("nope".to_owned()), ..settings(&server) };
    assert_eq!(connect(unknown).await, Err(ConnectError::UnknownDatabase { db: "nope".to_owned() }));

    let host = DatabaseSettings { host: Some("no-such-host.invalid".to_owned()), ..settings(&server) };
    assert_eq!(connect(host).await, Err(ConnectError::UnknownHost { host: "no-such-host.invalid".to_owned() }));

    let plain = DatabaseSettings { ssl_mode: Some("require".to_owned()), ..settings(&server) };
    assert_eq!(connect(plain).await, Err(ConnectError::NoTls));

    let prefer = DatabaseSettings { ssl_mode: Some("prefer".to_owned()), ..settings(&server) };
    assert_eq!(connect(prefer).await, Ok(()));

    let settings = settings(&server);
    server.stop().unwrap();
    let error = connect(settings).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    assert!(error.help().unwrap().contains("POSTGRES_PORT"));
}

#[tokio::test]
async fn connections_beyond_the_pool_size_are_closed_on_return() {
    let database = TestDatabase::create("").await;
    let sizes = DatabaseSettings { pool_size: Some(1), max_overflow: Some(2), ..database.settings() };
    let pool = Pool::new(DatabaseConfig::new(sizes).unwrap()).unwrap();
    let mut leases: Vec<Lease> = Vec::new();
    for _ in 0..3 {
        leases.push(pool.lease(WAIT).await.unwrap());
    }
    assert_eq!(pool.open_connections(), 3);
    let error = pool.lease(Duration::from_millis(100)).await.err().unwrap();
    assert!(matches!(error, PoolError::Busy { connections: 3 }), "{error}");
    for lease in leases {
        lease.release();
    }
    assert_eq!(pool.open_connections(), 1);
    // One that isn't released is in doubt, and gone.
    drop(pool.lease(WAIT).await.unwrap());
    assert_eq!(pool.open_connections(), 0);
    pool.lease(WAIT).await.unwrap().release();
    assert_eq!(pool.open_connections(), 1);
}

#[tokio::test]
async fn a_waiting_lease_gets_the_session_that_comes_back() {
    let database = TestDatabase::create("").await;
    let sizes = DatabaseSettings { pool_size: Some(1), max_overflow: Some(0), ..database.settings() };
    let pool = Pool::new(DatabaseConfig::new(sizes).unwrap()).unwrap();
    let first = pool.lease(WAIT).await.unwrap();
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.lease(WAIT).await.map(Lease::release) }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.release();
    waiting.await.unwrap().unwrap();
    assert_eq!(pool.open_connections(), 1);
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name)
}

/// Writes a file into the cluster as the server's own account, so that it is its owner.
fn write_file(name: &str, content: &str) -> String {
    format!(
        "COPY (SELECT pg_catalog.unnest(pg_catalog.string_to_array($file${content}$file$, E'\\n'))) \
         TO PROGRAM 'umask 077; cat > {name}';"
    )
}

async fn server_with_tls() -> Ephemeral {
    let server = Ephemeral::start(&Options::default()).unwrap();
    let read = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    let hba = "local all all trust\nhostssl all ana all cert\nhost all all all scram-sha-256\n";
    let files = [
        write_file("server.crt", &read("server.crt")),
        write_file("server.key", &read("server.key")),
        write_file("ca.crt", &read("ca.crt")),
        write_file("pg_hba.conf", hba),
    ];
    server.run_script("postgres", &files.concat()).await.unwrap();
    for setting in ["ssl = on", "ssl_ca_file = 'ca.crt'"] {
        server.run_script("postgres", &format!("ALTER SYSTEM SET {setting}")).await.unwrap();
    }
    server.run_script("postgres", "CREATE ROLE ana LOGIN; SELECT pg_reload_conf(), pg_sleep(0.3)").await.unwrap();
    server
}

#[tokio::test]
async fn each_tls_mode_verifies_what_it_says() {
    let server = server_with_tls().await;
    let attempt = |host: &str, mode: &str, root: Option<&str>| {
        connect(DatabaseSettings {
            host: Some(host.to_owned()),
            ssl_mode: Some(mode.to_owned()),
            ssl_root_cert: root.map(fixture),
            ..settings(&server)
        })
    };
    // The certificate is for `localhost`, signed by `ca.crt`; the server listens on 127.0.0.1.
    for (host, mode, root, works) in [
        ("127.0.0.1", "disable", None, true),
        ("127.0.0.1", "prefer", None, true),
        ("127.0.0.1", "require", None, true),
        ("127.0.0.1", "require", Some("ca.crt"), true),
        ("127.0.0.1", "require", Some("other-ca.crt"), false),
        ("127.0.0.1", "verify-ca", Some("ca.crt"), true),
        ("127.0.0.1", "verify-ca", Some("other-ca.crt"), false),
        ("localhost", "verify-full", Some("ca.crt"), true),
        ("127.0.0.1", "verify-full", Some("ca.crt"), false),
        ("localhost", "verify-full", Some("other-ca.crt"), false),
    ] {
        let result = attempt(host, mode, root).await;
        match (&result, works) {
            (Ok(()), true) | (Err(ConnectError::Tls { .. }), false) => {}
            _ => panic!("{host} {mode} {root:?}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let server = server_with_tls().await;
    let ana = |cert: Option<&str>, key: Option<&str>| DatabaseSettings {
        host: Some("localhost".to_owned()),
        user: Some("ana".to_owned()),
        password: None,
        ssl_mode: Some("verify-full".to_owned()),
        ssl_root_cert: Some(fixture("ca.crt")),
        ssl_cert: cert.map(fixture),
        ssl_key: key.map(fixture),
        ..settings(&server)
    };
    assert_eq!(connect(ana(Some("client.crt"), Some("client.key"))).await, Ok(()));
    let error = connect(ana(None, None)).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotAllowed { .. }), "{error}");

    let unfit = DatabaseConfig::new(ana(Some("client.crt"), Some("server.key"))).unwrap();
    assert_eq!(Connector::new(unfit).err().unwrap().setting, "ssl_cert");
    let missing = DatabaseConfig::new(ana(Some("client.crt"), Some("none.key"))).unwrap();
    assert_eq!(Connector::new(missing).err().unwrap().setting, "ssl_key");
    let empty = DatabaseSettings { ssl_root_cert: Some(fixture("client.key")), ..ana(None, None) };
    assert_eq!(Connector::new(DatabaseConfig::new(empty).unwrap()).err().unwrap().setting, "ssl_root_cert");
}

#[tokio::test]
async fn a_cancel_request_travels_by_tls_and_by_socket_as_well() {
    let server = server_with_tls().await;
    let by_tls = DatabaseSettings {
        host: Some("localhost".to_owned()),
        ssl_mode: Some("verify-full".to_owned()),
        ssl_root_cert: Some(fixture("ca.crt")),
        ..settings(&server)
    };
    let by_socket = DatabaseSettings {
        host: Some(server.directory().display().to_string()),
        ssl_mode: Some("verify-full".to_owned()),
        ssl_root_cert: Some(fixture("ca.crt")),
        ..settings(&server)
    };
    for settings in [by_tls, by_socket] {
        let pool = Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap();
        let mut lease = pool.lease(WAIT).await.unwrap();
        let session = lease.session().unwrap();
        assert!(session.canceller().cancel().await);
        assert!(session.answers().await);
        lease.release();
        assert_eq!(pool.open_connections(), 1);
    }
}
