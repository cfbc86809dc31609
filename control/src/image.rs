// Read first: docs/formats.md §1.
//! Writing images: sections in order, a directory before them, one signature over the header.
//!
//! Promises: the same sections, stamp and key give the same bytes.

use caltrop::image::{Entry, FORMAT, Header, Kind, MAGIC, MUST_UNDERSTAND, SECTION_ALIGN, SIGNATURE_CONTEXT, SIGNED_LEN, Tag};
use caltrop::name::name64;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use zerocopy::{Immutable, IntoBytes};

/// What distinguishes an image from the others of its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Counts up from 1.
    pub sequence: u64,
    /// When it was made, Unix seconds.
    pub created_s: u64,
    /// When it stops being good, Unix seconds; 0 = never.
    pub not_after_s: u64,
}

struct Section {
    tag: Tag,
    stride: u16,
    bytes: Vec<u8>,
}

/// An image on its way.
///
/// ```
/// use caltrop_control::image::{ImageWriter, Stamp};
/// use caltrop::{image::{Floor, Image, Kind, Trust}, verify::PublicKey};
/// let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
/// let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
/// let bytes = ImageWriter::new(Kind::Keyring, "acme-api/keys").records(*b"TEXT", b"\x02hi").finish(&signer, stamp);
/// let trust = Trust::new("acme-api/keys", &[PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap()]);
/// let image = Image::open(&bytes, Kind::Keyring, &trust, Floor::NONE, &[*b"TEXT"]).unwrap();
/// assert_eq!(image.text().unwrap().get(0.into()), Some("hi"));
/// ```
pub struct ImageWriter {
    kind: Kind,
    scope: u64,
    sections: Vec<Section>,
}

impl ImageWriter {
    /// An image of this kind for a scope: `policy`, or `policy/feed`.
    #[must_use]
    pub fn new(kind: Kind, scope: &str) -> Self {
        Self { kind, scope: name64(scope), sections: Vec::new() }
    }

    /// Adds a section of records. An empty one is left out: readers take an absent section as empty.
    #[must_use]
    pub fn records<T: IntoBytes + Immutable>(self, tag: Tag, records: &[T]) -> Self {
        let stride = u16::try_from(size_of::<T>()).expect("records are small: their sizes are asserted in the core");
        self.raw(tag, stride, records.as_bytes())
    }

    /// Adds a section of records of `stride` bytes each, laid out already.
    #[must_use]
    pub fn raw(mut self, tag: Tag, stride: u16, bytes: &[u8]) -> Self {
        if !bytes.is_empty() {
            self.sections.push(Section { tag, stride, bytes: bytes.to_vec() });
        }
        self
    }

    /// Lays the sections out and signs.
    ///
    /// # Panics
    /// With over 32 sections, none, two of one tag, or 4 GiB: errors of the program, not of its input.
    #[must_use]
    pub fn finish(mut self, signer: &SigningKey, stamp: Stamp) -> Vec<u8> {
        self.sections.sort_by_key(|section| section.tag);
        assert!(self.sections.windows(2).all(|pair| pair[0].tag != pair[1].tag), "each tag once");
        let count = u8::try_from(self.sections.len()).ok().filter(|count| (1..=32).contains(count)).expect("1 to 32 sections");
        let mut offset = size_of::<Header>() + self.sections.len() * size_of::<Entry>();
        let mut body = Vec::new();
        let mut blobs = Vec::new();
        for section in &self.sections {
            let start = offset.next_multiple_of(SECTION_ALIGN);
            blobs.resize(blobs.len() + (start - offset), 0);
            blobs.extend_from_slice(&section.bytes);
            let entry = Entry {
                tag: section.tag,
                offset: u32::try_from(start).expect("an image is under 4 GiB").into(),
                length: u32::try_from(section.bytes.len()).expect("an image is under 4 GiB").into(),
                stride: section.stride.into(),
                flags: MUST_UNDERSTAND.into(),
            };
            body.extend_from_slice(entry.as_bytes());
            offset = start + section.bytes.len();
        }
        body.extend_from_slice(&blobs);
        let mut header = Header {
            magic: MAGIC,
            format: FORMAT.into(),
            kind: self.kind.code(),
            sections: count,
            length: u64::try_from(offset).expect("usize fits").into(),
            scope: self.scope.into(),
            sequence: stamp.sequence.into(),
            created: stamp.created_s.into(),
            not_after: stamp.not_after_s.into(),
            base: [0; 32],
            body_hash: Sha256::digest(&body).into(),
            signature: [0; 64],
        };
        header.signature = signer.sign(&signed_message(&header)).to_bytes();
        [header.as_bytes(), &body].concat()
    }
}

/// What a signature is over.
#[must_use]
pub fn signed_message(header: &Header) -> Vec<u8> {
    [&SIGNATURE_CONTEXT[..], &header.as_bytes()[..SIGNED_LEN]].concat()
}
