//! SIGHUP: who may ask, by which tokens and under which policies is read anew. It is checked whole and on record before it
//! holds; and then nobody goes on with what doesn't hold any more.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::{ANA, Scene, long, token};
use crate::support::{HttpServer, PATIENCE, Reply, read};

pub(super) const IN_FORCE: &str = "the configuration was read anew and is in force";
const AS_BEFORE: &str = "what was in force stays in force";
const EMAIL: &str = "SELECT email FROM sales.customers LIMIT 1";

/// Has it read anew, and waits until it says what came of it. The lines that it wrote meanwhile.
pub(super) async fn hangup(server: &HttpServer, expected: &str) -> String {
    let before = server.stderr().len();
    server.signal("HUP");
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            let written = server.stderr()[before..].to_owned();
            if written.contains(expected) && written.ends_with('\n') {
                return written;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("it doesn't say \"{expected}\":\n{}", server.stderr()))
}

fn code(reply: &Reply) -> Value {
    reply.json()["error"]["code"].clone()
}

impl Scene {
    /// Changes the configuration's text.
    pub(super) fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.wicket.path("pgwicket.toml")).unwrap();
        assert!(text.contains(from), "{text}");
        self.wicket.write("pgwicket.toml", &text.replace(from, to));
    }
}

#[tokio::test]
async fn another_policy_holds_from_then_on_and_is_on_record_before() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut ana = server.client_of(&scene.ana).handshake("2025-06-18").await;
    assert_eq!(code(&ana.query(EMAIL).await), "unknown_column");

    scene.wicket.write("ana.toml", &ANA.replace("\"customers.email\" = \"deny\"", ""));
    let told = hangup(&server, IN_FORCE).await;
    assert!(told.contains("changed=\"ana\"") && !told.contains("WARN") && !told.contains("ben"), "{told}");
    // The same session goes on.
    assert!(ana.query(EMAIL).await.json()["rows"][0][0].is_string());

    scene.wicket.write("ana.toml", ANA);
    hangup(&server, IN_FORCE).await;
    assert_eq!(code(&ana.query(EMAIL).await), "unknown_column");

    // What is on record: each statement behind the policy that decided it.
    let mut in_force = Value::Null;
    let mut decided = 0;
    for record in scene.records() {
        match record["kind"].as_str().unwrap() {
            "policy_load" => {
                let of_ana = |policy: &&Value| policy["policy"] == "analyst";
                in_force = record["detail"]["policies"].as_array().unwrap().iter().find(of_ana).unwrap().clone();
            }
            "intent" | "rejection" => {
                assert_eq!(record["decision"]["policy_digest"], in_force["policy_digest"], "{record}");
                decided += 1;
            }
            _ => {}
        }
    }
    assert_eq!((decided, scene.records_of("policy_load").len()), (3, 3));
    assert_eq!(in_force["change"], "changed");
    assert!(in_force["changed"][0].as_str().unwrap().ends_with("ana.toml: columns"), "{in_force}");
}

