//! What a request is, as far as a signature covers it.

use heapless::Vec;

/// The longest method, in bytes.
pub const METHOD_MAX: usize = 32;
/// The longest authority, in bytes: the longest host name (RFC 1035 §2.3.4).
pub const AUTHORITY_MAX: usize = 255;
/// The longest target, in bytes.
pub const TARGET_MAX: usize = 2048;

/// The scheme that the client used, which says what port needs no mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Port 80.
    Http,
    /// Port 443.
    #[default]
    Https,
}

/// The request line and the authority, as the client sent them and the host received them.
///
/// Behind a proxy that changes one of them, nothing verifies: give what the client sent, if the proxy tells it and is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Components<'m> {
    /// The method; case matters. At most [`METHOD_MAX`] bytes.
    pub method: &'m [u8],
    /// The scheme.
    pub scheme: Scheme,
    /// `Host` or `:authority`. At most [`AUTHORITY_MAX`] bytes.
    pub authority: &'m [u8],
    /// Path and query, undecoded. Only the origin-form (RFC 9112 §3.2.1), at most [`TARGET_MAX`] bytes.
    pub target: &'m [u8],
}

/// The values of the derived components (RFC 9421 §2.2).
#[derive(Debug, Clone)]
pub(super) struct Derived<'m> {
    pub(super) method: &'m [u8],
    pub(super) authority: Vec<u8, AUTHORITY_MAX>,
    pub(super) path: &'m [u8],
    pub(super) query: &'m [u8],
}

impl<'m> Components<'m> {
    /// `None` for what is out of bounds, or no method, authority or origin-form.
    pub(super) fn derive(&self) -> Option<Derived<'m>> {
        let Self { method, target, .. } = *self;
        let is_method = (1..=METHOD_MAX).contains(&method.len()) && method.iter().all(|&byte| is_tchar(byte));
        // A `#` begins a fragment, which is never sent, and a line break would begin another component.
        let is_target = target.len() <= TARGET_MAX && target.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'#');
        if !is_method || !is_target || target.first() != Some(&b'/') {
            return None;
        }
        let (path, query) = match target.iter().position(|&byte| byte == b'?').and_then(|at| target.split_at_checked(at)) {
            Some(parts) => parts,
            None => (target, &b"?"[..]),
        };
        Some(Derived { method, authority: self.authority()?, path, query })
    }

    /// The host in lower case, without the scheme's own port (RFC 9421 §2.2.3, RFC 9110 §4.2.3).
    fn authority(&self) -> Option<Vec<u8, AUTHORITY_MAX>> {
        let (host, port) = host_port(self.authority)?;
        let is_host = !host.is_empty() && host.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte));
        let is_port = port.is_empty() || ((2..=6).contains(&port.len()) && port.iter().skip(1).all(u8::is_ascii_digit));
        if !is_host || !is_port {
            return None;
        }
        let default: &[u8] = match self.scheme {
            Scheme::Http => b":80",
            Scheme::Https => b":443",
        };
        let named = if port == default { host } else { self.authority };
        let mut lower = Vec::from_slice(named).ok()?;
        lower.make_ascii_lowercase();
        Some(lower)
    }
}

/// Parts an authority before the colon of its port; one of an IPv6 address stands within brackets.
fn host_port(authority: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match authority.first() {
        Some(b'[') => authority.iter().position(|&byte| byte == b']')?.checked_add(1)?,
        _ => authority.iter().position(|&byte| byte == b':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(end)?;
    (port.is_empty() || port.first() == Some(&b':')).then_some((host, port))
}

/// RFC 9110 §5.6.2.
const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn derived(scheme: Scheme, authority: &str, target: &str) -> Option<[String; 3]> {
        let components = Components { method: b"GET", scheme, authority: authority.as_bytes(), target: target.as_bytes() };
        let derived = components.derive()?;
        Some([&derived.authority[..], derived.path, derived.query].map(|bytes| String::from_utf8(bytes.to_vec()).unwrap_or_default()))
    }

    #[test]
    fn the_examples_of_rfc_9421_section_2_2_are_derived_as_it_says() {
        let is =
            |authority, target, expect: [&str; 3]| assert_eq!(derived(Scheme::Https, authority, target), Some(expect.map(String::from)));
        is("www.example.com", "/path?param=value", ["www.example.com", "/path", "?param=value"]); // §2.2.3, §2.2.6
        is(
            "www.example.com",
            "/path?param=value&foo=bar&baz=bat%2Dman",
            ["www.example.com", "/path", "?param=value&foo=bar&baz=bat%2Dman"],
        ); // §2.2.7
        is("www.example.com", "/path?queryString", ["www.example.com", "/path", "?queryString"]);
        is("www.example.com", "/path", ["www.example.com", "/path", "?"]);
        is("WWW.Example.COM:443", "/?", ["www.example.com", "/", "?"]); // §2.2.3: normalized
        is("[2001:DB8::1]:8443", "//a//?b?c", ["[2001:db8::1]:8443", "//a//", "?b?c"]);
        is("example.com:80", "/", ["example.com:80", "/", "?"]);
        assert_eq!(derived(Scheme::Http, "example.com:80", "/").map(|[authority, ..]| authority).as_deref(), Some("example.com"));
    }

    #[test]
    fn what_is_no_authority_or_origin_form_is_refused() {
        for authority in
            ["", ":443", "a b", "a@b", "a/b", "a:b", "a:1:2", "a:", "a:123456", "[::1", "[::1]x", "a\n", "\u{e9}", &"a".repeat(256)]
        {
            assert_eq!(derived(Scheme::Https, authority, "/"), None, "{authority:?}");
        }
        // §2.2.5: absolute-form, authority-form, asterisk-form.
        for target in ["", "*", "https://www.example.com/path?param=value", "www.example.com:80", "/a b", "/a#b", "/a\n", "/\u{e9}"] {
            assert_eq!(derived(Scheme::Https, "a", target), None, "{target:?}");
        }
        let longest = std::format!("/{}", "a".repeat(TARGET_MAX - 1));
        assert!(derived(Scheme::Https, "a", &longest).is_some());
        assert_eq!(derived(Scheme::Https, "a", &std::format!("{longest}a")), None);
        for method in ["", "G T", "GET\n", "G(T", &"A".repeat(METHOD_MAX + 1)] {
            let components = Components { method: method.as_bytes(), scheme: Scheme::Https, authority: b"a", target: b"/" };
            assert!(components.derive().is_none(), "{method:?}");
        }
    }
}
