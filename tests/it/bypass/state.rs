//! Everything in a database that a statement could change.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use crate::support::Database;

/// Each part of the database with its digest.
#[derive(Debug, Clone)]
pub struct State(BTreeMap<String, String>);

/// Row versions of every table, catalogs included: a row that is written, deleted or locked has another xmin or xmax.
/// Left out: catalogs that all databases share (other tests change them), what autovacuum writes, and the tables that the
/// policy lets be written, of which the hidden rows are looked at by themselves.
const ROWS: &str = "
    SELECT c.oid::regclass::text,
           query_to_xml(format('SELECT md5(string_agg(ctid::text || xmin || xmax, '','' ORDER BY ctid)) AS d FROM ONLY %s', c.oid::regclass),
                        true, false, '')::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm', 't') AND NOT c.relisshared AND n.nspname !~ '^pg_(temp|toast_temp)'
       AND c.oid::regclass::text NOT IN ('pg_class', 'pg_statistic', 'pg_statistic_ext_data', 'scratch.notes', 'scratch.tasks')
       AND c.oid NOT IN (SELECT reltoastrelid FROM pg_class WHERE relname IN ('notes', 'tasks', 'pg_statistic', 'pg_statistic_ext_data', 'pg_class'))
       AND n.nspname NOT IN ('judge', 'information_schema')";

/// What isn't rows of tables. Of hidden tasks not xmax: ON CONFLICT DO UPDATE locks the row that it finds, whatever its WHERE
/// says, and leaves its mark there; a row that is changed is another one, by ctid and xmin.
const OTHERS: &str = "
    SELECT 'relations', md5(string_agg(concat_ws(' ', oid, relname, relkind, relowner, relacl, relfilenode, reloptions), ',' ORDER BY oid))
      FROM pg_class WHERE relnamespace <> 'judge'::regnamespace
    UNION ALL SELECT 'hidden tasks', md5(string_agg(concat_ws(' ', ctid, xmin, t::text), ',' ORDER BY id)) FROM scratch.tasks t WHERE owner <> 1
    UNION ALL SELECT 'shown tasks', md5(string_agg(concat_ws(' ', id, reward, hint), ',' ORDER BY id)) FROM judge.tasks
    UNION ALL SELECT 'roles', md5(string_agg(a::text, ',' ORDER BY rolname)) FROM pg_authid a WHERE rolname IN ('wicket', 'wicket_root', 'postgres')
    UNION ALL SELECT 'settings of roles and databases', md5(string_agg(concat_ws(' ', setdatabase, setrole, setconfig), ',' ORDER BY setrole))
      FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT 'settings', md5(string_agg(concat_ws(' ', name, setting, source), ',' ORDER BY name)) FROM pg_settings WHERE source <> 'client'
    UNION ALL SELECT 'files', md5(string_agg(f, ',' ORDER BY f)) FROM pg_ls_dir('.') f WHERE f NOT LIKE 'postmaster%'
    UNION ALL SELECT 'configuration', md5(pg_read_file('postgresql.conf') || pg_read_file('postgresql.auto.conf') || pg_read_file('pg_hba.conf'))
    UNION ALL SELECT 'advisory locks', count(*)::text FROM pg_locks
      WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT 'open transactions', count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'
    UNION ALL SELECT 'prepared transactions', count(*)::text FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL SELECT 'replication slots', count(*)::text FROM pg_replication_slots WHERE database = current_database()";

/// Sequences, but for that of the notes.
const SEQUENCES: &str = "
    SELECT c.oid::regclass::text, query_to_xml(format('SELECT last_value, is_called FROM %s', c.oid::regclass), true, false, '')::text
      FROM pg_class c WHERE c.relkind = 'S' AND c.relname <> 'notes_id_seq'";

impl State {
    /// As it is now, seen by a session of its own, which finds the settings that any session would.
    pub async fn of(database: &Database) -> Self {
        let client = database.connect().await;
        let mut parts = BTreeMap::new();
        for sql in [ROWS, OTHERS, SEQUENCES] {
            for row in client.query(sql, &[]).await.unwrap() {
                parts.insert(row.get(0), row.get::<_, Option<String>>(1).unwrap_or_default());
            }
        }
        assert!(parts.len() > 80, "{parts:?}");
        Self(parts)
    }

    /// The parts that aren't as they were.
    pub fn differences(&self, before: &Self) -> Vec<String> {
        let names = self.0.keys().chain(before.0.keys());
        let mut changed: Vec<String> = names.filter(|name| self.0.get(*name) != before.0.get(*name)).cloned().collect();
        changed.sort();
        changed.dedup();
        changed
    }
}

/// Keeps what may be written, for [`restore`].
pub async fn remember(database: &Database) {
    database
        .script("CREATE TABLE judge.notes AS TABLE scratch.notes; CREATE TABLE judge.tasks AS SELECT * FROM scratch.tasks WHERE owner = 1")
        .await;
}

/// Puts back what may be written; hidden rows stay as they are.
pub async fn restore(client: &Client) {
    client
        .batch_execute(
            "BEGIN; DELETE FROM scratch.notes; INSERT INTO scratch.notes OVERRIDING SYSTEM VALUE TABLE judge.notes;
             DELETE FROM scratch.tasks WHERE owner = 1; INSERT INTO scratch.tasks TABLE judge.tasks;
             SELECT setval('scratch.notes_id_seq', (SELECT coalesce(max(id), 1) FROM judge.notes)); COMMIT",
        )
        .await
        .unwrap();
}
