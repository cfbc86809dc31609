//! The bench on which the guard is tried: it opens a group's images, asks about each case, compares, and keeps the dearest figures.

use caltrop::access::Revocations;
use caltrop::guard::Feeds;
use caltrop::guard::record::LISTS_MAX;
use caltrop::image::{Floor, Kind, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::request::Header;
use caltrop::token::KeySet;
use caltrop::token::record::ISSUERS_MAX;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Now, Policy, Request, Secrets, State};
use heapless::Vec;

use crate::case::{self, Answer, Case, HEADERS_MAX};
use crate::charges::Charges;
use crate::footprint::Footprint;
use crate::pack::{Reader, Stop};
use crate::semihosting::{err, out};
use crate::{memory, stack, ticks};

/// The most feeds of a policy beside its keyring: lists, sets of keys, and one of what was taken back.
const FEEDS_MAX: usize = LISTS_MAX + ISSUERS_MAX + 1;

/// The feeds of a group, but for the keyring.
#[derive(Default)]
struct Fed {
    prefixes: Vec<Prefixes<'static>, LISTS_MAX>,
    key_sets: Vec<KeySet<'static>, ISSUERS_MAX>,
    revocations: Option<Revocations<'static>>,
}

impl Fed {
    fn open(policy: &Policy<'_>, images: &[&'static [u8]]) -> Result<Self, Stop> {
        let mut fed = Self::default();
        for ((_, kind, trust), image) in policy.feeds().filter(|(_, kind, _)| *kind != Kind::Keyring).zip(images) {
            let no_list = |_| "a list does not open";
            match kind {
                Kind::Jwks => {
                    let set = KeySet::open(image, &trust, Floor::NONE).map_err(|_| "a set of keys does not open")?;
                    fed.key_sets.push(set).map_err(|_| "more sets of keys than a policy may have")?;
                }
                Kind::Revocations => fed.revocations = Some(Revocations::open(image, &trust, Floor::NONE).map_err(no_list)?),
                _ => {
                    let list = Prefixes::open(image, &trust, Floor::NONE).map_err(no_list)?;
                    fed.prefixes.push(list).map_err(|_| "more lists than a policy may have")?;
                }
            }
        }
        Ok(fed)
    }
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// How many cases were decided as the file says, and what that cost.
    Score,
    /// A line a case: what the board decided, whatever the file says.
    Table,
}

/// What came of a file so far.
pub(crate) struct Bench {
    show: Show,
    cases: u32,
    passed: u32,
    /// The largest state of all groups.
    state_bytes: usize,
    /// The deepest stack of all decisions.
    stack_bytes: usize,
    open_instructions: u32,
    open_stack_bytes: usize,
    dearest: Dearest,
    dearest_keyed: Dearest,
}

/// The case that cost most.
#[derive(Clone, Copy)]
struct Dearest {
    quotas: usize,
    instructions: u32,
    name: &'static str,
}

impl Dearest {
    const NONE: Self = Self { quotas: 0, instructions: 0, name: "" };

    fn see(&mut self, instructions: u32, name: &'static str) {
        if instructions > self.instructions {
            *self = Self { quotas: 0, instructions, name };
        }
    }

    /// Of those that were charged to the most quotas.
    fn see_charged(&mut self, quotas: usize, instructions: u32, name: &'static str) {
        if (quotas, instructions) > (self.quotas, self.instructions) {
            *self = Self { quotas, instructions, name };
        }
    }
}

impl Bench {
    /// Nothing decided yet.
    pub(crate) const fn new(show: Show) -> Self {
        let (state_bytes, stack_bytes, open_stack_bytes) = (0, 0, 0);
        let (dearest, dearest_keyed) = (Dearest::NONE, Dearest::NONE);
        Self { show, cases: 0, passed: 0, state_bytes, stack_bytes, open_instructions: 0, open_stack_bytes, dearest, dearest_keyed }
    }

    /// Whether there were cases, and all of them were decided as the file says.
    pub(crate) const fn is_passed(&self) -> bool {
        self.cases > 0 && self.passed == self.cases
    }

    /// Decides the whole file.
    pub(crate) fn run(&mut self, file: &'static [u8]) -> Result<(), Stop> {
        let mut at = Reader(file);
        if at.take(4)? != b"CTV2" {
            return Err("vectors.bin is no packed file of vectors");
        }
        for _ in 0..at.number::<u32>(4)? {
            self.group(&mut at)?;
        }
        if at.0.is_empty() { Ok(()) } else { Err("vectors.bin goes on behind its last group") }
    }

