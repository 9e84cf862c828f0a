//! Names as PostgreSQL reads them: folding, quotes, length, reserved words. Knows nothing of what a name stands for.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::keywords::{Kept, kept};
use super::{Lowering, Mode, not_supported};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::source::Span;

/// `NAMEDATALEN - 1`: PostgreSQL cuts a longer name off, which makes it another name.
const MAX_BYTES: usize = 63;

/// Where a name stands, which decides the keywords that it may be without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// A column, table, schema or alias (`ColId`).
    Object,
    /// An unqualified function or type (`type_function_name`).
    FunctionOrType,
    /// After a dot or after AS (`ColLabel`): any word.
    Label,
}

impl Lowering<'_> {
    /// The name of a column, table, schema or alias.
    pub(super) fn identifier(&self, ident: &Ident) -> Result<String, Rejection> {
        self.name(ident, Position::Object)
    }

    /// The alias of an output column: any word after AS, else as [`Lowering::identifier`].
    pub(super) fn output_alias(&self, ident: &Ident) -> Result<String, Rejection> {
        let after_as = self.word_before(self.convert(ident.span)).is_some_and(|word| word.eq_ignore_ascii_case("as"));
        self.name(ident, if after_as { Position::Label } else { Position::Object })
    }

    /// A dotted name, from the first part to the last.
    pub(super) fn object_name(&self, name: &ObjectName) -> Result<Vec<String>, Rejection> {
        let ObjectName(parts) = name;
        self.dotted(parts.iter().map(|part| match part {
            ObjectNamePart::Identifier(ident) => Ok(ident),
            ObjectNamePart::Function(_) => Err(not_supported("a function call as a part of a name", self.span(name))),
        }))
    }

    /// A dotted name, given as its parts.
    pub(super) fn identifiers(&self, parts: &[Ident]) -> Result<Vec<String>, Rejection> {
        self.dotted(parts.iter().map(Ok))
    }

    fn dotted<'i>(&self, parts: impl Iterator<Item = Result<&'i Ident, Rejection>>) -> Result<Vec<String>, Rejection> {
        parts
            .enumerate()
            .map(|(at, part)| self.name(part?, if at == 0 { Position::Object } else { Position::Label }))
            .collect()
    }

    /// The name in that position.
    pub(super) fn name(&self, ident: &Ident, position: Position) -> Result<String, Rejection> {
        let Ident { value, quote_style, span } = ident;
        let span = self.convert(*span);
        let name = match quote_style {
            None => unquoted(value, position, span)?,
            Some('"') => quoted(value, span)?,
            Some('\'') => {
                return Err(invalid(format!("`'{value}'` is a string, not a name"), span)
                    .help("write names in double quotes, and AS before an alias"));
            }
            Some(other) => {
                return Err(
                    invalid(format!("names are not quoted with `{other}`"), span).help("write names in double quotes")
                );
            }
        };
        if name.len() > MAX_BYTES {
            let message = format!("the name is longer than {MAX_BYTES} bytes, which PostgreSQL would cut off");
            return Err(invalid(message, span));
        }
        Ok(name)
    }

    /// The word that stands right before the span, blanks skipped; `None` if there is anything else. In doubt (a
    /// comment on the way) `None`, too.
    pub(super) fn word_before(&self, span: Span) -> Option<&str> {
        if span == Span::default() {
            return None;
        }
        let before = self.source.slice(Span::new(0, span.start)).trim_end();
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        let (rest, word) = before.split_at_checked(start)?;
        // What was emitted has no comments, is one long line, and can be much longer than a client's text.
        let line = match self.mode {
            Mode::Client | Mode::Policy => rest.rsplit('\n').next().unwrap_or_default(),
            Mode::Verify => "",
        };
        let in_doubt = line.contains("--") || rest.ends_with(|c: char| !c.is_ascii() || c == '$' || c == '"');
        (!word.is_empty() && !in_doubt).then_some(word)
    }
}

fn unquoted(value: &str, position: Position, span: Span) -> Result<String, Rejection> {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    let continues = |c: char| starts(c) || c.is_ascii_digit() || c == '$';
    if !value.starts_with(starts) || !value.chars().all(continues) {
        return Err(invalid(format!("`{value}` is not a name"), span).help("write it in double quotes if it is one"));
    }
    // PostgreSQL folds only ASCII letters in a multi-byte encoding.
    let folded = value.to_ascii_lowercase();
    let refused = match (position, kept(&folded)) {
        (Position::Label, _) | (_, None) => false,
        (_, Some(Kept::Reserved)) => true,
        (Position::Object, Some(kept)) => kept == Kept::FunctionOrType,
        (Position::FunctionOrType, Some(kept)) => kept == Kept::ColumnOrTable,
    };
    if refused {
        return Err(invalid(format!("`{value}` is a word that PostgreSQL keeps for itself"), span)
            .help("write it in double quotes to use it as a name"));
    }
    Ok(folded)
}

/// The parser keeps quoted names as they are written, so that a quote inside is doubled.
fn quoted(value: &str, span: Span) -> Result<String, Rejection> {
    let mut name = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c == '"' && chars.next() != Some('"') {
            return Err(invalid("a quoted name has a quote inside that isn't doubled", span));
        }
        name.push(c);
    }
    if name.is_empty() {
        return Err(invalid("a quoted name is empty", span));
    }
    Ok(name)
}

fn invalid(message: impl Into<String>, span: Span) -> Rejection {
    Rejection::new(Reason::InvalidStatement, message).at(span)
}
