//! What the host keeps from everyone: the peppers under which keys are stored.

use core::fmt;

use heapless::Vec;

use crate::mac;

/// The most peppers that may live at once.
pub const PEPPERS_MAX: usize = 4;

/// The host's secrets, prepared. Wiped when dropped, and never printed.
///
/// ```
/// let secrets = caltrop::Secrets::new().with_pepper(1, &[7; 32]).unwrap();
/// assert_eq!(format!("{secrets:?}"), "Secrets(..)");
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    peppers: Vec<(u8, mac::Key), PEPPERS_MAX>,
}

impl Secrets {
    /// No secrets.
    #[must_use]
    pub const fn new() -> Self {
        Self { peppers: Vec::new() }
    }

    /// Adds a pepper under the id by which keyrings call it; an id given twice keeps the later one.
    ///
    /// # Errors
    /// [`SecretsFull`]: [`PEPPERS_MAX`] are there already.
    pub fn with_pepper(mut self, id: u8, bytes: &[u8]) -> Result<Self, SecretsFull> {
        self.peppers.retain(|(held, _)| *held != id);
        self.peppers.push((id, mac::Key::new(bytes))).map_err(|_| SecretsFull)?;
        Ok(self)
    }

    /// The pepper with this id, for [`crate::key::Keyring::verify`].
    #[must_use]
    pub fn pepper(&self, id: u8) -> Option<&mac::Key> {
        self.peppers.iter().find(|(held, _)| *held == id).map(|(_, key)| key)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// There is no room for another pepper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretsFull;

impl fmt::Display for SecretsFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("at most 4 peppers live at once: retire one first")
    }
}

impl core::error::Error for SecretsFull {}
