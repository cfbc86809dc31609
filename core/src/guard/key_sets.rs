//! Feeds of keys of issuers: whose they are, and when they are worth being fetched once more.

use super::admit::Guard;
use super::policy::{Policy, feed_trust};
use super::record::{FEED, FeedRecord};
use super::stale::Stale;
use crate::image::{Kind, OpenError, Trust};
use crate::rate::{Charge, Quota, Refused};
use crate::time::Now;
use crate::token::record::NO_FEED;
use crate::token::{Issuer, Shown};

/// One ask for an issuer's keys in a feed's cooldown: a name that no policy can give.
const ASK: u64 = u64::from_le_bytes(*b"ask/jwks");

impl<'b> Policy<'b> {
    /// The names of the feeds of keys of issuers, and who may sign them, in the order in which [`Feeds::key_sets`](super::Feeds::key_sets) wants
    /// them.
    pub fn key_set_feeds(&self) -> impl Iterator<Item = (&'b str, Trust)> + use<'b> {
        let text = self.text;
        self.key_sets().filter_map(move |(_, feed)| Some((text.get(feed.name)?, feed_trust(feed))))
    }

    /// The same, each with its index among all feeds.
    fn key_sets(&self) -> impl Iterator<Item = (u16, &'b FeedRecord)> + use<'b> {
        (0u16..).zip(self.feeds).filter(|(_, feed)| feed.kind == Kind::Jwks.code())
    }

    /// Each issuer's feed is one of keys, and each of these has an issuer.
    pub(super) fn check_key_sets(&self) -> Result<(), OpenError> {
        let used = |index: u16| self.issuers.iter().any(|issuer| issuer.record().feed.get() == index);
        let is_key_set = |index: u16| self.key_sets().any(|(at, _)| at == index);
        let all_used = self.key_sets().all(|(index, _)| used(index));
        let all_there = self.issuers.iter().map(|issuer| issuer.record().feed.get()).all(|index| index == NO_FEED || is_key_set(index));
        if all_used && all_there { Ok(()) } else { Err(OpenError::Content { tag: FEED }) }
    }
}

impl<'g> Guard<'g> {
    /// The issuer that a token says that it is of, with its keys, and its number from 1.
    pub(super) fn issuer_of(&self, shown: &Shown<'_, '_>) -> Option<(u32, Issuer<'g>)> {
        let (number, issuer) = (1u32..).zip(self.policy.issuers.iter()).find(|(_, issuer)| issuer.is_of(shown))?;
        let feed = issuer.record().feed.get();
        if feed == NO_FEED {
            return Some((number, issuer));
        }
        let at = self.policy.key_sets().position(|(index, _)| index == feed)?;
        Some((number, issuer.with(self.key_sets.get(at)?)))
    }

    /// The feeds of keys of issuers that are stale.
    pub(super) fn stale_key_sets(&self, now: Now) -> impl Iterator<Item = Stale<'g>> + use<'_, 'g> {
        self.policy.key_sets().zip(self.key_sets).filter_map(move |((index, _), set)| self.policy.stale(index.into(), set.image(), now))
    }

    /// The same of one issuer's.
    pub(super) fn stale_keys_of(&self, issuer: &Issuer<'_>, now: Now) -> Option<Stale<'g>> {
        self.stale_key_sets(now).find(|stale| stale.index == issuer.record().feed.get())
    }

    /// The feeds of keys that were asked for within their cooldown, and how many milliseconds ago: for what looks now and then, where nobody
    /// listens to [`Denial::wants`](super::Denial::wants).
    pub fn asked(&self, now: Now) -> impl Iterator<Item = (&'g str, u64)> + use<'_, 'g> {
        self.policy.key_sets().filter_map(move |(_, feed)| {
            let ask = self.ask(feed)?;
            let Err(Refused::Wait { ticks }) = self.state.limiter().peek(&ask, now) else { return None };
            let since = ask.quota.cost_ticks(1).saturating_sub(ticks);
            Some((self.policy.text.get(feed.name)?, since.saturating_mul(1000) >> 16))
        })
    }

    /// The feed of an issuer's keys, if it should be fetched once more: at most once in its cooldown, whoever asks and how often.
    pub(super) fn ask_for_keys(&self, issuer: &Issuer<'_>, now: Now) -> Option<u16> {
        let index = issuer.record().feed.get();
        let ask = self.ask(self.policy.feeds.get(usize::from(index))?)?;
        self.state.limiter().take(&ask, now).is_ok().then_some(index)
    }

    fn ask(&self, feed: &FeedRecord) -> Option<Charge> {
        let quota = Quota::from_unit(ASK, u64::from(feed.cooldown_s.get()) << 32, 1).ok()?;
        Some(Charge { partition: self.state.limiter().route(self.policy.text.get(feed.name)?), quota, cost: 1 })
    }
}
