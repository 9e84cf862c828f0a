//! Which types we read in binary, and how each value becomes text and JSON. Every value has one text, that of
//! PostgreSQL's output function, and its JSON follows from the type and that text alone; so a statement that has to
//! be run in its text form gives the same JSON.

use tokio_postgres::types::{Kind, Type};

use super::sink::{Sink, push_hex};
use super::wire::{Malformed, Wire, utf8};
use super::{array, datetime, document, network, number, range};

/// JSON readers keep numbers in doubles, which count exactly up to here.
const LARGEST_EXACT: u64 = 1 << 53;

/// How a type's values are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// Everything whose binary form is its text, enums included.
    Text,
    /// `character(n)`: trailing blanks are padding and left out, as by PostgreSQL's own cast to text.
    Padded,
    /// The one-byte type `"char"`.
    Byte,
    Bytea,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Json,
    Jsonb,
    Inet,
    Cidr,
    HardwareAddress(usize),
    Bits,
    Void,
    Array(Box<Codec>),
    Range(Box<Codec>),
    Multirange(Box<Codec>),
}

impl Codec {
    /// The codec of a type, or `None` for what PostgreSQL has to render itself.
    pub(crate) fn of(type_: &Type) -> Option<Self> {
        Some(match *type_ {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID => Self::Oid,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            Type::TEXT | Type::VARCHAR | Type::NAME => Self::Text,
            Type::BPCHAR => Self::Padded,
            Type::CHAR => Self::Byte,
            Type::BYTEA => Self::Bytea,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMETZ => Self::TimeTz,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::TimestampTz,
            Type::INTERVAL => Self::Interval,
            Type::UUID => Self::Uuid,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::INET => Self::Inet,
            Type::CIDR => Self::Cidr,
            Type::MACADDR => Self::HardwareAddress(6),
            Type::MACADDR8 => Self::HardwareAddress(8),
            Type::BIT | Type::VARBIT => Self::Bits,
            Type::VOID => Self::Void,
            // Arrays to the type system, but printed as numbers with blanks between.
            Type::INT2_VECTOR | Type::OID_VECTOR => return None,
            _ => return Self::of_kind(type_),
        })
    }

    fn of_kind(type_: &Type) -> Option<Self> {
        match type_.kind() {
            Kind::Enum(_) => Some(Self::Text),
            Kind::Domain(base) => Self::of(base),
            // A type that only borrows subscripts from another one isn't an array, and isn't named like one.
            Kind::Array(element) if type_.name().starts_with('_') => Some(Self::Array(Box::new(Self::of(element)?))),
            Kind::Range(bound) => Some(Self::Range(Box::new(Self::of(bound)?))),
            Kind::Multirange(bound) => Some(Self::Multirange(Box::new(Self::of(bound)?))),
            // `Kind` may grow; what it doesn't know yet, PostgreSQL renders.
            _ => None,
        }
    }

    /// Writes the value as JSON.
    pub(crate) fn write_json(&self, raw: &[u8], sink: &mut Sink) -> Result<(), Malformed> {
        match self {
            Self::Text => sink.string(utf8(raw)?),
            Self::Padded => sink.string(without_padding(utf8(raw)?)),
            Self::Bytea => sink.hex_string(raw),
            Self::Json => document::write(utf8(raw)?, sink),
            Self::Jsonb => document::write(utf8(jsonb_text(raw)?)?, sink),
            Self::Array(element) => return array::write_json(raw, element, sink),
            _ => {
                let mut text = sink.take_scratch();
                let result = self.push_text(raw, &mut text).and_then(|()| self.write_json_of_text(&text, sink));
                sink.give_scratch_back(text);
                return result;
            }
        }
        Ok(())
    }

