//! `[feed]`: what changes by the minute, and who may sign it.

use caltrop::guard::record::{COOLDOWN_MAX_S, LISTS_MAX};

use super::document::{Entry, Keys, Span, Table};
use super::{SignerError, limit, names, nearest, words};
use crate::diagnostic::Findings;
use crate::model::{Feed, FeedKind, Fetch, Issuer, IssuerKeys, Stale};

/// Opens a public key by the name that a policy gives it.
pub(super) type Opener<'o> = &'o dyn Fn(&str) -> Result<[u8; 32], SignerError>;

const KEYS: Keys = Keys { known: &["kind", "signer", "stale", "on-stale", "url", "cooldown"], unbuilt: &[] };
/// How long nobody's word makes an issuer's keys be fetched once more, if the policy does not say it.
const COOLDOWN_S: u32 = 60;
const EXAMPLE: &str = "{ kind = \"keyring\", signer = \"keys.pub\" }";

pub(super) fn read(table: &Table<'_>, open: Opener<'_>, findings: &mut Findings) -> Vec<(Feed, Span)> {
    let mut feeds = Vec::new();
    for entry in &table.entries {
        let name = entry.key;
        names::check("feed", name, entry.key_span.clone(), findings);
        let label = format!("[feed] {name:?}");
        let Some(feed) = entry.value.table(&label, entry.key_span.clone(), EXAMPLE, findings) else { continue };
        feed.check_keys(KEYS, findings);
        let mut kind = FeedKind::Keyring;
        if let Some(entry) = feed.need("kind", "kind = \"keyring\"", findings) {
            let span = entry.value.span();
            match entry.value.text("kind", "\"keyring\"", findings) {
                None | Some("keyring") => {}
                Some("prefixes") => kind = FeedKind::Prefixes,
                Some("jwks") => kind = FeedKind::Jwks,
                Some("revocations") => kind = FeedKind::Revocations,
                Some(other) => {
                    findings.error(span, format!("unknown kind {other:?}"), "write \"keyring\", \"prefixes\", \"jwks\" or \"revocations\"")
                }
            }
        }
        let signers = signers(&feed, name, open, findings);
        let fetch = if kind == FeedKind::Jwks { fetch(&feed, findings) } else { None };
        if let Some(entry) = ["url", "cooldown"].iter().filter(|_| kind != FeedKind::Jwks).find_map(|key| feed.get(key)) {
            findings.error(
                entry.key_span.clone(),
                format!("{:?} of a feed that nobody fetches", entry.key),
                "leave it out: it is for feeds of kind \"jwks\"",
            );
        }
        let stale = stale(&feed, findings);
        feeds.push((Feed { name: name.to_owned(), kind, signers, stale, fetch }, feed.span));
    }
    let lists: Vec<&Span> = feeds.iter().filter(|(feed, _)| feed.kind == FeedKind::Prefixes).map(|(_, span)| span).collect();
    if let Some(&span) = lists.get(LISTS_MAX) {
        let help = format!("a policy has at most {LISTS_MAX}, each looked up for each request: join some lists into one");
        findings.error(span.clone(), format!("{} feeds of prefixes", lists.len()), help);
    }
    let mut revocations = feeds.iter().filter(|(feed, _)| feed.kind == FeedKind::Revocations).map(|(_, span)| span);
    if let (Some(first), Some(second)) = (revocations.next(), revocations.next()) {
        findings.clash(
            second.clone(),
            "two feeds of revocations",
            "join the two: one list is looked up for each credential",
            first.clone(),
            "the other one",
        );
    }
    feeds
}

/// Who may sign it: `feed-NAME.pub`, if it does not say.
fn signers(feed: &Table<'_>, name: &str, open: Opener<'_>, findings: &mut Findings) -> Vec<[u8; 32]> {
    let usual = format!("feed-{name}.pub");
    let files = match feed.get("signer") {
        None if feed.is_misspelt("signer") => Vec::new(),
        None => vec![(usual.as_str(), feed.span.clone())],
        Some(entry) => {
            let files = entry.value.text_or_texts("signer", "\"keys.pub\"", findings);
            if !(1..=2).contains(&files.len()) && entry.value.as_list().is_some() {
                findings.error(entry.value.span(), format!("{} signers", files.len()), "give one, or two while one replaces the other");
            }
            files
        }
    };
    let mut signers = Vec::new();
    for (file, span) in files {
        match open(file) {
            Ok(key) => signers.push(key),
            Err(error) => findings.error(span, format!("signer {file:?}: {error}"), error.mend()),
        }
    }
    signers
}

/// Where an issuer publishes its keys.
fn fetch(feed: &Table<'_>, findings: &mut Findings) -> Option<Fetch> {
    let entry = feed.need("url", "url = \"https://id.example/.well-known/jwks.json\"", findings)?;
    let url = entry.value.text("url", "\"https://id.example/.well-known/jwks.json\"", findings)?;
    if !is_url(url) {
        let help = "write an https URL of at most 2,048 visible characters; http is for this host alone, by its address";
        findings.error(entry.value.span(), format!("url {url:?}"), help);
    }
    let cooldown_s = match feed.get("cooldown") {
        None => COOLDOWN_S,
        Some(entry) => {
            let text = entry.value.text("cooldown", "\"1m\"", findings)?;
            let period = limit::period(text).filter(|period| (1..=COOLDOWN_MAX_S).contains(period));
            if period.is_none() {
                findings.error(entry.value.span(), format!("cooldown {text:?}"), "write a time as 30s or 5m, at least 1s and at most 1d");
            }
            period?
        }
    };
    Some(Fetch { url: url.to_owned(), cooldown_s })
}

