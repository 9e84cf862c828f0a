//! Doors that aren't opened, with what to do instead; and encrypted ones.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;

use super::Scene;

const CERT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls/server.crt");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls/server.key");
const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls/ca.crt");

#[tokio::test]
async fn unsafe_doors_are_refused_at_start() {
    let scene = Scene::new().await;
    let refused = async |arguments: &[&str]| {
        let all: Vec<&str> = ["serve", "--config", "pgwicket.toml"].iter().chain(arguments).copied().collect();
        let ended = scene.wicket.run(&all).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ended.stderr);
        ended.stderr
    };
    for (arguments, expected) in [
        (&["--http", "0.0.0.0:0"][..], ["in clear at 0.0.0.0:0", "`--behind-proxy`"]),
        (&["--http", "[::]:0"], ["in clear at [::]:0", "`tls_cert`"]),
        (&["--http", "0.0.0.0:0"], ["in clear at 0.0.0.0:0", "by which names"]),
        (&["--http", "0.0.0.0:0", "--behind-proxy"], ["by which names", "`allowed_hosts`"]),
        (&["--http", "0.0.0.0:0", "--principal", "ana"], ["would be the principal `ana`", "127.0.0.1"]),
        (
            &["--http", "0.0.0.0:0", "--principal", "ana", "--behind-proxy"],
            ["would be the principal `ana`", "127.0.0.1"],
        ),
        (
            &["--http", "127.0.0.1:0", "--principal", "ana", "--behind-proxy"],
            ["reaches the proxy would be", "`tokens`"],
        ),
        (&["--http", "localhost"], ["invalid value 'localhost'", "127.0.0.1:8440"]),
        (&["--http", "localhost:http"], ["invalid value 'localhost:http'", "an IP address and a port"]),
        (&["--http", "localhost:0", "--principal", "ana", "--behind-proxy"], ["reaches the proxy", "`--config`"]),
        (&["--behind-proxy"], ["--http", "required"]),
        (&["--http", "127.0.0.1:0", "--on-behalf-of", "zoe"], ["cannot be used with", "--on-behalf-of"]),
        (&["--http", "192.0.2.1:0", "--principal", "bob"], ["there is no principal `bob`", "`ana`, `ben`"]),
    ] {
        let told = refused(arguments).await;
        assert!(expected.iter().all(|one| told.contains(one)), "{arguments:?}: {told}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(refused(&["--http", &address]).await.contains(&format!("can't listen at {address}")));
    // Nothing was begun: not even a history.
    assert!(!scene.wicket.path("history").exists());

    scene.wicket.write("pgwicket.toml", "version = 1\n[principals.ana]\npolicy = \"ana.toml\"\n");
    let told = refused(&["--http", "127.0.0.1:0"]).await;
    assert!(told.contains("no principal has a token") && told.contains("pgwicket token new"), "{told}");
}

#[tokio::test]
async fn a_certificate_that_cant_be_used_is_told() {
    let scene = Scene::new().await;
    let base = std::fs::read_to_string(scene.wicket.path("pgwicket.toml")).unwrap();
    for (http, expected) in [
        (format!("tls_cert = '{CERT}'"), "a certificate is given without its key"),
        (format!("tls_cert = '{CERT}'\ntls_key = 'nowhere.key'"), "nowhere.key` can't be read"),
        (format!("tls_cert = '{KEY}'\ntls_key = '{KEY}'"), "holds no PEM certificate"),
        (format!("tls_cert = '{CA}'\ntls_key = '{KEY}'"), "must belong together"),
        ("allowed_hosts = []".to_owned(), "the list is empty"),
        ("allowed_origins = ['https://app.example.org']".to_owned(), "is not scheme, name and port"),
    ] {
        scene.wicket.write("pgwicket.toml", &format!("{base}\n[doors.http]\n{http}\n"));
        let ended = scene.wicket.run(&["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0"]).await;
        assert_eq!(ended.code, Some(2), "{http}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{http}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn with_a_certificate_of_its_own_it_speaks_tls_only() {
    let more = format!("[doors.http]\ntls_cert = '{CERT}'\ntls_key = '{KEY}'\nallowed_hosts = ['localhost']");
    let scene = Scene::with(&more).await;
    let server = scene.serve().await;
    assert!(server.stderr().contains("serves MCP at https://127.0.0.1:"), "{}", server.stderr());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(CA).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let plain = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), plain).await.unwrap();
    let mut ana = server.client_of(&scene.ana).with("Host", "localhost");
    let (asked, message) = ana.message("tools/call", serde_json::json!({ "name": "get_tables", "arguments": {} }));
    let reply = asked.send_over(stream, "POST", "/mcp", &message.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    // In clear there is nothing to be had.
    let mut clear = asked.begin("POST", "/mcp", &message.to_string()).await;
    let mut bytes = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut clear, &mut bytes).await;
    assert!(!String::from_utf8_lossy(&bytes).contains("HTTP/"), "{bytes:?}");
}
