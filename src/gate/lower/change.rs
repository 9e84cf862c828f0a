//! Structured changes: the tools' rows, values and conditions become IR without any SQL text, every value a parameter
//! cast to its column's type.

use serde_json::{Map, Value};

use super::Lowering;
use super::not_yet;
use super::scope::ScopeItem;
use crate::gate::admit::Change;
use crate::gate::catalog::{Oid, TypeKind};
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gate::ir::{
    Delete, Expr, ExprKind, Insert, IsTest, OutputColumn, Query, RelationItem, SetExpr, Statement, TargetColumn,
    TypeRef, Update,
};
use crate::gate::source::{Origin, Span};
use crate::gate::value::to_text;

/// Parameters that PostgreSQL's protocol can number.
const MAX_PARAMETERS: usize = 65_535;

/// The values bound so far, `$1` first.
type Bound = Vec<Option<String>>;

impl<'a> Lowering<'a> {
    /// Lowers a structured change to a statement and the values of its parameters, in text format.
    ///
    /// # Errors
    ///
    /// As for a statement; the place is a JSON pointer into the tool's arguments.
    pub fn change(&mut self, change: &Change) -> Result<(Statement, Vec<Option<String>>), Rejection> {
        let mut bound = Bound::new();
        let statement = match change {
            Change::Insert { table, rows } => {
                let (target, scope) = self.change_target(table)?;
                self.insert_rows(target, &scope, rows, &mut bound)?
            }
            Change::Update { table, values, filter } => {
                let (target, scope) = self.change_target(table)?;
                if values.is_empty() {
                    return Err(
                        invalid("`values` is empty", "/values").help("give the columns to set, as in {\"price\": 12}")
                    );
                }
                let mut assignments = Vec::new();
                for (name, value) in values {
                    let at = pointer("/values", name);
                    let column = self.changed_column(name, &scope, &at)?;
                    let value = self.bind(value, self.column_type(&scope, &column), &at, &mut bound)?;
                    assignments.push((column, value));
                }
                let filter = Some(self.conditions(filter, &scope, &mut bound)?);
                Statement::Update(Update {
                    ctes: Vec::new(),
                    recursive: false,
                    target,
                    assignments,
                    from: Vec::new(),
                    filter,
                    returning: Vec::new(),
                    output: Vec::new(),
                })
            }
            Change::Delete { table, filter } => {
                let (target, scope) = self.change_target(table)?;
                let filter = Some(self.conditions(filter, &scope, &mut bound)?);
                Statement::Delete(Delete {
                    ctes: Vec::new(),
                    recursive: false,
                    target,
                    using: Vec::new(),
                    filter,
                    returning: Vec::new(),
                    output: Vec::new(),
                })
            }
        };
        Ok((statement, bound))
    }

    fn change_target(&mut self, table: &[String]) -> Result<(RelationItem, ScopeItem<'a>), Rejection> {
        let place = Place::Json("/table".to_owned());
        if !(1..=2).contains(&table.len()) {
            return Err(Rejection::new(Reason::InvalidParameter, "a table is named by its name or by schema and name")
                .at(place)
                .help("write \"schema.table\", or [\"schema\", \"table\"] where a name has a dot"));
        }
        let found = self.relation(table, place)?;
        Ok(self.target_item(found, None, Span::default()))
    }

