// Read first: docs/formats.md §1.
//! The image: one signed, flat, read-only file for a policy or a feed.
//!
//! Defends against: bytes that nobody signed, an old image played back, a feed that speaks for another policy.
//! Promises: what `open` returns was signed by a live key of its role, belongs to the expected scope, is not older than the floor, and
//! has every byte accounted for. An image may lie at any address: records have alignment 1.
//! Costs: one Ed25519 verification and one SHA-256 of the body, once.
//! Not here: what sections mean. Each room owns its records and checks them when its view is made.

use core::fmt;

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

mod open;
pub use open::OpenError;

/// The first four bytes of every image.
pub const MAGIC: [u8; 4] = *b"CLTP";

/// The format that this crate reads and writes.
pub const FORMAT: u16 = 1;

/// What stands before the signed bytes 0..112, so that a signature here means nothing elsewhere.
pub const SIGNATURE_CONTEXT: &[u8; 16] = b"caltrop image v1";

/// The length of the signed part of a [`Header`].
pub const SIGNED_LEN: usize = 112;

/// The most sections that an image may have.
pub const SECTIONS_MAX: u8 = 32;

/// Sections begin at multiples of this, counted from the image's first byte.
pub const SECTION_ALIGN: usize = 16;

/// Bit 0 of [`Entry::flags`]: a reader that does not know the tag must refuse the image.
pub const MUST_UNDERSTAND: u16 = 1;

/// A text offset that means "no text".
pub const NO_TEXT: u32 = u32::MAX;

/// The tag of the section that holds every text: (length u8 ‖ bytes), one after another.
pub const TEXT: Tag = *b"TEXT";

/// The name of a section.
pub type Tag = [u8; 4];

/// What an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Routes, zones, quotas: changes with a release.
    Policy = 1,
    /// API keys.
    Keyring = 2,
    /// Prefix lists.
    Prefixes = 3,
    /// Issuers' key sets.
    Jwks = 4,
    /// What was taken back before its time.
    Revocations = 5,
}

impl Kind {
    /// The number that stands in the header.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Policy => 1,
            Self::Keyring => 2,
            Self::Prefixes => 3,
            Self::Jwks => 4,
            Self::Revocations => 5,
        }
    }

    /// The kind of this number.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Policy),
            2 => Some(Self::Keyring),
            3 => Some(Self::Prefixes),
            4 => Some(Self::Jwks),
            5 => Some(Self::Revocations),
            _ => None,
        }
    }
}

/// The first 176 bytes. Bytes 0..112 are signed; they hold the hash of all that follows the header.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 4],
    /// [`FORMAT`].
    pub format: U16,
    /// [`Kind::code`].
    pub kind: u8,
    /// Entries in the directory, 1 to [`SECTIONS_MAX`].
    pub sections: u8,
    /// Bytes of the whole image.
    pub length: U64,
    /// `name64` of `policy` or of `policy/feed`.
    pub scope: U64,
    /// Counts up from 1 with each image of its scope.
    pub sequence: U64,
    /// When it was made, Unix seconds.
    pub created: U64,
    /// When it stops being good, Unix seconds; 0 = never.
    pub not_after: U64,
    /// The id of the snapshot that a delta extends; all zero = this is a snapshot.
    pub base: [u8; 32],
    /// SHA-256 of bytes 176 to the end.
    pub body_hash: [u8; 32],
    /// Ed25519 over [`SIGNATURE_CONTEXT`] ‖ bytes 0..112.
    pub signature: [u8; 64],
}

const _: () = assert!(size_of::<Header>() == 176 && align_of::<Header>() == 1);

/// One line of the directory behind the header.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Entry {
    /// The section's name; entries ascend by it.
    pub tag: Tag,
    /// Its first byte, from the start of the image.
    pub offset: U32,
    /// Its length in bytes.
    pub length: U32,
    /// The size of one record.
    pub stride: U16,
    /// [`MUST_UNDERSTAND`] or 0.
    pub flags: U16,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// A run of records in one named section.
#[derive(Debug, Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Span {
    /// Index of the first record.
    pub first: U32,
    /// How many.
    pub count: U16,
}

impl Span {
    /// The records of `all` that it names; empty if it runs past the end, which a checked image never does.
    #[must_use]
    pub fn of<T>(self, all: &[T]) -> &[T] {
        self.range().and_then(|range| all.get(range)).unwrap_or_default()
    }

    /// Whether it stays within `len` records.
    #[must_use]
    pub fn fits(self, len: usize) -> bool {
        self.range().is_some_and(|range| range.end <= len)
    }

    fn range(self) -> Option<core::ops::Range<usize>> {
        let first = usize::try_from(self.first.get()).ok()?;
        Some(first..first.checked_add(usize::from(self.count.get()))?)
    }
}

/// Who may sign an image of one scope: at most two live keys, so that a signer can be changed without a gap.
///
/// ```
/// # use caltrop::{image::Trust, verify::PublicKey};
/// # let key = PublicKey::from_bytes(&[0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
/// #     0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a]).unwrap();
/// let trust = Trust::new("acme-api", &[key]);
/// # let _ = trust;
/// ```
#[cfg(feature = "verify")]
#[derive(Debug, Clone, Copy)]
pub struct Trust {
    scope: u64,
    keys: [Option<crate::verify::PublicKey>; 2],
}

