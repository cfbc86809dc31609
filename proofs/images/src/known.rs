// What the images say, for the build script that makes them and for the proofs that open them.

/// A key in both keyrings, of the length that `caltrop keys new` gives.
pub const ALICE: &str = "acme_live_0000000000yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1000000";

/// A key in both keyrings that was taken back.
pub const REVOKED: &str = "acme_live_revoked";

/// How many more keys there are: `acme_live_1` and so on, pair after pair.
pub const OTHERS: u64 = 1000;

/// Pairs of pepper and form: id, bytes, form. The small keyring uses the first alone.
pub const PEPPERS: [(u8, [u8; 32], Form); 4] =
    [(1, [1; 32], Form::Key), (2, [2; 32], Form::Key), (3, [3; 32], Form::Sha256), (4, [4; 32], Form::Sha256)];
