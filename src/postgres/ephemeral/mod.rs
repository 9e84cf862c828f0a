//! A throwaway PostgreSQL for `pgwicket demo` and the integration tests: own directory, own account when we are root,
//! a free port, nothing left behind. It may not know what runs on it, and no request ever comes near it.
//!
//! A small shell, the guard, is the server's parent and holds the reading end of a pipe from us. When the pipe closes,
//! because of [`Ephemeral::stop`], a drop, a panic or because this process was killed, the guard shuts the server down
//! and removes the directory. So there is one way to end, and it needs nobody's cooperation.

mod account;
mod binaries;
mod guard;

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use account::Account;
use binaries::Binaries;
use guard::Guard;

/// The superuser of every throwaway server.
pub const SUPERUSER: &str = "postgres";

/// Someone else may take the port between our finding it and the server's binding it.
const PORT_ATTEMPTS: usize = 5;
/// What the server's log says then.
const PORT_TAKEN: &str = "could not bind";
/// A socket's path may have 103 bytes on macOS; this much of it may be the system's temporary directory.
const SHORT_PATH: usize = 60;

/// Durability is worth nothing here; what differs between machines (time zone, JIT, autovacuum) is fixed.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", "127.0.0.1"),
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
    ("jit", "off"),
    ("max_connections", "200"),
    ("shared_buffers", "32MB"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_min_messages", "warning"),
];

/// How a throwaway server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Server settings beside ours (or instead of them), such as `("log_statement", "all")`.
    pub settings: Vec<(String, String)>,
}

/// A running throwaway server; dropping it stops the server and removes its directory.
#[derive(Debug)]
pub struct Ephemeral {
    // First, so that it is dropped first: the directory goes when the server has ended.
    guard: Guard,
    directory: TempDir,
    port: u16,
    password: SecretString,
}

/// What can go wrong with a throwaway server.
#[derive(Debug, thiserror::Error)]
pub enum EphemeralError {
    /// No directory that we know holds `initdb` and `postgres`.
    #[error("no PostgreSQL server was found on this machine")]
    NoBinaries,
    /// `PGWICKET_PG_BIN` is set, but isn't a directory with a server in it.
    #[error("`PGWICKET_PG_BIN` is `{0}`, which holds no `initdb` and `postgres`")]
    NotBinaries(PathBuf),
    /// PostgreSQL refuses to run as root, and there is no other account to run it as.
    #[error("PostgreSQL doesn't run as root, and this machine has neither an account `postgres` nor `nobody`")]
    NoAccount,
    /// The operating system refused something.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What we were about to do.
        doing: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// `initdb` or `cp` ended with an error.
    #[error("`{program}` failed: {output}")]
    Command {
        /// The program's name.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// The server ended, or didn't become ready in time.
    #[error("the throwaway PostgreSQL didn't start: {log}")]
    Start {
        /// The end of its log.
        log: String,
    },
    /// A script failed.
    #[error("a script failed on the throwaway PostgreSQL: {0}")]
    Script(#[from] tokio_postgres::Error),
}

impl EphemeralError {
    /// What a person can do about it, if there is something.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoBinaries => Some(
                "install one (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`; \
                 macOS: `brew install postgresql@17`), or name its directory in `PGWICKET_PG_BIN`",
            ),
            Self::NotBinaries(_) => {
                Some("name the directory that holds `postgres`, such as /usr/lib/postgresql/15/bin")
            }
            Self::NoAccount => Some("run as a user other than root"),
            Self::Io { .. } | Self::Command { .. } | Self::Start { .. } | Self::Script(_) => None,
        }
    }
}

impl Ephemeral {
    /// Makes a directory, a database cluster in it and starts a server on it; returns when the server answers. Blocks
    /// for about a second.
    ///
    /// # Errors
    /// No server binaries, no account to run them as, or whatever `initdb` and the server complain about.
    pub fn start(options: &Options) -> Result<Self, EphemeralError> {
        let mut attempt = 1;
        loop {
            match Self::start_once(options) {
                Err(EphemeralError::Start { log }) if log.contains(PORT_TAKEN) && attempt < PORT_ATTEMPTS => {
                    attempt += 1
                }
                result => return result,
            }
        }
    }

    fn start_once(options: &Options) -> Result<Self, EphemeralError> {
        let found = Binaries::find()?;
        let directory = temporary_directory()?;
        let account = Account::for_owner_of(directory.path())?;
        account.take_over(directory.path())?;
        let binaries = found.within_reach_of(&account, directory.path())?;
        let password = random_password()?;
        make_cluster(&binaries, &account, directory.path(), &password)?;
        let port = free_port()?;
        let mut server = server_command(&binaries, &account, directory.path(), port, options);
        let mut guard = Guard::start(&mut server, directory.path())?;
        guard.wait_until_ready(directory.path())?;
        Ok(Self { guard, directory, port, password })
    }

