//! `address/length`, read strictly: text that two readers might take for two networks is refused.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use super::read;

/// A network: an address whose host bits are zero, and how many bits of it count.
///
/// # Example: read, then refused
/// ```
/// use caltrop::net::{Cidr, CidrError};
/// let vpn: Cidr = "10.8.0.0/16".parse().unwrap();
/// assert!(vpn.contains("10.8.3.4".parse().unwrap()));
/// assert!(vpn.contains("::ffff:10.8.3.4".parse().unwrap())); // IPv4-mapped IPv6 is folded
/// assert_eq!("10.8.3.0/16".parse::<Cidr>(), Err(CidrError::HostBitsSet));
/// assert_eq!("10.8.0.0/33".parse::<Cidr>(), Err(CidrError::LengthTooLong { given: 33, max: 32 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr {
    network: IpAddr,
    length: u8,
}

impl Cidr {
    /// A network from its parts.
    ///
    /// # Errors
    /// [`CidrError::LengthTooLong`], [`CidrError::HostBitsSet`], or [`CidrError::MappedIpv4`]: write the IPv4 network itself.
    pub fn new(network: IpAddr, length: u8) -> Result<Self, CidrError> {
        let cidr = Self::containing(network, length)?;
        if cidr.network == network { Ok(cidr) } else { Err(CidrError::HostBitsSet) }
    }

    /// The network of this length around an address: host bits are cleared.
    ///
    /// ```
    /// use caltrop::net::Cidr;
    /// assert_eq!(Cidr::containing("10.8.3.4".parse().unwrap(), 16), Ok("10.8.0.0/16".parse().unwrap()));
    /// ```
    /// # Errors
    /// As [`Cidr::new`], but for host bits.
    pub fn containing(address: IpAddr, length: u8) -> Result<Self, CidrError> {
        let max = if address.is_ipv4() { 32 } else { 128 };
        if length > max {
            return Err(CidrError::LengthTooLong { given: u16::from(length), max });
        }
        let network = match address {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask_v4(length))),
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() && length >= 96 => return Err(CidrError::MappedIpv4),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask_v6(length))),
        };
        Ok(Self { network, length })
    }

    /// Its first address.
    #[must_use]
    pub const fn network(&self) -> IpAddr {
        self.network
    }

    /// How many bits count: 0 to 32, or to 128.
    #[must_use]
    pub const fn length(&self) -> u8 {
        self.length
    }

    /// Whether an address lies in it. IPv4-mapped IPv6 is folded first.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => address.to_bits() & mask_v4(self.length) == network.to_bits(),
            (IpAddr::V6(network), IpAddr::V6(address)) => address.to_bits() & mask_v6(self.length) == network.to_bits(),
            _ => false,
        }
    }
}

fn mask_v4(length: u8) -> u32 {
    u32::MAX.checked_shl(32u32.saturating_sub(u32::from(length))).unwrap_or(0)
}

fn mask_v6(length: u8) -> u128 {
    u128::MAX.checked_shl(128u32.saturating_sub(u32::from(length))).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// Reads `address/length`, or an address alone, which is a network of one.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        if let Some((address, length)) = read::network(text.as_bytes()) {
            let max = if address.is_ipv4() { 32 } else { 128 };
            return Self::new(address, length.unwrap_or(max));
        }
        // Not written plainly: slower, and with the reason.
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address = parse_address(address)?;
        let max = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(max), |text| parse_length(text, max))?;
        Self::new(address, length)
    }
}

fn parse_address(text: &str) -> Result<IpAddr, CidrError> {
    if let Ok(address) = text.parse::<IpAddr>() {
        let embedded = address.is_ipv6() && text.contains('.');
        return if embedded { Err(CidrError::EmbeddedIpv4) } else { Ok(address) };
    }
    if text.contains('%') {
        return Err(CidrError::ZoneId);
    }
    let is_v4_shaped = text.split('.').count() == 4 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let has_leading_zero = text.split('.').any(|part| part.len() > 1 && part.starts_with('0'));
    if is_v4_shaped && has_leading_zero { Err(CidrError::LeadingZero) } else { Err(CidrError::NotAnAddress) }
}

fn parse_length(text: &str, max: u8) -> Result<u8, CidrError> {
    if text.len() > 1 && text.starts_with('0') {
        return Err(CidrError::LeadingZero);
    }
    // `u16::from_str` alone would accept "+8".
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let given = if is_number { text.parse::<u16>().unwrap_or(u16::MAX) } else { return Err(CidrError::NotALength) };
    u8::try_from(given).ok().filter(|&length| length <= max).ok_or(CidrError::LengthTooLong { given, max })
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

/// Why a text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CidrError {
    /// No IPv4 or IPv6 address.
    NotAnAddress,
    /// A part of the address or the length begins with 0: some readers would take it as octal.
    LeadingZero,
    /// A zone id (`%eth0`): it means something on one machine only.
    ZoneId,
    /// IPv4 written inside IPv6 (`::ffff:10.0.0.1`): write the IPv4 address.
    EmbeddedIpv4,
    /// An IPv4-mapped network: such addresses are folded to IPv4 before look-up, so it would never match.
    MappedIpv4,
    /// What follows the `/` is no number.
    NotALength,
    /// More bits than the address has.
    LengthTooLong {
        /// Bits given.
        given: u16,
        /// Bits that the address has.
        max: u8,
    },
    /// The address has bits behind the length: either the address or the length is not what was meant.
    HostBitsSet,
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAddress => f.write_str("not an IPv4 or IPv6 address"),
            Self::LeadingZero => f.write_str("a number begins with 0: some readers take it as octal; leave the zero out"),
            Self::ZoneId => f.write_str("a zone id means something on one machine only: leave it out"),
            Self::EmbeddedIpv4 => f.write_str("IPv4 inside IPv6: write the IPv4 address itself"),
            Self::MappedIpv4 => {
                f.write_str("an IPv4-mapped network never matches, since such addresses are folded: write the IPv4 network")
            }
            Self::NotALength => f.write_str("what follows the / is not a number of bits"),
            Self::LengthTooLong { given, max } => write!(f, "{given} bits, and the address has {max}"),
            Self::HostBitsSet => f.write_str("bits are set behind the prefix length: clear them or give a longer length"),
        }
    }
}

impl core::error::Error for CidrError {}
