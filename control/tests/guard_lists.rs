//! Zones that feeds fill: a list sets the bit of its own zone and no other, and one that is not there, or not in its place, makes no guard.

mod house;

use caltrop::guard::record::{FEED, FeedRecord, LISTS_MAX};
use caltrop::guard::{Feeds, Misuse, Secrets};
use caltrop::image::{Entry, Floor, Header, Kind, OpenError};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::request::{Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::Quality;
use caltrop::{Decision, Guard, Now, Policy, State};
use caltrop_control::image::ImageWriter;
use caltrop_control::model::{self, CompileError, Feed, FeedKind, Limit, Stale, Zone};
use house::{NOW, PEPPER, STAMP, keyring_image, list_image, signer, trust};
use zerocopy::{FromBytes, IntoBytes};

fn list(name: &str, stale: Option<Stale>) -> Feed {
    Feed { name: name.into(), kind: FeedKind::Prefixes, signers: vec![*signer().verifying_key().as_bytes()], stale, fetch: None }
}

/// The house's policy, in which two feeds fill `bad` and a new zone `tor`; `failures` allows more in `tor`.
fn model(stale: Option<Stale>) -> model::Policy {
    let mut policy = house::model();
    policy.feeds.insert(0, list("known-bad", stale));
    policy.feeds.push(list("exits", None));
    let bad = policy.zones.iter_mut().find(|zone| zone.name == "bad").unwrap();
    (bad.networks, bad.feed) = (vec![], Some("known-bad".into()));
    policy.zones.push(Zone { name: "tor".into(), networks: vec![], feed: Some("exits".into()) });
    let failures = policy.quotas.iter_mut().find(|quota| quota.name == "failures").unwrap();
    failures.in_zone = vec![("tor".into(), Limit { count: 6, period_s: 600, burst: 6 })];
    policy.never_deny.push("tor".into());
    policy
}

fn lists(bad: &[&str], exits: &[&str]) -> [Vec<u8>; 2] {
    [list_image("acme-api/known-bad", bad, STAMP), list_image("acme-api/exits", exits, STAMP)]
}

/// Puts a guard of these images together and shows it.
fn with<T>(policy: &model::Policy, lists: &[(&str, &[u8])], look: impl FnOnce(Result<&Guard<'_>, Misuse>) -> T) -> T {
    let image = model::compile(policy).unwrap().finish(&signer(), STAMP);
    let policy = Policy::open(&image, &trust("acme-api", &signer()), Floor::NONE).unwrap();
    let keyring = keyring_image();
    let keyring = Keyring::open(&keyring, &policy.keyring_feed().unwrap().1, Floor::NONE).unwrap();
    let trusted = |feed: &str| trust(&format!("acme-api/{feed}"), &signer());
    let opened = lists.iter().map(|&(feed, bytes)| Prefixes::open(bytes, &trusted(feed), Floor::NONE).unwrap());
    let prefixes: Vec<Prefixes<'_>> = opened.collect();
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &PEPPER).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring: Some(keyring), prefixes: &prefixes, ..Feeds::default() }, &state, &secrets);
    look(guard.as_ref().map_err(Clone::clone))
}

/// The status, the reason's word, and the zones.
fn ask(guard: &Guard<'_>, from: &str, now: Now) -> (u16, &'static str, u64) {
    let request = Request {
        method: b"GET",
        target: b"/healthz",
        authority: b"api.example",
        headers: &&[][..],
        peer: Peer::Ip(from.parse().unwrap()),
        transport: Transport::Tls(TlsVersion::V1_3),
    };
    let decision = guard.admit(&request, now);
    let reason = if let Decision::Deny(denial) = &decision { denial.reason().word() } else { "" };
    (decision.status(), reason, decision.facts().zones())
}

const VPN: u64 = 1;
const OFFICE: u64 = 2;
const BAD: u64 = 4;
const TOR: u64 = 8;

