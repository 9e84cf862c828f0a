//! The deployment's secrets: one random key from which every subkey is derived, and the key that signs the ledger.
//! Knows nothing of what the subkeys are used for beyond the table below; never prints key material.

mod files;
mod signer;
#[cfg(test)]
mod tests;

pub use signer::{PublicKey, Signer};

use aws_lc_rs::{hkdf, hmac};
use secrecy::{ExposeSecret, SecretBox, zeroize::Zeroizing};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};

/// Length of the deployment key, of each subkey and of the signing key's seed, in bytes.
pub const KEY_BYTES: usize = 32;

const DEPLOYMENT_FILE: &str = "deployment.key";
const SIGNING_FILE: &str = "ledger-signing.key";
/// Separates these subkeys from those of any other program that would derive from the same key.
const SALT: &[u8] = b"pgwicket deployment key, version 1";

/// What a subkey is for. A subkey is never used for anything else, so that what one of them reveals or signs means
/// nothing to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The key of the mask `hash`; travels to PostgreSQL as a bound parameter.
    HashMask,
    /// Keyed digests of literals, parameters and SQL texts in the history.
    LiteralDigest,
    /// Authenticates the cursors that a client hands back to read on.
    Cursor,
    /// Authenticates approvals.
    Approval,
    /// Authenticates state that a client carries between two requests.
    RequestState,
}

/// Every subkey: its purpose and the label it is derived with. A label is never changed or used again: the subkey, and
/// with it each mask, digest and token made with it, would change.
pub const SUBKEYS: [(Purpose, &str); 5] = [
    (Purpose::HashMask, "hash-mask"),
    (Purpose::LiteralDigest, "literal-digest"),
    (Purpose::Cursor, "cursor"),
    (Purpose::Approval, "approval"),
    (Purpose::RequestState, "request-state"),
];

/// Why the keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A history was written with keys that are no longer there. They are never remade: masks, digests and signatures
    /// would silently stop matching.
    #[error("`{}` is missing, although the history beside it has records; restore it, or move that history away", path.display())]
    Missing {
        /// The key file.
        path: PathBuf,
    },
    /// A key file or the directory can be read or written by others than its owner.
    #[error("`{}` is open to others (mode {mode:04o}); run `chmod {} {}`", path.display(), if path.is_dir() { "700" } else { "600" }, path.display())]
    Permissions {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file doesn't hold a key.
    #[error("`{}` does not hold a key (64 hexadecimal digits and a line feed); restore it from a copy", path.display())]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("could not {doing} `{}`: {cause}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        cause: std::io::Error,
    },
    /// The cryptographic library refused, which it doesn't for keys of the right length.
    #[error("the cryptographic library refused to {doing}")]
    Crypto {
        /// What was tried.
        doing: &'static str,
    },
}

/// The keys of one deployment.
pub struct Keys {
    subkeys: [(Purpose, Subkey); SUBKEYS.len()],
    signer: Signer,
}

impl Keys {
    /// Reads the keys in `directory`; makes what is missing there when no history was written with it yet
    /// (`records_exist` is false, from [`crate::history::has_records`] asked *before* this call). Several processes may
    /// do so at once: all of them end up with the same keys.
    ///
    /// # Errors
    /// When a key is missing although records exist, is open to others, isn't a key, or can't be read or made.
    pub fn open(directory: &Path, records_exist: bool) -> Result<Keys, KeyError> {
        if !records_exist {
            files::create_directory(directory)?;
        }
        let deployment = files::read_or_create(&directory.join(DEPLOYMENT_FILE), records_exist)?;
        let seed = files::read_or_create(&directory.join(SIGNING_FILE), records_exist)?;
        files::check_private(directory)?;
        Keys::from_secrets(&deployment, &seed)
    }

    fn from_secrets(deployment: &[u8; KEY_BYTES], seed: &[u8; KEY_BYTES]) -> Result<Keys, KeyError> {
        let signer = Signer::from_seed(seed)?;
        let [a, b, c, d, e] =
            SUBKEYS.map(|(purpose, label)| Subkey::derive(deployment, label).map(|key| (purpose, key)));
        let subkeys = [a?, b?, c?, d?, e?];
        Ok(Keys { subkeys, signer })
    }

    /// The subkey for one purpose.
    pub fn subkey(&self, purpose: Purpose) -> &Subkey {
        let [a, b, c, d, e] = &self.subkeys;
        let found = match purpose {
            Purpose::HashMask => a,
            Purpose::LiteralDigest => b,
            Purpose::Cursor => c,
            Purpose::Approval => d,
            Purpose::RequestState => e,
        };
        debug_assert_eq!(found.0, purpose, "the table of subkeys is in the order of the match");
        &found.1
    }

    /// The key that signs the ledger.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("key_id", &self.signer.key_id()).finish_non_exhaustive()
    }
}

/// A key for one purpose.
pub struct Subkey(SecretBox<[u8; KEY_BYTES]>);

impl Subkey {
    fn derive(deployment: &[u8; KEY_BYTES], label: &str) -> Result<Subkey, KeyError> {
        let failed = |_| KeyError::Crypto { doing: "derive a subkey" };
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(deployment);
        let info = [label.as_bytes()];
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        extracted.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(bytes.as_mut())).map_err(failed)?;
        Ok(Subkey(SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| *key = *bytes)))
    }

    /// The key itself, for the one who hands it on (a mask's key to PostgreSQL, as a bound parameter).
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    /// As a key for HMAC-SHA256.
    pub fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.expose())
    }

    /// HMAC-SHA256 over the parts, each preceded by its length, so that `("ab", "c")` and `("a", "bc")` differ.
    /// In hexadecimal digits.
    pub fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
        let mut context = hmac::Context::with_key(&self.hmac());
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        hex(context.sign().as_ref())
    }
}

impl fmt::Debug for Subkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subkey(…)")
    }
}

/// Where the keys of a history lie: the directory `keys` beside it.
pub fn directory_beside(history: &Path) -> PathBuf {
    match history.parent() {
        Some(parent) => parent.join("keys"),
        None => history.join("keys"),
    }
}

fn fingerprint(public_key: &[u8]) -> String {
    hex(&Sha256::digest(public_key)).chars().take(32).collect()
}

/// In hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
