//! Expressions.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pg, AConst, AExpr, FuncCall, Node, SubLink};
use pg_query::protobuf::{WindowDef, a_const::Val};

use crate::render::{Outcome, Render, inner, only, string};

impl Render {
    pub(crate) fn expr(&mut self, node: &Node) -> Outcome {
        match inner(Some(node))? {
            NodeEnum::ColumnRef(column) => self.list(&column.fields, ".", |render, field| match &field.node {
                Some(NodeEnum::AStar(_)) => {
                    render.push("*");
                    Ok(())
                }
                _ => {
                    render.identifier(string(field)?);
                    Ok(())
                }
            }),
            NodeEnum::AConst(constant) => self.constant(constant),
            NodeEnum::ParamRef(parameter) => {
                self.push(&format!("${}", parameter.number));
                Ok(())
            }
            NodeEnum::TypeCast(cast) => {
                self.clause("CAST(", cast.arg.as_deref())?;
                self.push(" AS ");
                self.type_name(cast.type_name.as_ref())?;
                self.push(")");
                Ok(())
            }
            NodeEnum::FuncCall(call) => self.call(call),
            NodeEnum::AExpr(expr) => self.operator(expr),
            NodeEnum::BoolExpr(expr) => match (expr.boolop(), expr.args.as_slice()) {
                (pg::BoolExprType::NotExpr, [inner]) => self.parenthesised("(NOT ", inner),
                (pg::BoolExprType::AndExpr, all) => self.joined(all, " AND "),
                (pg::BoolExprType::OrExpr, all) => self.joined(all, " OR "),
                other => Err(format!("{other:?}")),
            },
            NodeEnum::NullTest(test) => {
                let word = if test.nulltesttype() == pg::NullTestType::IsNull { " IS NULL)" } else { " IS NOT NULL)" };
                self.tested(test.arg.as_deref(), word)
            }
            NodeEnum::BooleanTest(test) => {
                let word = match test.booltesttype() {
                    pg::BoolTestType::IsTrue => " IS TRUE)",
                    pg::BoolTestType::IsNotTrue => " IS NOT TRUE)",
                    pg::BoolTestType::IsFalse => " IS FALSE)",
                    pg::BoolTestType::IsNotFalse => " IS NOT FALSE)",
                    pg::BoolTestType::IsUnknown => " IS UNKNOWN)",
                    pg::BoolTestType::IsNotUnknown => " IS NOT UNKNOWN)",
                    pg::BoolTestType::Undefined => return Err("a test of nothing".to_owned()),
                };
                self.tested(test.arg.as_deref(), word)
            }
            NodeEnum::SubLink(link) => self.sublink(link),
            NodeEnum::CaseExpr(case) => {
                self.push("CASE");
                self.clause(" ", case.arg.as_deref())?;
                for arm in &case.args {
                    let Some(NodeEnum::CaseWhen(arm)) = &arm.node else { return Err("no arm of CASE".to_owned()) };
                    self.clause(" WHEN ", arm.expr.as_deref())?;
                    self.clause(" THEN ", arm.result.as_deref())?;
                }
                self.clause(" ELSE ", case.defresult.as_deref())?;
                self.push(" END");
                Ok(())
            }
            NodeEnum::CoalesceExpr(form) => self.enclosed("COALESCE(", &form.args, ")"),
            NodeEnum::MinMaxExpr(form) => match form.op() {
                pg::MinMaxOp::IsGreatest => self.enclosed("GREATEST(", &form.args, ")"),
                pg::MinMaxOp::IsLeast => self.enclosed("LEAST(", &form.args, ")"),
                pg::MinMaxOp::Undefined => Err("neither GREATEST nor LEAST".to_owned()),
            },
            NodeEnum::SqlvalueFunction(clock) => self.clock(clock),
            NodeEnum::AArrayExpr(array) => self.enclosed("ARRAY[", &array.elements, "]"),
            NodeEnum::RowExpr(row) => {
                only(row.row_format() == pg::CoercionForm::CoerceExplicitCall, "a row without ROW")?;
                self.enclosed("ROW(", &row.args, ")")
            }
            NodeEnum::GroupingFunc(grouping) => self.enclosed("GROUPING(", &grouping.args, ")"),
            NodeEnum::AIndirection(part) => self.parts(part),
            NodeEnum::CollateClause(collate) => {
                self.clause("(", collate.arg.as_deref())?;
                self.push(" COLLATE ");
                self.dotted(&collate.collname)?;
                self.push(")");
                Ok(())
            }
            NodeEnum::SetToDefault(_) => {
                self.push("DEFAULT");
                Ok(())
            }
            NodeEnum::JsonFuncExpr(_) | NodeEnum::JsonIsPredicate(_) => self.json_query(inner(Some(node))?),
            NodeEnum::JsonObjectConstructor(object) => {
                only(object.absent_on_null && !object.unique, "how NULL and keys that repeat are taken")?;
                self.push("JSON_OBJECT(");
                self.list(&object.exprs, ", ", |render, pair| {
                    let Some(NodeEnum::JsonKeyValue(pair)) = &pair.node else { return Err("no pair".to_owned()) };
                    render.clause("", pair.key.as_deref())?;
                    render.push(" VALUE ");
                    render.json_value(pair.value.as_deref())
                })?;
                self.json_output(object.output.as_ref())
            }
            NodeEnum::JsonArrayConstructor(array) => {
                only(array.absent_on_null, "how NULL is taken")?;
                self.push("JSON_ARRAY(");
                self.list(&array.exprs, ", ", |render, value| match &value.node {
                    Some(NodeEnum::JsonValueExpr(value)) => render.json_value(Some(value)),
                    other => Err(format!("no value: {other:?}")),
                })?;
                self.json_output(array.output.as_ref())
            }
            other => Err(format!("as an expression: {other:?}")),
        }
    }

