//! Compiled lists of networks: opened once, asked by any thread.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::image::Trust;
use caltrop::net::Prefixes;
use caltrop::verify::PublicKey;

use crate::border::{array, buffer, bytes, place, shared};
use crate::net::caltrop_address;
use crate::options::caltrop_floor;
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_IMAGE_SCOPE, CALTROP_E_LENGTH, CALTROP_E_MEMORY, CALTROP_E_PUBLIC_KEY, CALTROP_E_VALUE};

/// A list of networks in memory that the caller lends; the image that it was opened from stays where it is.
pub struct caltrop_prefixes(Prefixes<'static>);

/// Bytes of memory for an opened list, for static storage; `caltrop_prefixes_size` says the same.
pub const CALTROP_PREFIXES_SIZE: usize = 1024;

const _: () = assert!(size_of::<caltrop_prefixes>() <= CALTROP_PREFIXES_SIZE && align_of::<caltrop_prefixes>() <= 16);
// Nothing is to be wiped or given back.
const _: () = assert!(!core::mem::needs_drop::<caltrop_prefixes>());

/// Bytes of memory for an opened list: `CALTROP_PREFIXES_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn caltrop_prefixes_size() -> usize {
    CALTROP_PREFIXES_SIZE
}

/// Opens an image of a list for a scope such as `acme-api/nets`, into `memory`, which has at least `CALTROP_PREFIXES_SIZE` bytes aligned to 16.
/// One or two public keys, 32 bytes each, of which one signed it; `floor` is the newest that was accepted before, zeroed for none. Nothing of
/// it is used unless all of it is good.
///
/// # Safety
/// * `image` points at `image_len` bytes that live, unwritten, as long as the list is used; `scope` at `scope_len` bytes, `signers` at
///   `signer_count` keys and `floor` at a floor, which are not needed after the call.
/// * `memory` points at `memory_len` bytes that nobody else uses; `out` at memory for a pointer. None overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_prefixes_open(
    image: *const u8,
    image_len: usize,
    scope: *const u8,
    scope_len: usize,
    signers: *const u8,
    signer_count: usize,
    floor: *const caltrop_floor,
    memory: *mut u8,
    memory_len: usize,
    out: *mut *const caltrop_prefixes,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`: the image lives as long as the list.
    let image: Result<&'static [u8], _> = unsafe { bytes(image, image_len) };
    // SAFETY: this function's contract is the one of `bytes`.
    let scope = unsafe { bytes(scope, scope_len) };
    // SAFETY: this function's contract is the one of `array`.
    let signers = unsafe { array(signers.cast::<[u8; 32]>(), signer_count) };
    // SAFETY: this function's contract is the one of `shared`.
    let floor = unsafe { shared(floor) };
    // SAFETY: this function's contract is the one of `place`; `memory_len` is checked below before anything is written.
    let memory = unsafe { place(memory.cast::<caltrop_prefixes>()) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(image.and_then(|image| {
        let (scope, signers, floor, memory, out) = (scope?, signers?, floor?, memory?, out?);
        if memory_len < CALTROP_PREFIXES_SIZE {
            return Err(CALTROP_E_MEMORY);
        }
        let scope = core::str::from_utf8(scope).map_err(|_| CALTROP_E_IMAGE_SCOPE)?;
        let key = |bytes: &[u8; 32]| PublicKey::from_bytes(bytes).map_err(|_| CALTROP_E_PUBLIC_KEY);
        let trust = match signers {
            [one] => Trust::new(scope, &[key(one)?]),
            [one, other] => Trust::new(scope, &[key(one)?, key(other)?]),
            _ => return Err(CALTROP_E_LENGTH),
        };
        let opened = Prefixes::open(image, &trust, floor.get())?;
        out.write(ptr::from_ref(memory.write(caltrop_prefixes(opened))));
        Ok(())
    }))
}

/// The value of the longest match of an address, 0 where there is none. IPv4-mapped IPv6 is folded first.
///
/// # Safety
/// * `prefixes` was made by `caltrop_prefixes_open`; `address` and `value` point at what they are named for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_prefixes_lookup(
    prefixes: *const caltrop_prefixes,
    address: *const caltrop_address,
    value: *mut u64,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let prefixes = unsafe { shared(prefixes) };
    // SAFETY: this function's contract is the one of `shared`.
    let address = unsafe { shared(address) };
    // SAFETY: this function's contract is the one of `place`.
    let value = unsafe { place(value) };
    status(prefixes.and_then(|prefixes| {
        let (address, value) = (address?.get()?, value?);
        value.write(prefixes.0.lookup(address));
        Ok(())
    }))
}

/// The values of `count` addresses of one family, 4 or 6, which stand one behind the other in network byte order, 4 or 16 bytes each.
///
/// # Safety
/// * `prefixes` was made by `caltrop_prefixes_open`; `addresses` points at `count` addresses, `values` at memory for `count` values, or both are
///   NULL with a count of 0. They do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_prefixes_lookup_many(
    prefixes: *const caltrop_prefixes,
    family: u8,
    addresses: *const u8,
    count: usize,
    values: *mut u64,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let prefixes = unsafe { shared(prefixes) };
    // SAFETY: this function's contract is the one of `buffer`.
    let values = unsafe { buffer(values, count) };
    status(prefixes.and_then(|prefixes| {
        let values = values?;
        match family {
            4 => {
                // SAFETY: this function's contract is the one of `array`.
                let addresses = unsafe { array(addresses.cast::<[u8; 4]>(), count) }?;
                answered(addresses, values, |addresses, values| prefixes.0.lookup_many_v4(addresses, values));
            }
            6 => {
                // SAFETY: this function's contract is the one of `array`.
                let addresses = unsafe { array(addresses.cast::<[u8; 16]>(), count) }?;
                answered(addresses, values, |addresses, values| prefixes.0.lookup_many_v6(addresses, values));
            }
            _ => return Err(CALTROP_E_VALUE),
        }
        Ok(())
    }))
}

/// So many answers stand on the stack, since the caller's memory need not hold anything yet.
const AT_ONCE: usize = 64;

fn answered<A>(addresses: &[A], values: &mut [MaybeUninit<u64>], ask: impl Fn(&[A], &mut [u64]) -> usize) {
    for (addresses, places) in addresses.chunks(AT_ONCE).zip(values.chunks_mut(AT_ONCE)) {
        let mut values = [0; AT_ONCE];
        let count = ask(addresses, &mut values);
        places.iter_mut().zip(values).take(count).for_each(|(place, value)| {
            place.write(value);
        });
    }
}
