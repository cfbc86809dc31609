//! `[feed]`: what changes by the minute, and who may sign it.

use caltrop::guard::record::LISTS_MAX;

use super::document::{Keys, Span, Table};
use super::{SignerError, limit, names, nearest};
use crate::diagnostic::Findings;
use crate::model::{Feed, FeedKind, Stale};

/// Opens a public key by the name that a policy gives it.
pub(super) type Opener<'o> = &'o dyn Fn(&str) -> Result<[u8; 32], SignerError>;

const KEYS: Keys = Keys { known: &["kind", "signer", "stale", "on-stale"], unbuilt: &["url"] };
const UNBUILT_KINDS: [&str; 2] = ["jwks", "revocations"];
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
                Some(other) if UNBUILT_KINDS.contains(&other) => {
                    findings.error(span, format!("feeds of kind {other:?} are not supported yet"), "leave the feed out");
                    continue;
                }
                Some(other) => findings.error(span, format!("unknown kind {other:?}"), "write \"keyring\" or \"prefixes\""),
            }
        }
        let Some(entry) = feed.need("signer", "signer = \"keys.pub\"", findings) else { continue };
        let files = entry.value.text_or_texts("signer", "\"keys.pub\"", findings);
        if !(1..=2).contains(&files.len()) && entry.value.as_list().is_some() {
            findings.error(entry.value.span(), format!("{} signers", files.len()), "give one, or two while one replaces the other");
        }
        let mut signers = Vec::new();
        for (file, span) in files {
            match open(file) {
                Ok(key) => signers.push(key),
                Err(error) => findings.error(span, format!("signer {file:?}: {error}"), error.mend()),
            }
        }
        let stale = stale(&feed, findings);
        feeds.push((Feed { name: name.to_owned(), kind, signers, stale }, feed.span));
    }
    let lists: Vec<&Span> = feeds.iter().filter(|(feed, _)| feed.kind == FeedKind::Prefixes).map(|(_, span)| span).collect();
    if let Some(&span) = lists.get(LISTS_MAX) {
        let help = format!("a policy has at most {LISTS_MAX}, each looked up for each request: join some lists into one");
        findings.error(span.clone(), format!("{} feeds of prefixes", lists.len()), help);
    }
    feeds
}

/// A zone that is a feed's names one of prefixes, no two the same, and each of these fills a zone.
pub(super) fn check_zones(zones: &[(String, Span)], feeds: &[(Feed, Span)], findings: &mut Findings) {
    let lists = || feeds.iter().filter(|(feed, _)| feed.kind == FeedKind::Prefixes);
    let names: Vec<&str> = lists().map(|(feed, _)| feed.name.as_str()).collect();
    let mut filled: Vec<&str> = Vec::new();
    for (name, span) in zones {
        let is_keyring = feeds.iter().any(|(feed, _)| feed.kind == FeedKind::Keyring && feed.name == *name);
        if is_keyring {
            findings.error(span.clone(), format!("feed {name:?} is a keyring"), "name a feed of kind \"prefixes\"");
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
