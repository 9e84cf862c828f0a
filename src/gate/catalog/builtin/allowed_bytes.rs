//! Allowed: byte and bit strings, digests, identifiers.

use super::{Group, Kind, Ruling, of};

pub(super) static BINARY: Group = Group {
    name: "binary",
    reason: "work on the bytes of their arguments and nothing else",
    ruling: Ruling::Allowed,
    kind: Kind::Function,
    functions: &[
        of("bit_count(bytea)"),
        of("bit_length(bytea)"),
        of("btrim(bytea, bytea)"),
        of("crc32(bytea)"),
        of("crc32c(bytea)"),
        of("decode(text, text)"),
        of("encode(bytea, text)"),
        of("get_bit(bytea, bigint)"),
        of("get_bit(bytea, integer)"),
        of("get_byte(bytea, integer)"),
        of("length(bytea)"),
        of("ltrim(bytea, bytea)"),
        of("octet_length(bytea)"),
        of("overlay(bytea, bytea, integer)"),
        of("overlay(bytea, bytea, integer, integer)"),
        of("position(bytea, bytea)"),
        of("reverse(bytea)"),
        of("rtrim(bytea, bytea)"),
        of("set_bit(bytea, bigint, integer)"),
        of("set_bit(bytea, integer, integer)"),
        of("set_byte(bytea, integer, integer)"),
        of("substr(bytea, integer)"),
        of("substr(bytea, integer, integer)"),
        of("substring(bytea, integer)"),
        of("substring(bytea, integer, integer)"),
    ],
    names: &[],
    arguments: &[],
};

pub(super) static BITS: Group = Group {
    name: "bits",
    reason: "work on the bits of their arguments and nothing else",
    ruling: Ruling::Allowed,
    kind: Kind::Function,
    functions: &[
        of("bit_count(bit)"),
        of("bit_length(bit)"),
        of("get_bit(bit, integer)"),
        of("length(bit)"),
        of("octet_length(bit)"),
        of("overlay(bit, bit, integer)"),
        of("overlay(bit, bit, integer, integer)"),
        of("position(bit, bit)"),
        of("set_bit(bit, integer, integer)"),
        of("substring(bit, integer)"),
        of("substring(bit, integer, integer)"),
    ],
    names: &[],
    arguments: &[],
};

pub(super) static HASHING: Group = Group {
    name: "hashing",
    reason: "digests without a key",
    ruling: Ruling::Allowed,
    kind: Kind::Function,
    functions: &[
        of("md5(bytea)"),
        of("md5(text)"),
        of("sha224(bytea)"),
        of("sha256(bytea)"),
        of("sha384(bytea)"),
        of("sha512(bytea)"),
    ],
    names: &[],
    arguments: &[],
};

pub(super) static UUIDS: Group = Group {
    name: "uuids",
    reason: "make a random identifier or read the parts of one",
    ruling: Ruling::Allowed,
    kind: Kind::Function,
    functions: &[
        of("gen_random_uuid()"),
        of("uuid_extract_timestamp(uuid)"),
        of("uuid_extract_version(uuid)"),
        of("uuidv4()"),
        of("uuidv7()"),
        of("uuidv7(interval)"),
    ],
    names: &[],
    arguments: &[],
};
