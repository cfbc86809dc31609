//! Feeds whose image is older than the policy lets it be.

use core::fmt;

use super::admit::Guard;
use super::policy::Policy;
use super::record::{FeedRecord, STALE_DENY};
use crate::image::Image;
use crate::time::{Now, Quality};

/// A feed that nobody renewed in time: an alarm, and a refusal where the policy says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale<'g> {
    /// Its index in the policy.
    pub index: u16,
    /// Its name.
    pub feed: &'g str,
    /// How old its image is, in seconds; `None` if the clock cannot be trusted.
    pub age_s: Option<u64>,
    /// The most that the policy lets it be, in seconds.
    pub stale_s: u32,
    /// Whether what hangs on it is refused.
    pub denies: bool,
}

impl fmt::Display for Stale<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feed, stale_s, .. } = self;
        let then = if self.denies { "what hangs on it is refused" } else { "it goes on deciding" };
        match self.age_s {
            Some(age_s) => write!(f, "feed {feed:?} is {age_s} s old and stale after {stale_s} s: {then}"),
            None => write!(f, "feed {feed:?} is stale after {stale_s} s, and the clock cannot be trusted: {then}"),
        }
    }
}

impl<'g> Policy<'g> {
    /// What to tell of a feed whose image this is; `None` while it is fresh. Without a clock that can be trusted an image is as stale as it
    /// matters: one that would be refused is, one that would be kept is not.
    pub(super) fn stale(&self, index: u32, image: &Image<'_>, now: Now) -> Option<Stale<'g>> {
        let feed: &FeedRecord = self.feeds.get(usize::try_from(index).ok()?)?;
        let denies = feed.on_stale == STALE_DENY;
        let age_s = (now.quality == Quality::Trusted).then(|| image.age_s(now.wall_s));
        let is_stale = feed.stale_s.get() != 0 && age_s.map_or(denies, |age_s| age_s > u64::from(feed.stale_s.get()));
        let stale = || Stale {
            index: u16::try_from(index).unwrap_or(u16::MAX),
            feed: self.text.get(feed.name).unwrap_or_default(),
            age_s,
            stale_s: feed.stale_s.get(),
            denies,
        };
        is_stale.then(stale)
    }
}

impl<'g> Guard<'g> {
    /// The feeds that are stale now, for the operator: a request is told nothing but a status.
    pub fn stale(&self, now: Now) -> impl Iterator<Item = Stale<'g>> + use<'_, 'g> {
        let stale = self.stale_keyring(now).into_iter().chain(self.stale_revocations(now)).chain(self.stale_lists(now));
        #[cfg(feature = "token")]
        let stale = stale.chain(self.stale_key_sets(now));
        stale
    }

    /// The lists that are stale.
    pub(super) fn stale_lists(&self, now: Now) -> impl Iterator<Item = Stale<'g>> + use<'_, 'g> {
        self.prefixes.iter().zip(self.policy.lists()).filter_map(move |(list, (index, _))| self.policy.stale(index, list.image(), now))
    }

    /// The keyring, if it is stale.
    pub(super) fn stale_keyring(&self, now: Now) -> Option<Stale<'g>> {
        self.policy.stale(self.policy.head.keyring.get(), self.keyring.as_ref()?.image(), now)
    }
}
