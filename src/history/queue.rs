//! The way to the chain: a bounded queue, and a thread of its own that writes what lies in it. The thread may block on
//! the disk as it likes; who waits for it waits without blocking anyone.
//!
//! A record that needs no sync, and that nothing stands before, is written by whoever brings it: the operating system
//! takes it into its memory in a fraction of the time that waking the thread and being woken takes. Where the disk keeps
//! a write waiting, the next records find the chain taken, and queue.

use super::chain::Chain;
use super::fit::Body;
use super::tidy::Tidy;
use super::{Appended, HistoryError};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Sign, if it is time.
    Tick,
    /// The end; orderly, or as a crash would leave it.
    Close(oneshot::Sender<()>, bool),
}

#[derive(Debug, Clone)]
pub(super) struct Queue {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

/// What the thread and those who write themselves share.
#[derive(Debug)]
struct Shared {
    /// `None` when it is closed.
    chain: Mutex<Option<Chain>>,
    /// Records that were submitted and aren't written yet: they come first.
    queued: AtomicUsize,
    /// Whether the chain's last append went well.
    sound: AtomicBool,
}

/// A record on its way to the thread.
#[derive(Debug)]
pub(super) struct Pending(oneshot::Receiver<Answer>);

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
    /// Starts the thread that writes to the chain until the queue is closed or its last handle is gone, and what `tidy`
    /// starts beside it.
    pub fn start(chain: Chain, tidy: impl FnOnce(Weak) -> io::Result<Tidy>) -> io::Result<Queue> {
        let (jobs, receiver) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            chain: Mutex::new(Some(chain)),
            queued: AtomicUsize::new(0),
            sound: AtomicBool::new(true),
        });
        let tidy = tidy(Weak { jobs: jobs.downgrade(), shared: Arc::clone(&shared) })?;
        let thread_shared = Arc::clone(&shared);
        thread::Builder::new().name("history".into()).spawn(move || write(&thread_shared, receiver, tidy))?;
        Ok(Queue { jobs, shared })
    }

    /// Hands a record to the thread.
    pub async fn submit(&self, body: Body) -> Result<Pending, HistoryError> {
        let (sender, receiver) = oneshot::channel();
        let room = self.jobs.reserve().await.map_err(|_| closed())?;
        self.shared.queued.fetch_add(1, Ordering::SeqCst);
        room.send(Job::Append(body, sender));
        Ok(Pending(receiver))
    }

    /// Writes a record behind all that were submitted before.
    pub async fn append(&self, body: Body) -> Answer {
        match self.shared.append_now(&body) {
            Some(answer) => answer,
            None => self.submit(body).await?.written().await,
        }
    }

    /// Records on their way, and how many there may be at most.
    #[cfg(test)]
    pub fn under_way(&self) -> (usize, usize) {
        (self.shared.queued.load(Ordering::SeqCst), QUEUE + BATCH_RECORDS)
    }

    pub fn is_sound(&self) -> bool {
        self.shared.sound.load(Ordering::Relaxed)
    }

    /// Ends the thread and frees the chain.
    pub async fn close(&self) {
        self.end(true).await;
    }

    /// As [`Queue::close`], without a word about it in the chain.
    #[cfg(test)]
    pub async fn abandon(&self) {
        self.end(false).await;
    }

    async fn end(&self, orderly: bool) {
        let (sender, receiver) = oneshot::channel();
        if self.jobs.send(Job::Close(sender, orderly)).await.is_ok() {
            // An error means that the thread ended meanwhile, which is what was asked for.
            let _ = receiver.await;
        }
    }
}

/// A way to the queue that doesn't keep it open.
#[derive(Debug)]
pub(super) struct Weak {
    jobs: mpsc::WeakSender<Job>,
    shared: Arc<Shared>,
}

impl Weak {
    /// Writes a record behind all that were submitted before, and waits for it; `None` if the queue is closed. Blocks.
    pub fn append(&self, body: Body) -> Option<Answer> {
        let (sender, receiver) = oneshot::channel();
        let jobs = self.jobs.upgrade()?;
        self.shared.queued.fetch_add(1, Ordering::SeqCst);
        if jobs.blocking_send(Job::Append(body, sender)).is_err() {
            self.shared.queued.fetch_sub(1, Ordering::SeqCst);
            return None;
        }
        drop(jobs);
        receiver.blocking_recv().ok()
    }

    /// Has the chain signed, if it is time. Blocks where the queue is full.
    pub fn remind(&self) {
        if let Some(jobs) = self.jobs.upgrade() {
            // Closed meanwhile: its end is signed.
            let _ = jobs.blocking_send(Job::Tick);
        }
    }
}

impl Shared {
    /// Writes on this thread if that takes no waiting.
    fn append_now(&self, body: &Body) -> Option<Answer> {
        if self.queued.load(Ordering::SeqCst) > 0 {
            return None;
        }
        if !self.sound.load(Ordering::Relaxed) {
            // It begins by repairing.
            return None;
        }
        let mut chain = self.chain.try_lock().ok()?;
        let chain = chain.as_mut().filter(|chain| !chain.syncs(body))?;
        self.append(chain, std::slice::from_ref(body)).pop()
    }

    fn append(&self, chain: &mut Chain, bodies: &[Body]) -> Vec<Answer> {
        let answers = chain.append(bodies);
        self.sound.store(chain.is_sound(), Ordering::Relaxed);
        answers
    }

    fn chain(&self) -> MutexGuard<'_, Option<Chain>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> HistoryError {
    HistoryError::Unavailable { cause: "it is closed".into() }
}

/// The thread: takes what waits, writes it together, answers, until it is told to end.
fn write(shared: &Shared, mut jobs: mpsc::Receiver<Job>, tidy: Tidy) {
    let mut closing = None;
    while closing.is_none()
        && let Some(first) = jobs.blocking_recv()
    {
        let (mut bodies, mut waiting, mut bytes, mut tick) = (Vec::new(), Vec::new(), 0, false);
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
                Job::Tick => tick = true,
                Job::Close(done, orderly) => closing = Some((done, orderly)),
            }
        }
        let answers = match shared.chain().as_mut() {
            Some(chain) if tick && bodies.is_empty() => {
                chain.tick();
                Vec::new()
            }
            Some(_) if bodies.is_empty() => Vec::new(),
            Some(chain) => shared.append(chain, &bodies),
            None => bodies.iter().map(|_| Err(closed())).collect(),
        };
        shared.queued.fetch_sub(bodies.len(), Ordering::SeqCst);
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            // Who dropped its receiver doesn't want to know; the record is written all the same.
            let _ = waiting.send(answer);
        }
    }
    match shared.chain().take() {
        Some(chain) if closing.as_ref().is_none_or(|(_, orderly)| *orderly) => chain.close(),
        // Dropped, it tells those who tidy up that it ends.
        _ => {}
    }
    // Who queued behind the end learns of it; whoever asked for it only now that the lock is free.
    drop(jobs);
    tidy.end();
    drop(closing);
}
