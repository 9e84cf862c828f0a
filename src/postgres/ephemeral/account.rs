//! Which account of this machine runs the server: PostgreSQL refuses to run as root.

use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{EphemeralError, doing, run};

/// Accounts that PostgreSQL may run as when we are root, the best first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// The account that runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Ours; we aren't root.
    Own,
    /// Another, by its ids; we are root.
    Other {
        /// User id.
        user: u32,
        /// Group id.
        group: u32,
    },
}

impl Account {
    /// The account for a server whose directory we have just made: its owner tells who we are.
    pub(super) fn for_owner_of(directory: &Path) -> Result<Self, EphemeralError> {
        let owner = std::fs::metadata(directory).map_err(doing("look at the temporary directory"))?.uid();
        if owner != 0 {
            return Ok(Self::Own);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").map_err(doing("read /etc/passwd"))?;
        CANDIDATES.iter().find_map(|name| find(&accounts, name)).ok_or(EphemeralError::NoAccount)
    }

    /// Gives a file or directory to this account.
    pub(super) fn take_over(self, path: &Path) -> Result<(), EphemeralError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { user, group } => {
                chown(path, Some(user), Some(group)).map_err(doing("hand the temporary directory over"))
            }
        }
    }

    /// Gives a directory with all that is in it to this account.
    pub(super) fn take_over_all(self, path: &Path) -> Result<(), EphemeralError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { user, group } => {
                run("chown", Command::new("chown").arg("-R").arg(format!("{user}:{group}")).arg(path))
            }
        }
    }

    /// A command that this account runs in `directory`, free of the settings that our own environment has for
    /// PostgreSQL.
    pub(super) fn command(self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env("LC_ALL", "C").env_remove("LANGUAGE");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group);
        }
        command
    }

    /// Whether this account can reach and run `program`.
    pub(super) fn can_run(self, program: &Path) -> bool {
        match self {
            Self::Own => true,
            Self::Other { .. } => self
                .command(program, Path::new("/"))
                .arg("--version")
                .output()
                .is_ok_and(|output| output.status.success()),
        }
    }
}

/// The account called `name` in the text of /etc/passwd; never root under another name.
fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        (user != 0).then_some(Account::Other { user, group })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name_and_is_never_root() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres-old:x:7:7::/:/bin/sh\npostgres:x:105:112:,,,:/var:/bin/sh\n\
                        toor:x:0:0::/:/bin/sh\nbroken:x:y:z::/:\n";
        assert_eq!(find(accounts, "postgres"), Some(Account::Other { user: 105, group: 112 }));
        for name in ["nobody", "toor", "root", "broken"] {
            assert_eq!(find(accounts, name), None, "{name}");
        }
    }

    #[test]
    fn commands_do_not_inherit_settings_for_postgresql() {
        let command = Account::Own.command("true", Path::new("/"));
        let kept =
            command.get_envs().filter(|(name, value)| name.to_string_lossy().starts_with("PG") && value.is_some());
        assert_eq!(kept.count(), 0);
    }
}
