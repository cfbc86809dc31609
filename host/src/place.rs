//! Where the images of a guard lie, who signs them, and the floors that keep older ones out.

use std::fs::File;
use std::path::PathBuf;
use std::time::SystemTime;

use caltrop::access::Revocations;
use caltrop::image::{Floor, Kind, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::token::KeySet;
use caltrop::{Guard, Policy};

use crate::error::LoadError;
use crate::files::{self, FileError};
use crate::floors::Floors;
use crate::guard::{Options, open};
use crate::signer;

/// What to do without a policy.
pub(crate) const POLICY_MEND: &str = "write it by `caltrop policy compile`";
/// What to do without a keyring.
pub(crate) const KEYRING_MEND: &str = "write it by `caltrop keys new`";

/// A feed beside the keyring.
#[derive(Debug)]
pub(crate) struct FeedFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    trust: Trust,
}

impl FeedFile {
    /// What to do without it.
    pub(crate) const fn mend(&self) -> &'static str {
        match self.kind {
            Kind::Jwks => "write it by `caltrop sync --once`",
            Kind::Revocations => "write it by `caltrop revocations renew`",
            _ => "write it by `caltrop list compile`",
        }
    }
}

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

    /// The files of a policy's feeds but the keyring, in its order.
    pub(crate) fn feed_files(&self, policy: &Policy<'_>) -> Vec<FeedFile> {
        let feeds = policy.feeds().filter(|(_, kind, _)| *kind != Kind::Keyring);
        feeds.map(|(name, kind, trust)| FeedFile { name: name.to_owned(), path: self.feed_file(name), kind, trust }).collect()
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

    /// Checks the image of a feed as [`Place::policy`] checks a policy.
    pub(crate) fn feed(&self, feed: &FeedFile, bytes: &[u8], used: Floor) -> Result<(), LoadError> {
        let floor = higher(self.floors.read(&feed.path)?, used);
        let opened = match feed.kind {
            Kind::Jwks => KeySet::open(bytes, &feed.trust, floor).map(|_| ()),
            Kind::Revocations => Revocations::open(bytes, &feed.trust, floor).map(|_| ()),
            _ => Prefixes::open(bytes, &feed.trust, floor).map(|_| ()),
        };
        opened.map_err(|error| self.refused(&feed.path, error))
    }

    /// Tells who fetches feeds since when this one is wanted: by the time of a file, which no worker sets back.
    pub(crate) fn ask(&self, feed: &str, since: SystemTime) -> Result<(), FileError> {
        let Some(path) = self.floors.beside(&self.feed_file(feed), "asked") else { return Ok(()) };
        if std::fs::metadata(&path).and_then(|about| about.modified()).is_ok_and(|asked| asked >= since) {
            return Ok(());
        }
        let touched = File::create(&path).and_then(|file| file.set_modified(since));
        touched.map_err(|error| FileError::new(&path, error, "make its folder writable, so that the feed is fetched when it is wanted"))
    }

    /// Raises the floors to what a guard uses.
    pub(crate) fn raise(&self, guard: &Guard<'_>) -> Result<(), LoadError> {
        self.floors.raise(&self.policy, guard.policy().floor())?;
        if let (Some(path), Some(keyring)) = (self.keyring_file(guard.policy()), guard.keyring()) {
            self.floors.raise(&path, keyring.image().floor())?;
        }
        let of_feed = |feed: FeedFile| guard.feed_image(&feed.name).map(|image| (feed.path, image.floor()));
        self.feed_files(guard.policy()).into_iter().filter_map(of_feed).try_for_each(|(path, floor)| Ok(self.floors.raise(&path, floor)?))
    }

    fn refused(&self, path: &std::path::Path, error: OpenError) -> LoadError {
        LoadError::Image { what: path.display().to_string(), error }
    }
}

fn higher(kept: Floor, used: Floor) -> Floor {
    if used.sequence > kept.sequence { used } else { kept }
}
