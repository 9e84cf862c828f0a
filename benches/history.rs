//! What the history costs, on the real disk: `cargo bench --bench history`. First a lone statement with no history, and
//! with one in each mode of `sync`, in turn, so that a noisy machine disturbs all alike; then 64 writers who wait at once,
//! beside one writer who waits for each record, the syncs counted. The history lies in a directory for temporary files of
//! the working directory's file system: what is in memory has no disk to wait for.
#![allow(clippy::disallowed_methods, reason = "the bare statement is what is measured against")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pgwicket::history::{
    Disk, Entry, History, Options as HistoryOptions, Outcome, Settings, Status, Storage, StorageFile, SyncMode, What,
    Where, Who,
};
use pgwicket::keys::Signer;
use pgwicket::postgres::ephemeral::{Ephemeral, Options};
use tokio_postgres::{Client, NoTls, Statement};

const ROUNDS: usize = 1000;
const WARM_UP: usize = 100;
const WRITERS: usize = 64;
const RECORDS: usize = 50;

fn entry(writes: bool) -> Entry {
    let sql = "SELECT o.id, o.total, c.name FROM sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id \
               WHERE o.region = $1 AND o.status <> $2 ORDER BY o.id LIMIT 50";
    let what = What {
        tool: Some("query_execute".into()),
        statement: Some(if writes { "update" } else { "select" }.into()),
        writes: Some(writes),
        sql: Some(sql.into()),
        rewritten: Some(sql.into()),
        ..What::default()
    };
    Entry::intent(Who { principal: Some("ana".into()), ..Who::default() }, Where::default(), what)
}

fn open(storage: Arc<dyn Storage>, directory: &Path, sync: SyncMode) -> History {
    let settings = Settings { sync, ..Settings::default() };
    let signer = Signer::from_seed(&[7; 32]).unwrap();
    History::open_on(storage, HistoryOptions { directory: directory.into(), settings, signer }).unwrap()
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir_in(std::env::current_dir().unwrap().join("target")).unwrap()
}

/// One statement with what the gateway writes around it: a read's intent while the server works, a write's before.
async fn statement(client: &Client, statement: &Statement, writes: bool, history: Option<&History>) {
    let run = async { client.query(statement, &[&42]).await.unwrap() };
    let Some(history) = history else {
        run.await;
        return;
    };
    let intent = entry(writes);
    let outcome = intent.outcome(Outcome::new(Status::Ok, Duration::from_micros(100)));
    if writes {
        history.append(intent).await.unwrap();
        run.await;
    } else {
        let (written, _) = tokio::join!(history.append(intent), run);
        written.unwrap();
    }
    history.append(outcome).await.unwrap();
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

async fn lone_statements(server: &Ephemeral) {
    let (client, connection) = server.config("postgres").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
        .batch_execute(
            "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) AS i",
        )
        .await
        .unwrap();
    let homes = [home(), home(), home()];
    let modes = [SyncMode::None, SyncMode::Writes, SyncMode::All];
    let histories: Vec<History> =
        homes.iter().zip(modes).map(|(home, mode)| open(Arc::new(Disk), home.path(), mode)).collect();
    let variants: Vec<Option<&History>> = std::iter::once(None).chain(histories.iter().map(Some)).collect();
    println!("| a lone statement | no history | `none` | `writes` | `all` |\n|---|---|---|---|---|");
    for (name, sql, writes) in [
        ("primary-key lookup", "SELECT n FROM t WHERE id = $1", false),
        ("update of one row", "UPDATE t SET n = n + 1 WHERE id = $1 RETURNING n", true),
    ] {
        let prepared = client.prepare(sql).await.unwrap();
        let mut times = vec![Vec::new(); variants.len()];
        for round in 0..ROUNDS + WARM_UP {
            // What stands first, and what comes after what, changes: a sync slows the next statement, too.
            let mut order: Vec<_> = variants.iter().enumerate().collect();
            order.rotate_left(round % variants.len());
            if round / variants.len() % 2 == 1 {
                order.reverse();
            }
            for (at, history) in order {
                let begin = Instant::now();
                statement(&client, &prepared, writes, *history).await;
                if round >= WARM_UP {
                    times[at].push(begin.elapsed());
                }
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        let cells = medians.iter().map(|time| match time - medians[0] {
            0.0 => format!("{time:.0} µs"),
            added => format!("{time:.0} µs ({added:+.0})"),
        });
        println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    for history in histories {
        history.close().await;
    }
}

/// The disk, and how often it was synced.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicU64>);

#[derive(Debug)]
struct CountingFile(Counting, Box<dyn StorageFile>);

impl Storage for Counting {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        Disk.create_directory(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(CountingFile(self.clone(), Disk.create(path)?)))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(CountingFile(self.clone(), Disk.open(path)?)))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)
    }
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        Disk.sync_directory(path)
    }
}

impl StorageFile for CountingFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.1.write_at(bytes, offset)
    }
    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.1.set_len(len)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        self.1.sync_data()
    }
    fn metadata(&self) -> io::Result<std::fs::Metadata> {
        self.1.metadata()
    }
}

/// So many writers, each waiting for each of its records: time a record, and records a sync.
async fn writers(count: usize, each: usize) -> (f64, f64) {
    let (home, disk) = (home(), Counting::default());
    let history = open(Arc::new(disk.clone()), home.path(), SyncMode::All);
    disk.0.store(0, Ordering::Relaxed);
    let begin = Instant::now();
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let history = history.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    history.append(entry(true)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (took, records) = (begin.elapsed(), (count * each) as f64);
    let syncs = disk.0.load(Ordering::Relaxed);
    history.close().await;
    (took.as_secs_f64() * 1e6 / records, records / syncs as f64)
}

async fn group_commit() {
    println!("\n| sync = all | time a record | records a sync |\n|---|---|---|");
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        alone.push(writers(1, RECORDS * 4).await);
        together.push(writers(WRITERS, RECORDS).await);
    }
    let middle = |name: &str, mut runs: Vec<(f64, f64)>| {
        runs.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (time, shared) = runs[runs.len() / 2];
        println!("| {name} | {time:.0} µs | {shared:.1} |");
        time
    };
    let ratio = middle("one writer, one sync a record", alone) / middle("64 writers", together);
    println!("\n64 writers at once: {ratio:.1} times as many records a second as with one sync a record");
}

fn main() {
    let server = Ephemeral::start(&Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(lone_statements(&server));
    runtime.block_on(group_commit());
    server.stop().unwrap();
}
