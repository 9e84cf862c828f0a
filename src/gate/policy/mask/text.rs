//! Masks of texts. NULL stays NULL where the mask shows a part of the value.

use super::build::{Builder, number, string};
use super::target::Target;
use crate::gate::ir::{Expr, ExprKind};

/// What stands for hidden characters, however many: their number is hidden too.
pub const HIDDEN: &str = "***";

/// The shortest part before the `@` whose first letter is shown.
const SHORTEST_LOCAL: u32 = 3;

/// The length of a hash in hexadecimal digits.
const HASH_LENGTH: u32 = 64;

/// The longest value that is hashed, in bytes: the mask must not fail for want of memory.
const LONGEST_HASHED: u32 = 1 << 20;

/// `***` between the first and the last characters, for values longer than twice what is shown.
pub fn partial(build: &Builder<'_>, target: &Target, column: Expr, start: u32, end: u32) -> Result<Expr, String> {
    let value = plain(build, target, column)?;
    let length = build.call("char_length", vec![value.clone()], "int4")?;
    let long = build.operator(length, ">", number(2 * (start + end)), "bool")?;
    let mut shown = Vec::new();
    if start > 0 {
        shown.push(build.call("left", vec![value.clone(), number(start)], "text")?);
    }
    shown.push(string(HIDDEN));
    if end > 0 {
        shown.push(build.call("right", vec![value.clone(), number(end)], "text")?);
    }
    let arms = vec![(long, build.joined(shown)?), (build.is_given(value)?, string(HIDDEN))];
    finish(build, target, build.case(arms, None, "text")?)
}

/// `a***@example.com`.
pub fn email(build: &Builder<'_>, target: &Target, column: Expr) -> Result<Expr, String> {
    let value = plain(build, target, column)?;
    let find = |within: Expr| build.call("strpos", vec![build.bytewise(within), string("@")], "int4");
    let at = find(value.clone())?;
    // What follows the last @: as many characters as come before the first @ of the reversed value.
    let tail = find(build.call("reverse", vec![value.clone()], "text")?)?;
    let tail = build.operator(tail, "-", number(1), "int4")?;
    let domain = || build.call("right", vec![value.clone(), tail.clone()], "text");
    let letter = build.call("left", vec![value.clone(), number(1)], "text")?;
    let long = build.operator(at.clone(), ">", number(SHORTEST_LOCAL), "bool")?;
    let some = build.operator(at, ">", number(0), "bool")?;
    let hidden = || string("***@");
    let arms = vec![
        (long, build.joined(vec![letter, hidden(), domain()?])?),
        (some, build.joined(vec![hidden(), domain()?])?),
        (build.is_given(value.clone())?, string(HIDDEN)),
    ];
    finish(build, target, build.case(arms, None, "text")?)
}

/// HMAC-SHA-256 by its definition: the hash of the outer pad and the hash of the inner pad and the value. The pads are
/// the two halves of the parameter, see [`super::key_parameter`].
pub fn hash(build: &Builder<'_>, target: &Target, column: Expr) -> Result<Expr, String> {
    if let Some(most) = target.characters().filter(|most| *most < HASH_LENGTH) {
        return Err(format!("the mask `hash` gives {HASH_LENGTH} characters; `{}` holds only {most}", target.column));
    }
    let value = plain(build, target, column)?;
    // Bytes of a text without a change of encoding, which could fail: doubled backslashes are what bytea's input reads
    // as themselves. For a UTF-8 database this is `convert_to(value, 'UTF8')`.
    let doubled = build.call("replace", vec![build.bytewise(value.clone()), string("\\"), string("\\\\")], "text")?;
    let bytes = build.cast(doubled, "bytea")?;
    let key = || Expr::new(ExprKind::MaskKey);
    let pad = |from: u32| build.call("substring", vec![key(), number(from), number(64)], "bytea");
    let digest = |pad: Expr, rest: Expr| build.call("sha256", vec![build.operator(pad, "||", rest, "bytea")?], "bytea");
    let inner = digest(pad(1)?, bytes)?;
    let outer = digest(pad(65)?, inner)?;
    let hex = build.call("encode", vec![outer, string("hex")], "text")?;
    let size = build.call("octet_length", vec![value], "int4")?;
    let short = build.operator(size, "<=", number(LONGEST_HASHED), "bool")?;
    let masked = build.case(vec![(short, hex)], None, "text")?;
    build.collated(target, build.declared(target, masked))
}

/// The column as text, its collation kept. A `char`'s padding is cut.
fn plain(build: &Builder<'_>, target: &Target, column: Expr) -> Result<Expr, String> {
    if target.name == "text" && !target.domain { Ok(column) } else { build.cast(column, "text") }
}

/// A text over the column as the declared type; an explicit cast cuts what is too long without raising.
fn finish(build: &Builder<'_>, target: &Target, masked: Expr) -> Result<Expr, String> {
    if target.name == "text" { Ok(masked) } else { Ok(build.declared(target, masked)) }
}
