//! What a write does, in short: how many rows, and which. Told before a person confirms it, and compared when it runs again.

use aws_lc_rs::hmac;

/// What a write did, or would have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Rows inserted, updated or deleted.
    pub rows: u64,
    /// Of what identifies these rows, whatever their order.
    pub digest: [u8; 32],
}

/// How a write that a person has to confirm is executed.
#[derive(Clone)]
pub struct Confirming {
    /// What rows are digested with, so that nobody can look for rows of equal digests.
    pub key: hmac::Key,
    /// What was approved: it is committed if it does just that. Without, it is tried and rolled back.
    pub approved: Option<Effect>,
}

impl std::fmt::Debug for Confirming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Confirming").field("approved", &self.approved).finish_non_exhaustive()
    }
}

/// Digests rows as they come. Their order must not matter, since it may be another one the next time, so the digests of
/// the rows are added up, modulo 2^256.
pub(super) struct Digester<'a> {
    key: &'a hmac::Key,
    sum: [u8; 32],
}

impl<'a> Digester<'a> {
    pub(super) fn new(key: &'a hmac::Key) -> Self {
        Self { key, sum: [0; 32] }
    }

    /// One more row, by the values that identify it.
    pub(super) fn row<'v>(&mut self, values: impl Iterator<Item = Option<&'v [u8]>>) {
        let mut row = hmac::Context::with_key(self.key);
        for value in values {
            match value {
                None => row.update(&[0]),
                Some(value) => {
                    row.update(&[1]);
                    row.update(&(value.len() as u64).to_be_bytes());
                    row.update(value);
                }
            }
        }
        let mut carry = 0_u16;
        for (sum, digit) in self.sum.iter_mut().zip(row.sign().as_ref()) {
            carry += u16::from(*sum) + u16::from(*digit);
            *sum = (carry & 0xff) as u8;
            carry >>= 8;
        }
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[Option<&str>]]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let mut digester = Digester::new(&key);
        for row in rows {
            digester.row(row.iter().map(|value| value.map(str::as_bytes)));
        }
        digester.digest()
    }

    #[test]
    fn the_digest_tells_rows_apart_and_not_their_order() {
        let (a, b): (&[Option<&str>], &[Option<&str>]) = (&[Some("1"), Some("x")], &[Some("2"), None]);
        assert_eq!(digest(&[a, b]), digest(&[b, a]));
        let different = [
            digest(&[]),
            digest(&[a]),
            digest(&[b]),
            digest(&[a, b]),
            digest(&[a, a]),
            digest(&[a, a, b]),
            digest(&[&[Some("1x"), Some("")]]),
            digest(&[&[Some("1"), Some(""), Some("x")]]),
            digest(&[&[Some("2"), Some("")]]),
            digest(&[&[Some("x"), Some("1")]]),
        ];
        for (at, one) in different.iter().enumerate() {
            assert!(!different[..at].contains(one), "{at}");
        }
    }
}
