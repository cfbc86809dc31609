//! `caltrop keys`: the API keys of a local keyring.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use caltrop::encode::{base62_u64, u64_base62};
use caltrop::image::{Floor, Trust};
use caltrop::key::{Form, KeyText, Keyring, digest, issue};
use caltrop::mac;
use caltrop::verify::PublicKey;
use caltrop_host::files::{self, Readers};
use caltrop_host::secrets;
use ed25519_dalek::SigningKey;
use serde_json::json;
use zeroize::Zeroize;

use super::project::{self, Project};
use super::said::{Failure, Said};
use super::when;
use crate::keys::{self, KeyModel, KeyState};
use crate::policy::{Written, nearest};
use crate::table::table;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Make a key for a principal and print it, once
    New(New),
    /// The keys of the keyring: everything but the keys
    List(Place),
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
    /// What the key begins with: who issued it, and _live or _test
    #[arg(long)]
    prefix: Option<String>,
    /// When it stops being good: 2027-06-30, 2027-06-30T12:00:00Z or 90d
    #[arg(long, value_parser = when::parse)]
    expires: Option<u32>,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::New(new) => create(new),
        Args::List(place) => list(place),
        Args::Revoke { id, place } => revoke(id, place),
    }
}

fn create(new: &New) -> Result<Said, Failure> {
    let mut store = Store::open(&new.place)?;
    let written = &store.written;
    if let Some(known) = &written.scopes {
        check_known("scope", &new.scopes, known, "write it in [policy] scopes")?;
    }
    let zones: Vec<&str> = written.policy.zones.iter().map(|zone| zone.name.as_str()).collect();
    check_known("zone", &new.zones, &zones, "write it in [network] zones")?;
    let peppers = secrets::in_folder(store.project.folder())?;
    let pepper = peppers.last().ok_or_else(|| {
        Failure::system(format_args!("{}: no pepper-<id>: run where the pepper is kept", store.project.folder().display()))
    })?;
    let prefix = new.prefix.clone().unwrap_or_else(|| prefix_of(&written.policy.name));
    let mut entropy = [0; 40];
    getrandom::fill(&mut entropy).map_err(Failure::system)?;
    let key = issue(&prefix, entropy).map_err(|error| Failure::usage(format_args!("--prefix {prefix:?}: {error}")))?;
    entropy.zeroize();
    let stored = digest(&mac::Key::new(&pepper.bytes), Form::Key, key.text().as_bytes());
    let model = KeyModel {
        digest: *stored.ok_or_else(|| Failure::wrong("a key is never that long"))?.as_bytes(),
        key_id: key.id(),
        principal: new.principal.clone(),
        tenant: new.tenant.clone(),
        not_before_s: 0,
        expires_s: new.expires.unwrap_or(0),
        generation: 1,
        scopes: new.scopes.iter().cloned().collect(),
        zones: new.zones.iter().cloned().collect(),
        plan: None,
        environment: key.environment(),
        state: KeyState::Active,
        pepper: pepper.id,
        form: Form::Key,
    };
    store.keys.push(model);
    store.write()?;
    let id = shown(key.id());
    let notes = format!("key {id} of {}: shown this once, and stored only as a digest\n", new.principal);
    Ok(Said::new(format!("{}\n", key.text()), json!({ "key": key.text(), "id": id, "principal": new.principal })).note(notes))
}

fn list(place: &Place) -> Result<Said, Failure> {
    let store = Store::open(place)?;
    let title = ["id", "principal", "tenant", "state", "expires", "scopes", "zones"].map(str::to_owned).to_vec();
    let join =
        |names: &BTreeSet<String>| if names.is_empty() { "-".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(" ") };
    let rows = store.keys.iter().map(|key| {
        let tenant = key.tenant.clone().unwrap_or_else(|| "-".to_owned());
        let state = state(key.state).to_owned();
        vec![shown(key.key_id), key.principal.clone(), tenant, state, when::show(key.expires_s), join(&key.scopes), join(&key.zones)]
    });
    let json: Vec<_> = store
        .keys
        .iter()
        .map(|key| {
            json!({ "id": shown(key.key_id), "principal": key.principal, "tenant": key.tenant, "state": state(key.state), "expires": key.expires_s,
                "scopes": key.scopes, "zones": key.zones })
        })
        .collect();
    Ok(Said::new(table(std::iter::once(title).chain(rows)), json!({ "keys": json })))
}

