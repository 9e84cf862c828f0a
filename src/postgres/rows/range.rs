//! Ranges and multiranges, always as PostgreSQL's text.

use super::codec::Codec;
use super::wire::{Malformed, Wire};

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

pub(crate) fn push_range(raw: &[u8], bound: &Codec, out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let flags = wire.u8()?;
    if flags & EMPTY != 0 {
        out.push_str("empty");
        return wire.end();
    }
    out.push(if flags & LOWER_INCLUSIVE != 0 { '[' } else { '(' });
    if flags & LOWER_INFINITE == 0 {
        push_bound(&mut wire, bound, out)?;
    }
    out.push(',');
    if flags & UPPER_INFINITE == 0 {
        push_bound(&mut wire, bound, out)?;
    }
    out.push(if flags & UPPER_INCLUSIVE != 0 { ']' } else { ')' });
    wire.end()
}

pub(crate) fn push_multirange(raw: &[u8], bound: &Codec, out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let count = wire.i32()?;
    out.push('{');
    for index in 0..count {
        if index > 0 {
            out.push(',');
        }
        let range = wire.element()?.ok_or(Malformed("a range in it is null"))?;
        push_range(range, bound, out)?;
    }
    out.push('}');
    wire.end()
}

fn push_bound(wire: &mut Wire<'_>, bound: &Codec, out: &mut String) -> Result<(), Malformed> {
    let value = wire.element()?.ok_or(Malformed("a bound of it is null"))?;
    let mut text = String::new();
    bound.push_text(value, &mut text)?;
    let is_special = |character: char| {
        matches!(character, '"' | '\\' | '(' | ')' | '[' | ']' | ',' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
    };
    if !text.is_empty() && !text.contains(is_special) {
        out.push_str(&text);
        return Ok(());
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('"');
    Ok(())
}
