//! Types as PostgreSQL's grammar reads them, and which of them a statement may cast to.

use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, GeometricTypeKind, IntervalFields, ObjectName,
    ObjectNamePart, TimezoneInfo,
};

use super::name::Position;
use super::{Lowering, Mode, not_supported, not_yet};
use crate::gate::catalog::{Oid, Type, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Literal, Ty, TypeRef};
use crate::gate::source::Span;

/// A type by its names, before it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeName {
    /// The schema where one was written.
    pub(super) schema: Option<String>,
    /// The name; for SQL's own words what the grammar makes of them, as in `int4` for `integer`.
    pub(super) name: String,
    /// Modifiers.
    modifiers: Vec<i32>,
    /// Whether the modifiers are only the grammar's default length, which a typed literal doesn't have.
    default_length: bool,
    /// Fields of an interval.
    interval: Option<&'static str>,
    /// An array of it.
    array: bool,
}

impl TypeName {
    fn plain(name: &str) -> Self {
        let name = name.to_owned();
        Self { schema: None, name, modifiers: Vec::new(), default_length: false, interval: None, array: false }
    }

    /// What a typed literal (`CHAR 'abc'`, `BIT '101'`) has instead: no default length.
    pub(super) fn without_default_length(mut self) -> Self {
        if self.default_length {
            self.modifiers.clear();
        }
        self
    }
}

