//! A guard from files that takes a new policy, keyring or list while it is asked, for Linux servers.
//!
//! Promises: as `caltrop_guard_*`, and what was renamed into place decides from the next poll on; a file that is refused changes nothing and is told once.
//! Costs: an admission is a few atomic operations more than the guard's, without a lock; opening, a poll that finds a new file, and the first
//! call of a thread allocate.
//! Not here: a thread. A server polls in one of its own, on a timer, or before each request.

use core::ptr;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use caltrop_host::floors::Floors;
use caltrop_host::{HostGuard, LiveGuard, LoadError, News, Options, StateAt};

use crate::answer::{answer, passes_on, said, upstream};
use crate::border::{buffer, bytes, place, shared};
use crate::cost::{charge, settle_cost};
use crate::decision::caltrop_decision;
use crate::guard::{admit, renew, reported, settle};
use crate::host::terminate;
use crate::options::{caltrop_pepper, secrets};
use crate::request::{caltrop_header, caltrop_now, caltrop_request};
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_HOST_FILE, CALTROP_E_LENGTH, CALTROP_E_PUBLIC_KEY, CALTROP_E_VALUE, CALTROP_OK};

/// What a live guard is loaded from. Nothing of it is needed after the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_live_options {
    /// `sizeof(caltrop_live_options)`.
    pub size: usize,
    /// The name of the policy that the host expects.
    pub name: *const u8,
    /// Its bytes.
    pub name_len: usize,
    /// The path of the policy's image. Its public key is `policy.pub` beside it, and the image of a feed `<feed>.cltp`.
    pub policy: *const u8,
    /// Its bytes.
    pub policy_len: usize,
    /// The name of the state that all processes of this user on this host share; none takes the policy's.
    pub state: *const u8,
    /// Its bytes.
    pub state_len: usize,
    /// The folder in which floors are kept; none keeps them beside the images.
    pub floors: *const u8,
    /// Its bytes.
    pub floors_len: usize,
    /// The peppers.
    pub peppers: *const caltrop_pepper,
    /// How many, at most 4.
    pub pepper_count: usize,
}

/// A guard that takes new files. Any thread may ask and poll it; closing it is one thread's alone.
pub struct caltrop_live(LiveGuard);

/// Bytes that hold what `caltrop_live_open` and `caltrop_live_poll` say, but for very long paths; less cuts it.
pub const CALTROP_LIVE_TEXT_SIZE: usize = 2048;

impl caltrop_status {
    fn of_load(error: &LoadError) -> Self {
        match error {
            LoadError::File(_) => CALTROP_E_HOST_FILE,
            LoadError::Signer { .. } => CALTROP_E_PUBLIC_KEY,
            LoadError::Image { error, .. } => Self::from(*error),
            LoadError::Misuse(error) => Self::from(error),
            LoadError::State(error) => Self::of(error),
            LoadError::Words(error) => Self::of_state(*error),
        }
    }
}

