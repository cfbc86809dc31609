// Read first: docs/formats.md §8 (tokens); each webhook file names its vendor's page.
//! What others signed under a shared secret: webhooks of known vendors, and tokens of our own for links and sessions.
//!
//! Defends against: a message made or changed by a stranger; one that is shown again when its time is over; a token of one use taken for
//! another; a header that two readers understand differently; a secret that was never set (an empty one is refused when it is read).
//! Promises: every secret is tried against every signature in constant time; headers are read strictly and bounded; a body may come in
//! pieces; nothing with a date is good while the wall clock cannot be believed.
//! Costs: a webhook is one HMAC a secret, at most 4, and 1 KiB of stack; a token is one HMAC and no memory but the caller's.
//! Not here: whether a message was seen before within its window, and what it says.
//!
//! A reason is for the operator. The caller is told no more than "no".

mod check;
mod github;
mod secret;
mod slack;
mod standard;
mod stripe;
mod token;
mod window;

pub use check::{Check, SIGNATURES_MAX, WebhookReason};
pub use github::github;
pub use secret::{SECRETS_MAX, SecretError, SharedSecrets};
pub use slack::slack;
pub use standard::standard;
pub use stripe::stripe;
pub use token::{CLAIMS_MAX, Claims, IssueError, KEY_MIN, TOKEN_MAX, TokenKey, TokenReason, Tokens, TokensError, WeakKey, token_len};
pub use window::Window;
