use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::*;
use crate::history::{CheckpointPlace, SyncMode};

const POLICY: &str = r#"
version = 1
name = "analyst"
attributes = { tenant = "int", regions = "text[]" }
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
"#;

const TOML: &str = r#"
version = 1
[database]
host = "from.toml"
db = "shop"
user = "ana"
ssl_mode = "disable"
[principals.ana]
policy = "analyst.toml"
attributes = { tenant = 7, regions = ["eu"] }
"#;

/// A directory with a configuration file in it.
struct Installation {
    directory: TempDir,
}

impl Installation {
    fn with(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("analyst.toml"), POLICY).unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        Self { directory }
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Config, Faults> {
        let source = Source::File(self.directory.path().join("pgwicket.toml"));
        Config::load(&source, &environment.iter().copied().collect())
    }

    /// The faults as text, the directory's path taken out.
    fn faults(&self, environment: &[(&str, &str)]) -> Vec<String> {
        self.tidy(self.load(environment).expect_err("the configuration is accepted"))
    }

    fn tidy(&self, faults: Faults) -> Vec<String> {
        let directory = format!("{}/", self.directory.path().display());
        faults.0.iter().map(|fault| fault.to_string().replace(&directory, "")).collect()
    }
}

#[test]
fn later_sources_overrule_earlier_ones_and_it_is_said() {
    let place = Installation::with(&[("pgwicket.toml", TOML)]);
    let host = |place: &Installation, environment: &[(&str, &str)]| {
        let config = place.load(environment).unwrap();
        (config.database.config.address(), config.notes.overruled)
    };
    let url = ("DATABASE_URL", "postgres://ben@from.url:6000/other");
    let (address, notes) = host(&place, &[url]);
    assert_eq!(address, "from.toml:6000");
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(
        notes[1].contains("`host` is taken from") && notes[1].ends_with("DATABASE_URL says otherwise"),
        "{notes:?}"
    );

    std::fs::write(place.directory.path().join(".env"), "POSTGRES_HOST=from.dotenv\nPOSTGRES_PASSWORD=one").unwrap();
    let (address, _) = host(&place, &[url]);
    assert_eq!(address, "from.dotenv:6000");

    let (address, notes) = host(&place, &[("POSTGRES_HOST", "from.environment"), ("POSTGRES_PASSWORD", "two")]);
    assert_eq!(address, "from.environment:5432");
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(
        notes[2].contains("the password is taken from POSTGRES_PASSWORD") && notes[2].contains(".env"),
        "{notes:?}"
    );
    assert!(!format!("{notes:?}").contains("two"), "{notes:?}");
    // The same value twice is no conflict.
    let config = place.load(&[("POSTGRES_HOST", "from.dotenv"), ("POSTGRES_DB", "shop")]).unwrap();
    assert_eq!(config.notes.overruled.len(), 1, "{:?}", config.notes);
}

#[test]
fn relative_paths_belong_to_the_file_that_holds_them() {
    let toml = format!("{TOML}\n[history]\ndirectory = \"ledger\"\nsync = \"all\"\n[log]\nformat = \"json\"\n");
    let toml = toml.replace("[database]", "[database]\npassword_file = \"secret\"\nssl_root_cert = \"ca.pem\"");
    let place = Installation::with(&[("pgwicket.toml", &toml), ("secret", "s3cret-word\n")]);
    let config = place.load(&[]).unwrap();
    assert_eq!(config.history, place.directory.path().join("ledger"));
    assert_eq!((config.ledger.sync, config.log), (SyncMode::All, LogFormat::Json));
    let database = &config.database.config;
    assert_eq!(database.password.as_ref().unwrap().expose_secret(), "s3cret-word");
    assert_eq!(database.ssl_root_cert.as_ref().unwrap(), &place.directory.path().join("ca.pem"));
    assert!(!format!("{config:?}").contains("s3cret-word"));
    assert_eq!(Installation::with(&[("pgwicket.toml", TOML)]).load(&[]).unwrap().ledger, Settings::default());
}

