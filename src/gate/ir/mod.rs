//! The gate's own small language: what can be said at all, with every name resolved. No string in it is SQL.
//!
//! FROM items and CTEs have identities instead of names; a column is an item and a position. Equality ignores where
//! a node was written ([`Origin`]), so that a re-read statement can be compared with the one that was emitted.

use super::catalog::Oid;
use super::source::Origin;

mod expr;
mod renumber;
mod walk;
mod write;

pub use expr::*;
pub use renumber::{highest, own_ctes, renumber};
pub use walk::{Node, NodeMut, walk, walk_mut};
pub use write::*;

/// A whole statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// SELECT, VALUES, TABLE and their combinations.
    Query(Query),
    /// EXPLAIN of a query.
    Explain(Explain),
    /// INSERT.
    Insert(Insert),
    /// UPDATE.
    Update(Update),
    /// DELETE.
    Delete(Delete),
    /// MERGE.
    Merge(Merge),
}

/// EXPLAIN.
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// What is explained.
    pub query: Query,
    /// FORMAT.
    pub format: ExplainFormat,
    /// ANALYZE: the query is executed, and its rows and times are counted.
    pub analyze: bool,
}

/// The format of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainFormat {
    /// Lines of text.
    Text,
    /// One JSON document.
    Json,
    /// One JSON document with the schemas of relations and without estimates, of which only the shape may leave. Made by
    /// rewrite.
    Shape,
}

/// Identity of a FROM item (or a write's target), unique in the statement. Emitted as `t{n}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub u32);

/// Identity of a CTE, unique in the statement. Emitted as `q{n}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CteId(pub u32);

/// A query with its WITH, ORDER BY and LIMIT.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// CTEs in the order of the text.
    pub ctes: Vec<Cte>,
    /// WITH RECURSIVE was said.
    pub recursive: bool,
    /// The body.
    pub body: SetExpr,
    /// ORDER BY.
    pub order_by: Vec<OrderBy>,
    /// LIMIT or FETCH FIRST.
    pub limit: Option<Limit>,
    /// OFFSET.
    pub offset: Option<Box<Expr>>,
    /// Name and type of each output column.
    pub columns: Vec<OutputColumn>,
    /// Where it was written.
    pub origin: Origin,
}

/// The bound of LIMIT or FETCH FIRST.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// How many rows; never absent (LIMIT ALL is no limit).
    pub count: Box<Expr>,
    /// WITH TIES.
    pub with_ties: bool,
}

/// An output column of a query.
#[derive(Debug, Clone)]
pub struct OutputColumn {
    /// The name a client sees, exactly as PostgreSQL would derive it.
    pub name: String,
    /// The type where it is known. Takes no part in equality.
    pub ty: Ty,
}

impl PartialEq for OutputColumn {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// A type where syntax and catalog tell it; `None` is unknown and treated as unsafe by whatever depends on it.
/// Takes no part in the equality of expressions.
pub type Ty = Option<Oid>;

/// A common table expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    /// Its identity.
    pub id: CteId,
    /// MATERIALIZED, NOT MATERIALIZED or nothing said.
    pub materialized: Option<bool>,
    /// The query. In a recursive CTE its body may name the CTE itself.
    pub query: Query,
}

/// The body of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum SetExpr {
    /// SELECT.
    Select(Box<Select>),
    /// VALUES; at least one row, all of one length.
    Values(Vec<Vec<Expr>>),
    /// UNION, INTERSECT, EXCEPT.
    SetOperation {
        /// Which.
        op: SetOperator,
        /// ALL was said.
        all: bool,
        /// Left side.
        left: Box<SetExpr>,
        /// Right side.
        right: Box<SetExpr>,
    },
    /// A query in parentheses with clauses of its own.
    Query(Box<Query>),
    /// INSERT, UPDATE or DELETE: all there is of a CTE of the whole statement, which shows what comes back from it.
    Write(Box<Statement>),
}

