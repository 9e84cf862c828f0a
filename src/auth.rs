//! Who asks over the network: bearer tokens of principals. Of a token only a salted hash is kept; the secret is random
//! and long, so that no slow hash is needed to keep it from being guessed. Knows nothing of HTTP.
//!
//! A token is `pgw_ID_SECRET`: the id names it, in the configuration and in the history; the secret is 32 random bytes in
//! base64url. What the configuration holds of it is `ID:SALT:HASH`, with HASH = SHA-256(SALT ‖ SECRET).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::{constant_time, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What every token begins with, so that scanners for secrets can tell it.
pub const PREFIX: &str = "pgw_";

/// The longest id, in bytes.
const LONGEST_ID: usize = 32;
const SALT_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
/// The longest text that is looked at as a token, in bytes.
const LONGEST_TOKEN: usize = 128;

/// What is kept of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    id: String,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

/// Why a text isn't what is kept of a token, or an id isn't one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The id.
    #[error("a token's id is 1 to {LONGEST_ID} letters, digits and `-`")]
    Id,
    /// The whole.
    #[error("this is not what `pgwicket token new` prints for the configuration (`ID:SALT:HASH`)")]
    Form,
    /// A token itself stands where only its hash belongs.
    #[error("this is a token, not its hash: it is known to whoever reads this file, so make a new one")]
    Secret,
    /// No random numbers.
    #[error("the operating system gives no random numbers")]
    Random,
}

impl StoredToken {
    /// A new token: what is given to the client, and what is kept of it.
    ///
    /// # Errors
    /// The id isn't one, or there are no random numbers.
    pub fn generate(id: &str) -> Result<(SecretString, StoredToken), TokenError> {
        if !is_id(id) {
            return Err(TokenError::Id);
        }
        let (mut salt, mut secret) = ([0; SALT_BYTES], Zeroizing::new([0; SECRET_BYTES]));
        rand::fill(&mut salt).map_err(|_| TokenError::Random)?;
        rand::fill(secret.as_mut()).map_err(|_| TokenError::Random)?;
        let secret = Zeroizing::new(BASE64.encode(secret.as_ref()));
        let stored = Self { id: id.to_owned(), salt, hash: hash(&salt, &secret) };
        Ok((format!("{PREFIX}{id}_{}", *secret).into(), stored))
    }

    /// The name of the token.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl FromStr for StoredToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        if text.starts_with(PREFIX) {
            return Err(TokenError::Secret);
        }
        let mut parts = text.split(':');
        let (Some(id), Some(salt), Some(hash), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(TokenError::Form);
        };
        if !is_id(id) {
            return Err(TokenError::Id);
        }
        let salt = BASE64.decode(salt).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(TokenError::Form)?;
        let hash = BASE64.decode(hash).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(TokenError::Form)?;
        Ok(Self { id: id.to_owned(), salt, hash })
    }
}

impl fmt::Display for StoredToken {
    /// As the configuration holds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.id, BASE64.encode(self.salt), BASE64.encode(self.hash))
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredToken").field("id", &self.id).finish_non_exhaustive()
    }
}

fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.chars().all(|char| char.is_ascii_alphanumeric() || char == '-')
}

fn hash(salt: &[u8], secret: &str) -> [u8; HASH_BYTES] {
    Sha256::new().chain_update(salt).chain_update(secret.as_bytes()).finalize().into()
}

/// Every token that is in force.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    by_id: HashMap<String, (StoredToken, String)>,
}

/// Who may come in.
#[derive(Debug, Clone, Default)]
pub struct Entrants {
    /// What proves who asks.
    pub tokens: Tokens,
    /// Principals that are kept out for now.
    pub disabled: BTreeSet<String>,
}

impl Entrants {
    /// A token that lets its principal in, and whose it is.
    fn pass(&self, id: &str) -> Option<&(StoredToken, String)> {
        self.tokens.by_id.get(id).filter(|(_, principal)| !self.disabled.contains(principal))
    }
}

/// The entrants of the moment: what holds for the next request, and how long for those before.
#[derive(Debug)]
pub struct Register {
    current: RwLock<Arc<Current>>,
    replaced: watch::Sender<()>,
}

/// The entrants of one moment.
#[derive(Debug, Default)]
pub struct Current {
    entrants: Entrants,
    /// By the id of each token that lets somebody in: cancelled when it doesn't any more.
    valid_until: HashMap<String, CancellationToken>,
}

impl Register {
    /// With these to begin with.
    pub fn new(entrants: Entrants) -> Self {
        let current = Current::after(&Current::default(), entrants);
        Self { current: RwLock::new(Arc::new(current)), replaced: watch::Sender::default() }
    }

