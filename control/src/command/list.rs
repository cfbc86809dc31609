//! `caltrop list`: lists of networks.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use caltrop::image::{Floor, Header, Trust};
use caltrop::net::{Body, Overlap, Prefixes};
use caltrop::verify::PublicKey;
use caltrop_host::files::{self, FileError, Readers};
use caltrop_host::signer;
use serde_json::json;

use super::project;
use super::said::{Failure, Said};
use crate::diagnostic::Source;
use crate::lists::{Format, Listed, TEXT_MAX, numbered, read};
use crate::prefixes::{Choice, Table};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Read a list, sign it and write the image; of one network in another the longer holds
    Compile {
        #[command(flatten)]
        text: Text,
        /// What it is for, POLICY/FEED: who opens the image names the same
        #[arg(long)]
        scope: String,
        /// The key that signs it
        #[arg(long, default_value = "policy.key")]
        key: PathBuf,
        /// The image to write; beside the list if not given
        #[arg(long, short)]
        out: Option<PathBuf>,
        /// Ranges whatever its length, for boards
        #[arg(long)]
        ranges: bool,
    },
    /// What an image holds
    Show(Opened),
    /// The label of addresses in an image
    Lookup {
        #[command(flatten)]
        opened: Opened,
        /// The addresses
        #[arg(required = true)]
        addresses: Vec<IpAddr>,
    },
}

/// A list as it was fetched.
#[derive(Debug, clap::Args)]
pub(super) struct Text {
    /// The list
    list: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value = "plain")]
    format: Written,
    /// Of CSV, the column of networks
    #[arg(long, default_value = "network")]
    network: String,
    /// Of CSV, the column of labels
    #[arg(long)]
    label: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Written {
    /// One network a line
    Plain,
    /// Comma-separated, with a first line of names
    Csv,
    /// Amazon's ip-ranges.json
    Aws,
    /// Google's goog.json or cloud.json
    Google,
    /// Azure's `ServiceTags_*.json`
    Azure,
}

/// An image, and whom to believe.
#[derive(Debug, clap::Args)]
pub(super) struct Opened {
    /// The image
    image: PathBuf,
    /// What it is for, POLICY/FEED
    #[arg(long)]
    scope: String,
    /// The public key of who signed it
    #[arg(long, default_value = "policy.pub")]
    signer: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::Compile { text, scope, key, out, ranges } => {
            let choice = if *ranges { Choice::Ranges } else { Choice::Fastest };
            compile(text, scope, key, out.as_deref(), choice)
        }
        Args::Show(opened) => opened.with(|prefixes| Ok(show(opened, prefixes))),
        Args::Lookup { opened, addresses } => opened.with(|prefixes| Ok(lookup(prefixes, addresses))),
    }
}

fn compile(text: &Text, scope: &str, key: &Path, out: Option<&Path>, choice: Choice) -> Result<Said, Failure> {
    check_scope(scope)?;
    let listed = text.read()?;
    let signer = project::signing_key(key)?;
    let path = out.map_or_else(|| text.list.with_extension("cltp"), Path::to_owned);
    if path == text.list {
        return Err(Failure::usage(format_args!("{}: the image would take the list's place: give another --out", path.display())));
    }
    let (mut prefixes, labels) = numbered(&listed);
    let table = Table::new(&mut prefixes, Overlap::Longest, choice);
    let image = table.image(scope, &labels).map_err(Failure::wrong)?;
    let _locked = files::lock(files::folder_of(&path))?;
    let last = project::header(&path)?.map_or(0, |(header, _)| header.sequence.get());
    let stamp = project::stamp_after(last, 0);
    let sequence = stamp.sequence;
    let image = image.finish(&signer, stamp);
    files::write(&path, &image, Readers::All)?;
    let (count, shown) = (listed.len(), path.display());
    let text = format!("{shown} written: {scope}, sequence {sequence}, {count} networks, {} labels, {} bytes\n", labels.len(), image.len());
    Ok(Said::new(
        text,
        json!({ "image": path, "scope": scope, "sequence": sequence, "networks": count, "labels": labels.len(), "bytes": image.len() }),
    ))
}

