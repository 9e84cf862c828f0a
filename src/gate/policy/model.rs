//! What a policy means, after parsing, `extends` and every check that needs no database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::gate::diagnostic::Rule;

/// A value and the rule that says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruled<T> {
    /// The value.
    pub value: T,
    /// Where it is said.
    pub rule: Rule,
}

/// A policy. Made only by the policy parser.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// `name`.
    pub name: String,
    /// `description`.
    pub description: String,
    /// SHA-256 over the texts of the policy and all that it extends, in hex.
    pub digest: String,
    /// `role`: a database role set in each transaction.
    pub role: Option<String>,
    /// `reveal_denied`.
    pub reveal_denied: bool,
    /// `attributes`: what a principal must bring.
    pub attributes: BTreeMap<String, AttributeType>,
    /// `[statements] allow`, each with its rule.
    pub statements: BTreeMap<StatementKind, Rule>,
    /// `[search_path] schemas`: how unqualified names of relations and user functions resolve.
    pub search_path: Vec<String>,
    /// Where the search path is said, if it is.
    pub search_path_rule: Option<Rule>,
    /// `[columns]`, in the order of the file.
    pub columns: Vec<ColumnRule>,
    /// `[schemas.…]`.
    pub schemas: BTreeMap<String, SchemaRule>,
    /// `[tables."…"]` by schema and name.
    pub tables: BTreeMap<(String, String), TableRule>,
    /// `[functions]`.
    pub functions: FunctionRules,
    /// `[limits]`.
    pub limits: Limits,
    /// `[history]`.
    pub history: HistoryRules,
}

/// The type of an attribute: a governed type's name as PostgreSQL writes it, and whether it is a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeType {
    /// `pg_type.typname` of the element, as in `int4`, `text`, `uuid`.
    pub name: String,
    /// A list (`text[]`).
    pub list: bool,
}

impl AttributeType {
    /// The words that policies use, and `pg_type.typname` for each. An `int` is PostgreSQL's `bigint`, which compares
    /// with columns of every integer type, by their index too.
    pub const WORDS: &'static [(&'static str, &'static str)] = &[
        ("text", "text"),
        ("int", "int8"),
        ("bool", "bool"),
        ("numeric", "numeric"),
        ("uuid", "uuid"),
        ("date", "date"),
        ("timestamptz", "timestamptz"),
    ];

    /// The type as policies write it.
    pub fn word(&self) -> String {
        let word = Self::WORDS.iter().find(|(_, name)| *name == self.name).map_or(self.name.as_str(), |(word, _)| word);
        if self.list { format!("{word}[]") } else { word.to_owned() }
    }
}

/// Kinds of statement that a policy can allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementKind {
    /// SELECT, VALUES, TABLE.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE.
    Merge,
    /// EXPLAIN without ANALYZE.
    Explain,
    /// EXPLAIN ANALYZE.
    ExplainAnalyze,
}

impl StatementKind {
    /// The word that policies use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Merge => "merge",
            Self::Explain => "explain",
            Self::ExplainAnalyze => "explain_analyze",
        }
    }

    /// Every kind, in the order of the documentation.
    pub const ALL: &'static [Self] =
        &[Self::Select, Self::Insert, Self::Update, Self::Delete, Self::Merge, Self::Explain, Self::ExplainAnalyze];

    /// The kind that policies call by that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == word)
    }

    /// Whether it changes data.
    pub fn writes(self) -> bool {
        match self {
            Self::Insert | Self::Update | Self::Delete | Self::Merge => true,
            Self::Select | Self::Explain | Self::ExplainAnalyze => false,
        }
    }
}

/// How much of a schema or table is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Only the tables named by rules of their own (schemas only).
    Listed,
    /// Reading.
    Read,
    /// Writing, reading included.
    Write,
}

/// `[schemas.…]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaRule {
    /// `access`.
    pub access: Ruled<Access>,
    /// `deny`: globs over relation names.
    pub deny: Vec<Ruled<Glob>>,
}

/// `[tables."…"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRule {
    /// Where the table's section begins.
    pub rule: Rule,
    /// `access`; absent means what the schema says.
    pub access: Option<Ruled<Access>>,
    /// `columns`: the allow-list.
    pub columns: Option<Ruled<BTreeSet<String>>>,
    /// `deny_columns`.
    pub deny_columns: Vec<Ruled<String>>,
    /// `mask`, by column.
    pub masks: BTreeMap<String, Ruled<Mask>>,
    /// `rows`: row filters, ANDed.
    pub rows: Vec<Ruled<String>>,
    /// `require_where`.
    pub require_where: Option<Rule>,
    /// `max_affected_rows`.
    pub max_affected_rows: Option<Ruled<u64>>,
    /// `confirm`.
    pub confirm: Option<Rule>,
    /// `side_effects = true`.
    pub side_effects: bool,
}

