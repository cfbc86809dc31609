//! Who asks, once a credential was verified: the holder of an API key, or whom an issuer vouches for.

use crate::key::Entry;
#[cfg(feature = "token")]
use crate::name::{NAME_MAX, PRINCIPAL_MAX};

/// Who was verified.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'g> {
    /// The holder of an API key.
    Key(Entry<'g>),
    /// Whom an access token names.
    #[cfg(feature = "token")]
    Token(Bearer<'g>),
}

/// Whom an access token names: nothing of the token is needed any more.
#[cfg(feature = "token")]
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'g> {
    pub(super) issuer: &'g str,
    pub(super) principal: Name<PRINCIPAL_MAX>,
    pub(super) tenant: Option<Name<NAME_MAX>>,
    pub(super) plan: Option<&'g str>,
}

#[cfg(feature = "token")]
impl<'g> Bearer<'g> {
    /// The name of the issuer in the policy.
    #[must_use]
    pub const fn issuer(&self) -> &'g str {
        self.issuer
    }
}

impl Caller<'_> {
    /// Its name: an API key's principal, or the issuer's name in the policy, a colon and its name there. So no issuer can name another's principals,
    /// nor those of keys.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        match self {
            Self::Key(entry) => entry.principal(),
            #[cfg(feature = "token")]
            Self::Token(bearer) => bearer.principal.as_str(),
        }
    }

    /// Its tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::Key(entry) => entry.tenant(),
            #[cfg(feature = "token")]
            Self::Token(bearer) => bearer.tenant.as_ref().and_then(Name::as_str),
        }
    }

    /// Its plan; `?` for one that a token names and the policy does not have.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        match self {
            Self::Key(entry) => entry.plan(),
            #[cfg(feature = "token")]
            Self::Token(bearer) => bearer.plan,
        }
    }

    pub(super) fn principal_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Key(entry) => entry.principal_bytes(),
            #[cfg(feature = "token")]
            Self::Token(bearer) => Some(bearer.principal.as_bytes()),
        }
    }

    pub(super) fn tenant_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Key(entry) => entry.tenant_bytes(),
            #[cfg(feature = "token")]
            Self::Token(bearer) => bearer.tenant.as_ref().map(Name::as_bytes),
        }
    }

    pub(super) fn plan_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Key(entry) => entry.plan_bytes(),
            #[cfg(feature = "token")]
            Self::Token(bearer) => bearer.plan.map(str::as_bytes),
        }
    }
}

/// Visible ASCII that a decision owns.
#[cfg(feature = "token")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

#[cfg(feature = "token")]
impl<const N: usize> Name<N> {
    /// The parts, one behind the other; `None` if they are too long, or hold anything but visible ASCII.
    pub(super) fn of(parts: &[&str]) -> Option<Self> {
        let (mut bytes, mut length) = ([0; N], 0u8);
        for byte in parts.iter().flat_map(|part| part.bytes()) {
            *bytes.get_mut(usize::from(length))? = Some(byte).filter(u8::is_ascii_graphic)?;
            length = length.checked_add(1)?;
        }
        (length > 0).then_some(Self { bytes, length })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes()).ok()
    }
}
