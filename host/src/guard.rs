//! A guard that owns what it is made of: images, secrets, words.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use caltrop::guard::{Feeds, Geometry, Secrets, StateError};
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::table::Word;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Policy, Request, State};
use self_cell::self_cell;

use crate::clock;
use crate::error::LoadError;
use crate::files;
use crate::floors::Floors;
use crate::place::{KEYRING_MEND, LIST_MEND, POLICY_MEND, Place};
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
    /// The lists of networks that fill its zones, in the order of its feeds.
    pub prefixes: Vec<Vec<u8>>,
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

type Lists<'i> = Vec<Prefixes<'i>>;

self_cell!(
    /// Images, and the lists opened: a guard borrows them as it does the bytes.
    struct Listed {
        owner: Images,
        #[covariant]
        dependent: Lists,
    }
);

struct Owned {
    listed: Listed,
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
        let mut prefixes = Vec::new();
        for feed in place.list_files(&opened) {
            let list = files::read(&feed.0, LIST_MEND)?;
            place.list(&feed, &list, Floor::NONE)?;
            prefixes.push(list);
        }
        let geometry = opened.geometry();
        let words = match state {
            StateAt::Host => Words::Shared(SharedWords::open(&place.name, geometry)?),
            StateAt::HostNamed(name) => Words::Shared(SharedWords::open(name, geometry)?),
            StateAt::Process => process(geometry)?,
        };
        let base = Base { name: place.name.clone(), signers: vec![place.signer], secrets, words };
        let mut loaded = Self::assemble(Images { policy, keyring, prefixes }, Arc::new(base))?;
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
        self.cell.borrow_owner().listed.borrow_owner()
    }

    /// Opens once more what the callers have opened with its floor: the views borrow from where the bytes are now.
    fn assemble(images: Images, base: Arc<Base>) -> Result<Self, LoadError> {
        let mut warnings = Vec::new();
        let listed = Listed::try_new(images, |images| lists(images, &base))?;
        let cell = Cell::try_new(Owned { listed, base }, |Owned { listed, base }| {
            let images = listed.borrow_owner();
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
            Guard::new(&policy, &Feeds { keyring, prefixes: listed.borrow_dependent() }, &state, &base.secrets).map_err(LoadError::Misuse)
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

/// Opens the lists of a policy, which says who signs them.
fn lists<'i>(images: &'i Images, base: &Base) -> Result<Lists<'i>, LoadError> {
    if images.prefixes.is_empty() {
        return Ok(Vec::new());
    }
    let policy = open(&base.name, &base.signers, &images.policy, Floor::NONE).map_err(|error| in_memory("policy", error))?;
    let feeds = policy.prefix_feeds().zip(&images.prefixes);
    feeds.map(|((name, trust), bytes)| Prefixes::open(bytes, &trust, Floor::NONE).map_err(|error| in_memory(name, error))).collect()
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
