//! DPoP proofs: what a key signed for this request, this token and this minute is good, and nothing else is.

use std::collections::BTreeSet;
use std::num::NonZero;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::mac;
use caltrop::request::Header;
use caltrop::time::{Now, Quality};
use caltrop::token::{Htu, JTI_MAX, Nonces, Proof, ProofReason, ProofVerifier, ProvenRequest, Scheme};
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const NOW_S: u64 = 1_796_000_000;
const TOKEN: &[u8] = b"a.token.of.somebody";
const URI: &str = "https://api.acme.example/v1/orders";

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).unwrap().to_owned()
}

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn jwk() -> String {
    format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, text(signer().verifying_key().as_bytes()))
}

fn header() -> String {
    format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{}}}"#, jwk())
}

fn signed(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    format!("{input}.{}", text(&signer().sign(input.as_bytes()).to_bytes()))
}

/// A good proof's claims, with others in their place; an empty text takes one away.
fn claims(others: &[(&str, &str)]) -> String {
    // SHA-256 of TOKEN, by openssl.
    let ath = r#""NdIuQvJkjFVo8tSMcMx7w4ZmSVD7HX_8r1b_41IOo_o""#;
    let (htu, iat) = (format!("{URI:?}"), NOW_S.to_string());
    let base = [("htm", r#""POST""#), ("htu", &htu), ("iat", &iat), ("jti", r#""e1j3V_bKic8""#), ("ath", ath)];
    let kept = base.iter().filter(|(name, _)| others.iter().all(|(other, _)| other != name));
    let all: Vec<String> =
        kept.chain(others).filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", all.join(","))
}

fn at(wall_s: u64) -> Now {
    Now { wall_s, quality: Quality::Trusted, ..Now::default() }
}

fn request() -> ProvenRequest<'static> {
    ProvenRequest { method: b"POST", htu: Htu::parse(URI.as_bytes()).unwrap(), token: Some(TOKEN) }
}

fn verified(proof: &str, request: &ProvenRequest<'_>, now: Now, verifier: ProofVerifier<'_>) -> Result<Proof, ProofReason> {
    verifier.verify(&[Header { name: b"DPoP", value: proof.as_bytes() }], request, &mut [0; 3072], now)
}

fn of(proof: &str) -> Option<ProofReason> {
    verified(proof, &request(), at(NOW_S), ProofVerifier::new()).err()
}

fn of_claims(others: &[(&str, &str)]) -> Option<ProofReason> {
    of(&signed(&header(), &claims(others)))
}

/// RFC 9449, §4.1 Figure 2 and §7.1 Figure 13, both ES256 under one key, whose `jkt` §6.1 has.
const FIGURE_2: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const FIGURE_13: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

#[test]
fn the_rfcs_examples_are_proofs_of_their_requests_and_of_no_others() {
    let (token, api) = ("https://server.example.com/token", "https://resource.example.org/protectedresource");
    let own = Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    let cases = [
        ("Figure 2, at the token endpoint", FIGURE_2, "POST", token, None, 1_562_262_616, None),
        ("Figure 2, a minute later", FIGURE_2, "POST", token, None, 1_562_262_676, None),
        ("Figure 2, a second after that", FIGURE_2, "POST", token, None, 1_562_262_677, Some(ProofReason::TooOld)),
        ("Figure 2, with a token, of which it says nothing", FIGURE_2, "POST", token, own, 1_562_262_616, Some(ProofReason::Token)),
        ("Figure 2, elsewhere", FIGURE_2, "POST", api, None, 1_562_262_616, Some(ProofReason::Uri)),
        ("Figure 13, at the API", FIGURE_13, "GET", api, own, 1_562_262_618, None),
        ("Figure 13, of a fast client", FIGURE_13, "GET", api, own, 1_562_262_588, None),
        ("Figure 13, of one that is too fast", FIGURE_13, "GET", api, own, 1_562_262_587, Some(ProofReason::NotYet)),
        ("Figure 13, another method", FIGURE_13, "POST", api, own, 1_562_262_618, Some(ProofReason::Method)),
        ("Figure 13, a method in another case", FIGURE_13, "get", api, own, 1_562_262_618, Some(ProofReason::Method)),
        ("Figure 13, another token", FIGURE_13, "GET", api, Some("another"), 1_562_262_618, Some(ProofReason::Token)),
    ];
    for (what, proof, method, uri, token, now_s, expected) in cases {
        let htu = Htu::parse(uri.as_bytes()).unwrap();
        let request = ProvenRequest { method: method.as_bytes(), htu, token: token.map(str::as_bytes) };
        let answer = verified(proof, &request, at(now_s), ProofVerifier::new());
        assert_eq!(answer.as_ref().err().copied(), expected, "{what}");
        assert!(answer.is_err() || answer.is_ok_and(|proof| proof.key().to_string() == JKT), "{what}");
    }
}

/// What a proof says otherwise, and what becomes of it.
type Changed<'c> = (&'c [(&'c str, &'c str)], Option<ProofReason>);

