//! What a power cut may leave at any moment: the operations on the disk are recorded, and each prefix of them is laid out
//! anew with what wasn't synced there, dropped, torn or out of order. The next process must find a chain that is whole or
//! honestly gapped, with everything in it that was acknowledged.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Operation {
    Create(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    SetLen(PathBuf, u64),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    SyncDirectory,
}

/// The real disk, and a record of what is done to it.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Operation>>>);

impl Recorder {
    fn note(&self, operation: Operation) {
        self.0.lock().unwrap().push(operation);
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Storage for Recorder {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        Disk.create_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let file = Disk.create(path)?;
        self.note(Operation::Create(path.into()));
        Ok(Box::new(RecordedFile { recorder: self.clone(), path: path.into(), file }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(RecordedFile { recorder: self.clone(), path: path.into(), file: Disk.open(path)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note(Operation::Rename(from.into(), to.into()));
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)?;
        self.note(Operation::Remove(path.into()));
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        if path.file_name().is_some_and(|name| name == "i0001") {
            self.note(Operation::SyncDirectory);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct RecordedFile {
    recorder: Recorder,
    path: PathBuf,
    file: Box<dyn StorageFile>,
}

impl StorageFile for RecordedFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.recorder.note(Operation::Write(self.path.clone(), offset, bytes.to_vec()));
        self.file.write_at(bytes, offset)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.recorder.note(Operation::SetLen(self.path.clone(), len));
        self.file.set_len(len)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.recorder.note(Operation::Sync(self.path.clone()));
        Ok(())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }
}

/// One file: what is surely on the disk, and what was done to it since.
#[derive(Debug, Clone, Default)]
struct Content {
    synced: Vec<u8>,
    since: Vec<Operation>,
}

/// What becomes of what wasn't synced.
#[derive(Debug, Clone, Copy)]
enum Unsynced {
    Kept,
    Dropped,
    /// The last write is there by half.
    Torn,
    /// Only the last write is there: the one before it would have come later.
    LastOnly,
}

impl Content {
    fn after(&self, unsynced: Unsynced) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        let last = self.since.len().wrapping_sub(1);
        for (at, operation) in self.since.iter().enumerate() {
            let part = match (unsynced, at == last) {
                (Unsynced::Kept, _) | (Unsynced::Torn, false) | (Unsynced::LastOnly, true) => 2,
                (Unsynced::Torn, true) => 1,
                (Unsynced::Dropped, _) | (Unsynced::LastOnly, false) => 0,
            };
            match operation {
                _ if part == 0 => {}
                Operation::Write(_, offset, data) => {
                    let data = &data[..data.len() * part / 2];
                    let (start, end) = (*offset as usize, *offset as usize + data.len());
                    bytes.resize(bytes.len().max(end), 0);
                    bytes[start..end].copy_from_slice(data);
                }
                Operation::SetLen(_, len) => bytes.resize(*len as usize, 0),
                _ => {}
            }
        }
        bytes
    }
}

/// The directory as the operations left it: names, and files by number, so that a name may lag behind its file.
#[derive(Debug, Clone, Default)]
struct Model {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
}

impl Model {
    fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(path) => {
                self.names.insert(path.clone(), self.files.len());
                self.files.push(Content::default());
            }
            Operation::Write(path, ..) | Operation::SetLen(path, _) => {
                self.files[self.names[path]].since.push(operation.clone());
            }
            Operation::Sync(path) => {
                let file = &mut self.files[self.names[path]];
                file.synced = file.after(Unsynced::Kept);
                file.since.clear();
            }
            Operation::Rename(from, to) => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), file);
            }
            Operation::Remove(path) => drop(self.names.remove(path)),
            Operation::SyncDirectory => self.synced_names = self.names.clone(),
        }
    }

    fn lay_out(&self, chain: &Path, names: &BTreeMap<PathBuf, usize>, unsynced: Unsynced) {
        fs::create_dir_all(chain).unwrap();
        for (path, file) in names {
            fs::write(chain.join(path.file_name().unwrap()), self.files[*file].after(unsynced)).unwrap();
        }
    }
}

/// A ledger with several segments, and after how many operations each record was acknowledged.
async fn recorded() -> (Vec<Operation>, Vec<(usize, LineHash)>) {
    let home = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    let settings = Settings { sync: SyncMode::All, segment_bytes: 4096, ..Settings::default() };
    let history = History::open_on(Arc::new(recorder.clone()), options_with(home.path(), settings)).unwrap();
    let mut acknowledged = Vec::new();
    for call in 0..12 {
        let appended = history.append(query("ana", &format!("SELECT {call}"))).await.unwrap();
        acknowledged.push((recorder.count(), appended.hash));
        // Let the closed segments be compressed meanwhile.
        std::thread::sleep(Duration::from_millis(5));
    }
    history.close().await;
    let operations = recorder.0.lock().unwrap().clone();
    assert!(operations.iter().any(|one| matches!(one, Operation::Rename(..))), "nothing was compressed");
    (operations, acknowledged)
}

fn hashes(chain: &Path) -> BTreeSet<LineHash> {
    let mut found = BTreeSet::new();
    for segment in segments::segments(chain).unwrap() {
        let mut lines = segment.lines_back().unwrap();
        while let Some(line) = lines.next().unwrap() {
            found.extend(line.bytes.map(|bytes| LineHash::of(&bytes)));
        }
    }
    found
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    let (operations, acknowledged) = recorded().await;
    let mut model = Model::default();
    let mut states = 0;
    for done in 0..=operations.len() {
        for names in [&model.synced_names, &model.names] {
            for unsynced in [Unsynced::Kept, Unsynced::Dropped, Unsynced::Torn, Unsynced::LastOnly] {
                let home = tempfile::tempdir().unwrap();
                let chain = home.path().join("i0001");
                model.lay_out(&chain, names, unsynced);
                let what = format!("after {done} operations of {}, {unsynced:?}", operations.len());
                let settings = Settings { sync: SyncMode::None, ..Settings::default() };
                let next = History::open(options_with(home.path(), settings));
                let next = next.unwrap_or_else(|error| panic!("{what}: {error}"));
                next.close().await;
                let found = verified(home.path()).findings;
                assert_eq!(found, [], "{what}");
                let there = hashes(&chain);
                for (_, hash) in acknowledged.iter().filter(|(after, _)| *after <= done) {
                    assert!(there.contains(hash), "{what}: an acknowledged record is lost");
                }
                states += 1;
            }
        }
        if let Some(operation) = operations.get(done) {
            model.apply(operation);
        }
    }
    println!("{} operations, {states} states", operations.len());
}
