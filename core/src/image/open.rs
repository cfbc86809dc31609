//! The order in which untrusted bytes become an [`Image`]: cheap before costly, signed before believed.

use core::fmt;

#[cfg(feature = "verify")]
use sha2::{Digest, Sha256};
#[cfg(feature = "verify")]
use zerocopy::FromBytes;

use super::Tag;
#[cfg(feature = "verify")]
use super::{
    Entry, FORMAT, Floor, Header, Image, Kind, MAGIC, MUST_UNDERSTAND, SECTION_ALIGN, SECTIONS_MAX, SIGNATURE_CONTEXT, SIGNED_LEN, Trust,
};

/// Why bytes are no image that may be used. Nothing of a running policy has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// Fewer bytes than a header and one directory entry have.
    TooShort {
        /// Bytes given.
        given: usize,
    },
    /// It does not begin with `CLTP`: not an image.
    Magic,
    /// A format that this version does not read.
    Format {
        /// The format given.
        given: u16,
    },
    /// An image, but of another kind.
    Kind {
        /// The kind given.
        given: u8,
        /// The kind that was asked for.
        wanted: u8,
    },
    /// The header's length is not the number of bytes given: cut off or padded.
    Length {
        /// What the header says.
        header: u64,
        /// Bytes given.
        given: usize,
    },
    /// No trusted key signed this header.
    Signature,
    /// Signed, but for another policy or feed.
    Scope,
    /// Signed, but older than what was accepted before, or another image of the same sequence.
    Rollback {
        /// The sequence given.
        given: u64,
        /// The floor's.
        floor: u64,
    },
    /// The body is not the one that was signed.
    BodyHash,
    /// A delta where a snapshot was asked for.
    Delta,
    /// The directory's entry of this index is out of order, overlaps, or leaves bytes unaccounted for.
    Directory {
        /// The entry.
        index: u8,
    },
    /// A section that must be understood, and is not.
    UnknownSection {
        /// Its tag.
        tag: Tag,
    },
    /// A section's records have another size than this version's.
    Stride {
        /// Its tag.
        tag: Tag,
    },
    /// A record says what cannot be: an index out of range, an unknown number, an order that does not hold.
    Content {
        /// The section's tag.
        tag: Tag,
    },
}

impl OpenError {
    /// A number for other languages; it never changes its meaning.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::TooShort { .. } => 1,
            Self::Magic => 2,
            Self::Format { .. } => 3,
            Self::Kind { .. } => 4,
            Self::Length { .. } => 5,
            Self::Signature => 6,
            Self::Scope => 7,
            Self::Rollback { .. } => 8,
            Self::BodyHash => 9,
            Self::Delta => 10,
            Self::Directory { .. } => 11,
            Self::UnknownSection { .. } => 12,
            Self::Stride { .. } => 13,
            Self::Content { .. } => 14,
        }
    }

    /// One word for logs and other languages.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too-short",
            Self::Magic => "magic",
            Self::Format { .. } => "format",
            Self::Kind { .. } => "kind",
            Self::Length { .. } => "length",
            Self::Signature => "signature",
            Self::Scope => "scope",
            Self::Rollback { .. } => "rollback",
            Self::BodyHash => "body-hash",
            Self::Delta => "delta",
            Self::Directory { .. } => "directory",
            Self::UnknownSection { .. } => "unknown-section",
            Self::Stride { .. } => "stride",
            Self::Content { .. } => "content",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { given } => write!(f, "{given} bytes are too few for an image: 192 are the least"),
            Self::Magic => f.write_str("not a caltrop image: it does not begin with CLTP"),
            Self::Format { given } => {
                write!(f, "image format {given}: this version reads format 1; compile the policy with the same release")
            }
            Self::Kind { given, wanted } => write!(f, "an image of kind {given} where kind {wanted} is needed (1 policy, 2 keyring)"),
            Self::Length { header, given } => write!(f, "the image says {header} bytes and has {given}: copied incompletely?"),
            Self::Signature => f.write_str("no trusted key signed this image: check the public key that the host trusts"),
            Self::Scope => f.write_str("signed for another policy or feed: check the name that the host expects"),
            Self::Rollback { given, floor } => {
                write!(f, "sequence {given} where {floor} was accepted before: compile again, which counts the sequence up")
            }
            Self::BodyHash => f.write_str("the body is not the one that was signed: the file is damaged"),
            Self::Delta => f.write_str("a delta where a snapshot is needed"),
            Self::Directory { index } => write!(f, "directory entry {index} is out of order or leaves a gap"),
            Self::UnknownSection { tag } => write!(f, "section {}: unknown, and it must be understood; use a newer release", Shown(tag)),
            Self::Stride { tag } => write!(f, "section {}: records of another size; compile with the same release", Shown(tag)),
            Self::Content { tag } => write!(f, "section {}: a record is invalid", Shown(tag)),
        }
    }
}

