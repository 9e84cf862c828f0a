//! What a power cut may leave at any moment: the operations on the disk are recorded, and each prefix of them is laid out
//! anew with what wasn't synced there, dropped, torn or out of order, contents and names alike. The next process must find
//! a chain that is whole or honestly gapped, with everything in it that was acknowledged. The sequence has appends, segments
//! begun, compressed and deleted, checkpoints, an orderly end, a crash and the repair after it. That a broken ledger would
//! be noticed is shown by ledgers that are broken on purpose, on a disk that lies.

use super::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
enum Operation {
    Create(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    SetLen(PathBuf, u64),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    SyncDirectory,
}

/// What a disk says that it synced, and did not: as if the ledger had left it out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
    /// Records are acknowledged before they are synced.
    Records,
    /// A segment is renamed, and the plain one deleted, before the compressed one is synced.
    Compressed,
    /// The plain segment is deleted before the new name of the compressed one is on disk.
    Names,
    /// A segment is begun, and written, before its name is on disk.
    NewNames,
    /// The torn end is cut off before its copy is on disk.
    TornEnds,
}

const LIES: [Lie; 5] = [Lie::Records, Lie::Compressed, Lie::Names, Lie::NewNames, Lie::TornEnds];

/// The real disk, and a record of what is done to it.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Operation>>>, Option<Lie>);

impl Recorder {
    fn note(&self, operation: Operation) {
        let mut all = self.0.lock().unwrap();
        let name = |path: &PathBuf| path.to_str().unwrap().to_owned();
        // Which names the directory's sync was for shows in what came before it.
        let last = all.iter().rev().find(|one| !matches!(one, Operation::Sync(_) | Operation::Write(..)));
        let left_out = match (self.1, &operation, last) {
            (Some(Lie::Records), Operation::Sync(path), _) => name(path).ends_with(".jsonl"),
            (Some(Lie::Compressed), Operation::Sync(path), _) => name(path).ends_with(".tmp"),
            (Some(Lie::TornEnds), Operation::Sync(path), _) => name(path).contains(".torn-"),
            (Some(Lie::Names), Operation::SyncDirectory, Some(Operation::Rename(..))) => true,
            (Some(Lie::NewNames), Operation::SyncDirectory, Some(Operation::Create(path))) => {
                name(path).ends_with(".jsonl")
            }
            _ => false,
        };
        if !left_out {
            all.push(operation);
        }
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

const UNSYNCED: [Unsynced; 4] = [Unsynced::Kept, Unsynced::Dropped, Unsynced::Torn, Unsynced::LastOnly];

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

type Names = BTreeMap<PathBuf, usize>;

/// One change of the directory: this name is that file, or none.
type Renaming = Vec<(PathBuf, Option<usize>)>;

/// The directory as the operations left it: names, and files by number, so that a name may lag behind its file.
#[derive(Debug, Clone, Default)]
struct Model {
    files: Vec<Content>,
    names: Names,
    synced_names: Names,
    /// What was done to names since they were synced.
    since: Vec<Renaming>,
}

impl Model {
    fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(path) => {
                self.files.push(Content::default());
                self.rename(vec![(path.clone(), Some(self.files.len() - 1))]);
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
                let file = self.names[from];
                self.rename(vec![(from.clone(), None), (to.clone(), Some(file))]);
            }
            Operation::Remove(path) => self.rename(vec![(path.clone(), None)]),
            Operation::SyncDirectory => {
                self.synced_names = self.names.clone();
                self.since.clear();
            }
        }
    }

    fn rename(&mut self, change: Renaming) {
        apply(&mut self.names, &change);
        self.since.push(change);
    }

    /// What the directory may hold: none of the changes since, all of them, and all but one, or one alone.
    fn possible_names(&self) -> Vec<Names> {
        let with = |kept: &dyn Fn(usize) -> bool| {
            let mut names = self.synced_names.clone();
            self.since.iter().enumerate().filter(|(at, _)| kept(*at)).for_each(|(_, change)| apply(&mut names, change));
            names
        };
        let mut all = vec![with(&|_| false), with(&|_| true)];
        for one in 0..self.since.len() {
            all.extend([with(&|at| at != one), with(&|at| at == one)]);
        }
        all
    }

    /// The files and their bytes, if the names are these and what wasn't synced is so.
    fn state(&self, names: &Names, unsynced: Unsynced) -> BTreeMap<PathBuf, Vec<u8>> {
        let name = |path: &PathBuf| PathBuf::from(path.file_name().unwrap());
        names.iter().map(|(path, file)| (name(path), self.files[*file].after(unsynced))).collect()
    }
}

fn apply(names: &mut Names, change: &Renaming) {
    for (path, file) in change {
        match file {
            Some(file) => drop(names.insert(path.clone(), *file)),
            None => drop(names.remove(path)),
        }
    }
}

/// What was done to the disk.
struct Recorded {
    operations: Vec<Operation>,
    /// The records that were acknowledged as synced, and after how many operations.
    acknowledged: Vec<(usize, u64, LineHash)>,
}

