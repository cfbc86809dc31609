//! `caltrop init`.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop_host::files::{self, Readers};
use ed25519_dalek::SigningKey;
use serde_json::json;
use zeroize::Zeroizing;

use super::said::{Failure, Said};
use super::{policy, project};
use crate::init::{Options, openapi, policy_text};
use crate::keys;
use crate::model::Tls;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the project; made if it is not there
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The policy's name; the folder's if left out
    #[arg(long)]
    name: Option<String>,
    /// Make one route for each operation of this OpenAPI description (JSON)
    #[arg(long, value_name = "FILE")]
    openapi: Option<PathBuf>,
    /// The least protection of a connection
    #[arg(long, default_value = "1.2", value_parser = ["off", "1.2", "1.3"])]
    tls: String,
}

const GITIGNORE: &str =
    "# Secrets, and what each host remembers. Images may be kept: they are signed and hold no secret.\n*.key\npepper-*\n*.floor\n";

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    let name = name_for(args.name.as_deref(), &args.folder)?;
    let mut options = Options::new(name.clone());
    options.tls = match args.tls.as_str() {
        "off" => Tls::Off,
        "1.3" => Tls::V1_3,
        _ => Tls::V1_2,
    };
    let mut refused = Vec::new();
    if let Some(path) = &args.openapi {
        let text = String::from_utf8(files::read(path, "give the path of an OpenAPI description")?)
            .map_err(|_| Failure::wrong(format_args!("{}: not UTF-8: give an OpenAPI description in JSON", path.display())))?;
        let opened = openapi::open(&text).map_err(|error| Failure::wrong(format_args!("{}: {error}", path.display())))?;
        options.routes = opened.routes;
        refused = opened.refused;
    }
    let compiled = make(&args.folder, &name, &policy_text(&options))?;
    let folder = args.folder.display();
    let routes = options.routes.len();
    let said = compiled.text.trim_end();
    let text = format!(
        "{folder}: policy {name} with {routes} routes, its signing keys and a pepper (secrets have mode 0600)\n{said}\n\
         next: edit policy.toml, then\n  caltrop policy test {folder}/policy.toml\n  caltrop policy compile {folder}/policy.toml\n  \
         caltrop keys new alice --policy {folder}/policy.toml\n"
    );
    let lines: Vec<String> = refused.iter().map(ToString::to_string).collect();
    let notes: String = lines.iter().map(|line| format!("refused: {line}\n")).collect();
    Ok(Said::new(text, json!({ "folder": args.folder, "name": name, "routes": routes, "refused": lines })).note(notes))
}

/// Makes a project of a policy's text: keys, pepper, an empty keyring, and the compiled policy. Nothing is changed where something is there.
pub(super) fn make(folder: &Path, name: &str, text: &str) -> Result<Said, Failure> {
    let at = |name: &str| folder.join(name);
    let made = ["policy.toml", "policy.key", "policy.pub", "feed-keys.key", "feed-keys.pub", "pepper-1", "policy.cltp", "keys.cltp"];
    if let Some(there) = made.iter().find(|name| at(name).exists()) {
        return Err(Failure::usage(format_args!("{} is there already: give another folder; nothing was changed", at(there).display())));
    }
    std::fs::create_dir_all(folder).map_err(|error| files::FileError::new(folder, error, "give a folder that can be made"))?;
    write_pair(folder, "policy")?;
    let feed_key = write_pair(folder, "feed-keys")?;
    files::write(&at("pepper-1"), secret(&*random()?).as_bytes(), Readers::Owner)?;
    if !at(".gitignore").exists() {
        files::write(&at(".gitignore"), GITIGNORE.as_bytes(), Readers::All)?;
    }
    files::write(&at("policy.toml"), text.as_bytes(), Readers::All)?;
    let keyring = keys::build(&format!("{name}/keys"), &[], &feed_key, project::stamp_after(0, 0)).map_err(Failure::wrong)?;
    files::write(&at("keys.cltp"), &keyring, Readers::All)?;
    policy::compile(&at("policy.toml"), false)
}

/// Makes a pair of keys and writes its halves, `NAME.key` and `NAME.pub`.
pub(super) fn write_pair(folder: &Path, name: &str) -> Result<SigningKey, Failure> {
    let key = SigningKey::from_bytes(&*random()?);
    let public = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes()) + "\n";
    files::write(&folder.join(format!("{name}.key")), secret(key.as_bytes()).as_bytes(), Readers::Owner)?;
    files::write(&folder.join(format!("{name}.pub")), public.as_bytes(), Readers::All)?;
    Ok(key)
}

fn secret(bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(Base64UrlUnpadded::encode_string(bytes) + "\n")
}

/// The policy's name: the one that was given, else the folder's.
pub(super) fn name_for(given: Option<&str>, folder: &Path) -> Result<String, Failure> {
    let name = given.map_or_else(|| name_of(folder), str::to_owned);
    if caltrop::name::is_name(&name) {
        return Ok(name);
    }
    Err(Failure::usage(format_args!("{name:?} cannot name a policy: give --name with 1 to 63 visible ASCII characters")))
}

fn random() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(Failure::system)?;
    Ok(bytes)
}

fn name_of(folder: &Path) -> String {
    let whole = std::path::absolute(folder).unwrap_or_default();
    whole.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}
