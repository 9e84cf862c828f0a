//! Telling clients that something has changed of what their principal sees: what can be called, which resources there are, what
//! one that they follow is like. A session is told from its handshake on, and follows resources one by one; where there are no
//! sessions, a stream says what it is for (`subscriptions/listen`). Nobody is told of what its principal can't see.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{ErrorData, ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, RequestContext, RoleServer, SubscriptionContext, SubscriptionSink};
use tokio::time::{sleep, timeout};

use super::server::Server;
use super::{resources, unserved};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gateway::{Gateway, Sight, Watch, Watched};

/// Streams that one principal may have at once, over HTTP in all of its connections.
pub(super) const LISTENING_OF_ONE: usize = 32;
/// Resources that a stream or session may follow. Of a stream's list the first ones are taken.
const MOST_FOLLOWED: usize = 64;
/// How soon after a change the next one is told.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a stream lasts: then it ends well, and the client may ask for another one.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What may be told of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Tools,
    Resources,
    Resource(String),
}

/// What somebody is told of, and what was seen of it last. Cheap to clone; the clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Followed(Arc<Mutex<BTreeMap<Change, (Watched, Sight)>>>);

impl Followed {
    /// Follows the lists, as they are now.
    pub fn see_lists(&self, gateway: &Gateway, principal: &str) {
        self.see(gateway, principal, lists(true, true));
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Change, (Watched, Sight)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows what of these can be seen, as it is now.
    fn see(&self, gateway: &Gateway, principal: &str, wanted: Vec<(Change, Watched)>) {
        let (changes, watched): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        let sights = gateway.sights(principal, &watched);
        let seen = changes.into_iter().zip(watched.into_iter().zip(sights));
        // A list is there even if nothing can be seen at the moment.
        let is_there = |(change, (_, sight)): &(Change, (Watched, Sight))| match change {
            Change::Tools | Change::Resources => true,
            Change::Resource(_) => sight.is_something(),
        };
        self.all().extend(seen.filter(is_there));
    }

    /// Whether nothing is followed.
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// Doesn't follow that resource any more.
    pub fn remove(&self, uri: &str) {
        self.all().remove(&Change::Resource(uri.to_owned()));
    }

    fn has(&self, change: &Change) -> bool {
        self.all().contains_key(change)
    }

    fn resources(&self) -> Vec<String> {
        let all = self.all();
        all.keys()
            .filter_map(|change| if let Change::Resource(uri) = change { Some(uri.clone()) } else { None })
            .collect()
    }

    /// What looks different from when it was looked at last.
    async fn differing(&self, gateway: &Arc<Gateway>, principal: &str) -> Vec<Change> {
        let (changes, watched): (Vec<_>, Vec<_>) =
            self.all().iter().map(|(change, (watched, _))| (change.clone(), watched.clone())).unzip();
        let (gateway, principal) = (Arc::clone(gateway), principal.to_owned());
        // With many relations it takes a while.
        let look = tokio::task::spawn_blocking(move || gateway.sights(&principal, &watched));
        let Ok(sights) = look.await else { return Vec::new() };
        let mut all = self.all();
        let mut is_news = |(change, now): &(Change, Sight)| {
            // What isn't followed any more is no news.
            let Some((_, before)) = all.get_mut(change) else { return false };
            let differs = *before != *now;
            *before = now.clone();
            differs
        };
        changes.into_iter().zip(sights).filter(|seen| is_news(seen)).map(|(change, _)| change).collect()
    }
}

fn lists(tools: bool, resources: bool) -> Vec<(Change, Watched)> {
    let tools = tools.then_some((Change::Tools, Watched::Writing));
    let resources = resources.then_some((Change::Resources, Watched::Relations));
    tools.into_iter().chain(resources).collect()
}

/// Who is told.
pub(super) enum Ear {
    /// A session.
    Session(Peer<RoleServer>),
    /// A stream.
    Stream(SubscriptionSink),
}

impl Ear {
    /// Whether it was heard.
    async fn tell(&self, change: Change) -> bool {
        match (self, change) {
            (Self::Session(peer), Change::Tools) => peer.notify_tool_list_changed().await.is_ok(),
            (Self::Session(peer), Change::Resources) => peer.notify_resource_list_changed().await.is_ok(),
            (Self::Session(peer), Change::Resource(uri)) => {
                peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await.is_ok()
            }
            (Self::Stream(sink), Change::Tools) => sink.notify_tool_list_changed().await.is_ok(),
            (Self::Stream(sink), Change::Resources) => sink.notify_resource_list_changed().await.is_ok(),
            (Self::Stream(sink), Change::Resource(uri)) => sink.notify_resource_updated(uri).await.is_ok(),
        }
    }
}

/// Tells of changes until nobody hears, or none are told any more.
pub(super) async fn follow(gateway: &Arc<Gateway>, principal: &str, mut watch: Watch, followed: &Followed, ear: Ear) {
    while watch.next().await {
        for change in followed.differing(gateway, principal).await {
            if !ear.tell(change).await {
                return;
            }
        }
        let _ = timeout(PAUSE, watch.closed()).await;
    }
}

/// What streams are for that were granted and haven't begun: they are watched from before the client is told that they are.
#[derive(Clone, Default)]
pub(super) struct Accepted(Arc<Mutex<VecDeque<(SubscriptionFilter, Followed, Watch)>>>);

impl Accepted {
    fn all(&self) -> MutexGuard<'_, VecDeque<(SubscriptionFilter, Followed, Watch)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, filter: SubscriptionFilter, followed: Followed, watch: Watch) {
        let mut all = self.all();
        // Those that never began, since the client was gone.
        while all.len() >= LISTENING_OF_ONE {
            all.pop_front();
        }
        all.push_back((filter, followed, watch));
    }

