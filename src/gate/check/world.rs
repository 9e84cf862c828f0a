//! What statements are checked against: a catalog made up as data, three policies bound to it, and a second world whose
//! hidden names are others of the same length.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::queries::{Schema, Seen};
use crate::gate::admit::{AttributeValue, Gate, Principal};
use crate::gate::catalog::{Catalog, CatalogParts, Relation, fixture};
use crate::gate::policy::{BoundPolicy, Policy};

/// Columns and tables beside those of the fixture: what the corpora of statements name.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("sales", "customers", "loyalty sales.order_status!, birth_date date, credit_limit numeric!"),
    ("sales", "orders", "reference uuid!, ordered_at timestamptz!, shipped_at timestamptz, comment text"),
    ("sales", "order_items", "line int2!, unit_price numeric!"),
    ("sales", "products", "sku text!, tags text[]!, sold_during daterange"),
    ("sales", "regions", "code text!, name text!, currency bpchar!"),
    ("sales", "events", "customer_id int4!, address inet, payload jsonb!, happened_at timestamptz!"),
    ("sales", "events_2024", "customer_id int4!, address inet, payload jsonb!, happened_at timestamptz!"),
    ("sales", "order_totals", "order_id int4, status sales.order_status"),
    ("sales", "monthly_revenue", "month date, region text, revenue numeric"),
    ("hr", "departments", "id int4!, name text!"),
    ("hr", "employees", "department_id int4!, title text!, hired_on date!"),
    ("tpch", "region", "r_regionkey int4!, r_name text!, r_comment text"),
    ("tpch", "nation", "n_nationkey int4!, n_name text!, n_regionkey int4!, n_comment text"),
    (
        "tpch",
        "supplier",
        "s_suppkey int4!, s_name text!, s_address text!, s_nationkey int4!, s_phone text!, s_acctbal numeric!, \
         s_comment text!",
    ),
    (
        "tpch",
        "customer",
        "c_custkey int4!, c_name text!, c_address text!, c_nationkey int4!, c_phone text!, c_acctbal numeric!, \
         c_mktsegment text!, c_comment text!",
    ),
    (
        "tpch",
        "part",
        "p_partkey int4!, p_name text!, p_mfgr text!, p_brand text!, p_type text!, p_size int4!, p_container text!, \
         p_retailprice numeric!, p_comment text!",
    ),
    (
        "tpch",
        "partsupp",
        "ps_partkey int4!, ps_suppkey int4!, ps_availqty int4!, ps_supplycost numeric!, ps_comment text!",
    ),
    (
        "tpch",
        "orders",
        "o_orderkey int4!, o_custkey int4!, o_orderstatus bpchar!, o_totalprice numeric!, o_orderdate date!, \
         o_orderpriority text!, o_clerk text!, o_shippriority int4!, o_comment text!",
    ),
    (
        "tpch",
        "lineitem",
        "l_orderkey int4!, l_partkey int4!, l_suppkey int4!, l_linenumber int4!, l_quantity numeric!, \
         l_extendedprice numeric!, l_discount numeric!, l_tax numeric!, l_returnflag bpchar!, l_linestatus bpchar!, \
         l_shipdate date!, l_commitdate date!, l_receiptdate date!, l_shipinstruct text!, l_shipmode text!, \
         l_comment text!",
    ),
];

const OPEN: &str = r#"version = 1
name = "open"
[statements]
allow = ["select", "explain"]
[search_path]
schemas = ["sales", "hr", "scratch", "tpch"]
[schemas.sales]
access = "read"
[schemas.hr]
access = "read"
[schemas.scratch]
access = "read"
[schemas.tpch]
access = "read"
[functions]
allow = ["@builtin", "sales.fx_rate(text, date)"]
[limits]
rows = 1000
"#;

