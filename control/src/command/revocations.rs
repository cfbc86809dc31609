//! `caltrop revocations`: what is taken back before its time, for all servers of a host within a second.

use std::path::PathBuf;

use caltrop::access::record::what;
use caltrop::access::{Revocable, Revocations};
use caltrop::encode::u64_base62;
use caltrop::image::{Floor, Trust};
use caltrop::key::KeyText;
use caltrop::verify::PublicKey;
use caltrop_host::clock;
use caltrop_host::files::{self, Readers};
use serde_json::json;

use super::project::{self, Project};
use super::said::{Failure, Said};
use super::when;
use crate::keys;
use crate::model::{Feed, FeedKind};
use crate::revocations::{Entry, image, read};
use crate::table::table;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Take something back
    Add {
        #[command(flatten)]
        named: Named,
        /// Of a principal or a client, only what was issued before: an instant; now, if not given
        #[arg(long, value_parser = when::parse)]
        before: Option<u32>,
        /// How long the entry is kept, at least as long as the tokens are good; 30d, and for keys without end, if not given
        #[arg(long, value_parser = when::parse)]
        until: Option<u32>,
        #[command(flatten)]
        place: Place,
    },
    /// Take an entry from the list again
    Lift {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        place: Place,
    },
    /// What is on the list
    List(Place),
    /// Sign the list anew as it is, before it is as old as `stale` in [feed]
    Renew(Place),
}

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The policy whose list it is
    #[arg(long, default_value = "policy.toml")]
    policy: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// What it is
    #[arg(value_enum)]
    what: What,
    /// Its name: `jti`, `issuer:sub`, `client_id`, `kid`, or the id of an API key
    name: String,
    /// Of a token, a client or a signing key, the name of its issuer in [auth]
    #[arg(long)]
    issuer: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// One access token, by its `jti`
    Token,
    /// The tokens of a principal, as logs name it
    Principal,
    /// The tokens of a client, by `client_id` or `azp`
    Client,
    /// Whatever an issuer signed with a key, by its `kid`
    SigningKey,
    /// An API key, by its id
    Key,
}

const MONTH_S: u64 = 30 * 86_400;

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::Add { named, before, until, place } => {
            let mut list = List::open(place)?;
            let entry = named.entry(&list, *before, *until)?;
            let name = entry.name.clone();
            list.entries.retain(|held| held.digest != entry.digest);
            list.entries.push(entry);
            list.write(&format!("{name} taken back"))
        }
        Args::Lift { named, place } => {
            let mut list = List::open(place)?;
            let entry = named.entry(&list, None, None)?;
            let before = list.entries.len();
            list.entries.retain(|held| held.digest != entry.digest);
            if list.entries.len() == before {
                return Err(Failure::wrong(format_args!("{} is not on the list: nothing was changed", entry.name)));
            }
            list.write(&format!("{} is good again", entry.name))
        }
        Args::List(place) => Ok(List::open(place)?.said()),
        Args::Renew(place) => List::open(place)?.write("signed anew"),
    }
}

impl Named {
    fn entry(&self, list: &List, before_s: Option<u32>, until_s: Option<u32>) -> Result<Entry, Failure> {
        let name = self.name.as_str();
        let issuer = || {
            let issuer = self.issuer.as_deref().ok_or_else(|| Failure::usage("give --issuer: the name of its issuer in [auth]"))?;
            if list.issuers.iter().any(|known| known == issuer) {
                return Ok(issuer);
            }
            Err(Failure::usage(format_args!("--issuer {issuer:?}: the policy has {}", list.issuers.join(", "))))
        };
        if self.issuer.is_some() && matches!(self.what, What::Principal | What::Key) {
            return Err(Failure::usage("--issuer: a principal's name has it, and an API key none: leave it out"));
        }
        let named = match self.what {
            What::Token => Revocable::Token { issuer: issuer()?, id: name },
            What::Principal if !list.issuers.iter().any(|issuer| name.split_once(':').is_some_and(|(first, _)| first == issuer)) => {
                return Err(Failure::usage(format_args!(
                    "{name:?}: write issuer:subject, as logs do; the policy has {}",
                    list.issuers.join(", ")
                )));
            }
            What::Principal => Revocable::Principal { name },
            What::Client => Revocable::Client { issuer: issuer()?, id: name },
            What::SigningKey => Revocable::SigningKey { issuer: issuer()?, id: name },
            What::Key => Revocable::Key { id: key_id(name)? },
        };
        let now_s = clock::now().wall_s;
        let dated = matches!(self.what, What::Principal | What::Client);
        if before_s.is_some() && !dated {
            return Err(Failure::usage("--before: only what a principal or a client was given has another date: leave it out"));
        }
        let seconds = |wall_s: u64| u32::try_from(wall_s).unwrap_or(u32::MAX);
        let before_s = before_s.or_else(|| dated.then(|| seconds(now_s))).unwrap_or(0);
        let lives = !matches!(self.what, What::SigningKey | What::Key);
        let until_s = until_s.or_else(|| lives.then(|| seconds(now_s + MONTH_S))).unwrap_or(0);
        let shown = match self.what {
            What::Key => keys::shown(key_id(name)?),
            _ => name.to_owned(),
        };
        let label = self.issuer.as_ref().map_or_else(|| shown.clone(), |issuer| format!("{issuer} {shown}"));
        Ok(Entry::new(&named, &label, before_s, until_s))
    }
}

