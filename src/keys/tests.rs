use super::*;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Barrier};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_start_makes_private_files_and_the_second_reads_them() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("state/keys");
    let first = Keys::open(&directory, false).unwrap();
    assert_eq!(mode(&directory), 0o700);
    let names: BTreeSet<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, BTreeSet::from(["deployment.key".into(), "ledger-signing.key".into()]));
    for name in names {
        assert_eq!(mode(&directory.join(name)), 0o600);
    }
    let second = Keys::open(&directory, true).unwrap();
    assert_eq!(first.signer().key_id(), second.signer().key_id());
    assert_eq!(first.signer().sign(b"checkpoint"), second.signer().sign(b"checkpoint"));
    for (purpose, _) in SUBKEYS {
        assert_eq!(first.subkey(purpose).expose(), second.subkey(purpose).expose());
    }
}

#[test]
fn sixteen_at_once_end_up_with_the_same_keys() {
    for _ in 0..20 {
        let home = tempfile::tempdir().unwrap();
        let start = Arc::new(Barrier::new(16));
        let threads: Vec<_> = (0..16)
            .map(|_| {
                let (start, directory) = (start.clone(), home.path().join("keys"));
                std::thread::spawn(move || {
                    start.wait();
                    let keys = Keys::open(&directory, false).unwrap();
                    (keys.signer().key_id().to_owned(), *keys.subkey(Purpose::HashMask).expose())
                })
            })
            .collect();
        let seen: BTreeSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(seen.len(), 1);
        assert_eq!(fs::read_dir(home.path().join("keys")).unwrap().count(), 2, "temporary files stay behind");
    }
}

#[test]
fn missing_keys_of_a_used_history_are_never_remade() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    assert!(matches!(Keys::open(&directory, true), Err(KeyError::Missing { .. })));
    assert!(!directory.exists());
    Keys::open(&directory, false).unwrap();
    for name in [DEPLOYMENT_FILE, SIGNING_FILE] {
        let (file, aside) = (directory.join(name), home.path().join("aside"));
        fs::rename(&file, &aside).unwrap();
        let error = Keys::open(&directory, true).unwrap_err();
        assert!(matches!(&error, KeyError::Missing { path } if *path == file), "{error}");
        assert!(!file.exists());
        fs::rename(&aside, &file).unwrap();
    }
    Keys::open(&directory, true).unwrap();
}

#[test]
fn keys_that_others_can_read_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    Keys::open(&directory, false).unwrap();
    for (path, open, closed) in [
        (directory.join(DEPLOYMENT_FILE), 0o640, 0o600),
        (directory.join(SIGNING_FILE), 0o604, 0o600),
        (directory.clone(), 0o755, 0o700),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let message = Keys::open(&directory, true).unwrap_err().to_string();
        assert!(
            message.contains(&format!("(mode {open:04o}); run `chmod {closed:o} {}`", path.display())),
            "{message}"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(closed)).unwrap();
    }
}

#[test]
fn a_damaged_key_file_is_an_error_that_does_not_show_it() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    Keys::open(&directory, false).unwrap();
    let path = directory.join(DEPLOYMENT_FILE);
    let good = fs::read_to_string(&path).unwrap();
    let bad =
        [String::new(), good.trim_end().into(), format!("{good}\n"), good.replacen(|_| true, "x", 1), "ab".repeat(90)];
    for text in bad {
        fs::write(&path, &text).unwrap();
        let error = Keys::open(&directory, true).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{error}");
        assert!(text.len() < 8 || !format!("{error} {error:?}").contains(text.get(..8).unwrap()));
    }
}

#[test]
fn debug_shows_no_key_material() {
    let keys = Keys::from_secrets(&[7; 32], &[9; 32]).unwrap();
    let shown = format!("{keys:?} {:?}", keys.subkey(Purpose::Cursor));
    assert_eq!(shown, format!("Keys {{ key_id: \"{}\", .. }} Subkey(…)", keys.signer().key_id()));
}

#[test]
fn subkeys_differ_and_never_change() {
    let keys = Keys::from_secrets(&[7; 32], &[9; 32]).unwrap();
    let all: BTreeSet<_> = SUBKEYS.iter().map(|(purpose, _)| *keys.subkey(*purpose).expose()).collect();
    assert_eq!(all.len(), SUBKEYS.len());
    for (purpose, label) in SUBKEYS {
        // HKDF-SHA256 by its definition (RFC 5869): one block of expansion.
        let prk = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SALT), &[7; 32]);
        let block = [label.as_bytes(), &[1]].concat();
        let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, prk.as_ref()), &block);
        assert_eq!(keys.subkey(purpose).expose(), expected.as_ref());
    }
}

#[test]
fn digests_keep_the_parts_apart() {
    let keys = Keys::from_secrets(&[7; 32], &[9; 32]).unwrap();
    let key = keys.subkey(Purpose::LiteralDigest);
    let digest = |parts: &[&str]| key.digest(parts.iter().map(|part| part.as_bytes()));
    assert_eq!(digest(&["ab", "c"]), digest(&["ab", "c"]));
    assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    assert_ne!(digest(&["ab"]), digest(&["ab", ""]));
    assert_eq!(digest(&[]).len(), 64);
}

#[test]
fn signatures_verify_with_the_public_key() {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    let keys = Keys::from_secrets(&[7; 32], &[9; 32]).unwrap();
    let public: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(keys.signer().public_key().get(at * 2..at * 2 + 2).unwrap(), 16).unwrap())
        .collect();
    let key = UnparsedPublicKey::new(&ED25519, &public);
    key.verify(b"head", &keys.signer().sign(b"head")).unwrap();
    assert!(key.verify(b"tail", &keys.signer().sign(b"head")).is_err());
    assert_eq!(keys.signer().key_id(), hex(&Sha256::digest(&public)).get(..32).unwrap());
}

#[test]
fn the_keys_lie_beside_the_history() {
    assert_eq!(directory_beside(Path::new("/var/lib/pgwicket/history")), Path::new("/var/lib/pgwicket/keys"));
    assert_eq!(directory_beside(Path::new("history")), Path::new("keys"));
}
