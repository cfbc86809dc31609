//! Feeds: what changes by the minute, who signs it, where it is fetched.

/// What a feed's images hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedKind {
    /// API keys.
    Keyring,
    /// Networks.
    Prefixes,
    /// Keys of an issuer.
    Jwks,
    /// What was taken back before its time.
    Revocations,
}

/// A feed and who may sign it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// What its images hold.
    pub kind: FeedKind,
    /// One or two public keys.
    pub signers: Vec<[u8; 32]>,
    /// When its image is too old; `None` = never.
    pub stale: Option<Stale>,
    /// Where its content is fetched: of keys of an issuer, and of them alone.
    pub fetch: Option<Fetch>,
}

/// Where the content of a feed is fetched, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// An `https` URL, or an `http` one of this host.
    pub url: String,
    /// How many seconds pass at least before it is fetched once more because somebody asks, 1 to a day.
    pub cooldown_s: u32,
}

/// When an image is too old, and what then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    /// The most that it may be, in seconds, at least 1.
    pub after_s: u32,
    /// Whether what hangs on it is refused then.
    pub deny: bool,
}
