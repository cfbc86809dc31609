//! What one decision of the guard costs, beside a stack of tower layers that does the same work.
//!
//! An API of 1,000 routes, 1 M keys and 1 M clients: three zones, buckets for IPv4 addresses and for IPv6 networks of three sizes, and on each route
//! three quotas, by principal, tenant and plan. Both are shown the same borrowed requests and told the time, and must first answer some hundred
//! thousand of them alike. The argument `quick` keeps to fewer keys and clients, any other to the rows whose name holds it; then the figures are not
//! kept.
#![allow(missing_docs, reason = "a program: nobody links it")]

mod guarded;
mod keyring;
mod told;

use std::net::IpAddr;
use std::sync::atomic::Ordering::Relaxed;

use caltrop_benches::{Bench, Contest};
use guarded::agree::agree;
use guarded::api::{Pace, zones};
use guarded::callers::{KEYS, Pool, address};
use guarded::{Api, Clients, Keys, admit, status};

const ROUTES: usize = 1_000;
/// Different requests of strangers; of those that pass there are as many as clients.
const STRANGERS: u32 = 1 << 16;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_quick = given.iter().any(|argument| argument == "quick");
    let only = given.iter().find(|argument| *argument != "quick").cloned().unwrap_or_default();
    let (count, many) = if is_quick { (KEYS / 50, "20,000") } else { (KEYS, "1 M") };
    let keys = Keys::new(count);
    let mut rows = Rows { bench: Bench::new("guard"), only };
    let hot = Api::new(&keys, ROUTES, count, Pace::HOT);
    rows.bench.note(format!("Before they were measured both gave the same answers, by their statuses: {}.", told(&agree(&hot))));
    for (who, client) in [("", address(8)), (", IPv6", address(7))] {
        rows.add(&format!("admit, one hot client{who}"), &hot, 200, &hot.pool(1, 1), || Clients::One(client));
    }
    strangers(&mut rows, &hot, "one hot address", 1, || Clients::One(address(8)));
    let busy = Api::new(&keys, ROUTES, count, Pace::busy(count));
    let pool = busy.pool(count, count);
    rows.add(&format!("admit, {many} clients at random"), &busy, 200, &pool, || Clients::Many(count));
    strangers(&mut rows, &busy, &format!("{many} addresses at random"), STRANGERS, || Clients::Many(count));
    let sparse = Api::new(&keys, ROUTES, count, Pace::SPARSE);
    rows.add(&format!("admit, {many} clients at random that owe nothing"), &sparse, 200, &pool, || Clients::Many(count));
    rows.bench.figure("a stranger's denial, words of the state that change", changed(&hot), "words");
    if given.is_empty() {
        rows.bench.finish();
    }
}

/// The rows that are asked for.
struct Rows {
    bench: Bench,
    /// What a row's name must hold.
    only: String,
}

impl Rows {
    fn add(&mut self, title: &str, api: &Api<'_>, expected: u16, pool: &Pool, clients: impl Fn() -> Clients) {
        if !title.contains(&self.only) {
            return;
        }
        let (mut caltrop, mut tower) = (api.caltrop(), api.tower());
        let contest = Contest::new(title)
            .with("caltrop", api.works(expected, pool, clients(), move |asked, mono_ns| caltrop(asked, mono_ns).status()))
            .with("tower stack", api.works(expected, pool, clients(), move |asked, mono_ns| status(tower(asked, mono_ns))));
        self.bench.contest(contest);
    }
}

fn told(counts: &guarded::agree::Counts) -> String {
    counts.iter().map(|(status, count)| format!("{status} {count} times")).collect::<Vec<_>>().join(", ")
}

/// What strangers are told, who hold no good key.
fn strangers(rows: &mut Rows, api: &Api<'_>, who: &str, count: u32, clients: impl Fn() -> Clients) {
    let known = api.pool(count, u32::try_from(api.keys.texts.len()).expect("a million"));
    let [without, unknown, nowhere] = [
        known.each(|target, _| (target.to_owned(), None)),
        known.each(|target, key| (target.to_owned(), Some(format!("{}!", &key[..key.len() - 1])))),
        known.each(|target, _| (target.replace("/v1/", "/v0/"), None)),
    ];
    let [(_, bad), ..] = zones();
    let denied = || match clients() {
        Clients::One(_) => Clients::One(bad[0].network()),
        Clients::Many(_) | Clients::Within(_) => Clients::Within(bad[..bad.len() - 1].to_vec()),
    };
    rows.add(&format!("denied, no credential, {who}"), api, 401, &without, &clients);
    rows.add(&format!("denied, unknown key, {who}"), api, 401, &unknown, &clients);
    rows.add(&format!("denied, no route, {who}"), api, 404, &nowhere, &clients);
    rows.add(&format!("denied, bad zone, {who}"), api, 403, &without, denied);
}

/// How many words of the state one denial changes, in a flood that is folded already.
fn changed(api: &Api<'_>) -> f64 {
    let (guard, words) = api.guard();
    let pool = api.pool(1, 1).each(|target, _| (target.to_owned(), None));
    let ask =
        |at: u64| pool.show(0, IpAddr::from([203, 0, 113, 9]), |asked| assert_eq!(admit(&guard, asked, at * 20_000_000).status(), 401));
    (1..3).for_each(ask);
    let before: Vec<u64> = words.iter().map(|word| word.load(Relaxed)).collect();
    ask(3);
    words.iter().zip(before).filter(|(word, before)| word.load(Relaxed) != *before).count() as f64
}
