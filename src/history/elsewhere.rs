//! Checkpoints in a second place: a file, the system's log, or standard error. What can't be handed over now is tried again with the next.

use super::note::Checkpoint;
use super::settings::CheckpointPlace;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

const SYSLOG: &str = "/dev/log";
/// Facility 13 (log audit), severity 5 (notice), as RFC 5424 numbers them.
const PRIORITY: u32 = 13 * 8 + 5;

/// Where checkpoints go, and the last that didn't arrive.
#[derive(Debug)]
pub(super) struct Elsewhere {
    place: Option<CheckpointPlace>,
    waiting: Option<Checkpoint>,
    reported: bool,
}

impl Elsewhere {
    pub fn new(place: Option<CheckpointPlace>) -> Elsewhere {
        Elsewhere { place, waiting: None, reported: false }
    }

    /// Hands a checkpoint over. A later one says all that an earlier one says, so only the last is tried again.
    pub fn hand_over(&mut self, checkpoint: Checkpoint) {
        self.waiting = Some(checkpoint);
        self.try_again();
    }

    /// Tries once more what didn't arrive.
    pub fn try_again(&mut self) {
        let (Some(place), Some(checkpoint)) = (&self.place, &self.waiting) else { return };
        let done = match place {
            CheckpointPlace::File(path) => append(path, checkpoint),
            CheckpointPlace::Syslog => send(Path::new(SYSLOG), checkpoint),
            CheckpointPlace::Stderr => io::stderr().lock().write_all(format!("{}\n", line(checkpoint)).as_bytes()),
        };
        match done {
            Ok(()) => {
                self.waiting = None;
                self.reported = false;
            }
            Err(error) if !self.reported => {
                self.reported = true;
                tracing::error!(?place, %error, "a checkpoint could not be handed over; it is tried again with the next");
            }
            Err(_) => {}
        }
    }
}

/// The note and an empty line, in one write, on disk.
fn append(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("{}\n", checkpoint.note).as_bytes())?;
    file.sync_data()
}

/// One line: the note as a JSON string.
fn line(checkpoint: &Checkpoint) -> String {
    let note = serde_json::Value::from(checkpoint.note.as_str());
    format!("pgwicket[{}]: checkpoint {note}", std::process::id())
}

/// One datagram of one line.
fn send(socket: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let line = format!("<{PRIORITY}>{}", line(checkpoint));
    UnixDatagram::unbound()?.send_to(line.as_bytes(), socket).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::LineHash;
    use crate::keys::Signer;
    use std::os::unix::fs::PermissionsExt;

    fn checkpoint(seq: u64) -> Checkpoint {
        let signer = Signer::from_seed(&[7; 32]).unwrap();
        Checkpoint::sign(&signer, "i0001", seq, LineHash::of(b"x"), jiff::Timestamp::now())
    }

    #[test]
    fn a_file_holds_one_note_behind_the_other_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("checkpoints");
        let mut elsewhere = Elsewhere::new(Some(CheckpointPlace::File(path.clone())));
        let notes = [checkpoint(1), checkpoint(2)];
        notes.iter().for_each(|one| elsewhere.hand_over(one.clone()));
        assert_eq!(Checkpoint::parse_all(&std::fs::read_to_string(&path).unwrap()).unwrap(), notes);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_does_not_arrive_is_tried_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("later/checkpoints");
        let mut elsewhere = Elsewhere::new(Some(CheckpointPlace::File(path.clone())));
        elsewhere.hand_over(checkpoint(1));
        elsewhere.hand_over(checkpoint(2));
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        elsewhere.try_again();
        elsewhere.try_again();
        let arrived = Checkpoint::parse_all(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(arrived.iter().map(|one| one.seq).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn the_systems_log_gets_one_line() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let sent = checkpoint(3);
        send(&path, &sent).unwrap();
        let mut buffer = [0; 4096];
        let length = log.recv(&mut buffer).unwrap();
        let line = std::str::from_utf8(&buffer[..length]).unwrap();
        let (head, note) = line.split_once(" checkpoint ").unwrap();
        assert_eq!(head, format!("<109>pgwicket[{}]:", std::process::id()));
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<String>(note).unwrap(), sent.note);
    }
}
