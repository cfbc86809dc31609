//! `[quota]`: how much, counted by what.

use caltrop::rate::Quota as Checked;

use super::document::{Entry, Keys, Span, Table};
use super::{limit, names, nearest};
use crate::diagnostic::Findings;
use crate::model::{By, Limit, On, Quota};

const KEYS: Keys = Keys { known: &["by", "limit", "burst", "on", "in-zone"], unbuilt: &["cost", "kind", "across", "lease", "mode"] };
const EXAMPLE: &str = "{ by = \"principal\", limit = \"60/minute\" }";
/// An address is up to three charges, and at most eight are taken at once.
const BY_ADDRESS_MAX: usize = 2;

pub(super) fn read(table: &Table<'_>, zones: &[&str], findings: &mut Findings) -> Vec<(Quota, Span)> {
    let mut quotas: Vec<(Quota, Span)> = Vec::new();
    for entry in &table.entries {
        names::check("quota", entry.key, entry.key_span.clone(), findings);
        let Some(quota) = quota(entry, zones, findings) else { continue };
        let alike = quotas.iter().filter(|(other, _)| other.by == By::Address && quota.by == By::Address && other.on == quota.on).count();
        if alike >= BY_ADDRESS_MAX {
            let what = format!("quota {:?} is the third by address on the same", quota.name);
            findings.error(entry.key_span.clone(), what, format!("a policy has at most {BY_ADDRESS_MAX}: drop one"));
        }
        quotas.push((quota, entry.key_span.clone()));
    }
    quotas
}

fn quota(entry: &Entry<'_>, zones: &[&str], findings: &mut Findings) -> Option<Quota> {
    let label = format!("[quota] {:?}", entry.key);
    let table = entry.value.table(&label, entry.key_span.clone(), EXAMPLE, findings)?;
    table.check_keys(KEYS, findings);
    let by = table.need("by", "by = \"address\", \"principal\", \"tenant\" or \"route\"", findings).and_then(|by| by_of(by, findings));
    let on = table.get("on").map_or(Some(On::Request), |on| on_of(on, findings));
    let burst = table.get("burst").map(|burst| burst_of(burst, findings));
    let limit = table.need("limit", "limit = \"60/minute\"", findings).and_then(|limit| limit_of(limit, burst.flatten(), findings));
    let in_zone = table.get("in-zone").map(|entry| in_zone(entry, zones, findings)).unwrap_or_default();
    let (by, on, limit) = (by?, on?, limit?);
    for key in ["on", "in-zone"] {
        if let Some(entry) = table.get(key).filter(|_| by != By::Address) {
            findings.error(
                entry.key_span.clone(),
                format!("{key:?} in {label}"),
                "only quotas by address have it: leave it out, or count by address",
            );
        }
    }
    Some(Quota { name: entry.key.to_owned(), by, on, limit, in_zone })
}

fn by_of(entry: &Entry<'_>, findings: &mut Findings) -> Option<By> {
    let known = ["address", "principal", "tenant", "route"];
    match entry.value.text("by", "\"principal\"", findings)? {
        "address" => Some(By::Address),
        "principal" => Some(By::Principal),
        "tenant" => Some(By::Tenant),
        "route" => Some(By::Route),
        other => {
            let help = nearest(other, known)
                .map_or_else(|| format!("it is one of {}", known.join(", ")), |near| format!("did you mean {near:?}?"));
            findings.error(entry.value.span(), format!("unknown by {other:?}"), help);
            None
        }
    }
}

fn on_of(entry: &Entry<'_>, findings: &mut Findings) -> Option<On> {
    match entry.value.text("on", "\"auth-failure\"", findings)? {
        "auth-failure" => Some(On::AuthFailure),
        other => {
            findings.error(
                entry.value.span(),
                format!("unknown on {other:?}"),
                "write \"auth-failure\", or leave it out for every request",
            );
            None
        }
    }
}

fn burst_of(entry: &Entry<'_>, findings: &mut Findings) -> Option<u32> {
    if entry.value.as_number() == Some(0) {
        findings.error(
            entry.value.span(),
            "a burst of 0 lets nothing pass",
            "give at least 1, or leave it out: it is then the limit's count",
        );
        return None;
    }
    let burst = entry.value.number("burst", 1..=u64::from(u32::MAX), findings)?;
    u32::try_from(burst).ok()
}

fn limit_of(entry: &Entry<'_>, burst: Option<u32>, findings: &mut Findings) -> Option<Limit> {
    let span = entry.value.span();
    if entry.value.as_list().is_some() {
        findings.error(span, "several limits in one quota are not supported yet", "make a quota of each");
        return None;
    }
    let text = entry.value.text("limit", "\"60/minute\"", findings)?;
    let checked = limit::rate(text).and_then(|rate| {
        let limit = Limit { count: rate.count, period_s: rate.period_s, burst: burst.unwrap_or(rate.count) };
        let kept = Checked::per("", limit.count, limit.period_s, limit.burst);
        kept.map(|_| limit).map_err(|error| (format!("quota {text:?}, burst {}", limit.burst), error.to_string()))
    });
    match checked {
        Ok(limit) => Some(limit),
        Err((what, help)) => {
            findings.error(span, what, help);
            None
        }
    }
}

fn in_zone(entry: &Entry<'_>, zones: &[&str], findings: &mut Findings) -> Vec<(String, Limit)> {
    let Some(table) = entry.value.table("in-zone", entry.key_span.clone(), "in-zone.office = \"20000/minute\"", findings) else {
        return Vec::new();
    };
    let mut limits = Vec::new();
    for entry in &table.entries {
        if !zones.contains(&entry.key) {
            names::undefined("zone", "[network] zones", entry.key, entry.key_span.clone(), zones, findings);
        }
        limits.extend(limit_of(entry, None, findings).map(|limit| (entry.key.to_owned(), limit)));
    }
    limits
}