    /// Those of the moment.
    pub fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Others from here on. What the tokens were for that let nobody in any more is told to end.
    pub fn replace(&self, entrants: Entrants) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let next = Arc::new(Current::after(&current, entrants));
        let ended = std::mem::replace(&mut *current, Arc::clone(&next));
        drop(current);
        for (id, valid_until) in &ended.valid_until {
            if !next.keeps(&ended, id) {
                valid_until.cancel();
            }
        }
        self.replaced.send_replace(());
    }

    /// Follows the replacements.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.replaced.subscribe()
    }
}

impl Current {
    fn after(before: &Self, entrants: Entrants) -> Self {
        let mut next = Self { entrants, valid_until: HashMap::new() };
        for id in next.entrants.tokens.by_id.keys().filter(|id| next.entrants.pass(id).is_some()) {
            let known = before.valid_until.get(id).filter(|_| next.keeps(before, id));
            next.valid_until.insert(id.clone(), known.cloned().unwrap_or_default());
        }
        next
    }

    /// Whether a token lets the same one in as before.
    fn keeps(&self, before: &Self, id: &str) -> bool {
        let now = self.entrants.pass(id);
        now.is_some() && now == before.entrants.pass(id)
    }

    /// What proves who asks.
    pub fn tokens(&self) -> &Tokens {
        &self.entrants.tokens
    }

    /// Until when a token that was proven lets its principal in; none if it doesn't.
    pub fn valid_until(&self, proven: &Proven) -> Option<&CancellationToken> {
        self.valid_until.get(&proven.token)
    }
}

/// Who a token proves somebody to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The token's id.
    pub token: String,
    /// The principal that it belongs to.
    pub principal: String,
}

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// It isn't one.
    Malformed,
    /// There is no token of that id.
    Unknown,
    /// The secret is wrong.
    Wrong {
        /// The token's id.
        token: String,
    },
}

