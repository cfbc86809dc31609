//! Access tokens: what an issuer signed for this API is good until its time is over, and nothing else is.

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop::token::{Algorithm, Claims, Key, TokenReason, Verifier, VerifierError};
use caltrop::verify::PublicKey;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const SECRET: &[u8] = b"a secret of at least 32 bytes, shared with the issuer";
const ISSUER: &str = "https://id.acme.example/realms/api";
const AUDIENCES: &[&str] = &["acme-api", "https://api.acme.example"];
const NOW_S: u64 = 1_796_000_000;

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).unwrap().to_owned()
}

fn signed(header: &str, payload: &[u8]) -> String {
    let input = format!("{}.{}", text(header.as_bytes()), text(payload));
    let tag = mac::Key::new(SECRET).sign(input.as_bytes());
    format!("{input}.{}", text(tag.as_bytes()))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#;

/// A good token's claims, with some more, or others in their place.
fn claims(more: &str) -> String {
    let base =
        [("iss", format!("{ISSUER:?}")), ("aud", "\"acme-api\"".into()), ("sub", "\"ci\"".into()), ("exp", (NOW_S + 60).to_string())];
    let names: Vec<&str> =
        more.split(',').filter_map(|member| member.split(':').next()).map(|name| name.trim().trim_matches('"')).collect();
    let kept = base.iter().filter(|(name, _)| !names.contains(name)).map(|(name, value)| format!("\"{name}\":{value}"));
    let all: Vec<String> = kept.chain((!more.is_empty()).then(|| more.to_owned())).collect();
    format!("{{{}}}", all.join(","))
}

fn at(wall_s: u64) -> Now {
    Now { wall_s, quality: Quality::Trusted, ..Now::default() }
}

/// What comes of a token at an instant, by a verifier that may be changed.
fn judged(token: &str, now: Now, change: impl for<'r> Fn(Verifier<'r>) -> Verifier<'r>) -> Option<TokenReason> {
    let secret = mac::Key::new(SECRET);
    let keys = [Key::hs256(Some("k1"), &secret), Key::ed25519(Some("e1"), public())];
    let verifier = change(Verifier::new(ISSUER, AUDIENCES, &keys).unwrap());
    verifier.verify(token.as_bytes(), &mut [0; 6144], now).err()
}

fn of(token: &str) -> Option<TokenReason> {
    judged(token, at(NOW_S), |verifier| verifier)
}

fn of_claims(more: &str) -> Option<TokenReason> {
    of(&signed(HEADER, claims(more).as_bytes()))
}

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn public() -> PublicKey {
    PublicKey::from_bytes(signer().verifying_key().as_bytes()).unwrap()
}

fn ed25519(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", text(header.as_bytes()), text(payload.as_bytes()));
    format!("{input}.{}", text(&signer().sign(input.as_bytes()).to_bytes()))
}

