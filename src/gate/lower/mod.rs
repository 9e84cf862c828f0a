//! Lowering: sqlparser's AST and the catalog become IR. Every name is resolved against the true catalog, as PostgreSQL
//! would, and only then checked for visibility: a hidden name is answered exactly like a missing one, at the same
//! place. What is not understood is rejected by name.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::diagnostic::{Reason, Rejection};
use super::ir::{CteId, Expr, ExprKind, ItemId, Window};
use super::policy::BoundPolicy;
use super::source::{Source, Span};

mod access;
mod answer;
mod call;
mod change;
mod expr;
mod figure;
mod from;
mod from_function;
mod function;
mod insert;
mod join;
mod json;
mod keywords;
mod literal;
mod merge;
mod name;
mod named;
mod operator;
mod order;
mod overload;
mod policy;
mod precedence;
mod predicate;
mod query;
mod relation;
mod repeated;
mod resolve;
mod row;
mod sample;
mod scope;
mod search;
mod select;
mod size;
mod special;
mod statement;
mod syntax;
#[cfg(test)]
mod tests;
mod type_name;
mod types;
mod unknown;
mod window;
mod with;
mod write;

pub use keywords::is_plain_name;
pub use policy::policy_expression;
// For who makes up statements.
#[cfg(any(test, feature = "check"))]
pub(in crate::gate) use repeated::repeated;

pub(in crate::gate) use size::{SHAPE_BYTES, has_corners};

/// Whose text is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A principal's statement: names are checked for visibility.
    Client,
    /// An expression of the policy itself (row filter, mask): `:attribute` is allowed, visibility doesn't apply.
    Policy,
    /// Text that emit made, read again: visibility doesn't apply, since masks and filters read what is hidden.
    Verify,
}

/// Depth of nesting at most: expressions, subqueries and joins together.
pub const MAX_DEPTH: u32 = 100;

/// Windows in one statement at most, each counted once. PostgreSQL plans a step for each, in a time that grows with the cube of
/// their number and that neither its timeout nor a cancel ends.
pub const MAX_WINDOWS: u32 = 100;

/// Relations and calls in one statement at most.
pub const MAX_NODES: u32 = 2_000;

/// Columns of one select list at most, as in PostgreSQL (`MaxTupleAttributeNumber`).
pub const MAX_OUTPUT_COLUMNS: usize = 1_664;

/// What a statement may unfold to without writing it: columns that the elements of FROM bring and stars show, and
/// parts of named windows and merged columns where they are used. Without a bound, a few CTEs that double a star fill the memory.
pub const MAX_UNFOLDED: u32 = 50_000;

/// Bytes that `information_schema` may answer with in one statement: they are part of its text.
pub(super) const MAX_INFORMATION_BYTES: usize = 4 << 20;

/// What the query of a CTE brings along where PostgreSQL puts it in the CTE's place.
#[derive(Debug, Clone, Copy, Default)]
struct Unfolding {
    /// How many levels of queries.
    levels: u32,
    /// How many relations and calls, if that is done each time that it is read (NOT MATERIALIZED).
    nodes: u32,
}

/// The state of lowering one statement.
pub struct Lowering<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) policy: &'a BoundPolicy,
    pub(super) source: &'a Source<'a>,
    pub(super) mode: Mode,
    /// How many parameters the client brought: `$n` beyond is refused. In mode Verify: how many the plan has.
    pub(super) parameters: u32,
    /// Names in scope.
    pub(super) scope: scope::Scopes<'a>,
    next_item: u32,
    next_cte: u32,
    depth: u32,
    /// The depth that the query in work reaches where it reads CTEs, theirs counted in.
    reach: u32,
    /// What becomes of each CTE's query where it is read.
    unfolding: BTreeMap<CteId, Unfolding>,
    windows: Vec<Window>,
    nodes: u32,
    unfolded: u32,
    /// Bytes of what `information_schema` answers with.
    information_bytes: usize,
    /// The next WITH is that of the whole statement, whose CTEs may write.
    may_write: bool,
    /// Casts to a type of object names that no function has asked for yet.
    stray_search_objects: u32,
}

impl<'a> Lowering<'a> {
    /// A fresh state.
    pub fn new(
        catalog: &'a Catalog,
        policy: &'a BoundPolicy,
        source: &'a Source<'a>,
        mode: Mode,
        parameters: u32,
    ) -> Self {
        Self {
            catalog,
            policy,
            source,
            mode,
            parameters,
            scope: scope::Scopes::default(),
            next_item: 0,
            next_cte: 0,
            depth: 0,
            reach: 0,
            unfolding: BTreeMap::new(),
            windows: Vec::new(),
            nodes: 0,
            unfolded: 0,
            information_bytes: 0,
            may_write: false,
            stray_search_objects: 0,
        }
    }

    /// A new item identity.
    pub(super) fn item_id(&mut self) -> ItemId {
        self.next_item += 1;
        ItemId(self.next_item)
    }

    /// A new CTE identity.
    pub(super) fn cte_id(&mut self) -> CteId {
        self.next_cte += 1;
        CteId(self.next_cte)
    }

