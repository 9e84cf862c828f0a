//! What roles may do in the database: asked for people who set up a role or look at one, never for a statement.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Error, Row};

use super::execute::{ExecuteError, Purpose};
use super::pool::{Pool, PoolError};
use super::role::{PATIENCE, StandingError};
use super::statements::rights::{CLOSED_FUNCTIONS, FUNCTIONS, OWN_GRANTS, RELATIONS, ROLES, SCHEMAS, TRIGGERS};
use super::statements::{self, OwnStatement};
use super::verify::Expectation;
use crate::gate::admit::Verification;
use crate::gate::catalog::Oid;

/// Functions that PUBLIC may not execute.
///
/// # Errors
/// No connection, or one that was lost.
pub async fn closed_functions(pool: &Pool) -> Result<BTreeSet<Oid>, StandingError> {
    let mut lease = pool.lease(PATIENCE).await?;
    let session = lease.session().ok_or(PoolError::Closed)?;
    let rows = CLOSED_FUNCTIONS.rows(session.for_own_work().await?).await?;
    lease.release();
    Ok(rows.iter().map(|row| row.try_get(0).map(Oid)).collect::<Result<_, _>>()?)
}

/// Pinned settings that a session on this way to the database doesn't have; the server may also say that it can't be
/// asked, as behind a pooler that gives each statement to another server.
///
/// # Errors
/// No connection.
pub async fn lost_pins(pool: &Pool) -> Result<Result<Vec<String>, Error>, StandingError> {
    let mut lease = pool.lease(PATIENCE).await?;
    let session = lease.session().ok_or(PoolError::Closed)?;
    session.for_own_work().await?;
    let (client, frame) = session.parts();
    let nothing = Verification::default();
    let expectation = Expectation::new(&nothing, Purpose::Read, None);
    let (begun, checked, ended) = tokio::join!(
        biased;
        statements::run(client, &frame.begin_read),
        expectation.check(client, frame),
        statements::run(client, &frame.rollback),
    );
    // Not given back: whatever is wrong with it, nothing else meets it.
    Ok(match (begun.and(ended), checked) {
        (_, Err(ExecuteError::SessionAltered { settings })) => Ok(settings),
        (Err(error), _) => Err(error),
        (Ok(()), _) => Ok(Vec::new()),
    })
}

/// What of the login role makes PostgreSQL's own walls useless, as short sentences; none for an ordinary role.
///
/// # Errors
/// No connection, or what the server says instead of an answer.
pub async fn risks_of_login(pool: &Pool, login: &str) -> Result<Vec<&'static str>, StandingError> {
    let mut lease = pool.lease(PATIENCE).await?;
    let session = lease.session().ok_or(PoolError::Closed)?;
    let client = session.for_own_work().await?;
    let (roles, own) = tokio::try_join!(about(client, ROLES, login), about(client, OWN_GRANTS, login))?;
    lease.release();
    let mut risks = Vec::new();
    for row in &roles {
        let role = RoleRights::of(row)?;
        for word in role.attributes.iter().filter(|_| role.is_itself) {
            risks.extend(match *word {
                "SUPERUSER" => Some("is a superuser"),
                "BYPASSRLS" => Some("bypasses row-level security"),
                _ => None,
            });
        }
    }
    for row in &own {
        if row.try_get(2)? {
            risks.push("owns tables");
            break;
        }
    }
    Ok(risks)
}

/// A role, and what it may do wherever it is.
#[derive(Debug, Clone)]
pub struct RoleRights {
    /// Its name.
    pub name: String,
    /// It is the role that was asked for, not one that this one is a member of.
    pub is_itself: bool,
    /// One of PostgreSQL's own, as `pg_read_all_data`.
    pub is_predefined: bool,
    /// The attributes that it has, as `ALTER ROLE` names them.
    pub attributes: Vec<&'static str>,
    /// The roles of which the one that was asked for is itself a member and by which it comes to this one.
    pub through: Vec<String>,
}

/// What a role may do in a schema, or in the database.
#[derive(Debug, Clone)]
pub struct SchemaRights {
    /// The schema; `None` for the database.
    pub schema: Option<String>,
    /// The role owns it, or is a member of its owner.
    pub owns: bool,
    /// It may create objects there.
    pub creates: bool,
    /// It may use the schema; of the database, make temporary tables.
    pub uses: bool,
}

/// What a role may do with a relation.
#[derive(Debug, Clone)]
pub struct RelationPrivileges {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// Schema and name, quoted as PostgreSQL does.
    pub quoted: String,
    /// The role owns it, or is a member of its owner.
    pub owns: bool,
    /// Row-level security is on.
    pub row_security: bool,
    /// It holds for the owner, too.
    pub forced: bool,
    /// Some permissive policy of it is for the role.
    pub has_policy: bool,
    /// Of DELETE, TRUNCATE, REFERENCES and TRIGGER those that it has.
    pub table: Vec<&'static str>,
    /// Numbers of columns that it may read.
    pub select: Vec<i16>,
    /// Numbers of columns that it may insert.
    pub insert: Vec<i16>,
    /// Numbers of columns that it may update.
    pub update: Vec<i16>,
    /// It may take values of the sequence.
    pub uses_sequence: bool,
    /// It may set the sequence.
    pub sets_sequence: bool,
    /// Some right is everyone's.
    pub public: bool,
}

