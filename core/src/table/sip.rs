//! SipHash-1-3 (Aumasson and Bernstein 2012, one round a word and three at the end) of a few bytes and a kind.
//!
//! Ours, since it is asked once a request for nearly always less than 16 bytes, where a hasher for streams takes three times as long.
//! `siphasher` is the oracle of its test.

/// The hash of `bytes ‖ kind` under a key: names of whole words stay on their own borders, and the last byte tells two kinds apart.
#[inline]
pub(super) fn hash(key: [u64; 2], kind: u8, bytes: &[u8]) -> u64 {
    let [low, high] = key;
    let mut state = State {
        v0: low ^ 0x736f_6d65_7073_6575,
        v1: high ^ 0x646f_7261_6e64_6f6d,
        v2: low ^ 0x6c79_6765_6e65_7261,
        v3: high ^ 0x7465_6462_7974_6573,
    };
    let (words, tail) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| state.absorb(u64::from_le_bytes(*word)));
    // The last word carries the length of it all, modulo 256, in its top byte.
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).wrapping_add(1) << 56;
    let mut last = little_endian(tail) | length;
    let kind = u64::from(kind);
    match tail.len() {
        7 => {
            state.absorb(little_endian(tail) | kind << 56);
            last = length;
        }
        at => last |= kind << (at & 7).wrapping_mul(8),
    }
    state.absorb(last);
    state.finish()
}

/// A number of at most seven bytes.
#[inline]
fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    #[inline]
    const fn absorb(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    const fn finish(mut self) -> u64 {
        self.v2 ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }

    #[inline]
    const fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32).wrapping_add(self.v3);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use core::hash::Hasher;
    use std::vec::Vec;

    use siphasher::sip::SipHasher13;

    use super::hash;

    #[test]
    fn it_is_siphash_1_3_of_every_length() {
        let bytes: Vec<u8> = (0..=255).cycle().map(|byte: u8| byte.wrapping_mul(167)).take(600).collect();
        for length in 0..=bytes.len() {
            let bytes = bytes.get(..length).unwrap_or_default();
            for (kind, key) in [(0, [1, 2]), (7, [u64::MAX, 3]), (255, [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908])] {
                let mut oracle = SipHasher13::new_with_keys(key[0], key[1]);
                oracle.write(bytes);
                oracle.write(&[kind]);
                assert_eq!(hash(key, kind, bytes), oracle.finish(), "{length} bytes");
            }
        }
    }
}
