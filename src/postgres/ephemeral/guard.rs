//! The guard: a small shell that is the server's parent and ends it when we are gone.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::account::Account;
use super::{EphemeralError, doing, last_lines};

/// How long the server may take until it answers; a cold disk needs a few seconds.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// The guard. `$1` is our directory, the rest the server's command line. A reader in the background watches the pipe,
/// so that the guard itself can wait for the server; it repeats its signal, since a server that has only just been
/// started doesn't hear it. The directory goes when the server does.
///
/// SIGQUIT is PostgreSQL's immediate shutdown: it ends within five seconds whatever its sessions are doing.
const SCRIPT: &str = r#"
trap '' INT HUP
directory=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(
    read -r _ <&3
    while kill -QUIT "$server"; do sleep 0.2; done
) 2>/dev/null &
reader=$!
exec 3<&-
trap 'kill -QUIT "$server"' TERM
wait "$server"; status=$?
while kill -0 "$server" 2>/dev/null; do wait "$server"; status=$?; done
kill "$reader" 2>/dev/null
cd / && rm -rf "$directory" 2>/dev/null
exit "$status"
"#;

/// The guard's process, and our end of the pipe that it watches.
#[derive(Debug)]
pub(super) struct Guard {
    shell: Child,
    log: File,
}

impl Guard {
    /// The guard's command line, to which the server's is to be appended.
    pub(super) fn command(account: &Account, directory: &Path) -> Command {
        let mut command = account.command("/bin/sh", directory);
        command.arg("-c").arg(SCRIPT).arg("pgwicket-guard").arg(directory);
        command
    }

    /// Starts the guard, and the guard the server.
    pub(super) fn start(command: &mut Command, directory: &Path) -> Result<Self, EphemeralError> {
        let log = File::options()
            .create_new(true)
            .append(true)
            .read(true)
            .mode(0o600)
            .open(directory.join("log"))
            .map_err(doing("make the throwaway server's log"))?;
        let copy = || log.try_clone().map_err(doing("share the throwaway server's log"));
        let shell = command
            .stdin(Stdio::piped())
            .stdout(copy()?)
            .stderr(copy()?)
            // Ctrl-C in the terminal is for us alone; we stop the server when we have used it.
            .process_group(0)
            .spawn()
            .map_err(doing("start the throwaway server"))?;
        Ok(Self { shell, log })
    }

    /// Returns when the server says in its lock file that it takes connections, as `pg_ctl --wait` does.
    pub(super) fn wait_until_ready(&mut self, directory: &Path) -> Result<(), EphemeralError> {
        let lock_file = directory.join("data/postmaster.pid");
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            // The status is the eighth line, since PostgreSQL 10.
            if let Ok(lines) = std::fs::read_to_string(&lock_file)
                && lines.lines().nth(7).is_some_and(|status| status.trim() == "ready")
            {
                return Ok(());
            }
            let ended = self.shell.try_wait().map_err(doing("watch the throwaway server"))?.is_some();
            if ended || Instant::now() > deadline {
                return Err(EphemeralError::Start { log: self.end_of_log() });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The log's last lines. The file may be removed already; our handle still reads it.
    fn end_of_log(&mut self) -> String {
        let mut text = Vec::new();
        let read = self.log.seek(SeekFrom::Start(0)).and_then(|_| self.log.read_to_end(&mut text));
        match read {
            Ok(_) => last_lines(&String::from_utf8_lossy(&text)),
            Err(error) => format!("its log can't be read: {error}"),
        }
    }

    /// Closes the pipe, which ends the server, and waits for the end.
    pub(super) fn stop(&mut self) {
        drop(self.shell.stdin.take());
        // It can only fail when someone else has waited for our child.
        let _ = self.shell.wait();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // No pipe: stopped already.
        if self.shell.stdin.is_some() {
            self.stop();
        }
    }
}
