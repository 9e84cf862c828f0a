//! The client's text with positions: byte spans, lines and columns. Knows nothing of SQL.

use serde::Serialize;

/// A half-open range of bytes in the client's SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, both byte offsets.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The smallest span that holds both; an empty default span counts as absent.
    pub fn to(self, other: Self) -> Self {
        if self == Self::default() {
            other
        } else if other == Self::default() {
            self
        } else {
            Self { start: self.start.min(other.start), end: self.end.max(other.end) }
        }
    }
}

/// Where a node of the IR came from. Takes no part in equality: two nodes that mean the same are equal wherever
/// they were written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin(pub Span);

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

/// A text and where its lines begin.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    text: &'a str,
    /// Byte offset of each line's first byte.
    line_starts: Vec<u32>,
    /// For each line the number of its first character in the text.
    line_characters: Vec<u32>,
    /// Byte offsets of every [`STRIDE`]th character, so that a place in a long line is found without walking the line.
    /// Empty where every character is one byte.
    strides: Vec<u32>,
}

/// Distance of the marks in [`Source::strides`], in characters.
const STRIDE: usize = 64;

/// A position for people: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl<'a> Source<'a> {
    /// Indexes the lines of `text`. Texts over 4 GiB are refused long before this point by the gate's byte limit.
    pub fn new(text: &'a str) -> Self {
        let (mut line_starts, mut line_characters, mut strides) = (vec![0], vec![0], Vec::new());
        if text.is_ascii() {
            line_starts.extend(text.match_indices('\n').map(|(at, _)| at as u32 + 1));
            return Self { text, line_characters: line_starts.clone(), line_starts, strides };
        }
        for (number, (at, c)) in text.char_indices().enumerate() {
            if number % STRIDE == 0 {
                strides.push(at as u32);
            }
            if c == '\n' {
                line_starts.push(at as u32 + 1);
                line_characters.push(number as u32 + 1);
            }
        }
        Self { text, line_starts, line_characters, strides }
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The byte offset of a line and column, both from 1 and clamped into the text. This is how the parser reports
    /// places.
    pub fn offset(&self, line: u64, column: u64) -> u32 {
        let line = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let column = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
        let end = self.text.len() as u32;
        let Some(first) = self.line_characters.get(line) else { return end };
        let wanted = (*first as usize).saturating_add(column);
        if self.strides.is_empty() {
            return u32::try_from(wanted).unwrap_or(end).min(end);
        }
        let Some(mark) = self.strides.get(wanted / STRIDE).copied() else { return end };
        let rest = self.text.get(mark as usize..).unwrap_or_default();
        rest.char_indices().nth(wanted % STRIDE).map_or(end, |(at, _)| mark + at as u32)
    }

    /// The position of a byte offset, for people.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.line_starts.get(line).copied().unwrap_or(0) as usize;
        let before = self.text.get(start..offset as usize).unwrap_or_default();
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }

    /// The text under a span; empty where the span doesn't fit.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_positions_agree_on_multibyte_lines() {
        let source = Source::new("select 'é',\n  ü from t");
        let offset = source.offset(2, 5);
        assert_eq!(source.slice(Span::new(offset, offset + 4)), "from");
        assert_eq!(source.position(offset), Position { line: 2, column: 5 });
    }

    #[test]
    fn offsets_in_long_lines_agree_with_walking() {
        let text = "aé☃b\n".repeat(3) + &"xü".repeat(500);
        let source = Source::new(&text);
        for (line, content) in text.split('\n').enumerate() {
            let before: usize = text.split('\n').take(line).map(|earlier| earlier.len() + 1).sum();
            for (column, (at, _)) in content.char_indices().enumerate() {
                assert_eq!(source.offset(line as u64 + 1, column as u64 + 1), (before + at) as u32);
            }
        }
    }

    #[test]
    fn places_outside_the_text_are_clamped() {
        let source = Source::new("ab");
        assert_eq!(source.offset(9, 9), 2);
        assert_eq!(source.offset(1, 90), 2);
        assert_eq!(source.slice(Span::new(1, 90)), "");
    }
}
