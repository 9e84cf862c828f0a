//! Functions: which ones a name means, whether a statement may call them, and what type the call gives. A call is
//! admitted only if whatever PostgreSQL could choose among the overloads is allowed.

use sqlparser::ast::{ObjectName, ObjectNamePart};

use super::expr::{bare_name, is_untyped};
use super::name::Position;
use super::select::is_bare_literal;
use super::{Lowering, Mode, not_supported};
use crate::gate::catalog::builtin::{self, Group, Verdict};
use crate::gate::catalog::{Function, Oid, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Ty};
use crate::gate::source::Span;

/// A function by name, with every overload that could take the call.
pub(super) struct Callee<'a> {
    /// Schema name.
    pub(super) schema: String,
    /// Function name.
    pub(super) name: String,
    /// The name as it was written, for messages.
    pub(super) written: String,
    /// The overloads.
    pub(super) candidates: Vec<&'a Function>,
    /// Where the name was written without schema and is one of `pg_catalog`: those of trusted extensions' schemas, which
    /// PostgreSQL would choose from as well. See [`Lowering::settle`].
    pub(super) rivals: Vec<&'a Function>,
}

/// Unquoted words that PostgreSQL has syntax for and that take ordinary arguments, too.
const CALLABLE_WORDS: &[&str] = &["json_object", "normalize", "overlay", "substring"];

/// Types of arguments that a row is taken for.
const TAKES_ROWS: &[&str] = &["any", "anycompatible", "anycompatiblenonarray", "anyelement", "anynonarray", "record"];