/// Whether it is one that may be asked: over TLS, or without leaving the host.
fn is_url(url: &str) -> bool {
    let is_plain = url.len() <= 2048 && url.bytes().all(|byte| byte.is_ascii_graphic());
    let authority = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let is_good = match url.split_once("://") {
        Some(("https", rest)) => !authority(rest).is_empty(),
        // A name may lead anywhere, whatever it says.
        Some(("http", rest)) => {
            let authority = authority(rest);
            let socket = authority.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
            socket.or_else(|_| authority.parse()).is_ok_and(|address| address.is_loopback())
        }
        _ => false,
    };
    is_plain && is_good && !url.contains(['@', '#'])
}

/// The feed that `from` names, of this kind.
pub(super) fn named<'f>(entry: &Entry<'f>, kind: FeedKind, feeds: &[(Feed, Span)], findings: &mut Findings) -> Option<&'f str> {
    let example = words::kind(kind);
    let text = entry.value.text("from", "\"feed:keys\"", findings)?;
    let span = entry.value.span();
    let Some(name) = text.strip_prefix("feed:") else {
        findings.error(span, format!("from {text:?}"), format!("name a feed of kind {example:?}: \"feed:NAME\""));
        return None;
    };
    let of_kind: Vec<&str> = feeds.iter().filter(|(feed, _)| feed.kind == kind).map(|(feed, _)| feed.name.as_str()).collect();
    if of_kind.contains(&name) {
        return Some(name);
    }
    match feeds.iter().find(|(feed, _)| feed.name == name) {
        Some((feed, _)) => {
            findings.error(span, format!("feed {name:?} is of kind {:?}", words::kind(feed.kind)), format!("name one of kind {example:?}"))
        }
        None => names::undefined("feed", "[feed]", name, span, &of_kind, findings),
    }
    None
}

/// A feed of keys is somebody's.
pub(super) fn check_key_sets(issuers: &[(Issuer, Span)], feeds: &[(Feed, Span)], findings: &mut Findings) {
    let is_used = |name: &str| issuers.iter().any(|(issuer, _)| issuer.keys == IssuerKeys::Feed(name.to_owned()));
    for (feed, span) in feeds.iter().filter(|(feed, _)| feed.kind == FeedKind::Jwks && !is_used(&feed.name)) {
        let help = format!("add from = \"feed:{}\" to an issuer in [auth], or leave it out", feed.name);
        findings.error(span.clone(), format!("feed {:?} has no issuer", feed.name), help);
    }
}

/// A zone that is a feed's names one of prefixes, no two the same, and each of these fills a zone.
pub(super) fn check_zones(zones: &[(String, Span)], feeds: &[(Feed, Span)], findings: &mut Findings) {
    let lists = || feeds.iter().filter(|(feed, _)| feed.kind == FeedKind::Prefixes);
    let names: Vec<&str> = lists().map(|(feed, _)| feed.name.as_str()).collect();
    let mut filled: Vec<&str> = Vec::new();
    for (name, span) in zones {
        if let Some((other, _)) = feeds.iter().find(|(feed, _)| feed.kind != FeedKind::Prefixes && feed.name == *name) {
            findings.error(
                span.clone(),
                format!("feed {name:?} is of kind {:?}", words::kind(other.kind)),
                "name one of kind \"prefixes\"",
            );
        } else if !names.contains(&name.as_str()) {
            names::undefined("feed", "[feed]", name, span.clone(), &names, findings);
        } else if filled.contains(&name.as_str()) {
            findings.error(span.clone(), format!("feed {name:?} fills two zones"), "take one of them: a feed has one to itself");
        } else {
            filled.push(name);
        }
    }
    for (feed, span) in lists().filter(|(feed, _)| !filled.contains(&feed.name.as_str())) {
        let help = format!("add zones = {{ … = \"feed:{}\" }} to [network], or leave it out", feed.name);
        findings.error(span.clone(), format!("feed {:?} fills no zone", feed.name), help);
    }
}

/// `stale` and `on-stale`.
fn stale(feed: &Table<'_>, findings: &mut Findings) -> Option<Stale> {
    let deny = feed.get("on-stale").and_then(|entry| match entry.value.text("on-stale", "\"keep\"", findings)? {
        "keep" => Some(false),
        "deny" => Some(true),
        other => {
            let help =
                nearest(other, ["keep", "deny"]).map_or("write \"keep\" or \"deny\"".to_owned(), |near| format!("did you mean {near:?}?"));
            findings.error(entry.value.span(), format!("unknown on-stale {other:?}"), help);
            None
        }
    });
    let Some(entry) = feed.get("stale") else {
        if let Some(entry) = feed.get("on-stale") {
            let what = format!("\"on-stale\" in {}, which is never stale", feed.name);
            findings.error(entry.key_span.clone(), what, "add stale = \"5m\", the age from which on it is, or leave it out");
        }
        return None;
    };
    let text = entry.value.text("stale", "\"5m\"", findings)?;
    match limit::period(text) {
        Some(0) => findings.error(
            entry.value.span(),
            "a stale of 0 makes every image stale",
            "give at least \"1s\", or leave it out: it is then never stale",
        ),
        Some(after_s) => return Some(Stale { after_s, deny: deny.unwrap_or(false) }),
        None => findings.error(entry.value.span(), format!("stale {text:?}"), "write an age as 30s, 5m, 48h or 7d"),
    }
    None
}
