//! `[policy]`: the policy as a whole.

use super::document::{Keys, Span, Table};
use super::{mode, names, nearest};
use crate::diagnostic::Findings;
use crate::model::Mode;

/// What stands in `[policy]`.
#[derive(Default)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) mode: Mode,
    pub(super) slots: u32,
    pub(super) keys: Option<u64>,
    pub(super) sequence: Option<u64>,
    pub(super) deny_expired: bool,
    pub(super) expires_s: u64,
    pub(super) scopes: Option<Vec<String>>,
    /// Where each of them is said.
    pub(super) scope_places: Vec<Span>,
}

const KEYS: Keys = Keys { known: &["name", "mode", "slots", "keys", "sequence", "on-expired", "expires", "scopes"], unbuilt: &[] };

/// 512 KiB: enough for some thousands of callers.
const SLOTS_DEFAULT: u32 = 65_536;
/// 8 GiB.
const SLOTS_MAX: u64 = 1 << 30;

pub(super) fn read(table: &Table<'_>, findings: &mut Findings) -> Head {
    table.check_keys(KEYS, findings);
    let mut head = Head { slots: SLOTS_DEFAULT, ..Head::default() };
    if let Some(entry) = table.need("name", "name = \"acme-api\"", findings)
        && let Some(name) = entry.value.text("the policy's name", "\"acme-api\"", findings)
        && names::check("policy", name, entry.value.span(), findings)
    {
        head.name = name.to_owned();
    }
    head.mode = mode::whole(table, findings);
    if let Some(entry) = table.get("slots") {
        let slots = entry.value.number("slots", 16..=SLOTS_MAX, findings);
        head.slots = slots.and_then(|slots| u32::try_from(slots).ok()).unwrap_or(SLOTS_DEFAULT);
    }
    head.keys = table.get("keys").and_then(|entry| entry.value.number("keys", 1..=1 << 31, findings));
    head.sequence = table.get("sequence").and_then(|entry| entry.value.number("sequence", 1..=u64::MAX >> 1, findings));
    if let Some(entry) = table.get("on-expired") {
        match entry.value.text("on-expired", "\"keep\"", findings) {
            None | Some("keep") => {}
            Some("deny") => head.deny_expired = true,
            Some(other) => {
                let help = nearest(other, ["keep", "deny"])
                    .map_or("write \"keep\" or \"deny\"".to_owned(), |near| format!("did you mean {near:?}?"));
                findings.error(entry.value.span(), format!("unknown on-expired {other:?}"), help);
            }
        }
    }
    if let Some(entry) = table.get("expires") {
        match entry.value.as_unix_s().filter(|&seconds| seconds > 0) {
            Some(seconds) => head.expires_s = seconds,
            None => findings.error(
                entry.value.span(),
                "expires is a date after 1970",
                "write 2027-06-30 or 2027-06-30T12:00:00Z, without quotes",
            ),
        }
    }
    if let Some(entry) = table.get("scopes") {
        let given = entry.value.texts("scopes", "[\"orders:read\"]", findings);
        let good = given.into_iter().filter(|(name, span)| names::check("scope", name, span.clone(), findings));
        let (scopes, places) = good.map(|(name, span)| (name.to_owned(), span)).unzip();
        (head.scopes, head.scope_places) = (Some(scopes), places);
    }
    head
}