#[tokio::test]
async fn what_an_old_policy_admitted_is_cancelled_and_others_go_on() {
    let scene = Scene::new().await;
    scene.wicket.write("ben.toml", &ANA.replace("analyst", "editor"));
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut waiting = Vec::new();
    for token in [&scene.ana, &scene.ben] {
        let (asked, message) = server.client_of(token).message("tools/call", long());
        waiting.push(asked.begin("POST", "/mcp", &message.to_string()).await);
    }
    scene.wait_for_running(&beside, 2).await;
    scene.wicket.write("ana.toml", &ANA.replace("50s", "40s"));
    hangup(&server, IN_FORCE).await;
    let told = read(&mut waiting[0]).await;
    assert_eq!(code(&told), "policy_changed", "{told:?}");
    assert!(told.text().contains("submit it again"), "{told:?}");
    scene.wait_for_running(&beside, 1).await;
    // Nothing that concerns ben has changed, this time either.
    hangup(&server, IN_FORCE).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(scene.running(&beside).await, 1);
    let ended: Vec<Value> = scene.records_of("outcome");
    assert_eq!((ended.len(), &ended[0]["who"]["principal"]), (1, &json!("ana")));
    assert_eq!(ended[0]["result"]["status"], "cancelled");
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut session = server.client_of(&scene.ana).handshake("2025-06-18").await;
    // A stream for what the server says by itself, and a statement in each way.
    let mut stream = session.clone().with("Accept", "text/event-stream").begin("GET", "/mcp", "").await;
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut waiting = Vec::new();
    for client in [&mut session, &mut server.client_of(&scene.ana)] {
        let (asked, message) = client.message("tools/call", long());
        waiting.push(asked.begin("POST", "/mcp", &message.to_string()).await);
    }
    scene.wait_for_running(&beside, 2).await;

    scene.edit("policy = \"ana.toml\"", "policy = \"ana.toml\"\ndisabled = true");
    let told = hangup(&server, IN_FORCE).await;
    assert!(told.contains("out=\"ana\""), "{told}");
    scene.wait_for_running(&beside, 0).await;
    for stream in &mut waiting {
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await.expect("it still waits");
    }
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await.expect("the stream goes on");
    for client in [&mut session, &mut server.client_of(&scene.ana)] {
        let reply = client.query("SELECT 1").await;
        assert_eq!(reply.status, 403, "{reply:?}");
    }
    assert_eq!(server.client_of(&scene.ben).query("SELECT count(*) FROM sales.customers").await.status, 200);
    assert!(scene.records_of("outcome").iter().filter(|one| one["who"]["principal"] == "ana").count() == 2);

    // The session has ended, and is on record as such; the principal may come again when it is let in again.
    scene.edit("\ndisabled = true", "");
    let told = hangup(&server, IN_FORCE).await;
    assert!(told.contains("new=\"ana\""), "{told}");
    assert_eq!(session.query("SELECT 1").await.status, 404);
    assert_eq!(server.client_of(&scene.ana).query("SELECT 1").await.json()["rows"], json!([[1]]));
    let closed = scene.records_of("session_close");
    assert_eq!((closed.len(), &closed[0]["who"]["principal"]), (1, &json!("ana")));
}

#[tokio::test]
async fn a_token_that_is_taken_away_opens_nothing_any_more() {
    let scene = Scene::new().await;
    let (renewed, renewed_stored) = token(&scene.wicket, "ana-laptop").await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut session = server.client_of(&scene.ana).handshake("2025-11-25").await;
    let (asked, message) = session.message("tools/call", long());
    let mut waiting = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    assert_eq!(server.client_of(&renewed).query("SELECT 1").await.status, 401);

    // Of the same name, so that only the secret tells.
    let text = std::fs::read_to_string(scene.wicket.path("pgwicket.toml")).unwrap();
    let old = text.split("tokens = [\"").nth(1).unwrap().split('"').next().unwrap();
    scene.edit(old, &renewed_stored);
    let told = hangup(&server, IN_FORCE).await;
    assert!(!told.contains(&renewed_stored) && !told.contains("changed="), "{told}");
    scene.wait_for_running(&beside, 0).await;
    let _ = tokio::time::timeout(PATIENCE, waiting.read_to_end(&mut Vec::new())).await.expect("it still waits");
    assert_eq!(server.client_of(&scene.ana).query("SELECT 1").await.status, 401);
    assert_eq!(session.query("SELECT 1").await.status, 401);
    assert_eq!(server.client_of(&renewed).query("SELECT 1").await.status, 200);
    // That there is another secret of that name is on record; what it is isn't.
    let changes = scene.records_of("config_change");
    let last = changes.last().unwrap()["detail"]["differences"].as_array().unwrap();
    assert_eq!((last.len(), &last[0]["setting"]), (1, &json!("principals.ana.tokens.ana-laptop")));
    assert!(!last[0].to_string().contains(renewed_stored.split(':').nth(2).unwrap()), "{last:?}");
}

