//! More than there is room for, on purpose: whoever takes all they can get keeps nobody else out.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Scene;
use crate::support::{HttpClient, PATIENCE, read};

#[tokio::test]
async fn one_principal_has_sessions_up_to_a_bound_and_leaves_room_for_others() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    let mut sessions = Vec::new();
    for _ in 0..128 {
        let reply = ana.hello("2025-06-18").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        sessions.push(reply.headers["mcp-session-id"].clone());
    }
    let refused = ana.hello("2025-06-18").await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.body.contains("as many sessions as there may be"), "{}", refused.body);
    // Whoever needs none is served, and so are others.
    assert_eq!(ana.clone().query("SELECT 1 AS one").await.json()["rows"][0][0], 1);
    let mut ben = server.client_of(&scene.ben).handshake("2025-06-18").await;
    assert!(ben.query("SELECT 1 AS one").await.status == 200);
    assert_eq!(ana.clone().with("Mcp-Session-Id", &sessions[0]).send("DELETE", "/mcp", "").await.status, 202);
    assert_eq!(ana.hello("2025-06-18").await.status, 200);
}

#[tokio::test]
async fn sessions_that_are_asked_for_all_at_once_are_no_more() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    // All but the last byte of each first.
    let mut asking = Vec::new();
    for _ in 0..160 {
        asking.push(ana.begin_hello().await);
    }
    for stream in &mut asking {
        stream.write_all(b"}").await.unwrap();
    }
    let mut statuses = Vec::new();
    for mut stream in asking {
        statuses.push(read(&mut stream).await.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [[200; 128].as_slice(), &[503; 32]].concat());
}

#[tokio::test]
async fn a_session_whose_client_didnt_wait_for_it_ends() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    for step in 0..60 {
        let mut stream = ana.begin_hello().await;
        stream.write_all(b"}").await.unwrap();
        tokio::time::sleep(Duration::from_micros(step * 50)).await;
        drop(stream);
    }
    // Some were answered before it showed that nobody is there any more; they are counted. All others end.
    let mut room = 0;
    let count = timeout(PATIENCE, async {
        while ana.hello("2025-06-18").await.status == 200 {
            room += 1;
        }
    });
    count.await.expect("there is no bound");
    let open = || scene.records_of("session_open").len() - scene.records_of("session_close").len();
    let ended = timeout(PATIENCE / 2, async {
        while open() > 128 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(ended.await.is_ok(), "{} sessions are open, {room} of them asked for at the end", open());
}

#[tokio::test]
async fn connections_of_who_proves_nothing_make_way() {
    let scene = Scene::with("[doors.http]\nconnections = 4").await;
    let server = scene.serve().await;
    // They take all places, and say nothing, or nothing of worth.
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"POST /mcp HTTP/1.1\r\nHost: loc").await.unwrap();
        silent.push(stream);
    }
    // Long before they are hung up on for their silence.
    let served = timeout(PATIENCE / 2, async {
        let mut ana = server.client_of(&scene.ana).handshake("2025-06-18").await;
        for _ in 0..20 {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(b"GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            silent.push(stream);
            assert_eq!(ana.query("SELECT 1 AS one").await.json()["rows"][0][0], 1);
        }
        ana
    });
    let mut ana = served.await.expect("they keep others out");
    // The longest silent had to go; one that waits for an answer stays.
    let beside = scene.database.connect().await;
    let (asked, message) = ana.message("tools/call", super::long());
    let mut hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    for _ in 0..8 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    let mut byte = [0];
    let hung_up = timeout(PATIENCE / 4, silent[0].read(&mut byte)).await.expect("the first one is still there");
    assert!(matches!(hung_up, Ok(0) | Err(_)));
    assert!(timeout(Duration::from_millis(300), hung_up_on(&mut hanging)).await.is_err());
    assert_eq!(scene.running(&beside).await, 1);
}

/// Ends when the server hangs up: what a stream of events begins with is read over.
async fn hung_up_on(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

#[tokio::test]
async fn one_principal_takes_no_more_than_its_share_of_the_connections() {
    let scene = Scene::with("[doors.http]\nconnections = 6").await;
    let server = scene.serve().await;
    let mut listening = Vec::new();
    for _ in 0..3 {
        let ana = server.client_of(&scene.ana);
        // A session takes three while they aren't all in use: its streams are long.
        let ana = if listening.is_empty() { ana.handshake("2025-06-18").await } else { listening_of(&listening) };
        let mut stream = ana.begin("GET", "/mcp", "").await;
        let mut head = [0; 15];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
        listening.push((ana, stream));
    }
    let mut ana = listening_of(&listening);
    let refused = ana.query("SELECT 1 AS one").await;
    assert!(refused.status == 429 && refused.headers.contains_key("retry-after"), "{refused:?}");
    let mut ben = server.client_of(&scene.ben);
    assert_eq!(ben.query("SELECT 1 AS one").await.json()["rows"][0][0], 1);
    listening.pop();
    let served = timeout(PATIENCE / 2, async {
        while ana.query("SELECT 1 AS one").await.status == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    served.await.expect("what was freed stays taken");
}

fn listening_of(listening: &[(HttpClient, TcpStream)]) -> HttpClient {
    listening[0].0.clone()
}

#[tokio::test]
async fn slow_connections_are_hung_up_on() {
    let large = super::ANA.replace("[limits]", "[limits]\nrows = 1_000_000\nbytes = \"32MiB\"");
    let scene = Scene::new().await;
    scene.wicket.write("ana.toml", &large);
    let server = scene.serve().await;
    // One doesn't end its head.
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    silent.write_all(b"POST /mcp HTTP/1.1\r\nHost: loc").await.unwrap();
    // One doesn't take its answer, which is more than the system keeps for it.
    let mut ana = server.client_of(&scene.ana);
    let sql = "SELECT repeat('x', 1000) AS x FROM sales.orders a, sales.orders b LIMIT 28000";
    let (asked, message) = ana.message("tools/call", json!({ "name": "query_execute", "arguments": { "sql": sql } }));
    let mut deaf = asked.begin("POST", "/mcp", &message.to_string()).await;
    let mut head = [0; 15];
    deaf.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let mut byte = [0];
    let hung_up = timeout(2 * PATIENCE, silent.read(&mut byte)).await.expect("it waits for ever");
    assert!(matches!(hung_up, Ok(0 | 1) | Err(_)));
    tokio::time::sleep(Duration::from_secs(8)).await;
    let mut taken = Vec::new();
    let _ = deaf.read_to_end(&mut taken).await;
    assert!(taken.len() < 27_000_000, "it waited with {} bytes", taken.len());
}

#[tokio::test]
async fn small_messages_that_become_large_are_refused() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut ana = server.client_of(&scene.ana);
    let many = json!({ "name": "query_execute", "arguments": { "sql": "SELECT 1", "params": vec![1; 140_000] } });
    let (asked, message) = ana.message("tools/call", many);
    let reply = asked.post(&message).await;
    assert!(reply.status == 413 && reply.body.contains("values"), "{reply:?}");
    // Text is no such thing, however it looks.
    let text = format!("SELECT '{}' AS x", "[1,2]\\\",{".repeat(20_000));
    assert_eq!(ana.query(&text).await.json()["row_count"], 1);
}
