//! Values with a notation of their own: sizes, time spans, rates, attribute types, masks. Knows nothing of where in a
//! policy they stand.

use std::time::Duration;

use toml::de::DeValue;

use super::error::Diagnostics;
use super::keys::Form;
use super::model::{AttributeType, ColumnEffect, Mask, Ruled};
use super::raw::{Entry, between, integer, kind};
use super::suggest::nearest;

/// A rate without its burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many.
    pub count: u32,
    /// In which period.
    pub period: Duration,
}

impl Pace {
    /// Which of two is stricter in the long run: the one with fewer statements a second.
    pub fn stricter(self, other: Self) -> Self {
        let mine = u128::from(self.count) * other.period.as_millis();
        let others = u128::from(other.count) * self.period.as_millis();
        // Equal in the long run: the one that gives fewer at once.
        if (mine, self.count) <= (others, other.count) { self } else { other }
    }
}

/// Units of size, and how many bytes each is.
const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

/// Units of time, and how many milliseconds each is.
const SPANS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A span as one would write it, for messages and tables.
pub(super) fn span_text(milliseconds: u64) -> String {
    match milliseconds {
        days if days >= 86_400_000 && days % 86_400_000 == 0 => format!("{}d", days / 86_400_000),
        minutes if minutes >= 60_000 && minutes % 60_000 == 0 => format!("{}min", minutes / 60_000),
        milliseconds => format!("{milliseconds}ms"),
    }
}

/// Statements in a period at most, so that a rate stays within what the limiter can count.
const MOST_STATEMENTS: u64 = 1_000_000;

impl Entry<'_> {
    /// The value as a number of bytes.
    pub fn bytes(&self, errors: &mut Diagnostics) -> Option<Ruled<u64>> {
        let Form::Bytes { least, most } = self.form() else { return None };
        if integer(self.value).is_some() {
            return self.count(errors);
        }
        let text = self.text(errors)?;
        let Some(bytes) = with_unit(&text.value, SIZES) else {
            errors.push(
                self.error(format!("`{}` is not a size", text.value))
                    .help("a whole number of bytes, or text as in `\"4MiB\"`; units are B, kB, KiB, MB, MiB, GB, GiB"),
            );
            return None;
        };
        if !(least..=most).contains(&bytes) {
            errors.push(
                self.error(format!("`{}` is out of bounds", text.value))
                    .help(format!("{} bytes", between(least, most))),
            );
            return None;
        }
        Some(self.ruled(bytes))
    }

    /// The value as a time span.
    pub fn span(&self, errors: &mut Diagnostics) -> Option<Ruled<Duration>> {
        let Form::Span { least, most } = self.form() else { return None };
        let help = "text as in `\"500ms\"`, `\"10s\"`, `\"5min\"` or `\"1h\"`";
        let DeValue::String(text) = self.value else {
            errors.push(self.error(format!("expected a time span, found {}", kind(self.value))).help(help));
            return None;
        };
        let Some(milliseconds) = with_unit(text, SPANS) else {
            errors.push(self.error(format!("`{text}` is not a time span")).help(help));
            return None;
        };
        if !(least..=most).contains(&milliseconds) {
            errors.push(self.error(format!("`{text}` is out of bounds")).help(format!(
                "between {} and {}",
                span_text(least),
                span_text(most)
            )));
            return None;
        }
        Some(self.ruled(Duration::from_millis(milliseconds)))
    }

    /// The value as a rate.
    pub fn pace(&self, errors: &mut Diagnostics) -> Option<Ruled<Pace>> {
        let text = self.text(errors)?;
        let parsed = text.value.split_once('/').and_then(|(count, unit)| {
            let count: u32 =
                count.trim().parse().ok().filter(|count| (1..=MOST_STATEMENTS).contains(&u64::from(*count)))?;
            let milliseconds = match unit.trim() {
                "s" => 1_000,
                "min" => 60_000,
                "h" => 3_600_000,
                _ => return None,
            };
            Some(Pace { count, period: Duration::from_millis(milliseconds) })
        });
        if parsed.is_none() {
            errors.push(
                self.error(format!("`{}` is not a rate", text.value))
                    .help(format!("text as in `\"60/min\"`: a count from 1 to {MOST_STATEMENTS}, then s, min or h")),
            );
        }
        parsed.map(|pace| self.ruled(pace))
    }

    /// The value as the type of an attribute.
    pub fn attribute_type(&self, errors: &mut Diagnostics) -> Option<Ruled<AttributeType>> {
        let text = self.text(errors)?;
        let (word, list) = match text.value.strip_suffix("[]") {
            Some(element) => (element, true),
            None => (text.value.as_str(), false),
        };
        if let Some((_, name)) = AttributeType::WORDS.iter().find(|(known, _)| *known == word) {
            return Some(self.ruled(AttributeType { name: (*name).to_owned(), list }));
        }
        let words: Vec<&str> = AttributeType::WORDS.iter().map(|(word, _)| *word).collect();
        let help = match nearest(word, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}{}`?", if list { "[]" } else { "" }),
            None => format!("one of {}, or a list of these as in `text[]`", words.join(", ")),
        };
        errors.push(self.error(format!("unknown type `{}`", text.value)).help(help));
        None
    }

    /// The value as what happens to a column: `"deny"` or `{ mask = … }`.
    pub fn column_effect(&self, errors: &mut Diagnostics) -> Option<Ruled<ColumnEffect>> {
        let help = "`\"deny\"`, or `{ mask = \"…\" }`; a pattern with a dot must be in quotes, as in `\"*.ssn\"`";
        match self.value {
            DeValue::String(word) if word == "deny" => Some(self.ruled(ColumnEffect::Deny)),
            DeValue::Table(table) if table.len() == 1 => {
                let Some(mask) = table.get("mask") else {
                    errors.push(self.error("expected `\"deny\"` or a mask").help(help));
                    return None;
                };
                self.holding(mask).mask(errors).map(|mask| self.ruled(ColumnEffect::Mask(mask.value)))
            }
            _ => {
                errors.push(self.error("expected `\"deny\"` or a mask").help(help));
                None
            }
        }
    }

    /// The value as a mask.
    pub fn mask(&self, errors: &mut Diagnostics) -> Option<Ruled<Mask>> {
        match mask(self.value) {
            Ok(mask) => Some(self.ruled(mask)),
            Err((message, help)) => {
                errors.push(self.at_value().error(message).help(help));
                None
            }
        }
    }
}

