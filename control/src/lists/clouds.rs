// Read first: docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html, support.google.com/a/answer/10026322,
// learn.microsoft.com/azure/virtual-network/service-tags-overview.
//! The JSON of the large clouds. Fields that are not needed are passed over; those that are must be there.

use std::ops::Range;

use serde::Deserialize;

use super::Reading;

#[derive(Deserialize)]
struct Aws {
    prefixes: Vec<AwsV4>,
    ipv6_prefixes: Vec<AwsV6>,
}

#[derive(Deserialize)]
struct AwsV4 {
    ip_prefix: String,
    service: String,
}

#[derive(Deserialize)]
struct AwsV6 {
    ipv6_prefix: String,
    service: String,
}

#[derive(Deserialize)]
struct Google {
    prefixes: Vec<GooglePrefix>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GooglePrefix {
    ipv4_prefix: Option<String>,
    ipv6_prefix: Option<String>,
    #[serde(default)]
    scope: String,
}

#[derive(Deserialize)]
struct Azure {
    values: Vec<AzureTag>,
}

#[derive(Deserialize)]
struct AzureTag {
    name: String,
    properties: AzureProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureProperties {
    address_prefixes: Vec<String>,
}

pub(super) fn aws(text: &str, reading: &mut Reading) {
    let Some(list) = parse::<Aws>(text, "ip-ranges.json", reading) else { return };
    let v4 = list.prefixes.iter().map(|one| (&one.ip_prefix, &one.service));
    let v6 = list.ipv6_prefixes.iter().map(|one| (&one.ipv6_prefix, &one.service));
    add(text, v4.chain(v6), reading);
}

pub(super) fn google(text: &str, reading: &mut Reading) {
    let Some(list) = parse::<Google>(text, "goog.json or cloud.json", reading) else { return };
    if let Some(at) = list.prefixes.iter().position(|one| one.ipv4_prefix.is_some() == one.ipv6_prefix.is_some()) {
        reading.fault(0..0, format!("prefixes[{at}] has not exactly one network"), "give ipv4Prefix or ipv6Prefix in each");
        return;
    }
    add(text, list.prefixes.iter().filter_map(|one| Some((one.ipv4_prefix.as_ref().or(one.ipv6_prefix.as_ref())?, &one.scope))), reading);
}

pub(super) fn azure(text: &str, reading: &mut Reading) {
    let Some(list) = parse::<Azure>(text, "ServiceTags_*.json", reading) else { return };
    add(text, list.values.iter().flat_map(|tag| tag.properties.address_prefixes.iter().map(|network| (network, &tag.name))), reading);
}

fn add<'l>(text: &str, networks: impl Iterator<Item = (&'l String, &'l String)>, reading: &mut Reading) {
    for (network, label) in networks {
        reading.network(network, label, || place(text, network));
        if reading.is_full() {
            return;
        }
    }
}

/// Where a network stands: the first text of these bytes in quotes. JSON that writes one with escapes has no place but its start.
fn place(text: &str, network: &str) -> Range<usize> {
    text.find(&format!("\"{network}\"")).map_or(0..0, |at| at + 1..at + 1 + network.len())
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str, name: &str, reading: &mut Reading) -> Option<T> {
    serde_json::from_str(text)
        .map_err(|error| {
            let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let at = (line_start + error.column().saturating_sub(1)).min(text.len());
            // The place is told by the line itself.
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default().to_owned();
            reading.fault(at..at, what, &format!("give {name} as it is published, whole"));
        })
        .ok()
}
