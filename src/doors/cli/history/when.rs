//! Times as people type them.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// Reads `2h` (that long ago), a date or a time in UTC, or RFC 3339.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    at(text, Timestamp::now())
}

fn at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let wrong = || "write `2h`, `30m`, `7d`, `2026-11-22`, `2026-11-22T10:00` or `2026-11-22T10:00:00Z`".to_owned();
    if text == "now" {
        return Ok(now);
    }
    if let Some(ago) = ago(text) {
        return ago.and_then(|ago| now.checked_sub(ago).ok()).ok_or_else(wrong);
    }
    let utc = |time: DateTime| time.in_tz("UTC").map(|zoned| zoned.timestamp());
    // A zone decides; a time without one would be read by the others, too, zone and all ignored.
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if text.contains(['Z', 'z', '+', '[']) {
        return Err(wrong());
    }
    text.parse::<DateTime>().and_then(utc).map_err(|_| wrong())
}

/// `None` if that is no duration; `Some(None)` if it is too long for one.
fn ago(text: &str) -> Option<Option<SignedDuration>> {
    let unit = text.chars().next_back()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: Option<i64> = digits.parse().ok();
    Some(count.and_then(|count| count.checked_mul(seconds)).map(SignedDuration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, time) in [
            ("2h", "2026-11-22T10:00:00Z"),
            ("90s", "2026-11-22T11:58:30Z"),
            ("15m", "2026-11-22T11:45:00Z"),
            ("1d", "2026-11-21T12:00:00Z"),
            ("2w", "2026-11-08T12:00:00Z"),
            ("now", "2026-11-22T12:00:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T07:30", "2026-11-20T07:30:00Z"),
            ("2026-11-20 07:30:01.5", "2026-11-20T07:30:01.5Z"),
            ("2026-11-20T07:30:00+02:00", "2026-11-20T05:30:00Z"),
            ("2026-11-20T07:30:00.123456789Z", "2026-11-20T07:30:00.123456789Z"),
        ] {
            assert_eq!(at(text, now), Ok(time.parse().unwrap()), "{text}");
        }
        for text in ["", "h", "-2h", "2x", "tomorrow", "2026-13-01", "99999999999999999999h", "999999999999w", "１h"] {
            assert!(at(text, now).unwrap_err().contains("2026"), "{text}");
        }
    }
}
