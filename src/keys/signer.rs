//! The key that signs the ledger, for those who sign with it and for those who check what it signed.

use super::{KEY_BYTES, KeyError, fingerprint, hex};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;
use std::sync::Arc;

/// The ledger's Ed25519 key. Clones are the same key.
#[derive(Clone)]
pub struct Signer {
    pair: Arc<Ed25519KeyPair>,
    key_id: String,
    public_key: String,
}

impl Signer {
    /// The key of a seed.
    ///
    /// # Errors
    /// When the cryptographic library refuses, which it doesn't for a seed of this length.
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Result<Signer, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| KeyError::Crypto { doing: "load the ledger's signing key" })?;
        let public = pair.public_key().as_ref();
        let (key_id, public_key) = (fingerprint(public), hex(public));
        Ok(Signer { pair: Arc::new(pair), key_id, public_key })
    }

    /// The fingerprint of the public key: the first 16 bytes of its SHA-256, in hexadecimal digits.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public key in hexadecimal digits.
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Signs (Ed25519, 64 bytes).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        // The length is that of every Ed25519 signature; zip needs no proof of it.
        for (to, from) in out.iter_mut().zip(self.pair.sign(message).as_ref()) {
            *to = *from;
        }
        out
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// An Ed25519 public key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<PublicKey> {
        let (digits, []) = text.trim().as_bytes().as_chunks::<2>() else { return None };
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let digit = |pair: &[u8; 2]| pair.iter().all(u8::is_ascii_hexdigit);
        let bytes: Vec<u8> = digits.iter().filter(|pair| digit(pair)).filter_map(byte).collect();
        if digits.len() != bytes.len() {
            return None;
        }
        bytes.try_into().ok().map(PublicKey)
    }

    /// The key's bytes.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The key's fingerprint, as it stands in every record.
    pub fn key_id(&self) -> String {
        fingerprint(&self.0)
    }

    /// The key in hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// Whether this key signed the message.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}
