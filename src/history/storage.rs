//! The few file operations that change a ledger, behind one trait, so that tests can make each of them fail. Reading
//! needs no trait: a reader sees whatever lies on disk.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;

/// Where a ledger is written.
pub trait Storage: Debug + Send + Sync {
    /// Makes a directory for its owner alone (mode 0700), parents included; one that is there is left as it is.
    ///
    /// # Errors
    /// The operating system's.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes a file for its owner alone (mode 0600), which must not be there yet.
    ///
    /// # Errors
    /// The operating system's.
    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    /// The operating system's.
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Gives a file another name, in the place of whatever has that name.
    ///
    /// # Errors
    /// The operating system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file.
    ///
    /// # Errors
    /// The operating system's.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Syncs a directory, so that the files made in it are still there after a power cut.
    ///
    /// # Errors
    /// The operating system's.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// One file of a ledger, open for writing.
pub trait StorageFile: Debug + Send {
    /// Writes at an offset and says how many bytes were taken.
    ///
    /// # Errors
    /// The operating system's.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Cuts the file.
    ///
    /// # Errors
    /// The operating system's.
    fn set_len(&mut self, len: u64) -> io::Result<()>;

    /// Syncs the file's data and length to disk (fdatasync).
    ///
    /// # Errors
    /// The operating system's.
    fn sync_data(&mut self) -> io::Result<()>;

    /// The open file's identity and length.
    ///
    /// # Errors
    /// The operating system's.
    fn metadata(&self) -> io::Result<Metadata>;
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Storage for Disk {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl StorageFile for File {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn metadata(&self) -> io::Result<Metadata> {
        File::metadata(self)
    }
}
