//! A borrowed view of one request: what the host received, unchanged and in wire order.
//!
//! Promises: nothing here is trusted. `peer` and `transport` are what the host's own socket says; a proxy's word stands in `headers`
//! and counts only if the policy trusts that peer.
//! Not here: HTTP parsing. The host's server has done that; the body comes later, through the grant.

use core::net::IpAddr;

/// One header field. The name is compared without regard to case (RFC 9110 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'r> {
    /// Field name, as received.
    pub name: &'r [u8],
    /// Field value, as received.
    pub value: &'r [u8],
}

/// The header fields of one request, in wire order, wherever the host keeps them.
///
/// A trait, so that a C array, a Python list or a server's own map is read where it lies, without a copy.
pub trait Headers {
    /// How many fields there are.
    fn count(&self) -> usize;

    /// The field at `index`, `None` past the end.
    fn field(&self, index: usize) -> Option<Header<'_>>;
}

impl Headers for [Header<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn field(&self, index: usize) -> Option<Header<'_>> {
        self.get(index).copied()
    }
}

impl Headers for &[Header<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn field(&self, index: usize) -> Option<Header<'_>> {
        self.get(index).copied()
    }
}

impl<const N: usize> Headers for [Header<'_>; N] {
    fn count(&self) -> usize {
        N
    }

    fn field(&self, index: usize) -> Option<Header<'_>> {
        self.get(index).copied()
    }
}

/// Who is at the other end of the host's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// An address.
    Ip(IpAddr),
    /// A Unix socket: a process of the same host, whose own caller only a trusted proxy can name.
    Unix,
}

/// The TLS version of the host's own socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// Older than 1.2.
    Old,
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

/// What protects the host's own socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Nothing.
    Plaintext,
    /// TLS.
    Tls(TlsVersion),
}

/// One request.
///
/// ```
/// use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
/// let headers = [Header { name: b"x-api-key", value: b"acme_live_..." }];
/// let request = Request {
///     method: b"GET",
///     target: b"/v1/orders?page=2",
///     authority: b"api.example",
///     headers: &headers,
///     peer: Peer::Ip("203.0.113.9".parse().unwrap()),
///     transport: Transport::Tls(TlsVersion::V1_3),
/// };
/// assert_eq!(request.headers.count(), 1);
/// ```
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The method, as received: case matters (RFC 9110 §9.1).
    pub method: &'r [u8],
    /// The request target as it stood in the request line, undecoded: path and query.
    pub target: &'r [u8],
    /// `Host` or `:authority`.
    pub authority: &'r [u8],
    /// Header fields in wire order.
    pub headers: &'r dyn Headers,
    /// Who is at the other end of the socket.
    pub peer: Peer,
    /// What protects the socket.
    pub transport: Transport,
}

impl<'r> Request<'r> {
    /// The fields called `name`, in wire order.
    pub fn named(&self, name: &'r [u8]) -> impl DoubleEndedIterator<Item = &'r [u8]> + use<'r> {
        let headers = self.headers;
        (0..headers.count()).filter_map(move |index| {
            let field = headers.field(index)?;
            field.name.eq_ignore_ascii_case(name).then_some(field.value)
        })
    }
}

impl core::fmt::Debug for Request<'_> {
    /// Method, peer and transport only: targets and fields may hold what no log should.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Request").field("peer", &self.peer).field("transport", &self.transport).finish_non_exhaustive()
    }
}
