//! What one principal may take of the door at once, so that others find room in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::doors::mcp::changes::LISTENING_OF_ONE;

/// Sessions at once, and of one principal: each takes some memory until it has rested for a while.
const MOST_SESSIONS: usize = 1_024;
const SESSIONS_OF_ONE: usize = 128;
/// Messages of one principal at once that take much memory while they are read: many times their bytes.
const LARGE_OF_ONE: usize = 8;

/// What is taken by whom.
pub(super) struct Shares {
    requests_of_one: usize,
    sessions: Arc<Semaphore>,
    /// Of each principal that ever asked: there are as many as the configuration has.
    of: Mutex<HashMap<String, Share>>,
}

/// What is left for one principal.
#[derive(Clone)]
struct Share {
    requests: Arc<Semaphore>,
    large: Arc<Semaphore>,
    listening: Arc<Semaphore>,
    sessions: Arc<Semaphore>,
}

/// Something that was taken, until it is dropped.
pub(super) type Taken = OwnedSemaphorePermit;

/// Room for one session: one of all, and one of its principal's.
pub(super) struct Room(#[expect(dead_code, reason = "is for its drop")] [Taken; 2]);

impl Shares {
    /// For a door with so many connections: half of them are any one principal's, at most.
    pub fn new(connections: usize) -> Self {
        let requests_of_one = connections.div_ceil(2);
        Self { requests_of_one, sessions: Arc::new(Semaphore::new(MOST_SESSIONS)), of: Mutex::default() }
    }

    /// One more request that is answered, or a stream; none if there are too many.
    pub fn request(&self, principal: &str) -> Option<Taken> {
        self.of(principal).requests.try_acquire_owned().ok()
    }

    /// One more large message, as soon as there may be one.
    pub async fn large(&self, principal: &str) -> Option<Taken> {
        // Never closed, so there always is one some time.
        self.of(principal).large.acquire_owned().await.ok()
    }

    /// The streams of changes that a principal may still have.
    pub fn listening(&self, principal: &str) -> Arc<Semaphore> {
        self.of(principal).listening
    }

    /// Room for one more session; none if there are too many.
    pub fn session(&self, principal: &str) -> Option<Room> {
        let own = self.of(principal).sessions.try_acquire_owned().ok()?;
        Some(Room([own, Arc::clone(&self.sessions).try_acquire_owned().ok()?]))
    }

    fn of(&self, principal: &str) -> Share {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = of.get(principal) {
            return share.clone();
        }
        let semaphore = |most| Arc::new(Semaphore::new(most));
        let share = Share {
            requests: semaphore(self.requests_of_one),
            large: semaphore(LARGE_OF_ONE),
            listening: semaphore(LISTENING_OF_ONE),
            sessions: semaphore(SESSIONS_OF_ONE),
        };
        of.insert(principal.to_owned(), share.clone());
        share
    }
}
