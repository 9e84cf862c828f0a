//! Every key of a policy file, as data: from this table come the parser's bounds, "did you mean", the key table of
//! `docs/policy.md` and the JSON Schema. A key that isn't here is unknown; one that the parser doesn't read is refused
//! as not enforced, so neither can be ignored silently.

/// What may be written as a key's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Exactly this number.
    Exactly(u64),
    /// Any text.
    Text,
    /// A name in the database.
    Name,
    /// Yes or no.
    Bool,
    /// A whole number within bounds.
    Count {
        /// At least.
        least: u64,
        /// At most.
        most: u64,
    },
    /// One word.
    Word {
        /// The words that may stand there.
        known: &'static [&'static str],
        /// Words of the language that this version doesn't do yet, so refuses.
        later: &'static [&'static str],
    },
    /// A list of words.
    Words {
        /// The words that may stand in it.
        known: &'static [&'static str],
        /// Words of the language that this version doesn't enforce yet, so refuses.
        later: &'static [&'static str],
    },
    /// A list of texts; the word says of what.
    Texts(&'static str),
    /// A number of bytes: a whole number, or text with a unit as in `"4MiB"`.
    Bytes {
        /// At least.
        least: u64,
        /// At most.
        most: u64,
    },
    /// A time span as text, as in `"500ms"`, `"10s"`, `"5min"`, `"1h"`.
    Span {
        /// At least, in milliseconds.
        least: u64,
        /// At most, in milliseconds.
        most: u64,
    },
    /// Statements a period, as in `"60/min"`.
    Rate,
    /// The type of an attribute.
    AttributeType,
    /// `"deny"` or `{ mask = … }`.
    ColumnEffect,
    /// A mask.
    Mask,
}

/// Whether this version does what the key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Enforced,
    /// A word of the language whose enforcement isn't built: a value that asks for anything is an error.
    Later,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The path, with `<…>` for what the author names.
    pub path: &'static str,
    /// What may be written.
    pub form: Form,
    /// What holds where the key is absent, for people.
    pub default: &'static str,
    /// Whether it is enforced.
    pub status: Status,
    /// One or two sentences for people.
    pub doc: &'static str,
}

impl Key {
    /// The last segment of the path: the key itself.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// The path up to the last segment.
    pub fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }
}

impl Form {
    /// One of these words, all of them understood.
    pub const fn one_of(known: &'static [&'static str]) -> Self {
        Self::Word { known, later: &[] }
    }
}

/// Declares keys, and `ALL` of them as a [`Registry`].
macro_rules! keys {
    ($($name:ident = $path:literal, $form:expr, default $default:literal, $status:ident, $doc:literal;)*) => {
        $(#[doc = $doc] pub static $name: $crate::gate::policy::keys::Key = $crate::gate::policy::keys::Key {
            path: $path,
            form: $form,
            default: $default,
            status: $crate::gate::policy::keys::Status::$status,
            doc: $doc,
        };)*

        /// Every key, in the order of the documentation.
        pub static ALL: $crate::gate::policy::keys::Registry = $crate::gate::policy::keys::Registry(&[$(&$name,)*]);
    };
}
#[cfg(feature = "server")]
pub(crate) use keys;

const MEBIBYTE: u64 = 1 << 20;

/// The kinds of statement that can be allowed.
pub const STATEMENTS: &[&str] = &["select", "insert", "update", "delete", "merge", "explain", "explain_analyze"];
const STATEMENTS_LATER: &[&str] = &[];
const STATEMENT_WORDS: Form = Form::Words { known: STATEMENTS, later: STATEMENTS_LATER };

