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
/// What routes ask of callers and moments besides: [`ConditionRecord`].
pub const CONDITION: Tag = *b"COND";
/// The path automaton's states; 0 is the root: [`NodeRecord`].
pub const NODE: Tag = *b"NODE";
/// Its literal edges: [`EdgeRecord`].
pub const EDGE: Tag = *b"EDGE";
/// What its states accept: [`AcceptRecord`].
pub const ACCEPT: Tag = *b"ACPT";
/// The templates as they were written, as text offsets: `U32`.
pub const TEMPLATE: Tag = *b"TMPL";

/// What was taken back, ascending by digest: [`RevokedRecord`]. It stands in images of its own.
pub const REVOKED: Tag = *b"RVKD";

/// [`RouteRecord::auth`]: no credential is looked at.
pub const AUTH_NONE: u8 = 0;
/// [`RouteRecord::auth`], a bit: an API key. The bits above are the policy's issuers, in their order.
pub const AUTH_KEY: u8 = 1;

/// [`RouteRecord::flags`]: whom it does not serve is told that there is nothing.
pub const FLAG_HIDE: u8 = 1;

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
    /// Roles in [`NAMES`], of which one is needed; none = whatever the role.
    pub roles: Span,
    /// Its [`ChargeRecord`]s, in the order of their quotas.
    pub charges: Span,
    /// The credentials of which one is needed, a bit each; [`AUTH_NONE`] if none is.
    pub auth: u8,
    /// The least TLS: 0 none, 2 = 1.2, 3 = 1.3.
    pub tls: u8,
    /// Its [`ConditionRecord`]s, all of which must hold.
    pub conditions: Span,
    /// [`FLAG_HIDE`].
    pub flags: u8,
    /// For how many of a hundred callers access, quotas and input are only reported: 0 enforces, 100 reports for all.
    pub report: u8,
    /// Zero.
    pub zero: [u8; 2],
}

const _: () = assert!(size_of::<RouteRecord>() == 50);

impl RouteRecord {
    /// Whether whom it does not serve is told that there is nothing.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        self.flags & FLAG_HIDE != 0
    }
}

/// A cost of one quota.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ChargeRecord {
    /// Index of the quota.
    pub quota: U16,
    /// Zero.
    pub zero: [u8; 2],
    /// Units; 0 = as many as the application says once the request is granted.
    pub cost: U32,
}

const _: () = assert!(size_of::<ChargeRecord>() == 8);

/// What a condition compares ([`ConditionRecord::left`], [`ConditionRecord::right`]).
pub mod operand {
    /// A segment of the path, decoded (left only).
    pub const PATH: u8 = 1;
    /// The principal's name.
    pub const PRINCIPAL: u8 = 2;
    /// The principal's tenant.
    pub const TENANT: u8 = 3;
    /// The principal's plan.
    pub const PLAN: u8 = 4;
    /// The time of the week, in UTC (left only).
    pub const TIME: u8 = 5;
    /// Some names, of which the left must be one; or, for the time, a window (right only).
    pub const ONE_OF: u8 = 6;
}

/// One condition. What has no value equals nothing.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ConditionRecord {
    /// As it was written.
    pub text: U32,
    /// With [`operand::ONE_OF`]: names in [`NAMES`], at least one; none for the time.
    pub names: Span,
    /// With [`operand::TIME`]: the window's first minute of the day, below 1,440; else 0.
    pub from: U16,
    /// With [`operand::TIME`]: the first minute after the window, at most 1,440, and on the next day if it is below `from`; else 0.
    pub to: U16,
    /// [`operand`], but `ONE_OF`.
    pub left: u8,
    /// With [`operand::PATH`]: the segment's index; else 0.
    pub segment: u8,
    /// [`operand`], but `PATH` and `TIME`.
    pub right: u8,
    /// With [`operand::TIME`]: the days on which the window begins, Monday is bit 0; else 0.
    pub days: u8,
    /// Zero.
    pub zero: [u8; 2],
}

const _: () = assert!(size_of::<ConditionRecord>() == 20);

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

/// A credential that was taken back.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RevokedRecord {
    /// What stands for its name.
    pub digest: [u8; 16],
    /// Its name, for people.
    pub name: U32,
    /// What was issued before this instant is meant, Unix seconds; 0 = whenever it was.
    pub before_s: U32,
    /// When the entry dies, Unix seconds; 0 = never.
    pub until_s: U32,
    /// See [`mod@what`].
    pub what: u8,
    /// Zero.
    pub zero: [u8; 3],
}

const _: () = assert!(size_of::<RevokedRecord>() == 32);

/// [`RevokedRecord::what`].
pub mod what {
    /// An access token.
    pub const TOKEN: u8 = 1;
    /// What a principal was given.
    pub const PRINCIPAL: u8 = 2;
    /// What a client was given.
    pub const CLIENT: u8 = 3;
    /// What was signed with a key of an issuer.
    pub const SIGNING_KEY: u8 = 4;
    /// An API key.
    pub const KEY: u8 = 5;
}
