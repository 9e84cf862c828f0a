//! Expressions of the IR.

use super::{ItemId, OrderBy, Projection, Query, Ty};
use crate::gate::catalog::Oid;
use crate::gate::source::{Origin, Span};

/// An expression. Two are equal when they say the same, wherever they were written and whatever is known of their
/// type.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Its type where syntax and catalog tell it.
    pub ty: Ty,
    /// Where it was written.
    pub origin: Origin,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Expr {
    /// An expression of unknown type and origin, as rewrite makes them.
    pub fn new(kind: ExprKind) -> Self {
        Self { kind, ty: None, origin: Origin::default() }
    }

    /// With a known type.
    #[must_use]
    pub fn typed(mut self, ty: Ty) -> Self {
        self.ty = ty;
        self
    }

    /// With the place where it was written.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.origin = Origin(span);
        self
    }
}

/// What an expression says.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A column of a FROM item.
    Column(ColumnRef),
    /// A literal.
    Literal(Literal),
    /// A parameter by its number in the emitted text, from 1.
    Parameter(u32),
    /// A principal's attribute, as row filters and masks name it (`:tenant`). Rewrite turns it into a parameter; it
    /// never reaches emit.
    Attribute(String),
    /// The principal's deployment key for hash masks. Rewrite turns it into a parameter; it never reaches emit.
    MaskKey,
    /// CAST(expr AS type), also for typed literals.
    Cast {
        /// What is cast.
        expr: Box<Expr>,
        /// To which type.
        to: TypeRef,
    },
    /// A function, aggregate or window function call.
    Call(Box<Call>),
    /// A prefix (no left side) or infix operator, emitted bare.
    Operator {
        /// The symbol.
        symbol: String,
        /// Left operand.
        left: Option<Box<Expr>>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// a AND b AND …; at least two.
    And(Vec<Expr>),
    /// a OR b OR …; at least two.
    Or(Vec<Expr>),
    /// NOT a.
    Not(Box<Expr>),
    /// IS \[NOT\] NULL, TRUE, FALSE, UNKNOWN.
    Is {
        /// What is tested.
        expr: Box<Expr>,
        /// For what.
        test: IsTest,
        /// NOT.
        negated: bool,
    },
    /// IS \[NOT\] DISTINCT FROM.
    IsDistinct {
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// \[NOT\] BETWEEN.
    Between {
        /// What is tested.
        expr: Box<Expr>,
        /// Lower bound.
        low: Box<Expr>,
        /// Upper bound.
        high: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// \[NOT\] IN (list).
    InList {
        /// What is tested.
        expr: Box<Expr>,
        /// The list, not empty.
        list: Vec<Expr>,
        /// NOT.
        negated: bool,
    },
    /// \[NOT\] IN (subquery). The left side may be a [`ExprKind::Row`].
    InQuery {
        /// What is tested.
        expr: Box<Expr>,
        /// The subquery.
        query: Box<Query>,
        /// NOT.
        negated: bool,
    },
    /// `left op ANY|ALL (array)`.
    QuantifiedArray {
        /// Left side.
        left: Box<Expr>,
        /// The operator's symbol.
        symbol: String,
        /// ALL instead of ANY.
        all: bool,
        /// The array.
        array: Box<Expr>,
    },
    /// `left op ANY|ALL (subquery)`.
    QuantifiedQuery {
        /// Left side.
        left: Box<Expr>,
        /// The operator's symbol.
        symbol: String,
        /// ALL instead of ANY.
        all: bool,
        /// The subquery.
        query: Box<Query>,
    },
    /// EXISTS (subquery).
    Exists(Box<Query>),
    /// A scalar subquery.
    Scalar(Box<Query>),
    /// ARRAY(subquery).
    ArrayQuery(Box<Query>),
    /// CASE.
    Case {
        /// CASE operand WHEN …
        operand: Option<Box<Expr>>,
        /// WHEN … THEN …; not empty.
        arms: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
    /// COALESCE, NULLIF, GREATEST, LEAST: syntax, not functions.
    Special {
        /// Which.
        form: SpecialForm,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// CURRENT_DATE and kin.
    Clock(Clock),
    /// ARRAY[…].
    Array(Vec<Expr>),
    /// ROW(…).
    Row(Vec<Expr>),
    /// The whole row of a FROM item, or of a write's target: NULL where an outer join has no row of it. Rewrite makes a
    /// column of it; it never reaches emit.
    WholeRow {
        /// Which item.
        item: ItemId,
        /// Its visible columns under the names that they have in the row.
        fields: Vec<Projection>,
    },
    /// A record whose fields have names, which ROW(…) can't give.
    Record(Vec<Projection>),
    /// `(base).name`: a field of a composite value.
    Field {
        /// The composite value.
        base: Box<Expr>,
        /// The field.
        name: String,
    },
    /// `base[…]…`.
    Subscript {
        /// The array or jsonb value.
        base: Box<Expr>,
        /// The subscripts, not empty.
        subscripts: Vec<Subscript>,
    },
    /// COLLATE.
    Collate {
        /// What is collated.
        expr: Box<Expr>,
        /// A collation of pg_catalog by name.
        collation: String,
    },
    /// GROUPING(…).
    Grouping(Vec<Expr>),
    /// JSON_ARRAY or JSON_OBJECT with ABSENT ON NULL, for which there is no function.
    JsonAbsent {
        /// JSON_OBJECT.
        object: bool,
        /// RETURNING jsonb instead of json.
        jsonb: bool,
        /// The values, not empty; an object's are keys and values in turn.
        values: Vec<Expr>,
    },
    /// JSON_EXISTS, JSON_VALUE or JSON_QUERY without further clauses.
    JsonPath {
        /// Which.
        form: JsonPathForm,
        /// The document.
        context: Box<Expr>,
        /// The path.
        path: Box<Expr>,
    },
    /// IS \[NOT\] JSON.
    IsJson {
        /// What is tested.
        expr: Box<Expr>,
        /// For what.
        kind: JsonKind,
        /// WITH UNIQUE KEYS.
        unique_keys: bool,
        /// NOT.
        negated: bool,
    },
    /// DEFAULT, as a value of INSERT or UPDATE only.
    Default,
}

/// A column of a FROM item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// Which item.
    pub item: ItemId,
    /// Position in the item's columns, from 0: for a relation in [`Relation::columns`], else in the output.
    ///
    /// [`Relation::columns`]: crate::gate::catalog::Relation::columns
    pub column: u32,
    /// The relation's or column definition list's own name for the column; `None` where the item has neither and the
    /// name is `c{n+1}`.
    pub name: Option<String>,
}

/// A literal, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// NULL.
    Null,
    /// TRUE or FALSE.
    Bool(bool),
    /// A number as it was written: digits, point, exponent; no sign.
    Number(String),
    /// A string, without quotes and escapes.
    String(String),
}

/// A type as the target of a cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRef {
    /// The type.
    pub oid: Oid,
    /// Schema and name (`pg_type.typname`) of the type, or of its element type for arrays.
    pub schema: String,
    /// See `schema`.
    pub name: String,
    /// Type modifiers as written, as in `numeric(10, 2)`.
    pub modifiers: Vec<i32>,
    /// The word before the modifiers, as in `geometry(point, 4326)`: letters.
    pub shape: Option<String>,
    /// Fields of an interval type, as in `interval day to second`; emitted in SQL syntax.
    pub interval: Option<String>,
    /// An array type: emitted with `[]`.
    pub array: bool,
}

/// A function by what is emitted and what it can be resolved to.
#[derive(Debug, Clone)]
pub struct FunctionRef {
    /// Schema name.
    pub schema: String,
    /// Function name.
    pub name: String,
    /// Every function of that schema and name that could accept the call. Takes no part in equality.
    pub candidates: Vec<Oid>,
}

impl PartialEq for FunctionRef {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.name == other.name
    }
}

