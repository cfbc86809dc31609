// Read first: RFC 9421 §2.2 (derived components), §2.3 and §2.5 (parameters, the base), §3.2 (verifying); RFC 9530 §2; docs/formats.md §9.
//! Signed requests: one fixed profile of HTTP Message Signatures (RFC 9421).
//!
//! ```text
//! Signature-Input: sig1=("@method" "@authority" "@path" "@query" "content-digest");created=1618884473;nonce="Zk2v";keyid="k7"
//! Signature:       sig1=:<base64 of an HMAC-SHA-256 or Ed25519 signature over these components and this line>:
//! Content-Digest:  sha-256=:<base64>:                     only if there is a body, and then both covered and required
//! ```
//! Defends against: a request that is changed, sent elsewhere, or shown again; a signer who leaves out what the server acts on; a field that two
//! readers understand differently; an algorithm that the sender chooses.
//! Promises: what is covered is always the same, in the same order, so there is nothing to be talked out of; a body that was not covered is refused
//! before it is read, and one byte of it that was not announced afterwards; the key alone says which algorithm counts.
//! Costs: nothing is allocated; HMAC takes the components in pieces, Ed25519 copies them into 4 KiB of stack; a body is hashed as it comes.
//! Not here: whose key it is (the host looks `keyid` up between the two steps), and whether the nonce was seen before: [`Verified`] says what must be
//! remembered and until when, and the room `replay` remembers it.
//!
//! Two steps: [`Profile::read`] says who claims to have signed, [`SignedRequest::verify`] whether it was so; then the body goes through
//! [`DigestCheck`]. The other side is [`Signer`].

mod base;
mod components;
mod digest;
mod input;
mod nonce;
mod reason;
mod secret;
mod signer;
mod verify;

pub use components::{AUTHORITY_MAX, Components, METHOD_MAX, Scheme, TARGET_MAX};
pub use digest::{DIGEST_FIELD_MAX, DIGEST_LEN, DigestCheck, DigestField, WrongBody, content_digest};
pub use input::{KEYID_MAX, NONCE_MAX, TAG_MAX};
pub use nonce::{NonceError, SERVER_NONCE_LEN, ServerNonce, ServerNonces};
pub use reason::SignatureReason;
pub use secret::{RequestSecret, request_secret};
pub use signer::{SIGNATURE_INPUT_MAX, SIGNATURE_MAX, SignError, SignedFields, Signer, SigningKey};
pub use verify::{Body, Profile, RequestKey, SignedRequest, Verified};
