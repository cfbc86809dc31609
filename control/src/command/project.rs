//! The files around a policy.toml, and what each holds.
//!
//! | file | holds | made by |
//! | --- | --- | --- |
//! | `policy.toml` | the policy, as people write it | `init` |
//! | `policy.key`, `policy.pub` | who signs policies: secret, public | `init` |
//! | `feed-keys.key`, `feed-keys.pub` | who signs the keyring of `[feed] keys` | `init` |
//! | `pepper-1` | the secret under which API keys are stored | `init` |
//! | `policy.cltp` | the policy, as guards open it | `policy compile` |
//! | `keys.cltp` | the API keys' digests | `keys` |
//! | `*.floor` | the newest image that a server took | servers |
//! | `*.asked` | since when a server wants a feed to be fetched | servers |

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::image::{Floor, Header, Trust};
use caltrop::key::Keyring;
use caltrop::verify::PublicKey;
use caltrop_host::files::{self, FileError};
use ed25519_dalek::SigningKey;
use zerocopy::FromBytes;

use super::said::Failure;
use crate::image::Stamp;
use crate::keys::{self, KeyModel};
use crate::policy::{LoadError, Written};

/// A policy.toml and its folder.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) policy: PathBuf,
}

impl Project {
    pub(super) fn new(policy: &Path) -> Self {
        Self { policy: policy.to_owned() }
    }

    pub(super) fn folder(&self) -> &Path {
        files::folder_of(&self.policy)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The compiled policy.
    pub(super) fn image(&self) -> PathBuf {
        self.policy.with_extension("cltp")
    }

    /// The policy, read and found good.
    pub(super) fn written(&self) -> Result<Written, Failure> {
        Written::load(&self.policy).map_err(|error| match error {
            LoadError::Policy(report) => Failure::report(&report),
            unreadable => Failure::system(unreadable),
        })
    }

    /// The keyring of a feed, as it lies beside the policy; an empty one if there is none yet.
    pub(super) fn keyring(&self, written: &Written, feed: &str) -> Result<StoredKeyring, Failure> {
        let path = self.file(&format!("{feed}.cltp"));
        let Some((header, bytes)) = header(&path)? else { return Ok(StoredKeyring::default()) };
        let signers = written.policy.feeds.iter().find(|known| known.name == feed).map_or(&[][..], |feed| &feed.signers);
        let trusted: Vec<PublicKey> = signers.iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect();
        let scope = format!("{}/{feed}", written.policy.name);
        let keyring = Keyring::open(&bytes, &Trust::new(&scope, &trusted), Floor::NONE)
            .map_err(|error| Failure::wrong(format_args!("{}: {error}", path.display())))?;
        Ok(StoredKeyring { sequence: header.sequence.get(), keys: keys::read(&keyring) })
    }

    /// The secret half of a signer of a feed.
    pub(super) fn feed_key(&self, feed: &str, signers: &[[u8; 32]]) -> Result<SigningKey, Failure> {
        let name = format!("feed-{feed}.key");
        let signer = self.signing_key(&name)?;
        if signers.contains(signer.verifying_key().as_bytes()) {
            return Ok(signer);
        }
        Err(Failure::wrong(format_args!(
            "{}: not the secret half of a signer of [feed] {feed}: name its public half in policy.toml",
            self.file(&name).display()
        )))
    }

    /// A signing key of the project.
    pub(super) fn signing_key(&self, name: &str) -> Result<SigningKey, Failure> {
        signing_key(&self.file(name))
    }
}

/// What a keyring's file holds.
#[derive(Debug, Default)]
pub(super) struct StoredKeyring {
    pub(super) sequence: u64,
    pub(super) keys: Vec<KeyModel>,
}

/// A signing key from its file.
pub(super) fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    let text = files::read_secret(path, "give the key that `caltrop init` made, or run where it is kept")?;
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    let decoded = Base64UrlUnpadded::decode(text.trim(), &mut *seed).is_ok_and(|bytes| bytes.len() == 32);
    if !decoded {
        return Err(FileError::new(path, "not 32 bytes in base64url", "copy the file again, as `caltrop init` wrote it").into());
    }
    Ok(SigningKey::from_bytes(&seed))
}

/// The header of an image, whoever signed it; `None` if there is no such file.
pub(super) fn header(path: &Path) -> Result<Option<(Header, Vec<u8>)>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = files::read(path, "let this user read it")?;
    let header = Header::read_from_prefix(&bytes).map(|(header, _)| header).ok().filter(|header| header.magic == caltrop::image::MAGIC);
    let damaged = || FileError::new(path, "no image", "remove it: it is written anew, and set [policy] sequence above the last one in use");
    Ok(Some((header.ok_or_else(damaged)?, bytes)))
}

/// The stamp of the image that comes after one with this sequence.
pub(super) fn stamp_after(sequence: u64, not_after_s: u64) -> Stamp {
    Stamp { sequence: sequence.saturating_add(1), created_s: caltrop_host::clock::now().wall_s, not_after_s }
}
