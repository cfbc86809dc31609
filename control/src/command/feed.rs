//! `caltrop feed`: how old the images are that servers decide by, and who signs them.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use caltrop::access::Revocations;
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::token::KeySet;
use caltrop::verify::PublicKey;
use caltrop::{Policy, image::Image};
use caltrop_host::files;
use caltrop_host::floors::Floors;
use caltrop_host::{clock, signer};
use serde_json::{Value, json};

use super::init::write_pair;
use super::project::Project;
use super::said::{Failure, Said};
use super::when;
use crate::model::{FeedKind, Stale};
use crate::table::table;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Sequence, age and state of the policy and of every feed; exit code 1 if one is missing, refused, expired or stale
    Status(Status),
    /// Make the keys of who signs a feed: feed-NAME.key, and feed-NAME.pub for `signer` in policy.toml
    Signer {
        /// The feed
        name: String,
        /// The folder of the project
        #[arg(long, default_value = ".")]
        folder: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// The policy of the project
    #[arg(long, default_value = "policy.toml")]
    policy: PathBuf,
    /// An image of this age or older is stale, whatever the policy says: 90d, 12h, 5m
    #[arg(long, value_parser = when::age, value_name = "AGE")]
    stale: Option<u64>,
    /// Where servers keep their floors; beside the images if not given
    #[arg(long)]
    floors: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::Status(args) => status(args),
        Args::Signer { name, folder } => signer_of(name, folder),
    }
}

fn signer_of(name: &str, folder: &Path) -> Result<Said, Failure> {
    if !caltrop::name::is_name(name) || name.contains('/') {
        return Err(Failure::usage(format_args!("{name:?} cannot name a feed: give 1 to 63 visible ASCII characters, none of them /")));
    }
    let pair = format!("feed-{name}");
    let paths = ["key", "pub"].map(|end| folder.join(format!("{pair}.{end}")));
    // Whoever writes a key in the place of another makes images that nobody takes.
    let _locked = files::lock(folder)?;
    if let Some(there) = paths.iter().find(|path| path.exists()) {
        return Err(Failure::usage(format_args!("{} is there already: nothing was changed", there.display())));
    }
    write_pair(folder, &pair)?;
    let [key, public] = &paths;
    let text = format!("{} written (mode 0600), and {}: name it by signer = \"{pair}.pub\"\n", key.display(), public.display());
    Ok(Said::new(text, json!({ "feed": name, "key": key, "public": public })))
}

fn status(args: &Status) -> Result<Said, Failure> {
    let project = Project::new(&args.policy);
    let written = project.written()?;
    let public = project.file("policy.pub");
    let signer = signer::open(&public).map_err(|error| Failure::system(format_args!("{}: {error}: {}", public.display(), error.mend())))?;
    let trust = |scope: &str, signers: &[[u8; 32]]| {
        let keys: Vec<PublicKey> = signers.iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect();
        Trust::new(scope, &keys)
    };
    let name = &written.policy.name;
    let policy = Found::look(args, "policy", None, project.image(), |bytes| {
        Policy::open(bytes, &trust(name, &[signer]), Floor::NONE).map(|policy| Facts::of(policy.image()))
    })?;
    let feeds = written.policy.feeds.iter().map(|feed| {
        Found::look(args, &feed.name, feed.stale, project.file(&format!("{}.cltp", feed.name)), |bytes| {
            let trust = trust(&format!("{name}/{}", feed.name), &feed.signers);
            match feed.kind {
                FeedKind::Keyring => Keyring::open(bytes, &trust, Floor::NONE).map(|keyring| Facts::of(keyring.image())),
                FeedKind::Prefixes => Prefixes::open(bytes, &trust, Floor::NONE).map(|list| Facts::of(list.image())),
                FeedKind::Revocations => Revocations::open(bytes, &trust, Floor::NONE).map(|list| Facts::of(list.image())),
                FeedKind::Jwks => KeySet::open(bytes, &trust, Floor::NONE).map(|keys| Facts::of(keys.image())),
            }
        })
    });
    let found = std::iter::once(Ok(policy)).chain(feeds).collect::<Result<Vec<_>, Failure>>()?;
    let title = ["name", "sequence", "taken", "age", "expires", "state"].map(str::to_owned).to_vec();
    let text = table(std::iter::once(title).chain(found.iter().map(Found::row)));
    let json = json!({ "images": found.iter().map(Found::json).collect::<Vec<_>>() });
    if found.iter().all(|found| found.state == "good") {
        Ok(Said::new(text, json))
    } else {
        Err(Failure::wrong(text.trim_end()).with(json))
    }
}

