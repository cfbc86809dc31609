//! `caltrop audit`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use caltrop::Policy;
use caltrop::image::{Floor, Trust};
use caltrop::verify::PublicKey;
use caltrop_host::files::FileError;
use caltrop_host::floors::Floors;
use caltrop_host::{HostGuard, Options, secrets, shared, signer};
use serde_json::json;

use super::project::Project;
use super::said::{Failure, Said};
use crate::audit::{Drainer, Entry, Line, Place, why};
use crate::table::table;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Write what the servers of this host decided as JSON lines
    Tail {
        /// Append to this file, and go on where it ends
        #[arg(long)]
        log: Option<PathBuf>,
        /// Do not end, but wait for more
        #[arg(long, short)]
        follow: bool,
        /// The policy
        #[arg(long, default_value = "policy.toml")]
        policy: PathBuf,
    },
    /// Why a request was answered as it was
    Why {
        /// The id that the caller was told, or its beginning
        id: String,
        /// The log; what is still in the host's memory if not given
        #[arg(long)]
        log: Option<PathBuf>,
        /// The policy
        #[arg(long, default_value = "policy.toml")]
        policy: PathBuf,
    },
}

/// How often a follower looks.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::Tail { log, follow, policy } => tail(log.as_deref(), *follow, policy),
        Args::Why { id, log, policy } => explain(id, log.as_deref(), policy),
    }
}

/// The guard of the host's own state, which some server has made.
fn attached(project: &Project) -> Result<HostGuard, Failure> {
    let name = project.written()?.policy.name;
    let state = shared::path_of(&name).map_err(Failure::system)?;
    if !state.exists() {
        return Err(Failure::system(format_args!(
            "{}: no server of this policy has run as this user since the host started",
            state.display()
        )));
    }
    let peppers = secrets::prepare(&secrets::in_folder(project.folder())?)?;
    Ok(HostGuard::load(Options { floors: Floors::Nowhere, ..Options::new(&name, project.image(), peppers) })?)
}

fn tail(log: Option<&Path>, follow: bool, policy: &Path) -> Result<Said, Failure> {
    let guard = attached(&Project::new(policy))?;
    let fail =
        |path: &Path, why: &dyn std::fmt::Display| Failure::from(FileError::new(path, why.to_string(), "give a file that can be written"));
    let mut file = None;
    let mut place = Place::default();
    if let Some(path) = log {
        let mut opened = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(|error| fail(path, &error))?;
        // One writer: a second would write everything twice.
        opened.try_lock().map_err(|_| fail(path, &"another `audit tail` writes it"))?;
        place = place_of(&mut opened).map_err(|why| fail(path, &why))?;
        file = Some((path, opened));
    }
    let mut drainer = Drainer::new(guard.guard(), &place);
    let mut lines = 0;
    loop {
        lines += match &mut file {
            Some((path, file)) => drainer.drain(file).map_err(|error| fail(path, &error))?,
            None => drainer.drain(&mut std::io::stdout().lock()).map_err(|error| fail(Path::new("standard output"), &error))?,
        };
        if !follow {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    // On the standard output stand the lines themselves.
    let text = log.map_or_else(String::new, |path| format!("{}: {lines} lines\n", path.display()));
    Ok(Said::new(text, json!({ "lines": lines })))
}

/// Where a log ends. A last line that a crash cut off is ended, so that the next one is whole.
fn place_of(file: &mut File) -> Result<Place, String> {
    let mut read = || {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).map(|_| tail)
    };
    let tail = read().map_err(|error: std::io::Error| error.to_string())?;
    let text = String::from_utf8_lossy(&tail);
    let place = text.lines().rev().find_map(|line| Place::after(line).ok());
    if place.is_none() && !text.is_empty() {
        return Err("its last lines are none of an audit log".to_owned());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        file.write_all(b"\n").map_err(|error| error.to_string())?;
    }
    Ok(place.unwrap_or_default())
}

/// More than the longest line has.
const TAIL: u64 = 64 * 1024;

fn explain(id: &str, log: Option<&Path>, policy: &Path) -> Result<Said, Failure> {
    let id = id.to_ascii_lowercase();
    if id.len() < 6 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::usage(format_args!(
            "{id:?} is no id: give the 32 digits that the caller was told, or the first six at least"
        )));
    }
    let project = Project::new(policy);
    let found = match log {
        Some(path) => {
            let file = File::open(path).map_err(|error| FileError::new(path, error.to_string(), "give the log's path"))?;
            find(&id, BufReader::new(file).lines().map_while(Result::ok))
        }
        None => {
            let guard = attached(&project)?;
            let mut text = Vec::new();
            let _ = Drainer::new(guard.guard(), &Place::default()).drain(&mut text);
            find(&id, String::from_utf8_lossy(&text).lines().map(str::to_owned))
        }
    };
    let [entry] = found.as_slice() else {
        let what = if found.is_empty() {
            "no event with this id: allowed requests are sampled, and floods are folded"
        } else {
            "several events begin so: give more digits"
        };
        return Err(Failure::wrong(format_args!("{id}: {what}")));
    };
    let written = project.written().ok();
    let source = written.as_ref().filter(|written| in_use(&project, &written.policy.name).is_some_and(|policy| policy == entry.policy));
    let source = source.map(|written| &written.source);
    let rows = why(entry, source);
    let text = table(rows.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]));
    let told: serde_json::Map<String, serde_json::Value> = rows.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    Ok(Said::new(text, json!({ "event": entry, "why": told })))
}

fn find(id: &str, lines: impl Iterator<Item = String>) -> Vec<Entry> {
    let event = |line: String| match serde_json::from_str(&line).ok()? {
        Line::Event(entry) if entry.id.starts_with(id) => Some(*entry),
        _ => None,
    };
    lines.filter_map(event).collect()
}

/// The policy in use, as events name it: the first 8 bytes of its image's id.
fn in_use(project: &Project, name: &str) -> Option<String> {
    let bytes = std::fs::read(project.image()).ok()?;
    let key = PublicKey::from_bytes(&signer::open(&project.file("policy.pub")).ok()?).ok()?;
    let policy = Policy::open(&bytes, &Trust::new(name, &[key]), Floor::NONE).ok()?;
    policy.image().id().first_chunk().map(|first| format!("{:016x}", u64::from_le_bytes(*first)))
}
