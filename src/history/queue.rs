//! The way to the chain's one writer: a bounded queue, and a thread of its own that writes what lies in it. The thread
//! may block on the disk as it likes; who appends waits without blocking anyone.

use super::chain::Chain;
use super::fit::Body;
use super::{Appended, HistoryError};
use std::io;
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// Records that may wait for the writer; who comes then waits for room.
const QUEUE: usize = 128;
/// What is written at once, at most.
const BATCH_RECORDS: usize = 64;
const BATCH_BYTES: usize = 4 << 20;

type Answer = Result<Appended, HistoryError>;

#[derive(Debug)]
enum Job {
    Append(Body, oneshot::Sender<Answer>),
    Close(oneshot::Sender<()>),
}

#[derive(Debug, Clone)]
pub(super) struct Queue(mpsc::Sender<Job>);

/// A record on its way to the writer.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Answer>);

impl Pending {
    /// Waits until the record is written, and synced if the mode asks for it.
    ///
    /// # Errors
    /// When it couldn't be.
    pub async fn written(self) -> Answer {
        self.0.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Queue {
    /// Starts the thread that owns the chain until the queue is closed or its last handle is gone.
    pub fn start(chain: Chain) -> io::Result<Queue> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        thread::Builder::new().name("history".into()).spawn(move || write(chain, receiver))?;
        Ok(Queue(sender))
    }

    pub async fn submit(&self, body: Body) -> Result<Pending, HistoryError> {
        let (sender, receiver) = oneshot::channel();
        self.0.send(Job::Append(body, sender)).await.map_err(|_| closed())?;
        Ok(Pending(receiver))
    }

    pub async fn close(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.0.send(Job::Close(sender)).await.is_ok() {
            // An error means that the thread ended meanwhile, which is what was asked for.
            let _ = receiver.await;
        }
    }
}

fn closed() -> HistoryError {
    HistoryError::Unavailable { cause: "it is closed".into() }
}

/// The writer: takes what waits, writes it together, answers, until it is told to end.
fn write(mut chain: Chain, mut jobs: mpsc::Receiver<Job>) {
    let mut closing = None;
    while closing.is_none()
        && let Some(first) = jobs.blocking_recv()
    {
        let (mut bodies, mut waiting, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Append(body, answer) => {
                    bytes += body.json.len();
                    bodies.push(body);
                    waiting.push(answer);
                    if bodies.len() < BATCH_RECORDS && bytes < BATCH_BYTES {
                        next = jobs.try_recv().ok();
                    }
                }
                Job::Close(done) => closing = Some(done),
            }
        }
        for (waiting, answer) in waiting.into_iter().zip(chain.append(&bodies)) {
            // Who dropped its receiver doesn't want to know; the record is written all the same.
            let _ = waiting.send(answer);
        }
    }
    chain.close();
    // Whoever asked for the end, or queued behind it, learns of it only now that the lock is free.
    drop(jobs);
    drop(closing);
}
