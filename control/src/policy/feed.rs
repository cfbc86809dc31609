//! `[feed]`: what changes by the minute, and who may sign it.

use super::document::{Keys, Span, Table};
use super::{SignerError, names};
use crate::diagnostic::Findings;
use crate::model::Feed;

/// Opens a public key by the name that a policy gives it.
pub(super) type Opener<'o> = &'o dyn Fn(&str) -> Result<[u8; 32], SignerError>;

const KEYS: Keys = Keys { known: &["kind", "signer"], unbuilt: &["stale", "on-stale", "url"] };
const UNBUILT_KINDS: [&str; 3] = ["prefixes", "jwks", "revocations"];
const EXAMPLE: &str = "{ kind = \"keyring\", signer = \"keys.pub\" }";

pub(super) fn read(table: &Table<'_>, open: Opener<'_>, findings: &mut Findings) -> Vec<(Feed, Span)> {
    let mut feeds = Vec::new();
    for entry in &table.entries {
        let name = entry.key;
        names::check("feed", name, entry.key_span.clone(), findings);
        let label = format!("[feed] {name:?}");
        let Some(feed) = entry.value.table(&label, entry.key_span.clone(), EXAMPLE, findings) else { continue };
        feed.check_keys(KEYS, findings);
        if let Some(kind) = feed.need("kind", "kind = \"keyring\"", findings) {
            let span = kind.value.span();
            match kind.value.text("kind", "\"keyring\"", findings) {
                None | Some("keyring") => {}
                Some(other) if UNBUILT_KINDS.contains(&other) => {
                    findings.error(span, format!("feeds of kind {other:?} are not supported yet"), "leave the feed out");
                    continue;
                }
                Some(other) => findings.error(span, format!("unknown kind {other:?}"), "write \"keyring\""),
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
        feeds.push((Feed { name: name.to_owned(), signers }, feed.span));
    }
    feeds
}