keys! {
    VERSION = "version", Form::Exactly(1), default "required", Enforced,
        "The version of the policy language.";
    NAME = "name", Form::Name, default "required", Enforced,
        "The policy's name, as the history shows it. Optional in a file that is only extended.";
    DESCRIPTION = "description", Form::Text, default "empty", Enforced,
        "One sentence for people.";
    EXTENDS = "extends", Form::Texts("paths"), default "none", Enforced,
        "Policy files that this one builds on, by paths relative to this file.";
    ROLE = "role", Form::Name, default "none", Enforced,
        "A database role that is set in each transaction, so that PostgreSQL's own grants hold as well.";
    REVEAL_DENIED = "reveal_denied", Form::Bool, default "false", Enforced,
        "Whether a refusal says that a name is denied, and by which rule, instead of looking like a missing name.";
    ATTRIBUTES = "attributes.<name>", Form::AttributeType, default "none", Enforced,
        "A value that each principal must bring, with its type; row filters and masks use it as `:name`.";
    STATEMENTS_ALLOW = "statements.allow", STATEMENT_WORDS, default "none", Enforced,
        "The kinds of statement that may be run.";
    STATEMENTS_ADD = "statements.add_allow", STATEMENT_WORDS, default "none", Enforced,
        "Kinds of statement that are added to those of the extended files.";
    SEARCH_PATH = "search_path.schemas", Form::Texts("schemas"), default "none", Enforced,
        "Where names of relations and functions without a schema are looked for, in this order.";
    SEARCH_PATH_ADD = "search_path.add_schemas", Form::Texts("schemas"), default "none", Enforced,
        "Schemas that are looked in after those of the extended files.";
    COLUMNS = "columns.<pattern>", Form::ColumnEffect, default "none", Enforced,
        "Denies or masks columns by name over all relations. The pattern is `table.column` or `schema.table.column`; \
         `*` and `?` stand for characters of one name and don't cross a dot.";
    SCHEMA_ACCESS = "schemas.<schema>.access", Form::one_of(&["read", "write", "listed"]), default "required", Enforced,
        "What is open in the schema: `read`, `write` (which includes reading), or `listed`: only the tables that have \
         a section of their own.";
    SCHEMA_DENY = "schemas.<schema>.deny", Form::Texts("patterns of relation names"), default "none", Enforced,
        "Relations of the schema that don't exist for the principal, by patterns with `*` and `?`.";
    TABLE_ACCESS = "tables.<table>.access", Form::one_of(&["read", "write"]), default "the schema's; `read` if listed",
        Enforced, "What is open in this table.";
    TABLE_COLUMNS = "tables.<table>.columns", Form::Texts("columns"), default "all", Enforced,
        "The only columns that exist for the principal: a column added tomorrow isn't visible tomorrow.";
    TABLE_COLUMNS_ADD = "tables.<table>.add_columns", Form::Texts("columns"), default "none", Enforced,
        "Columns that are added to the `columns` list of the extended files.";
    TABLE_DENY_COLUMNS = "tables.<table>.deny_columns", Form::Texts("columns"), default "none", Enforced,
        "Columns that don't exist for the principal.";
    TABLE_MASK = "tables.<table>.mask.<column>", Form::Mask, default "none", Enforced,
        "What the principal sees instead of the column's value.";
    TABLE_ROWS = "tables.<table>.rows", Form::Text, default "all rows", Enforced,
        "A condition in SQL over the table's columns and `:attributes`: only rows for which it is true exist for the \
         principal.";
    REQUIRE_WHERE = "tables.<table>.require_where", Form::Bool, default "false", Enforced,
        "Whether UPDATE and DELETE need a WHERE that looks at the table's columns.";
    MAX_AFFECTED_ROWS = "tables.<table>.max_affected_rows", Form::Count { least: 1, most: 1_000_000_000 },
        default "no bound", Enforced, "A write that touches more rows than this is rolled back.";
    CONFIRM = "tables.<table>.confirm", Form::Bool, default "false", Enforced,
        "Whether a person must approve each write, see docs/approvals.md.";
    SIDE_EFFECTS = "tables.<table>.side_effects", Form::Bool, default "false", Enforced,
        "Whether writes may run triggers, rules, cascades and defaults that pgwicket can't look into.";
    FUNCTIONS_ALLOW = "functions.allow", Form::Texts("`@builtin` or signatures"), default "`[\"@builtin\"]`", Enforced,
        "The functions that may be called: `@builtin` for PostgreSQL's own harmless ones, others by schema and \
         signature. An empty list allows none, and no operator either.";
    FUNCTIONS_ADD = "functions.add_allow", Form::Texts("`@builtin` or signatures"), default "none", Enforced,
        "Functions that are added to those of the extended files.";
    TRUSTED_EXTENSIONS = "functions.trusted_extensions", Form::Texts("extensions"), default "none", Enforced,
        "Extensions whose types, functions and operators may be used as if they were PostgreSQL's own, as far as \
         pgwicket has a list of what is safe in them.";
    LIMIT_ROWS = "limits.rows", Form::Count { least: 1, most: 1_000_000 }, default "1000", Enforced,
        "Rows of one result; what is beyond is cut off, and the result says so.";
    LIMIT_BYTES = "limits.bytes", Form::Bytes { least: 1024, most: 64 * MEBIBYTE }, default "4MiB", Enforced,
        "Bytes of one result; what is beyond is cut off, and the result says so.";
    LIMIT_TIMEOUT = "limits.timeout", Form::Span { least: 100, most: 3_600_000 }, default "30s", Enforced,
        "Wall-clock time of one statement; then it is cancelled.";
    LIMIT_COST = "limits.cost", Form::Count { least: 1, most: u64::MAX >> 1 }, default "no bound", Enforced,
        "The planner's estimate of a query's cost at most, for queries that read nothing restricted. It is asked before \
         the query runs, which costs a round trip.";
    LIMIT_RATE = "limits.rate", Form::Rate, default "no bound", Enforced,
        "Statements a second (`s`), minute (`min`) or hour (`h`), for each principal.";
    LIMIT_BURST = "limits.burst", Form::Count { least: 1, most: 1_000_000 }, default "the rate's count", Enforced,
        "How many statements of the rate may come at once.";
    LIMIT_CONCURRENCY = "limits.concurrency", Form::Count { least: 1, most: 1_000 }, default "8", Enforced,
        "Statements that run at the same time, for each principal.";
    LIMIT_ROWS_PER_DAY = "limits.rows_per_day", Form::Count { least: 1, most: u64::MAX >> 1 }, default "no bound",
        Later, "Rows that a principal may read in a day.";
    HISTORY_RECORD = "history.record", Form::one_of(&["redacted", "full"]), default "`redacted`", Enforced,
        "Whether the history shows literals and parameters (`full`) or not.";
    HISTORY_READ = "history.read", Form::one_of(&["own", "all"]), default "`own`", Enforced,
        "Whose records `pgwicket://query_history` shows the principal.";
}

