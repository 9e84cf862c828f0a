//! TABLESAMPLE: a part of a relation's rows. Its arguments are constants, so that a sample is no way to ask anything.

use sqlparser::ast::{
    Expr, TableSample, TableSampleKind, TableSampleMethod, TableSampleModifier, TableSampleQuantity, TableSampleSeed,
    TableSampleSeedModifier, Value,
};

use super::{Lowering, not_supported};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Sample, SampleMethod};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// The sample that is written behind a relation.
    pub(super) fn sample(&self, sample: &TableSampleKind, span: Span) -> Result<Sample, Rejection> {
        let TableSampleKind::AfterTableAlias(sample) = sample else {
            return Err(not_supported("TABLESAMPLE before the alias", span));
        };
        let TableSample { modifier, name, quantity, seed, bucket, offset } = sample.as_ref();
        let method = match (modifier, name) {
            (TableSampleModifier::TableSample, Some(TableSampleMethod::Bernoulli)) => SampleMethod::Bernoulli,
            (TableSampleModifier::TableSample, Some(TableSampleMethod::System)) => SampleMethod::System,
            (TableSampleModifier::TableSample | TableSampleModifier::Sample, _) => {
                return Err(not_supported("this method of sampling", span).help("write TABLESAMPLE BERNOULLI (10)"));
            }
        };
        if bucket.is_some() || offset.is_some() {
            return Err(not_supported("BUCKET and OFFSET in TABLESAMPLE", span));
        }
        if !self.builtin_allowed() {
            let message = "the policy's `[functions] allow` leaves out `@builtin`, and with it TABLESAMPLE's methods";
            return Err(Rejection::new(Reason::FunctionNotAllowed, message).at(span));
        }
        let percent = match quantity {
            Some(TableSampleQuantity { parenthesized: true, value: Expr::Value(value), unit: None }) => {
                plain_number(&value.value).filter(|digits| digits.parse::<f64>().is_ok_and(|part| part <= 100.0))
            }
            _ => None,
        };
        let Some(percent) = percent else {
            let message = "TABLESAMPLE takes a percentage, a number from 0 to 100 in parentheses";
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        };
        let seed = match seed {
            None => None,
            Some(TableSampleSeed { modifier: TableSampleSeedModifier::Repeatable, value }) => {
                let Some(seed) = plain_number(&value.value) else {
                    return Err(Rejection::new(Reason::InvalidStatement, "REPEATABLE takes a number").at(span));
                };
                Some(seed)
            }
            Some(TableSampleSeed { modifier: TableSampleSeedModifier::Seed, .. }) => {
                return Err(not_supported("SEED", span).help("write REPEATABLE (1)"));
            }
        };
        Ok(Sample { method, percent, seed })
    }
}

/// The digits of a number in decimal notation.
fn plain_number(value: &Value) -> Option<String> {
    match value {
        Value::Number(digits, false) => {
            let digits = digits.to_string();
            (digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.parse::<f64>().is_ok())
                .then_some(digits)
        }
        _ => None,
    }
}
