//! `mode`, and what stands beside it: whom a rule refuses, until when it only reports, and why.

use super::document::{Entry, Table};
use super::nearest;
use crate::diagnostic::Findings;
use crate::model::Mode;

/// How long before its end a warning begins.
const NOTICE_S: u64 = 30 * DAY_S;
const DAY_S: u64 = 86_400;

/// Of the policy as a whole, which has no share: before its routes are asked, nobody knows who calls.
pub(super) fn whole(table: &Table<'_>, findings: &mut Findings) -> Mode {
    table.get("mode").and_then(|entry| word(entry, findings)).unwrap_or_default()
}

/// Of a rule that may report for a share of callers.
pub(super) fn read(table: &Table<'_>, findings: &mut Findings) -> Mode {
    let mode = whole(table, findings);
    let Some(entry) = table.get("share") else { return mode };
    if mode == Mode::Enforce {
        enforced(table, entry, findings);
    }
    match entry.value.text("share", "\"10%\"", findings).map(percent) {
        Some(Some(percent)) if mode != Mode::Enforce => Mode::Report { percent },
        Some(None) => {
            findings.error(entry.value.span(), "a share is a whole percentage of callers", "write \"1%\" to \"100%\"");
            mode
        }
        _ => mode,
    }
}

/// An exception says why, and is told of before it ends.
pub(super) fn exception(table: &Table<'_>, mode: Mode, now_s: u64, findings: &mut Findings) {
    if mode == Mode::Enforce {
        for entry in ["until", "why"].into_iter().filter_map(|key| table.get(key)) {
            enforced(table, entry, findings);
        }
        return;
    }
    let why = table.get("why").and_then(|entry| Some((entry, entry.value.text("why", "\"PLAT-412: partners\"", findings)?)));
    if let Some((entry, _)) = why.filter(|(_, text)| text.trim().is_empty()) {
        findings.error(entry.value.span(), "an empty why", "say who needs it, or where that is written: \"PLAT-412: partners\"");
    }
    let Some(entry) = table.get("until") else { return };
    if table.get("why").is_none() {
        let what = format!("{} reports until a date, and says no why", table.name);
        findings.error(entry.key_span.clone(), what, "add why = \"PLAT-412: partners\": who reads the warning must know");
    }
    let Some(until_s) = entry.value.as_unix_s().filter(|&until_s| until_s > 0) else {
        findings.error(entry.value.span(), "until is a date after 1970", "write 2027-06-30, without quotes");
        return;
    };
    let left = match until_s.checked_sub(now_s) {
        None | Some(0) => "is over".to_owned(),
        Some(left_s) if left_s <= DAY_S => "ends within a day".to_owned(),
        Some(left_s) if left_s <= NOTICE_S => format!("ends within {} days", left_s.div_ceil(DAY_S)),
        Some(_) => return,
    };
    let help = "enforce it, or give it more time: the date itself changes no decision";
    findings.warn(entry.value.span(), format!("the report mode of {} {left}", table.name), help);
}

fn word(entry: &Entry<'_>, findings: &mut Findings) -> Option<Mode> {
    match entry.value.text("mode", "\"report\"", findings)? {
        "enforce" => Some(Mode::Enforce),
        "report" => Some(Mode::Report { percent: 100 }),
        other => {
            let help = nearest(other, ["enforce", "report"])
                .map_or("write \"enforce\" or \"report\"".to_owned(), |near| format!("did you mean {near:?}?"));
            findings.error(entry.value.span(), format!("unknown mode {other:?}"), help);
            None
        }
    }
}

fn enforced(table: &Table<'_>, entry: &Entry<'_>, findings: &mut Findings) {
    let what = format!("{:?} in {}, which enforces", entry.key, table.name);
    findings.error(entry.key_span.clone(), what, "leave it out, or write mode = \"report\"");
}

fn percent(text: &str) -> Option<u8> {
    let digits = text.strip_suffix('%').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|percent| (1..=100).contains(percent))
}
