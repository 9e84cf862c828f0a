//! What the database has, as data: a snapshot that the gate resolves names against. Filled by the catalog loader of
//! the server (or by a test); knows nothing of connections.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

pub mod builtin;
#[cfg(test)]
pub mod fixture;
mod operators;
pub mod types;

pub use operators::OperatorSet;
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

/// What kind of relation (`pg_class.relkind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// An ordinary table (`r`).
    Table,
    /// A partitioned table (`p`).
    PartitionedTable,
    /// A view (`v`).
    View,
    /// A materialised view (`m`).
    MaterializedView,
    /// A foreign table (`f`).
    ForeignTable,
    /// A sequence (`S`).
    Sequence,
}

/// A column of a relation, in attribute order; dropped and system columns are not held.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// `attnum`.
    pub number: i16,
    /// `attname`.
    pub name: String,
    /// `atttypid`.
    pub type_oid: Oid,
    /// `atttypmod`, -1 for none.
    pub typmod: i32,
    /// `format_type(atttypid, atttypmod)`, for people.
    pub type_name: String,
    /// `attcollation`; zero for types without collation.
    pub collation: Oid,
    /// Schema and name of a collation that isn't the type's default.
    pub explicit_collation: Option<(String, String)>,
    /// `attnotnull`.
    pub not_null: bool,
    /// The default as text, for people only; not for generated columns, whose expression PostgreSQL doesn't tell without
    /// locking the relation.
    pub default: Option<String>,
    /// The default or generation expression calls a function that isn't built in or isn't in the curated list. The next
    /// value of the table's own sequence is fine.
    pub default_calls_foreign_function: bool,
    /// `attgenerated <> ''`.
    pub generated: bool,
    /// `attidentity = 'a'` (always) or `'d'` (by default).
    pub identity: bool,
    /// The column's comment.
    pub comment: Option<String>,
}

/// A key: primary, unique or foreign.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The constraint's name.
    pub name: String,
    /// Attribute numbers, in key order.
    pub columns: Vec<i16>,
    /// Checked at the end of the transaction: PostgreSQL neither derives functional dependency from it nor lets
    /// ON CONFLICT use it.
    pub deferrable: bool,
}

/// A foreign key of a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// Attribute numbers on this side.
    pub columns: Vec<i16>,
    /// The relation referred to.
    pub target: Oid,
    /// Attribute numbers on the other side.
    pub target_columns: Vec<i16>,
    /// ON UPDATE is CASCADE, SET NULL or SET DEFAULT: an update of the target writes this relation.
    pub writes_on_update: bool,
    /// ON DELETE is CASCADE, SET NULL or SET DEFAULT: a delete in the target writes this relation.
    pub writes_on_delete: bool,
}

/// What a view or materialised view reads, from its stored rule (`pg_rewrite.ev_action`), built-in objects included.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ViewReads {
    /// OIDs of relations, system catalogs included.
    pub relations: Vec<Oid>,
    /// OIDs of functions called, also through operators, aggregates and window functions.
    pub functions: Vec<Oid>,
}

/// A relation. System catalogs, TOAST tables and indexes are not held: they can't be named.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// Schema name.
    pub schema: String,
    /// Relation name.
    pub name: String,
    /// Kind.
    pub kind: RelationKind,
    /// Live user columns in attribute order.
    pub columns: Vec<Column>,
    /// The primary key's attribute numbers.
    pub primary_key: Option<Key>,
    /// Unique constraints and unique indexes without predicate or expression.
    pub unique_keys: Vec<Key>,
    /// Foreign keys of this relation.
    pub foreign_keys: Vec<ForeignKey>,
    /// Direct parents by inheritance or partitioning.
    pub parents: Vec<Oid>,
    /// Direct children by inheritance or partitioning; other sessions' temporary tables, which no query reads, left out.
    pub children: Vec<Oid>,
    /// For views and materialised views.
    pub view: Option<ViewReads>,
    /// Names of enabled triggers, those that enforce constraints left out.
    pub triggers: Vec<String>,
    /// A CHECK constraint, an index or the partition key calls a function that isn't built in or isn't in the curated
    /// list: writing a row runs it, and where its arguments are constants, planning a read can, too.
    pub write_calls_foreign_function: bool,
    /// Has rewrite rules other than a view's own.
    pub has_rules: bool,
    /// `relrowsecurity`.
    pub row_security: bool,
    /// The relation's comment.
    pub comment: Option<String>,
    /// `reltuples`; `None` when never analysed.
    pub row_estimate: Option<f64>,
    /// Changes whenever anything changes that the gate relied on: names, columns, types, rules, parents, children.
    /// Computed by PostgreSQL, by the same expression at load and at verification.
    pub stamp: String,
}

