//! `caltrop::guard`: from a request to a decision and its answer, and the journal.

use core::fmt::{self, Write};

use caltrop::audit::{Drained, Event};
use caltrop::guard::{
    Answer, Body, ChargeError, Denial, Feeds, Geometry, Grant, Held, Misuse, NotCharged, Outcome, Payer, Refusal, SecretsFull, StateError,
    Upstream,
};
use caltrop::rate::Lapsed;
use caltrop::request::Header;
use caltrop::table::Word;
use caltrop::{Decision, Guard, Now, Policy, Request, Secrets, State};

#[unsafe(no_mangle)]
pub fn np_guard_new<'g>(policy: &Policy<'g>, feeds: &Feeds<'g>, state: &State<'g>, secrets: &'g Secrets) -> Result<Guard<'g>, Misuse> {
    Guard::new(policy, feeds, state, secrets)
}

#[unsafe(no_mangle)]
pub fn np_guard_admit<'g>(guard: &Guard<'g>, request: &Request<'_>, now: Now) -> Decision<'g> {
    guard.admit(request, now)
}

#[unsafe(no_mangle)]
pub fn np_guard_settle(guard: &Guard<'_>, decision: Decision<'_>, now: Now) {
    if let Decision::Allow(grant) = decision {
        guard.settle(grant, Outcome::AuthFailed, now);
    }
}

#[unsafe(no_mangle)]
pub fn np_guard_renew(guard: &Guard<'_>, held: &mut Held, now: Now) -> Result<(), Lapsed> {
    guard.renew(held, now)
}

#[unsafe(no_mangle)]
pub fn np_guard_release(guard: &Guard<'_>, held: Held, now: Now) -> Result<(), Lapsed> {
    guard.release(held, now)
}

#[unsafe(no_mangle)]
pub fn np_guard_held(bytes: [u8; Held::BYTES]) -> [u8; Held::BYTES] {
    Held::from_bytes(bytes).into_bytes()
}

#[unsafe(no_mangle)]
pub fn np_guard_refused<'g>(guard: &Guard<'_>, grant: Grant<'g>, refusal: &Refusal, now: Now) -> Denial<'g> {
    guard.refused(grant, refusal, now)
}

#[unsafe(no_mangle)]
pub fn np_guard_charge(guard: &Guard<'_>, payer: &Payer<'_>, quota: &str, cost: u32, now: Now) -> Result<(), ChargeError> {
    guard.charge(payer, quota, cost, now)
}

#[unsafe(no_mangle)]
pub fn np_guard_settle_cost(guard: &Guard<'_>, payer: &Payer<'_>, quota: &str, costs: [u32; 2], now: Now) -> Result<(), NotCharged> {
    let [charged, cost] = costs;
    guard.settle_cost(payer, quota, charged, cost, now)
}

#[unsafe(no_mangle)]
pub fn np_guard_fields(policy: &Policy<'_>, answer: &Answer, out: &mut dyn Write) -> fmt::Result {
    policy.fields(answer).try_for_each(|field| write!(out, "{field}"))
}

#[unsafe(no_mangle)]
pub fn np_guard_upstream(upstream: &Upstream<'_>, out: &mut dyn Write) -> fmt::Result {
    upstream.fields().try_for_each(|field| write!(out, "{field}"))
}

#[unsafe(no_mangle)]
pub fn np_guard_passes_on(policy: &Policy<'_>, field: Header<'_>) -> bool {
    policy.passes_on(field)
}

#[unsafe(no_mangle)]
pub fn np_guard_body(decision: &Decision<'_>) -> Body {
    Body::new(decision.status(), decision.id())
}

#[unsafe(no_mangle)]
pub fn np_secrets(secrets: Secrets, id: u8, bytes: &[u8]) -> Result<Secrets, SecretsFull> {
    secrets.with_pepper(id, bytes)
}

#[unsafe(no_mangle)]
pub fn np_state_format<'s>(words: &'s [Word], geometry: Geometry, entropy: [u8; 16]) -> Result<State<'s>, StateError> {
    State::format(words, geometry, entropy)
}

#[unsafe(no_mangle)]
pub fn np_state_attach<'s>(words: &'s [Word]) -> Result<State<'s>, StateError> {
    State::attach(words)
}

#[unsafe(no_mangle)]
pub fn np_journal_write(state: &State<'_>, event: Event) {
    state.journal().write(event);
}

#[unsafe(no_mangle)]
pub fn np_journal_drain(state: &State<'_>, from: u64, out: &mut u64) -> Drained {
    state.journal().drain(from, |number, _| *out ^= number)
}

#[unsafe(no_mangle)]
pub fn np_policy_read(policy: &Policy<'_>, index: u16) -> (usize, Option<u32>, Geometry) {
    (policy.name().len(), policy.line(1, index), policy.geometry())
}
