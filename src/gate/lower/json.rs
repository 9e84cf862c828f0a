//! SQL/JSON: the constructors JSON_ARRAY, JSON_OBJECT, JSON_ARRAYAGG and JSON_OBJECTAGG, and the test IS JSON, which
//! PostgreSQL has since 16; JSON_EXISTS, JSON_VALUE and JSON_QUERY, which it has since 17. Wherever there is a function that PostgreSQL itself evaluates a constructor by, that call is what
//! it means here; only JSON_ARRAY and JSON_OBJECT without nulls have none.

use sqlparser::ast::{
    self, DataType, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArgumentClause, FunctionArgumentList,
    JsonKeyUniqueness, JsonNullClause, JsonPredicateType,
};

use super::call::Extras;
use super::select::is_bare_literal;
use super::type_name::TypeName;
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, JsonKind, JsonPathForm};
use crate::gate::source::Span;

/// The first version with SQL/JSON constructors and IS JSON.
const CONSTRUCTORS: u32 = 160_000;

/// The first version with JSON_EXISTS, JSON_VALUE and JSON_QUERY.
const PATHS: u32 = 170_000;

/// A constructor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constructor {
    Array,
    Object,
    ArrayAgg,
    ObjectAgg,
}

/// What a constructor's parentheses hold beside its values.
struct Clauses<'c> {
    order_by: &'c [ast::OrderByExpr],
    absent_on_null: Option<bool>,
    /// RETURNING: jsonb or json.
    jsonb: Option<bool>,
}

impl Constructor {
    /// The constructor that the word and its arguments are; `json_object(text[])` is a function.
    pub(super) fn of(word: &str, args: &[FunctionArg]) -> Option<Self> {
        match word {
            "json_array" => Some(Self::Array),
            "json_object" => {
                let plain = |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(_));
                (args.is_empty() || !args.iter().all(plain)).then_some(Self::Object)
            }
            "json_arrayagg" => Some(Self::ArrayAgg),
            "json_objectagg" => Some(Self::ObjectAgg),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Array => "JSON_ARRAY",
            Self::Object => "JSON_OBJECT",
            Self::ArrayAgg => "JSON_ARRAYAGG",
            Self::ObjectAgg => "JSON_OBJECTAGG",
        }
    }

    fn has_keys(self) -> bool {
        matches!(self, Self::Object | Self::ObjectAgg)
    }

    /// The function that PostgreSQL evaluates it by, and of the constructors that have one for nulls only, the one for
    /// those.
    fn function(self, absent_on_null: bool, jsonb: bool) -> &'static str {
        match (self, absent_on_null, jsonb) {
            (Self::Array, _, false) => "json_build_array",
            (Self::Array, _, true) => "jsonb_build_array",
            (Self::Object, _, false) => "json_build_object",
            (Self::Object, _, true) => "jsonb_build_object",
            (Self::ArrayAgg, false, false) => "json_agg",
            (Self::ArrayAgg, false, true) => "jsonb_agg",
            (Self::ArrayAgg, true, false) => "json_agg_strict",
            (Self::ArrayAgg, true, true) => "jsonb_agg_strict",
            (Self::ObjectAgg, false, false) => "json_object_agg",
            (Self::ObjectAgg, false, true) => "jsonb_object_agg",
            (Self::ObjectAgg, true, false) => "json_object_agg_strict",
            (Self::ObjectAgg, true, true) => "jsonb_object_agg_strict",
        }
    }
}

