//! Why a signed request is not good.

use super::super::field::FieldFault;
use super::super::window::Untimely;

/// Why a signed request is not good: for the operator, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureReason {
    /// `Signature-Input`, `Signature` or a `Content-Digest` that is covered is not there.
    Missing,
    /// One of these fields is there twice.
    Repeated,
    /// One of them is too long, or not written as the profile writes it.
    Malformed,
    /// More than one signature.
    Several,
    /// Other components are covered than those of the profile, or in another order.
    Components,
    /// There is a body, and the signature does not cover its digest.
    Uncovered,
    /// `Content-Digest` has no `sha-256`.
    Digest,
    /// Method, authority or target are too long, or none that the profile covers.
    Request,
    /// It names an algorithm that is not the key's.
    Algorithm,
    /// It was signed for another use: its `tag` is not the one that is asked for.
    Tag,
    /// It was signed longer ago than is tolerated.
    Stale,
    /// It was signed in a future that no leeway allows.
    Future,
    /// Its own `expires` is over.
    Expired,
    /// The clock cannot be trusted, and every signature has a date.
    Clock,
    /// The key did not sign this: forged, changed on the way, or signed under another key.
    Forged,
}

impl SignatureReason {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Missing,
        Self::Repeated,
        Self::Malformed,
        Self::Several,
        Self::Components,
        Self::Uncovered,
        Self::Digest,
        Self::Request,
        Self::Algorithm,
        Self::Tag,
        Self::Stale,
        Self::Future,
        Self::Expired,
        Self::Clock,
        Self::Forged,
    ];

    /// One word for a log.
    ///
    /// ```
    /// assert_eq!(caltrop::signed::SignatureReason::Uncovered.word(), "uncovered");
    /// ```
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Malformed => "malformed",
            Self::Several => "several",
            Self::Components => "components",
            Self::Uncovered => "uncovered",
            Self::Digest => "digest",
            Self::Request => "request",
            Self::Algorithm => "algorithm",
            Self::Tag => "tag",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Expired => "expired",
            Self::Clock => "clock",
            Self::Forged => "forged",
        }
    }
}

impl From<FieldFault> for SignatureReason {
    fn from(fault: FieldFault) -> Self {
        match fault {
            FieldFault::Missing => Self::Missing,
            FieldFault::Repeated => Self::Repeated,
            FieldFault::TooLong => Self::Malformed,
        }
    }
}

impl From<Untimely> for SignatureReason {
    fn from(untimely: Untimely) -> Self {
        match untimely {
            Untimely::Stale => Self::Stale,
            Untimely::Future => Self::Future,
            Untimely::Clock => Self::Clock,
        }
    }
}