/// Loads a guard from files, and raises their floors. `*out` is NULL after a failure, and `text` says what would do, cut to `text_len` and ended
/// by a NUL; after a success it says what is odd and no error, a line each. 0 wants no text.
///
/// # Safety
/// * Every pointer of `options` points at as many bytes, or items, as its length says; `out` at memory for a pointer, `text` at `text_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_open(
    options: *const caltrop_live_options,
    out: *mut *mut caltrop_live,
    text: *mut u8,
    text_len: usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `place`.
    let out = match unsafe { place(out) } {
        Ok(out) => out.write(ptr::null_mut()),
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `buffer`.
    let text = match unsafe { buffer(text, text_len) } {
        Ok(text) => text,
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    let mut said = String::new();
    let opened = options.and_then(|options| {
        // SAFETY: this function's contract is the one of `read`.
        let options = unsafe { read(options) }?;
        let live = LiveGuard::load(options).map_err(|error| {
            said = error.to_string();
            caltrop_status::of_load(&error)
        })?;
        said = live.current().warnings().iter().map(|warning| format!("{warning}\n")).collect();
        *out = Box::into_raw(Box::new(caltrop_live(live)));
        Ok(())
    });
    terminate(text, &said);
    status(opened)
}

/// The options as the host crate takes them.
///
/// # Safety
/// As `caltrop_live_open` for `options`.
unsafe fn read(options: &caltrop_live_options) -> Result<Options, caltrop_status> {
    if options.size != size_of::<caltrop_live_options>() {
        return Err(CALTROP_E_LENGTH);
    }
    // SAFETY: this function's contract is the one of `bytes`.
    let name = unsafe { bytes(options.name, options.name_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let policy = unsafe { bytes(options.policy, options.policy_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let state = unsafe { bytes(options.state, options.state_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let floors = unsafe { bytes(options.floors, options.floors_len) }?;
    // SAFETY: this function's contract is the one of `secrets`.
    let secrets = unsafe { secrets(options.peppers, options.pepper_count) }?;
    let name = str::from_utf8(name).map_err(|_| CALTROP_E_VALUE)?;
    // What is not UTF-8 is no name either way, and the refusal shows it.
    let state = if state.is_empty() { StateAt::Host } else { StateAt::HostNamed(String::from_utf8_lossy(state).into_owned()) };
    let floors = if floors.is_empty() { Floors::Beside } else { Floors::Folder(OsStr::from_bytes(floors).into()) };
    Ok(Options { state, floors, ..Options::new(name, OsStr::from_bytes(policy), secrets) })
}

/// Lets go of a live guard, and of its state, which stays for other processes and the next start. NULL is ignored.
///
/// # Safety
/// * `live` is NULL or was made by `caltrop_live_open` and not closed before, and no thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_close(live: *mut caltrop_live) {
    if !live.is_null() && live.is_aligned() {
        // SAFETY: `from_raw` asks for a pointer that `Box::into_raw` gave and that is given back once: `caltrop_live_open` made it (the contract).
        drop(unsafe { Box::from_raw(live) });
    }
}

/// Looks at the files if the last look is a fifth of a second old, and takes what is new and good: call it before each request, or a few times a
/// second. `text` is what is new since the last poll, a line each, cut to `text_len` and ended by a NUL; empty if nothing is. The status is
/// `CALTROP_OK`, or, once for each file, why it was refused: what decided before still does.
///
/// # Safety
/// * `live` was made by `caltrop_live_open`; `now` points at a `caltrop_now`, `text` at `text_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_poll(
    live: *const caltrop_live,
    now: *const caltrop_now,
    text: *mut u8,
    text_len: usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `buffer`.
    let text = match unsafe { buffer(text, text_len) } {
        Ok(text) => text,
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `shared`.
    let live = unsafe { shared(live) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    let news = live.and_then(|live| Ok(live.0.poll(now?.get())));
    let lines = news.iter().flatten().map(|news| format!("{news}\n")).collect::<String>();
    terminate(text, &lines);
    news.map_or_else(
        |status| status,
        |news| {
            let refused = news.iter().find_map(|news| match news {
                News::Refused(error) => Some(caltrop_status::of_load(error)),
                News::Taken { .. } | News::FloorNotKept(_) | News::Stale(_) | News::Warning(_) => None,
            });
            refused.unwrap_or(CALTROP_OK)
        },
    )
}

/// The guard that decides now, held as long as a call takes.
///
/// # Safety
/// As `caltrop_live_admit` for `live`.
unsafe fn current(live: *const caltrop_live) -> Result<Arc<HostGuard>, caltrop_status> {
    // SAFETY: this function's contract is the one of `shared`.
    Ok(unsafe { shared(live) }?.0.current())
}

/// Decides about one request, as `caltrop_guard_admit` does.
///
/// # Safety
/// * `live` was made by `caltrop_live_open`; the rest as for `caltrop_guard_admit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_admit(
    live: *const caltrop_live,
    request: *const caltrop_request,
    now: *const caltrop_now,
    out: *mut caltrop_decision,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `admit`.
    unsafe { admit(guard_of(&held), request, now, out) }
}

/// The quota that would have refused, as `caltrop_guard_reported` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_reported`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_reported(
    live: *const caltrop_live,
    decision: *const caltrop_decision,
    index: usize,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `said`.
    unsafe { said(guard_of(&held), decision, buffer, buffer_len, written, reported(index)) }
}

/// Ends a granted request, as `caltrop_guard_settle` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_settle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_settle(
    live: *const caltrop_live,
    decision: *mut caltrop_decision,
    outcome: u8,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `settle`.
    unsafe { settle(guard_of(&held), decision, outcome, now) }
}

/// Begins the time of the places anew that a granted request holds, as `caltrop_guard_renew` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_renew`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_renew(
    live: *const caltrop_live,
    decision: *mut caltrop_decision,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `renew`.
    unsafe { renew(guard_of(&held), decision, now) }
}

/// Charges what a granted request will cost, as `caltrop_guard_charge` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_charge`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_charge(
    live: *const caltrop_live,
    decision: *mut caltrop_decision,
    quota: *const u8,
    quota_len: usize,
    cost: u32,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `charge`.
    unsafe { charge(guard_of(&held), decision, quota, quota_len, cost, now) }
}

/// Sets right what was charged, as `caltrop_guard_settle_cost` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_settle_cost`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_settle_cost(
    live: *const caltrop_live,
    decision: *const caltrop_decision,
    quota: *const u8,
    quota_len: usize,
    charged: u32,
    cost: u32,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `settle_cost`.
    unsafe { settle_cost(guard_of(&held), decision, quota, quota_len, [charged, cost], now) }
}

/// Writes an answer, as `caltrop_guard_answer` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_answer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_answer(
    live: *const caltrop_live,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `answer`.
    unsafe { answer(guard_of(&held), decision, buffer, buffer_len, written) }
}

/// Whether a header field goes on to the application, as `caltrop_guard_passes_on` says.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_passes_on`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_passes_on(live: *const caltrop_live, field: *const caltrop_header) -> u8 {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `passes_on`.
    unsafe { passes_on(guard_of(&held), field) }
}

/// Writes what the application learns of the caller, as `caltrop_guard_upstream` does.
///
/// # Safety
/// * As `caltrop_live_admit`; the rest as for `caltrop_guard_upstream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_live_upstream(
    live: *const caltrop_live,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `current`.
    let held = unsafe { current(live) };
    // SAFETY: this function's contract is the one of `upstream`.
    unsafe { upstream(guard_of(&held), decision, buffer, buffer_len, written) }
}

fn guard_of(held: &Result<Arc<HostGuard>, caltrop_status>) -> Result<&caltrop::Guard<'_>, caltrop_status> {
    held.as_ref().map(|held| held.guard()).map_err(|status| *status)
}