/// Something hidden, masked and filtered of every kind.
const PROTECTED: &str = r#"version = 1
name = "protected"
attributes = { tenant = "int", regions = "text[]" }
[statements]
allow = ["select", "explain"]
[search_path]
schemas = ["sales", "hr", "scratch", "tpch"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
[schemas.hr]
access = "read"
deny = ["payroll_2024", "customers"]
[schemas.scratch]
access = "read"
[schemas.tpch]
access = "read"
[tables."sales.customers"]
deny_columns = ["tenant_id"]
mask = { email = "email", phone = "last4", birth_date = "year", credit_limit = { bucket = 100 } }
rows = "tenant_id = :tenant AND region = ANY(:regions)"
[tables."sales.orders"]
deny_columns = ["tenant_id"]
mask = { note = { sql = "CASE WHEN tenant_id = :tenant THEN note END" }, comment = "redact" }
rows = "tenant_id = :tenant"
[tables."sales.order_totals"]
[tables."hr.employees"]
columns = ["id", "name", "email", "salary", "manager_id", "badge", "department_id", "title", "hired_on"]
mask = { salary = { round = 1000 }, name = "hash" }
[tables."sales.order_items"]
rows = "EXISTS (SELECT 1 FROM sales.orders o WHERE o.id = order_items.order_id AND o.tenant_id = :tenant)"
[tables."tpch.supplier"]
rows = "s_nationkey IN (WITH few AS (SELECT n.n_nationkey AS k FROM tpch.nation n) SELECT k FROM few) OR s_suppkey = (SELECT max(p.employee_id) FROM hr.payroll_2024 p)"
[tables."tpch.customer"]
columns = ["c_custkey", "c_name", "c_nationkey", "c_mktsegment", "c_acctbal"]
[limits]
rows = 100
"#;

const WRITER: &str = r#"version = 1
name = "writer"
attributes = { tenant = "int" }
[statements]
allow = ["select", "explain", "insert", "update", "delete", "merge"]
[search_path]
schemas = ["scratch", "sales"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
[schemas.scratch]
access = "write"
[tables."scratch.notes"]
deny_columns = ["meta"]
mask = { body = "redact" }
rows = "id < :tenant AND status IS NOT NULL"
[tables."scratch.Odd Name"]
require_where = true
max_affected_rows = 10
[limits]
rows = 10
"#;

/// What the protected policy hides, and the name that the other world has instead: as long, and like no other name.
const HIDDEN: &[(&str, &str)] = &[
    ("ssn", "zqx"),
    ("tenant_id", "zqtenantq"),
    ("department", "zqpartment"),
    ("payroll_2024", "zqyroll_2024"),
    ("secret", "zqcret"),
    ("secrets", "zqcretz"),
    ("c_address", "zqaddress"),
    ("c_phone", "zqphone"),
    ("c_comment", "zqcomment"),
];

/// A catalog with the three policies.
pub struct World {
    /// The catalog.
    pub catalog: Arc<Catalog>,
    /// Everything open for reading.
    pub open: Arc<BoundPolicy>,
    /// Denied columns and tables, masks, row filters.
    pub protected: Arc<BoundPolicy>,
    /// Writing to `scratch`.
    pub writer: Arc<BoundPolicy>,
    /// What queries with the right types are made up of: nothing that a policy hides.
    pub(super) schema: Schema,
    /// Who asks.
    pub principal: Arc<Principal>,
    /// For each policy a gate, which keeps what it has admitted.
    gates: [Gate; 3],
}

impl World {
    /// The world.
    pub fn new() -> Self {
        Self::made(|name| name.to_owned(), false)
    }

    /// The world with citext and pg_trgm, which every policy trusts.
    pub fn trusting() -> Self {
        Self::made(|name| name.to_owned(), true)
    }

    /// The world in which every hidden name is another one.
    pub fn renamed() -> Self {
        Self::made(|name| other_name(name).unwrap_or(name).to_owned(), false)
    }

    fn made(name: impl Fn(&str) -> String, with_extensions: bool) -> Self {
        let parts = parts(&name);
        let catalog = if with_extensions {
            let known = Catalog::new(fixture::with_extensions(parts));
            known.trusting(TRUSTED.into_iter()).unwrap_or_else(|faults| panic!("{faults:?}"))
        } else {
            Catalog::new(parts)
        };
        let catalog = Arc::new(catalog);
        let bind = |text: &str| {
            let text =
                HIDDEN.iter().fold(text.to_owned(), |text, (hidden, _)| renamed_word(&text, hidden, &name(hidden)));
            let text = if with_extensions { trusting(&text) } else { text };
            let policy = Policy::parse("check.toml", &text, &mut |_| Err("nothing to extend".to_owned()))
                .unwrap_or_else(|errors| panic!("{errors}"));
            Arc::new(BoundPolicy::bind(Arc::new(policy), &catalog).unwrap_or_else(|errors| panic!("{errors}")))
        };
        let attributes = BTreeMap::from([
            ("tenant".to_owned(), AttributeValue::Scalar("7".to_owned())),
            ("regions".to_owned(), AttributeValue::List(vec!["eu".to_owned(), "a\"b\\".to_owned()])),
        ]);
        let (open, protected, writer) = (bind(OPEN), bind(PROTECTED), bind(WRITER));
        let principal = Arc::new(Principal { name: "check".to_owned(), attributes });
        let gate =
            |policy: &Arc<BoundPolicy>| Gate::new(Arc::clone(&catalog), Arc::clone(policy), Arc::clone(&principal));
        let gates = [gate(&open), gate(&protected), gate(&writer)];
        let schema = Schema::of(&catalog, seen);
        Self { catalog, open, protected, writer, schema, principal, gates }
    }

    /// The policies with their names.
    pub fn policies(&self) -> [(&'static str, &BoundPolicy); 3] {
        [("open", &self.open), ("protected", &self.protected), ("writer", &self.writer)]
    }

    /// The gate under the policy of that name.
    pub fn gate(&self, name: &str) -> &Gate {
        let at = self.policies().iter().position(|(one, _)| *one == name);
        &self.gates[at.unwrap_or_else(|| panic!("no policy {name}"))]
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// The names that the protected policy hides.
pub fn hidden_names() -> impl Iterator<Item = &'static str> {
    HIDDEN.iter().map(|(hidden, _)| *hidden)
}

/// What every policy shows of a relation.
fn seen(relation: &Relation) -> Option<Seen> {
    let is_hidden = |name: &str| HIDDEN.iter().any(|(hidden, other)| name == *hidden || name == *other);
    let is_denied = |name: &str| is_hidden(name) || name == "badge";
    let is_shown = !is_hidden(&relation.name) && relation.schema != "private";
    let is_shown = is_shown && (relation.schema.as_str(), relation.name.as_str()) != ("hr", "customers");
    let denied = relation.columns.iter().map(|column| &column.name).filter(|name| is_denied(name)).cloned();
    is_shown.then(|| Seen { denied: denied.collect(), ..Seen::default() })
}

/// The name that the other world has for a hidden one.
pub fn other_name(hidden: &str) -> Option<&'static str> {
    HIDDEN.iter().find(|(name, _)| *name == hidden).map(|(_, other)| *other)
}

/// The extensions that [`World::trusting`] has.
const TRUSTED: [&str; 2] = ["citext", "pg_trgm"];

/// The policy, trusting them.
fn trusting(policy: &str) -> String {
    let line = format!("[functions]\ntrusted_extensions = {TRUSTED:?}\n");
    match policy.contains("[functions]\n") {
        true => policy.replacen("[functions]\n", &line, 1),
        false => format!("{policy}{line}"),
    }
}

fn parts(name: &impl Fn(&str) -> String) -> CatalogParts {
    let parts = COLUMNS
        .iter()
        .fold(fixture::parts(), |parts, (schema, table, columns)| fixture::with_columns(parts, schema, table, columns));
    let mut parts = fixture::with_every_builtin(parts);
    // The newest, so that nothing is refused for its version.
    parts.server_version = 180_000;
    for relation in &mut parts.relations {
        relation.name = name(&relation.name);
        for column in &mut relation.columns {
            column.name = name(&column.name);
        }
    }
    parts
}

/// The text with every whole word `from` replaced.
pub(super) fn renamed_word(text: &str, from: &str, to: &str) -> String {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        out.push_str(before);
        let whole = !out.ends_with(in_word) && !after.starts_with(in_word);
        out.push_str(if whole { to } else { from });
        rest = after;
    }
    out + rest
}
