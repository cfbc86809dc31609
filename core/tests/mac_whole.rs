//! A message that is there whole has the tag of the same message in pieces, whatever its length.

use caltrop::mac::{self, sha384, sha512};
use proptest::prelude::*;

/// Both ways of one hash; the pieces go through RustCrypto's `Hmac`.
macro_rules! both {
    ($key:ty, $secret:expr, $message:expr, $cut:expr) => {{
        let key = <$key>::new($secret);
        let (head, tail) = $message.split_at($cut);
        let pieces = key.start().update(head).update(tail).finish();
        assert_eq!(key.sign($message).as_bytes(), pieces.as_bytes(), "{} bytes", $message.len());
        assert!(key.verify($message, pieces.as_bytes()).is_ok());
    }};
}

#[test]
fn every_length_around_a_block_gives_the_same_tag() {
    let message: Vec<u8> = (0..=255).chain(0..=255).collect();
    for len in 0..=message.len() {
        both!(mac::Key, b"secret", &message[..len], len / 3);
        both!(sha384::Key, b"secret", &message[..len], len / 3);
        both!(sha512::Key, b"secret", &message[..len], len / 3);
    }
}

proptest! {
    #[test]
    fn any_key_and_message_give_the_same_tag(
        secret in prop::collection::vec(any::<u8>(), 0..200),
        message in prop::collection::vec(any::<u8>(), 0..600),
        cut in any::<prop::sample::Index>(),
    ) {
        both!(mac::Key, &secret, &message[..], cut.index(message.len() + 1));
    }
}
