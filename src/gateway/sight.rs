//! Whether what a principal sees has changed: a newer catalog, or policies that were read anew. Whoever waits is told that there
//! is something to look at, and compares what the principal sees then with what it saw before; so a change of what is hidden from it
//! can't be noticed. Nothing is queued, so nothing has to be bounded.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::world::Snapshot;
use super::{Asked, Call, Caller, Gateway, metadata, record};
use crate::gate::catalog::Catalog;
use crate::gate::describe;
use crate::gate::diagnostic::Rejection;

/// Something that a principal may see, and that may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// Whether it may write, which decides what can be called.
    Writing,
    /// Which relations there are, and what is said of each of them in a list.
    Relations,
    /// What is said of the database.
    Database,
    /// One relation, by schema and name. How many rows it is estimated to have isn't part of it: that is counted anew when
    /// anything in the database has changed, hidden or not.
    Relation(Vec<String>),
}

/// What a principal sees of something: equal as long as it sees the same. None where there is nothing to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight(Option<[u8; 32]>);

impl Sight {
    /// Whether there is anything to see.
    pub fn is_something(&self) -> bool {
        self.0.is_some()
    }

    fn of(seen: Option<impl Serialize>) -> Self {
        // What can't be written down is nothing that could be read, either.
        let bytes = seen.and_then(|seen| serde_json::to_vec(&seen).ok());
        Self(bytes.map(|bytes| Sha256::digest(bytes).into()))
    }
}

/// What may change of what principals see, beside the catalog.
pub(super) struct Changes {
    members: watch::Sender<()>,
    /// Cancelled when nobody is told anything any more.
    closing: CancellationToken,
}

impl Changes {
    pub fn new() -> Self {
        Self { members: watch::channel(()).0, closing: CancellationToken::new() }
    }

    /// Principals or policies are others.
    pub fn of_members(&self) {
        self.members.send_replace(());
    }

    pub fn close(&self) {
        self.closing.cancel();
    }
}

/// Waits for changes.
pub struct Watch {
    catalog: watch::Receiver<Arc<Catalog>>,
    members: watch::Receiver<()>,
    closing: CancellationToken,
}

impl Watch {
    /// Ends when something may be different from when this was called last, at first from when the watch began; false if
    /// nothing is told any more.
    pub async fn next(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => false,
            changed = self.catalog.changed() => changed.is_ok(),
            changed = self.members.changed() => changed.is_ok(),
        }
    }

    /// Ends when nothing is told any more.
    pub async fn closed(&self) {
        self.closing.cancelled().await;
    }
}

impl Gateway {
    /// That somebody asks to be told of changes: a call, counted and recorded like every other.
    ///
    /// # Errors
    /// Quota and history.
    pub async fn asked_to_watch(&self, caller: &Caller) -> Result<(), Rejection> {
        let call = Call { caller, asked: Asked::Nothing, arrived: Instant::now() };
        let (snapshot, _permit) = self.enter(&call).await?;
        self.told(&snapshot, &call, record::called(caller), None).await
    }

    /// Begins to watch.
    pub fn watch(&self) -> Watch {
        let (mut catalog, mut members) = (self.catalog.subscribe(), self.changes.members.subscribe());
        catalog.mark_unchanged();
        members.mark_unchanged();
        Watch { catalog, members, closing: self.changes.closing.clone() }
    }

    /// Ends all that watches.
    pub fn end_watches(&self) {
        self.changes.close();
    }

    /// What a principal sees of each of these, all of one moment; where there are many, the caller's thread is kept busy.
    pub fn sights(&self, principal: &str, watched: &[Watched]) -> Vec<Sight> {
        let snapshot = self.world.snapshot(&self.catalog.current(), principal).ok();
        let see = |what: &Watched| match (what, &snapshot) {
            // What may be called is known without the database.
            (Watched::Writing, _) => Sight::of(Some(self.may_write(principal))),
            (what, Some(snapshot)) => sight(snapshot, what),
            (_, None) => Sight(None),
        };
        watched.iter().map(see).collect()
    }
}

fn sight(snapshot: &Snapshot, watched: &Watched) -> Sight {
    let (catalog, policy) = (snapshot.catalog(), snapshot.policy());
    match watched {
        Watched::Writing => Sight(None),
        Watched::Relations => {
            let all = describe::tables(catalog, policy, None, None);
            let listed = all.into_iter().map(|one| (one.schema, one.name, one.comment));
            Sight::of(Some(listed.collect::<Vec<_>>()))
        }
        Watched::Database => Sight::of(Some(metadata::database(snapshot))),
        Watched::Relation(name) => {
            let mut table = describe::table(catalog, policy, name).ok();
            table.iter_mut().for_each(|table| table.summary.estimated_rows = None);
            Sight::of(table)
        }
    }
}
