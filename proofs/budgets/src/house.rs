//! A guard over a policy that uses every table.

use caltrop::guard::{Feeds, Secrets};
use caltrop::image::Floor;
use caltrop::key::Keyring;
use caltrop::table::Word;
use caltrop::time::Quality;
use caltrop::{Guard, Now, Policy, State};
use caltrop_proof_images::{PEPPERS, POLICY, trust};

pub(crate) const NOW: Now = Now { wall_s: 1_796_000_100, mono_ns: 1_000_000_000, quality: Quality::Trusted };

pub(crate) struct House {
    keyring: &'static [u8],
    words: Vec<Word>,
    pub(crate) secrets: Secrets,
}

impl House {
    pub(crate) fn new(keyring: &'static [u8]) -> Self {
        let geometry = Policy::open(POLICY, &trust("acme-api"), Floor::NONE).expect("signed while building").geometry();
        let words: Vec<Word> = (0..State::words(geometry).expect("in bounds")).map(|_| Word::new(0)).collect();
        State::format(&words, geometry, [5; 16]).expect("as many as it takes");
        let secrets = PEPPERS.iter().fold(Secrets::new(), |secrets, (id, bytes, _)| secrets.with_pepper(*id, bytes).expect("four fit"));
        Self { keyring, words, secrets }
    }

    pub(crate) fn keyring(&self) -> Keyring<'static> {
        Keyring::open(self.keyring, &trust("acme-api/keys"), Floor::NONE).expect("signed while building")
    }

    pub(crate) fn guard(&self) -> Guard<'_> {
        let policy = Policy::open(POLICY, &trust("acme-api"), Floor::NONE).expect("signed while building");
        let state = State::attach(&self.words).expect("formatted");
        Guard::new(&policy, &Feeds { keyring: Some(self.keyring()), ..Feeds::default() }, &state, &self.secrets).expect("all is given")
    }
}
