//! A guard that owns what it is made of: images, secrets, words.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use caltrop::access::Revocations;
use caltrop::guard::{Feeds, Geometry, Secrets, StateError};
use caltrop::image::{Floor, Kind, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::table::Word;
use caltrop::token::KeySet;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Policy, Request, State};
use self_cell::self_cell;

use crate::clock;
use crate::error::LoadError;
use crate::files;
use crate::floors::Floors;
use crate::place::{KEYRING_MEND, POLICY_MEND, Place};
use crate::shared::{SharedError, SharedWords};

/// Where the state is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StateAt {
    /// Shared by all processes of this user on this host that load the policy of this name; `Some` shares by another name.
    #[default]
    Host,
    /// As [`StateAt::Host`], by another name than the policy's.
    HostNamed(String),
    /// In this process alone: limits count for each worker by itself.
    Process,
}

/// What to load.
#[derive(Debug)]
pub struct Options {
    /// The name of the policy that the host expects.
    pub name: String,
    /// The policy's image. Its public key is `policy.pub` beside it, and the image of a feed `<feed>.cltp`.
    pub policy: PathBuf,
    /// The peppers.
    pub secrets: Secrets,
    /// Where the state is.
    pub state: StateAt,
    /// Where floors are kept.
    pub floors: Floors,
}

impl Options {
    /// The state shared by the host, floors beside the images.
    #[must_use]
    pub fn new(name: impl Into<String>, policy: impl Into<PathBuf>, secrets: Secrets) -> Self {
        Self { name: name.into(), policy: policy.into(), secrets, state: StateAt::default(), floors: Floors::default() }
    }
}

/// Images in memory.
#[derive(Debug, PartialEq, Eq)]
pub struct Images {
    /// The policy.
    pub policy: Vec<u8>,
    /// The keyring, for a policy that takes API keys.
    pub keyring: Option<Vec<u8>>,
    /// Lists of networks, keys of issuers and revocations, in the order of the policy's feeds; a keyring is not among them.
    pub feeds: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Words {
    Shared(SharedWords),
    Process(Box<[Word]>),
}

impl Words {
    fn as_slice(&self) -> &[Word] {
        match self {
            Self::Shared(words) => words.words(),
            Self::Process(words) => words,
        }
    }
}

/// What stays while images change: how they are opened, the secrets, the words.
struct Base {
    name: String,
    signers: Vec<[u8; 32]>,
    secrets: Secrets,
    words: Words,
}

/// Feeds that a guard borrows as slices.
#[derive(Default)]
struct Fed<'i> {
    prefixes: Vec<Prefixes<'i>>,
    key_sets: Vec<KeySet<'i>>,
    revocations: Option<Revocations<'i>>,
}

self_cell!(
    /// Images, and the feeds opened: a guard borrows them as it does the bytes.
    struct Opened {
        owner: Images,
        #[covariant]
        dependent: Fed,
    }
);

struct Owned {
    opened: Opened,
    base: Arc<Base>,
}

self_cell!(
    struct Cell {
        owner: Owned,
        #[covariant]
        dependent: Guard,
    }
);

/// A guard and all that it is made of. Any thread may ask it.
///
/// # Example: load once, then ask for each request
/// ```no_run
/// use caltrop_host::{HostGuard, Options, secrets};
/// let secrets = secrets::prepare(&secrets::in_env("CALTROP_").unwrap()).unwrap();
/// let guard = HostGuard::load(Options::new("acme-api", "policy.cltp", secrets)).unwrap();
/// guard.warnings().iter().for_each(|warning| eprintln!("{warning}"));
/// let serve = |request: &caltrop::Request<'_>| guard.admit(request).is_allowed();
/// ```
pub struct HostGuard {
    cell: Cell,
    warnings: Vec<String>,
}

impl HostGuard {
    /// Reads, opens and puts together; then raises the floors.
    ///
    /// # Errors
    /// [`LoadError`]; nothing was changed, but that a state may have been made.
    pub fn load(options: Options) -> Result<Self, LoadError> {
        let place = Place::of(&options)?;
        Self::load_from(&place, options.secrets, &options.state)
    }

    pub(crate) fn load_from(place: &Place, secrets: Secrets, state: &StateAt) -> Result<Self, LoadError> {
        let policy = files::read(&place.policy, POLICY_MEND)?;
        let opened = place.policy(&policy, Floor::NONE)?;
        let keyring = place.keyring_file(&opened).map(|path| files::read(&path, KEYRING_MEND)).transpose()?;
        if let Some(keyring) = &keyring {
            place.keyring(&opened, keyring, Floor::NONE)?;
        }
        let mut feeds = Vec::new();
        for feed in place.feed_files(&opened) {
            let image = files::read(&feed.path, feed.mend())?;
            place.feed(&feed, &image, Floor::NONE)?;
            feeds.push(image);
        }
        let geometry = opened.geometry();
        let words = match state {
            StateAt::Host => Words::Shared(SharedWords::open(&place.name, geometry)?),
            StateAt::HostNamed(name) => Words::Shared(SharedWords::open(name, geometry)?),
            StateAt::Process => process(geometry)?,
        };
        let base = Base { name: place.name.clone(), signers: vec![place.signer], secrets, words };
        let mut loaded = Self::assemble(Images { policy, keyring, feeds }, Arc::new(base))?;
        place.raise(loaded.guard())?;
        let stale = loaded.guard().stale(clock::now()).map(|stale| stale.to_string()).collect::<Vec<_>>();
        loaded.warnings.extend(stale);
        Ok(loaded)
    }

