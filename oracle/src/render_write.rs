//! INSERT, UPDATE, DELETE and MERGE.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pg, DeleteStmt, InsertStmt, MergeStmt, Node, OnConflictClause, ResTarget};
use pg_query::protobuf::{RangeVar, ReturningClause, UpdateStmt};

use crate::render::{Outcome, Render, only};

impl Render {
    pub(crate) fn insert(&mut self, insert: &InsertStmt) -> Outcome {
        only(insert.r#override() == pg::OverridingKind::OverridingNotSet, "OVERRIDING")?;
        self.with(insert.with_clause.as_ref())?;
        self.target("INSERT INTO ", insert.relation.as_ref())?;
        if !insert.cols.is_empty() {
            self.push(" ");
            self.names(&insert.cols)?;
        }
        match &insert.select_stmt {
            Some(query) => {
                self.push(" ");
                self.subquery(Some(query))?;
            }
            None => self.push(" DEFAULT VALUES"),
        }
        if let Some(conflict) = &insert.on_conflict_clause {
            self.conflict(conflict)?;
        }
        self.returning(insert.returning_clause.as_ref())
    }

    fn target(&mut self, word: &str, relation: Option<&RangeVar>) -> Outcome {
        self.push(word);
        self.relation(relation.ok_or("a write to nothing")?)
    }

    fn conflict(&mut self, conflict: &OnConflictClause) -> Outcome {
        self.push(" ON CONFLICT");
        if let Some(infer) = &conflict.infer {
            only(infer.where_clause.is_none() && infer.conname.is_empty(), "a partial arbiter or a constraint")?;
            self.push(" (");
            self.list(&infer.index_elems, ", ", |render, element| {
                let Some(NodeEnum::IndexElem(element)) = &element.node else { return Err("no arbiter".to_owned()) };
                let plain = element.expr.is_none() && element.collation.is_empty() && element.opclass.is_empty();
                only(plain, "an arbiter that is no column")?;
                render.identifier(&element.name);
                Ok(())
            })?;
            self.push(")");
        }
        match conflict.action() {
            pg::OnConflictAction::OnconflictNothing => self.push(" DO NOTHING"),
            pg::OnConflictAction::OnconflictUpdate => {
                self.push(" DO UPDATE");
                self.assignments(&conflict.target_list)?;
            }
            other => return Err(format!("the action {other:?}")),
        }
        self.clause(" WHERE ", conflict.where_clause.as_deref())
    }

    /// The names of columns that are written, in parentheses.
    fn names(&mut self, columns: &[Node]) -> Outcome {
        self.push("(");
        self.list(columns, ", ", |render, column| {
            render.identifier(&written(column)?.name);
            Ok(())
        })?;
        self.push(")");
        Ok(())
    }

    fn assignments(&mut self, all: &[Node]) -> Outcome {
        self.push(" SET ");
        self.list(all, ", ", |render, one| {
            let one = written(one)?;
            render.identifier(&one.name);
            render.clause(" = ", one.val.as_deref())
        })
    }

    pub(crate) fn update(&mut self, update: &UpdateStmt) -> Outcome {
        self.with(update.with_clause.as_ref())?;
        self.target("UPDATE ", update.relation.as_ref())?;
        self.assignments(&update.target_list)?;
        self.items(" FROM ", &update.from_clause)?;
        self.clause(" WHERE ", update.where_clause.as_deref())?;
        self.returning(update.returning_clause.as_ref())
    }

    pub(crate) fn delete(&mut self, delete: &DeleteStmt) -> Outcome {
        self.with(delete.with_clause.as_ref())?;
        self.target("DELETE FROM ", delete.relation.as_ref())?;
        self.items(" USING ", &delete.using_clause)?;
        self.clause(" WHERE ", delete.where_clause.as_deref())?;
        self.returning(delete.returning_clause.as_ref())
    }

    fn items(&mut self, word: &str, items: &[Node]) -> Outcome {
        if !items.is_empty() {
            self.push(word);
        }
        self.list(items, ", ", Self::from_item)
    }

    pub(crate) fn merge(&mut self, merge: &MergeStmt) -> Outcome {
        self.with(merge.with_clause.as_ref())?;
        self.target("MERGE INTO ", merge.relation.as_ref())?;
        self.push(" USING ");
        let source = merge.source_relation.as_deref().ok_or("a MERGE without a source")?;
        if let Some(NodeEnum::JoinExpr(_)) = source.node {
            self.push("(");
            self.from_item(source)?;
            self.push(")");
        } else {
            self.from_item(source)?;
        }
        self.clause(" ON ", merge.join_condition.as_deref())?;
        for clause in &merge.merge_when_clauses {
            let Some(NodeEnum::MergeWhenClause(clause)) = &clause.node else { return Err("no clause".to_owned()) };
            only(clause.r#override() != pg::OverridingKind::OverridingSystemValue, "OVERRIDING")?;
            only(clause.r#override() != pg::OverridingKind::OverridingUserValue, "OVERRIDING")?;
            self.push(match clause.match_kind() {
                pg::MergeMatchKind::MergeWhenMatched => " WHEN MATCHED",
                pg::MergeMatchKind::MergeWhenNotMatchedByTarget => " WHEN NOT MATCHED",
                other => return Err(format!("the clause {other:?}")),
            });
            self.clause(" AND ", clause.condition.as_deref())?;
            self.push(" THEN ");
            match clause.command_type() {
                pg::CmdType::CmdUpdate => {
                    self.push("UPDATE");
                    self.assignments(&clause.target_list)?;
                }
                pg::CmdType::CmdDelete => self.push("DELETE"),
                pg::CmdType::CmdNothing => self.push("DO NOTHING"),
                pg::CmdType::CmdInsert => {
                    self.push("INSERT ");
                    self.names(&clause.target_list)?;
                    self.enclosed(" VALUES (", &clause.values, ")")?;
                }
                other => return Err(format!("the action {other:?}")),
            }
        }
        self.returning(merge.returning_clause.as_ref())
    }

    fn returning(&mut self, returning: Option<&ReturningClause>) -> Outcome {
        let Some(returning) = returning else { return Ok(()) };
        only(returning.options.is_empty(), "RETURNING WITH")?;
        self.push(" RETURNING ");
        self.projections(&returning.exprs)
    }
}

fn written(node: &Node) -> Result<&ResTarget, String> {
    match &node.node {
        Some(NodeEnum::ResTarget(target)) if target.indirection.is_empty() => Ok(target),
        other => Err(format!("no plain column is written: {other:?}")),
    }
}
