//! `[network]`: who may speak for whom, over what, and which addresses have names.

use caltrop::net::record::{PROXIES, ZONES_MAX};
use caltrop::net::{Cidr, CidrError};

use super::document::{Entry, Keys, Span, Table};
use super::{cors, names, nearest};
use crate::diagnostic::Findings;
use crate::model::{ForwardedBy, Tls, Zone};

/// What stands in `[network]`, each thing with its place.
pub(super) struct Network {
    pub(super) proxies: Vec<Cidr>,
    pub(super) unix_is_proxy: bool,
    pub(super) forwarded: ForwardedBy,
    pub(super) tls: Tls,
    pub(super) zones: Vec<(Zone, Span)>,
    /// The feeds that zones name, and where.
    pub(super) zone_feeds: Vec<(String, Span)>,
    pub(super) deny: Vec<String>,
    pub(super) never_deny: Vec<String>,
    pub(super) cors: Vec<String>,
    /// Where `tls`, `deny`, `never-deny`, `proxies`, `forwarded` and `cors` are said: the order of the image's source map.
    pub(super) places: [Option<Span>; 6],
}

impl Network {
    pub(super) fn empty() -> Self {
        Self {
            proxies: Vec::new(),
            unix_is_proxy: false,
            forwarded: ForwardedBy::Nothing,
            tls: Tls::V1_2,
            zones: Vec::new(),
            zone_feeds: Vec::new(),
            deny: Vec::new(),
            never_deny: Vec::new(),
            cors: Vec::new(),
            places: [const { None }; 6],
        }
    }

    /// The zones that feeds fill.
    pub(super) fn feed_zones(&self) -> Vec<&str> {
        self.zones.iter().filter(|(zone, _)| zone.feed.is_some()).map(|(zone, _)| zone.name.as_str()).collect()
    }

    /// The zones that other tables may name.
    pub(super) fn zone_names(&self) -> Vec<&str> {
        let proxies = (!self.proxies.is_empty()).then_some(PROXIES);
        self.zones.iter().map(|(zone, _)| zone.name.as_str()).chain(proxies).collect()
    }
}

const KEYS: Keys = Keys { known: &["proxies", "forwarded", "tls", "zones", "deny", "never-deny", "cors"], unbuilt: &[] };

pub(super) fn read(table: &Table<'_>, findings: &mut Findings) -> Network {
    table.check_keys(KEYS, findings);
    let mut network = Network::empty();
    network.places =
        ["tls", "deny", "never-deny", "proxies", "forwarded", "cors"].map(|key| table.get(key).map(|entry| entry.key_span.clone()));
    if let Some(entry) = table.get("proxies") {
        for (text, span) in entry.value.texts("proxies", "[\"10.0.0.0/24\"]", findings) {
            match text {
                "unix:" => network.unix_is_proxy = true,
                feed if feed.starts_with(FEED) => {
                    let help = "list the networks here: whose word about others is believed is for the policy to say";
                    findings.error(span, format!("proxies of a feed, {feed:?}"), help);
                }
                _ => network.proxies.extend(cidr(text, span, findings)),
            }
        }
    }
    forwarded(table, &mut network, findings);
    network.cors = table.get("cors").map(|entry| cors::read(entry, findings)).unwrap_or_default();
    if let Some(entry) = table.get("tls") {
        network.tls = tls(entry, findings).unwrap_or(network.tls);
    }
    if let Some(entry) = table.get("zones")
        && let Some(zones) = entry.value.table("zones", entry.key_span.clone(), "{ vpn = [\"10.8.0.0/16\"] }", findings)
    {
        network.zones = zones.entries.iter().filter_map(|entry| zone(entry, &mut network.zone_feeds, findings)).collect();
    }
    let count = network.zone_names().len();
    if count > ZONES_MAX {
        findings.error(
            table.span.clone(),
            format!("{count} zones"),
            format!("a policy has at most {ZONES_MAX}, of which the proxies are one"),
        );
    }
    let list = |key: &str, findings: &mut Findings| match table.get(key) {
        Some(entry) => {
            let given = entry.value.texts(key, "[\"bad\"]", findings);
            names::resolve("zone", "[network] zones", given, &network.zone_names(), findings)
        }
        None => Vec::new(),
    };
    let (deny, never_deny) = (list("deny", findings), list("never-deny", findings));
    Network { deny, never_deny, ..network }
}

