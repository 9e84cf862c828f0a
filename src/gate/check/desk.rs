//! A policy and a catalog to ask, the catalog changed as a test likes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gate::admit::{Admitted, AttributeValue, Principal, Submission, admit};
use crate::gate::catalog::{Catalog, CatalogParts, Oid, Relation, fixture};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::policy::{BoundPolicy, Policy};

pub struct Desk {
    pub catalog: Arc<Catalog>,
    pub policy: BoundPolicy,
}

impl Desk {
    /// The policy's text without its head.
    pub fn new(policy: &str) -> Self {
        Self::on(Arc::clone(fixture::complete()), policy)
    }

    /// On a catalog that is changed first, with a few of the built-in functions.
    pub fn with(policy: &str, change: impl FnOnce(&mut CatalogParts)) -> Self {
        let mut parts = fixture::parts();
        change(&mut parts);
        Self::on(Arc::new(Catalog::new(parts)), policy)
    }

    fn on(catalog: Arc<Catalog>, policy: &str) -> Self {
        let text = format!("version = 1\nname = \"desk\"\nattributes = {{ tenant = \"int\" }}\n{policy}");
        let policy = Policy::parse("desk.toml", &text, &mut |_| Err("nothing to extend".to_owned()))
            .unwrap_or_else(|errors| panic!("{errors}"));
        let policy = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap_or_else(|errors| panic!("{errors}"));
        Self { catalog, policy }
    }

    pub fn ask(&self, sql: &str) -> Result<Admitted, Rejection> {
        let attributes = BTreeMap::from([("tenant".to_owned(), AttributeValue::Scalar("7".to_owned()))]);
        let principal = Principal { name: "tester".to_owned(), attributes };
        admit(
            &self.catalog,
            &self.policy,
            &principal,
            &Submission::Sql { text: sql.to_owned(), parameters: Vec::new() },
        )
    }

    pub fn admitted(&self, sql: &str) -> Admitted {
        self.ask(sql).unwrap_or_else(|rejection| panic!("{sql}: {}", rejection.to_json(None)))
    }

    /// The rejection's code and all that it says, as it leaves.
    pub fn refusal(&self, sql: &str) -> (Reason, String) {
        match self.ask(sql) {
            Ok(admitted) => panic!("{sql} is admitted: {}", admitted.sql()),
            Err(rejection) => (rejection.reason, rejection.to_json(None).to_string()),
        }
    }

    #[track_caller]
    pub fn refuses(&self, sql: &str, reason: Reason, says: &str) {
        let (found, text) = self.refusal(sql);
        assert!(found == reason && text.contains(says), "{sql}: {text}");
    }

    /// Names of relations.
    pub fn names<'a>(&self, oids: impl IntoIterator<Item = &'a Oid>) -> Vec<&str> {
        oids.into_iter().map(|oid| self.catalog.relation(*oid).unwrap().name.as_str()).collect()
    }
}

pub fn relation<'p>(parts: &'p mut CatalogParts, schema: &str, name: &str) -> &'p mut Relation {
    parts.relations.iter_mut().find(|one| one.schema == schema && one.name == name).unwrap()
}

pub fn number(relation: &Relation, column: &str) -> i16 {
    relation.column(column).unwrap().1.number
}

pub fn function(parts: &CatalogParts, schema: &str, name: &str) -> Oid {
    parts.functions.iter().find(|one| one.schema == schema && one.name == name).unwrap().oid
}