/// A ledger with several segments, which crashes, is repaired and ends in order.
async fn recorded(sync: SyncMode, lie: Option<Lie>) -> Recorded {
    let home = tempfile::tempdir().unwrap();
    let recorder = Recorder(Arc::default(), lie);
    let settings =
        Settings { sync, segment_bytes: 4096, keep_bytes: Some(6000), checkpoint_records: 4, ..Settings::default() };
    let mut acknowledged = Vec::new();
    for start in 0..2 {
        let history =
            History::open_on(Arc::new(recorder.clone()), options_with(home.path(), settings.clone())).unwrap();
        for call in 0..9 {
            let entry = if call % 3 == 0 { query } else { write };
            let entry = entry("ana", &format!("SELECT {call}"));
            let synced = sync == SyncMode::All || entry.what.writes == Some(true);
            let appended = history.append(entry).await.unwrap();
            if synced {
                acknowledged.push((recorder.count(), appended.seq, appended.hash));
            }
            // Let the closed segments be compressed and deleted meanwhile.
            std::thread::sleep(Duration::from_millis(8));
        }
        let tidied = |all: Vec<segments::Segment>| {
            let compressed = all.iter().rev().skip(1).all(|one| one.compressed);
            compressed && (start == 0 || all.first().is_some_and(|one| one.number > 1))
        };
        let patience = std::time::Instant::now() + Duration::from_secs(20);
        while !tidied(segments::segments(&home.path().join("i0001")).unwrap()) {
            assert!(std::time::Instant::now() < patience, "closed segments are compressed and deleted");
            std::thread::sleep(Duration::from_millis(5));
        }
        if start == 0 {
            abandon(&history).await;
            let all = segments::segments(&home.path().join("i0001")).unwrap();
            let mut file = recorder.open(&all.last().unwrap().path).unwrap();
            let len = file.metadata().unwrap().len();
            file.write_at(b"{\"v\":1,\"seq\":", len).unwrap();
        } else {
            history.close().await;
        }
    }
    let operations = recorder.0.lock().unwrap().clone();
    Recorded { operations, acknowledged }
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

/// Lays the files out, and lets the next process take the chain.
fn taken(files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<(u64, BTreeSet<LineHash>), String> {
    let home = tempfile::tempdir().unwrap();
    let chain = home.path().join("i0001");
    fs::create_dir_all(&chain).unwrap();
    for (name, bytes) in files {
        fs::write(chain.join(name), bytes).unwrap();
    }
    let settings = Settings { sync: SyncMode::None, ..Settings::default() };
    let next = History::open(options_with(home.path(), settings)).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(next.close());
    let report = verified(home.path());
    match report.findings.first() {
        Some(found) => Err(found.to_string()),
        None => Ok((report.chain("i0001").unwrap().first, hashes(&chain))),
    }
}

/// Looks at every state that a power cut may leave; the first in which something is lost, or how many there are.
fn replay(recorded: &Recorded) -> Result<usize, String> {
    let Recorded { operations, acknowledged } = recorded;
    let (mut model, mut seen) = (Model::default(), HashSet::new());
    for done in 0..=operations.len() {
        for names in model.possible_names() {
            for unsynced in UNSYNCED {
                let files = model.state(&names, unsynced);
                let due: Vec<_> = acknowledged.iter().filter(|(after, ..)| *after <= done).collect();
                let mut hasher = DefaultHasher::new();
                (&files, due.len()).hash(&mut hasher);
                if !seen.insert(hasher.finish()) {
                    continue;
                }
                let what = |cause: String| {
                    format!(
                        "after {done} of {} operations, {unsynced:?}, {:?}: {cause}",
                        operations.len(),
                        files.keys()
                    )
                };
                let (first, there) = taken(&files).map_err(what)?;
                // What stood before the first record, a retention explains: the verifier asks for it.
                if let Some((_, seq, _)) = due.iter().find(|(_, seq, hash)| *seq >= first && !there.contains(hash)) {
                    return Err(what(format!("the acknowledged record {seq} is lost")));
                }
            }
        }
        if let Some(operation) = operations.get(done) {
            model.apply(operation);
        }
    }
    Ok(seen.len())
}

async fn holds(sync: SyncMode) {
    let recorded = recorded(sync, None).await;
    let has = |what: &str, is: &dyn Fn(&Operation) -> bool| {
        assert!(recorded.operations.iter().any(is), "there is no {what} in the sequence");
    };
    let name = |path: &PathBuf| path.to_str().unwrap().to_owned();
    has("compressed segment", &|one| matches!(one, Operation::Rename(_, to) if name(to).ends_with(".gz")));
    has("deleted segment", &|one| matches!(one, Operation::Remove(path) if name(path).ends_with(".gz")));
    has("torn end", &|one| matches!(one, Operation::Create(path) if name(path).contains(".torn-")));
    for kind in ["retention", "checkpoint", "log_close"] {
        let kind = format!("\"kind\":\"{kind}\"");
        has(
            &kind,
            &|one| matches!(one, Operation::Write(_, _, bytes) if String::from_utf8_lossy(bytes).contains(&kind)),
        );
    }
    let states = tokio::task::spawn_blocking(move || replay(&recorded)).await.unwrap().unwrap();
    println!("{sync:?}: {states} states");
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    holds(SyncMode::All).await;
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_no_write_that_was_acknowledged() {
    holds(SyncMode::Writes).await;
}

#[tokio::test]
async fn a_ledger_that_leaves_a_sync_out_is_noticed() {
    for lie in LIES {
        let recorded = recorded(SyncMode::All, Some(lie)).await;
        let lost = tokio::task::spawn_blocking(move || replay(&recorded)).await.unwrap();
        println!("{lie:?}: {lost:?}");
        assert!(lost.is_err(), "{lie:?}");
    }
}
