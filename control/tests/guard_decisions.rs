//! Whole decisions: policy, keyring and request in, status and reason out.

mod house;

use caltrop::Now;
use caltrop::request::{TlsVersion, Transport};
use caltrop::time::Quality;
use house::{ALICE, Ask, EARLY, EXPIRED, House, NOW, REVOKED, VPN_ONLY};

/// Request line, address, headers, and the answer: status and reason.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], (u16, &'a str));

/// The value of an `Authorization` that carries a key.
fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

#[test]
fn each_request_has_its_answer() {
    let alice = bearer(ALICE);
    let alice = [("authorization", alice.as_str())];
    let key = |key| [("X-API-Key", key)];
    let long = "k".repeat(300);
    let (revoked, expired, early, vpn, unknown, long) =
        (key(REVOKED), key(EXPIRED), key(EARLY), key(VPN_ONLY), key("acme_live_nobody"), key(&long));
    let twice = [("authorization", alice[0].1), ("x-api-key", "acme_live_other")];
    let same_twice = [("authorization", alice[0].1), ("x-api-key", ALICE)];
    let basic_beside = [("authorization", "Basic dTpw"), ("x-api-key", ALICE)];
    let basic = [("authorization", "Basic dTpw")];
    let cases: &[Case<'_>] = &[
        ("GET /healthz", "203.0.113.9", &[], (200, "")),
        ("HEAD /healthz", "203.0.113.9", &[], (200, "")),
        ("POST /healthz", "203.0.113.9", &[], (404, "no-route")),
        ("GET /nowhere", "203.0.113.9", &[], (404, "no-route")),
        ("GET /v1/orders/", "203.0.113.9", &alice, (404, "no-route")),
        ("GET /V1/orders", "203.0.113.9", &alice, (404, "no-route")),
        ("GET /v1/orders?page=2", "203.0.113.9", &alice, (200, "")),
        ("GET /v1/%6frders", "203.0.113.9", &alice, (200, "")),
        ("GET /v1/orders/17", "203.0.113.9", &alice, (200, "")),
        ("GET /v1/orders", "203.0.113.9", &same_twice, (200, "")),
        ("GET /v1/orders", "203.0.113.9", &[], (401, "no-credential")),
        ("GET /v1/orders", "203.0.113.9", &basic, (401, "no-credential")),
        ("GET /v1/orders", "203.0.113.9", &twice, (400, "credentials")),
        ("GET /v1/orders", "203.0.113.9", &basic_beside, (400, "credentials")),
        ("GET /v1/orders", "203.0.113.10", &unknown, (401, "key-unknown")),
        ("GET /v1/orders", "203.0.113.11", &revoked, (401, "key-revoked")),
        ("GET /v1/orders", "203.0.113.12", &expired, (401, "key-expired")),
        ("GET /v1/orders", "203.0.113.13", &early, (401, "key-not-yet")),
        ("GET /v1/orders", "203.0.113.14", &long, (401, "key-malformed")),
        ("POST /v1/orders", "203.0.113.9", &alice, (403, "scope")),
        ("GET /admin/users", "203.0.113.9", &alice, (403, "zone")),
        ("GET /admin/users", "10.8.0.1", &alice, (200, "")),
        ("GET /admin/users", "::ffff:10.8.0.1", &alice, (200, "")),
        ("GET /admin", "10.8.0.1", &alice, (404, "no-route")),
        ("GET /v1/orders", "203.0.113.9", &vpn, (403, "key-zone")),
        ("GET /v1/orders", "10.8.0.1", &vpn, (200, "")),
        ("GET /docs", "198.51.100.1", &[], (200, "")),
        ("GET /docs", "203.0.113.9", &[], (403, "zone")),
        ("GET /healthz", "192.0.2.1", &[], (403, "denied-zone")),
        ("GET /healthz", "198.51.100.66", &[], (200, "")),
        ("GET /v1/../admin/users", "10.8.0.1", &alice, (400, "path")),
        ("GET /admin%2fusers", "10.8.0.1", &alice, (400, "path")),
        ("GET /v1%00", "203.0.113.9", &[], (400, "path")),
        ("GET //healthz", "203.0.113.9", &[], (400, "path")),
        ("G(T /healthz", "203.0.113.9", &[], (400, "method")),
    ];
    for (line, from, headers, answer) in cases {
        assert_eq!(House::new().ask(Ask { line, from, headers, ..Ask::default() }), *answer, "{line} from {from}");
    }
}

