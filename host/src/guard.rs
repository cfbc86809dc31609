//! A guard that owns what it is made of: images, secrets, words.

use std::fmt;
use std::path::{Path, PathBuf};

use caltrop::guard::{Feeds, Geometry, Misuse, Secrets, StateError};
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::table::Word;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Policy, Request, State};
use self_cell::self_cell;

use crate::clock;
use crate::files::{self, FileError};
use crate::floors::Floors;
use crate::shared::{SharedError, SharedWords};
use crate::signer::{self, SignerError};

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
#[derive(Debug)]
pub struct Images {
    /// The policy.
    pub policy: Vec<u8>,
    /// The keyring, for a policy that takes API keys.
    pub keyring: Option<Vec<u8>>,
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

struct Owned {
    images: Images,
    secrets: Secrets,
    words: Words,
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
        let folder = files::folder_of(&options.policy);
        let public = folder.join("policy.pub");
        let signer = signer::open(&public).map_err(|error| LoadError::Signer { path: public, error })?;
        let policy_floor = options.floors.read(&options.policy)?;
        let bytes = files::read(&options.policy, "write it by `caltrop policy compile`")?;
        let fail = |path: &Path| {
            let what = path.display().to_string();
            move |error| LoadError::Image { what, error }
        };
        let policy = open(&options.name, &[signer], &bytes, policy_floor).map_err(fail(&options.policy))?;
        let keyring_path = policy.keyring_feed().map(|(name, trust)| (folder.join(format!("{name}.cltp")), trust));
        let keyring = keyring_path
            .as_ref()
            .map(|(path, trust)| {
                let bytes = files::read(path, "write it by `caltrop keys new`")?;
                Keyring::open(&bytes, trust, options.floors.read(path)?).map_err(fail(path))?;
                Ok::<_, LoadError>(bytes)
            })
            .transpose()?;
        let geometry = policy.geometry();
        let words = match &options.state {
            StateAt::Host => Words::Shared(SharedWords::open(&options.name, geometry)?),
            StateAt::HostNamed(name) => Words::Shared(SharedWords::open(name, geometry)?),
            StateAt::Process => process(geometry)?,
        };
        let owned = Owned { images: Images { policy: bytes, keyring }, secrets: options.secrets, words };
        let loaded = Self::assemble(owned, &options.name, &[signer])?;
        let guard = loaded.guard();
        options.floors.raise(&options.policy, guard.policy().floor())?;
        if let (Some((path, _)), Some(keyring)) = (&keyring_path, guard.keyring()) {
            options.floors.raise(path, keyring.image().floor())?;
        }
        Ok(loaded)
    }

    /// A guard of images in memory, with a state of its own and no floors: for tests and tools.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn open(name: &str, signers: &[[u8; 32]], images: Images, secrets: Secrets) -> Result<Self, LoadError> {
        let fail = |what: &'static str| move |error| LoadError::Image { what: what.to_owned(), error };
        let policy = open(name, signers, &images.policy, Floor::NONE).map_err(fail("policy"))?;
        if let (Some((_, trust)), Some(keyring)) = (policy.keyring_feed(), &images.keyring) {
            Keyring::open(keyring, &trust, Floor::NONE).map_err(fail("keyring"))?;
        }
        let words = process(policy.geometry())?;
        Self::assemble(Owned { images, secrets, words }, name, signers)
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
        match &self.cell.borrow_owner().words {
            Words::Shared(words) => Some(words.path()),
            Words::Process(_) => None,
        }
    }

    /// The image of the policy and that of the keyring.
    #[must_use]
    pub fn images(&self) -> &Images {
        &self.cell.borrow_owner().images
    }

    /// Opens once more what the callers have opened with its floor: the views borrow from where the bytes are now.
    fn assemble(owned: Owned, name: &str, signers: &[[u8; 32]]) -> Result<Self, LoadError> {
        let mut warnings = Vec::new();
        let cell = Cell::try_new(owned, |owned| {
            let fail = |what: &'static str| move |error| LoadError::Image { what: what.to_owned(), error };
            let policy = open(name, signers, &owned.images.policy, Floor::NONE).map_err(fail("policy"))?;
            let feed = policy.keyring_feed().zip(owned.images.keyring.as_deref());
            let keyring = feed.map(|((_, trust), bytes)| Keyring::open(bytes, &trust, Floor::NONE).map_err(fail("keyring"))).transpose()?;
            let state = State::attach(owned.words.as_slice()).map_err(LoadError::Words)?;
            if state.geometry() != policy.geometry() {
                warnings.push(format!(
                    "the state has {} slots and the policy says {}: it keeps its size until its file is removed",
                    8 * u64::from(state.geometry().rate.lines),
                    8 * u64::from(policy.geometry().rate.lines)
                ));
            }
            let wall_s = clock::now().wall_s;
            if policy.is_expired(wall_s) {
                warnings.push("the policy is past its `expires`".to_owned());
            }
            Guard::new(&policy, &Feeds { keyring }, &state, &owned.secrets).map_err(LoadError::Misuse)
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

fn open<'b>(name: &str, signers: &[[u8; 32]], bytes: &'b [u8], floor: Floor) -> Result<Policy<'b>, OpenError> {
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

/// Why there is no guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// A file.
    File(FileError),
    /// The public key of the policy.
    Signer {
        /// Its file.
        path: PathBuf,
        /// Why it is none.
        error: SignerError,
    },
    /// An image that is refused.
    Image {
        /// Its file, or `policy` or `keyring` for one in memory.
        what: String,
        /// Why.
        error: OpenError,
    },
    /// The parts do not fit together.
    Misuse(Misuse),
    /// The shared state.
    State(SharedError),
    /// The words of the state.
    Words(StateError),
}

impl From<FileError> for LoadError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<SharedError> for LoadError {
    fn from(error: SharedError) -> Self {
        Self::State(error)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Signer { path, error } => write!(f, "{}: {error}: {}", path.display(), error.mend()),
            Self::Image { what, error } => write!(f, "{what}: {error}"),
            Self::Misuse(error) => error.fmt(f),
            Self::State(error) => error.fmt(f),
            Self::Words(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}
