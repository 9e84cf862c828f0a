//! Functions, operators, casts and operator classes out of their rows.

use tokio_postgres::{Error, Row};

use crate::gate::catalog::{Body, Extension, Function, FunctionKind, Oid, Operator, UserCast, UserOpclass};

/// `pg_proc.proargmodes` of arguments that are columns of the result: OUT, INOUT and TABLE.
const OUTPUT_MODES: [i8; 3] = [b'o' as i8, b'b' as i8, b't' as i8];

/// Of those that a call brings: IN, INOUT and VARIADIC.
const INPUT_MODES: [i8; 3] = [b'i' as i8, b'b' as i8, b'v' as i8];

/// The OID in that column; zero for NULL.
pub(super) fn oid(row: &Row, column: usize) -> Result<Oid, Error> {
    Ok(Oid(row.try_get::<_, Option<u32>>(column)?.unwrap_or_default()))
}

/// The array of OIDs in that column.
pub(super) fn oids(row: &Row, column: usize) -> Result<Vec<Oid>, Error> {
    Ok(row.try_get::<_, Vec<u32>>(column)?.into_iter().map(Oid).collect())
}

/// The `"char"` in that column.
pub(super) fn letter(row: &Row, column: usize) -> Result<char, Error> {
    Ok(char::from(row.try_get::<_, i8>(column)?.cast_unsigned()))
}

pub(super) fn functions(rows: &[Row]) -> Result<Vec<Function>, Error> {
    rows.iter().map(function).collect()
}

fn function(row: &Row) -> Result<Function, Error> {
    let kind = match letter(row, 7)? {
        'f' => FunctionKind::Function,
        'a' => FunctionKind::Aggregate,
        'w' => FunctionKind::Window,
        // `p`, and whatever a later version brings: it is never called.
        _ => FunctionKind::Procedure,
    };
    let own = oid(row, 0)?;
    let (types, modes): (Option<Vec<u32>>, Option<Vec<i8>>) = (row.try_get(11)?, row.try_get(12)?);
    let names: Option<Vec<String>> = row.try_get(13)?;
    let parameters = if own.is_builtin() { names.clone() } else { None };
    Ok(Function {
        oid: own,
        schema: row.try_get(1)?,
        name: row.try_get(2)?,
        arguments: oids(row, 3)?,
        argument_names: row.try_get(4)?,
        parameter_names: parameter_names(modes.as_deref(), parameters),
        defaults: row.try_get::<_, i16>(5)?.unsigned_abs(),
        variadic: row.try_get(6)?,
        kind,
        ordered_set: row.try_get(8)?,
        returns: oid(row, 9)?,
        returns_set: row.try_get(10)?,
        out_columns: out_columns(types, modes, names),
        extension: row.try_get(14)?,
        stamp: row.try_get::<_, Option<_>>(15)?.unwrap_or_default(),
        body: match (row.try_get(16)?, row.try_get(17)?, row.try_get::<_, Option<Vec<u32>>>(18)?) {
            (Some(library), _, _) => Body::Library(library),
            (None, Some(symbol), _) => Body::Internal(symbol),
            (None, None, Some(steps)) => Body::Aggregate(steps.into_iter().filter(|oid| *oid != 0).map(Oid).collect()),
            (None, None, None) => Body::Unread,
        },
    })
}

pub(super) fn extensions(rows: &[Row]) -> Result<Vec<Extension>, Error> {
    let extension = |row: &Row| {
        Ok(Extension {
            oid: oid(row, 0)?,
            name: row.try_get(1)?,
            schema: row.try_get(2)?,
            creators: row.try_get(3)?,
            tables: row.try_get(4)?,
            editors: row.try_get(5)?,
            stamp: row.try_get(6)?,
        })
    };
    rows.iter().map(extension).collect()
}

