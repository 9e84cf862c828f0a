//! Stands between pgwicket and PostgreSQL and stops in front of each COMMIT, once the server has answered everything
//! before it: then one can look at what the transaction holds that pgwicket really made, verification and all.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_postgres::{Client, Row};

use crate::support::{Database, PATIENCE};

const SSL_REQUEST: u32 = 80_877_103;
const CANCEL_REQUEST: u32 = 80_877_102;

/// The locks of a backend on relations, by what they belong to: an index and a TOAST table to their table.
const LOCKS: &str = "
    WITH held AS (
        SELECT l.locktype, l.mode, c.oid, c.relname, coalesce(i.indrelid, c.oid) AS base
          FROM pg_locks AS l
          LEFT JOIN pg_class AS c ON c.oid = l.relation
          LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
         WHERE l.pid = $1 AND l.locktype <> 'virtualxid' AND (l.database IS NULL OR l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))
    )
    SELECT h.locktype, h.mode, coalesce(t.oid, h.base, 0::oid), coalesce(n.nspname || '.' || o.relname, '?')
      FROM held AS h
      LEFT JOIN pg_class AS t ON t.reltoastrelid = h.base
      LEFT JOIN pg_class AS o ON o.oid = coalesce(t.oid, h.base)
      LEFT JOIN pg_namespace AS n ON n.oid = o.relnamespace";

/// One lock of a transaction that is about to commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Lock {
    /// `relation`, unless it is a lock on something else.
    pub kind: String,
    pub mode: String,
    /// The table to which what is locked belongs.
    pub owner: u32,
    pub name: String,
}

/// What a transaction ran, and what it holds.
struct Look {
    texts: Vec<String>,
    locks: Vec<Lock>,
}

/// The proxy; it ends with the runtime.
pub(super) struct Stop {
    pub port: u16,
    looks: mpsc::UnboundedReceiver<Look>,
}

impl Stop {
    /// Listens on a port of its own.
    pub(super) async fn before_commits_of(database: &Database) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let settings = database.settings();
        let server = (settings.host.unwrap(), settings.port.unwrap());
        let (seen, looks) = mpsc::unbounded_channel();
        let onlooker = Arc::new(database.connect().await);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server.clone(), Arc::clone(&onlooker), seen.clone()));
            }
        });
        Self { port, looks }
    }

    /// What a transaction held that ran one of these texts. A read's rows may be there before its COMMIT.
    pub(super) async fn look(&mut self, texts: &[String]) -> Vec<Lock> {
        loop {
            let look = timeout(PATIENCE, self.looks.recv())
                .await
                .unwrap_or_else(|_| panic!("no COMMIT comes of {texts:?}"))
                .unwrap();
            // Others are of statements that failed.
            if look.texts.iter().any(|one| texts.contains(one)) {
                return look.locks;
            }
        }
    }
}

async fn serve(mut client: TcpStream, server: (String, u16), onlooker: Arc<Client>, seen: mpsc::UnboundedSender<Look>) {
    let mut upstream = TcpStream::connect(server).await.unwrap();
    loop {
        let Ok(length) = client.read_u32().await else { return };
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await.unwrap();
        upstream.write_u32(length).await.unwrap();
        upstream.write_all(&body).await.unwrap();
        match u32::from_be_bytes(body[..4].try_into().unwrap()) {
            SSL_REQUEST => {
                let answer = upstream.read_u8().await.unwrap();
                assert_eq!(answer, b'N', "the test's server has no TLS");
                client.write_u8(answer).await.unwrap();
            }
            CANCEL_REQUEST => return,
            _ => break,
        }
    }
    client.set_nodelay(true).unwrap();
    upstream.set_nodelay(true).unwrap();
    let looking = onlooker.prepare(LOCKS).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = upstream.into_split();
    let (answered, mut answers) = watch::channel((0_u64, 0_i32));
    tokio::spawn(async move {
        while let Some((kind, body)) = message(&mut from_server).await {
            let raw = framed(kind, &body);
            if to_client.write_all(&raw).await.is_err() {
                return;
            }
            match kind {
                b'Z' => answered.send_modify(|(count, _)| *count += 1),
                b'K' => answered.send_modify(|(_, pid)| *pid = i32::from_be_bytes(body[..4].try_into().unwrap())),
                _ => {}
            }
        }
    });
    // The server says once that it is ready before anything was asked.
    let (mut asked, mut known, mut ran) = (1, HashMap::new(), Vec::new());
    while let Some((kind, body)) = message(&mut from_client).await {
        match kind {
            b'S' => asked += 1,
            b'P' => {
                let (name, text) = two_texts(&body);
                known.insert(name, text);
            }
            b'B' => {
                let (_, name) = two_texts(&body);
                let text = known.get(&name).cloned().unwrap_or_default();
                if text == "COMMIT" {
                    let (_, pid) = *answers.wait_for(|(count, _)| *count >= asked).await.unwrap();
                    let rows = onlooker.query(&looking, &[&pid]).await.unwrap();
                    let lock =
                        |row: &Row| Lock { kind: row.get(0), mode: row.get(1), owner: row.get(2), name: row.get(3) };
                    let _ = seen.send(Look { texts: std::mem::take(&mut ran), locks: rows.iter().map(lock).collect() });
                } else {
                    ran.push(text);
                }
            }
            _ => {}
        }
        if to_server.write_all(&framed(kind, &body)).await.is_err() {
            return;
        }
    }
}

/// The next message: its kind and its body.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let kind = from.read_u8().await.ok()?;
    let length = from.read_u32().await.ok()?;
    let mut body = vec![0; length as usize - 4];
    from.read_exact(&mut body).await.ok()?;
    Some((kind, body))
}

/// The two texts that a message begins with, each ended by a zero.
fn two_texts(body: &[u8]) -> (String, String) {
    let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    (texts.next().unwrap_or_default(), texts.next().unwrap_or_default())
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut raw = vec![kind];
    raw.extend((body.len() as u32 + 4).to_be_bytes());
    raw.extend(body);
    raw
}
