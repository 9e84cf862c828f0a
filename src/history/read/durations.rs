//! How long calls took, as a distribution: in buckets, so that memory doesn't grow with the calls.

use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

/// Each power of two is cut into so many buckets: what is told of one is off by at most this part of it.
const PARTS: u64 = 32;

/// The percentiles that are told.
const TOLD: [(&str, u64); 3] = [("p50_ns", 50), ("p95_ns", 95), ("p99_ns", 99)];

/// Counts of durations, in nanoseconds. Told as `p50_ns`, `p95_ns` and `p99_ns`: each the end of the bucket that has it, so at
/// most 1/32 too long and never too short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations {
    buckets: BTreeMap<u64, u64>,
    count: u64,
}

impl Durations {
    pub(super) fn add(&mut self, ns: u64) {
        *self.buckets.entry(end_of_bucket(ns)).or_default() += 1;
        self.count += 1;
    }

    /// So many of a hundred took no longer than this; none if there are no durations.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        // The smallest rank that covers the share, as in "nearest rank".
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        for (end, count) in &self.buckets {
            seen += u128::from(*count);
            if seen >= rank {
                return Some(*end);
            }
        }
        None
    }
}

/// The longest duration of the bucket that has this one.
fn end_of_bucket(ns: u64) -> u64 {
    if ns < PARTS {
        return ns;
    }
    let width = 1 << (ns.ilog2() - PARTS.ilog2());
    (ns - ns % width).saturating_add(width - 1)
}

impl Serialize for Durations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, percent) in TOLD {
            if let Some(ns) = self.percentile(percent) {
                map.serialize_entry(name, &ns)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_of_none_and_of_one() {
        let mut durations = Durations::default();
        assert_eq!(durations.percentile(50), None);
        assert_eq!(serde_json::json!(durations), serde_json::json!({}));
        durations.add(7);
        assert_eq!(serde_json::json!(durations), serde_json::json!({ "p50_ns": 7, "p95_ns": 7, "p99_ns": 7 }));
        durations.add(u64::MAX);
        assert_eq!((durations.percentile(50), durations.percentile(51)), (Some(7), Some(u64::MAX)));
    }

    proptest! {
        #[test]
        fn a_percentile_is_hardly_more_than_the_true_one(
            mut all in prop::collection::vec(prop_oneof![0..100u64, 0..10_000_000u64, any::<u64>()], 1..200),
            percent in 1..=100u64,
        ) {
            let mut durations = Durations::default();
            all.iter().for_each(|ns| durations.add(*ns));
            all.sort_unstable();
            let truth = all[(all.len() * percent as usize).div_ceil(100).max(1) - 1];
            let told = durations.percentile(percent).unwrap();
            prop_assert!(told >= truth && told - truth <= truth / PARTS, "{told} for {truth}");
        }
    }

    #[test]
    fn the_buckets_are_few() {
        let mut durations = Durations::default();
        // Every tenth of a microsecond up to a tenth of a second.
        (0..1_000_000u64).for_each(|tenth| durations.add(tenth * 100));
        assert!(durations.buckets.len() < 700, "{}", durations.buckets.len());
    }
}