impl Relation {
    /// The index and column of that exact name.
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }
}

/// What kind of function (`pg_proc.prokind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// An ordinary function.
    Function,
    /// An aggregate (ordered-set ones too, see [`Function::ordered_set`]).
    Aggregate,
    /// A window function.
    Window,
    /// A procedure: never callable in an expression.
    Procedure,
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Schema name.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Input argument types (`proargtypes`), a VARIADIC one as its array.
    pub arguments: Vec<Oid>,
    /// `oidvectortypes(proargtypes)`: with the name the signature that policies and the curated list use.
    pub argument_names: String,
    /// How many trailing arguments have defaults.
    pub defaults: u16,
    /// The last argument is VARIADIC.
    pub variadic: bool,
    /// Kind.
    pub kind: FunctionKind,
    /// Ordered-set or hypothetical-set aggregate (`aggkind` other than `n`).
    pub ordered_set: bool,
    /// Result type.
    pub returns: Oid,
    /// Returns a set.
    pub returns_set: bool,
    /// Names and types of OUT and TABLE columns where there are at least two (or one that is named).
    pub out_columns: Vec<(String, Oid)>,
    /// The extension it belongs to.
    pub extension: Option<String>,
    /// Changes whenever the function is replaced, moved or renamed, and whenever an overload of the same schema and
    /// name appears, changes or goes; empty for built-in ones.
    pub stamp: String,
}

impl Function {
    /// Whether it is PostgreSQL's own and the curated list allows it.
    pub fn is_curated(&self) -> bool {
        self.oid.is_builtin()
            && self.schema == "pg_catalog"
            && matches!(builtin::verdict(&self.name, &self.argument_names), builtin::Verdict::Allowed { .. })
    }

    /// `name(argument types)`, the form that the curated list and policies use; without the schema.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.argument_names)
    }

    /// Whether a call with `count` arguments could be resolved to this function.
    pub fn accepts(&self, count: usize) -> bool {
        let most = self.arguments.len();
        let least = most.saturating_sub(usize::from(self.defaults));
        // A VARIADIC call may bring any number of elements, or none at all through its defaults.
        if self.variadic { count + 1 >= least } else { (least..=most).contains(&count) }
    }
}

/// An operator visible in `pg_catalog` or a schema that a policy may trust.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// `pg_operator.oid`.
    pub oid: Oid,
    /// Schema name.
    pub schema: String,
    /// Symbol.
    pub name: String,
    /// Left operand type, zero for prefix operators.
    pub left: Oid,
    /// Right operand type, zero for postfix operators (PostgreSQL 12 and 13 only).
    pub right: Oid,
    /// Implementing function.
    pub function: Oid,
    /// The extension it belongs to.
    pub extension: Option<String>,
}

/// A cast that initdb did not make.
#[derive(Debug, Clone, PartialEq)]
pub struct UserCast {
    /// `pg_cast.oid`.
    pub oid: Oid,
    /// Source type.
    pub source: Oid,
    /// Target type.
    pub target: Oid,
    /// `castcontext = 'e'`: only explicit casts use it.
    pub explicit_only: bool,
    /// The extension it belongs to.
    pub extension: Option<String>,
}

