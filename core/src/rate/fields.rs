// Read first: draft-ietf-httpapi-ratelimit-headers-10; RFC 9651 for the syntax of its values.
//! What a client may be told of its quotas: items of `RateLimit-Policy` and `RateLimit`, and the older `X-RateLimit-*`.
//!
//! A quota of "600 a minute, burst 100" lets 100 come at once and gives one back each tenth of a second. Clients read a policy as "so many in
//! that time, whenever", so it is told as what holds at any moment: 100 in the 10 s in which a burst comes back.
//! Not here: which quotas a caller may learn of. The host says that.

use core::fmt::{self, Write};

use super::charge::{Refused, Taken};
use super::quota::Quota;
use crate::time::seconds_near;

/// An item of `RateLimit-Policy`: `"requests";q=100;w=10`. Several are joined by commas.
///
/// ```
/// use caltrop::rate::{PolicyItem, Quota};
/// let quota = Quota::per("requests", 600, 60, 100).unwrap();
/// assert_eq!(format!("{}", PolicyItem::of("requests", &quota)), "\"requests\";q=100;w=10");
/// let at_once = PolicyItem { name: "streams", burst: 2, window_s: 0 };
/// assert_eq!(format!("{at_once}"), "\"streams\";q=2;qu=\"concurrent-requests\"");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PolicyItem<'n> {
    /// The quota's name: visible ASCII.
    pub name: &'n str,
    /// Units that may come at once.
    pub burst: u32,
    /// Seconds in which they come back; 0 if the quota is one of requests that run at once.
    pub window_s: u32,
}

impl<'n> PolicyItem<'n> {
    /// Of a quota.
    #[must_use]
    pub fn of(name: &'n str, quota: &Quota) -> Self {
        Self { name, burst: quota.burst(), window_s: quota.window_s() }
    }
}

impl fmt::Display for PolicyItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};q={};", Quoted(self.name), self.burst)?;
        match self.window_s {
            0 => f.write_str("qu=\"concurrent-requests\""),
            window_s => write!(f, "w={window_s}"),
        }
    }
}

/// An item of `RateLimit`: `"requests";r=99;t=1`. Several are joined by commas.
///
/// ```
/// use caltrop::rate::{Left, LimitItem, Quota, Refused, Taken};
/// let quota = Quota::per("requests", 600, 60, 100).unwrap();
/// let left = Left::of(&quota, &Ok(Taken { debt_ticks: quota.cost_ticks(40), remaining: 60 }));
/// assert_eq!(format!("{}", LimitItem { name: "requests", left }), "\"requests\";r=60;t=4");
/// let left = Left::of(&quota, &Err(Refused::Wait { ticks: 6_554 }));
/// assert_eq!(format!("{}", LimitItem { name: "requests", left }), "\"requests\";r=0;t=1");
/// let left = Left { remaining: 0, reset_s: 0 };
/// assert_eq!(format!("{}", LimitItem { name: "streams", left }), "\"streams\";r=0");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LimitItem<'n> {
    /// The quota's name: visible ASCII.
    pub name: &'n str,
    /// What is left of it.
    pub left: Left,
}

impl fmt::Display for LimitItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};r={}", Quoted(self.name), self.left.remaining)?;
        match self.left {
            Left { remaining: 0, reset_s: 0 } => Ok(()),
            Left { reset_s, .. } => write!(f, ";t={reset_s}"),
        }
    }
}

/// What is left of a quota after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Units that may come at once.
    pub remaining: u32,
    /// Seconds until all of them are back, rounded; after a refusal, until the refused call would pass, rounded up. 0 where none are left is not
    /// told: less than half a second, or a time that nobody knows.
    pub reset_s: u32,
}

impl Left {
    /// From the answer to a charge of this quota.
    #[must_use]
    pub fn of(quota: &Quota, answer: &Result<Taken, Refused>) -> Self {
        match answer {
            Ok(taken) => Self { remaining: quota.remaining(taken.debt_ticks), reset_s: seconds_near(taken.debt_ticks) },
            Err(refused) => Self { remaining: 0, reset_s: refused.retry_after_s() },
        }
    }
}

/// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`, which came before the draft and which no RFC defines.
///
/// The reset is seconds from now, as in `RateLimit`: some servers send a moment of the wall clock in it, and a client can tell by its size.
///
/// ```
/// use caltrop::rate::{Left, Quota, Taken, XRateLimit};
/// let quota = Quota::per("requests", 600, 60, 100).unwrap();
/// let left = Left::of(&quota, &Ok(Taken { debt_ticks: quota.cost_ticks(40), remaining: 60 }));
/// let told = XRateLimit::of(&quota, left).fields().map(|(name, value)| format!("{name}: {value}"));
/// assert_eq!(told, ["x-ratelimit-limit: 100", "x-ratelimit-remaining: 60", "x-ratelimit-reset: 4"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XRateLimit {
    /// Units that may come at once.
    pub limit: u32,
    /// What is left of them, and when they are back.
    pub left: Left,
}

impl XRateLimit {
    /// Of a quota, and what is left of it.
    #[must_use]
    pub const fn of(quota: &Quota, left: Left) -> Self {
        Self { limit: quota.burst(), left }
    }

    /// Names in lower case, and values.
    #[must_use]
    pub const fn fields(&self) -> [(&'static str, u32); 3] {
        let Self { limit, left: Left { remaining, reset_s } } = *self;
        [("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset_s)]
    }
}

/// A string of RFC 9651 §3.3.3.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::{PolicyItem, Quota};

    #[test]
    fn a_name_is_a_whole_string_and_a_window_is_at_least_a_second() {
        let told = Quota::per("x", 1_000, 1, 10).map(|quota| format!("{}", PolicyItem::of("a\"b\\c", &quota)));
        assert_eq!(told.as_deref(), Ok(r#""a\"b\\c";q=10;w=1"#));
    }
}
