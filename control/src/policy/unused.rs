//! What a policy defines and nothing in it uses, and what it serves to nobody: no error, but seldom what was meant.

use super::document::Span;
use super::head::Head;
use super::network::Network;
use super::route::Placed;
use crate::diagnostic::Findings;
use crate::model::{By, Quota, Route};

/// Tells of each, at its place.
pub(super) fn warn(head: &Head, network: &Network, quotas: &[(Quota, Span)], routes: &[Placed], findings: &mut Findings) {
    let routes = || routes.iter().map(|placed| (&placed.route, &placed.place));
    for (zone, place) in &network.zones {
        let lists = [&network.deny, &network.never_deny].into_iter().chain(routes().map(|(route, _)| &route.zones));
        let is_used = lists.flatten().chain(quotas.iter().flat_map(|(quota, _)| quota.in_zone.iter().map(|(name, _)| name)));
        if !is_used.into_iter().any(|name| *name == zone.name) {
            let help = "name it in deny, in a route or in a quota, or leave it out; keys that are bound to it keep it useful";
            findings.warn(place.clone(), format!("nothing here uses zone {:?}", zone.name), help);
        }
    }
    for (scope, place) in head.scopes.iter().flatten().zip(&head.scope_places) {
        if !routes().any(|(route, _)| route.scopes.contains(scope)) {
            findings.warn(place.clone(), format!("no route asks for scope {scope:?}"), "name it in a route, or leave it out");
        }
    }
    for (quota, place) in quotas.iter().filter(|(quota, _)| quota.by != By::Address) {
        if !routes().any(|(route, _)| charges(route, quota)) {
            let help = "name it in charge = { … } of a route, or leave it out";
            findings.warn(place.clone(), format!("no route charges quota {:?}", quota.name), help);
        }
    }
    let is_denied = |name: &String| network.deny.contains(name) && !network.never_deny.contains(name);
    for (route, place) in routes().filter(|(route, _)| !route.zones.is_empty() && route.zones.iter().all(is_denied)) {
        let what = format!("route {:?} is served to nobody: its zones are all denied", route.name);
        findings.warn(place.clone(), what, "serve it to another zone, or take one out of [network] deny");
    }
}

fn charges(route: &Route, quota: &Quota) -> bool {
    match &route.charge {
        Some(charge) => charge.iter().any(|(name, _)| *name == quota.name),
        None => quota.is_chargeable(route.knows_caller()),
    }
}
