//! `[plan]`: what callers are allowed whose key names the plan.

use super::document::{Entry, Span, Table};
use super::{limit, names};
use crate::diagnostic::Findings;
use crate::model::{Limit, Plan, Quota};

const EXAMPLE: &str = "{ requests = \"60/minute\" }";

pub(super) fn read(table: &Table<'_>, quotas: &[(Quota, Span)], findings: &mut Findings) -> Vec<(Plan, Span)> {
    let mut plans = Vec::new();
    for entry in &table.entries {
        names::check("plan", entry.key, entry.key_span.clone(), findings);
        let label = format!("[plan] {:?}", entry.key);
        let Some(table) = entry.value.table(&label, entry.key_span.clone(), EXAMPLE, findings) else { continue };
        let limits = table.entries.iter().filter_map(|limit| Some((limit.key.to_owned(), windows(limit, quotas, findings)?)));
        plans.push((Plan { name: entry.key.to_owned(), limits: limits.collect() }, entry.key_span.clone()));
    }
    plans
}

fn windows(entry: &Entry<'_>, quotas: &[(Quota, Span)], findings: &mut Findings) -> Option<Vec<Limit>> {
    match quotas.iter().find(|(quota, _)| quota.name == entry.key) {
        None => {
            let defined: Vec<&str> = quotas.iter().map(|(quota, _)| quota.name.as_str()).collect();
            names::undefined("quota", "[quota]", entry.key, entry.key_span.clone(), &defined, findings);
        }
        Some((quota, _)) if quota.limits.is_some() => {
            let what = format!("quota {:?} is not limited by plan", entry.key);
            findings.error(entry.key_span.clone(), what, "leave it out here, or write limit = \"plan\" in [quota]");
        }
        Some((quota, _)) if quota.is_running() => return limit::at_once(entry.value, None, findings),
        Some(_) => {}
    }
    limit::windows(entry.value, None, findings)
}
