//! How many at once: leases in memory that the caller lends.

use core::num::NonZero;

use caltrop::rate::{Lapsed, Lease, LeaseQuota, LeaseRefused, Leases};

use crate::border::{bytes, place, shared, unique, words};
use crate::rate::at;
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_BUSY, CALTROP_E_CONTENDED, CALTROP_E_FULL, CALTROP_E_LAPSED, CALTROP_E_LENGTH, CALTROP_E_QUOTA, CALTROP_E_VALUE,
};

/// Leases over memory that `caltrop_leases_init` formatted. It may be copied; any thread or process that shares the memory may use one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_leases {
    words: *const u64,
    count: usize,
}

/// "At most so many at once", for each client.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_lease_quota {
    /// First 8 bytes of SHA-256 of its name, little-endian.
    pub name64: u64,
    /// The most that a client may hold at once, 1 to 255.
    pub most: u8,
}

/// One of a client's places. It may be moved, and kept in a file or a queue, if no caller can write it there. To release it once is the affair of
/// who holds it: a released struct is cleared and has lapsed, but a copy of it is not, and its release would take away another lease of the client.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_lease {
    /// Opaque; all 0 is no lease.
    pub bytes: [u8; 18],
}

const NONE: caltrop_lease = caltrop_lease { bytes: [0; 18] };

impl From<LeaseRefused> for caltrop_status {
    fn from(why: LeaseRefused) -> Self {
        match why {
            LeaseRefused::Busy => CALTROP_E_BUSY,
            LeaseRefused::Full => CALTROP_E_FULL,
            LeaseRefused::Contended => CALTROP_E_CONTENDED,
        }
    }
}

impl From<Lapsed> for caltrop_status {
    fn from(_: Lapsed) -> Self {
        CALTROP_E_LAPSED
    }
}

impl caltrop_lease_quota {
    fn get(&self) -> Result<LeaseQuota, caltrop_status> {
        NonZero::new(self.most).map(|most| LeaseQuota::from_name64(self.name64, most)).ok_or(CALTROP_E_QUOTA)
    }
}

/// Bytes of memory for leases in this many lines of 8 clients, at least 2; 0 if they are fewer.
#[unsafe(no_mangle)]
pub extern "C" fn caltrop_leases_size(lines: u32) -> usize {
    Leases::words(lines).and_then(|words| words.checked_mul(size_of::<u64>())).unwrap_or(0)
}

