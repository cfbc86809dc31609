//! The guard: opened once, asked for each request.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::guard::{Feeds, Geometry, Misuse, StateError};
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::verify::PublicKey;
use caltrop::{Guard, Policy, Secrets, State, audit::Reason};

use crate::border::{array, bytes, place, shared, words};
use crate::decision::caltrop_decision;
use crate::request::{caltrop_now, caltrop_request, with_request};
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_KEYRING_MISSING, CALTROP_E_LAYOUT, CALTROP_E_LENGTH, CALTROP_E_MEMORY, CALTROP_E_PEPPER_MISSING, CALTROP_E_PEPPERS,
    CALTROP_E_PUBLIC_KEY, CALTROP_E_VALUE,
};

/// A pepper under which keys are stored, and the id by which keyrings call it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_pepper {
    /// The id.
    pub id: u8,
    /// The secret; it is not needed after the call.
    pub secret: *const u8,
    /// Its bytes.
    pub secret_len: usize,
}

/// The newest image that the host has accepted. Zeroed: none.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_floor {
    /// Its sequence.
    pub sequence: u64,
    /// Its id.
    pub id: [u8; 32],
}

/// What a guard is made of. Images and state stay where they are and are used as long as the guard is.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_guard_options {
    /// `sizeof(caltrop_guard_options)`.
    pub size: usize,
    /// The name of the policy that the host expects.
    pub name: *const u8,
    /// Its bytes.
    pub name_len: usize,
    /// One or two public keys, 32 bytes each and one behind the other, of which one signed the policy.
    pub signers: *const u8,
    /// How many.
    pub signer_count: usize,
    /// The policy image.
    pub policy: *const u8,
    /// Its bytes.
    pub policy_len: usize,
    /// The newest policy that was accepted before.
    pub policy_floor: caltrop_floor,
    /// The keyring image, or NULL for a policy without API keys.
    pub keyring: *const u8,
    /// Its bytes.
    pub keyring_len: usize,
    /// The newest keyring that was accepted before.
    pub keyring_floor: caltrop_floor,
    /// The peppers.
    pub peppers: *const caltrop_pepper,
    /// How many, at most 4.
    pub pepper_count: usize,
    /// The state, formatted by `caltrop_state_init`.
    pub state: *mut u64,
    /// Its bytes.
    pub state_len: usize,
}

/// A guard in memory that the caller lends. Any thread may ask it; making it is one thread's alone.
pub struct caltrop_guard {
    secrets: Secrets,
    guard: MaybeUninit<Guard<'static>>,
}

/// Bytes of memory for a guard, for static storage; `caltrop_guard_size` says the same.
pub const CALTROP_GUARD_SIZE: usize = 2048;

const _: () = assert!(size_of::<caltrop_guard>() <= CALTROP_GUARD_SIZE && align_of::<caltrop_guard>() <= 16);

impl From<OpenError> for caltrop_status {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::TooShort { .. } => Self::CALTROP_E_IMAGE_TOO_SHORT,
            OpenError::Magic => Self::CALTROP_E_IMAGE_MAGIC,
            OpenError::Format { .. } => Self::CALTROP_E_IMAGE_FORMAT,
            OpenError::Kind { .. } => Self::CALTROP_E_IMAGE_KIND,
            OpenError::Length { .. } => Self::CALTROP_E_IMAGE_LENGTH,
            OpenError::Signature => Self::CALTROP_E_IMAGE_SIGNATURE,
            OpenError::Scope => Self::CALTROP_E_IMAGE_SCOPE,
            OpenError::Rollback { .. } => Self::CALTROP_E_IMAGE_ROLLBACK,
            OpenError::BodyHash => Self::CALTROP_E_IMAGE_BODY,
            OpenError::Delta => Self::CALTROP_E_IMAGE_DELTA,
            OpenError::Directory { .. } => Self::CALTROP_E_IMAGE_DIRECTORY,
            OpenError::UnknownSection { .. } => Self::CALTROP_E_IMAGE_SECTION,
            OpenError::Stride { .. } => Self::CALTROP_E_IMAGE_STRIDE,
            OpenError::Content { .. } => Self::CALTROP_E_IMAGE_CONTENT,
        }
    }
}

impl caltrop_status {
    pub(crate) const fn of_state(error: StateError) -> Self {
        match error {
            StateError::Geometry => CALTROP_E_VALUE,
            StateError::Words { .. } => CALTROP_E_MEMORY,
            StateError::Layout => CALTROP_E_LAYOUT,
        }
    }
}

impl From<StateError> for caltrop_status {
    fn from(error: StateError) -> Self {
        Self::of_state(error)
    }
}

