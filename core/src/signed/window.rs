//! When a message may have been signed.

use crate::time::{Now, Quality};

/// A message is good if it was signed in `[now - tolerance, now + leeway]`.
///
/// Not `|now - t| <= tolerance`: that lets a message of a fast clock be shown again for twice the tolerance.
///
/// ```
/// let window = caltrop::signed::Window::default();
/// assert_eq!((window.tolerance_s, window.leeway_s), (300, 30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How old a message may be, in seconds. Vendors say 5 minutes.
    pub tolerance_s: u32,
    /// How far the vendor's clock may be ahead of ours, in seconds.
    pub leeway_s: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { tolerance_s: 300, leeway_s: 30 }
    }
}

impl Window {
    pub(super) fn check(self, signed_s: u64, now: Now) -> Result<(), Untimely> {
        if now.quality != Quality::Trusted {
            return Err(Untimely::Clock);
        }
        if signed_s > now.wall_s.saturating_add(u64::from(self.leeway_s)) {
            return Err(Untimely::Future);
        }
        if signed_s < now.wall_s.saturating_sub(u64::from(self.tolerance_s)) { Err(Untimely::Stale) } else { Ok(()) }
    }
}

/// How a date misses its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untimely {
    Stale,
    Future,
    Clock,
}

/// The longest timestamp in decimal digits: until the year 2286.
const DIGITS_MAX: usize = 10;

/// Unix seconds in decimal, as vendors write them: digits only, no sign, no leading zero, so one moment has one text.
pub(super) fn seconds(text: &[u8]) -> Option<u64> {
    if text.len() > DIGITS_MAX || !matches!(text.first(), Some(b'1'..=b'9')) {
        return None;
    }
    text.iter().try_fold(0u64, |sum, &digit| {
        let value = digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))?;
        sum.checked_mul(10)?.checked_add(u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_window_belong_to_it_and_the_seconds_beyond_do_not() {
        let now = Now { wall_s: 1000, mono_ns: 0, quality: Quality::Trusted };
        let window = Window { tolerance_s: 300, leeway_s: 30 };
        let answers = [699, 700, 1000, 1030, 1031, u64::MAX].map(|signed_s| window.check(signed_s, now).err());
        assert_eq!(answers, [Some(Untimely::Stale), None, None, None, Some(Untimely::Future), Some(Untimely::Future)]);
        assert_eq!(window.check(1000, Now { quality: Quality::Untrusted, ..now }), Err(Untimely::Clock));
        let late = Now { wall_s: u64::MAX, ..now };
        assert_eq!((window.check(u64::MAX, late), window.check(0, late)), (Ok(()), Err(Untimely::Stale)));
    }

    #[test]
    fn one_moment_has_one_text() {
        assert_eq!(seconds(b"1614265330"), Some(1_614_265_330));
        for wrong in
            ["", "0", "01614265330", "0614265330", "+1614265330", "-1", "1614265330.0", " 1", "1 ", "16142653300", "1e9", "\u{661}"]
        {
            assert_eq!(seconds(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
