//! An address as look-ups take it: numbers, IPv4-mapped IPv6 folded.

use core::net::IpAddr;

/// The bits of an address.
#[derive(Clone, Copy)]
pub(super) enum Bits {
    V4(u32),
    V6(u128),
}

impl Bits {
    /// By numbers, not by bytes: what `IpAddr::to_canonical` does bytewise goes through memory.
    #[inline]
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::of_v6(v6.to_bits()),
        }
    }

    /// `::ffff:0:0/96` is IPv4 (RFC 4291 §2.5.5.2).
    #[inline]
    pub(super) fn of_v6(bits: u128) -> Self {
        let low = u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0);
        if bits.wrapping_shr(32) == 0xFFFF { Self::V4(low) } else { Self::V6(bits) }
    }
}
