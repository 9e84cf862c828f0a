//! How often and how many at once a principal may ask. Holds counts per principal and nothing else; what the limits are
//! comes with each call, so that a reloaded policy holds from the next call on. The limits hold per process.

#[cfg(test)]
mod tests;

use crate::gate::policy::model::{Limits, Rate};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often what is no longer needed is forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// Why a call may not begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// The principal asked too often.
    #[error("calls come faster than the limit of {rate}")]
    Rate {
        /// The limit.
        rate: Rate,
        /// When the next call would be let through, if nothing else is asked until then; none if the limit lets nothing
        /// through at all.
        retry_after: Option<Duration>,
    },
    /// The principal has as many calls running as it may.
    #[error("the limit of {limit} calls at once is reached")]
    Concurrency {
        /// The limit.
        limit: u32,
    },
}

impl Exceeded {
    /// When to ask again. None where no time can be told: when one of the running calls has ended, or never.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Exceeded::Rate { retry_after, .. } => *retry_after,
            Exceeded::Concurrency { .. } => None,
        }
    }
}

/// The counts of all principals. Clones share them.
#[derive(Debug)]
pub struct Quota<C: Clock = DefaultClock> {
    clock: C,
    counts: Arc<Mutex<Counts<C>>>,
}

type Limiter<C> = governor::RateLimiter<String, HashMapStateStore<String>, C, NoOpMiddleware<<C as Clock>::Instant>>;

#[derive(Debug)]
struct Counts<C: Clock> {
    /// One limiter for each rate in force, keyed by principal. A principal whose rate is changed begins anew.
    limiters: HashMap<(u32, Duration, u32), Limiter<C>>,
    /// Calls running now; only principals that have any.
    running: HashMap<String, u32>,
}

/// A call that was let through; it counts as running until this is dropped.
#[derive(Debug)]
#[must_use = "the call counts as running only as long as its permit is kept"]
pub struct Permit<C: Clock = DefaultClock> {
    principal: String,
    counts: Arc<Mutex<Counts<C>>>,
}

impl Quota {
    /// Nothing counted yet.
    pub fn new() -> Quota {
        Quota::with_clock(DefaultClock::default())
    }

    /// Starts a task on the current runtime that calls [`Quota::tidy`] every minute until the last clone of this quota,
    /// and the last permit, is gone.
    pub fn keep_tidy(&self) {
        self.tidy_every(TIDY_EVERY);
    }

    fn tidy_every(&self, period: Duration) {
        let (clock, counts) = (self.clock.clone(), Arc::downgrade(&self.counts));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(period).await;
                let Some(counts) = counts.upgrade() else { return };
                Quota { clock: clock.clone(), counts }.tidy();
            }
        });
    }
}

impl Default for Quota {
    fn default() -> Quota {
        Quota::new()
    }
}

impl<C: Clock + Clone> Quota<C> {
    /// As [`Quota::new`], by another clock.
    pub fn with_clock(clock: C) -> Quota<C> {
        Quota { clock, counts: Arc::new(Mutex::new(Counts { limiters: HashMap::new(), running: HashMap::new() })) }
    }

    /// Lets a call begin, or says why not. A call that is refused counts as none.
    ///
    /// # Errors
    /// When the principal has too many calls running, or asked too often.
    pub fn enter(&self, principal: &str, limits: &Limits) -> Result<Permit<C>, Exceeded> {
        let mut counts = lock(&self.counts);
        let running = counts.running.get(principal).copied().unwrap_or(0);
        if running >= limits.concurrency {
            return Err(Exceeded::Concurrency { limit: limits.concurrency });
        }
        if let Some(rate) = limits.rate {
            counts.check_rate(principal, rate, &self.clock)?;
        }
        counts.running.insert(principal.to_owned(), running + 1);
        Ok(Permit { principal: principal.to_owned(), counts: self.counts.clone() })
    }

    /// Forgets the rates of principals that haven't asked for so long that it makes no difference.
    pub fn tidy(&self) {
        let mut counts = lock(&self.counts);
        counts.limiters.retain(|_, limiter| {
            limiter.retain_recent();
            !limiter.is_empty()
        });
    }
}

impl<C: Clock + Clone> Clone for Quota<C> {
    fn clone(&self) -> Quota<C> {
        Quota { clock: self.clock.clone(), counts: self.counts.clone() }
    }
}

impl<C: Clock + Clone> Counts<C> {
    fn check_rate(&mut self, principal: &str, rate: Rate, clock: &C) -> Result<(), Exceeded> {
        // A rate of zero lets nothing through.
        let Some(quota) = governor_quota(rate) else { return Err(Exceeded::Rate { rate, retry_after: None }) };
        let limiter = self
            .limiters
            .entry((rate.count, rate.period, rate.burst))
            .or_insert_with(|| Limiter::hashmap_with_clock(quota, clock.clone()));
        limiter.check_key(&principal.to_owned()).map_err(|refused| {
            let retry_after = Some(refused.wait_time_from(clock.now()));
            Exceeded::Rate { rate, retry_after }
        })
    }
}

impl<C: Clock> Drop for Permit<C> {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        match counts.running.get_mut(&self.principal) {
            Some(running) if *running > 1 => *running -= 1,
            _ => {
                counts.running.remove(&self.principal);
            }
        }
    }
}

fn governor_quota(rate: Rate) -> Option<governor::Quota> {
    let (count, burst) = (NonZeroU32::new(rate.count)?, NonZeroU32::new(rate.burst)?);
    Some(governor::Quota::with_period(rate.period / count.get())?.allow_burst(burst))
}

/// Nothing panics while it holds the lock, and each change under it is whole; so the counts are sound in any case.
fn lock<C: Clock>(counts: &Mutex<Counts<C>>) -> MutexGuard<'_, Counts<C>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