/// A call of a function, aggregate or window function.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called.
    pub function: FunctionRef,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// Names of the last arguments, as in `days => 10`.
    pub names: Vec<String>,
    /// `count(*)`.
    pub star: bool,
    /// VARIADIC before the last argument.
    pub variadic: bool,
    /// DISTINCT.
    pub distinct: bool,
    /// ORDER BY inside the parentheses.
    pub order_by: Vec<OrderBy>,
    /// WITHIN GROUP (ORDER BY …).
    pub within_group: Vec<OrderBy>,
    /// FILTER (WHERE …).
    pub filter: Option<Expr>,
    /// OVER (…); named windows are inlined.
    pub over: Option<Window>,
}

impl Call {
    /// `pg_catalog.name(arguments)` without any clause; `candidates` is every function that it could mean.
    pub fn of_builtin(name: &str, candidates: Vec<Oid>, arguments: Vec<Expr>) -> Self {
        Self {
            function: FunctionRef { schema: "pg_catalog".to_owned(), name: name.to_owned(), candidates },
            arguments,
            names: Vec::new(),
            star: false,
            variadic: false,
            distinct: false,
            order_by: Vec::new(),
            within_group: Vec::new(),
            filter: None,
            over: None,
        }
    }
}

/// A window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Window {
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderBy>,
    /// The frame.
    pub frame: Option<Frame>,
}

/// A window frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// ROWS, RANGE, GROUPS.
    pub units: FrameUnits,
    /// Start.
    pub start: FrameBound,
    /// End; `None` where BETWEEN wasn't said.
    pub end: Option<FrameBound>,
}

/// The units of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnits {
    /// ROWS.
    Rows,
    /// RANGE.
    Range,
    /// GROUPS.
    Groups,
}

/// A bound of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING.
    UnboundedPreceding,
    /// … PRECEDING.
    Preceding(Box<Expr>),
    /// CURRENT ROW.
    CurrentRow,
    /// … FOLLOWING.
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING.
    UnboundedFollowing,
}

/// What IS tests for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsTest {
    /// NULL.
    Null,
    /// TRUE.
    True,
    /// FALSE.
    False,
    /// UNKNOWN.
    Unknown,
}

/// What is asked of a path in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPathForm {
    /// JSON_EXISTS.
    Exists,
    /// JSON_VALUE.
    Value,
    /// JSON_QUERY.
    Query,
}

/// What IS JSON tests for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonKind {
    /// VALUE: any.
    Value,
    /// SCALAR.
    Scalar,
    /// ARRAY.
    Array,
    /// OBJECT.
    Object,
}

/// Forms that look like functions and are syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialForm {
    /// COALESCE.
    Coalesce,
    /// NULLIF.
    NullIf,
    /// GREATEST.
    Greatest,
    /// LEAST.
    Least,
}

/// Values of the transaction's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// CURRENT_DATE.
    CurrentDate,
    /// CURRENT_TIME with an optional precision.
    CurrentTime(Option<u8>),
    /// CURRENT_TIMESTAMP with an optional precision.
    CurrentTimestamp(Option<u8>),
    /// LOCALTIME with an optional precision.
    LocalTime(Option<u8>),
    /// LOCALTIMESTAMP with an optional precision.
    LocalTimestamp(Option<u8>),
}

/// One subscript.
#[derive(Debug, Clone, PartialEq)]
pub enum Subscript {
    /// `[i]`.
    Index(Expr),
    /// `[low:high]`, both optional.
    Slice(Option<Expr>, Option<Expr>),
}
