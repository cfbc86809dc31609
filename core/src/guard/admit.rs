//! The guard: one call a request.

use core::fmt;
use core::net::IpAddr;

use heapless::String;

use super::charge::address_dues;
use super::cost::Payer;
use super::decision::{Decision, DecisionId, Denial, Facts, Grant, Outcome};
use super::policy::Policy;
use super::record::FeedRecord;
use super::secrets::Secrets;
use super::state::State;
use super::steps::{Attempt, Stop};
use super::trace::Trace;
use crate::access::Revocations;
use crate::audit::{Event, Reason, Verdict};
use crate::image::{Image, Kind};
use crate::key::Keyring;
use crate::name::{NAME_MAX, name64};
use crate::net::Prefixes;
use crate::rate::record::on;
use crate::request::Request;
use crate::time::Now;
#[cfg(feature = "token")]
use crate::token::KeySet;

/// What changes by the minute.
#[derive(Debug, Clone, Copy, Default)]
pub struct Feeds<'b> {
    /// The API keys.
    pub keyring: Option<Keyring<'b>>,
    /// The lists of networks, in the order of [`Policy::prefix_feeds`].
    pub prefixes: &'b [Prefixes<'b>],
    /// What was taken back, for a policy that has a feed of it.
    pub revocations: Option<Revocations<'b>>,
    /// The keys of issuers, in the order of [`Policy::key_set_feeds`].
    #[cfg(feature = "token")]
    pub key_sets: &'b [KeySet<'b>],
}

/// Policy, feeds, state and secrets together. Free to build: to build another one is a reload.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'g> {
    pub(super) policy: Policy<'g>,
    pub(super) keyring: Option<Keyring<'g>>,
    pub(super) prefixes: &'g [Prefixes<'g>],
    pub(super) revocations: Option<Revocations<'g>>,
    #[cfg(feature = "token")]
    pub(super) key_sets: &'g [KeySet<'g>],
    pub(super) state: State<'g>,
    pub(super) secrets: &'g Secrets,
}

impl<'g> Guard<'g> {
    /// Puts a guard together.
    ///
    /// # Errors
    /// [`Misuse`]: something that the policy needs was not handed in.
    pub fn new(policy: &Policy<'g>, feeds: &Feeds<'g>, state: &State<'g>, secrets: &'g Secrets) -> Result<Self, Misuse> {
        if policy.keyring_feed().is_some() && feeds.keyring.is_none() {
            return Err(Misuse::KeyringMissing);
        }
        let mut pairs = feeds.keyring.iter().flat_map(Keyring::pairs);
        if let Some((id, _)) = pairs.find(|(id, _)| secrets.pepper(*id).is_none()) {
            return Err(Misuse::PepperMissing { id });
        }
        let guard = Self {
            policy: *policy,
            keyring: feeds.keyring,
            prefixes: feeds.prefixes,
            revocations: feeds.revocations,
            #[cfg(feature = "token")]
            key_sets: feeds.key_sets,
            state: *state,
            secrets,
        };
        let is_missing = |feed: &&FeedRecord| {
            feed.kind != Kind::Keyring.code() && guard.image_of(feed).is_none_or(|image| image.header().scope != feed.scope)
        };
        match policy.feeds.iter().find(is_missing) {
            None => Ok(guard),
            // A name of a policy has 63 bytes at most; a longer one is not told.
            Some(feed) => {
                Err(Misuse::FeedMissing { feed: String::try_from(policy.text.get(feed.name).unwrap_or_default()).unwrap_or_default() })
            }
        }
    }

