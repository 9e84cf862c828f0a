//! One sorted index over the signatures of every group, put together by the compiler. Knows nothing of what a group
//! means.

#![expect(
    clippy::indexing_slicing,
    reason = "only the functions that the compiler itself runs index; out of bounds there is an error at compile time"
)]

use super::{Builtin, GROUPS, Group};

/// A listed signature.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) function: &'static Builtin,
    pub(super) group: &'static Group,
}

/// Sorted by signature.
static INDEX: [Entry; COUNT] = merge_sorted(gathered());

/// The entry of `name(arguments)`.
pub(super) fn find(name: &str, arguments: &str) -> Option<Entry> {
    let wanted = || name.bytes().chain([b'(']).chain(arguments.bytes()).chain([b')']);
    let at = INDEX.binary_search_by(|entry| entry.function.signature.bytes().cmp(wanted())).ok()?;
    INDEX.get(at).copied()
}

/// Every entry, in order.
#[cfg(test)]
pub(super) fn entries() -> &'static [Entry] {
    &INDEX
}

const COUNT: usize = {
    let mut count = 0;
    let mut group = 0;
    while group < GROUPS.len() {
        count += GROUPS[group].functions.len();
        group += 1;
    }
    count
};

const fn gathered() -> [Entry; COUNT] {
    let mut all = [Entry { function: &GROUPS[0].functions[0], group: GROUPS[0] }; COUNT];
    let mut filled = 0;
    let mut at = 0;
    while at < GROUPS.len() {
        let group = GROUPS[at];
        let mut function = 0;
        while function < group.functions.len() {
            all[filled] = Entry { function: &group.functions[function], group };
            filled += 1;
            function += 1;
        }
        at += 1;
    }
    all
}

/// Bottom-up merge sort: stable, and cheap enough for the compiler's interpreter.
const fn merge_sorted(mut from: [Entry; COUNT]) -> [Entry; COUNT] {
    let mut into = from;
    let mut width = 1;
    while width < COUNT {
        let mut start = 0;
        while start < COUNT {
            let middle = min(start + width, COUNT);
            let end = min(start + 2 * width, COUNT);
            let (mut left, mut right, mut next) = (start, middle, start);
            while next < end {
                let take_left = left < middle && (right >= end || !comes_after(&from[left], &from[right]));
                if take_left {
                    into[next] = from[left];
                    left += 1;
                } else {
                    into[next] = from[right];
                    right += 1;
                }
                next += 1;
            }
            start = end;
        }
        from = into;
        width *= 2;
    }
    from
}

const fn comes_after(one: &Entry, other: &Entry) -> bool {
    let (one, other) = (one.function.signature.as_bytes(), other.function.signature.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] > other[at];
        }
        at += 1;
    }
    one.len() > other.len()
}

const fn min(one: usize, other: usize) -> usize {
    if one < other { one } else { other }
}
