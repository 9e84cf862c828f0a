//! Dates, times and intervals as PostgreSQL prints them under `DateStyle ISO`, `TimeZone UTC` and
//! `IntervalStyle postgres`.

use super::number::push_formatted;
use super::wire::{Malformed, Wire};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// Days from 0000-03-01, where the calculation below starts its years, to 2000-01-01, where PostgreSQL starts.
const DAYS_TO_EPOCH: i64 = 730_425;

pub(crate) fn date(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let days = wire.i32()?;
    wire.end()?;
    match days {
        i32::MAX => out.push_str("infinity"),
        i32::MIN => out.push_str("-infinity"),
        days => {
            let before_christ = push_date(i64::from(days), out);
            push_era(before_christ, out);
        }
    }
    Ok(())
}

pub(crate) fn time(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    push_time(wire.i64()?, out);
    wire.end()
}

pub(crate) fn time_with_zone(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    push_time(wire.i64()?, out);
    // Seconds west of Greenwich; shown are those east.
    let west = wire.i32()?;
    wire.end()?;
    let seconds = west.unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    push_formatted(out, format_args!("{}{hours:02}", if west <= 0 { '+' } else { '-' }));
    if minutes != 0 || seconds != 0 {
        push_formatted(out, format_args!(":{minutes:02}"));
    }
    if seconds != 0 {
        push_formatted(out, format_args!(":{seconds:02}"));
    }
    Ok(())
}

/// `zone` is what stands behind the time: nothing, or `+00`, since sessions are in UTC.
pub(crate) fn timestamp(raw: &[u8], zone: &str, out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let micros = wire.i64()?;
    wire.end()?;
    match micros {
        i64::MAX => out.push_str("infinity"),
        i64::MIN => out.push_str("-infinity"),
        micros => {
            let before_christ = push_date(micros.div_euclid(MICROS_PER_DAY), out);
            out.push(' ');
            push_time(micros.rem_euclid(MICROS_PER_DAY), out);
            out.push_str(zone);
            push_era(before_christ, out);
        }
    }
    Ok(())
}

/// Months, days and microseconds stay apart, each with its own sign.
pub(crate) fn interval(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let (micros, days, months) = (wire.i64()?, wire.i32()?, wire.i32()?);
    wire.end()?;
    match (micros, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => out.push_str("infinity"),
        (i64::MIN, i32::MIN, i32::MIN) => out.push_str("-infinity"),
        _ => push_interval(micros, days, months, out),
    }
    Ok(())
}

fn push_interval(micros: i64, days: i32, months: i32, out: &mut String) {
    let start = out.len();
    // PostgreSQL writes a plus only where a positive part follows a negative one.
    let mut after_negative = false;
    for (count, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if count == 0 {
            continue;
        }
        let space = if out.len() > start { " " } else { "" };
        let plus = if after_negative && count > 0 { "+" } else { "" };
        let plural = if count == 1 { "" } else { "s" };
        push_formatted(out, format_args!("{space}{plus}{count} {unit}{plural}"));
        after_negative = count < 0;
    }
    if micros != 0 || out.len() == start {
        if out.len() > start {
            out.push(' ');
        }
        out.push_str(if micros < 0 {
            "-"
        } else if after_negative {
            "+"
        } else {
            ""
        });
        push_clock(micros.unsigned_abs(), out);
    }
}

fn push_time(micros: i64, out: &mut String) {
    push_clock(micros.unsigned_abs(), out);
}

/// `HH:MM:SS`, then the fraction without trailing zeros.
fn push_clock(micros: u64, out: &mut String) {
    let per_second = MICROS_PER_SECOND.unsigned_abs();
    let (seconds, fraction) = (micros / per_second, micros % per_second);
    push_formatted(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    if fraction != 0 {
        push_formatted(out, format_args!(".{fraction:06}"));
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// Writes the date without its era and tells whether it is before Christ.
fn push_date(days_since_2000: i64, out: &mut String) -> bool {
    let (year, month, day) = civil(days_since_2000);
    let shown = if year > 0 { year } else { 1 - year };
    push_formatted(out, format_args!("{shown:04}-{month:02}-{day:02}"));
    year <= 0
}

fn push_era(before_christ: bool, out: &mut String) {
    if before_christ {
        out.push_str(" BC");
    }
}

/// Year (0 is 1 BC), month and day in the proleptic Gregorian calendar. Years are counted from March, so that the leap
/// day is the last of its year; 400 years have 146,097 days.
fn civil(days_since_2000: i64) -> (i64, i64, i64) {
    let days = days_since_2000 + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
