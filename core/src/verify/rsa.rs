//! RSA: PKCS #1 v1.5 and PSS (RFC 8017 §8). The power is the library's, the padding is ours: it is made anew and compared, never parsed.

use core::fmt;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Limb, U2048, U3072, U4096, Uint, Word};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{BadKey, BadSignature};

/// The shortest modulus, in bytes (RFC 7518 §3.3).
const MODULUS_MIN: usize = 256;
/// The longest modulus, in bytes.
pub const MODULUS_MAX: usize = 512;
/// The public exponent that issuers use, and the least that FIPS 186-5 §5.1 permits: 16 squares and a product.
const EXPONENT: u32 = 65_537;

/// What is hashed before a PKCS #1 v1.5 signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// An RSA public key, where its issuer published it.
///
/// # Example: taken, then refused
/// ```
/// use caltrop::verify::{BadKey, Hash, RsaKey};
/// let key = RsaKey::new(&[0xC1; 256], 65_537).unwrap();
/// assert!(key.verify_pkcs1(Hash::Sha256, b"a message", &[0; 256]).is_err());
/// assert_eq!(RsaKey::new(&[0xC1; 128], 65_537).err(), Some(BadKey)); // 1,024 bits
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RsaKey<'k> {
    modulus: &'k [u8],
}

impl<'k> RsaKey<'k> {
    /// A key of 2,048 to 4,096 bits: its modulus, the first byte first and not zero, and its public exponent, which is 65,537.
    ///
    /// # Errors
    /// [`BadKey`]: too short, too long, even, or of another exponent.
    pub fn new(modulus: &'k [u8], exponent: u32) -> Result<Self, BadKey> {
        let (first, last) = (modulus.first().copied().unwrap_or(0), modulus.last().copied().unwrap_or(0));
        let is_sized =
            (MODULUS_MIN..=MODULUS_MAX).contains(&modulus.len()) && (first >= 0x80 || (first > 0 && modulus.len() > MODULUS_MIN));
        if is_sized && last & 1 == 1 && exponent == EXPONENT { Ok(Self { modulus }) } else { Err(BadKey) }
    }

    /// Checks a PKCS #1 v1.5 signature (RFC 8017 §8.2.2).
    ///
    /// # Errors
    /// [`BadSignature`]. It never says why.
    pub fn verify_pkcs1(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let mut buffer = [0; MODULUS_MAX];
        let encoded = self.encoded(signature, &mut buffer).ok_or(BadSignature)?;
        let is_good = match hash {
            Hash::Sha256 => is_pkcs1(encoded, SHA256, &Sha256::digest(message)),
            Hash::Sha384 => is_pkcs1(encoded, SHA384, &Sha384::digest(message)),
            Hash::Sha512 => is_pkcs1(encoded, SHA512, &Sha512::digest(message)),
        };
        if is_good { Ok(()) } else { Err(BadSignature) }
    }

    /// Checks a PSS signature with SHA-256 throughout and a salt as long as the hash (RFC 8017 §8.1.2, RFC 7518 §3.5).
    ///
    /// # Errors
    /// [`BadSignature`]. It never says why.
    pub fn verify_pss(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let mut buffer = [0; MODULUS_MAX];
        let encoded = self.encoded(signature, &mut buffer).ok_or(BadSignature)?;
        // One bit less than the modulus has: of a modulus whose first byte is 1, that byte falls away.
        let unused = self.modulus.first().map_or(0, |first| first.leading_zeros());
        let (encoded, unused) = match (unused, encoded) {
            (7, [0, rest @ ..]) => (rest, 0),
            (7, _) => return Err(BadSignature),
            (unused, all) => (all, unused.saturating_add(1)),
        };
        if is_pss(encoded, unused, &Sha256::digest(message).into()) { Ok(()) } else { Err(BadSignature) }
    }