    pub(crate) fn parenthesised(&mut self, opening: &str, inner: &Node) -> Outcome {
        self.push(opening);
        self.expr(inner)?;
        self.push(")");
        Ok(())
    }

    fn tested(&mut self, tested: Option<&Node>, word: &str) -> Outcome {
        self.clause("(", tested)?;
        self.push(word);
        Ok(())
    }

    fn joined(&mut self, all: &[Node], word: &str) -> Outcome {
        self.push("(");
        self.list(all, word, Self::expr)?;
        self.push(")");
        Ok(())
    }

    fn constant(&mut self, constant: &AConst) -> Outcome {
        match &constant.val {
            None => {
                only(constant.isnull, "a constant without a value")?;
                self.push("NULL");
            }
            Some(Val::Ival(number)) => self.push(&number.ival.to_string()),
            Some(Val::Fval(number)) => self.push(&number.fval),
            Some(Val::Boolval(value)) => self.push(if value.boolval { "TRUE" } else { "FALSE" }),
            Some(Val::Sval(text)) => self.push(&format!("'{}'", text.sval.replace('\'', "''"))),
            Some(Val::Bsval(bits)) => return Err(format!("bits: {}", bits.bsval)),
        }
        Ok(())
    }

    fn operator(&mut self, expr: &AExpr) -> Outcome {
        let [symbol] = expr.name.as_slice() else { return Err("an operator in a schema".to_owned()) };
        let symbol = string(symbol)?;
        let (left, right) = (expr.lexpr.as_deref(), expr.rexpr.as_deref().ok_or("an operator of nothing")?);
        let word = match expr.kind() {
            pg::AExprKind::AexprNullif => {
                self.clause("NULLIF(", left)?;
                return self.parenthesised(", ", right);
            }
            pg::AExprKind::AexprOp => symbol,
            pg::AExprKind::AexprDistinct => "IS DISTINCT FROM",
            pg::AExprKind::AexprNotDistinct => "IS NOT DISTINCT FROM",
            pg::AExprKind::AexprOpAny | pg::AExprKind::AexprOpAll => {
                self.clause("(", left)?;
                let all = expr.kind() == pg::AExprKind::AexprOpAll;
                self.parenthesised(&format!(" {symbol} {} (", if all { "ALL" } else { "ANY" }), right)?;
                self.push(")");
                return Ok(());
            }
            pg::AExprKind::AexprIn => {
                let Some(NodeEnum::List(list)) = &right.node else { return Err("IN nothing".to_owned()) };
                self.clause("(", left)?;
                return self.enclosed(if symbol == "=" { " IN (" } else { " NOT IN (" }, &list.items, "))");
            }
            pg::AExprKind::AexprBetween | pg::AExprKind::AexprNotBetween => {
                let Some(NodeEnum::List(list)) = &right.node else { return Err("BETWEEN nothing".to_owned()) };
                self.clause("(", left)?;
                let negated = expr.kind() == pg::AExprKind::AexprNotBetween;
                self.push(if negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.list(&list.items, " AND ", Self::expr)?;
                self.push(")");
                return Ok(());
            }
            other => return Err(format!("the operator {other:?}")),
        };
        self.push("(");
        if left.is_some() {
            self.clause("", left)?;
            self.push(" ");
        }
        self.push(word);
        self.parenthesised(" ", right)
    }

    fn sublink(&mut self, link: &SubLink) -> Outcome {
        let query = link.subselect.as_deref();
        let symbol = match link.oper_name.as_slice() {
            [] => None,
            [symbol] => Some(string(symbol)?),
            _ => return Err("an operator in a schema".to_owned()),
        };
        let opening = match (link.sub_link_type(), symbol) {
            (pg::SubLinkType::ExistsSublink, None) => "EXISTS (".to_owned(),
            (pg::SubLinkType::ExprSublink, None) => "(".to_owned(),
            (pg::SubLinkType::ArraySublink, None) => "ARRAY(".to_owned(),
            (pg::SubLinkType::AnySublink, None) => " IN (".to_owned(),
            (pg::SubLinkType::AnySublink, Some(symbol)) => format!(" {symbol} ANY ("),
            (pg::SubLinkType::AllSublink, Some(symbol)) => format!(" {symbol} ALL ("),
            other => return Err(format!("the subquery {other:?}")),
        };
        self.clause("(", link.testexpr.as_deref())?;
        self.push(&opening);
        self.subquery(query)?;
        self.push(if link.testexpr.is_some() { "))" } else { ")" });
        Ok(())
    }

    fn clock(&mut self, clock: &pg::SqlValueFunction) -> Outcome {
        use pg::SqlValueFunctionOp as Op;
        self.push(match clock.op() {
            Op::SvfopCurrentDate => "CURRENT_DATE",
            Op::SvfopCurrentTime | Op::SvfopCurrentTimeN => "CURRENT_TIME",
            Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN => "CURRENT_TIMESTAMP",
            Op::SvfopLocaltime | Op::SvfopLocaltimeN => "LOCALTIME",
            Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN => "LOCALTIMESTAMP",
            other => return Err(format!("the value {other:?}")),
        });
        let precise =
            [Op::SvfopCurrentTimeN, Op::SvfopCurrentTimestampN, Op::SvfopLocaltimeN, Op::SvfopLocaltimestampN];
        if precise.contains(&clock.op()) {
            self.push(&format!("({})", clock.typmod));
        }
        Ok(())
    }

    /// `(a).b`, `(a)[1]`, `(a)[1 : 2]`.
    fn parts(&mut self, part: &pg::AIndirection) -> Outcome {
        self.parenthesised("(", part.arg.as_deref().ok_or("a part of nothing")?)?;
        for one in &part.indirection {
            match &one.node {
                Some(NodeEnum::String(name)) => {
                    self.push(".");
                    self.identifier(&name.sval);
                }
                Some(NodeEnum::AIndices(at)) => {
                    self.push("[");
                    self.clause("", at.lidx.as_deref())?;
                    if at.is_slice {
                        self.push(" : ");
                    }
                    self.clause("", at.uidx.as_deref())?;
                    self.push("]");
                }
                other => return Err(format!("the part {other:?}")),
            }
        }
        Ok(())
    }

    fn call(&mut self, call: &FuncCall) -> Outcome {
        only(call.funcformat() == pg::CoercionForm::CoerceExplicitCall, "a function in SQL's syntax")?;
        self.dotted(&call.funcname)?;
        self.push("(");
        if call.agg_star {
            self.push("*");
        }
        if call.agg_distinct {
            self.push("DISTINCT ");
        }
        let last = call.args.len().saturating_sub(1);
        for (at, argument) in call.args.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            if call.func_variadic && at == last {
                self.push("VARIADIC ");
            }
            match &argument.node {
                Some(NodeEnum::NamedArgExpr(named)) => {
                    self.identifier(&named.name);
                    self.clause(" => ", named.arg.as_deref())?;
                }
                _ => self.expr(argument)?,
            }
        }
        if call.agg_within_group {
            self.push(") WITHIN GROUP (ORDER BY ");
            self.order_list(&call.agg_order)?;
        } else {
            self.order_by(&call.agg_order)?;
        }
        self.push(")");
        if let Some(filter) = &call.agg_filter {
            self.parenthesised(" FILTER (WHERE ", filter)?;
        }
        match &call.over {
            Some(window) => self.window(window),
            None => Ok(()),
        }
    }

