//! What a new policy changes, in words: rule by rule, and for the requests that the `[[expect]]` rows of both ask.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use self::Effect::{Looser, Other, Tighter};
use super::run::{RunError, run};
use super::words;
use super::written::Written;
use crate::model::{Cost, Feed, Limit, Mode, On, Plan, Policy, Quota, Route, Tls, Zone};

/// Who is better off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Less passes.
    Tighter,
    /// More passes.
    Looser,
    /// It depends, or nothing that passes changes.
    Other,
}

/// One change of what a policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is changed: `route "orders"`.
    pub what: String,
    /// How: `also needs scope "admin"`.
    pub how: String,
    /// Who is better off.
    pub effect: Effect,
}

/// A request of a row that is answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The row's policy and line: `new.toml:40`.
    pub row: String,
    /// The request.
    pub request: String,
    /// What the old policy answers.
    pub before: String,
    /// What the new one answers.
    pub after: String,
}

/// What a new policy changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// What it says otherwise.
    pub changes: Vec<Change>,
    /// How many requests both were asked.
    pub asked: usize,
    /// Those that are answered otherwise.
    pub answered: Vec<Answered>,
}

/// Compares two policies.
///
/// # Errors
/// [`RunError`]: one of them makes no guard.
pub fn diff(old: &Written, new: &Written) -> Result<Diff, RunError> {
    let mut changes = Changes(Vec::new());
    changes.whole(&old.policy, &new.policy);
    changes.pairs(
        "zone",
        &old.policy.zones,
        &new.policy.zones,
        |zone| &zone.name,
        |changes, what, one, other| {
            changes.zone(what, (one, &old.policy), (other, &new.policy));
        },
    );
    changes.pairs("feed", &old.policy.feeds, &new.policy.feeds, |feed| &feed.name, Changes::feed);
    changes.pairs("issuer", &old.policy.issuers, &new.policy.issuers, |issuer| &issuer.name, Changes::issuer);
    changes.pairs("quota", &old.policy.quotas, &new.policy.quotas, |quota| &quota.name, Changes::quota);
    changes.pairs("plan", &old.policy.plans, &new.policy.plans, |plan| &plan.name, Changes::plan);
    changes.pairs(
        "route",
        &old.policy.routes,
        &new.policy.routes,
        |route| &route.name,
        |changes, what, one, other| {
            changes.route(what, (one, &old.policy), (other, &new.policy));
        },
    );
    let mut answered = Vec::new();
    let mut asked = 0;
    for rows in [old, new] {
        let (before, after) = (run(&with_rows(old, rows))?, run(&with_rows(new, rows))?);
        asked += before.len();
        for (before, after) in before.into_iter().zip(after).filter(|(before, after)| before.answered != after.answered) {
            let row = format!("{}:{}", rows.source.name(), before.line);
            answered.push(Answered { row, request: before.request, before: before.answered, after: after.answered });
        }
    }
    Ok(Diff { changes: changes.0, asked, answered })
}

/// A policy that is asked another's rows.
fn with_rows(policy: &Written, rows: &Written) -> Written {
    Written { expects: rows.expects.clone(), ..policy.clone() }
}

pub(super) struct Changes(Vec<Change>);

impl Changes {
    pub(super) fn add(&mut self, what: &str, effect: Effect, how: impl Into<String>) {
        self.0.push(Change { what: what.to_owned(), how: how.into(), effect });
    }

    /// What stands in both is compared, what stands in one is new or gone. In the order of the new text, then of the old.
    fn pairs<T>(
        &mut self,
        kind: &str,
        old: &[T],
        new: &[T],
        name: impl Fn(&T) -> &String,
        mut compare: impl FnMut(&mut Self, &str, Option<&T>, Option<&T>),
    ) {
        let find = |list: &[T], wanted: &T| list.iter().position(|one| name(one) == name(wanted));
        for one in new {
            compare(self, &format!("{kind} {:?}", name(one)), find(old, one).map(|at| &old[at]), Some(one));
        }
        for one in old.iter().filter(|one| find(new, one).is_none()) {
            compare(self, &format!("{kind} {:?}", name(one)), Some(one), None);
        }
    }