    fn insert_rows(
        &mut self,
        target: RelationItem,
        scope: &ScopeItem<'a>,
        rows: &[Map<String, Value>],
        bound: &mut Bound,
    ) -> Result<Statement, Rejection> {
        let Some(first) = rows.first() else {
            return Err(invalid("`rows` is empty", "/rows").help("give at least one row, as in [{\"name\": \"x\"}]"));
        };
        if first.is_empty() {
            return Err(invalid("the row is empty", "/rows/0").help("give at least one column"));
        }
        let mut columns = Vec::new();
        for name in first.keys() {
            columns.push(self.changed_column(name, scope, &pointer("/rows/0", name))?);
        }
        let mut values = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            if row.len() != first.len() || !first.keys().all(|name| row.contains_key(name)) {
                return Err(invalid("the rows have different keys", &format!("/rows/{at}"))
                    .help("give every row the same keys; use null, or insert the rows in several calls"));
            }
            let mut one = Vec::new();
            for ((name, column), value) in first.keys().zip(&columns).zip(first.keys().map(|name| row.get(name))) {
                let at = pointer(&format!("/rows/{at}"), name);
                let value = value.unwrap_or(&Value::Null);
                one.push(self.bind(value, self.column_type(scope, column), &at, bound)?);
            }
            values.push(one);
        }
        let output =
            (1..=columns.len()).map(|at| OutputColumn { name: format!("column{at}"), ty: None }).collect::<Vec<_>>();
        let source = Query {
            ctes: Vec::new(),
            recursive: false,
            body: SetExpr::Values(values),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            columns: output,
            origin: Origin::default(),
        };
        Ok(Statement::Insert(Insert {
            ctes: Vec::new(),
            recursive: false,
            target,
            columns,
            source: Some(Box::new(source)),
            conflict: None,
            returning: Vec::new(),
            output: Vec::new(),
        }))
    }

    /// `where`: column → value, or column → `{"op", "value"}`, joined by AND.
    fn conditions(
        &self,
        filter: &Map<String, Value>,
        scope: &ScopeItem<'a>,
        bound: &mut Bound,
    ) -> Result<Expr, Rejection> {
        if filter.is_empty() {
            return Err(invalid("`where` is empty", "/where")
                .help("say which rows, as in {\"id\": 7} or {\"price\": {\"op\": \">\", \"value\": 10}}"));
        }
        let mut all = Vec::new();
        for (name, condition) in filter {
            let at = pointer("/where", name);
            let column = self.changed_column(name, scope, &at)?;
            all.push(self.condition(condition, scope, &column, &at, bound)?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Expr::new(ExprKind::And(all)).typed(self.boolean()) })
    }

    fn condition(
        &self,
        condition: &Value,
        scope: &ScopeItem<'a>,
        column: &TargetColumn,
        at: &str,
        bound: &mut Bound,
    ) -> Result<Expr, Rejection> {
        let ty = self.column_type(scope, column);
        let Some(left) = scope.columns.get(column.column as usize).map(|column| column.expr(Span::default())) else {
            return Err(invalid("the column is gone", at));
        };
        let (op, value, at) = operator(condition, at)?;
        let test = |test, negated| ExprKind::Is { expr: Box::new(left.clone()), test, negated };
        let compared = |symbol: &str, right| {
            let compared = self.infix_operator(symbol.to_owned(), left.clone(), right);
            compared.map_err(|why| why.at(Place::Json(at.clone())))
        };
        let kind = match (op, value) {
            ("=", Value::Null) => test(IsTest::Null, false),
            ("<>", Value::Null) => test(IsTest::Null, true),
            ("is_null", Value::Bool(null)) => test(IsTest::Null, !null),
            ("is_null", _) => return Err(invalid("is_null takes true or false", &at)),
            ("in", Value::Array(values)) if !values.is_empty() => {
                let mut list = Vec::new();
                for (number, value) in values.iter().enumerate() {
                    let at = format!("{at}/{number}");
                    if value.is_null() {
                        return Err(invalid("null in a list is never equal", &at).help("use {\"op\": \"is_null\"}"));
                    }
                    list.push(self.bind(value, ty, &at, bound)?);
                }
                self.may_use_operator("=", false).map_err(|why| why.at(Place::Json(at.clone())))?;
                ExprKind::InList { expr: Box::new(left.clone()), list, negated: false }
            }
            ("in", _) => return Err(invalid("in takes a list of at least one value", &at)),
            ("like", Value::String(_)) => {
                let text = self.catalog.type_named("pg_catalog", "text").map(|text| text.oid);
                return compared("~~", self.bind(value, text, &at, bound)?);
            }
            ("like", _) => return Err(invalid("like takes a string", &at)),
            (_, Value::Null) => {
                return Err(invalid("null can't be compared", &at).help("use {\"op\": \"is_null\", \"value\": true}"));
            }
            (symbol, value) => return compared(symbol, self.bind(value, ty, &at, bound)?),
        };
        Ok(Expr::new(kind).typed(self.boolean()))
    }

    fn changed_column(&self, name: &str, scope: &ScopeItem<'a>, at: &str) -> Result<TargetColumn, Rejection> {
        self.target_column(name, scope, Place::Json(at.to_owned()), Span::default())
    }

    fn column_type(&self, scope: &ScopeItem<'a>, column: &TargetColumn) -> Option<Oid> {
        scope.columns.get(column.column as usize).and_then(|column| column.ty())
    }

    fn boolean(&self) -> Option<Oid> {
        self.catalog.type_named("pg_catalog", "bool").map(|one| one.oid)
    }

    /// The value as a parameter, cast to the type below its column's domains, without modifiers: PostgreSQL checks
    /// lengths and domains when it assigns, where a cast would cut off.
    fn bind(&self, value: &Value, ty: Option<Oid>, at: &str, bound: &mut Bound) -> Result<Expr, Rejection> {
        let not_castable = || {
            let mut rejection = not_yet("a value of this column's type", Span::default());
            rejection.place = Place::Json(at.to_owned());
            rejection
        };
        let oid = self.catalog.below_domain(ty.ok_or_else(not_castable)?);
        let target = self.catalog.type_(oid).ok_or_else(not_castable)?;
        let element = match &target.kind {
            TypeKind::Array { element } => self.catalog.type_(*element).ok_or_else(not_castable)?,
            _ => target,
        };
        match &element.kind {
            TypeKind::Composite { .. } | TypeKind::Pseudo | TypeKind::Domain { .. } => return Err(not_castable()),
            TypeKind::Base
            | TypeKind::Array { .. }
            | TypeKind::Enum { .. }
            | TypeKind::Range { .. }
            | TypeKind::Multirange { .. } => {}
        }
        if bound.len() >= MAX_PARAMETERS {
            return Err(Rejection::new(Reason::LimitExceeded, format!("there are more than {MAX_PARAMETERS} values"))
                .at(Place::Json(at.to_owned()))
                .help("split the change into several calls"));
        }
        bound.push(to_text(value, Some(target)).map_err(|why| invalid(&why, at))?);
        let to = TypeRef {
            oid: element.oid,
            schema: element.schema.clone(),
            name: element.name.clone(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array: element.oid != target.oid,
        };
        let parameter = Expr::new(ExprKind::Parameter(bound.len() as u32)).typed(Some(oid));
        Ok(Expr::new(ExprKind::Cast { expr: Box::new(parameter), to }).typed(Some(oid)))
    }
}

