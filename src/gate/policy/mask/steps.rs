//! Masks that coarsen: years, roundings, buckets. NULL stays NULL.

use super::build::{Builder, string};
use super::target::{Target, ValueClass};
use crate::gate::ir::Expr;

/// Digits of a number that says no bound of its own; what is beyond is held at the largest multiple.
const MOST_DIGITS: u32 = 30;

/// The precision of a result that says none; more than [`MOST_DIGITS`].
const WIDEST: i32 = 38;

/// The first day of the year. Years outside 1 to 9999 and infinities are NULL: beyond them a conversion could raise.
pub fn year(build: &Builder<'_>, target: &Target, column: Expr) -> Result<Expr, String> {
    let value = build.value(target, column)?;
    let (low, high) = match target.name.as_str() {
        "date" => ("0001-01-01", "9999-12-31"),
        "timestamp" => ("0001-01-01 00:00:00", "9999-12-31 00:00:00"),
        _ => ("0001-01-01 00:00:00+00", "9999-12-31 00:00:00+00"),
    };
    let inside = build.between(value.clone(), low, high, &target.name)?;
    let first = match target.name.as_str() {
        "date" => {
            let moment = build.cast(value, "timestamp")?;
            build.cast(build.call("date_trunc", vec![string("year"), moment], "timestamp")?, "date")?
        }
        name => build.call("date_trunc", vec![string("year"), value], name)?,
    };
    let masked = build.case(vec![(inside, first)], None, &target.name)?;
    Ok(if target.type_ref.modifiers.is_empty() { masked } else { build.declared(target, masked) })
}

/// The nearest multiple of `step`, halves upwards.
pub fn round(build: &Builder<'_>, target: &Target, column: Expr, step: u64) -> Result<Expr, String> {
    let half = if step.is_multiple_of(2) { (step / 2).to_string() } else { format!("{}.5", step / 2) };
    stepped(build, target, column, step, Some(&half))
}

/// The multiple of `step` at or below the value.
pub fn bucket(build: &Builder<'_>, target: &Target, column: Expr, step: u64) -> Result<Expr, String> {
    stepped(build, target, column, step, None)
}

/// The multiple of `step` at or below the value and `shift`, in exact decimal arithmetic. Values beyond the largest
/// multiple that the type holds, NaN and infinity too, are held there: so nothing overflows, on the way or in the cast.
fn stepped(build: &Builder<'_>, target: &Target, column: Expr, step: u64, shift: Option<&str>) -> Result<Expr, String> {
    let most = largest(target, u128::from(step))
        .ok_or_else(|| format!("steps of {step} are larger than what `{}` can hold", target.column))?;
    let constant = |text: &str| build.cast(string(text), "numeric");
    let numeric = |left: Expr, symbol: &str, right: Expr| build.operator(left, symbol, right, "numeric");
    let value = if target.name == "numeric" && !target.domain { column } else { build.cast(column, "numeric")? };
    let (most, least) = (most.to_string(), format!("-{most}"));
    let above = build.operator(value.clone(), ">", constant(&most)?, "bool")?;
    let below = build.operator(value.clone(), "<", constant(&least)?, "bool")?;
    let shifted = match shift {
        Some(shift) => numeric(value, "+", constant(shift)?)?,
        None => value,
    };
    // The remainder takes the sign of the value; adding the step once makes it the distance from the multiple below.
    let step = constant(&step.to_string())?;
    let remainder = numeric(shifted.clone(), "%", step.clone())?;
    let distance = numeric(numeric(remainder, "+", step.clone())?, "%", step)?;
    let multiple = numeric(shifted, "-", distance)?;
    let masked = build.case(vec![(above, constant(&most)?), (below, constant(&least)?)], Some(multiple), "numeric")?;
    // A `numeric` without a declared scale would show how many digits the value has after the point.
    let mut target = target.clone();
    if target.name == "numeric" && target.type_ref.modifiers.is_empty() {
        target.type_ref.modifiers = vec![WIDEST, 0];
    }
    Ok(build.declared(&target, masked))
}

/// The largest multiple of `step` that the type holds; `None` if there is none but zero.
fn largest(target: &Target, step: u128) -> Option<u128> {
    let most: u128 = match target.name.as_str() {
        "int2" => i16::MAX.unsigned_abs().into(),
        "int4" => i32::MAX.unsigned_abs().into(),
        "int8" => i64::MAX.unsigned_abs().into(),
        _ => {
            let digits = match target.precision() {
                Some((precision, scale)) => precision.saturating_sub(scale).min(MOST_DIGITS),
                None => MOST_DIGITS,
            };
            10u128.pow(digits) - 1
        }
    };
    debug_assert!(matches!(target.class, ValueClass::Integer | ValueClass::Numeric));
    let multiple = most.checked_div(step)?.checked_mul(step)?;
    (multiple > 0).then_some(multiple)
}
