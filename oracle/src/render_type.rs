//! Types, and JSON's own syntax.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pg, AConst, JsonOutput, JsonValueExpr, Node, TypeName, a_const::Val};

use crate::render::{Outcome, Render, only, string};

impl Render {
    pub(crate) fn type_name(&mut self, name: Option<&TypeName>) -> Outcome {
        let name = name.ok_or("a type without a name")?;
        only(!name.setof && !name.pct_type && name.array_bounds.len() <= 1, "SETOF, %TYPE or arrays of arrays")?;
        let parts = name.names.iter().map(string).collect::<Result<Vec<_>, _>>()?;
        let modifiers = name.typmods.iter().map(modifier).collect::<Result<Vec<_>, _>>()?;
        if parts == ["pg_catalog", "interval"] && !modifiers.is_empty() {
            self.push(&interval(&modifiers)?);
        } else {
            self.dotted(&name.names)?;
            if !modifiers.is_empty() {
                self.push(&format!("({})", modifiers.join(", ")));
            }
        }
        self.push(if name.array_bounds.is_empty() { "" } else { "[]" });
        Ok(())
    }

    pub(crate) fn json_query(&mut self, node: &NodeEnum) -> Outcome {
        match node {
            NodeEnum::JsonFuncExpr(query) => {
                let plain = query.passing.is_empty() && query.output.is_none();
                only(plain && query.on_empty.is_none() && query.on_error.is_none(), "clauses of a JSON query")?;
                self.push(match query.op() {
                    pg::JsonExprOp::JsonExistsOp => "JSON_EXISTS(",
                    pg::JsonExprOp::JsonValueOp => "JSON_VALUE(",
                    pg::JsonExprOp::JsonQueryOp => "JSON_QUERY(",
                    other => return Err(format!("the JSON query {other:?}")),
                });
                self.json_value(query.context_item.as_deref())?;
                self.parenthesised(", ", query.pathspec.as_deref().ok_or("no path")?)
            }
            NodeEnum::JsonIsPredicate(test) => {
                self.clause("(", test.expr.as_deref())?;
                self.push(match test.item_type() {
                    pg::JsonValueType::JsTypeAny => " IS JSON VALUE",
                    pg::JsonValueType::JsTypeScalar => " IS JSON SCALAR",
                    pg::JsonValueType::JsTypeArray => " IS JSON ARRAY",
                    pg::JsonValueType::JsTypeObject => " IS JSON OBJECT",
                    pg::JsonValueType::Undefined => return Err("IS JSON of no kind".to_owned()),
                });
                self.push(if test.unique_keys { " WITH UNIQUE KEYS)" } else { ")" });
                Ok(())
            }
            other => Err(format!("about JSON: {other:?}")),
        }
    }

    pub(crate) fn json_value(&mut self, value: Option<&JsonValueExpr>) -> Outcome {
        let raw = value.and_then(|value| value.raw_expr.as_deref()).ok_or("no JSON value")?;
        self.expr(raw)
    }

    pub(crate) fn json_output(&mut self, output: Option<&JsonOutput>) -> Outcome {
        self.push(" ABSENT ON NULL RETURNING ");
        let ty = output.and_then(|output| output.type_name.as_ref()).ok_or("RETURNING nothing")?;
        let last = string(ty.names.last().ok_or("a type without a name")?)?;
        only(["json", "jsonb"].contains(&last) && ty.typmods.is_empty(), "what RETURNING says")?;
        self.push(last);
        self.push(")");
        Ok(())
    }
}

/// A number, or the word of a type that is no number.
fn modifier(node: &Node) -> Result<String, String> {
    match &node.node {
        Some(NodeEnum::AConst(AConst { val: Some(Val::Ival(number)), .. })) => Ok(number.ival.to_string()),
        Some(NodeEnum::ColumnRef(word)) if word.fields.len() == 1 => Ok(string(&word.fields[0])?.to_owned()),
        other => Err(format!("the modifier {other:?}")),
    }
}

/// The type by the bits of its fields, which PostgreSQL's datetime.h numbers.
fn interval(modifiers: &[String]) -> Result<String, String> {
    let (year, month, day, hour, minute, second) = (1 << 2, 1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12);
    let fields = [
        (0x7fff, ""),
        (year, " YEAR"),
        (month, " MONTH"),
        (day, " DAY"),
        (hour, " HOUR"),
        (minute, " MINUTE"),
        (second, " SECOND"),
        (year | month, " YEAR TO MONTH"),
        (day | hour, " DAY TO HOUR"),
        (day | hour | minute, " DAY TO MINUTE"),
        (day | hour | minute | second, " DAY TO SECOND"),
        (hour | minute, " HOUR TO MINUTE"),
        (hour | minute | second, " HOUR TO SECOND"),
        (minute | second, " MINUTE TO SECOND"),
    ];
    let mask = modifiers.first().and_then(|mask| mask.parse::<i32>().ok()).ok_or("an interval's fields")?;
    let (_, words) = fields.iter().find(|(bits, _)| *bits == mask).ok_or("an interval's fields")?;
    let precision = modifiers.get(1).map(|digits| format!("({digits})")).unwrap_or_default();
    Ok(format!("INTERVAL{words}{precision}"))
}
