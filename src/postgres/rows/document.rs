//! `json` and `jsonb` values inside the result. A value is embedded as it stands, number for number, only if every
//! reader can be expected to take it: sound JSON, not too deep, no lone surrogates, no number beyond a double's range.
//! Otherwise its text goes out as a JSON string. JSON's `null` and SQL's NULL both become `null`.

use super::sink::Sink;

/// Common parsers stop at 128 levels, some of which the result around the value needs.
const MOST_DEPTH: usize = 100;

/// Writes the document without the whitespace between its tokens, or its text as a string.
pub(crate) fn write(text: &str, sink: &mut Sink) {
    if is_embeddable(text) { write_compact(text, sink) } else { sink.string(text) }
}

fn is_embeddable(text: &str) -> bool {
    Reader::new(text).document().is_some()
}

fn write_compact(text: &str, sink: &mut Sink) {
    let mut rest = text.trim_matches(is_whitespace);
    while !rest.is_empty() && !sink.has_overflowed() {
        let token = match rest.strip_prefix('"') {
            Some(content) => string_length(content) + 1,
            None => rest.find(|character| character == '"' || is_whitespace(character)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(token).unwrap_or((rest, ""));
        sink.push(token);
        rest = after.trim_start_matches(is_whitespace);
    }
}

fn is_whitespace(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Bytes up to and with the closing quote of a string that is known to be sound.
fn string_length(content: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in content.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    content.len()
}

/// A validating reader without recursion.
struct Reader<'a> {
    bytes: std::iter::Peekable<std::slice::Iter<'a, u8>>,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    /// A value or the end of the array that was just opened.
    FirstElement,
    Key,
    /// A key or the end of the object that was just opened.
    FirstKey,
    CommaOrEnd,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes().iter().peekable() }
    }

    fn document(&mut self) -> Option<()> {
        let mut open: Vec<u8> = Vec::new();
        let mut expect = Expect::Value;
        loop {
            self.skip_whitespace();
            if expect == Expect::CommaOrEnd && open.is_empty() {
                return self.bytes.next().is_none().then_some(());
            }
            let byte = *self.bytes.next()?;
            expect = match (expect, byte) {
                (Expect::Value | Expect::FirstElement, b'{' | b'[') => {
                    if open.len() >= MOST_DEPTH {
                        return None;
                    }
                    open.push(byte);
                    if byte == b'{' { Expect::FirstKey } else { Expect::FirstElement }
                }
                (Expect::FirstElement, b']') | (Expect::FirstKey, b'}') => {
                    open.pop();
                    Expect::CommaOrEnd
                }
                (Expect::Value | Expect::FirstElement, _) => {
                    self.scalar(byte)?;
                    Expect::CommaOrEnd
                }
                (Expect::Key | Expect::FirstKey, b'"') => {
                    self.string()?;
                    self.skip_whitespace();
                    self.literal(b":")?;
                    Expect::Value
                }
                (Expect::CommaOrEnd, b',') => {
                    if open.last() == Some(&b'{') {
                        Expect::Key
                    } else {
                        Expect::Value
                    }
                }
                (Expect::CommaOrEnd, b'}') if open.last() == Some(&b'{') => {
                    open.pop();
                    Expect::CommaOrEnd
                }
                (Expect::CommaOrEnd, b']') if open.last() == Some(&b'[') => {
                    open.pop();
                    Expect::CommaOrEnd
                }
                (Expect::Key | Expect::FirstKey | Expect::CommaOrEnd, _) => return None,
            };
        }
    }

    fn skip_whitespace(&mut self) {
        while self.bytes.next_if(|byte| is_whitespace(char::from(**byte))).is_some() {}
    }

    fn literal(&mut self, expected: &[u8]) -> Option<()> {
        expected.iter().all(|byte| self.bytes.next() == Some(byte)).then_some(())
    }

    fn scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b'"' => self.string(),
            b't' => self.literal(b"rue"),
            b'f' => self.literal(b"alse"),
            b'n' => self.literal(b"ull"),
            b'-' | b'0'..=b'9' => self.number(first),
            _ => None,
        }
    }

    fn number(&mut self, first: u8) -> Option<()> {
        let mut text = String::from(char::from(first));
        let leading = if first == b'-' { self.digit(&mut text)? } else { first };
        if leading != b'0' {
            self.digits(&mut text);
        }
        if self.bytes.next_if(|byte| **byte == b'.').is_some() {
            text.push('.');
            self.digit(&mut text)?;
            self.digits(&mut text);
        }
        if self.bytes.next_if(|byte| matches!(**byte, b'e' | b'E')).is_some() {
            text.push('e');
            if let Some(sign) = self.bytes.next_if(|byte| matches!(**byte, b'+' | b'-')) {
                text.push(char::from(*sign));
            }
            self.digit(&mut text)?;
            self.digits(&mut text);
        }
        text.parse::<f64>().is_ok_and(f64::is_finite).then_some(())
    }

    fn digit(&mut self, text: &mut String) -> Option<u8> {
        let digit = *self.bytes.next_if(|byte| byte.is_ascii_digit())?;
        text.push(char::from(digit));
        Some(digit)
    }

    fn digits(&mut self, text: &mut String) {
        while self.digit(text).is_some() {}
    }

    /// The rest of a string whose opening quote is read.
    fn string(&mut self) -> Option<()> {
        loop {
            match self.bytes.next()? {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.bytes.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => match self.code_unit()? {
                0xD800..=0xDBFF => {
                    self.literal(b"\\u")?;
                    matches!(self.code_unit()?, 0xDC00..=0xDFFF).then_some(())
                }
                0xDC00..=0xDFFF => None,
                _ => Some(()),
            },
            _ => None,
        }
    }

    fn code_unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(*self.bytes.next()?).to_digit(16)?;
        }
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut sink = Sink::new(100_000);
        write(text, &mut sink);
        sink.into_json()
    }

    #[test]
    fn sound_documents_are_embedded_without_whitespace() {
        for (text, json) in [
            (
                "{\"a\": [1, 2.50, -0, 1e5, 12345678901234567890],\n \"b c\" : \"x \\\" y\"}",
                "{\"a\":[1,2.50,-0,1e5,12345678901234567890],\"b c\":\"x \\\" y\"}",
            ),
            (" null ", "null"),
            ("true", "true"),
            ("[ ]", "[]"),
            ("{ }", "{}"),
            ("[[],{},[{}]]", "[[],{},[{}]]"),
            ("{\"a\":1, \"a\":2}", "{\"a\":1,\"a\":2}"),
            ("\"\\ud83e\\udd80 \\u0000 🦀\"", "\"\\ud83e\\udd80 \\u0000 🦀\""),
            ("\"\\\\\"", "\"\\\\\""),
        ] {
            assert_eq!(written(text), json);
            serde_json::from_str::<serde_json::Value>(&written(text)).unwrap();
        }
    }

    #[test]
    fn what_readers_might_refuse_goes_out_as_its_text() {
        let deep = format!("{}{}", "[".repeat(101), "]".repeat(101));
        let huge = format!("1{}", "0".repeat(400));
        for text in ["\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "1e400", deep.as_str(), huge.as_str()] {
            assert_eq!(serde_json::from_str::<String>(&written(text)).unwrap(), text);
        }
    }

    #[test]
    fn what_is_not_json_never_leaves_as_json() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "[1 2]",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "1 1",
            "[}",
            "{]",
            "\"\u{1}\"",
            "NaN",
            "'a'",
        ] {
            assert_eq!(serde_json::from_str::<String>(&written(text)).unwrap(), text);
        }
    }

    #[test]
    fn agrees_with_another_parser_on_mangled_documents() {
        let sound = "{\"a\": [1, -2.5e3, true, null, \"x\\n\\u00e9\"], \"b\": {\"c\": []}}";
        let junk = ["", "{", "}", "[", "]", ",", ":", "\"", "\\", "0", "e", " "];
        for at in 0..=sound.len() {
            for insert in junk {
                let (before, after) = sound.split_at(at);
                for mangled in [format!("{before}{insert}{after}"), format!("{before}{insert}")] {
                    let json: serde_json::Value = serde_json::from_str(&written(&mangled)).unwrap();
                    match serde_json::from_str::<serde_json::Value>(&mangled) {
                        Ok(value) => assert_eq!(json, value, "{mangled}"),
                        Err(_) => assert_eq!(json, serde_json::Value::String(mangled)),
                    }
                }
            }
        }
    }
}
