//! What a keyring image holds.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::image::{Span, Tag};

/// Keys, ascending by digest: [`KeyRecord`].
pub const KEY: Tag = *b"KREC";
/// `2^k + 1` ascending indices into [`KEY`]: bucket `b` of the digests' top `k` bits is `[b]..[b + 1]`: `U32`.
pub const INDEX: Tag = *b"INDX";
/// The (pepper, form) pairs in use, at most [`PAIRS_MAX`]: [`PairRecord`].
pub const PAIR: Tag = *b"PEPR";
/// Lists of names, as text offsets: `U32`.
pub const NAMES: Tag = *b"NAME";
/// Sets of scopes, ascending by bytes; the first is empty: `Span` into [`NAMES`] as [`SetRecord`].
pub const SCOPE_SET: Tag = *b"SSET";
/// Sets of zones; the first is empty and means anywhere: [`SetRecord`].
pub const ZONE_SET: Tag = *b"ZSET";
/// Plans, as text offsets; the first is the empty name, "none": `U32`.
pub const PLAN: Tag = *b"PLAN";

/// Every key shown costs one HMAC a pair, known or not: so few.
pub const PAIRS_MAX: usize = 4;

/// The most keys in one bucket of the index: all of them are compared.
pub const BUCKET_MAX: usize = 16;

/// [`KeyRecord::state`]: taken back.
pub const STATE_DENY: u8 = 0;
/// [`KeyRecord::state`]: good.
pub const STATE_ACTIVE: u8 = 1;
/// [`KeyRecord::state`]: replaced by a newer one, good until it expires.
pub const STATE_GRACE: u8 = 2;

/// [`KeyRecord::form`]: HMAC of the key.
pub const FORM_KEY: u8 = 0;
/// [`KeyRecord::form`]: HMAC of the key's SHA-256, for stores that hold only that.
pub const FORM_SHA256: u8 = 1;

/// One API key. No secret: the digest is an HMAC under a pepper that is not here.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct KeyRecord {
    /// First 16 bytes of the HMAC.
    pub digest: [u8; 16],
    /// The public id: what logs and lists show.
    pub key_id: U64,
    /// Text: whose key it is.
    pub principal: U32,
    /// Text or `NO_TEXT`: the principal's tenant.
    pub tenant: U32,
    /// Not good before this Unix second; 0 = always was.
    pub not_before: U32,
    /// Not good from this Unix second on; 0 = never expires.
    pub expires: U32,
    /// Counts up with each rotation.
    pub generation: U32,
    /// Index into [`SCOPE_SET`].
    pub scope_set: U16,
    /// Index into [`ZONE_SET`].
    pub zone_set: U16,
    /// Index into [`PLAN`].
    pub plan: U16,
    /// 0 none, 1 live, 2 test.
    pub env: u8,
    /// [`STATE_DENY`], [`STATE_ACTIVE`] or [`STATE_GRACE`].
    pub state: u8,
    /// The pepper's id.
    pub pepper: u8,
    /// [`FORM_KEY`] or [`FORM_SHA256`].
    pub form: u8,
    /// Zero.
    pub zero: [u8; 10],
}

const _: () = assert!(size_of::<KeyRecord>() == 64);

/// A pepper and a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PairRecord {
    /// The pepper's id.
    pub pepper: u8,
    /// The form.
    pub form: u8,
    /// Zero.
    pub zero: [u8; 2],
}

const _: () = assert!(size_of::<PairRecord>() == 4);

/// A set of names.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SetRecord {
    /// Its names in [`NAMES`].
    pub names: Span,
    /// Zero.
    pub zero: [u8; 2],
}

const _: () = assert!(size_of::<SetRecord>() == 8);
