//! Loads a snapshot in one transaction and two flights: what server it is, then everything else at once.

use std::collections::HashMap;

use tokio_postgres::{Client, Row};

use super::expressions::{Expressions, Routines};
use super::routines::oid;
use super::{relations, routines, types};
use crate::gate::catalog::{CatalogParts, Oid};
use crate::postgres::statements::catalog as ask;

/// The first version with everything that the load asks for.
const OLDEST: i32 = 120_000;
/// The first version with multiranges.
const MULTIRANGES: i32 = 140_000;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The server is older than PostgreSQL 12.
    #[error("the server is too old: `{0}`; PostgreSQL 12 is the oldest that is supported")]
    TooOld(String),
    /// The server gave no rows where there is always one.
    #[error("the database's catalog can't be read: the server gave no answer")]
    NoAnswer,
    /// The server refused, answered with what can't be read, or went away.
    #[error("the database's catalog can't be read: {0}")]
    Database(#[from] tokio_postgres::Error),
}

/// Reads the whole catalog of the client's database, as of one moment. No relation of a user's is locked. The client
/// must not be in a transaction; it is in none afterwards, unless the connection is lost.
///
/// # Errors
/// The server is too old, or the connection or a query failed.
pub async fn load(client: &Client) -> Result<CatalogParts, LoadError> {
    Ok(load_snapshot(client).await?.parts)
}

/// What a load brings.
pub(super) struct Snapshot {
    pub(super) parts: CatalogParts,
    /// [`fingerprint`] as of the same moment.
    pub(super) fingerprint: String,
}

/// As [`load`], with the fingerprint.
pub(super) async fn load_snapshot(client: &Client) -> Result<Snapshot, LoadError> {
    let read = read(client).await;
    let end = if read.is_ok() { ask::COMMIT } else { ask::ROLLBACK };
    let ended = end.rows(client).await;
    // The first error says more than the one that ended the transaction.
    let snapshot = read?;
    ended?;
    Ok(snapshot)
}

/// A text that differs whenever a load could bring something new; a fraction of a load's cost.
pub(super) async fn fingerprint(client: &Client) -> Result<String, LoadError> {
    only(&ask::FINGERPRINT.rows(client).await?)
}

fn only(rows: &[Row]) -> Result<String, LoadError> {
    let row = rows.first().ok_or(LoadError::NoAnswer)?;
    Ok(row.try_get(0)?)
}

async fn read(client: &Client) -> Result<Snapshot, LoadError> {
    let (_, server) = tokio::try_join!(biased; ask::BEGIN.rows(client), ask::SERVER.rows(client))?;
    let row = server.first().ok_or(LoadError::NoAnswer)?;
    let version: i32 = row.try_get(0)?;
    let parts = CatalogParts {
        server_version: version.unsigned_abs(),
        version_text: row.try_get(1)?,
        database: row.try_get(2)?,
        schemas: row.try_get(3)?,
        collations: row.try_get(4)?,
        ..CatalogParts::default()
    };
    if version < OLDEST {
        return Err(LoadError::TooOld(parts.version_text));
    }
    let (answers, fingerprint) = tokio::try_join!(Answers::get(client, version), ask::FINGERPRINT.rows(client))?;
    Ok(Snapshot { parts: answers.assemble(parts)?, fingerprint: only(&fingerprint)? })
}

/// The rows of each query, as [`ask`] describes them.
struct Answers {
    relations: Vec<Row>,
    columns: Vec<Row>,
    unique_indexes: Vec<Row>,
    foreign_keys: Vec<Row>,
    types: Vec<Row>,
    fields: Vec<Row>,
    functions: Vec<Row>,
    operators: Vec<Row>,
    user_casts: Vec<Row>,
    user_opclasses: Vec<Row>,
    extensions: Vec<Row>,
    expressions: Vec<Row>,
    dependencies: Vec<Row>,
    owned_sequences: Vec<Row>,
    together: Vec<Row>,
}

impl Answers {
    async fn get(client: &Client, version: i32) -> Result<Self, tokio_postgres::Error> {
        let all_types = if version < MULTIRANGES { ask::TYPES_12 } else { ask::TYPES_14 };
        let (
            (relations, columns, unique_indexes, foreign_keys, types, fields),
            (functions, operators, user_casts, user_opclasses, extensions),
            (expressions, dependencies, owned_sequences, together),
        ) = tokio::try_join!(
            async {
                tokio::try_join!(
                    ask::RELATIONS.rows(client),
                    ask::COLUMNS.rows(client),
                    ask::UNIQUE_INDEXES.rows(client),
                    ask::FOREIGN_KEYS.rows(client),
                    all_types.rows(client),
                    ask::FIELDS.rows(client),
                )
            },
            async {
                tokio::try_join!(
                    ask::FUNCTIONS.rows(client),
                    ask::OPERATORS.rows(client),
                    ask::USER_CASTS.rows(client),
                    ask::USER_OPCLASSES.rows(client),
                    ask::EXTENSIONS.rows(client),
                )
            },
            async {
                tokio::try_join!(
                    ask::EXPRESSIONS.rows(client),
                    ask::DEPENDENCIES.rows(client),
                    ask::OWNED_SEQUENCES.rows(client),
                    ask::TOGETHER.rows(client),
                )
            },
        )?;
        Ok(Self {
            relations,
            columns,
            unique_indexes,
            foreign_keys,
            types,
            fields,
            functions,
            operators,
            user_casts,
            user_opclasses,
            extensions,
            expressions,
            dependencies,
            owned_sequences,
            together,
        })
    }

    fn assemble(&self, mut parts: CatalogParts) -> Result<CatalogParts, tokio_postgres::Error> {
        parts.functions = routines::functions(&self.functions)?;
        parts.operators = routines::operators(&self.operators)?;
        parts.user_casts = routines::user_casts(&self.user_casts)?;
        parts.user_opclasses = routines::user_opclasses(&self.user_opclasses)?;
        parts.extensions = routines::extensions(&self.extensions)?;
        let mut relations =
            relations::relations(&self.relations, parts.server_version, relations::columns(&self.columns)?)?;
        relations::add_keys(&mut relations, &self.unique_indexes, &self.foreign_keys)?;
        relations::add_together(&mut relations, &self.together)?;
        parts.types = types::types(&self.types, &types::fields(&self.fields)?, &relations)?;

        let routines = Routines::new(&parts.functions, &parts.operators);
        let expressions = Expressions::read(&self.expressions, &self.dependencies, &routines, &parts.types)?;
        expressions.judge_domains(&mut parts.types);
        let owners = owners(&self.owned_sequences)?;
        expressions.judge_relations(&mut relations, &owners);
        drop(expressions);
        parts.relations = relations;
        Ok(parts)
    }
}

/// Sequence → the relation whose column it belongs to.
fn owners(rows: &[Row]) -> Result<HashMap<Oid, Oid>, tokio_postgres::Error> {
    rows.iter().map(|row| Ok((oid(row, 0)?, oid(row, 1)?))).collect()
}
