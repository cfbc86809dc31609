//! Reaches: `Verifier::verify` (base64url, header, signature, claims, dates), `Claims`.
//! Holds: never laxer than `jsonwebtoken`, which is told to accept the same: no token is accepted here and refused there. The input is a header and
//! claims, which are signed, and changes to what came of it.
#![no_main]

use arbitrary::Unstructured;
use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop::token::{Key, Verifier};
use caltrop_fuzz::planted;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SECRET: &[u8] = b"a secret of at least 32 bytes, shared with the issuer";
const ISSUER: &str = "https://id.acme.example";

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = judged(&mut Unstructured::new(data));
});

/// Parts that a token may be made of, so that most of it is right most of the time.
const HEADERS: [&str; 4] = [
    r#"{"alg":"HS256","typ":"at+jwt"}"#,
    r#"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#,
    r#"{"alg":"none"}"#,
    r#"{"typ":"at+jwt","alg":"HS512"}"#,
];
const MEMBERS: [&str; 14] = [
    r#""iss":"https://id.acme.example""#,
    r#""iss":["https://id.acme.example"]"#,
    r#""aud":"acme-api""#,
    r#""aud":["acme-api",1]"#,
    r#""aud":["other"]"#,
    r#""exp":32503680000"#,
    r#""exp":32503680000.5"#,
    r#""exp":"32503680000""#,
    r#""exp":1e11"#,
    r#""exp":0"#,
    r#""nbf":0"#,
    r#""nbf":32503680000"#,
    r#""iat":32503680000"#,
    r#""sub":"ci""#,
];

fn judged(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut header = (*input.choose(&HEADERS)?).to_owned().into_bytes();
    let mut members = Vec::new();
    for _ in 0..input.int_in_range(0..=6u8)? {
        members.push(*input.choose(&MEMBERS)?);
    }
    let mut payload = format!("{{{}}}", members.join(",")).into_bytes();
    change(&mut header, input)?;
    change(&mut payload, input)?;
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).expect("it fits").to_owned();
    let signed = format!("{}.{}", text(&header), text(&payload));
    let mut token = format!("{signed}.{}", text(mac::Key::new(SECRET).sign(signed.as_bytes()).as_bytes())).into_bytes();
    change(&mut token, input)?;

    let secret = mac::Key::new(SECRET);
    let keys = [Key::hs256(None, &secret)];
    let verifier = Verifier::new(ISSUER, &["acme-api"], &keys).expect("it has all");
    let mut buffer = [0; 6144];
    let now = Now { wall_s: now_s(), quality: Quality::Trusted, ..Now::default() };
    let ours = verifier.verify(&token, &mut buffer, now);
    if let Ok(claims) = &ours {
        let _ = (claims.subject(), claims.has("scope", "a"), claims.claim("a.b"));
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&["acme-api"]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.validate_nbf = true;
        rules.leeway = 0;
        let text = std::str::from_utf8(&token).expect("base64url is ASCII");
        let theirs = decode::<Value>(text, &DecodingKey::from_secret(SECRET), &rules);
        assert!(theirs.is_ok(), "{text}: {:?}", theirs.err());
    }
    Ok(())
}

/// The one clock that the other reads, too.
fn now_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Nothing, mostly; or some bytes are others, gone or more.
fn change(bytes: &mut Vec<u8>, input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    for _ in 0..input.int_in_range(0..=3u8)?.saturating_sub(1) {
        let at = input.int_in_range(0..=bytes.len())?;
        match input.int_in_range(0..=2u8)? {
            0 => bytes.insert(at, input.arbitrary()?),
            1 if at < bytes.len() => bytes[at] = input.arbitrary()?,
            _ if at < bytes.len() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    Ok(())
}
