//! `pgwicket doctor` through the binary: it names what is too wide and what is missing, and finds nothing where the script
//! of `policy grants` was run.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Database, Finished, Wicket};

const POLICY: &str = r#"
version = 1
name = "doctor"
role = "ROLE"
attributes = { tenant = "int" }
[statements]
allow = ["select", "insert", "delete"]
[search_path]
schemas = ["sales"]
[schemas.sales]
access = "read"
deny = ["payroll_*"]
[tables."sales.customers"]
deny_columns = ["ssn"]
mask = { phone = "last4" }
rows = "tenant_id = :tenant"
[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
[functions]
allow = ["@builtin", "code.twice(integer)"]
"#;

const CODE: &str = "
CREATE SCHEMA code;
CREATE FUNCTION code.twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS 'SELECT 2 * $1';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;";

/// A login role that may do nothing by itself, a policy's role of its own, and an installation that uses both.
struct Clinic {
    database: Database,
    wicket: Wicket,
    role: String,
    login: String,
    policy: String,
}

impl Clinic {
    async fn open(name: &str) -> Self {
        let database = Database::sample().await;
        let (role, login) = (format!("doctor_{name}"), format!("doctor_{name}_login"));
        database.script(&format!("{CODE} CREATE ROLE {login} LOGIN PASSWORD 'x'")).await;
        let mut wicket = Wicket::on(&database);
        wicket.env("POSTGRES_USER", &login);
        let password = wicket.write("password", "x\n");
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
        wicket.environment_without("POSTGRES_PASSWORD");
        wicket.env("POSTGRES_PASSWORD_FILE", password.to_str().unwrap());
        let policy = wicket.write("policy.toml", &POLICY.replace("ROLE", &role)).to_str().unwrap().to_owned();
        Self { database, wicket, role, login, policy }
    }

    /// Runs what `policy grants` prints.
    async fn grant(&self) {
        let printed = self.wicket.run(&["policy", "grants", &self.policy]).await;
        assert_eq!(printed.code, Some(0), "{printed:?}");
        self.database.script(&printed.stdout).await;
    }

    async fn doctor(&self, more: &[&str]) -> Finished {
        self.wicket.run(&[&["doctor", "--policy", &self.policy], more].concat()).await
    }

    /// The findings, as `severity what | mend | mend`.
    async fn findings(&self) -> Vec<String> {
        let finished = self.doctor(&["--format", "json"]).await;
        assert!([Some(0), Some(1)].contains(&finished.code), "{finished:?}");
        let told: Value = serde_json::from_str(&finished.stdout).unwrap();
        let findings = told["findings"].as_array().unwrap();
        assert_eq!(findings.is_empty(), finished.code == Some(0));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = |one: &Value| {
            assert!(!text(&one["why"]).is_empty() && !one["mend"].as_array().unwrap().is_empty(), "{one}");
            let mend: Vec<String> = one["mend"].as_array().unwrap().iter().map(text).collect();
            format!("{} {} | {}", text(&one["severity"]), text(&one["what"]), mend.join(" | "))
        };
        findings.iter().map(line).collect()
    }

    async fn close(self) {
        let Self { database, role, login, .. } = self;
        database.script(&format!("DROP OWNED BY {role}, {login}; DROP ROLE {login}; DROP ROLE {role}")).await;
    }
}

#[tokio::test]
async fn nothing_is_found_behind_the_printed_grants() {
    let clinic = Clinic::open("right").await;
    let before = clinic.findings().await;
    assert_eq!(before.len(), 1, "{before:#?}");
    assert!(before[0].starts_with("broken the policy's role `doctor_right` doesn't exist | "), "{}", before[0]);
    clinic.grant().await;
    let finished = clinic.doctor(&[]).await;
    assert_eq!(
        (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
        (Some(0), "nothing was found\n", "")
    );
    // What everyone may do by PostgreSQL's own default is told on demand.
    let finished = clinic.doctor(&["--strict"]).await;
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stdout.contains("pg_sleep") && finished.stdout.contains("REVOKE TEMPORARY"),
        "{}",
        finished.stdout
    );
    // The grants are enough to work with, and so are those with native policies.
    let query = [
        "query",
        "SELECT min(phone), code.twice(2) FROM customers",
        "--policy",
        &clinic.policy,
        "--attribute",
        "tenant=1",
    ];
    let before = clinic.wicket.run(&query).await;
    assert_eq!((before.code, before.stderr.as_str()), (Some(0), ""), "{before:?}");
    let printed = clinic.wicket.run(&["policy", "grants", &clinic.policy, "--rls"]).await.stdout;
    for words in [
        "ALTER TABLE sales.customers ENABLE ROW LEVEL SECURITY;",
        "!! This concerns EVERYONE",
        "-- FORCE ROW LEVEL SECURITY",
        "-- CREATE POLICY everyone_else ON sales.customers TO PUBLIC USING (true);",
        r#"CREATE POLICY doctor_right_rows ON sales.customers AS RESTRICTIVE TO doctor_right USING (("sales"."customers"."tenant_id" = CAST(NULLIF("pg_catalog"."current_setting"('pgwicket.tenant', TRUE), '') AS "pg_catalog"."int8")));"#,
    ] {
        assert!(printed.contains(words), "{words}\n{printed}");
    }
    clinic.database.script(&printed).await;
    clinic.database.script(&printed).await;
    assert_eq!(clinic.findings().await, [] as [String; 0]);
    let finished = clinic.wicket.run(&query).await;
    assert_eq!((finished.code, finished.stdout), (Some(0), before.stdout), "{}", finished.stderr);
    clinic.close().await;
}

/// A right that comes with a membership is no grant that could be revoked: the membership is what mends it.
#[tokio::test]
async fn rights_that_come_with_a_membership_are_mended_by_its_end() {
    let clinic = Clinic::open("member").await;
    clinic.grant().await;
    let role = &clinic.role;
    let team = format!("{role}_team");
    let wide = format!(
        "CREATE ROLE {team}; GRANT SELECT ON sales.payroll_export TO {team}; GRANT {team}, pg_monitor TO {role};
         GRANT pg_signal_backend TO {team}"
    );
    clinic.database.script(&wide).await;
    let findings = clinic.findings().await;
    for expected in [
        format!("wide `{role}` is a member of `pg_monitor` | REVOKE pg_monitor FROM {role};"),
        format!("wide `{role}` is a member of `pg_read_all_stats` | REVOKE pg_monitor FROM {role};"),
        format!("wide `{role}` is a member of `pg_signal_backend` | REVOKE {team} FROM {role};"),
    ] {
        assert!(findings.contains(&expected), "{expected}\n{findings:#?}");
    }
    let export = findings.iter().find(|one| one.contains("SELECT on sales.payroll_export |")).unwrap();
    let rest = format!("what is left then comes with `{team}`, `pg_monitor`, of which `{role}` is a member");
    assert!(export.ends_with(&rest), "{export}");
    for line in findings.iter().flat_map(|one| one.split(" | ").skip(1)).filter(|line| line.ends_with(';')) {
        clinic.database.script(line).await;
    }
    clinic.grant().await;
    let left = clinic.findings().await;
    assert!(left.is_empty(), "{left:#?}");
    clinic.database.script(&format!("DROP OWNED BY {team}; DROP ROLE {team}")).await;
    clinic.close().await;
}

#[tokio::test]
async fn every_right_that_is_too_wide_is_named_with_what_mends_it() {
    let clinic = Clinic::open("wide").await;
    clinic.grant().await;
    let role = &clinic.role;
    let wide = format!(
        "ALTER ROLE {role} BYPASSRLS CREATEDB CREATEROLE REPLICATION;
         GRANT pg_read_all_settings, pg_signal_backend TO {role};
         GRANT CREATE ON SCHEMA code TO {role};
         GRANT CREATE ON DATABASE {} TO {role};
         GRANT SELECT (ssn) ON sales.customers TO {role};
         GRANT SELECT ON sales.payroll_export TO PUBLIC;
         GRANT UPDATE, TRUNCATE ON scratch.notes TO {role};
         GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text), pg_catalog.lo_import(text) TO {role};
         CREATE FUNCTION code.above() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1';
         CREATE TABLE code.owned (id integer); ALTER TABLE code.owned OWNER TO {role};
         CREATE TABLE code.login_owned (id integer); ALTER TABLE code.login_owned OWNER TO {login};
         GRANT SELECT ON sales.regions TO {login};
         CREATE FUNCTION code.named() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER named BEFORE INSERT ON scratch.notes FOR EACH ROW EXECUTE FUNCTION code.named();
         ALTER FUNCTION code.twice(integer) RESET ALL;
         ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY",
        clinic.database.name(),
        login = clinic.login,
    );
    clinic.database.script(&wide).await;
    let findings = clinic.findings().await;
    let login = &clinic.login;
    for expected in [
        format!("wide `{role}` has the attribute BYPASSRLS | ALTER ROLE {role} NOBYPASSRLS;"),
        format!("wide `{role}` has the attribute CREATEDB | ALTER ROLE {role} NOCREATEDB;"),
        format!("wide `{role}` has the attribute CREATEROLE | ALTER ROLE {role} NOCREATEROLE;"),
        format!("wide `{role}` has the attribute REPLICATION | ALTER ROLE {role} NOREPLICATION;"),
        format!("wide `{login}` may become `{role}`, which has the attribute BYPASSRLS | REVOKE {role} FROM {login};"),
        format!("wide `{role}` is a member of `pg_read_all_settings` | REVOKE pg_read_all_settings FROM {role};"),
        format!("wide `{role}` is a member of `pg_signal_backend` | REVOKE pg_signal_backend FROM {role};"),
        format!("wide `{role}` may create objects in the schema `code` | REVOKE CREATE ON SCHEMA code FROM {role}, PUBLIC;"),
        format!("wide `{role}` may create objects in the database | REVOKE CREATE ON DATABASE … FROM {role}, PUBLIC;"),
        format!("wide `{role}` has SELECT (ssn) on sales.customers | REVOKE ALL ON sales.customers FROM {role}; | then run"),
        format!("wide `{role}` has SELECT on sales.payroll_export | REVOKE ALL ON sales.payroll_export FROM {role}, PUBLIC;"),
        format!("wide `{role}` has UPDATE, TRUNCATE on scratch.notes | REVOKE"),
        format!("wide `{role}` may execute pg_catalog.pg_read_file(text) | REVOKE EXECUTE ON FUNCTION"),
        format!("wide `{role}` may execute pg_catalog.lo_import(text) | REVOKE EXECUTE ON FUNCTION"),
        format!("wide `{role}` may execute code.above() | REVOKE EXECUTE ON FUNCTION code.above() FROM {role}, PUBLIC;"),
        format!("wide `{role}` owns code.owned | ALTER TABLE code.owned OWNER TO"),
        format!("wide the login role `{login}` owns code.login_owned | ALTER TABLE code.login_owned OWNER TO"),
        format!("wide the login role `{login}` has grants of its own on sales.regions | REVOKE ALL ON sales.regions FROM {login};"),
        "advice code.named() has no `search_path` of its own (a trigger of scratch.notes) | ALTER FUNCTION code.named() SET \
         search_path = pg_catalog, code, pg_temp;"
            .to_owned(),
        "advice code.twice(integer) has no `search_path` of its own (the policy allows it) | ALTER FUNCTION".to_owned(),
        format!("broken row-level security of sales.orders has no permissive policy for `{role}` | "),
    ] {
        assert!(findings.iter().any(|one| one.starts_with(&expected)), "{expected}\n{findings:#?}");
    }
    // What mends it does, as it stands there.
    for line in findings.iter().flat_map(|one| one.split(" | ").skip(1)) {
        if line.ends_with(';') && !line.contains('…') && !line.starts_with(&format!("REVOKE {role}")) {
            clinic.database.script(line).await;
        }
    }
    let rest = format!(
        "ALTER TABLE code.owned OWNER TO postgres; ALTER TABLE code.login_owned OWNER TO postgres;
         ALTER TABLE sales.orders DISABLE ROW LEVEL SECURITY; REVOKE CREATE ON DATABASE {} FROM {role}",
        clinic.database.name()
    );
    clinic.database.script(&rest.replace("postgres", &superuser(&clinic.database).await)).await;
    clinic.grant().await;
    let left = clinic.findings().await;
    assert!(left.is_empty(), "{left:#?}");
    clinic.close().await;
}

