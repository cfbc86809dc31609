//! `[network] cors`: the origins whose pages may ask, each as a browser writes it (RFC 6454 §6.2), since it is compared byte by byte.

use super::document::Entry;
use crate::diagnostic::Findings;

const EXAMPLE: &str = "[\"https://app.acme.example\"]";

pub(super) fn read(entry: &Entry<'_>, findings: &mut Findings) -> Vec<String> {
    let mut origins: Vec<String> = Vec::new();
    for (text, span) in entry.value.texts("cors", EXAMPLE, findings) {
        match mend_origin(text) {
            Some(help) => findings.error(span, format!("origin {text:?}"), help),
            None if origins.iter().any(|known| known == text) => {
                findings.error(span, format!("origin {text:?} stands there twice"), "leave one out")
            }
            None => origins.push(text.to_owned()),
        }
    }
    origins
}

/// What would do instead of a text that no browser sends as an origin, or that says more than one origin.
pub(crate) fn mend_origin(text: &str) -> Option<String> {
    if text.contains('*') {
        return Some("an origin is written out: a pattern lets in what nobody thought of; list each".to_owned());
    }
    if text == "null" {
        return Some("every sandboxed page and local file says null: give those pages an origin".to_owned());
    }
    let form = "write scheme, host and, if it is another than the scheme's own, port: \"https://app.acme.example\"";
    let Some((scheme, authority)) = text.split_once("://") else { return Some(form.to_owned()) };
    if let Some((host, _)) = authority.split_once(['/', '?', '#']) {
        return Some(format!("an origin has no path: write \"{scheme}://{host}\""));
    }
    if text.len() > 255 {
        return Some("at most 255 bytes".to_owned());
    }
    if !text.is_ascii() {
        return Some("browsers send names in ASCII: write xn--…".to_owned());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(format!("browsers send it in small letters: write {:?}", text.to_ascii_lowercase()));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let own = match scheme {
        "https" => Some("443"),
        "http" => Some("80"),
        _ => None,
    };
    if port.is_some() && port == own {
        return Some(format!("browsers leave the scheme's own port out: write \"{scheme}://{host}\""));
    }
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port));
    let is_good = is_scheme && is_host(host) && is_port;
    (!is_good).then(|| form.to_owned())
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').and_then(|address| address.parse::<std::net::Ipv6Addr>().ok());
        return address.is_some_and(|address| format!("[{address}]") == host);
    }
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::mend_origin;

    #[test]
    fn what_a_browser_sends_is_taken_as_it_stands() {
        let good = [
            "https://app.acme.example",
            "http://localhost:3000",
            "https://[2001:db8::1]:8443",
            "chrome-extension://abcdef",
            "https://10.0.0.1",
        ];
        assert_eq!(good.map(mend_origin), [const { None }; 5]);
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        let bad = [
            "https://",
            "https://a b",
            "https://a\"b",
            "https://user@a.example",
            "https://a.example:0443",
            "https://a.example:",
            "https://[::1",
            "https://[2001:0db8::1]",
            "1https://a.example",
            "a.example",
            "https://a.example:70000",
            "https://a\r\nx: y",
        ];
        bad.iter().for_each(|text| assert!(mend_origin(text).is_some(), "{text:?}"));
    }
}
