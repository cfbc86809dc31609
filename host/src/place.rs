//! Where the images of a guard lie, who signs them, and the floors that keep older ones out.

use std::path::PathBuf;

use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::{Guard, Policy};

use crate::error::LoadError;
use crate::files;
use crate::floors::Floors;
use crate::guard::{Options, open};
use crate::signer;

/// What to do without a policy.
pub(crate) const POLICY_MEND: &str = "write it by `caltrop policy compile`";
/// What to do without a keyring.
pub(crate) const KEYRING_MEND: &str = "write it by `caltrop keys new`";

/// What to do without a list of networks.
pub(crate) const LIST_MEND: &str = "write it by `caltrop list compile`";

/// A folder of images, as one host trusts it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) policy: PathBuf,
    pub(crate) signer: [u8; 32],
    floors: Floors,
}

impl Place {
    /// Reads who signs. It is read once: who can change a file of the folder later does not choose the signer with it.
    pub(crate) fn of(options: &Options) -> Result<Self, LoadError> {
        let public = files::folder_of(&options.policy).join("policy.pub");
        let signer = signer::open(&public).map_err(|error| LoadError::Signer { path: public, error })?;
        Ok(Self { name: options.name.clone(), policy: options.policy.clone(), signer, floors: options.floors.clone() })
    }

    /// Opens a policy that is not older than its floor, and not older than `used`.
    pub(crate) fn policy<'b>(&self, bytes: &'b [u8], used: Floor) -> Result<Policy<'b>, LoadError> {
        let floor = higher(self.floors.read(&self.policy)?, used);
        open(&self.name, &[self.signer], bytes, floor).map_err(|error| self.refused(&self.policy, error))
    }

    /// The file of the keyring that a policy takes its keys from; `None` if it takes none.
    pub(crate) fn keyring_file(&self, policy: &Policy<'_>) -> Option<PathBuf> {
        policy.keyring_feed().map(|(name, _)| self.feed_file(name))
    }

    /// The files of the lists that fill a policy's zones, in its order, and who may sign each.
    pub(crate) fn list_files(&self, policy: &Policy<'_>) -> Vec<(PathBuf, Trust)> {
        policy.prefix_feeds().map(|(name, trust)| (self.feed_file(name), trust)).collect()
    }

    fn feed_file(&self, feed: &str) -> PathBuf {
        files::folder_of(&self.policy).join(format!("{feed}.cltp"))
    }

    /// Checks the keyring of a policy as [`Place::policy`] checks a policy.
    pub(crate) fn keyring(&self, policy: &Policy<'_>, bytes: &[u8], used: Floor) -> Result<(), LoadError> {
        let (Some(path), Some((_, trust))) = (self.keyring_file(policy), policy.keyring_feed()) else { return Ok(()) };
        let floor = higher(self.floors.read(&path)?, used);
        Keyring::open(bytes, &trust, floor).map_err(|error| self.refused(&path, error))?;
        Ok(())
    }

    /// Checks a list as [`Place::policy`] checks a policy.
    pub(crate) fn list(&self, (path, trust): &(PathBuf, Trust), bytes: &[u8], used: Floor) -> Result<(), LoadError> {
        let floor = higher(self.floors.read(path)?, used);
        Prefixes::open(bytes, trust, floor).map_err(|error| self.refused(path, error))?;
        Ok(())
    }

    /// Raises the floors to what a guard uses.
    pub(crate) fn raise(&self, guard: &Guard<'_>) -> Result<(), LoadError> {
        self.floors.raise(&self.policy, guard.policy().floor())?;
        if let (Some(path), Some(keyring)) = (self.keyring_file(guard.policy()), guard.keyring()) {
            self.floors.raise(&path, keyring.image().floor())?;
        }
        self.list_files(guard.policy()).iter().zip(guard.prefixes()).try_for_each(|((path, _), list)| {
            self.floors.raise(path, list.image().floor())?;
            Ok(())
        })
    }

    fn refused(&self, path: &std::path::Path, error: OpenError) -> LoadError {
        LoadError::Image { what: path.display().to_string(), error }
    }
}

fn higher(kept: Floor, used: Floor) -> Floor {
    if used.sequence > kept.sequence { used } else { kept }
}
