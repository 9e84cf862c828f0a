//! Extensions that don't come with PostgreSQL. `scripts/test --long extensions` brings servers that have them and says in
//! `PGWICKET_EXTENSION` which is there; without it these tests have nothing to ask.

mod postgis;
mod preference;
mod vector;

use pgwicket::gate::catalog::extension::{Curated, curated};

/// What is tested here.
pub(super) const EXTENSIONS: [&str; 2] = ["postgis", "vector"];

/// The list of the extension, if the server is said to have it.
fn listed(name: &str) -> Option<&'static Curated> {
    let there = std::env::var("PGWICKET_EXTENSION").unwrap_or_default();
    assert!(there.is_empty() || EXTENSIONS.contains(&there.as_str()), "PGWICKET_EXTENSION is {there}");
    if there != name {
        eprintln!("left out: {name} is for scripts/test --long extensions");
        return None;
    }
    Some(curated(name).expect("a list"))
}