    /// The signature to the power of the exponent, as long as the modulus (RFC 8017 §5.2.2); `None` for what is no signature of this key.
    fn encoded<'b>(&self, signature: &[u8], buffer: &'b mut [u8; MODULUS_MAX]) -> Option<&'b mut [u8]> {
        if signature.len() != self.modulus.len() || signature >= self.modulus {
            return None;
        }
        let encoded = buffer.get_mut(..self.modulus.len())?;
        match self.modulus.len() {
            ..=256 => self.power::<{ U2048::LIMBS }>(signature, encoded),
            257..=384 => self.power::<{ U3072::LIMBS }>(signature, encoded),
            _ => self.power::<{ U4096::LIMBS }>(signature, encoded),
        }?;
        Some(encoded)
    }

    /// Apart for each size: together their numbers would fill a board's stack.
    #[inline(never)]
    fn power<const LIMBS: usize>(&self, base: &[u8], result: &mut [u8]) -> Option<()> {
        let modulus = read::<LIMBS>(self.modulus).to_odd().into_option()?;
        let base = FixedMontyForm::new(&read(base), &FixedMontyParams::new_vartime(modulus));
        // All of it is public.
        write(&base.square_repeat_vartime(16).mul(&base).retrieve(), result);
        Some(())
    }
}

/// The number that bytes say, the first byte first.
fn read<const LIMBS: usize>(bytes: &[u8]) -> Uint<LIMBS> {
    let mut number = Uint::ZERO;
    for (limb, bytes) in number.as_mut_limbs().iter_mut().zip(bytes.rchunks(Limb::BYTES)) {
        *limb = Limb(bytes.iter().fold(0, |sum, &byte| sum << 8 | Word::from(byte)));
    }
    number
}

fn write<const LIMBS: usize>(number: &Uint<LIMBS>, bytes: &mut [u8]) {
    for (limb, bytes) in number.as_limbs().iter().zip(bytes.rchunks_mut(Limb::BYTES)) {
        for (byte, from) in bytes.iter_mut().rev().zip(limb.0.to_le_bytes()) {
            *byte = from;
        }
    }
}

/// What stands before a hash (RFC 8017 §9.2, note 1).
const SHA256: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];
const SHA384: [u8; 19] = [0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30];
const SHA512: [u8; 19] = [0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40];

/// Whether this is the one encoding of a hash (RFC 8017 §9.2).
fn is_pkcs1(encoded: &[u8], kind: [u8; 19], digest: &[u8]) -> bool {
    let padding = encoded.len().saturating_sub(kind.len()).saturating_sub(digest.len()).saturating_sub(3);
    let expected = [0, 1].into_iter().chain(core::iter::repeat_n(0xFF, padding)).chain([0]).chain(kind).chain(digest.iter().copied());
    encoded.iter().copied().eq(expected)
}

/// RFC 8017 §9.1.2, of which so many bits of the first byte are unused.
fn is_pss(encoded: &mut [u8], unused: u32, digest: &[u8; 32]) -> bool {
    let Some((body, tail)) = encoded.len().checked_sub(33).and_then(|at| encoded.split_at_mut_checked(at)) else { return false };
    let Some((seed, [0xBC])) = tail.split_at_checked(32) else { return false };
    let used = 0xFFu8.unbounded_shr(unused);
    if body.first().is_none_or(|first| first & !used != 0) {
        return false;
    }
    for (counter, mask) in (0u32..).zip(body.chunks_mut(32)) {
        let hash = Sha256::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize();
        mask.iter_mut().zip(hash).for_each(|(byte, mask)| *byte ^= mask);
    }
    if let Some(first) = body.first_mut() {
        *first &= used;
    }
    let Some((padding, salt)) = body.len().checked_sub(32).and_then(|at| body.split_at_checked(at)) else { return false };
    let Some((1, zeros)) = padding.split_last().map(|(last, zeros)| (*last, zeros)) else { return false };
    let hash = Sha256::new().chain_update([0; 8]).chain_update(digest).chain_update(salt).finalize();
    zeros.iter().all(|&byte| byte == 0) && hash.as_slice() == seed
}

impl fmt::Debug for RsaKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({} bytes)", self.modulus.len())
    }
}