impl Cte {
    /// The write that it is, if it is one.
    pub fn write(&self) -> Option<&Statement> {
        match &self.query.body {
            SetExpr::Write(write) => Some(write),
            SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::SetOperation { .. } | SetExpr::Query(_) => None,
        }
    }
}

impl Statement {
    /// The CTEs of the whole statement.
    pub fn ctes(&self) -> &[Cte] {
        match self {
            Self::Query(Query { ctes, .. })
            | Self::Explain(Explain { query: Query { ctes, .. }, .. })
            | Self::Insert(Insert { ctes, .. })
            | Self::Update(Update { ctes, .. })
            | Self::Delete(Delete { ctes, .. })
            | Self::Merge(Merge { ctes, .. }) => ctes,
        }
    }

    /// As [`Self::ctes`], to change them.
    pub fn ctes_mut(&mut self) -> &mut Vec<Cte> {
        match self {
            Self::Query(Query { ctes, .. })
            | Self::Explain(Explain { query: Query { ctes, .. }, .. })
            | Self::Insert(Insert { ctes, .. })
            | Self::Update(Update { ctes, .. })
            | Self::Delete(Delete { ctes, .. })
            | Self::Merge(Merge { ctes, .. }) => ctes,
        }
    }

    /// What a write changes.
    pub fn target(&self) -> Option<&RelationItem> {
        match self {
            Self::Query(_) | Self::Explain(_) => None,
            Self::Insert(Insert { target, .. })
            | Self::Update(Update { target, .. })
            | Self::Delete(Delete { target, .. })
            | Self::Merge(Merge { target, .. }) => Some(target),
        }
    }

    /// Name and type of each column that comes back; of EXPLAIN and MERGE none are known.
    pub fn output(&self) -> &[OutputColumn] {
        match self {
            Self::Query(query) => &query.columns,
            Self::Insert(insert) => &insert.output,
            Self::Update(update) => &update.output,
            Self::Delete(delete) => &delete.output,
            Self::Explain(_) | Self::Merge(_) => &[],
        }
    }

    /// The writes in it: those of its CTEs in their order, and itself if it is one.
    pub fn writes(&self) -> Vec<&Self> {
        let mut writes: Vec<&Self> = self.ctes().iter().filter_map(Cte::write).collect();
        match self {
            Self::Query(_) | Self::Explain(_) => {}
            Self::Insert(_) | Self::Update(_) | Self::Delete(_) | Self::Merge(_) => writes.push(self),
        }
        writes
    }
}

/// A set operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// UNION.
    Union,
    /// INTERSECT.
    Intersect,
    /// EXCEPT.
    Except,
}

/// SELECT … FROM … WHERE … GROUP BY … HAVING.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// DISTINCT.
    pub distinct: Distinct,
    /// The select list, stars expanded. May be empty, as in `SELECT FROM t`.
    pub projection: Vec<Projection>,
    /// The FROM list; its elements are joined by commas.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// GROUP BY; `None` where absent.
    pub group_by: Option<GroupBy>,
    /// HAVING.
    pub having: Option<Expr>,
    /// Where it was written.
    pub origin: Origin,
}

/// One element of a select list or RETURNING list.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// The expression.
    pub expr: Expr,
    /// The name a client sees.
    pub name: String,
}

/// DISTINCT.
#[derive(Debug, Clone, PartialEq)]
pub enum Distinct {
    /// Not said.
    All,
    /// DISTINCT.
    Distinct,
    /// DISTINCT ON.
    On(Vec<Target>),
}

/// What GROUP BY, ORDER BY and DISTINCT ON can name.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// An output column by position, from 1. Names of output columns are resolved to this.
    Output(u32),
    /// An expression over the input columns.
    Expr(Expr),
}

impl Target {
    /// The expression over the input, if it is one.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Self::Output(_) => None,
            Self::Expr(expr) => Some(expr),
        }
    }
}

