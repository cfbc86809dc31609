//! What a guard is made of, as a C caller says it: images, signers, peppers, state.

use caltrop::access::Revocations;
use caltrop::guard::record::LISTS_MAX;
use caltrop::guard::{Feeds, Geometry, Misuse, Slot, StateError};
use caltrop::image::{Floor, Kind, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::token::KeySet;
use caltrop::token::record::ISSUERS_MAX;
use caltrop::verify::PublicKey;
use caltrop::{Policy, Secrets, State};

use crate::border::{array, bytes, place, shared, words};
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_FEED_MISSING, CALTROP_E_KEYRING_MISSING, CALTROP_E_LAYOUT, CALTROP_E_LENGTH, CALTROP_E_MEMORY, CALTROP_E_PEPPER_MISSING,
    CALTROP_E_PEPPERS, CALTROP_E_PUBLIC_KEY, CALTROP_E_VALUE,
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

/// An image, and the newest of its feed that was accepted before.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_image {
    /// The image.
    pub bytes: *const u8,
    /// Its bytes.
    pub len: usize,
    /// The newest that was accepted before.
    pub floor: caltrop_floor,
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
    /// The images of the policy's feeds of prefixes, keys of issuers and revocations, in the order of its `[feed]`; the keyring is not among them.
    pub feeds: *const caltrop_image,
    /// How many: at most 4 of prefixes, 7 of keys and one of revocations.
    pub feeds_count: usize,
    /// The peppers.
    pub peppers: *const caltrop_pepper,
    /// How many, at most 4.
    pub pepper_count: usize,
    /// The state, formatted by `caltrop_state_init`.
    pub state: *mut u64,
    /// Its bytes.
    pub state_len: usize,
}

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

impl From<&Misuse> for caltrop_status {
    fn from(error: &Misuse) -> Self {
        match error {
            Misuse::KeyringMissing => CALTROP_E_KEYRING_MISSING,
            Misuse::FeedMissing { .. } => CALTROP_E_FEED_MISSING,
            Misuse::PepperMissing { .. } => CALTROP_E_PEPPER_MISSING,
        }
    }
}

impl From<Misuse> for caltrop_status {
    fn from(error: Misuse) -> Self {
        Self::from(&error)
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
pub(crate) unsafe fn policy<'a>(options: &caltrop_guard_options) -> Result<Policy<'a>, caltrop_status> {
    // SAFETY: this function's contract is the one of `signed_policy`.
    let (trust, image) = unsafe { signed_policy(options) }?;
    Ok(Policy::open(image, &trust, options.policy_floor.get())?)
}

/// Who signs the policy, and its image.
///
/// # Safety
/// As `policy`.
unsafe fn signed_policy<'a>(options: &caltrop_guard_options) -> Result<(Trust, &'a [u8]), caltrop_status> {
    if options.size != size_of::<caltrop_guard_options>() {
        return Err(CALTROP_E_LENGTH);
    }
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
    Ok((trust, image))
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

/// Some of at most `N`; the places behind the last hold the first once more.
pub(crate) struct Few<T, const N: usize>(Option<([T; N], usize)>);

impl<T: Copy, const N: usize> Few<T, N> {
    fn push(&mut self, one: T) -> Result<(), caltrop_status> {
        let (all, count) = self.0.get_or_insert(([one; N], 0));
        *all.get_mut(*count).ok_or(CALTROP_E_LENGTH)? = one;
        *count = count.saturating_add(1);
        Ok(())
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        self.0.as_ref().and_then(|(all, count)| all.get(..*count)).unwrap_or_default()
    }
}

/// The feeds of a guard, but for the keyring.
pub(crate) struct Fed {
    pub(crate) prefixes: Few<Prefixes<'static>, LISTS_MAX>,
    pub(crate) key_sets: Few<KeySet<'static>, ISSUERS_MAX>,
    pub(crate) revocations: Option<Revocations<'static>>,
}

impl Fed {
    /// All that a guard is fed with.
    pub(crate) fn of(&self, keyring: Option<Keyring<'static>>) -> Feeds<'_> {
        Feeds { keyring, prefixes: self.prefixes.as_slice(), key_sets: self.key_sets.as_slice(), revocations: self.revocations }
    }
}

/// The feeds that the options give, signed as the policy says.
///
/// # Safety
/// The contract of `caltrop_guard_init` for `feeds`, which nobody writes while the guard is used.
pub(crate) unsafe fn fed(options: &caltrop_guard_options, policy: &Policy<'_>) -> Result<Fed, caltrop_status> {
    // SAFETY: this function's contract is the one of `array`.
    let images = unsafe { array(options.feeds, options.feeds_count) }?;
    let feeds = || policy.feeds().filter(|(_, kind, _)| *kind != Kind::Keyring);
    if images.len() > feeds().count() {
        return Err(CALTROP_E_LENGTH);
    }
    let mut fed = Fed { prefixes: Few(None), key_sets: Few(None), revocations: None };
    for (image, (_, kind, trust)) in images.iter().zip(feeds()) {
        // SAFETY: this function's contract is the one of `bytes`: the image lives as long as the guard.
        let bytes: &'static [u8] = unsafe { bytes(image.bytes, image.len) }?;
        match kind {
            Kind::Revocations => fed.revocations = Some(Revocations::open(bytes, &trust, image.floor.get())?),
            Kind::Jwks => fed.key_sets.push(KeySet::open(bytes, &trust, image.floor.get())?)?,
            _ => fed.prefixes.push(Prefixes::open(bytes, &trust, image.floor.get())?)?,
        }
    }
    Ok(fed)
}

/// The secrets that peppers make.
///
/// # Safety
/// `peppers` points at `count` peppers, each of which points at as many bytes as it says.
pub(crate) unsafe fn secrets(peppers: *const caltrop_pepper, count: usize) -> Result<Secrets, caltrop_status> {
    // SAFETY: this function's contract is the one of `array`.
    let peppers = unsafe { array(peppers, count) }?;
    let mut secrets = Secrets::new();
    for pepper in peppers {
        // SAFETY: this function's contract is the one of `bytes`.
        let secret = unsafe { bytes(pepper.secret, pepper.secret_len) }?;
        secrets = secrets.with_pepper(pepper.id, secret).map_err(|_| CALTROP_E_PEPPERS)?;
    }
    Ok(secrets)
}

/// The policies of two slots: which of them a board with room for two is to use, after an update that may have been cut off. `*picked` is 0 for
/// `options->policy` and 1 for `other`: the good one with the higher sequence. The status is the one of `options->policy` if both are bad.
/// `options` needs `size`, `name`, `signers`, `policy` and `policy_floor` only.
///
/// # Safety
/// * As `caltrop_guard_init`; `other` points at `other_len` bytes, `picked` at memory for a byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_policy_pick(
    options: *const caltrop_guard_options,
    other: *const u8,
    other_len: usize,
    picked: *mut u8,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    // SAFETY: this function's contract is the one of `bytes`.
    let other = unsafe { bytes(other, other_len) };
    // SAFETY: this function's contract is the one of `place`.
    let picked = unsafe { place(picked) };
    status(options.and_then(|options| {
        let (other, picked) = (other?, picked?);
        // SAFETY: this function's contract is the one of `signed_policy`.
        let (trust, image) = unsafe { signed_policy(options) }?;
        let found = Policy::pick(image, other, &trust, options.policy_floor.get()).map_err(|neither| neither.a)?;
        picked.write(u8::from(found.slot == Slot::B));
        Ok(())
    }))
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
