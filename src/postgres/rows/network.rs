//! Network addresses as PostgreSQL prints them.

use std::net::Ipv4Addr;

use super::number::push_formatted;
use super::wire::{Malformed, Wire};

const FAMILY_V4: u8 = 2;
const FAMILY_V6: u8 = 3;

/// `inet` and `cidr`; an `inet` host is shown without its prefix length, a `cidr` always with it.
pub(crate) fn address(raw: &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut wire = Wire(raw);
    let (family, bits, is_cidr, length) = (wire.u8()?, wire.u8()?, wire.u8()?, wire.u8()?);
    let all_bits = match (family, length) {
        (FAMILY_V4, 4) => {
            let octets: [u8; 4] = wire.bytes(4)?.try_into().map_err(|_| Malformed("it ends early"))?;
            push_formatted(out, format_args!("{}", Ipv4Addr::from(octets)));
            32
        }
        (FAMILY_V6, 16) => {
            let mut words = [0_u16; 8];
            for word in &mut words {
                *word = wire.u16()?;
            }
            push_v6(words, out);
            128
        }
        _ => return Err(Malformed("its address family is unknown")),
    };
    wire.end()?;
    if is_cidr != 0 || bits != all_bits {
        push_formatted(out, format_args!("/{bits}"));
    }
    Ok(())
}

/// `macaddr` and `macaddr8`.
pub(crate) fn hardware_address(raw: &[u8], length: usize, out: &mut String) -> Result<(), Malformed> {
    if raw.len() != length {
        return Err(Malformed("its length is wrong"));
    }
    for (index, byte) in raw.iter().enumerate() {
        let colon = if index > 0 { ":" } else { "" };
        push_formatted(out, format_args!("{colon}{byte:02x}"));
    }
    Ok(())
}

/// The longest run of two or more zero words becomes `::`. Where it leaves only the last two words, or `ffff` and
/// those, they are written as an IPv4 address.
fn push_v6(words: [u16; 8], out: &mut String) {
    let [first, second, third, fourth, fifth, sixth, seventh, last] = words;
    let (start, length) = longest_zeros(words);
    let mapped = length == 5 && sixth == 0xffff;
    if start == 0 && (mapped || length == 6) {
        let [a, b] = seventh.to_be_bytes();
        let [c, d] = last.to_be_bytes();
        let prefix = if mapped { "::ffff:" } else { "::" };
        push_formatted(out, format_args!("{prefix}{}", Ipv4Addr::new(a, b, c, d)));
        return;
    }
    if length < 2 {
        let text = [first, second, third, fourth, fifth, sixth, seventh, last].map(|word| format!("{word:x}"));
        out.push_str(&text.join(":"));
        return;
    }
    let hex = |words: &mut dyn Iterator<Item = u16>| -> String {
        let words: Vec<String> = words.map(|word| format!("{word:x}")).collect();
        words.join(":")
    };
    out.push_str(&hex(&mut words.into_iter().take(start)));
    out.push_str("::");
    out.push_str(&hex(&mut words.into_iter().skip(start + length)));
}

/// Start and length of the first longest run of zero words.
fn longest_zeros(words: [u16; 8]) -> (usize, usize) {
    let (mut best, mut run) = ((0, 0), 0);
    for (index, word) in words.into_iter().enumerate() {
        run = if word == 0 { run + 1 } else { 0 };
        if run > best.1 {
            best = (index + 1 - run, run);
        }
    }
    best
}
