//! Holding a policy to its `[[expect]]` rows: compiled, signed, opened and asked as a server would.
//!
//! The images live as long as one call and nobody else sees them, so their signer, pepper and keys need no entropy, and issuers are given a key
//! of ours. The state is fresh for each
//! row and smaller than the policy says: only collisions depend on its size.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::audit::{Reason, Verdict};
use caltrop::guard::{Fact, Feeds, Misuse, Outcome, Secrets, SecretsFull, StateError, Step, Trace};
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::{Cidr, Overlap, Prefix, Prefixes};
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::{Now, Quality};
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Policy, State};
use ed25519_dalek::SigningKey;

use super::cases::{Case, PepperOf, cases};
use super::expect::{Ask, Sender};
use super::token;
use super::written::Written;
use crate::image::Stamp;
use crate::keys::{self, KeyringError};
use crate::model::{self, CompileError, Tls};
use crate::prefixes::{Choice, Table};

/// What came of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    /// Its line of policy.toml.
    pub line: u32,
    /// The request, for people.
    pub request: String,
    /// What was answered: the status, the reason of a denial, and what would have refused it in enforce mode.
    pub answered: String,
    /// The reason of a denial.
    pub reason: Option<Reason>,
    /// What would have refused it, were it not in report mode.
    pub reported: Vec<Reason>,
    /// The route that was found.
    pub route: Option<String>,
    /// The windows of quotas that refused it.
    pub quotas: Vec<String>,
    /// Where that is not what was expected; none = passed.
    pub mismatches: Vec<Mismatch>,
}

/// One thing that was answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which part of the answer.
    pub part: &'static str,
    /// What the row says.
    pub expected: String,
    /// What the guard said.
    pub answered: String,
}

impl fmt::Display for RowResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.request, self.answered)?;
        self.mismatches.iter().try_for_each(|one| write!(f, "; {} expected {}, got {}", one.part, one.expected, one.answered))
    }
}

/// Runs every row, each in a fresh state.
///
/// # Errors
/// [`RunError`]: no guard could be put together. A row that fails is no error: see [`RowResult::mismatches`].
pub fn run(written: &Written) -> Result<Vec<RowResult>, RunError> {
    let signer = SigningKey::from_bytes(&[1; 32]);
    let public = *signer.verifying_key().as_bytes();
    let mut policy = written.policy.clone();
    policy.slots = policy.slots.min(SLOTS);
    // The images here are as new as any: rows ask what a policy says, not how its feeds are kept.
    policy.feeds.iter_mut().for_each(|feed| (feed.signers, feed.stale) = (vec![public], None));
    let mut count = 0u64;
    let asked = cases(
        written,
        PepperOf { id: 1, bytes: &PEPPER },
        || {
            count += 1;
            let mut entropy = [0; 40];
            entropy[..8].copy_from_slice(&count.to_le_bytes());
            entropy[8..16].copy_from_slice(&count.to_le_bytes());
            entropy
        },
        &signer,
        NOW.wall_s,
    );
    policy.issuers.iter_mut().for_each(|issuer| token::ours(issuer, &signer));
    policy.feeds.retain(|feed| !matches!(feed.kind, model::FeedKind::Jwks | model::FeedKind::Revocations));
    let image = crate::model::compile(&policy)?.finish(&signer, STAMP);
    let trust = Trust::new(&policy.name, &[PublicKey::from_bytes(&public).map_err(|_| OpenError::Signature)?]);
    let opened = Policy::open(&image, &trust, Floor::NONE)?;
    let feed = opened.keyring_feed();
    let keyring_image = match feed {
        Some((name, _)) => keys::build(&format!("{}/{name}", policy.name), &asked.keys, &signer, STAMP)?,
        None => Vec::new(),
    };
    let keyring = feed.map(|(_, trust)| Keyring::open(&keyring_image, &trust, Floor::NONE)).transpose()?;
    let lists = list_images(&opened, &signer)?;
    let lists = lists.iter().map(|image| image.open(&policy)).collect::<Result<Vec<_>, OpenError>>()?;
    let secrets = Secrets::new().with_pepper(1, &PEPPER)?;
    let geometry = opened.geometry();
    let words: Vec<Word> = (0..State::words(geometry).ok_or(StateError::Geometry)?).map(|_| Word::new(0)).collect();
    let rows = written.expects.iter().zip(&asked.cases).map(|(row, case)| {
        let state = State::format(&words, geometry, [1; 16])?;
        let prefixes: Vec<Prefixes<'_>> = lists.iter().map(|list| list.of(&row.request)).collect();
        let guard = Guard::new(&opened, &Feeds { keyring, prefixes: &prefixes, ..Feeds::default() }, &state, &secrets)?;
        Ok(ask(&guard, &row.request, case))
    });
    rows.collect()
}