/// Characters that `last` and `partial` may leave in clear.
const MOST_SHOWN: i64 = 64;

/// The largest step of `round` and `bucket`.
const MOST_STEP: i64 = 1_000_000_000_000_000;

/// The longest constant and the longest SQL of a mask, in bytes.
const MOST_TEXT: usize = 10_000;

/// Masks without argument, by name.
const PLAIN_MASKS: &[(&str, Mask)] = &[
    ("null", Mask::Null),
    ("redact", Mask::Redact),
    ("email", Mask::Email),
    ("hash", Mask::Hash),
    ("year", Mask::Year),
];

/// Masks with an argument, by key.
const MASK_KEYS: &[&str] = &["last", "partial", "constant", "round", "bucket", "sql"];

fn mask(value: &DeValue<'_>) -> Result<Mask, (String, String)> {
    match value {
        DeValue::String(word) => named_mask(word),
        DeValue::Table(table) => {
            let mut entries = table.iter();
            let (Some((key, value)), None) = (entries.next(), entries.next()) else {
                return Err(("a mask has exactly one key".to_owned(), "as in `{ last = 4 }`".to_owned()));
            };
            mask_with_argument(key.get_ref(), value.get_ref())
        }
        other => Err((format!("expected a mask, found {}", kind(other)), mask_help())),
    }
}

fn named_mask(word: &str) -> Result<Mask, (String, String)> {
    if let Some((_, mask)) = PLAIN_MASKS.iter().find(|(name, _)| *name == word) {
        return Ok(mask.clone());
    }
    if let Some(shown) = word.strip_prefix("last").and_then(|digits| digits.parse::<u32>().ok())
        && (1..=MOST_SHOWN).contains(&i64::from(shown))
    {
        return Ok(Mask::Last(shown));
    }
    if MASK_KEYS.contains(&word) {
        return Err((format!("the mask `{word}` needs an argument"), format!("as in `{}`", example(word))));
    }
    let names = PLAIN_MASKS.iter().map(|(name, _)| *name).chain(["last4"]);
    let help = nearest(word, names).map_or_else(mask_help, |near| format!("did you mean `{near}`?"));
    Err((format!("unknown mask `{word}`"), help))
}