    /// Of equal ones, the earliest: it can only tell more.
    fn take(&self, filter: &SubscriptionFilter) -> Option<(Followed, Watch)> {
        let mut all = self.all();
        let at = all.iter().position(|(accepted, ..)| accepted == filter)?;
        all.remove(at).map(|(_, followed, watch)| (followed, watch))
    }
}

impl Server {
    /// What of a stream is granted: what there are changes of, and can be seen.
    pub(super) fn accept(&self, requested: &SubscriptionFilter) -> SubscriptionFilter {
        // Who comes around the door is granted nothing.
        let Some(asker) = self.known_asker() else { return SubscriptionFilter::new() };
        let principal = &asker.caller.principal;
        let is_wanted = |flag: Option<bool>| flag == Some(true);
        let mut wanted = lists(is_wanted(requested.tools_list_changed), is_wanted(requested.resources_list_changed));
        let uris = requested.resource_subscriptions.iter().flatten().take(MOST_FOLLOWED);
        wanted.extend(uris.filter_map(|uri| Some((Change::Resource(uri.clone()), resources::watched(uri)?))));
        let (watch, followed) = (self.gateway.watch(), Followed::default());
        followed.see(&self.gateway, principal, wanted);
        let mut accepted = SubscriptionFilter::new();
        accepted.tools_list_changed = followed.has(&Change::Tools).then_some(true);
        accepted.resources_list_changed = followed.has(&Change::Resources).then_some(true);
        accepted.resource_subscriptions = requested.resource_subscriptions.as_ref().and_then(|uris| {
            // In the client's order, which is that of the filter which comes back.
            let uris = uris.iter().filter(|uri| followed.has(&Change::Resource((*uri).clone())));
            Some(uris.cloned().collect::<Vec<_>>()).filter(|uris| !uris.is_empty())
        });
        self.accepted.add(accepted.clone(), followed, watch);
        accepted
    }

    /// A stream, which was granted: until the client or the door ends it.
    pub(super) async fn tell_changes(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let begun = self.accepted.take(context.accepted());
        let request = context.request_context();
        let called = self.caller("subscriptions/listen", request).await;
        let (caller, gone) = called.map_err(|rejection| unserved(&rejection))?;
        let asker = self.asker(&request.extensions).map_err(|rejection| unserved(&rejection))?;
        let Ok(_place) = asker.listening.try_acquire() else {
            let rejection = Rejection::new(
                Reason::ConcurrencyLimited,
                format!("this principal has {LISTENING_OF_ONE} streams of changes, as many as it may have at once"),
            )
            .help("end one of them, or follow more in one");
            return Err(unserved(&self.gateway.misread(&caller, rejection).await));
        };
        self.gateway.asked_to_watch(&caller).await.map_err(|rejection| unserved(&rejection))?;
        let Some((followed, watch)) = begun else {
            return Err(ErrorData::internal_error("the stream was not granted", None));
        };
        let ear = Ear::Stream(context.sink().clone());
        tokio::select! {
            () = follow(&self.gateway, &caller.principal, watch, &followed, ear) => {}
            () = context.cancelled() => {}
            () = gone.cancelled() => {}
            () = sleep(LONGEST) => {}
        }
        Ok(())
    }

    /// A session follows one more resource.
    pub(super) async fn begin_following(
        &self,
        uri: String,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let called = self.caller("resources/subscribe", context).await;
        let (caller, _) = called.map_err(|rejection| unserved(&rejection))?;
        let followed = self.sessions.followed();
        let refused = if resources::find(&uri).is_some() && resources::watched(&uri).is_none() {
            Some((Reason::InvalidParameter, format!("`{uri}` changes with every call, so nobody is told when it does")))
        } else {
            let known = followed.resources();
            let too_many = known.len() >= MOST_FOLLOWED && !known.contains(&uri);
            too_many.then(|| {
                (
                    Reason::LimitExceeded,
                    format!("a session follows {MOST_FOLLOWED} resources at most; unsubscribe from one"),
                )
            })
        };
        if let Some((reason, message)) = refused {
            let told = self.gateway.misread(&caller, Rejection::new(reason, message)).await;
            return Err(ErrorData::invalid_params(told.message, None));
        }
        if let Some(watched) = resources::watched(&uri) {
            followed.see(&self.gateway, &caller.principal, vec![(Change::Resource(uri.clone()), watched)]);
        }
        if followed.has(&Change::Resource(uri.clone())) {
            return self.gateway.asked_to_watch(&caller).await.map_err(|rejection| {
                followed.remove(&uri);
                unserved(&rejection)
            });
        }
        // What can't be seen is answered like what isn't there, which the truth of is in the history.
        let data = serde_json::json!({ "uri": &uri });
        let rejection = Rejection::new(Reason::InvalidParameter, format!("unknown resource `{uri}`"));
        let told = self.gateway.misread(&caller, rejection).await;
        Err(ErrorData::resource_not_found(told.message, Some(data)))
    }
}
