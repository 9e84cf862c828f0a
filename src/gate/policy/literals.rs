//! Whether a text is a value of a built-in type, told without a database. Stricter than PostgreSQL: one notation for
//! each type, so that what passes here never raises there. Knows nothing of policies.

/// Whether `text` is a value of the `pg_catalog` type of that `typname`.
///
/// # Errors
/// What was expected, to follow "expected"; or that values of the type can't be checked.
pub fn check(type_name: &str, text: &str) -> Result<(), String> {
    let (holds, expected) = match type_name {
        "text" | "varchar" | "bpchar" => (!text.contains('\0'), "text without the character of code zero"),
        "int2" => (integer::<i16>(text), "a whole number between -32768 and 32767"),
        "int4" => (integer::<i32>(text), "a whole number between -2147483648 and 2147483647"),
        "int8" => (integer::<i64>(text), "a whole number of at most 8 bytes"),
        "numeric" => (decimal(text), "a decimal number, as in 12.50"),
        "float4" => (decimal(text) && fits_float4(text), "a decimal number in the range of `real`"),
        "float8" => (decimal(text) && fits_float8(text), "a decimal number in the range of `double precision`"),
        "bool" => (matches!(text, "true" | "false"), "true or false"),
        "uuid" => (uuid(text), "a UUID, as in 123e4567-e89b-12d3-a456-426614174000"),
        "date" => (date(text), "a date, as in 2024-12-31"),
        "timestamp" => (timestamp(text), "a date and time, as in 2024-12-31 23:59:59"),
        "timestamptz" => (timestamptz(text), "a date and time with an offset, as in 2024-12-31 23:59:59Z"),
        "json" | "jsonb" => (json(text), "a JSON document"),
        other => return Err(format!("a type whose values can be checked, which `{other}` is not")),
    };
    if holds { Ok(()) } else { Err(expected.to_owned()) }
}

/// Digits of a decimal number at most, its exponent counted out.
const MOST_DIGITS: usize = 1_000;

fn integer<T: std::str::FromStr>(text: &str) -> bool {
    !text.starts_with('+') && text.parse::<T>().is_ok()
}

/// `-12.50`, `3`, `1e6`; no infinity, no NaN, no bare point.
fn decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.len() <= MOST_DIGITS && part.bytes().all(|b| b.is_ascii_digit());
    let small = |exponent: &str| exponent.parse::<i32>().is_ok_and(|exponent| exponent.abs() <= 100);
    digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(small)
}

/// PostgreSQL raises on overflow, and on a number that isn't zero and becomes so.
fn fits_float4(text: &str) -> bool {
    text.parse::<f32>().is_ok_and(|number| number.is_finite() && (number != 0.0 || is_zero(text)))
}

fn fits_float8(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number.is_finite() && (number != 0.0 || is_zero(text)))
}

fn is_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
}

fn uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Exactly `shape`, where `9` stands for any digit; the digits' groups as numbers.
fn shaped(text: &str, shape: &str) -> Option<Vec<u32>> {
    if text.len() != shape.len() {
        return None;
    }
    let mut numbers = vec![0];
    for (byte, expected) in text.bytes().zip(shape.bytes()) {
        if expected == b'9' && byte.is_ascii_digit() {
            let last = numbers.last_mut()?;
            *last = *last * 10 + u32::from(byte - b'0');
        } else if byte == expected {
            numbers.push(0);
        } else {
            return None;
        }
    }
    Some(numbers)
}

fn date(text: &str) -> bool {
    let Some(numbers) = shaped(text, "9999-99-99") else { return false };
    let [year, month, day] = numbers[..] else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    };
    year >= 1 && (1..=days).contains(&day)
}

fn timestamp(text: &str) -> bool {
    let Some((day, time)) = text.split_once(['T', 't', ' ']) else { return false };
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let micros = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let holds =
        |numbers: Vec<u32>| matches!(numbers[..], [hour, minute, second] if hour < 24 && minute < 60 && second < 60);
    date(day) && shaped(clock, "99:99:99").is_some_and(holds) && fraction.is_none_or(micros)
}

fn timestamptz(text: &str) -> bool {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return timestamp(local);
    }
    let Some((local, offset)) = text.len().checked_sub(6).and_then(|at| text.split_at_checked(at)) else {
        return false;
    };
    let holds = |numbers: Vec<u32>| matches!(numbers[..], [_, hours, minutes] if hours < 15 && minutes < 60);
    let signed = shaped(offset, "+99:99").or_else(|| shaped(offset, "-99:99"));
    timestamp(local) && signed.is_some_and(holds)
}

/// Both parsers agree on JSON itself; PostgreSQL's `jsonb` holds no character of code zero.
fn json(text: &str) -> bool {
    !text.contains("\\u0000")
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_notation_a_type() {
        for (ty, good, bad) in [
            ("int2", &["0", "-32768", "32767"][..], &["32768", "+1", "1.0", "", " 1", "0x1"][..]),
            ("int4", &["2147483647"], &["2147483648"]),
            ("int8", &["-9223372036854775808"], &["9223372036854775808"]),
            ("numeric", &["1", "-12.50", "1e10", "0.1E-5"], &["NaN", ".5", "5.", "1e999", "inf", "--1", "1_000", ""]),
            ("float4", &["1.5", "0.000"], &["1e40", "1e-60"]),
            ("float8", &["1e100", "0"], &["NaN", "infinity"]),
            ("bool", &["true", "false"], &["t", "TRUE", "1"]),
            ("uuid", &["123e4567-e89b-12d3-A456-426614174000"], &["123e4567e89b12d3a456426614174000", "{x}"]),
            (
                "date",
                &["2024-02-29", "0001-01-01", "9999-12-31"],
                &["2023-02-29", "2024-13-01", "2024-1-1", "0000-01-01", "now"],
            ),
            (
                "timestamp",
                &["2024-01-31 23:59:59", "2024-01-31T00:00:00.123456"],
                &["2024-01-31", "2024-01-31 24:00:00"],
            ),
            (
                "timestamptz",
                &["2024-01-31 23:59:59Z", "2024-01-31T00:00:00.5+02:00", "2024-01-31 00:00:00-14:30"],
                &["2024-01-31 23:59:59", "2024-01-31 23:59:59+2", "2024-01-31 23:59:59 Europe/Paris", "é", "infinity"],
            ),
            ("jsonb", &["{\"a\": [1, null]}", "3"], &["{a: 1}", "\"\\u0000\"", "\"\\ud800\"", "1e999999", ""]),
            ("text", &["", "anything"], &["a\0b"]),
            ("bytea", &[], &["\\x00"]),
        ] {
            for text in good {
                assert_eq!(check(ty, text), Ok(()), "{ty}: {text}");
            }
            for text in bad {
                assert!(check(ty, text).is_err(), "{ty}: {text}");
            }
        }
    }
}
