//! Keyrings: which API keys there are, and what each may do.

mod build;
mod read;

pub use build::{KeyModel, KeyState, KeyringError, build, index};
pub use read::read;

/// The public id of a key, as it stands in the key.
///
/// ```
/// assert_eq!(caltrop_control::keys::shown(61), "000000000z");
/// ```
#[must_use]
pub fn shown(id: u64) -> String {
    String::from_utf8_lossy(&caltrop::encode::base62_u64::<10>(id)).into_owned()
}
