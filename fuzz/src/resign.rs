//! A valid image, changed and then signed again: without that, no change gets past the signature, and no record check is ever reached.

use arbitrary::{Result, Unstructured};
use caltrop::image::Header;
use caltrop_control::image::signed_message;
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use zerocopy::{FromBytes, IntoBytes};

use crate::house::signer;

/// Changes that records are likely to stumble over.
const EDGES: [u32; 10] = [0, 1, 2, 3, 15, 0xFF, 0xFFFF, 0x7FFF_FFFF, u32::MAX - 1, u32::MAX];

/// Applies up to 8 changes to the image's bytes, mends length, hash and signature, and gives it back.
///
/// # Errors
/// The input is used up, which libFuzzer takes as "not interesting".
pub fn changed(image: &[u8], input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = image.to_vec();
    for _ in 0..input.int_in_range(1..=8)? {
        let at = input.int_in_range(0..=bytes.len() - 1)?;
        // Record fields are aligned in their sections: so are most changes.
        let (at2, at4) = (at & !1, at & !3);
        match input.int_in_range(0..=7u8)? {
            0 => bytes[at] = input.arbitrary()?,
            1 => bytes[at] ^= 1 << input.int_in_range(0..=7u8)?,
            2 => put(&mut bytes, at2, &input.arbitrary::<u16>()?.to_le_bytes()),
            3 => put(&mut bytes, at4, &input.arbitrary::<u32>()?.to_le_bytes()),
            4 => put(&mut bytes, at4, &input.choose(&EDGES)?.to_le_bytes()),
            5 => put(&mut bytes, at4, &u32::from(input.arbitrary::<u8>()?).to_le_bytes()),
            6 => {
                let from = input.int_in_range(0..=bytes.len() - 1)? & !3;
                let length = usize::from(input.arbitrary::<u8>()?).min(bytes.len() - from);
                let run = bytes[from..from + length].to_vec();
                put(&mut bytes, at4, &run);
            }
            _ => bytes.truncate(at.max(200)),
        }
    }
    Ok(signed(bytes))
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (slot, byte) in bytes.iter_mut().skip(at).zip(value) {
        *slot = *byte;
    }
}

/// The image with a header that fits its body, signed.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len();
    let Ok((header, body)) = Header::mut_from_prefix(&mut bytes) else { return bytes };
    header.length = (length as u64).into();
    header.body_hash = Sha256::digest(&*body).into();
    header.signature = signer().sign(&signed_message(header)).to_bytes();
    debug_assert_eq!(header.as_bytes().len(), 176);
    bytes
}
