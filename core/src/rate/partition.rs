//! Who is counted as one: partition keys. Kinds and bytes are part of the format.

use core::net::IpAddr;

use super::charge::Charge;
use super::limiter::Limiter;
use super::quota::Quota;
use crate::table::Partition;

// The kind that stands before a partition's bytes. Kind 0 is the table's own.
pub(super) const CLIENT: u8 = 1;
const ADDRESS: u8 = 2;
const ADDRESS_56: u8 = 3;
const ADDRESS_48: u8 = 4;
const UNKNOWN_ADDRESS: u8 = 5;
const PRINCIPAL: u8 = 6;
const TENANT: u8 = 7;
const ROUTE: u8 = 8;
const PLAN: u8 = 9;
const SHADOW: u8 = 10;

impl Limiter<'_> {
    /// Whatever bytes the application counts by.
    #[must_use]
    #[inline]
    pub fn client(&self, bytes: &[u8]) -> Partition {
        self.table.partition(CLIENT, bytes)
    }

    /// A principal.
    #[must_use]
    pub fn principal(&self, name: impl AsRef<[u8]>) -> Partition {
        self.table.partition(PRINCIPAL, name.as_ref())
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(&self, name: impl AsRef<[u8]>) -> Partition {
        self.table.partition(TENANT, name.as_ref())
    }

    /// A route: one bucket for all its callers.
    #[must_use]
    pub fn route(&self, name: impl AsRef<[u8]>) -> Partition {
        self.table.partition(ROUTE, name.as_ref())
    }

    /// A plan: one bucket for all its callers.
    #[must_use]
    pub fn plan(&self, name: impl AsRef<[u8]>) -> Partition {
        self.table.partition(PLAN, name.as_ref())
    }

    /// Beside a partition, one that nothing else charges: what it owes says what would be, and never what is.
    ///
    /// ```
    /// # use caltrop::{rate::{Charge, Limiter, Quota}, table::{TableSize, Word}, time::Now};
    /// # let size = TableSize { lines: 8, overflow_log2: 6 };
    /// # let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    /// # let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    /// let (alice, quota) = (limiter.principal("alice"), Quota::per("requests", 1, 60, 1).unwrap());
    /// let take = |partition| limiter.take(&Charge { partition, quota, cost: 1 }, Now::default()).is_ok();
    /// assert_eq!([take(limiter.shadow(alice)), take(limiter.shadow(alice)), take(alice)], [true, false, true]);
    /// ```
    #[must_use]
    pub fn shadow(&self, of: Partition) -> Partition {
        self.table.partition(SHADOW, &of.0.to_le_bytes())
    }

    /// An address; `None` is the one bucket of all clients whose address could not be told.
    ///
    /// One IPv6 subscriber holds at least a /64 and may hold a /48, so three groups are charged: the /64 with the quota, its /56 with
    /// four times and its /48 with sixteen times as much.
    ///
    /// # Example: a new address of the same /64 is the same client
    /// ```
    /// # use caltrop::{rate::{Limiter, Quota}, table::{TableSize, Word}, time::Now};
    /// # let size = TableSize { lines: 8, overflow_log2: 6 };
    /// # let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    /// # let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    /// let quota = Quota::per("address", 1, 60, 1).unwrap();
    /// let take = |address: &str| {
    ///     let tiers = limiter.address(Some(address.parse().unwrap()));
    ///     let charges: Vec<_> = tiers.charges(quota, 1).collect();
    ///     limiter.take_all(&charges, Now::default())
    /// };
    /// assert!(take("2001:db8::1").is_ok());
    /// assert!(take("2001:db8::2").is_err());
    /// assert!(take("2001:db8:0:1::1").is_ok()); // another /64 of the same /56, which may have four
    /// ```
    #[must_use]
    pub fn address(&self, address: Option<IpAddr>) -> AddressTiers {
        match address.map(|address| address.to_canonical()) {
            None => AddressTiers { first: self.table.partition(UNKNOWN_ADDRESS, b""), wider: None },
            Some(IpAddr::V4(v4)) => AddressTiers { first: self.table.partition(ADDRESS, &v4.octets()), wider: None },
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, e, f, g, h, ..] = v6.octets();
                AddressTiers {
                    first: self.table.partition(ADDRESS, &[a, b, c, d, e, f, g, h]),
                    wider: Some([
                        self.table.partition(ADDRESS_56, &[a, b, c, d, e, f, g]),
                        self.table.partition(ADDRESS_48, &[a, b, c, d, e, f]),
                    ]),
                }
            }
        }
    }
}

/// The partitions under which one address is charged: one for IPv4, three for IPv6.
#[derive(Debug, Clone, Copy)]
pub struct AddressTiers {
    first: Partition,
    wider: Option<[Partition; 2]>,
}

impl AddressTiers {
    /// The narrowest of them: who is meant.
    #[cfg(feature = "guard")]
    pub(crate) const fn caller(&self) -> Partition {
        self.first
    }

    /// The charges that this cost means.
    pub fn charges(&self, quota: Quota, cost: u32) -> impl Iterator<Item = Charge> + use<> {
        let wider = self.wider.into_iter().flatten().zip([4, 16]);
        core::iter::once((self.first, 1)).chain(wider).map(move |(partition, factor)| Charge {
            partition,
            quota: quota.widened(factor),
            cost,
        })
    }
}
