//! Addresses and networks.

use core::net::{IpAddr, Ipv6Addr};

use caltrop::net::{Cidr, CidrError};

use crate::border::{bytes, place, shared};
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_ADDRESS, CALTROP_E_EMBEDDED_IPV4, CALTROP_E_HOST_BITS, CALTROP_E_LEADING_ZERO, CALTROP_E_MAPPED_IPV4,
    CALTROP_E_PREFIX_LENGTH, CALTROP_E_VALUE, CALTROP_E_ZONE_ID,
};

/// An address in network byte order; IPv4 takes the first 4 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_address {
    /// 4 or 6; 0 is no address.
    pub family: u8,
    /// The bytes.
    pub bytes: [u8; 16],
}

/// A network: an address whose host bits are zero, and how many bits of it count.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_cidr {
    /// Its first address.
    pub network: caltrop_address,
    /// How many bits count.
    pub length: u8,
}

impl caltrop_address {
    pub(crate) fn get(&self) -> Result<IpAddr, caltrop_status> {
        let [a, b, c, d, ..] = self.bytes;
        match self.family {
            4 => Ok(IpAddr::from([a, b, c, d])),
            6 => Ok(IpAddr::V6(Ipv6Addr::from(self.bytes))),
            _ => Err(CALTROP_E_VALUE),
        }
    }

    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let mut bytes = [0; 16];
                bytes.iter_mut().zip(v4.octets()).for_each(|(slot, byte)| *slot = byte);
                Self { family: 4, bytes }
            }
            IpAddr::V6(v6) => Self { family: 6, bytes: v6.octets() },
        }
    }
}

impl From<CidrError> for caltrop_status {
    fn from(error: CidrError) -> Self {
        match error {
            CidrError::NotAnAddress => CALTROP_E_ADDRESS,
            CidrError::LeadingZero => CALTROP_E_LEADING_ZERO,
            CidrError::ZoneId => CALTROP_E_ZONE_ID,
            CidrError::EmbeddedIpv4 => CALTROP_E_EMBEDDED_IPV4,
            CidrError::MappedIpv4 => CALTROP_E_MAPPED_IPV4,
            CidrError::NotALength | CidrError::LengthTooLong { .. } => CALTROP_E_PREFIX_LENGTH,
            CidrError::HostBitsSet => CALTROP_E_HOST_BITS,
        }
    }
}

/// Reads `address/length`, or an address alone, which is a network of one. Strict: each way to be misread has its own status.
///
/// # Safety
/// * `text` points at `text_len` bytes, or is NULL with a length of 0; `out` at memory for a `caltrop_cidr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_net_cidr_parse(text: *const u8, text_len: usize, out: *mut caltrop_cidr) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let text = unsafe { bytes(text, text_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(text.and_then(|text| {
        let out = out?;
        let text = core::str::from_utf8(text).map_err(|_| CALTROP_E_ADDRESS)?;
        let cidr: Cidr = text.parse().map_err(caltrop_status::from)?;
        out.write(caltrop_cidr { network: caltrop_address::of(cidr.network()), length: cidr.length() });
        Ok(())
    }))
}

/// Whether an address lies in a network; IPv4-mapped IPv6 is folded first. The answer is written as 0 or 1.
///
/// # Safety
/// * `cidr`, `address` and `out` point at what they are named for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_net_cidr_contains(
    cidr: *const caltrop_cidr,
    address: *const caltrop_address,
    out: *mut u8,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let cidr = unsafe { shared(cidr) };
    // SAFETY: this function's contract is the one of `shared`.
    let address = unsafe { shared(address) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(cidr.and_then(|cidr| {
        let (address, out) = (address?.get()?, out?);
        let cidr = Cidr::new(cidr.network.get()?, cidr.length).map_err(caltrop_status::from)?;
        out.write(u8::from(cidr.contains(address)));
        Ok(())
    }))
}
