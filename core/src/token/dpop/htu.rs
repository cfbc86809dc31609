// Read first: RFC 9449 §4.3 (9.), RFC 3986 §6.2.2 and §6.2.3.
//! The URI that a proof is of.

use crate::json::Text;

/// The longest `htu` that is written with an escape of JSON, of which PHP makes one for each slash.
const ESCAPED_MAX: usize = 1024;

/// How the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In plain text, for tests on one machine.
    Http,
    /// Over TLS, of the host or of the proxy before it.
    Https,
}

/// The URI of a request without query and fragment, as it is compared with a proof's `htu`.
///
/// Two are the same if these are: the scheme and the host in any case, the port, which is 443 or 80 if none is said, and the path, which is `/` if it
/// is empty and in which `%7e`, `%7E` and `~` are one character, but `%2F` and `/` are two. Dots are not taken out of a path, nor is a slash at its
/// end; a URI with a user is none.
///
/// # Example: the same, then not
/// ```
/// use caltrop::token::{Htu, Scheme};
/// let here = Htu::new(Scheme::Https, b"api.example", b"/v1/orders?page=2").unwrap();
/// assert_eq!(Some(here), Htu::parse(b"HTTPS://API.example:443/v1/orders"));
/// assert_ne!(Some(here), Htu::parse(b"https://api.example/v1/orders/"));
/// assert_eq!(Htu::new(Scheme::Https, b"alice@api.example", b"/"), None);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Htu<'u> {
    scheme: Scheme,
    host: &'u [u8],
    port: u16,
    path: &'u [u8],
}

impl<'u> Htu<'u> {
    /// Of a request: `Host` or `:authority`, and the target of its request line, of which a query is left out. `None` for a target that does not
    /// begin with a slash, and an authority that is none.
    #[must_use]
    pub fn new(scheme: Scheme, authority: &'u [u8], target: &'u [u8]) -> Option<Self> {
        if target.first() != Some(&b'/') {
            return None;
        }
        Self::of(scheme, authority, target)
    }

    /// Of a whole URI with the scheme `https` or `http`.
    #[must_use]
    pub fn parse(uri: &'u [u8]) -> Option<Self> {
        let (scheme, rest) = behind(uri, b"https://")
            .map(|rest| (Scheme::Https, rest))
            .or_else(|| behind(uri, b"http://").map(|rest| (Scheme::Http, rest)))?;
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end)?;
        Self::of(scheme, authority, target)
    }

    fn of(scheme: Scheme, authority: &'u [u8], target: &'u [u8]) -> Option<Self> {
        let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
        let path = target.get(..end)?;
        // Behind the bracket of an IPv6 address, if there is one.
        let from = authority.iter().position(|&byte| byte == b']').unwrap_or(0);
        let colon = authority.get(from..)?.iter().position(|&byte| byte == b':').and_then(|at| at.checked_add(from));
        let (host, port) = authority.split_at_checked(colon.unwrap_or(authority.len()))?;
        if host.is_empty() || authority.contains(&b'@') {
            return None;
        }
        let path = if path.is_empty() { b"/" } else { path };
        Some(Self { scheme, host, port: number(port.get(1..).unwrap_or_default(), scheme)?, path })
    }

    /// Whether a proof's `htu` means it.
    pub(super) fn is_meant(&self, htu: Text<'_>) -> bool {
        match htu.as_str() {
            Some(plain) => Htu::parse(plain.as_bytes()).is_some_and(|htu| htu == *self),
            None => self.is_meant_escaped(htu),
        }
    }

    /// Apart, since its buffer is seldom needed.
    #[inline(never)]
    fn is_meant_escaped(&self, htu: Text<'_>) -> bool {
        let mut buffer = [0; ESCAPED_MAX];
        let mut rooms = buffer.iter_mut();
        let mut len = 0usize;
        for character in htu.chars() {
            // A URI is ASCII.
            let (Ok(byte @ ..0x80), Some(room)) = (u8::try_from(character), rooms.next()) else { return false };
            *room = byte;
            len = len.saturating_add(1);
        }
        buffer.get(..len).and_then(Htu::parse).is_some_and(|htu| htu == *self)
    }
}

impl PartialEq for Htu<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
            && characters(self.path).eq(characters(other.path))
    }
}

impl Eq for Htu<'_> {}

/// What stands behind a prefix, in any case.
fn behind<'u>(uri: &'u [u8], prefix: &[u8]) -> Option<&'u [u8]> {
    let (first, rest) = uri.split_at_checked(prefix.len())?;
    first.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A port in decimal, or the scheme's own if none is said.
fn number(digits: &[u8], scheme: Scheme) -> Option<u16> {
    if digits.is_empty() {
        return Some(match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        });
    }
    digits.iter().try_fold(0u16, |sum, digit| {
        let value = digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))?;
        sum.checked_mul(10)?.checked_add(u16::from(value))
    })
}

/// One character of a path: itself, or a byte that has to be escaped.
#[derive(Debug, PartialEq, Eq)]
enum Character {
    Plain(u8),
    Escaped(u8),
}

fn characters(path: &[u8]) -> impl Iterator<Item = Character> + use<'_> {
    let mut rest = path;
    core::iter::from_fn(move || {
        let (&first, behind) = rest.split_first()?;
        let (character, behind) = match escaped(rest) {
            // RFC 3986 §6.2.2.2: an escape of what needs none is that character.
            Some((byte @ (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~'), behind)) => {
                (Character::Plain(byte), behind)
            }
            Some((byte, behind)) => (Character::Escaped(byte), behind),
            None => (Character::Plain(first), behind),
        };
        rest = behind;
        Some(character)
    })
}

/// `%` and two digits, and what stands behind.
fn escaped(rest: &[u8]) -> Option<(u8, &[u8])> {
    let ([b'%', high, low], behind) = rest.split_first_chunk()? else { return None };
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some((value(high)? << 4 | value(low)?, behind))
}
