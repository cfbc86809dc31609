//! What is said: to the caller, and to the application behind.

use core::fmt::{self, Display, Write};
use core::mem::MaybeUninit;
use core::str;

use caltrop::Guard;
use caltrop::guard::{Body, DecisionId, Field, Upstream};
use caltrop::request::Header;

use crate::border::{buffer, bytes, place, shared};
use crate::decision::{caltrop_decision, name};
use crate::guard::{caltrop_guard, guard};
use crate::request::caltrop_header;
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_MEMORY, CALTROP_E_VALUE};

/// Bytes that every answer, and every text of `caltrop_guard_upstream` for a key of up to 100 scopes, fits.
pub const CALTROP_ANSWER_SIZE: usize = 8192;

/// Writes an answer as HTTP/1.1 has it: header fields, each ended by CR LF, an empty line, and the body. A server with its own field functions
/// splits it at the lines. A denial's is whole; that of a grant has no body, and its fields go beside the application's own, in the place of
/// those of the same name, but `vary`, which is added. `*written` is the length; `CALTROP_E_MEMORY` if it does not fit (`CALTROP_ANSWER_SIZE`
/// bytes always do).
///
/// # Safety
/// * `guard` and `decision` as for `caltrop_guard_admit`; `buffer` points at `buffer_len` bytes, `written` at memory for a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_answer(
    guard: *const caltrop_guard,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `answer`.
    unsafe { answer(guard, decision, buffer, buffer_len, written) }
}

/// `caltrop_guard_answer` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_answer`, but for the guard.
pub(crate) unsafe fn answer(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    let write = |guard: &Guard<'_>, decision: &caltrop_decision, buffer: &mut [MaybeUninit<u8>]| {
        let answer = decision.answer(guard.policy());
        let body = answer.reason.map(|told| Body::new(told.status(), DecisionId(u128::from_be_bytes(decision.id))));
        write_into(buffer, &Lines { fields: guard.policy().fields(&answer), rest: ["\r\n", body.as_ref().map_or("", Body::as_str)] })
    };
    // SAFETY: this function's contract is the one of `said`.
    unsafe { said(guard, decision, buffer, buffer_len, written, write) }
}

/// Whether a header field of the caller's goes on to the application: 1 or 0. None does that could be taken for one of
/// `caltrop_guard_upstream`, and no credential if the policy says `strip`. What is no field does not go on.
///
/// # Safety
/// * `guard` as for `caltrop_guard_admit`; `field` points at a header whose pointers point at as many bytes as it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_passes_on(guard: *const caltrop_guard, field: *const caltrop_header) -> u8 {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `passes_on`.
    unsafe { passes_on(guard, field) }
}

/// `caltrop_guard_passes_on` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_passes_on`, but for the guard.
pub(crate) unsafe fn passes_on(guard: Result<&Guard<'_>, caltrop_status>, field: *const caltrop_header) -> u8 {
    // SAFETY: this function's contract is the one of `shared`.
    let field = unsafe { shared(field) };
    let (Ok(guard), Ok(field)) = (guard, field) else { return 0 };
    // SAFETY: this function's contract is the one of `bytes`.
    let name = unsafe { bytes(field.name, field.name_len) };
    // SAFETY: this function's contract is the one of `bytes`.
    let value = unsafe { bytes(field.value, field.value_len) };
    match (name, value) {
        (Ok(name), Ok(value)) => u8::from(guard.policy().passes_on(Header { name, value })),
        _ => 0,
    }
}

/// Writes what the application behind learns of a granted request's caller: header fields to add to it, each ended by CR LF, once every field
/// that `caltrop_guard_passes_on` refuses is taken out. `CALTROP_E_VALUE` for a denial, `CALTROP_E_MEMORY` if it does not fit.
///
/// # Safety
/// * As `caltrop_guard_answer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_upstream(
    guard: *const caltrop_guard,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `upstream`.
    unsafe { upstream(guard, decision, buffer, buffer_len, written) }
}

/// `caltrop_guard_upstream` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_upstream`, but for the guard.
pub(crate) unsafe fn upstream(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
) -> caltrop_status {
    let write = |guard: &Guard<'_>, decision: &caltrop_decision, buffer: &mut [MaybeUninit<u8>]| {
        if !decision.is_allowed() {
            return Err(CALTROP_E_VALUE);
        }
        let at = decision.key.checked_sub(1);
        // Without the key, since another keyring has come, no scopes are told.
        let key = guard.keyring().zip(at).and_then(|(keyring, at)| keyring.entry(at, decision.key_id));
        let upstream = Upstream {
            id: DecisionId(u128::from_be_bytes(decision.id)),
            principal: name(&decision.principal),
            tenant: name(&decision.tenant),
            plan: name(&decision.plan),
            key,
        };
        write_into(buffer, &Lines { fields: upstream.fields(), rest: ["", ""] })
    };
    // SAFETY: this function's contract is the one of `said`.
    unsafe { said(guard, decision, buffer, buffer_len, written, write) }
}

/// Writes what is said of a decision, and tells how long it is.
///
/// # Safety
/// As `caltrop_guard_answer`, but for the guard.
pub(crate) unsafe fn said(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *const caltrop_decision,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    write: impl FnOnce(&Guard<'_>, &caltrop_decision, &mut [MaybeUninit<u8>]) -> Result<usize, caltrop_status>,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let decision = unsafe { shared(decision) };
    // SAFETY: this function's contract is the one of `buffer`.
    let buffer = unsafe { self::buffer(buffer, buffer_len) };
    // SAFETY: this function's contract is the one of `place`.
    let written = unsafe { place(written) };
    status(guard.and_then(|guard| {
        let (decision, buffer, written) = (decision?, buffer?, written?);
        written.write(write(guard, decision, buffer)?);
        Ok(())
    }))
}

/// Fields as lines, and what stands behind them.
struct Lines<'t, F> {
    fields: F,
    rest: [&'t str; 2],
}

impl<'g, F: Iterator<Item = Field<'g>> + Clone> Display for Lines<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields.clone().try_for_each(|field| write!(f, "{field}\r\n"))?;
        self.rest.iter().try_for_each(|text| f.write_str(text))
    }
}

/// Writes all of a text, or, where it does not fit, nothing.
pub(crate) fn write_into(buffer: &mut [MaybeUninit<u8>], text: &impl Display) -> Result<usize, caltrop_status> {
    let mut length = Length(0);
    write!(length, "{text}").map_err(|_| CALTROP_E_MEMORY)?;
    let room = buffer.get_mut(..length.0).ok_or(CALTROP_E_MEMORY)?;
    write!(Slots(room.iter_mut()), "{text}").map_err(|_| CALTROP_E_MEMORY)?;
    Ok(length.0)
}

struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_add(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

struct Slots<'b>(core::slice::IterMut<'b, MaybeUninit<u8>>);

impl Write for Slots<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().try_for_each(|byte| {
            self.0.next().ok_or(fmt::Error)?.write(byte);
            Ok(())
        })
    }
}
