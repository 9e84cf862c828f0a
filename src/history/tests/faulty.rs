//! A disk that fails when it is told to, and tells what was asked of it.

use super::*;
use std::fs::Metadata;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug, Clone, Default)]
pub(super) struct Faulty(Arc<Mutex<State>>, Arc<AtomicBool>);

#[derive(Debug, Default)]
struct State {
    /// Bytes that may still be written; none: as many as one likes.
    room: Option<usize>,
    fail_sync: bool,
    fail_open: bool,
    /// Takes this many bytes a call, as a system may.
    dribble: Option<usize>,
    syncs: usize,
    /// How long a sync takes.
    sync_takes: std::time::Duration,
}

impl Faulty {
    pub fn leave_room_for(&self, bytes: Option<usize>) {
        self.0.lock().unwrap().room = bytes;
    }

    pub fn fail_sync(&self, fail: bool) {
        self.0.lock().unwrap().fail_sync = fail;
    }

    pub fn fail_open(&self, fail: bool) {
        self.0.lock().unwrap().fail_open = fail;
    }

    pub fn dribble(&self, bytes: usize) {
        self.0.lock().unwrap().dribble = Some(bytes);
    }

    pub fn slow_syncs(&self, each: std::time::Duration) {
        self.0.lock().unwrap().sync_takes = each;
    }

    /// While they are held, no sync comes to its end.
    pub fn hold_syncs(&self, hold: bool) {
        self.1.store(hold, Ordering::SeqCst);
    }

    /// How often a file was synced since the last question.
    pub fn syncs(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().syncs)
    }

    fn open_allowed(&self) -> io::Result<()> {
        match self.0.lock().unwrap().fail_open {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => Ok(()),
        }
    }
}

impl Storage for Faulty {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        Disk.create_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.open_allowed()?;
        Ok(Box::new(FaultyFile { disk: self.clone(), file: Disk.create(path)? }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.open_allowed()?;
        Ok(Box::new(FaultyFile { disk: self.clone(), file: Disk.open(path)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.open_allowed()?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.open_allowed()?;
        Disk.remove(path)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        Disk.sync_directory(path)
    }
}

#[derive(Debug)]
struct FaultyFile {
    disk: Faulty,
    file: Box<dyn StorageFile>,
}

impl StorageFile for FaultyFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.0.lock().unwrap();
        let take = bytes.len().min(state.room.unwrap_or(usize::MAX)).min(state.dribble.unwrap_or(usize::MAX));
        if take == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Some(room) = &mut state.room {
            *room -= take;
        }
        self.file.write_at(&bytes[..take], offset)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        while self.disk.1.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let mut state = self.disk.0.lock().unwrap();
        state.syncs += 1;
        std::thread::sleep(state.sync_takes);
        match state.fail_sync {
            true => Err(io::Error::other("the disk gave up")),
            false => self.file.sync_data(),
        }
    }

    fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }
}
