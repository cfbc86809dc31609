//! `[audit]`: which decisions become events.

use super::document::{Keys, Table};
use super::nearest;
use crate::diagnostic::Findings;
use crate::model::ALLOW_EVERY;

const KEYS: Keys = Keys { known: &["deny", "allow"], unbuilt: &[] };

/// One allowed request in this many becomes an event; 0 = none.
pub(super) fn read(table: &Table<'_>, findings: &mut Findings) -> u32 {
    table.check_keys(KEYS, findings);
    if let Some(entry) = table.get("deny")
        && let Some(text) = entry.value.text("deny", "\"all\"", findings)
        && text != "all"
    {
        let help = "write \"all\": no denial goes untold, and a flood of one reason and address folds into one event with a count";
        findings.error(entry.value.span(), format!("unknown deny {text:?}"), help);
    }
    let Some(entry) = table.get("allow") else { return ALLOW_EVERY };
    let Some(text) = entry.value.text("allow", "\"1/100\"", findings) else { return ALLOW_EVERY };
    every(text).unwrap_or_else(|| {
        let help = match nearest(text, ["none"]) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("write \"1/100\" for one in a hundred, \"1/1\" for all, up to \"1/{EVERY_MAX}\", or \"none\""),
        };
        findings.error(entry.value.span(), format!("allow {text:?}"), help);
        ALLOW_EVERY
    })
}

/// Beyond it a sample tells nothing: say that there is none.
const EVERY_MAX: u32 = 1_000_000;

fn every(text: &str) -> Option<u32> {
    if text == "none" {
        return Some(0);
    }
    let digits = text.strip_prefix("1/").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0'))?;
    digits.parse().ok().filter(|every| (1..=EVERY_MAX).contains(every))
}

#[cfg(test)]
mod tests {
    use super::every;

    #[test]
    fn a_share_of_allowed_requests_is_read_or_refused() {
        assert_eq!([every("1/1"), every("1/100"), every("1/1000000"), every("none")], [Some(1), Some(100), Some(1_000_000), Some(0)]);
        for bad in ["", "1", "1/", "1/0", "1/01", "2/100", "1/1000001", "1/99999999999", "1%", "1/+5", " 1/5", "all"] {
            assert_eq!(every(bad), None, "{bad:?}");
        }
    }
}