#[tokio::test]
async fn what_is_wrong_changes_nothing_and_is_told() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let whole = std::fs::read_to_string(scene.wicket.path("pgwicket.toml")).unwrap();
    let loads = scene.records_of("policy_load").len();
    for (file, text, expected) in [
        ("ana.toml", ANA.replace("access = \"read\"", "access = \"reed\""), "ana.toml:7"),
        ("ana.toml", ANA.replace("schemas.sales", "schemas.sails"), "sails"),
        ("ana.toml", ANA.replace("name =", "role = \"nobody_of_that_name\"\nname ="), "nobody_of_that_name"),
        ("pgwicket.toml", whole.replace("policy = \"ben.toml\"", "policy = \"gone.toml\""), "gone.toml"),
        ("pgwicket.toml", format!("{whole}\n[principals.ana"), "pgwicket.toml:"),
        ("pgwicket.toml", whole.replace("[principals.ana]", "[principals.ana]\ndisabled = \"yes\""), "disabled"),
        ("pgwicket.toml", String::new(), "`version` is missing"),
    ] {
        let before = std::fs::read_to_string(scene.wicket.path(file)).unwrap();
        scene.wicket.write(file, &text);
        let told = hangup(&server, expected).await;
        assert!(told.contains(AS_BEFORE) && !told.contains(IN_FORCE), "{told}");
        assert_eq!(code(&server.client_of(&scene.ana).query(EMAIL).await), "unknown_column", "{expected}");
        assert_eq!(server.client_of(&scene.ben).query("SELECT count(*) FROM sales.customers").await.status, 200);
        scene.wicket.write(file, &before);
    }
    assert_eq!(scene.records_of("policy_load").len(), loads);
    hangup(&server, IN_FORCE).await;
}

#[tokio::test]
async fn what_takes_a_restart_is_named_and_not_on_record() {
    let scene = Scene::with("[log]\nformat = \"text\"\n[doors.http]\ngrace = \"1s\"").await;
    let server = scene.serve().await;
    scene.edit("grace = \"1s\"", "grace = \"2s\"");
    scene.edit("format = \"text\"", "format = \"json\"");
    scene.edit("[principals.ana]", "[history]\ndirectory = \"elsewhere\"\n[principals.ana]");
    scene.edit("policy = \"ben.toml\"", "disabled = true\npolicy = \"ben.toml\"");
    let told = hangup(&server, "after a restart only").await;
    assert!(told.contains("doors.http.grace, history.directory, log.format\""), "{told}");
    assert!(told.contains("out=\"ben\"") && told.contains(IN_FORCE), "{told}");
    let changes = scene.records_of("config_change");
    let last = changes.last().unwrap()["detail"]["differences"].as_array().unwrap();
    assert_eq!((last.len(), &last[0]["setting"]), (1, &json!("principals.ben.disabled")), "{last:?}");
    assert!(!scene.wicket.path("elsewhere").exists());
}

#[tokio::test]
async fn what_cant_be_put_on_record_doesnt_hold() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let chain = scene.wicket.path("history").join("i0001/segment-00000001.jsonl");
    let aside = chain.with_extension("aside");
    scene.wicket.write("ana.toml", &ANA.replace("\"customers.email\" = \"deny\"", ""));
    std::fs::rename(&chain, &aside).unwrap();
    let told = hangup(&server, AS_BEFORE).await;
    assert!(!told.contains(IN_FORCE), "{told}");
    std::fs::rename(&aside, &chain).unwrap();
    assert_eq!(code(&server.client_of(&scene.ana).query(EMAIL).await), "unknown_column");
    hangup(&server, IN_FORCE).await;
    assert!(server.client_of(&scene.ana).query(EMAIL).await.json()["rows"][0][0].is_string());
}

#[tokio::test]
async fn a_policy_may_speak_of_what_was_made_since() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    scene.database.script("CREATE TABLE sales.returns (id int); INSERT INTO sales.returns VALUES (7); GRANT SELECT ON sales.returns TO wicket").await;
    let columns = "[columns]\n\"customers.email\" = \"deny\"";
    let table = "[tables.\"sales.returns\"]\naccess = \"read\"\n";
    scene.wicket.write("ana.toml", &ANA.replace(columns, &format!("{table}{columns}")));
    hangup(&server, IN_FORCE).await;
    let reply = server.client_of(&scene.ana).query("SELECT id FROM sales.returns").await.json();
    assert_eq!(reply["rows"], json!([[7]]), "{reply}");
}

