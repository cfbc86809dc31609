//! Credentials that were taken back before their time, found by digests of their names.

use sha2::{Digest, Sha256};

use super::record::{REVOKED, RevokedRecord, what};
use crate::image::{Floor, Image, Kind, OpenError, TEXT, Tag, Text, Trust};
use crate::time::{Now, Quality};

/// A name, in pieces.
pub trait Spelled {
    /// Gives its bytes, in their order.
    fn spell(&self, take: &mut dyn FnMut(&[u8]));
}

impl Spelled for &str {
    fn spell(&self, take: &mut dyn FnMut(&[u8])) {
        take(self.as_bytes());
    }
}

/// However it is written, a text is the one that it means.
#[cfg(feature = "json")]
impl Spelled for crate::json::Text<'_> {
    fn spell(&self, take: &mut dyn FnMut(&[u8])) {
        self.chars().for_each(|char| take(char.encode_utf8(&mut [0; 4]).as_bytes()));
    }
}

/// What may be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocable<'n, N = &'n str> {
    /// An access token, by its issuer's name in the policy and its `jti`.
    Token {
        /// The issuer.
        issuer: &'n str,
        /// `jti`.
        id: N,
    },
    /// What a principal was given, by its name as the policy's rules have it.
    Principal {
        /// The name.
        name: N,
    },
    /// What a client was given.
    Client {
        /// The issuer.
        issuer: &'n str,
        /// `client_id` (RFC 9068 §2.2), or `azp`.
        id: N,
    },
    /// What an issuer signed with a key.
    SigningKey {
        /// The issuer.
        issuer: &'n str,
        /// `kid`.
        id: N,
    },
    /// An API key, by its public id.
    Key {
        /// The id.
        id: u64,
    },
}

impl<N: Spelled> Revocable<'_, N> {
    /// The number that stands in the image.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Token { .. } => what::TOKEN,
            Self::Principal { .. } => what::PRINCIPAL,
            Self::Client { .. } => what::CLIENT,
            Self::SigningKey { .. } => what::SIGNING_KEY,
            Self::Key { .. } => what::KEY,
        }
    }

    /// What stands for it: the first 16 bytes of SHA-256 of what it is, the issuer, a zero and the name. No issuer's name has a zero.
    ///
    /// ```
    /// use caltrop::access::Revocable;
    /// let digest = |issuer, id| Revocable::Token { issuer, id }.digest();
    /// assert_eq!(digest("corp", "1"), digest("corp", "1"));
    /// assert_ne!(digest("corp", "1"), digest("cor", "p1"));
    /// assert_ne!(digest("corp", "1"), Revocable::Client { issuer: "corp", id: "1" }.digest());
    /// ```
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        let mut hash = Sha256::new().chain_update(b"caltrop revoked v1").chain_update([self.code()]);
        let issuer = match self {
            Self::Token { issuer, .. } | Self::Client { issuer, .. } | Self::SigningKey { issuer, .. } => issuer,
            Self::Principal { .. } | Self::Key { .. } => "",
        };
        hash.update(issuer.as_bytes());
        hash.update([0]);
        match self {
            Self::Token { id: name, .. } | Self::Client { id: name, .. } | Self::SigningKey { id: name, .. } | Self::Principal { name } => {
                name.spell(&mut |piece| hash.update(piece));
            }
            Self::Key { id } => hash.update(id.to_le_bytes()),
        }
        let mut digest = [0; 16];
        hash.finalize().iter().zip(&mut digest).for_each(|(from, to)| *to = *from);
        digest
    }
}

/// What was taken back, as a feed brings it: signed, fresh and whole when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Revocations<'b> {
    image: Image<'b>,
    records: &'b [RevokedRecord],
    text: Text<'b>,
}

const KNOWN: &[Tag] = &[REVOKED, TEXT];

impl<'b> Revocations<'b> {
    /// Opens untrusted bytes. Nothing of it is used unless all of it is good.
    ///
    /// # Errors
    /// [`OpenError`] says which check failed first.
    /// # Bounds
    /// [`Image::open`], then one look at each record.
    pub fn open(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Self, OpenError> {
        let image = Image::open(bytes, Kind::Revocations, trust, floor, KNOWN)?;
        let (records, text) = (image.records::<RevokedRecord>(REVOKED)?, image.text()?);
        let is_known = |record: &RevokedRecord| (what::TOKEN..=what::KEY).contains(&record.what) && record.zero == [0; 3];
        let ascends = records.is_sorted_by(|one, next| one.digest < next.digest);
        if !ascends || !records.iter().all(is_known) {
            return Err(OpenError::Content { tag: REVOKED });
        }
        records.iter().try_for_each(|record| text.check(record.name, REVOKED).map(|_| ()))?;
        Ok(Self { image, records, text })
    }

    /// The image it was opened from.
    #[must_use]
    pub const fn image(&self) -> &Image<'b> {
        &self.image
    }

    /// What it holds, in the order of its digests: each with its name, as it was written for people.
    pub fn iter(&self) -> impl Iterator<Item = (&'b RevokedRecord, &'b str)> + use<'b> {
        let text = self.text;
        self.records.iter().map(move |record| (record, text.get(record.name).unwrap_or_default()))
    }

    /// Whether a credential that was issued at an instant, Unix seconds, was taken back. One that does not say when was issued before any instant.
    /// An entry whose time is over is none, once the clock can be believed.
    ///
    /// # Bounds
    /// One hash of the name, and a comparison of digests for each doubling of the list.
    #[must_use]
    pub fn has<N: Spelled>(&self, named: &Revocable<'_, N>, issued_s: Option<i64>, now: Now) -> bool {
        let digest = named.digest();
        let Ok(at) = self.records.binary_search_by(|record| record.digest.cmp(&digest)) else { return false };
        let Some(record) = self.records.get(at) else { return true };
        let (before_s, until_s) = (record.before_s.get(), u64::from(record.until_s.get()));
        let is_over = until_s != 0 && now.quality == Quality::Trusted && now.wall_s >= until_s;
        let is_meant = before_s == 0 || issued_s.is_none_or(|issued_s| issued_s < i64::from(before_s));
        record.what == named.code() && is_meant && !is_over
    }
}
