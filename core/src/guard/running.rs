//! Step 10: how many of a caller's requests run at once.
//!
//! A route that charges a quota of this kind takes one place of it, which a grant holds until it is settled, or until its lease is over. Places
//! that are enforced are taken before any rate is charged, and given back where one refuses: all or none. Those that only report come last.

use core::num::NonZero;

use super::admit::Guard;
use super::answer::Limit;
use super::report::Posture;
use super::steps::{Attempt, Stop};
use super::trace::{Fact, Step, Trace};
use crate::audit::Reason;
use crate::rate::record::QuotaRecord;
use crate::rate::{Lapsed, Lease, LeaseQuota, LeaseRefused, Left};
use crate::table::Partition;
use crate::time::Now;

/// The most places that one request takes.
pub const RUNNING_MAX: usize = 2;

/// The places that a granted request holds: whoever has them ends them, once.
///
/// # Example: kept as bytes by a host that keeps nothing else of a grant
/// ```
/// use caltrop::guard::Held;
/// let held = Held::default();
/// assert!(held.is_empty());
/// assert!(Held::from_bytes(held.into_bytes()).is_empty());
/// ```
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "places that are dropped are not given back: they come back when their time is over"]
pub struct Held([Option<Lease>; RUNNING_MAX]);

impl Held {
    /// As many bytes as [`Held::into_bytes`] writes.
    pub const BYTES: usize = 36;

    /// Whether the request holds no place.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, [None, None])
    }

    /// For a host that keeps a grant as a value: whoever keeps them has to see that they are given back once, as of [`Lease::into_bytes`].
    #[must_use = "places whose bytes are dropped are not given back: they come back when their time is over"]
    pub fn into_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (place, lease) in bytes.chunks_exact_mut(Self::BYTES / RUNNING_MAX).zip(self.0.into_iter().flatten()) {
            place.iter_mut().zip(lease.into_bytes()).for_each(|(byte, of_lease)| *byte = of_lease);
        }
        bytes
    }

    /// What [`Held::into_bytes`] wrote; zeros are no place.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let mut held = Self::default();
        let (leases, _) = bytes.as_chunks();
        for (place, lease) in held.0.iter_mut().zip(leases) {
            *place = lease.iter().any(|&byte| byte != 0).then(|| Lease::from_bytes(*lease));
        }
        held
    }

    /// `None` if there is no room for one more, which a checked policy does not ask for.
    fn push(&mut self, lease: Lease) -> Option<()> {
        self.0.iter_mut().find(|slot| slot.is_none()).map(|slot| *slot = Some(lease))
    }
}

/// A place that a request would take.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The quota's index.
    index: u16,
    quota: LeaseQuota,
    client: Partition,
    posture: Posture,
}

impl Place {
    /// `None` for a most that no checked policy has.
    pub(super) fn new(guard: &Guard<'_>, index: u16, record: &QuotaRecord, most: u32, client: Partition, posture: Posture) -> Option<Self> {
        let most = NonZero::new(u8::try_from(most).ok()?)?;
        let quota = LeaseQuota::from_name64(record.name64.get(), most);
        Some(Self { index, quota, client: guard.counted_in(posture, client), posture })
    }
}

/// All that a request would take.
pub(super) type Places = heapless::Vec<Place, RUNNING_MAX>;

impl Guard<'_> {
    /// Gives places back: what [`Guard::settle`] does, for hosts that kept only these of a grant.
    ///
    /// # Errors
    /// [`Lapsed`]: one of them had come back by itself, so for a while there may have been one more at work than was counted.
    pub fn release(&self, held: Held, now: Now) -> Result<(), Lapsed> {
        let leases = self.state.leases();
        held.0.into_iter().flatten().map(|lease| leases.release(lease, now)).fold(Ok(()), Result::and)
    }

    /// Begins the time of places anew, for a request that runs longer than a lease.
    ///
    /// # Errors
    /// [`Lapsed`]: one of them had come back by itself; whoever still works should stop.
    pub fn renew(&self, held: &mut Held, now: Now) -> Result<(), Lapsed> {
        let leases = self.state.leases();
        let mut whole = Ok(());
        for slot in &mut held.0 {
            if let Some(lease) = slot.take() {
                match leases.renew(lease, now) {
                    Ok(lease) => *slot = Some(lease),
                    Err(lapsed) => whole = Err(lapsed),
                }
            }
        }
        whole
    }
}

impl<T: Trace> Attempt<'_, '_, '_, T> {
    /// Takes the places of one posture, in their order.
    pub(super) fn occupy(&mut self, places: &[Place], posture: Posture) -> Result<(), Stop> {
        for place in places.iter().filter(|place| place.posture == posture) {
            let leases = self.guard.state.leases();
            if T::LISTENS {
                let held = leases.held(place.client, place.quota, self.now);
                self.trace.fact(Step::Quotas, Fact::Running { index: place.index, most: place.quota.most(), held });
            }
            match leases.acquire(place.client, place.quota, self.now) {
                Ok(lease) => self.held.push(lease).ok_or(Reason::Corrupt)?,
                Err(refused) => {
                    self.trace.fact(Step::Quotas, Fact::NoPlace { index: place.index, refused });
                    if posture == Posture::Enforce && refused == LeaseRefused::Busy {
                        let left = Left { remaining: 0, reset_s: 0 };
                        self.facts.answer.limit = Some(Limit { quota: place.index, burst: place.quota.most(), window_s: 0, left });
                    }
                    self.refuse(posture, Stop { rule: place.index, ..reason(refused).into() })?;
                }
            }
        }
        Ok(())
    }

    /// Gives back what was taken: something else refused.
    pub(super) fn vacate(&mut self) {
        // What cannot be given back comes back by itself.
        let _ = self.guard.release(core::mem::take(&mut self.held), self.now);
    }
}

const fn reason(refused: LeaseRefused) -> Reason {
    match refused {
        LeaseRefused::Busy => Reason::Busy,
        LeaseRefused::Full => Reason::Full,
        LeaseRefused::Contended => Reason::Contended,
    }
}
