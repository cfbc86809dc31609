//! A policy as it was written: the model, and what else the file says.

use std::fmt;
use std::path::{Path, PathBuf};

use caltrop::guard::record::LINE;
use caltrop::image::Header;
use caltrop_host::{clock, signer};
use zerocopy::FromBytes;

use super::document::{self, Keys, Span, Table};
use super::expect::Expect;
use super::lines::Lines;
use super::network::Network;
use super::{SignerError, audit, auth, expect, feed, head, headers, issuer, network, plan, quota, route, unused};
use crate::diagnostic::{Findings, Report, Source};
use crate::image::{ImageWriter, Stamp};
use crate::model::{self, ALLOW_EVERY, CompileError, Plan, Policy};

/// A policy.toml that was read and found good.
///
/// # Example: read, then refused
/// ```
/// use caltrop_control::{diagnostic::Source, policy::Written};
/// let text = "[policy]\nname = \"acme\"\n[route]\nhealth = { match = \"GET /healthz\", auth = \"none\" }\n";
/// let no_files = |_: &str| unreachable!("this policy names no signer");
/// let written = Written::read(Source::new("policy.toml", text), &no_files).unwrap();
/// assert_eq!(written.policy.routes[0].name, "health");
///
/// let bad = Source::new("policy.toml", text.replace("match", "macth"));
/// let report = Written::read(bad, &no_files).unwrap_err();
/// assert!(report.to_string().contains("policy.toml:4:12: unknown key \"macth\" in [route] \"health\": did you mean \"match\"?"));
/// ```
#[derive(Debug, Clone)]
pub struct Written {
    /// The model.
    pub policy: Policy,
    /// The image's sequence; `None` = one more than the image before it.
    pub sequence: Option<u64>,
    /// When the image stops being good, Unix seconds; 0 = never.
    pub expires_s: u64,
    /// The scopes that routes and keys may name; `None` = any.
    pub scopes: Option<Vec<String>>,
    /// How many key records the keyring is meant to hold.
    pub keys: Option<u64>,
    /// Which line made what.
    pub lines: Lines,
    /// What the policy is held to.
    pub expects: Vec<Expect>,
    /// The text.
    pub source: Source,
    /// What is odd about it, but no error.
    pub warnings: Report,
}

impl Written {
    /// Reads a policy; `signer` opens the public keys that it names.
    ///
    /// # Errors
    /// All mistakes, in the order of the text.
    pub fn read(source: Source, signer: &dyn Fn(&str) -> Result<[u8; 32], SignerError>) -> Result<Self, Report> {
        Self::read_at(source, signer, clock::now().wall_s)
    }

    /// Reads a policy at an instant, in Unix seconds: exceptions are warned of before they end.
    ///
    /// # Errors
    /// As [`Written::read`]; they do not depend on the instant.
    pub fn read_at(source: Source, signer: &dyn Fn(&str) -> Result<[u8; 32], SignerError>, now_s: u64) -> Result<Self, Report> {
        Self::read_with(source, signer, &|_| Err("no such file".to_owned()), now_s)
    }

    /// Reads a policy that may name sets of keys, too: `text` opens them, or tells what the system said.
    ///
    /// # Errors
    /// As [`Written::read`].
    pub fn read_with(
        source: Source,
        signer: &dyn Fn(&str) -> Result<[u8; 32], SignerError>,
        text: &dyn Fn(&str) -> Result<String, String>,
        now_s: u64,
    ) -> Result<Self, Report> {
        let mut findings = Findings::default();
        let Some(parts) = parts(&source, signer, text, now_s, &mut findings) else { return Err(findings.report(&source)) };
        let (written, route_place) = parts;
        if !findings.has_error()
            && let Err(error) = model::compile(&written.policy)
        {
            // What one table alone says was told above; left are bounds of the whole.
            findings.error(route_place, "this policy makes no image", error.to_string());
        }
        let failed = findings.has_error();
        let report = findings.report(&source);
        if failed { Err(report) } else { Ok(Self { source, warnings: report, ..written }) }
    }