#[test]
fn a_good_token_is_good_under_either_algorithm() {
    assert_eq!(of_claims(""), None);
    assert_eq!(of(&ed25519(r#"{"alg":"EdDSA","typ":"at+jwt","kid":"e1"}"#, &claims(""))), None);
    assert_eq!([Algorithm::Hs256.name(), Algorithm::EdDsa.name()], ["HS256", "EdDSA"]);
}

/// RFC 7515, appendix A.1: its key has signed it, no other has; it is for nobody by name.
#[test]
fn the_rfcs_example_is_signed_by_its_key_and_no_other() {
    let token = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let mut bytes = [0; 64];
    let text = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let (own, other) = (mac::Key::new(Base64UrlUnpadded::decode(text, &mut bytes).unwrap()), mac::Key::new(SECRET));
    let judged = |keys: &[Key<'_>]| {
        let verifier = Verifier::new("joe", AUDIENCES, keys).unwrap().with_types(&["JWT"]);
        verifier.verify(token, &mut [0; 128], at(1_300_819_379)).unwrap_err()
    };
    assert_eq!(judged(&[Key::hs256(None, &other)]), TokenReason::Signature);
    assert_eq!(judged(&[Key::hs256(None, &other), Key::hs256(None, &own)]), TokenReason::Audience);
}

#[test]
fn the_header_chooses_a_key_of_this_issuer_and_nothing_more() {
    let cases = [
        (r#"{"alg":"HS256","typ":"at+jwt"}"#, None),
        (r#"{"alg":"HS256","typ":"application/AT+JWT","kid":"k1"}"#, None),
        (r#"{"typ":"at+jwt","kid":"k1","alg":"HS256","jku":"https://evil.example","jwk":{"kty":"oct","k":"AA"},"x5c":[]}"#, None),
        (r#"{"alg":"none","typ":"at+jwt"}"#, Some(TokenReason::Algorithm)),
        (r#"{"alg":"None","typ":"at+jwt"}"#, Some(TokenReason::Algorithm)),
        (r#"{"alg":"hs256","typ":"at+jwt"}"#, Some(TokenReason::Algorithm)),
        (r#"{"alg":"RS256","typ":"at+jwt","kid":"k1"}"#, Some(TokenReason::Algorithm)),
        (r#"{"alg":"HS256","typ":"at+jwt","kid":"k2"}"#, Some(TokenReason::KeyUnknown)),
        // Another algorithm's key of that name.
        (r#"{"alg":"HS256","typ":"at+jwt","kid":"e1"}"#, Some(TokenReason::KeyUnknown)),
        (r#"{"alg":"EdDSA","typ":"at+jwt","kid":"e1"}"#, Some(TokenReason::Signature)),
        (r#"{"alg":"HS256"}"#, Some(TokenReason::Type)),
        (r#"{"alg":"HS256","typ":"JWT"}"#, Some(TokenReason::Type)),
        (r#"{"alg":"HS256","typ":"text/at+jwt"}"#, Some(TokenReason::Type)),
        (r#"{"alg":"HS256","typ":"at+jwt","crit":["b64"],"b64":false}"#, Some(TokenReason::Critical)),
        (r#"{"alg":"HS256","typ":"at+jwt","alg":"HS256"}"#, Some(TokenReason::Malformed)),
        (r#"{"\u0061lg":"HS256","typ":"at+jwt"}"#, Some(TokenReason::Malformed)),
        (r#"{"alg":"HS256","typ":"at+jwt","kid":1}"#, Some(TokenReason::Malformed)),
        (r#"{"alg":["HS256"],"typ":"at+jwt"}"#, Some(TokenReason::Malformed)),
        (r#"{"typ":"at+jwt"}"#, Some(TokenReason::Malformed)),
        (r#"["HS256"]"#, Some(TokenReason::Malformed)),
        (r#"{"alg":"HS256","typ":"at+jwt"}}"#, Some(TokenReason::Malformed)),
    ];
    for (header, reason) in cases {
        assert_eq!(of(&signed(header, claims("").as_bytes())), reason, "{header}");
    }
    let long = format!(r#"{{"alg":"HS256","typ":"at+jwt","x":"{}"}}"#, "a".repeat(1100));
    assert_eq!(of(&signed(&long, claims("").as_bytes())), Some(TokenReason::Malformed));
}

/// RFC 8725 §2.1: a public key is no secret.
#[test]
fn a_public_key_signs_nothing() {
    let header = r#"{"alg":"HS256","typ":"at+jwt","kid":"e1"}"#;
    let input = format!("{}.{}", text(header.as_bytes()), text(claims("").as_bytes()));
    let tag = mac::Key::new(public().as_bytes()).sign(input.as_bytes());
    assert_eq!(of(&format!("{input}.{}", text(tag.as_bytes()))), Some(TokenReason::KeyUnknown));
}

#[test]
fn claims_are_of_this_issuer_for_this_api_and_no_login() {
    let cases = [
        (r#""iss":"https://id.acme.example/realms/api/""#, Some(TokenReason::Issuer)),
        (r#""iss":null"#, Some(TokenReason::Issuer)),
        (r#""iss":["https://id.acme.example/realms/api"]"#, Some(TokenReason::Issuer)),
        (r#""aud":["other","https://api.acme.example"]"#, None),
        (r#""aud":"acme""#, Some(TokenReason::Audience)),
        (r#""aud":[]"#, Some(TokenReason::Audience)),
        (r#""aud":["acme-api",1]"#, Some(TokenReason::Audience)),
        (r#""aud":[["acme-api"]]"#, Some(TokenReason::Audience)),
        (r#""aud":{"acme-api":1}"#, Some(TokenReason::Audience)),
        (r#""nonce":"n""#, Some(TokenReason::IdToken)),
        (r#""at_hash":"h""#, Some(TokenReason::IdToken)),
        (r#""c_hash":"h""#, Some(TokenReason::IdToken)),
        (r#""typ":"ID""#, Some(TokenReason::IdToken)),
        (r#""typ":"Bearer""#, None),
        (r#""sub":"a","sub":"b""#, Some(TokenReason::Malformed)),
        (r#""x":9007199254740993"#, Some(TokenReason::Malformed)),
    ];
    for (more, reason) in cases {
        assert_eq!(of_claims(more), reason, "{more}");
    }
    for payload in ["", "7", "[]", "\u{feff}{}", "{}"] {
        let reason = of(&signed(HEADER, payload.as_bytes()));
        assert!(matches!(reason, Some(TokenReason::Malformed | TokenReason::Issuer)), "{payload:?}: {reason:?}");
    }
}

#[test]
fn a_token_has_a_time_and_its_dates_are_numbers() {
    let cases = [
        (r#""exp":1796000001"#, None),
        (r#""exp":1796000000.5"#, None),
        (r#""exp":1796000000"#, Some(TokenReason::Expired)),
        (r#""exp":1795999999.5"#, Some(TokenReason::Expired)),
        (r#""exp":-1"#, Some(TokenReason::Expired)),
        (r#""exp":"1796000060""#, Some(TokenReason::Claims)),
        (r#""exp":null"#, Some(TokenReason::Claims)),
        (r#""exp":true"#, Some(TokenReason::Claims)),
        (r#""nbf":1796000000"#, None),
        (r#""nbf":1796000001"#, Some(TokenReason::NotYet)),
        (r#""nbf":1796000000.5"#, Some(TokenReason::NotYet)),
        (r#""nbf":"0""#, Some(TokenReason::Claims)),
        (r#""iat":1796000000"#, None),
        (r#""iat":1796000001"#, Some(TokenReason::NotYet)),
        (r#""iat":[]"#, Some(TokenReason::Claims)),
    ];
    for (more, reason) in cases {
        assert_eq!(of_claims(more), reason, "{more}");
    }
    let no_end = claims("").replace(&format!(",\"exp\":{}", NOW_S + 60), "");
    assert_eq!(of(&signed(HEADER, no_end.as_bytes())), Some(TokenReason::Claims));
    let token = signed(HEADER, claims("").as_bytes());
    assert_eq!(judged(&token, Now { quality: Quality::Untrusted, ..at(NOW_S) }, |verifier| verifier), Some(TokenReason::Clock));
}

#[test]
fn leeway_and_age_are_the_hosts() {
    let token = signed(HEADER, claims(r#""iat":1796000000"#).as_bytes());
    let with = |seconds: i64, change: &dyn for<'r> Fn(Verifier<'r>) -> Verifier<'r>| {
        judged(&token, at(NOW_S.checked_add_signed(seconds).unwrap()), change)
    };
    assert_eq!(with(59, &|verifier| verifier), None);
    assert_eq!(with(60, &|verifier| verifier), Some(TokenReason::Expired));
    assert_eq!((with(89, &|it| it.with_leeway(30)), with(90, &|it| it.with_leeway(30))), (None, Some(TokenReason::Expired)));
    assert_eq!((with(-30, &|it| it.with_leeway(30)), with(-31, &|it| it.with_leeway(30))), (None, Some(TokenReason::NotYet)));
    // Five minutes at most, whatever is asked for.
    assert_eq!(with(360, &|it| it.with_leeway(u32::MAX)), Some(TokenReason::Expired));
    assert_eq!((with(10, &|it| it.with_age_max(10)), with(11, &|it| it.with_age_max(10))), (None, Some(TokenReason::TooOld)));
    assert_eq!(judged(&signed(HEADER, claims("").as_bytes()), at(NOW_S), |it| it.with_age_max(10)), Some(TokenReason::Claims));
    let jwt = signed(r#"{"alg":"HS256","typ":"JWT"}"#, claims("").as_bytes());
    assert_eq!(judged(&jwt, at(NOW_S), |it| it.with_types(&["at+jwt", "JWT"])), None);
}

#[test]
fn what_is_written_in_another_way_is_another_token() {
    let good = signed(HEADER, claims("").as_bytes());
    let padded = good.replacen('.', "=.", 1);
    for bad in [
        format!("{good}="),
        padded,
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', ".."),
        format!("{good}.x"),
        good.replace('_', "/").replace('-', "+") + "A",
    ] {
        assert!(of(&bad).is_some(), "{bad}");
    }
    // The last digit of 43 has two bits that say nothing: only zeros there are the token.
    let (head, last) = good.split_at(good.len() - 1);
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let accepted: Vec<char> = digits.chars().filter(|digit| of(&format!("{head}{digit}")).is_none()).collect();
    assert_eq!(accepted, last.chars().collect::<Vec<_>>());
    // A shorter tag is none.
    let (input, tag) = good.rsplit_once('.').unwrap();
    assert_eq!(of(&format!("{input}.{}", &tag[..22])), Some(TokenReason::Signature));
}

#[test]
fn what_is_too_long_is_refused_before_anything_is_read() {
    let long = signed(HEADER, claims(&format!("\"x\":\"{}\"", "a".repeat(6000))).as_bytes());
    assert!(long.len() > 8192);
    assert_eq!(of(&long), Some(TokenReason::TooLong));
    let secret = mac::Key::new(SECRET);
    let keys = [Key::hs256(None, &secret)];
    let verifier = Verifier::new(ISSUER, AUDIENCES, &keys).unwrap();
    let token = signed(HEADER, claims("").as_bytes());
    // The buffer holds the claims, to the byte.
    let len = claims("").len();
    let into = |len: usize| verifier.verify(token.as_bytes(), &mut vec![0; len], at(NOW_S)).err();
    assert_eq!((into(len), into(len - 1), into(0)), (None, Some(TokenReason::TooLong), Some(TokenReason::TooLong)));
}

/// A payload that is no base64url, under a good signature.
#[test]
fn what_an_issuer_signed_badly_is_refused() {
    let input = format!("{}.{}=", text(HEADER.as_bytes()), text(claims("").as_bytes()));
    let tag = mac::Key::new(SECRET).sign(input.as_bytes());
    assert_eq!(of(&format!("{input}.{}", text(tag.as_bytes()))), Some(TokenReason::Malformed));
}

#[test]
fn every_reason_has_a_word_of_its_own() {
    let words: std::collections::BTreeSet<&str> = TokenReason::ALL.iter().map(|reason| reason.word()).collect();
    assert_eq!(words.len(), TokenReason::ALL.len());
    assert!(TokenReason::ALL.iter().all(|reason| !reason.to_string().is_empty()));
}

#[test]
fn a_verifier_has_all_that_it_needs() {
    let secret = mac::Key::new(SECRET);
    let key = Key::hs256(None, &secret);
    let made = |issuer, audiences: &[&str], keys: &[Key<'_>]| Verifier::new(issuer, audiences, keys).map(|_| ());
    assert_eq!(made("", AUDIENCES, &[key]), Err(VerifierError::Issuer));
    assert_eq!((made(ISSUER, &[], &[key]), made(ISSUER, &[""], &[key])), (Err(VerifierError::Audiences), Err(VerifierError::Audiences)));
    assert_eq!((made(ISSUER, AUDIENCES, &[]), made(ISSUER, AUDIENCES, &[key; 9])), (Err(VerifierError::Keys), Err(VerifierError::Keys)));
    assert_eq!((made(ISSUER, &["a"; 16], &[key; 8]), made(ISSUER, &["a"; 17], &[key])), (Ok(()), Err(VerifierError::Audiences)));
    assert_eq!(format!("{key:?}"), "Key(HS256, kid None)");
}

#[test]
fn claims_are_found_by_name_and_by_way() {
    let payload = claims(
        r#""scope":"a:b c","roles":["x","y z"],"n":{"m":{"deep":[1,"w"]}},"https://acme.example/tenant":"t","a.b":"dotted","a":{"b":"nested"}"#,
    );
    let token = signed(HEADER, payload.as_bytes());
    let secret = mac::Key::new(SECRET);
    let keys = [Key::hs256(None, &secret)];
    let mut buffer = [0; 1024];
    let claims: Claims<'_> = Verifier::new(ISSUER, AUDIENCES, &keys).unwrap().verify(token.as_bytes(), &mut buffer, at(NOW_S)).unwrap();
    assert!(claims.subject().unwrap() == "ci");
    let has = [("scope", "a:b"), ("scope", "c"), ("roles", "y z"), ("n.m.deep", "w")];
    assert!(has.iter().all(|(path, word)| claims.has(path, word)));
    let lacks = [
        ("scope", "a"),
        ("scope", "a:b c"),
        ("roles", "y"),
        ("roles", "1"),
        ("n.m", "w"),
        ("n.m.deep", "1"),
        ("nothing", ""),
        ("exp", "1796000060"),
    ];
    assert!(lacks.iter().all(|(path, word)| !claims.has(path, word)));
    let text = |path: &str| claims.claim(path).and_then(caltrop::json::Value::as_text).map(|text| text.to_string());
    assert_eq!(text("https://acme.example/tenant").as_deref(), Some("t"));
    assert_eq!(text("a.b").as_deref(), Some("dotted"));
    assert_eq!((text("n.m.gone"), text("n."), text(".")), (None, None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// One changed character is never a good token: not in the header, the claims or the signature.
    #[test]
    fn a_changed_token_is_refused(at_index in any::<prop::sample::Index>(), given in any::<u8>()) {
        let mut token = signed(HEADER, claims(r#""scope":"orders:read""#).as_bytes()).into_bytes();
        let index = at_index.index(token.len());
        prop_assume!(token[index] != given);
        token[index] = given;
        let secret = mac::Key::new(SECRET);
        let keys = [Key::hs256(None, &secret), Key::ed25519(None, public())];
        let verifier = Verifier::new(ISSUER, AUDIENCES, &keys).unwrap();
        prop_assert!(verifier.verify(&token, &mut [0; 1024], at(NOW_S)).is_err());
    }

    /// Whatever a stranger shows is refused without a fault.
    #[test]
    fn nonsense_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), dots in "[A-Za-z0-9_.=-]{0,120}") {
        let secret = mac::Key::new(SECRET);
        let keys = [Key::hs256(None, &secret)];
        let verifier = Verifier::new(ISSUER, AUDIENCES, &keys).unwrap();
        prop_assert!(verifier.verify(&bytes, &mut [0; 256], at(NOW_S)).is_err());
        prop_assert!(verifier.verify(dots.as_bytes(), &mut [0; 256], at(NOW_S)).is_err());
    }
}