    fn window(&mut self, window: &WindowDef) -> Outcome {
        only(window.name.is_empty() && window.refname.is_empty(), "a window by its name")?;
        self.push(" OVER (");
        if !window.partition_clause.is_empty() {
            self.enclosed("PARTITION BY ", &window.partition_clause, "")?;
        }
        self.order_by(&window.order_clause)?;
        let options = window.frame_options;
        // FRAMEOPTION_… of PostgreSQL's parsenodes.h.
        if options & 0x1 != 0 {
            only(options & !0x7fff == 0, "EXCLUDE")?;
            self.push(match options & 0xe {
                0x2 => " RANGE ",
                0x4 => " ROWS ",
                0x8 => " GROUPS ",
                _ => return Err("the units of a frame".to_owned()),
            });
            let between = options & 0x10 != 0;
            self.push(if between { "BETWEEN " } else { "" });
            self.bound(options, [0x20, 0x800, 0x200, 0x2000, 0x80], window.start_offset.as_deref())?;
            if between {
                self.push(" AND ");
                self.bound(options, [0x40, 0x1000, 0x400, 0x4000, 0x100], window.end_offset.as_deref())?;
            }
        }
        self.push(")");
        Ok(())
    }

    /// One end of a frame by its options: unbounded preceding, preceding, current row, following, unbounded following.
    fn bound(&mut self, options: i32, of: [i32; 5], offset: Option<&Node>) -> Outcome {
        let words = ["UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"];
        let mut said = of.iter().zip(words).filter(|(option, _)| options & **option != 0);
        let (Some((_, word)), None) = (said.next(), said.next()) else { return Err("the end of a frame".to_owned()) };
        only(offset.is_some() == word.starts_with(' '), "the offset of a frame")?;
        self.clause("", offset)?;
        self.push(word);
        Ok(())
    }
}