fn revoke(given: &str, place: &Place) -> Result<Said, Failure> {
    let id = KeyText::parse(given).map(|key| key.id).ok().or_else(|| u64_base62(given.as_bytes()));
    let mut store = Store::open(place)?;
    let found = id.and_then(|id| store.keys.iter_mut().find(|key| key.key_id == id));
    let Some(key) = found else {
        return Err(Failure::usage(format_args!("no key has the id {given:?}: `caltrop keys list` shows the ids")));
    };
    let (was, principal, id) = (key.state, key.principal.clone(), shown(key.key_id));
    key.state = KeyState::Denied;
    if was != KeyState::Denied {
        store.write()?;
    }
    let text = format!("key {id} of {principal} is revoked: servers refuse it from their next start on\n");
    Ok(Said::new(text, json!({ "id": id, "principal": principal, "state": "revoked" })))
}

/// The keyring of a policy, locked against other commands.
struct Store {
    project: Project,
    written: Written,
    scope: String,
    path: PathBuf,
    signer: SigningKey,
    sequence: u64,
    keys: Vec<KeyModel>,
    _locked: File,
}

impl Store {
    fn open(place: &Place) -> Result<Self, Failure> {
        let project = Project::new(&place.policy);
        let written = project.written()?;
        let no_keys = || Failure::wrong(format_args!("{} takes no API keys: write [auth.key]", place.policy.display()));
        let feed = written.policy.keyring.clone().ok_or_else(no_keys)?;
        let secret = format!("feed-{feed}.key");
        let signer = project.signing_key(&secret)?;
        let public = *signer.verifying_key().as_bytes();
        let signers = written.policy.feeds.iter().find(|known| known.name == feed).map(|feed| feed.signers.clone()).unwrap_or_default();
        if !signers.contains(&public) {
            return Err(Failure::wrong(format_args!(
                "{}: not the secret half of a signer of [feed] {feed}: name its public half in policy.toml",
                project.file(&secret).display()
            )));
        }
        let locked = files::lock(project.folder())?;
        let path = project.file(&format!("{feed}.cltp"));
        let scope = format!("{}/{feed}", written.policy.name);
        let (sequence, keys) = match project::header(&path)? {
            None => (0, Vec::new()),
            Some((header, bytes)) => {
                let trusted: Vec<PublicKey> = signers.iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect();
                let keyring = Keyring::open(&bytes, &Trust::new(&scope, &trusted), Floor::NONE)
                    .map_err(|error| Failure::wrong(format_args!("{}: {error}", path.display())))?;
                (header.sequence.get(), keys::read(&keyring))
            }
        };
        Ok(Self { project, written, scope, path, signer, sequence, keys, _locked: locked })
    }

    fn write(&self) -> Result<(), Failure> {
        let stamp = project::stamp_after(self.sequence, 0);
        let image = keys::build(&self.scope, &self.keys, &self.signer, stamp).map_err(Failure::usage)?;
        Ok(files::write(&self.path, &image, Readers::All)?)
    }
}

const fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Denied => "revoked",
        KeyState::Active => "active",
        KeyState::Grace => "grace",
    }
}

/// An id as it stands in the key.
fn shown(id: u64) -> String {
    String::from_utf8_lossy(&base62_u64::<10>(id)).into_owned()
}

/// What the policy's name leaves for a prefix.
fn prefix_of(name: &str) -> String {
    let letters: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let start = letters.trim_start_matches(|c: char| c.is_ascii_digit());
    let short: String = start.chars().take(15).collect();
    if short.len() < 2 { "key_live".to_owned() } else { short + "_live" }
}

fn check_known(what: &str, given: &[String], known: &[impl AsRef<str>], mend: &str) -> Result<(), Failure> {
    let names = || known.iter().map(AsRef::as_ref);
    let Some(unknown) = given.iter().find(|name| !names().any(|known| known == name.as_str())) else { return Ok(()) };
    let help = nearest(unknown, names()).map_or_else(|| mend.to_owned(), |near| format!("did you mean {near:?}?"));
    Err(Failure::usage(format_args!("unknown {what} {unknown:?}: {help}")))
}
