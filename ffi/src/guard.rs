//! The guard: opened once, asked for each request.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::key::Keyring;
use caltrop::{Guard, Policy, Secrets, State, audit::Reason};

use crate::answer::{said, write_into};
use crate::border::{bytes, place, shared, unique, words};
use crate::decision::caltrop_decision;
use crate::options::{Fed, caltrop_guard_options, fed, policy, secrets};
use crate::request::{caltrop_now, caltrop_request, with_request};
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_MEMORY, CALTROP_E_VALUE};

/// A guard in memory that the caller lends. Any thread may ask it; making it is one thread's alone.
pub struct caltrop_guard {
    kept: Kept,
    guard: MaybeUninit<Guard<'static>>,
}

/// What a guard borrows, beside it.
struct Kept {
    secrets: Secrets,
    fed: Fed,
}

/// Bytes of memory for a guard, for static storage; `caltrop_guard_size` says the same.
pub const CALTROP_GUARD_SIZE: usize = 4096;

const _: () = assert!(size_of::<caltrop_guard>() <= CALTROP_GUARD_SIZE && align_of::<caltrop_guard>() <= 16);

/// Bytes of memory for a guard: `CALTROP_GUARD_SIZE`.
#[unsafe(no_mangle)]
pub const extern "C" fn caltrop_guard_size() -> usize {
    CALTROP_GUARD_SIZE
}

/// Makes a guard in `memory`, which has at least `CALTROP_GUARD_SIZE` bytes aligned to 16. Nothing is used unless all of it is good.
///
/// # Safety
/// * Every pointer of `options` points at as many bytes, or items, as its length says. Policy, keyring, feeds and state live, unwritten but by
///   caltrop, as long as the guard is used; the rest is not needed after the call.
/// * `memory` points at `memory_len` bytes that nobody else uses; `out` at memory for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_init(
    options: *const caltrop_guard_options,
    memory: *mut u8,
    memory_len: usize,
    out: *mut *mut caltrop_guard,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    // SAFETY: this function's contract is the one of `place`; `memory_len` is checked below before anything is written.
    let memory = unsafe { place(memory.cast::<caltrop_guard>()) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(options.and_then(|options| {
        let (memory, out) = (memory?, out?);
        if memory_len < CALTROP_GUARD_SIZE {
            return Err(CALTROP_E_MEMORY);
        }
        // SAFETY: this function's contract is the one of `policy`: the image lives as long as the guard.
        let policy: Policy<'static> = unsafe { policy(options) }?;
        // SAFETY: this function's contract is the one of `bytes`: the image lives as long as the guard.
        let keyring: &'static [u8] = unsafe { bytes(options.keyring, options.keyring_len) }?;
        // SAFETY: this function's contract is the one of `words`: the state lives as long as the guard.
        let state = unsafe { words(options.state, options.state_len) }?;
        let keyring = match policy.keyring_feed() {
            Some((_, trust)) if !keyring.is_empty() => Some(Keyring::open(keyring, &trust, options.keyring_floor.get())?),
            _ => None,
        };
        // SAFETY: this function's contract is the one of `fed`.
        let fed = unsafe { fed(options, &policy) }?;
        // SAFETY: this function's contract is the one of `secrets`.
        let secrets = unsafe { secrets(options.peppers, options.pepper_count) }?;
        let state = State::attach(state)?;
        // Once on the stack, so that a guard that cannot be made leaves the memory alone.
        Guard::new(&policy, &fed.of(keyring), &state, &secrets)?;
        let made = memory.write(caltrop_guard { kept: Kept { secrets, fed }, guard: MaybeUninit::uninit() });
        let kept: *const Kept = &raw const made.kept;
        // SAFETY: it stands in the caller's memory, which lives and is not moved as long as the guard is used (the contract).
        let kept: &'static Kept = unsafe { &*kept };
        made.guard.write(Guard::new(&policy, &kept.fed.of(keyring), &state, &kept.secrets)?);
        out.write(ptr::from_mut(made));
        Ok(())
    }))
}

/// Wipes a guard's secrets; it must not be used again. NULL is ignored.
///
/// # Safety
/// * `guard` is NULL or was made by `caltrop_guard_init`, and no thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_wipe(guard: *mut caltrop_guard) {
    if !guard.is_null() && guard.is_aligned() {
        // SAFETY: `drop_in_place` asks for a valid, aligned value that is not used again: `caltrop_guard_init` made it (the contract).
        unsafe { ptr::drop_in_place(guard) };
    }
}

/// # Safety
/// As `caltrop_guard_admit` for `guard`.
pub(crate) unsafe fn guard<'a>(guard: *const caltrop_guard) -> Result<&'a Guard<'static>, caltrop_status> {
    // SAFETY: this function's contract is the one of `shared`.
    let made = unsafe { shared(guard) }?;
    // SAFETY: `assume_init_ref` asks for an initialised guard: `caltrop_guard_init` hands a pointer out only after it wrote one.
    Ok(unsafe { made.guard.assume_init_ref() })
}

/// Decides about one request. Whatever it returns, `out` holds a decision: a denial unless the guard said yes.
///
/// # Safety
/// * `guard` was made by `caltrop_guard_init`. Every pointer of `request` points at as many bytes, or headers, as its length says.
/// * `out` points at memory for a `caltrop_decision` and overlaps nothing else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_admit(
    guard: *const caltrop_guard,
    request: *const caltrop_request,
    now: *const caltrop_now,
    out: *mut caltrop_decision,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `admit`.
    unsafe { admit(guard, request, now, out) }
}

