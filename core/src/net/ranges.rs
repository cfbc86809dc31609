//! Look-up by ranges: sorted start addresses with one value each, every board's way.

use core::net::IpAddr;

use zerocopy::little_endian::{U32, U64, U128};

use super::bits::Bits;

/// Values of address ranges, IPv4 and IPv6 apart. Range `i` goes from `starts[i]` to the next start; the first start is 0.
///
/// ```
/// use caltrop::net::Ranges;
/// let starts = [0u32.into(), 0x0A08_0000.into(), 0x0A09_0000.into()]; // 10.8.0.0/16
/// let values = [0u64.into(), 1.into(), 0.into()];
/// let ranges = Ranges::new(&starts, &values, &[], &[]).unwrap();
/// assert_eq!(ranges.lookup("10.8.3.4".parse().unwrap()), 1);
/// assert_eq!(ranges.lookup("::ffff:10.8.3.4".parse().unwrap()), 1);
/// assert_eq!(ranges.lookup("10.9.0.0".parse().unwrap()), 0);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Ranges<'b> {
    v4: &'b [U32],
    values_v4: &'b [U64],
    v6: &'b [U128],
    values_v6: &'b [U64],
    /// No IPv6 range begins within a /64, as hardly any does: half of an address tells.
    is_by_halves: bool,
}

impl<'b> Ranges<'b> {
    /// Checks that each start has a value, that starts ascend and that the first is 0; `None` otherwise. An absent family is empty.
    #[must_use]
    pub fn new(v4: &'b [U32], values_v4: &'b [U64], v6: &'b [U128], values_v6: &'b [U64]) -> Option<Self> {
        let paired = v4.len() == values_v4.len() && v6.len() == values_v6.len();
        let from_zero = v4.first().is_none_or(|start| start.get() == 0) && v6.first().is_none_or(|start| start.get() == 0);
        let ascending = v4.is_sorted_by(|a, b| a.get() < b.get()) && v6.is_sorted_by(|a, b| a.get() < b.get());
        let is_by_halves = v6.iter().all(|start| start.get() & u128::from(u64::MAX) == 0);
        (paired && from_zero && ascending).then_some(Self { v4, values_v4, v6, values_v6, is_by_halves })
    }

    /// The value of the range around an address, 0 where there is none. IPv4-mapped IPv6 is folded first.
    #[must_use]
    #[inline]
    pub fn lookup(&self, address: IpAddr) -> u64 {
        self.value(Bits::of(address))
    }

    #[inline]
    pub(super) fn value(&self, bits: Bits) -> u64 {
        match bits {
            Bits::V4(bits) => before(at_or_below(self.v4, |start| start.get() <= bits), self.values_v4),
            Bits::V6(bits) => self.value_v6(bits),
        }
    }

    /// By itself, so that IPv4 does not save the registers that 128 bits take: 16 of 96 instructions on a Cortex-M3.
    #[inline(never)]
    fn value_v6(&self, bits: u128) -> u64 {
        let next = if self.is_by_halves {
            at_or_below(self.v6, |start| high(start.get()) <= high(bits))
        } else {
            at_or_below(self.v6, |start| start.get() <= bits)
        };
        before(next, self.values_v6)
    }

    /// How many ranges there are: IPv4, IPv6.
    #[must_use]
    pub const fn len(&self) -> (usize, usize) {
        (self.v4.len(), self.v6.len())
    }
}

/// The value before the next range.
#[inline]
fn before(next: usize, values: &[U64]) -> u64 {
    next.checked_sub(1).and_then(|at| values.get(at)).map_or(0, |value| value.get())
}

/// So few starts are counted one by one: nothing waits for the step before it.
const COUNTED: usize = 32;

/// How many starts are at or below an address.
#[inline]
fn at_or_below<S: Copy>(starts: &[S], is_below: impl Fn(S) -> bool) -> usize {
    if starts.len() > COUNTED {
        return starts.partition_point(|&start| is_below(start));
    }
    let count = starts.iter().fold(0u32, |count, &start| count.wrapping_add(u32::from(is_below(start))));
    usize::try_from(count).unwrap_or(0)
}

/// The upper half of an IPv6 address.
#[inline]
fn high(bits: u128) -> u64 {
    u64::try_from(bits >> 64).unwrap_or(0)
}
