//! Writes that wait for a person's approval, as signed files in a directory beside the history: `ID.pending` is a question,
//! `ID.approved` one that was answered with yes. The id stands for all that is approved: principal, policy, statement and
//! effect. Whoever removes a file has it: an approval is good for one write, whoever of several processes is first.
//! Knows nothing of how a person is asked.

#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::keys::{Keys, Purpose};

/// How long a question waits for its answer.
pub const QUESTION_LIVES: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an approval waits for its write.
pub const APPROVAL_LIVES: Duration = Duration::from_secs(60 * 60);
/// Questions and approvals that wait at a time, of all principals and of one.
pub const MOST_WAITING: usize = 1000;
/// One principal's questions don't keep others from asking.
pub const MOST_OF_ONE: usize = 100;
/// The longest file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 16;

const PENDING: &str = "pending";
const APPROVED: &str = "approved";

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Names the question, and all that is asked.
    pub id: String,
    /// Who wants to write.
    pub principal: String,
    /// On whose behalf, as the principal says.
    pub on_behalf_of: Option<String>,
    /// With which program, as it says itself.
    pub client: Option<String>,
    /// The policy's name.
    pub policy: String,
    /// The digest of the policy that admitted the write.
    pub policy_digest: String,
    /// The rule that asks for a person.
    pub rule: String,
    /// INSERT, UPDATE or DELETE.
    pub kind: String,
    /// `schema.name` of what is written.
    pub relation: String,
    /// What was submitted: SQL, or a tool's arguments as JSON.
    pub statement: String,
    /// Its parameters.
    pub parameters: Vec<Value>,
    /// How many rows it writes.
    pub rows: u64,
    /// Which rows, as a digest in hexadecimal digits.
    pub digest: String,
    /// Some of the rows as they would be written: `{"columns": …, "rows": …}`.
    pub sample: Value,
    /// When it was asked.
    pub asked: Timestamp,
}

/// A question that was answered with yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// What was asked.
    pub question: Question,
    /// Who said so, as far as it is known.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The record in the history that says so.
    pub record: Uuid,
}

/// What an approval is bound to. Two of the same have the same id.
#[derive(Debug, Clone, Copy)]
pub struct Bound<'a> {
    /// Who writes.
    pub principal: &'a str,
    /// Under which policy.
    pub policy_digest: &'a str,
    /// What, exactly as it was submitted.
    pub submission: &'a str,
    /// How many rows.
    pub rows: u64,
    /// Which rows.
    pub digest: &'a str,
}

/// Why a question or an approval can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is no such question, or it was answered.
    #[error("nothing of the id `{id}` waits for an approval; it may have been answered, or been withdrawn")]
    Unknown {
        /// The id.
        id: String,
    },
    /// It waited too long.
    #[error("what the id `{id}` asks for has waited too long")]
    Expired {
        /// The id.
        id: String,
    },
    /// The file isn't one that this deployment wrote.
    #[error("`{}` was not written by this deployment, or was changed", path.display())]
    Forged {
        /// The file.
        path: PathBuf,
    },
    /// Too much waits.
    #[error("{waiting} writes wait for an approval already")]
    TooMany {
        /// Of all principals, or of this one.
        waiting: usize,
    },
    /// The question can't be kept.
    #[error("what is to be approved is larger than {MOST_BYTES} bytes")]
    TooLarge,
    /// The operating system refused.
    #[error("could not {doing} `{}`: {cause}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        cause: io::Error,
    },
}

/// The questions and approvals of one deployment.
#[derive(Debug, Clone)]
pub struct Approvals {
    directory: PathBuf,
    keys: Arc<Keys>,
}

/// Where the approvals of a history lie: the directory `approvals` beside it.
pub fn directory_beside(history: &Path) -> PathBuf {
    match history.parent() {
        Some(parent) => parent.join("approvals"),
        None => history.join("approvals"),
    }
}

impl Approvals {
    /// Those in a directory, which is made when the first question is asked.
    pub fn new(directory: PathBuf, keys: Arc<Keys>) -> Self {
        Self { directory, keys }
    }

