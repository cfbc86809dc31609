//! Reaches: `Verifier::verify` (base64url, header, signature, claims, dates), `Claims`.
//! Holds: never laxer than `jsonwebtoken`, which is told to accept the same: no token is accepted here and refused there. The input is a header and
//! claims, which are signed under HS256, EdDSA or ES256, and changes to what came of it.
#![no_main]

use arbitrary::Unstructured;
use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop::token::{Key, Verifier};
use caltrop::verify::{P256Key, PublicKey};
use caltrop_fuzz::{change, planted};
use ed25519_dalek::{Signer, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa;
use serde_json::Value;

const SECRET: &[u8] = b"a secret of at least 32 bytes, shared with the issuer";
const ISSUER: &str = "https://id.acme.example";

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = judged(&mut Unstructured::new(data));
});

/// Parts that a token may be made of, so that most of it is right most of the time.
const HEADERS: [&str; 6] = [
    r#"{"alg":"HS256","typ":"at+jwt"}"#,
    r#"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#,
    r#"{"alg":"EdDSA","typ":"at+jwt"}"#,
    r#"{"alg":"ES256","typ":"at+jwt"}"#,
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
    let header = *input.choose(&HEADERS)?;
    // The algorithm that it was signed under, most often the one that it says.
    let names = [("HS256", Algorithm::HS256), ("EdDSA", Algorithm::EdDSA), ("ES256", Algorithm::ES256)];
    let said = names.into_iter().find(|(name, _)| header.contains(name)).map(|(_, algorithm)| algorithm);
    let signer = match said {
        Some(said) if input.int_in_range(0..=7u8)? > 0 => said,
        _ => input.choose(&names)?.1,
    };
    let mut header = header.to_owned().into_bytes();
    let mut members = Vec::new();
    for _ in 0..input.int_in_range(0..=6u8)? {
        members.push(*input.choose(&MEMBERS)?);
    }
    let mut payload = format!("{{{}}}", members.join(",")).into_bytes();
    change(&mut header, input)?;
    change(&mut payload, input)?;
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).expect("it fits").to_owned();
    let signed = format!("{}.{}", text(&header), text(&payload));
    let (ed25519, es256) = (SigningKey::from_bytes(&[7; 32]), ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar"));
    let tag = match signer {
        Algorithm::EdDSA => ed25519.sign(signed.as_bytes()).to_bytes().to_vec(),
        Algorithm::ES256 => {
            let signature: ecdsa::Signature = es256.sign(signed.as_bytes());
            signature.to_bytes().to_vec()
        }
        _ => mac::Key::new(SECRET).sign(signed.as_bytes()).as_bytes().to_vec(),
    };
    let mut token = format!("{signed}.{}", text(&tag)).into_bytes();
    change(&mut token, input)?;

    let secret = mac::Key::new(SECRET);
    let point = es256.verifying_key().to_sec1_point(false);
    let (x, y) = (point.x().expect("a point"), point.y().expect("a point"));
    let keys = [
        Key::hs256(None, &secret),
        Key::ed25519(None, PublicKey::from_bytes(ed25519.verifying_key().as_bytes()).expect("a key")),
        Key::es256(None, P256Key::from_coordinates(x.as_ref(), y.as_ref()).expect("a key")),
    ];
    let verifier = Verifier::new(ISSUER, &["acme-api"], &keys).expect("it has all");
    let mut buffer = [0; 6144];
    let now = Now { wall_s: now_s(), quality: Quality::Trusted, ..Now::default() };
    let ours = verifier.verify(&token, &mut buffer, now);
    if let Ok(claims) = &ours {
        let _ = (claims.subject(), claims.has("scope", "a"), claims.claim("a.b"));
        let mut rules = Validation::new(signer);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&["acme-api"]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.validate_nbf = true;
        rules.leeway = 0;
        let text = std::str::from_utf8(&token).expect("base64url is ASCII");
        let key = match signer {
            Algorithm::EdDSA => DecodingKey::from_ed_der(ed25519.verifying_key().as_bytes()),
            Algorithm::ES256 => DecodingKey::from_ec_der(point.as_bytes()),
            _ => DecodingKey::from_secret(SECRET),
        };
        let theirs = decode::<Value>(text, &key, &rules);
        assert!(theirs.is_ok(), "{text}: {:?}", theirs.err());
    }
    Ok(())
}

/// The one clock that the other reads, too.
fn now_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
