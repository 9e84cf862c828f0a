//! The places for connections. Where all are taken, a newcomer gets that of a connection on which nothing is answered to
//! somebody who has proven who they are: who can't prove anything keeps nobody out, however many they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// All places.
pub(super) struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<Taken>,
    /// Told when a connection could go that couldn't before.
    rests: Notify,
}

#[derive(Default)]
struct Taken {
    connections: HashMap<u64, Connection>,
    /// Counts what happens, so that it is known what happened earlier.
    now: u64,
}

struct Connection {
    /// Requests of proven callers that are being answered.
    busy: usize,
    rests: Rests,
    leave: CancellationToken,
}

/// Since when nothing is answered on a connection; the least goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rests {
    /// Nobody has proven anything on it, since it was made.
    Unproven(u64),
    /// Since the last answer to somebody who had.
    Proven(u64),
}

/// The place of one connection, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    leave: CancellationToken,
    _permit: Option<OwnedSemaphorePermit>,
}

/// As long as this lives, something is answered to a proven caller, and the connection stays.
pub(super) struct Busy(Arc<Place>);

impl Places {
    /// So many.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(most)), taken: Mutex::default(), rests: Notify::new() })
    }

    /// A place for one more connection, as soon as there is one.
    pub async fn take(self: &Arc<Self>) -> Arc<Place> {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                break Some(permit);
            }
            let sent_away = self.send_one_away();
            tokio::select! {
                // Never closed, so there always is a permit some time.
                permit = Arc::clone(&self.free).acquire_owned() => break permit.ok(),
                () = self.rests.notified(), if !sent_away => {}
            }
        };
        let leave = CancellationToken::new();
        let mut taken = self.taken();
        let id = taken.tick();
        let connection = Connection { busy: 0, rests: Rests::Unproven(id), leave: leave.clone() };
        taken.connections.insert(id, connection);
        Arc::new(Place { places: Arc::clone(self), id, leave, _permit: permit })
    }

    /// Whether there was one that could go.
    fn send_one_away(&self) -> bool {
        let taken = self.taken();
        let idle = taken.connections.values().filter(|one| one.busy == 0 && !one.leave.is_cancelled());
        let longest = idle.min_by_key(|one| one.rests);
        longest.inspect(|one| one.leave.cancel()).is_some()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }
}

impl Place {
    /// Ends when somebody else needs the place.
    pub async fn sent_away(&self) {
        self.leave.cancelled().await;
    }

    /// That something is answered to a proven caller from now on.
    pub fn busy(self: &Arc<Self>) -> Busy {
        if let Some(connection) = self.places.taken().connections.get_mut(&self.id) {
            connection.busy += 1;
        }
        Busy(Arc::clone(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().connections.remove(&self.id);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Self(place) = self;
        let mut taken = place.places.taken();
        let now = taken.tick();
        if let Some(connection) = taken.connections.get_mut(&place.id) {
            connection.busy = connection.busy.saturating_sub(1);
            connection.rests = Rests::Proven(now);
        }
        drop(taken);
        place.places.rests.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn take(places: &Arc<Places>) -> Option<Arc<Place>> {
        timeout(Duration::from_millis(50), places.take()).await.ok()
    }

    #[tokio::test]
    async fn who_has_proven_nothing_goes_first_and_who_waits_for_an_answer_stays() {
        let places = Places::new(3);
        let [rested, early, late] = [take(&places).await, take(&places).await, take(&places).await].map(Option::unwrap);
        drop(rested.busy());
        let gone = |place: &Place| place.leave.is_cancelled();
        // A newcomer waits until the one that is sent away has gone.
        assert!(take(&places).await.is_none() && gone(&early) && !gone(&late) && !gone(&rested));
        drop(early);
        let busy = [take(&places).await.unwrap().busy(), late.busy()];
        assert!(take(&places).await.is_none() && gone(&rested) && !gone(&late));
        drop(rested);
        let last = take(&places).await.unwrap();
        let held = last.busy();
        assert!(take(&places).await.is_none() && !gone(&last));
        // What rests while one waits makes way, too.
        let waiting = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take().await }
        });
        tokio::task::yield_now().await;
        drop(held);
        timeout(Duration::from_secs(5), last.sent_away()).await.unwrap();
        drop(last);
        assert!(timeout(Duration::from_secs(5), waiting).await.is_ok());
        drop(busy);
    }
}