    /// Reads a file; the files that it names lie in its folder.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| LoadError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let source = Source::new(path.display().to_string(), text);
        let signer = |name: &str| signer::open(&folder.join(name));
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
        Self::read_with(source, &signer, &text, clock::now().wall_s).map_err(LoadError::Policy)
    }

    /// The image, but for its stamp and signature, with its source map.
    ///
    /// # Errors
    /// None for a policy that was read; [`CompileError`] if its model was changed since.
    pub fn image(&self) -> Result<ImageWriter, CompileError> {
        Ok(model::compile(&self.policy)?.records(LINE, &self.lines.records()))
    }
}

/// Whether an image says what a policy.toml says, but for its stamp and signature.
///
/// # Errors
/// As [`Written::image`].
pub fn is_current(written: &Written, image: &[u8]) -> Result<bool, CompileError> {
    // Whoever signs: behind the header stands only what the policy says.
    let signer = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let own = written.image()?.finish(&signer, Stamp { sequence: 1, created_s: 1, not_after_s: 0 });
    let header = Header::read_from_prefix(image).map(|(header, _)| header);
    let ends_alike = header.is_ok_and(|header| header.not_after.get() == written.expires_s);
    Ok(ends_alike && image.get(size_of::<Header>()..) == own.get(size_of::<Header>()..))
}

/// Why a file gives no policy.
#[derive(Debug)]
pub enum LoadError {
    /// It cannot be read.
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// It was read, and is no policy.
    Policy(Report),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, why } => {
                write!(f, "{}: {why}: give the path of a policy.toml; `caltrop init` makes one", path.display())
            }
            Self::Policy(report) => report.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

const ROOT: Keys =
    Keys { known: &["policy", "network", "headers", "feed", "auth", "quota", "plan", "route", "audit", "expect"], unbuilt: &[] };

