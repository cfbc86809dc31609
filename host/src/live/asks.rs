//! Feeds that requests want to be fetched: word of it for who fetches them.

use std::time::{Duration, SystemTime};

use caltrop::Guard;
use caltrop::time::Now;

use super::News;
use crate::place::Place;

/// Two asks for one feed are further apart, since a cooldown is a second at least.
const SAME_MS: u64 = 100;

/// The asks that were seen.
#[derive(Debug, Default)]
pub(super) struct Asks {
    /// Of each feed the last one, in milliseconds of the host's own clock.
    last_ms: Vec<(String, u64)>,
    /// Whether it was told that no word can be left.
    is_told: bool,
}

impl Asks {
    /// Leaves word of what was asked for since the last look.
    pub(super) fn pass_on(&mut self, place: &Place, guard: &Guard<'_>, now: Now) -> Option<News> {
        let mut failed = None;
        for (feed, ago_ms) in guard.asked(now) {
            // The same ask is some milliseconds off when it is looked at again.
            let at_ms = (now.mono_ns / 1_000_000).saturating_sub(ago_ms);
            if self.last_ms.iter().any(|(asked, last_ms)| asked == feed && at_ms <= last_ms.saturating_add(SAME_MS)) {
                continue;
            }
            self.last_ms.retain(|(asked, _)| asked != feed);
            self.last_ms.push((feed.to_owned(), at_ms));
            let since = SystemTime::now().checked_sub(Duration::from_millis(ago_ms)).unwrap_or(SystemTime::UNIX_EPOCH);
            failed = place.ask(feed, since).err().or(failed);
        }
        let news = failed.filter(|_| !self.is_told).map(|error| News::Warning(error.to_string()));
        self.is_told |= news.is_some();
        news
    }
}