impl core::error::Error for OpenError {}

struct Shown<'t>(&'t Tag);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

#[cfg(feature = "verify")]
impl<'b> Image<'b> {
    /// Opens untrusted bytes as a snapshot of `kind`: shape, signature, scope, floor, body, directory, in this order.
    ///
    /// `known` are the tags that the caller reads; another section is passed over unless it says that it must be understood.
    ///
    /// # Errors
    /// [`OpenError`] says which check failed first.
    /// # Bounds
    /// One signature verification a trusted key, one SHA-256 of the body, at most 32 directory entries.
    pub fn open(bytes: &'b [u8], kind: Kind, trust: &Trust, floor: Floor, known: &[Tag]) -> Result<Self, OpenError> {
        let short = OpenError::TooShort { given: bytes.len() };
        let (header, body) = Header::ref_from_prefix(bytes).map_err(|_| short)?;
        if body.len() < size_of::<Entry>() {
            return Err(short);
        }
        check_shape(header, kind, bytes.len())?;
        let signed = bytes.first_chunk::<SIGNED_LEN>().ok_or(short)?;
        check_signature(signed, header, trust)?;
        if header.scope.get() != trust.scope {
            return Err(OpenError::Scope);
        }
        let id = Sha256::digest(signed).into();
        check_floor(header, &id, floor)?;
        let hash: [u8; 32] = Sha256::digest(body).into();
        if hash != header.body_hash {
            return Err(OpenError::BodyHash);
        }
        if header.base != [0; 32] {
            return Err(OpenError::Delta);
        }
        let (directory, _) =
            <[Entry]>::ref_from_prefix_with_elems(body, usize::from(header.sections)).map_err(|_| OpenError::Directory { index: 0 })?;
        let image = Self { bytes, header, directory, id };
        image.check_directory(known)?;
        Ok(image)
    }

    fn check_directory(&self, known: &[Tag]) -> Result<(), OpenError> {
        let mut end = size_of_val(self.header).wrapping_add(size_of_val(self.directory));
        let mut before: Option<Tag> = None;
        for (index, entry) in (0u8..).zip(self.directory) {
            let fail = OpenError::Directory { index };
            if before.is_some_and(|tag| tag >= entry.tag) || entry.stride.get() == 0 || entry.flags.get() > MUST_UNDERSTAND {
                return Err(fail);
            }
            if entry.flags.get() == MUST_UNDERSTAND && !known.contains(&entry.tag) {
                return Err(OpenError::UnknownSection { tag: entry.tag });
            }
            let start = end.checked_next_multiple_of(SECTION_ALIGN).ok_or(fail)?;
            let gap = self.bytes.get(end..start).ok_or(fail)?;
            if usize::try_from(entry.offset.get()) != Ok(start) || gap.iter().any(|&byte| byte != 0) {
                return Err(fail);
            }
            end = start.checked_add(self.slice(entry).ok_or(fail)?.len()).ok_or(fail)?;
            before = Some(entry.tag);
        }
        if end == self.bytes.len() { Ok(()) } else { Err(OpenError::Directory { index: self.header.sections }) }
    }
}

#[cfg(feature = "verify")]
fn check_shape(header: &Header, kind: Kind, given: usize) -> Result<(), OpenError> {
    if header.magic != MAGIC {
        return Err(OpenError::Magic);
    }
    if header.format.get() != FORMAT {
        return Err(OpenError::Format { given: header.format.get() });
    }
    if header.kind != kind.code() {
        return Err(OpenError::Kind { given: header.kind, wanted: kind.code() });
    }
    if header.length.get() != u64::try_from(given).unwrap_or(u64::MAX) {
        return Err(OpenError::Length { header: header.length.get(), given });
    }
    if header.sections == 0 || header.sections > SECTIONS_MAX {
        return Err(OpenError::Directory { index: header.sections });
    }
    Ok(())
}

#[cfg(feature = "verify")]
fn check_signature(signed: &[u8; SIGNED_LEN], header: &Header, trust: &Trust) -> Result<(), OpenError> {
    let mut message = [0u8; SIGNATURE_CONTEXT.len() + SIGNED_LEN];
    for (slot, byte) in message.iter_mut().zip(SIGNATURE_CONTEXT.iter().chain(signed)) {
        *slot = *byte;
    }
    let by_any = trust.keys.iter().flatten().any(|key| key.verify(&message, &header.signature).is_ok());
    if by_any { Ok(()) } else { Err(OpenError::Signature) }
}

#[cfg(feature = "verify")]
fn check_floor(header: &Header, id: &[u8; 32], floor: Floor) -> Result<(), OpenError> {
    let given = header.sequence.get();
    let passes = given > floor.sequence || (given == floor.sequence && *id == floor.id);
    if passes && given > 0 { Ok(()) } else { Err(OpenError::Rollback { given, floor: floor.sequence }) }
}
