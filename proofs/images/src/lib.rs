//! One policy that uses every table, and a keyring under one pair of pepper and form and under four.

use caltrop::image::Trust;
use caltrop::key::Form;
use caltrop::verify::PublicKey;

include!("known.rs");

/// The policy `acme-api`.
pub static POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.cltp"));
/// 1,002 keys under one pair.
pub static KEYRING_OF_ONE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keyring-1.cltp"));
/// 1,002 keys under four pairs.
pub static KEYRING_OF_FOUR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keyring-4.cltp"));

/// Trust in who signed all of them.
pub fn trust(scope: &str) -> Trust {
    let public = include_bytes!(concat!(env!("OUT_DIR"), "/signer.pub"));
    Trust::new(scope, &[PublicKey::from_bytes(public).expect("a good key")])
}
