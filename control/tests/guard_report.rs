//! Report mode: what would have been refused passes, is told, and changes nothing for what is enforced.

use std::net::Ipv4Addr;

use caltrop::audit::{Reason, Verdict};
use caltrop::guard::Feeds;
use caltrop::image::{Floor, Trust};
use caltrop::request::{Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::{Now, Quality};
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Policy, Secrets, State};
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::policy::Written;
use ed25519_dalek::SigningKey;

mod house;

use house::with_guard;

const NOW: Now = Now { wall_s: 1_796_000_100, mono_ns: 1_000_000_000, quality: Quality::Trusted };

fn ask<'g>(guard: &Guard<'g>, address: u32) -> Decision<'g> {
    let headers: &[caltrop::request::Header<'_>] = &[];
    let request = Request {
        method: b"GET",
        target: b"/open",
        authority: b"localhost",
        headers: &headers,
        peer: Peer::Ip(Ipv4Addr::from_bits(address).into()),
        transport: Transport::Tls(TlsVersion::V1_3),
    };
    guard.admit(&request, NOW)
}

/// Of a thousand callers, those who are refused by what reports for a share of them.
fn refused(guard: &Guard<'_>, reason: Reason) -> Vec<u32> {
    let callers = 0xCB00_7100..0xCB00_74E8;
    let refused = callers.filter(|address| {
        let decision = ask(guard, *address);
        let reported: Vec<Reason> = decision.reported().map(|(reason, _)| reason).collect();
        // Refused or reported, never both and never neither.
        assert_eq!(reported.contains(&reason), decision.is_allowed());
        !decision.is_allowed()
    });
    refused.collect()
}

#[test]
fn a_share_of_callers_is_reported_the_others_are_refused_and_each_stays_where_it_is() {
    let rules =
        "[network]\nzones = { vpn = [\"10.8.0.0/16\"] }\n[route]\nopen = { match = \"GET /open\", auth = \"none\", zones = [\"vpn\"], ";
    with_guard(&format!("{rules}mode = \"report\", share = \"30%\" }}\n"), |guard| {
        let first = refused(guard, Reason::Zone);
        assert!((650..=750).contains(&first.len()), "{} of 1000 refused where 70% should be", first.len());
        assert_eq!(first, refused(guard, Reason::Zone), "a caller stays on its side");
        let journal = guard.state().journal();
        let counted = [Verdict::Deny(Reason::Zone), Verdict::WouldDeny(Reason::Zone)].map(|verdict| journal.counted(verdict));
        assert_eq!(counted, [2 * first.len() as u64, 2000 - 2 * first.len() as u64]);
    });
}

#[test]
fn a_quota_reports_for_a_share_of_addresses() {
    let rules = "[quota]\na = { by = \"address\", limit = \"1/hour\", mode = \"report\", share = \"20%\" }\n";
    with_guard(&format!("{rules}[route]\nopen = {{ match = \"GET /open\", auth = \"none\" }}\n"), |guard| {
        (0xCB00_7100..0xCB00_74E8).for_each(|address| assert!(ask(guard, address).is_allowed()));
        let refused = refused(guard, Reason::AddressQuota);
        assert!((750..=850).contains(&refused.len()), "{} of 1000 refused where 80% should be", refused.len());
    });
}

#[test]
fn what_would_have_been_denied_is_an_event_of_its_own() {
    let rules = "[quota]\na = { by = \"address\", limit = \"1/hour\", mode = \"report\" }\n";
    with_guard(&format!("{rules}[route]\nopen = {{ match = \"GET /open\", auth = \"none\" }}\n"), |guard| {
        let _ = ask(guard, 1);
        let told = ask(guard, 1);
        let mut events = Vec::new();
        guard.state().journal().drain(0, |_, event| events.push(event));
        let [event] = events[..] else { panic!("{events:?}") };
        assert_eq!((event.verdict, event.rule, event.id), (Verdict::WouldDeny(Reason::AddressQuota), 0, told.id().0));
        assert_eq!((event.verdict.status(), event.retry_after_s), (200, 3600));
        // Nobody is told to wait.
        assert!(told.is_allowed() && told.fields().all(|field| !field.name.starts_with("ratelimit")));
    });
}

#[test]
fn a_failure_that_the_application_settles_is_charged_where_the_quota_looks() {
    for (mode, status) in [("report", 401), ("enforce", 429)] {
        let rules = format!(
            "[feed]\nkeys = {{ kind = \"keyring\", signer = \"k\" }}\n[auth.key]\nfrom = \"feed:keys\"\nin = [\"x-api-key\"]\n\
             [quota]\nf = {{ by = \"address\", on = \"auth-failure\", limit = \"1/hour\", mode = \"{mode}\" }}\n\
             [route]\nopen = {{ match = \"GET /open\" }}\n"
        );
        failures(&rules, status);
    }
}

/// One failure that the application tells of, then a bad key.
fn failures(rules: &str, status: u16) {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = *signer.verifying_key().as_bytes();
    let stamp = Stamp { sequence: 1, created_s: 1, not_after_s: 0 };
    let keyring = caltrop_control::keys::build("acme/keys", &[], &signer, stamp).unwrap();
    let text = format!("[policy]\nname = \"acme\"\n{rules}");
    let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    let image = written.image().unwrap().finish(&signer, stamp);
    let policy = Policy::open(&image, &Trust::new("acme", &[PublicKey::from_bytes(&public).unwrap()]), Floor::NONE).unwrap();
    let keyring = caltrop::key::Keyring::open(&keyring, &policy.keyring_feed().unwrap().1, Floor::NONE).unwrap();
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &[9; 32]).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &state, &secrets).unwrap();
    guard.auth_failed(Some(Ipv4Addr::new(203, 0, 113, 9).into()), NOW);
    let headers: &[caltrop::request::Header<'_>] = &[caltrop::request::Header { name: b"x-api-key", value: b"nobody" }];
    let request = Request {
        method: b"GET",
        target: b"/open",
        authority: b"localhost",
        headers: &headers,
        peer: Peer::Ip(Ipv4Addr::new(203, 0, 113, 9).into()),
        transport: Transport::Tls(TlsVersion::V1_3),
    };
    let decision = guard.admit(&request, NOW);
    let reported: Vec<_> = decision.reported().collect();
    assert_eq!(decision.status(), status);
    assert_eq!(reported, if status == 401 { vec![(Reason::Failures, Some("f"))] } else { vec![] });
}

#[test]
fn an_exception_is_warned_of_before_it_ends() {
    let text = "[policy]\nname = \"acme\"\n[route]\nold = { match = \"GET /old\", auth = \"none\", mode = \"report\", until = 2027-06-30, why = \"partners\" }\n";
    let until_s = 1_814_313_600;
    let warned = |now_s: u64| {
        let written = Written::read_at(Source::new("policy.toml", text), &|_| unreachable!(), now_s).unwrap();
        written.warnings.to_string()
    };
    let day_s = 86_400;
    assert_eq!(warned(until_s - 31 * day_s), "");
    for (now_s, ends) in [(until_s - 30 * day_s, "ends within 30 days"), (until_s - 1, "ends within a day"), (until_s, "is over")] {
        let told = warned(now_s);
        assert!(told.starts_with(&format!("policy.toml:4:69: warning: the report mode of [route] \"old\" {ends}: enforce it")), "{told}");
    }
}
