//! Masks: what a principal sees instead of a column's value, as an expression over the column. A registry as data says
//! which mask fits which types; the builders make the IR. Every mask is total: it raises on no value whatever, so that
//! no error tells of a hidden one. What can't be told to be total is refused when the policy is bound to the database.

mod build;
mod steps;
mod target;
mod text;
mod total;

#[cfg(test)]
mod tests;

use self::build::Builder;
use self::target::Target;
pub use self::target::ValueClass;
pub use self::total::{functions as total_functions, is_total};
use super::model::Mask;
use crate::gate::catalog::{Catalog, Column};
use crate::gate::ir::Expr;

/// One kind of mask.
#[derive(Debug)]
pub struct MaskKind {
    /// The name, as messages use it.
    pub name: &'static str,
    /// How a policy writes it, with an example argument.
    pub notation: &'static str,
    /// The classes of type that it fits.
    pub fits: &'static [ValueClass],
    /// What the principal sees, in a sentence or two, for the documentation.
    pub doc: &'static str,
}

/// Classes of type whose constants can be checked without a database.
const CHECKED: &[ValueClass] = &[
    ValueClass::Text,
    ValueClass::Integer,
    ValueClass::Numeric,
    ValueClass::Float,
    ValueClass::Time,
    ValueClass::Bool,
    ValueClass::Uuid,
    ValueClass::Enum,
    ValueClass::Json,
];

/// The name of the mask that the policy's author writes.
pub const SQL: &str = "sql";

/// Every mask, in the order of the documentation.
pub static REGISTRY: &[MaskKind] = &[
    MaskKind { name: "null", notation: "`\"null\"`", fits: ValueClass::ALL, doc: "NULL in every row. Tells nothing." },
    MaskKind {
        name: "redact",
        notation: "`\"redact\"`",
        fits: &[ValueClass::Text],
        doc: "`***` in every row, also where there is no value. Tells nothing.",
    },
    MaskKind {
        name: "constant",
        notation: "`{ constant = \"hidden\" }`",
        fits: CHECKED,
        doc: "The constant in every row, also where there is no value. Tells nothing.",
    },
    MaskKind {
        name: "email",
        notation: "`\"email\"`",
        fits: &[ValueClass::Text],
        doc: "The first letter and what follows the last `@`: `a***@example.com`. Without the letter where fewer than \
              three characters come before the first `@`; `***` where there is no `@`.",
    },
    MaskKind {
        name: "last",
        notation: "`{ last = 4 }` or `\"last4\"`",
        fits: &[ValueClass::Text],
        doc: "`***` and the last n characters; `***` alone where the value is not longer than 2n.",
    },
    MaskKind {
        name: "partial",
        notation: "`{ partial = [2, 2] }`",
        fits: &[ValueClass::Text],
        doc: "So many characters of the start, `***`, so many of the end; `***` alone where the value is not longer \
              than twice what is shown.",
    },
    MaskKind {
        name: "hash",
        notation: "`\"hash\"`",
        fits: &[ValueClass::Text],
        doc: "HMAC-SHA-256 of the value under the deployment's mask key, in 64 hexadecimal digits: equal values stay \
              equal, in joins too. Needs room for 64 characters; a value over 1 MiB gives NULL.",
    },
    MaskKind {
        name: "year",
        notation: "`\"year\"`",
        fits: &[ValueClass::Time],
        doc: "The first day of the value's year; NULL for infinity and outside the years 1 to 9999.",
    },
    MaskKind {
        name: "round",
        notation: "`{ round = 100 }`",
        fits: &[ValueClass::Integer, ValueClass::Numeric],
        doc: "The nearest multiple, halves upwards; never beyond the largest multiple that the type holds.",
    },
    MaskKind {
        name: "bucket",
        notation: "`{ bucket = 10 }`",
        fits: &[ValueClass::Integer, ValueClass::Numeric],
        doc: "The multiple at or below the value; never beyond the largest multiple that the type holds.",
    },
    MaskKind {
        name: SQL,
        notation: "`{ sql = \"left(name, 1)\" }`",
        fits: ValueClass::ALL,
        doc: "An expression over the row's own columns (denied and masked ones as they are stored) and `:attributes`, \
              of the column's type. It must be total: comparisons, AND, OR, NOT, IS, IN, BETWEEN, CASE, COALESCE, \
              NULLIF, text joined by `||`, casts to text and to wider numbers, and the functions named below.",
    },
];

