//! Decisions read from bytes, so that a fuzzer and a property test steer the same generators. Where the bytes are used
//! up every decision is the first alternative, which generators make the smallest.

/// A source of decisions.
pub struct Choices<'b> {
    bytes: &'b [u8],
}

impl<'b> Choices<'b> {
    /// Decisions by these bytes.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// Whether every further decision is the first alternative.
    pub fn exhausted(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes that are left.
    pub fn left(&self) -> &'b [u8] {
        self.bytes
    }

    /// A number below `count`; 0 for 0.
    pub fn below(&mut self, count: usize) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) if count > 1 => {
                self.bytes = rest;
                // The generators choose among fewer than 256 things but for functions.
                match (count > 256, self.bytes.split_first()) {
                    (true, Some((second, rest))) => {
                        self.bytes = rest;
                        (usize::from(*first) << 8 | usize::from(*second)) % count
                    }
                    _ => usize::from(*first) % count,
                }
            }
            _ => 0,
        }
    }

    /// True once in `count` times; false where the bytes are used up.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// One of them.
    pub fn pick<'o, T>(&mut self, of: &'o [T]) -> &'o T {
        &of[self.below(of.len())]
    }

    /// A short text of the bytes themselves, without NUL.
    pub fn text(&mut self) -> String {
        let length = self.below(12).min(self.bytes.len());
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        String::from_utf8_lossy(text).replace('\0', "")
    }
}