/// A default operator class for btree or hash (so for ORDER BY, GROUP BY, DISTINCT, `=`) that initdb did not make.
#[derive(Debug, Clone, PartialEq)]
pub struct UserOpclass {
    /// `pg_opclass.oid`.
    pub oid: Oid,
    /// The type it is for (`opcintype`).
    pub type_oid: Oid,
    /// The extension it belongs to.
    pub extension: Option<String>,
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
}

/// A snapshot of the database with its indexes. Immutable; a reload makes a new one.
#[derive(Debug, Default)]
pub struct Catalog {
    parts: CatalogParts,
    relation_by_oid: HashMap<Oid, usize>,
    relation_by_name: HashMap<(String, String), usize>,
    type_by_oid: HashMap<Oid, usize>,
    type_by_name: HashMap<(String, String), usize>,
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
        let mut catalog = Self { parts, ..Self::default() };
        let parts = &catalog.parts;
        for (at, relation) in parts.relations.iter().enumerate() {
            catalog.relation_by_oid.insert(relation.oid, at);
            catalog.relation_by_name.insert((relation.schema.clone(), relation.name.clone()), at);
        }
        for (at, one) in parts.types.iter().enumerate() {
            catalog.type_by_oid.insert(one.oid, at);
            catalog.type_by_name.insert((one.schema.clone(), one.name.clone()), at);
        }
        for (at, function) in parts.functions.iter().enumerate() {
            catalog.functions_by_name.entry(function.name.clone()).or_default().push(at);
            catalog.function_by_oid.insert(function.oid, at);
        }
        for (at, operator) in parts.operators.iter().enumerate() {
            catalog.operators_by_name.entry(operator.name.clone()).or_default().push(at);
        }
        catalog.governed = types::governance(&catalog);
        catalog.operator_sets = operators::sets(&catalog);
        catalog.version = version_of(&catalog.parts);
        catalog
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
        self.parts.relations.get(*self.relation_by_name.get(&(schema.to_owned(), name.to_owned()))?)
    }

    /// The type of that OID.
    pub fn type_(&self, oid: Oid) -> Option<&Type> {
        self.parts.types.get(*self.type_by_oid.get(&oid)?)
    }

    /// The type of that schema and name (`pg_type.typname`, so `int4`, not `integer`), both exact.
    pub fn type_named(&self, schema: &str, name: &str) -> Option<&Type> {
        self.parts.types.get(*self.type_by_name.get(&(schema.to_owned(), name.to_owned()))?)
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

    /// The operators of `pg_catalog` of that symbol, infix or prefix; `None` where there are none.
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

    /// The relation and everything below it by inheritance or partitioning, itself first.
    pub fn tree(&self, oid: Oid) -> Vec<&Relation> {
        self.closure(oid, |relation| &relation.children)
    }

    /// Everything above the relation by inheritance or partitioning, itself left out.
    pub fn ancestors(&self, oid: Oid) -> Vec<&Relation> {
        let mut all = self.closure(oid, |relation| &relation.parents);
        all.retain(|relation| relation.oid != oid);
        all
    }

    fn closure<'a>(&'a self, oid: Oid, next: impl Fn(&'a Relation) -> &'a Vec<Oid>) -> Vec<&'a Relation> {
        let mut seen = BTreeMap::new();
        let mut order = Vec::new();
        let mut waiting = vec![oid];
        while let Some(oid) = waiting.pop() {
            if let Some(relation) = self.relation(oid)
                && seen.insert(oid, ()).is_none()
            {
                order.push(relation);
                waiting.extend(next(relation).iter().copied());
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
    }
    for function in parts.functions.iter().filter(|function| !function.oid.is_builtin()) {
        hash.update(function.oid.0.to_be_bytes());
        hash.update(function.stamp.as_bytes());
    }
    for one in parts.types.iter().filter(|one| !one.oid.is_builtin()) {
        hash.update(one.oid.0.to_be_bytes());
        hash.update(one.stamp.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
