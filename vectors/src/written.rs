//! Vectors as a person writes them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One file: a policy, its keys, and cases that share a state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Written {
    /// The policy, a file beside this one.
    pub policy: String,
    /// Its keys.
    #[serde(default)]
    pub key: Vec<Key>,
    /// What its feeds bring, but for the keys.
    #[serde(default)]
    pub feed: Vec<Feed>,
    /// Its cases.
    pub case: Vec<Case>,
    /// The text of the policy.
    #[serde(skip)]
    pub policy_text: String,
}

/// An API key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Key {
    /// The key itself: it opens nothing but these vectors.
    pub text: String,
    /// Whose it is.
    pub principal: String,
    /// The principal's tenant.
    pub tenant: Option<String>,
    /// The principal's plan.
    pub plan: Option<String>,
    /// What it may do.
    #[serde(default)]
    pub scopes: BTreeSet<String>,
    /// Where from.
    #[serde(default)]
    pub zones: BTreeSet<String>,
    /// Unix seconds; 0 = never.
    #[serde(default)]
    pub expires: u32,
    /// Unix seconds.
    #[serde(default)]
    pub not_before: u32,
    /// Whether it was taken back.
    #[serde(default)]
    pub revoked: bool,
    /// Whether only its SHA-256 was stored.
    #[serde(default)]
    pub sha256: bool,
}

/// What a feed brings: by its kind in the policy one of these.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// Networks.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Names of the key that signs the tokens of these vectors.
    #[serde(default)]
    pub kids: Vec<String>,
    /// What was taken back.
    #[serde(default)]
    pub revoked: Vec<Revoked>,
}

/// One thing that was taken back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Revoked {
    /// `token`, `principal`, `client`, `signing-key` or `key`.
    pub what: String,
    /// Its issuer.
    #[serde(default)]
    pub issuer: String,
    /// Its name; of an API key its number, from 1 in the order of the file.
    pub name: String,
    /// Unix seconds; 0 = whenever it was issued.
    #[serde(default)]
    pub before: u32,
    /// Unix seconds; 0 = for ever.
    #[serde(default)]
    pub until: u32,
}

/// A request and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Method and target.
    pub line: String,
    /// A peer's address, or `unix:`.
    #[serde(default = "default_from")]
    pub from: String,
    /// `off`, `old`, `1.2` or `1.3`.
    #[serde(default = "default_tls")]
    pub tls: String,
    /// `name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// An access token that it shows: what differs from a good one.
    pub token: Option<Token>,
    /// How often a last header field stands there: for limits of their number.
    #[serde(default)]
    pub fill: usize,
    /// As many `x` are put behind the target: for limits of its length.
    #[serde(default)]
    pub pad: usize,
    /// Milliseconds of the monotonic clock.
    #[serde(default)]
    pub at_ms: u64,
    /// Unix seconds.
    #[serde(default = "default_wall")]
    pub wall: u64,
    /// Whether the wall clock can be believed.
    #[serde(default = "default_trusted")]
    pub trusted: bool,
    /// How often it is sent; all but the last must be allowed, whatever the last one's answer.
    #[serde(default = "default_repeat")]
    pub repeat: u32,
    /// The answer.
    pub status: u16,
    /// Its reason; none if allowed.
    #[serde(default)]
    pub reason: String,
    /// Whose credential was verified.
    #[serde(default)]
    pub principal: String,
    /// The route that was found.
    #[serde(default)]
    pub route: String,
    /// Seconds to wait.
    #[serde(default)]
    pub retry_after: u32,
    /// What would have refused it: reasons, each with its quota behind a space if it has one.
    #[serde(default)]
    pub reported: Vec<String>,
}

/// An access token, by what differs from a good one of the issuer `https://id.acme.example`, signed by Ed25519 key `e1`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Token {
    /// Members of its header.
    #[serde(default)]
    pub header: toml::Table,
    /// Its claims.
    #[serde(default)]
    pub claims: toml::Table,
    /// Claims that it does not have.
    #[serde(default)]
    pub without: Vec<String>,
    /// Whether its signature is another's.
    #[serde(default)]
    pub forged: bool,
}

fn default_from() -> String {
    "203.0.113.9".into()
}

fn default_tls() -> String {
    "1.3".into()
}

const fn default_wall() -> u64 {
    1_796_000_100
}

const fn default_trusted() -> bool {
    true
}

const fn default_repeat() -> u32 {
    1
}

/// Why files are no vectors.
#[derive(Debug)]
pub struct WrittenError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for WrittenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for WrittenError {}

/// Reads every `*.vectors.toml` of a folder, in the order of their names.
///
/// # Errors
/// [`WrittenError`] names the file.
pub fn load(folder: &Path) -> Result<Vec<Written>, WrittenError> {
    let fail = |path: &Path, why: String| WrittenError { path: path.to_owned(), why };
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| fail(path, error.to_string()));
    let entries = std::fs::read_dir(folder).map_err(|error| fail(folder, error.to_string()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".vectors.toml"));
    paths.sort();
    let file = |path: PathBuf| {
        let mut written: Written = toml::from_str(&read(&path)?).map_err(|error| fail(&path, error.to_string()))?;
        written.policy_text = read(&folder.join(&written.policy))?;
        Ok(written)
    };
    paths.into_iter().map(file).collect()
}
