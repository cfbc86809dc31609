//! What a policy image holds of issuers.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::image::{Span, Tag};

/// The issuers, in the order of the policy: [`IssuerRecord`].
pub const ISSUER: Tag = *b"ISSR";
/// Lists of texts of issuers, as text offsets: `U32`.
pub const ISSUER_TEXT: Tag = *b"ISTX";
/// Public keys: [`JwkRecord`].
pub const JWK: Tag = *b"JWKS";
/// The bytes of public keys.
pub const MATERIAL: Tag = *b"JWKM";

/// The most issuers of a policy.
pub const ISSUERS_MAX: usize = 7;
/// The most types of tokens that an issuer may use.
pub const TYPES_MAX: usize = 8;

/// What a host accepts of one issuer.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct IssuerRecord {
    /// Its name in the policy.
    pub name: U32,
    /// The `iss` of its tokens, in which `{tid}` stands for the claim of this name.
    pub issuer: U32,
    /// The claim that names the principal.
    pub principal: U32,
    /// The claim that names the tenant, or `NO_TEXT`.
    pub tenant: U32,
    /// The claim that names the plan, or `NO_TEXT`.
    pub plan: U32,
    /// The claim with the scopes.
    pub scopes: U32,
    /// The claim with the roles, or `NO_TEXT`.
    pub roles: U32,
    /// The audiences, in [`ISSUER_TEXT`], of which one must be a token's.
    pub audiences: Span,
    /// The types, in [`ISSUER_TEXT`].
    pub types: Span,
    /// Its keys, in [`JWK`]; none if a feed brings them.
    pub keys: Span,
    /// The algorithms, bit n for the one whose code is n.
    pub algorithms: U16,
    /// By how much its clock may differ, in seconds.
    pub leeway_s: U16,
    /// The feed of its keys, an index among those of the policy; [`NO_FEED`] = the policy has them.
    pub feed: U16,
    /// How long ago a token may have been issued, in seconds; 0 = as long as it is not expired.
    pub age_max_s: U32,
}

const _: () = assert!(size_of::<IssuerRecord>() == 56);

/// [`IssuerRecord::feed`]: none.
pub const NO_FEED: u16 = u16::MAX;

/// A public key.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct JwkRecord {
    /// Its `kid`, or `NO_TEXT`.
    pub kid: U32,
    /// Where its bytes begin in [`MATERIAL`]: of Ed25519 the point, of P-256 both coordinates, of RSA the modulus.
    pub first: U32,
    /// The public exponent of an RSA key; else 0.
    pub exponent: U32,
    /// How many bytes they are.
    pub length: U16,
    /// [`KIND_ED25519`], [`KIND_P256`] or [`KIND_RSA`].
    pub kind: u8,
    /// The code of its one algorithm; 0 = any of its kind that the issuer uses.
    pub algorithm: u8,
}

const _: () = assert!(size_of::<JwkRecord>() == 16);

/// [`JwkRecord::kind`]: Ed25519.
pub const KIND_ED25519: u8 = 1;
/// [`JwkRecord::kind`]: P-256.
pub const KIND_P256: u8 = 2;
/// [`JwkRecord::kind`]: RSA.
pub const KIND_RSA: u8 = 3;
