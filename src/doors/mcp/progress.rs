//! What a client that asked for it is told while a statement runs: how long, whether it has a connection to the
//! database yet, and whether a person is asked. Nothing of the rows: not even their number, since some of them may be hidden.

use std::pin::pin;
use std::time::{Duration, Instant};

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::time::sleep;

use super::asking::Pending;
use crate::postgres::execute::Backend;

/// The first is told after so long, and the next ones no sooner after one another.
const PAUSE: Duration = Duration::from_secs(1);
/// They are told at least this often, since there are clients that give up after a while without any.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A pause is this part of the time before it.
const SLOWING: u32 = 10;

/// The work, told of while it isn't done, if the client asked for that. Nothing is told after it ends.
pub(super) async fn told<T>(
    work: impl Future<Output = T>,
    context: &RequestContext<RoleServer>,
    backend: &Backend,
    person: Pending,
) -> T {
    let Some(token) = context.meta.get_progress_token() else { return work.await };
    let begun = Instant::now();
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = sleep((begun.elapsed() / SLOWING).clamp(PAUSE, LONGEST_PAUSE)) => {}
        }
        let mut telling = pin!(tell(&context.peer, token.clone(), begun.elapsed(), backend, &person));
        tokio::select! {
            biased;
            result = &mut work => {
                // What is on its way goes before the answer.
                telling.await;
                return result;
            }
            () = &mut telling => {}
        }
    }
}

async fn tell(peer: &Peer<RoleServer>, token: ProgressToken, elapsed: Duration, backend: &Backend, person: &Pending) {
    let seconds = elapsed.as_secs();
    let message = match backend.pid() {
        // Nothing runs meanwhile.
        _ if person.is_asked() => format!("waiting for a person's answer, {seconds} s after the call"),
        Some(_) => format!("running for {seconds} s"),
        None => format!("waiting for a connection to the database for {seconds} s"),
    };
    // Time only grows, and the pause makes each number larger than the one before.
    let progress = ProgressNotificationParam::new(token, elapsed.as_secs_f64()).with_message(message);
    // A client that is gone is noticed elsewhere.
    let _ = peer.notify_progress(progress).await;
}
