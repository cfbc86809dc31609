//! A guard that takes a new policy, keyring or list while requests come.
//!
//! Defends against: a revoked key that is good until a restart; a restart that loses requests; a bad file that stops a good server.
//! Promises: what was renamed into place decides from the next [`LiveGuard::poll`] on that is [`LOOK_NS`] after the last; a decision is made by one
//! policy and the feeds that were checked together; balances stay, since the state does; a file that is refused changes nothing and is told once,
//! and so is a feed that goes stale;
//! a sequence is never taken back, whatever the floors on disk say.
//! Costs: [`LiveGuard::current`] is a few atomic operations, without a lock, and without an allocation but a thread's first; a poll that finds
//! nothing new is one load, and a `stat` a file five times a second; a new file costs its signature check on the thread that polls.
//! Full: nothing grows. Of the old images none is held once the requests that they decide have ended.
//! Not here: `policy.pub`, the secrets and the size of the state, which are read once: a new signer or pepper needs a restart. A file that is
//! written in place, and not renamed, may be read half and is then refused until it is whole.

mod asks;
mod watched;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arc_swap::ArcSwap;
use caltrop::image::{Floor, Image};
use caltrop::time::Now;
use caltrop::{Guard, Policy};

use crate::clock;
use crate::error::LoadError;
use crate::guard::{HostGuard, Images, Options};
use crate::place::{FeedFile, KEYRING_MEND, POLICY_MEND, Place};
use asks::Asks;
use watched::Watched;

/// How long a poll relies on the last look, in nanoseconds: a fifth of a second, so that a revocation is known everywhere well within one.
pub const LOOK_NS: u64 = 200_000_000;

/// What a look at the files brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An image decides from now on.
    Taken {
        /// Its file.
        image: PathBuf,
        /// Its sequence.
        sequence: u64,
    },
    /// A file was refused, and what decided before still does. Told once for each file.
    Refused(LoadError),
    /// What was taken decides, and its floor cannot be written: after a restart an older image might be taken. Told once, tried at every look.
    FloorNotKept(LoadError),
    /// A feed whose image is older than the policy lets it be. Told once, until a newer one is taken.
    Stale(String),
    /// What is odd about what was taken, and no error.
    Warning(String),
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { image, sequence } => write!(f, "{}: sequence {sequence} decides from now on", image.display()),
            Self::Refused(error) => write!(f, "refused, and what decided before still does: {error}"),
            Self::FloorNotKept(error) => write!(f, "what decides now could be rolled back by a restart: {error}"),
            Self::Stale(text) | Self::Warning(text) => f.write_str(text),
        }
    }
}

/// A [`HostGuard`] that is replaced by another one when its files are. Any thread may ask it and poll it.
///
/// # Example: a server without threads polls before it decides
/// ```no_run
/// use caltrop_host::{LiveGuard, Options, clock, secrets};
/// let secrets = secrets::prepare(&secrets::in_env("CALTROP_").unwrap()).unwrap();
/// let live = LiveGuard::load(Options::new("acme-api", "policy.cltp", secrets)).unwrap();
/// let serve = |request: &caltrop::Request<'_>| {
///     live.poll(clock::now()).iter().for_each(|news| eprintln!("{news}"));
///     live.current().admit(request).is_allowed()
/// };
/// ```
/// # Example: a server with threads has one that polls
/// ```no_run
/// # use caltrop_host::{LiveGuard, Options, secrets};
/// # let secrets = secrets::prepare(&secrets::in_env("CALTROP_").unwrap()).unwrap();
/// let live = std::sync::Arc::new(LiveGuard::load(Options::new("acme-api", "policy.cltp", secrets)).unwrap());
/// let watcher = live.watch(|news| eprintln!("{news}")).unwrap();
/// // … serve until the end …
/// drop(watcher);
/// ```
pub struct LiveGuard {
    current: ArcSwap<HostGuard>,
    next_look_ns: AtomicU64,
    watch: Mutex<Watch>,
}

