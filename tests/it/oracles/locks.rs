//! In front of COMMIT, a statement holds locks on nothing but the relations that the gate says it touches, what belongs to
//! them, and the catalogs that our own statements read; and on each of those that the statement names. PostgreSQL locks
//! what it understood, so this knows nothing of how names were resolved.

use std::collections::BTreeSet;

use pgwicket::gate::admit::{Admitted, Gate, RelationAccess};
use pgwicket::gate::catalog::{Oid, RelationKind};
use pgwicket::gate::check::count_nodes;
use pgwicket::postgres::ExecuteError;
use tokio_postgres::Client;

use super::stop::{Lock, Stop};
use super::tally::Floors;
use super::*;
use crate::support::{Database, Library};

/// What the verification of every statement reads.
const CATALOGS: &[&str] = &["pg_class", "pg_namespace", "pg_attribute", "pg_inherits", "pg_rewrite", "pg_trigger"];
/// What it reads only where a statement uses types or functions of users; `pg_range` is read by the client library, which
/// asks for types that it doesn't know.
const OF_TYPES: &[&str] = &["pg_type", "pg_constraint", "pg_enum", "pg_cast", "pg_range"];
const OF_FUNCTIONS: &[&str] = &["pg_proc"];
const OF_INDEXES: &[&str] = &["pg_index"];
/// What it reads where the policy trusts extensions: what they brought.
const OF_EXTENSIONS: &[&str] = &["pg_depend", "pg_extension", "pg_operator", "pg_proc"];

const READ: &[&str] = &["AccessShareLock"];
pub(super) const WRITE: &[&str] = &["AccessShareLock", "RowShareLock", "RowExclusiveLock"];

pub(super) struct Locks {
    library: Library,
    pub(super) gate: Gate,
    stop: Stop,
    direct: Client,
}

#[tokio::test]
async fn nothing_is_locked_but_what_the_gate_knows_of() {
    let run = Run::of_environment();
    let database = Database::empty().await;
    database.script(DATABASE).await;
    let mut locks = Locks::open(&database, PROTECTED, &[("tenant", "1")]).await;
    // EXPLAIN of protected relations is refused.
    locks.ask(run, "locks", &Floors { admitted: 60, with_rows: 40, protected: 50, not: &["explain"] }).await;
}

#[tokio::test]
async fn nothing_is_locked_but_what_the_gate_knows_of_where_all_is_open() {
    let all = Run::of_environment();
    // The statements are those of the identity oracle; fewer are enough here.
    let run = Run { count: (all.count / 5).max(1), ..all };
    let database = Database::empty().await;
    database.script(DATABASE).await;
    database.script(EXTENSIONS).await;
    let mut locks = Locks::open(&database, OPEN, &[]).await;
    locks.ask(run, "locks, all open", &Floors { admitted: 60, with_rows: 40, protected: 0, not: &[] }).await;
}

impl Locks {
    pub(super) async fn open(database: &Database, policy: &str, attributes: &[(&str, &str)]) -> Self {
        let stop = Stop::before_commits_of(database).await;
        let library = Library::open_through(database, stop.port, policy, attributes).await;
        let gate = library.gate();
        let direct = database.connect_pinned().await;
        direct.batch_execute("SET search_path = shop, \"Odd Schema\", ext").await.unwrap();
        Self { library, gate, stop, direct }
    }

    async fn ask(&mut self, run: Run, oracle: &str, floors: &Floors) {
        let schema = Schema::under(self.gate.catalog(), self.gate.policy());
        let mut tally = Tally::on(self.gate.catalog());
        for number in run.numbers() {
            let made = run.query(&schema, number);
            tally.asked += 1;
            tally.protected += usize::from(made.is_protected);
            let admitted = match self.gate.admit(&submission(&made)) {
                Ok(admitted) => admitted,
                Err(rejection) => {
                    tally.refuse(format!("{}: {}", rejection.reason.code(), rejection.message), &made.sql);
                    continue;
                }
            };
            tally.admitted += 1;
            let parameters = admitted.parameters().len() as u32;
            let (catalog, policy) = (self.gate.catalog(), self.gate.policy());
            count_nodes(catalog, policy, admitted.sql(), parameters, &mut tally.nodes).unwrap();
            let emitted = admitted.sql().to_owned();
            match self.run(admitted, READ).await {
                Ok((rows, _, difference)) => {
                    tally.with_rows += usize::from(rows > 0);
                    if let Some(difference) = difference {
                        let again = run.again(number, "locks");
                        tally.wrong.push(format!("{}\n    {difference}\n    emitted {emitted}\n    {again}", made.sql));
                    }
                }
                // What failed holds nothing any more.
                Err(ExecuteError::Database(error)) => {
                    tally.failed += 1;
                    // What masks and filters stand for has the types of what they hide: what PostgreSQL can't even read
                    // then, it can't read directly either.
                    if error.sqlstate.starts_with("42") && self.direct.prepare(&made.sql).await.is_ok() {
                        let again = run.again(number, "locks");
                        tally.wrong.push(format!("{}\n    {error:?}\n    emitted {emitted}\n    {again}", made.sql));
                    }
                    *tally.states.entry(error.sqlstate.clone()).or_default() += 1;
                }
                Err(error) => tally.wrong.push(format!("{}\n    {error}", made.sql)),
            }
        }
        tally.judge(oracle, run, floors);
    }

