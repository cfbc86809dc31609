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

#[test]
fn a_node_has_an_address_and_perhaps_a_port_and_nothing_else() {
    let x = |value: &str| walk(ForwardedField::XForwardedFor, "10.0.0.1", &[("X-Forwarded-For", value)]).client;
    for good in ["203.0.113.9:1", "203.0.113.9:65535", "203.0.113.9:_p", "203.0.113.9:_p-1._Q", " 203.0.113.9\t"] {
        assert_eq!(x(good), known("203.0.113.9"), "{good}");
    }
    for good in ["[2001:db8::9]", "[2001:db8::9]:1", "[2001:db8::9]:_p"] {
        assert_eq!(x(good), known("2001:db8::9"), "{good}");
    }
    let ports = ["203.0.113.9:", "203.0.113.9:123456", "203.0.113.9:12a", "203.0.113.9:_", "203.0.113.9:_p/", ":80", "203.0.113.9:+80"];
    let brackets = [
        "[2001:db8::9]x",
        "[2001:db8::9]:",
        "[2001:db8::9]:x",
        "[2001:db8::9]80",
        "[203.0.113.9]",
        "[203.0.113.9]:80",
        "[2001:db8::9",
        "[]",
        "]",
    ];
    for bad in ports.into_iter().chain(brackets).chain(["2001:db8::9%eth0", "203.0.113.9 203.0.113.9", "\"203.0.113.9\""]) {
        assert_eq!(x(bad), Client::Unknown, "{bad}");
    }
}

#[test]
fn a_forwarded_element_that_is_not_exactly_one_names_nobody() {
    let f = |value: &str| walk(ForwardedField::Forwarded, "10.0.0.1", &[("Forwarded", value)]).client;
    let good = [
        "for=\"192.0.2.43\"",
        " for=192.0.2.43 ",
        "by=\"\\\\\";for=192.0.2.43",
        "by=\"a;b,c\";for=192.0.2.43",
        "x!#$%&'*+-.^_`|~9=1;FOR=192.0.2.43",
    ];
    for good in good {
        assert_eq!(f(good), known("192.0.2.43"), "{good}");
    }
    for bad in [
        "for=\"2001:db8::9\"",
        "for=192.0.2.43:80",
        "for=[2001:db8::9]",
        "fo/r=1;for=192.0.2.43",
        "=1;for=192.0.2.43",
        "for=192.0.2.43;by=",
        "for=192.0.2.43;by",
        "for=192.0.2.43;by=\"",
        "for=192.0.2.43;by=\"a\\\"",
        "for=192.0.2.43;by=a b",
        "for=\"192.0.2.43",
        "for=192.0.2.43\"",
        "for=\"192.0.2.43\"x",
        "for=\"192.0.2.4\\3\"",
        "for=192.0.2.43,",
    ] {
        assert_eq!(f(bad), Client::Unknown, "{bad}");
    }
}

#[test]
fn the_last_sixteen_elements_count_and_no_more() {
    let f = |values: &[&str]| {
        let lines: Vec<(&str, &str)> = values.iter().map(|value| ("forwarded", *value)).collect();
        walk(ForwardedField::Forwarded, "10.0.0.1", &lines)
    };
    let proxies = |count| vec!["for=10.0.0.2"; count].join(", ");
    for count in 0..16 {
        let found = f(&["for=203.0.113.9", &proxies(count)][..if count == 0 { 1 } else { 2 }]);
        assert_eq!((found.client, usize::from(found.hops)), (known("203.0.113.9"), count + 1), "{count} proxies before it");
    }
    for count in 16..50 {
        assert_eq!(f(&["for=203.0.113.9", &proxies(count)]).client, Client::Unknown, "{count} proxies before it");
        assert_eq!(f(&[&proxies(count), "for=6.6.6.6, for=203.0.113.9"]).client, known("203.0.113.9"), "behind {count} others");
        assert_eq!(f(&["for=6.6.6.6", &proxies(count), "for=203.0.113.9", "for=10.0.0.2"]).client, known("203.0.113.9"));
    }
}

#[test]
fn a_walk_says_who_spoke_and_how_far_it_went() {
    let x = |peer: &str, value: &str| {
        let walk = walk(ForwardedField::XForwardedFor, peer, &[("X-Forwarded-For", value)]);
        (walk.client.address().map(|address| address.to_string()), walk.peer, walk.hops)
    };
    let told = |address: &str, peer, hops| (Some(address.to_owned()), peer, hops);
    assert_eq!(x("192.0.2.7", "203.0.113.9"), told("192.0.2.7", PeerTrust::Stranger, 0));
    assert_eq!(x("10.0.0.1", "203.0.113.9"), told("203.0.113.9", PeerTrust::Proxy, 1));
    assert_eq!(x("10.0.0.1", "203.0.113.9, 10.0.0.2, 2001:db8::1"), told("203.0.113.9", PeerTrust::Proxy, 3));
    assert_eq!(x("10.0.0.1", "junk, 10.0.0.2"), (None, PeerTrust::Proxy, 2));
    let unix = |field, unix_is_proxy| {
        let headers = &[Header { name: b"x-forwarded-for", value: b"203.0.113.9" }][..];
        let request =
            Request { method: b"GET", target: b"/", authority: b"", headers: &headers, peer: Peer::Unix, transport: Transport::Plaintext };
        let walk = Walk::new(&request, field, unix_is_proxy, |_| false);
        (walk.client, walk.peer, walk.hops)
    };
    assert_eq!(unix(ForwardedField::XForwardedFor, true), (known("203.0.113.9"), PeerTrust::Proxy, 1));
    assert_eq!(unix(ForwardedField::XForwardedFor, false), (Client::Unknown, PeerTrust::Stranger, 0));
    assert_eq!(unix(ForwardedField::None, true), (Client::Unknown, PeerTrust::Stranger, 0));
}