/// What the text says as far as it can be read, and where its routes begin.
fn parts(
    source: &Source,
    signer: feed::Opener<'_>,
    text: issuer::Opener<'_>,
    now_s: u64,
    findings: &mut Findings,
) -> Option<(Written, Span)> {
    let document = document::parse(source, findings)?;
    let root = Table::new("policy.toml", 0..source.text().find('\n').unwrap_or(source.text().len()), document.get_ref());
    root.check_keys(ROOT, findings);
    let table = |key: &str, example: &str, findings: &mut Findings| {
        let entry = root.get(key)?;
        entry.value.table(&format!("[{key}]"), entry.key_span.clone(), example, findings)
    };
    root.need("policy", "[policy] and name = \"acme-api\"", findings);
    let head = table("policy", "[policy]", findings).map(|table| head::read(&table, findings)).unwrap_or_default();
    let network = table("network", "[network]", findings).map_or_else(Network::empty, |table| network::read(&table, findings));
    let fields = table("headers", "[headers]", findings).map(|table| headers::read(&table, findings)).unwrap_or_default();
    let feeds = table("feed", "[feed]", findings).map(|table| feed::read(&table, signer, findings)).unwrap_or_default();
    feed::check_zones(&network.zone_feeds, &feeds, findings);
    let auth = table("auth", "[auth.key]", findings).map(|table| auth::read(&table, &feeds, text, findings)).unwrap_or_default();
    feed::check_key_sets(&auth.issuers, &feeds, findings);
    let allow_every = table("audit", "[audit]", findings).map_or(ALLOW_EVERY, |table| audit::read(&table, findings));
    let zones = network.zone_names();
    let quotas = table("quota", "[quota]", findings).map(|table| quota::read(&table, &zones, findings)).unwrap_or_default();
    let plans = table("plan", "[plan]", findings).map(|table| plan::read(&table, &quotas, findings)).unwrap_or_default();
    quota::check_plans(&quotas, &plans, findings);
    let plans: Vec<Plan> = plans.into_iter().map(|(plan, _)| plan).collect();
    let around = route::Around {
        zones,
        quotas: quotas.iter().map(|(quota, _)| quota).collect(),
        plans: &plans,
        auth: auth.names(),
        tls: network.tls,
        tls_place: network.places[0].clone(),
        scopes: head.scopes.as_deref(),
        now_s,
    };
    let route_table = table("route", "[route]", findings);
    let routes = route_table.as_ref().map(|table| route::read(table, &around, findings)).unwrap_or_default();
    // A mistake elsewhere would make much seem unused.
    if !findings.has_error() {
        if routes.is_empty() {
            findings.warn(root.span.clone(), "no routes", "every request gets 404: add [route]");
        } else {
            unused::warn(&head, &network, &quotas, &routes, findings);
        }
    }
    let around = expect::Around {
        routes: routes.iter().map(|placed| placed.route.name.as_str()).collect(),
        plans: &plans,
        feed_zones: network.feed_zones(),
        auth: auth.names(),
        hides: routes.iter().any(|placed| placed.route.hide),
        scopes: head.scopes.as_deref(),
    };
    let expects = expects(&root, source, &around, findings);
    let line = |span: &Span| source.position(span.start).0;
    let proxies = network.places[3].iter().filter(|_| !network.proxies.is_empty());
    let lines = Lines {
        routes: routes.iter().map(|placed| line(&placed.place)).collect(),
        templates: routes.iter().flat_map(|placed| &placed.templates).map(line).collect(),
        quotas: quotas.iter().flat_map(|(quota, place)| quota.window_names(&plans).map(move |name| (name, line(place)))).collect(),
        zones: network.zones.iter().map(|(_, place)| place).chain(proxies).map(line).collect(),
        feeds: feeds.iter().map(|(_, place)| line(place)).collect(),
        network: network.places.clone().map(|place| place.as_ref().map(line)),
        auth: auth.keys.as_ref().map(|keys| line(&keys.place)),
    };
    let strip = auth.keys.as_ref().is_some_and(|keys| keys.strip);
    let (keyring, credentials) = auth.keys.map(|keys| (keys.keyring, keys.credentials)).unzip();
    let policy = Policy {
        name: head.name,
        mode: head.mode,
        slots: head.slots,
        allow_every,
        deny_expired: head.deny_expired,
        proxies: network.proxies,
        unix_is_proxy: network.unix_is_proxy,
        forwarded: network.forwarded,
        tls: network.tls,
        zones: network.zones.into_iter().map(|(zone, _)| zone).collect(),
        deny: network.deny,
        never_deny: network.never_deny,
        cors: network.cors,
        fields,
        feeds: feeds.into_iter().map(|(feed, _)| feed).collect(),
        keyring,
        credentials: credentials.unwrap_or_default(),
        strip,
        issuers: auth.issuers.into_iter().map(|(issuer, _)| issuer).collect(),
        quotas: quotas.into_iter().map(|(quota, _)| quota).collect(),
        plans,
        routes: routes.into_iter().map(|placed| placed.route).collect(),
    };
    let written = Written {
        policy,
        sequence: head.sequence,
        expires_s: head.expires_s,
        scopes: head.scopes,
        keys: head.keys,
        lines,
        expects,
        source: Source::new("", ""),
        warnings: Report::default(),
    };
    Some((written, route_table.map_or(root.span, |table| table.span)))
}

fn expects(root: &Table<'_>, source: &Source, around: &expect::Around<'_>, findings: &mut Findings) -> Vec<Expect> {
    let Some(entry) = root.get("expect") else { return Vec::new() };
    let rows = entry.value.list("expect", "[[expect]]", findings).unwrap_or_default();
    let row = |row: document::Value<'_>, findings: &mut Findings| {
        let span = row.span();
        let table = row.table("[[expect]]", span.start..span.start, "[[expect]]", findings)?;
        expect::read(&table, source.position(span.start).0, around, findings)
    };
    rows.into_iter().filter_map(|value| row(value, findings)).collect()
}
