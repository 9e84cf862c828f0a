//! Functions in FROM: how many columns they show and under which names.

use serde_json::Value;
use sqlparser::ast::{self, ObjectName, ObjectNamePart, TableAlias, TableAliasColumnDef};

use super::call::FromColumns;
use super::from::{Alias, Scoped};
use super::name::Position;
use super::scope::ScopeItem;
use super::{Lowering, MAX_INFORMATION_BYTES, not_supported, not_yet};
use crate::gate::catalog::TypeKind;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::information::View;
use crate::gate::ir::{Call, ColumnDefinition, Expr, ExprKind, FromItem, FunctionColumns, Literal, OutputColumn, Ty};
use crate::gate::source::Span;
use crate::gate::value;

/// What is written around a function in FROM.
pub(super) struct Written<'w> {
    /// LATERAL was said.
    pub lateral: bool,
    /// WITH ORDINALITY.
    pub ordinality: bool,
    /// The alias with its column list.
    pub alias: Option<&'w TableAlias>,
    /// Where the function is named.
    pub span: Span,
}

impl<'a> Lowering<'a> {
    /// A function in FROM.
    pub(super) fn function_in_from(
        &mut self,
        name: &ObjectName,
        args: &[ast::FunctionArg],
        written: &Written<'_>,
    ) -> Result<Scoped<'a>, Rejection> {
        if let Some(arrays) = self.unnested(name, args)? {
            if name.0.len() == 1 && arrays.len() == 1 {
                self.only_clients_write("a function without its schema", written.span)?;
            }
            return self.unnested_in_from(&arrays, written);
        }
        if let Some(definitions) = self.definitions(written)? {
            let call = self.while_lateral(true, |lowering| lowering.record_call(name, args, written.span))?;
            return self.defined_item(call, definitions, written);
        }
        let (call, columns) = self.while_lateral(true, |lowering| lowering.call_in_from(name, args, written.span))?;
        let alias = self.alias(written.alias)?;
        let own_name = match name.0.last() {
            Some(ObjectNamePart::Identifier(last)) => self.name(last, Position::Label)?,
            Some(ObjectNamePart::Function(_)) | None => String::new(),
        };
        let shown = alias.name.clone().unwrap_or(own_name);
        let columns = match columns {
            FromColumns::Named(columns) => columns,
            // A function that gives one value shows it under the alias, else under its own name.
            FromColumns::Scalar { ty, .. } => vec![(shown.clone(), ty)],
        };
        self.function_item(vec![call], columns, written, shown, &alias)
    }

    /// The arguments of `unnest`, where it isn't the parser's own syntax: in quotes, with its schema or behind LATERAL. With
    /// its schema it takes one.
    fn unnested<'f>(
        &self,
        name: &ObjectName,
        args: &'f [ast::FunctionArg],
    ) -> Result<Option<Vec<&'f ast::Expr>>, Rejection> {
        if name.0.len() > 2 {
            return Ok(None);
        }
        let last = match name.0.last() {
            Some(ObjectNamePart::Identifier(last)) => self.name(last, Position::Label)?,
            Some(ObjectNamePart::Function(_)) | None => return Ok(None),
        };
        let schema = match name.0.as_slice() {
            [ObjectNamePart::Identifier(schema), _] => Some(self.identifier(schema)?),
            _ => None,
        };
        if last != "unnest" || schema.as_ref().is_some_and(|schema| schema != "pg_catalog") {
            return Ok(None);
        }
        let arrays = args.iter().map(|arg| match arg {
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(array)) => Some(array),
            _ => None,
        });
        let arrays: Option<Vec<&ast::Expr>> = arrays.collect();
        Ok(arrays.filter(|arrays| arrays.len() == 1 || schema.is_none() && arrays.len() > 1))
    }

    /// `unnest` without quotes and schema, which takes several arrays in FROM.
    pub(super) fn unnest_in_from(
        &mut self,
        arrays: &[ast::Expr],
        written: &Written<'_>,
    ) -> Result<Scoped<'a>, Rejection> {
        if arrays.len() == 1 {
            self.only_clients_write("a function without its schema", written.span)?;
        }
        self.unnested_in_from(&arrays.iter().collect::<Vec<_>>(), written)
    }

    fn unnested_in_from(&mut self, arrays: &[&ast::Expr], written: &Written<'_>) -> Result<Scoped<'a>, Rejection> {
        let calls = self.while_lateral(true, |lowering| {
            arrays.iter().map(|array| lowering.unnest_call(array, written.span)).collect::<Result<Vec<_>, _>>()
        })?;
        let alias = self.alias(written.alias)?;
        let shown = alias.name.clone().unwrap_or_else(|| "unnest".to_owned());
        let several = calls.len() > 1;
        let mut columns = Vec::new();
        let mut exprs = Vec::new();
        for (call, brought) in calls {
            exprs.push(call);
            match brought {
                FromColumns::Named(brought) => columns.extend(brought),
                FromColumns::Scalar { ty, .. } if several => columns.push(("unnest".to_owned(), ty)),
                FromColumns::Scalar { ty, .. } => columns.push((shown.clone(), ty)),
            }
        }
        self.function_item(exprs, columns, written, shown, &alias)
    }

    fn function_item(
        &mut self,
        calls: Vec<Expr>,
        columns: Vec<(String, Ty)>,
        written: &Written<'_>,
        shown: String,
        alias: &Alias,
    ) -> Result<Scoped<'a>, Rejection> {
        let id = self.item_id();
        let Written { lateral, ordinality, .. } = *written;
        let mut columns: Vec<_> = columns.into_iter().map(|(name, ty)| OutputColumn { name, ty }).collect();
        if ordinality {
            let ty = self.catalog.type_named("pg_catalog", "int8").map(|int8| int8.oid);
            columns.push(OutputColumn { name: "ordinality".to_owned(), ty });
        }
        let count = columns.len() as u32;
        let mut names = ScopeItem { scalar: count == 1, ..ScopeItem::output(id, Some(shown), columns) };
        alias.rename(&mut names)?;
        let columns = FunctionColumns::Count(count);
        Ok((FromItem::Function { id, lateral, calls, ordinality, columns }, vec![names]))
    }

    /// `AS x(a int, b text)`; `None` where the alias has no types.
    fn definitions(&mut self, written: &Written<'_>) -> Result<Option<Vec<ColumnDefinition>>, Rejection> {
        let columns = written.alias.map_or(&[][..], |alias| &alias.columns);
        if columns.iter().all(|column| column.data_type.is_none()) {
            return Ok(None);
        }
        let span = written.span;
        if written.ordinality {
            let message = "WITH ORDINALITY doesn't go with a column definition list";
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        }
        let mut definitions: Vec<ColumnDefinition> = Vec::with_capacity(columns.len());
        for TableAliasColumnDef { name, data_type } in columns {
            let span = self.convert(name.span);
            let name = self.identifier(name)?;
            let Some(data_type) = data_type else {
                let message = format!("the column `{name}` has no type, unlike others of the list");
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            };
            if definitions.iter().any(|other| other.name == name) {
                let message = format!("the column `{name}` is defined more than once");
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            }
            definitions.push(ColumnDefinition { to: self.type_ref(data_type, span)?, name });
        }
        Ok(Some(definitions))
    }

    fn defined_item(
        &mut self,
        call: Expr,
        definitions: Vec<ColumnDefinition>,
        written: &Written<'_>,
    ) -> Result<Scoped<'a>, Rejection> {
        let Some(TableAlias { explicit: _, name, columns: _, at: None }) = written.alias else {
            return Err(not_supported("AT after an alias", written.span));
        };
        self.count_unfolded(definitions.len(), written.span)?;
        let shown = self.identifier(name)?;
        let id = self.item_id();
        let columns = definitions
            .iter()
            .map(|ColumnDefinition { name, to }| OutputColumn { name: name.clone(), ty: self.type_of_ref(to) });
        let names = ScopeItem::defined(id, shown, columns);
        let columns = FunctionColumns::Defined(definitions);
        let item = FromItem::Function { id, lateral: written.lateral, calls: vec![call], ordinality: false, columns };
        Ok((item, vec![names]))
    }

    /// `unnest` of one array. What it shows depends on the argument's type, so that has to be known.
    fn unnest_call(&mut self, array: &ast::Expr, span: Span) -> Result<(Expr, FromColumns), Rejection> {
        self.count_node(span)?;
        let argument = self.expr(array)?;
        let columns = self.unnest_columns(&argument, self.span(array))?;
        Ok((self.unnest_of(argument, &columns, span), columns))
    }

    /// The call itself.
    fn unnest_of(&self, argument: Expr, columns: &FromColumns, span: Span) -> Expr {
        let candidates = self
            .catalog
            .functions_named("unnest")
            .filter(|function| function.schema == "pg_catalog" && function.accepts(1))
            .map(|function| function.oid)
            .collect();
        let ty = match columns {
            FromColumns::Scalar { ty, .. } => *ty,
            FromColumns::Named(_) => None,
        };
        let call = Call::of_builtin("unnest", candidates, vec![argument]);
        Expr::new(ExprKind::Call(Box::new(call))).typed(ty).at(span)
    }

    /// A view of `information_schema`, as the arrays of its columns' values.
    pub(super) fn information_in_from(
        &mut self,
        view: &View,
        alias: Option<&TableAlias>,
        span: Span,
    ) -> Result<Scoped<'a>, Rejection> {
        if !self.builtin_allowed() {
            return Err(Rejection::new(
                Reason::FunctionNotAllowed,
                "`information_schema` is answered with functions of `@builtin`, which the policy leaves out",
            )
            .at(span));
        }
        let mut calls = Vec::with_capacity(view.columns.len());
        let mut columns = Vec::with_capacity(view.columns.len());
        for ((name, ty), values) in view.columns.iter().zip(view.values(self.catalog, self.policy)) {
            let element = self.builtin_type(ty.name());
            let literal = value::to_text(&Value::Array(values), None).map_err(|why| {
                Rejection::new(Reason::InternalError, format!("a value of `{}` can't be written: {why}", view.name))
                    .at(span)
            })?;
            self.information_bytes += literal.as_ref().map_or(0, String::len);
            if self.information_bytes > MAX_INFORMATION_BYTES {
                let message = format!("`information_schema` would answer with more than {MAX_INFORMATION_BYTES} bytes");
                return Err(Rejection::new(Reason::LimitExceeded, message)
                    .at(span)
                    .help("ask get_tables for a schema, and get_table_schema for a table"));
            }
            let literal = literal.map_or(Literal::Null, Literal::String);
            let array = self.builtin_cast(Expr::new(ExprKind::Literal(literal)).at(span), ty.name(), true);
            calls.push(self.unnest_of(array, &scalar(element), span));
            columns.push(((*name).to_owned(), element));
        }
        let written = Written { lateral: false, ordinality: false, alias, span };
        let alias = self.alias(alias)?;
        let shown = alias.name.clone().unwrap_or_else(|| view.name.to_owned());
        self.function_item(calls, columns, &written, shown, &alias)
    }

    fn unnest_columns(&self, argument: &Expr, span: Span) -> Result<FromColumns, Rejection> {
        let Some(oid) = argument.ty else {
            return match &argument.kind {
                ExprKind::Array(elements) if !elements.iter().any(|one| matches!(one.kind, ExprKind::Row(_))) => {
                    Ok(scalar(elements.first().and_then(|first| first.ty)))
                }
                _ => Err(Rejection::new(Reason::NotYetSupported, "`unnest` of a value whose type isn't known here")
                    .at(span)
                    .help("cast the argument, as in `unnest(x::text[])`")),
            };
        };
        let named = |schema: &str, name: &str| self.catalog.type_named(schema, name).map(|one| one.oid);
        match self.catalog.type_(self.catalog.below_domain(oid)).map(|one| &one.kind) {
            Some(TypeKind::Array { element }) => match self.catalog.type_(*element).map(|one| &one.kind) {
                Some(TypeKind::Composite { .. } | TypeKind::Pseudo) | None => {
                    Err(not_yet("`unnest` of an array of rows", span))
                }
                Some(_) => Ok(scalar(Some(*element))),
            },
            Some(TypeKind::Multirange { range }) => Ok(scalar(Some(*range))),
            _ if Some(oid) == named("pg_catalog", "tsvector") => {
                let column = |name: &str, ty: &str| (name.to_owned(), named("pg_catalog", ty));
                let columns = [column("lexeme", "text"), column("positions", "_int2"), column("weights", "_text")];
                Ok(FromColumns::Named(columns.to_vec()))
            }
            _ => Err(Rejection::new(Reason::InvalidStatement, "`unnest` needs an array").at(span)),
        }
    }
}

fn scalar(ty: Ty) -> FromColumns {
    FromColumns::Scalar { name: "unnest".to_owned(), ty }
}
