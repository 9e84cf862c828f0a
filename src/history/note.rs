//! Checkpoints as signed notes (C2SP signed-note, <https://c2sp.org/signed-note>): a text of three lines or more, an
//! empty line, and a line with the signature. The text has the shape of a transparency log's checkpoint: origin, number of
//! records, hash of the last of them. The hash is that of a chain, not of a Merkle tree.

use super::lines::LineHash;
use crate::keys::{PublicKey, Signer};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

const PREFIX: &str = "pgwicket/";
/// What the format calls signature type Ed25519.
const ED25519: u8 = 1;
const MARK: &str = "\u{2014} ";

/// What a checkpoint says: that the chain's record of this number has this hash, and with it all records before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Fingerprint of the key in the note's first line.
    pub key_id: String,
    /// The chain.
    pub instance: String,
    /// The record's number.
    pub seq: u64,
    /// Its hash.
    pub hash: LineHash,
    /// When it was signed.
    pub time: Timestamp,
    /// The whole note.
    pub note: String,
}

/// Why a text isn't a checkpoint of pgwicket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint of pgwicket")]
pub struct NotACheckpoint;

impl Checkpoint {
    /// Signs that the chain's record `seq` has this hash.
    pub(super) fn sign(signer: &Signer, instance: &str, seq: u64, hash: LineHash, time: Timestamp) -> Checkpoint {
        let (key_id, head) = (signer.key_id().to_owned(), BASE64_STANDARD.encode(hash.bytes()));
        let text = format!("{PREFIX}{key_id}/{instance}\n{seq}\n{head}\n{time:.9}\n");
        let name = format!("{PREFIX}{key_id}");
        // Made from the key's own digits.
        let mut signature =
            PublicKey::parse(signer.public_key()).map(|key| note_key_id(&name, &key)).unwrap_or_default().to_vec();
        signature.extend(signer.sign(text.as_bytes()));
        let note = format!("{text}\n{MARK}{name} {}\n", BASE64_STANDARD.encode(signature));
        Checkpoint { key_id, instance: instance.to_owned(), seq, hash, time, note }
    }

    /// Reads a note. Its signature is not checked yet.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(note: &str) -> Result<Checkpoint, NotACheckpoint> {
        let parse = || {
            let (text, signatures) = note.split_once("\n\n")?;
            // The format ends the text at the last empty line: here that is the only one. And it has no control characters.
            let lines = signatures.strip_suffix('\n')?.split('\n');
            let whole = lines.into_iter().all(|line| line.starts_with(MARK));
            (whole && !note.bytes().any(|byte| byte < b' ' && byte != b'\n')).then_some(())?;
            let [origin, size, head, time] = text.split('\n').collect::<Vec<_>>().try_into().ok()?;
            let (key_id, instance) = origin.strip_prefix(PREFIX)?.split_once('/')?;
            let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            // One spelling each, so that a note says one thing.
            let seq: u64 = size.parse().ok().filter(|seq: &u64| seq.to_string() == size)?;
            let hash: [u8; 32] = BASE64_STANDARD.decode(head).ok()?.try_into().ok()?;
            (plain(key_id) && plain(instance)).then_some(())?;
            Some(Checkpoint {
                key_id: key_id.to_owned(),
                instance: instance.to_owned(),
                seq,
                hash: LineHash::from_bytes(hash),
                time: time.parse().ok()?,
                note: note.to_owned(),
            })
        };
        parse().ok_or(NotACheckpoint)
    }

    /// The notes in a text, one behind the other, as the file of checkpoints has them.
    ///
    /// # Errors
    /// When something in it is none. An unfinished last note, which a crash leaves, is passed over.
    pub fn parse_all(text: &str) -> Result<Vec<Checkpoint>, NotACheckpoint> {
        let mut found = Vec::new();
        let mut rest = text.trim_start_matches('\n');
        while !rest.is_empty() {
            // The text, an empty line, the signatures, an empty line or the end.
            let Some(signatures) = rest.find("\n\n").map(|at| at + 2) else { break };
            let Some(signed) = rest.get(signatures..) else { break };
            let end = signed.find("\n\n").map_or(rest.len(), |at| signatures + at + 1);
            let note = rest.get(..end).unwrap_or(rest);
            if !note.ends_with('\n') {
                break;
            }
            found.push(Checkpoint::parse(note)?);
            rest = rest.get(end..).unwrap_or_default().trim_start_matches('\n');
        }
        Ok(found)
    }

    /// Whether this key signed the note. As the format asks, signatures of other keys are passed over, and one of this key
    /// that doesn't verify counts against the whole note, whatever stands beside it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let Some((text, signatures)) = self.note.split_once("\n\n") else { return false };
        let text = format!("{text}\n");
        let name = format!("{PREFIX}{}", key.key_id());
        let own = note_key_id(&name, key);
        let verified = signatures.lines().filter_map(|line| {
            let (_, encoded) = line.strip_prefix(MARK)?.split_once(' ').filter(|(named, _)| *named == name)?;
            let signature = BASE64_STANDARD.decode(encoded).ok()?;
            Some(key.verifies(text.as_bytes(), signature.strip_prefix(&own)?))
        });
        let verified: Vec<bool> = verified.collect();
        !verified.is_empty() && verified.iter().all(|verifies| *verifies)
    }
}