    /// The policy that decides.
    #[must_use]
    pub const fn policy(&self) -> &Policy<'g> {
        &self.policy
    }

    /// The API keys that it knows.
    #[must_use]
    pub const fn keyring(&self) -> Option<&Keyring<'g>> {
        self.keyring.as_ref()
    }

    /// The image of a feed of its policy, by the feed's name.
    #[must_use]
    pub fn feed_image(&self, name: &str) -> Option<&Image<'g>> {
        let feed = self.policy.feeds.iter().find(|feed| self.policy.text.get(feed.name) == Some(name))?;
        if feed.kind == Kind::Keyring.code() { self.keyring.as_ref().map(Keyring::image) } else { self.image_of(feed) }
    }

    /// The image of a feed that is no keyring, by its place among those of its kind.
    fn image_of(&self, feed: &FeedRecord) -> Option<&Image<'g>> {
        if feed.kind == Kind::Revocations.code() {
            return self.revocations.as_ref().map(Revocations::image);
        }
        let at = self.policy.feeds.iter().filter(|other| other.kind == feed.kind).position(|other| core::ptr::eq(other, feed))?;
        #[cfg(feature = "token")]
        if feed.kind == Kind::Jwks.code() {
            return self.key_sets.get(at).map(KeySet::image);
        }
        self.prefixes.get(at).map(Prefixes::image)
    }

    /// The state that it counts in.
    #[must_use]
    pub const fn state(&self) -> &State<'g> {
        &self.state
    }

    /// Decides about one request.
    ///
    /// # Bounds
    /// No allocation, lock or system call. Header fields are looked at a fixed number of times; a key costs its HMACs.
    pub fn admit(&self, request: &Request<'_>, now: Now) -> Decision<'g> {
        self.trace(request, now, &mut ())
    }

    /// Decides, and tells a listener each step and its verdict. The decision is the same, and it counts.
    pub fn trace<T: Trace>(&self, request: &Request<'_>, now: Now, trace: &mut T) -> Decision<'g> {
        let facts = Facts { id: self.next_id(), ..Facts::default() };
        let mut attempt = Attempt::new(self, request, now, trace, facts);
        let result = attempt.run();
        let answer = attempt.answer(result.as_ref().err());
        let (facts, held) = (Facts { answer, ..attempt.facts }, attempt.held);
        let verdict = result.as_ref().map_or_else(|stop| Verdict::Deny(stop.reason), |()| Verdict::Pass);
        self.audit(&facts, verdict, result.as_ref().err(), now);
        let policy = self.policy;
        match result {
            Ok(()) => Decision::Allow(Grant { facts, policy, held }),
            Err(stop) => Decision::Deny(Denial { facts, reason: stop.reason, policy }),
        }
    }

    /// Ends a granted request: the places that it held are another's.
    pub fn settle(&self, grant: Grant<'_>, outcome: Outcome, now: Now) {
        let client = grant.facts.client();
        // One that had lapsed is back already.
        let _ = self.release(grant.held, now);
        match outcome {
            Outcome::Served => {}
            Outcome::AuthFailed => self.auth_failed(client, now),
        }
    }

    /// Charges an address for a credential that the application itself refused: what [`Outcome::AuthFailed`] does, for hosts that kept
    /// only the client's address. `None` is the client whose address could not be told.
    pub fn auth_failed(&self, client: Option<IpAddr>, now: Now) {
        let zones = client.map_or(0, |address| self.zones_of(address));
        let dues = address_dues(self, client, zones, on::AUTH_FAILURE).unwrap_or_default();
        dues.iter().for_each(|due| self.state.limiter().settle(&due.charge, now));
    }

    pub(super) fn is_expired(&self, now: Now) -> bool {
        let keyring = self.keyring.as_ref().is_some_and(|keyring| self.policy.refuses_expired(keyring.image(), now));
        let list = self.prefixes.iter().any(|list| self.policy.refuses_expired(list.image(), now));
        let list = list || self.revocations.as_ref().is_some_and(|list| self.policy.refuses_expired(list.image(), now));
        #[cfg(feature = "token")]
        let list = list || self.key_sets.iter().any(|set| self.policy.refuses_expired(set.image(), now));
        keyring || list || self.policy.refuses_expired(&self.policy.image, now)
    }

    /// Unpredictable without the state's key, and never given twice.
    fn next_id(&self) -> DecisionId {
        let [a, b, c, d, e, f, g, h] = self.state.journal().next_decision().to_le_bytes();
        let table = self.state.limiter().table();
        let half = |side: u8| u128::from(table.keyed(&[side, a, b, c, d, e, f, g, h]));
        DecisionId(half(1) << 64 | half(2))
    }

    pub(super) fn audit(&self, facts: &Facts<'_>, verdict: Verdict, stop: Option<&Stop>, now: Now) {
        if let Some(count) = self.counted(facts.id, facts.client(), verdict, now) {
            self.write(&facts.payer(), verdict, stop, count, now);
        }
    }

    /// Counts a verdict; of how many it is to be an event.
    pub(super) fn counted(&self, id: DecisionId, client: Option<IpAddr>, verdict: Verdict, now: Now) -> Option<u32> {
        self.state.journal().count(verdict);
        match verdict {
            Verdict::Pass | Verdict::Deny(Reason::Preflight) => self.is_sampled(id).then_some(1),
            Verdict::Deny(_) | Verdict::WouldDeny(_) => self.fold(verdict, client, now),
        }
    }

    pub(super) fn write(&self, payer: &Payer<'_>, verdict: Verdict, stop: Option<&Stop>, count: u32, now: Now) {
        self.state.journal().write(Event {
            id: payer.id.0,
            wall_s: now.wall_s,
            client: payer.client,
            key_id: payer.key_id,
            principal: payer.principal.map_or(0, name64),
            route: payer.route.map_or(0, name64),
            policy: self.policy.id64(),
            zones: payer.zones,
            verdict,
            hops: payer.hops,
            rule: stop.map_or(u16::MAX, |stop| stop.rule),
            retry_after_s: stop.map_or(0, |stop| stop.retry_after_s),
            count,
        });
    }

    fn fold(&self, verdict: Verdict, client: Option<IpAddr>, now: Now) -> Option<u32> {
        let table = self.state.limiter().table();
        self.state.journal().fold(verdict, client, now.mono_ns / 1_000_000_000, |bytes| table.keyed(bytes))
    }

    /// Ids are uniform, so one in n of them is a sample that no caller can choose.
    fn is_sampled(&self, id: DecisionId) -> bool {
        id.0.checked_rem(u128::from(self.policy.head.allow_every.get())).is_some_and(|rest| rest == 0)
    }
}

/// Why a guard cannot be put together: shown at start, never by a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misuse {
    /// The policy takes API keys, and no keyring was handed in.
    KeyringMissing,
    /// The image of a feed of the policy, of networks, keys of an issuer or revocations, was not handed in, or not in its place.
    FeedMissing {
        /// Its name.
        feed: String<NAME_MAX>,
    },
    /// The keyring was made under a pepper that the host does not hold.
    PepperMissing {
        /// Its id.
        id: u8,
    },
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyringMissing => f.write_str("the policy takes API keys and no keyring was given: load the feed that [auth.key] names"),
            Self::FeedMissing { feed } => {
                write!(f, "the policy has the feed {feed:?}, whose image was not given: load it, in the policy's order")
            }
            Self::PepperMissing { id } => {
                write!(f, "the keyring was made under pepper {id}, which the host does not hold: give that secret")
            }
        }
    }
}

impl core::error::Error for Misuse {}