const SLOTS: u32 = 4096;
const PEPPER: [u8; 32] = [1; 32];
const STAMP: Stamp = Stamp { sequence: 1, created_s: 1, not_after_s: 0 };
/// Any instant would do; this one is in the year 2027.
const NOW: Now = Now { wall_s: 1_800_000_000, mono_ns: 1_000_000_000, quality: Quality::Trusted };

/// What a feed's list can say of a row's client: that it is on it, as everybody is, or that it is not, as nobody is.
struct ListImages {
    feed: String,
    trust: Trust,
    all: Vec<u8>,
    none: Vec<u8>,
}

/// The same, opened.
struct Lists<'i> {
    zone: Option<String>,
    all: Prefixes<'i>,
    none: Prefixes<'i>,
}

fn list_images(policy: &Policy<'_>, signer: &SigningKey) -> Result<Vec<ListImages>, CompileError> {
    let everybody = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)].map(|address| Cidr::containing(address, 0));
    let everybody: Vec<Prefix> = everybody.into_iter().flatten().map(|cidr| Prefix { cidr, value: 1 }).collect();
    let feeds = policy.prefix_feeds().map(|(feed, trust)| {
        let scope = format!("{}/{feed}", policy.name());
        let image = |mut prefixes: Vec<Prefix>| -> Result<Vec<u8>, CompileError> {
            let table = Table::new(&mut prefixes, Overlap::Longest, Choice::Ranges);
            Ok(table.image(&scope, &[String::new()])?.finish(signer, STAMP))
        };
        Ok(ListImages { feed: feed.to_owned(), trust, all: image(everybody.clone())?, none: image(Vec::new())? })
    });
    feeds.collect()
}

impl ListImages {
    fn open(&self, policy: &model::Policy) -> Result<Lists<'_>, OpenError> {
        let zone = policy.zones.iter().find(|zone| zone.feed.as_ref() == Some(&self.feed)).map(|zone| zone.name.clone());
        let open = |bytes| Prefixes::open(bytes, &self.trust, Floor::NONE);
        Ok(Lists { zone, all: open(&self.all)?, none: open(&self.none)? })
    }
}

impl<'i> Lists<'i> {
    fn of(&self, row: &Ask) -> Prefixes<'i> {
        let is_listed = self.zone.as_ref().is_some_and(|zone| row.zones.contains(zone));
        if is_listed { self.all } else { self.none }
    }
}

