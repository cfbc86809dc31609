//! Rate limits in memory that the caller lends.

use caltrop::Now;
use caltrop::rate::{Charge, Left, Limiter, Quota, QuotaError, Refused, Taken};
use caltrop::table::{TableError, TableSize};

use crate::border::{buffer, bytes, place, shared, words};
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_LAYOUT, CALTROP_E_LENGTH, CALTROP_E_MEMORY, CALTROP_E_QUOTA, CALTROP_E_VALUE};

/// A limiter over memory that `caltrop_rate_init` formatted. It may be copied; any thread or process that shares the memory may use one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_rate_limiter {
    words: *const u64,
    count: usize,
}

/// "count in period, burst at once", ready to be charged.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_quota {
    /// First 8 bytes of SHA-256 of its name, little-endian.
    pub name64: u64,
    /// What one unit takes to drain, in 2^-32 s.
    pub unit: u64,
    /// Units that may come at once.
    pub burst: u32,
}

/// What a call to `caltrop_rate_take` found. Zeroed memory is a refusal, and so is what an error leaves.
///
/// For `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`: the quota's `burst`, `remaining` and `reset_s`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct caltrop_rate_answer {
    /// 1 if the cost was taken, 0 if nothing was.
    pub allowed: u8,
    /// Whole units that are left at once.
    pub remaining: u32,
    /// Whole seconds until the same call would pass; 0 if it passed.
    pub retry_after_s: u32,
    /// Seconds until all units are back, rounded; after a refusal, as `retry_after_s`.
    pub reset_s: u32,
}

impl caltrop_rate_answer {
    fn of(quota: &Quota, answer: &Result<Taken, Refused>) -> Self {
        let Left { remaining, reset_s } = Left::of(quota, answer);
        let retry_after_s = answer.as_ref().map_or_else(Refused::retry_after_s, |_| 0);
        Self { allowed: answer.is_ok().into(), remaining, retry_after_s, reset_s }
    }
}

impl From<TableError> for caltrop_status {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Size => CALTROP_E_VALUE,
            TableError::Words { .. } => CALTROP_E_MEMORY,
            TableError::Layout => CALTROP_E_LAYOUT,
        }
    }
}

impl caltrop_quota {
    fn get(&self) -> Result<Quota, caltrop_status> {
        Quota::from_unit(self.name64, self.unit, self.burst).map_err(|_| CALTROP_E_QUOTA)
    }
}

/// Bytes of memory for a limiter with this many lines of 8 words and 2^overflow_log2 overflow words; 0 if they are out of bounds
/// (at least 2 lines, 3 to 16).
#[unsafe(no_mangle)]
pub extern "C" fn caltrop_rate_size(lines: u32, overflow_log2: u8) -> usize {
    TableSize { lines, overflow_log2 }.words().and_then(|words| words.checked_mul(size_of::<u64>())).unwrap_or(0)
}

