//! What is done beside the writing, on a thread of its own: closed segments are compressed, old ones deleted, checkpoints
//! handed to their second place, and the writer reminded to sign when it is time. Holds the chain's lock as long as it
//! works, so that nobody else takes the chain meanwhile.

use super::compress::compress;
use super::elsewhere::Elsewhere;
use super::instance::Instance;
use super::note::Checkpoint;
use super::queue::Weak;
use super::segments::segments;
use super::settings::Settings;
use super::storage::Storage;
use super::{fit, record::Entry, retention};
use jiff::Timestamp;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often closed segments are looked at where nothing else tells to.
const ROUND: Duration = Duration::from_hours(1);

/// What the writer tells.
#[derive(Debug)]
pub(super) enum News {
    /// A segment was closed.
    Closed,
    /// A checkpoint was signed and written.
    Signed(Checkpoint),
}

/// The thread's handle.
#[derive(Debug)]
pub(super) struct Tidy {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Tidy {
    /// Starts the thread. It ends when the chain, which holds the other end of `news`, is gone.
    pub fn start(
        instance: Arc<Instance>,
        storage: Arc<dyn Storage>,
        settings: Settings,
        public_key: String,
        queue: Weak,
        news: mpsc::Receiver<News>,
    ) -> io::Result<Tidy> {
        let stop = Arc::new(AtomicBool::new(false));
        let elsewhere = Elsewhere::new(settings.checkpoint_to.clone());
        let mut worker = Worker { instance, storage, settings, public_key, queue, elsewhere, stop: Arc::clone(&stop) };
        let thread = thread::Builder::new().name("history-tidy".into()).spawn(move || worker.run(&news))?;
        Ok(Tidy { stop, thread })
    }

    /// Ends long work, and waits until the thread has let go of the chain's lock. Checkpoints are still handed over.
    pub fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        // It doesn't panic; if it did, the lock is free all the same.
        let _ = self.thread.join();
    }
}

struct Worker {
    instance: Arc<Instance>,
    storage: Arc<dyn Storage>,
    settings: Settings,
    /// For the record of what is deleted.
    public_key: String,
    queue: Weak,
    elsewhere: Elsewhere,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(&mut self, news: &mpsc::Receiver<News>) {
        self.tidy();
        let (mut looked, mut reminded) = (Instant::now(), Instant::now());
        loop {
            let wait = self.settings.checkpoint_every.saturating_sub(reminded.elapsed());
            match news.recv_timeout(wait.min(ROUND)) {
                Ok(News::Closed) => self.tidy(),
                Ok(News::Signed(checkpoint)) => self.elsewhere.hand_over(checkpoint),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.elsewhere.try_again();
                    if reminded.elapsed() >= self.settings.checkpoint_every {
                        self.queue.remind();
                        reminded = Instant::now();
                    }
                    if looked.elapsed() >= ROUND {
                        self.tidy();
                        looked = Instant::now();
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tidy(&self) {
        for done in [self.compress(), self.delete()] {
            if let Err(error) = done
                && !self.stop.load(Ordering::Relaxed)
            {
                tracing::warn!(chain = %self.instance.path.display(), %error, "closed segments could not be tidied up");
            }
        }
    }

    /// Every closed segment that is plain. The last one is the writer's.
    fn compress(&self) -> io::Result<()> {
        let all = segments(&self.instance.path)?;
        let Some((_, closed)) = all.split_last() else { return Ok(()) };
        for segment in closed.iter().filter(|segment| !segment.compressed) {
            compress(&self.instance.path, segment, self.storage.as_ref(), &self.stop)?;
        }
        Ok(())
    }

    fn delete(&self) -> io::Result<()> {
        while !self.stop.load(Ordering::Relaxed)
            && let Some(retention) =
                retention::due(&self.instance.path, &self.settings, &self.public_key, Timestamp::now())?
        {
            let body = fit::body(Entry::retention(retention.clone()))?;
            match self.queue.append(body) {
                Some(Ok(_)) => retention::delete(&self.instance.path, &retention, self.storage.as_ref())?,
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Err(ErrorKind::Interrupted.into()),
            }
        }
        Ok(())
    }
}
