//! A bounded map from a statement's text to what was made of it: by the gate, or by the server on one connection. The
//! least recently used goes first.

use std::collections::HashMap;

/// Statements kept at once.
const MOST_STATEMENTS: usize = 256;
/// Longer texts are rare and costly to keep, so the work is done each time.
pub(crate) const LONGEST_TEXT: usize = 16 * 1024;

/// What `V` stands for holds for this cache's owner alone: one connection, or one principal on one catalog.
#[derive(Debug)]
pub(crate) struct StatementCache<V> {
    entries: HashMap<Box<str>, Entry<V>>,
    clock: u64,
    capacity: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    used: u64,
}

impl<V> Default for StatementCache<V> {
    fn default() -> Self {
        Self::with_capacity(MOST_STATEMENTS)
    }
}

impl<V> StatementCache<V> {
    fn with_capacity(capacity: usize) -> Self {
        Self { entries: HashMap::new(), clock: 0, capacity }
    }

    /// What was made of exactly this text.
    pub(crate) fn find(&mut self, text: &str) -> Option<&V> {
        self.clock += 1;
        let entry = self.entries.get_mut(text)?;
        entry.used = self.clock;
        Some(&entry.value)
    }

    /// Keeps `value`, making room if the cache is full.
    pub(crate) fn keep(&mut self, text: &str, value: V) {
        if text.len() > LONGEST_TEXT {
            return;
        }
        if self.entries.len() >= self.capacity
            && !self.entries.contains_key(text)
            && let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(text, _)| text.clone())
        {
            self.entries.remove(&oldest);
        }
        self.clock += 1;
        self.entries.insert(text.into(), Entry { value, used: self.clock });
    }

    /// Forgets one text, after its plan turned out to be stale. What the gate keeps never is.
    #[cfg(any(test, feature = "server"))]
    pub(crate) fn forget(&mut self, text: &str) {
        self.entries.remove(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = StatementCache::with_capacity(2);
        cache.keep("a", 1);
        cache.keep("b", 2);
        assert_eq!(cache.find("a"), Some(&1));
        cache.keep("c", 3);
        assert_eq!(cache.find("b"), None);
        assert_eq!((cache.find("a").copied(), cache.find("c").copied()), (Some(1), Some(3)));
    }

    #[test]
    fn keeping_a_text_again_evicts_nothing() {
        let mut cache = StatementCache::with_capacity(2);
        cache.keep("a", 1);
        cache.keep("b", 2);
        cache.keep("b", 4);
        assert_eq!((cache.find("a").copied(), cache.find("b").copied()), (Some(1), Some(4)));
    }

    #[test]
    fn a_long_text_is_not_kept() {
        let mut cache = StatementCache::default();
        let text = "x".repeat(LONGEST_TEXT + 1);
        cache.keep(&text, 1);
        assert_eq!(cache.find(&text), None);
    }

    #[test]
    fn a_forgotten_text_is_gone() {
        let mut cache = StatementCache::default();
        cache.keep("a", 1);
        cache.forget("a");
        assert_eq!(cache.find("a"), None);
    }
}
