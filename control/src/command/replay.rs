//! `caltrop policy replay`.

use std::path::PathBuf;

use caltrop_host::files;
use serde_json::json;

use super::project::Project;
use super::said::{Failure, Said};
use crate::replay::replay;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The log, as `caltrop audit tail --log` writes it
    log: PathBuf,
    /// The policy as it would be; its keyring is read beside it
    #[arg(long, default_value = "policy.toml")]
    policy: PathBuf,
    /// The policy as it was, for routes that are no more and conditions that have not changed
    #[arg(long, value_name = "OLD")]
    was: Option<PathBuf>,
    /// Exit with 1 if somebody who passed would be refused, or if nothing could be replayed
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    let project = Project::new(&args.policy);
    let written = project.written()?;
    let was = args.was.as_ref().map(|path| Project::new(path).written()).transpose()?;
    let keys = match &written.policy.keyring {
        Some(feed) => project.keyring(&written, feed)?.keys,
        None => Vec::new(),
    };
    let log = files::read(&args.log, "give the log's path")?;
    let log = String::from_utf8_lossy(&log);
    let replayed = replay(log.lines().filter(|line| !line.is_empty()), &keys, &written, was.as_ref()).map_err(Failure::wrong)?;
    if replayed.events == 0 && replayed.unreadable > 0 {
        return Err(Failure::wrong(format_args!("{}: no line of it is one of an audit log", args.log.display())));
    }
    let text = format!("{}: {replayed}", args.log.display());
    let json = json!({ "replay": replayed, "allowed-in-log": allowed_in_log(replayed.allow_every), "limits-replayed": false });
    let not_replayed: u64 = replayed.not_replayed.iter().map(|unknown| unknown.events).sum();
    if args.strict && (!replayed.refused.is_empty() || replayed.events == not_replayed) {
        return Err(Failure::wrong(text.trim_end()).with(json));
    }
    Ok(Said::new(text, json).note(&written.warnings))
}

/// As `[audit] allow` says it.
fn allowed_in_log(allow_every: u32) -> String {
    if allow_every == 0 { "none".to_owned() } else { format!("1/{allow_every}") }
}