impl LiveGuard {
    /// Loads a guard as [`HostGuard::load`] does.
    ///
    /// # Errors
    /// As [`HostGuard::load`].
    pub fn load(options: Options) -> Result<Self, LoadError> {
        let place = Place::of(&options)?;
        let guard = HostGuard::load_from(&place, options.secrets, &options.state)?;
        // What was stale at the start is among its warnings.
        let stale = guard.guard().stale(clock::now()).map(|stale| stale.feed.to_owned()).collect();
        let keyring = place.keyring_file(guard.guard().policy()).map(|path| Watched::new(path, KEYRING_MEND));
        let feeds = place.feed_files(guard.guard().policy()).into_iter().map(|feed| Watched::new(feed.path.clone(), feed.mend()));
        let files = std::iter::once(Watched::new(place.policy.clone(), POLICY_MEND)).chain(keyring).chain(feeds).collect();
        Ok(Self {
            current: ArcSwap::from_pointee(guard),
            next_look_ns: AtomicU64::new(0),
            watch: Mutex::new(Watch { place, files, again: false, owes_floor: false, floor_told: None, stale, asks: Asks::default() }),
        })
    }

    /// The guard that decides now. Who holds it asks it as long as one request lasts: a grant is settled by the guard that gave it.
    #[must_use]
    pub fn current(&self) -> Arc<HostGuard> {
        self.current.load_full()
    }

    /// Looks at the files if the last look is [`LOOK_NS`] old, and takes what is new and good.
    ///
    /// # Bounds
    /// One load in between, or while another thread looks. A look is a `stat` a file; what is new is read and checked, decides, and then its floor
    /// is written, which waits for the disk.
    pub fn poll(&self, now: Now) -> Vec<News> {
        if !self.is_due(now) {
            return Vec::new();
        }
        self.next_look_ns.store(now.mono_ns.saturating_add(LOOK_NS), Relaxed);
        self.look_at(now)
    }

    /// Whether [`LiveGuard::poll`] would look: for hosts that make room for it first.
    #[must_use]
    pub fn is_due(&self, now: Now) -> bool {
        now.mono_ns >= self.next_look_ns.load(Relaxed)
    }

    /// Looks at the files at once, and takes what is new and good. Nothing, if another thread is looking.
    pub fn look(&self) -> Vec<News> {
        self.look_at(clock::now())
    }

    fn look_at(&self, now: Now) -> Vec<News> {
        let mut watch = match self.watch.try_lock() {
            Ok(watch) => watch,
            // What a thread that panicked left is a list of files that were seen: at worst one is read again.
            Err(TryLockError::Poisoned(watch)) => watch.into_inner(),
            Err(TryLockError::WouldBlock) => return Vec::new(),
        };
        let mut news = self.take(&mut watch);
        let current = self.current();
        news.extend(watch.grown_stale(current.guard(), now));
        let Watch { place, asks, .. } = &mut *watch;
        news.extend(asks.pass_on(place, current.guard(), now));
        news
    }

    fn take(&self, watch: &mut Watch) -> Vec<News> {
        let mut is_worth_it = watch.again || watch.owes_floor;
        for file in &mut watch.files {
            is_worth_it |= file.look();
        }
        if !is_worth_it {
            return Vec::new();
        }
        let used = self.current();
        let mut refused = Vec::new();
        let mut news = Vec::new();
        if let Some(taken) = watch.take(&used, &mut refused) {
            news = watch.told_of(&used, &taken);
            // Before its floor is written: a full or slow disk does not hold a revocation up.
            self.current.store(Arc::new(taken));
            watch.owes_floor = true;
        }
        let floor = if watch.owes_floor { watch.place.raise(self.current().guard()) } else { Ok(()) };
        watch.owes_floor = floor.is_err();
        if watch.files.iter().any(Watched::has_moved_on) {
            // What was refused is gone already, perhaps for being older than what another process took from its place.
            self.next_look_ns.store(0, Relaxed);
            return news;
        }
        // Not the file but the system: it may be of another mind the next time, with the same file.
        watch.again = refused.iter().any(|(_, error)| matches!(error, LoadError::File(_)));
        refused.retain(|(at, error)| watch.files.get_mut(*at).is_some_and(|file| file.tell(error)));
        news.extend(refused.into_iter().map(|(_, error)| News::Refused(error)));
        let floor = floor.err();
        if floor != watch.floor_told {
            news.extend(floor.clone().map(News::FloorNotKept));
            watch.floor_told = floor;
        }
        news
    }

