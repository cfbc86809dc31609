//! What verifies signatures: the functions of exceptions.txt, and what of images needs none.

use caltrop::Policy;
use caltrop::image::{Floor, OpenError, Trust};
use caltrop::key::Keyring;
use caltrop::net::Prefixes;
use caltrop::verify::{BadKey, BadSignature, PublicKey};

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
pub fn np_verify_key(bytes: &[u8; 32]) -> Result<PublicKey, BadKey> {
    PublicKey::from_bytes(bytes)
}

#[unsafe(no_mangle)]
pub fn np_verify_signature(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
    key.verify(message, signature)
}
