//! Reaches: `Guard::admit` whole, over a policy that uses every table, with two states that begin alike.
//! Holds: the same requests are decided alike in both, traced or not; nobody passes a route of callers without a good key or token in a header
//! field, nor one of tokens with a key;
//! no answer is `corrupt`; each answer has a whole body, and fields that end no line; what is hidden is answered as what is not there; no field
//! of the caller's passes for the guard's own.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Unstructured;
use caltrop::audit::{Reason, Verdict};
use caltrop::guard::{Fact, Feeds, Outcome, Step, Trace};
use caltrop::image::Floor;
use caltrop::key::Keyring;
use caltrop::request::Header;
use caltrop::{Decision, Guard, Policy, State};
use caltrop_fuzz::house::{KEYRING_IMAGE, KEYS, POLICY_IMAGE, SECRETS, state_words, trust};
use caltrop_fuzz::planted;
use caltrop_fuzz::requests::Asked;
use libfuzzer_sys::fuzz_target;

static OPENED: LazyLock<(Policy<'static>, Keyring<'static>)> = LazyLock::new(|| {
    let policy = Policy::open(&POLICY_IMAGE, &trust("acme-api"), Floor::NONE).expect("unchanged");
    (policy, Keyring::open(&KEYRING_IMAGE, &trust("acme-api/keys"), Floor::NONE).expect("unchanged"))
});

struct Listener;

impl Trace for Listener {
    fn fact(&mut self, _: Step, _: Fact<'_>) {}

    fn verdict(&mut self, _: Step, _: Verdict) {}
}

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = decided(&mut Unstructured::new(data));
});

fn decided(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let (first, second) = (state_words(), state_words());
    let states = [&first, &second].map(|words| State::attach(words).expect("formatted"));
    let (policy, keyring) = *OPENED;
    let [one, other] = states
        .map(|state| Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &state, &SECRETS).expect("all is given"));
    for _ in 0..input.int_in_range(1..=12u8)? {
        let asked = Asked::read(input)?;
        let decision = asked.ask(|request, now| one.admit(request, now));
        let again = asked.ask(|request, now| other.trace(request, now, &mut Listener));
        assert_eq!(said(&decision), said(&again), "{asked:?}");
        match &decision {
            Decision::Allow(grant) => {
                let names: Vec<String> = grant.upstream().fields().map(|field| field.name.to_owned()).collect();
                let passed = asked.headers.iter().filter(|(name, value)| policy.passes_on(Header { name, value }));
                for (name, _) in passed {
                    let read = String::from_utf8_lossy(name).replace(|sign: char| !sign.is_ascii_alphanumeric(), "-").to_ascii_lowercase();
                    assert!(!names.contains(&read), "{asked:?}");
                }
                let needs_key =
                    grant.route().is_some_and(|route| route.starts_with("orders") || ["admin", "secret", "staff"].contains(&route));
                let shows = |key: &str| asked.headers.iter().any(|(_, value)| value.windows(key.len()).any(|part| part == key.as_bytes()));
                assert_eq!(needs_key, grant.principal().is_some());
                // A changed token is signed anew, so what passes bears the issuer's signature or is a key.
                let by_token = grant.principal().is_some_and(|name| name.starts_with("corp:")) && shows("eyJ");
                assert!(!needs_key || by_token || KEYS.iter().any(|key| shows(key)), "{asked:?}");
                assert!(grant.route() != Some("staff") || by_token, "{asked:?}");
            }
            Decision::Deny(denial) => {
                assert_ne!(denial.reason(), Reason::Corrupt, "{asked:?}");
                assert!(denial.body().as_str().ends_with("\"}") != (denial.status() == 204));
                assert!(denial.fields().any(|field| field.name == "cache-control"));
                if denial.facts().route() == Some("secret") && denial.reason() != Reason::Quota {
                    assert!(
                        [403, 404].contains(&denial.status()) && denial.fields().all(|field| field.name != "www-authenticate"),
                        "{asked:?}"
                    );
                }
            }
        }
        for field in decision.fields() {
            assert!(field.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')), "{asked:?}");
        }
        // Some requests end, others run on.
        if let (Decision::Allow(grant), Decision::Allow(same)) = (decision, again)
            && input.arbitrary()?
        {
            one.settle(grant, Outcome::AuthFailed, asked.now);
            other.settle(same, Outcome::AuthFailed, asked.now);
        }
    }
    Ok(())
}

fn said(decision: &Decision<'_>) -> (u128, u16, Option<Reason>, Option<String>, u32) {
    let (reason, wait) = match decision {
        Decision::Allow(_) => (None, 0),
        Decision::Deny(denial) => (Some(denial.reason()), denial.retry_after_s()),
    };
    (decision.id().0, decision.status(), reason, decision.facts().principal().map(str::to_owned), wait)
}
