//! What a mask has to give: the declared type of a column, seen through its domains.

use crate::gate::catalog::{Catalog, Column, Oid, TypeKind};
use crate::gate::ir::TypeRef;
use crate::gate::policy::literals;

/// Types that masks treat alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueClass {
    /// `text`, `varchar`, `char`.
    Text,
    /// `smallint`, `integer`, `bigint`.
    Integer,
    /// `numeric`.
    Numeric,
    /// `real`, `double precision`.
    Float,
    /// `date`, `timestamp`, `timestamptz`.
    Time,
    /// `boolean`.
    Bool,
    /// `uuid`.
    Uuid,
    /// Enums.
    Enum,
    /// `json`, `jsonb`.
    Json,
    /// Everything else.
    Other,
}

impl ValueClass {
    /// Every class, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Integer,
        Self::Numeric,
        Self::Float,
        Self::Time,
        Self::Bool,
        Self::Uuid,
        Self::Enum,
        Self::Json,
        Self::Other,
    ];

    /// The types of the class, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text, varchar, char",
            Self::Integer => "smallint, integer, bigint",
            Self::Numeric => "numeric",
            Self::Float => "real, double precision",
            Self::Time => "date, timestamp, timestamptz",
            Self::Bool => "boolean",
            Self::Uuid => "uuid",
            Self::Enum => "enums",
            Self::Json => "json, jsonb",
            Self::Other => "other types",
        }
    }

    /// The class of a type, seen through domains.
    pub(in crate::gate::policy) fn of(oid: Oid, catalog: &Catalog) -> Self {
        let Some(one) = catalog.type_(catalog.below_domain(oid)) else { return Self::Other };
        match &one.kind {
            TypeKind::Enum { .. } => Self::Enum,
            TypeKind::Base if one.oid.is_builtin() && one.schema == "pg_catalog" => match one.name.as_str() {
                "text" | "varchar" | "bpchar" => Self::Text,
                "int2" | "int4" | "int8" => Self::Integer,
                "numeric" => Self::Numeric,
                "float4" | "float8" => Self::Float,
                "date" | "timestamp" | "timestamptz" => Self::Time,
                "bool" => Self::Bool,
                "uuid" => Self::Uuid,
                "json" | "jsonb" => Self::Json,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// The type that a mask has to give.
#[derive(Debug, Clone)]
pub struct Target {
    /// The column's name, for messages.
    pub column: String,
    /// The declared type, or a domain's base type.
    pub oid: Oid,
    /// Its `typname`.
    pub name: String,
    /// Its class.
    pub class: ValueClass,
    /// The type to cast to, with the column's modifiers.
    pub type_ref: TypeRef,
    /// The column itself is of a domain.
    pub domain: bool,
    /// An enum's labels.
    pub labels: Vec<String>,
    /// The column's collation, where it isn't the database's default: its name in `pg_catalog`, or `None` for another.
    pub collation: Option<Option<String>>,
}

/// `DEFAULT_COLLATION_OID`.
const DEFAULT_COLLATION: Oid = Oid(100);

impl Target {
    /// What the column declares.
    ///
    /// # Errors
    /// A sentence: the type isn't known, or can't be a mask's result yet.
    pub fn of(column: &Column, catalog: &Catalog) -> Result<Self, String> {
        let oid = catalog.below_domain(column.type_oid);
        let unknown = || format!("the type of `{}` is not known to the catalog", column.name);
        let one = catalog.type_(oid).ok_or_else(unknown)?;
        let domain = oid != column.type_oid;
        let (element, array) = match &one.kind {
            TypeKind::Array { element } => (catalog.type_(*element).ok_or_else(unknown)?, true),
            _ => (one, false),
        };
        match &element.kind {
            TypeKind::Base | TypeKind::Enum { .. } | TypeKind::Range { .. } | TypeKind::Multirange { .. } => {}
            TypeKind::Composite { .. } | TypeKind::Domain { .. } | TypeKind::Array { .. } | TypeKind::Pseudo => {
                return Err(format!(
                    "masking `{}` of type `{}` is not supported yet: deny the column",
                    column.name, column.type_name
                ));
            }
        }
        // A domain's modifiers belong to the domain; its base type is cast to without.
        let typmod = if domain { -1 } else { column.typmod };
        let type_ref = TypeRef {
            oid: element.oid,
            schema: element.schema.clone(),
            name: element.name.clone(),
            modifiers: modifiers(element.oid, &element.name, typmod),
            shape: None,
            interval: None,
            array,
        };
        let collation = (column.collation != Oid(0) && column.collation != DEFAULT_COLLATION).then(|| {
            let own = column.explicit_collation.as_ref();
            own.filter(|(schema, _)| schema == "pg_catalog").map(|(_, name)| name.clone())
        });
        Ok(Self {
            column: column.name.clone(),
            oid,
            name: one.name.clone(),
            class: if array { ValueClass::Other } else { ValueClass::of(oid, catalog) },
            type_ref,
            domain,
            labels: match &one.kind {
                TypeKind::Enum { labels } => labels.clone(),
                _ => Vec::new(),
            },
            collation,
        })
    }

    /// The most characters that the type holds, if it says.
    pub fn characters(&self) -> Option<u32> {
        match self.type_ref.modifiers[..] {
            [length] if self.class == ValueClass::Text => u32::try_from(length).ok(),
            _ => None,
        }
    }

    /// Precision and scale of a `numeric`, if the column says. A negative scale counts as unsaid.
    pub fn precision(&self) -> Option<(u32, u32)> {
        match self.type_ref.modifiers[..] {
            [precision, scale] if self.class == ValueClass::Numeric => {
                Some((u32::try_from(precision).ok()?, u32::try_from(scale).ok()?))
            }
            _ => None,
        }
    }

    /// Whether PostgreSQL takes the constant for the type, told without asking it.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn check_constant(&self, text: &str) -> Result<(), String> {
        let expected =
            |what: &str| Err(format!("the constant `{text}` doesn't fit `{}`: expected {what}", self.column));
        if self.class == ValueClass::Enum {
            let known: Vec<String> = self.labels.iter().map(|label| format!("`{label}`")).collect();
            let holds = self.labels.iter().any(|label| label == text);
            return if holds { Ok(()) } else { expected(&format!("one of {}", known.join(", "))) };
        }
        if self.class == ValueClass::Text {
            return literals::check("text", text).or_else(|what| expected(&what));
        }
        if let Err(what) = literals::check(&self.name, text) {
            return expected(&what);
        }
        if let Some((precision, scale)) = self.precision() {
            let unsigned = text.trim_start_matches('-');
            let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
            let whole = whole.trim_start_matches('0');
            if unsigned.contains(['e', 'E'])
                || u32::try_from(whole.len()).is_ok_and(|digits| digits + scale > precision)
                || u32::try_from(fraction.len()).is_ok_and(|digits| digits > scale)
            {
                return expected(&format!("at most {precision} digits, {scale} of them after the point"));
            }
        }
        Ok(())
    }
}

/// `atttypmod` as it is written in SQL. Empty where there is none, or where its notation is of another kind
/// (intervals, negative scales): then the cast is to the type without.
fn modifiers(oid: Oid, name: &str, typmod: i32) -> Vec<i32> {
    if typmod < 0 || !oid.is_builtin() {
        return Vec::new();
    }
    match name {
        "varchar" | "bpchar" => vec![typmod - 4],
        "numeric" => {
            let packed = typmod - 4;
            // The scale is eleven bits with a sign, in versions before 15 without one.
            let scale = ((packed & 0x7ff) ^ 1024) - 1024;
            if scale < 0 { Vec::new() } else { vec![(packed >> 16) & 0xffff, scale] }
        }
        "timestamp" | "timestamptz" | "time" | "timetz" | "bit" | "varbit" => vec![typmod],
        _ => Vec::new(),
    }
}