impl Tokens {
    /// Adds a token of a principal.
    ///
    /// # Errors
    /// The principal that has a token of this id already.
    pub fn add(&mut self, token: StoredToken, principal: &str) -> Result<(), String> {
        if let Some((_, owner)) = self.by_id.get(token.id()) {
            return Err(owner.clone());
        }
        self.by_id.insert(token.id.clone(), (token, principal.to_owned()));
        Ok(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// What is kept of every token, with whose it is.
    pub fn all(&self) -> impl Iterator<Item = (&str, &StoredToken)> {
        self.by_id.values().map(|(token, principal)| (principal.as_str(), token))
    }

    /// The ids of each principal's tokens.
    pub fn ids(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (token, principal) in self.by_id.values() {
            ids.entry(principal).or_default().push(&token.id);
        }
        ids.values_mut().for_each(|ids| ids.sort_unstable());
        ids
    }

    /// Whose token a text is. Takes as long for a wrong secret as for a right one, and for an id that doesn't exist.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify(&self, text: &str) -> Result<Proven, Unproven> {
        let parts = text.strip_prefix(PREFIX).filter(|_| text.len() <= LONGEST_TOKEN);
        let Some((id, secret)) = parts.and_then(|rest| rest.split_once('_')).filter(|(id, _)| is_id(id)) else {
            return Err(Unproven::Malformed);
        };
        let known = self.by_id.get(id);
        let (salt, expected) =
            known.map_or((&[0; SALT_BYTES], &[0; HASH_BYTES]), |(token, _)| (&token.salt, &token.hash));
        let equal = constant_time::verify_slices_are_equal(&hash(salt, secret), expected).is_ok();
        match known {
            Some((token, principal)) if equal => Ok(Proven { token: token.id.clone(), principal: principal.clone() }),
            Some((token, _)) => Err(Unproven::Wrong { token: token.id.clone() }),
            None => Err(Unproven::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_token_proves_its_principal_and_nothing_else_does() {
        let (secret, stored) = StoredToken::generate("laptop").unwrap();
        let (other, another) = StoredToken::generate("ci-2").unwrap();
        let mut tokens = Tokens::default();
        assert!(tokens.is_empty());
        // By way of the configuration.
        tokens.add(stored.to_string().parse().unwrap(), "ana").unwrap();
        tokens.add(another, "ben").unwrap();
        let proven = |principal: &str, token: &str| Ok(Proven { token: token.into(), principal: principal.into() });
        assert_eq!(tokens.verify(secret.expose_secret()), proven("ana", "laptop"));
        assert_eq!(tokens.verify(other.expose_secret()), proven("ben", "ci-2"));

        let secret = secret.expose_secret();
        let swapped = other.expose_secret().replace("ci-2", "laptop");
        let unknown = secret.replace("laptop", "phone");
        let wrong = || Err(Unproven::Wrong { token: "laptop".into() });
        assert_eq!(tokens.verify(&swapped), wrong());
        assert_eq!(tokens.verify(&format!("{secret}x")), wrong());
        assert_eq!(tokens.verify(secret.strip_suffix(|_| true).unwrap()), wrong());
        assert_eq!(tokens.verify("pgw_laptop_"), wrong());
        assert_eq!(tokens.verify(&unknown), Err(Unproven::Unknown));
        for no_token in ["", "pgw_", "pgw_laptop", "pgw__x", "PGW_laptop_x", "pgw_lap top_x", &stored.to_string()] {
            assert_eq!(tokens.verify(no_token), Err(Unproven::Malformed), "{no_token}");
        }
        assert_eq!(tokens.verify(&format!("{secret}{}", "x".repeat(100))), Err(Unproven::Malformed));
        assert_eq!(tokens.add(stored, "cleo"), Err("ana".to_owned()));
    }

    #[test]
    fn whoever_is_kept_out_is_told_and_nobody_else() {
        let (_, laptop) = StoredToken::generate("laptop").unwrap();
        let (_, phone) = StoredToken::generate("phone").unwrap();
        let (_, another_phone) = StoredToken::generate("phone").unwrap();
        let (_, ci) = StoredToken::generate("ci").unwrap();
        let entrants = |tokens: &[(&StoredToken, &str)], disabled: &[&str]| {
            let mut all = Tokens::default();
            tokens.iter().for_each(|(token, principal)| all.add((*token).clone(), principal).unwrap());
            Entrants { tokens: all, disabled: disabled.iter().map(|name| (*name).to_owned()).collect() }
        };
        let valid = |register: &Register, id: &str| {
            let proven = Proven { token: id.to_owned(), principal: String::new() };
            register.current().valid_until(&proven).cloned()
        };
        let before = [(&laptop, "ana"), (&phone, "ana"), (&ci, "ben")];
        let register = Register::new(entrants(&before, &[]));
        let [kept, renewed, disabled] = ["laptop", "phone", "ci"].map(|id| valid(&register, id).unwrap());

        let after = [(&laptop, "ana"), (&another_phone, "ana"), (&ci, "ben")];
        register.replace(entrants(&after, &["ben"]));
        assert!(!kept.is_cancelled() && renewed.is_cancelled() && disabled.is_cancelled());
        assert!(valid(&register, "ci").is_none());
        let renewed = valid(&register, "phone").unwrap();
        assert!(!renewed.is_cancelled());

        // Let in again, taken away, and given to another one.
        register.replace(entrants(&[(&laptop, "ben"), (&ci, "ben")], &[]));
        assert!(kept.is_cancelled() && renewed.is_cancelled());
        assert!(["laptop", "ci"].iter().all(|id| !valid(&register, id).unwrap().is_cancelled()));
        assert!(valid(&register, "phone").is_none());
    }

    #[test]
    fn what_is_kept_of_a_token_tells_neither_it_nor_itself() {
        let (secret, stored) = StoredToken::generate("laptop").unwrap();
        let (_, again) = StoredToken::generate("laptop").unwrap();
        let secret = secret.expose_secret().strip_prefix("pgw_laptop_").unwrap();
        assert_eq!(BASE64.decode(secret).unwrap().len(), SECRET_BYTES);
        assert!(!stored.to_string().contains(secret) && stored != again && stored.salt != again.salt);
        assert_eq!(format!("{stored:?}"), r#"StoredToken { id: "laptop", .. }"#);
    }

    #[test]
    fn what_is_no_hash_of_a_token_is_told_from_one() {
        let (secret, stored) = StoredToken::generate("laptop").unwrap();
        let parse = |text: &str| text.parse::<StoredToken>().unwrap_err();
        assert_eq!(parse(secret.expose_secret()), TokenError::Secret);
        for text in ["", "laptop", "laptop:x:y", &format!("{stored}:x"), stored.to_string().split_at(60).0] {
            assert_eq!(parse(text), TokenError::Form, "{text}");
        }
        assert_eq!(parse(&stored.to_string().replace("laptop", "lap_top")), TokenError::Id);
        assert_eq!(StoredToken::generate("").unwrap_err(), TokenError::Id);
        assert_eq!(StoredToken::generate(&"x".repeat(33)).unwrap_err(), TokenError::Id);
    }
}