fn forwarded(table: &Table<'_>, network: &mut Network, findings: &mut Findings) {
    let has_proxies = network.unix_is_proxy || !network.proxies.is_empty();
    let Some(entry) = table.get("forwarded") else {
        if let Some(proxies) = table.get("proxies").filter(|_| has_proxies) {
            let help = "add forwarded = \"x-forwarded-for\" or \"forwarded\": the one field that these proxies write";
            findings.error(proxies.key_span.clone(), "proxies without \"forwarded\"", help);
        }
        return;
    };
    let given = entry.value.text("forwarded", "\"x-forwarded-for\"", findings);
    network.forwarded = match given {
        Some("x-forwarded-for") => ForwardedBy::XForwardedFor,
        Some("forwarded") => ForwardedBy::Forwarded,
        None => return,
        Some(other) => {
            let known = ["x-forwarded-for", "forwarded"];
            let near = nearest(&other.to_ascii_lowercase(), known).unwrap_or("x-forwarded-for\" or \"forwarded");
            findings.error(entry.value.span(), format!("unknown forwarded {other:?}"), format!("write \"{near}\""));
            return;
        }
    };
    if !has_proxies && !findings.has_error() {
        findings.error(entry.key_span.clone(), "\"forwarded\" without proxies", "add the proxies that write it, or leave it out");
    }
}

/// What stands before the name of a feed.
const FEED: &str = "feed:";

fn zone(entry: &Entry<'_>, feeds: &mut Vec<(String, Span)>, findings: &mut Findings) -> Option<(Zone, Span)> {
    let (name, span) = (entry.key, entry.key_span.clone());
    if name == PROXIES {
        findings.error(span, format!("zone {PROXIES:?}"), "this is the zone of [network] proxies: choose another name");
        return None;
    }
    names::check("zone", name, span.clone(), findings);
    if let Some(feed) = entry.value.as_text().and_then(|text| text.strip_prefix(FEED)) {
        feeds.push((feed.to_owned(), entry.value.span()));
        return Some((Zone { name: name.to_owned(), networks: Vec::new(), feed: Some(feed.to_owned()) }, span));
    }
    let texts = entry.value.texts(&format!("zone {name:?}"), "[\"10.8.0.0/16\"]", findings);
    let networks = texts.into_iter().filter_map(|(text, span)| cidr(text, span, findings)).collect();
    Some((Zone { name: name.to_owned(), networks, feed: None }, span))
}

fn cidr(text: &str, span: Span, findings: &mut Findings) -> Option<Cidr> {
    match text.parse::<Cidr>() {
        Ok(cidr) => Some(cidr),
        Err(error) => {
            findings.error(span, format!("network {text:?}"), mend(text, error));
            None
        }
    }
}

/// What would do instead: for host bits, the network that was meant or the address alone.
fn mend(text: &str, error: CidrError) -> String {
    let parts = text.split_once('/').and_then(|(address, length)| Some((address.parse().ok()?, length.parse().ok()?)));
    match (error, parts) {
        (CidrError::HostBitsSet, Some((address, length))) => match Cidr::containing(address, length) {
            Ok(network) => format!("host bits are set: write \"{network}\" for the network, or \"{address}\" for the address"),
            Err(other) => other.to_string(),
        },
        _ => error.to_string(),
    }
}

/// `"off"`, `"1.2"` or `"1.3"`.
pub(super) fn tls(entry: &Entry<'_>, findings: &mut Findings) -> Option<Tls> {
    match entry.value.text("tls", "\"1.2\"", findings)? {
        "off" => Some(Tls::Off),
        "1.2" => Some(Tls::V1_2),
        "1.3" => Some(Tls::V1_3),
        other => {
            findings.error(entry.value.span(), format!("unknown tls {other:?}"), "write \"off\", \"1.2\" or \"1.3\"");
            None
        }
    }
}