    /// Looks every [`LOOK_NS`] in a thread of its own, and tells it what is new, until the watcher is dropped.
    ///
    /// # Errors
    /// The system has no thread.
    pub fn watch(self: &Arc<Self>, mut told: impl FnMut(&News) + Send + 'static) -> std::io::Result<Watcher> {
        let (live, stop) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("caltrop-live".to_owned()).spawn(move || {
            while !stopped.load(Relaxed) {
                live.look().iter().for_each(&mut told);
                thread::park_timeout(Duration::from_nanos(LOOK_NS));
            }
        })?;
        Ok(Watcher { stop, thread: Some(thread) })
    }
}

impl fmt::Debug for LiveGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveGuard").field(&self.current()).finish()
    }
}

/// The thread of [`LiveGuard::watch`], which ends when this is dropped.
#[derive(Debug)]
#[must_use = "the thread ends when this is dropped"]
pub struct Watcher {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It panicked if what it told did, and that was said then.
            let _ = thread.join();
        }
    }
}

/// The files of a guard: the policy first, then its feeds.
#[derive(Debug)]
struct Watch {
    place: Place,
    files: Vec<Watched>,
    /// Whether the next look tries the same files again.
    again: bool,
    /// Whether what decides has a floor that is yet to be written, and what was told of it.
    owes_floor: bool,
    floor_told: Option<LoadError>,
    /// The feeds that were told to be stale.
    stale: Vec<String>,
    asks: Asks,
}

type Refused = Vec<(usize, LoadError)>;

impl Watch {
    /// The policy that lies there, or the one that is used, whichever first goes with the feeds that lie there, or those that are used: a bad
    /// policy does not keep a revocation out, nor a bad feed a new policy or another feed.
    fn take(&mut self, used: &HostGuard, refused: &mut Refused) -> Option<HostGuard> {
        let there = self.read(0, refused).filter(|policy| *policy != used.images().policy);
        let taken = there.and_then(|policy| self.with_policy(used, &policy, refused));
        let taken = taken.or_else(|| self.with_policy(used, &used.images().policy, refused));
        // What was refused may go with a file that is yet to come.
        if let (Some(guard), true) = (&taken, refused.is_empty()) {
            let policy = guard.guard().policy();
            let keyring = self.place.keyring_file(policy);
            let feeds = self.place.feed_files(policy);
            let is_feed = |path: &PathBuf| Some(path) == keyring.as_ref() || feeds.iter().any(|feed| feed.path == *path);
            self.files.retain(|file| file.path == self.place.policy || is_feed(&file.path));
        }
        taken
    }

    fn with_policy(&mut self, used: &HostGuard, policy: &[u8], refused: &mut Refused) -> Option<HostGuard> {
        let guard = used.guard();
        let opened = if policy == used.images().policy {
            // It decides, so it was checked.
            *guard.policy()
        } else {
            match self.place.policy(policy, guard.policy().floor()) {
                Ok(opened) => opened,
                Err(error) => {
                    refused.push((0, error));
                    return None;
                }
            }
        };
        let feeds = self.feeds(used, &opened, refused)?;
        let images = |keyring| Images { policy: policy.to_vec(), keyring, feeds: feeds.clone() };
        let Some(path) = self.place.keyring_file(&opened) else { return Self::put_into_use(used, images(None), 0, refused) };
        let is_same_feed = self.place.keyring_file(guard.policy()).as_ref() == Some(&path);
        let floor = guard.keyring().filter(|_| is_same_feed).map_or(Floor::NONE, |keyring| keyring.image().floor());
        let at = self.at(path, KEYRING_MEND);
        let there = self.read(at, refused);
        let last = used.images().keyring.clone().filter(|last| is_same_feed && there.as_ref() != Some(last));
        for keyring in [there, last].into_iter().flatten() {
            if let Err(error) = self.place.keyring(&opened, &keyring, floor) {
                refused.push((at, error));
                continue;
            }
            let taken = Self::put_into_use(used, images(Some(keyring)), at, refused);
            if taken.is_some() {
                return taken;
            }
        }
        None
    }

