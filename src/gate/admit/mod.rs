//! The stages in order. The only maker of [`Admitted`].

use std::collections::BTreeMap;

use serde_json::Value;

use super::authorize::authorize;
use super::catalog::Catalog;
use super::diagnostic::{Place, Reason, Rejection};
use super::emit::{emit, emit_redacted};
use super::ir::{Expr, ExprKind, Literal, Node, Statement, renumber, walk};
use super::lower::{Lowering, Mode};
use super::parse::{parse, parse_emitted};
use super::policy::BoundPolicy;
use super::rewrite::{ParameterPlan, rewrite, text_form};
use super::source::Source;
use super::stack::on_big_stack;
use super::value;

mod admitted;
mod request;
mod text;

pub use admitted::{Admitted, Permit, RelationAccess, RelationUse, Verification};
pub use request::{AttributeValue, Change, Principal, Submission};
use text::may_need_text;

/// Compiles what a principal submitted into what may be executed, or says why not.
///
/// Pure: the same arguments always give the same answer. Never panics and never overflows the stack, whatever the
/// text.
///
/// # Errors
/// A [`Rejection`] with every violation that was found at the stage where the statement failed.
pub fn admit(
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
    submission: &Submission,
) -> Result<Admitted, Rejection> {
    on_big_stack(|| stages(catalog, policy, principal, submission))
}

fn stages(
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
    submission: &Submission,
) -> Result<Admitted, Rejection> {
    let (mut statement, values) = understand(catalog, policy, submission)?;
    renumber(&mut statement);
    let redacted_sql = emit_redacted(&statement);
    let literals = literals(&statement);
    let authorized = authorize(&statement, catalog, policy)?;

    let mut plan = ParameterPlan::new(values);
    rewrite(&mut statement, &authorized, catalog, policy, principal, &mut plan)?;
    renumber(&mut statement);

    let emitted = Emitted { catalog, policy, parameters: plan.values.len() as u32 };
    let sql = emitted.verified(&statement)?;
    let text_sql = if may_need_text(&statement, catalog) {
        match text_form(&statement, catalog) {
            Some(mut form) => {
                renumber(&mut form);
                Some(emitted.verified(&form)?)
            }
            None => None,
        }
    } else {
        None
    };

    let limits = &policy.policy().limits;
    Ok(Admitted {
        sql,
        text_sql,
        mask_key: plan.mask_key(),
        parameters: plan.values,
        literals,
        redacted_sql,
        redacted_rewritten_sql: emit_redacted(&statement),
        permit: Permit {
            kind: authorized.kind,
            relations: authorized.relations.into_values().collect(),
            masked_columns: authorized.masked_columns.into_iter().collect(),
            filters: authorized.filters.into_iter().collect(),
            functions: authorized.functions.into_iter().collect(),
            policy_digest: policy.policy().digest.clone(),
            catalog_version: catalog.version().to_owned(),
            row_cap: limits.rows,
            byte_cap: limits.bytes,
            timeout: limits.timeout,
            max_affected_rows: authorized.max_affected_rows,
            role: policy.policy().role.clone(),
            opaque_errors: authorized.opaque_errors,
        },
        verification: authorized.verification,
    })
}

/// parse and lower: the statement as IR, and the client's parameter values in text format.
fn understand(
    catalog: &Catalog,
    policy: &BoundPolicy,
    submission: &Submission,
) -> Result<(Statement, Vec<Option<String>>), Rejection> {
    let (statement, values) = match submission {
        Submission::Sql { text, parameters } => {
            let source = Source::new(text);
            let parsed = parse(&source)?;
            let mut lowering = Lowering::new(catalog, policy, &source, Mode::Client, parameters.len() as u32);
            let statement = lowering.statement(&parsed.statement)?;
            let values = client_values(&statement, parameters, catalog)?;
            (statement, values)
        }
        Submission::Change(change) => {
            let source = Source::new("");
            Lowering::new(catalog, policy, &source, Mode::Client, u32::MAX).change(change)?
        }
    };
    let bytes = values.iter().flatten().fold(0, |bytes: usize, value| bytes.saturating_add(value.len()));
    if bytes > MAX_VALUE_BYTES {
        return Err(Rejection::new(
            Reason::LimitExceeded,
            format!("the statement brings more than {MAX_VALUE_BYTES} bytes of values"),
        )
        .help("bring fewer or shorter values at once"));
    }
    Ok((statement, values))
}

/// Bytes of all the values that a statement brings at most.
const MAX_VALUE_BYTES: usize = 16 << 20;

/// The client's values, each in the input format of the type that the statement casts it to. A value that the
/// statement doesn't use is a mistake, and PostgreSQL couldn't tell its type.
fn client_values(
    statement: &Statement,
    parameters: &[Value],
    catalog: &Catalog,
) -> Result<Vec<Option<String>>, Rejection> {
    let mut used = BTreeMap::new();
    walk(statement, &mut |node| match node {
        Node::Expr(Expr { kind: ExprKind::Parameter(number), .. }) => {
            used.entry(*number).or_insert(None);
        }
        Node::Expr(Expr { kind: ExprKind::Cast { expr, to }, .. }) => {
            if let ExprKind::Parameter(number) = expr.kind {
                used.insert(number, Some(to.clone()));
            }
        }
        _ => {}
    });
    let mut values = Vec::with_capacity(parameters.len());
    for (number, parameter) in (1u32..).zip(parameters) {
        let pointer = Place::Json(format!("/params/{}", number - 1));
        let Some(cast) = used.get(&number) else {
            return Err(Rejection::new(
                Reason::InvalidParameter,
                format!("the statement does not use parameter `${number}`"),
            )
            .at(pointer)
            .help("leave the value out, or use it as in `WHERE id = $1`"));
        };
        let hint = cast.as_ref().and_then(|to| {
            let one = catalog.type_(to.oid)?;
            if to.array { catalog.type_(one.array) } else { Some(one) }
        });
        let text =
            value::to_text(parameter, hint).map_err(|why| Rejection::new(Reason::InvalidParameter, why).at(pointer))?;
        values.push(text);
    }
    Ok(values)
}

fn literals(statement: &Statement) -> Vec<String> {
    let mut all = Vec::new();
    walk(statement, &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Literal(Literal::Number(text) | Literal::String(text)), .. }) = node {
            all.push(text.clone());
        }
    });
    all
}

/// emit and verify: text comes out only if reading it again gives the same IR.
struct Emitted<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    parameters: u32,
}

impl Emitted<'_> {
    fn verified(&self, statement: &Statement) -> Result<String, Rejection> {
        let text = emit(statement);
        if self.reads_as(&text, statement) {
            Ok(text)
        } else {
            Err(Rejection::new(
                Reason::InternalError,
                "pgwicket's own check of the statement it made failed, so nothing was executed",
            )
            .help("this is a defect of pgwicket: please report the statement; a simpler form of it may pass"))
        }
    }

    fn reads_as(&self, text: &str, statement: &Statement) -> bool {
        let source = Source::new(text);
        let Ok(parsed) = parse_emitted(&source) else { return false };
        let mut lowering = Lowering::new(self.catalog, self.policy, &source, Mode::Verify, self.parameters);
        let Ok(mut read) = lowering.statement(&parsed.statement) else { return false };
        renumber(&mut read);
        read == *statement
    }
}
