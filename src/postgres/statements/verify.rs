//! The verification: asked in the executing transaction, it proves that what ran is what was admitted.
//!
//! Extensions' schemas may be on the search path here, and one of them may have changed. So every function of these
//! statements has its schema, and every operator has operands of exactly the types of one of `pg_catalog`, which comes first:
//! nothing else can be chosen.

use tokio_postgres::{Client, Error, Statement};

use crate::gate::admit::Verification;
use crate::gate::catalog::Oid;

use super::{OwnStatement, stamp};
use crate::postgres::pins::{OWN, PINS, current_settings};

/// Which of the server's processes answers. A session has one; a pooler in transaction mode may have given the
/// transaction to another, on which the same names can stand for other prepared statements.
const BACKEND: OwnStatement = OwnStatement("SELECT pg_catalog.pg_backend_pid()");

/// The settings as they are now, and the process.
const SETTINGS: OwnStatement = OwnStatement(concat!("SELECT ", current_settings!(), ", pg_catalog.pg_backend_pid()"));

/// The same, and relations by OID and stamp. What is missing differs, and so does NULL.
const RELATIONS: OwnStatement = OwnStatement(concat!(
    "SELECT ",
    current_settings!(),
    ", pg_catalog.pg_backend_pid(), NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                   WHERE (want.stamp = (SELECT ",
    stamp::relation!(),
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = want.oid)) \
            IS NOT TRUE)"
));

/// What a write works out for the indexes of relations, by OID and stamp.
const INDEXES: OwnStatement = OwnStatement(concat!(
    "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                        WHERE (want.stamp = (SELECT ",
    stamp::indexes!(),
    " FROM pg_catalog.pg_class c WHERE c.oid = want.oid)) IS NOT TRUE)"
));

/// Primary keys, by their relation's OID and stamp.
const KEYS: OwnStatement = OwnStatement(concat!(
    "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                        WHERE (want.stamp = (SELECT ",
    stamp::key!(),
    " FROM pg_catalog.pg_class c WHERE c.oid = want.oid)) IS NOT TRUE)"
));

/// Where the rows of foreign tables come from, by OID and stamp.
const SOURCES: OwnStatement = OwnStatement(concat!(
    "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                        WHERE (want.stamp = (SELECT ",
    stamp::source!(),
    " FROM pg_catalog.pg_class c WHERE c.oid = want.oid)) IS NOT TRUE)"
));

/// Functions that aren't built in, by OID and stamp.
const FUNCTIONS: OwnStatement = OwnStatement(concat!(
    "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                        WHERE (want.stamp = (SELECT ",
    stamp::function!(),
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = want.oid)) \
            IS NOT TRUE)"
));

/// Types that aren't built in, by OID and stamp.
const TYPES: OwnStatement = OwnStatement(concat!(
    "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                        WHERE (want.stamp = (SELECT ",
    stamp::type_!(),
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = want.oid)) \
            IS NOT TRUE)"
));

/// Extensions by OID and stamp; and whether the transaction's role may use their schemas: PostgreSQL passes over those of
/// a `search_path` that it may not, and then finds other operators.
const EXTENSIONS: OwnStatement = OwnStatement(concat!(
    "SELECT NOT EXISTS (SELECT FROM unnest($1::oid[], $2::text[]) AS want(oid, stamp) \
                        WHERE (want.stamp = (SELECT ",
    stamp::extension!(),
    " FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace \
            WHERE x.oid = want.oid)) IS NOT TRUE), \
        NOT EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE x.oid = ANY ($1::oid[]) \
                    AND NOT pg_catalog.has_schema_privilege(x.extnamespace, 'USAGE'))"
));

/// What is told as altered where another process answered than the one that the session was opened with.
const SERVER_PROCESS: &str = "the server process (it is another one for each transaction)";

/// Kinds of things that a stamp stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamped {
    /// A relation with its columns, rules, triggers, parents and children.
    Relation,
    /// Expressions and predicates of a relation's indexes.
    Indexes,
    /// A relation's primary key.
    Key,
    /// Where a foreign table's rows come from.
    Source,
    /// A function that isn't built in, with its overloads.
    Function,
    /// A type that isn't built in.
    Type,
    /// An extension that the policy trusts.
    Extension,
}

/// Why nothing that ran in this transaction may be believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database changed since the catalog was loaded: reload it and admit once more.
    #[error("the database's structure changed")]
    Changed(Stamped),
    /// The session isn't as it was set up; a reload doesn't help.
    #[error("settings of the database session were changed: {}", .0.join(", "))]
    Settings(Vec<String>),
    /// The server gave no answer.
    #[error(transparent)]
    Database(#[from] Error),
}