impl Lowering<'_> {
    /// The type to cast to, governed and visible.
    pub(super) fn type_ref(&mut self, data_type: &DataType, span: Span) -> Result<TypeRef, Rejection> {
        let name = self.type_name(data_type, span)?;
        self.lookup_type(&name, span)
    }

    /// CAST(expr AS type).
    pub(super) fn cast(&mut self, expr: Expr, to: TypeRef, span: Span) -> Result<Expr, Rejection> {
        let ty = self.type_of_ref(&to);
        self.refuse_user_cast(&expr, ty, span)?;
        Ok(Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(ty).at(span))
    }

    /// The type's OID, the array's where it is one.
    fn type_of_ref(&self, to: &TypeRef) -> Ty {
        if !to.array {
            return Some(to.oid);
        }
        self.catalog.type_(to.oid).map(|element| element.array).filter(|array| *array != Oid(0))
    }

    /// A cast of an expression, even an explicit one, must not run a function that a user made. Literals and
    /// parameters take the type's input function, no cast.
    fn refuse_user_cast(&self, expr: &Expr, to: Ty, span: Span) -> Result<(), Rejection> {
        if matches!(expr.kind, ExprKind::Literal(Literal::String(_) | Literal::Null) | ExprKind::Parameter(_)) {
            return Ok(());
        }
        let target = to.map(|oid| self.core_type(oid));
        let source = expr.ty.map(|oid| self.core_type(oid));
        let runs = self.catalog.parts().user_casts.iter().any(|cast| {
            target.is_none_or(|target| self.core_type(cast.target) == target)
                && source.is_none_or(|source| self.core_type(cast.source) == source)
        });
        if runs {
            return Err(
                Rejection::new(Reason::TypeNotAllowed, "the cast would run a user-defined cast function").at(span)
            );
        }
        Ok(())
    }

    /// The type below arrays and domains.
    fn core_type(&self, mut oid: Oid) -> Oid {
        // Types nest a few levels at most; the bound is for a snapshot that lies.
        for _ in 0..32 {
            match self.catalog.type_(oid).map(|one| &one.kind) {
                Some(TypeKind::Array { element }) => oid = *element,
                Some(TypeKind::Domain { base, .. }) => oid = *base,
                _ => break,
            }
        }
        oid
    }

    /// Looks the type up: `pg_catalog` first, then the policy's search path, as an unqualified name does everywhere.
    pub(super) fn lookup_type(&self, name: &TypeName, span: Span) -> Result<TypeRef, Rejection> {
        let written = match &name.schema {
            Some(schema) => format!("{schema}.{}", name.name),
            None => name.name.clone(),
        };
        let found = match &name.schema {
            Some(schema) => self.catalog.type_named(schema, &name.name),
            None => self.unqualified_type(&name.name, span)?,
        };
        let missing = || {
            Rejection::new(Reason::TypeNotAllowed, format!("type `{written}` does not exist or may not be used"))
                .at(span)
        };
        let Some(found) = found else { return Err(missing()) };
        if !self.schema_visible(&found.schema) {
            let truth = format!("type `{written}` is in a schema that the policy doesn't open");
            return Err(missing().concealing(Reason::TypeNotAllowed, truth, None));
        }
        let element = match found.kind {
            // `_int4` is the array type's own name.
            TypeKind::Array { element } => self.catalog.type_(element).ok_or_else(missing)?,
            _ => found,
        };
        self.castable(element, &written, span)?;
        if name.modifiers.iter().any(|modifier| *modifier < 0) {
            return Err(not_yet("a negative type modifier", span));
        }
        Ok(TypeRef {
            oid: element.oid,
            schema: element.schema.clone(),
            name: element.name.clone(),
            modifiers: name.modifiers.clone(),
            interval: name.interval.map(str::to_owned),
            array: name.array || element.oid != found.oid,
        })
    }

    fn unqualified_type(&self, name: &str, span: Span) -> Result<Option<&Type>, Rejection> {
        if let Some(found) = self.catalog.type_named("pg_catalog", name) {
            return Ok(Some(found));
        }
        let mut found = self
            .policy
            .policy()
            .search_path
            .iter()
            .filter(|schema| *schema != "pg_catalog")
            .filter_map(|schema| self.catalog.type_named(schema, name));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Rejection::new(
                Reason::AmbiguousName,
                format!("type `{name}` is in more than one schema of the search path"),
            )
            .at(span)
            .help("write the schema before it")),
            (first, _) => Ok(first),
        }
    }

    /// Whether names of the schema exist for the principal. What belongs to the policy itself, or was emitted, isn't
    /// asked.
    pub(super) fn schema_visible(&self, schema: &str) -> bool {
        match self.mode {
            Mode::Client => schema == "pg_catalog" || self.policy.policy().schemas.contains_key(schema),
            Mode::Policy | Mode::Verify => true,
        }
    }

    /// Whether a value may be cast to the type: it is governed, and its input runs no check of a user's.
    fn castable(&self, one: &Type, written: &str, span: Span) -> Result<(), Rejection> {
        if let Err(why) = self.catalog.governed(one.oid) {
            let message = format!("type `{written}` may not be used: {why}");
            return Err(Rejection::new(Reason::TypeNotAllowed, message).at(span));
        }
        match &one.kind {
            TypeKind::Domain { constrained: true, .. } => {
                Err(not_yet(&format!("casting to `{written}`, a domain with constraints,"), span))
            }
            TypeKind::Domain { base, constrained: false, .. } => match self.catalog.type_(*base) {
                Some(base) => self.castable(base, written, span),
                None => Err(not_yet(&format!("casting to `{written}`"), span)),
            },
            TypeKind::Array { element } => match self.catalog.type_(*element) {
                Some(element) => self.castable(element, written, span),
                None => Err(not_yet(&format!("casting to `{written}`"), span)),
            },
            TypeKind::Composite { .. } => Err(not_yet(&format!("casting to `{written}`, a composite type,"), span)),
            TypeKind::Base
            | TypeKind::Enum { .. }
            | TypeKind::Pseudo
            | TypeKind::Range { .. }
            | TypeKind::Multirange { .. } => Ok(()),
        }
    }

    /// The type by its names, as PostgreSQL's grammar reads it.
    pub(super) fn type_name(&self, data_type: &DataType, span: Span) -> Result<TypeName, Rejection> {
        match data_type {
            DataType::Array(ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::Qualified(element, _)) => {
                // PostgreSQL takes no notice of the number of dimensions and their sizes.
                Ok(TypeName { array: true, ..self.type_name(element, span)? })
            }
            DataType::Array(
                ArrayElemTypeDef::None | ArrayElemTypeDef::AngleBracket(_) | ArrayElemTypeDef::Parenthesis(_),
            ) => Err(not_supported("this way to write an array type", span).help("write `integer[]`")),
            DataType::Custom(name, modifiers) => self.generic_type(name, modifiers, span),
            DataType::Interval { fields, precision } => interval(fields.as_ref(), *precision, span),
            other => word_of_sql(other, span),
        }
    }

    /// A type by a name that is no word of SQL's.
    fn generic_type(&self, name: &ObjectName, modifiers: &[String], span: Span) -> Result<TypeName, Rejection> {
        let mut parts = match name {
            ObjectName(parts) if let [ObjectNamePart::Identifier(only)] = parts.as_slice() => {
                vec![self.name(only, Position::FunctionOrType)?]
            }
            several => self.object_name(several)?,
        };
        let (Some(name), schema, 0) = (parts.pop(), parts.pop(), parts.len()) else {
            return Err(not_supported("a type name of more than two parts", span));
        };
        let modifiers = modifiers.iter().map(|one| modifier(one, span)).collect::<Result<Vec<_>, _>>()?;
        if name == "interval" && !modifiers.is_empty() {
            return Err(not_supported("an interval's precision after a quoted name", span).help("write `interval(3)`"));
        }
        Ok(TypeName { schema, modifiers, ..TypeName::plain(&name) })
    }
}

