// Read first: docs/formats.md §8 (tokens) and §9 (requests); each webhook file names its vendor's page.
//! What others signed: webhooks of known vendors, requests under a fixed profile of RFC 9421, and tokens of our own for links and sessions.
//!
//! Defends against: a message made or changed by a stranger; one that is shown again when its time is over; a token of one use taken for
//! another; a header that two readers understand differently; a secret that was never set (an empty one is refused when it is read).
//! Promises: every secret is tried against every signature in constant time; headers are read strictly and bounded; a body may come in
//! pieces; nothing with a date is good while the wall clock cannot be believed.
//! Costs: a webhook is one HMAC a secret, at most 4, and 1 KiB of stack; a token is one HMAC and no memory but the caller's; a request is one HMAC, or
//! one check of Ed25519 (feature `verify`), and one hash of its body.
//! Not here: whether a message was seen before within its window, and what it says.
//!
//! A reason is for the operator. The caller is told no more than "no".

mod check;
mod field;
mod github;
mod request;
mod secret;
mod slack;
mod standard;
mod stripe;
mod token;
mod window;

pub use check::{Check, SIGNATURES_MAX, WebhookReason};
pub use github::github;
pub use request::{
    AUTHORITY_MAX, Body, Components, DIGEST_FIELD_MAX, DIGEST_LEN, DigestCheck, DigestField, KEYID_MAX, METHOD_MAX, NONCE_MAX, NonceError,
    Profile, RequestKey, RequestSecret, SERVER_NONCE_LEN, SIGNATURE_INPUT_MAX, SIGNATURE_MAX, Scheme, ServerNonce, ServerNonces, SignError,
    SignatureReason, SignedFields, SignedRequest, Signer, SigningKey, TAG_MAX, TARGET_MAX, Verified, WrongBody, content_digest,
    request_secret,
};
pub use secret::{SECRETS_MAX, SecretError, SharedSecrets};
pub use slack::slack;
pub use standard::standard;
pub use stripe::stripe;
pub use token::{CLAIMS_MAX, Claims, IssueError, KEY_MIN, TOKEN_MAX, TokenKey, TokenReason, Tokens, TokensError, WeakKey, token_len};
pub use window::Window;
