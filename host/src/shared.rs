// Read first: docs/formats.md §4.
//! One state for all processes of a host: words in a file under /dev/shm.
//!
//! Promises: a process finds a whole state or none, however many start at once and wherever one is killed; a file that another user placed there,
//! that is of another layout, or that an earlier boot left behind is refused by name.
//! Costs: a file of the state's size and one page; it stays after the last process, so that a restart keeps every balance.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use caltrop::State;
use caltrop::guard::{Geometry, StateError};
use caltrop::name::is_name;
use caltrop::table::Word;
use memmap2::MmapRaw;
use rustix::fs::{FallocateFlags, OFlags};

/// Where states lie.
const FOLDER: &str = "/dev/shm";
/// `CLTPHOST`: what the file begins with.
const MAGIC: u64 = u64::from_le_bytes(*b"CLTPHOST");
/// The layout of the file; it stands in its name too, so that releases of two layouts live side by side.
const LAYOUT: u64 = 3;
/// The file's own page, in words: magic, layout, words of the state, boot id (2).
const HEAD: usize = 512;

/// The words of a state that all processes of this user on this host share.
#[derive(Debug)]
pub struct SharedWords {
    map: MmapRaw,
    path: PathBuf,
}

impl SharedWords {
    /// Attaches to the state of this name, and makes it first if there is none. One that is there keeps its geometry.
    ///
    /// # Errors
    /// [`SharedError`] names the file and what would do.
    ///
    /// # Example: two processes' worth of one state
    /// ```
    /// use caltrop::{State, audit::Verdict, guard::Geometry, table::TableSize};
    /// use caltrop_host::shared::SharedWords;
    /// use std::num::NonZero;
    /// let rate = TableSize { lines: 16, overflow_log2: 6 };
    /// let geometry = Geometry { rate, lease_lines: 2, lease_s: NonZero::new(120).unwrap(), audit_slots: 16 };
    /// let name = format!("doc-{}", std::process::id());
    /// let first = SharedWords::open(&name, geometry).unwrap();
    /// let second = SharedWords::open(&name, geometry).unwrap();
    /// State::attach(first.words()).unwrap().journal().count(Verdict::Pass);
    /// assert_eq!(State::attach(second.words()).unwrap().journal().counted(Verdict::Pass), 1);
    /// std::fs::remove_file(first.path()).unwrap();
    /// ```
    pub fn open(name: &str, geometry: Geometry) -> Result<Self, SharedError> {
        let path = path_of(name)?;
        match attach(&path) {
            Err(SharedError::System { kind: ErrorKind::NotFound, .. }) => {}
            done => return done,
        }
        match create(&path, geometry) {
            // Another process was faster, and its state is whole.
            Err(SharedError::System { kind: ErrorKind::AlreadyExists, .. }) => attach(&path),
            done => done,
        }
    }

    /// The state's words, for [`State::attach`].
    #[must_use]
    pub fn words(&self) -> &[Word] {
        self.all().get(HEAD..).unwrap_or_default()
    }

    /// The file. Who removes it forgets every balance; processes that hold it keep the old one until they end.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    #[allow(unsafe_code, reason = "a mapping has no other way to become words; everything else here works on the slice")]
    fn all(&self) -> &[Word] {
        let count = self.map.len() / size_of::<Word>();
        // SAFETY: `from_raw_parts` asks for: non-null and aligned for `Word` (a mapping begins at a page, and `Word` is as large and aligned as
        // u64: asserted below), at most `isize::MAX` bytes of one object (the length of the mapping, which `MmapRaw` keeps), initialised (a file's
        // bytes), alive while the borrow is (`self` owns the mapping). Other processes write meanwhile, and `Word` is an atomic.
        unsafe { std::slice::from_raw_parts(self.map.as_ptr().cast::<Word>(), count) }
    }
}

const _: () = assert!(size_of::<Word>() == size_of::<u64>() && align_of::<Word>() == align_of::<u64>());
// Processes share the words: a lock that each of them holds for itself would not do.
#[cfg(not(target_has_atomic = "64"))]
compile_error!("a shared state needs 64-bit atomics without locks");

/// The file of the state of this name.
///
/// # Errors
/// [`SharedError::Name`].
pub fn path_of(name: &str) -> Result<PathBuf, SharedError> {
    if !is_name(name) || name.contains('/') {
        return Err(SharedError::Name { given: name.to_owned() });
    }
    let user = rustix::process::geteuid().as_raw();
    Ok(Path::new(FOLDER).join(format!("caltrop.{user}.{name}.{LAYOUT}")))
}