    /// Opens the images of a group and decides its cases, which share one state.
    fn group(&mut self, at: &mut Reader) -> Result<(), Stop> {
        let (policy, keyring) = (at.bytes(4)?, at.bytes(4)?);
        let mut images = Vec::<&'static [u8], FEEDS_MAX>::new();
        for _ in 0..at.number::<u8>(1)? {
            images.push(at.bytes(4)?).map_err(|_| "more feeds than a policy may have")?;
        }
        let signer = PublicKey::from_bytes(at.array()?).map_err(|_| "a signer's key is none")?;
        let trust = Trust::new(at.text()?, &[signer]);
        let mut secrets = Secrets::new();
        for _ in 0..at.number::<u8>(1)? {
            secrets = secrets.with_pepper(at.number(1)?, at.bytes(1)?).map_err(|_| "more peppers than a guard holds")?;
        }
        let policy = self.open(policy, &trust)?;
        let keyring = match policy.keyring_feed() {
            Some((_, trust)) => Some(Keyring::open(keyring, &trust, Floor::NONE).map_err(|_| "a keyring does not open")?),
            None => None,
        };
        let fed = Fed::open(&policy, &images)?;
        let geometry = policy.geometry();
        let words =
            State::words(geometry).and_then(memory::words).ok_or("a policy wants a larger state than there is: see src/memory.rs")?;
        self.state_bytes = self.state_bytes.max(size_of_val(words));
        // The entropy of every runner of vectors; a product draws its own.
        let state = State::format(words, geometry, [5; 16]).map_err(|_| "a state cannot be formatted")?;
        let charges = Charges::over(words, geometry);
        let feeds = Feeds { keyring, prefixes: &fed.prefixes, key_sets: &fed.key_sets, revocations: fed.revocations };
        let guard = Guard::new(&policy, &feeds, &state, &secrets).map_err(|_| "a guard lacks a feed or a pepper")?;
        let mut headers = [Header { name: b"", value: b"" }; HEADERS_MAX];
        for _ in 0..at.number::<u32>(4)? {
            let case = case::read(at, &mut headers)?;
            self.decide(&guard, &case, &headers[..case.header_count], charges.as_ref())?;
        }
        Ok(())
    }

    /// Opens a policy: an Ed25519 signature, a hash, and every record looked at. Once a release, so its cost is shown apart.
    fn open(&mut self, image: &'static [u8], trust: &Trust) -> Result<Policy<'static>, Stop> {
        let paint = stack::paint();
        let start = ticks::now();
        let policy = open(image, trust);
        self.open_instructions = self.open_instructions.max(ticks::instructions_since(start));
        self.open_stack_bytes = self.open_stack_bytes.max(paint.used()?);
        policy.map_err(|_| "a policy does not open")
    }

    fn decide(&mut self, guard: &Guard<'_>, case: &Case, headers: &[Header<'_>], charges: Option<&Charges>) -> Result<(), Stop> {
        let request = Request {
            method: case.method,
            target: case.target,
            authority: case.authority,
            headers: &headers,
            peer: case.peer,
            transport: case.transport,
        };
        charges.inspect(|charges| charges.remember());
        let paint = stack::paint();
        let start = ticks::now();
        let decision = admit(guard, &request, case.now);
        let instructions = ticks::instructions_since(start);
        self.stack_bytes = self.stack_bytes.max(paint.used()?);
        self.dearest.see(instructions, case.name);
        if decision.is_allowed() && decision.facts().principal().is_some() {
            self.dearest_keyed.see_charged(charges.map_or(0, Charges::count), instructions, case.name);
        }
        self.compare(case, Answer::of(&decision));
        Ok(())
    }

    fn compare(&mut self, case: &Case, given: Answer<'_>) {
        self.cases += 1;
        if given == case.expected {
            self.passed += 1;
        } else {
            err(format_args!("{}: want {}, got {given}\n", case.name, case.expected));
        }
        if self.show == Show::Table {
            out(format_args!("{}\t{}\t{}\t{}\n", case.name, given.status, given.reason, given.wait_s));
        }
    }

    /// Prints what came of it.
    pub(crate) fn report(&self) {
        if self.show == Show::Table {
            return;
        }
        let Footprint { flash_bytes, ram_bytes, harness_bytes } = Footprint::read();
        out(format_args!("vectors cortex-m: {} of {}\n", self.passed, self.cases));
        out(format_args!("board: flash {flash_bytes} bytes, RAM static {ram_bytes} bytes, stack {} bytes\n", self.stack_bytes));
        out(format_args!("board: largest state {} bytes; harness memory apart {harness_bytes} bytes\n", self.state_bytes));
        out(format_args!("open: {} instructions, stack {} bytes (a policy, once)\n", self.open_instructions, self.open_stack_bytes));
        let (keyed, any) = (self.dearest_keyed, self.dearest);
        out(format_args!("admit: {} instructions (valid key, {} quotas: {})\n", keyed.instructions, keyed.quotas, keyed.name));
        out(format_args!("admit: {} instructions (at most: {})\n", any.instructions, any.name));
    }
}

// In frames of their own: the painted stack and the counted instructions begin there.

#[inline(never)]
fn open(image: &'static [u8], trust: &Trust) -> Result<Policy<'static>, OpenError> {
    Policy::open(image, trust, Floor::NONE)
}

#[inline(never)]
fn admit<'g>(guard: &Guard<'g>, request: &Request<'_>, now: Now) -> Decision<'g> {
    guard.admit(request, now)
}