impl Lowering<'_> {
    /// A constructor; `function` is the call as the parser reads it, and `list` what is in its parentheses.
    pub(super) fn json_constructor(
        &mut self,
        constructor: Constructor,
        function: &ast::Function,
        list: &FunctionArgumentList,
        span: Span,
    ) -> Result<Expr, Rejection> {
        let name = constructor.name();
        self.since(CONSTRUCTORS, name, span)?;
        let aggregate = matches!(constructor, Constructor::ArrayAgg | Constructor::ObjectAgg);
        let FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        let ast::Function { filter, over, within_group, .. } = function;
        let of_aggregates = filter.is_some() || over.is_some();
        if duplicate_treatment.is_some() || !within_group.is_empty() || (of_aggregates && !aggregate) {
            return Err(not_supported(&format!("this clause for {name}"), span));
        }
        let clauses = self.json_clauses(constructor, clauses, args.is_empty(), span)?;
        let arguments = self.json_values(constructor, args, span)?;
        // JSON_ARRAY and JSON_ARRAYAGG leave nulls out unless they are told not to; the others keep them.
        let absent = clauses.absent_on_null.unwrap_or(!constructor.has_keys());
        let jsonb = match clauses.jsonb {
            Some(jsonb) => jsonb,
            None => self.gives_jsonb(&arguments, name, span)?,
        };
        let callee = self.builtin_callee(constructor.function(absent, jsonb), arguments.len(), span)?;
        let extras = Extras {
            order_by: self.order_list(clauses.order_by)?,
            filter: filter.as_ref().map(|filter| self.expr(filter)).transpose()?,
            over: over.as_ref().map(|over| self.over(over, span)).transpose()?,
            ..Extras::default()
        };
        let call = self.finish(callee, arguments, extras, span)?;
        match call.kind {
            // Without values there is nothing to leave out.
            ExprKind::Call(built) if !aggregate && absent && !built.arguments.is_empty() => {
                let kind = ExprKind::JsonAbsent { object: constructor.has_keys(), jsonb, values: built.arguments };
                Ok(Expr { kind, ty: call.ty, origin: call.origin })
            }
            kind => {
                self.only_clients_write(name, span)?;
                Ok(Expr { kind, ty: call.ty, origin: call.origin })
            }
        }
    }

    fn json_clauses<'c>(
        &mut self,
        constructor: Constructor,
        clauses: &'c [FunctionArgumentClause],
        empty: bool,
        span: Span,
    ) -> Result<Clauses<'c>, Rejection> {
        let name = constructor.name();
        let mut all = Clauses { order_by: &[], absent_on_null: None, jsonb: None };
        for clause in clauses {
            match clause {
                FunctionArgumentClause::OrderBy(list)
                    if constructor == Constructor::ArrayAgg && all.order_by.is_empty() =>
                {
                    all.order_by = list;
                }
                FunctionArgumentClause::JsonNullClause(null) if all.absent_on_null.is_none() && !empty => {
                    all.absent_on_null = Some(match null {
                        JsonNullClause::AbsentOnNull => true,
                        JsonNullClause::NullOnNull => false,
                    });
                }
                FunctionArgumentClause::JsonReturningClause(clause) if all.jsonb.is_none() => {
                    all.jsonb = Some(match clause.data_type {
                        DataType::JSON => false,
                        DataType::JSONB => true,
                        _ => {
                            return Err(not_yet(&format!("{name} RETURNING another type than json and jsonb"), span)
                                .help("cast its result"));
                        }
                    });
                }
                _ => return Err(not_supported(&format!("this clause for {name}"), span)),
            }
        }
        Ok(all)
    }

    /// The values; where there are keys, each before its value.
    fn json_values(
        &mut self,
        constructor: Constructor,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<Vec<Expr>, Rejection> {
        let name = constructor.name();
        let mut values = Vec::new();
        for arg in args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) if !constructor.has_keys() => {
                    let value = self.expr(value)?;
                    // The others take any argument, and a literal without type as text.
                    let one_type = constructor == Constructor::ArrayAgg;
                    values.push(if one_type && is_bare_literal(&value) { self.as_text(value, span)? } else { value });
                }
                FunctionArg::ExprNamed {
                    name: key,
                    arg: FunctionArgExpr::Expr(value),
                    operator: FunctionArgOperator::Colon | FunctionArgOperator::Value,
                } if constructor.has_keys() => {
                    values.push(self.expr(key)?);
                    values.push(self.expr(value)?);
                }
                _ => {
                    let what = if constructor.has_keys() { "pairs of a key and a value" } else { "values" };
                    let message = format!("{name} takes {what}");
                    return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
                }
            }
        }
        let wanted = match constructor {
            Constructor::Array | Constructor::Object => return Ok(values),
            Constructor::ArrayAgg => 1,
            Constructor::ObjectAgg => 2,
        };
        if values.len() == wanted {
            return Ok(values);
        }
        let message = format!("{name} takes one {}", if wanted == 1 { "value" } else { "pair of a key and a value" });
        Err(Rejection::new(Reason::InvalidStatement, message).at(span))
    }

    /// A literal without type becomes text, as PostgreSQL has it here.
    fn as_text(&mut self, value: Expr, span: Span) -> Result<Expr, Rejection> {
        let text = self.lookup_type(&TypeName::builtin("text"), span)?;
        self.cast(value, text, span)
    }

    /// What comes out where RETURNING isn't said: jsonb if one of the keys and values is, else json.
    fn gives_jsonb(&self, values: &[Expr], name: &str, span: Span) -> Result<bool, Rejection> {
        let jsonb = self.builtin_type("jsonb");
        let mut any = false;
        for value in values {
            match value.ty {
                Some(ty) => any |= Some(ty) == jsonb,
                None if is_bare_literal(value) || is_row(value) => {}
                None => {
                    let what = format!("{name} of a value whose type isn't known, without RETURNING,");
                    return Err(not_yet(&what, span).help("say RETURNING json or RETURNING jsonb"));
                }
            }
        }
        Ok(any)
    }

    /// JSON_EXISTS, JSON_VALUE or JSON_QUERY of a document and a path. What their further clauses say, the parser doesn't
    /// read, RETURNING apart.
    pub(super) fn json_path(
        &mut self,
        form: JsonPathForm,
        function: &ast::Function,
        list: &FunctionArgumentList,
        span: Span,
    ) -> Result<Expr, Rejection> {
        let (name, ty) = match form {
            JsonPathForm::Exists => ("JSON_EXISTS", "bool"),
            JsonPathForm::Value => ("JSON_VALUE", "text"),
            JsonPathForm::Query => ("JSON_QUERY", "jsonb"),
        };
        if self.catalog.server_version() < PATHS {
            return Err(not_supported(&format!("{name} before PostgreSQL 17"), span)
                .help("use jsonb_path_exists, jsonb_path_query_first or ->>"));
        }
        let FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        let ast::Function { filter, over, within_group, .. } = function;
        let plain = duplicate_treatment.is_none() && filter.is_none() && over.is_none() && within_group.is_empty();
        if !plain {
            return Err(not_supported(&format!("this clause for {name}"), span));
        }
        if !clauses.is_empty() {
            return Err(not_yet(&format!("a clause for {name}"), span).help("cast its result"));
        }
        // It is evaluated as these functions are, so it is allowed where they are.
        self.builtin_callee("jsonb_path_query", 2, span)?;
        self.count_node(span)?;
        let (mut arguments, _) = self.arguments(args)?;
        let (Some(path), Some(context), None) = (arguments.pop(), arguments.pop(), arguments.pop()) else {
            let message = format!("{name} takes a document and a path");
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        };
        let kind = ExprKind::JsonPath { form, context: Box::new(context), path: Box::new(path) };
        Ok(Expr::new(kind).typed(self.builtin_type(ty)).at(span))
    }

    /// `x IS [NOT] JSON …`.
    pub(super) fn is_json(
        &mut self,
        value: &ast::Expr,
        kind: Option<&JsonPredicateType>,
        unique: Option<&JsonKeyUniqueness>,
        negated: bool,
    ) -> Result<Expr, Rejection> {
        let span = self.span(value);
        self.since(CONSTRUCTORS, "IS JSON", span)?;
        let kind = match kind {
            None | Some(JsonPredicateType::Value) => JsonKind::Value,
            Some(JsonPredicateType::Scalar) => JsonKind::Scalar,
            Some(JsonPredicateType::Array) => JsonKind::Array,
            Some(JsonPredicateType::Object) => JsonKind::Object,
        };
        let unique_keys = matches!(unique, Some(JsonKeyUniqueness::WithUniqueKeys));
        let expr = Box::new(self.expr(value)?);
        Ok(Expr::new(ExprKind::IsJson { expr, kind, unique_keys, negated }).typed(self.builtin_type("bool")).at(span))
    }

    /// Refuses what an older server doesn't know.
    fn since(&self, version: u32, what: &str, span: Span) -> Result<(), Rejection> {
        if self.catalog.server_version() >= version {
            return Ok(());
        }
        let message = format!("{what} before PostgreSQL {}", version / 10_000);
        Err(not_supported(&message, span).help("use json_build_object, json_build_array, json_agg and their kin"))
    }
}

/// What of a path the word asks for.
pub(super) fn path_form(word: &str) -> Option<JsonPathForm> {
    match word {
        "json_exists" => Some(JsonPathForm::Exists),
        "json_value" => Some(JsonPathForm::Value),
        "json_query" => Some(JsonPathForm::Query),
        _ => None,
    }
}

/// A value of some row type.
fn is_row(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Row(_) | ExprKind::Record(_) | ExprKind::WholeRow { .. })
}
