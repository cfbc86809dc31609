//! The runner in Rust: it reads the packed file as every other host does.

use std::fmt;

use caltrop::access::Revocations;
use caltrop::guard::Feeds;
use caltrop::image::{Floor, Kind, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::{Now, Quality};
use caltrop::token::KeySet;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Policy, Secrets, State};

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Score {
    /// Cases that were decided as they say.
    pub passed: usize,
    /// All cases.
    pub cases: usize,
    /// A line for each of the others.
    pub failures: Vec<String>,
    /// The reasons that were given, each once.
    pub reasons: std::collections::BTreeSet<&'static str>,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.passed, self.cases)
    }
}

/// Runs a packed file; `None` if it is none.
#[must_use]
pub fn run(packed: &[u8]) -> Option<Score> {
    let mut at = Reader(packed);
    let mut score = Score::default();
    if at.take(4)? != b"CTV2" {
        return None;
    }
    for _ in 0..at.number(4)? {
        group(&mut at, &mut score)?;
    }
    at.0.is_empty().then_some(score)
}

fn group(at: &mut Reader<'_>, score: &mut Score) -> Option<()> {
    let (policy, keyring) = (at.bytes(4)?, at.bytes(4)?);
    let images = (0..at.number(1)?).map(|_| at.bytes(4)).collect::<Option<Vec<_>>>()?;
    let key = PublicKey::from_bytes(at.take(32)?.first_chunk()?).ok()?;
    let name = std::str::from_utf8(at.bytes(1)?).ok()?;
    let mut secrets = Secrets::new();
    for _ in 0..at.number(1)? {
        let id = u8::try_from(at.number(1)?).ok()?;
        secrets = secrets.with_pepper(id, at.bytes(1)?).ok()?;
    }
    let policy = Policy::open(policy, &Trust::new(name, &[key]), Floor::NONE).ok()?;
    let keyring = match policy.keyring_feed() {
        Some((_, trust)) => Some(Keyring::open(keyring, &trust, Floor::NONE).ok()?),
        None => None,
    };
    let (mut prefixes, mut key_sets, mut revocations) = (Vec::new(), Vec::new(), None);
    let mut images = images.into_iter();
    for (_, kind, trust) in policy.feeds().filter(|(_, kind, _)| *kind != Kind::Keyring) {
        let image = images.next()?;
        match kind {
            Kind::Jwks => key_sets.push(KeySet::open(image, &trust, Floor::NONE).ok()?),
            Kind::Revocations => revocations = Some(Revocations::open(image, &trust, Floor::NONE).ok()?),
            _ => prefixes.push(Prefixes::open(image, &trust, Floor::NONE).ok()?),
        }
    }
    let feeds = Feeds { keyring, prefixes: &prefixes, key_sets: &key_sets, revocations };
    let geometry = policy.geometry();
    let words: Vec<Word> = (0..State::words(geometry)?).map(|_| Word::new(0)).collect();
    let state = State::format(&words, geometry, [5; 16]).ok()?;
    let guard = Guard::new(&policy, &feeds, &state, &secrets).ok()?;
    for _ in 0..at.number(4)? {
        case(at, &guard, score)?;
    }
    Some(())
}

fn case(at: &mut Reader<'_>, guard: &Guard<'_>, score: &mut Score) -> Option<()> {
    let name = String::from_utf8_lossy(at.bytes(1)?).into_owned();
    let (wall_s, mono_ns, trusted) = (at.number(8)?, at.number(8)?, at.number(1)?);
    let now = Now { wall_s, mono_ns, quality: if trusted == 1 { Quality::Trusted } else { Quality::Untrusted } };
    let (method, target, authority) = (at.bytes(1)?, at.bytes(2)?, at.bytes(1)?);
    let mut headers = Vec::new();
    for _ in 0..at.number(2)? {
        headers.push(Header { name: at.bytes(2)?, value: at.bytes(2)? });
    }
    let peer = match at.number(1)? {
        0 => Peer::Unix,
        4 => Peer::Ip(std::net::IpAddr::from(*at.take(4)?.first_chunk::<4>()?)),
        _ => Peer::Ip(std::net::IpAddr::from(*at.take(16)?.first_chunk::<16>()?)),
    };
    let transport = match at.number(1)? {
        0 => Transport::Plaintext,
        1 => Transport::Tls(TlsVersion::Old),
        12 => Transport::Tls(TlsVersion::V1_2),
        _ => Transport::Tls(TlsVersion::V1_3),
    };
    let answer = (at.number(2)?, text(at)?, text(at)?, text(at)?, at.number(4)?);
    let reported = (0..at.number(1)?).map(|_| Some((text(at)?, text(at)?))).collect::<Option<Vec<_>>>()?;
    let expected = (answer, reported);

    let headers = &headers[..];
    let decision = guard.admit(&Request { method, target, authority, headers: &headers, peer, transport }, now);
    let (reason, wait) = match &decision {
        Decision::Allow(_) => ("", 0),
        Decision::Deny(denial) => (denial.reason().word(), denial.retry_after_s()),
    };
    let facts = decision.facts();
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let answer = (u64::from(decision.status()), reason.to_owned(), owned(facts.principal()), owned(facts.route()), u64::from(wait));
    let given = (answer, decision.reported().map(|(reason, quota)| (reason.word().to_owned(), owned(quota))).collect());
    score.cases += 1;
    score.reasons.insert(reason);
    if given == expected {
        score.passed += 1;
    } else {
        score.failures.push(format!("{name}: want {expected:?}, got {given:?}"));
    }
    Some(())
}

fn text(at: &mut Reader<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(at.bytes(1)?).into_owned())
}

struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    fn take(&mut self, count: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    fn bytes(&mut self, width: usize) -> Option<&'p [u8]> {
        let length = self.number(width)?;
        self.take(usize::try_from(length).ok()?)
    }
}
