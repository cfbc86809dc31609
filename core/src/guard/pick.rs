//! Two slots for a policy, as boards have them: one that decides, one that is being written.
//!
//! Promises: an update that is cut off at any byte leaves the slot in use as it was, so that after a restart one of the two is good.

use core::fmt;

use super::policy::Policy;
use crate::image::{Floor, OpenError, Trust};

/// One of two places for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

/// The better of two policies.
#[derive(Debug, Clone, Copy)]
pub struct Picked<'b> {
    /// Where it lies: the next one is written to the other.
    pub slot: Slot,
    /// It, opened.
    pub policy: Policy<'b>,
}

impl<'b> Policy<'b> {
    /// Opens two images as [`Policy::open`] does, and takes the good one with the higher sequence: A if both have the same.
    ///
    /// # Errors
    /// [`NeitherSlot`]: both are bad, and why.
    /// # Bounds
    /// [`Policy::open`], twice.
    /// # Example: an empty flash has no policy
    /// ```
    /// use caltrop::image::{Floor, Trust};
    /// use caltrop::{Policy, verify::PublicKey};
    /// # let key = PublicKey::from_bytes(&[0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
    /// #     0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a]).unwrap();
    /// let erased = [0xFF; 4096];
    /// let neither = Policy::pick(&erased, &[], &Trust::new("acme-api", &[key]), Floor::NONE).unwrap_err();
    /// assert!(neither.to_string().starts_with("slot A: not a caltrop image"));
    /// ```
    pub fn pick(a: &'b [u8], b: &'b [u8], trust: &Trust, floor: Floor) -> Result<Picked<'b>, NeitherSlot> {
        let [a, b] = [a, b].map(|bytes| Self::open(bytes, trust, floor));
        let is_newer = |b: &Self, a: &Self| b.floor().sequence > a.floor().sequence;
        match (a, b) {
            (Ok(a), Ok(b)) if is_newer(&b, &a) => Ok(Picked { slot: Slot::B, policy: b }),
            (Ok(a), _) => Ok(Picked { slot: Slot::A, policy: a }),
            (Err(_), Ok(b)) => Ok(Picked { slot: Slot::B, policy: b }),
            (Err(a), Err(b)) => Err(NeitherSlot { a, b }),
        }
    }
}

/// Why there is no policy in two slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeitherSlot {
    /// What is wrong with slot A.
    pub a: OpenError,
    /// What is wrong with slot B.
    pub b: OpenError,
}

impl fmt::Display for NeitherSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot A: {}; slot B: {}", self.a, self.b)
    }
}

impl core::error::Error for NeitherSlot {}
