//! Feeds of prefixes: lists of networks, each of which fills one zone.

use core::net::IpAddr;

use super::admit::Guard;
use super::policy::{Policy, feed_trust};
use super::record::{COOLDOWN_MAX_S, FEED, FeedRecord, LISTS_MAX, NO_ZONE, STALE_DENY, STALE_KEEP};
use crate::image::{Kind, OpenError, Trust};
use crate::verify::PublicKey;

impl<'b> Policy<'b> {
    /// The names of the feeds of prefixes, and who may sign them, in the order in which [`Feeds::prefixes`](super::Feeds::prefixes) wants them.
    pub fn prefix_feeds(&self) -> impl Iterator<Item = (&'b str, Trust)> + use<'b> {
        let text = self.text;
        self.lists().filter_map(move |(_, feed)| Some((text.get(feed.name)?, feed_trust(feed))))
    }

    /// The feeds of prefixes, each with its index.
    pub(super) fn lists(&self) -> impl Iterator<Item = (u32, &'b FeedRecord)> + use<'b> {
        (0u32..).zip(self.feeds).filter(|(_, feed)| feed.kind == Kind::Prefixes.code())
    }

    /// Each feed is of a kind that is read here; each list fills a zone of its own, and none that of the proxies.
    pub(super) fn check_feeds(&self) -> Result<(), OpenError> {
        let fail = Err(OpenError::Content { tag: FEED });
        let mut filled = self.head.proxies.get();
        for feed in self.feeds {
            self.text.check(feed.name, FEED)?;
            let first = feed.signers.first().is_some_and(|key| PublicKey::from_bytes(key).is_ok());
            let known = feed.on_stale == STALE_KEEP || (feed.on_stale == STALE_DENY && feed.stale_s.get() != 0);
            let is_list = feed.kind == Kind::Prefixes.code();
            let placed = if is_list {
                usize::from(feed.zone) < self.zones.len() && filled & mask(feed) == 0
            } else {
                let is_jwks = cfg!(feature = "token") && feed.kind == Kind::Jwks.code();
                let is_built = is_jwks || [Kind::Keyring, Kind::Revocations].iter().any(|kind| kind.code() == feed.kind);
                is_built && feed.zone == NO_ZONE
            };
            let cooldown_s = feed.cooldown_s.get();
            let is_paced = if feed.kind == Kind::Jwks.code() { (1..=COOLDOWN_MAX_S).contains(&cooldown_s) } else { cooldown_s == 0 };
            if !first || !known || !placed || !is_paced || feed.zero != 0 {
                return fail;
            }
            filled |= mask(feed);
        }
        // One is enough, and each costs a hash.
        let revocations = self.feeds.iter().filter(|feed| feed.kind == Kind::Revocations.code());
        if self.lists().count() > LISTS_MAX || revocations.count() > 1 {
            return fail;
        }
        #[cfg(feature = "token")]
        self.check_key_sets()?;
        Ok(())
    }
}

impl Guard<'_> {
    /// The zones of an address: those of the policy's own networks, and its own of each feed that lists it.
    pub(super) fn zones_of(&self, address: IpAddr) -> u64 {
        let own = self.policy.ranges.lookup(address);
        self.prefixes.iter().zip(self.policy.lists()).fold(
            own,
            |zones, (list, (_, feed))| {
                if list.lookup(address) == 0 { zones } else { zones | mask(feed) }
            },
        )
    }
}

/// The only bit that a feed can set.
fn mask(feed: &FeedRecord) -> u64 {
    1u64.checked_shl(u32::from(feed.zone)).unwrap_or(0)
}
