//! The access token of an `[[expect]]` row: signed by a key that only its run knows.

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::token::Algorithm;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Map, Value, json};

use super::expect::Caller;
use crate::jwks::{Jwk, Material};
use crate::model::{Issuer, IssuerKeys};

/// Any tenant would do.
const TENANT: &str = "00000000-0000-0000-0000-000000000001";

/// An issuer whose keys are exchanged for one of ours.
pub(super) fn ours(issuer: &mut Issuer, signer: &SigningKey) {
    let key = Material::Ed25519(*signer.verifying_key().as_bytes());
    issuer.algorithms = vec![Algorithm::EdDsa];
    issuer.keys = IssuerKeys::Here(vec![Jwk { kid: None, algorithm: None, key }]);
}

/// What the issuer would sign for a caller at an instant.
pub(super) fn token(issuer: &Issuer, caller: &Caller, now_s: u64, signer: &SigningKey) -> String {
    let mut claims = Map::new();
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let mut set = |path: &str, value: Value| put(&mut claims, path, value);
    set("iss", issuer.issuer.replace("{tid}", TENANT).into());
    set("tid", TENANT.into());
    set("aud", first(&issuer.audiences).into());
    set("iat", now_s.into());
    set("exp", (now_s + 300).into());
    set(&issuer.principal, caller.principal.clone().into());
    let optional = [(&issuer.tenant, &caller.tenant), (&issuer.plan, &caller.plan)];
    for (path, value) in optional {
        if let (Some(path), Some(value)) = (path, value) {
            set(path, value.clone().into());
        }
    }
    set(&issuer.scopes, caller.scopes.iter().cloned().collect::<Vec<_>>().join(" ").into());
    if let Some(path) = &issuer.roles {
        set(path, caller.roles.iter().cloned().collect());
    }
    let header = json!({ "alg": "EdDSA", "typ": first(&issuer.types) });
    let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&claims.into()));
    let signature = Base64UrlUnpadded::encode_string(&signer.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

/// A claim where its path leads; a URL is a name, whatever its dots.
fn put(claims: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        Some((first, rest)) if !path.contains("://") => {
            let inner = claims.entry(first).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
        _ => {
            claims.insert(path.to_owned(), value);
        }
    }
}
