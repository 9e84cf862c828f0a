//! Relations as the catalog holds them: columns, keys, what writing one runs, what a view reads.

use serde::Serialize;

use super::Oid;

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
    /// locking the relation, and not where it names another relation than the table's own sequence.
    pub default: Option<String>,
    /// Users' types that the default names.
    pub default_types: Vec<Oid>,
    /// Functions that the default or generation expression calls and that aren't built in or aren't in the curated list.
    /// The next value of the table's own sequence is fine.
    pub default_calls: Vec<Oid>,
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
    /// ON UPDATE: what an update of the target does here.
    pub on_update: ForeignAction,
    /// ON DELETE: what a delete in the target does here.
    pub on_delete: ForeignAction,
}

/// What a foreign key does to its own relation when a row that it refers to changes (`pg_constraint.confupdtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignAction {
    /// `a`
    NoAction,
    /// `r`
    Restrict,
    /// `c`
    Cascade,
    /// `n`
    SetNull,
    /// `d`
    SetDefault,
}

impl ForeignAction {
    /// The action of that letter.
    pub fn of(letter: char) -> Option<Self> {
        [Self::NoAction, Self::Restrict, Self::Cascade, Self::SetNull, Self::SetDefault]
            .into_iter()
            .zip(['a', 'r', 'c', 'n', 'd'])
            .find_map(|(action, one)| (one == letter).then_some(action))
    }

    /// As in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    /// Whether it writes the relation.
    pub fn writes(self) -> bool {
        match self {
            Self::NoAction | Self::Restrict => false,
            Self::Cascade | Self::SetNull | Self::SetDefault => true,
        }
    }
}

/// What a view or materialised view reads, from its stored rule (`pg_rewrite.ev_action`), built-in objects included.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ViewReads {
    /// OIDs of relations, system catalogs included.
    pub relations: Vec<Oid>,
    /// OIDs of functions called, also through operators, aggregates and window functions.
    pub functions: Vec<Oid>,
    /// OIDs of users' types that something is converted to, as domains with their checks.
    pub types: Vec<Oid>,
}

/// What is worked out over several columns when a row is written. Attribute numbers; 0 is the whole row.
#[derive(Debug, Clone, PartialEq)]
pub enum Looks {
    /// A CHECK, or an index with an expression or predicate: looks at columns of the one row.
    Row(Vec<i16>),
    /// A generated column.
    Generates {
        /// The column.
        column: i16,
        /// What it is generated from.
        from: Vec<i16>,
    },
    /// A unique index with an expression or predicate: looks for equal rows among some.
    Unique(Vec<i16>),
    /// An exclusion constraint: compares with other rows by any operator.
    Excludes(Vec<i16>),
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
    /// Functions that a CHECK constraint, an index or the partition key calls and that aren't built in or aren't in the
    /// curated list: writing a row runs them, and where their arguments are constants, planning a read can, too.
    pub write_calls: Vec<Oid>,
    /// What looks at several columns or rows when a row is written.
    pub together: Vec<Looks>,
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
    /// Changes whenever what a write works out for the relation's indexes does.
    pub index_stamp: String,
    /// Changes whenever the primary key does.
    pub key_stamp: String,
    /// Changes whenever it changes where a foreign table's rows come from; `None` for what is none.
    pub source_stamp: Option<String>,
}

impl Relation {
    /// The index and column of that exact name.
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }
}
