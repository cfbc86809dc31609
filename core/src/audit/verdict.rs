//! What a check says of a request, and what a decision comes to.

use super::Reason;

/// The answer of a check. That it would have refused is an answer of its own: the request passes, and the operator is told.
///
/// ```
/// use caltrop::audit::{Reason, Verdict};
/// assert_eq!((Verdict::Deny(Reason::Scope).status(), Verdict::WouldDeny(Reason::Scope).status()), (403, 200));
/// assert_eq!(Verdict::WouldDeny(Reason::Scope).reason(), Some(Reason::Scope));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// It passes.
    #[default]
    Pass,
    /// It is refused.
    Deny(Reason),
    /// It passes only because the rule is in report mode.
    WouldDeny(Reason),
}

impl Verdict {
    /// Why it was, or would have been, refused.
    #[must_use]
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Pass => None,
            Self::Deny(reason) | Self::WouldDeny(reason) => Some(reason),
        }
    }

    /// Whether the request may pass.
    #[must_use]
    pub const fn passes(self) -> bool {
        !matches!(self, Self::Deny(_))
    }

    /// The HTTP status: 200 for what passes.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Pass | Self::WouldDeny(_) => 200,
            Self::Deny(reason) => reason.status(),
        }
    }
}