impl From<Misuse> for caltrop_status {
    fn from(error: Misuse) -> Self {
        match error {
            Misuse::KeyringMissing => CALTROP_E_KEYRING_MISSING,
            Misuse::PepperMissing { .. } => CALTROP_E_PEPPER_MISSING,
        }
    }
}

impl caltrop_floor {
    pub(crate) const fn get(&self) -> Floor {
        Floor { sequence: self.sequence, id: self.id }
    }
}

/// The policy that the options name.
///
/// # Safety
/// The contract of `caltrop_guard_init` for `name`, `signers` and `policy`, which nobody writes while `'a` lasts.
unsafe fn policy<'a>(options: &caltrop_guard_options) -> Result<Policy<'a>, caltrop_status> {
    // SAFETY: this function's contract is the one of `policy_name`.
    let name = unsafe { policy_name(options) }?;
    // SAFETY: this function's contract is the one of `array`.
    let signers = unsafe { array(options.signers.cast::<[u8; 32]>(), options.signer_count) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let image = unsafe { bytes(options.policy, options.policy_len) }?;
    let trust = match signers {
        [one] => Trust::new(name, &[public_key(one)?]),
        [one, two] => Trust::new(name, &[public_key(one)?, public_key(two)?]),
        _ => return Err(CALTROP_E_LENGTH),
    };
    Ok(Policy::open(image, &trust, options.policy_floor.get())?)
}

/// The name that the options give.
///
/// # Safety
/// The contract of `caltrop_guard_init` for `name`, which nobody writes while `'a` lasts.
pub(crate) unsafe fn policy_name<'a>(options: &caltrop_guard_options) -> Result<&'a str, caltrop_status> {
    // SAFETY: this function's contract is the one of `bytes`.
    let name = unsafe { bytes(options.name, options.name_len) }?;
    core::str::from_utf8(name).map_err(|_| CALTROP_E_VALUE)
}

fn public_key(bytes: &[u8; 32]) -> Result<PublicKey, caltrop_status> {
    PublicKey::from_bytes(bytes).map_err(|_| CALTROP_E_PUBLIC_KEY)
}

/// Bytes of memory for a guard: `CALTROP_GUARD_SIZE`.
#[unsafe(no_mangle)]
pub const extern "C" fn caltrop_guard_size() -> usize {
    CALTROP_GUARD_SIZE
}

/// Bytes of memory for the state that a policy asks for. `options` needs `size`, `name`, `signers`, `policy` and `policy_floor` only.
///
/// # Safety
/// * As `caltrop_guard_init`; `out` points at memory for a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_state_size(options: *const caltrop_guard_options, out: *mut usize) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(options.and_then(|options| {
        // SAFETY: this function's contract is the one of `geometry`.
        let geometry = unsafe { geometry(options) }?;
        let words = State::words(geometry).ok_or(CALTROP_E_VALUE)?;
        out?.write(words.checked_mul(size_of::<u64>()).ok_or(CALTROP_E_LENGTH)?);
        Ok(())
    }))
}

/// The size of state that the policy of the options asks for.
///
/// # Safety
/// As `policy`.
pub(crate) unsafe fn geometry(options: &caltrop_guard_options) -> Result<Geometry, caltrop_status> {
    if options.size != size_of::<caltrop_guard_options>() {
        return Err(CALTROP_E_LENGTH);
    }
    // SAFETY: this function's contract is the one of `policy`.
    Ok(unsafe { policy(options) }?.geometry())
}

/// Formats the memory at `options->state` as an empty state. The entropy is unpredictable, and new each time.
///
/// # Safety
/// * As `caltrop_guard_init`; `entropy` points at 16 bytes. Nobody else uses the state meanwhile.
///
/// cbindgen:ptrs-as-arrays=[[entropy; 16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_state_init(options: *const caltrop_guard_options, entropy: *const u8) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    // SAFETY: this function's contract is the one of `shared`.
    let entropy = unsafe { shared(entropy.cast::<[u8; 16]>()) };
    status(options.and_then(|options| {
        // SAFETY: this function's contract is the one of `geometry`.
        let geometry = unsafe { geometry(options) }?;
        // SAFETY: this function's contract is the one of `words`.
        let state = unsafe { words(options.state, options.state_len) }?;
        State::format(state, geometry, *entropy?)?;
        Ok(())
    }))
}

