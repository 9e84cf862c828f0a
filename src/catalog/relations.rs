//! Relations with their columns and keys out of their rows.

use std::collections::HashMap;

use tokio_postgres::{Error, Row};

use super::routines::{letter, oid, oids};
use crate::gate::catalog::{Column, ForeignAction, ForeignKey, Key, Looks, Oid, Relation, RelationKind};

/// From this version on a table that was never analysed says so with -1 rows; before, it had no rows on no pages, as
/// an empty table has.
const UNKNOWN_IS_NEGATIVE: u32 = 140_000;

/// Columns by relation, in attribute order.
pub(super) fn columns(rows: &[Row]) -> Result<HashMap<Oid, Vec<Column>>, Error> {
    let mut columns: HashMap<Oid, Vec<Column>> = HashMap::new();
    for row in rows {
        columns.entry(oid(row, 0)?).or_default().push(column(row)?);
    }
    Ok(columns)
}

fn column(row: &Row) -> Result<Column, Error> {
    Ok(Column {
        number: row.try_get(1)?,
        name: row.try_get(2)?,
        type_oid: oid(row, 3)?,
        typmod: row.try_get(4)?,
        type_name: row.try_get(5)?,
        collation: oid(row, 6)?,
        explicit_collation: row.try_get::<_, Option<_>>(7)?.zip(row.try_get(8)?),
        not_null: row.try_get(9)?,
        default: row.try_get(10)?,
        default_types: Vec::new(),
        default_calls: Vec::new(),
        generated: row.try_get(11)?,
        identity: row.try_get(12)?,
        comment: row.try_get(13)?,
    })
}

/// Relations without keys; what their expressions call is for later to say.
pub(super) fn relations(
    rows: &[Row],
    server_version: u32,
    mut columns: HashMap<Oid, Vec<Column>>,
) -> Result<Vec<Relation>, Error> {
    let mut relations = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(kind) = kind(letter(row, 3)?) else { continue };
        let oid = oid(row, 0)?;
        relations.push(Relation {
            oid,
            schema: row.try_get(1)?,
            name: row.try_get(2)?,
            kind,
            columns: columns.remove(&oid).unwrap_or_default(),
            primary_key: None,
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            parents: oids(row, 9)?,
            children: oids(row, 10)?,
            view: None,
            triggers: row.try_get(8)?,
            write_calls: Vec::new(),
            together: Vec::new(),
            has_rules: row.try_get(7)?,
            row_security: row.try_get(4)?,
            comment: row.try_get(11)?,
            row_estimate: row_estimate(kind, server_version, row.try_get(5)?, row.try_get(6)?),
            stamp: row.try_get(12)?,
            index_stamp: row.try_get(13)?,
            key_stamp: row.try_get(14)?,
            source_stamp: row.try_get(15)?,
        });
    }
    Ok(relations)
}

fn kind(relkind: char) -> Option<RelationKind> {
    match relkind {
        'r' => Some(RelationKind::Table),
        'p' => Some(RelationKind::PartitionedTable),
        'v' => Some(RelationKind::View),
        'm' => Some(RelationKind::MaterializedView),
        'f' => Some(RelationKind::ForeignTable),
        'S' => Some(RelationKind::Sequence),
        _ => None,
    }
}

fn row_estimate(kind: RelationKind, server_version: u32, pages: i32, rows: f32) -> Option<f64> {
    let counted = match kind {
        RelationKind::Table
        | RelationKind::PartitionedTable
        | RelationKind::MaterializedView
        | RelationKind::ForeignTable => true,
        RelationKind::View | RelationKind::Sequence => false,
    };
    let known = rows > 0.0 || (rows == 0.0 && (pages > 0 || server_version >= UNKNOWN_IS_NEGATIVE));
    (counted && known).then_some(f64::from(rows))
}

/// Adds primary, unique and foreign keys to the relations that have them.
pub(super) fn add_keys(relations: &mut [Relation], unique: &[Row], foreign: &[Row]) -> Result<(), Error> {
    let mut by_oid: HashMap<Oid, &mut Relation> =
        relations.iter_mut().map(|relation| (relation.oid, relation)).collect();
    for row in unique {
        let Some(relation) = by_oid.get_mut(&oid(row, 0)?) else { continue };
        let mut columns: Vec<i16> = row.try_get(3)?;
        // Behind the key's own columns come those that the index merely includes.
        columns.truncate(usize::from(row.try_get::<_, i16>(4)?.unsigned_abs()));
        let key = Key { name: row.try_get(1)?, columns, deferrable: row.try_get(5)? };
        if row.try_get(2)? {
            relation.primary_key = Some(key);
        } else {
            relation.unique_keys.push(key);
        }
    }
    for row in foreign {
        let Some(relation) = by_oid.get_mut(&oid(row, 0)?) else { continue };
        relation.foreign_keys.push(ForeignKey {
            name: row.try_get(1)?,
            columns: row.try_get(2)?,
            target: oid(row, 3)?,
            target_columns: row.try_get(4)?,
            on_update: action(row, 5)?,
            on_delete: action(row, 6)?,
        });
    }
    Ok(())
}

/// Adds to the relations what looks at several of their columns or rows.
pub(super) fn add_together(relations: &mut [Relation], rows: &[Row]) -> Result<(), Error> {
    let mut by_oid: HashMap<Oid, &mut Relation> =
        relations.iter_mut().map(|relation| (relation.oid, relation)).collect();
    for row in rows {
        let Some(relation) = by_oid.get_mut(&oid(row, 0)?) else { continue };
        let columns: Vec<i16> = row.try_get(3)?;
        relation.together.push(match letter(row, 1)? {
            'g' => Looks::Generates { column: row.try_get(2)?, from: columns },
            'c' | 'i' => Looks::Row(columns),
            'u' => Looks::Unique(columns),
            _ => Looks::Excludes(columns),
        });
    }
    Ok(())
}

/// A letter that isn't known may do anything.
fn action(row: &Row, at: usize) -> Result<ForeignAction, Error> {
    Ok(ForeignAction::of(letter(row, at)?).unwrap_or(ForeignAction::Cascade))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unknown_until_they_were_counted() {
        let table = RelationKind::Table;
        assert_eq!(row_estimate(table, 150_000, 0, -1.0), None);
        assert_eq!(row_estimate(table, 150_000, 0, 0.0), Some(0.0));
        assert_eq!(row_estimate(table, 130_000, 0, 0.0), None);
        assert_eq!(row_estimate(table, 130_000, 1, 0.0), Some(0.0));
        assert_eq!(row_estimate(table, 120_000, 1, 7.0), Some(7.0));
        assert_eq!(row_estimate(RelationKind::Sequence, 150_000, 1, 1.0), None);
    }
}
