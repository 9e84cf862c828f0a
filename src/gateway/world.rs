//! The catalog and the policies bound to it: what a request sees, all of one moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::gate::admit::{Gate, Principal};
use crate::gate::catalog::Catalog;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::policy::{BoundPolicy, Diagnostics, Policy};

/// A principal and the policy it is under.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who.
    pub principal: Arc<Principal>,
    /// Under which policy.
    pub policy: Arc<Policy>,
}

impl Member {
    /// Whether what one of them was allowed, the other is: the digest is of the policy's texts.
    pub fn is_same(&self, other: &Self) -> bool {
        self.principal == other.principal && self.policy.digest == other.policy.digest
    }
}

/// All principals by name.
pub type PolicySet = BTreeMap<String, Member>;

/// What one request sees.
pub(super) struct Snapshot {
    pub gate: Arc<Gate>,
    /// Cancelled when the principal is another one, is under another policy, or may not ask any more.
    pub holds_until: CancellationToken,
}

impl Snapshot {
    pub fn catalog(&self) -> &Catalog {
        self.gate.catalog()
    }

    pub fn policy(&self) -> &BoundPolicy {
        self.gate.policy()
    }

    /// Whether the policy wants literals and parameters in clear.
    pub fn full(&self) -> bool {
        self.policy().policy().history.full
    }
}

/// Principals and policies, and how they fit the newest catalog that a request has seen. They are replaced together:
/// a request sees the ones or the others.
pub(super) struct World {
    state: RwLock<State>,
}

struct State {
    standings: BTreeMap<String, Standing>,
    bound: Bound,
}

/// A principal, for as long as it is the same under the same policy.
#[derive(Clone)]
struct Standing {
    member: Member,
    holds_until: CancellationToken,
}

struct Bound {
    catalog: Arc<Catalog>,
    /// By principal; several may share one policy.
    gates: HashMap<String, Result<Arc<Gate>, Diagnostics>>,
}

impl Bound {
    fn new<'m>(members: impl Iterator<Item = &'m Member>, catalog: &Arc<Catalog>) -> Self {
        let mut policies: HashMap<&str, Result<Fitted, Diagnostics>> = HashMap::new();
        let mut gates = HashMap::new();
        for member in members {
            let bound = policies.entry(&member.policy.digest).or_insert_with(|| bind(&member.policy, catalog)).clone();
            let gate =
                bound.map(|(catalog, policy)| Arc::new(Gate::new(catalog, policy, Arc::clone(&member.principal))));
            gates.insert(member.principal.name.clone(), gate);
        }
        Self { catalog: Arc::clone(catalog), gates }
    }
}

/// The catalog as a policy sees it, and the policy bound to it.
type Fitted = (Arc<Catalog>, Arc<BoundPolicy>);

fn bind(policy: &Arc<Policy>, catalog: &Arc<Catalog>) -> Result<Fitted, Diagnostics> {
    let catalog = policy.catalog(catalog)?;
    let bound = BoundPolicy::bind(Arc::clone(policy), &catalog)?;
    Ok((catalog, Arc::new(bound)))
}

/// Principals whose policies fit a catalog; not in force yet.
pub struct Members {
    members: PolicySet,
    bound: Bound,
}

impl Members {
    /// Binds every policy.
    ///
    /// # Errors
    /// Everything in the policies that doesn't fit the catalog.
    pub fn bind(members: PolicySet, catalog: &Arc<Catalog>) -> Result<Self, Diagnostics> {
        let bound = Bound::new(members.values(), catalog);
        // Of principals that share a policy one is enough.
        let policies: BTreeMap<&str, &str> =
            members.iter().map(|(name, member)| (member.policy.digest.as_str(), name.as_str())).collect();
        let errors = policies.values().filter_map(|name| bound.gates.get(*name)?.as_ref().err());
        let errors = Diagnostics(errors.flat_map(|one| one.0.iter().cloned()).collect());
        if errors.0.is_empty() { Ok(Self { members, bound }) } else { Err(errors) }
    }
}

impl World {
    /// With these to begin with.
    pub fn new(members: Members) -> Self {
        let Members { members, bound } = members;
        let begin = |member| Standing { member, holds_until: CancellationToken::new() };
        let standings = members.into_iter().map(|(name, member)| (name, begin(member))).collect();
        Self { state: RwLock::new(State { standings, bound }) }
    }

    /// Others from here on. What the old ones have running is told to end, unless they are the same under the same
    /// policy.
    pub fn replace(&self, members: Members) {
        let Members { members, bound } = members;
        let mut standings = BTreeMap::new();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for (name, member) in members {
            let same = state.standings.get(&name).filter(|known| known.member.is_same(&member));
            let holds_until = same.map(|known| known.holds_until.clone()).unwrap_or_default();
            standings.insert(name, Standing { member, holds_until });
        }
        let before = std::mem::replace(&mut *state, State { standings, bound }).standings;
        let is_kept = |(name, old): &(&String, &Standing)| {
            state.standings.get(*name).is_some_and(|now| now.member.is_same(&old.member))
        };
        let ended: Vec<CancellationToken> =
            before.iter().filter(|old| !is_kept(old)).map(|(_, old)| old.holds_until.clone()).collect();
        drop(state);
        // Whoever asks from here on sees the new ones.
        ended.iter().for_each(CancellationToken::cancel);
    }

    pub fn policy(&self, principal: &str) -> Option<Arc<Policy>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.standings.get(principal).map(|standing| Arc::clone(&standing.member.policy))
    }

    /// What a request of that principal sees on that catalog. A policy that doesn't fit a changed database any more
    /// refuses everything of its principals: it is not known what it would have hidden.
    pub fn snapshot(&self, catalog: &Arc<Catalog>, principal: &str) -> Result<Snapshot, Rejection> {
        {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&state.bound.catalog, catalog) {
                return state.pick(principal);
            }
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&state.bound.catalog, catalog) {
            state.bound = Bound::new(state.standings.values().map(|standing| &standing.member), catalog);
        }
        state.pick(principal)
    }
}

impl State {
    fn pick(&self, principal: &str) -> Result<Snapshot, Rejection> {
        let Some(standing) = self.standings.get(principal) else { return Err(not_admitted()) };
        match self.bound.gates.get(principal) {
            Some(Ok(gate)) => Ok(Snapshot { gate: Arc::clone(gate), holds_until: standing.holds_until.clone() }),
            Some(Err(errors)) => {
                tracing::error!(%errors, "a policy does not fit the database any more");
                Err(Rejection::new(
                    Reason::PolicyUnusable,
                    "the policy does not fit the database any more, so nothing is executed under it",
                )
                .help("whoever runs pgwicket finds the cause in its log"))
            }
            None => Err(Rejection::new(Reason::InternalError, "the principal's policy is not bound")),
        }
    }
}

/// That a principal is disabled, or not in the configuration any more.
pub(super) fn not_admitted() -> Rejection {
    Rejection::new(Reason::PrincipalDisabled, "the principal is disabled, or not in the configuration any more")
        .help("whoever runs pgwicket decides who may ask")
}
