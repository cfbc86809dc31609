//! `caltrop import`.

use std::path::PathBuf;

use caltrop_host::files::{self, Readers};
use serde_json::json;
use zeroize::Zeroizing;

use super::init::{make, name_for};
use super::said::{Failure, Said};
use crate::kong::{self, Consumer};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Kong's declarative configuration, as `deck gateway dump` writes it: exit code 1 if something in it is in no policy
    Kong(Kong),
}

#[derive(Debug, clap::Args)]
pub(super) struct Kong {
    /// The file (YAML, _format_version "3.0")
    file: PathBuf,
    /// The folder of the project; made if it is not there
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The policy's name; the folder's if left out
    #[arg(long)]
    name: Option<String>,
    /// Write the consumers' keys to this file, for `caltrop keys import --format csv`; it is a secret
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    let Args::Kong(args) = args;
    let name = name_for(args.name.as_deref(), &args.folder)?;
    let source = args.file.display().to_string();
    let text = Zeroizing::new(files::read(&args.file, "give the path of a deck.yaml")?);
    let text = std::str::from_utf8(&text).map_err(|_| Failure::wrong(format_args!("{source}: not UTF-8")))?;
    let carried = kong::open(text).map_err(|error| Failure::wrong(format_args!("{source}: {error}")))?;
    if let Some(path) = args.keys.as_ref().filter(|path| path.exists()) {
        return Err(Failure::usage(format_args!("{} is there already: give another file; nothing was changed", path.display())));
    }
    let compiled = make(&args.folder, &name, &kong::policy_text(&carried, &name, &source))?;
    if let Some(path) = &args.keys {
        files::write(path, csv(&carried.consumers)?.as_bytes(), Readers::Owner)?;
    }
    let (routes, left, folder) = (carried.routes.len(), carried.left.len(), args.folder.display());
    let keys: usize = carried.consumers.iter().map(|consumer| consumer.keys.len()).sum();
    let keys_said = match &args.keys {
        _ if keys == 0 => String::new(),
        Some(path) => {
            let path = path.display();
            format!(
                "{keys} keys in {path}, a secret: import them, then remove it\n  caltrop keys import {path} --format csv --policy {folder}/policy.toml\n"
            )
        }
        None => format!("{keys} keys were not read: --keys FILE writes them for caltrop keys import --format csv\n"),
    };
    let text = format!("{folder}: policy {name} with {routes} routes of {source}, {left} things not carried\n{}{keys_said}", compiled.text);
    let notes: String = carried.left.iter().map(|left| format!("{source}:{left}\n")).collect();
    let left: Vec<_> = carried.left.iter().map(|left| json!({ "line": left.line, "what": left.what, "why": left.why })).collect();
    let json = json!({ "folder": args.folder, "name": name, "routes": routes, "keys": keys, "not-carried": left });
    let is_whole = carried.left.is_empty();
    let said = Said::new(text, json).note(compiled.notes).note(notes);
    Ok(if is_whole { said } else { said.not_whole() })
}

/// One line a key.
fn csv(consumers: &[Consumer]) -> Result<Zeroizing<String>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["key", "principal", "scopes"]).map_err(Failure::system)?;
    for consumer in consumers {
        let scopes = consumer.scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        for key in &consumer.keys {
            writer.write_record([key, &consumer.name, &scopes]).map_err(Failure::system)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Failure::system(error.error()))?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(Failure::system)
}
