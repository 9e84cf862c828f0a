//! The gateway without a process around it: the same path, for tests that ask hundreds of things.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pgwicket::approvals::Approvals;
use pgwicket::catalog::CatalogWatch;
use pgwicket::gate::admit::{Admitted, Change, Gate, Principal, Submission, admit};
use pgwicket::gate::describe::TableDescription;
use pgwicket::gate::diagnostic::Rejection;
use pgwicket::gate::policy::attributes::AttributeInput;
use pgwicket::gate::policy::{BoundPolicy, Policy};
use pgwicket::gateway::{Asking, Caller, Gateway, Member, Members, Parts, Request};
use pgwicket::history::{self, History, SyncMode};
use pgwicket::keys::Keys;
use pgwicket::postgres::execute::{Context, Outcome};
use pgwicket::postgres::{DatabaseConfig, DatabaseSettings, ExecuteError, Pool, execute};
use pgwicket::quota::Quota;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Database, PATIENCE};

/// Who asks, where nothing depends on it.
const PRINCIPAL: &str = "tester";

/// A gateway on a database, under one policy, with a history of its own.
pub struct Library {
    pub gateway: Arc<Gateway>,
    pub pool: Pool,
    pub catalog: CatalogWatch,
    member: Member,
    _directory: TempDir,
}

impl Library {
    /// Opens a gateway. `attributes` are the principal's, as behind `--attribute`.
    pub async fn open(database: &Database, policy: &str, attributes: &[(&str, &str)]) -> Self {
        Self::open_with(database.settings(), policy, attributes).await
    }

    /// As [`Library::open`], with one connection for everything.
    pub async fn open_on_one_session(database: &Database, policy: &str, attributes: &[(&str, &str)]) -> Self {
        let settings = DatabaseSettings { pool_size: Some(1), max_overflow: Some(0), ..database.settings() };
        Self::open_with(settings, policy, attributes).await
    }

    /// As [`Library::open`], with a port of this machine in between.
    pub async fn open_through(database: &Database, port: u16, policy: &str, attributes: &[(&str, &str)]) -> Self {
        let settings = DatabaseSettings { host: Some("127.0.0.1".to_owned()), port: Some(port), ..database.settings() };
        Self::open_with(settings, policy, attributes).await
    }

