//! Key files on disk: made once, by whoever comes first, and readable by their owner alone.

use super::{KEY_BYTES, KeyError};
use secrecy::zeroize::{Zeroize, Zeroizing};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

type Secret = Zeroizing<[u8; KEY_BYTES]>;

/// A key file is 65 bytes; what is longer is no key.
const MAX_FILE_BYTES: u64 = 128;

/// Makes the directory with mode 0700, parents included, if it isn't there.
pub(super) fn create_directory(path: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|cause| failed("create", path, cause))
}

/// The key in `path`; if there is none and `must_exist` is false, a new random one. Of several processes that make it
/// at once one wins, and the others read the winner's.
pub(super) fn read_or_create(path: &Path, must_exist: bool) -> Result<Secret, KeyError> {
    match read(path) {
        Err(KeyError::Io { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
            if must_exist {
                return Err(KeyError::Missing { path: path.to_path_buf() });
            }
            create(path)?;
            read(path)
        }
        other => other,
    }
}

/// Refuses what group or others may read, write or enter.
pub(super) fn check_private(path: &Path) -> Result<(), KeyError> {
    let mode = fs::metadata(path).map_err(|cause| failed("look at", path, cause))?.permissions().mode() & 0o7777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(KeyError::Permissions { path: path.to_path_buf(), mode }),
    }
}

fn read(path: &Path) -> Result<Secret, KeyError> {
    let file = File::open(path).map_err(|cause| failed("read", path, cause))?;
    check_private(path)?;
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES as usize));
    file.take(MAX_FILE_BYTES).read_to_end(&mut text).map_err(|cause| failed("read", path, cause))?;
    decode(&text).ok_or_else(|| KeyError::Malformed { path: path.to_path_buf() })
}

/// Writes a new key beside `path` and moves it there, unless a file is already there. The move is atomic, so nobody
/// ever reads half a key.
fn create(path: &Path) -> Result<(), KeyError> {
    let mut secret: Secret = Zeroizing::new([0; KEY_BYTES]);
    aws_lc_rs::rand::fill(secret.as_mut()).map_err(|_| KeyError::Crypto { doing: "make a random key" })?;
    let directory = path.parent().unwrap_or(Path::new("."));
    let io = |cause| failed("create", path, cause);
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(directory)
        .map_err(io)?;
    let mut text = encode(&secret);
    let written = file.write_all(text.as_bytes());
    text.zeroize();
    written.map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(io(error.error)),
    }
    // Without this a power cut could leave records that were written with a key that is gone.
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)
}

fn encode(secret: &Secret) -> String {
    let mut text = super::hex(secret.as_ref());
    text.push('\n');
    text
}

fn decode(text: &[u8]) -> Option<Secret> {
    let digits = text.strip_suffix(b"\n")?;
    if digits.len() != KEY_BYTES * 2 {
        return None;
    }
    let mut secret: Secret = Zeroizing::new([0; KEY_BYTES]);
    for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = (nibble(*high)? << 4) | nibble(*low)?;
    }
    Some(secret)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn failed(doing: &'static str, path: &Path, cause: io::Error) -> KeyError {
    KeyError::Io { doing, path: path.to_path_buf(), cause }
}
