//! One decision, in a fixed number of words. No field can hold a secret.

use core::net::{IpAddr, Ipv6Addr};

use super::{Reason, Verdict};

/// Words of an event.
pub(super) const EVENT_WORDS: usize = 12;

/// One decision. Names are their `name64`: whoever holds policy and keyring knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Event {
    /// The decision's id: what the caller was told.
    pub id: u128,
    /// When, Unix seconds.
    pub wall_s: u64,
    /// The client, if it could be told.
    pub client: Option<IpAddr>,
    /// The API key's public id, 0 without one.
    pub key_id: u64,
    /// `name64` of the principal, 0 without one.
    pub principal: u64,
    /// `name64` of the route, 0 without one.
    pub route: u64,
    /// The policy: the first 8 bytes of its image's id.
    pub policy: u64,
    /// The zones that held.
    pub zones: u64,
    /// What was decided, or would have been.
    pub verdict: Verdict,
    /// How many trusted proxies were passed.
    pub hops: u8,
    /// The index in the policy of the route, quota or feed that decided, `u16::MAX` without one.
    pub rule: u16,
    /// What `Retry-After` said, in seconds.
    pub retry_after_s: u32,
    /// For how many equal decisions this one stands, itself included.
    pub count: u32,
}

impl Event {
    pub(super) fn to_words(self) -> [u64; EVENT_WORDS] {
        let (kind, address) = match self.client {
            None => (0u64, 0u128),
            Some(IpAddr::V4(v4)) => (4, u128::from(v4.to_bits())),
            Some(IpAddr::V6(v6)) => (6, v6.to_bits()),
        };
        let [id_low, id_high] = halves(self.id);
        let [address_low, address_high] = halves(address);
        let reason = u64::from(self.verdict.reason().map_or(0, Reason::code));
        let would = u64::from(matches!(self.verdict, Verdict::WouldDeny(_)));
        let facts = reason | kind << 8 | u64::from(self.hops) << 16 | would << 24 | u64::from(self.rule) << 32;
        let numbers = u64::from(self.retry_after_s) | u64::from(self.count) << 32;
        [
            id_low,
            id_high,
            self.wall_s,
            address_low,
            address_high,
            self.key_id,
            self.principal,
            self.route,
            self.policy,
            self.zones,
            facts,
            numbers,
        ]
    }

    pub(super) fn from_words(words: [u64; EVENT_WORDS]) -> Self {
        let [id_low, id_high, wall_s, address_low, address_high, key_id, principal, route, policy, zones, facts, numbers] = words;
        let [reason, kind, hops, would, rule_low, rule_high, ..] = facts.to_le_bytes();
        let [a, b, c, d, count @ ..] = numbers.to_le_bytes();
        let address = u128::from(address_low) | u128::from(address_high) << 64;
        let client = match kind {
            4 => u32::try_from(address).ok().map(|bits| IpAddr::V4(bits.into())),
            6 => Some(IpAddr::V6(Ipv6Addr::from_bits(address))),
            _ => None,
        };
        Self {
            id: u128::from(id_low) | u128::from(id_high) << 64,
            wall_s,
            client,
            key_id,
            principal,
            route,
            policy,
            zones,
            verdict: match Reason::from_code(reason) {
                None => Verdict::Pass,
                Some(reason) if would == 0 => Verdict::Deny(reason),
                Some(reason) => Verdict::WouldDeny(reason),
            },
            hops,
            rule: u16::from_le_bytes([rule_low, rule_high]),
            retry_after_s: u32::from_le_bytes([a, b, c, d]),
            count: u32::from_le_bytes(count),
        }
    }
}

fn halves(value: u128) -> [u64; 2] {
    let low = u64::try_from(value & u128::from(u64::MAX)).unwrap_or(0);
    [low, u64::try_from(value >> 64).unwrap_or(0)]
}
