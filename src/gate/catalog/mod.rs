//! What the database has, as data: a snapshot that the gate resolves names against. Filled by the catalog loader of
//! the server (or by a test); knows nothing of connections.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

pub mod builtin;
pub mod extension;
#[cfg(any(test, feature = "check"))]
#[allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "data for tests, wrong or right at once"
)]
pub mod fixture;
mod operators;
mod relation;
mod routine;
pub mod types;

pub use extension::{Extension, Trust, Untrusted};
pub use operators::OperatorSet;
pub use relation::{Column, ForeignAction, ForeignKey, Key, Looks, Relation, RelationKind, ViewReads};
pub use routine::{Body, Function, FunctionKind, Operator, UserCast, UserOpclass};
pub use types::{Type, TypeKind};

/// An object identifier. Objects below [`Oid::FIRST_NORMAL`] were made by initdb, the others by users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Oid(pub u32);

impl Oid {
    /// `FirstNormalObjectId` of PostgreSQL's `access/transam.h`: the first OID that a user's object can have.
    pub const FIRST_NORMAL: u32 = 16_384;

    /// Made by initdb, so a part of PostgreSQL itself.
    pub fn is_builtin(self) -> bool {
        self.0 != 0 && self.0 < Self::FIRST_NORMAL
    }
}

/// The parts of a snapshot, as the loader brings them.
#[derive(Debug, Clone, Default)]
pub struct CatalogParts {
    /// `server_version_num`.
    pub server_version: u32,
    /// `version()`, for people.
    pub version_text: String,
    /// `current_database()`.
    pub database: String,
    /// Schema names, system schemas left out.
    pub schemas: Vec<String>,
    /// Relations.
    pub relations: Vec<Relation>,
    /// Types, built-in ones included.
    pub types: Vec<Type>,
    /// Functions, built-in ones included.
    pub functions: Vec<Function>,
    /// Operators, built-in ones included.
    pub operators: Vec<Operator>,
    /// Casts that initdb did not make.
    pub user_casts: Vec<UserCast>,
    /// Default operator classes that initdb did not make.
    pub user_opclasses: Vec<UserOpclass>,
    /// Built-in collation names (`pg_catalog`).
    pub collations: Vec<String>,
    /// Extensions.
    pub extensions: Vec<Extension>,
}

/// A snapshot of the database with its indexes. Immutable; a reload makes a new one.
#[derive(Debug, Default)]
pub struct Catalog {
    parts: Arc<CatalogParts>,
    trust: Trust,
    relation_by_oid: HashMap<Oid, usize>,
    /// By schema, then name: a look-up copies neither.
    relation_by_name: HashMap<String, HashMap<String, usize>>,
    type_by_oid: HashMap<Oid, usize>,
    /// By schema, then name.
    type_by_name: HashMap<String, HashMap<String, usize>>,
    functions_by_name: HashMap<String, Vec<usize>>,
    function_by_oid: HashMap<Oid, usize>,
    operators_by_name: HashMap<String, Vec<usize>>,
    operator_sets: HashMap<String, [Option<OperatorSet>; 2]>,
    governed: HashMap<Oid, Result<(), String>>,
    version: String,
}

impl Catalog {
    /// Indexes the parts.
    pub fn new(parts: CatalogParts) -> Self {
        Self::indexed(Arc::new(parts))
    }

