//! The catalog and the policies bound to it: what a request sees, all of one moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use crate::gate::admit::Principal;
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
    pub catalog: Arc<Catalog>,
    pub policy: Arc<BoundPolicy>,
    pub principal: Arc<Principal>,
}

impl Snapshot {
    /// Whether the policy wants literals and parameters in clear.
    pub fn full(&self) -> bool {
        self.policy.policy().history.full
    }
}

/// The policies bound to the newest catalog that a request has seen.
pub(super) struct World {
    members: PolicySet,
    bound: RwLock<Bound>,
}

struct Bound {
    catalog: Arc<Catalog>,
    /// By digest of the policy; several principals may share one.
    policies: HashMap<String, Result<Arc<BoundPolicy>, Diagnostics>>,
}

impl Bound {
    fn new(members: &PolicySet, catalog: &Arc<Catalog>) -> Self {
        let mut policies = HashMap::new();
        for member in members.values() {
            policies
                .entry(member.policy.digest.clone())
                .or_insert_with(|| BoundPolicy::bind(Arc::clone(&member.policy), catalog).map(Arc::new));
        }
        Self { catalog: Arc::clone(catalog), policies }
    }
}

impl World {
    /// Binds every policy.
    pub fn new(members: PolicySet, catalog: &Arc<Catalog>) -> Result<Self, Diagnostics> {
        let bound = Bound::new(&members, catalog);
        let errors = bound.policies.values().filter_map(|one| one.as_ref().err());
        let errors = Diagnostics(errors.flat_map(|one| one.0.iter().cloned()).collect());
        if errors.0.is_empty() { Ok(Self { members, bound: RwLock::new(bound) }) } else { Err(errors) }
    }

    pub fn policy(&self, principal: &str) -> Option<Arc<Policy>> {
        self.members.get(principal).map(|member| Arc::clone(&member.policy))
    }

    /// What a request of that principal sees on that catalog. A policy that doesn't fit a changed database any more
    /// refuses everything of its principals: it is not known what it would have hidden.
    pub fn snapshot(&self, catalog: &Arc<Catalog>, principal: &str) -> Result<Snapshot, Rejection> {
        let unknown = || Rejection::new(Reason::InternalError, "the principal is not configured");
        let member = self.members.get(principal).ok_or_else(unknown)?;
        {
            let bound = self.bound.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&bound.catalog, catalog) {
                return Self::pick(&bound, member);
            }
        }
        let mut bound = self.bound.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&bound.catalog, catalog) {
            *bound = Bound::new(&self.members, catalog);
        }
        Self::pick(&bound, member)
    }

    fn pick(bound: &Bound, member: &Member) -> Result<Snapshot, Rejection> {
        match bound.policies.get(&member.policy.digest) {
            Some(Ok(policy)) => Ok(Snapshot {
                catalog: Arc::clone(&bound.catalog),
                policy: Arc::clone(policy),
                principal: Arc::clone(&member.principal),
            }),
            Some(Err(errors)) => {
                tracing::error!(%errors, "a policy does not fit the database any more");
                Err(Rejection::new(
                    Reason::PolicyUnusable,
                    "the policy does not fit the database any more, so nothing is executed under it",
                )
                .help("whoever runs pgwicket finds the cause in its log"))
            }
            None => Err(Rejection::new(Reason::InternalError, "the principal's policy was not bound")),
        }
    }
}