/// Makes a guard in `memory`, which has at least `CALTROP_GUARD_SIZE` bytes aligned to 16. Nothing is used unless all of it is good.
///
/// # Safety
/// * Every pointer of `options` points at as many bytes, or items, as its length says. Policy, keyring and state live, unwritten but by
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
        if options.size != size_of::<caltrop_guard_options>() {
            return Err(CALTROP_E_LENGTH);
        }
        // SAFETY: this function's contract is the one of `policy`: the image lives as long as the guard.
        let policy: Policy<'static> = unsafe { policy(options) }?;
        // SAFETY: this function's contract is the one of `bytes`: the image lives as long as the guard.
        let keyring: &'static [u8] = unsafe { bytes(options.keyring, options.keyring_len) }?;
        // SAFETY: this function's contract is the one of `words`: the state lives as long as the guard.
        let state = unsafe { words(options.state, options.state_len) }?;
        // SAFETY: this function's contract is the one of `array`.
        let peppers = unsafe { array(options.peppers, options.pepper_count) }?;
        let keyring = match policy.keyring_feed() {
            Some((_, trust)) if !keyring.is_empty() => Some(Keyring::open(keyring, &trust, options.keyring_floor.get())?),
            _ => None,
        };
        let mut secrets = Secrets::new();
        for pepper in peppers {
            // SAFETY: this function's contract is the one of `bytes`.
            let secret = unsafe { bytes(pepper.secret, pepper.secret_len) }?;
            secrets = secrets.with_pepper(pepper.id, secret).map_err(|_| CALTROP_E_PEPPERS)?;
        }
        let state = State::attach(state)?;
        // Once on the stack, so that a guard that cannot be made leaves the memory alone.
        Guard::new(&policy, &Feeds { keyring }, &state, &secrets)?;
        let made = memory.write(caltrop_guard { secrets, guard: MaybeUninit::uninit() });
        let secrets: *const Secrets = &raw const made.secrets;
        // SAFETY: the secrets stand in the caller's memory, which lives and is not moved as long as the guard is used (the contract).
        let secrets: &'static Secrets = unsafe { &*secrets };
        made.guard.write(Guard::new(&policy, &Feeds { keyring }, &state, secrets)?);
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
    // SAFETY: this function's contract is the one of `place`.
    let out = match unsafe { place(out) } {
        Ok(out) => out.write(caltrop_decision::DENY),
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `shared`.
    let request = unsafe { shared(request) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(guard.and_then(|guard| {
        let (request, now) = (request?, now?.get());
        // SAFETY: this function's contract is the one of `with_request`.
        unsafe { with_request(request, |request| *out = caltrop_decision::of(&guard.admit(request, now))) }
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

/// Ends a granted request.
///
/// # Safety
/// * `guard`, `decision` and `now` as for `caltrop_guard_admit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_settle(
    guard: *const caltrop_guard,
    decision: *const caltrop_decision,
    outcome: u8,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `shared`.
    let decision = unsafe { shared(decision) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(guard.and_then(|guard| {
        let (decision, now) = (decision?, now?.get());
        match outcome {
            CALTROP_SERVED => Ok(()),
            CALTROP_AUTH_FAILED => {
                guard.auth_failed(decision.client(), now);
                Ok(())
            }
            _ => Err(CALTROP_E_VALUE),
        }
    }))
}

/// The quota that would have refused, by its name: `*name` points at `*len` bytes of the policy's image, not ended by a NUL, which last as long
/// as the guard. No name (NULL, 0) where it is no quota's refusal; `CALTROP_E_VALUE` for an index behind the last refusal.
///
/// # Safety
/// * `guard` and `decision` as for `caltrop_guard_admit`; `name` points at memory for a pointer, `len` at memory for a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_reported(
    guard: *const caltrop_guard,
    decision: *const caltrop_decision,
    index: usize,
    name: *mut *const u8,
    len: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `reported`.
    unsafe { reported(guard, decision, index, name, len) }
}

/// `caltrop_guard_reported` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_reported`, but for the guard.
pub(crate) unsafe fn reported(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *const caltrop_decision,
    index: usize,
    name: *mut *const u8,
    len: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let decision = unsafe { shared(decision) };
    // SAFETY: this function's contract is the one of `place`.
    let name = unsafe { place(name) };
    // SAFETY: this function's contract is the one of `place`.
    let len = unsafe { place(len) };
    status(guard.and_then(|guard| {
        let (decision, name, len) = (decision?, name?, len?);
        let one = decision.reported.get(index).filter(|one| one.reason != 0).ok_or(CALTROP_E_VALUE)?;
        let quota = one.quota.checked_sub(1).and_then(|quota| guard.policy().quota_name(usize::from(quota)));
        name.write(quota.map_or(ptr::null(), str::as_ptr));
        len.write(quota.map_or(0, str::len));
        Ok(())
    }))
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
