//! Finding the credential of a request: one, none, or several that differ.

use super::policy::Policy;
use super::record::CredentialRecord;
use crate::image::NO_TEXT;
use crate::request::{Header, Request};

/// What a request shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown<'r> {
    /// Nothing that the policy reads.
    None,
    /// One, and what may stand in its place; shown twice, it is still one.
    One(&'r [u8], u8),
    /// Several that differ, or one beside an `Authorization` of a scheme that the policy does not read.
    Several,
}

pub(super) fn find<'r>(policy: &Policy<'_>, request: &Request<'r>) -> Shown<'r> {
    let mut shown = Shown::None;
    let mut foreign = false;
    for index in 0..request.headers.count() {
        let Some(field) = request.headers.field(index) else { break };
        let mut is_read = false;
        for credential in policy.credentials {
            let Some(value) = read(policy, credential, field) else { continue };
            is_read = true;
            shown = match shown {
                Shown::None => Shown::One(value, credential.takes),
                Shown::One(other, takes) if other == value => Shown::One(value, takes | credential.takes),
                Shown::One(..) | Shown::Several => Shown::Several,
            };
        }
        foreign |= !is_read && field.name.eq_ignore_ascii_case(b"authorization");
    }
    match shown {
        Shown::One(..) if foreign => Shown::Several,
        _ => shown,
    }
}

/// Whether a credential that the policy reads stands in a field.
pub(super) fn is_one(policy: &Policy<'_>, field: Header<'_>) -> bool {
    policy.credentials.iter().any(|credential| read(policy, credential, field).is_some())
}

/// The credential in a field, if it is the one that this record names.
fn read<'r>(policy: &Policy<'_>, credential: &CredentialRecord, field: Header<'r>) -> Option<&'r [u8]> {
    if !field.name.eq_ignore_ascii_case(policy.text.bytes(credential.header)?) {
        return None;
    }
    let value = field.value.trim_ascii();
    if credential.scheme.get() == NO_TEXT {
        return Some(value);
    }
    let scheme = policy.text.bytes(credential.scheme)?;
    let (given, rest) = value.split_at_checked(scheme.len())?;
    // RFC 9110 §11.4: the scheme is compared without regard to case, and at least one space follows.
    let [b' ', token @ ..] = rest else { return None };
    given.eq_ignore_ascii_case(scheme).then(|| token.trim_ascii())
}