/// The verification, prepared on one connection. Several statements, because what a plan names costs time even where it
/// has nothing to do: most statements use neither functions nor types of the user's.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// The process that the connection was opened with.
    backend_pid: i32,
    settings: Statement,
    relations: Statement,
    indexes: Statement,
    keys: Statement,
    sources: Statement,
    functions: Statement,
    types: Statement,
    extensions: Statement,
}

impl Verifier {
    /// Prepares the statements in one flight.
    ///
    /// # Errors
    /// What the server answers, or a lost connection.
    pub async fn prepare(client: &Client) -> Result<Self, Error> {
        let (backend, settings, relations, indexes, keys, sources, functions, types, extensions) = tokio::try_join!(
            BACKEND.rows(client),
            SETTINGS.prepare(client),
            RELATIONS.prepare(client),
            INDEXES.prepare(client),
            KEYS.prepare(client),
            SOURCES.prepare(client),
            FUNCTIONS.prepare(client),
            TYPES.prepare(client),
            EXTENSIONS.prepare(client),
        )?;
        let backend_pid = backend.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
        Ok(Self { backend_pid, settings, relations, indexes, keys, sources, functions, types, extensions })
    }

    /// The server's process for this connection, as the server itself says; what a pooler tells at the beginning is its own.
    pub fn backend_pid(&self) -> i32 {
        self.backend_pid
    }

    /// Compares with what is there now. Everything is sent when the future is first polled, so that it can be joined
    /// with the statements around it in one flight.
    ///
    /// # Errors
    /// A difference, or no answer; either way nothing is proven.
    pub async fn verify(
        &self,
        client: &Client,
        expected: &Verification,
        settings: &[(&str, &str)],
    ) -> Result<(), VerifyError> {
        tokio::try_join!(
            self.verify_relations(client, &expected.relations, settings),
            verify_stamps(client, &self.indexes, &expected.indexes, Stamped::Indexes),
            verify_stamps(client, &self.keys, &expected.keys, Stamped::Key),
            verify_stamps(client, &self.sources, &expected.sources, Stamped::Source),
            verify_stamps(client, &self.functions, &expected.functions, Stamped::Function),
            verify_stamps(client, &self.types, &expected.types, Stamped::Type),
            self.verify_extensions(client, &expected.extensions),
        )?;
        Ok(())
    }

    async fn verify_extensions(&self, client: &Client, expected: &[(Oid, String)]) -> Result<(), VerifyError> {
        if expected.is_empty() {
            return Ok(());
        }
        let (oids, stamps) = columns(expected);
        let row = client.query_one(&self.extensions, &[&oids, &stamps]).await?;
        match (row.try_get(0)?, row.try_get(1)?) {
            (true, true) => Ok(()),
            (true, false) => Err(VerifyError::Settings(vec![
                "search_path (the role may not use the schema of a trusted extension: GRANT USAGE on it)".to_owned(),
            ])),
            (false, _) => Err(VerifyError::Changed(Stamped::Extension)),
        }
    }

    async fn verify_relations(
        &self,
        client: &Client,
        expected: &[(Oid, String)],
        settings: &[(&str, &str)],
    ) -> Result<(), VerifyError> {
        let row = if expected.is_empty() {
            client.query_one(&self.settings, &[]).await?
        } else {
            let (oids, stamps) = columns(expected);
            client.query_one(&self.relations, &[&oids, &stamps]).await?
        };
        let current: Vec<&str> = row.try_get(0)?;
        let asked = || PINS.iter().map(|(name, _)| *name).chain(OWN).zip(&current);
        let mut altered: Vec<String> = settings
            .iter()
            .filter(|(name, value)| !asked().any(|(asked, current)| asked == *name && current == value))
            .map(|(name, _)| (*name).to_owned())
            .collect();
        if row.try_get::<_, i32>(1)? != self.backend_pid {
            altered.push(SERVER_PROCESS.to_owned());
        }
        if !altered.is_empty() {
            return Err(VerifyError::Settings(altered));
        }
        if expected.is_empty() || row.try_get(2)? { Ok(()) } else { Err(VerifyError::Changed(Stamped::Relation)) }
    }
}

/// Asks one of the statements that take OIDs and stamps only; sends nothing when there are none.
async fn verify_stamps(
    client: &Client,
    statement: &Statement,
    expected: &[(Oid, String)],
    kind: Stamped,
) -> Result<(), VerifyError> {
    if expected.is_empty() {
        return Ok(());
    }
    let (oids, stamps) = columns(expected);
    let row = client.query_one(statement, &[&oids, &stamps]).await?;
    if row.try_get(0)? { Ok(()) } else { Err(VerifyError::Changed(kind)) }
}

fn columns(expected: &[(Oid, String)]) -> (Vec<u32>, Vec<&str>) {
    expected.iter().map(|(oid, stamp)| (oid.0, stamp.as_str())).unzip()
}
