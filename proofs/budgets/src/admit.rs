//! `Guard::admit`.

use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};

use caltrop_proof_images::{ALICE, KEYRING_OF_FOUR, KEYRING_OF_ONE};

use crate::house::{House, NOW};
use crate::row;

const BROWSER: [(&str, &str); 6] = [
    ("host", "api.example"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip, deflate, br"),
    ("x-request-id", "6a1f0c1e-2f6b-4a6e-9f5d-0d9b8a7c6e5f"),
    ("connection", "keep-alive"),
];

/// Asks once with a bucket that is there already, so that the row does not depend on who came first.
fn ask(house: &House, name: &str, method: &str, target: &str, peer: &str, headers: &[(&str, &str)], status: u16) {
    let guard = house.guard();
    let headers: Vec<Header<'_>> = headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let slice = &headers[..];
    let request = Request {
        method: method.as_bytes(),
        target: target.as_bytes(),
        authority: b"api.example",
        headers: &slice,
        peer: Peer::Ip(peer.parse().expect("an address")),
        transport: Transport::Tls(TlsVersion::V1_3),
    };
    assert_eq!(guard.admit(&request, NOW).status(), status, "{name}");
    assert_eq!(row(name, || guard.admit(&request, NOW)).status(), status, "{name}");
}

pub(crate) fn rows() {
    let bearer = format!("Bearer {ALICE}");
    let with = |key: &str| -> Vec<(String, String)> {
        BROWSER
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain([("authorization".to_owned(), key.to_owned())])
            .collect()
    };
    let refs = |headers: &[(String, String)], run: &dyn Fn(&[(&str, &str)])| {
        run(&headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>());
    };
    let house = House::new(KEYRING_OF_ONE);
    ask(&house, "admit, best: no method", "", "/", "203.0.113.9", &[], 400);
    refs(&with(&bearer)[..6], &|headers| ask(&house, "admit, no route", "GET", "/nowhere", "203.0.113.9", headers, 404));
    refs(&with(&bearer), &|headers| {
        ask(&house, "admit, typical: a key, three quotas", "GET", "/v1/orders/17", "203.0.113.9", headers, 200)
    });
    refs(&with("Bearer acme_live_nobody"), &|headers| {
        ask(&house, "admit, unknown key", "GET", "/v1/orders/17", "203.0.113.9", headers, 401)
    });

    // All that a stranger behind 15 proxies may make it look at: a long path of escapes, as many fields as are allowed, four pairs of pepper
    // and form, a key of 256 bytes, and an IPv6 address, which is three charges of each quota.
    let house = House::new(KEYRING_OF_FOUR);
    let path: String = "/files".to_owned() + &format!("/{}", "%C3%A9".repeat(10)).repeat(31) + &"%C3%A9".repeat(20);
    let mut headers = vec![("authorization".to_owned(), format!("Bearer {}", "k".repeat(256)))];
    let proxies: Vec<String> =
        std::iter::once("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".to_owned()).chain((2..17).map(|at| format!("10.0.0.{at}"))).collect();
    headers.push(("x-forwarded-for".to_owned(), proxies.join(", ")));
    headers.push(("x-forwarded-proto".to_owned(), "https".to_owned()));
    headers.extend((0..97).map(|at| (format!("x-forwarded-for-{at:02}"), "v".repeat(200))));
    refs(&headers, &|headers| ask(&house, "admit, worst: all that a stranger may send", "GET", &path, "10.0.0.1", headers, 401));
}
