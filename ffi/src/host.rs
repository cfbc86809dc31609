//! What a Linux server needs besides the guard: the two clocks, and one state for all its processes.
//!
//! Promises: a state that is not whole, not this user's or not of this boot is refused by name, and the text says what would do.
//! Costs: opening and closing allocate (once, at start); `caltrop_host_now` is two reads of clocks that need no system call.
//! Not here: files of images, keys and floors: `caltrop_live_open` reads those, or a C server does its own way, for `caltrop_guard_init`.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::time::Quality;
use caltrop_host::clock;
use caltrop_host::shared::{SharedError, SharedWords};

use crate::border::{buffer, bytes, place, shared};
use crate::options::{caltrop_guard_options, geometry, policy_name};
use crate::request::caltrop_now;
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_HOST_ENTROPY, CALTROP_E_HOST_FOREIGN, CALTROP_E_HOST_NAME, CALTROP_E_HOST_ROOM, CALTROP_E_HOST_SYSTEM};

/// A state that all processes of this user on this host share. Zeroed: none.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_host_state {
    /// For `state` of `caltrop_guard_options`.
    pub state: *mut u64,
    /// Its bytes, for `state_len`.
    pub state_len: usize,
    /// For `caltrop_host_state_close`.
    pub handle: *mut caltrop_host_handle,
}

/// What keeps a shared state mapped.
#[expect(dead_code, reason = "held for the mapping, which ends when it is dropped")]
pub struct caltrop_host_handle(SharedWords);

/// Bytes that hold the text of a failed `caltrop_host_state_open`; less cuts it.
pub const CALTROP_HOST_TEXT_SIZE: usize = 512;

impl caltrop_status {
    pub(crate) const fn of(error: &SharedError) -> Self {
        match error {
            SharedError::Name { .. } => CALTROP_E_HOST_NAME,
            SharedError::System { .. } => CALTROP_E_HOST_SYSTEM,
            SharedError::Room { .. } => CALTROP_E_HOST_ROOM,
            SharedError::Foreign { .. } => CALTROP_E_HOST_FOREIGN,
            SharedError::State { error, .. } => Self::of_state(*error),
            SharedError::Entropy => CALTROP_E_HOST_ENTROPY,
        }
    }
}

/// This moment by the two clocks of this host, which is trusted to keep them set. Servers only, as everything called `caltrop_host_`.
///
/// # Safety
/// * `out` points at memory for a `caltrop_now`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_host_now(out: *mut caltrop_now) -> caltrop_status {
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(out.map(|out| {
        let now = clock::now();
        out.write(caltrop_now { wall_s: now.wall_s, mono_ns: now.mono_ns, trusted: u8::from(now.quality == Quality::Trusted) });
    }))
}

/// Attaches to the state of this name, and makes it first if there is none, of the size that the policy asks for; one that is there keeps its
/// size. `name_len` 0 takes the policy's name. `options` needs `size`, `name`, `signers`, `policy` and `policy_floor` only.
/// The state is the file `/dev/shm/caltrop.<uid>.<name>.2`, which stays after the last process, so that a restart keeps every balance.
///
/// Where the state itself is refused (`CALTROP_E_HOST_*`, `CALTROP_E_LAYOUT`, `CALTROP_E_MEMORY`, `CALTROP_E_VALUE`), `text` says what would do,
/// cut to `text_len` and ended by a NUL; it is empty after any other failure and untouched on success. 0 wants none.
///
/// # Safety
/// * As `caltrop_state_size`; `name` points at `name_len` bytes, `out` at memory for a `caltrop_host_state`, `text` at `text_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_host_state_open(
    options: *const caltrop_guard_options,
    name: *const u8,
    name_len: usize,
    out: *mut caltrop_host_state,
    text: *mut u8,
    text_len: usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `buffer`.
    let text = match unsafe { buffer(text, text_len) } {
        Ok(text) => text,
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    // SAFETY: this function's contract is the one of `bytes`.
    let name = unsafe { bytes(name, name_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    let mut said = String::new();
    let opened = options.and_then(|options| {
        let (name, out) = (name?, out?);
        // SAFETY: this function's contract is the one of `geometry`.
        let geometry = unsafe { geometry(options) }?;
        // SAFETY: this function's contract is the one of `policy_name`.
        let own = unsafe { policy_name(options) }?;
        // What is not UTF-8 is no name either way, and the refusal shows it.
        let name = if name.is_empty() { own.into() } else { String::from_utf8_lossy(name) };
        let words = SharedWords::open(&name, geometry).map_err(|error| {
            said = error.to_string();
            caltrop_status::of(&error)
        })?;
        out.write(caltrop_host_state::of(words));
        Ok(())
    });
    if opened.is_err() {
        terminate(text, &said);
    }
    status(opened)
}

/// Lets go of a shared state, which stays for other processes and the next start, and zeroes `state`. Guards that use it must not be used again.
/// NULL and a zeroed state are ignored.
///
/// # Safety
/// * `state` is NULL, or points at a `caltrop_host_state` that is zeroed or that `caltrop_host_state_open` wrote and nobody closed,
///   not by way of a copy either.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_host_state_close(state: *mut caltrop_host_state) {
    if state.is_null() || !state.is_aligned() {
        return;
    }
    // SAFETY: `replace` asks for a valid, aligned, initialised value that may be written: the caller's own (the contract).
    let closed = unsafe { ptr::replace(state, caltrop_host_state::NONE) };
    if !closed.handle.is_null() {
        // SAFETY: `from_raw` asks for a pointer that `Box::into_raw` gave and that is given back once: `of` below made it (the contract).
        drop(unsafe { Box::from_raw(closed.handle) });
    }
}

impl caltrop_host_state {
    const NONE: Self = Self { state: ptr::null_mut(), state_len: 0, handle: ptr::null_mut() };

    fn of(shared: SharedWords) -> Self {
        let words = shared.words();
        // The words are atomics, so a pointer from a shared borrow may be written through; they do not move with their owner.
        let (state, state_len) = (words.as_ptr().cast::<u64>().cast_mut(), size_of_val(words));
        Self { state, state_len, handle: Box::into_raw(Box::new(caltrop_host_handle(shared))) }
    }
}

/// As much of a text as fits in front of a NUL, cut between characters.
pub(crate) fn terminate(buffer: &mut [MaybeUninit<u8>], text: &str) {
    let Some(room) = buffer.len().checked_sub(1) else { return };
    let text = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
    buffer.iter_mut().zip(text.bytes().chain([0])).for_each(|(slot, byte)| {
        slot.write(byte);
    });
}
