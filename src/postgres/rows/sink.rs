//! Where JSON is written: a string that stops growing at its limit and remembers that it did.

/// Results that are shorter grow as strings do.
const LARGE: usize = 64 * 1024;
/// Room for what stands behind the limit.
const ROOM_FOR_END: usize = 256;

/// JSON under construction. After an overflow nothing more is written until [`Sink::truncate`].
#[derive(Debug)]
pub(crate) struct Sink {
    json: String,
    limit: usize,
    overflowed: bool,
    /// Lent to values whose text is made before their JSON; kept to save allocations.
    scratch: String,
}

impl Sink {
    /// At most `limit` bytes will be written.
    pub(crate) fn new(limit: usize) -> Self {
        Self { json: String::new(), limit, overflowed: false, scratch: String::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.json.len()
    }

    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// Forgets what was written after `length` bytes, and the overflow.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.json.truncate(length);
        self.overflowed = false;
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(crate) fn into_json(self) -> String {
        self.json
    }

    /// Writes JSON as it is.
    pub(crate) fn push(&mut self, json: &str) {
        if self.overflowed || self.json.len().saturating_add(json.len()) > self.limit {
            self.overflowed = true;
        } else {
            self.make_room(json.len());
            self.json.push_str(json);
        }
    }

    /// Past some size, room for all that may come is asked for at once: pages that nothing is written to take no memory,
    /// and growing by and by would take several times that of the result.
    fn make_room(&mut self, more: usize) {
        let wanted = self.json.len().saturating_add(more);
        if wanted > self.json.capacity() && wanted > LARGE && self.limit != usize::MAX {
            self.json.reserve_exact(self.limit.saturating_add(ROOM_FOR_END).saturating_sub(self.json.len()));
        }
    }

    /// Writes `text` as a JSON string.
    pub(crate) fn string(&mut self, text: &str) {
        self.push("\"");
        let mut rest = text;
        while let Some((plain, tail)) = rest
            .bytes()
            .position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
            .and_then(|at| rest.split_at_checked(at))
        {
            self.push(plain);
            match tail.as_bytes().first() {
                Some(b'"') => self.push("\\\""),
                Some(b'\\') => self.push("\\\\"),
                Some(b'\n') => self.push("\\n"),
                Some(b'\r') => self.push("\\r"),
                Some(b'\t') => self.push("\\t"),
                Some(control) => self.push(&format!("\\u{control:04x}")),
                None => {}
            }
            rest = tail.split_at_checked(1).map_or("", |(_, rest)| rest);
            if self.overflowed {
                return;
            }
        }
        self.push(rest);
        self.push("\"");
    }

    /// Writes `bytes` as a JSON string in PostgreSQL's hex format.
    pub(crate) fn hex_string(&mut self, bytes: &[u8]) {
        self.push("\"\\\\x");
        if self.json.len().saturating_add(bytes.len().saturating_mul(2)) > self.limit {
            self.overflowed = true;
        }
        if !self.overflowed {
            self.make_room(bytes.len().saturating_mul(2));
            push_hex(bytes, &mut self.json);
        }
        self.push("\"");
    }

    pub(crate) fn take_scratch(&mut self) -> String {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch
    }

    pub(crate) fn give_scratch_back(&mut self, scratch: String) {
        // A huge value's memory isn't kept for the small ones after it.
        if scratch.capacity() <= 64 * 1024 {
            self.scratch = scratch;
        }
    }
}

/// Two lower-case hexadecimal digits a byte.
pub(crate) fn push_hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> String {
        let mut sink = Sink::new(1_000);
        sink.string(text);
        sink.into_json()
    }

    #[test]
    fn strings_are_escaped_as_json_wants() {
        assert_eq!(string("a\"b\\c\n\r\t\u{1}é\u{7f}"), "\"a\\\"b\\\\c\\n\\r\\t\\u0001é\u{7f}\"");
        for text in ["", "\"", "\\", "\u{0}", "plain", "🦀\n🦀"] {
            assert_eq!(serde_json::from_str::<String>(&string(text)).unwrap(), text);
        }
    }

    #[test]
    fn nothing_is_written_beyond_the_limit() {
        let mut sink = Sink::new(5);
        sink.push("abc");
        sink.string("def");
        assert!(sink.has_overflowed());
        assert!(sink.len() <= 5);
        sink.truncate(3);
        sink.hex_string(&[0; 100]);
        assert!(sink.has_overflowed());
        sink.truncate(3);
        sink.push("de");
        assert!(!sink.has_overflowed());
        assert_eq!(sink.into_json(), "abcde");
    }
}
