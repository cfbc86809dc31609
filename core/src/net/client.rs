// Read first: RFC 7239 §8.1 on why the field cannot be trusted as a whole, docs/formats.md §5.
//! Who is really there: from the socket's peer through trusted proxies to the client.
//!
//! ```text
//! at = the peer
//! while at is a trusted proxy: at = the next hop from the right of the one field that the policy names
//! the first address that is not trusted is the client
//! ```
//! A hop that cannot be read, a proxy that names nobody, and a chain longer than [`HOPS_MAX`] give [`Client::Unknown`]: no zone, a bucket of
//! its own, never the proxy's rights.

use core::net::IpAddr;

use super::forwarded;
use crate::request::{Peer, Request};

/// The longest chain of proxies that is followed.
pub const HOPS_MAX: usize = 16;

/// The one field in which proxies name whom they speak for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedField {
    /// None: the peer is the client.
    None,
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Whom a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// This address; IPv4-mapped IPv6 is folded.
    Known(IpAddr),
    /// A proxy did not say, or could not be understood.
    Unknown,
}

impl Client {
    /// The address, if it is known.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Known(address) => Some(address),
            Self::Unknown => None,
        }
    }
}

/// Whether the peer may speak for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerTrust {
    /// A proxy that the policy names.
    Proxy,
    /// Anybody.
    Stranger,
}

/// The way from the peer to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// Whom the request comes from.
    pub client: Client,
    /// Whether the peer's other words count too.
    pub peer: PeerTrust,
    /// How many trusted proxies were passed.
    pub hops: u8,
}

impl Walk {
    /// Walks from the peer of `request` to its client.
    ///
    /// # Example: believed from a proxy, ignored from a stranger
    /// ```
    /// use caltrop::net::{Client, ForwardedField, Walk};
    /// use caltrop::request::{Header, Peer, Request, Transport};
    /// let headers = [Header { name: b"X-Forwarded-For", value: b"6.6.6.6, 203.0.113.9" }];
    /// let mut request = Request { method: b"GET", target: b"/", authority: b"", headers: &headers,
    ///     peer: Peer::Ip("10.0.0.1".parse().unwrap()), transport: Transport::Plaintext };
    /// let is_proxy = |address: std::net::IpAddr| address == std::net::Ipv4Addr::new(10, 0, 0, 1);
    /// let walk = Walk::new(&request, ForwardedField::XForwardedFor, false, is_proxy);
    /// assert_eq!(walk.client, Client::Known("203.0.113.9".parse().unwrap())); // the rightmost hop that is no proxy
    /// request.peer = Peer::Ip("192.0.2.1".parse().unwrap());
    /// let walk = Walk::new(&request, ForwardedField::XForwardedFor, false, is_proxy);
    /// assert_eq!(walk.client, Client::Known("192.0.2.1".parse().unwrap()));
    /// ```
    pub fn new(request: &Request<'_>, field: ForwardedField, unix_is_proxy: bool, is_proxy: impl Fn(IpAddr) -> bool) -> Self {
        let stranger = |client| Self { client, peer: PeerTrust::Stranger, hops: 0 };
        match request.peer {
            Peer::Ip(address) => {
                let address = address.to_canonical();
                if field == ForwardedField::None || !is_proxy(address) {
                    return stranger(Client::Known(address));
                }
            }
            Peer::Unix if field == ForwardedField::None || !unix_is_proxy => return stranger(Client::Unknown),
            Peer::Unix => {}
        }
        let (client, hops) = match field {
            ForwardedField::None => (Client::Unknown, 1),
            ForwardedField::XForwardedFor => {
                let elements = request.named(b"x-forwarded-for").rev().flat_map(|value| value.rsplit(|&byte| byte == b','));
                follow(elements.map(forwarded::x_forwarded_hop), is_proxy)
            }
            ForwardedField::Forwarded => {
                let mut last = forwarded::LastElements::new();
                request.named(b"forwarded").for_each(|value| last.read(value));
                follow(last.rightmost_first().map(forwarded::forwarded_hop), is_proxy)
            }
        };
        Self { client, peer: PeerTrust::Proxy, hops }
    }
}

/// The first hop that is no proxy, and how many proxies were passed, the peer included.
fn follow(hops: impl Iterator<Item = Option<IpAddr>>, is_proxy: impl Fn(IpAddr) -> bool) -> (Client, u8) {
    let mut passed = 1u8;
    for hop in hops.take(HOPS_MAX) {
        let Some(address) = hop.map(|address| address.to_canonical()) else { break };
        if !is_proxy(address) {
            return (Client::Known(address), passed);
        }
        passed = passed.saturating_add(1);
    }
    (Client::Unknown, passed)
}