    /// What to tell of feeds that are stale now and were not at the last look.
    fn grown_stale(&mut self, guard: &Guard<'_>, now: Now) -> Vec<News> {
        let is_told = |feed: &str| self.stale.iter().any(|told| told == feed);
        let news = guard.stale(now).filter(|stale| !is_told(stale.feed)).map(|stale| News::Stale(stale.to_string())).collect();
        self.stale = guard.stale(now).map(|stale| stale.feed.to_owned()).collect();
        news
    }

    /// Of each feed of a policy, the keyring aside, the image that lies there, or else the one that is used.
    fn feeds(&mut self, used: &HostGuard, policy: &Policy<'_>, refused: &mut Refused) -> Option<Vec<Vec<u8>>> {
        let guard = used.guard();
        let known = self.place.feed_files(guard.policy());
        let mut images = Vec::new();
        for feed in self.place.feed_files(policy) {
            // By its path: of another kind it does not open.
            let last = known.iter().position(|known| known.path == feed.path);
            let floor = guard.feed_image(&feed.name).map_or(Floor::NONE, Image::floor);
            let at = self.at(feed.path.clone(), feed.mend());
            let there = self.read(at, refused);
            let last = last.and_then(|last| used.images().feeds.get(last)).filter(|last| there.as_ref() != Some(*last)).cloned();
            let good = there.into_iter().chain(last).find(|image| {
                let checked = self.place.feed(&feed, image, floor).map_err(|error| refused.push((at, error)));
                checked.is_ok()
            });
            images.push(good?);
        }
        Some(images)
    }

    fn put_into_use(used: &HostGuard, images: Images, at: usize, refused: &mut Refused) -> Option<HostGuard> {
        if images == *used.images() {
            return None;
        }
        let made = used.again(images);
        made.map_err(|error| refused.push((at, error))).ok()
    }

    /// The file of this path, watched from now on.
    fn at(&mut self, path: PathBuf, mend: &'static str) -> usize {
        self.files.iter().position(|file| file.path == path).unwrap_or_else(|| {
            let mut file = Watched::new(path, mend);
            file.look();
            self.files.push(file);
            self.files.len() - 1
        })
    }

    fn read(&mut self, at: usize, refused: &mut Refused) -> Option<Vec<u8>> {
        let file = self.files.get_mut(at)?;
        file.read().map_err(|error| refused.push((at, error))).ok()
    }

    /// What to tell of a guard that is taken.
    fn told_of(&self, used: &HostGuard, taken: &HostGuard) -> Vec<News> {
        let (old, new) = (used.guard(), taken.guard());
        let mut news = Vec::new();
        if old.policy().floor() != new.policy().floor() {
            news.push(News::Taken { image: self.place.policy.clone(), sequence: new.policy().floor().sequence });
        }
        let keyring = new.keyring().map(|keyring| keyring.image().floor());
        if let (Some(floor), Some(image)) = (keyring, self.place.keyring_file(new.policy()))
            && Some(floor) != old.keyring().map(|keyring| keyring.image().floor())
        {
            news.push(News::Taken { image, sequence: floor.sequence });
        }
        for FeedFile { name, path: image, .. } in self.place.feed_files(new.policy()) {
            let [before, now] = [old, new].map(|guard| guard.feed_image(&name).map(Image::floor));
            if let Some(floor) = now.filter(|_| now != before) {
                news.push(News::Taken { image, sequence: floor.sequence });
            }
        }
        news.extend(taken.warnings().iter().filter(|warning| !used.warnings().contains(warning)).cloned().map(News::Warning));
        news
    }
}
