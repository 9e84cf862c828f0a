//! The stages in order. The only maker of [`Admitted`].

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::authorize::{authorize, plan_shape};
use super::cache::{LONGEST_TEXT, StatementCache};
use super::catalog::{Catalog, Oid};
use super::diagnostic::{Place, Reason, Rejection};
use super::emit::{emit, emit_redacted};
use super::ir::{Explain, ExplainFormat, Expr, ExprKind, Literal, Node, Statement, renumber, walk};
use super::lower::{Lowering, Mode, SHAPE_BYTES, has_corners};
use super::order::is_total;
use super::parse::{parse, parse_emitted};
use super::policy::BoundPolicy;
use super::rewrite::{ParameterPlan, Rewritten, rewrite, text_form};
use super::source::Source;
use super::stack::on_big_stack;
use super::value;

mod admitted;
mod parameters;
mod request;
mod text;

pub use admitted::{Admitted, Compiled, Permit, RelationAccess, RelationUse, Verification, WriteCheck};
use parameters::{certain_types, client_types, doubtful};
pub use request::{AttributeValue, Change, Principal, Submission};
use text::{TextForm, may_need_text, may_render, needs_text};

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
    on_big_stack(|| match submission {
        Submission::Sql { text, parameters } => {
            let compiled = compile(catalog, policy, principal, (text, Form::AsWritten), parameters.len())?;
            with_values(Arc::new(compiled), catalog, parameters)
        }
        Submission::Page { text, parameters, skip } => {
            let compiled = compile(catalog, policy, principal, (text, Form::From(*skip)), parameters.len())?;
            with_values(Arc::new(compiled), catalog, parameters)
        }
        Submission::Explain { text, parameters } => {
            let compiled = compile(catalog, policy, principal, (text, Form::Explained), parameters.len())?;
            with_values(Arc::new(compiled), catalog, parameters)
        }
        Submission::Change(change) => {
            let source = Source::new("");
            let (statement, values) = Lowering::new(catalog, policy, &source, Mode::Client, u32::MAX).change(change)?;
            let compiled = Stages { catalog, policy, principal, skip: 0 }.after_lower(
                statement,
                Values::Known(&values),
                Vec::new(),
            )?;
            admitted(Arc::new(compiled), values)
        }
    })
}

/// The gate of one principal on one catalog. What it made of the last statements is kept: compiling is pure, so the
/// same text gives the same statement again, and only its values differ.
pub struct Gate {
    catalog: Arc<Catalog>,
    policy: Arc<BoundPolicy>,
    principal: Arc<Principal>,
    kept: Mutex<StatementCache<Arc<Compiled>>>,
}

impl Gate {
    /// A gate that has seen nothing yet.
    pub fn new(catalog: Arc<Catalog>, policy: Arc<BoundPolicy>, principal: Arc<Principal>) -> Self {
        Self { catalog, policy, principal, kept: Mutex::default() }
    }

    /// The catalog that names are resolved against.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The policy, bound to that catalog.
    pub fn policy(&self) -> &Arc<BoundPolicy> {
        &self.policy
    }

    /// As [`admit`]; a statement that was admitted lately isn't compiled again.
    ///
    /// # Errors
    /// As [`admit`].
    pub fn admit(&self, submission: &Submission) -> Result<Admitted, Rejection> {
        let Submission::Sql { text, parameters } = submission else {
            return admit(&self.catalog, &self.policy, &self.principal, submission);
        };
        let known = self.kept().find(text).map(Arc::clone);
        // How many values there are decides which parameters a statement may use.
        let known = known.filter(|known| known.client_types.len() == parameters.len());
        if let Some(known) = known {
            return with_values(known, &self.catalog, parameters);
        }
        let compile =
            || compile(&self.catalog, &self.policy, &self.principal, (text, Form::AsWritten), parameters.len());
        let compiled = Arc::new(on_big_stack(compile)?);
        if compiled.sql.len() <= LONGEST_TEXT {
            self.kept().keep(text, Arc::clone(&compiled));
        }
        with_values(compiled, &self.catalog, parameters)
    }

    fn kept(&self) -> MutexGuard<'_, StatementCache<Arc<Compiled>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The statement.
    AsWritten,
    /// Its rows behind so many.
    From(u64),
    /// Its plan.
    Explained,
}