#[tokio::test]
async fn new_principals_and_limits_hold_from_then_on() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let (cleo, stored) = token(&scene.wicket, "cleo-desk").await;
    assert_eq!(server.client_of(&cleo).query("SELECT 1").await.status, 401);
    scene.edit(
        "[principals.ben]",
        &format!("[principals.cleo]\npolicy = \"cleo.toml\"\ntokens = [\"{stored}\"]\n[principals.ben]"),
    );
    scene.wicket.write("cleo.toml", &ANA.replace("timeout = \"50s\"", "rate = \"2/min\"\nrows = 1"));
    let told = hangup(&server, IN_FORCE).await;
    assert!(told.contains("new=\"cleo\""), "{told}");
    let mut client = server.client_of(&cleo);
    let reply = client.query("SELECT 1 UNION ALL SELECT 2").await.json();
    assert_eq!((reply["rows"].as_array().unwrap().len(), &reply["truncated_by"]), (1, &json!("rows")), "{reply}");
    // And whoever has no section any more is nobody.
    let text = std::fs::read_to_string(scene.wicket.path("pgwicket.toml")).unwrap();
    let at = text.find("[principals.ben]").unwrap();
    scene.wicket.write("pgwicket.toml", &text[..at]);
    let told = hangup(&server, IN_FORCE).await;
    assert!(told.contains("out=\"ben\""), "{told}");
    assert_eq!(server.client_of(&scene.ben).query("SELECT 1").await.status, 401);
}

#[tokio::test]
async fn a_principal_that_everyone_is_ends_the_door_with_it() {
    let scene = Scene::new().await;
    let arguments = ["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0", "--principal", "ana"];
    let server = HttpServer::start(scene.wicket.command(&arguments)).await;
    let beside = scene.database.connect().await;
    let (asked, message) = server.client().message("tools/call", long());
    let waiting = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    scene.edit("policy = \"ana.toml\"", "policy = \"ana.toml\"\ndisabled = true");
    server.signal("HUP");
    let (status, stderr) = server.ended().await;
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("error: --principal: the principal `ana` is disabled"), "{stderr}");
    scene.wait_for_running(&beside, 0).await;
    drop(waiting);
}

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls");

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_client() {
    let more = "[doors.http]\ntls_cert = 'door.crt'\ntls_key = 'door.key'\nallowed_hosts = ['localhost']";
    let scene = Scene::with(more).await;
    let put = |name: &str| {
        for end in ["crt", "key"] {
            let to = scene.wicket.path(&format!("door.{end}"));
            std::fs::copy(format!("{DATA}/{name}.{end}"), to).unwrap();
        }
    };
    put("server");
    let server = scene.serve().await;
    let shown = async || shown_certificate(server.address).await;
    let of_server = CertificateDer::from_pem_file(format!("{DATA}/server.crt")).unwrap();
    assert_eq!(shown().await, of_server);
    // One without the other is no certificate, and the old one goes on.
    std::fs::copy(format!("{DATA}/client.crt"), scene.wicket.path("door.crt")).unwrap();
    hangup(&server, AS_BEFORE).await;
    assert_eq!(shown().await, of_server);
    put("client");
    hangup(&server, IN_FORCE).await;
    assert_eq!(shown().await, CertificateDer::from_pem_file(format!("{DATA}/client.crt")).unwrap());
}

/// The certificate that a server shows, whether it is to be trusted or not.
async fn shown_certificate(address: std::net::SocketAddr) -> CertificateDer<'static> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let seen = Arc::new(Seen(std::sync::Mutex::new(None)));
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&seen) as _)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let _ = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await;
    seen.0.lock().unwrap().take().expect("it has shown none")
}

/// Looks at a certificate, and goes away.
#[derive(Debug)]
struct Seen(std::sync::Mutex<Option<CertificateDer<'static>>>);

impl rustls::client::danger::ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        *self.0.lock().unwrap() = Some(certificate.clone().into_owned());
        Err(rustls::Error::General("seen enough".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("seen enough".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("seen enough".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![
            rustls::SignatureScheme::RSA_PSS_SHA256,
            rustls::SignatureScheme::ECDSA_NISTP256_SHA256,
            rustls::SignatureScheme::ED25519,
        ]
    }
}
