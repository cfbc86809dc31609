//! Access tokens through the whole guard: who pays for bad signatures, and whom a flood of them does not reach.

mod house;

use std::net::{IpAddr, Ipv4Addr};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::audit::Reason;
use caltrop::guard::Caller;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::{Decision, Guard, Now};
use ed25519_dalek::{Signer, SigningKey};
use house::{at, with_guard};

const POLICY: &str = r#"
[auth.corp]
issuer = "https://id.acme.example"
audience = ["acme-api"]
algorithms = ["EdDSA"]
claims = { tenant = "org" }
keys = [{ kty = "OKP", crv = "Ed25519", kid = "e1", x = "KEY" }]
[quota]
requests = { by = "principal", limit = "100000/minute" }
[route]
whoami = { match = "GET /whoami" }
"#;

fn rules() -> String {
    let key = signer().verifying_key();
    POLICY.replace("KEY", &Base64UrlUnpadded::encode_string(key.as_bytes()))
}

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn token(subject: &str, is_forged: bool) -> String {
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let claims = format!(r#"{{"iss":"https://id.acme.example","aud":"acme-api","sub":"{subject}","exp":1796009999,"org":"acme"}}"#);
    let signed = format!("{}.{}", text(br#"{"alg":"EdDSA","typ":"at+jwt","kid":"e1"}"#), text(claims.as_bytes()));
    let mut signature = signer().sign(signed.as_bytes()).to_bytes();
    signature[40] ^= u8::from(is_forged);
    format!("{signed}.{}", text(&signature))
}

/// What comes of a token from an address: a reason, or the principal.
fn show(guard: &Guard<'_>, from: u32, token: &str, now: Now) -> Result<String, (Reason, u32)> {
    let value = format!("Bearer {token}");
    let headers = [Header { name: b"authorization", value: value.as_bytes() }];
    let headers = &headers[..];
    let peer = Peer::Ip(IpAddr::from(Ipv4Addr::from_bits(from)));
    let transport = Transport::Tls(TlsVersion::V1_3);
    match guard.admit(&Request { method: b"GET", target: b"/whoami", authority: b"localhost", headers: &headers, peer, transport }, now) {
        Decision::Allow(grant) => {
            assert!(matches!(grant.facts().caller(), Some(Caller::Token(bearer)) if bearer.issuer() == "corp"));
            assert_eq!((grant.facts().tenant(), grant.facts().key_id()), (Some("acme"), 0));
            Ok(grant.principal().unwrap().to_owned())
        }
        Decision::Deny(denial) => Err((denial.reason(), denial.retry_after_s())),
    }
}

const STRANGERS: u32 = 0x0A00_0000;
const KNOWN: u32 = 0xCB00_7109;

#[test]
fn a_flood_of_forged_tokens_stops_being_checked_and_known_callers_go_on() {
    with_guard(&rules(), |guard| {
        let (good, forged) = (token("ada", false), token("ada", true));
        assert_eq!(show(guard, KNOWN, &good, at(0)).as_deref(), Ok("corp:ada"));
        let mut checked = 0;
        for from in 0..10_000 {
            match show(guard, STRANGERS + from, &forged, at(1)) {
                Err((Reason::TokenSignature, _)) => checked += 1,
                other => assert_eq!(other, Err((Reason::Proofs, 1))),
            }
        }
        assert_eq!(checked, 400);
        // Strangers wait, whatever they show; who was verified within ten minutes does not, and is not charged for them.
        assert_eq!(show(guard, STRANGERS + 77_777, &good, at(1)), Err((Reason::Proofs, 1)));
        for _ in 0..1000 {
            assert!(show(guard, KNOWN, &good, at(1)).is_ok());
        }
        // A second later 200 more are looked at, and a good one costs none of them.
        let later = (0..300).filter(|from| show(guard, STRANGERS + 100_000 + from, &good, at(2)).is_ok()).count();
        assert_eq!(later, 300);
        assert!(show(guard, KNOWN, &good, at(599)).is_ok());
        // Ten minutes after the last good one, not the first.
        (0..500).for_each(|from| drop(show(guard, STRANGERS + 200_000 + from, &forged, at(1198))));
        assert!(show(guard, KNOWN, &good, at(1198)).is_ok());
        assert_eq!(show(guard, STRANGERS + 88_888, &good, at(1198)), Err((Reason::Proofs, 1)));
    });
}

#[test]
fn one_address_has_its_own_budget_and_is_known_only_for_a_while() {
    with_guard(&rules(), |guard| {
        let (good, forged) = (token("ada", false), token("ada", true));
        assert!(show(guard, KNOWN, &good, at(0)).is_ok());
        let reasons: Vec<Reason> = (0..10).map(|_| show(guard, KNOWN, &forged, at(0)).unwrap_err().0).collect();
        assert_eq!((reasons[7], reasons[8]), (Reason::TokenSignature, Reason::Proofs));
        assert_eq!(show(guard, KNOWN, &good, at(1)), Err((Reason::Proofs, 4)));
        assert!(show(guard, KNOWN, &good, at(5)).is_ok());
        // What no key fits is not checked, and so costs nothing of this.
        let nameless = token("ada", true).replacen("eyJhbGciOiJFZERTQSI", "eyJhbGciOiJIUzI1NiI", 1);
        (0..50).for_each(|_| assert_eq!(show(guard, STRANGERS, &nameless, at(5)), Err((Reason::TokenAlgorithm, 0))));
        assert!(show(guard, STRANGERS, &good, at(5)).is_ok());
        // Nor is what is over, whoever signed it.
        let over = Now { wall_s: 1_796_010_000, ..at(5) };
        (0..50).for_each(|_| assert_eq!(show(guard, STRANGERS + 7, &forged, over), Err((Reason::TokenExpired, 0))));
        // Known until twice ten minutes are over without a good one.
        (0..500).for_each(|from| drop(show(guard, STRANGERS + 9 + from, &forged, at(1210))));
        assert_eq!(show(guard, KNOWN, &good, at(1210)), Err((Reason::Proofs, 1)));
    });
}
