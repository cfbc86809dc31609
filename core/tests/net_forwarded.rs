//! Who the client is, for every shape that a forwarding field takes.

use std::net::IpAddr;

use caltrop::net::{Client, ForwardedField, PeerTrust, Walk};
use caltrop::request::{Header, Peer, Request, Transport};

fn walk(field: ForwardedField, peer: &str, headers: &[(&str, &str)]) -> Walk {
    let headers: Vec<Header<'_>> = headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let slice = &headers[..];
    let peer = if peer == "unix" { Peer::Unix } else { Peer::Ip(peer.parse().unwrap()) };
    let request = Request { method: b"GET", target: b"/", authority: b"", headers: &slice, peer, transport: Transport::Plaintext };
    let proxies: [IpAddr; 3] = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    Walk::new(&request, field, true, |address| proxies.contains(&address))
}

fn known(address: &str) -> Client {
    Client::Known(address.parse().unwrap())
}

#[test]
fn x_forwarded_for_is_walked_from_the_right() {
    let x = |peer: &str, value: &str| walk(ForwardedField::XForwardedFor, peer, &[("X-Forwarded-For", value)]).client;
    for (peer, value, client) in [
        ("10.0.0.1", "203.0.113.9", known("203.0.113.9")),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", known("203.0.113.9")),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", known("203.0.113.9")),
        ("10.0.0.1", "203.0.113.9:4711", known("203.0.113.9")),
        ("10.0.0.1", "[2001:db8::9]:4711", known("2001:db8::9")),
        ("10.0.0.1", "2001:db8::9", known("2001:db8::9")),
        ("10.0.0.1", "::ffff:203.0.113.9", known("203.0.113.9")),
        ("::ffff:10.0.0.1", "203.0.113.9", known("203.0.113.9")),
        ("unix", "203.0.113.9", known("203.0.113.9")),
        ("10.0.0.1", "203.0.113.9, junk", Client::Unknown),
        ("10.0.0.1", "203.0.113.9,", Client::Unknown),
        ("10.0.0.1", "", Client::Unknown),
        ("10.0.0.1", "10.0.0.2", Client::Unknown),
        ("192.0.2.7", "203.0.113.9", known("192.0.2.7")),
        ("::ffff:192.0.2.7", "203.0.113.9", known("192.0.2.7")),
    ] {
        assert_eq!(x(peer, value), client, "{peer}: {value}");
    }
    assert_eq!(walk(ForwardedField::XForwardedFor, "10.0.0.1", &[]).client, Client::Unknown, "a proxy that names nobody");
    assert_eq!(walk(ForwardedField::XForwardedFor, "10.0.0.1", &[("X_Forwarded_For", "6.6.6.6")]).client, Client::Unknown);
    let lines = [("x-forwarded-for", "6.6.6.6"), ("X-FORWARDED-FOR", "203.0.113.9")];
    assert_eq!(walk(ForwardedField::XForwardedFor, "10.0.0.1", &lines).client, known("203.0.113.9"), "the last line is the nearest");
    assert_eq!(walk(ForwardedField::None, "10.0.0.1", &lines).peer, PeerTrust::Stranger);
    assert_eq!(walk(ForwardedField::Forwarded, "10.0.0.1", &lines).client, Client::Unknown, "only the field that the policy names");
}

#[test]
fn chains_longer_than_the_bound_have_no_rights() {
    let value = ["203.0.113.9"].into_iter().chain(std::iter::repeat_n("10.0.0.2", 15)).collect::<Vec<_>>().join(", ");
    assert_eq!(walk(ForwardedField::XForwardedFor, "10.0.0.1", &[("x-forwarded-for", &value)]).client, known("203.0.113.9"));
    let value = format!("{value}, 10.0.0.2");
    assert_eq!(walk(ForwardedField::XForwardedFor, "10.0.0.1", &[("x-forwarded-for", &value)]).client, Client::Unknown);
}

#[test]
fn forwarded_is_read_as_rfc_7239_writes_it() {
    let f = |value: &str| walk(ForwardedField::Forwarded, "10.0.0.1", &[("Forwarded", value)]).client;
    for (value, client) in [
        // RFC 7239 §4 and §7.1
        ("for=192.0.2.60;proto=http;by=203.0.113.43", known("192.0.2.60")),
        ("for=192.0.2.43, for=198.51.100.17", known("198.51.100.17")),
        ("For=\"[2001:db8:cafe::17]:4711\"", known("2001:db8:cafe::17")),
        ("for=\"192.0.2.43:47011\"", known("192.0.2.43")),
        ("for=\"192.0.2.43:_port\"", known("192.0.2.43")),
        ("for=192.0.2.43, for=\"[2001:db8::1]\"", known("192.0.2.43")),
        ("for=\"_gazonk\"", Client::Unknown),
        ("for=unknown", Client::Unknown),
        ("for=_hidden, for=_SEVKISEK", Client::Unknown),
        ("for=2001:db8::9", Client::Unknown),
        ("for=192.0.2.43;for=192.0.2.44", Client::Unknown),
        ("proto=https", Client::Unknown),
        ("for=192.0.2.43;by=\"a, for=6.6.6.6\"", known("192.0.2.43")),
        ("for=192.0.2.43;by=\"unended", Client::Unknown),
        ("for=192.0.2.43;by=\"q\\\"uote\"", known("192.0.2.43")),
        ("for=192.0.2.43;;proto=http", Client::Unknown),
        ("", Client::Unknown),
    ] {
        assert_eq!(f(value), client, "{value}");
    }
}
