//! Numbers as PostgreSQL prints them: `numeric` digit by digit, floats by their shortest round trip.

use std::fmt::Write;

use super::wire::{Malformed, Wire};

const NUMERIC_NEGATIVE: u16 = 0x4000;
const NUMERIC_NAN: u16 = 0xC000;
const NUMERIC_INFINITY: u16 = 0xD000;
const NUMERIC_MINUS_INFINITY: u16 = 0xF000;
/// PostgreSQL's own bound on the digits after the point.
const MOST_SCALE: u16 = 0x3FFF;

/// `numeric`: base-10000 digits, with as many decimals as the value's scale says.
pub(crate) fn numeric(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let count = wire.u16()?;
    let weight = i32::from(wire.i16()?);
    let sign = wire.u16()?;
    let scale = wire.u16()?;
    match sign {
        0 => {}
        NUMERIC_NEGATIVE => out.push('-'),
        NUMERIC_NAN | NUMERIC_INFINITY | NUMERIC_MINUS_INFINITY => {
            out.push_str(match sign {
                NUMERIC_NAN => "NaN",
                NUMERIC_INFINITY => "Infinity",
                _ => "-Infinity",
            });
            return Ok(());
        }
        _ => return Err(Malformed("its sign is unknown")),
    }
    if scale > MOST_SCALE {
        return Err(Malformed("its scale is out of range"));
    }
    let mut digits = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        match wire.u16()? {
            digit @ 0..=9999 => digits.push(digit),
            _ => return Err(Malformed("a digit is out of range")),
        }
    }
    wire.end()?;
    // `weight` is the power of 10000 of the first digit; digits outside of those sent are zero.
    let digit_at = |power: i32| {
        usize::try_from(weight - power).ok().and_then(|index| digits.get(index)).copied().unwrap_or_default()
    };
    if weight < 0 {
        out.push('0');
    } else {
        push_formatted(out, format_args!("{}", digit_at(weight)));
        for power in (0..weight).rev() {
            push_formatted(out, format_args!("{:04}", digit_at(power)));
        }
    }
    if scale > 0 {
        out.push('.');
        let end = out.len() + usize::from(scale);
        let mut power = -1;
        while out.len() < end {
            push_formatted(out, format_args!("{:04}", digit_at(power)));
            power -= 1;
        }
        out.truncate(end);
    }
    Ok(())
}

/// `float8`, as with `extra_float_digits = 1`.
pub(crate) fn float8(value: f64, out: &mut String) {
    if !push_special(value, out) {
        push_decimal(&shortest(value, 17, &|digits| strictly_nearest_f64(value, digits)), 15, out);
    }
}

/// `float4`, as with `extra_float_digits = 1`.
pub(crate) fn float4(value: f32, out: &mut String) {
    if !push_special(f64::from(value), out) {
        push_decimal(&shortest(value, 9, &|digits| strictly_nearest_f32(value, digits)), 6, out);
    }
}

/// Writing to a string can't fail.
pub(crate) fn push_formatted(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _: std::fmt::Result = out.write_fmt(text);
}

fn push_special(value: f64, out: &mut String) -> bool {
    let special = if value.is_nan() {
        "NaN"
    } else if value == f64::INFINITY {
        "Infinity"
    } else if value == f64::NEG_INFINITY {
        "-Infinity"
    } else {
        return false;
    };
    out.push_str(special);
    true
}

/// Significant digits and the power of ten of the first one.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// Reads Rust's `{:e}` form: `-1.25e-7`.
    fn parse(scientific: &str) -> Self {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        let negative = mantissa.starts_with('-');
        let mut digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.truncate(digits.trim_end_matches('0').len().max(1));
        Self { negative, digits, exponent: exponent.parse().unwrap_or_default() }
    }
}

/// The fewest digits that lead back to the value, as PostgreSQL chooses them. Rust differs in two corners: of two
/// equally near decimals it takes the larger instead of the even one, and it takes a decimal that lies exactly halfway
/// to the neighbour, where PostgreSQL adds a digit because not every reader rounds such a one to even.
fn shortest<F>(value: F, most_digits: usize, is_strict: &dyn Fn(&Decimal) -> bool) -> Decimal
where
    F: Copy + PartialEq + std::fmt::LowerExp + std::str::FromStr,
{
    let candidate = Decimal::parse(&format!("{value:e}"));
    let enough = candidate.digits.len();
    if is_strict(&candidate) && enough < most_digits.saturating_sub(3) {
        // Ties need nearly all digits that the type has.
        return candidate;
    }
    for digits in enough..=most_digits {
        let rounded = format!("{value:.*e}", digits.saturating_sub(1));
        let leads_back = rounded.parse::<F>().is_ok_and(|parsed| parsed == value);
        let rounded = Decimal::parse(&rounded);
        if leads_back && is_strict(&rounded) {
            return rounded;
        }
        if digits == enough && is_strict(&candidate) {
            return candidate;
        }
    }
    candidate
}

