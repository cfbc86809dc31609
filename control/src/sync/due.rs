//! When a feed is to be fetched: by itself before it grows old, sooner if somebody asks, and never twice in its cooldown.

/// How long an answer is good that does not say, in milliseconds.
const USUAL_MS: u64 = 300_000;
/// The most that an issuer may ask us to wait.
const LONGEST_MS: u64 = 86_400_000;
/// The longest pause after failures.
const PAUSE_MS: u64 = 600_000;

/// When one feed is to be fetched. All times are milliseconds of one clock.
///
/// # Example: once at the start, then when it is old or asked for
/// ```
/// use caltrop_control::sync::Due;
/// let mut due = Due::new(60_000, None);
/// assert!(due.is_due(0, None));
/// due.fetched(0, Some(3_600_000));
/// assert!(!due.is_due(59_999, Some(1)) && due.is_due(60_000, Some(1))); // asked for within its cooldown: when that is over
/// assert!(!due.is_due(3_599_999, None) && due.is_due(3_600_000, None));
/// ```
#[derive(Debug, Clone)]
pub struct Due {
    cooldown_ms: u64,
    /// The most between two fetches, so that what servers hold does not grow stale.
    most_ms: u64,
    last_ms: Option<u64>,
    next_ms: u64,
    failures: u32,
}

impl Due {
    /// A feed that was never fetched, with its cooldown and the age from which on servers take it for stale.
    #[must_use]
    pub fn new(cooldown_ms: u64, stale_ms: Option<u64>) -> Self {
        let cooldown_ms = cooldown_ms.max(1);
        let most_ms = stale_ms.map_or(LONGEST_MS, |stale_ms| stale_ms / 2).clamp(cooldown_ms, LONGEST_MS.max(cooldown_ms));
        Self { cooldown_ms, most_ms, last_ms: None, next_ms: 0, failures: 0 }
    }

    /// Whether it is to be fetched now; `asked_ms` is when somebody last asked for it.
    #[must_use]
    pub fn is_due(&self, now_ms: u64, asked_ms: Option<u64>) -> bool {
        let Some(last_ms) = self.last_ms else { return true };
        // A clock that was set back says nothing of how long it is ago.
        let Some(since_ms) = now_ms.checked_sub(last_ms) else { return true };
        let is_asked = asked_ms.is_some_and(|asked_ms| asked_ms > last_ms);
        now_ms >= self.next_ms || (is_asked && self.failures == 0 && since_ms >= self.cooldown_ms)
    }

    /// It was fetched; the answer is good for so long, if it says so.
    pub fn fetched(&mut self, now_ms: u64, fresh_ms: Option<u64>) {
        self.failures = 0;
        self.last_ms = Some(now_ms);
        self.next_ms = now_ms.saturating_add(fresh_ms.unwrap_or(USUAL_MS).clamp(self.cooldown_ms, self.most_ms));
    }

    /// It was not to be had: once more after the cooldown, and after twice as long each time that it fails again, up to ten minutes.
    pub fn failed(&mut self, now_ms: u64) {
        let pause_ms = self.cooldown_ms.saturating_mul(1 << self.failures.min(20)).min(PAUSE_MS.max(self.cooldown_ms));
        self.failures = self.failures.saturating_add(1);
        self.last_ms = Some(now_ms);
        self.next_ms = now_ms.saturating_add(pause_ms);
    }

    /// When it will be fetched if nobody asks.
    #[must_use]
    pub const fn next_ms(&self) -> u64 {
        self.next_ms
    }
}
