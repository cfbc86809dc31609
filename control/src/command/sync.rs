//! `caltrop sync`: the keys of issuers, fetched and signed for the servers of this host.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caltrop_host::files::{self, Readers};
use caltrop_host::floors::Floors;
use serde_json::{Value, json};

use super::project::{self, Project};
use super::said::{Failure, Said};
use crate::jwks::{self, Jwk};
use crate::sync::{Client, Due, Source};

/// How often it looks whether somebody asks.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The policy of the project
    #[arg(long, default_value = "policy.toml")]
    policy: PathBuf,
    /// Fetch every feed once, and end; exit code 1 if one could not be had
    #[arg(long)]
    once: bool,
    /// Whom to believe, in PEM, instead of those that browsers do
    #[arg(long, value_name = "PEM")]
    roots: Option<PathBuf>,
    /// Where servers keep their floors, and ask; beside the images if not given
    #[arg(long)]
    floors: Option<PathBuf>,
}

pub(super) fn run(args: &Args, as_json: bool) -> Result<Said, Failure> {
    let roots = args.roots.as_ref().map(|path| files::read(path, "give a file of certificates in PEM")).transpose()?;
    let client = Client::new(roots.as_deref()).map_err(|error| match &args.roots {
        Some(path) => Failure::wrong(format_args!("{}: {error}: give a file of certificates in PEM", path.display())),
        None => Failure::system(error),
    })?;
    let mut syncing = Syncing::new(&args.policy, args.floors.clone().map_or(Floors::Beside, Floors::Folder))?;
    if syncing.feeds.is_empty() {
        return Err(Failure::wrong(format_args!("{} has no feed of kind \"jwks\": there is nothing to fetch", args.policy.display())));
    }
    if args.once {
        let all: Vec<Told> = syncing.look(&client);
        let (text, json) = (all.iter().map(|told| told.line() + "\n").collect::<String>(), all.iter().map(Told::json).collect::<Vec<_>>());
        let said = Said::new(text, json!({ "feeds": json }));
        return Ok(if all.iter().all(|told| told.result.is_ok()) { said } else { said.not_whole() });
    }
    loop {
        for told in syncing.look(&client) {
            let line = if as_json { told.json().to_string() } else { told.line() };
            // Who closed the pipe wants no more of it; servers go on being fed.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        std::thread::sleep(LOOK);
        syncing.reread();
    }
}

/// The feeds of a project on their way.
struct Syncing {
    project: Project,
    floors: Floors,
    name: String,
    read_at: Option<SystemTime>,
    feeds: Vec<Fed>,
}

/// One feed.
struct Fed {
    source: Source,
    due: Due,
    keys: Vec<Jwk>,
    /// What the issuer calls the set that they are of.
    etag: Option<String>,
}

/// What became of a fetch.
struct Told {
    feed: String,
    next_s: u64,
    result: Result<Renewed, String>,
}

/// A feed's new image.
struct Renewed {
    sequence: u64,
    keys: Vec<String>,
}

impl Told {
    fn line(&self) -> String {
        let Self { feed, next_s, .. } = self;
        match &self.result {
            Ok(Renewed { sequence, keys }) => format!("{feed}: sequence {sequence}, {}; next in {next_s} s", keys.join(", ")),
            Err(why) => format!("{feed}: {why}: what servers hold stays; next in {next_s} s"),
        }
    }

    fn json(&self) -> Value {
        match &self.result {
            Ok(Renewed { sequence, keys }) => json!({ "feed": self.feed, "sequence": sequence, "keys": keys, "next_s": self.next_s }),
            Err(why) => json!({ "feed": self.feed, "error": why, "next_s": self.next_s }),
        }
    }
}

impl Syncing {
    fn new(policy: &Path, floors: Floors) -> Result<Self, Failure> {
        let project = Project::new(policy);
        let mut syncing = Self { read_at: modified(policy), project, floors, name: String::new(), feeds: Vec::new() };
        syncing.read()?;
        Ok(syncing)
    }

    fn read(&mut self) -> Result<(), Failure> {
        let written = self.project.written()?;
        let mut before = std::mem::take(&mut self.feeds);
        self.feeds = Source::of(&written.policy)
            .map(|source| match before.iter().position(|fed| fed.source == source) {
                Some(at) => before.swap_remove(at),
                None => Fed { due: source.due(), source, keys: Vec::new(), etag: None },
            })
            .collect();
        self.name = written.policy.name;
        Ok(())
    }

    /// Another policy is another list of feeds; one that is not right changes nothing until it is.
    fn reread(&mut self) {
        let modified = modified(&self.project.policy);
        if modified != self.read_at {
            self.read_at = modified;
            let feeds = self.feeds.len();
            if let Err(failure) = self.read() {
                let _ = writeln!(std::io::stderr(), "{}: {feeds} feeds as before: {failure}", self.project.policy.display());
            }
        }
    }

    /// Fetches what is due.
    fn look(&mut self, client: &Client) -> Vec<Told> {
        let Self { project, floors, name, feeds, .. } = self;
        let due = feeds.iter_mut().filter_map(|fed| {
            let image = project.file(&format!("{}.cltp", fed.source.name));
            let asked_ms = floors.beside(&image, "asked").as_deref().and_then(modified).map(since_epoch_ms);
            fed.due.is_due(now_ms(), asked_ms).then(|| fed.renew(client, project, name, &image))
        });
        due.collect()
    }
}

impl Fed {
    fn renew(&mut self, client: &Client, project: &Project, policy: &str, image: &Path) -> Told {
        // An ask that comes while it is fetched is one for the next time.
        let began_ms = now_ms();
        let result = self.fetch(client).and_then(|fresh_ms| {
            let renewed = self.write(project, policy, image).map_err(|failure| failure.to_string())?;
            Ok((fresh_ms, renewed))
        });
        match &result {
            Ok((fresh_ms, _)) => self.due.fetched(began_ms, *fresh_ms),
            Err(_) => self.due.failed(began_ms),
        }
        let next_s = self.due.next_ms().saturating_sub(now_ms()).div_ceil(1000);
        Told { feed: self.source.name.clone(), next_s, result: result.map(|(_, renewed)| renewed) }
    }

    /// Brings the keys up to date; for how long they are, if that was said.
    fn fetch(&mut self, client: &Client) -> Result<Option<u64>, String> {
        let url = &self.source.fetch.url;
        let fetched = client.get(url, self.etag.as_deref()).map_err(|error| format!("{url}: {error}"))?;
        if let Some(text) = fetched.text {
            self.keys = self.source.keys(&text).map_err(|error| format!("{url}: {error}"))?;
            self.etag = fetched.etag;
        }
        Ok(fetched.fresh_ms)
    }

    /// Signs them anew, with a new date, even if they are the same: how old they are is all that servers see of an outage.
    fn write(&self, project: &Project, policy: &str, image: &Path) -> Result<Renewed, Failure> {
        let Source { name, signers, .. } = &self.source;
        let signer = project.feed_key(name, signers)?;
        let _locked = files::lock(project.folder())?;
        let last = project::header(image)?.map_or(0, |(header, _)| header.sequence.get());
        let stamp = project::stamp_after(last, 0);
        let bytes = jwks::image(&format!("{policy}/{name}"), &self.keys).map_err(Failure::wrong)?.finish(&signer, stamp);
        files::write(image, &bytes, Readers::All)?;
        Ok(Renewed { sequence: stamp.sequence, keys: self.keys.iter().map(Jwk::label).collect() })
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

fn since_epoch_ms(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn now_ms() -> u64 {
    since_epoch_ms(SystemTime::now())
}