    /// The same snapshot for policies that trust these extensions: their types, functions and operators are like
    /// built-in ones.
    ///
    /// # Errors
    /// Every extension that can't be trusted in this database.
    pub fn trusting<'n>(&self, extensions: impl Iterator<Item = &'n str>) -> Result<Self, Vec<Untrusted>> {
        let trust = Trust::new(self, extensions)?;
        let mut catalog = Self::indexed(Arc::clone(&self.parts));
        catalog.trust = trust;
        catalog.judge();
        Ok(catalog)
    }

    fn indexed(parts: Arc<CatalogParts>) -> Self {
        let mut catalog = Self { parts, ..Self::default() };
        let parts = &catalog.parts;
        for (at, relation) in parts.relations.iter().enumerate() {
            catalog.relation_by_oid.insert(relation.oid, at);
            let names = catalog.relation_by_name.entry(relation.schema.clone()).or_default();
            names.insert(relation.name.clone(), at);
        }
        for (at, one) in parts.types.iter().enumerate() {
            catalog.type_by_oid.insert(one.oid, at);
            let names = catalog.type_by_name.entry(one.schema.clone()).or_default();
            names.insert(one.name.clone(), at);
        }
        for (at, function) in parts.functions.iter().enumerate() {
            catalog.functions_by_name.entry(function.name.clone()).or_default().push(at);
            catalog.function_by_oid.insert(function.oid, at);
        }
        for (at, operator) in parts.operators.iter().enumerate() {
            catalog.operators_by_name.entry(operator.name.clone()).or_default().push(at);
        }
        catalog.version = version_of(&catalog.parts);
        catalog.judge();
        catalog
    }

    /// Works out what depends on which extensions are trusted.
    fn judge(&mut self) {
        self.governed = types::governance(self);
        self.operator_sets = operators::sets(self);
    }

    /// The extensions that are trusted.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// A short digest of what the snapshot holds, for history records.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `server_version_num`, as in 150018.
    pub fn server_version(&self) -> u32 {
        self.parts.server_version
    }

    /// All the parts, for metadata tools.
    pub fn parts(&self) -> &CatalogParts {
        &self.parts
    }

    /// The relation of that OID.
    pub fn relation(&self, oid: Oid) -> Option<&Relation> {
        self.parts.relations.get(*self.relation_by_oid.get(&oid)?)
    }

    /// The relation of that schema and name, both exact.
    pub fn relation_named(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.parts.relations.get(*self.relation_by_name.get(schema)?.get(name)?)
    }

    /// The type of that OID.
    pub fn type_(&self, oid: Oid) -> Option<&Type> {
        self.parts.types.get(*self.type_by_oid.get(&oid)?)
    }

    /// The type of that schema and name (`pg_type.typname`, so `int4`, not `integer`), both exact.
    pub fn type_named(&self, schema: &str, name: &str) -> Option<&Type> {
        self.parts.types.get(*self.type_by_name.get(schema)?.get(name)?)
    }

    /// Every function of that name, in any schema.
    pub fn functions_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Function> {
        let at = self.functions_by_name.get(name).map_or(&[][..], Vec::as_slice);
        at.iter().filter_map(|at| self.parts.functions.get(*at))
    }

    /// The function of that OID.
    pub fn function(&self, oid: Oid) -> Option<&Function> {
        self.parts.functions.get(*self.function_by_oid.get(&oid)?)
    }

    /// Every operator of that symbol, in any schema.
    pub fn operators_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Operator> {
        let at = self.operators_by_name.get(name).map_or(&[][..], Vec::as_slice);
        at.iter().filter_map(|at| self.parts.operators.get(*at))
    }

    /// The operators of `pg_catalog` and of trusted extensions' schemas of that symbol, infix or prefix; `None` where there
    /// are none.
    pub fn operator_set(&self, symbol: &str, prefix: bool) -> Option<&OperatorSet> {
        let [infix, prefixed] = self.operator_sets.get(symbol)?;
        if prefix { prefixed.as_ref() } else { infix.as_ref() }
    }

    /// Whether the type is a type of values, not a pseudo-type that stands for others.
    pub fn is_concrete(&self, oid: Oid) -> bool {
        self.type_(oid).is_some_and(|one| one.kind != TypeKind::Pseudo)
    }

    /// Whether values of the type may be read or cast to without running a user's code; the error says why not.
    pub fn governed(&self, oid: Oid) -> Result<(), &str> {
        match self.governed.get(&oid) {
            Some(Ok(())) => Ok(()),
            Some(Err(why)) => Err(why),
            None => Err("it is not known to the catalog"),
        }
    }

    /// Whether one of these functions, which are neither built in nor curated, is no trusted extension's either.
    pub fn is_foreign(&self, functions: &[Oid]) -> bool {
        !functions.iter().all(|one| self.trust.has_function(*one))
    }

    /// The relation and everything below it by inheritance or partitioning, itself first.
    pub fn tree(&self, oid: Oid) -> Vec<&Relation> {
        self.closure([oid], |relation| relation.children.iter())
    }

    /// Everything above the relation by inheritance or partitioning, itself left out.
    pub fn ancestors(&self, oid: Oid) -> Vec<&Relation> {
        let mut all = self.closure([oid], |relation| relation.parents.iter());
        all.retain(|relation| relation.oid != oid);
        all
    }

    /// Everything that a plan which reads the relation reads: its tree, what the views in it are made of, and so on; itself
    /// first. A materialised view is read as it stands.
    pub fn read_by_plan(&self, oid: Oid) -> Vec<&Relation> {
        self.closure([oid], |relation| {
            let view = relation.view.as_ref().filter(|_| relation.kind == RelationKind::View);
            relation.children.iter().chain(view.into_iter().flat_map(|view| &view.relations))
        })
    }

    /// Whether reading one of the relations reads rows of the target, through views, parents and partitions, too.
    pub fn reads_any(&self, relations: impl IntoIterator<Item = Oid>, target: Oid) -> bool {
        let around = self.tree(target).into_iter().chain(self.ancestors(target));
        let family: BTreeSet<Oid> = around.map(|one| one.oid).chain([target]).collect();
        // The rows of a materialised view are those of what it was made from, as they were.
        let reached = self.closure(relations, |relation| {
            relation.children.iter().chain(relation.view.iter().flat_map(|view| &view.relations))
        });
        reached.iter().any(|one| family.contains(&one.oid))
    }

    fn closure<'a, Next: Iterator<Item = &'a Oid>>(
        &'a self,
        from: impl IntoIterator<Item = Oid>,
        next: impl Fn(&'a Relation) -> Next,
    ) -> Vec<&'a Relation> {
        let mut seen = BTreeSet::new();
        let mut order = Vec::new();
        let mut waiting: Vec<Oid> = from.into_iter().collect();
        while let Some(oid) = waiting.pop() {
            if let Some(relation) = self.relation(oid)
                && seen.insert(oid)
            {
                order.push(relation);
                waiting.extend(next(relation));
            }
        }
        order
    }
}

/// A digest over the stamps: equal for equal structure.
fn version_of(parts: &CatalogParts) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(parts.server_version.to_be_bytes());
    for relation in &parts.relations {
        hash.update(relation.oid.0.to_be_bytes());
        hash.update(relation.stamp.as_bytes());
        hash.update(relation.index_stamp.as_bytes());
        hash.update(relation.key_stamp.as_bytes());
        hash.update(relation.source_stamp.as_deref().unwrap_or_default().as_bytes());
    }
    for function in parts.functions.iter().filter(|function| !function.oid.is_builtin()) {
        hash.update(function.oid.0.to_be_bytes());
        hash.update(function.stamp.as_bytes());
    }
    for one in parts.types.iter().filter(|one| !one.oid.is_builtin()) {
        hash.update(one.oid.0.to_be_bytes());
        hash.update(one.stamp.as_bytes());
    }
    for one in &parts.extensions {
        hash.update(one.oid.0.to_be_bytes());
        hash.update(one.stamp.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
