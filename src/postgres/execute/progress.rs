//! How far a statement is, shared between its flights and who may stop it. Both run in one task, so nothing changes
//! between a look and the step after it.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

const PREPARING: u8 = 0;
const EXECUTING: u8 = 1;
const COMMITTING: u8 = 2;

/// Shared by reference; the atomics only make that possible across threads.
#[derive(Debug, Default)]
pub(super) struct Progress {
    stage: AtomicU8,
    stopping: AtomicBool,
}

impl Progress {
    /// Asked right before execute is sent; `true` means that it is sent now.
    pub(super) fn may_execute(&self) -> bool {
        self.may_enter(EXECUTING)
    }

    /// Asked by a write right before COMMIT is sent; `true` means that it has to be sent now.
    pub(super) fn may_commit(&self) -> bool {
        self.may_enter(COMMITTING)
    }

    fn may_enter(&self, stage: u8) -> bool {
        let may = !self.stopping.load(Ordering::Relaxed);
        if may {
            self.stage.store(stage, Ordering::Relaxed);
        }
        may
    }

    /// From here on no execute and no COMMIT of a write is sent. Returns `false` if one is on its way: then it is too late to cancel.
    pub(super) fn stop(&self) -> bool {
        self.stopping.store(true, Ordering::Relaxed);
        self.stage.load(Ordering::Relaxed) != COMMITTING
    }

    /// Someone stopped the statement, though it may have been faster.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Nothing of the statement itself was executed yet.
    pub(super) fn is_preparing(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == PREPARING
    }

    pub(super) fn is_committing(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == COMMITTING
    }
}
