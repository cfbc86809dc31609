//! The one header field of a name.

use crate::request::Headers;

/// Why a field is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldFault {
    Missing,
    Repeated,
    TooLong,
}

/// The one field of this name, of at most so many bytes. Of two, a proxy may have shown the other one to somebody else.
pub(super) fn only<'h>(headers: &'h dyn Headers, name: &[u8], max: usize) -> Result<&'h [u8], FieldFault> {
    let mut found = None;
    for field in (0..headers.count()).filter_map(|index| headers.field(index)) {
        if field.name.eq_ignore_ascii_case(name) && found.replace(field.value).is_some() {
            return Err(FieldFault::Repeated);
        }
    }
    let value = found.ok_or(FieldFault::Missing)?;
    if value.len() <= max { Ok(value) } else { Err(FieldFault::TooLong) }
}