    /// The id that stands for all of this.
    pub fn id(&self, bound: &Bound<'_>) -> String {
        let Bound { principal, policy_digest, submission, rows, digest } = bound;
        let rows = rows.to_string();
        let parts = ["question", principal, policy_digest, submission, &rows, digest];
        self.keys.subkey(Purpose::Approval).digest(parts.map(str::as_bytes)).chars().take(ID_DIGITS).collect()
    }

    /// Keeps a question until it is answered. One that waits already waits on.
    ///
    /// # Errors
    /// When it can't be kept, or too much waits.
    pub fn ask(&self, question: &Question) -> Result<(), ApprovalError> {
        if self.pending(&question.id).is_ok() {
            return Ok(());
        }
        let mut directory = DirBuilder::new();
        directory.recursive(true).mode(0o700);
        directory.create(&self.directory).map_err(|cause| failed("create", &self.directory, cause))?;
        let (all, own) = self.tidy(&question.principal)?;
        let over = [(own, MOST_OF_ONE), (all, MOST_WAITING)].into_iter().find(|(waiting, most)| waiting >= most);
        if let Some((waiting, _)) = over {
            return Err(ApprovalError::TooMany { waiting });
        }
        self.write(&question.id, PENDING, question)
    }

    /// A question that waits.
    ///
    /// # Errors
    /// There is none of that id, or it can't be read.
    pub fn pending(&self, id: &str) -> Result<Question, ApprovalError> {
        let question: Question = self.read(&self.path(id, PENDING)?, id)?;
        self.fresh(question.asked, QUESTION_LIVES, id).map(|()| question)
    }

    /// All questions that wait, the oldest first; what can't be read is told beside them.
    ///
    /// # Errors
    /// The directory can't be read.
    pub fn all_pending(&self) -> Result<(Vec<Question>, Vec<ApprovalError>), ApprovalError> {
        let (mut questions, mut errors) = (Vec::new(), Vec::new());
        for (id, state) in self.waiting()? {
            match (state == PENDING).then(|| self.pending(&id)) {
                Some(Ok(question)) => questions.push(question),
                Some(Err(ApprovalError::Unknown { .. } | ApprovalError::Expired { .. })) | None => {}
                Some(Err(error)) => errors.push(error),
            }
        }
        questions.sort_by_key(|question| question.asked);
        Ok((questions, errors))
    }

    /// Takes a question away, for whoever answers it.
    ///
    /// # Errors
    /// It isn't there any more, or can't be read.
    pub fn take_pending(&self, id: &str) -> Result<Question, ApprovalError> {
        let question: Question = self.take(id, PENDING)?;
        self.fresh(question.asked, QUESTION_LIVES, id).map(|()| question)
    }

    /// Keeps an approval until the write comes.
    ///
    /// # Errors
    /// When it can't be kept.
    pub fn approve(&self, approval: &Approval) -> Result<(), ApprovalError> {
        self.write(&approval.question.id, APPROVED, approval)
    }