/// A scope of one word would be a policy's, and no list's.
fn check_scope(scope: &str) -> Result<(), Failure> {
    let is_word = |word: &str| (1..=63).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    match scope.split_once('/') {
        Some((policy, feed)) if is_word(policy) && is_word(feed) => Ok(()),
        _ => Err(Failure::usage(format_args!("--scope {scope:?}: give the policy and the feed, as in acme-api/nets"))),
    }
}

impl Text {
    fn read(&self) -> Result<Vec<Listed>, Failure> {
        if matches!((self.format, &self.label), (Written::Csv, _) | (_, None)) {
            let format = match self.format {
                Written::Plain => Format::Plain,
                Written::Csv => Format::Csv { network: &self.network, label: self.label.as_deref() },
                Written::Aws => Format::Aws,
                Written::Google => Format::Google,
                Written::Azure => Format::Azure,
            };
            let length = std::fs::metadata(&self.list).map_or(0, |about| about.len());
            if length > TEXT_MAX as u64 {
                let what = format!("{length} bytes, and at most {TEXT_MAX} are read");
                return Err(FileError::new(&self.list, what, "split the list").into());
            }
            let bytes = files::read(&self.list, "give a list that this user may read")?;
            let text = String::from_utf8(bytes).map_err(|error| {
                let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
                Failure::wrong(format_args!("{}:{line}: not UTF-8: save the list as UTF-8", self.list.display()))
            })?;
            return read(&Source::new(self.list.display().to_string(), text), format).map_err(|report| Failure::report(&report));
        }
        Err(Failure::usage("--label: only CSV has columns: add --format csv, or leave it out"))
    }
}

impl Opened {
    fn with(&self, answer: impl FnOnce(&Prefixes<'_>) -> Result<Said, Failure>) -> Result<Said, Failure> {
        check_scope(&self.scope)?;
        let key = signer::open(&self.signer)
            .map_err(|error| FileError::new(&self.signer, &error, format!("{}, or name it with --signer", error.mend())))?;
        let key = PublicKey::from_bytes(&key).map_err(|_| Failure::wrong(format_args!("{}: no public key", self.signer.display())))?;
        let bytes = files::read(&self.image, "give an image that `caltrop list compile` wrote")?;
        let opened = Prefixes::open(&bytes, &Trust::new(&self.scope, &[key]), Floor::NONE).map_err(|error| {
            Failure::wrong(format_args!(
                "{}: {error}: give the --scope and --signer that it was compiled with, or compile it anew",
                self.image.display()
            ))
        })?;
        answer(&opened)
    }
}

fn show(opened: &Opened, prefixes: &Prefixes<'_>) -> Said {
    let header: &Header = prefixes.image().header();
    let (sequence, bytes) = (header.sequence.get(), header.length.get());
    let body = match prefixes.body() {
        Body::Ranges(_) => "ranges",
        Body::Poptrie(_) => "poptrie",
    };
    // A list without labels has one that is empty.
    let labels: Vec<&str> = prefixes.labels().filter(|label| !label.is_empty()).collect();
    let mut text = format!("{}: sequence {sequence}, {bytes} bytes, {body}, {} labels\n", opened.scope, labels.len());
    labels.iter().for_each(|label| text.extend(["  ", label, "\n"]));
    Said::new(text, json!({ "scope": opened.scope, "sequence": sequence, "bytes": bytes, "body": body, "labels": labels }))
}

fn lookup(prefixes: &Prefixes<'_>, addresses: &[IpAddr]) -> Said {
    let (mut text, mut rows) = (String::new(), Vec::new());
    for &address in addresses {
        let label = prefixes.label(address);
        let said = match label {
            None => "not listed",
            Some("") => "listed",
            Some(label) => label,
        };
        text += &format!("{address}  {said}\n");
        rows.push(json!({ "address": address, "listed": label.is_some(), "label": label.filter(|label| !label.is_empty()) }));
    }
    Said::new(text, json!({ "addresses": rows }))
}