    /// What one list has and the other has not.
    pub(super) fn lists<'n>(
        &mut self,
        what: &str,
        old: impl IntoIterator<Item = &'n String>,
        new: impl IntoIterator<Item = &'n String>,
        (added, gone): ((&str, Effect), (&str, Effect)),
    ) {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.into_iter().collect(), new.into_iter().collect());
        new.difference(&old).for_each(|name| self.add(what, added.1, format!("{} {name:?}", added.0)));
        old.difference(&new).for_each(|name| self.add(what, gone.1, format!("{} {name:?}", gone.0)));
    }

    fn mode(&mut self, what: &str, old: Mode, new: Mode) {
        if old != new {
            let effect = if new.percent() > old.percent() { Looser } else { Tighter };
            self.add(what, effect, format!("{} instead of {}", words::mode(new), words::mode(old)));
        }
    }

    fn whole(&mut self, old: &Policy, new: &Policy) {
        let what = "policy";
        self.mode(what, old.mode, new.mode);
        if old.slots != new.slots {
            self.add(what, Other, format!("{} slots → {}: the state is made anew, and all limits begin again", old.slots, new.slots));
        }
        if old.deny_expired != new.deny_expired {
            let (effect, how) = if new.deny_expired { (Tighter, "denies all") } else { (Looser, "goes on") };
            self.add(what, effect, format!("{how} past its end"));
        }
        if old.allow_every != new.allow_every {
            self.add("audit", Other, format!("{} instead: {}", words::sample(new.allow_every), words::sample(old.allow_every)));
        }
        let what = "network";
        let texts = |policy: &Policy| policy.proxies.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mark = (("believes proxy", Other), ("no longer believes proxy", Other));
        self.lists(what, &texts(old), &texts(new), mark);
        if (old.unix_is_proxy, old.forwarded) != (new.unix_is_proxy, new.forwarded) {
            self.add(what, Other, "takes the client's address from elsewhere: see proxies and forwarded");
        }
        self.lists(what, &old.deny, &new.deny, (("denies zone", Tighter), ("no longer denies zone", Looser)));
        self.lists(what, &old.never_deny, &new.never_deny, (("never denies zone", Looser), ("may deny zone", Tighter)));
        self.lists(what, &old.cors, &new.cors, (("answers pages of", Looser), ("no longer answers pages of", Tighter)));
        let shown = |policy: &Policy| policy.fields.iter().map(|field| format!("{}: {}", field.name, field.value)).collect::<Vec<_>>();
        self.lists("headers", &shown(old), &shown(new), (("also sends", Other), ("no longer sends", Other)));
        if old.strip != new.strip {
            let (effect, how) =
                if new.strip { (Tighter, "keeps keys from the application") } else { (Looser, "hands keys to the application") };
            self.add("auth.key", effect, how);
        }
        let places = |policy: &Policy| {
            let shown = policy.credentials.iter().map(|place| match &place.scheme {
                Some(scheme) => format!("{}: {scheme}", place.header),
                None => place.header.clone(),
            });
            shown.collect::<Vec<_>>()
        };
        self.lists("auth.key", &places(old), &places(new), (("also reads", Looser), ("no longer reads", Tighter)));
    }

    fn zone(&mut self, what: &str, (old, before): (Option<&Zone>, &Policy), (new, after): (Option<&Zone>, &Policy)) {
        let networks = |zone: Option<&Zone>| zone.into_iter().flat_map(|zone| &zone.networks).map(ToString::to_string).collect::<Vec<_>>();
        let feed = |zone: Option<&Zone>| zone.and_then(|zone| zone.feed.as_ref()).map(|feed| format!("feed:{feed}"));
        let texts = |zone| networks(zone).into_iter().chain(feed(zone)).collect::<Vec<_>>();
        let name = new.or(old).map(|zone| &zone.name);
        let is_denied = name.is_some_and(|name| before.deny.contains(name) && after.deny.contains(name));
        let effects = if is_denied { (Tighter, Looser) } else { (Other, Other) };
        self.lists(what, &texts(old), &texts(new), (("now holds", effects.0), ("no longer holds", effects.1)));
    }

    fn feed(&mut self, what: &str, old: Option<&Feed>, new: Option<&Feed>) {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, _) => return self.add(what, Other, "is new"),
            (_, None) => return self.add(what, Other, "is gone"),
        };
        if old.kind != new.kind {
            self.add(what, Other, format!("is of kind {} instead of {}", words::kind(new.kind), words::kind(old.kind)));
        }
        if old.signers != new.signers {
            self.add(what, Other, "is signed by others: its image must be theirs");
        }
        if old.fetch != new.fetch {
            let from = |feed: &Feed| feed.fetch.as_ref().map_or_else(|| "nobody".to_owned(), words::fetch);
            self.add(what, Other, format!("is fetched from {} instead of {}", from(new), from(old)));
        }
        if old.stale != new.stale {
            // Only what denies lets less pass: the least age at which it does.
            let denies_at = |feed: &Feed| feed.stale.filter(|stale| stale.deny).map_or(u32::MAX, |stale| stale.after_s);
            let effect = match denies_at(new).cmp(&denies_at(old)) {
                Ordering::Less => Tighter,
                Ordering::Greater => Looser,
                Ordering::Equal => Other,
            };
            self.add(what, effect, format!("{} instead of {}", words::stale(new.stale), words::stale(old.stale)));
        }
    }

    fn quota(&mut self, what: &str, old: Option<&Quota>, new: Option<&Quota>) {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, _) => return self.add(what, Tighter, "is new"),
            (_, None) => return self.add(what, Looser, "is gone"),
        };
        if old.by != new.by {
            self.add(what, Other, format!("counts {} instead of {}", words::by(new.by), words::by(old.by)));
        }
        match (old.on, new.on) {
            (On::Running { lease_s: old }, On::Running { lease_s: new }) if old != new => {
                self.add(what, Other, format!("has a lease of {new} s instead of {old} s, once the state is made anew"));
            }
            (old, new) if words::on(old) != words::on(new) => {
                self.add(what, Other, format!("counts {} instead of {}", words::on(new), words::on(old)));
            }
            _ => {}
        }
        self.mode(what, old.mode, new.mode);
        match (&old.limits, &new.limits) {
            (Some(old), Some(new)) => self.limits(what, "", old, new),
            (Some(_), None) => self.add(what, Other, "is what the caller's plan says"),
            (None, Some(new)) => self.add(what, Other, format!("is {} for all, whatever their plan", words::limits(new))),
            (None, None) => {}
        }
        let zones = |quota: &Quota| quota.in_zone.iter().cloned().collect::<BTreeMap<String, Limit>>();
        let (old, new) = (zones(old), zones(new));
        for zone in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let list = |limits: &BTreeMap<String, Limit>| limits.get(zone).map_or_else(Vec::new, |limit| vec![*limit]);
            self.limits(what, &format!("in zone {zone:?} "), &list(&old), &list(&new));
        }
    }

    fn plan(&mut self, what: &str, old: Option<&Plan>, new: Option<&Plan>) {
        match (old, new) {
            (None, _) => self.add(what, Looser, "is new"),
            (_, None) => self.add(what, Tighter, "is gone: its callers get 403 where a quota is limited by plan"),
            (Some(old), Some(new)) => {
                for quota in old.limits.iter().chain(&new.limits).map(|(quota, _)| quota).collect::<BTreeSet<_>>() {
                    self.limits(what, &format!("quota {quota:?} "), old.windows(quota), new.windows(quota));
                }
            }
        }
    }

    fn limits(&mut self, what: &str, of: &str, old: &[Limit], new: &[Limit]) {
        if old != new {
            let how = match (old, new) {
                ([], _) => format!("{of}is now {}", words::limits(new)),
                (_, []) => format!("{of}no longer has {}", words::limits(old)),
                _ => format!("{of}{} → {}", words::limits(old), words::limits(new)),
            };
            self.add(what, effect_of(old, new), how);
        }
    }

    fn route(&mut self, what: &str, (old, before): (Option<&Route>, &Policy), (new, after): (Option<&Route>, &Policy)) {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => return self.add(what, Looser, format!("is new: {}", words::templates(new).join(", "))),
            (Some(old), None) => return self.add(what, Tighter, format!("is gone: {}", words::templates(old).join(", "))),
            (None, None) => return,
        };
        self.lists(what, &words::templates(old), &words::templates(new), (("also serves", Looser), ("no longer serves", Tighter)));
        match (old.knows_caller(), new.knows_caller()) {
            (false, true) => self.add(what, Tighter, "needs a credential"),
            (true, false) => self.add(what, Looser, "needs no credential"),
            (false, false) => {}
            (true, true) => {
                let (old, new) = (words::auth(old, before), words::auth(new, after));
                self.lists(what, &old, &new, (("also takes auth", Looser), ("no longer takes auth", Tighter)));
            }
        }
        self.lists(what, &old.scopes, &new.scopes, (("also needs scope", Tighter), ("no longer needs scope", Looser)));
        match (old.roles.is_empty(), new.roles.is_empty()) {
            (true, false) => self.add(what, Tighter, format!("is for role {} only", new.roles.join(", "))),
            (false, true) => self.add(what, Looser, "is for every role"),
            _ => self.lists(what, &old.roles, &new.roles, (("is for role", Looser), ("is no longer for role", Tighter))),
        }
        match (old.zones.is_empty(), new.zones.is_empty()) {
            (true, false) => self.add(what, Tighter, format!("is served to {} only", new.zones.join(", "))),
            (false, true) => self.add(what, Looser, "is served to every address"),
            _ => self.lists(what, &old.zones, &new.zones, (("is served to zone", Looser), ("is no longer served to zone", Tighter))),
        }
        self.mode(what, old.mode, new.mode);
        if old.hide != new.hide {
            let (effect, how) = if new.hide { (Tighter, "is hidden from whom it does not serve") } else { (Looser, "is no longer hidden") };
            self.add(what, effect, how);
        }
        let texts = |route: &Route| route.conditions.iter().map(|condition| condition.text.clone()).collect::<Vec<_>>();
        self.lists(what, &texts(old), &texts(new), (("holds only where", Tighter), ("no longer asks that", Looser)));
        let (least, now) = (old.tls.unwrap_or(before.tls), new.tls.unwrap_or(after.tls));
        if least != now {
            self.add(what, if rank(now) > rank(least) { Tighter } else { Looser }, format!("{} → {}", words::tls(least), words::tls(now)));
        }
        let (old, new) = (old.costs(&before.quotas), new.costs(&after.quotas));
        for quota in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let cost = |costs: &BTreeMap<String, Cost>| costs.get(quota).copied().unwrap_or(Cost::Units(0));
            let (was, is) = (cost(&old), cost(&new));
            let effect = match (was, is) {
                (Cost::Units(was), Cost::Units(is)) if is > was => Tighter,
                (Cost::Units(_), Cost::Units(_)) => Looser,
                (Cost::Units(0), Cost::ByApp) => Tighter,
                (Cost::ByApp, Cost::Units(0)) => Looser,
                _ => Other,
            };
            if was != is {
                self.add(what, effect, format!("costs {is} of quota {quota:?} instead of {was}"));
            }
        }
    }
}

