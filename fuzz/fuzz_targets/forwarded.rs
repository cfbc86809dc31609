//! Reaches: `Walk::new` with `X-Forwarded-For` and with `Forwarded` (RFC 7239), as raw bytes and as well-formed fields.
//! Compares: raw `X-Forwarded-For` with the standard library's readers of addresses, well-formed `Forwarded` with what was written into it.
//! Holds: a stranger's fields change nothing; at most 16 hops are passed.
#![no_main]

use std::net::{IpAddr, SocketAddr};

use arbitrary::Unstructured;
use caltrop::net::{Client, ForwardedField, PeerTrust, Walk};
use caltrop::request::{Header, Peer, Request, Transport};
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let lines: Vec<&[u8]> = data.split(|&byte| byte == b'\n').collect();
    for field in [ForwardedField::XForwardedFor, ForwardedField::Forwarded, ForwardedField::None] {
        let stranger = walk(field, "192.0.2.7", &lines);
        assert_eq!(
            (stranger.client, stranger.peer, stranger.hops),
            (Client::Known("192.0.2.7".parse().expect("an address")), PeerTrust::Stranger, 0)
        );
    }
    let ours = walk(ForwardedField::XForwardedFor, "10.0.0.1", &lines);
    assert_eq!(ours.client, naive(&lines), "{lines:?}");
    let theirs = walk(ForwardedField::Forwarded, "10.0.0.1", &lines);
    assert!(ours.hops <= 17 && theirs.hops <= 17);
    if let Client::Known(address) = theirs.client {
        assert!(!is_proxy(address) && address.to_canonical() == address);
    }
    let _ = written(&mut Unstructured::new(data));
});

fn is_proxy(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[..3] == [10, 0, 0])
}

fn walk(field: ForwardedField, peer: &str, lines: &[&[u8]]) -> Walk {
    let named = |name: &'static [u8]| lines.iter().map(move |&value| Header { name, value });
    let headers: Vec<Header<'_>> = named(b"X-Forwarded-For").chain(named(b"forwarded")).collect();
    let slice = &headers[..];
    let peer = Peer::Ip(peer.parse().expect("an address"));
    let request = Request { method: b"GET", target: b"/", authority: b"", headers: &slice, peer, transport: Transport::Plaintext };
    Walk::new(&request, field, false, is_proxy)
}

/// All lines are one list; from the right, the first hop that is no proxy.
fn naive(lines: &[&[u8]]) -> Client {
    let all = lines.join(&b","[..]);
    for hop in all.rsplit(|&byte| byte == b',').take(16) {
        let Some(address) = std::str::from_utf8(hop.trim_ascii()).ok().and_then(naive_hop).map(|address| address.to_canonical()) else {
            return Client::Unknown;
        };
        if !is_proxy(address) {
            return Client::Known(address);
        }
    }
    Client::Unknown
}

fn naive_hop(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, rest)| (format!("[{host}]"), rest))?,
        None => text.split_once(':').map(|(host, _)| (host.to_owned(), &text[host.len()..]))?,
    };
    let good = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(name) if name.starts_with('_') => name.len() > 1 && name[1..].chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
        Some(digits) => (1..=5).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit()),
    };
    // A scope (`%1`) is read by the standard library, and names no address of ours.
    (good && !host.contains('%')).then(|| format!("{host}:80").parse::<SocketAddr>().ok()).flatten().map(|address| address.ip())
}

/// Writes `Forwarded` in one of its spellings and asks for what was written.
fn written(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut elements = Vec::new();
    let mut hops = Vec::new();
    for _ in 0..input.int_in_range(1..=20u8)? {
        let address = match input.int_in_range(0..=3u8)? {
            0 => IpAddr::V4(input.arbitrary::<u32>()?.into()),
            1 => IpAddr::V6(input.arbitrary::<u128>()?.into()),
            _ => IpAddr::V4([10, 0, 0, input.arbitrary()?].into()),
        };
        let port = if input.arbitrary()? { format!(":{}", input.arbitrary::<u16>()?) } else { String::new() };
        let node = match address {
            IpAddr::V4(v4) if port.is_empty() && input.arbitrary()? => v4.to_string(),
            IpAddr::V4(v4) => format!("\"{v4}{port}\""),
            IpAddr::V6(v6) => format!("\"[{v6}]{port}\""),
        };
        let before = *input.choose(&["", "proto=https;", "by=\"a, for=6.6.6.6\"; ", "host=\"q\\\"uote;\";"])?;
        let after = *input.choose(&["", ";proto=http", " ;ext=\"\\\\\""])?;
        elements.push(format!("{before}{}={node}{after}", input.choose(&["for", "For", "FOR"])?));
        hops.push(address.to_canonical());
    }
    let line = elements.join(", ");
    let expected = hops.iter().rev().take(16).find(|hop| !is_proxy(**hop)).map_or(Client::Unknown, |hop| Client::Known(*hop));
    assert_eq!(walk(ForwardedField::Forwarded, "10.0.0.1", &[line.as_bytes()]).client, expected, "{line}");
    Ok(())
}
