//! `[[expect]]` rows as requests that any server can be sent, and the keys that they show.

use caltrop::key::{Form, digest, issue};
use caltrop::mac;
use ed25519_dalek::SigningKey;
use serde::Serialize;

use super::expect::{Answer, Expect};
use super::token;
use super::written::Written;
use crate::keys::{KeyModel, KeyState};
use crate::model::Tls;

/// One row as a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Its line of policy.toml.
    pub line: u32,
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// All header fields, the one with the key included.
    pub headers: Vec<(String, String)>,
    /// The address at the other end of the socket, or `unix:`.
    pub from: String,
    /// What protects the socket: `off`, `1.2` or `1.3`.
    pub tls: &'static str,
    /// How many times it is sent; the last answer counts.
    pub repeat: u32,
    /// When it is sent, in Unix seconds; none = whenever.
    #[serde(rename = "at", skip_serializing_if = "Option::is_none")]
    pub at_s: Option<u64>,
    /// What must be answered.
    pub answer: Answer,
}

/// All rows, and the keyring that knows their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cases {
    /// The rows.
    pub cases: Vec<Case>,
    /// Their keys.
    pub keys: Vec<KeyModel>,
}

/// A pepper with its id.
#[derive(Clone, Copy)]
pub struct PepperOf<'p> {
    /// The id.
    pub id: u8,
    /// The secret.
    pub bytes: &'p [u8],
}

/// Makes a key or token for each row that shows one: `entropy` gives 40 fresh bytes at each call, and `signer` signs the tokens. A row without a
/// time is asked at `now_s`.
#[must_use]
pub fn cases(written: &Written, pepper: PepperOf<'_>, mut entropy: impl FnMut() -> [u8; 40], signer: &SigningKey, now_s: u64) -> Cases {
    let prepared = mac::Key::new(pepper.bytes);
    let mut keys = Vec::new();
    let cases = written.expects.iter().map(|row| {
        let mut headers = row.request.headers.clone();
        let caller = row.request.caller.as_ref();
        let issuer = caller.and_then(|caller| written.policy.issuers.iter().find(|issuer| caller.issuer.as_ref() == Some(&issuer.name)));
        if let (Some(issuer), Some(caller)) = (issuer, caller) {
            let token = token::token(issuer, caller, row.request.at_s.unwrap_or(now_s), signer);
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        if let Some(text) = key_of(row, pepper.id, &prepared, entropy(), &mut keys) {
            headers.extend(written.policy.credentials.first().map(|place| {
                let value = place.scheme.as_ref().map_or_else(|| text.clone(), |scheme| format!("{scheme} {text}"));
                (place.header.clone(), value)
            }));
        }
        Case {
            line: row.line,
            method: row.request.method.clone(),
            target: row.request.target.clone(),
            headers,
            from: row.request.from.to_string(),
            tls: match row.request.tls {
                Tls::Off => "off",
                Tls::V1_2 => "1.2",
                Tls::V1_3 => "1.3",
            },
            repeat: row.request.repeat,
            at_s: row.request.at_s,
            answer: row.answer.clone(),
        }
    });
    let cases = cases.collect();
    Cases { cases, keys }
}

/// Issues the key of a row; its text, if the row shows one.
fn key_of(row: &Expect, pepper: u8, prepared: &mac::Key, entropy: [u8; 40], keys: &mut Vec<KeyModel>) -> Option<String> {
    let caller = row.request.caller.as_ref().filter(|caller| caller.issuer.is_none())?;
    let key = issue("expect_test", entropy).ok()?;
    keys.push(KeyModel {
        digest: *digest(prepared, Form::Key, key.text().as_bytes())?.as_bytes(),
        key_id: key.id(),
        principal: caller.principal.clone(),
        tenant: caller.tenant.clone(),
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes: caller.scopes.clone(),
        zones: caller.zones.clone(),
        plan: caller.plan.clone(),
        environment: key.environment(),
        state: KeyState::Active,
        pepper,
        form: Form::Key,
    });
    Some(key.text().to_owned())
}
