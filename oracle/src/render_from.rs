//! Elements of FROM.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pg, Alias, Node, RangeFunction, RangeVar};

use crate::render::{Outcome, Render, inner, only, string};

impl Render {
    pub(crate) fn from_item(&mut self, item: &Node) -> Outcome {
        match inner(Some(item))? {
            NodeEnum::RangeVar(relation) => self.relation(relation),
            NodeEnum::RangeTableSample(sample) => {
                self.from_item(sample.relation.as_deref().ok_or("a sample of nothing")?)?;
                let [method] = sample.method.as_slice() else { return Err("a method in a schema".to_owned()) };
                self.push(&format!(" TABLESAMPLE {} ", string(method)?.to_ascii_uppercase()));
                self.enclosed("(", &sample.args, ")")?;
                if let Some(seed) = &sample.repeatable {
                    self.clause(" REPEATABLE (", Some(seed))?;
                    self.push(")");
                }
                Ok(())
            }
            NodeEnum::RangeSubselect(derived) => {
                self.push(if derived.lateral { "LATERAL (" } else { "(" });
                self.subquery(derived.subquery.as_deref())?;
                self.push(")");
                self.alias(derived.alias.as_ref())
            }
            NodeEnum::RangeFunction(function) => self.function(function),
            NodeEnum::JoinExpr(join) => {
                let plain = !join.is_natural && join.using_clause.is_empty() && join.join_using_alias.is_none();
                only(plain && join.alias.is_none(), "USING, NATURAL or an alias of a join")?;
                self.join_operand(join.larg.as_deref())?;
                self.push(match (join.jointype(), &join.quals) {
                    (pg::JoinType::JoinInner, None) => " CROSS JOIN ",
                    (pg::JoinType::JoinInner, Some(_)) => " INNER JOIN ",
                    (pg::JoinType::JoinLeft, Some(_)) => " LEFT JOIN ",
                    (pg::JoinType::JoinRight, Some(_)) => " RIGHT JOIN ",
                    (pg::JoinType::JoinFull, Some(_)) => " FULL JOIN ",
                    other => return Err(format!("the join {other:?}")),
                });
                self.join_operand(join.rarg.as_deref())?;
                self.clause(" ON ", join.quals.as_deref())
            }
            other => Err(format!("in FROM: {other:?}")),
        }
    }

    fn join_operand(&mut self, item: Option<&Node>) -> Outcome {
        let item = item.ok_or("half a join")?;
        if !matches!(item.node, Some(NodeEnum::JoinExpr(_))) {
            return self.from_item(item);
        }
        self.push("(");
        self.from_item(item)?;
        self.push(")");
        Ok(())
    }

    pub(crate) fn relation(&mut self, relation: &RangeVar) -> Outcome {
        only(relation.catalogname.is_empty(), "a database's name")?;
        if !relation.inh {
            self.push("ONLY ");
        }
        if !relation.schemaname.is_empty() {
            self.identifier(&relation.schemaname);
            self.push(".");
        }
        self.identifier(&relation.relname);
        self.alias(relation.alias.as_ref())
    }

    fn alias(&mut self, alias: Option<&Alias>) -> Outcome {
        let alias = alias.ok_or("an item without an alias")?;
        self.push(" AS ");
        self.identifier(&alias.aliasname);
        self.column_list(&alias.colnames)
    }

    fn function(&mut self, function: &RangeFunction) -> Outcome {
        only(!function.is_rowsfrom, "ROWS FROM")?;
        if function.lateral {
            self.push("LATERAL ");
        }
        let [single] = function.functions.as_slice() else { return Err("several functions".to_owned()) };
        let Some(NodeEnum::List(list)) = &single.node else { return Err("no function".to_owned()) };
        // The call, and its own column definitions, which only ROWS FROM has.
        let [call, definitions @ ..] = list.items.as_slice() else { return Err("no function".to_owned()) };
        only(definitions.iter().all(|one| one.node.is_none()), "column definitions in ROWS FROM")?;
        self.expr(call)?;
        if function.ordinality {
            self.push(" WITH ORDINALITY");
        }
        self.alias(function.alias.as_ref())?;
        if function.coldeflist.is_empty() {
            return Ok(());
        }
        self.push("(");
        self.list(&function.coldeflist, ", ", |render, definition| {
            let Some(NodeEnum::ColumnDef(definition)) = &definition.node else { return Err("no column".to_owned()) };
            only(definition.coll_clause.is_none() && definition.constraints.is_empty(), "more than a type")?;
            render.identifier(&definition.colname);
            render.push(" ");
            render.type_name(definition.type_name.as_ref())
        })?;
        self.push(")");
        Ok(())
    }
}
