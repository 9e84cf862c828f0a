//! Which chain of the directory this process writes: the first whose lock it gets.

use super::OpenError;
use super::segments::instance_name;
use super::storage::Storage;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// More processes on one directory than this are a mistake.
const MAX_INSTANCES: u32 = 9999;

/// An instance directory held by this process. The lock ends with the value, or with the process.
#[derive(Debug)]
pub(super) struct Instance {
    pub name: String,
    pub path: PathBuf,
    _lock: File,
}

/// Takes the first instance directory whose lock is free, making directories as needed.
pub(super) fn take(directory: &Path, storage: &dyn Storage) -> Result<Instance, OpenError> {
    create_directory(directory, storage)?;
    for number in 1..=MAX_INSTANCES {
        let name = instance_name(number);
        let path = directory.join(&name);
        create_directory(&path, storage)?;
        if let Some(lock) = try_lock(&path.join("lock"))? {
            return Ok(Instance { name, path, _lock: lock });
        }
    }
    Err(OpenError::Full { directory: directory.to_path_buf() })
}

fn create_directory(path: &Path, storage: &dyn Storage) -> Result<(), OpenError> {
    if path.is_dir() {
        return Ok(());
    }
    let failed = |cause| OpenError::io("create", path, cause);
    storage.create_directory(path).map_err(failed)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => storage.sync_directory(parent).map_err(failed),
        None => Ok(()),
    }
}

fn try_lock(path: &Path) -> Result<Option<File>, OpenError> {
    let failed = |cause| OpenError::io("lock", path, cause);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}