    /// The address that the server listens on: always loopback.
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// The port on [`Ephemeral::host`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of [`SUPERUSER`], made at random.
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// The server's directory: the cluster in `data`, its log in `log`, its socket.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// How to connect to `database` as the superuser.
    pub fn config(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host(self.host()).port(self.port).dbname(database);
        config.user(SUPERUSER).password(self.password.expose_secret());
        config
    }

    /// Runs the statements of `sql` in `database`, as the superuser. For our own sample data only.
    ///
    /// # Errors
    /// The connection failed, or a statement did.
    #[expect(clippy::disallowed_methods, reason = "scripts of our own, on a server that exists for this process only")]
    pub async fn run_script(&self, database: &str, sql: &str) -> Result<(), EphemeralError> {
        let (client, connection) = self.config(database).connect(tokio_postgres::NoTls).await?;
        let pump = tokio::spawn(connection);
        let result = client.batch_execute(sql).await;
        drop(client);
        // The script's own error says more than the connection's.
        if let Ok(Err(lost)) = pump.await {
            result?;
            return Err(lost.into());
        }
        Ok(result?)
    }

    /// Stops the server and removes its directory, as dropping does, and tells when that failed.
    ///
    /// # Errors
    /// The directory couldn't be removed.
    pub fn stop(mut self) -> Result<(), EphemeralError> {
        self.guard.stop();
        match std::fs::remove_dir_all(self.directory.path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(doing("remove the throwaway server's directory")(error))
            }
            _ => Ok(()),
        }
    }
}

/// The guard's shell with the server's command line, as the account that shall run it.
fn server_command(binaries: &Binaries, account: &Account, directory: &Path, port: u16, options: &Options) -> Command {
    let mut command = Guard::command(account, directory);
    command.arg(binaries.server()).arg("-D").arg(directory.join("data")).arg("-p").arg(port.to_string());
    command.arg("-k").arg(directory);
    for (name, value) in SETTINGS {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    // The last one counts.
    for (name, value) in &options.settings {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
}

/// Runs `initdb`: UTF-8, the C locale on every machine, SCRAM passwords on every connection.
fn make_cluster(
    binaries: &Binaries,
    account: &Account,
    directory: &Path,
    password: &SecretString,
) -> Result<(), EphemeralError> {
    let password_file = directory.join("password");
    let written = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&password_file)
        .and_then(|mut file| file.write_all(password.expose_secret().as_bytes()));
    written.map_err(doing("write the superuser's password for `initdb`"))?;
    account.take_over(&password_file)?;
    let mut initdb = account.command(binaries.initdb(), directory);
    initdb.arg("-D").arg(directory.join("data")).args(["--username", SUPERUSER]);
    initdb.arg("--pwfile").arg(&password_file);
    initdb.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    run("initdb", &mut initdb)?;
    std::fs::remove_file(&password_file).map_err(doing("remove the superuser's password"))
}

/// Runs a program to its end; what it said is the error if it fails.
fn run(program: &'static str, command: &mut Command) -> Result<(), EphemeralError> {
    let output = command.stdin(Stdio::null()).output().map_err(doing(&format!("run `{program}`")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(EphemeralError::Command { program, output: last_lines(&String::from_utf8_lossy(&said)) })
}

/// A directory of our own, under a path short enough for a socket.
fn temporary_directory() -> Result<TempDir, EphemeralError> {
    let usual = std::env::temp_dir();
    let parent = if usual.as_os_str().len() > SHORT_PATH { PathBuf::from("/tmp") } else { usual };
    tempfile::Builder::new().prefix("pgwicket-").tempdir_in(parent).map_err(doing("make a temporary directory"))
}

/// A port that nobody listens on, just now.
fn free_port() -> Result<u16, EphemeralError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(doing("find a free port on 127.0.0.1"))?.port())
}

pub(crate) fn random_password() -> Result<SecretString, EphemeralError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| doing("make a random password")(std::io::Error::other("no random numbers to be had")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
}

/// The last lines of what a program said, on one line.
fn last_lines(text: &str) -> String {
    const LINES: usize = 5;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(LINES)).copied().collect::<Vec<_>>().join("; ")
}

/// Makes an error out of the operating system's, with what we were doing.
fn doing(what: &str) -> impl FnOnce(std::io::Error) -> EphemeralError {
    move |source| EphemeralError::Io { doing: what.to_owned(), source }
}

#[cfg(test)]
mod tests;
