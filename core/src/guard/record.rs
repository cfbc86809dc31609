//! What a policy image holds for the guard itself.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::image::Tag;

/// The policy as a whole: one [`PolicyRecord`].
pub const POLICY: Tag = *b"PLCY";
/// Where credentials stand: [`CredentialRecord`].
pub const CREDENTIAL: Tag = *b"CRED";
/// The feeds and who signs them: [`FeedRecord`].
pub const FEED: Tag = *b"FEED";
/// The origins whose pages may read answers, as text offsets: `U32`.
pub const ORIGIN: Tag = *b"ORIG";
/// Fields of every answer: [`FieldRecord`].
pub const FIELD: Tag = *b"HDRS";
/// Which line of policy.toml made what; tools read it, the guard does not: [`LineRecord`].
pub const LINE: Tag = *b"LINE";

/// [`PolicyRecord::forwarded`]: no field is believed.
pub const FORWARDED_NONE: u8 = 0;
/// [`PolicyRecord::forwarded`]: `X-Forwarded-For`.
pub const FORWARDED_X: u8 = 1;
/// [`PolicyRecord::forwarded`]: `Forwarded` (RFC 7239).
pub const FORWARDED_RFC7239: u8 = 2;

/// [`PolicyRecord::flags`]: a Unix-socket peer is a trusted proxy.
pub const FLAG_UNIX_PROXY: u8 = 1;
/// [`PolicyRecord::flags`]: a policy or feed past its `not_after` denies everything; without it, it is kept.
pub const FLAG_DENY_EXPIRED: u8 = 2;

/// [`PolicyRecord::flags`]: credentials are not for the application behind.
pub const FLAG_STRIP: u8 = 4;

/// [`PolicyRecord::flags`]: everything but the shape is only reported.
pub const FLAG_REPORT: u8 = 8;

/// The most [`FieldRecord`]s: with names of at most 64 bytes and values of at most 255, an answer stays below 8 KiB.
pub const FIELDS_MAX: usize = 16;

/// One record a policy.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PolicyRecord {
    /// Mask of the zone whose addresses may speak for others.
    pub proxies: U64,
    /// Mask of the zones that are refused.
    pub deny: U64,
    /// Mask of the zones that `deny` never refuses.
    pub never_deny: U64,
    /// Its name.
    pub name: U32,
    /// The feed of API keys, an index into [`FEED`]; `u32::MAX` = none.
    pub keyring: U32,
    /// Words of the rate table that a new state gets, a multiple of 8.
    pub slots: U32,
    /// Events that the audit ring of a new state holds, a power of two.
    pub audit_slots: U32,
    /// One allowed request in this many becomes an event; 0 = none.
    pub allow_every: U32,
    /// The longest request target, in bytes.
    pub target_max: U32,
    /// The longest header field, name and value together, in bytes.
    pub field_max: U32,
    /// The most bytes of all header fields together.
    pub fields_total_max: U32,
    /// The most header fields.
    pub fields_max: U16,
    /// [`FORWARDED_NONE`], [`FORWARDED_X`] or [`FORWARDED_RFC7239`].
    pub forwarded: u8,
    /// The least TLS where no route says otherwise: 0 none, 2 = 1.2, 3 = 1.3.
    pub tls: u8,
    /// [`FLAG_UNIX_PROXY`], [`FLAG_DENY_EXPIRED`], [`FLAG_STRIP`], [`FLAG_REPORT`].
    pub flags: u8,
    /// Zero.
    pub zero: [u8; 3],
    /// Seconds after which a new state takes a request for ended, or up to half as long again; at least 1.
    pub lease_s: U32,
}

const _: () = assert!(size_of::<PolicyRecord>() == 68);

/// A header field in which a credential may stand.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct CredentialRecord {
    /// The field's name, lower case.
    pub header: U32,
    /// The authentication scheme before the credential (`Bearer`), or `NO_TEXT`: the whole value is the credential.
    pub scheme: U32,
    /// [`TAKES_KEY`], [`TAKES_TOKEN`].
    pub takes: u8,
    /// Zero.
    pub zero: [u8; 3],
}

const _: () = assert!(size_of::<CredentialRecord>() == 12);

/// [`CredentialRecord::takes`]: API keys.
pub const TAKES_KEY: u8 = 1;
/// [`CredentialRecord::takes`]: access tokens.
pub const TAKES_TOKEN: u8 = 2;

/// A field of every answer.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FieldRecord {
    /// Its name, lower case.
    pub name: U32,
    /// Its value.
    pub value: U32,
    /// [`ON_ALL`] or [`ON_TLS`].
    pub on: u8,
    /// Zero.
    pub zero: [u8; 3],
}

const _: () = assert!(size_of::<FieldRecord>() == 12);

/// [`FieldRecord::on`]: every answer.
pub const ON_ALL: u8 = 0;
/// [`FieldRecord::on`]: answers over TLS, as RFC 6797 §7.2 has it.
pub const ON_TLS: u8 = 1;

/// A feed of this policy.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FeedRecord {
    /// `name64` of `policy/feed`.
    pub scope: U64,
    /// Its name, without the policy's.
    pub name: U32,
    /// From this age on, in seconds, its image is stale; 0 = never.
    pub stale_s: U32,
    /// The kind of its images.
    pub kind: u8,
    /// [`STALE_KEEP`] or [`STALE_DENY`].
    pub on_stale: u8,
    /// The zone of the addresses that it lists, an index; [`NO_ZONE`] of other kinds.
    pub zone: u8,
    /// Zero.
    pub zero: u8,
    /// Of keys of issuers, how many seconds pass at least before they are asked for once more, 1 to [`COOLDOWN_MAX_S`]; of other kinds 0.
    pub cooldown_s: U32,
    /// Who may sign it; the second all zero if there is one signer.
    pub signers: [[u8; 32]; 2],
}

const _: () = assert!(size_of::<FeedRecord>() == 88);

/// [`FeedRecord::zone`]: none.
pub const NO_ZONE: u8 = u8::MAX;

/// The most of [`FeedRecord::cooldown_s`]: a day.
pub const COOLDOWN_MAX_S: u32 = 86_400;

/// The most feeds of prefixes: each is looked up for each request.
pub const LISTS_MAX: usize = 4;

/// [`FeedRecord::on_stale`]: a stale image goes on deciding.
pub const STALE_KEEP: u8 = 0;
/// [`FeedRecord::on_stale`]: what hangs on a stale image is refused.
pub const STALE_DENY: u8 = 1;

/// Where in policy.toml something was said.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct LineRecord {
    /// What: see [`mod@line`].
    pub what: u8,
    /// Zero.
    pub zero: u8,
    /// Its index in its section.
    pub index: U16,
    /// The line, from 1.
    pub line: U32,
}

const _: () = assert!(size_of::<LineRecord>() == 8);

/// What a [`LineRecord`] speaks of.
pub mod line {
    /// A route.
    pub const ROUTE: u8 = 1;
    /// A quota.
    pub const QUOTA: u8 = 2;
    /// A zone.
    pub const ZONE: u8 = 3;
    /// A template.
    pub const TEMPLATE: u8 = 4;
    /// A feed.
    pub const FEED: u8 = 5;
    /// `[network] tls` (index 0), `deny` (1), `never-deny` (2), `proxies` (3), `forwarded` (4), `cors` (5).
    pub const NETWORK: u8 = 6;
    /// `[auth.key]`.
    pub const AUTH: u8 = 7;
}
