//! Doors: each translates its protocol into a request of the gateway, and the answer back. A door decides nothing.

pub mod cli;
mod layout;
pub mod mcp;
mod question;

/// Whether a character has a person read something else than stands there: those that can't be seen, break lines, or turn the
/// direction of writing.
fn misleads(char: char) -> bool {
    matches!(
        char,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