/// Everything but the values.
fn compile(
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
    (text, form): (&str, Form),
    parameters: usize,
) -> Result<Compiled, Rejection> {
    let source = Source::new(text);
    let parsed = parse(&source)?;
    let mut lowering = Lowering::new(catalog, policy, &source, Mode::Client, parameters as u32);
    let statement = match form {
        Form::AsWritten => lowering.statement(&parsed.statement)?,
        Form::From(_) => match lowering.statement(&parsed.statement)? {
            statement @ Statement::Query(_) if statement.writes().is_empty() => statement,
            _ => {
                let message = "only the rows of a query come in pages";
                return Err(Rejection::new(Reason::InvalidParameter, message).at(Place::Json("/cursor".to_owned())));
            }
        },
        Form::Explained => lowering.explained(&parsed.statement)?,
    };
    let types = client_types(&statement, parameters, catalog)?;
    let skip = if let Form::From(skip) = form { skip } else { 0 };
    Stages { catalog, policy, principal, skip }.after_lower(statement, Values::Any(parameters), types)
}

/// The client's values behind a compiled statement.
fn with_values(compiled: Arc<Compiled>, catalog: &Catalog, parameters: &[Value]) -> Result<Admitted, Rejection> {
    let mut values = Vec::with_capacity(parameters.len() + compiled.own_values.len());
    for (at, (value, ty)) in parameters.iter().zip(&compiled.client_types).enumerate() {
        let hint = ty.and_then(|oid| catalog.type_(oid));
        let text = value::to_text(value, hint)
            .map_err(|why| Rejection::new(Reason::InvalidParameter, why).at(Place::Json(format!("/params/{at}"))))?;
        if hint.is_some_and(|hint| has_corners(&hint.schema, &hint.name))
            && text.as_ref().is_some_and(|text| text.len() > SHAPE_BYTES)
        {
            let message = format!("a path or polygon may have {SHAPE_BYTES} bytes");
            return Err(Rejection::new(Reason::LimitExceeded, message).at(Place::Json(format!("/params/{at}"))));
        }
        values.push(text);
    }
    admitted(compiled, values)
}

fn admitted(compiled: Arc<Compiled>, mut values: Vec<Option<String>>) -> Result<Admitted, Rejection> {
    let bytes = values.iter().flatten().fold(0, |bytes: usize, value| bytes.saturating_add(value.len()));
    if bytes > MAX_VALUE_BYTES {
        return Err(Rejection::new(
            Reason::LimitExceeded,
            format!("the statement brings more than {MAX_VALUE_BYTES} bytes of values"),
        )
        .help("bring fewer or shorter values at once"));
    }
    values.extend_from_slice(&compiled.own_values);
    Ok(Admitted { compiled, parameters: values })
}

/// What is known of the client's values while a statement is compiled.
#[derive(Debug, Clone, Copy)]
pub enum Values<'v> {
    /// Their number: what is compiled is kept, and must hold for whatever values come.
    Any(usize),
    /// The values themselves, in text format.
    Known(&'v [Option<String>]),
}

impl<'v> Values<'v> {
    fn count(self) -> usize {
        match self {
            Self::Any(count) => count,
            Self::Known(values) => values.len(),
        }
    }

    /// The value of a parameter by its number, if it is known and not NULL.
    pub fn get(self, number: u32) -> Option<&'v str> {
        match self {
            Self::Any(_) => None,
            Self::Known(values) => values.get((number as usize).checked_sub(1)?)?.as_deref(),
        }
    }
}

struct Stages<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    principal: &'a Principal,
    /// Rows that are left out.
    skip: u64,
}

