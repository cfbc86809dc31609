// Read first: RFC 7239 §4 (grammar), §6 (nodes).
//! One hop of `X-Forwarded-For` or `Forwarded`. What is not exactly an address gives `None`.

use core::net::IpAddr;

use super::client::HOPS_MAX;

/// A hop of `X-Forwarded-For`: an address, or one with a port as some balancers write it (`192.0.2.1:80`, `[2001:db8::1]:80`).
pub(super) fn x_forwarded_hop(element: &[u8]) -> Option<IpAddr> {
    let element = element.trim_ascii();
    bare_address(element).or_else(|| node(element))
}

/// A hop of `Forwarded`: the `for` of one element.
pub(super) fn forwarded_hop(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    for pair in Split::new(element, b';') {
        let pair = pair?.trim_ascii();
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (pair.get(..at)?, pair.get(at.checked_add(1)?..)?);
        if !is_token(name) {
            return None;
        }
        let value = unquote(value)?;
        if name.eq_ignore_ascii_case(b"for") && found.replace(value).is_some() {
            return None;
        }
    }
    match found? {
        Value::Token(text) => bare_address(text).filter(IpAddr::is_ipv4),
        Value::Quoted(text) => node(text).or_else(|| bare_address(text).filter(IpAddr::is_ipv4)),
    }
}

enum Value<'v> {
    Token(&'v [u8]),
    /// Between the quotes. No address needs an escape, so a value with one is returned as it is and will not be an address.
    Quoted(&'v [u8]),
}

fn unquote(value: &[u8]) -> Option<Value<'_>> {
    match value {
        [b'"', inner @ .., b'"'] => Some(Value::Quoted(inner)),
        _ if is_token(value) => Some(Value::Token(value)),
        _ => None,
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

fn bare_address(text: &[u8]) -> Option<IpAddr> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// `IPv4:port`, `[IPv6]` or `[IPv6]:port`.
fn node(text: &[u8]) -> Option<IpAddr> {
    if let [b'[', rest @ ..] = text {
        let end = rest.iter().position(|&byte| byte == b']')?;
        let address = bare_address(rest.get(..end)?).filter(IpAddr::is_ipv6)?;
        return match rest.get(end.checked_add(1)?..)? {
            [] => Some(address),
            [b':', port @ ..] if is_port(port) => Some(address),
            _ => None,
        };
    }
    let at = text.iter().position(|&byte| byte == b':')?;
    let port = text.get(at.checked_add(1)?..)?;
    bare_address(text.get(..at)?).filter(|address| address.is_ipv4() && is_port(port))
}

/// A port, or an obfuscated one (`_` and letters, RFC 7239 §6.2).
fn is_port(text: &[u8]) -> bool {
    match text {
        [b'_', rest @ ..] => !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)),
        _ => (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit),
    }
}

/// Splits at a separator outside quotes; `None` where a quoted text does not end.
struct Split<'v> {
    rest: Option<&'v [u8]>,
    separator: u8,
}

impl<'v> Split<'v> {
    const fn new(value: &'v [u8], separator: u8) -> Self {
        Self { rest: Some(value), separator }
    }
}

impl<'v> Iterator for Split<'v> {
    type Item = Option<&'v [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, &byte) in rest.iter().enumerate() {
            if escaped {
                escaped = false;
            } else if quoted && byte == b'\\' {
                escaped = true;
            } else if byte == b'"' {
                quoted = !quoted;
            } else if !quoted && byte == self.separator {
                self.rest = rest.get(at.saturating_add(1)..);
                return Some(rest.get(..at));
            }
        }
        self.rest = None;
        Some((!quoted).then_some(rest))
    }
}

/// The last elements of a field that must be read from the left (quotes) and followed from the right.
pub(super) struct LastElements<'v> {
    ring: [Option<&'v [u8]>; HOPS_MAX],
    count: usize,
}

impl<'v> LastElements<'v> {
    pub(super) const fn new() -> Self {
        Self { ring: [None; HOPS_MAX], count: 0 }
    }

    pub(super) fn read(&mut self, value: &'v [u8]) {
        for element in Split::new(value, b',') {
            if let Some(slot) = self.ring.get_mut(self.count % HOPS_MAX) {
                *slot = element;
            }
            self.count = self.count.wrapping_add(1);
        }
    }

    /// An element that could not be split off is empty here, and no hop.
    pub(super) fn rightmost_first(&self) -> impl Iterator<Item = &'v [u8]> {
        (0..self.count.min(HOPS_MAX)).map(|back| {
            let at = self.count.wrapping_sub(back).wrapping_sub(1) % HOPS_MAX;
            self.ring.get(at).copied().flatten().unwrap_or_default()
        })
    }
}
