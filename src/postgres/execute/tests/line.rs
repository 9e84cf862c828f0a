//! What travels between the pool and the server, and what happens when the line between them dies.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Between the pool and the server, counting how often the client speaks after the server did.
struct Proxy {
    port: u16,
    flights: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), flights: Arc::default() };
        let (server, flights) = ((host.to_owned(), port), Arc::clone(&proxy.flights));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(relay(client, server, Arc::clone(&flights)));
            }
        });
        proxy
    }

    fn flights(&self) -> usize {
        self.flights.swap(0, Ordering::SeqCst)
    }
}

async fn relay(mut client: TcpStream, mut server: TcpStream, flights: Arc<AtomicUsize>) {
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    let mut client_spoke_last = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => match read {
                Ok(length) if length > 0 => {
                    if !client_spoke_last {
                        flights.fetch_add(1, Ordering::SeqCst);
                    }
                    client_spoke_last = true;
                    server.write_all(&from_client[..length]).await.unwrap();
                }
                _ => return,
            },
            read = server.read(&mut from_server) => match read {
                Ok(length) if length > 0 => {
                    client_spoke_last = false;
                    client.write_all(&from_server[..length]).await.unwrap();
                }
                _ => return,
            },
        }
    }
}

#[tokio::test]
async fn what_can_travel_together_does() {
    let database = TestDatabase::create(SETUP).await;
    let settings = database.settings();
    let proxy = Proxy::start(settings.host.as_deref().unwrap(), settings.port.unwrap()).await;
    let settings = DatabaseSettings { port: Some(proxy.port), ..settings };
    let pool = Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap();
    let flights = async |admitted| {
        proxy.flights();
        execute(&pool, admitted, context()).await.unwrap();
        proxy.flights()
    };
    flights(read("SELECT 1 AS x")).await;
    let lookup = || read("SELECT name || '' AS name FROM public.t WHERE id = 7");
    assert_eq!(flights(lookup()).await, 2, "a text that is new to the session");
    assert_eq!(flights(lookup()).await, 1, "a text that is known");
    assert_eq!(flights(write("DELETE FROM public.t WHERE id = 7")).await, 3, "a write");
}

#[tokio::test]
async fn a_dead_line_between_is_lost_or_unknown_but_never_a_success() {
    let database = TestDatabase::create(SETUP).await;
    let settings = database.settings();
    // A proxy that dies after a number of flights: before execute, before COMMIT, and after COMMIT was sent.
    for (flights, expected) in [(1, "Lost"), (2, "Lost"), (3, "Unknown")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = (settings.host.clone().unwrap(), settings.port.unwrap());
        let armed = Arc::new(AtomicUsize::new(usize::MAX));
        tokio::spawn({
            let armed = Arc::clone(&armed);
            async move {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = TcpStream::connect(&server).await.unwrap();
                let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
                let mut client_spoke_last = false;
                loop {
                    tokio::select! {
                        read = client.read(&mut from_client) => {
                            let length = read.unwrap();
                            if !client_spoke_last && armed.load(Ordering::SeqCst) != usize::MAX
                                && armed.fetch_sub(1, Ordering::SeqCst) == 1 {
                                return;
                            }
                            client_spoke_last = true;
                            server.write_all(&from_client[..length]).await.unwrap();
                        }
                        read = server.read(&mut from_server) => {
                            client_spoke_last = false;
                            client.write_all(&from_server[..read.unwrap()]).await.unwrap();
                        }
                    }
                }
            }
        });
        let settings = DatabaseSettings { port: Some(port), ..settings.clone() };
        let pool = Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap();
        // The session is opened before the line is cut, and is fresh to the statement.
        let lease = pool.lease(Duration::from_secs(5)).await.unwrap();
        armed.store(flights, Ordering::SeqCst);
        let admitted = Arc::new(write("DELETE FROM public.t WHERE id = 8"));
        let ended = supervise(lease, admitted, context()).await;
        let error = ended.result.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{flights}: {error:?}");
        assert_eq!(ended.repeatable, flights == 1);
        assert_eq!(pool.open_connections(), 0);
    }
}
