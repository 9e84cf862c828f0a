use super::*;
use std::collections::BTreeSet;
use std::sync::Barrier;

#[test]
fn eight_at_once_take_eight_chains_and_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let start = Arc::new(Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let (start, directory) = (start.clone(), home.path().to_path_buf());
            std::thread::spawn(move || {
                start.wait();
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let history = open(&directory);
                runtime.block_on(async {
                    for call in 0..50 {
                        history.append(query(&format!("p{number}"), &format!("SELECT {call}"))).await.unwrap();
                    }
                });
                history
            })
        })
        .collect();
    // All stay open until the last has its chain.
    let histories: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let names: BTreeSet<_> = histories.iter().map(|history| history.instance().to_owned()).collect();
    assert_eq!(names, (1..=8).map(segments::instance_name).collect());
    for name in names {
        let report = verified(home.path());
        assert_eq!((report.findings.as_slice(), report.chain(&name).unwrap().records), (&[][..], 51));
        let principals: BTreeSet<_> =
            records(home.path(), &name).into_iter().filter_map(|record| record.entry.who.principal).collect();
        assert_eq!(principals.len(), 1);
    }
}

#[tokio::test]
async fn a_freed_chain_is_continued_and_an_open_one_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (open(home.path()), open(home.path()));
    assert_eq!((first.instance(), second.instance()), ("i0001", "i0002"));
    first.append(query("ana", "SELECT 1")).await.unwrap();
    abandon(&first).await;
    let third = open(home.path());
    assert_eq!(third.instance(), "i0001");
    third.append(query("ana", "SELECT 2")).await.unwrap();
    let kinds: Vec<_> = records(home.path(), "i0001").iter().map(|record| record.entry.kind).collect();
    assert_eq!(kinds, [Kind::LogOpen, Kind::Outcome, Kind::LogOpen, Kind::Outcome]);
    assert_eq!(intact(home.path()).records, 4);
}

#[tokio::test]
async fn an_opening_names_the_heads_of_the_other_chains() {
    let home = tempfile::tempdir().unwrap();
    let first = open(home.path());
    let written = first.append(query("ana", "SELECT 1")).await.unwrap();
    let second = open(home.path());
    let head = Head { instance: "i0001".into(), seq: 2, hash: written.hash };
    assert_eq!(opening(&records(home.path(), "i0002")[0]).heads, vec![head.clone()]);
    assert_eq!(intact(home.path()).head, Some(head));
    abandon(&second).await;
    abandon(&first).await;
    // The chain's own end is no head of another.
    drop(open(home.path()));
    let heads = &opening(records(home.path(), "i0001").last().unwrap()).heads.clone();
    assert_eq!(heads.iter().map(|head| (head.instance.as_str(), head.seq)).collect::<Vec<_>>(), [("i0002", 1)]);
}

#[tokio::test]
async fn a_head_is_the_last_whole_record_also_while_another_process_writes() {
    let home = tempfile::tempdir().unwrap();
    let first = open(home.path());
    let written = first.append(query("ana", "SELECT 1")).await.unwrap();
    abandon(&first).await;
    let lock = fs::File::open(home.path().join("i0001/lock")).unwrap();
    lock.lock().unwrap();
    let path = segment(home.path(), "i0001");
    let whole = fs::read(&path).unwrap();
    let torn = [whole.as_slice(), b"{\"v\":1,\"seq\":3,\"pr"].concat();
    fs::write(&path, &torn).unwrap();
    let second = open(home.path());
    assert_eq!(second.instance(), "i0002");
    assert_eq!(opening(&records(home.path(), "i0002")[0]).heads[0].hash, written.hash);
    assert_eq!(fs::read(&path).unwrap(), torn, "another's chain is never repaired");
}

/// Not a test: what the killed processes of the next one do.
#[test]
#[ignore = "run by `killed_processes_lose_nothing_that_was_acknowledged` in processes of their own"]
fn appends_until_killed() {
    use std::io::Write;
    let Ok(directory) = std::env::var(CHILD_DIRECTORY) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let history = open(Path::new(&directory));
    loop {
        let written = runtime.block_on(history.append(query("ana", &"x".repeat(5000)))).unwrap();
        let line = format!("acknowledged {} {}\n", written.instance, written.hash);
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

const CHILD_DIRECTORY: &str = "PGWICKET_TEST_HISTORY_DIRECTORY";

#[test]
fn killed_processes_lose_nothing_that_was_acknowledged() {
    use std::process::{Command, Stdio};
    let home = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let children: Vec<_> = (0..3)
            .map(|_| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "history::tests::sharing::appends_until_killed", "--ignored", "--nocapture"])
                    .env(CHILD_DIRECTORY, home.path())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(400 + 37 * round));
        for mut child in children {
            child.kill().unwrap();
            let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
            acknowledged.extend(said.lines().filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned)));
        }
    }
    // Whoever takes a chain next repairs its end.
    let chains = segments::instances(home.path()).unwrap();
    let _taken: Vec<_> = chains.iter().map(|_| open(home.path())).collect();
    let mut written = BTreeSet::new();
    for (name, _) in chains {
        written
            .extend(lines(home.path(), &name).iter().map(|line| format!("{name} {}", LineHash::of(line.as_bytes()))));
    }
    assert_eq!(verified(home.path()).findings, []);
    assert!(acknowledged.len() > 12, "{}", acknowledged.len());
    for record in acknowledged {
        assert!(written.contains(&record), "{record}");
    }
}

#[test]
fn a_directory_that_is_a_file_is_a_clear_error() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("history");
    fs::write(&path, "").unwrap();
    let error = History::open(options(&path, SyncMode::None)).unwrap_err().to_string();
    assert!(error.starts_with(&format!("could not create `{}`", path.display())), "{error}");
}
