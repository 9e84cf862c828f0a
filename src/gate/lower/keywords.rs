//! Which words PostgreSQL's grammar keeps for itself, for PostgreSQL 12 to 18 together: a word that is kept in any of
//! these versions is kept here. Unreserved keywords are names like others and are not listed.

/// How far a keyword is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// `RESERVED_KEYWORD`: never a name without quotes, except as a label after AS or a dot.
    Reserved,
    /// `TYPE_FUNC_NAME_KEYWORD`: a function or type, but no column or table.
    FunctionOrType,
    /// `COL_NAME_KEYWORD`: a column or table, but no function or type: PostgreSQL has syntax of its own for it.
    ColumnOrTable,
}

/// How the word, in lower case, is kept; `None` for one that is an ordinary name.
pub(super) fn kept(word: &str) -> Option<Kept> {
    let lists =
        [(RESERVED, Kept::Reserved), (FUNCTION_OR_TYPE, Kept::FunctionOrType), (COLUMN_OR_TABLE, Kept::ColumnOrTable)];
    lists.into_iter().find(|(words, _)| words.binary_search(&word).is_ok()).map(|(_, kept)| kept)
}

/// Whether PostgreSQL reads the word as that very name without quotes, wherever a name may stand.
pub fn is_plain_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && kept(word).is_none()
}

const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "system_user",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

const FUNCTION_OR_TYPE: &[&str] = &[
    "authorization",
    "binary",
    "collation",
    "concurrently",
    "cross",
    "current_schema",
    "freeze",
    "full",
    "ilike",
    "inner",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "natural",
    "notnull",
    "outer",
    "overlaps",
    "right",
    "similar",
    "tablesample",
    "verbose",
];

const COLUMN_OR_TABLE: &[&str] = &[
    "between",
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "coalesce",
    "dec",
    "decimal",
    "exists",
    "extract",
    "float",
    "greatest",
    "grouping",
    "inout",
    "int",
    "integer",
    "interval",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "least",
    "merge_action",
    "national",
    "nchar",
    "none",
    "normalize",
    "nullif",
    "numeric",
    "out",
    "overlay",
    "position",
    "precision",
    "real",
    "row",
    "setof",
    "smallint",
    "substring",
    "time",
    "timestamp",
    "treat",
    "trim",
    "values",
    "varchar",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_apart() {
        for list in [RESERVED, FUNCTION_OR_TYPE, COLUMN_OR_TABLE] {
            assert!(list.is_sorted_by(|a, b| a < b));
            assert!(list.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
        }
        assert!(RESERVED.iter().all(|word| !FUNCTION_OR_TYPE.contains(word) && !COLUMN_OR_TABLE.contains(word)));
        assert!(FUNCTION_OR_TYPE.iter().all(|word| !COLUMN_OR_TABLE.contains(word)));
    }

    #[test]
    fn words_are_kept_as_postgresql_keeps_them() {
        for (word, expected) in [
            ("only", Some(Kept::Reserved)),
            ("user", Some(Kept::Reserved)),
            ("isnull", Some(Kept::FunctionOrType)),
            ("left", Some(Kept::FunctionOrType)),
            ("position", Some(Kept::ColumnOrTable)),
            ("name", None),
            ("filter", None),
            ("customers", None),
        ] {
            assert_eq!(kept(word), expected, "{word}");
        }
    }
}