/// The id of a key, from the id or the whole key.
fn key_id(text: &str) -> Result<u64, Failure> {
    let id = KeyText::parse(text).map(|key| key.id).ok().or_else(|| u64_base62(text.as_bytes()));
    id.ok_or_else(|| Failure::usage(format_args!("{text:?}: give the id of a key, as `keys list` shows it")))
}

/// The list of a project, locked while it is open.
struct List {
    path: PathBuf,
    scope: String,
    issuers: Vec<String>,
    signer: ed25519_dalek::SigningKey,
    sequence: u64,
    entries: Vec<Entry>,
    _locked: std::fs::File,
}

impl List {
    fn open(place: &Place) -> Result<Self, Failure> {
        let project = Project::new(&place.policy);
        let policy = project.written()?.policy;
        let is_list = |feed: &&Feed| feed.kind == FeedKind::Revocations;
        let feed = policy.feeds.iter().find(is_list).ok_or_else(|| {
            Failure::wrong(format_args!("{} has no feed of kind \"revocations\": add one to [feed]", place.policy.display()))
        })?;
        let signer = project.feed_key(&feed.name, &feed.signers)?;
        let locked = files::lock(project.folder())?;
        let (path, scope) = (project.file(&format!("{}.cltp", feed.name)), format!("{}/{}", policy.name, feed.name));
        let (sequence, entries) = match project::header(&path)? {
            None => (0, Vec::new()),
            Some((header, bytes)) => {
                let trusted: Vec<PublicKey> = feed.signers.iter().filter_map(|key| PublicKey::from_bytes(key).ok()).collect();
                let list = Revocations::open(&bytes, &Trust::new(&scope, &trusted), Floor::NONE)
                    .map_err(|error| Failure::wrong(format_args!("{}: {error}", path.display())))?;
                (header.sequence.get(), read(&list))
            }
        };
        let issuers = policy.issuers.iter().map(|issuer| issuer.name.clone()).collect();
        Ok(Self { path, scope, issuers, signer, sequence, entries, _locked: locked })
    }

    /// Signs it, without what is over.
    fn write(mut self, done: &str) -> Result<Said, Failure> {
        let now_s = clock::now().wall_s;
        self.entries.retain(|entry| !entry.is_over(now_s));
        let stamp = project::stamp_after(self.sequence, 0);
        let image = image(&self.scope, &self.entries).map_err(Failure::usage)?.finish(&self.signer, stamp);
        files::write(&self.path, &image, Readers::All)?;
        let (sequence, count) = (stamp.sequence, self.entries.len());
        let text = format!("{done}: {} is sequence {sequence}, {count} entries\n", self.path.display());
        Ok(Said::new(text, json!({ "image": self.path, "sequence": sequence, "entries": count })))
    }

    fn said(&self) -> Said {
        let title = ["what", "name", "issued before", "until"].map(str::to_owned).to_vec();
        let before = |entry: &Entry| if entry.before_s == 0 { "any time".to_owned() } else { when::show(entry.before_s) };
        let rows = self
            .entries
            .iter()
            .map(|entry| vec![word(entry.what).to_owned(), entry.name.clone(), before(entry), when::show(entry.until_s)]);
        let json = self
            .entries
            .iter()
            .map(|entry| json!({ "what": word(entry.what), "name": entry.name, "before": entry.before_s, "until": entry.until_s }));
        let json = json!({ "sequence": self.sequence, "entries": json.collect::<Vec<_>>() });
        Said::new(table(std::iter::once(title).chain(rows)), json)
    }
}

const fn word(code: u8) -> &'static str {
    match code {
        what::TOKEN => "token",
        what::PRINCIPAL => "principal",
        what::CLIENT => "client",
        what::SIGNING_KEY => "signing-key",
        _ => "key",
    }
}
