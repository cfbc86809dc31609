//! What verifies signatures: the functions of exceptions.txt, and what of images needs none.

use caltrop::access::{Revocable, Revocations};
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::token::KeySet;
use caltrop::verify::{BadKey, BadSignature, PublicKey};
use caltrop::{Now, Policy};

#[unsafe(no_mangle)]
pub fn np_image_policy<'b>(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Policy<'b>, OpenError> {
    Policy::open(bytes, trust, floor)
}

#[unsafe(no_mangle)]
pub fn np_image_keyring<'b>(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Keyring<'b>, OpenError> {
    Keyring::open(bytes, trust, floor)
}

#[unsafe(no_mangle)]
pub fn np_image_prefixes<'b>(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Prefixes<'b>, OpenError> {
    Prefixes::open(bytes, trust, floor)
}

#[unsafe(no_mangle)]
pub fn np_image_key_set<'b>(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<KeySet<'b>, OpenError> {
    KeySet::open(bytes, trust, floor)
}

#[unsafe(no_mangle)]
pub fn np_image_revocations<'b>(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Revocations<'b>, OpenError> {
    Revocations::open(bytes, trust, floor)
}

#[unsafe(no_mangle)]
pub fn np_revocations_has(list: &Revocations<'_>, named: &Revocable<'_>, issued_s: Option<i64>, now: Now) -> bool {
    list.has(named, issued_s, now)
}

#[unsafe(no_mangle)]
pub fn np_verify_key(bytes: &[u8; 32]) -> Result<PublicKey, BadKey> {
    PublicKey::from_bytes(bytes)
}

#[unsafe(no_mangle)]
pub fn np_verify_signature(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
    key.verify(message, signature)
}