    /// A guard of images in memory, with a state of its own and no floors: for tests and tools.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn open(name: &str, signers: &[[u8; 32]], images: Images, secrets: Secrets) -> Result<Self, LoadError> {
        let policy = open(name, signers, &images.policy, Floor::NONE).map_err(|error| in_memory("policy", error))?;
        let words = process(policy.geometry())?;
        Self::assemble(images, Arc::new(Base { name: name.to_owned(), signers: signers.to_vec(), secrets, words }))
    }

    /// Another guard of these images: the same name, signers and secrets, and the same words, so that every balance stays.
    ///
    /// # Errors
    /// [`LoadError::Image`] or [`LoadError::Misuse`].
    pub(crate) fn again(&self, images: Images) -> Result<Self, LoadError> {
        Self::assemble(images, Arc::clone(&self.cell.borrow_owner().base))
    }

    /// The guard.
    #[must_use]
    pub fn guard(&self) -> &Guard<'_> {
        self.cell.borrow_dependent()
    }

    /// Decides about a request, now.
    pub fn admit(&self, request: &Request<'_>) -> Decision<'_> {
        self.guard().admit(request, clock::now())
    }

    /// What is odd and no error: for the server's log, at start.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The file of a shared state.
    #[must_use]
    pub fn state_path(&self) -> Option<&Path> {
        match &self.cell.borrow_owner().base.words {
            Words::Shared(words) => Some(words.path()),
            Words::Process(_) => None,
        }
    }

    /// The images of the policy and of its feeds.
    #[must_use]
    pub fn images(&self) -> &Images {
        self.cell.borrow_owner().opened.borrow_owner()
    }

    /// Opens once more what the callers have opened with its floor: the views borrow from where the bytes are now.
    fn assemble(images: Images, base: Arc<Base>) -> Result<Self, LoadError> {
        let mut warnings = Vec::new();
        let opened = Opened::try_new(images, |images| fed(images, &base))?;
        let cell = Cell::try_new(Owned { opened, base }, |Owned { opened, base }| {
            let (images, fed) = (opened.borrow_owner(), opened.borrow_dependent());
            let policy = open(&base.name, &base.signers, &images.policy, Floor::NONE).map_err(|error| in_memory("policy", error))?;
            let feed = policy.keyring_feed().zip(images.keyring.as_deref());
            let keyring = feed.map(|((_, trust), bytes)| Keyring::open(bytes, &trust, Floor::NONE)).transpose();
            let keyring = keyring.map_err(|error| in_memory("keyring", error))?;
            let state = State::attach(base.words.as_slice()).map_err(LoadError::Words)?;
            if state.geometry() != policy.geometry() {
                let [has, says] = [state.geometry(), policy.geometry()]
                    .map(|geometry| format!("{} slots and a lease of {} s", 8 * u64::from(geometry.rate.lines), geometry.lease_s));
                warnings.push(format!("the state has {has}, and the policy says {says}: it keeps its own until its file is removed"));
            }
            let wall_s = clock::now().wall_s;
            if policy.is_expired(wall_s) {
                warnings.push("the policy is past its `expires`".to_owned());
            }
            let feeds = Feeds { keyring, prefixes: &fed.prefixes, key_sets: &fed.key_sets, revocations: fed.revocations };
            Guard::new(&policy, &feeds, &state, &base.secrets).map_err(LoadError::Misuse)
        })?;
        Ok(Self { cell, warnings })
    }
}

impl fmt::Debug for HostGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostGuard")
            .field("policy", &self.guard().policy().name())
            .field("state", &self.state_path())
            .finish_non_exhaustive()
    }
}

/// Opens the feeds of a policy, which says who signs them.
fn fed<'i>(images: &'i Images, base: &Base) -> Result<Fed<'i>, LoadError> {
    let mut fed = Fed::default();
    if images.feeds.is_empty() {
        return Ok(fed);
    }
    let policy = open(&base.name, &base.signers, &images.policy, Floor::NONE).map_err(|error| in_memory("policy", error))?;
    let feeds = policy.feeds().filter(|(_, kind, _)| *kind != Kind::Keyring);
    for ((name, kind, trust), bytes) in feeds.zip(&images.feeds) {
        let opened = match kind {
            Kind::Jwks => KeySet::open(bytes, &trust, Floor::NONE).map(|set| fed.key_sets.push(set)),
            Kind::Revocations => Revocations::open(bytes, &trust, Floor::NONE).map(|list| fed.revocations = Some(list)),
            _ => Prefixes::open(bytes, &trust, Floor::NONE).map(|list| fed.prefixes.push(list)),
        };
        opened.map_err(|error| in_memory(name, error))?;
    }
    Ok(fed)
}

fn in_memory(what: &str, error: OpenError) -> LoadError {
    LoadError::Image { what: what.to_owned(), error }
}

pub(crate) fn open<'b>(name: &str, signers: &[[u8; 32]], bytes: &'b [u8], floor: Floor) -> Result<Policy<'b>, OpenError> {
    let keys: Vec<PublicKey> = signers.iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect();
    Policy::open(bytes, &Trust::new(name, &keys), floor)
}

fn process(geometry: Geometry) -> Result<Words, LoadError> {
    let count = State::words(geometry).ok_or(LoadError::Words(StateError::Geometry))?;
    let words: Box<[Word]> = (0..count).map(|_| Word::new(0)).collect();
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(|_| LoadError::State(SharedError::Entropy))?;
    State::format(&words, geometry, entropy).map_err(LoadError::Words)?;
    Ok(Words::Process(words))
}
