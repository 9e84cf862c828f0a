//! Expressions as text.

use super::Writer;
use crate::gate::ir::{
    Call, Clock, ColumnRef, Expr, ExprKind, Frame, FrameBound, FrameUnits, IsTest, JsonKind, JsonPathForm, Literal,
    Projection, Query, SpecialForm, Subscript, TypeRef, Window,
};

impl Writer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column(column) => self.column(column),
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Parameter(number) => {
                self.push("$");
                self.push(&number.to_string());
            }
            // Rewrite replaces both; `:name` and the key's mark are no SQL, so a slip fails verification and PostgreSQL.
            ExprKind::Attribute(name) => self.attribute(name),
            ExprKind::MaskKey => self.push(":mask_key"),
            ExprKind::Cast { expr, to } => {
                self.push("CAST(");
                self.expr(expr);
                self.push(" AS ");
                self.type_ref(to);
                self.push(")");
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Operator { symbol, left, right } => {
                self.push("(");
                if let Some(left) = left {
                    self.expr(left);
                    self.push(" ");
                }
                self.push(symbol);
                self.push(" ");
                self.expr(right);
                self.push(")");
            }
            ExprKind::And(all) => self.joined(all, " AND "),
            ExprKind::Or(all) => self.joined(all, " OR "),
            ExprKind::Not(inner) => {
                self.push("(NOT ");
                self.expr(inner);
                self.push(")");
            }
            ExprKind::Array(all) => {
                self.push("ARRAY[");
                self.list(all, ", ", Self::expr);
                self.push("]");
            }
            ExprKind::Row(all) => self.form("ROW(", all),
            // Rewrite replaces it; the mark is no SQL.
            ExprKind::WholeRow { item, fields: _ } => {
                self.push(":row(");
                self.item(*item);
                self.push(")");
            }
            ExprKind::Record(fields) => self.record(fields),
            ExprKind::Field { base, name } => {
                self.push("(");
                self.expr(base);
                self.push(").");
                self.identifier(name);
            }
            ExprKind::Grouping(all) => self.form("GROUPING(", all),
            ExprKind::Special { form, arguments } => self.form(special(*form), arguments),
            ExprKind::Clock(clock) => self.clock(*clock),
            ExprKind::Case { operand, arms, otherwise } => {
                self.case(operand.as_deref(), arms, otherwise.as_deref());
            }
            ExprKind::Subscript { base, subscripts } => self.subscripts(base, subscripts),
            ExprKind::Collate { expr, collation } => {
                self.push("(");
                self.expr(expr);
                self.push(" COLLATE ");
                self.qualified("pg_catalog", collation);
                self.push(")");
            }
            ExprKind::Default => self.push("DEFAULT"),
            ExprKind::Exists(query) => self.subquery("EXISTS (", query),
            ExprKind::Scalar(query) => self.subquery("(", query),
            ExprKind::ArrayQuery(query) => self.subquery("ARRAY(", query),
            ExprKind::JsonPath { form, context, path } => {
                self.push(match form {
                    JsonPathForm::Exists => "JSON_EXISTS(",
                    JsonPathForm::Value => "JSON_VALUE(",
                    JsonPathForm::Query => "JSON_QUERY(",
                });
                self.expr(context);
                self.push(", ");
                self.expr(path);
                self.push(")");
            }
            ExprKind::JsonAbsent { object, jsonb, values } => self.json_absent(*object, *jsonb, values),
            ExprKind::Is { .. }
            | ExprKind::IsJson { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::QuantifiedArray { .. }
            | ExprKind::QuantifiedQuery { .. } => {
                self.push("(");
                self.predicate(&expr.kind);
                self.push(")");
            }
        }
    }

    /// The predicates with a keyword between their sides; the caller writes the parentheses.
    fn predicate(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Is { expr, test, negated } => {
                self.expr(expr);
                self.push(if *negated { " IS NOT " } else { " IS " });
                self.push(match test {
                    IsTest::Null => "NULL",
                    IsTest::True => "TRUE",
                    IsTest::False => "FALSE",
                    IsTest::Unknown => "UNKNOWN",
                });
            }
            ExprKind::IsJson { expr, kind, unique_keys, negated } => {
                self.expr(expr);
                self.push(if *negated { " IS NOT JSON" } else { " IS JSON" });
                self.push(match kind {
                    JsonKind::Value => " VALUE",
                    JsonKind::Scalar => " SCALAR",
                    JsonKind::Array => " ARRAY",
                    JsonKind::Object => " OBJECT",
                });
                if *unique_keys {
                    self.push(" WITH UNIQUE KEYS");
                }
            }
            ExprKind::IsDistinct { left, right, negated } => {
                self.expr(left);
                self.push(if *negated { " IS NOT DISTINCT FROM " } else { " IS DISTINCT FROM " });
                self.expr(right);
            }
            ExprKind::Between { expr, low, high, negated } => {
                self.expr(expr);
                self.push(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.expr(low);
                self.push(" AND ");
                self.expr(high);
            }
            ExprKind::InList { expr, list, negated } => {
                self.expr(expr);
                self.form(if *negated { " NOT IN (" } else { " IN (" }, list);
            }
            ExprKind::InQuery { expr, query, negated } => {
                self.expr(expr);
                self.subquery(if *negated { " NOT IN (" } else { " IN (" }, query);
            }
            ExprKind::QuantifiedArray { left, symbol, all, array } => {
                self.quantified(left, symbol, *all);
                self.expr(array);
                self.push(")");
            }
            ExprKind::QuantifiedQuery { left, symbol, all, query } => {
                self.quantified(left, symbol, *all);
                self.query(query);
                self.push(")");
            }
            // Not a predicate: `expr` writes every other kind itself.
            _ => {}
        }
    }

    fn quantified(&mut self, left: &Expr, symbol: &str, all: bool) {
        self.expr(left);
        self.push(" ");
        self.push(symbol);
        self.push(if all { " ALL (" } else { " ANY (" });
    }

    /// The argument of one `unnest` call, for the form with several arrays.
    pub(super) fn unnest_argument(&mut self, call: &Expr) {
        match &call.kind {
            ExprKind::Call(call) => self.list(&call.arguments, ", ", Self::expr),
            _ => self.expr(call),
        }
    }

    fn joined(&mut self, all: &[Expr], separator: &str) {
        self.push("(");
        self.list(all, separator, Self::expr);
        self.push(")");
    }

    fn form(&mut self, opening: &str, arguments: &[Expr]) {
        self.push(opening);
        self.list(arguments, ", ", Self::expr);
        self.push(")");
    }

    fn subquery(&mut self, opening: &str, query: &Query) {
        self.push(opening);
        self.query(query);
        self.push(")");
    }

    /// Only a native policy has a form for it.
    fn attribute(&mut self, name: &str) {
        let native = self.native.as_ref().and_then(|native| native.attributes.get(name)).cloned();
        let Some((ty, list)) = native else {
            self.push(":");
            return self.identifier(name);
        };
        self.push("CAST(NULLIF(\"pg_catalog\".\"current_setting\"(");
        self.string(&format!("pgwicket.{name}"));
        self.push(", TRUE), '') AS ");
        self.qualified("pg_catalog", &ty);
        self.push(if list { "[])" } else { ")" });
    }

    fn column(&mut self, column: &ColumnRef) {
        self.item(column.item);
        self.push(".");
        match &column.name {
            Some(name) => self.identifier(name),
            None => {
                self.push("c");
                self.push(&(column.column + 1).to_string());
            }
        }
    }

    /// Only a row of FROM has names of one's own. `r.*` means that row and nothing else, even where there are columns
    /// called `r`; in a call it isn't unfolded, and COALESCE gives it as it is.
    fn record(&mut self, fields: &[Projection]) {
        self.push("(SELECT COALESCE(r.*) FROM (SELECT ");
        self.projections(fields);
        self.push(") AS r)");
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.push("NULL"),
            Literal::Bool(true) => self.push("TRUE"),
            Literal::Bool(false) => self.push("FALSE"),
            Literal::Number(_) | Literal::String(_) if self.redact => self.push("?"),
            Literal::Number(digits) => self.push(digits),
            Literal::String(value) => self.string(value),
        }
    }

    pub(super) fn type_ref(&mut self, to: &TypeRef) {
        let is_interval = to.schema == "pg_catalog" && to.name == "interval";
        if is_interval && (to.interval.is_some() || !to.modifiers.is_empty()) {
            // Fields and precision of an interval have no generic form.
            self.push("INTERVAL");
            if let Some(fields) = &to.interval {
                self.push(" ");
                self.push(fields);
            }
        } else {
            self.qualified(&to.schema, &to.name);
        }
        if let Some(shape) = &to.shape {
            self.push("(");
            self.push(shape);
            for modifier in &to.modifiers {
                self.push(", ");
                self.push(&modifier.to_string());
            }
            self.push(")");
        } else if !to.modifiers.is_empty() {
            self.push("(");
            self.list(&to.modifiers, ", ", |writer, modifier| writer.push(&modifier.to_string()));
            self.push(")");
        }
        if to.array {
            self.push("[]");
        }
    }

    fn call(&mut self, call: &Call) {
        self.qualified(&call.function.schema, &call.function.name);
        self.push("(");
        if call.star {
            self.push("*");
        }
        if call.distinct {
            self.push("DISTINCT ");
        }
        let last = call.arguments.len().saturating_sub(1);
        for (at, argument) in call.arguments.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            if call.variadic && at == last {
                self.push("VARIADIC ");
            }
            let in_order = call.arguments.len().saturating_sub(call.names.len());
            if let Some(name) = at.checked_sub(in_order).and_then(|at| call.names.get(at)) {
                self.identifier(name);
                self.push(" => ");
            }
            self.expr(argument);
        }
        self.order_by(&call.order_by);
        self.push(")");
        if !call.within_group.is_empty() {
            self.push(" WITHIN GROUP (ORDER BY ");
            self.order_list(&call.within_group);
            self.push(")");
        }
        if let Some(filter) = &call.filter {
            self.push(" FILTER (WHERE ");
            self.expr(filter);
            self.push(")");
        }
        if let Some(window) = &call.over {
            self.window(window);
        }
    }

    fn window(&mut self, window: &Window) {
        self.push(" OVER (");
        if !window.partition_by.is_empty() {
            self.push("PARTITION BY ");
            self.list(&window.partition_by, ", ", Self::expr);
        }
        self.order_by(&window.order_by);
        if let Some(frame) = &window.frame {
            self.frame(frame);
        }
        self.push(")");
    }

    fn frame(&mut self, frame: &Frame) {
        self.push(match frame.units {
            FrameUnits::Rows => " ROWS ",
            FrameUnits::Range => " RANGE ",
            FrameUnits::Groups => " GROUPS ",
        });
        match &frame.end {
            None => self.frame_bound(&frame.start),
            Some(end) => {
                self.push("BETWEEN ");
                self.frame_bound(&frame.start);
                self.push(" AND ");
                self.frame_bound(end);
            }
        }
    }

    fn frame_bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.push("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(by) => {
                self.expr(by);
                self.push(" PRECEDING");
            }
            FrameBound::CurrentRow => self.push("CURRENT ROW"),
            FrameBound::Following(by) => {
                self.expr(by);
                self.push(" FOLLOWING");
            }
            FrameBound::UnboundedFollowing => self.push("UNBOUNDED FOLLOWING"),
        }
    }

    fn case(&mut self, operand: Option<&Expr>, arms: &[(Expr, Expr)], otherwise: Option<&Expr>) {
        self.push("CASE");
        if let Some(operand) = operand {
            self.push(" ");
            self.expr(operand);
        }
        for (when, then) in arms {
            self.push(" WHEN ");
            self.expr(when);
            self.push(" THEN ");
            self.expr(then);
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.expr(otherwise);
        }
        self.push(" END");
    }

    fn json_absent(&mut self, object: bool, jsonb: bool, values: &[Expr]) {
        self.push(if object { "JSON_OBJECT(" } else { "JSON_ARRAY(" });
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.push(if object && at % 2 == 1 { " VALUE " } else { ", " });
            }
            self.expr(value);
        }
        self.push(" ABSENT ON NULL RETURNING ");
        self.push(if jsonb { "jsonb)" } else { "json)" });
    }

    fn subscripts(&mut self, base: &Expr, subscripts: &[Subscript]) {
        self.push("(");
        self.expr(base);
        self.push(")");
        for subscript in subscripts {
            self.push("[");
            match subscript {
                Subscript::Index(index) => self.expr(index),
                Subscript::Slice(low, high) => {
                    if let Some(low) = low {
                        self.expr(low);
                    }
                    // Spaces keep `1 : $2` from reading as anything else.
                    self.push(" : ");
                    if let Some(high) = high {
                        self.expr(high);
                    }
                }
            }
            self.push("]");
        }
    }

    fn clock(&mut self, clock: Clock) {
        let (word, precision) = match clock {
            Clock::CurrentDate => ("CURRENT_DATE", None),
            Clock::CurrentTime(precision) => ("CURRENT_TIME", precision),
            Clock::CurrentTimestamp(precision) => ("CURRENT_TIMESTAMP", precision),
            Clock::LocalTime(precision) => ("LOCALTIME", precision),
            Clock::LocalTimestamp(precision) => ("LOCALTIMESTAMP", precision),
        };
        self.push(word);
        if let Some(precision) = precision {
            self.push("(");
            self.push(&precision.to_string());
            self.push(")");
        }
    }
}

fn special(form: SpecialForm) -> &'static str {
    match form {
        SpecialForm::Coalesce => "COALESCE(",
        SpecialForm::NullIf => "NULLIF(",
        SpecialForm::Greatest => "GREATEST(",
        SpecialForm::Least => "LEAST(",
    }
}
