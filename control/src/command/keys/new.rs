//! `keys new` and `keys rotate`: a key is made, shown once, and stored as a digest.

use caltrop::key::{Environment, Form, IssuedKey, digest, issue};
use serde_json::json;
use zeroize::Zeroize;

use super::store::{Pepper, Store};
use super::{New, Rotate, shown};
use crate::command::said::{Failure, Said};
use crate::command::when;
use crate::keys::{KeyModel, KeyState};

pub(super) fn create(new: &New) -> Result<Said, Failure> {
    let mut store = Store::open(&new.place)?;
    let pepper = store.pepper()?;
    let key = issue_key(&new.prefix.clone().unwrap_or_else(|| prefix_of(&store.written.policy.name, Environment::Live)))?;
    let model = KeyModel {
        principal: new.principal.clone(),
        tenant: new.tenant.clone(),
        expires_s: new.expires.unwrap_or(0),
        scopes: new.scopes.iter().cloned().collect(),
        zones: new.zones.iter().cloned().collect(),
        plan: new.plan.clone(),
        ..model(&key, &pepper)?
    };
    store.check_names(&model).map_err(Failure::usage)?;
    store.keys.push(model);
    store.write()?;
    Ok(told(&key, &new.principal, ""))
}

pub(super) fn rotate(args: &Rotate) -> Result<Said, Failure> {
    let mut store = Store::open(&args.place)?;
    let pepper = store.pepper()?;
    let old = super::find(&mut store.keys, &args.id)?;
    if old.state != KeyState::Active {
        return Err(Failure::usage(format_args!("key {:?} is {}: rotate an active one", args.id, super::state(old.state))));
    }
    let prefix = args.prefix.clone().unwrap_or_else(|| prefix_of(&store.written.policy.name, old.environment));
    let key = issue_key(&prefix)?;
    let next = model(&key, &pepper)?;
    let next = KeyModel {
        digest: next.digest,
        key_id: next.key_id,
        generation: old.generation.saturating_add(1),
        environment: next.environment,
        pepper: next.pepper,
        form: Form::Key,
        ..old.clone()
    };
    // The old key ends with its grace, or with its own end if that is nearer.
    old.state = KeyState::Grace;
    old.expires_s = if old.expires_s == 0 { args.grace } else { old.expires_s.min(args.grace) };
    let note = format!(", in place of {}, which is good until {}", shown(old.key_id), when::show(old.expires_s));
    let principal = next.principal.clone();
    store.keys.push(next);
    store.write()?;
    Ok(told(&key, &principal, &note))
}

fn issue_key(prefix: &str) -> Result<IssuedKey, Failure> {
    let mut entropy = [0; 40];
    getrandom::fill(&mut entropy).map_err(Failure::system)?;
    let key = issue(prefix, entropy).map_err(|error| Failure::usage(format_args!("--prefix {prefix:?}: {error}")));
    entropy.zeroize();
    key
}

/// A key of nobody in particular.
fn model(key: &IssuedKey, pepper: &Pepper) -> Result<KeyModel, Failure> {
    let stored = digest(&pepper.key, Form::Key, key.text().as_bytes());
    Ok(KeyModel {
        digest: *stored.ok_or_else(|| Failure::wrong("a key is never that long"))?.as_bytes(),
        key_id: key.id(),
        principal: String::new(),
        tenant: None,
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes: Default::default(),
        zones: Default::default(),
        plan: None,
        environment: key.environment(),
        state: KeyState::Active,
        pepper: pepper.id,
        form: Form::Key,
    })
}

fn told(key: &IssuedKey, principal: &str, more: &str) -> Said {
    let id = shown(key.id());
    let notes = format!("key {id} of {principal}{more}: shown this once, and stored only as a digest\n");
    Said::new(format!("{}\n", key.text()), json!({ "key": key.text(), "id": id, "principal": principal })).note(notes)
}

/// What the policy's name leaves for a prefix.
fn prefix_of(name: &str, environment: Environment) -> String {
    let letters: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let start = letters.trim_start_matches(|c: char| c.is_ascii_digit());
    let short: String = start.chars().take(15).collect();
    let short = if short.len() < 2 { "key".to_owned() } else { short };
    match environment {
        Environment::None => short,
        Environment::Live => short + "_live",
        Environment::Test => short + "_test",
    }
}