fn create(path: &Path, geometry: Geometry) -> Result<SharedWords, SharedError> {
    let count = State::words(geometry).ok_or(SharedError::State { path: path.to_owned(), error: StateError::Geometry })?;
    let bytes = u64::try_from((HEAD + count) * size_of::<Word>()).unwrap_or(u64::MAX);
    let mode = Permissions::from_mode(0o600);
    let temporary = tempfile::Builder::new().prefix(".caltrop-").permissions(mode).tempfile_in(FOLDER);
    let temporary = temporary.map_err(|error| system(path, &error))?;
    // Without room for all of it, a later write would end the process.
    rustix::fs::fallocate(temporary.as_file(), FallocateFlags::empty(), 0, bytes)
        .map_err(|_| SharedError::Room { path: path.to_owned(), bytes })?;
    let words = SharedWords { map: map(path, temporary.as_file())?, path: path.to_owned() };
    let (head, rest) = words.all().split_at(HEAD);
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(|_| SharedError::Entropy)?;
    State::format(rest, geometry, entropy).map_err(|error| SharedError::State { path: path.to_owned(), error })?;
    let [boot_a, boot_b] = boot_id()?;
    let said = [LAYOUT, rest.len() as u64, boot_a, boot_b];
    head.iter().skip(1).zip(said).for_each(|(word, value)| word.store(value, Relaxed));
    head[0].store(MAGIC, Release);
    temporary.persist_noclobber(path).map_err(|error| system(path, &error.error))?;
    Ok(words)
}

fn attach(path: &Path) -> Result<SharedWords, SharedError> {
    let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits();
    let file =
        OpenOptions::new().read(true).write(true).custom_flags(flags.cast_signed()).open(path).map_err(|error| system(path, &error))?;
    let meta = file.metadata().map_err(|error| system(path, &error))?;
    let refuse = |what: String| Err(SharedError::Foreign { path: path.to_owned(), what });
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user {
        return refuse(format!("it belongs to user {}, not to {user}", meta.uid()));
    }
    if !meta.is_file() || meta.mode() & 0o777 != 0o600 {
        return refuse(format!("its mode is {:o}, not a file's with 600", meta.mode()));
    }
    let page = u64::try_from(HEAD * size_of::<Word>()).unwrap_or(u64::MAX);
    if meta.len() < page || !meta.len().is_multiple_of(8) {
        return refuse(format!("{} bytes are no state", meta.len()));
    }
    let words = SharedWords { map: map(path, &file)?, path: path.to_owned() };
    let [magic, layout, count, boot_a, boot_b, ..] = words.all() else { return refuse("too short".to_owned()) };
    if magic.load(Acquire) != MAGIC || layout.load(Relaxed) != LAYOUT {
        return refuse("it is no state of this release".to_owned());
    }
    if count.load(Relaxed) != words.words().len() as u64 {
        return refuse(format!("it says {} words and has {}", count.load(Relaxed), words.words().len()));
    }
    if [boot_a.load(Relaxed), boot_b.load(Relaxed)] != boot_id()? {
        return refuse("it was made before this machine started".to_owned());
    }
    State::attach(words.words()).map_err(|error| SharedError::State { path: path.to_owned(), error })?;
    Ok(words)
}

fn map(path: &Path, file: &File) -> Result<MmapRaw, SharedError> {
    MmapRaw::map_raw(file).map_err(|error| system(path, &error))
}

/// The id that the kernel chose when it started: buckets count on a clock that began then.
fn boot_id() -> Result<[u64; 2], SharedError> {
    let path = Path::new("/proc/sys/kernel/random/boot_id");
    let text = std::fs::read_to_string(path).map_err(|error| system(path, &error))?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let id = u128::from_str_radix(&digits, 16).map_err(|_| SharedError::Foreign { path: path.to_owned(), what: "no id".to_owned() })?;
    let (high, low) = (id >> 64, id & u128::from(u64::MAX));
    Ok([u64::try_from(high).unwrap_or(0), u64::try_from(low).unwrap_or(0)])
}

fn system(path: &Path, error: &std::io::Error) -> SharedError {
    SharedError::System { path: path.to_owned(), kind: error.kind(), what: error.to_string() }
}

/// Why there is no shared state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedError {
    /// A name that no file can have.
    Name {
        /// What was given.
        given: String,
    },
    /// The system refuses.
    System {
        /// The file.
        path: PathBuf,
        /// What kind of refusal.
        kind: ErrorKind,
        /// What it said.
        what: String,
    },
    /// There is not enough memory for it.
    Room {
        /// The file.
        path: PathBuf,
        /// How many bytes it takes.
        bytes: u64,
    },
    /// What is there is not a state of this user, release and boot.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The core refuses the words.
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        error: StateError,
    },
    /// The system gave no random bytes.
    Entropy,
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { given } => write!(f, "state name {given:?}: use 1 to 63 visible ASCII characters without a slash"),
            Self::System { path, what, .. } => {
                write!(
                    f,
                    "{}: {what}: mount a tmpfs that this user may write on {FOLDER}, or keep the state in the process",
                    path.display()
                )
            }
            Self::Room { path, bytes } => write!(
                f,
                "{}: no room for {bytes} bytes: make {FOLDER} larger (docker: --shm-size), or lower [policy] slots",
                path.display()
            ),
            Self::Foreign { path, what } => {
                write!(f, "{}: {what}: stop what uses it and remove it, or use another state name", path.display())
            }
            Self::State { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Entropy => f.write_str("the system gives no random bytes: is /dev/urandom there?"),
        }
    }
}

impl std::error::Error for SharedError {}
