//! Literals and parameters, unescaped as PostgreSQL does with `standard_conforming_strings = on` and UTF-8 on both
//! sides. What PostgreSQL 12 to 18 don't read alike is refused.

use sqlparser::ast::{DollarQuotedString, Ident, Value, ValueWithSpan};

use super::type_name::TypeName;
use super::{Lowering, Mode, not_supported};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Literal, Ty, TypeRef};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// A literal or parameter.
    pub(super) fn value(&mut self, value: &ValueWithSpan) -> Result<Expr, Rejection> {
        let ValueWithSpan { value, span } = value;
        let span = self.convert(*span);
        let literal = |literal: Literal| Ok(Expr::new(ExprKind::Literal(literal)).at(span));
        match value {
            Value::Null => literal(Literal::Null),
            Value::Boolean(truth) => Ok(literal(Literal::Bool(*truth))?.typed(self.builtin_type("bool"))),
            Value::Number(digits, long) => self.number(digits, *long, span),
            Value::Placeholder(name) => self.parameter(name, span),
            Value::SingleQuotedByteStringLiteral(digits) => self.bits(digits, 'b', "01", span),
            Value::HexStringLiteral(digits) => self.bits(digits, 'x', "0123456789abcdefABCDEF", span),
            string => literal(Literal::String(self.string(string, span)?)),
        }
    }

    /// The text of a string literal; anything else is refused.
    pub(super) fn string_literal(&self, value: &ValueWithSpan) -> Result<String, Rejection> {
        let ValueWithSpan { value, span } = value;
        self.string(value, self.convert(*span))
    }

    fn string(&self, value: &Value, span: Span) -> Result<String, Rejection> {
        match value {
            Value::SingleQuotedString(raw) => doubled(raw, span),
            Value::EscapedStringLiteral(_) => self.escaped(span),
            Value::DollarQuotedString(string) => self.dollar_quoted(string, span),
            Value::NationalStringLiteral(_) => Err(not_supported("N'…'", span).help("write '…'")),
            Value::UnicodeStringLiteral(_) => Err(not_supported("U&'…'", span).help("write the characters themselves")),
            Value::DoubleQuotedString(text) => {
                Err(Rejection::new(Reason::InvalidStatement, format!("`\"{text}\"` is a name, not a string"))
                    .at(span)
                    .help("write strings in single quotes, and AS before an alias"))
            }
            Value::TripleSingleQuotedString(_)
            | Value::TripleDoubleQuotedString(_)
            | Value::DoubleQuotedByteStringLiteral(_)
            | Value::TripleSingleQuotedByteStringLiteral(_)
            | Value::TripleDoubleQuotedByteStringLiteral(_)
            | Value::SingleQuotedRawStringLiteral(_)
            | Value::DoubleQuotedRawStringLiteral(_)
            | Value::TripleSingleQuotedRawStringLiteral(_)
            | Value::TripleDoubleQuotedRawStringLiteral(_)
            | Value::QuoteDelimitedStringLiteral(_)
            | Value::NationalQuoteDelimitedStringLiteral(_) => {
                Err(not_supported("this kind of string", span).help("write '…'"))
            }
            Value::Number(..)
            | Value::SingleQuotedByteStringLiteral(_)
            | Value::HexStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Placeholder(_) => {
                Err(Rejection::new(Reason::InvalidStatement, "a string in single quotes is expected here").at(span))
            }
        }
    }

    /// A type of `pg_catalog` by its `typname`.
    pub(super) fn builtin_type(&self, name: &str) -> Ty {
        self.catalog.type_named("pg_catalog", name).map(|one| one.oid)
    }

    /// A cast of our own making to a type of `pg_catalog`, or to its array type.
    pub(super) fn builtin_cast(&self, expr: Expr, name: &str, array: bool) -> Expr {
        let Some(found) = self.catalog.type_named("pg_catalog", name) else { return expr };
        let to = TypeRef {
            oid: found.oid,
            schema: found.schema.clone(),
            name: found.name.clone(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array,
        };
        let (ty, span) = (if array { found.array } else { found.oid }, expr.origin.0);
        Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(Some(ty)).at(span)
    }

    /// A number, with the type that PostgreSQL gives it.
    fn number(&self, digits: &str, long: bool, span: Span) -> Result<Expr, Rejection> {
        if long || !is_number(digits) {
            return Err(not_supported("this way to write a number", span).help("write it in decimal digits"));
        }
        let ty = if digits.parse::<i32>().is_ok() {
            "int4"
        } else if digits.parse::<i64>().is_ok() {
            "int8"
        } else {
            "numeric"
        };
        let literal = Literal::Number(digits.to_owned());
        Ok(Expr::new(ExprKind::Literal(literal)).typed(self.builtin_type(ty)).at(span))
    }

    /// B'…' and X'…' are bit strings of any length; their digits go to the type's input function with the letter
    /// before them, as in PostgreSQL's own lexer.
    fn bits(&mut self, digits: &str, letter: char, alphabet: &str, span: Span) -> Result<Expr, Rejection> {
        // The tokenizer makes 0x1F the same as X'1F'.
        let written = self.source.slice(span);
        let prefixed = written.starts_with([letter, letter.to_ascii_uppercase()]);
        if !prefixed || !digits.chars().all(|c| alphabet.contains(c)) {
            return Err(not_supported("this way to write a number", span).help("write it in decimal digits"));
        }
        let to = self.lookup_type(&TypeName::builtin("bit"), span)?;
        let literal = Expr::new(ExprKind::Literal(Literal::String(format!("{letter}{digits}")))).at(span);
        self.cast(literal, to, span)
    }

    /// `$n`, and in policies `:attribute`.
    fn parameter(&self, name: &str, span: Span) -> Result<Expr, Rejection> {
        if let Some(attribute) = name.strip_prefix(':') {
            return self.attribute(attribute, span);
        }
        let digits = name.strip_prefix('$').unwrap_or_default();
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let Some(number) = canonical.then(|| digits.parse::<u32>().ok()).flatten() else {
            return Err(Rejection::new(Reason::InvalidParameter, format!("`{name}` is no parameter"))
                .at(span)
                .help("parameters are written $1, $2, …"));
        };
        if number > self.parameters {
            let message = format!("`${number}` has no value: the statement brings {} parameters", self.parameters);
            return Err(Rejection::new(Reason::InvalidParameter, message)
                .at(span)
                .help("bring a value for each of $1, $2, … in `params`"));
        }
        Ok(Expr::new(ExprKind::Parameter(number)).at(span))
    }

    fn attribute(&self, name: &str, span: Span) -> Result<Expr, Rejection> {
        if self.mode != Mode::Policy {
            return Err(Rejection::new(Reason::InvalidParameter, format!("`:{name}` is no parameter"))
                .at(span)
                .help("parameters are written $1, $2, …"));
        }
        let Some(declared) = self.policy.policy().attributes.get(name) else {
            return Err(Rejection::new(Reason::InvalidParameter, format!("the policy declares no attribute `{name}`"))
                .at(span)
                .help("declare it under `attributes`, with its type"));
        };
        let one = self.catalog.type_named("pg_catalog", &declared.name);
        let ty = one.map(|one| if declared.list { one.array } else { one.oid });
        Ok(Expr::new(ExprKind::Attribute(name.to_owned())).typed(ty).at(span))
    }

    fn dollar_quoted(&self, string: &DollarQuotedString, span: Span) -> Result<String, Rejection> {
        let DollarQuotedString { value, tag } = string;
        let delimiter = format!("${}$", tag.as_deref().unwrap_or_default());
        let inside = self.source.slice(span).strip_prefix(&delimiter).and_then(|rest| rest.strip_suffix(&delimiter));
        match inside {
            Some(inside) if inside == value => Ok(value.clone()),
            _ => Err(not_supported("this dollar-quoted string", span).help("write '…'")),
        }
    }

    /// E'…', from the text itself: the tokenizer's own reading of it is not PostgreSQL's.
    fn escaped(&self, span: Span) -> Result<String, Rejection> {
        let inside = self
            .source
            .slice(span)
            .strip_prefix(['e', 'E'])
            .and_then(|rest| rest.strip_prefix('\''))
            .and_then(|rest| rest.strip_suffix('\''));
        inside.and_then(unescape).ok_or_else(|| {
            Rejection::new(Reason::InvalidStatement, "the string has an escape that PostgreSQL doesn't read")
                .at(span)
                .help("write the characters themselves")
        })
    }

    /// The field of EXTRACT and the like, as the grammar makes it: folded without quotes, as it is with them.
    pub(super) fn field_name(&self, ident: &Ident) -> Result<String, Rejection> {
        match ident.quote_style {
            Some('\'') => doubled(&ident.value, self.convert(ident.span)),
            _ => self.name(ident, super::name::Position::Label),
        }
    }
}

