use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::*;

fn is_listening(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The end may take a moment when it isn't us who waits for it.
fn assert_soon(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_throwaway_server_answers_and_leaves_nothing_behind() {
    let server = Ephemeral::start(&Options::default()).unwrap();
    let (directory, port) = (server.directory().to_owned(), server.port());
    server.run_script("postgres", "CREATE TABLE t (x int); INSERT INTO t VALUES (1);").await.unwrap();
    let error = server.run_script("postgres", "SELECT 1; SELECT 1/0").await.unwrap_err();
    assert!(matches!(error, EphemeralError::Script(_)), "{error}");

    let mut config = server.config("postgres");
    config.password("wrong");
    let error = config.connect(tokio_postgres::NoTls).await.err().unwrap();
    assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD));

    let shown = format!("{server:?}");
    assert!(!shown.contains(server.password().expose_secret()), "Debug must not show the password");
    assert!(!directory.join("password").exists());

    server.stop().unwrap();
    assert!(!directory.exists());
    assert!(!is_listening(port));
}

#[test]
fn a_panic_stops_the_server() {
    let (send, receive) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let server = Ephemeral::start(&Options::default()).unwrap();
        send.send((server.directory().to_owned(), server.port())).unwrap();
        panic!("on purpose");
    });
    let (directory, port) = receive.recv().unwrap();
    thread.join().unwrap_err();
    assert!(!directory.exists());
    assert!(!is_listening(port));
}

#[test]
#[ignore = "not a test: the process that the next one kills"]
fn start_and_wait() {
    let server = Ephemeral::start(&Options::default()).unwrap();
    println!("\nserver {} {}", server.port(), server.directory().display());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_killed_process_leaves_no_server_behind() {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "postgres::ephemeral::tests::start_and_wait"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    let line = output.lines().map_while(Result::ok).find(|line| line.starts_with("server ")).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let (port, directory) = (words[1].parse().unwrap(), PathBuf::from(words[2]));
    assert!(directory.exists() && is_listening(port));
    process.kill().unwrap();
    process.wait().unwrap();
    assert_soon("the server's directory is still there", || !directory.exists());
    assert!(!is_listening(port));
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let options = Options { settings: vec![("no_such_setting".into(), "1".into())] };
    let error = Ephemeral::start(&options).unwrap_err();
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

#[test]
fn only_the_last_lines_of_a_log_are_shown() {
    assert_eq!(last_lines("1\n2\n\n3\n4\n5\n6\n"), "2; 3; 4; 5; 6");
    assert_eq!(last_lines(""), "");
}