    /// Executes; how many rows came, on how many tables there are locks, and what is wrong with them.
    pub(super) async fn run(
        &mut self,
        admitted: Admitted,
        modes: &[&str],
    ) -> Result<(usize, usize, Option<String>), ExecuteError> {
        let expected = Expected::of(&admitted, &self.gate, modes);
        let texts = texts(&admitted);
        let outcome = self.library.execute(admitted).await?;
        let held = self.stop.look(&texts).await;
        let tables: BTreeSet<u32> =
            held.iter().map(|lock| lock.owner).filter(|oid| *oid >= Oid::FIRST_NORMAL).collect();
        Ok((outcome.result.row_count as usize, tables.len(), expected.difference(&held)))
    }

    /// What is wrong with the locks of one statement if it were the other.
    pub(super) async fn compare(&mut self, ran: Admitted, claimed: &Admitted) -> Option<String> {
        let expected = Expected::of(claimed, &self.gate, READ);
        let texts = texts(&ran);
        self.library.execute(ran).await.unwrap();
        expected.difference(&self.stop.look(&texts).await)
    }
}

/// What may run: the statement, or the form of it in which PostgreSQL renders its values.
fn texts(admitted: &Admitted) -> Vec<String> {
    [Some(admitted.sql()), admitted.text_sql()].into_iter().flatten().map(str::to_owned).collect()
}

/// What may be locked, and what has to be.
struct Expected {
    may: BTreeSet<u32>,
    must: BTreeSet<u32>,
    catalogs: Vec<&'static str>,
    modes: Vec<String>,
}

impl Expected {
    fn of(admitted: &Admitted, gate: &Gate, modes: &[&str]) -> Self {
        let verified = admitted.verification();
        let catalog = gate.catalog();
        let known: BTreeSet<u32> = verified.relations.iter().map(|(oid, _)| oid.0).collect();
        let mut may = known.clone();
        for one in admitted.permit().relations.iter().filter(|one| one.access == RelationAccess::Write) {
            may.extend(partners(gate, one.oid));
        }
        // To plan a partition that is named itself, PostgreSQL reads what its parents say of it.
        let parents = known.iter().flat_map(|oid| catalog.ancestors(Oid(*oid)));
        may.extend(parents.filter(|one| one.kind == RelationKind::PartitionedTable).map(|one| one.oid.0));
        // A partition may be left out of a plan before it is locked; what isn't part of another one is named.
        let is_part = |oid: u32| catalog.ancestors(Oid(oid)).iter().any(|one| known.contains(&one.oid.0));
        let stored = behind_stored_views(gate, &known);
        let must = known.iter().copied().filter(|oid| !is_part(*oid) && !stored.contains(oid)).collect();
        let mut catalogs = CATALOGS.to_vec();
        let also = [
            (verified.types.is_empty() && verified.extensions.is_empty(), OF_TYPES),
            (verified.functions.is_empty(), OF_FUNCTIONS),
            (verified.extensions.is_empty(), OF_EXTENSIONS),
            (verified.indexes.is_empty() && !admitted.permit().kind.writes(), OF_INDEXES),
        ];
        catalogs.extend(also.iter().filter(|(unused, _)| !unused).flat_map(|(_, names)| names.iter()));
        Self { may, must, catalogs, modes: modes.iter().map(|one| (*one).to_owned()).collect() }
    }

    fn difference(&self, held: &[Lock]) -> Option<String> {
        let is_ours = |lock: &&Lock| {
            self.catalogs.iter().any(|name| lock.name == format!("pg_catalog.{name}")) && lock.mode == "AccessShareLock"
        };
        let is_known = |lock: &&Lock| self.may.contains(&lock.owner) && self.modes.contains(&lock.mode);
        // Who writes locks the number of the own transaction, and who reads has none.
        let is_own = |lock: &Lock| lock.kind == "transactionid" && self.modes.len() > 1;
        let is_foreign =
            |lock: &&Lock| !is_own(lock) && (lock.kind != "relation" || !(is_ours(lock) || is_known(lock)));
        let foreign: BTreeSet<&Lock> = held.iter().filter(is_foreign).collect();
        if !foreign.is_empty() {
            return Some(format!("locks what the gate doesn't know of: {foreign:?}"));
        }
        let missing: Vec<&u32> = self.must.iter().filter(|oid| held.iter().all(|lock| lock.owner != **oid)).collect();
        (!missing.is_empty()).then(|| format!("doesn't lock what the gate says it names: {missing:?}"))
    }
}

/// What materialised views among these relations were made of: it decides who may read them, and isn't read again.
fn behind_stored_views(gate: &Gate, known: &BTreeSet<u32>) -> BTreeSet<u32> {
    let catalog = gate.catalog();
    let is_stored =
        |oid: &u32| catalog.relation(Oid(*oid)).is_some_and(|one| one.kind == RelationKind::MaterializedView);
    let mut waiting: Vec<u32> = known.iter().copied().filter(is_stored).collect();
    let mut all = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        let view = catalog.relation(Oid(next)).and_then(|one| one.view.as_ref());
        for read in view.iter().flat_map(|view| &view.relations) {
            if all.insert(read.0) {
                waiting.push(read.0);
            }
        }
    }
    all
}

/// Tables bound by foreign keys to the one, in either direction, with their parts.
fn partners(gate: &Gate, oid: Oid) -> Vec<u32> {
    let catalog = gate.catalog();
    let mut all = Vec::new();
    for one in &catalog.parts().relations {
        for key in &one.foreign_keys {
            if one.oid == oid {
                all.extend(catalog.tree(key.target).iter().map(|part| part.oid.0));
            }
            if key.target == oid {
                all.extend(catalog.tree(one.oid).iter().map(|part| part.oid.0));
            }
        }
    }
    all
}
