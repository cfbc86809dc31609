//! The keyring of a policy, locked against other commands: read whole, written whole.

use std::fs::File;
use std::path::PathBuf;

use caltrop::mac;
use caltrop_host::files::{self, Readers};
use caltrop_host::secrets;
use ed25519_dalek::SigningKey;

use super::Place;
use crate::command::project::{self, Project};
use crate::command::said::Failure;
use crate::keys::{self, KeyModel};
use crate::policy::{Written, nearest};

pub(super) struct Store {
    pub(super) project: Project,
    pub(super) written: Written,
    scope: String,
    path: PathBuf,
    signer: SigningKey,
    sequence: u64,
    pub(super) keys: Vec<KeyModel>,
    _locked: File,
}

/// The pepper under which new keys are stored: the one with the highest id, so that a second one replaces the first as keys are rotated.
pub(super) struct Pepper {
    pub(super) id: u8,
    pub(super) key: mac::Key,
}

impl Store {
    pub(super) fn open(place: &Place) -> Result<Self, Failure> {
        let project = Project::new(&place.policy);
        let written = project.written()?;
        let no_keys = || Failure::wrong(format_args!("{} takes no API keys: write [auth.key]", place.policy.display()));
        let feed = written.policy.keyring.clone().ok_or_else(no_keys)?;
        let signers = written.policy.feeds.iter().find(|known| known.name == feed).map_or(&[][..], |feed| &feed.signers);
        let signer = project.feed_key(&feed, signers)?;
        let locked = files::lock(project.folder())?;
        let path = project.file(&format!("{feed}.cltp"));
        let scope = format!("{}/{feed}", written.policy.name);
        let stored = project.keyring(&written, &feed)?;
        Ok(Self { project, written, scope, path, signer, sequence: stored.sequence, keys: stored.keys, _locked: locked })
    }

    /// Writes it; its new sequence.
    pub(super) fn write(&self) -> Result<u64, Failure> {
        let stamp = project::stamp_after(self.sequence, 0);
        let image = keys::build(&self.scope, &self.keys, &self.signer, stamp).map_err(Failure::usage)?;
        files::write(&self.path, &image, Readers::All)?;
        Ok(stamp.sequence)
    }

    pub(super) fn pepper(&self) -> Result<Pepper, Failure> {
        let folder = self.project.folder();
        let peppers = secrets::in_folder(folder)?;
        let last = peppers
            .last()
            .ok_or_else(|| Failure::system(format_args!("{}: no pepper-<id>: run where the pepper is kept", folder.display())))?;
        Ok(Pepper { id: last.id, key: mac::Key::new(&last.bytes) })
    }

    /// Scopes, zones and plans that the policy does not know are slips of the hand. Without any plan in it, plans are the application's own.
    pub(super) fn check_names(&self, key: &KeyModel) -> Result<(), String> {
        let policy = &self.written.policy;
        if let Some(known) = &self.written.scopes {
            check_known("scope", &key.scopes, known, "write it in [policy] scopes")?;
        }
        let plans: Vec<&str> = policy.plans.iter().map(|plan| plan.name.as_str()).collect();
        if !plans.is_empty() {
            check_known("plan", &key.plan, &plans, "write it in [plan]")?;
        }
        let zones: Vec<&str> = policy.zones.iter().map(|zone| zone.name.as_str()).collect();
        check_known("zone", &key.zones, &zones, "write it in [network] zones")
    }
}

fn check_known<'n>(what: &str, given: impl IntoIterator<Item = &'n String>, known: &[impl AsRef<str>], mend: &str) -> Result<(), String> {
    let names = || known.iter().map(AsRef::as_ref);
    let Some(unknown) = given.into_iter().find(|name| !names().any(|known| known == name.as_str())) else { return Ok(()) };
    let help = nearest(unknown, names()).map_or_else(|| mend.to_owned(), |near| format!("did you mean {near:?}?"));
    Err(format!("unknown {what} {unknown:?}: {help}"))
}
