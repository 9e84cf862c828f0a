//! PostgreSQL's parse tree as text, in the forms that the gate's emit has. Written from the tree alone: what these forms
//! don't have is an error, so that nothing in the tree is passed over.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pg, Node, SelectStmt, WithClause};

/// A sentence on what the tree has that emitted text never has.
pub(crate) type Outcome = Result<(), String>;

/// The text being written.
#[derive(Default)]
pub(crate) struct Render {
    pub(crate) out: String,
}

/// The statement of a parse tree.
///
/// # Errors
/// There isn't exactly one statement, or it has what emitted text never has.
pub(crate) fn render(tree: &pg::ParseResult) -> Result<String, String> {
    let [statement] = tree.stmts.as_slice() else { return Err(format!("{} statements", tree.stmts.len())) };
    let mut render = Render::default();
    render.statement(inner(statement.stmt.as_deref())?)?;
    Ok(render.out)
}

pub(crate) fn inner(node: Option<&Node>) -> Result<&NodeEnum, String> {
    node.and_then(|node| node.node.as_ref()).ok_or_else(|| "a node is missing".to_owned())
}

/// A string node, as names are made of.
pub(crate) fn string(node: &Node) -> Result<&str, String> {
    match &node.node {
        Some(NodeEnum::String(text)) => Ok(&text.sval),
        other => Err(format!("no name: {other:?}")),
    }
}

/// An error unless `fine`.
pub(crate) fn only(fine: bool, what: &str) -> Outcome {
    if fine { Ok(()) } else { Err(format!("unforeseen: {what}")) }
}

impl Render {
    pub(crate) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(crate) fn identifier(&mut self, name: &str) {
        self.push(&format!("\"{}\"", name.replace('"', "\"\"")));
    }