/// One entry of `[columns]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRule {
    /// `table.column` or `schema.table.column`; `*` and `?` don't cross a dot.
    pub schema: Option<Glob>,
    /// The table part.
    pub table: Glob,
    /// The column part.
    pub column: Glob,
    /// What happens to the column.
    pub effect: ColumnEffect,
    /// Where it is said.
    pub rule: Rule,
}

/// What a `[columns]` entry does.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnEffect {
    /// The column doesn't exist for the principal.
    Deny,
    /// The column is masked.
    Mask(Mask),
}

/// A mask by its meaning.
#[derive(Debug, Clone, PartialEq)]
pub enum Mask {
    /// NULL of the column's type.
    Null,
    /// `***`.
    Redact,
    /// First letter and domain of an email address.
    Email,
    /// Keyed hash: equal values stay equal.
    Hash,
    /// The first day of a date's year.
    Year,
    /// The last n characters.
    Last(u32),
    /// The first and last characters.
    Partial(u32, u32),
    /// A constant, as text in the column's input format.
    Constant(String),
    /// Rounded to a multiple.
    Round(u64),
    /// The lower bound of a bucket of that width.
    Bucket(u64),
    /// An SQL expression over the row's columns.
    Sql(String),
}

/// `[functions]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionRules {
    /// The rule that names `@builtin`; see [`allows_builtin`](FunctionRules::allows_builtin).
    pub builtin: Option<Rule>,
    /// Whether `[functions] allow` was written at all: absent means `@builtin`.
    pub explicit: bool,
    /// User functions by schema and signature, as in `sales` and `fx_rate(text, date)`.
    pub allow: Vec<Ruled<(String, String)>>,
    /// `trusted_extensions`, each with a curated list.
    pub trusted_extensions: Vec<Ruled<String>>,
}

impl FunctionRules {
    /// Whether `@builtin` is allowed: said, or nothing said at all.
    pub fn allows_builtin(&self) -> bool {
        self.builtin.is_some() || !self.explicit
    }
}

/// `[limits]`, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Rows of one result.
    pub rows: u64,
    /// Bytes of one result.
    pub bytes: u64,
    /// Wall-clock time of one statement.
    pub timeout: Duration,
    /// The planner's estimate of a query's cost.
    pub cost: Option<Ruled<u64>>,
    /// Statements a period.
    pub rate: Option<Rate>,
    /// Statements at once.
    pub concurrency: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 1_000, bytes: 4 << 20, timeout: Duration::from_secs(30), cost: None, rate: None, concurrency: 8 }
    }
}

/// A rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many statements.
    pub count: u32,
    /// In which period.
    pub period: Duration,
    /// How many at once; `burst`, else `count`.
    pub burst: u32,
}

impl std::fmt::Display for Rate {
    /// As a policy writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.period.as_secs() {
            1 => write!(f, "{}/s", self.count),
            60 => write!(f, "{}/min", self.count),
            3_600 => write!(f, "{}/h", self.count),
            _ => write!(f, "{} in {:?}", self.count, self.period),
        }
    }
}

/// `[history]` of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryRules {
    /// `record = "full"`: literals and parameters in clear.
    pub full: bool,
    /// `read = "all"`: the principal may read everyone's records.
    pub read_all: bool,
}

/// A pattern over one name: `*` any run of characters, `?` any one character, all else itself, case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(pub String);

impl Glob {
    /// Whether the pattern is one name: it has no wildcard.
    pub fn is_name(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// Whether the whole name fits. Linear in the product of the lengths at worst; never recursive.
    pub fn matches(&self, name: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let name: Vec<char> = name.chars().collect();
        let (mut p, mut n) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while n < name.len() {
            match pattern.get(p) {
                Some('*') => {
                    star = Some((p, n));
                    p += 1;
                }
                Some('?') => (p, n) = (p + 1, n + 1),
                Some(c) if name.get(n) == Some(c) => (p, n) = (p + 1, n + 1),
                _ => match star {
                    Some((at, from)) => {
                        star = Some((at, from + 1));
                        (p, n) = (at + 1, from + 1);
                    }
                    None => return false,
                },
            }
        }
        pattern.iter().skip(p).all(|c| *c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, fits) in [
            ("payroll_*", "payroll_2024", true),
            ("payroll_*", "my_payroll_2024", false),
            ("*", "", true),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXbYb", false),
            ("?", "é", true),
            ("", "x", false),
        ] {
            assert_eq!(Glob(pattern.into()).matches(name), fits, "{pattern} on {name}");
        }
    }
}