impl<'a> Lowering<'a> {
    /// The function that the name means, for a call with `count` arguments.
    pub(super) fn callee(&self, name: &ObjectName, count: usize, span: Span) -> Result<Callee<'a>, Rejection> {
        let parts = match name.0.as_slice() {
            [ObjectNamePart::Identifier(only)] => {
                let word = bare_name(name).unwrap_or_default();
                let callable = CALLABLE_WORDS.contains(&word.as_str());
                vec![self.name(only, if callable { Position::Label } else { Position::FunctionOrType })?]
            }
            _ => self.object_name(name)?,
        };
        let written = parts.join(".");
        match parts.as_slice() {
            [name] => {
                self.only_clients_write("a function without its schema", span)?;
                match self.unqualified_function(name, count, span)? {
                    Some(schema) => {
                        let rivals = if schema == "pg_catalog" { self.rivals(name, count) } else { Vec::new() };
                        Ok(Callee { rivals, ..self.callee_in(&schema, name, written, count, span)? })
                    }
                    None => Err(self.unknown_function(&written, span)),
                }
            }
            [schema, name] => self.callee_in(schema, name, written, count, span),
            _ => Err(not_supported("a function's name of more than two parts", span)),
        }
    }

    /// A function of `pg_catalog`.
    pub(super) fn builtin_callee(&self, name: &str, count: usize, span: Span) -> Result<Callee<'a>, Rejection> {
        self.callee_in("pg_catalog", name, name.to_owned(), count, span)
    }

    fn callee_in(
        &self,
        schema: &str,
        name: &str,
        written: String,
        count: usize,
        span: Span,
    ) -> Result<Callee<'a>, Rejection> {
        let catalog = self.catalog;
        let named: Vec<&'a Function> = catalog.functions_named(name).filter(|one| one.schema == schema).collect();
        let candidates: Vec<&'a Function> = named.iter().copied().filter(|one| one.accepts(count)).collect();
        if candidates.is_empty() {
            // That the name exists with other arguments may be told only of schemas that are open.
            if named.is_empty() || !self.schema_visible(schema) {
                return Err(self.unknown_function(&written, span));
            }
            let message = if named.iter().all(|one| one.ordered_set) {
                format!("`{written}` needs WITHIN GROUP (ORDER BY …) and {count} doesn't fit its number of arguments")
            } else {
                format!("function `{written}` doesn't take {count} arguments")
            };
            return Err(Rejection::new(Reason::UnknownFunction, message).at(span));
        }
        let (schema, name) = (schema.to_owned(), name.to_owned());
        let callee = Callee { schema, name, written, candidates, rivals: Vec::new() };
        // What no arguments could make right is refused before anything in them is.
        let refusals: Vec<_> = callee.candidates.iter().map(|one| self.refusal(&callee, one, span)).collect();
        match refusals.into_iter().collect::<Option<Vec<_>>>() {
            Some(all) => Err(all.into_iter().next().unwrap_or_else(|| self.unknown_function(&callee.written, span))),
            None => Ok(callee),
        }
    }

    /// The call's overloads, all allowed. What can't be chosen because of the arguments' types is left out.
    pub(super) fn govern(
        &self,
        mut callee: Callee<'a>,
        arguments: &[Expr],
        aggregated: &[&Expr],
        span: Span,
    ) -> Result<Callee<'a>, Rejection> {
        let all: Vec<&Expr> = arguments.iter().chain(aggregated.iter().copied()).collect();
        self.refuse_records(&callee, &all, span)?;
        self.prefer_text(&mut callee, &all);
        let mut chosen = Vec::with_capacity(callee.candidates.len());
        for one in &callee.candidates {
            if self.outdone(&callee, one, &all) {
                continue;
            }
            let refusal = self.refusal(&callee, one, span);
            match refusal.or_else(|| self.too_many(&callee, one, all.len(), span)) {
                None => chosen.push(*one),
                Some(_) if self.impossible(one, &all) => {}
                Some(rejection) => {
                    return Err(if callee.candidates.len() > 1 && rejection.help.is_none() {
                        rejection.help("cast the arguments, so that it is clear which overload is meant")
                    } else {
                        rejection
                    });
                }
            }
        }
        callee.candidates = chosen;
        self.refuse_functional_cast(&callee, all.len(), span)?;
        self.search_objects(&callee, &all, span)?;
        Ok(callee)
    }

    /// A record converts to nothing by itself, so only what takes any type, or records, takes it.
    fn refuse_records(&self, callee: &Callee<'_>, arguments: &[&Expr], span: Span) -> Result<(), Rejection> {
        let record = self.builtin_type("record");
        let is_row = |one: &Expr| matches!(one.kind, ExprKind::Row(_)) || one.ty.is_some() && one.ty == record;
        if self.mode == Mode::Verify || !arguments.iter().any(|one| is_row(one)) {
            return Ok(());
        }
        let takes_rows = |wanted: &Oid| {
            let wanted = self.catalog.type_(*wanted);
            wanted.is_none_or(|one| {
                TAKES_ROWS.contains(&one.name.as_str()) || matches!(one.kind, TypeKind::Composite { .. })
            })
        };
        let takes = |one: &Function| {
            one.variadic
                || one.arguments.iter().zip(arguments).all(|(wanted, given)| !is_row(given) || takes_rows(wanted))
        };
        if callee.candidates.iter().any(|one| takes(one)) {
            return Ok(());
        }
        let message = format!("function `{}` doesn't take a row", callee.written);
        let help = "name a column, as in `t.name`, or cast the row to text: `t::text`";
        Err(Rejection::new(Reason::UnknownFunction, message).at(span).help(help))
    }

    /// Of its own overloads with one argument PostgreSQL takes that for `text` where the argument is a literal without a
    /// type; a user's could be over a type that is as good.
    fn prefer_text(&self, callee: &mut Callee<'a>, arguments: &[&Expr]) {
        let text = self.builtin_type("text");
        let takes_text = |one: &&'a Function| one.arguments.first().copied() == text && one.accepts(1);
        let is_untyped_literal = matches!(arguments, [only] if is_bare_literal(only));
        let all_own = callee.candidates.iter().all(|one| one.oid.is_builtin());
        if is_untyped_literal && all_own && callee.candidates.iter().any(takes_text) {
            callee.candidates.retain(takes_text);
        }
    }

    /// Why the function may not be called; `None` if it may.
    fn refusal(&self, callee: &Callee<'_>, function: &Function, span: Span) -> Option<Rejection> {
        let refused = |why: &str| {
            // The types in a user's signature can be of schemas that are hidden.
            let name = if callee.schema == "pg_catalog" { function.signature() } else { callee.written.clone() };
            let message = format!("function `{name}` may not be called: {why}");
            Rejection::new(Reason::FunctionNotAllowed, message).at(span)
        };
        if callee.schema == "pg_catalog" {
            if !self.builtin_allowed() {
                return Some(refused("the policy allows no built-in functions"));
            }
            if !function.oid.is_builtin() {
                return Some(refused("it is not built in, although it is in `pg_catalog`"));
            }
            return match builtin::verdict(&function.name, &function.argument_names) {
                Verdict::Allowed { .. } => None,
                Verdict::Refused(group) => Some(with_help(refused(group.reason), group)),
                Verdict::Unsorted => Some(refused("it is in no list of what is allowed")),
            };
        }
        let trust = self.catalog.trust();
        if trust.has_function(function.oid) {
            return None;
        }
        if let Some(extension) = function.extension.as_deref().filter(|_| trust.brought(function)) {
            let why = self.catalog.extension_refusal(extension, function);
            return Some(refused(&format!("the policy trusts the extension `{extension}`, but {why}")));
        }
        if self.policy.allows_function(function.oid) {
            return self.ungoverned_part(function).map(|why| refused(&why));
        }
        if self.mode == Mode::Policy {
            return Some(refused("a policy's own expressions call only what is built in or of a trusted extension"));
        }
        if self.schema_visible(&callee.schema) {
            return Some(refused("the policy doesn't allow it").help("policies allow functions by full signature"));
        }
        let truth = format!("function `{}.{}` is not allowed by the policy", callee.schema, function.signature());
        let missing = self.unknown_function(&callee.written, span);
        Some(missing.concealing(Reason::FunctionNotAllowed, truth, None))
    }

    /// Why a trusted extension's function may not be called with so many arguments.
    fn too_many(&self, callee: &Callee<'_>, function: &Function, count: usize, span: Span) -> Option<Rejection> {
        let most = self.catalog.trust().most_arguments(function.oid).filter(|most| count > *most)?;
        let message = format!(
            "function `{}` may be called with {most} argument{} only: those behind control how big the result is, or \
             how long it takes",
            callee.written,
            if most == 1 { "" } else { "s" }
        );
        Some(Rejection::new(Reason::FunctionNotAllowed, message).at(span))
    }

    /// A type in the signature of a user's function that isn't governed: its input or output would run unseen.
    fn ungoverned_part(&self, function: &Function) -> Option<String> {
        let outs = function.out_columns.iter().map(|(_, oid)| oid);
        let has_outs = !function.out_columns.is_empty();
        function.arguments.iter().chain([&function.returns]).chain(outs).find_map(|oid| {
            let one = self.catalog.type_(*oid);
            let stands_for_others = one.is_some_and(|one| {
                let record = one.name == "record" && has_outs;
                one.kind == TypeKind::Pseudo && (record || one.name.starts_with("any") || one.name == "void")
            });
            if stands_for_others {
                return None;
            }
            let name = one.map_or("of its signature", |one| one.name.as_str());
            self.catalog.governed(*oid).err().map(|why| format!("the type `{name}`: {why}"))
        })
    }

    /// Whether PostgreSQL can't choose the overload: it wants a transaction's or a row version's identity, which no
    /// expression that the gate admits has, and to which nothing but a literal without type converts by itself; or a
    /// trusted extension's type, to which the argument's type doesn't convert by itself.
    pub(super) fn impossible(&self, function: &Function, arguments: &[&Expr]) -> bool {
        let wants_server_type = |oid: &Oid| {
            let one = self.catalog.type_(*oid).filter(|one| one.oid.is_builtin());
            one.and_then(|one| builtin::types::sorted(&one.name)).is_some_and(|group| group.name == "transactions")
        };
        !function.variadic
            && function.arguments.iter().zip(arguments).any(|(wanted, argument)| {
                let is_other = |ty: Oid| !self.catalog.converts_unasked(ty, *wanted);
                wants_server_type(wanted) && !is_untyped(argument)
                    || self.catalog.trust().has_type(*wanted) && argument.ty.is_some_and(is_other)
            })
    }

    /// `mood('x')` is a cast where a type has the function's name, so the type has to be one to cast to.
    fn refuse_functional_cast(&self, callee: &Callee<'_>, count: usize, span: Span) -> Result<(), Rejection> {
        match self.catalog.type_named(&callee.schema, &callee.name) {
            Some(one) if count == 1 => self.castable(one, &callee.written, span),
            _ => Ok(()),
        }
    }

    /// The type of the result, where PostgreSQL's choice is beyond doubt. An overload that takes exactly the known
    /// types (a literal without type fits anywhere) is preferred to every other, so only such ones count if there are
    /// any.
    pub(super) fn call_type<'e>(&self, callee: &Callee<'_>, arguments: impl Iterator<Item = &'e Expr>) -> Ty {
        let arguments: Vec<&Expr> = arguments.collect();
        let known = arguments.iter().all(|one| one.ty.is_some() || is_untyped(one));
        let exact = |one: &&Function| {
            one.arguments.len() == arguments.len()
                && one.arguments.iter().zip(&arguments).all(|(wanted, given)| given.ty.is_none_or(|ty| ty == *wanted))
        };
        let exactly: Vec<&Function> =
            if known { callee.candidates.iter().copied().filter(exact).collect() } else { Vec::new() };
        let possible = if exactly.is_empty() { &callee.candidates } else { &exactly };
        let first = possible.first()?.returns;
        let uniform = possible.iter().all(|one| one.returns == first);
        (uniform && self.catalog.is_concrete(first)).then_some(first)
    }

    fn unknown_function(&self, written: &str, span: Span) -> Rejection {
        let rejection =
            Rejection::new(Reason::UnknownFunction, format!("function `{written}` does not exist")).at(span);
        match instead_of(written) {
            Some(help) if self.mode == Mode::Client => rejection.help(help),
            _ => rejection,
        }
    }
}