/// The parser keeps strings as they are written, so that a quote inside is doubled.
fn doubled(raw: &str, span: Span) -> Result<String, Rejection> {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c == '\'' && chars.next() != Some('\'') {
            let message = "a string has a quote inside that isn't doubled";
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        }
        text.push(c);
    }
    Ok(text)
}

/// Digits with at most one point and an exponent.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// What stands between the quotes of E'…', as PostgreSQL's lexer reads it; `None` where it would report an error.
fn unescape(inside: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                if rest.next() != Some('\'') {
                    return None;
                }
                bytes.push(b'\'');
            }
            '\\' => escape(&mut rest, &mut bytes)?,
            other => push(&mut bytes, other),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

type Chars<'t> = std::iter::Peekable<std::str::Chars<'t>>;

fn escape(rest: &mut Chars<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    match rest.next()? {
        'b' => bytes.push(0x08),
        'f' => bytes.push(0x0c),
        'n' => bytes.push(b'\n'),
        'r' => bytes.push(b'\r'),
        't' => bytes.push(b'\t'),
        // A vertical tab for some versions and the letter for others.
        'v' => return None,
        'u' => push(bytes, unicode(rest, 4)?),
        'U' => push(bytes, unicode(rest, 8)?),
        'x' => match digits(rest, 16, 2) {
            // Without digits the letter stands for itself.
            None => bytes.push(b'x'),
            Some((value, _)) => bytes.push(u8::try_from(value).ok()?),
        },
        c => match c.to_digit(8) {
            Some(first) => {
                let (more, count) = digits(rest, 8, 2).unwrap_or((0, 0));
                // Three octal digits can say more than a byte holds; PostgreSQL keeps the low eight bits.
                bytes.push(((first << (3 * count)) | more) as u8);
            }
            None => push(bytes, c),
        },
    }
    Some(())
}