/// What the header of an image that was opened says.
struct Facts {
    sequence: u64,
    created_s: u64,
    not_after_s: u64,
    is_expired: bool,
}

impl Facts {
    fn of(image: &Image<'_>) -> Self {
        let header = image.header();
        Self {
            sequence: header.sequence.get(),
            created_s: header.created.get(),
            not_after_s: header.not_after.get(),
            is_expired: image.is_expired(clock::now().wall_s),
        }
    }
}

/// One image of the project.
struct Found {
    name: String,
    path: PathBuf,
    facts: Option<Facts>,
    /// The sequence of the newest one that a server here put into use; 0 if none did.
    taken: u64,
    age_s: u64,
    state: String,
}

impl Found {
    fn look(
        args: &Status,
        name: &str,
        stale: Option<Stale>,
        path: PathBuf,
        open: impl FnOnce(&[u8]) -> Result<Facts, OpenError>,
    ) -> Result<Self, Failure> {
        let floors = args.floors.clone().map_or(Floors::Beside, Floors::Folder);
        let taken = floors.read(&path)?.sequence;
        let opened = if path.exists() { Some(open(&read(&path)?)) } else { None };
        let (facts, refused) = match opened {
            None => (None, Some("missing".to_owned())),
            Some(Err(error)) => (None, Some(format!("refused: {error}"))),
            Some(Ok(facts)) => (Some(facts), None),
        };
        let age_s = facts.as_ref().map_or(0, |facts| clock::now().wall_s.saturating_sub(facts.created_s));
        let is_stale = match (args.stale, stale) {
            (Some(stale_s), _) => age_s >= stale_s,
            (None, Some(stale)) => age_s > u64::from(stale.after_s),
            (None, None) => false,
        };
        let of_good = |facts: &Facts| match facts.sequence.cmp(&taken) {
            _ if facts.is_expired => "expired".to_owned(),
            Ordering::Less => format!("rolled back: servers took sequence {taken}"),
            _ if is_stale => "stale".to_owned(),
            _ => "good".to_owned(),
        };
        let state = refused.unwrap_or_else(|| facts.as_ref().map_or_else(String::new, of_good));
        Ok(Self { name: name.to_owned(), path, facts, taken, age_s, state })
    }

    fn row(&self) -> Vec<String> {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let facts = self.facts.as_ref();
        vec![
            self.name.clone(),
            or_none(facts.map(|facts| facts.sequence.to_string())),
            or_none((self.taken > 0).then(|| self.taken.to_string())),
            or_none(facts.map(|_| when::show_age(self.age_s))),
            or_none(facts.map(|facts| when::show(u32::try_from(facts.not_after_s).unwrap_or(u32::MAX)))),
            self.state.clone(),
        ]
    }

    fn json(&self) -> Value {
        let facts = self.facts.as_ref();
        json!({ "name": self.name, "image": self.path, "sequence": facts.map(|facts| facts.sequence), "taken": self.taken,
            "created": facts.map(|facts| facts.created_s), "age_s": facts.map(|_| self.age_s),
            "expires": facts.map(|facts| facts.not_after_s), "state": self.state })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(files::read(path, "let this user read it")?)
}