/// `caltrop_guard_admit` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_admit`, but for the guard.
pub(crate) unsafe fn admit(
    guard: Result<&Guard<'_>, caltrop_status>,
    request: *const caltrop_request,
    now: *const caltrop_now,
    out: *mut caltrop_decision,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `place`.
    let out = match unsafe { place(out) } {
        Ok(out) => out.write(caltrop_decision::DENY),
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `shared`.
    let request = unsafe { shared(request) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(guard.and_then(|guard| {
        let (request, now) = (request?, now?.get());
        // SAFETY: this function's contract is the one of `with_request`.
        unsafe { with_request(request, |request| *out = caltrop_decision::of(guard.admit(request, now), guard.policy())) }
    }))
}

/// Whether a decision is a yes: 1 or 0. NULL is a no.
///
/// # Safety
/// * `decision` is NULL or points at a `caltrop_decision`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_allowed(decision: *const caltrop_decision) -> u8 {
    // SAFETY: this function's contract is the one of `shared`.
    unsafe { shared(decision) }.map_or(0, |decision| u8::from(decision.is_allowed()))
}

/// `outcome` of `caltrop_guard_settle`: the request was served.
pub const CALTROP_SERVED: u8 = 0;
/// `outcome` of `caltrop_guard_settle`: the application itself refused a credential (a login form, say); the client's address is charged.
pub const CALTROP_AUTH_FAILED: u8 = 1;

/// Ends a granted request: the places that it held are given back, and cleared in the decision.
///
/// # Safety
/// * `guard` and `now` as for `caltrop_guard_admit`, which wrote `decision`; nobody else uses that meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_settle(
    guard: *const caltrop_guard,
    decision: *mut caltrop_decision,
    outcome: u8,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `settle`.
    unsafe { settle(guard, decision, outcome, now) }
}

/// `caltrop_guard_settle` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_settle`, but for the guard.
pub(crate) unsafe fn settle(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *mut caltrop_decision,
    outcome: u8,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `unique`.
    let decision = unsafe { unique(decision) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(guard.and_then(|guard| {
        let (decision, now) = (decision?, now?.get());
        match outcome {
            CALTROP_SERVED => {}
            CALTROP_AUTH_FAILED => guard.auth_failed(decision.client(), now),
            _ => return Err(CALTROP_E_VALUE),
        }
        // One that had lapsed is back already.
        let _ = guard.release(decision.take_held(), now);
        Ok(())
    }))
}

/// Begins the time of the places anew that a granted request holds, for one that runs longer than a lease. CALTROP_E_LAPSED if one of them had
/// come back by itself: whoever still works should stop.
///
/// # Safety
/// * As `caltrop_guard_settle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_renew(
    guard: *const caltrop_guard,
    decision: *mut caltrop_decision,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `renew`.
    unsafe { renew(guard, decision, now) }
}

/// `caltrop_guard_renew` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_renew`, but for the guard.
pub(crate) unsafe fn renew(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *mut caltrop_decision,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `unique`.
    let decision = unsafe { unique(decision) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(guard.and_then(|guard| {
        let (decision, now) = (decision?, now?.get());
        let mut held = decision.take_held();
        let renewed = guard.renew(&mut held, now);
        decision.held = held.into_bytes();
        Ok(renewed?)
    }))
}

/// Bytes that are enough for `caltrop_guard_reported`.
pub const CALTROP_QUOTA_NAME_SIZE: usize = 64;

/// The quota that would have refused, by its name: `*written` bytes, not ended by a NUL. None where it is no quota's refusal, or where another
/// policy decides by now; `CALTROP_E_VALUE` for an index behind the last refusal, `CALTROP_E_MEMORY` if it does not fit.
///
/// # Safety
/// * `guard` and `decision` as for `caltrop_guard_admit`; `buffer` points at `buffer_len` bytes, `written` at memory for a `size_t`; none of
///   them overlaps another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_reported(
    guard: *const caltrop_guard,
    decision: *const caltrop_decision,
    index: usize,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `said`.
    unsafe { said(guard, decision, buffer, buffer_len, written, reported(index)) }
}

/// What `caltrop_guard_reported` writes.
pub(crate) fn reported(
    index: usize,
) -> impl FnOnce(&Guard<'_>, &caltrop_decision, &mut [MaybeUninit<u8>]) -> Result<usize, caltrop_status> {
    move |guard, decision, buffer| {
        let one = decision.reported.get(index).filter(|one| one.reason != 0).ok_or(CALTROP_E_VALUE)?;
        let quota = one.quota.checked_sub(1).filter(|_| decision.is_of(guard.policy()));
        write_into(buffer, &quota.and_then(|quota| guard.policy().quota_name(usize::from(quota))).unwrap_or_default())
    }
}

/// The word of a reason, for logs: `*len` bytes of static text, not ended by a NUL; none for a number that is no reason.
///
/// # Safety
/// * `len` points at memory for a `size_t`, or is NULL, which gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_reason_word(reason: u8, len: *mut usize) -> *const u8 {
    // SAFETY: this function's contract is the one of `place`.
    let Ok(len) = (unsafe { place(len) }) else { return ptr::null() };
    let word = Reason::from_code(reason).map_or("", Reason::word);
    len.write(word.len());
    word.as_ptr()
}