/// Formats memory of exactly `caltrop_leases_size` bytes. A lease that nobody releases comes back after `longest_s` seconds, 1 or more, or up to
/// half as long again. The entropy is unpredictable, and new each time.
///
/// # Safety
/// * `memory` points at `memory_len` bytes, aligned to 8 (64 is faster), which live as long as the leases are used and which only
///   caltrop's functions touch meanwhile; `entropy` points at 16 bytes, `out` at memory for a `caltrop_leases`.
///
/// cbindgen:ptrs-as-arrays=[[entropy; 16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_leases_init(
    memory: *mut u64,
    memory_len: usize,
    lines: u32,
    longest_s: u32,
    entropy: *const u8,
    out: *mut caltrop_leases,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `words`.
    let table = unsafe { words(memory, memory_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let entropy = unsafe { shared(entropy.cast::<[u8; 16]>()) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(table.and_then(|table| {
        let (entropy, out) = (entropy?, out?);
        Leases::format(table, lines, NonZero::new(longest_s).ok_or(CALTROP_E_VALUE)?, *entropy)?;
        out.write(caltrop_leases { words: memory, count: table.len() });
        Ok(())
    }))
}

/// Finds the leases in memory that another process formatted.
///
/// # Safety
/// * As `caltrop_leases_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_leases_attach(memory: *mut u64, memory_len: usize, out: *mut caltrop_leases) -> caltrop_status {
    // SAFETY: this function's contract is the one of `words`.
    let table = unsafe { words(memory, memory_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(table.and_then(|table| {
        let out = out?;
        Leases::attach(table)?;
        out.write(caltrop_leases { words: memory, count: table.len() });
        Ok(())
    }))
}

/// Makes a quota of at most `most` leases at once, 1 to 255.
///
/// # Safety
/// * `name` points at `name_len` bytes, `out` at memory for a `caltrop_lease_quota`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_lease_quota_init(
    name: *const u8,
    name_len: usize,
    most: u8,
    out: *mut caltrop_lease_quota,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let name = unsafe { bytes(name, name_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(name.and_then(|name| {
        let out = out?;
        let name = core::str::from_utf8(name).map_err(|_| CALTROP_E_VALUE)?;
        let quota = LeaseQuota::new(name, NonZero::new(most).ok_or(CALTROP_E_QUOTA)?);
        out.write(caltrop_lease_quota { name64: quota.name64(), most });
        Ok(())
    }))
}

/// The leases themselves, as the calls on them are given them.
///
/// # Safety
/// * They were made by `caltrop_leases_init` or `caltrop_leases_attach`, and their memory lives while `'a` lasts.
unsafe fn attached<'a>(leases: *const caltrop_leases) -> Result<Leases<'a>, caltrop_status> {
    // SAFETY: this function's contract is the one of `shared`.
    let leases = unsafe { shared(leases) }?;
    let len = leases.count.checked_mul(size_of::<u64>()).ok_or(CALTROP_E_LENGTH)?;
    // SAFETY: `caltrop_leases_init` was given this memory under the contract of `words`, and it lives as long as the leases are used.
    let table = unsafe { words(leases.words.cast_mut(), len) }?;
    Ok(Leases::attach(table)?)
}

/// CALTROP_OK and one more lease for this client; or a refusal that changes nothing: it holds as many as it may (CALTROP_E_BUSY), its two lines
/// are full of other clients (CALTROP_E_FULL), or 64 races were lost (CALTROP_E_CONTENDED). `mono_ns` is a clock that never goes back.
///
/// # Safety
/// * The leases were made by `caltrop_leases_init` or `caltrop_leases_attach`, and their memory lives; the other pointers point at what they are
///   named for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_lease_acquire(
    leases: *const caltrop_leases,
    quota: *const caltrop_lease_quota,
    client: *const u8,
    client_len: usize,
    mono_ns: u64,
    out: *mut caltrop_lease,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `attached`.
    let leases = unsafe { attached(leases) };
    // SAFETY: this function's contract is the one of `shared`.
    let quota = unsafe { shared(quota) };
    // SAFETY: this function's contract is the one of `bytes`.
    let client = unsafe { bytes(client, client_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(leases.and_then(|leases| {
        let (quota, client, out) = (quota?, client?, out?);
        let lease = leases.acquire(leases.client(client), quota.get()?, at(mono_ns))?;
        out.write(caltrop_lease { bytes: lease.into_bytes() });
        Ok(())
    }))
}

/// Gives a lease back, and clears the struct. CALTROP_E_LAPSED if its time was over: for a while one more may have been at work than was counted.
///
/// # Safety
/// * As `caltrop_lease_acquire`; nobody else uses the lease meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_lease_release(leases: *const caltrop_leases, lease: *mut caltrop_lease, mono_ns: u64) -> caltrop_status {
    // SAFETY: this function's contract is the one of `change`.
    unsafe { change(leases, lease, |leases, lease| leases.release(lease, at(mono_ns)).map(|()| NONE)) }
}

/// Begins a lease's time anew. CALTROP_E_LAPSED, which clears the struct: whoever still works should stop.
///
/// # Safety
/// * As `caltrop_lease_release`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_lease_renew(leases: *const caltrop_leases, lease: *mut caltrop_lease, mono_ns: u64) -> caltrop_status {
    let renew = |leases: &Leases<'_>, lease| leases.renew(lease, at(mono_ns)).map(|lease| caltrop_lease { bytes: lease.into_bytes() });
    // SAFETY: this function's contract is the one of `change`.
    unsafe { change(leases, lease, renew) }
}

/// Puts what becomes of a lease in its place, and nothing if it had lapsed.
///
/// # Safety
/// * As `caltrop_lease_release`.
unsafe fn change(
    leases: *const caltrop_leases,
    lease: *mut caltrop_lease,
    then: impl FnOnce(&Leases<'_>, Lease) -> Result<caltrop_lease, Lapsed>,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `attached`.
    let leases = unsafe { attached(leases) };
    // SAFETY: this function's contract is the one of `unique`.
    let lease = unsafe { unique(lease) };
    status(leases.and_then(|leases| {
        let lease = lease?;
        // Taken out first, so that no way out leaves it to be released again.
        let bytes = core::mem::replace(&mut lease.bytes, NONE.bytes);
        if bytes == NONE.bytes {
            return Err(CALTROP_E_LAPSED);
        }
        *lease = then(&leases, Lease::from_bytes(bytes))?;
        Ok(())
    }))
}

/// How many a client holds.
///
/// # Safety
/// * As `caltrop_lease_acquire`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_leases_held(
    leases: *const caltrop_leases,
    quota: *const caltrop_lease_quota,
    client: *const u8,
    client_len: usize,
    mono_ns: u64,
    out: *mut u32,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `attached`.
    let leases = unsafe { attached(leases) };
    // SAFETY: this function's contract is the one of `shared`.
    let quota = unsafe { shared(quota) };
    // SAFETY: this function's contract is the one of `bytes`.
    let client = unsafe { bytes(client, client_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(leases.and_then(|leases| {
        let (quota, client, out) = (quota?, client?, out?);
        out.write(leases.held(leases.client(client), quota.get()?, at(mono_ns)));
        Ok(())
    }))
}
