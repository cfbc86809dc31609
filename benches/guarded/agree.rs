//! Before anything is measured both must answer alike, whom they let pass and whom they refuse.

use std::collections::BTreeMap;
use std::net::IpAddr;

use caltrop::Decision;
use caltrop::request::{Header, TlsVersion, Transport};
use caltrop_benches::Dice;

use super::Api;
use super::api::{PLANS, Way};
use super::callers::{Asked, TLS, address, headers, is_common, is_of_admin, target};
use super::stack::{Denied, Granted};

/// How often each status was given.
pub(crate) type Counts = BTreeMap<u16, u32>;

const OFFICE: [u8; 4] = [198, 180, 3, 70];
const VPN: [u8; 4] = [10, 200, 7, 7];

/// Asks both, each kind of question many times.
///
/// # Panics
/// If one answer differs.
pub(crate) fn agree(api: &Api<'_>) -> Counts {
    let mut counts = Counts::new();
    mixed(api, &mut counts);
    over_limits(api, &mut counts);
    counts
}

fn mixed(api: &Api<'_>, counts: &mut Counts) {
    let (mut caltrop, mut tower) = (api.caltrop(), api.tower());
    let mut dice = Dice(11);
    let common: Vec<&Way> = api.ways.iter().filter(|way| !way.is_of_vpn()).collect();
    let of_vpn: Vec<&Way> = api.ways.iter().filter(|way| way.is_of_vpn()).collect();
    for at in 0..20_000u32 {
        let mut key_of = |is_wanted: fn(usize) -> bool| {
            let key = (0..).map(|_| dice.next() as usize % api.keys.texts.len()).find(|key| is_wanted(*key));
            format!("Bearer {}", api.keys.texts[key.unwrap_or_default()])
        };
        let (key, admin) = (key_of(is_common), key_of(is_of_admin));
        let (denied, past_end) = (key_of(|key| key % 1_000 == 998), key_of(|key| key % 1_000 == 999));
        let way = common[dice.next() as usize % common.len()];
        let (hidden, path) = (of_vpn[dice.next() as usize % of_vpn.len()], target(way, &mut dice));
        let of_hidden = target(hidden, &mut dice);
        let client = address(dice.next() % 1_000_000);
        let (office, vpn) = (IpAddr::from(OFFICE), IpAddr::from(VPN));
        let unknown = format!("{}!", &key[..key.len() - 1]);
        let (fields, count) = headers(Some(&key));
        let everyday = Asked { method: way.method, target: &path, headers: &fields[..count], address: client, transport: TLS };
        let with = |authorization| headers(Some(authorization)).0;
        let other = [Header { name: b"X-API-Key", value: key.trim_start_matches("Bearer ").as_bytes() }];
        let asked = match at % 17 {
            0 => Asked { headers: &with(&unknown), ..everyday },
            1 => Asked { headers: &with(&denied), ..everyday },
            2 => Asked { headers: &with(&past_end), ..everyday },
            3 => Asked { headers: &fields[..6], ..everyday },
            4 => Asked { headers: &other, ..everyday },
            5 => Asked { headers: &with("Basic YTpi"), ..everyday },
            6 => Asked { method: hidden.method, target: &of_hidden, address: vpn, ..everyday },
            7 => Asked { method: hidden.method, target: &of_hidden, headers: &with(&admin), ..everyday },
            8 => Asked { method: hidden.method, target: &of_hidden, headers: &with(&admin), address: vpn, ..everyday },
            9 => Asked { address: IpAddr::from([0, 0, 0, 0]), target: "/v1", ..everyday },
            10 => Asked { method: "PATCH", target: "/v1/orders", ..everyday },
            11 => Asked { method: "HEAD", target: "/v1/orders/17", ..everyday },
            12 => Asked { transport: Transport::Plaintext, ..everyday },
            13 => Asked { transport: Transport::Tls(TlsVersion::V1_2), ..everyday },
            14 => Asked { address: office, ..everyday },
            15 => Asked { address: within_bad(at), ..everyday },
            _ => everyday,
        };
        one(&asked, u64::from(at) * 20_000_000, &mut caltrop, &mut tower, counts);
    }
}

/// An address of a denied network.
fn within_bad(at: u32) -> IpAddr {
    let [(_, bad), ..] = super::api::zones();
    // The last is the one within the office.
    bad[at as usize % (bad.len() - 1)].network()
}

/// As many as each bucket holds, and more, all at one moment.
fn over_limits(api: &Api<'_>, counts: &mut Counts) {
    let common: Vec<usize> = (0..api.keys.texts.len()).filter(|key| is_common(*key)).collect();
    let of_plan: Vec<usize> = common.iter().copied().filter(|key| key % PLANS.len() == 1).collect();
    let [first, ..] = common[..] else { return };
    let one_address = |at: u32| (common[at as usize % 50 * 11], address(7));
    let one_subnet = |at: u32| (common[at as usize % 50 * 11], address(3 + at % 4 * 4));
    let one_key = |at: u32| (first, address(at));
    let one_tenant = |at: u32| (at as usize % 10, address(at));
    let one_plan = |at: u32| (of_plan[at as usize % 500], address(at));
    type Source<'s> = (u32, &'s dyn Fn(u32) -> (usize, IpAddr));
    let sources: [Source<'_>; 5] =
        [(1_500, &one_address), (6_000, &one_subnet), (1_500, &one_key), (7_000, &one_tenant), (70_000, &one_plan)];
    for (times, source) in sources {
        let (mut caltrop, mut tower) = (api.caltrop(), api.tower());
        let refused = counts.get(&429).copied().unwrap_or(0);
        for at in 0..times {
            let (key, address) = source(at);
            let authorization = format!("Bearer {}", api.keys.texts[key]);
            let (fields, count) = headers(Some(&authorization));
            let asked = Asked { method: "GET", target: "/v1/orders", headers: &fields[..count], address, transport: TLS };
            one(&asked, 1_000_000_000, &mut caltrop, &mut tower, counts);
        }
        assert!(counts.get(&429) > Some(&refused), "each of these is over its limit");
    }
}

fn one<'a>(
    asked: &Asked<'_>,
    mono_ns: u64,
    caltrop: &mut impl FnMut(&Asked<'_>, u64) -> Decision<'a>,
    tower: &mut impl FnMut(&Asked<'_>, u64) -> Result<Granted<'a>, Denied>,
    counts: &mut Counts,
) {
    let decision = caltrop(asked, mono_ns);
    let (own, reason) = match &decision {
        Decision::Allow(grant) => (Ok((grant.principal(), grant.route())), None),
        Decision::Deny(denial) => (Err(denial.status()), Some(denial.reason())),
    };
    let of_peer = match tower(asked, mono_ns) {
        Ok(granted) => Ok((Some(granted.principal), Some(granted.route))),
        Err(denied) => Err(denied.0),
    };
    assert_eq!(own, of_peer, "{} {} of {}, {reason:?}", asked.method, asked.target, asked.address);
    *counts.entry(own.err().unwrap_or(200)).or_default() += 1;
}