#[test]
fn a_proxys_word_counts_only_from_a_proxy() {
    let house = House::new();
    let said = |from, forwarded, proto| {
        let headers = [("x-forwarded-for", forwarded), ("x-forwarded-proto", proto)];
        house.ask(Ask { line: "GET /docs", from, headers: &headers, transport: Transport::Plaintext })
    };
    assert_eq!(said("10.0.0.1", "198.51.100.1", "https"), (200, ""));
    assert_eq!(said("unix", "198.51.100.1", "https"), (200, ""));
    assert_eq!(said("10.0.0.1", "198.51.100.1", "http"), (403, "transport"));
    assert_eq!(said("10.0.0.1", "198.51.100.1", "https, http"), (403, "transport"));
    assert_eq!(said("203.0.113.9", "198.51.100.1", "https"), (403, "transport"));
    assert_eq!(said("10.0.0.1", "198.51.100.1, junk", "https"), (403, "zone"), "an unreadable hop has no rights");
    assert_eq!(said("10.0.0.1", "10.0.0.2", "https"), (403, "zone"), "a proxy that names nobody has no rights");
    assert_eq!(house.ask(Ask { transport: Transport::Plaintext, ..Ask::default() }), (200, ""), "health is served in plaintext");
    assert_eq!(
        house.ask(Ask { transport: Transport::Tls(TlsVersion::Old), line: "GET /docs", from: "198.51.100.1", headers: &[] }),
        (403, "transport")
    );
}

#[test]
fn limits_of_a_request_are_kept() {
    let house = House::new();
    let long = "v".repeat(9000);
    let half = "v".repeat(8000);
    assert_eq!(house.ask(Ask { line: &format!("GET /healthz?{}", "q".repeat(8192)), ..Ask::default() }), (414, "target-length"));
    assert_eq!(house.ask(Ask { line: &format!("GET /{}", "p".repeat(2048)), ..Ask::default() }), (414, "target-length"));
    assert_eq!(house.ask(Ask { headers: &[("x", &long)], ..Ask::default() }), (431, "header-size"));
    assert_eq!(house.ask(Ask { headers: &[("x", half.as_str()); 5], ..Ask::default() }), (431, "header-size"));
    assert_eq!(house.ask(Ask { headers: &[("x", "1"); 101], ..Ask::default() }), (431, "header-count"));
    assert_eq!(house.ask(Ask { headers: &[("x", "1"); 100], ..Ask::default() }), (200, ""));
}

#[test]
fn failures_cost_the_address_and_never_a_valid_key() {
    let house = House::new();
    let (alice, alice_elsewhere) = (bearer(ALICE), "203.0.113.77");
    let ask = |from, value: &str| house.ask(Ask { line: "GET /v1/orders", from, headers: &[("authorization", value)], ..Ask::default() });
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.9", "Bearer guess"), (401, "key-unknown"));
    }
    assert_eq!(ask("203.0.113.9", "Bearer guess"), (429, "failures"));
    assert_eq!(ask("203.0.113.9", &alice), (200, ""), "the owner is not locked out, not even from there");
    assert_eq!(ask(alice_elsewhere, &alice), (200, ""));
}

#[test]
fn quotas_answer_with_the_wait_and_charge_what_the_policy_says() {
    let house = House::new();
    let alice = bearer(ALICE);
    let ask = |now| house.ask_at(Ask { line: "GET /v1/orders", headers: &[("authorization", &alice)], ..Ask::default() }, now);
    for _ in 0..10 {
        assert_eq!(ask(NOW), (200, ""));
    }
    assert_eq!(ask(NOW), (429, "quota"));
    let later = Now { mono_ns: NOW.mono_ns + 6_000_000_000, ..NOW };
    assert_eq!(ask(later), (200, ""), "one of ten in 60 s comes back every 6 s");
    assert_eq!(ask(later), (429, "quota"));
}

#[test]
fn an_address_has_a_quota_before_anything_is_known_of_it() {
    let house = House::new();
    let ask = |from| house.ask(Ask { line: "GET /nowhere", from, ..Ask::default() });
    for _ in 0..50 {
        assert_eq!(ask("2001:db8::1"), (404, "no-route"));
    }
    assert_eq!(ask("2001:db8::2"), (429, "address-quota"), "one /64 is one client");
    assert_eq!(ask("2001:db8:0:1::1"), (404, "no-route"));
    for _ in 0..200 {
        assert_eq!(house.ask(Ask { from: "198.51.100.9", ..Ask::default() }), (200, ""), "the office has a wider limit");
    }
}

#[test]
fn a_key_with_a_date_needs_a_clock() {
    let house = House::new();
    let untrusted = Now { quality: Quality::Untrusted, ..NOW };
    let ask = |key| house.ask_at(Ask { line: "GET /v1/orders", headers: &[("x-api-key", key)], ..Ask::default() }, untrusted);
    assert_eq!(ask(EXPIRED), (401, "clock"));
    assert_eq!(ask(ALICE), (200, ""), "a key without a date needs none");
}