fn strictly_nearest_f64(value: f64, decimal: &Decimal) -> bool {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = i32::try_from((bits >> 52) & 0x7FF).unwrap_or_default();
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) };
    is_strictly_inside(decimal, mantissa, exponent, fraction == 0 && biased > 1)
}

fn strictly_nearest_f32(value: f32, decimal: &Decimal) -> bool {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 23) - 1);
    let biased = i32::try_from((bits >> 23) & 0xFF).unwrap_or_default();
    let (mantissa, exponent) = if biased == 0 { (fraction, -149) } else { (fraction | (1 << 23), biased - 150) };
    is_strictly_inside(decimal, u64::from(mantissa), exponent, fraction == 0 && biased > 1)
}

/// Whether a decimal that is known to read back as `mantissa × 2^exponent` is not one of the two halfway points to the
/// neighbours. At a power of two the lower neighbour is half as far.
fn is_strictly_inside(decimal: &Decimal, mantissa: u64, exponent: i32, at_power_of_two: bool) -> bool {
    if decimal.negative && mantissa == 0 {
        return true;
    }
    let mantissa = u128::from(mantissa);
    let above = equals(decimal, mantissa * 2 + 1, exponent - 1);
    let below = if at_power_of_two {
        equals(decimal, mantissa * 4 - 1, exponent - 2)
    } else {
        mantissa > 0 && equals(decimal, mantissa * 2 - 1, exponent - 1)
    };
    !(above || below)
}

/// `digits × 10^k == odd × 2^exponent`, exactly. With at most 17 digits both sides fit 128 bits whenever they can be
/// equal: a larger power of five than 5^24 can't divide either side.
fn equals(decimal: &Decimal, odd: u128, exponent: i32) -> bool {
    let Ok(digits) = decimal.digits.parse::<u128>() else { return false };
    let length = i32::try_from(decimal.digits.len()).unwrap_or(i32::MAX);
    let power = decimal.exponent - (length - 1);
    let fives = |count: i32| u32::try_from(count).ok().and_then(|count| 5_u128.checked_pow(count));
    let (left, right) = if power >= 0 {
        (fives(power).and_then(|five| digits.checked_mul(five)), Some(odd))
    } else {
        (Some(digits), fives(-power).and_then(|five| odd.checked_mul(five)))
    };
    // What remains are powers of two: left × 2^power against right × 2^exponent.
    let (Some(left), Some(right)) = (left, right) else { return false };
    let shift = power - exponent;
    let shifted = |value: u128, by: i32| {
        u32::try_from(by).ok().filter(|by| *by <= value.leading_zeros()).and_then(|by| value.checked_shl(by))
    };
    if shift >= 0 { shifted(left, shift) == Some(right) } else { shifted(right, -shift) == Some(left) }
}

/// Plain digits between 10^-4 and 10^`plain_below`, else an exponent of at least two digits.
fn push_decimal(decimal: &Decimal, plain_below: i32, out: &mut String) {
    let Decimal { negative, digits, exponent } = decimal;
    if *negative {
        out.push('-');
    }
    if digits == "0" {
        out.push('0');
    } else if *exponent < -4 || *exponent >= plain_below {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let sign = if *exponent < 0 { '-' } else { '+' };
        push_formatted(out, format_args!("e{sign}{:02}", exponent.unsigned_abs()));
    } else if *exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', usize::try_from(-exponent - 1).unwrap_or_default()));
        out.push_str(digits);
    } else {
        let whole = usize::try_from(*exponent).unwrap_or_default() + 1;
        match digits.split_at_checked(whole) {
            Some((whole, "")) => out.push_str(whole),
            Some((whole, fraction)) => {
                out.push_str(whole);
                out.push('.');
                out.push_str(fraction);
            }
            None => {
                out.push_str(digits);
                out.extend(std::iter::repeat_n('0', whole - digits.len()));
            }
        }
    }
}
