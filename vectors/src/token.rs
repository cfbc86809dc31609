//! Access tokens of cases.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Map, Value, json};

use crate::written::Token;

/// The issuer's key: its public half stands in the policies of these vectors.
const KEY: [u8; 32] = [2; 32];

/// The token that a case shows at an instant.
pub(crate) fn of(token: &Token, wall_s: u64) -> Result<String, String> {
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "e1" });
    let claims = json!({ "iss": "https://id.acme.example", "aud": "acme-api", "sub": "ada", "iat": wall_s - 10, "exp": wall_s + 300 });
    let header = merged(header, &token.header, &[])?;
    let claims = merged(claims, &token.claims, &token.without)?;
    let part = |members: &Map<String, Value>| Base64UrlUnpadded::encode_string(Value::Object(members.clone()).to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let mut signature = signer().sign(signed.as_bytes()).to_bytes();
    if token.forged {
        signature[0] ^= 1;
    }
    Ok(format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature)))
}

/// Who signs them.
pub(crate) fn signer() -> SigningKey {
    SigningKey::from_bytes(&KEY)
}

fn merged(base: Value, own: &toml::Table, without: &[String]) -> Result<Map<String, Value>, String> {
    let Value::Object(mut members) = base else { return Err("no object".into()) };
    for (name, value) in own {
        members.insert(name.clone(), serde_json::to_value(value).map_err(|error| error.to_string())?);
    }
    members.retain(|name, _| !without.contains(name));
    Ok(members)
}