    /// Takes the approval of this id away, for the one write that it is good for; none if there is none.
    ///
    /// # Errors
    /// It can't be read, or is too old.
    pub fn take_approved(&self, id: &str) -> Result<Option<Approval>, ApprovalError> {
        let approval: Approval = match self.take(id, APPROVED) {
            Ok(approval) => approval,
            Err(ApprovalError::Unknown { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.fresh(approval.at, APPROVAL_LIVES, id).map(|()| Some(approval))
    }

    fn fresh(&self, since: Timestamp, lives: Duration, id: &str) -> Result<(), ApprovalError> {
        let age = Timestamp::now().duration_since(since);
        // One from the future is none of ours, or the clock was set back: either way it isn't known how old it is.
        match age.is_negative() || age.unsigned_abs() > lives {
            true => Err(ApprovalError::Expired { id: id.to_owned() }),
            false => Ok(()),
        }
    }

    /// Removes what has waited too long, and gives how much waits: of all, and the questions of a principal.
    fn tidy(&self, principal: &str) -> Result<(usize, usize), ApprovalError> {
        let (mut all, mut own) = (0, 0);
        for (id, state) in self.waiting()? {
            let old = match state {
                PENDING => match self.pending(&id) {
                    Ok(question) => {
                        own += usize::from(question.principal == principal);
                        false
                    }
                    Err(error) => matches!(error, ApprovalError::Expired { .. }),
                },
                _ => self
                    .read(&self.path(&id, state)?, &id)
                    .is_ok_and(|approval: Approval| self.fresh(approval.at, APPROVAL_LIVES, &id).is_err()),
            };
            match old {
                // Somebody else may have been first.
                true => drop(fs::remove_file(self.path(&id, state)?)),
                false => all += 1,
            }
        }
        Ok((all, own))
    }

    /// Ids and states of the files that wait.
    fn waiting(&self) -> Result<Vec<(String, &'static str)>, ApprovalError> {
        let failed = |cause| failed("read", &self.directory, cause);
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let Some((id, state)) = name.to_str().and_then(|name| name.split_once('.')) else { continue };
            let state = [PENDING, APPROVED].into_iter().find(|one| *one == state);
            if let Some(state) = state.filter(|_| is_id(id)) {
                found.push((id.to_owned(), state));
            }
        }
        Ok(found)
    }

    fn path(&self, id: &str, state: &str) -> Result<PathBuf, ApprovalError> {
        match is_id(id) {
            true => Ok(self.directory.join(format!("{id}.{state}"))),
            false => Err(ApprovalError::Unknown { id: id.to_owned() }),
        }
    }

    /// Renames the file, so that only one has it, reads it and removes it.
    fn take<T: for<'de> Deserialize<'de> + Identified>(&self, id: &str, state: &str) -> Result<T, ApprovalError> {
        let path = self.path(id, state)?;
        let mine = self.directory.join(format!("{id}.taken-{}", Uuid::now_v7()));
        match fs::rename(&path, &mine) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ApprovalError::Unknown { id: id.to_owned() });
            }
            Err(cause) => return Err(failed("take", &path, cause)),
        }
        let read = self.read(&mine, id);
        let removed = fs::remove_file(&mine).and_then(|()| sync(&self.directory));
        let read = read?;
        // Otherwise it would be good for another one after a power cut.
        removed.map_err(|cause| failed("remove", &mine, cause))?;
        Ok(read)
    }

    /// The file's text and, in the line behind it, what authenticates it.
    fn read<T: for<'de> Deserialize<'de> + Identified>(&self, path: &Path, id: &str) -> Result<T, ApprovalError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ApprovalError::Unknown { id: id.to_owned() });
            }
            file => file.map_err(|cause| failed("open", path, cause))?,
        };
        let mut text = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(|cause| failed("read", path, cause))?;
        let forged = || ApprovalError::Forged { path: path.to_owned() };
        let text = std::str::from_utf8(&text).map_err(|_| forged())?;
        let (body, seal) = text.trim_end().rsplit_once('\n').ok_or_else(forged)?;
        verify_slices_are_equal(self.seal(T::STATE, body).as_bytes(), seal.as_bytes()).map_err(|_| forged())?;
        let read: T = serde_json::from_str(body).map_err(|_| forged())?;
        // One that was renamed is another one.
        if read.id() == id { Ok(read) } else { Err(forged()) }
    }

    fn write<T: Serialize + Identified>(&self, id: &str, state: &str, what: &T) -> Result<(), ApprovalError> {
        let path = self.path(id, state)?;
        let failed = |cause: io::Error| failed("write", &path, cause);
        let body = serde_json::to_string(what).map_err(|error| failed(error.into()))?;
        let text = format!("{body}\n{}\n", self.seal(T::STATE, &body));
        if text.len() as u64 > MOST_BYTES {
            return Err(ApprovalError::TooLarge);
        }
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(&self.directory)
            .map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync(&self.directory).map_err(failed)
    }

    fn seal(&self, state: &str, body: &str) -> String {
        self.keys.subkey(Purpose::Approval).digest(["file", state, body].map(str::as_bytes))
    }
}

/// What lies in a file by its id.
trait Identified {
    /// A question is no approval.
    const STATE: &'static str;
    fn id(&self) -> &str;
}

impl Identified for Question {
    const STATE: &'static str = PENDING;
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Approval {
    const STATE: &'static str = APPROVED;
    fn id(&self) -> &str {
        &self.question.id
    }
}

fn is_id(id: &str) -> bool {
    id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn failed(doing: &'static str, path: &Path, cause: io::Error) -> ApprovalError {
    ApprovalError::Io { doing, path: path.to_owned(), cause }
}
