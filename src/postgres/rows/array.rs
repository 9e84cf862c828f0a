//! Arrays: nested JSON arrays, or PostgreSQL's own text where an array doesn't count from one.

use super::codec::Codec;
use super::sink::Sink;
use super::wire::{Malformed, Wire};

/// PostgreSQL's own bound.
const MOST_DIMENSIONS: i32 = 6;

/// The head of an array in binary form.
struct Head {
    /// Length and lower bound of each dimension.
    dimensions: Vec<(usize, i32)>,
}

impl Head {
    fn read(wire: &mut Wire<'_>) -> Result<Self, Malformed> {
        let count = wire.i32()?;
        let _has_nulls = wire.i32()?;
        let _element_type = wire.u32()?;
        if !(0..=MOST_DIMENSIONS).contains(&count) {
            return Err(Malformed("it has too many dimensions"));
        }
        let mut dimensions = Vec::new();
        for _ in 0..count {
            let length = usize::try_from(wire.i32()?).map_err(|_| Malformed("a length is negative"))?;
            dimensions.push((length, wire.i32()?));
        }
        Ok(Self { dimensions })
    }

    fn counts_from_one(&self) -> bool {
        self.dimensions.iter().all(|(_, lower_bound)| *lower_bound == 1)
    }

    fn lengths(&self) -> Vec<usize> {
        self.dimensions.iter().map(|(length, _)| *length).collect()
    }
}

pub(crate) fn write_json(raw: &[u8], element: &Codec, sink: &mut Sink) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let head = Head::read(&mut wire)?;
    if !head.counts_from_one() {
        let mut text = String::new();
        push_text(raw, element, &mut text)?;
        sink.string(&text);
        return Ok(());
    }
    write_dimension(&head.lengths(), &mut wire, element, sink)?;
    wire.end()
}

fn write_dimension(lengths: &[usize], wire: &mut Wire<'_>, element: &Codec, sink: &mut Sink) -> Result<(), Malformed> {
    sink.push("[");
    if let Some((length, inner)) = lengths.split_first() {
        for index in 0..*length {
            if index > 0 {
                sink.push(",");
            }
            if !inner.is_empty() {
                write_dimension(inner, wire, element, sink)?;
                continue;
            }
            match wire.element()? {
                None => sink.push("null"),
                Some(value) => element.write_json(value, sink)?,
            }
        }
    }
    sink.push("]");
    Ok(())
}

/// The text of PostgreSQL's output function: `{1,2}`, or `[0:1]={1,2}` where it doesn't count from one.
pub(crate) fn push_text(raw: &[u8], element: &Codec, out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let head = Head::read(&mut wire)?;
    if head.dimensions.is_empty() {
        out.push_str("{}");
        return wire.end();
    }
    if !head.counts_from_one() {
        for (length, lower_bound) in &head.dimensions {
            let upper_bound = i64::from(*lower_bound) + i64::try_from(*length).unwrap_or(i64::MAX) - 1;
            super::number::push_formatted(out, format_args!("[{lower_bound}:{upper_bound}]"));
        }
        out.push('=');
    }
    push_dimension(&head.lengths(), &mut wire, element, out)?;
    wire.end()
}

fn push_dimension(lengths: &[usize], wire: &mut Wire<'_>, element: &Codec, out: &mut String) -> Result<(), Malformed> {
    out.push('{');
    if let Some((length, inner)) = lengths.split_first() {
        for index in 0..*length {
            if index > 0 {
                out.push(',');
            }
            if !inner.is_empty() {
                push_dimension(inner, wire, element, out)?;
                continue;
            }
            match wire.element()? {
                None => out.push_str("NULL"),
                Some(value) => {
                    let mut text = String::new();
                    element.push_text(value, &mut text)?;
                    push_quoted(&text, out);
                }
            }
        }
    }
    out.push('}');
    Ok(())
}

fn push_quoted(text: &str, out: &mut String) {
    let is_special = |character: char| {
        matches!(character, '"' | '\\' | '{' | '}' | ',' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
    };
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(is_special) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

/// Reads an array that PostgreSQL rendered.
pub(crate) fn write_json_of_text(text: &str, element: &Codec, sink: &mut Sink) -> Result<(), Malformed> {
    if text.starts_with('[') {
        sink.string(text);
        return Ok(());
    }
    let mut depth = 0_i32;
    let mut rest = text;
    // After each token, what may separate it from the next is read with it.
    while let Some(first) = rest.chars().next() {
        let (_, after) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
        rest = match first {
            '{' => {
                depth += 1;
                sink.push("[");
                after
            }
            '}' => {
                depth -= 1;
                sink.push("]");
                after
            }
            ',' => {
                sink.push(",");
                after
            }
            '"' => {
                let (value, after) = unquote(after)?;
                element.write_json_of_text(&value, sink)?;
                after
            }
            _ => {
                let end = rest.find([',', '}']).ok_or(Malformed("an array has no end"))?;
                let (value, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                if value == "NULL" {
                    sink.push("null");
                } else {
                    element.write_json_of_text(value, sink)?;
                }
                after
            }
        };
        if depth == 0 {
            break;
        }
    }
    if depth == 0 && rest.is_empty() && !text.is_empty() { Ok(()) } else { Err(Malformed("an array has no end")) }
}

/// The content of a quoted element, and what follows its closing quote.
fn unquote(text: &str) -> Result<(String, &str), Malformed> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Ok((value, characters.as_str())),
            '\\' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    Err(Malformed("an array has no end"))
}
