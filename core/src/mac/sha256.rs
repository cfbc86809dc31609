// Read first: RFC 2104 §2 and §4, FIPS 180-4 §5.1.1 (padding) and §5.3.3 (the first state).
//! HMAC-SHA-256.
//!
//! It makes the tags of API keys, whose messages are short and there whole. So a whole message goes from its slice into the hash, and only one that
//! comes in pieces through a buffer, which is a tenth of what 32 bytes cost.

use sha2::block_api::compress256;

super::keyed::keyed! {
    /// ```
    /// use caltrop::mac::{InvalidTag, Key};
    /// let key = Key::new(b"Jefe");
    /// let tag = key.sign(b"what do ya want for nothing?"); // RFC 4231 §4.3
    /// assert_eq!(tag.as_bytes()[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    /// assert_eq!(key.verify(b"what do ya want for nothing?", tag.as_bytes()), Ok(()));
    /// assert_eq!(key.verify(b"what do ya want for nothing!", tag.as_bytes()), Err(InvalidTag));
    /// ```
    Sha256, "HMAC-SHA-256", block 64, tag 32, whole Midstates
}

/// SHA-256 after the key's two blocks.
#[derive(Clone)]
struct Midstates {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Whole<64, 32> for Midstates {
    fn new(block: &[u8; 64]) -> Self {
        let after = |pad: u8| {
            let (mut state, mut padded) = (FIRST, block.map(|byte| byte ^ pad));
            compress256(&mut state, &[padded]);
            padded.zeroize();
            state
        };
        Self { inner: after(0x36), outer: after(0x5C) }
    }

    /// `None` only for a message whose bits no 64-bit number counts.
    fn sign(&self, message: &[u8]) -> Option<[u8; 32]> {
        let (blocks, rest) = message.as_chunks();
        let bits = u64::try_from(message.len()).ok()?.checked_add(64)?.checked_mul(8)?;
        let mut inner = self.inner;
        compress256(&mut inner, blocks);
        // What is left, a one bit, zeros and the count of bits: one block if 9 bytes are free behind what is left.
        let mut padded = [[0; 64]; 2];
        let bytes = padded.as_flattened_mut();
        bytes.get_mut(..rest.len())?.copy_from_slice(rest);
        *bytes.get_mut(rest.len())? = 0x80;
        let last = padded.get_mut(..if rest.len() < 56 { 1 } else { 2 })?;
        *last.last_mut()?.last_chunk_mut()? = bits.to_be_bytes();
        compress256(&mut inner, last);

        let mut outer = self.outer;
        let mut block = AROUND_DIGEST;
        *block.first_chunk_mut()? = big_endian(inner);
        compress256(&mut outer, &[block]);
        Some(big_endian(outer))
    }
}

/// The outer hash's second block but for the 32 bytes that it is about: a one bit, zeros, and the count of bits, 64 + 32 bytes: 0x300.
const AROUND_DIGEST: [u8; 64] = {
    let mut block = [0; 64];
    block[32] = 0x80;
    block[62] = 0x03;
    block
};

/// FIPS 180-4 §5.3.3.
const FIRST: [u32; 8] = [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

fn big_endian(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    bytes
}
