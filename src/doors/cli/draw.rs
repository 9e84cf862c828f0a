//! Faults drawn on what they are about: a statement, or a line of a file. Text that others wrote is made harmless for a
//! terminal first.

use std::io::IsTerminal;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use crate::config::{Fault, Place};
use crate::doors::misleads;
use crate::gate::diagnostic::{Place as SqlPlace, Rejection};

/// Where the drawing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Stdout,
    Stderr,
}

impl To {
    fn renderer(self) -> Renderer {
        let terminal = match self {
            Self::Stdout => std::io::stdout().is_terminal(),
            Self::Stderr => std::io::stderr().is_terminal(),
        };
        let colour = terminal && std::env::var_os("NO_COLOR").is_none();
        if colour { Renderer::styled().decor_style(DecorStyle::Unicode) } else { Renderer::plain() }
    }
}

/// A rejection, and every further violation, each on the statement.
pub(super) fn rejection(rejection: &Rejection, sql: &str, to: To) -> String {
    let renderer = to.renderer();
    let sql = printable(sql);
    std::iter::once(rejection)
        .chain(&rejection.also)
        .map(|one| {
            let (message, code) = (printable(&one.message), one.reason.code());
            let mut parts: Vec<Element<'_>> = Vec::new();
            if let SqlPlace::Sql(span) = one.place {
                let range = within(&sql, span.start as usize..span.end as usize);
                parts.push(Snippet::source(sql.as_str()).annotation(AnnotationKind::Primary.span(range)).into());
            }
            if let SqlPlace::Json(pointer) = &one.place {
                parts.push(Level::NOTE.message(format!("at `{}`", printable(pointer))).into());
            }
            if let Some(rule) = &one.rule {
                parts.push(Level::NOTE.message(format!("by the rule {rule}")).into());
            }
            if let Some(help) = &one.help {
                parts.push(Level::HELP.message(printable(help)).into());
            }
            renderer.render(&[Level::ERROR.primary_title(message.as_str()).id(code).elements(parts)])
        })
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// A fault on its line of `text`, which is the file's that it names.
pub(super) fn fault(fault: &Fault, text: Option<&str>, to: To) -> String {
    let message = printable(&fault.message);
    let mut group = Group::with_title(Level::ERROR.primary_title(message.as_str()));
    let text = text.map(printable);
    if let (Place::File { file, line, column, .. }, Some(text)) = (&fault.place, &text) {
        let range = marked(text, *line, *column);
        group = group.element(
            Snippet::source(text.as_str()).path(file.as_str()).annotation(AnnotationKind::Primary.span(range)),
        );
    }
    if let Some(help) = &fault.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    to.renderer().render(&[group])
}

/// The bytes that a line and column, both from 1, point at: the word there, or the whole line.
fn marked(text: &str, line: u32, column: Option<u32>) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let content = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let Some(column) = column else {
        let indent = content.len() - content.trim_start().len();
        return within(text, start + indent..start + content.trim_end().len());
    };
    let begin = content.char_indices().nth(column.saturating_sub(1) as usize).map_or(content.len(), |(at, _)| at);
    let rest = content.get(begin..).unwrap_or_default();
    let word = rest.find([' ', '=', ']', ',']).filter(|length| *length > 0).unwrap_or(rest.len());
    within(text, start + begin..start + begin + word)
}

/// The range moved onto characters' borders within the text.
fn within(text: &str, range: Range<usize>) -> Range<usize> {
    let border = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = border(range.start);
    start..border(range.end).max(start)
}

/// The text without what a terminal would act on, or would have a person read something else; every character keeps its length in bytes, so that places stay.
pub(super) fn printable(text: &str) -> String {
    let harmless = |c: char| match c {
        '\n' => '\n',
        '\t' => ' ',
        c if c.is_ascii_control() => '?',
        // Two bytes like the controls U+0080 to U+009F.
        c if c.is_control() => '¿',
        // Two bytes or three.
        c if misleads(c) => {
            if c.len_utf8() == 2 {
                '¿'
            } else {
                '\u{fffd}'
            }
        }
        c => c,
    };
    text.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::diagnostic::{Reason, Rule};
    use crate::gate::source::Span;

    #[test]
    fn a_rejection_is_drawn_on_the_statement() {
        let rule = Rule { file: "p.toml".into(), line: 7, key: "columns".into() };
        let sql = "SELECT name,\n       ssn FROM sales.customers";
        let one = Rejection::new(Reason::UnknownColumn, "column `ssn` is denied")
            .at(Span::new(20, 23))
            .by(Some(rule))
            .help("leave it out");
        let drawn = rejection(&one, sql, To::Stderr);
        assert_eq!(
            drawn,
            "error[unknown_column]: column `ssn` is denied\n  |\n2 |        ssn FROM sales.customers\n  |        ^^^\n  \
             |\n  = note: by the rule p.toml:7 (columns)\n  = help: leave it out"
        );
    }

    #[test]
    fn places_outside_the_text_and_control_characters_do_no_harm() {
        let one = Rejection::new(Reason::ParseError, "bad \u{1b}[31m text").at(Span::new(2, 900));
        let drawn = rejection(&one, "é\u{9b}x", To::Stderr);
        assert!(!drawn.contains(['\u{1b}', '\u{9b}']), "{drawn:?}");
        let turned = "SELECT 'a\u{202e}b\u{61c}c\u{2066}' --\u{200b}\u{feff}";
        assert_eq!(printable(turned), "SELECT 'a\u{fffd}b¿c\u{fffd}' --\u{fffd}\u{fffd}");
        assert_eq!(printable(turned).len(), turned.len());
        assert!(!rejection(&one, "", To::Stderr).is_empty());
    }

    #[test]
    fn a_fault_marks_the_word_at_its_column() {
        let text = "version = 1\nnmae = \"x\"\n[limits]\n  rows = -1";
        assert_eq!(text.get(marked(text, 2, Some(1))), Some("nmae"));
        assert_eq!(text.get(marked(text, 4, None)), Some("rows = -1"));
        assert_eq!(text.get(marked(text, 3, Some(2))), Some("limits"));
        assert_eq!(marked(text, 90, Some(3)), text.len()..text.len());
    }
}