    /// Names with dots between.
    pub(crate) fn dotted(&mut self, names: &[Node]) -> Outcome {
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                self.push(".");
            }
            self.identifier(string(name)?);
        }
        only(!names.is_empty(), "an empty name")
    }

    pub(crate) fn list<T>(
        &mut self,
        all: &[T],
        separator: &str,
        mut one: impl FnMut(&mut Self, &T) -> Outcome,
    ) -> Outcome {
        for (at, element) in all.iter().enumerate() {
            if at > 0 {
                self.push(separator);
            }
            one(self, element)?;
        }
        Ok(())
    }

    /// Something in front, the list, something behind.
    pub(crate) fn enclosed(&mut self, opening: &str, all: &[Node], closing: &str) -> Outcome {
        self.push(opening);
        self.list(all, ", ", Self::expr)?;
        self.push(closing);
        Ok(())
    }

    pub(crate) fn statement(&mut self, node: &NodeEnum) -> Outcome {
        match node {
            NodeEnum::SelectStmt(select) => self.query(select),
            NodeEnum::ExplainStmt(explain) => {
                self.push("EXPLAIN (");
                self.list(&explain.options, ", ", |render, option| {
                    let Some(NodeEnum::DefElem(option)) = &option.node else { return Err("no option".to_owned()) };
                    let Some(NodeEnum::String(value)) = option.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                        return Err(format!("the option {}", option.defname));
                    };
                    render.push(&format!("{} {}", option.defname, value.sval).to_ascii_uppercase());
                    Ok(())
                })?;
                self.push(") ");
                self.statement(inner(explain.query.as_deref())?)
            }
            NodeEnum::InsertStmt(insert) => self.insert(insert),
            NodeEnum::UpdateStmt(update) => self.update(update),
            NodeEnum::DeleteStmt(delete) => self.delete(delete),
            NodeEnum::MergeStmt(merge) => self.merge(merge),
            other => Err(format!("no statement of ours: {other:?}")),
        }
    }

    pub(crate) fn subquery(&mut self, node: Option<&Node>) -> Outcome {
        match inner(node)? {
            NodeEnum::SelectStmt(select) => self.query(select),
            other => Err(format!("no subquery: {other:?}")),
        }
    }

    pub(crate) fn with(&mut self, with: Option<&WithClause>) -> Outcome {
        let Some(with) = with else { return Ok(()) };
        self.push(if with.recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(&with.ctes, ", ", |render, cte| {
            let Some(NodeEnum::CommonTableExpr(cte)) = &cte.node else { return Err("no CTE".to_owned()) };
            only(cte.search_clause.is_none() && cte.cycle_clause.is_none(), "SEARCH or CYCLE")?;
            render.identifier(&cte.ctename);
            render.column_list(&cte.aliascolnames)?;
            render.push(match cte.ctematerialized() {
                pg::CteMaterialize::Always => " AS MATERIALIZED (",
                pg::CteMaterialize::Never => " AS NOT MATERIALIZED (",
                _ => " AS (",
            });
            render.statement(inner(cte.ctequery.as_deref())?)?;
            render.push(")");
            Ok(())
        })?;
        self.push(" ");
        Ok(())
    }

    pub(crate) fn column_list(&mut self, names: &[Node]) -> Outcome {
        if names.is_empty() {
            return Ok(());
        }
        self.push("(");
        self.list(names, ", ", |render, name| {
            render.identifier(string(name)?);
            Ok(())
        })?;
        self.push(")");
        Ok(())
    }

    pub(crate) fn query(&mut self, select: &SelectStmt) -> Outcome {
        only(select.locking_clause.is_empty(), "FOR UPDATE or kin")?;
        self.with(select.with_clause.as_ref())?;
        self.body(select)?;
        self.order_by(&select.sort_clause)?;
        let ties = select.limit_option() == pg::LimitOption::WithTies;
        if let Some(count) = select.limit_count.as_deref().filter(|_| !ties) {
            self.push(" LIMIT ");
            self.expr(count)?;
        }
        if let Some(offset) = &select.limit_offset {
            self.push(" OFFSET ");
            self.expr(offset)?;
        }
        if let Some(count) = select.limit_count.as_deref().filter(|_| ties) {
            self.push(" FETCH FIRST ");
            self.expr(count)?;
            self.push(" ROWS WITH TIES");
        }
        Ok(())
    }

    /// A query without WITH, ORDER BY and LIMIT.
    fn body(&mut self, select: &SelectStmt) -> Outcome {
        let word = match select.op() {
            pg::SetOperation::SetopUnion => " UNION ",
            pg::SetOperation::SetopIntersect => " INTERSECT ",
            pg::SetOperation::SetopExcept => " EXCEPT ",
            _ => return self.select(select),
        };
        let (Some(left), Some(right)) = (&select.larg, &select.rarg) else { return Err("half a set".to_owned()) };
        // Those that group to the left by themselves have no parentheses.
        let intersect = pg::SetOperation::SetopIntersect;
        let groups = !has_clauses(left) && is_set(left) && (left.op() == intersect || select.op() != intersect);
        if groups {
            self.body(left)?
        } else {
            self.operand(left)?
        }
        self.push(word);
        if select.all {
            self.push("ALL ");
        }
        self.operand(right)
    }

    fn operand(&mut self, select: &SelectStmt) -> Outcome {
        if !has_clauses(select) && !is_set(select) {
            return self.select(select);
        }
        self.push("(");
        self.query(select)?;
        self.push(")");
        Ok(())
    }

    fn select(&mut self, select: &SelectStmt) -> Outcome {
        only(select.into_clause.is_none() && select.window_clause.is_empty(), "INTO or WINDOW")?;
        if !select.values_lists.is_empty() {
            self.push("VALUES ");
            return self.list(&select.values_lists, ", ", |render, row| match &row.node {
                Some(NodeEnum::List(row)) => render.enclosed("(", &row.items, ")"),
                other => Err(format!("no row: {other:?}")),
            });
        }
        self.push("SELECT");
        match select.distinct_clause.as_slice() {
            [] => {}
            // A list of nothing is DISTINCT without ON.
            [Node { node: None }] => self.push(" DISTINCT"),
            all => self.enclosed(" DISTINCT ON (", all, ")")?,
        }
        if !select.target_list.is_empty() {
            self.push(" ");
            self.projections(&select.target_list)?;
        }
        if !select.from_clause.is_empty() {
            self.push(" FROM ");
            self.list(&select.from_clause, ", ", Self::from_item)?;
        }
        self.clause(" WHERE ", select.where_clause.as_deref())?;
        if !select.group_clause.is_empty() {
            self.push(if select.group_distinct { " GROUP BY DISTINCT " } else { " GROUP BY " });
            self.list(&select.group_clause, ", ", Self::group_element)?;
        }
        self.clause(" HAVING ", select.having_clause.as_deref())
    }

    pub(crate) fn clause(&mut self, word: &str, condition: Option<&Node>) -> Outcome {
        let Some(condition) = condition else { return Ok(()) };
        self.push(word);
        self.expr(condition)
    }

    pub(crate) fn projections(&mut self, all: &[Node]) -> Outcome {
        self.list(all, ", ", |render, one| {
            let Some(NodeEnum::ResTarget(one)) = &one.node else { return Err("no output column".to_owned()) };
            only(one.indirection.is_empty(), "a part of an output column")?;
            render.clause("", one.val.as_deref())?;
            if one.name.is_empty() {
                // The one of a record with named fields.
                return only(render.out.ends_with("COALESCE(\"r\".*)"), "an output column without a name");
            }
            render.push(" AS ");
            render.identifier(&one.name);
            Ok(())
        })
    }

    fn group_element(&mut self, element: &Node) -> Outcome {
        let Some(NodeEnum::GroupingSet(sets)) = &element.node else { return self.expr(element) };
        self.push(match sets.kind() {
            pg::GroupingSetKind::GroupingSetEmpty => {
                self.push("()");
                return Ok(());
            }
            pg::GroupingSetKind::GroupingSetRollup => "ROLLUP (",
            pg::GroupingSetKind::GroupingSetCube => "CUBE (",
            pg::GroupingSetKind::GroupingSetSets => "GROUPING SETS (",
            other => return Err(format!("a grouping set {other:?}")),
        });
        self.list(&sets.content, ", ", |render, set| match &set.node {
            Some(NodeEnum::GroupingSet(empty)) => {
                only(empty.kind() == pg::GroupingSetKind::GroupingSetEmpty, "a set in a set")?;
                render.push("()");
                Ok(())
            }
            Some(NodeEnum::RowExpr(row)) if row.row_format() == pg::CoercionForm::CoerceImplicitCast => {
                render.enclosed("(", &row.args, ")")
            }
            _ => {
                render.push("(");
                render.expr(set)?;
                render.push(")");
                Ok(())
            }
        })?;
        self.push(")");
        Ok(())
    }

    pub(crate) fn order_by(&mut self, all: &[Node]) -> Outcome {
        if all.is_empty() {
            return Ok(());
        }
        self.push(" ORDER BY ");
        self.order_list(all)
    }

    pub(crate) fn order_list(&mut self, all: &[Node]) -> Outcome {
        self.list(all, ", ", |render, one| {
            let Some(NodeEnum::SortBy(sort)) = &one.node else { return Err("no order".to_owned()) };
            render.clause("", sort.node.as_deref())?;
            match sort.sortby_dir() {
                pg::SortByDir::SortbyDefault => {}
                pg::SortByDir::SortbyDesc => render.push(" DESC"),
                other => return Err(format!("the order {other:?}")),
            }
            match sort.sortby_nulls() {
                pg::SortByNulls::SortbyNullsFirst => render.push(" NULLS FIRST"),
                pg::SortByNulls::SortbyNullsLast => render.push(" NULLS LAST"),
                _ => {}
            }
            Ok(())
        })
    }
}

fn is_set(select: &SelectStmt) -> bool {
    select.larg.is_some()
}

fn has_clauses(select: &SelectStmt) -> bool {
    !select.sort_clause.is_empty()
        || select.limit_count.is_some()
        || select.limit_offset.is_some()
        || select.with_clause.is_some()
        || !select.locking_clause.is_empty()
}