#[test]
fn a_list_fills_its_own_zone_beside_the_policys_networks() {
    // The first list names an office, the VPN and a proxy too: it calls them bad, and that is all it can.
    let [bad, exits] = lists(&["192.0.2.0/24", "198.51.100.0/25", "10.0.0.0/8", "2001:db8::/32"], &["192.0.2.7/32"]);
    with(&model(None), &[("known-bad", &bad), ("exits", &exits)], |guard| {
        let guard = guard.unwrap();
        let asked = ["203.0.113.9", "192.0.2.8", "192.0.2.7", "198.51.100.9", "10.8.0.1", "2001:db8::1", "::ffff:192.0.2.8"];
        let answers = asked.map(|from| ask(guard, from, NOW));
        let wanted = [
            (200, "", 0),
            (403, "denied-zone", BAD),
            (200, "", BAD | TOR),
            (200, "", BAD | OFFICE),
            (403, "denied-zone", BAD | VPN),
            (403, "denied-zone", BAD),
            (403, "denied-zone", BAD),
        ];
        assert_eq!(answers, wanted);
    });
}

#[test]
fn the_application_charges_failures_by_the_same_zones() {
    let [bad, exits] = lists(&[], &["192.0.2.7/32"]);
    with(&model(None), &[("known-bad", &bad), ("exits", &exits)], |guard| {
        let guard = guard.unwrap();
        let refused_after = |from: &str| {
            let client = from.parse().unwrap();
            let headers = [caltrop::request::Header { name: b"x-api-key", value: b"guess" }];
            let headers = &headers[..];
            let request = Request {
                method: b"GET",
                target: b"/v1/orders",
                authority: b"api.example",
                headers: &headers,
                peer: Peer::Ip(client),
                transport: Transport::Tls(TlsVersion::V1_3),
            };
            (0..20).find(|_| {
                let status = guard.admit(&request, NOW).status();
                guard.auth_failed(Some(client), NOW);
                status == 429
            })
        };
        // Each turn is two failures: of 3 that may come at once, and of 6 in the feed's zone.
        assert_eq!((refused_after("203.0.113.9"), refused_after("192.0.2.7")), (Some(2), Some(3)));
    });
}

#[test]
fn a_list_that_is_missing_or_out_of_place_is_named() {
    let [bad, exits] = lists(&["192.0.2.0/24"], &[]);
    let missing = |lists: &[(&str, &[u8])]| with(&model(None), lists, |guard| guard.map(|_| ()).unwrap_err());
    let named = |error: Misuse| match error {
        Misuse::FeedMissing { feed } => feed.as_str().to_owned(),
        other => panic!("{other}"),
    };
    assert_eq!(named(missing(&[])), "known-bad");
    assert_eq!(named(missing(&[("known-bad", &bad)])), "exits");
    assert_eq!(named(missing(&[("exits", &exits), ("known-bad", &bad)])), "known-bad");
    let text = missing(&[]).to_string();
    assert_eq!(text, "the policy has the feed \"known-bad\", whose image was not given: load it, in the policy's order");
}

#[test]
fn a_stale_list_refuses_everything_if_the_policy_says_so() {
    let [bad, exits] = lists(&["192.0.2.0/24"], &[]);
    let at = |age_s| Now { wall_s: STAMP.created_s + age_s, ..NOW };
    let images: [(&str, &[u8]); 2] = [("known-bad", &bad), ("exits", &exits)];
    let stale = |deny| Some(Stale { after_s: 300, deny });
    with(&model(stale(true)), &images, |guard| {
        let guard = guard.unwrap();
        assert_eq!(ask(guard, "203.0.113.9", at(300)), (200, "", 0));
        assert_eq!(ask(guard, "203.0.113.9", at(301)), (503, "stale", 0));
        assert_eq!(ask(guard, "203.0.113.9", Now { quality: Quality::Untrusted, ..at(300) }), (503, "stale", 0));
        let told: Vec<String> = guard.stale(at(301)).map(|stale| stale.to_string()).collect();
        assert_eq!(told, ["feed \"known-bad\" is 301 s old and stale after 300 s: what hangs on it is refused"]);
    });
    with(&model(stale(false)), &images, |guard| {
        let guard = guard.unwrap();
        assert_eq!(ask(guard, "203.0.113.9", at(9_999)), (200, "", 0));
        assert_eq!(ask(guard, "192.0.2.1", at(9_999)), (403, "denied-zone", BAD));
        assert_eq!((guard.stale(at(300)).count(), guard.stale(at(301)).count()), (0, 1));
    });
    let reports = model::Policy { mode: model::Mode::Report { percent: 100 }, ..model(stale(true)) };
    with(&reports, &images, |guard| {
        assert_eq!(ask(guard.unwrap(), "203.0.113.9", at(301)).0, 200, "a policy that only reports denies nothing for it");
    });
}

