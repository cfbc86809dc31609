//! One case of the packed file: a request, a time, and the answer that every host must give.

use core::net::{Ipv4Addr, Ipv6Addr};

use caltrop::Decision;
use caltrop::guard::REPORTED_MAX;
use caltrop::request::{Header, Peer, TlsVersion, Transport};
use caltrop::time::{Now, Quality};

use crate::pack::{Reader, Stop};

/// The most header fields of a case: the guard refuses more than 100, and vectors show that.
pub(crate) const HEADERS_MAX: usize = 128;

/// A case, without its header fields: those lie in the caller's array.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) now: Now,
    pub(crate) method: &'static [u8],
    pub(crate) target: &'static [u8],
    pub(crate) authority: &'static [u8],
    pub(crate) header_count: usize,
    pub(crate) peer: Peer,
    pub(crate) transport: Transport,
    pub(crate) expected: Answer<'static>,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) reason: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) route: &'a str,
    pub(crate) wait_s: u32,
    /// Reasons and quotas, as many as there are, then empty ones.
    pub(crate) reported: [(&'a str, &'a str); REPORTED_MAX],
}

impl<'a> Answer<'a> {
    /// What a decision answered.
    pub(crate) fn of(decision: &'a Decision<'_>) -> Self {
        let (reason, wait_s) = match decision {
            Decision::Allow(_) => ("", 0),
            Decision::Deny(denial) => (denial.reason().word(), denial.retry_after_s()),
        };
        let facts = decision.facts();
        let (principal, route) = (facts.principal().unwrap_or_default(), facts.route().unwrap_or_default());
        let mut reported = [("", ""); REPORTED_MAX];
        for (slot, (reason, quota)) in reported.iter_mut().zip(decision.reported()) {
            *slot = (reason.word(), quota.unwrap_or_default());
        }
        Self { status: decision.status(), reason, principal, route, wait_s, reported }
    }
}

impl core::fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {:?} principal {:?} route {:?} wait {} s", self.status, self.reason, self.principal, self.route, self.wait_s)?;
        let reported = self.reported.iter().take_while(|(reason, _)| !reason.is_empty());
        reported.into_iter().try_for_each(|(reason, quota)| write!(f, ", reported {reason} {quota}"))
    }
}

/// Reads the next case, and its header fields into `headers`.
pub(crate) fn read(at: &mut Reader, headers: &mut [Header<'static>; HEADERS_MAX]) -> Result<Case, Stop> {
    let name = at.text()?;
    let (wall_s, mono_ns) = (at.number(8)?, at.number(8)?);
    let quality = if at.number::<u8>(1)? == 1 { Quality::Trusted } else { Quality::Untrusted };
    let (method, target, authority) = (at.bytes(1)?, at.bytes(2)?, at.bytes(1)?);
    let header_count = at.number(2)?;
    for header in headers.get_mut(..header_count).ok_or("a case has more header fields than HEADERS_MAX: see src/case.rs")? {
        *header = Header { name: at.bytes(2)?, value: at.bytes(2)? };
    }
    let peer = match at.number::<u8>(1)? {
        0 => Peer::Unix,
        4 => Peer::Ip(Ipv4Addr::from(*at.array::<4>()?).into()),
        6 => Peer::Ip(Ipv6Addr::from(*at.array::<16>()?).into()),
        _ => return Err("a case has a peer of an unknown kind"),
    };
    let transport = match at.number::<u8>(1)? {
        0 => Transport::Plaintext,
        1 => Transport::Tls(TlsVersion::Old),
        12 => Transport::Tls(TlsVersion::V1_2),
        13 => Transport::Tls(TlsVersion::V1_3),
        _ => return Err("a case has a TLS version of an unknown kind"),
    };
    let (status, reason, principal, route, wait_s) = (at.number(2)?, at.text()?, at.text()?, at.text()?, at.number(4)?);
    let mut reported = [("", ""); REPORTED_MAX];
    for slot in reported.get_mut(..at.number(1)?).ok_or("a case reports more than REPORTED_MAX")? {
        *slot = (at.text()?, at.text()?);
    }
    let expected = Answer { status, reason, principal, route, wait_s, reported };
    Ok(Case { name, now: Now { wall_s, mono_ns, quality }, method, target, authority, header_count, peer, transport, expected })
}
