//! The curated lists against the extensions of the server at hand.

use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::catalog::builtin::leakproof;
use pgwicket::gate::catalog::extension::{CURATED, Curated, Made};

use super::long;
use crate::catalog::loaded;
use crate::support::Database;

/// The lists of the extensions that come with PostgreSQL.
fn lists() -> Vec<&'static Curated> {
    CURATED.iter().copied().filter(|one| !long::EXTENSIONS.contains(&one.name)).collect()
}

pub(super) async fn installed(lists: &[&Curated]) -> Catalog {
    let database = Database::empty().await;
    let mut script = "CREATE SCHEMA ext;".to_owned();
    for one in lists {
        script += &format!("CREATE EXTENSION \"{}\" SCHEMA ext;", one.name);
    }
    database.script(&script).await;
    loaded(&database.connect().await).await
}

/// Every function of every extension is allowed or refused with a reason, and so is every one that a later version
/// brings. What is allowed is what the server has: of a list with a slip of the pen nothing could be called.
#[tokio::test]
async fn every_function_of_a_listed_extension_is_sorted() {
    all_sorted(&lists()).await;
}

pub(super) async fn all_sorted(lists: &[&Curated]) {
    let catalog = installed(lists).await;
    let trusting = catalog.trusting(lists.iter().map(|one| one.name)).unwrap();
    let mut wrong = Vec::new();
    for list in lists {
        let mut have = Vec::new();
        for function in catalog.parts().functions.iter().filter(|one| one.extension.as_deref() == Some(list.name)) {
            let signature = trusting.extension_signature(function);
            let listed = list.function(&signature).is_some_and(|one| one.made != Made::Step);
            if listed != trusting.trust().has_function(function.oid) {
                wrong.push(format!("{}: {signature} is listed, but isn't made so: {:?}", list.name, function.body));
            }
            if !listed && list.refusal(&signature).is_none() {
                wrong.push(format!("{}: {signature} is in no list", list.name));
            }
            have.push(signature);
        }
        // What an older or newer version has, this one may not.
        let missing = list.functions.iter().filter(|one| !have.iter().any(|have| have == one.signature)).count();
        let newer = long::EXTENSIONS.contains(&list.name);
        assert!(newer || missing <= 8 && missing <= list.functions.len() / 2, "{}: {missing} are not there", list.name);
        for name in list.types {
            let Some(found) = trusting.type_named("ext", name) else {
                assert!(newer, "no type {name}");
                continue;
            };
            assert!(trusting.governed(found.oid).is_ok() && catalog.governed(found.oid).is_err(), "{name}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What PostgreSQL converts to an extension's type by itself would let an extension's operator be chosen where only
/// built-in types meet.
#[tokio::test]
async fn no_cast_of_an_extension_leads_from_a_built_in_type_unasked() {
    let catalog = installed(&lists()).await;
    let trusting = catalog.trusting(lists().iter().map(|one| one.name)).unwrap();
    assert!(catalog.parts().user_casts.iter().all(|one| !(one.implicit && one.source.is_builtin())));
    assert_eq!(trusting.untrusted_casts().count(), 0);
    assert!(catalog.untrusted_casts().count() >= 10);
}

/// What is known to be LEAKPROOF goes through fences by its symbol and the types of its operands: an extension's must not
/// be chosen in its place.
#[tokio::test]
async fn no_operator_of_an_extension_compares_what_the_leakproof_ones_do() {
    let catalog = installed(&lists()).await;
    let trusting = catalog.trusting(lists().iter().map(|one| one.name)).unwrap();
    let compares = |name: &str| leakproof::SYMBOLS.contains(&name);
    let operators = catalog.parts().operators.iter().filter(|one| one.schema == "ext" && compares(&one.name));
    let (mut seen, mut wrong) = (0, Vec::new());
    for one in operators {
        seen += 1;
        if !trusting.trust().has_type(one.left) || !trusting.trust().has_type(one.right) {
            wrong.push((&one.name, one.left, one.right));
        }
    }
    assert!(seen >= 15 && wrong.is_empty(), "{seen}, of them {wrong:?}");
}

/// Each operator that an extension brings can be used, unless it is one of rows.
#[tokio::test]
async fn every_operator_of_a_listed_extension_is_allowed() {
    let catalog = installed(&lists()).await;
    let trusting = catalog.trusting(lists().iter().map(|one| one.name)).unwrap();
    let refused: Vec<&str> = catalog
        .parts()
        .operators
        .iter()
        .filter(|one| one.schema == "ext" && !trusting.trust().has_operator(one))
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(refused, ["#="]);
    for one in catalog.parts().operators.iter().filter(|one| one.schema == "ext") {
        let set = trusting.operator_set(&one.name, one.left.0 == 0).unwrap();
        assert!(set.verdict.is_ok() || one.name == "#=", "{}: {:?}", one.name, set.verdict);
    }
}
