//! Where this machine keeps PostgreSQL's server binaries.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::{EphemeralError, doing, run};

/// Names the directory to use; then no other place is looked at.
const VARIABLE: &str = "PGWICKET_PG_BIN";

/// Where packages put one directory a major version: parent, start of the version's directory, binaries below it.
const VERSIONED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A directory that holds `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// Looks in `PGWICKET_PG_BIN`, else in `PATH`, else where packages put them, the newest version first.
    pub(super) fn find() -> Result<Self, EphemeralError> {
        if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            let directory = std::path::absolute(&named).map_err(doing("read the working directory"))?;
            return Self::within(&directory).ok_or(EphemeralError::NotBinaries(PathBuf::from(named)));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let versioned =
            VERSIONED.iter().flat_map(|(parent, start, below)| newest_first(Path::new(parent), start, below));
        on_path(&path).chain(versioned).find_map(|directory| Self::within(&directory)).ok_or(EphemeralError::NoBinaries)
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.0.join("initdb")
    }

    pub(super) fn server(&self) -> PathBuf {
        self.0.join("postgres")
    }

    /// These binaries, or a copy below `directory` if they lie where `account` can't reach them, such as in root's
    /// home directory. What PostgreSQL needs beside them (`lib`, `share`) it finds from their own place.
    pub(super) fn within_reach_of(self, account: &Account, directory: &Path) -> Result<Self, EphemeralError> {
        if account.can_run(&self.server()) {
            return Ok(self);
        }
        let (Some(installation), Some(name)) = (self.0.parent(), self.0.file_name()) else {
            return Ok(self);
        };
        let copy = directory.join("postgresql");
        run("cp", Command::new("cp").arg("-R").arg(installation).arg(&copy))?;
        // The server's account removes it in the end.
        account.take_over_all(&copy)?;
        Ok(Self(copy.join(name)))
    }

    fn within(directory: &Path) -> Option<Self> {
        let complete = ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file());
        complete.then(|| Self(directory.to_owned()))
    }
}

/// The directories of `PATH`, each followed by the one that a link to `postgres` or `pg_ctl` in it leads to.
fn on_path(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let directories: Vec<PathBuf> = std::env::split_paths(path).filter(|directory| directory.is_absolute()).collect();
    directories.into_iter().flat_map(|directory| {
        let linked = ["postgres", "pg_ctl"].map(|program| {
            let real = directory.join(program).canonicalize().ok()?;
            real.parent().map(Path::to_owned)
        });
        std::iter::once(directory).chain(linked.into_iter().flatten())
    })
}

/// The binaries' directories of the versions under `parent`, by descending version number.
fn newest_first(parent: &Path, start: &str, below: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(start)?.parse().ok()?;
            Some((version, entry.path().join(below)))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, directory)| directory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        for program in ["initdb", "postgres", "pg_ctl"] {
            std::fs::write(directory.join(program), "").unwrap();
        }
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pg9", "pg16", "pg17", "pg", "pgold", "other18"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = newest_first(parent.path(), "pg", "bin");
        let expected: Vec<PathBuf> = ["pg17/bin", "pg16/bin", "pg9/bin"].map(|name| parent.path().join(name)).into();
        assert_eq!(found, expected);
        assert_eq!(newest_first(&parent.path().join("missing"), "", "bin"), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_directory_counts_only_with_both_programs() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("postgres"), "").unwrap();
        assert_eq!(Binaries::within(directory.path()), None);
        installation(directory.path());
        assert_eq!(Binaries::within(directory.path()), Some(Binaries(directory.path().to_owned())));
    }

    #[test]
    fn a_link_on_the_path_leads_to_the_installation() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap().join("lib/15/bin");
        installation(&real);
        let links = directory.path().join("links");
        std::fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(real.join("pg_ctl"), links.join("pg_ctl")).unwrap();
        let path = std::env::join_paths([Path::new("relative"), &links]).unwrap();
        let found: Vec<PathBuf> = on_path(&path).collect();
        assert_eq!(found, [links, real]);
    }
}