/// GROUP BY.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    /// GROUP BY DISTINCT (PostgreSQL 14).
    pub distinct: bool,
    /// The elements.
    pub elements: Vec<GroupElement>,
}

/// An element of GROUP BY.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupElement {
    /// An ordinary expression.
    Target(Target),
    /// `()`.
    Empty,
    /// ROLLUP over lists (a list of one is the ordinary case).
    Rollup(Vec<Vec<Target>>),
    /// CUBE over lists.
    Cube(Vec<Vec<Target>>),
    /// GROUPING SETS; an empty list is `()`.
    Sets(Vec<Vec<Target>>),
}

/// One element of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// By what.
    pub target: Target,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (true), NULLS LAST (false) or nothing said.
    pub nulls_first: Option<bool>,
}

/// An element of FROM.
#[derive(Debug, Clone, PartialEq)]
pub enum FromItem {
    /// A relation of the database.
    Relation(RelationItem),
    /// A reference to a CTE.
    Cte {
        /// Identity of this item.
        id: ItemId,
        /// Which CTE.
        cte: CteId,
        /// Where it was written.
        origin: Origin,
    },
    /// A subquery. Its columns are emitted as `c1 …`.
    Derived {
        /// Identity of this item.
        id: ItemId,
        /// LATERAL.
        lateral: bool,
        /// The subquery. Rewrite fences one by giving it `OFFSET 0`, so that no outer condition runs before the row
        /// filter.
        query: Box<Query>,
    },
    /// A function in FROM.
    Function {
        /// Identity of this item.
        id: ItemId,
        /// LATERAL was said (functions are lateral anyway).
        lateral: bool,
        /// The call; several for `unnest(a, b)`, which is syntax.
        calls: Vec<Expr>,
        /// WITH ORDINALITY.
        ordinality: bool,
        /// Its columns.
        columns: FunctionColumns,
    },
    /// A join; USING and NATURAL are desugared to the condition.
    Join {
        /// Which.
        kind: JoinKind,
        /// Left side.
        left: Box<FromItem>,
        /// Right side.
        right: Box<FromItem>,
        /// The condition; `None` for CROSS JOIN only.
        on: Option<Expr>,
    },
}

/// The columns of a function in FROM.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionColumns {
    /// So many, emitted as `c1 …`, the ordinality last.
    Count(u32),
    /// A column definition list: the function gives a record of these, and looks their names up in its arguments.
    Defined(Vec<ColumnDefinition>),
}

/// A column that a statement defines.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDefinition {
    /// Its name, which no other column of the list has.
    pub name: String,
    /// Its type.
    pub to: TypeRef,
}

/// A relation in FROM or as a write's target.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationItem {
    /// Identity of this item.
    pub id: ItemId,
    /// Which relation.
    pub relation: RelationRef,
    /// ONLY was said: descendants are left out.
    pub only: bool,
    /// TABLESAMPLE: only a part of the rows is read.
    pub sample: Option<Sample>,
    /// Where it was written.
    pub origin: Origin,
}

/// TABLESAMPLE with constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// How the rows are chosen.
    pub method: SampleMethod,
    /// Which part of the rows, in percent, as decimal digits.
    pub percent: String,
    /// REPEATABLE, as decimal digits.
    pub seed: Option<String>,
}

/// The built-in methods of sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleMethod {
    /// Each row by itself.
    Bernoulli,
    /// Whole pages.
    System,
}

/// A relation by identity and by the names that are emitted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationRef {
    /// Its OID in the catalog that resolved it.
    pub oid: Oid,
    /// Schema name.
    pub schema: String,
    /// Relation name.
    pub name: String,
}

/// The kind of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// CROSS JOIN.
    Cross,
    /// INNER JOIN.
    Inner,
    /// LEFT JOIN.
    Left,
    /// RIGHT JOIN.
    Right,
    /// FULL JOIN.
    Full,
}
