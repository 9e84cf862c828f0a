//! The catalog and the policies bound to it: what a request sees, all of one moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

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

/// All principals by name.
pub type PolicySet = BTreeMap<String, Member>;

/// What one request sees.
pub(super) struct Snapshot {
    pub gate: Arc<Gate>,
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

/// The policies bound to the newest catalog that a request has seen.
pub(super) struct World {
    members: PolicySet,
    bound: RwLock<Bound>,
}

struct Bound {
    catalog: Arc<Catalog>,
    /// By principal; several may share one policy.
    gates: HashMap<String, Result<Arc<Gate>, Diagnostics>>,
}

impl Bound {
    fn new(members: &PolicySet, catalog: &Arc<Catalog>) -> Self {
        let mut policies: HashMap<&str, Result<Fitted, Diagnostics>> = HashMap::new();
        let mut gates = HashMap::new();
        for (name, member) in members {
            let bound = policies.entry(&member.policy.digest).or_insert_with(|| bind(&member.policy, catalog)).clone();
            let gate =
                bound.map(|(catalog, policy)| Arc::new(Gate::new(catalog, policy, Arc::clone(&member.principal))));
            gates.insert(name.clone(), gate);
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

impl World {
    /// Binds every policy.
    pub fn new(members: PolicySet, catalog: &Arc<Catalog>) -> Result<Self, Diagnostics> {
        let bound = Bound::new(&members, catalog);
        // Of principals that share a policy one is enough.
        let policies: BTreeMap<&str, &str> =
            members.iter().map(|(name, member)| (member.policy.digest.as_str(), name.as_str())).collect();
        let errors = policies.values().filter_map(|name| bound.gates.get(*name)?.as_ref().err());
        let errors = Diagnostics(errors.flat_map(|one| one.0.iter().cloned()).collect());
        if errors.0.is_empty() { Ok(Self { members, bound: RwLock::new(bound) }) } else { Err(errors) }
    }

    pub fn policy(&self, principal: &str) -> Option<Arc<Policy>> {
        self.members.get(principal).map(|member| Arc::clone(&member.policy))
    }

    /// What a request of that principal sees on that catalog. A policy that doesn't fit a changed database any more
    /// refuses everything of its principals: it is not known what it would have hidden.
    pub fn snapshot(&self, catalog: &Arc<Catalog>, principal: &str) -> Result<Snapshot, Rejection> {
        {
            let bound = self.bound.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&bound.catalog, catalog) {
                return Self::pick(&bound, principal);
            }
        }
        let mut bound = self.bound.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&bound.catalog, catalog) {
            *bound = Bound::new(&self.members, catalog);
        }
        Self::pick(&bound, principal)
    }

    fn pick(bound: &Bound, principal: &str) -> Result<Snapshot, Rejection> {
        match bound.gates.get(principal) {
            Some(Ok(gate)) => Ok(Snapshot { gate: Arc::clone(gate) }),
            Some(Err(errors)) => {
                tracing::error!(%errors, "a policy does not fit the database any more");
                Err(Rejection::new(
                    Reason::PolicyUnusable,
                    "the policy does not fit the database any more, so nothing is executed under it",
                )
                .help("whoever runs pgwicket finds the cause in its log"))
            }
            None => Err(Rejection::new(Reason::InternalError, "the principal is not configured")),
        }
    }
}