fn mask_with_argument(key: &str, value: &DeValue<'_>) -> Result<Mask, (String, String)> {
    let number = |value: &DeValue<'_>, least: i64, most: i64| {
        let number = integer(value).filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            (format!("`{key}` needs a whole number between {least} and {most}"), format!("as in `{}`", example(key)))
        })
    };
    match key {
        "last" => Ok(Mask::Last(small(number(value, 1, MOST_SHOWN)?))),
        "round" => Ok(Mask::Round(number(value, 1, MOST_STEP)?.unsigned_abs())),
        "bucket" => Ok(Mask::Bucket(number(value, 1, MOST_STEP)?.unsigned_abs())),
        "partial" => {
            let shape = || (format!("`{key}` needs two numbers"), format!("as in `{}`", example(key)));
            let DeValue::Array(list) = value else { return Err(shape()) };
            let mut elements = list.iter();
            let (Some(start), Some(end), None) = (elements.next(), elements.next(), elements.next()) else {
                return Err(shape());
            };
            let (start, end) = (number(start.get_ref(), 0, MOST_SHOWN)?, number(end.get_ref(), 0, MOST_SHOWN)?);
            if start + end == 0 {
                return Err(("`partial` shows nothing at all".to_owned(), "use `\"redact\"`".to_owned()));
            }
            Ok(Mask::Partial(small(start), small(end)))
        }
        "constant" => constant(value).map(Mask::Constant),
        "sql" => match value {
            DeValue::String(text) if text.trim().is_empty() => {
                Err(("the expression is empty".to_owned(), format!("as in `{}`", example(key))))
            }
            DeValue::String(text) if text.len() <= MOST_TEXT => Ok(Mask::Sql(text.clone().into_owned())),
            DeValue::String(_) => Err((format!("the expression is longer than {MOST_TEXT} bytes"), mask_help())),
            other => Err((format!("`sql` needs text, found {}", kind(other)), format!("as in `{}`", example(key)))),
        },
        "mask" | "deny" => Err((format!("unknown mask `{key}`"), mask_help())),
        other => {
            let help = nearest(other, MASK_KEYS.iter().copied())
                .map_or_else(mask_help, |near| format!("did you mean `{}`?", example(near)));
            Err((format!("unknown mask `{other}`"), help))
        }
    }
}

/// A constant as text in PostgreSQL's input format.
fn constant(value: &DeValue<'_>) -> Result<String, (String, String)> {
    match value {
        DeValue::String(text) if text.len() > MOST_TEXT || text.contains('\0') => Err((
            format!("the constant is longer than {MOST_TEXT} bytes or holds the character of code zero"),
            "write a shorter one".to_owned(),
        )),
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Boolean(value) => Ok(value.to_string()),
        DeValue::Datetime(value) => Ok(value.to_string()),
        DeValue::Integer(_) => match integer(value) {
            Some(number) => Ok(number.to_string()),
            None => Err(("the constant is out of bounds".to_owned(), "write it in quotes".to_owned())),
        },
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Array(_) | DeValue::Table(_) => {
            Err(("a constant is a single value".to_owned(), format!("as in `{}`", example("constant"))))
        }
    }
}

/// A bounded number as the model keeps it.
fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn example(key: &str) -> &'static str {
    match key {
        "last" => "{ last = 4 }",
        "partial" => "{ partial = [2, 2] }",
        "constant" => "{ constant = \"hidden\" }",
        "round" => "{ round = 100 }",
        "bucket" => "{ bucket = 10 }",
        _ => "{ sql = \"left(name, 1)\" }",
    }
}

fn mask_help() -> String {
    let mut names: Vec<String> = PLAIN_MASKS.iter().map(|(name, _)| format!("`\"{name}\"`")).collect();
    names.extend(MASK_KEYS.iter().map(|key| format!("`{}`", example(key))));
    format!("one of {}", names.join(", "))
}

/// A whole number followed by one of the units.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text.strip_prefix(digits.as_str())?.trim_start();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}
