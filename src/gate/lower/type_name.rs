//! The names of types, as PostgreSQL's grammar reads them. Knows nothing of what a type is.

use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, DateTimeField, ExactNumberInfo, GeometricTypeKind, IntervalFields,
    ObjectName, ObjectNamePart, TimezoneInfo,
};

use super::name::Position;
use super::{Lowering, not_supported};
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::TypeRef;
use crate::gate::source::Span;

/// A type by its names, before it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeName {
    /// The schema where one was written.
    pub(super) schema: Option<String>,
    /// The name; for SQL's own words what the grammar makes of them, as in `int4` for `integer`.
    pub(super) name: String,
    /// Modifiers.
    pub(super) modifiers: Vec<i32>,
    /// The word before the modifiers, as in `geometry(Point, 4326)`, in lower case.
    pub(super) shape: Option<String>,
    /// Whether the modifiers are only the grammar's default length, which a typed literal doesn't have.
    default_length: bool,
    /// Fields of an interval.
    pub(super) interval: Option<&'static str>,
    /// An array of it.
    pub(super) array: bool,
}

impl TypeName {
    /// Whether emit would write the type so: with its schema, and with SQL's word only for an interval's fields.
    pub(super) fn is_emitted(&self) -> bool {
        let fields = self.name == "interval" && (self.interval.is_some() || !self.modifiers.is_empty());
        self.schema.is_some() != fields
    }

    /// A type of `pg_catalog` by its `typname`.
    pub(super) fn builtin(name: &str) -> Self {
        Self { schema: Some("pg_catalog".to_owned()), ..Self::plain(name) }
    }

    fn plain(name: &str) -> Self {
        let name = name.to_owned();
        Self {
            schema: None,
            name,
            modifiers: Vec::new(),
            shape: None,
            default_length: false,
            interval: None,
            array: false,
        }
    }

    /// An interval with the fields and the precision that stand behind its literal.
    pub(super) fn interval(
        first: Option<&DateTimeField>,
        last: Option<&DateTimeField>,
        precision: (Option<u64>, Option<u64>),
        span: Span,
    ) -> Result<Self, Rejection> {
        let fields = match (first, last) {
            (None, None) => None,
            (Some(first), last) => Some(fields_between(first, last).ok_or_else(|| not_a_field(span))?),
            (None, Some(_)) => return Err(not_a_field(span)),
        };
        // The parser has two places for a precision; PostgreSQL has one, behind SECOND.
        let precision = match precision {
            (None, precision) => precision,
            (precision, None) if last.is_none() => precision,
            _ => return Err(not_a_field(span)),
        };
        interval(fields.as_ref(), precision, span)
    }

    /// As a reference to a type that is known to have this name.
    pub(super) fn into_ref(self, oid: Oid) -> TypeRef {
        let Self { schema, name, modifiers, shape, default_length: _, interval, array } = self;
        let schema = schema.unwrap_or_else(|| "pg_catalog".to_owned());
        TypeRef { oid, schema, name, modifiers, shape, interval: interval.map(str::to_owned), array }
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
        // Only the first can be a word; which types take which is for the lookup to say.
        let (shape, modifiers) = match modifiers.split_first() {
            Some((word, rest)) if is_word(word) => (Some(word.to_ascii_lowercase()), rest),
            _ => (None, modifiers),
        };
        let modifiers = modifiers.iter().map(|one| modifier(one, span)).collect::<Result<Vec<_>, _>>()?;
        if name == "interval" && !modifiers.is_empty() {
            return Err(not_supported("an interval's precision after a quoted name", span).help("write `interval(3)`"));
        }
        Ok(TypeName { schema, modifiers, shape, ..TypeName::plain(&name) })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic())
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

fn fields_between(first: &DateTimeField, last: Option<&DateTimeField>) -> Option<IntervalFields> {
    use DateTimeField::{Day, Hour, Minute, Month, Second, Year};
    Some(match (first, last) {
        (Year, None) => IntervalFields::Year,
        (Month, None) => IntervalFields::Month,
        (Day, None) => IntervalFields::Day,
        (Hour, None) => IntervalFields::Hour,
        (Minute, None) => IntervalFields::Minute,
        (Second, None) => IntervalFields::Second,
        (Year, Some(Month)) => IntervalFields::YearToMonth,
        (Day, Some(Hour)) => IntervalFields::DayToHour,
        (Day, Some(Minute)) => IntervalFields::DayToMinute,
        (Day, Some(Second)) => IntervalFields::DayToSecond,
        (Hour, Some(Minute)) => IntervalFields::HourToMinute,
        (Hour, Some(Second)) => IntervalFields::HourToSecond,
        (Minute, Some(Second)) => IntervalFields::MinuteToSecond,
        _ => return None,
    })
}

fn not_a_field(span: Span) -> Rejection {
    not_supported("these fields of an interval", span).help("write the unit inside: INTERVAL '3 days'")
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
