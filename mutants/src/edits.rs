//! Edits of one text that nest: what is put around an expression stays around what is put around its parts.

use std::ops::Range;

/// Text to put in at a place, or instead of what is there.
pub struct Edit {
    /// The bytes that go; empty if something is only put in.
    pub at: Range<usize>,
    pub text: String,
    /// Whether it stands before what it belongs to. It then comes behind all that ends at the same place.
    pub before: bool,
    /// How much it goes around, in bytes.
    pub extent: usize,
    /// The mutants that are in it.
    pub mutants: Vec<usize>,
}

/// Where an edit came to stand.
pub struct Placed {
    pub at: Range<usize>,
    pub extent: usize,
    pub mutants: Vec<usize>,
}

/// The edited text, and where each edit is in it.
pub fn apply(source: &str, mut edits: Vec<Edit>) -> Result<(String, Vec<Placed>), String> {
    edits.sort_by_key(|edit| {
        let nesting = if edit.before { usize::MAX - edit.extent } else { edit.extent };
        (edit.at.start, edit.before, nesting)
    });
    let (mut text, mut placed, mut done) = (String::new(), Vec::new(), 0);
    for Edit { at, text: new, before: _, extent, mutants } in edits {
        let kept = source.get(done..at.start).ok_or_else(|| format!("edits overlap at byte {}", at.start))?;
        text.push_str(kept);
        let start = text.len();
        text.push_str(&new);
        placed.push(Placed { at: start..text.len(), extent, mutants });
        done = at.end;
    }
    text.push_str(&source[done..]);
    Ok((text, placed))
}