/// A function that isn't open to everyone as PostgreSQL came, and what a role may do with it.
#[derive(Debug, Clone)]
pub struct FunctionPrivileges {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Schema, name and argument types, quoted.
    pub quoted: String,
    /// The schema, quoted.
    pub schema: String,
    /// PostgreSQL's own.
    pub is_builtin: bool,
    /// The language.
    pub language: String,
    /// Anyone may write functions in that language.
    pub is_language_trusted: bool,
    /// It runs with its owner's rights.
    pub is_definer: bool,
    /// It has a `search_path` of its own, or needs none.
    pub has_path: bool,
    /// The role may execute it.
    pub executes: bool,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// Everyone may execute it.
    pub public: bool,
}

/// All that a role may do, as far as it matters here.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    /// The role, and those that it is a member of.
    pub roles: Vec<RoleRights>,
    /// Schemas, and the database.
    pub schemas: Vec<SchemaRights>,
    /// Relations.
    pub relations: Vec<RelationPrivileges>,
    /// Functions.
    pub functions: Vec<FunctionPrivileges>,
    /// Relations with a trigger, and its function.
    pub triggers: Vec<(Oid, Oid)>,
    /// Relations that the role itself owns or has grants on: quoted schema, quoted name, owns it.
    pub own: Vec<(String, String, bool)>,
}

/// All that a role may do. The role has to exist.
///
/// # Errors
/// No connection, or what the server says instead of an answer.
pub async fn rights_of(pool: &Pool, role: &str) -> Result<Rights, StandingError> {
    let mut lease = pool.lease(PATIENCE).await?;
    let session = lease.session().ok_or(PoolError::Closed)?;
    let client = session.for_own_work().await?;
    let (roles, schemas, relations, functions, own, triggers) = tokio::try_join!(
        about(client, ROLES, role),
        about(client, SCHEMAS, role),
        about(client, RELATIONS, role),
        about(client, FUNCTIONS, role),
        about(client, OWN_GRANTS, role),
        TRIGGERS.rows(client),
    )?;
    lease.release();
    Ok(Rights {
        roles: roles.iter().map(RoleRights::of).collect::<Result<_, _>>()?,
        schemas: schemas.iter().map(SchemaRights::of).collect::<Result<_, _>>()?,
        relations: relations.iter().map(RelationPrivileges::of).collect::<Result<_, _>>()?,
        functions: functions.iter().map(FunctionPrivileges::of).collect::<Result<_, _>>()?,
        triggers: triggers
            .iter()
            .map(|row| Ok((Oid(row.try_get(0)?), Oid(row.try_get(1)?))))
            .collect::<Result<_, Error>>()?,
        own: own
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .collect::<Result<_, Error>>()?,
    })
}

async fn about(client: &Client, question: OwnStatement, role: &str) -> Result<Vec<Row>, Error> {
    let statement = question.prepare(client).await?;
    statements::ask(client, &statement, &[&role]).await
}

/// The words of those columns of a row, from `first` on, that are true.
fn words(row: &Row, first: usize, words: &[&'static str]) -> Result<Vec<&'static str>, Error> {
    let mut held = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if row.try_get(first + at)? {
            held.push(*word);
        }
    }
    Ok(held)
}

impl RoleRights {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            name: row.try_get(0)?,
            is_itself: row.try_get(1)?,
            is_predefined: row.try_get(2)?,
            attributes: words(row, 3, &["SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION"])?,
            through: row.try_get(8)?,
        })
    }
}

impl SchemaRights {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self { schema: row.try_get(0)?, owns: row.try_get(1)?, creates: row.try_get(2)?, uses: row.try_get(3)? })
    }
}

impl RelationPrivileges {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            oid: Oid(row.try_get(0)?),
            quoted: row.try_get(1)?,
            owns: row.try_get(2)?,
            row_security: row.try_get(3)?,
            forced: row.try_get(4)?,
            has_policy: row.try_get(5)?,
            table: words(row, 6, &["DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"])?,
            select: row.try_get(10)?,
            insert: row.try_get(11)?,
            update: row.try_get(12)?,
            uses_sequence: row.try_get(13)?,
            sets_sequence: row.try_get(14)?,
            public: row.try_get(15)?,
        })
    }
}

impl FunctionPrivileges {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            oid: Oid(row.try_get(0)?),
            quoted: row.try_get(1)?,
            schema: row.try_get(2)?,
            is_builtin: row.try_get(3)?,
            language: row.try_get(4)?,
            is_language_trusted: row.try_get(5)?,
            is_definer: row.try_get(6)?,
            has_path: row.try_get(7)?,
            executes: row.try_get(8)?,
            extension: row.try_get(9)?,
            public: row.try_get(10)?,
        })
    }
}
