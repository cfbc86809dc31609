//! Reaches: `Keyring::open` and every check of a key record, then `Keyring::verify`, `Entry` and `Guard::admit` over what was opened.
//! Holds: bytes that nobody signed are refused; a keyring that was opened never answers `corrupt`.
#![no_main]

use arbitrary::Unstructured;
use caltrop::audit::Reason;
use caltrop::guard::Feeds;
use caltrop::image::Floor;
use caltrop::key::{KeyReason, Keyring};
use caltrop::{Decision, Guard, Policy, State};
use caltrop_fuzz::house::{KEYRING_IMAGE, KEYS, POLICY_IMAGE, SECRETS, state_words, trust};
use caltrop_fuzz::requests::Asked;
use caltrop_fuzz::{planted, resign};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    assert!(Keyring::open(data, &trust("acme-api/keys"), Floor::NONE).is_err(), "nobody signed this");
    let _ = changed(&mut Unstructured::new(data));
});

fn changed(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let image = resign::changed(&KEYRING_IMAGE, input)?;
    let Ok(keyring) = Keyring::open(&image, &trust("acme-api/keys"), Floor::NONE) else { return Ok(()) };
    for entry in keyring.entries() {
        let _ = (entry.principal(), entry.tenant(), entry.plan(), entry.scopes().count(), entry.zones().count());
    }
    let policy = Policy::open(&POLICY_IMAGE, &trust("acme-api"), Floor::NONE).expect("unchanged");
    let words = state_words();
    let state = State::attach(&words).expect("formatted");
    // A pair whose pepper is not held is refused here.
    let Ok(guard) = Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &state, &SECRETS) else { return Ok(()) };
    for shown in KEYS {
        let verified = keyring.verify(shown.as_bytes(), |id| SECRETS.pepper(id), Asked::read(input)?.now);
        assert_ne!(verified.err(), Some(KeyReason::Corrupt), "{shown}");
    }
    for _ in 0..2 {
        let asked = Asked::read(input)?;
        if let Decision::Deny(denial) = asked.ask(|request, now| guard.admit(request, now)) {
            assert_ne!(denial.reason(), Reason::Corrupt, "{asked:?}");
        }
    }
    Ok(())
}
