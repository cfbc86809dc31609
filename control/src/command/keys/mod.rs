//! `caltrop keys`: the API keys of a local keyring.

mod import;
mod new;
mod store;

use std::collections::BTreeSet;
use std::path::PathBuf;

use caltrop::encode::u64_base62;
use caltrop::key::KeyText;
use serde_json::json;
use store::Store;

use super::said::{Failure, Said};
use super::when;
use crate::keys::{KeyModel, KeyState, shown};
use crate::table::table;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Make a key for a principal and print it, once
    New(New),
    /// The keys of the keyring: everything but the keys
    List(Place),
    /// Make a new key in place of one, which stays good for a while
    Rotate(Rotate),
    /// Take in keys that were issued elsewhere
    Import(Import),
    /// Sign the keyring anew as it is, before it is as old as `stale` in [feed]
    Renew(Place),
    /// Take a key back
    Revoke {
        /// The id of the key, as `keys list` shows it; the key itself does too
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The policy whose keyring it is
    #[arg(long, default_value = "policy.toml")]
    policy: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// Whose key it is
    principal: String,
    /// A scope that it holds; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A zone from which it may be used; may be repeated, and none is anywhere
    #[arg(long = "zone", value_name = "ZONE")]
    zones: Vec<String>,
    /// The principal's tenant
    #[arg(long)]
    tenant: Option<String>,
    /// The principal's plan
    #[arg(long)]
    plan: Option<String>,
    /// What the key begins with: who issued it, and _live or _test
    #[arg(long)]
    prefix: Option<String>,
    /// When it stops being good: 2027-06-30, 2027-06-30T12:00:00Z or 90d
    #[arg(long, value_parser = when::parse)]
    expires: Option<u32>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// The id of the key, as `keys list` shows it
    id: String,
    /// How long the old key stays good: 7d, 12h, or a date
    #[arg(long, default_value = "7d", value_parser = when::parse)]
    grace: u32,
    /// What the new key begins with
    #[arg(long)]
    prefix: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The file; - is the standard input
    file: PathBuf,
    /// A key a line, a SHA-256 of a key a line (hexadecimal or base64), or CSV with a head line: key or sha256, principal, and as wanted
    /// tenant, plan, scopes and zones (apart by blanks), expires
    #[arg(long, value_enum)]
    format: Format,
    /// Whose keys they are, where the file does not say
    #[arg(long)]
    principal: Option<String>,
    /// A scope that they hold, where the file does not say; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Raw,
    Sha256,
    Csv,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::New(args) => new::create(args),
        Args::Rotate(args) => new::rotate(args),
        Args::Import(args) => import::import(args),
        Args::List(place) => list(place),
        Args::Renew(place) => renew(place),
        Args::Revoke { id, place } => revoke(id, place),
    }
}

fn list(place: &Place) -> Result<Said, Failure> {
    let store = Store::open(place)?;
    let title = ["id", "principal", "tenant", "plan", "state", "expires", "scopes", "zones"].map(str::to_owned).to_vec();
    let join =
        |names: &BTreeSet<String>| if names.is_empty() { "-".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(" ") };
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
    let rows = store.keys.iter().map(|key| {
        let (scopes, zones, state) = (join(&key.scopes), join(&key.zones), state(key.state).to_owned());
        vec![shown(key.key_id), key.principal.clone(), name(&key.tenant), name(&key.plan), state, when::show(key.expires_s), scopes, zones]
    });
    let json = store.keys.iter().map(|key| {
        json!({ "id": shown(key.key_id), "principal": key.principal, "tenant": key.tenant, "plan": key.plan, "state": state(key.state),
            "expires": key.expires_s, "generation": key.generation, "scopes": key.scopes, "zones": key.zones })
    });
    let json = json!({ "keys": json.collect::<Vec<_>>() });
    Ok(Said::new(table(std::iter::once(title).chain(rows)), json))
}

fn renew(place: &Place) -> Result<Said, Failure> {
    let store = Store::open(place)?;
    let (sequence, count) = (store.write()?, store.keys.len());
    Ok(Said::new(format!("keyring of {count} keys signed anew: sequence {sequence}\n"), json!({ "keys": count, "sequence": sequence })))
}

fn revoke(given: &str, place: &Place) -> Result<Said, Failure> {
    let mut store = Store::open(place)?;
    let key = find(&mut store.keys, given)?;
    let (was, principal, id) = (key.state, key.principal.clone(), shown(key.key_id));
    key.state = KeyState::Denied;
    if was != KeyState::Denied {
        store.write()?;
    }
    let text = format!("key {id} of {principal} is revoked: live servers refuse it within a second, others from their next start on\n");
    Ok(Said::new(text, json!({ "id": id, "principal": principal, "state": "revoked" })))
}

/// The key with this id, or the key itself.
fn find<'k>(keys: &'k mut [KeyModel], given: &str) -> Result<&'k mut KeyModel, Failure> {
    let id = KeyText::parse(given).map(|key| key.id).ok().or_else(|| u64_base62(given.as_bytes()));
    let found = id.and_then(|id| keys.iter_mut().find(|key| key.key_id == id));
    found.ok_or_else(|| Failure::usage(format_args!("no key has the id {given:?}: `caltrop keys list` shows the ids")))
}

const fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Denied => "revoked",
        KeyState::Active => "active",
        KeyState::Grace => "grace",
    }
}
