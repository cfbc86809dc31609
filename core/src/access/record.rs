//! What a policy image holds for this room.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::image::{Span, Tag};

/// Lists of names, as text offsets: `U32`. Spans point here.
pub const NAMES: Tag = *b"NAME";
/// Routes in the order of the policy: [`RouteRecord`].
pub const ROUTE: Tag = *b"ROUT";
/// What a request to a route costs: [`ChargeRecord`].
pub const CHARGE: Tag = *b"CHRG";
/// The path automaton's states; 0 is the root: [`NodeRecord`].
pub const NODE: Tag = *b"NODE";
/// Its literal edges: [`EdgeRecord`].
pub const EDGE: Tag = *b"EDGE";
/// What its states accept: [`AcceptRecord`].
pub const ACCEPT: Tag = *b"ACPT";
/// The templates as they were written, as text offsets: `U32`.
pub const TEMPLATE: Tag = *b"TMPL";

/// [`RouteRecord::auth`]: no credential is looked at.
pub const AUTH_NONE: u8 = 0;
/// [`RouteRecord::auth`]: an API key.
pub const AUTH_KEY: u8 = 1;

/// One route and what it asks for.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RouteRecord {
    /// `name64` of its name.
    pub name64: U64,
    /// The client must be in one of these zones; 0 = anywhere.
    pub zones: U64,
    /// Its name.
    pub name: U32,
    /// Scopes in [`NAMES`], all of them needed.
    pub scopes: Span,
    /// Its [`ChargeRecord`]s, in the order of their quotas.
    pub charges: Span,
    /// [`AUTH_NONE`] or [`AUTH_KEY`].
    pub auth: u8,
    /// The least TLS: 0 none, 2 = 1.2, 3 = 1.3.
    pub tls: u8,
    /// Zero.
    pub zero: [u8; 6],
}

const _: () = assert!(size_of::<RouteRecord>() == 40);

/// A cost of one quota.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ChargeRecord {
    /// Index of the quota.
    pub quota: U16,
    /// Zero.
    pub zero: [u8; 2],
    /// Units, at least 1.
    pub cost: U32,
}

const _: () = assert!(size_of::<ChargeRecord>() == 8);

/// A state of the path automaton: what the segments read so far may still become.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct NodeRecord {
    /// Where any other non-empty segment leads; 0 = nowhere.
    pub other: U32,
    /// Its [`EdgeRecord`]s, ascending by literal.
    pub edges: Span,
    /// What a path that ends here is, most specific template first; of one template, methods in descending order, any method last.
    pub accept: Span,
}

const _: () = assert!(size_of::<NodeRecord>() == 16);

/// One literal segment; the empty one is a path's trailing slash.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EdgeRecord {
    /// The segment, decoded.
    pub literal: U32,
    /// The node it leads to.
    pub to: U32,
}

const _: () = assert!(size_of::<EdgeRecord>() == 8);

/// A method and the route it takes.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct AcceptRecord {
    /// The method, or `NO_TEXT` for any.
    pub method: U32,
    /// Index of the route.
    pub route: U16,
    /// Index of the template.
    pub template: U16,
}

const _: () = assert!(size_of::<AcceptRecord>() == 8);