#[test]
fn each_claim_that_is_wrong_is_told_by_name() {
    let long = format!("{:?}", "j".repeat(JTI_MAX + 1));
    let longest = format!("{:?}", "j".repeat(JTI_MAX));
    let cases: &[Changed<'_>] = &[
        (&[], None),
        (&[("htm", "")], Some(ProofReason::Method)),
        (&[("htm", r#""GET""#)], Some(ProofReason::Method)),
        (&[("htm", r#"["POST"]"#)], Some(ProofReason::Method)),
        (&[("htu", "")], Some(ProofReason::Uri)),
        (&[("htu", "null")], Some(ProofReason::Uri)),
        (&[("ath", "")], Some(ProofReason::Token)),
        (&[("ath", r#""NdIuQvJkjFVo8tSMcMx7w4ZmSVD7HX_8r1b_41IOo_s""#)], Some(ProofReason::Token)),
        (&[("ath", r#""NdIuQvJkjFVo8tSMcMx7w4ZmSVD7HX_8r1b_41IOo_o=""#)], Some(ProofReason::Token)),
        (&[("ath", r#""""#)], Some(ProofReason::Token)),
        (&[("jti", "")], Some(ProofReason::Claims)),
        (&[("jti", r#""""#)], Some(ProofReason::Claims)),
        (&[("jti", "7")], Some(ProofReason::Claims)),
        (&[("jti", &longest)], None),
        (&[("jti", &long)], Some(ProofReason::Claims)),
        (&[("iat", "")], Some(ProofReason::Claims)),
        (&[("iat", r#""1796000000""#)], Some(ProofReason::Claims)),
        (&[("iat", "1795999940")], None),
        (&[("iat", "1795999939")], Some(ProofReason::TooOld)),
        (&[("iat", "1795999939.5")], None),
        (&[("iat", "-1")], Some(ProofReason::TooOld)),
        (&[("iat", "1796000030")], None),
        (&[("iat", "1796000030.5")], Some(ProofReason::NotYet)),
        (&[("iat", "9007199254740992")], Some(ProofReason::NotYet)),
        (&[("nonce", r#""of another server""#)], None),
        (&[("iat", "1e999")], Some(ProofReason::Malformed)),
        (&[("x", "1"), ("x", "2")], Some(ProofReason::Malformed)),
    ];
    for (others, expected) in cases {
        assert_eq!(of_claims(others), *expected, "{others:?}");
    }
    for payload in ["", "7", "[]", "{"] {
        assert!(of(&signed(&header(), payload)).is_some(), "{payload:?}");
    }
}

#[test]
fn the_header_says_a_public_key_and_an_algorithm_of_it() {
    let own = jwk();
    let x = text(signer().verifying_key().as_bytes());
    let with = |jwk: &str| format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{jwk}}}"#);
    let cases = [
        (header(), None),
        (format!(r#"{{"alg":"Ed25519","typ":"application/dpop+jwt","jwk":{own},"kid":"k","x5c":[]}}"#), None),
        (with(&format!(r#"{{"x":"{x}","crv":"Ed25519","kty":"OKP","kid":"1","use":"sig","ext":true}}"#)), None),
        (format!(r#"{{"typ":"JWT","alg":"EdDSA","jwk":{own}}}"#), Some(ProofReason::Type)),
        (format!(r#"{{"alg":"EdDSA","jwk":{own}}}"#), Some(ProofReason::Type)),
        (format!(r#"{{"typ":"at+jwt","alg":"EdDSA","jwk":{own}}}"#), Some(ProofReason::Type)),
        (format!(r#"{{"typ":"dpop+jwt","alg":"none","jwk":{own}}}"#), Some(ProofReason::Algorithm)),
        (format!(r#"{{"typ":"dpop+jwt","alg":"HS256","jwk":{own}}}"#), Some(ProofReason::Algorithm)),
        (format!(r#"{{"typ":"dpop+jwt","alg":"RS512","jwk":{own}}}"#), Some(ProofReason::Algorithm)),
        (format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{own}}}"#), Some(ProofReason::Key)),
        (format!(r#"{{"typ":"dpop+jwt","jwk":{own}}}"#), Some(ProofReason::Malformed)),
        (format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{own},"crit":["b64"],"b64":true}}"#), Some(ProofReason::Critical)),
        (r#"{"typ":"dpop+jwt","alg":"EdDSA","kid":"k1"}"#.to_owned(), Some(ProofReason::Key)),
        (with("\"k1\""), Some(ProofReason::Key)),
        (with("{}"), Some(ProofReason::Key)),
        (with(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","d":"{x}"}}"#)), Some(ProofReason::PrivateKey)),
        (with(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","\u0064":""}}"#)), Some(ProofReason::PrivateKey)),
        (with(r#"{"kty":"oct","k":"AAAA"}"#), Some(ProofReason::PrivateKey)),
        (with(&format!(r#"{{"kty":"OKP","crv":"X25519","x":"{x}"}}"#)), Some(ProofReason::Key)),
        (with(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, &x[..42])), Some(ProofReason::Key)),
        (with(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}="}}"#)), Some(ProofReason::Key)),
        // A point of order 4, which would sign everything.
        (with(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, text(&[0; 32]))), Some(ProofReason::Key)),
        (
            with(&format!(
                r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
                text(SigningKey::from_bytes(&[8; 32]).verifying_key().as_bytes())
            )),
            Some(ProofReason::Signature),
        ),
        (
            format!(r#"{{"typ":"dpop+jwt","alg":"RS256","jwk":{{"kty":"RSA","e":"AQAB","n":"{}"}}}}"#, text(&[0xC1; 128])),
            Some(ProofReason::Key),
        ),
        (
            format!(r#"{{"typ":"dpop+jwt","alg":"RS256","jwk":{{"kty":"RSA","e":"Aw","n":"{}"}}}}"#, text(&[0xC1; 256])),
            Some(ProofReason::Key),
        ),
        (
            format!(
                r#"{{"typ":"dpop+jwt","alg":"RS256","jwk":{{"kty":"RSA","e":"AQAB","n":"{}"}}}}"#,
                text(&[&[0][..], &[0xC1; 256]].concat())
            ),
            Some(ProofReason::Key),
        ),
        (
            format!(r#"{{"typ":"dpop+jwt","alg":"PS256","jwk":{{"kty":"RSA","e":"AQAB","n":"{}"}}}}"#, text(&[0xC1; 256])),
            Some(ProofReason::Signature),
        ),
    ];
    for (header, expected) in cases {
        assert_eq!(of(&signed(&header, &claims(&[]))), expected, "{header}");
    }
}

#[test]
fn there_is_one_field_and_it_is_short() {
    let good = signed(&header(), &claims(&[]));
    let fields = |values: &[(&'static str, &str)]| {
        let headers: Vec<Header<'_>> =
            values.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
        ProofVerifier::new().verify(&&headers[..], &request(), &mut [0; 3072], at(NOW_S)).err()
    };
    assert_eq!(fields(&[("accept", "*/*"), ("dpop", &good)]), None);
    assert_eq!(fields(&[("accept", "*/*")]), Some(ProofReason::Missing));
    assert_eq!(fields(&[("DPoP", &good), ("dpop", &good)]), Some(ProofReason::Repeated));
    assert_eq!(fields(&[("dpop", &format!("{good}, {good}"))]), Some(ProofReason::Malformed));
    assert_eq!(fields(&[("dpop", &format!("{good} "))]), Some(ProofReason::Signature));
    let long = signed(&header(), &claims(&[("x", &format!("{:?}", "a".repeat(3000)))]));
    assert!(long.len() > 4096);
    assert_eq!(of(&long), Some(ProofReason::TooLong));
    let len = claims(&[]).len();
    let into = |len: usize| {
        ProofVerifier::new().verify(&[Header { name: b"DPoP", value: good.as_bytes() }], &request(), &mut vec![0; len], at(NOW_S)).err()
    };
    assert_eq!((into(len), into(len - 1)), (None, Some(ProofReason::TooLong)));
}

#[test]
fn uris_are_the_same_in_the_ways_that_are_said_and_in_no_others() {
    let with = |htu: &str, authority: &str, target: &str| {
        let htu_of = Htu::new(Scheme::Https, authority.as_bytes(), target.as_bytes())?;
        let request = ProvenRequest { htu: htu_of, ..request() };
        let proof = signed(&header(), &claims(&[("htu", &format!("\"{htu}\""))]));
        Some(verified(&proof, &request, at(NOW_S), ProofVerifier::new()).is_ok())
    };
    let same = [
        ("https://api.example/a", "api.example", "/a"),
        ("https://api.example/a", "API.example:443", "/a?page=2"),
        ("HTTPS://Api.Example:443/a?page=1#top", "api.example", "/a?page=2"),
        ("https://api.example", "api.example", "/"),
        ("https://api.example?x", "api.example:", "/"),
        ("https://api.example:8443/a", "api.example:8443", "/a"),
        ("https://[2001:db8::1]/a", "[2001:DB8::1]:443", "/a"),
        ("https://api.example/%7euser/%2f", "api.example", "/~user/%2F"),
        // As PHP writes it.
        (r"https:\/\/api.example\/a", "api.example", "/a"),
    ];
    for (htu, authority, target) in same {
        assert_eq!(with(htu, authority, target), Some(true), "{htu} {authority} {target}");
    }
    let other = [
        ("http://api.example/a", "api.example", "/a"),
        ("https://api.example/a/", "api.example", "/a"),
        ("https://api.example/A", "api.example", "/a"),
        ("https://api.example//a", "api.example", "/a"),
        ("https://api.example/b/../a", "api.example", "/a"),
        ("https://api.example/%2f", "api.example", "//"),
        ("https://api.example/%2", "api.example", "/%25%32"),
        ("https://api.example:80/a", "api.example", "/a"),
        ("https://api.example:65979/a", "api.example", "/a"), // 443, if 16 bits ran over
        ("https://api.example:+443/a", "api.example", "/a"),
        ("https://api.example.evil/a", "api.example", "/a"),
        ("https://evil@api.example/a", "api.example", "/a"),
        ("https://api.example\\u0000/a", "api.example", "/a"),
        ("https://api.ex\\u0101mple/a", "api.example", "/a"),
        ("//api.example/a", "api.example", "/a"),
        ("/a", "api.example", "/a"),
        ("https:///a", "api.example", "/a"),
        ("wss://api.example/a", "api.example", "/a"),
        ("https://[2001:db8::1:443/a", "[2001:db8::1]", "/a"),
    ];
    for (htu, authority, target) in other {
        assert_eq!(with(htu, authority, target), Some(false), "{htu} {authority} {target}");
    }
    for (authority, target) in [("", "/a"), ("u@api.example", "/a"), ("api.example:x", "/a"), ("api.example", "*"), ("api.example", "")] {
        assert_eq!(Htu::new(Scheme::Https, authority.as_bytes(), target.as_bytes()), None, "{authority} {target}");
    }
    // An `htu` that is all escapes fits as far as is said.
    let escaped = |len: usize| format!(r"https:\/\/api.example\/{}", "a".repeat(len));
    let path = |len: usize| format!("/{}", "a".repeat(len));
    let fits = 1024 - "https://api.example/".len();
    assert_eq!(with(&escaped(fits), "api.example", &path(fits)), Some(true));
    assert_eq!(with(&escaped(fits + 1), "api.example", &path(fits + 1)), Some(false));
}

#[test]
fn the_window_is_the_hosts_and_its_end_is_told() {
    let good = signed(&header(), &claims(&[]));
    let with = |now_s: u64, verifier: ProofVerifier<'_>| verified(&good, &request(), at(now_s), verifier);
    let slow = ProofVerifier::new().with_age_max(120).with_leeway(0);
    let proof = with(NOW_S, slow).unwrap();
    assert_eq!((proof.jti(), proof.issued_s(), proof.until_s()), ("e1j3V_bKic8", NOW_S, NOW_S + 120));
    assert!(with(proof.until_s(), slow).is_ok());
    assert_eq!(with(proof.until_s() + 1, slow).unwrap_err(), ProofReason::TooOld);
    assert_eq!(with(NOW_S - 1, slow).unwrap_err(), ProofReason::NotYet);
    // Five minutes at most, whatever is asked for.
    let wide = ProofVerifier::new().with_age_max(u32::MAX).with_leeway(u32::MAX);
    assert!(with(NOW_S + 300, wide).is_ok() && with(NOW_S - 300, wide).is_ok());
    assert!(with(NOW_S + 301, wide).is_err() && with(NOW_S - 301, wide).is_err());
    let lost = Now { quality: Quality::Untrusted, ..at(NOW_S) };
    assert_eq!(verified(&good, &request(), lost, ProofVerifier::new()).unwrap_err(), ProofReason::Clock);
    // However it is written, a `jti` is the same one.
    let escaped = signed(&header(), &claims(&[("jti", r#""e1j3V_b\u004bic8""#)]));
    assert_eq!(verified(&escaped, &request(), at(NOW_S), ProofVerifier::new()).unwrap().jti(), "e1j3V_bKic8");
}

#[test]
fn a_nonce_lives_for_its_step_and_the_next() {
    let step = NonZero::new(100).unwrap();
    let nonces = Nonces::new(mac::Key::new(&[7; 32]), step);
    let nonce = nonces.issue(at(NOW_S));
    // HMAC-SHA-256 of "caltrop dpop nonce v1" and 17960000 in 8 bytes, by Python's hmac.
    assert_eq!(nonce.as_str(), "upqufELYwIGPDws_RNc29A");
    let with = |nonce: &str, now_s: u64| {
        let proof = signed(&header(), &claims(&[("nonce", nonce), ("iat", &now_s.to_string())]));
        verified(&proof, &request(), at(now_s), ProofVerifier::new().with_nonces(&nonces)).err()
    };
    let written = format!("{:?}", nonce.as_str());
    assert_eq!([0, 99, 100, 199].map(|later| with(&written, NOW_S + later)), [None; 4]);
    let (dead, other) = (Some(ProofReason::Nonce), Nonces::new(mac::Key::new(&[8; 32]), step).issue(at(NOW_S)));
    assert_eq!((with(&written, NOW_S + 200), with(&written, NOW_S - 1)), (dead, dead));
    assert_eq!((with("", NOW_S), with(&format!("{:?}", other.as_str()), NOW_S)), (dead, dead));
    for wrong in [&nonce.as_str()[..21], &format!("{}A", nonce.as_str()), &nonce.as_str().to_uppercase(), "AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(with(&format!("{wrong:?}"), NOW_S), dead, "{wrong}");
    }
    assert!(!nonces.is_live(nonce.as_str().as_bytes(), Now { quality: Quality::Untrusted, ..at(NOW_S) }));
    let first = nonces.issue(at(0));
    assert!(nonces.is_live(first.as_str().as_bytes(), at(0)) && nonces.is_live(first.as_str().as_bytes(), at(199)));
}

#[test]
fn every_reason_has_a_word_of_its_own() {
    let words: BTreeSet<&str> = ProofReason::ALL.iter().map(|reason| reason.word()).collect();
    assert_eq!(words.len(), ProofReason::ALL.len());
    assert!(ProofReason::ALL.iter().all(|reason| !reason.to_string().is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// One changed character is never a good proof.
    #[test]
    fn a_changed_proof_is_refused(at_index in any::<prop::sample::Index>(), given in any::<u8>()) {
        let mut proof = signed(&header(), &claims(&[])).into_bytes();
        let index = at_index.index(proof.len());
        prop_assume!(proof[index] != given);
        proof[index] = given;
        let fields = [Header { name: b"DPoP", value: &proof }];
        prop_assert!(ProofVerifier::new().verify(&fields, &request(), &mut [0; 3072], at(NOW_S)).is_err());
    }

    /// Two URIs are the same exactly if their normal forms, written here in the plainest way, are.
    #[test]
    fn uris_compare_as_their_normal_forms(
        a in "(http|HTTPS|https)://[aB]{1,2}(:|:80|:443|:0443)?(/([aA~/.]|%7[eE]|%2[fF]|%4|%)){0,3}",
        b in "(http|HTTPS|https)://[aB]{1,2}(:|:80|:443|:0443)?(/([aA~/.]|%7[eE]|%2[fF]|%4|%)){0,3}",
    ) {
        let same = Htu::parse(a.as_bytes()).unwrap() == Htu::parse(b.as_bytes()).unwrap();
        prop_assert_eq!(same, normal(&a) == normal(&b), "{} {}", a, b);
    }
}

/// RFC 3986 §6.2.2.1, §6.2.2.2 and §6.2.3, as text.
fn normal(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap();
    let scheme = scheme.to_lowercase();
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let own = if scheme == "https" { 443 } else { 80 };
    let port: u16 = if port.is_empty() { own } else { port.parse().unwrap() };
    let mut path = path.replace("%7e", "~").replace("%7E", "~");
    path = path.replace("%2f", "%2F");
    format!("{scheme}://{}:{port}{path}", host.to_lowercase())
}