/// Fewer windows, or each of them wider, is looser; more, or each narrower, tighter.
fn effect_of(old: &[Limit], new: &[Limit]) -> Effect {
    // N per P: compared by N · other's P.
    let no_more = |one: &Limit, other: &Limit| {
        let rate = u64::from(one.count) * u64::from(other.period_s) <= u64::from(other.count) * u64::from(one.period_s);
        rate && one.burst <= other.burst
    };
    let all = |one: &[Limit], other: &[Limit]| one.len() >= other.len() && one.iter().zip(other).all(|(one, other)| no_more(one, other));
    match (all(new, old), all(old, new)) {
        (true, false) => Tighter,
        (false, true) => Looser,
        _ => Other,
    }
}

const fn rank(least: Tls) -> u8 {
    match least {
        Tls::Off => 0,
        Tls::V1_2 => 2,
        Tls::V1_3 => 3,
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tighter => "tighter",
            Self::Looser => "looser",
            Self::Other => "other",
        })
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            writeln!(f, "both say the same")?;
        }
        self.changes.iter().try_for_each(|change| writeln!(f, "{:<8}{} {}", change.effect.to_string(), change.what, change.how))?;
        writeln!(f, "of {} requests of both policies' rows, {} are answered otherwise", self.asked, self.answered.len())?;
        self.answered.iter().try_for_each(|one| writeln!(f, "{}: {}: {} → {}", one.row, one.request, one.before, one.after))
    }
}