/// What `{"op": "is_null"}` means without a value.
static TRUE: Value = Value::Bool(true);

/// The operator and value of a condition, and where the value stands.
fn operator<'v>(condition: &'v Value, at: &str) -> Result<(&'v str, &'v Value, String), Rejection> {
    const OPERATORS: &[&str] = &["=", "<>", "<", "<=", ">", ">=", "in", "like", "is_null"];
    let help = "operators are =, <>, <, <=, >, >=, in, like and is_null, as in {\"op\": \">\", \"value\": 10}";
    match condition {
        Value::Object(object) if object.len() == 1 && object.get("op").is_some_and(|op| op == "is_null") => {
            Ok(("is_null", &TRUE, at.to_owned()))
        }
        Value::Object(object) => {
            let (Some(op), Some(value), 2) = (object.get("op"), object.get("value"), object.len()) else {
                let message = "a condition is a value, or an object with the keys `op` and `value`";
                return Err(invalid(message, at).help(help));
            };
            let known = op.as_str().and_then(|op| OPERATORS.iter().find(|known| **known == op));
            match known {
                Some(op) => Ok((op, value, format!("{at}/value"))),
                None => Err(invalid("there is no such operator", &format!("{at}/op")).help(help)),
            }
        }
        Value::Array(_) => Err(invalid("a list needs an operator", at).help(help)),
        value => Ok(("=", value, at.to_owned())),
    }
}

fn invalid(message: &str, at: &str) -> Rejection {
    Rejection::new(Reason::InvalidParameter, message).at(Place::Json(at.to_owned()))
}

/// `base/name` as a JSON pointer.
fn pointer(base: &str, name: &str) -> String {
    format!("{base}/{}", name.replace('~', "~0").replace('/', "~1"))
}
