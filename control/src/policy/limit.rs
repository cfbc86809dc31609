//! `"600/minute"`, `["50/second", "100000/day"]`, `{ limit = "60/minute", burst = 5 }`: how much in how long.

use caltrop::rate::Quota as Checked;

use super::document::{Keys, Value};
use crate::diagnostic::Findings;
use crate::model::{Limit, MOST};

const KEYS: Keys = Keys { known: &["limit", "burst"], unbuilt: &[] };
const EXAMPLE: &str = "\"60/minute\"";
/// Each window is a charge, and at most eight are taken at once.
const WINDOWS_MAX: usize = 4;

/// One limit, or a list of them: the windows of a quota.
pub(super) fn windows(value: Value<'_>, burst: Option<u32>, findings: &mut Findings) -> Option<Vec<Limit>> {
    let Some(list) = value.as_list() else { return one(value, burst, findings).map(|limit| vec![limit]) };
    if list.is_empty() || list.len() > WINDOWS_MAX {
        let what = format!("{} limits in one quota", list.len());
        findings.error(value.span(), what, format!("give 1 to {WINDOWS_MAX}"));
        return None;
    }
    if burst.is_some() {
        findings.error(
            value.span(),
            "one burst for several limits",
            "give each its own: [{ limit = \"50/second\", burst = 100 }, \"100000/day\"]",
        );
    }
    list.into_iter().map(|value| one(value, None, findings)).collect()
}

/// A limit, whose burst may be said beside it.
pub(super) fn one(value: Value<'_>, burst: Option<u32>, findings: &mut Findings) -> Option<Limit> {
    if value.is_table() {
        let table = value.table("limit", value.span(), EXAMPLE, findings)?;
        table.check_keys(KEYS, findings);
        let burst = table.get("burst").map(|entry| self::burst(entry.value, findings));
        let limit = table.need("limit", "limit = \"60/minute\"", findings)?;
        return text(limit.value, burst.flatten(), findings);
    }
    text(value, burst, findings)
}

fn text(value: Value<'_>, burst: Option<u32>, findings: &mut Findings) -> Option<Limit> {
    let text = value.text("limit", EXAMPLE, findings)?;
    let checked = rate(text).and_then(|rate| {
        let limit = Limit { count: rate.count, period_s: rate.period_s, burst: burst.unwrap_or(rate.count) };
        let kept = Checked::per("", limit.count, limit.period_s, limit.burst);
        kept.map(|_| limit).map_err(|error| (format!("quota {text:?}, burst {}", limit.burst), error.to_string()))
    });
    checked.map_err(|(what, help)| findings.error(value.span(), what, help)).ok()
}

/// How many requests run at once: a whole number.
pub(super) fn at_once(value: Value<'_>, burst: Option<u32>, findings: &mut Findings) -> Option<Vec<Limit>> {
    if burst.is_some() {
        findings.error(value.span(), "a burst of requests that run at once", "leave it out: as many come at once as the limit says");
    }
    let most = value.number("limit", 1..=u64::from(MOST), findings)?;
    Some(vec![Limit::at_once(u32::try_from(most).ok()?)])
}

/// What may come at once.
pub(super) fn burst(value: Value<'_>, findings: &mut Findings) -> Option<u32> {
    if value.as_number() == Some(0) {
        findings.error(value.span(), "a burst of 0 lets nothing pass", "give at least 1, or leave it out: it is then the limit's count");
        return None;
    }
    let burst = value.number("burst", 1..=u64::from(u32::MAX), findings)?;
    u32::try_from(burst).ok()
}

/// N per P; the burst is said elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// N.
    pub count: u32,
    /// P, in seconds.
    pub period_s: u32,
}

/// What is wrong with a limit, and what would do.
pub type Refusal = (String, String);

/// Reads a limit.
///
/// ```
/// use caltrop_control::policy::rate;
/// assert_eq!(rate("20/10m").unwrap().period_s, 600);
/// assert!(rate("20/min").is_err());
/// ```
/// # Errors
/// What is wrong, and what would do.
pub fn rate(text: &str) -> Result<Rate, Refusal> {
    if text == "plan" {
        return Err(("a limit by plan here".into(), "only the limit of a [quota] is \"plan\", and then alone".into()));
    }
    let Some((count, period)) = text.split_once('/') else {
        return Err((format!("quota {text:?} has no unit"), format!("say in how long: \"{text}/second\", minute, hour or day")));
    };
    let count = number(count).filter(|&count| count > 0);
    let count = count.ok_or_else(|| (format!("quota {text:?}"), "begin with a whole number, at least 1: \"60/minute\"".to_owned()))?;
    let period_s = match period {
        "second" => Some(1),
        "minute" => Some(60),
        "hour" => Some(3_600),
        "day" => Some(86_400),
        _ => self::period(period).filter(|&period_s| period_s > 0),
    };
    let period_s = period_s.ok_or_else(|| {
        let help = if period.starts_with(|first: char| first.is_ascii_digit()) {
            "write a period as 30s, 10m, 2h or 7d"
        } else {
            "write the unit in full: second, minute, hour or day"
        };
        (format!("quota {text:?}"), help.to_owned())
    })?;
    Ok(Rate { count, period_s })
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Seconds of `30s`, `10m`, `2h` or `7d`.
pub(super) fn period(text: &str) -> Option<u32> {
    let (many, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let unit_s = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)].into_iter().find(|(name, _)| *name == unit).map(|(_, s)| s);
    number(many).zip(unit_s).and_then(|(many, unit_s): (u32, u32)| many.checked_mul(unit_s))
}

#[cfg(test)]
mod tests {
    use super::{Rate, rate};

    #[test]
    fn limits_are_read_or_refused() {
        assert_eq!(rate("600/minute"), Ok(Rate { count: 600, period_s: 60 }));
        assert_eq!(rate("20/10m"), Ok(Rate { count: 20, period_s: 600 }));
        assert_eq!(rate("1/7d"), Ok(Rate { count: 1, period_s: 604_800 }));
        for bad in
            ["", "/", "60", "0/second", "+6/second", "60/", "60/min", "60/m", "60/0m", "60/99999d", "99999999999/day", "60/10 m", "plan"]
        {
            assert!(rate(bad).is_err(), "{bad:?}");
        }
    }
}