/// The policy's image with its feeds changed, signed again: what only `check` can refuse.
fn forged(change: impl Fn(&mut [FeedRecord])) -> Result<(), OpenError> {
    let bytes = model::compile(&model(None)).unwrap().finish(&signer(), STAMP);
    let (header, body) = Header::ref_from_prefix(&bytes).unwrap();
    let (directory, _) = <[Entry]>::ref_from_prefix_with_elems(body, usize::from(header.sections)).unwrap();
    let sections = directory.iter().fold(ImageWriter::new(Kind::Policy, "acme-api"), |writer, entry| {
        let from = usize::try_from(entry.offset.get()).unwrap();
        let mut section = bytes[from..from + usize::try_from(entry.length.get()).unwrap()].to_vec();
        if entry.tag == FEED {
            change(<[FeedRecord]>::mut_from_bytes(section.as_mut_bytes()).unwrap());
        }
        writer.raw(entry.tag, entry.stride.get(), &section)
    });
    let image = sections.finish(&signer(), STAMP);
    Policy::open(&image, &trust("acme-api", &signer()), Floor::NONE).map(|_| ())
}

type Change = fn(&mut [FeedRecord]);

#[test]
fn a_feed_that_reaches_beyond_its_zone_is_refused_at_open() {
    assert_eq!(forged(|_| {}), Ok(()));
    // The feeds are known-bad, keys and exits; zones vpn, office, bad, tor and proxies.
    let changes: [(&str, Change); 9] = [
        ("it fills the proxies", |feeds| feeds[0].zone = 4),
        ("a zone that there is not", |feeds| feeds[0].zone = 5),
        ("the zone of another", |feeds| feeds[0].zone = feeds[2].zone),
        ("no zone", |feeds| feeds[0].zone = 255),
        ("a keyring with a zone", |feeds| feeds[1].zone = 0),
        ("a kind that is not read", |feeds| feeds[2].kind = Kind::Jwks.code()),
        ("it denies and is never stale", |feeds| feeds[0].on_stale = 1),
        ("an unknown word", |feeds| (feeds[0].stale_s, feeds[0].on_stale) = (300.into(), 2)),
        ("a reserved byte", |feeds| feeds[0].zero = 1),
    ];
    for (what, change) in changes {
        assert_eq!(forged(change), Err(OpenError::Content { tag: FEED }), "{what}");
    }
}

#[test]
fn models_that_make_no_such_policy_are_refused() {
    let fails = |change: fn(&mut model::Policy)| {
        let mut policy = model(None);
        change(&mut policy);
        model::compile(&policy).map(|_| ()).unwrap_err()
    };
    assert_eq!(fails(|policy| policy.zones[3].feed = None), CompileError::Feed("exits".into()));
    assert_eq!(fails(|policy| policy.zones[3].feed = Some("known-bad".into())), CompileError::Feed("known-bad".into()));
    assert_eq!(fails(|policy| policy.zones[3].feed = Some("keys".into())), CompileError::Feed("keys".into()));
    let many = fails(|policy| {
        for name in ["one", "two", "three"] {
            policy.feeds.push(list(name, None));
            policy.zones.push(Zone { name: name.into(), networks: vec![], feed: Some(name.into()) });
        }
    });
    assert_eq!((many, LISTS_MAX), (CompileError::TooMany("feeds of prefixes"), 4));
}