fn with_help(rejection: Rejection, group: &Group) -> Rejection {
    let help = match group.name {
        "definitions" | "object_lookup" | "privileges" => "the tool get_table_schema tells a table's columns and keys",
        "server_identity" | "session_identity" => "the resource pgwicket://database_info tells what may be known",
        "sizes" | "statistics" => "count(*) counts the rows that you may see",
        "sequences" => "leave the column out, and its default takes the next value",
        "sql_execution" => "write the query itself",
        "large_objects" | "files" => "only tables and views can be read",
        "implementation_names" => "write the operator or the plain function",
        _ => return rejection,
    };
    rejection.help(help)
}

/// What PostgreSQL has in place of other systems' functions.
fn instead_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "ifnull" | "nvl" | "isnull" => "write COALESCE(a, b)",
        "if" | "iif" | "decode" | "switch" => "write CASE WHEN … THEN … ELSE … END",
        "getdate" | "sysdate" | "curdate" => "write CURRENT_TIMESTAMP or CURRENT_DATE",
        "dateadd" | "date_add" | "date_sub" | "adddate" => "add an interval: d + INTERVAL '1 day'",
        "datediff" | "timestampdiff" => "subtract: a - b, or use age(a, b)",
        "date_format" | "strftime" | "format_date" => "write to_char(d, 'YYYY-MM')",
        "str_to_date" | "parse_date" => "write to_date(s, 'YYYY-MM-DD')",
        "year" | "month" | "day" | "hour" | "quarter" | "weekday" | "dayofweek" => "write EXTRACT(YEAR FROM d)",
        "group_concat" | "listagg" | "wm_concat" => "write string_agg(x, ', ')",
        "len" | "datalength" => "write length(s)",
        "charindex" | "instr" | "locate" => "write strpos(whole, part)",
        "countif" | "count_if" => "write count(*) FILTER (WHERE …)",
        "sumif" | "sum_if" => "write sum(x) FILTER (WHERE …)",
        "ucase" => "write upper(s)",
        "lcase" => "write lower(s)",
        "rand" => "write random()",
        "json_extract" | "json_extract_scalar" | "get_json_object" => "write value ->> 'key'",
        "regexp_extract" => "write substring(s FROM pattern)",
        "approx_count_distinct" => "write count(DISTINCT x)",
        "median" => "write percentile_cont(0.5) WITHIN GROUP (ORDER BY x)",
        _ => return None,
    })
}
