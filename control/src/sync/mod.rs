//! Keys of issuers on their way to the servers of a host: fetched where each issuer publishes them, read strictly, signed into a feed.
//!
//! Defends against: an outage or a bad answer that empties what servers hold; requests that make us flood an issuer; an answer over a way that anybody
//! could have changed.
//! Promises: a feed is fetched at most once in its cooldown, whoever asks; what is no usable set changes nothing; what an issuer took out of its
//! set is gone with the next fetch.
//! Not here: files and signers, which are the command's.

mod client;
mod due;

use caltrop::token::Algorithm;

use crate::jwks::{Jwk, SetError, read_set};
use crate::model::{Feed, Fetch, IssuerKeys, Policy};

pub use client::{Client, FetchError, Fetched};
pub use due::Due;

/// A feed that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where, and how often at most.
    pub fetch: Fetch,
    /// From which age on servers take it for stale, in seconds.
    pub stale_s: Option<u32>,
    /// Who may sign it.
    pub signers: Vec<[u8; 32]>,
    /// What the issuers that use it sign with: keys for something else are passed over.
    pub algorithms: Vec<Algorithm>,
}

impl Source {
    /// The feeds of a policy that are fetched.
    pub fn of(policy: &Policy) -> impl Iterator<Item = Self> + use<'_> {
        policy.feeds.iter().filter_map(|feed| Self::of_feed(feed, policy))
    }

    fn of_feed(feed: &Feed, policy: &Policy) -> Option<Self> {
        let users = policy.issuers.iter().filter(|issuer| issuer.keys == IssuerKeys::Feed(feed.name.clone()));
        Some(Self {
            name: feed.name.clone(),
            fetch: feed.fetch.clone()?,
            stale_s: feed.stale.map(|stale| stale.after_s),
            signers: feed.signers.clone(),
            algorithms: users.flat_map(|issuer| issuer.algorithms.iter().copied()).collect(),
        })
    }

    /// The keys of what was fetched.
    ///
    /// # Errors
    /// [`SetError`]
    pub fn keys(&self, text: &str) -> Result<Vec<Jwk>, SetError> {
        read_set(text, &self.algorithms).map(|set| set.keys)
    }

    /// When it is to be fetched.
    #[must_use]
    pub fn due(&self) -> Due {
        Due::new(u64::from(self.fetch.cooldown_s) * 1000, self.stale_s.map(|stale_s| u64::from(stale_s) * 1000))
    }
}