/// Types that the parser has a word for.
fn word_of_sql(data_type: &DataType, span: Span) -> Result<TypeName, Rejection> {
    let plain = |name: &str| Ok(TypeName::plain(name));
    let sized = |name: &str, size: &Option<u64>| {
        let modifiers = size.iter().map(|size| bounded(*size, span)).collect::<Result<Vec<_>, _>>()?;
        Ok(TypeName { modifiers, ..TypeName::plain(name) })
    };
    let unsized_ = |name: &str, size: &Option<u64>| match size {
        None => Ok(TypeName::plain(name)),
        Some(_) => Err(Rejection::new(Reason::InvalidStatement, format!("type `{name}` takes no size")).at(span)),
    };
    match data_type {
        DataType::Character(length) | DataType::Char(length) => {
            let mut one = sized("bpchar", &characters(length.as_ref(), span)?)?;
            if one.modifiers.is_empty() {
                one.modifiers.push(1);
                one.default_length = true;
            }
            Ok(one)
        }
        DataType::CharacterVarying(length) | DataType::CharVarying(length) | DataType::Varchar(length) => {
            sized("varchar", &characters(length.as_ref(), span)?)
        }
        DataType::Bit(None) => Ok(TypeName { modifiers: vec![1], default_length: true, ..TypeName::plain("bit") }),
        DataType::Bit(size) => sized("bit", size),
        DataType::BitVarying(size) | DataType::VarBit(size) => sized("varbit", size),
        DataType::Uuid => plain("uuid"),
        DataType::Text => plain("text"),
        DataType::Bytea => plain("bytea"),
        DataType::Bool | DataType::Boolean => plain("bool"),
        DataType::JSON => plain("json"),
        DataType::JSONB => plain("jsonb"),
        DataType::Regclass => plain("regclass"),
        DataType::TsVector => plain("tsvector"),
        DataType::TsQuery => plain("tsquery"),
        DataType::Int2(size) | DataType::SmallInt(size) => unsized_("int2", size),
        DataType::Int(size) | DataType::Int4(size) | DataType::Integer(size) => unsized_("int4", size),
        DataType::Int8(size) | DataType::BigInt(size) => unsized_("int8", size),
        DataType::Real | DataType::Float4 => plain("float4"),
        DataType::Float8 | DataType::DoublePrecision => plain("float8"),
        DataType::Float(info) => float(info, span),
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => numeric(info, span),
        DataType::Date => plain("date"),
        DataType::Time(precision, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => sized("time", precision),
        DataType::Time(precision, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => sized("timetz", precision),
        DataType::Timestamp(precision, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            sized("timestamp", precision)
        }
        DataType::Timestamp(precision, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => {
            sized("timestamptz", precision)
        }
        DataType::GeometricType(kind) => plain(match kind {
            GeometricTypeKind::Point => "point",
            GeometricTypeKind::Line => "line",
            GeometricTypeKind::LineSegment => "lseg",
            GeometricTypeKind::GeometricBox => "box",
            GeometricTypeKind::GeometricPath => "path",
            GeometricTypeKind::Polygon => "polygon",
            GeometricTypeKind::Circle => "circle",
        }),
        DataType::Array(_) | DataType::Custom(..) | DataType::Interval { .. } => {
            Err(not_supported("this way to write a type", span))
        }
        _ => Err(foreign(data_type, span)),
    }
}

/// Types of other systems. A catch-all that refuses: whatever the parser learns to read is refused until it is sorted.
fn foreign(data_type: &DataType, span: Span) -> Rejection {
    let help = match data_type {
        DataType::Double(_) => "write `double precision`",
        DataType::Datetime(_) | DataType::TimestampNtz(_) => "write `timestamp`",
        DataType::String(_)
        | DataType::Nvarchar(_)
        | DataType::TinyText
        | DataType::MediumText
        | DataType::LongText => "write `text`",
        DataType::Blob(_) | DataType::Binary(_) | DataType::Varbinary(_) | DataType::Bytes(_) => "write `bytea`",
        DataType::TinyInt(_) => "write `smallint`",
        DataType::Int64 | DataType::Signed | DataType::SignedInteger => "write `bigint`",
        DataType::Float64 => "write `double precision`",
        _ => "use a type of PostgreSQL",
    };
    Rejection::new(Reason::TypeNotAllowed, "the type does not exist in PostgreSQL").at(span).help(help)
}

fn characters(length: Option<&CharacterLength>, span: Span) -> Result<Option<u64>, Rejection> {
    match length {
        None => Ok(None),
        Some(CharacterLength::IntegerLength { length, unit: None }) => Ok(Some(*length)),
        Some(CharacterLength::IntegerLength { length: _, unit: Some(_) } | CharacterLength::Max) => {
            Err(not_supported("this way to write a length", span).help("write `varchar(20)`"))
        }
    }
}

fn float(info: &ExactNumberInfo, span: Span) -> Result<TypeName, Rejection> {
    match info {
        ExactNumberInfo::None | ExactNumberInfo::Precision(25..=53) => Ok(TypeName::plain("float8")),
        ExactNumberInfo::Precision(1..=24) => Ok(TypeName::plain("float4")),
        ExactNumberInfo::Precision(_) | ExactNumberInfo::PrecisionAndScale(..) => {
            Err(Rejection::new(Reason::InvalidStatement, "the precision of `float` is from 1 to 53 bits").at(span))
        }
    }
}

fn numeric(info: &ExactNumberInfo, span: Span) -> Result<TypeName, Rejection> {
    let modifiers = match info {
        ExactNumberInfo::None => vec![],
        ExactNumberInfo::Precision(precision) => vec![bounded(*precision, span)?],
        ExactNumberInfo::PrecisionAndScale(precision, scale) => {
            let scale = i32::try_from(*scale).map_err(|_| out_of_range(span))?;
            vec![bounded(*precision, span)?, scale]
        }
    };
    Ok(TypeName { modifiers, ..TypeName::plain("numeric") })
}

fn interval(fields: Option<&IntervalFields>, precision: Option<u64>, span: Span) -> Result<TypeName, Rejection> {
    let fields = fields.map(interval_fields);
    if precision.is_some() && !fields.is_none_or(|fields| fields.ends_with("SECOND")) {
        let message = "an interval has a precision only where its fields end in SECOND";
        return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
    }
    let modifiers = precision.iter().map(|one| bounded(*one, span)).collect::<Result<Vec<_>, _>>()?;
    Ok(TypeName { modifiers, interval: fields, ..TypeName::plain("interval") })
}

fn interval_fields(fields: &IntervalFields) -> &'static str {
    match fields {
        IntervalFields::Year => "YEAR",
        IntervalFields::Month => "MONTH",
        IntervalFields::Day => "DAY",
        IntervalFields::Hour => "HOUR",
        IntervalFields::Minute => "MINUTE",
        IntervalFields::Second => "SECOND",
        IntervalFields::YearToMonth => "YEAR TO MONTH",
        IntervalFields::DayToHour => "DAY TO HOUR",
        IntervalFields::DayToMinute => "DAY TO MINUTE",
        IntervalFields::DayToSecond => "DAY TO SECOND",
        IntervalFields::HourToMinute => "HOUR TO MINUTE",
        IntervalFields::HourToSecond => "HOUR TO SECOND",
        IntervalFields::MinuteToSecond => "MINUTE TO SECOND",
    }
}

fn modifier(text: &str, span: Span) -> Result<i32, Rejection> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = digits.then(|| text.parse().ok()).flatten();
    value.ok_or_else(|| not_supported("a type modifier that isn't a small integer", span))
}

fn bounded(value: u64, span: Span) -> Result<i32, Rejection> {
    i32::try_from(value).map_err(|_| out_of_range(span))
}

fn out_of_range(span: Span) -> Rejection {
    Rejection::new(Reason::InvalidStatement, "a type modifier is out of range").at(span)
}