#[test]
fn the_history_is_kept_as_it_is_said() {
    let said = r#"
[history]
segment_bytes = "1MiB"
segment_age = "12h"
keep = "90d"
keep_bytes = "2GiB"
checkpoint_records = 50
checkpoint_every = "10s"
checkpoint_to = "checkpoints"
"#;
    let place = Installation::with(&[("pgwicket.toml", &format!("{TOML}{said}"))]);
    let settings = place.load(&[]).unwrap().ledger;
    assert_eq!((settings.segment_bytes, settings.segment_age.as_secs()), (1 << 20, 12 * 3600));
    assert_eq!((settings.keep.unwrap().as_secs(), settings.keep_bytes), (90 * 86_400, Some(2 << 30)));
    assert_eq!((settings.checkpoint_records, settings.checkpoint_every.as_secs()), (50, 10));
    let file = place.directory.path().join("checkpoints");
    assert_eq!(settings.checkpoint_to, Some(CheckpointPlace::File(file)));

    let syslog = said.replace("\"checkpoints\"", "\"syslog\"");
    let place = Installation::with(&[("pgwicket.toml", &format!("{TOML}{syslog}"))]);
    assert_eq!(place.load(&[]).unwrap().ledger.checkpoint_to, Some(CheckpointPlace::Syslog));
    let stderr = said.replace("\"checkpoints\"", "\"stderr\"");
    let place = Installation::with(&[("pgwicket.toml", &format!("{TOML}{stderr}"))]);
    assert_eq!(place.load(&[]).unwrap().ledger.checkpoint_to, Some(CheckpointPlace::Stderr));

    let wrong = said.replace("\"checkpoints\"", "\"stdout\"").replace("90d", "9 weeks").replace("1MiB", "1B");
    let faults = Installation::with(&[("pgwicket.toml", &format!("{TOML}{wrong}"))]).faults(&[]).join("\n");
    for one in ["`1B` is out of bounds", "`9 weeks` is not a time span", "can't go to standard output"] {
        assert!(faults.contains(one), "{faults}");
    }
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let toml = r#"
version = 2
[database]
hots = "x"
port = 70000
pool_size = "many"
[principals.ana]
policy = "analyst.toml"
attributes = { tenant = "seven", region = 1 }
[principals.ben]
[principals."x y"]
policy = "nowhere.toml"
[principals.cleo]
policy = "nowhere.toml"
[history]
sync = "write"
[doors.mcp]
results = "structred"
[logs]
"#;
    let place = Installation::with(&[("pgwicket.toml", toml)]);
    let environment = [("POSTGRES_PASSWORD", "a"), ("POSTGRES_PASSWORD_FILE", "b"), ("DATABASE_URL", "shop")];
    assert_eq!(
        place.faults(&environment),
        [
            "pgwicket.toml:2:1: `2` is out of bounds (version)",
            "pgwicket.toml:4:1: unknown key `hots` (database.hots)",
            "pgwicket.toml:5:1: `70000` is out of bounds (database.port)",
            "pgwicket.toml:6:1: expected a whole number, found text (database.pool_size)",
            "pgwicket.toml:10: the principal `ben` has no `policy` (principals.ben)",
            "pgwicket.toml:11:13: `x y` can't name a principal (principals.\"x y\")",
            "pgwicket.toml:16:1: unknown word `write` (history.sync)",
            "pgwicket.toml:18:1: unknown word `structred` (doors.mcp.results)",
            "pgwicket.toml:19:2: unknown key `logs` (logs)",
            "pgwicket.toml:7: the attribute `regions` is missing (principals.ana)",
            "pgwicket.toml:9: the attribute `tenant` is declared as `int`: expected a value without quotes, found text (principals.ana.attributes.tenant)",
            "pgwicket.toml:9: the policy `analyst` declares no attribute `region` (principals.ana.attributes.region)",
            "pgwicket.toml:14: the policy `nowhere.toml` can't be read: there is no such file (principals.cleo.policy)",
            "DATABASE_URL: the value is not a PostgreSQL URL",
            "POSTGRES_PASSWORD: `POSTGRES_PASSWORD` and `POSTGRES_PASSWORD_FILE` are both set",
        ]
        .map(str::to_owned)
    );
}

#[test]
fn wrong_variables_are_named() {
    let place = Installation::with(&[("pgwicket.toml", TOML)]);
    for (variable, value, expected) in [
        ("POSTGRES_PORT", "54x2", "POSTGRES_PORT: `54x2` is not a port from 1 to 65535"),
        ("POSTGRES_PORT", "0", "POSTGRES_PORT: `0` is not a port"),
        ("POSTGRES_POOL_SIZE", "0", "POSTGRES_POOL_SIZE: at least one connection must be kept"),
        ("POSTGRES_MAX_OVERFLOW", "-1", "POSTGRES_MAX_OVERFLOW: `-1` is not a whole number from 0 to 1000"),
        ("POSTGRES_SSL_MODE", "allow", "POSTGRES_SSL_MODE: the TLS mode `allow` is not supported"),
        ("POSTGRES_HOST", "a,b", "POSTGRES_HOST: `a,b` is not one host name or address"),
        ("POSTGRES_SSL_CERT", "x.pem", "a client certificate is given without its key"),
        (
            "POSTGRES_PASSWORD_FILE",
            "/nowhere/at/all",
            "POSTGRES_PASSWORD_FILE: the password file `/nowhere/at/all` can't be read: there is no such file",
        ),
    ] {
        assert_eq!(place.faults(&[(variable, value)]), [expected]);
    }
    let place = Installation::with(&[
        ("pgwicket.toml", TOML),
        (".env", "POSTGRES_PORT=x\nPOSTGRES_PASSWORD_FILE=empty"),
        ("empty", "\n"),
    ]);
    let faults = place.faults(&[]);
    assert_eq!(faults[0], ".env: POSTGRES_PASSWORD_FILE: the password file `empty` is empty");
    assert_eq!(faults[1], ".env: POSTGRES_PORT: `x` is not a port from 1 to 65535");
}