impl Stages<'_> {
    /// authorize, rewrite, emit and verify.
    fn after_lower(
        &self,
        mut statement: Statement,
        client_values: Values<'_>,
        client_types: Vec<Option<Oid>>,
    ) -> Result<Compiled, Rejection> {
        let Self { catalog, policy, principal, skip } = *self;
        renumber(&mut statement);
        let redacted_sql = emit_redacted(&statement);
        let literals = literals(&statement);
        let doubtful = doubtful(&statement, catalog);
        certain_types(&statement, &doubtful, catalog)?;
        let mut authorized = authorize(&statement, catalog, policy, client_values)?;
        let plan_shape = plan_shape(&statement, &authorized, catalog, policy);

        let total_order = matches!(&statement, Statement::Query(query) if is_total(query, catalog, policy));
        let mut plan = ParameterPlan::new(client_values.count());
        plan.skip = skip;
        let Rewritten { keys, writes, helpers } =
            rewrite(&mut statement, &authorized, catalog, policy, principal, &mut plan)?;
        authorized.verification.keys = key_stamps(catalog, &keys);
        renumber(&mut statement);

        let emitted = Emitted { catalog, policy, parameters: plan.count() };
        let sql = emitted.verified(&statement)?;
        let mut text = TextForm::NotNeeded;
        if may_need_text(&statement, catalog)
            && let Some(mut form) = text_form(&statement, catalog, helpers)
        {
            text = match may_render(&statement, catalog).and_then(|()| certain_types(&form, &doubtful, catalog)) {
                Ok(()) => {
                    renumber(&mut form);
                    TextForm::Emitted(emitted.verified(&form)?)
                }
                Err(why) if needs_text(&statement, catalog) => return Err(why),
                Err(why) => TextForm::Refused(Box::new(why)),
            };
        }

        let limits = &policy.policy().limits;
        // A bound that answers to estimates of what is restricted would tell of it.
        let cost_cap = limits.cost.as_ref().filter(|_| !authorized.only_shape);
        let estimate = cost_cap.and_then(|_| estimate(&statement));
        let estimate_sql = estimate.as_ref().map(|explain| emitted.verified(explain)).transpose()?;
        let attributes = native_attributes(&authorized.verification, catalog, policy, principal);
        Ok(Compiled {
            attributes,
            sql,
            text,
            client_types,
            mask_key: plan.mask_key(),
            own_values: plan.own_values,
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
                cost_cap: cost_cap.filter(|_| estimate_sql.is_some()).map(|cap| (cap.value, cap.rule.clone())),
                role: policy.policy().role.clone(),
                counted: writes.len() > 1 || matches!(statement, Statement::Query(_)) && !writes.is_empty(),
                confirm: authorized.confirm,
                writes,
                total_order,
                opaque_errors: authorized.opaque_errors,
                plan_shape,
            },
            verification: authorized.verification,
            estimate_sql,
        })
    }
}

/// EXPLAIN of what a statement that reads is about to run.
fn estimate(statement: &Statement) -> Option<Statement> {
    let query = match statement {
        Statement::Query(query) if statement.writes().is_empty() => query,
        Statement::Explain(explain) if explain.analyze => &explain.query,
        Statement::Query(_)
        | Statement::Explain(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_) => return None,
    };
    Some(Statement::Explain(Explain { query: query.clone(), format: ExplainFormat::Json, analyze: false }))
}

/// The principal's attributes as settings, `pgwicket.NAME`, for the native policies of relations that have row-level security;
/// none where no relation of the statement has it, or the policy has no role.
fn native_attributes(
    verification: &Verification,
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
) -> Vec<(String, String)> {
    let has_it = |(oid, _): &(Oid, String)| catalog.relation(*oid).is_some_and(|relation| relation.row_security);
    if policy.policy().role.is_none() || !verification.relations.iter().any(has_it) {
        return Vec::new();
    }
    let text = |value: &AttributeValue| match value {
        AttributeValue::Scalar(text) => Some(text.clone()),
        AttributeValue::List(all) => {
            let list = Value::Array(all.iter().cloned().map(Value::String).collect());
            value::to_text(&list, None).ok().flatten()
        }
    };
    let declared = |(name, value): (&String, &AttributeValue)| {
        policy.policy().attributes.get(name)?;
        Some((format!("pgwicket.{name}"), text(value)?))
    };
    principal.attributes.iter().filter_map(declared).collect()
}

/// Bytes of all the values that a statement brings at most.
const MAX_VALUE_BYTES: usize = 16 << 20;

fn key_stamps(catalog: &Catalog, relations: &BTreeSet<Oid>) -> Vec<(Oid, String)> {
    let relations = relations.iter().filter_map(|oid| catalog.relation(*oid));
    relations.map(|relation| (relation.oid, relation.key_stamp.clone())).collect()
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
