//! Words that nobody else says, and finding them again in whatever form.

use std::path::Path;

/// What must not be found, and where it was put.
#[derive(Debug, Clone)]
pub struct Canary {
    pub text: String,
    pub put: String,
}

/// Makes canaries, each another word.
#[derive(Debug, Default)]
pub struct Nest {
    pub canaries: Vec<Canary>,
}

impl Nest {
    /// A word: letters and digits, in mixed case.
    pub fn word(&mut self, put: &str) -> String {
        let text = format!("Zq{:03}wKx7{}", self.canaries.len(), ["Hu", "vM", "oT"][self.canaries.len() % 3]);
        self.keep(text, put)
    }

    /// A number.
    pub fn number(&mut self, put: &str) -> String {
        self.keep(format!("7391{:03}5268", self.canaries.len()), put)
    }

    /// A text that is given.
    pub fn keep(&mut self, text: String, put: &str) -> String {
        self.canaries.push(Canary { text: text.clone(), put: put.to_owned() });
        text
    }

    /// All canaries that are somewhere in the bytes, with the form in which.
    pub fn found_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        let lower = text.to_lowercase();
        let of = |canary: &Canary| {
            let form = forms(&canary.text).into_iter().find(|(_, form, exact)| {
                if *exact { text.contains(form.as_str()) } else { lower.contains(&form.to_lowercase()) }
            });
            form.map(|(name, form, _)| format!("{place}: {} of {}, {name}: {form}", canary.text, canary.put))
        };
        self.canaries.iter().filter_map(of).collect()
    }

    /// As [`Nest::found_in`], in every file below a directory.
    pub fn found_below(&self, directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                found.extend(self.found_below(&entry));
            } else {
                found.extend(self.found_in(&entry.display().to_string(), &std::fs::read(&entry).unwrap()));
            }
        }
        found
    }
}

/// The forms in which a text may be hidden: a name, the form, and whether its case counts.
fn forms(text: &str) -> Vec<(&'static str, String, bool)> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped: String = text.chars().map(|char| format!("\\u{:04x}", u32::from(char))).collect();
    let mut forms = vec![
        ("as it is", text.to_owned(), false),
        ("reversed", text.chars().rev().collect(), false),
        ("in hexadecimal digits", hex, false),
        ("escaped as in JSON", escaped, false),
        ("as bytes", text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(","), false),
    ];
    for (shift, name) in ["in base64", "in base64, shifted by one", "in base64, shifted by two"].into_iter().enumerate()
    {
        let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(text.bytes()).collect();
        // The characters that hold bits of nothing but the text.
        let first = (shift * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        forms.push((name, base64(&padded)[first..whole].to_owned(), true));
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..=three.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

#[test]
fn a_canary_is_found_in_each_form() {
    let mut nest = Nest::default();
    let word = nest.word("a test");
    assert_eq!(base64(b"Many hands"), "TWFueSBoYW5kcw");
    let hidden = [
        word.to_lowercase(),
        word.chars().rev().collect(),
        format!("x'{}'", word.bytes().map(|byte| format!("{byte:02X}")).collect::<String>()),
        base64(word.as_bytes()),
        base64(format!("a{word}b").as_bytes()),
        base64(format!("ab{word}").as_bytes()),
        word.chars().map(|char| format!("\\u{:04X}", u32::from(char))).collect(),
    ];
    for text in hidden {
        assert_eq!(nest.found_in("here", format!("before {text} behind").as_bytes()).len(), 1, "{text}");
    }
    assert_eq!(nest.found_in("here", b"something else"), [""; 0]);
}
