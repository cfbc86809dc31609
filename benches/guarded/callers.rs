//! Who asks: addresses, keys and the requests that they send.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::request::{Header, TlsVersion, Transport};
use caltrop_benches::Dice;
use caltrop_control::keys::{KeyModel, KeyState};

use super::api::{PLANS, SCOPES, Way};
use crate::keyring::issued;

/// Keys of the keyring.
pub(crate) const KEYS: u32 = 1_000_000;

/// So many keys as a company of ten gives them out: each has a principal, ten of these are a tenant. Of a thousand keys one may do everything, one is
/// denied and one is past its end.
pub(crate) fn keys(count: u32) -> (Vec<String>, Vec<KeyModel>) {
    let (texts, models) = issued(u64::from(count));
    let mine = |(at, model): (usize, KeyModel)| KeyModel {
        principal: format!("principal-{at}"),
        tenant: Some(format!("tenant-{}", at / 10)),
        plan: Some(PLANS[at % PLANS.len()].to_owned()),
        scopes: SCOPES.iter().take(if is_of_admin(at) { 8 } else { 6 }).map(|&scope| scope.to_owned()).collect(),
        state: if at % 1_000 == 998 { KeyState::Denied } else { KeyState::Active },
        expires_s: if at % 1_000 == 999 { 1_795_000_000 } else { 0 },
        ..model
    };
    (texts, models.into_iter().enumerate().map(mine).collect())
}

pub(crate) const fn is_of_admin(key: usize) -> bool {
    key % 1_000 == 997
}

/// Whether it is an everyday key: neither denied nor past its end, nor one of the administration's.
pub(crate) const fn is_common(key: usize) -> bool {
    key % 1_000 < 997
}

/// The address of a client. Every fourth has IPv6: four clients a /56, sixteen a /48.
pub(crate) fn address(client: u32) -> IpAddr {
    // Odd, so that no two clients meet.
    const SCATTER: u32 = 0x9E37_79B1;
    if client % 4 == 3 {
        let at = client / 4;
        let network = u128::from((at / 16).wrapping_mul(SCATTER));
        let bits = 0x2A01 << 112 | network << 80 | u128::from(at / 4 % 4) << 72 | u128::from(at % 4) << 64 | 0x5EED;
        return Ipv6Addr::from_bits(bits).into();
    }
    let bits = client.wrapping_mul(SCATTER) & 0x7FFF_FFFF;
    Ipv4Addr::from_bits((bits >> 23) << 24 | bits & 0x007F_FFFF).into()
}

/// One request, as both sides are shown it.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) method: &'r str,
    pub(crate) target: &'r str,
    pub(crate) headers: &'r [Header<'r>],
    pub(crate) address: IpAddr,
    pub(crate) transport: Transport,
}

pub(crate) const TLS: Transport = Transport::Tls(TlsVersion::V1_3);

const BROWSER: [(&str, &str); 6] = [
    ("host", "api.example"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip, deflate, br"),
    ("x-request-id", "6a1f0c1e-2f6b-4a6e-9f5d-0d9b8a7c6e5f"),
    ("connection", "keep-alive"),
];

/// The fields of a request, with what stands in `Authorization`.
pub(crate) fn headers(authorization: Option<&str>) -> ([Header<'_>; 7], usize) {
    let field = |(name, value): (&'static str, _)| -> Header<'_> { Header { name: str::as_bytes(name), value: str::as_bytes(value) } };
    let [a, b, c, d, e, f] = BROWSER.map(field);
    let (last, count) = authorization.map_or((f, 6), |value| (field(("authorization", value)), 7));
    ([a, b, c, d, e, f, last], count)
}

/// What requests ask for and show, but for their addresses. Their texts lie one behind the other, since a server has just read them.
#[derive(Default)]
pub(crate) struct Pool {
    texts: String,
    lines: Vec<Line>,
}

struct Line {
    at: usize,
    method: &'static str,
    target: usize,
    /// 0 without one.
    authorization: usize,
}

impl Pool {
    pub(crate) fn push(&mut self, method: &'static str, target: &str, authorization: Option<&str>) {
        let authorization = authorization.unwrap_or_default();
        self.lines.push(Line { at: self.texts.len(), method, target: target.len(), authorization: authorization.len() });
        self.texts.push_str(target);
        self.texts.push_str(authorization);
    }

    /// The same requests with other targets and credentials.
    pub(crate) fn each(&self, mut change: impl FnMut(&str, &str) -> (String, Option<String>)) -> Self {
        let mut changed = Self::default();
        for line in &self.lines {
            let (target, authorization) = self.texts[line.at..][..line.target + line.authorization].split_at(line.target);
            let (target, authorization) = change(target, authorization);
            changed.push(line.method, &target, authorization.as_deref());
        }
        changed
    }

    pub(crate) const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Shows one request from this address.
    #[inline]
    pub(crate) fn show<R>(&self, at: usize, address: IpAddr, shown: impl FnOnce(&Asked<'_>) -> R) -> R {
        let line = &self.lines[at];
        let (target, authorization) = self.texts[line.at..][..line.target + line.authorization].split_at(line.target);
        let (fields, count) = headers(Some(authorization).filter(|text| !text.is_empty()));
        shown(&Asked { method: line.method, target, headers: &fields[..count], address, transport: TLS })
    }
}

/// A target of a route: every parameter a number, and behind every second path a query.
pub(crate) fn target(way: &Way, dice: &mut Dice) -> String {
    let mut target = way.path.clone();
    for parameter in ["{id}", "{part}"] {
        target = target.replace(parameter, &dice.next().to_string());
    }
    if dice.next().is_multiple_of(2) { target + "?page=2&limit=50" } else { target }
}
