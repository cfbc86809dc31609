//! What all hashes share: a key prepared once, a message on its way through it, and a tag that has no `==`.

/// The tag of a message that is there whole: a quicker way, where a hash has one.
pub(super) trait Whole<const BLOCK: usize, const TAG: usize> {
    /// Prepares a key of one block.
    fn new(block: &[u8; BLOCK]) -> Self;

    /// The tag, or `None` for a message that has to go the way of one in pieces.
    fn sign(&self, message: &[u8]) -> Option<[u8; TAG]>;
}

/// A hash without one.
impl<const BLOCK: usize, const TAG: usize> Whole<BLOCK, TAG> for () {
    fn new(_: &[u8; BLOCK]) -> Self {}

    fn sign(&self, _: &[u8]) -> Option<[u8; TAG]> {
        None
    }
}

/// Makes `Key`, `Mac` and `Tag` of HMAC over one hash, whose block and output have these many bytes.
macro_rules! keyed {
    ($(#[$example:meta])* $hash:ident, $name:literal, block $block:literal, tag $tag:literal, whole $whole:ty) => {
        use core::fmt;

        use hmac::{Hmac, KeyInit, Mac as _};
        use sha2::{Digest, $hash};
        use subtle::ConstantTimeEq;
        use zeroize::Zeroize;

        use super::keyed::Whole;
        use super::{InvalidTag, TAG_MIN};

        #[doc = concat!("A key of ", $name, ", prepared once and shared by all threads. Wiped when dropped.")]
        ///
        /// # Example: accepted, then refused
        $(#[$example])*
        #[derive(Clone)]
        pub struct Key {
            pieces: Hmac<$hash>,
            whole: $whole,
        }

        impl Key {
            #[doc = concat!("Prepares a key of any length; longer than ", $block, " bytes it is hashed first (RFC 2104 §2).")]
            #[must_use]
            pub fn new(bytes: &[u8]) -> Self {
                let mut block = [0u8; $block];
                if bytes.len() > block.len() {
                    let digest: [u8; $tag] = $hash::digest(bytes).into();
                    fill(&mut block, &digest);
                } else {
                    fill(&mut block, bytes);
                }
                let key = Self::of_block(&block);
                block.zeroize();
                key
            }

            fn of_block(block: &[u8; $block]) -> Self {
                Self { pieces: Hmac::<$hash>::new(block.into()), whole: <$whole as Whole<$block, $tag>>::new(block) }
            }

            /// The tag of one whole message.
            #[must_use]
            pub fn sign(&self, message: &[u8]) -> Tag {
                match Whole::<$block, $tag>::sign(&self.whole, message) {
                    Some(tag) => Tag(tag),
                    None => self.start().update(message).finish(),
                }
            }

            /// Starts a message that comes in pieces.
            #[must_use]
            pub fn start(&self) -> Mac<'_> {
                Mac { state: self.pieces.clone(), _key: self }
            }

            /// Checks a full or truncated tag in constant time.
            ///
            /// # Errors
            #[doc = concat!("[`InvalidTag`]: it is not this message's tag, or shorter than [`TAG_MIN`] or longer than ", $tag, " bytes.")]
            /// It never says which.
            pub fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), InvalidTag> {
                self.sign(message).matches(tag)
            }
        }

        fn fill(block: &mut [u8; $block], bytes: &[u8]) {
            for (slot, byte) in block.iter_mut().zip(bytes) {
                *slot = *byte;
            }
        }

        impl Drop for Key {
            /// Puts a key that says nothing in its place, and fills its block buffer, which else keeps what the stack held. The hash's own
            /// `zeroize` would do it, but then each message pays for it too.
            fn drop(&mut self) {
                self.pieces = Hmac::<$hash>::new(&[0u8; $block].into());
                self.pieces.update(&[0u8; $block - 1]);
                self.whole = <$whole as Whole<$block, $tag>>::new(&[0u8; $block]);
                core::hint::black_box(self);
            }
        }

        impl fmt::Debug for Key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("Key(..)")
            }
        }

        /// One message on its way through a key.
        #[derive(Clone)]
        pub struct Mac<'k> {
            state: Hmac<$hash>,
            _key: &'k Key,
        }

        impl Mac<'_> {
            /// Adds the next piece.
            #[must_use]
            pub fn update(mut self, piece: &[u8]) -> Self {
                self.feed(piece);
                self
            }

            /// Adds the next piece to a message that stays where it is.
            pub fn feed(&mut self, piece: &[u8]) {
                self.state.update(piece);
            }

            /// The tag of all pieces.
            #[must_use]
            pub fn finish(self) -> Tag {
                Tag(self.state.finalize().into_bytes().into())
            }
        }

        impl fmt::Debug for Mac<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("Mac(..)")
            }
        }

        #[doc = concat!("A tag of ", $tag, " bytes. It has no `==`: [`Tag::matches`] compares in constant time. Wiped when dropped.")]
        #[derive(Clone)]
        pub struct Tag([u8; $tag]);

        impl Tag {
            /// The bytes, to be sent or stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $tag] {
                &self.0
            }

            /// The first 16 bytes: the digest under which an API key is stored.
            #[must_use]
            pub fn truncated(&self) -> [u8; TAG_MIN] {
                self.0.first_chunk().copied().unwrap_or_default()
            }

            /// Compares a full or truncated tag in constant time.
            ///
            /// # Errors
            /// [`InvalidTag`], as [`Key::verify`].
            pub fn matches(&self, tag: &[u8]) -> Result<(), InvalidTag> {
                let ours = self.0.get(..tag.len()).filter(|_| tag.len() >= TAG_MIN).ok_or(InvalidTag)?;
                // Word by word: byte by byte, comparing a tag costs a tenth of making it.
                let ((ours, ours_rest), (words, rest)) = (ours.as_chunks(), tag.as_chunks());
                let same = |all, (a, b): (&[u8; 8], &[u8; 8])| all & u64::from_ne_bytes(*a).ct_eq(&u64::from_ne_bytes(*b));
                let is_equal = ours.iter().zip(words).fold(ours_rest.ct_eq(rest), same);
                if bool::from(is_equal) { Ok(()) } else { Err(InvalidTag) }
            }
        }

        impl Drop for Tag {
            /// As whole words: `zeroize` of an array goes byte by byte.
            fn drop(&mut self) {
                self.0 = [0; $tag];
                zeroize::optimization_barrier(&self.0);
            }
        }

        impl fmt::Debug for Tag {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("Tag(..)")
            }
        }
    };
}

pub(super) use keyed;
