//! Types out of their rows.

use std::collections::HashMap;

use tokio_postgres::{Error, Row};

use super::routines::{letter, oid};
use crate::gate::catalog::{Oid, Relation, Type, TypeKind};

/// Fields of composite types by `pg_type.typrelid`.
pub(super) type Fields = HashMap<Oid, Vec<(String, Oid)>>;

/// Fields of free-standing composite types.
pub(super) fn fields(rows: &[Row]) -> Result<Fields, Error> {
    let mut fields = Fields::new();
    for row in rows {
        fields.entry(oid(row, 0)?).or_default().push((row.try_get(1)?, oid(row, 2)?));
    }
    Ok(fields)
}

/// All types; whether a domain's check calls a function that it shouldn't is for later to say.
pub(super) fn types(rows: &[Row], free_standing: &Fields, relations: &[Relation]) -> Result<Vec<Type>, Error> {
    let of_relations: HashMap<Oid, &Relation> = relations.iter().map(|relation| (relation.oid, relation)).collect();
    let fields_of = |relation: Oid| {
        let named = of_relations.get(&relation);
        match named {
            Some(relation) => relation.columns.iter().map(|one| (one.name.clone(), one.type_oid)).collect(),
            None => free_standing.get(&relation).cloned().unwrap_or_default(),
        }
    };
    rows.iter().map(|row| type_(row, &fields_of)).collect()
}

fn type_(row: &Row, fields_of: &impl Fn(Oid) -> Vec<(String, Oid)>) -> Result<Type, Error> {
    let element = oid(row, 4)?;
    let kind = match letter(row, 3)? {
        'b' if element != Oid(0) => TypeKind::Array { element },
        'b' => TypeKind::Base,
        'c' => {
            let relation = oid(row, 5)?;
            let is_relation = row.try_get::<_, Option<i8>>(6)?.map(i8::cast_unsigned) != Some(b'c');
            TypeKind::Composite { relation, is_relation, fields: fields_of(relation) }
        }
        'd' => TypeKind::Domain { base: oid(row, 7)?, constrained: row.try_get(8)?, check_calls: Vec::new() },
        'e' => TypeKind::Enum { labels: row.try_get::<_, Option<_>>(10)?.unwrap_or_default() },
        'r' => TypeKind::Range { subtype: oid(row, 11)? },
        'm' => TypeKind::Multirange { range: oid(row, 14)? },
        // `p`, and whatever a later version brings: no value is ever of such a type.
        _ => TypeKind::Pseudo,
    };
    Ok(Type {
        oid: oid(row, 0)?,
        schema: row.try_get(1)?,
        name: row.try_get(2)?,
        kind,
        array: oid(row, 9)?,
        extension: row.try_get(12)?,
        stamp: row.try_get::<_, Option<_>>(13)?.unwrap_or_default(),
    })
}
