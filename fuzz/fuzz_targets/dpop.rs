//! Reaches: `ProofVerifier::verify` (the one field, header, key, claims, dates, signature), `Htu`, `Thumbprint`, `client_cert`.
//! Holds: what is accepted `jsonwebtoken` accepts by the same key, whose thumbprint it says too, and its claims are those of the request to `serde_json`;
//! a certificate's field is read if and only if `base64ct` reads it. The input is a header and claims, which are signed, and changes to what came of it.
#![no_main]

use arbitrary::Unstructured;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use caltrop::request::Header;
use caltrop::time::{Now, Quality};
use caltrop::token::{Htu, ProofVerifier, ProvenRequest, Thumbprint, client_cert};
use caltrop_fuzz::{change, planted};
use ed25519_dalek::{Signer, SigningKey};
use jsonwebtoken::crypto::verify;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const NOW_S: u64 = 1_796_000_000;
const URI: &[u8] = b"https://api.example/v1/~a";

fuzz_target!(|data: &[u8]| {
    planted(data);
    let mut input = Unstructured::new(data);
    let _ = proof(&mut input);
    uris(data);
    certificate(data);
});

/// Parts that a proof may be made of, so that most of it is right most of the time; `@` is the key.
const HEADERS: [&str; 4] = [
    r#"{"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"@"}}"#,
    r#"{"jwk":{"x":"@","crv":"Ed25519","kty":"OKP","kid":"1","use":"sig"},"typ":"dpop+jwt","alg":"EdDSA"}"#,
    r#"{"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"@","d":"@"}}"#,
    r#"{"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"@"}}"#,
];
const MEMBERS: [&str; 16] = [
    r#""htm":"GET""#,
    r#""htm":"GET""#,
    r#""htm":"POST""#,
    r#""htu":"https://api.example/v1/~a""#,
    r#""htu":"HTTPS://API.example:443/v1/%7ea?b#c""#,
    r#""htu":"https:\/\/api.example\/v1\/~a""#,
    r#""htu":"https://api.example/v1/""#,
    r#""iat":1796000000"#,
    r#""iat":1796000000"#,
    r#""iat":1.7960000005e9"#,
    r#""iat":17"#,
    r#""jti":"1""#,
    r#""jti":"\u0031""#,
    r#""jti":"""#,
    r#""ath":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU""#,
    r#""nonce":"n""#,
];

fn proof(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).expect("it fits").to_owned();
    let mut header = input.choose(&HEADERS)?.replace('@', &text(key.verifying_key().as_bytes())).into_bytes();
    let mut members = vec![r#""ath":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU""#];
    for _ in 0..input.int_in_range(0..=6u8)? {
        members.push(*input.choose(&MEMBERS)?);
    }
    members.dedup();
    let mut payload = format!("{{{}}}", members.join(",")).into_bytes();
    change(&mut header, input)?;
    change(&mut payload, input)?;
    let signed = format!("{}.{}", text(&header), text(&payload));
    let mut proof = format!("{signed}.{}", text(&key.sign(signed.as_bytes()).to_bytes())).into_bytes();
    change(&mut proof, input)?;

    let request = ProvenRequest { method: b"GET", htu: Htu::parse(URI).expect("it is one"), token: Some(b"") };
    let now = Now { wall_s: NOW_S, quality: Quality::Trusted, ..Now::default() };
    let fields = [Header { name: b"DPoP", value: &proof }];
    let Ok(ours) = ProofVerifier::new().verify(&fields, &request, &mut [0; 3072], now) else { return Ok(()) };

    let text = std::str::from_utf8(&proof).expect("base64url is ASCII");
    let (signed, tag) = text.rsplit_once('.').expect("three parts");
    let (header, claims) = signed.split_once('.').expect("three parts");
    let read = |part: &str| {
        serde_json::from_slice::<Value>(&Base64UrlUnpadded::decode(part, &mut vec![0; part.len()]).expect("base64url").to_vec())
    };
    let (header, theirs) = (read(header).expect("JSON"), read(claims).expect("JSON"));
    let kind = header["typ"].as_str().expect("a type").to_lowercase();
    assert_eq!(kind.strip_prefix("application/").unwrap_or(&kind), "dpop+jwt");
    assert!(header["jwk"]["d"].is_null() && header["crit"].is_null());
    // What a key is made of, without what they read besides.
    let part = |name| header["jwk"][name].clone();
    let jwk: Jwk = serde_json::from_value(json!({ "kty": part("kty"), "crv": part("crv"), "x": part("x") })).expect("a key");
    assert_eq!(ours.key().to_string(), jwk.thumbprint(ThumbprintHash::SHA256));
    let key = DecodingKey::from_jwk(&jwk).expect("a key");
    assert!(verify(tag, signed.as_bytes(), &key, Algorithm::EdDSA).expect("never laxer"));
    assert_eq!((theirs["htm"].as_str(), theirs["jti"].as_str()), (Some("GET"), Some(ours.jti())));
    assert!((1..=128).contains(&ours.jti().len()));
    let issued_s = theirs["iat"].as_f64().expect("a number");
    assert!(((NOW_S - 60) as f64 - 1.0..=(NOW_S + 30) as f64).contains(&issued_s), "{issued_s}");
    assert!(ours.until_s() >= NOW_S && ours.until_s() == ours.issued_s() + 60);
    Ok(())
}

/// One URI is another if and only if the other is the one, whatever their queries.
fn uris(data: &[u8]) {
    let half = data.len() / 2;
    let (one, other) = (&data[..half], &data[half..]);
    assert_eq!(Htu::parse(one) == Htu::parse(other), Htu::parse(other) == Htu::parse(one));
    if let Some(htu) = Htu::parse(data) {
        let mut longer = data.to_vec();
        longer.extend_from_slice(b"?a=1#b");
        assert_eq!(Some(htu), Htu::parse(&longer));
    }
}

fn certificate(data: &[u8]) {
    let field = [b":", data, b":"].concat();
    let ours = client_cert(&[Header { name: b"client-cert", value: &field }]);
    let mut buffer = vec![0; data.len()];
    match Base64::decode(data, &mut buffer) {
        Ok(der) if !der.is_empty() && field.len() <= 8192 => assert_eq!(ours, Ok(Some(Thumbprint::of_certificate(der)))),
        _ => assert!(ours.is_err()),
    }
}