async fn superuser(database: &Database) -> String {
    database.connect().await.query_one("SELECT quote_ident(current_user)", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn what_is_missing_is_told_too() {
    let clinic = Clinic::open("less").await;
    clinic.grant().await;
    let (role, login) = (&clinic.role, &clinic.login);
    let less = format!(
        "REVOKE SELECT (name) ON sales.customers FROM {role}; REVOKE DELETE ON scratch.notes FROM {role};
         REVOKE USAGE ON SCHEMA sales FROM {role}; REVOKE EXECUTE ON FUNCTION code.twice(integer) FROM PUBLIC, {role};
         REVOKE {role} FROM {login}"
    );
    clinic.database.script(&less).await;
    let findings = clinic.findings().await;
    for expected in [
        format!("broken the policy's role `{role}` can't be set by the login role | run the script"),
        format!("broken `{role}` lacks SELECT (name) on sales.customers | run the script"),
        format!("broken `{role}` lacks DELETE on scratch.notes | run the script"),
        format!("broken `{role}` may not use the schema `sales` | run the script"),
        format!("broken `{role}` may not execute code.twice(integer) | run the script"),
    ] {
        assert!(findings.iter().any(|one| one.starts_with(&expected)), "{expected}\n{findings:#?}");
    }
    assert_eq!(findings.len(), 5, "{findings:#?}");
    clinic.grant().await;
    assert!(clinic.findings().await.is_empty());
    clinic.close().await;
}

#[tokio::test]
async fn sessions_files_and_a_superuser_are_looked_at() {
    let mut clinic = Clinic::open("rest").await;
    clinic.grant().await;
    // Of the settings that are verified the only one that a role can be given past the startup packet.
    let altered = format!("ALTER ROLE {login} SET session_replication_role = 'replica'", login = clinic.login);
    clinic.database.script(&altered).await;
    let password = clinic.wicket.path("password");
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o644)).unwrap();
    let history = clinic.wicket.path("home/.local/state/pgwicket");
    std::fs::create_dir_all(history.join("keys")).unwrap();
    std::fs::set_permissions(history.join("keys"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // A file where the directory should be: the tests may run as root, which may write anywhere.
    std::fs::write(history.join("history"), "").unwrap();
    let findings = clinic.findings().await;
    for expected in [
        "broken sessions don't have the settings that they are opened with: session_replication_role | connect to"
            .to_owned(),
        format!(
            "wide others on this machine may open the file with the password `{}` (mode 0644) | chmod o= ",
            password.display()
        ),
        format!("broken group or others may use the keys `{}` | chmod 0700 ", history.join("keys").display()),
        format!("broken the history `{}` can't be written: ", history.join("history").display()),
    ] {
        assert!(findings.iter().any(|one| one.starts_with(&expected)), "{expected}\n{findings:#?}");
    }
    clinic
        .database
        .script(&format!("ALTER ROLE {} RESET ALL; ALTER ROLE {} SUPERUSER", clinic.login, clinic.login))
        .await;
    let findings = clinic.findings().await;
    let superuser =
        format!("wide `{login}` has the attribute SUPERUSER | ALTER ROLE {login} NOSUPERUSER;", login = clinic.login);
    assert!(findings.contains(&superuser), "{findings:#?}");
    // `policy check` and `serve` say it in the log.
    let finished = clinic.wicket.run(&["policy", "check", &clinic.policy]).await;
    assert_eq!(finished.code, Some(0));
    for words in ["is a superuser", "others on this machine may open the password file"] {
        assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
    }
    // Without a database, or with a policy that doesn't fit, it can't look.
    clinic.wicket.env("POSTGRES_PORT", "1");
    assert_eq!(clinic.doctor(&[]).await.code, Some(3));
    clinic.wicket.write("policy.toml", "version = 2");
    assert_eq!(clinic.doctor(&[]).await.code, Some(2));
    clinic.database.script(&format!("ALTER ROLE {} NOSUPERUSER", clinic.login)).await;
    clinic.close().await;
}

/// What `serve` wouldn't start with is found before it is started.
#[tokio::test]
async fn a_history_that_cant_be_gone_on_with_is_told() {
    let clinic = Clinic::open("chains").await;
    clinic.grant().await;
    let state = clinic.wicket.path("home/.local/state/pgwicket");
    let query = clinic.wicket.run(&["query", "SELECT 1", "--policy", &clinic.policy, "--attribute", "tenant=1"]).await;
    assert_eq!(query.code, Some(0), "{}", query.stderr);
    let told = |findings: &[String]| -> Vec<String> {
        findings.iter().filter(|one| one.contains("pgwicket/")).cloned().collect()
    };
    assert_eq!(told(&clinic.findings().await), Vec::<String>::new());
    // Directories in the place of files: the tests may run as root, which may write any file.
    let lock = state.join("history/i0001/lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    let findings = told(&clinic.findings().await);
    let expected = format!("broken `{}` of the history can't be written: ", lock.display());
    assert!(findings.len() == 1 && findings[0].starts_with(&expected), "{findings:#?}");
    assert!(findings[0].contains("chown -R USER "), "{findings:#?}");
    std::fs::remove_dir(&lock).unwrap();
    let key = state.join("keys/deployment.key");
    std::fs::rename(&key, state.join("key")).unwrap();
    let findings = told(&clinic.findings().await);
    let expected = format!("broken `{}` is missing, although the history beside it has records", key.display());
    assert!(findings.len() == 1 && findings[0].starts_with(&expected), "{findings:#?}");
    clinic.close().await;
}
