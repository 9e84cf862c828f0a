//! Reading the binary format of values: big-endian integers and runs of bytes, each checked.

use std::str;

/// A value whose bytes aren't what its type promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of type {type_name} could not be read: {reason}")]
pub struct Undecodable {
    /// PostgreSQL's name of the column's type.
    pub type_name: String,
    /// What didn't fit, without any of the value.
    pub reason: &'static str,
}

/// Why bytes can't be read, before the type's name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// The part of a value that isn't read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire<'a>(pub(crate) &'a [u8]);

impl<'a> Wire<'a> {
    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (chunk, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed("it ends early"))?;
        self.0 = rest;
        Ok(*chunk)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Malformed> {
        Ok(i16::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn f32(&mut self) -> Result<f32, Malformed> {
        Ok(f32::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, Malformed> {
        Ok(f64::from_be_bytes(self.chunk()?))
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(Malformed("it ends early"))?;
        self.0 = rest;
        Ok(bytes)
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// A value inside another one: a length, −1 for NULL, then its bytes.
    pub(crate) fn element(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        match self.i32()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| Malformed("a length is negative"))?;
                self.bytes(length).map(Some)
            }
        }
    }

    /// Nothing may be left over.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("it is longer than its type")) }
    }
}

/// Text as the server sends it. A database in encoding SQL_ASCII may send anything, which is refused rather than
/// guessed at.
pub(crate) fn utf8(raw: &[u8]) -> Result<&str, Malformed> {
    str::from_utf8(raw).map_err(|_| Malformed("it is not valid UTF-8"))
}
