//! "Did you mean": the nearest of a few known words. Knows nothing of policies.

/// The known word that is nearest to `word`, if one is near enough to be meant. Ties go to the earlier one.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Words compared at most this far: the cost is the product of both lengths.
const LONGEST: usize = 64;

/// Edits that make one word of the other: insertion, deletion, replacement, or swapping two neighbours. Case and the
/// kind of dash are worth nothing.
fn distance(left: &str, right: &str) -> usize {
    let fold = |text: &str| -> Vec<char> {
        text.chars().take(LONGEST).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
    };
    let (left, right) = (fold(left), fold(right));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut last = None;
    for (at, l) in left.iter().enumerate() {
        let mut next = vec![at + 1];
        let mut previous = None;
        for (column, r) in right.iter().enumerate() {
            let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (cell(&row, column) + usize::from(l != r)).min(cell(&row, column + 1) + 1).min(cell(&next, column) + 1);
            if column > 0 && last == Some(r) && previous == Some(l) {
                best = best.min(cell(&before, column - 1) + 1);
            }
            next.push(best);
            previous = Some(r);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(l);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_recognised_and_strangers_are_not() {
        for (word, known, expected) in [
            ("rowz", &["rows", "role"][..], Some("rows")),
            ("deny_column", &["columns", "deny_columns"], Some("deny_columns")),
            ("deny-columns", &["columns", "deny_columns"], Some("deny_columns")),
            ("Timeout", &["timeout"], Some("timeout")),
            ("nmae", &["name", "email"], Some("name")),
            ("masks", &["mask"], Some("mask")),
            ("banana", &["rows", "columns"], None),
            ("", &["rows"], None),
            ("x", &[], None),
        ] {
            assert_eq!(nearest(word, known.iter().copied()), expected, "{word}");
        }
    }

    #[test]
    fn distances_are_those_of_damerau() {
        for (left, right, expected) in [("", "", 0), ("abc", "", 3), ("abcd", "abdc", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }
}