#[test]
fn misspelt_variables_are_noted() {
    let place = Installation::with(&[("pgwicket.toml", TOML)]);
    let config = place.load(&[("POSTGRES_PASWORD", "s3cret"), ("POSTGRES_INITDB_ARGS", "x")]).unwrap();
    let [misspelt] = config.notes.misspelt.as_slice() else { panic!("{:?}", config.notes) };
    assert_eq!(misspelt.to_string(), "POSTGRES_PASWORD: this variable is not read");
    assert_eq!(misspelt.help.as_deref(), Some("did you mean `POSTGRES_PASSWORD`?"));
    // Where something is wrong, they may be the cause.
    let faults = place.faults(&[("POSTGRES_PASWORD", "s3cret"), ("POSTGRES_PORT", "x")]);
    assert_eq!(faults.last().unwrap(), "POSTGRES_PASWORD: this variable is not read");
}

#[test]
fn a_policy_alone_has_a_local_principal_and_reads_no_dotenv() {
    let place = Installation::with(&[(".env", "POSTGRES_HOST=from.dotenv")]);
    let load = |attributes: &[&str], environment: &[(&str, &str)]| {
        let path = place.directory.path().join("analyst.toml");
        let attributes = attributes.iter().map(|one| (*one).to_owned()).collect();
        Config::load(&Source::Policy { path, attributes }, &environment.iter().copied().collect())
    };
    let environment = [("POSTGRES_DB", "shop"), ("POSTGRES_USER", "ana"), ("HOME", "/home/ana")];
    let config = load(&["tenant=7", "regions=eu,us"], &environment).unwrap();
    assert_eq!(config.database.config.address(), "localhost:5432");
    assert_eq!(config.history, Path::new("/home/ana/.local/state/pgwicket/history"));
    assert_eq!(config.principal(None).unwrap(), "local");
    assert_eq!(config.principals["local"].principal.attributes.len(), 2);

    let faults = place.tidy(load(&["tenant=seven", "regions=", "tenant", "tenant=7"], &environment[..2]).unwrap_err());
    assert_eq!(
        faults,
        [
            "there is no place for the history: neither HOME nor XDG_STATE_HOME is an absolute path",
            "--attribute: `tenant` is not an attribute",
            "--attribute: the attribute `tenant` is given twice",
        ]
    );
    let faults = place.tidy(load(&["tenant=7", "regions="], &[("XDG_STATE_HOME", "/state")]).unwrap_err());
    assert_eq!(faults, ["no database is named"]);
}

#[test]
fn several_principals_need_a_choice() {
    let toml =
        format!("{TOML}\n[principals.ben]\npolicy = \"analyst.toml\"\nattributes = {{ tenant = 1, regions = [] }}\n");
    let config = Installation::with(&[("pgwicket.toml", &toml)]).load(&[]).unwrap();
    let fault = config.principal(None).unwrap_err();
    assert_eq!(fault.to_string(), "--principal: the configuration has several principals");
    assert_eq!(fault.help.as_deref(), Some("choose one of `ana`, `ben` with `--principal`"));
    assert_eq!(config.principal(Some("ben")).unwrap(), "ben");
    let out = format!("{toml}disabled = true\n");
    let config_without = Installation::with(&[("pgwicket.toml", &out)]).load(&[]).unwrap();
    let fault = config_without.principal(None).unwrap_err();
    assert_eq!(fault.help.as_deref(), Some("choose one of `ana` with `--principal`"));
    assert!(config.principal(Some("cleo")).unwrap_err().to_string().contains("no principal `cleo`"));
}

#[test]
fn faults_of_policies_are_told_where_they_stand() {
    let policy = POLICY.replace("[schemas.sales]", "extends = [\"./analyst.toml\"]\n[schemas.sales]\naces = 1");
    let place = Installation::with(&[("pgwicket.toml", TOML), ("analyst.toml", &policy)]);
    let faults = place.faults(&[]);
    assert!(faults.iter().any(|fault| fault.starts_with("analyst.toml:") && fault.contains("`aces`")), "{faults:?}");
    assert!(place.load(&[("POSTGRES_PORT", "x")]).unwrap_err().0.len() > faults.len());
}