/// The names of the input arguments. Without modes, all arguments are.
fn parameter_names(modes: Option<&[i8]>, names: Option<Vec<String>>) -> Vec<String> {
    let is_input = |at: &usize| match modes {
        None => true,
        Some(modes) => modes.get(*at).is_some_and(|mode| INPUT_MODES.contains(mode)),
    };
    names.into_iter().flatten().enumerate().filter(|(at, _)| is_input(at)).map(|(_, name)| name).collect()
}

/// The columns of the result as PostgreSQL names them: `column1`, … where there are several without names; none where
/// the only one has no name, since then the function's name is the column's.
fn out_columns(types: Option<Vec<u32>>, modes: Option<Vec<i8>>, names: Option<Vec<String>>) -> Vec<(String, Oid)> {
    let (types, modes) = (types.unwrap_or_default(), modes.unwrap_or_default());
    let names = names.unwrap_or_default();
    let output: Vec<(String, Oid)> = types
        .iter()
        .zip(modes)
        .enumerate()
        .filter(|(_, (_, mode))| OUTPUT_MODES.contains(mode))
        .map(|(at, (oid, _))| (names.get(at).cloned().unwrap_or_default(), Oid(*oid)))
        .collect();
    if let [(name, _)] = output.as_slice()
        && name.is_empty()
    {
        return Vec::new();
    }
    let numbered = output.into_iter().enumerate();
    numbered.map(|(at, (name, oid))| (if name.is_empty() { format!("column{}", at + 1) } else { name }, oid)).collect()
}

pub(super) fn operators(rows: &[Row]) -> Result<Vec<Operator>, Error> {
    let operator = |row: &Row| {
        Ok(Operator {
            oid: oid(row, 0)?,
            schema: row.try_get(1)?,
            name: row.try_get(2)?,
            left: oid(row, 3)?,
            right: oid(row, 4)?,
            function: oid(row, 5)?,
            extension: row.try_get(6)?,
        })
    };
    rows.iter().map(operator).collect()
}

pub(super) fn user_casts(rows: &[Row]) -> Result<Vec<UserCast>, Error> {
    let cast = |row: &Row| {
        Ok(UserCast {
            oid: oid(row, 0)?,
            source: oid(row, 1)?,
            target: oid(row, 2)?,
            explicit_only: row.try_get(3)?,
            extension: row.try_get(4)?,
            function: oid(row, 5)?,
            implicit: row.try_get(6)?,
        })
    };
    rows.iter().map(cast).collect()
}

pub(super) fn user_opclasses(rows: &[Row]) -> Result<Vec<UserOpclass>, Error> {
    let class = |row: &Row| Ok(UserOpclass { oid: oid(row, 0)?, type_oid: oid(row, 1)?, extension: row.try_get(2)? });
    rows.iter().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(modes: &str, names: &[&str]) -> Vec<String> {
        let types = vec![23; modes.len()];
        let modes = modes.bytes().map(|mode| mode as i8).collect();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        out_columns(Some(types), Some(modes), Some(names)).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_columns_of_a_result_are_its_output_arguments() {
        assert_eq!(columns("itt", &["n", "a", "b"]), ["a", "b"]);
        assert_eq!(columns("ib", &["n", "both"]), ["both"]);
        assert_eq!(columns("oo", &[]), ["column1", "column2"]);
        assert_eq!(columns("oo", &["a", ""]), ["a", "column2"]);
    }

    #[test]
    fn parameters_are_the_input_arguments() {
        let names = || Some(["a", "b", "c", "d"].map(str::to_owned).to_vec());
        let modes = b"iobv".map(|mode| mode as i8);
        assert_eq!(parameter_names(Some(&modes), names()), ["a", "c", "d"]);
        assert_eq!(parameter_names(None, names()), ["a", "b", "c", "d"]);
        assert!(parameter_names(None, None).is_empty() && parameter_names(Some(&modes), None).is_empty());
    }

    #[test]
    fn a_single_nameless_output_argument_is_no_column() {
        assert!(columns("io", &["n", ""]).is_empty());
        assert!(columns("io", &[]).is_empty());
        assert!(out_columns(None, None, None).is_empty());
    }
}