    /// As [`Library::open`], with settings of its own for the connection.
    pub async fn open_with(settings: DatabaseSettings, policy: &str, attributes: &[(&str, &str)]) -> Self {
        let policy = Policy::parse("policy.toml", policy, &mut |_| Err("there is no other file".to_owned()));
        let policy = Arc::new(policy.unwrap_or_else(|errors| panic!("{errors}")));
        let given: BTreeMap<String, AttributeInput> = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), AttributeInput::Argument((*value).to_owned())))
            .collect();
        let attributes = policy.principal_attributes(&given).unwrap();
        let member = Member { principal: Arc::new(Principal { name: PRINCIPAL.to_owned(), attributes }), policy };
        let pool = Pool::new(DatabaseConfig::new(settings).unwrap()).unwrap();
        // A catalog that is only reloaded when someone asks for it.
        let catalog = CatalogWatch::start(pool.clone(), Duration::from_secs(3_600)).await.unwrap();
        let directory = tempfile::Builder::new().prefix("pgwicket-it-").tempdir().unwrap();
        let keys = Arc::new(Keys::open(&directory.path().join("keys"), false).unwrap());
        let options = history::Options::new(
            directory.path().join("history"),
            history::Settings { sync: SyncMode::None, ..history::Settings::default() },
            &keys,
        );
        let parts = Parts {
            members: Members::bind(BTreeMap::from([(PRINCIPAL.to_owned(), member.clone())]), &catalog.current())
                .unwrap_or_else(|errors| panic!("{errors}")),
            catalog: catalog.clone(),
            pool: pool.clone(),
            history: History::open(options).unwrap(),
            quota: Quota::new(),
            approvals: Approvals::new(directory.path().join("approvals"), Arc::clone(&keys)),
            keys,
            server: "test".to_owned(),
            login: "test".to_owned(),
        };
        let gateway = Arc::new(Gateway::new(parts));
        Self { gateway, pool, catalog, member, _directory: directory }
    }

    /// Runs a statement through the one path.
    pub async fn run(&self, submission: Submission) -> Result<Outcome, Rejection> {
        let request = Request {
            caller: caller(),
            submission,
            timeout: None,
            cancel: CancellationToken::new(),
            backend: Default::default(),
            asking: Asking::default(),
        };
        self.gateway.execute(request).await
    }

    /// Runs SQL; the result as JSON.
    pub async fn query(&self, sql: &str) -> Result<Value, Rejection> {
        let outcome = self.run(sql_of(sql)).await?;
        Ok(serde_json::from_str(&outcome.result.json).unwrap())
    }

    /// Runs SQL that has to be admitted and to succeed; its rows.
    pub async fn rows(&self, sql: &str) -> Value {
        let result = self.query(sql).await.unwrap_or_else(|rejection| panic!("{sql}\n{}", rejection.to_json(None)));
        result["rows"].clone()
    }

    /// Runs a structured change; the result as JSON.
    pub async fn change(&self, change: Change) -> Result<Value, Rejection> {
        let outcome = self.run(Submission::Change(change)).await?;
        Ok(serde_json::from_str(&outcome.result.json).unwrap())
    }

    /// What the metadata tools tell: all relations, and each of them.
    pub async fn metadata(&self) -> Value {
        let tables = self.gateway.tables(&caller(), None, None).await.unwrap();
        let mut described = Vec::new();
        for table in &tables {
            let name = [table.schema.clone(), table.name.clone()];
            described.push(self.gateway.table(&caller(), &name).await.unwrap());
        }
        let info = self.gateway.database(&caller()).await.unwrap();
        json!({ "tables": tables, "described": described, "schemas": info.schemas, "limits": info.limits })
    }

    /// What `get_table_schema` tells.
    pub async fn describe(&self, table: &[String]) -> Result<TableDescription, Rejection> {
        self.gateway.table(&caller(), table).await
    }

    /// The gate alone, on the catalog in force, to be asked many things.
    pub fn gate(&self) -> Gate {
        let catalog = self.member.policy.catalog(&self.catalog.current()).unwrap();
        let policy = BoundPolicy::bind(Arc::clone(&self.member.policy), &catalog).unwrap();
        Gate::new(catalog, Arc::new(policy), Arc::clone(&self.member.principal))
    }

    /// The gate alone, on the catalog in force.
    pub fn admit(&self, sql: &str) -> Result<Admitted, Rejection> {
        self.admit_submission(&sql_of(sql))
    }

    /// As [`Library::admit`], with values for parameters.
    pub fn admit_submission(&self, submission: &Submission) -> Result<Admitted, Rejection> {
        let catalog = self.member.policy.catalog(&self.catalog.current()).unwrap();
        let policy = BoundPolicy::bind(Arc::clone(&self.member.policy), &catalog).unwrap();
        admit(&catalog, &policy, &self.member.principal, submission)
    }

    /// The executor alone.
    pub async fn execute(&self, admitted: Admitted) -> Result<Outcome, ExecuteError> {
        let context = Context {
            deadline: Instant::now() + PATIENCE,
            cancel: CancellationToken::new(),
            application_name: "pgwicket/tester".to_owned(),
            backend: Default::default(),
            confirming: None,
        };
        execute(&self.pool, admitted, context).await
    }
}

fn caller() -> Caller {
    Caller::local(PRINCIPAL, "test", "query_execute")
}

/// SQL without parameters.
pub fn sql_of(text: &str) -> Submission {
    Submission::Sql { text: text.to_owned(), parameters: Vec::new() }
}