    /// Writes as JSON what PostgreSQL rendered as text, by output function or by a cast.
    pub(crate) fn write_json_of_text(&self, text: &str, sink: &mut Sink) -> Result<(), Malformed> {
        match self {
            Self::Bool => sink.push(match text {
                "t" | "true" => "true",
                "f" | "false" => "false",
                _ => return Err(Malformed("it is neither true nor false")),
            }),
            Self::Int2 | Self::Int4 | Self::Int8 | Self::Oid => {
                let value: i64 = text.parse().map_err(|_| Malformed("it is not an integer"))?;
                if value.unsigned_abs() > LARGEST_EXACT { sink.string(text) } else { sink.push(text) }
            }
            Self::Float4 | Self::Float8 => match text {
                "NaN" | "Infinity" | "-Infinity" => sink.string(text),
                _ if text.parse::<f64>().is_ok_and(f64::is_finite) => sink.push(text),
                _ => return Err(Malformed("it is not a number")),
            },
            Self::Padded => sink.string(without_padding(text)),
            // The cast to text names the prefix length even of a single host; the output function doesn't.
            Self::Inet => sink.string(host_without_prefix(text)),
            Self::Json | Self::Jsonb => document::write(text, sink),
            Self::Array(element) => return array::write_json_of_text(text, element, sink),
            Self::Numeric
            | Self::Text
            | Self::Byte
            | Self::Bytea
            | Self::Date
            | Self::Time
            | Self::TimeTz
            | Self::Timestamp
            | Self::TimestampTz
            | Self::Interval
            | Self::Uuid
            | Self::Cidr
            | Self::HardwareAddress(_)
            | Self::Bits
            | Self::Void
            | Self::Range(_)
            | Self::Multirange(_) => sink.string(text),
        }
        Ok(())
    }

    /// The text of PostgreSQL's output function.
    pub(crate) fn push_text(&self, raw: &[u8], out: &mut String) -> Result<(), Malformed> {
        let mut wire = Wire(raw);
        match self {
            Self::Bool => out.push(if wire.u8()? == 0 { 'f' } else { 't' }),
            Self::Int2 => number::push_formatted(out, format_args!("{}", wire.i16()?)),
            Self::Int4 => number::push_formatted(out, format_args!("{}", wire.i32()?)),
            Self::Int8 => number::push_formatted(out, format_args!("{}", wire.i64()?)),
            Self::Oid => number::push_formatted(out, format_args!("{}", wire.u32()?)),
            Self::Float4 => number::float4(wire.f32()?, out),
            Self::Float8 => number::float8(wire.f64()?, out),
            Self::Byte => push_byte(wire.u8()?, out),
            Self::Numeric => return number::numeric(raw, out),
            Self::Text | Self::Padded | Self::Json => {
                out.push_str(utf8(wire.rest())?);
            }
            Self::Jsonb => {
                out.push_str(utf8(jsonb_text(wire.rest())?)?);
            }
            Self::Bytea => {
                out.push_str("\\x");
                push_hex(wire.rest(), out);
            }
            Self::Date => return datetime::date(raw, out),
            Self::Time => return datetime::time(raw, out),
            Self::TimeTz => return datetime::time_with_zone(raw, out),
            Self::Timestamp => return datetime::timestamp(raw, "", out),
            Self::TimestampTz => return datetime::timestamp(raw, "+00", out),
            Self::Interval => return datetime::interval(raw, out),
            Self::Uuid => return push_uuid(raw, out),
            Self::Inet | Self::Cidr => return network::address(raw, out),
            Self::HardwareAddress(length) => return network::hardware_address(raw, *length, out),
            Self::Bits => return push_bits(raw, out),
            Self::Void => {}
            Self::Array(element) => return array::push_text(raw, element, out),
            Self::Range(bound) => return range::push_range(raw, bound, out),
            Self::Multirange(bound) => return range::push_multirange(raw, bound, out),
        }
        wire.end()
    }
}

fn without_padding(text: &str) -> &str {
    text.trim_end_matches(' ')
}

fn host_without_prefix(text: &str) -> &str {
    text.strip_suffix(if text.contains(':') { "/128" } else { "/32" }).unwrap_or(text)
}

fn jsonb_text(raw: &[u8]) -> Result<&[u8], Malformed> {
    match raw.split_first() {
        Some((1, text)) => Ok(text),
        _ => Err(Malformed("its version is unknown")),
    }
}

/// Zero is the empty string, and bytes beyond ASCII are octal.
fn push_byte(byte: u8, out: &mut String) {
    match byte {
        0 => {}
        1..=0x7f => out.push(char::from(byte)),
        _ => number::push_formatted(out, format_args!("\\{byte:03o}")),
    }
}

fn push_uuid(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    if raw.len() != 16 {
        return Err(Malformed("its length is wrong"));
    }
    let mut wire = Wire(raw);
    for (index, length) in [4, 2, 2, 2, 6].into_iter().enumerate() {
        if index > 0 {
            out.push('-');
        }
        push_hex(wire.bytes(length)?, out);
    }
    wire.end()
}

fn push_bits(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let count = usize::try_from(wire.i32()?).map_err(|_| Malformed("a length is negative"))?;
    let bytes = wire.bytes(count.div_ceil(8))?;
    wire.end()?;
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    out.extend(bits.take(count).map(|bit| if bit == 1 { '1' } else { '0' }));
    Ok(())
}