    /// Runs `inner` one level deeper; over [`MAX_DEPTH`] is a rejection.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        inner: impl FnOnce(&mut Self) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        if self.depth >= self.bound(MAX_DEPTH) {
            return Err(Rejection::new(
                Reason::LimitExceeded,
                format!("the statement is nested more than {MAX_DEPTH} levels deep"),
            )
            .at(span)
            .help("split it with WITH, or write it flatter"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Lowers the query of a CTE, and remembers how deep it is and, if it is `copied` wherever it is read, how large.
    pub(super) fn measured<T>(
        &mut self,
        cte: CteId,
        copied: bool,
        inner: impl FnOnce(&mut Self) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let around = std::mem::replace(&mut self.reach, self.depth);
        let before = self.nodes;
        let result = inner(self);
        let reached = std::mem::replace(&mut self.reach, around);
        let nodes = if copied { self.nodes - before } else { 0 };
        self.unfolding.insert(cte, Unfolding { levels: reached.saturating_sub(self.depth), nodes });
        result
    }

    /// Counts that a CTE is read here: PostgreSQL may put its query in that place, and plans for minutes where hundreds are nested
    /// that way, which neither its timeout nor a cancel ends. Over [`MAX_DEPTH`] is a rejection.
    pub(super) fn reach_into(&mut self, cte: CteId, span: Span) -> Result<(), Rejection> {
        let Unfolding { levels, nodes } = self.unfolding.get(&cte).copied().unwrap_or_default();
        self.count_nodes(nodes, span)?;
        let reached = self.depth + levels;
        if reached > self.bound(MAX_DEPTH) {
            return Err(Rejection::new(
                Reason::LimitExceeded,
                format!("CTEs that read one another are nested more than {MAX_DEPTH} levels deep"),
            )
            .at(span)
            .help("do more in each of them"));
        }
        self.reach = self.reach.max(reached);
        Ok(())
    }

    /// Counts a window unless there is one like it; over [`MAX_WINDOWS`] is a rejection.
    pub(super) fn count_window(&mut self, window: &Window, span: Span) -> Result<(), Rejection> {
        if self.windows.contains(window) {
            return Ok(());
        }
        if self.windows.len() >= self.bound(MAX_WINDOWS) as usize {
            return Err(Rejection::new(
                Reason::LimitExceeded,
                format!("the statement has more than {MAX_WINDOWS} different windows"),
            )
            .at(span)
            .help("use the same window in several places, or split the statement"));
        }
        self.windows.push(window.clone());
        Ok(())
    }

    /// Counts a relation or a call; over [`MAX_NODES`] is a rejection.
    pub(super) fn count_node(&mut self, span: Span) -> Result<(), Rejection> {
        self.count_nodes(1, span)
    }

    fn count_nodes(&mut self, more: u32, span: Span) -> Result<(), Rejection> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > self.bound(MAX_NODES) {
            return Err(Rejection::new(
                Reason::LimitExceeded,
                format!("the statement names more than {MAX_NODES} relations and functions"),
            )
            .at(span));
        }
        Ok(())
    }

    /// Counts what the statement unfolds to; over [`MAX_UNFOLDED`] is a rejection.
    pub(super) fn count_unfolded(&mut self, more: usize, span: Span) -> Result<(), Rejection> {
        self.unfolded = self.unfolded.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        if self.unfolded > self.bound(MAX_UNFOLDED) {
            return Err(Rejection::new(
                Reason::LimitExceeded,
                format!("the statement unfolds to more than {MAX_UNFOLDED} columns"),
            )
            .at(span)
            .help("name the columns that you need instead of `*`, and read fewer tables at once"));
        }
        Ok(())
    }

    /// Counts what copies of these expressions add: the merged column of a chain of joins holds a column of each.
    pub(super) fn count_copied<'e>(
        &mut self,
        copies: impl IntoIterator<Item = &'e Expr>,
        span: Span,
    ) -> Result<(), Rejection> {
        let mut nodes = 0;
        for copy in copies {
            match copy.kind {
                ExprKind::Column(_) => {}
                _ => copy.walk(&mut |_| nodes += 1),
            }
        }
        if nodes == 0 { Ok(()) } else { self.count_unfolded(nodes, span) }
    }

    /// What rewrite adds to a statement within the bounds may go over them.
    fn bound(&self, bound: u32) -> u32 {
        match self.mode {
            Mode::Client | Mode::Policy => bound,
            Mode::Verify => bound.saturating_mul(16),
        }
    }

    /// Refuses a notation that emit never uses where text that emit made is read again. It would mean the same here, but
    /// PostgreSQL may resolve it by other rules: by its own search path, by what else is in scope.
    pub(super) fn only_clients_write(&self, what: &str, span: Span) -> Result<(), Rejection> {
        match self.mode {
            Mode::Client | Mode::Policy => Ok(()),
            Mode::Verify => Err(not_supported(&format!("{what} in emitted text"), span)),
        }
    }

    /// The byte span of an AST node. sqlparser's spans are partial: an empty one gives the default span.
    pub(super) fn span(&self, node: &impl sqlparser::ast::Spanned) -> Span {
        self.convert(node.span())
    }

    /// The byte span of a parser's span.
    pub(super) fn convert(&self, span: sqlparser::tokenizer::Span) -> Span {
        if span.start.line == 0 {
            return Span::default();
        }
        Span::new(
            self.source.offset(span.start.line, span.start.column),
            self.source.offset(span.end.line, span.end.column),
        )
    }
}

/// A construct that pgwicket refuses by design, by name.
pub(super) fn not_supported(what: &str, span: Span) -> Rejection {
    Rejection::new(Reason::NotSupported, format!("{what} is not supported")).at(span)
}

/// A construct whose rules are not built yet, by name.
pub(super) fn not_yet(what: &str, span: Span) -> Rejection {
    Rejection::new(Reason::NotYetSupported, format!("{what} is not supported yet")).at(span)
}
