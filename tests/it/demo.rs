//! `pgwicket demo`: its transcript word for word, and what `--serve` promises.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it demo` writes the transcript; look at the difference, since it is what a
//! newcomer sees first.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::support::{Mcp, PATIENCE, Wicket};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/demo.txt");

/// An installation without a database, whose temporary files lie in a directory of its own, to see what is left there.
fn installation() -> Wicket {
    let mut wicket = Wicket::without_database();
    if let Ok(binaries) = std::env::var("PGWICKET_PG_BIN") {
        wicket.env("PGWICKET_PG_BIN", &binaries);
    }
    // The throwaway server's account has to get there, too.
    let temporary = wicket.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    for path in [wicket.directory(), &temporary] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    wicket.env("TMPDIR", temporary.to_str().unwrap());
    // A database of the person's own is not what the demo runs on.
    wicket.env("POSTGRES_HOST", "no.such.host.invalid").env("DATABASE_URL", "postgres://no.such.host.invalid/x");
    wicket
}

fn left_behind(wicket: &Wicket) -> Vec<String> {
    let entries = std::fs::read_dir(wicket.path("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn the_transcript_is_what_it_was() {
    let wicket = installation();
    let finished = wicket.run(&["demo"]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{}", finished.stdout);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(Path::new(GOLDEN).parent().unwrap()).unwrap();
        std::fs::write(GOLDEN, &finished.stdout).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    assert!(finished.stdout == golden, "run `UPDATE_GOLDEN=1 cargo test --test it demo`:\n{}", finished.stdout);
    assert!(golden.lines().all(|line| line.chars().count() <= 120), "a line is too long for a terminal");
    assert_eq!(left_behind(&wicket), [""; 0]);
}

/// The printed configuration works as it is, the files are private, and Ctrl-C removes everything.
#[tokio::test]
async fn serve_prints_a_client_configuration_that_works_and_goes_at_ctrl_c() {
    let wicket = installation();
    let mut demo = wicket.command(&["demo", "--serve"]).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut printed = String::new();
    while !printed.contains("Ctrl-C") {
        let line = timeout(PATIENCE, lines.next_line()).await.expect("nothing is printed").unwrap();
        printed += &(line.expect("it ended") + "\n");
    }
    let json = &printed[printed.find('{').unwrap()..=printed.rfind('}').unwrap()];
    let configuration: Value = serde_json::from_str(json).unwrap();
    let server = &configuration["mcpServers"]["pgwicket-demo"];
    let program = server["command"].as_str().unwrap();
    let arguments: Vec<&str> = server["args"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(Path::new(program).is_absolute() && Path::new(arguments[2]).is_absolute(), "{json}");

    let password = std::fs::read_to_string(Path::new(arguments[2]).with_file_name("password")).unwrap();
    assert!(!printed.contains(&password));
    let mut command = tokio::process::Command::new(program);
    command.args(&arguments).env_clear().current_dir("/");
    let mut mcp = Mcp::start(command);
    mcp.initialize().await;
    assert_eq!(mcp.query("SELECT count(*) FROM customers").await.rows()[0][0], 150);
    mcp.close().await;

    let id = demo.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = timeout(Duration::from_secs(30), demo.wait()).await.expect("it doesn't end").unwrap();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(left_behind(&wicket), [""; 0]);
}