/// Formats memory of exactly `caltrop_rate_size` bytes. The entropy is unpredictable, and new each time.
///
/// # Safety
/// * `memory` points at `memory_len` bytes, aligned to 8 (64 is faster), which live as long as the limiter is used and which only
///   caltrop's functions touch meanwhile; `entropy` points at 16 bytes, `out` at memory for a `caltrop_rate_limiter`.
///
/// cbindgen:ptrs-as-arrays=[[entropy; 16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_rate_init(
    memory: *mut u64,
    memory_len: usize,
    lines: u32,
    overflow_log2: u8,
    entropy: *const u8,
    out: *mut caltrop_rate_limiter,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `words`.
    let table = unsafe { words(memory, memory_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let entropy = unsafe { shared(entropy.cast::<[u8; 16]>()) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(table.and_then(|table| {
        let (entropy, out) = (entropy?, out?);
        Limiter::format(table, TableSize { lines, overflow_log2 }, *entropy)?;
        out.write(caltrop_rate_limiter { words: memory, count: table.len() });
        Ok(())
    }))
}

/// Finds the limiter in memory that another process formatted.
///
/// # Safety
/// * As `caltrop_rate_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_rate_attach(memory: *mut u64, memory_len: usize, out: *mut caltrop_rate_limiter) -> caltrop_status {
    // SAFETY: this function's contract is the one of `words`.
    let table = unsafe { words(memory, memory_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(table.and_then(|table| {
        let out = out?;
        Limiter::attach(table)?;
        out.write(caltrop_rate_limiter { words: memory, count: table.len() });
        Ok(())
    }))
}

/// Makes a quota of "count in period_s seconds, burst at once". Any of them 0, or a burst that takes over 48 days to drain, is refused.
///
/// # Safety
/// * `name` points at `name_len` bytes, `out` at memory for a `caltrop_quota`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_quota_init(
    name: *const u8,
    name_len: usize,
    count: u32,
    period_s: u32,
    burst: u32,
    out: *mut caltrop_quota,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let name = unsafe { bytes(name, name_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(name.and_then(|name| {
        let out = out?;
        let name = core::str::from_utf8(name).map_err(|_| CALTROP_E_VALUE)?;
        let unit = u64::from(period_s).checked_shl(32).unwrap_or(0);
        let refuse = |_: QuotaError| CALTROP_E_QUOTA;
        let quota = Quota::per(name, count, period_s, burst).map_err(refuse)?;
        out.write(caltrop_quota { name64: quota.name64(), unit: unit.div_ceil(u64::from(count.max(1))), burst });
        Ok(())
    }))
}

/// What the three calls on a client's bucket share.
///
/// # Safety
/// * The limiter was made by `caltrop_rate_init` or `caltrop_rate_attach`, and its memory lives; the other pointers point at what they are named for.
unsafe fn with_charge<R>(
    limiter: *const caltrop_rate_limiter,
    quota: *const caltrop_quota,
    client: *const u8,
    client_len: usize,
    cost: u32,
    run: impl FnOnce(&Limiter<'_>, &Charge) -> R,
) -> Result<R, caltrop_status> {
    // SAFETY: this function's contract is the one of `shared`.
    let limiter = unsafe { shared(limiter) }?;
    // SAFETY: this function's contract is the one of `shared`.
    let quota = unsafe { shared(quota) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let client = unsafe { bytes(client, client_len) }?;
    let len = limiter.count.checked_mul(size_of::<u64>()).ok_or(CALTROP_E_LENGTH)?;
    // SAFETY: `caltrop_rate_init` was given this memory under the contract of `words`, and it lives as long as the limiter is used.
    let table = unsafe { words(limiter.words.cast_mut(), len) }?;
    let limiter = Limiter::attach(table)?;
    let charge = Charge { partition: limiter.client(client), quota: quota.get()?, cost };
    Ok(run(&limiter, &charge))
}

pub(crate) const fn at(mono_ns: u64) -> Now {
    Now { wall_s: 0, mono_ns, quality: caltrop::time::Quality::Untrusted }
}

/// Takes a cost from a client's bucket, or nothing. `mono_ns` is a clock that never goes back.
///
/// # Safety
/// * The limiter was made by `caltrop_rate_init` or `caltrop_rate_attach`, and its memory lives; the other pointers point at what they are named for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_rate_take(
    limiter: *const caltrop_rate_limiter,
    quota: *const caltrop_quota,
    client: *const u8,
    client_len: usize,
    cost: u32,
    mono_ns: u64,
    out: *mut caltrop_rate_answer,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `place`.
    let out = match unsafe { place(out) } {
        Ok(out) => out.write(caltrop_rate_answer::default()),
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `with_charge`.
    let answer = unsafe {
        with_charge(limiter, quota, client, client_len, cost, |limiter, charge| {
            caltrop_rate_answer::of(&charge.quota, &limiter.take(charge, at(mono_ns)))
        })
    };
    status(answer.map(|answer| *out = answer))
}

/// How many clients are hashed before their charges are taken: what a call holds on its stack.
const AT_ONCE: usize = 64;

/// Takes a cost from each of many clients' buckets, as `caltrop_rate_take` would one after the other, but the misses of a large table overlap.
/// The clients' names are of one length, above 0, and lie side by side; a name may come several times. `out` has a place for each.
///
/// # Safety
/// * As `caltrop_rate_take`; `clients` points at `count` times `client_len` bytes, `out` at memory for `count` answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_rate_take_many(
    limiter: *const caltrop_rate_limiter,
    quota: *const caltrop_quota,
    clients: *const u8,
    client_len: usize,
    count: usize,
    cost: u32,
    mono_ns: u64,
    out: *mut caltrop_rate_answer,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `buffer`.
    let out = match unsafe { buffer(out, count) } {
        Ok(out) => out,
        Err(status) => return status,
    };
    // An error leaves refusals.
    for answer in out.iter_mut() {
        answer.write(caltrop_rate_answer::default());
    }
    let Some(len) = client_len.checked_mul(count).filter(|_| client_len > 0) else { return CALTROP_E_LENGTH };
    // SAFETY: this function's contract is the one of `bytes`.
    let clients = match unsafe { bytes(clients, len) } {
        Ok(clients) => clients,
        Err(status) => return status,
    };
    let run = |limiter: &Limiter<'_>, charge: &Charge| {
        let mut charges = [*charge; AT_ONCE];
        let mut answers = [Err(Refused::Contended); AT_ONCE];
        let names = clients.chunks(client_len.saturating_mul(AT_ONCE));
        for (names, out) in names.zip(out.chunks_mut(AT_ONCE)) {
            let names = names.chunks_exact(client_len);
            charges.iter_mut().zip(names).for_each(|(charge, name)| charge.partition = limiter.client(name));
            let (Some(charges), Some(answers)) = (charges.get(..out.len()), answers.get_mut(..out.len())) else { return };
            if limiter.take_many(charges, at(mono_ns), answers).is_ok() {
                for (out, answer) in out.iter_mut().zip(answers) {
                    out.write(caltrop_rate_answer::of(&charge.quota, answer));
                }
            }
        }
    };
    // SAFETY: this function's contract is the one of `with_charge`; no name is asked for.
    status(unsafe { with_charge(limiter, quota, core::ptr::null(), 0, cost, run) })
}

/// Gives back a cost, as far as the client still owes it.
///
/// # Safety
/// * As `caltrop_rate_take`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_rate_refund(
    limiter: *const caltrop_rate_limiter,
    quota: *const caltrop_quota,
    client: *const u8,
    client_len: usize,
    cost: u32,
    mono_ns: u64,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `with_charge`.
    status(unsafe { with_charge(limiter, quota, client, client_len, cost, |limiter, charge| limiter.refund(charge, at(mono_ns))) })
}
