//! What a column's type is called in a result.

use tokio_postgres::types::{Kind, Type};

/// The name that PostgreSQL's `format_type` prints for built-in types, else the type's own name, without schema.
pub fn type_name(type_: &Type) -> String {
    if let Kind::Array(element) = type_.kind()
        && type_.name().starts_with('_')
    {
        return format!("{}[]", type_name(element));
    }
    let name = match *type_ {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::VARCHAR => "character varying",
        Type::BPCHAR => "character",
        Type::CHAR => "\"char\"",
        Type::TIME => "time without time zone",
        Type::TIMETZ => "time with time zone",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        Type::VARBIT => "bit varying",
        // Of no kind that has elements to the client library.
        Type::RECORD_ARRAY => "record[]",
        _ => type_.name(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_types_have_their_sql_names() {
        for (type_, name) in [
            (Type::INT4, "integer"),
            (Type::INT4_ARRAY, "integer[]"),
            (Type::TIMESTAMPTZ, "timestamp with time zone"),
            (Type::TEXT_ARRAY, "text[]"),
            (Type::INT2_VECTOR, "int2vector"),
            (Type::CHAR_ARRAY, "\"char\"[]"),
            (Type::NUMERIC, "numeric"),
            (Type::INT8_RANGE, "int8range"),
            (Type::RECORD_ARRAY, "record[]"),
        ] {
            assert_eq!(type_name(&type_), name);
        }
    }
}