fn ask(guard: &Guard<'_>, row: &Ask, case: &Case) -> RowResult {
    let headers: Vec<Header<'_>> =
        case.headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let headers = &headers[..];
    let request = Request {
        method: case.method.as_bytes(),
        target: case.target.as_bytes(),
        authority: b"localhost",
        headers: &headers,
        peer: match row.from {
            Sender::Ip(address) => Peer::Ip(address),
            Sender::Unix => Peer::Unix,
        },
        transport: match row.tls {
            Tls::Off => Transport::Plaintext,
            Tls::V1_2 => Transport::Tls(TlsVersion::V1_2),
            Tls::V1_3 => Transport::Tls(TlsVersion::V1_3),
        },
    };
    let now = Now { wall_s: case.at_s.unwrap_or(NOW.wall_s), ..NOW };
    for _ in 1..case.repeat {
        if let Decision::Allow(grant) = guard.admit(&request, now) {
            guard.settle(grant, Outcome::Served, now);
        }
    }
    let mut refusing = Refusing { policy: guard.policy(), quotas: Vec::new() };
    let decision = guard.trace(&request, now, &mut refusing);
    RowResult { quotas: refusing.quotas, ..compare(case, row, &decision) }
}

/// Hears which quotas would not grant the request.
struct Refusing<'g> {
    policy: &'g Policy<'g>,
    quotas: Vec<String>,
}

impl Trace for Refusing<'_> {
    fn fact(&mut self, _: Step, fact: Fact<'_>) {
        if let Fact::Quota { index, answer: Err(_) } | Fact::NotInPlan { index, .. } = fact
            && let Some(name) = self.policy.quota_name(usize::from(index))
        {
            self.quotas.push(name.to_owned());
        }
    }

    fn verdict(&mut self, _: Step, _: Verdict) {}
}

fn compare(case: &Case, row: &Ask, decision: &Decision<'_>) -> RowResult {
    let (denied, wait_s) = match decision {
        Decision::Allow(_) => (None, 0),
        Decision::Deny(denial) => (Some(denial.reason()), denial.retry_after_s()),
    };
    let reason = denied.map_or("none", Reason::word);
    let facts = decision.facts();
    let text = |text: Option<&str>| text.unwrap_or("none").to_owned();
    let expected = &case.answer;
    let parts = [
        ("status", Some(expected.status.to_string()), decision.status().to_string()),
        ("reason", expected.reason.map(|reason| reason.word().to_owned()), reason.to_owned()),
        ("route", expected.route.clone(), text(facts.route())),
        ("principal", expected.principal.clone(), text(facts.principal())),
        ("tenant", expected.tenant.clone(), text(facts.tenant())),
        ("retry-after", expected.retry_after_s.map(|wait_s| wait_s.to_string()), wait_s.to_string()),
    ];
    let differs = |(part, expected, answered): (&'static str, Option<String>, String)| {
        let expected = expected.filter(|expected| *expected != answered)?;
        Some(Mismatch { part, expected, answered })
    };
    let answered = if decision.is_allowed() { "200".to_owned() } else { format!("{} {reason}", decision.status()) };
    let reported: Vec<Reason> = decision.reported().map(|(reason, _)| reason).collect();
    let would: String = reported.iter().map(|reason| format!(", would deny {}", reason.word())).collect();
    RowResult {
        line: case.line,
        request: row.to_string(),
        answered: answered + &would,
        reason: denied,
        reported,
        route: facts.route().map(str::to_owned),
        quotas: Vec::new(),
        mismatches: parts.into_iter().filter_map(differs).collect(),
    }
}

/// Why no guard could be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunError {
    /// The model makes no image.
    Compile(CompileError),
    /// The rows' keys make no keyring.
    Keyring(KeyringError),
    /// The core refuses an image: a bug in one of them.
    Open(OpenError),
    /// The core refuses the state.
    State(StateError),
    /// The core refuses the pepper.
    Secrets(SecretsFull),
    /// The parts do not fit together.
    Misuse(Misuse),
}

macro_rules! from {
    ($($error:ty => $variant:ident),+) => {
        $(impl From<$error> for RunError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })+

        impl fmt::Display for RunError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(error) => error.fmt(f),)+
                }
            }
        }
    };
}

from!(CompileError => Compile, KeyringError => Keyring, OpenError => Open, StateError => State, SecretsFull => Secrets, Misuse => Misuse);

impl std::error::Error for RunError {}
