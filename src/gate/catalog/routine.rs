//! Functions, operators, casts and operator classes as the catalog holds them.

use super::{Oid, builtin};

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

/// What stands behind a function of an extension, as far as it matters for trusting it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// In C, in this library (`pg_proc.probin`); it runs with its caller's rights and settings.
    Library(String),
    /// In C, in the server itself, under this symbol; it runs with its caller's rights and settings.
    Internal(String),
    /// An aggregate over these functions.
    Aggregate(Vec<Oid>),
    /// Of another language, with rights or settings of its own, or of no extension: nobody looks at it.
    #[default]
    Unread,
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
    /// The names of the input arguments, for PostgreSQL's own functions; empty where they have none.
    pub parameter_names: Vec<String>,
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
    /// What stands behind it.
    pub body: Body,
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
    /// `castfunc`; zero where it runs none, or only the types' own input and output.
    pub function: Oid,
    /// `castcontext = 'i'`: PostgreSQL applies it anywhere, unasked.
    pub implicit: bool,
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