impl Mask {
    /// The name, as the registry and the history use it.
    pub fn name(&self) -> &'static str {
        match self {
            Mask::Null => "null",
            Mask::Redact => "redact",
            Mask::Email => "email",
            Mask::Hash => "hash",
            Mask::Year => "year",
            Mask::Last(_) => "last",
            Mask::Partial(..) => "partial",
            Mask::Constant(_) => "constant",
            Mask::Round(_) => "round",
            Mask::Bucket(_) => "bucket",
            Mask::Sql(_) => SQL,
        }
    }

    /// The classes of type that it fits.
    pub fn fits(&self) -> &'static [ValueClass] {
        REGISTRY.iter().find(|kind| kind.name == self.name()).map_or(&[], |kind| kind.fits)
    }
}

/// The mask of a column as an expression over `column_ref`, of the column's declared type (of a domain's base type)
/// and collation. An `sql` mask is lowered first, then see [`is_total`] and
/// [`cast_to_column`].
///
/// # Errors
/// A sentence: the mask doesn't fit the column's type, or could raise.
pub fn mask_expression(mask: &Mask, column: &Column, column_ref: Expr, catalog: &Catalog) -> Result<Expr, String> {
    let target = Target::of(column, catalog)?;
    if !mask.fits().contains(&target.class) {
        let fits: Vec<&str> = mask.fits().iter().map(|class| class.name()).collect();
        return Err(format!(
            "the mask `{}` fits {}; `{}` is of type `{}`",
            mask.name(),
            fits.join(", "),
            column.name,
            column.type_name
        ));
    }
    let build = Builder { catalog };
    match mask {
        Mask::Null => build.null(&target),
        Mask::Redact => build.constant(&target, text::HIDDEN),
        Mask::Constant(text) => {
            target.check_constant(text)?;
            build.constant(&target, text)
        }
        Mask::Email => text::email(&build, &target, column_ref),
        Mask::Last(shown) => text::partial(&build, &target, column_ref, 0, *shown),
        Mask::Partial(start, end) => text::partial(&build, &target, column_ref, *start, *end),
        Mask::Hash => text::hash(&build, &target, column_ref),
        Mask::Year => steps::year(&build, &target, column_ref),
        Mask::Round(step) => steps::round(&build, &target, column_ref, *step),
        Mask::Bucket(step) => steps::bucket(&build, &target, column_ref, *step),
        Mask::Sql(_) => Err("an `sql` mask is an expression of its own".to_owned()),
    }
}

/// A lowered `sql` mask that [`is_total`], cast to the column's declared type and collation.
///
/// # Errors
/// A sentence: the expression isn't of the column's type, or the cast could raise.
pub fn cast_to_column(expr: Expr, column: &Column, catalog: &Catalog) -> Result<Expr, String> {
    total::to_declared(expr, &Target::of(column, catalog)?, catalog)
}

/// HMAC's block size for SHA-256, in bytes.
const BLOCK: usize = 64;

/// The value to bind for [`MaskKey`](crate::gate::ir::ExprKind::MaskKey), as `bytea`: the two pads of HMAC (RFC 2104),
/// inner and outer, of 64 bytes each. With them the hash mask's two nested `sha256` calls give exactly
/// HMAC-SHA-256(key, value), so that any tool can work out what a known value looks like. A key longer than a block is
/// hashed first, as the RFC says.
pub fn key_parameter(key: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let hashed = Sha256::digest(key);
    let key: &[u8] = if key.len() > BLOCK { &hashed } else { key };
    let padded = || key.iter().copied().chain(std::iter::repeat(0)).take(BLOCK);
    padded().map(|byte| byte ^ 0x36).chain(padded().map(|byte| byte ^ 0x5c)).collect()
}
