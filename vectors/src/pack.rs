//! From what a person wrote to the one file that every host reads.

use caltrop::key::{Environment, Form, digest};
use caltrop::mac;
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::policy;
use ed25519_dalek::SigningKey;

use crate::written::{Case, Key, Written};
use crate::{feeds, token};

/// The signer of all images here: it signs nothing else.
const SIGNER: [u8; 32] = [7; 32];
const PEPPER: [u8; 32] = [9; 32];
const STAMP: Stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };

/// Packs vectors.
///
/// # Errors
/// A text that says which policy, key or case is wrong.
pub fn pack(files: &[Written]) -> Result<Vec<u8>, String> {
    let mut out = Writer(b"CTV2".to_vec());
    out.number(files.len(), 4)?;
    for file in files {
        group(&mut out, file).map_err(|why| format!("{}: {why}", file.policy))?;
    }
    Ok(out.0)
}

fn group(out: &mut Writer, file: &Written) -> Result<(), String> {
    let signer = SigningKey::from_bytes(&SIGNER);
    let public = *signer.verifying_key().as_bytes();
    let source = Source::new(file.policy.clone(), file.policy_text.clone());
    let written = policy::Written::read(source, &|_| Ok(public)).map_err(|report| report.to_string())?;
    let stamp = Stamp { not_after_s: written.expires_s, ..STAMP };
    let image = written.image().map_err(|error| error.to_string())?.finish(&signer, stamp);
    let pepper = mac::Key::new(&PEPPER);
    let keys: Vec<KeyModel> = (1u64..).zip(&file.key).map(|(id, key)| model(id, key, &pepper)).collect::<Result<_, _>>()?;
    let keyring = match &written.policy.keyring {
        Some(feed) => build(&format!("{}/{feed}", written.policy.name), &keys, &signer, STAMP).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    out.bytes(&image, 4)?;
    out.bytes(&keyring, 4)?;
    let feeds = feeds::images(&written.policy, &file.feed, &signer, STAMP)?;
    out.number(feeds.len(), 1)?;
    feeds.iter().try_for_each(|image| out.bytes(image, 4))?;
    out.0.extend_from_slice(&public);
    out.bytes(written.policy.name.as_bytes(), 1)?;
    out.number(1, 1)?;
    out.number(1, 1)?;
    out.bytes(&PEPPER, 1)?;
    let total = file.case.iter().map(|case| usize::try_from(case.repeat).unwrap_or(usize::MAX)).sum();
    out.number(total, 4)?;
    for one in &file.case {
        for turn in 1..=one.repeat {
            case(out, one, turn).map_err(|why| format!("case {:?}: {why}", one.name))?;
        }
    }
    Ok(())
}

fn model(key_id: u64, key: &Key, pepper: &mac::Key) -> Result<KeyModel, String> {
    let form = if key.sha256 { Form::Sha256 } else { Form::Key };
    let digest = digest(pepper, form, key.text.as_bytes()).ok_or_else(|| format!("key {:?} can be no key", key.text))?;
    Ok(KeyModel {
        digest: *digest.as_bytes(),
        key_id,
        principal: key.principal.clone(),
        tenant: key.tenant.clone(),
        not_before_s: key.not_before,
        expires_s: key.expires,
        generation: 1,
        scopes: key.scopes.clone(),
        zones: key.zones.clone(),
        plan: key.plan.clone(),
        environment: Environment::None,
        state: if key.revoked { KeyState::Denied } else { KeyState::Active },
        pepper: 1,
        form,
    })
}

/// A case as often as it is sent: before the last time it must be allowed, with nothing reported.
fn case(out: &mut Writer, case: &Case, turn: u32) -> Result<(), String> {
    let is_last = turn == case.repeat;
    let (method, target) = case.line.split_once(' ').ok_or("its line is no method and target")?;
    out.bytes(case.name.as_bytes(), 1)?;
    out.0.extend_from_slice(&case.wall.to_le_bytes());
    out.0.extend_from_slice(&(case.at_ms * 1_000_000).to_le_bytes());
    out.number(usize::from(case.trusted), 1)?;
    out.bytes(method.as_bytes(), 1)?;
    out.bytes(format!("{target}{}", "x".repeat(case.pad)).as_bytes(), 2)?;
    out.bytes(b"api.example", 1)?;
    let bearer =
        case.token.as_ref().map(|token| Ok::<_, String>(format!("authorization: Bearer {}", token::of(token, case.wall)?))).transpose()?;
    let last = case.headers.last().into_iter().cycle().take(case.fill);
    let headers: Vec<&String> = bearer.iter().chain(&case.headers).chain(last).collect();
    out.number(headers.len(), 2)?;
    for header in headers {
        let (name, value) = header.split_once(": ").ok_or_else(|| format!("header {header:?} is no \"name: value\""))?;
        // `name: xN` stands for a value of N times x: long values are written short.
        let long = value.strip_prefix('x').and_then(|count| count.parse::<usize>().ok()).map(|count| "x".repeat(count));
        out.bytes(name.as_bytes(), 2)?;
        out.bytes(long.as_deref().unwrap_or(value).as_bytes(), 2)?;
    }
    peer(out, &case.from)?;
    let tls = match case.tls.as_str() {
        "off" => 0,
        "old" => 1,
        "1.2" => 12,
        "1.3" => 13,
        other => return Err(format!("tls {other:?}")),
    };
    out.number(tls, 1)?;
    let (status, reason, wait) = if is_last { (case.status, case.reason.as_str(), case.retry_after) } else { (200, "", 0) };
    out.0.extend_from_slice(&status.to_le_bytes());
    out.bytes(reason.as_bytes(), 1)?;
    out.bytes(case.principal.as_bytes(), 1)?;
    out.bytes(case.route.as_bytes(), 1)?;
    out.0.extend_from_slice(&wait.to_le_bytes());
    let reported = if is_last { &case.reported[..] } else { &[] };
    out.number(reported.len(), 1)?;
    for one in reported {
        let (reason, quota) = one.split_once(' ').unwrap_or((one, ""));
        out.bytes(reason.as_bytes(), 1)?;
        out.bytes(quota.as_bytes(), 1)?;
    }
    Ok(())
}

fn peer(out: &mut Writer, from: &str) -> Result<(), String> {
    if from == "unix:" {
        return out.number(0, 1);
    }
    match from.parse().map_err(|_| format!("from {from:?} is no address"))? {
        std::net::IpAddr::V4(v4) => {
            out.number(4, 1)?;
            out.0.extend_from_slice(&v4.octets());
        }
        std::net::IpAddr::V6(v6) => {
            out.number(6, 1)?;
            out.0.extend_from_slice(&v6.octets());
        }
    }
    Ok(())
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, value: usize, width: usize) -> Result<(), String> {
        let bytes = value.to_le_bytes();
        if bytes[width..].iter().any(|&byte| byte != 0) {
            return Err(format!("{value} does not fit {width} bytes"));
        }
        self.0.extend_from_slice(&bytes[..width]);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], width: usize) -> Result<(), String> {
        self.number(bytes.len(), width)?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}