/// A code point, or two that are a surrogate pair.
fn unicode(rest: &mut Chars<'_>, length: u32) -> Option<char> {
    let code = |rest: &mut Chars<'_>, length: u32| match digits(rest, 16, length) {
        Some((value, count)) if count == length => Some(value),
        _ => None,
    };
    let first = code(rest, length)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    if rest.next() != Some('\\') {
        return None;
    }
    let length = match rest.next()? {
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let second = code(rest, length)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}

/// Up to `most` digits: their value and how many there were.
fn digits(rest: &mut Chars<'_>, radix: u32, most: u32) -> Option<(u32, u32)> {
    let (mut value, mut count) = (0_u32, 0);
    while count < most
        && let Some(digit) = rest.peek().and_then(|c| c.to_digit(radix))
    {
        rest.next();
        value = value.wrapping_mul(radix) | digit;
        count += 1;
    }
    (count > 0).then_some((value, count))
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_those_of_postgresql() {
        for (inside, expected) in [
            ("plain", Some("plain")),
            (r"a\\b", Some(r"a\b")),
            (r"a\'b", Some("a'b")),
            ("a''b", Some("a'b")),
            (r"\b\f\n\r\t", Some("\u{8}\u{c}\n\r\t")),
            (r"\q\é\%", Some("qé%")),
            ("\\\n", Some("\n")),
            (r"\101\60\7", Some("A0\u{7}")),
            (r"\1012", Some("A2")),
            (r"\501", Some("A")),
            (r"\x41\x4a1\x9", Some("AJ1\t")),
            (r"\xg", Some("xg")),
            (r"\xc3\xa9", Some("é")),
            (r"\u00e9\U0001F600", Some("é😀")),
            (r"\ud83d\ude00", Some("😀")),
            (r"\xc3", None),
            (r"\0", None),
            (r"\x00", None),
            (r"\u0000", None),
            (r"\u12", None),
            (r"\U00110000", None),
            (r"\ud83d", None),
            (r"\ud83dx", None),
            (r"\ud83d\u0041", None),
            (r"\ude00", None),
            (r"\v", None),
            ("open\\", None),
            ("a'b", None),
        ] {
            assert_eq!(unescape(inside).as_deref(), expected, "{inside}");
        }
    }

    #[test]
    fn numbers_are_decimal() {
        for text in ["0", "12", "1.5", "1.", ".5", "1e5", "1.5E-3", "1E+10"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", ".", "1e", "e5", "1_0", "0x1", "1.2.3", "1e5e5", "-1", "1e+", "١"] {
            assert!(!is_number(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn strings_come_back(text in "[^\0]{0,40}") {
            prop_assert_eq!(doubled(&text.replace('\'', "''"), Span::default()).unwrap(), text.clone());
            let escaped: String = text.chars().map(|c| match c {
                '\'' => r"\'".to_owned(),
                '\\' => r"\\".to_owned(),
                '\n' => r"\n".to_owned(),
                c if u32::from(c) > 0xffff => format!("\\U{:08x}", u32::from(c)),
                c if !c.is_ascii() => format!("\\u{:04x}", u32::from(c)),
                c => c.to_string(),
            }).collect();
            prop_assert_eq!(unescape(&escaped), Some(text));
        }

        #[test]
        fn any_text_between_quotes_is_read_or_refused(text in any::<String>()) {
            let _ = unescape(&text);
        }
    }
}