/// What the signature's first four bytes are: they tie it to the key's name, kind and bytes.
fn note_key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let mut digest = Sha256::new();
    digest.update(name);
    digest.update([b'\n', ED25519]);
    digest.update(key.bytes());
    let [a, b, c, d, ..] = <[u8; 32]>::from(digest.finalize());
    [a, b, c, d]
}

/// The public key in the form that other programs for signed notes take: name, key id, type and key.
pub fn verifier_key(key: &PublicKey) -> String {
    let name = format!("{PREFIX}{}", key.key_id());
    let id: String = note_key_id(&name, key).iter().map(|byte| format!("{byte:02x}")).collect();
    let typed: Vec<u8> = std::iter::once(ED25519).chain(*key.bytes()).collect();
    format!("{name}+{id}+{}", BASE64_STANDARD.encode(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> (Signer, PublicKey) {
        let signer = Signer::from_seed(&[seed; 32]).unwrap();
        let key = PublicKey::parse(signer.public_key()).unwrap();
        (signer, key)
    }

    fn checkpoint(seed: u8, seq: u64) -> Checkpoint {
        let time = "2026-01-02T03:04:05.000000006Z".parse().unwrap();
        Checkpoint::sign(&signer(seed).0, "i0001", seq, LineHash::of(b"x"), time)
    }

    /// The format is for other programs, too: a change here breaks them.
    #[test]
    fn a_note_has_exactly_this_form() {
        let made = checkpoint(7, 42);
        let (text, signature) = made.note.split_once("\n\n").unwrap();
        let head = BASE64_STANDARD.encode(made.hash.bytes());
        assert_eq!(text, format!("pgwicket/{}/i0001\n42\n{head}\n2026-01-02T03:04:05.000000006Z", made.key_id));
        assert!(signature.starts_with(&format!("\u{2014} pgwicket/{} ", made.key_id)) && signature.ends_with('\n'));
        assert_eq!(Checkpoint::parse(&made.note).unwrap(), made);
        let vkey = verifier_key(&signer(7).1);
        assert!(vkey.starts_with(&format!("pgwicket/{}+", made.key_id)), "{vkey}");
    }

    /// The example in the documentation of Go's package `golang.org/x/mod/sumdb/note`, which the format comes from.
    #[test]
    fn key_ids_and_signatures_are_those_of_the_format() {
        let typed = BASE64_STANDARD.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let key: String = typed[1..].iter().map(|byte| format!("{byte:02x}")).collect();
        let key = PublicKey::parse(&key).unwrap();
        assert_eq!((typed[0], note_key_id("PeterNeumann", &key)), (ED25519, [0xc7, 0x4f, 0x20, 0xa3]));
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        let signature = BASE64_STANDARD.decode(signature).unwrap();
        assert!(key.verifies(text.as_bytes(), &signature[4..]));
    }

    /// The example of another implementation (yaglo/signed_note, in Elixir), and our own notes, both checked here by the
    /// specification's words alone: nothing of this module is used but what it wrote.
    #[test]
    fn notes_and_verifier_keys_are_those_of_the_specification() {
        use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
        let verified = |vkey: &str, note: &str| {
            let [name, id, key] = vkey.split('+').collect::<Vec<_>>().try_into().unwrap();
            let typed = BASE64_STANDARD.decode(key).unwrap();
            let digest: [u8; 32] = Sha256::digest([name.as_bytes(), b"\n", &typed].concat()).into();
            assert_eq!(id, digest[..4].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            let (text, signature) = note.rsplit_once("\n\n").unwrap();
            let [mark, named, encoded] = signature.trim_end().split(' ').collect::<Vec<_>>().try_into().unwrap();
            assert_eq!((mark, named, typed[0]), ("\u{2014}", name, 1));
            let signature = BASE64_STANDARD.decode(encoded).unwrap();
            assert_eq!(signature[..4], digest[..4]);
            UnparsedPublicKey::new(&ED25519, &typed[1..])
                .verify(format!("{text}\n").as_bytes(), &signature[4..])
                .is_ok()
        };
        let example = "This is an example message.\n\n\u{2014} example.com/foo \
            Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        assert!(verified("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", example));
        let (made, vkey) = (checkpoint(7, 42), verifier_key(&signer(7).1));
        assert!(verified(&vkey, &made.note));
        assert!(!verified(&vkey, &made.note.replacen("\n42\n", "\n43\n", 1)));
    }

    #[test]
    fn other_signatures_are_passed_over_and_a_wrong_one_of_the_key_is_not() {
        let (made, other) = (checkpoint(7, 42), checkpoint(8, 42));
        let line = |note: &Checkpoint| note.note.split_once("\n\n").unwrap().1.to_owned();
        let with = |lines: &str| Checkpoint::parse(&format!("{}{lines}", made.note));
        let signed = |lines: &str| with(lines).is_ok_and(|one| one.is_signed_by(&signer(7).1));
        assert!(signed(&line(&other)) && signed("\u{2014} witness.example.com/w1 jWbPPwAAAAA=\n"));
        // The key's own signature, of another note.
        assert!(!signed(&line(&checkpoint(7, 43))));
        for garbage in ["\n", "no signature\n", "\u{2014} cut", "\n\u{2014} a b\n", "\u{2014} a \u{7}\n"] {
            assert_eq!(with(garbage), Err(NotACheckpoint), "{garbage:?}");
        }
    }

    #[test]
    fn only_the_key_that_signed_verifies_and_any_change_is_seen() {
        let made = checkpoint(7, 42);
        assert!(made.is_signed_by(&signer(7).1) && !made.is_signed_by(&signer(8).1));
        for at in 0..made.note.len() {
            let mut bytes = made.note.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let believed = Checkpoint::parse(&changed).is_ok_and(|one| one.is_signed_by(&signer(7).1));
            assert!(!believed, "{changed}");
        }
    }

    #[test]
    fn several_notes_stand_in_one_file_and_a_torn_last_one_is_passed_over() {
        let notes = [checkpoint(7, 1), checkpoint(7, 2)];
        let file: String = notes.iter().map(|one| format!("{}\n", one.note)).collect();
        assert_eq!(Checkpoint::parse_all(&file).unwrap(), notes);
        let torn = file.get(..file.len() - 20).unwrap();
        assert_eq!(Checkpoint::parse_all(torn).unwrap(), notes[..1]);
        assert_eq!(Checkpoint::parse_all(""), Ok(Vec::new()));
        assert!(Checkpoint::parse_all("hello\n\nworld\n").is_err());
    }
}