#[cfg(feature = "verify")]
impl Trust {
    /// Trusts the first two of `keys` for images of the scope with this name (`policy`, or `policy/feed`).
    #[must_use]
    pub fn new(scope: &str, keys: &[crate::verify::PublicKey]) -> Self {
        Self::of_scope(crate::name::name64(scope), [keys.first().copied(), keys.get(1).copied()])
    }

    pub(crate) const fn of_scope(scope: u64, keys: [Option<crate::verify::PublicKey>; 2]) -> Self {
        Self { scope, keys }
    }
}

/// The newest image that a host has accepted. The host keeps it where an attacker cannot turn it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Floor {
    /// Its sequence.
    pub sequence: u64,
    /// Its id.
    pub id: [u8; 32],
}

impl Floor {
    /// Nothing accepted yet: every sequence from 1 passes.
    pub const NONE: Self = Self { sequence: 0, id: [0; 32] };
}

/// An image that was signed, fresh and whole when it was opened. Only [`Image::open`] makes one.
#[derive(Clone, Copy)]
pub struct Image<'b> {
    bytes: &'b [u8],
    header: &'b Header,
    directory: &'b [Entry],
    id: [u8; 32],
}

impl<'b> Image<'b> {
    /// SHA-256 of the signed bytes: what names this image in audit events and floors.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &'b Header {
        self.header
    }

    /// What the host should keep once it has put this image into use.
    #[must_use]
    pub const fn floor(&self) -> Floor {
        Floor { sequence: self.header.sequence.get(), id: self.id }
    }

    /// Whether `not_after` lies before `wall_s`.
    #[must_use]
    pub const fn is_expired(&self, wall_s: u64) -> bool {
        let end = self.header.not_after.get();
        end != 0 && wall_s > end
    }

    /// How long before `wall_s` it was made, in seconds; 0 for one that was made after it.
    #[must_use]
    pub const fn age_s(&self, wall_s: u64) -> u64 {
        wall_s.saturating_sub(self.header.created.get())
    }

    /// The records of a section, none if it is absent.
    ///
    /// # Errors
    /// [`OpenError::Stride`]: the section's records have another size, or the last one is cut.
    pub fn records<T>(&self, tag: Tag) -> Result<&'b [T], OpenError>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        let Some(entry) = self.directory.iter().find(|entry| entry.tag == tag) else { return Ok(&[]) };
        let fail = OpenError::Stride { tag };
        if usize::from(entry.stride.get()) != size_of::<T>() {
            return Err(fail);
        }
        let bytes = self.slice(entry).ok_or(fail)?;
        <[T]>::ref_from_bytes(bytes).map_err(|_| fail)
    }

    /// The texts.
    ///
    /// # Errors
    /// [`OpenError::Stride`]: the section's stride is not 1.
    pub fn text(&self) -> Result<Text<'b>, OpenError> {
        self.records::<u8>(TEXT).map(Text)
    }

    fn slice(&self, entry: &Entry) -> Option<&'b [u8]> {
        let first = usize::try_from(entry.offset.get()).ok()?;
        let end = first.checked_add(usize::try_from(entry.length.get()).ok()?)?;
        self.bytes.get(first..end)
    }
}

impl fmt::Debug for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("header", self.header).finish_non_exhaustive()
    }
}

/// The texts of an image, each found by its offset.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'b>(&'b [u8]);

impl<'b> Text<'b> {
    /// The bytes of the text at `offset`; `None` for [`NO_TEXT`] or an offset that a checked image never holds.
    #[must_use]
    pub fn bytes(&self, offset: U32) -> Option<&'b [u8]> {
        let from = usize::try_from(offset.get()).ok()?;
        let (len, rest) = self.0.get(from..)?.split_first()?;
        rest.get(..usize::from(*len))
    }

    /// The text at `offset` as UTF-8.
    #[must_use]
    pub fn get(&self, offset: U32) -> Option<&'b str> {
        core::str::from_utf8(self.bytes(offset)?).ok()
    }

    /// Checks a text that must be there.
    ///
    /// # Errors
    /// [`OpenError::Content`] naming `tag`, the section that points at it.
    pub fn check(&self, offset: U32, tag: Tag) -> Result<&'b str, OpenError> {
        self.get(offset).ok_or(OpenError::Content { tag })
    }

    /// Checks a name, or another text that is written into header fields, which it must not end: visible ASCII and spaces.
    ///
    /// # Errors
    /// As [`Text::check`].
    pub fn check_name(&self, offset: U32, tag: Tag) -> Result<&'b str, OpenError> {
        let name = self.check(offset, tag)?;
        if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) { Ok(name) } else { Err(OpenError::Content { tag }) }
    }

    /// Checks a name that may be [`NO_TEXT`].
    ///
    /// # Errors
    /// As [`Text::check`].
    pub fn check_optional(&self, offset: U32, tag: Tag) -> Result<Option<&'b str>, OpenError> {
        if offset.get() == NO_TEXT { Ok(None) } else { self.check_name(offset, tag).map(Some) }
    }
}
