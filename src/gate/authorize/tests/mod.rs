//! What authorize lets through, and what it says of it.

mod beside;
mod effects;
mod kinds;
mod touched;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gate::admit::{Principal, Submission, admit};
use crate::gate::catalog::{Catalog, fixture};
use crate::gate::policy::{BoundPolicy, Policy};

const POLICY: &str =
    "version = 1\nname = \"open\"\n[statements]\nallow = [\"select\"]\n[schemas.sales]\naccess = \"read\"\n";

/// A child is read as itself and as a part of its parent: what either lets out may come out, whichever is named first.
#[test]
fn a_child_beside_its_parent_keeps_its_own_columns() {
    let parts = fixture::with_columns(fixture::parts(), "sales", "events_2024", "extra int4");
    let catalog = Catalog::new(parts);
    let policy = Policy::parse("policy.toml", POLICY, &mut |_| Err("nothing to extend".to_owned())).unwrap();
    let policy = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap();
    let principal = Principal { name: "tester".to_owned(), attributes: BTreeMap::new() };
    let child = catalog.relation_named("sales", "events_2024").unwrap();
    let (_, extra) = child.column("extra").unwrap();
    for from in ["sales.events AS p, sales.events_2024 AS c", "sales.events_2024 AS c, sales.events AS p"] {
        let text = format!("SELECT c.extra, p.id FROM {from}");
        let submission = Submission::Sql { text, parameters: Vec::new() };
        let admitted = admit(&catalog, &policy, &principal, &submission).unwrap();
        let used = admitted.permit().relations.iter().find(|used| used.oid == child.oid).unwrap();
        assert!(used.open_columns.contains(&extra.number), "{from}: {:?}", used.open_columns);
    }
}