/// The keys of one kind of file.
#[derive(Debug, Clone, Copy)]
pub struct Registry(pub &'static [&'static Key]);

impl Registry {
    /// The keys directly in a section, whose path may hold `<…>` segments.
    pub fn in_section(self, section: &str) -> impl Iterator<Item = &'static Key> {
        self.0.iter().copied().filter(move |key| key.section() == section)
    }

    /// The names of what can stand in a section: keys and further sections; names that the author chooses left out.
    pub fn names_in(self, section: &str) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for key in self.0 {
            let rest = if section.is_empty() {
                Some(key.path)
            } else {
                key.path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'))
            };
            if let Some(name) = rest.and_then(|rest| rest.split('.').next())
                && !name.starts_with('<')
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// The sections that hold a key of that name, as people write them.
    pub fn sections_with(self, name: &str) -> Vec<&'static str> {
        let mut sections: Vec<&str> = self.0.iter().filter(|key| key.name() == name).map(|key| key.section()).collect();
        sections.dedup();
        sections
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn paths_are_unique_and_documented() {
        let mut paths = BTreeSet::new();
        for key in ALL.0 {
            assert!(paths.insert(key.path), "{} twice", key.path);
            assert!(key.doc.ends_with('.') && !key.default.is_empty(), "{}", key.path);
        }
    }

    #[test]
    fn sections_tell_their_names() {
        assert_eq!(ALL.names_in("history"), ["record", "read"]);
        assert!(ALL.names_in("").contains(&"tables") && ALL.names_in("").contains(&"version"));
        assert!(ALL.names_in("tables.<table>").contains(&"mask"));
        assert!(ALL.names_in("attributes").is_empty());
        assert_eq!(ALL.sections_with("deny"), ["schemas.<schema>"]);
    }
}
