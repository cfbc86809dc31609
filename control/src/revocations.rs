//! What was taken back before its time, on its way into a feed.

use caltrop::access::record::{REVOKED, RevokedRecord};
use caltrop::access::{Revocable, Revocations};
use caltrop::image::{Kind, TEXT};

use crate::image::ImageWriter;
use crate::text::{TextError, TextPool};

/// The longest name that is kept for people; what stands for it is of the whole name.
const NAME_MAX: usize = 255;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What stands for it.
    pub digest: [u8; 16],
    /// What it is: see [`what`](caltrop::access::record::what).
    pub what: u8,
    /// Its name, for people.
    pub name: String,
    /// What was issued before this instant is meant, Unix seconds; 0 = whenever it was.
    pub before_s: u32,
    /// When it dies, Unix seconds; 0 = never.
    pub until_s: u32,
}

impl Entry {
    /// An entry for something that may be taken back, and what people call it.
    #[must_use]
    pub fn new(named: &Revocable<'_>, name: &str, before_s: u32, until_s: u32) -> Self {
        let name = name.char_indices().take_while(|(at, char)| at + char.len_utf8() <= NAME_MAX).map(|(_, char)| char).collect();
        Self { digest: named.digest(), what: named.code(), name, before_s, until_s }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now_s: u64) -> bool {
        self.until_s != 0 && now_s >= u64::from(self.until_s)
    }
}

/// The entries of an image.
#[must_use]
pub fn read(list: &Revocations<'_>) -> Vec<Entry> {
    let entry = |(record, name): (&RevokedRecord, &str)| Entry {
        digest: record.digest,
        what: record.what,
        name: name.to_owned(),
        before_s: record.before_s.get(),
        until_s: record.until_s.get(),
    };
    list.iter().map(entry).collect()
}

/// The image of entries, but for its stamp and signature; the scope is `POLICY/FEED`. Of two for one thing the later one is taken.
///
/// ```
/// use caltrop::access::{Revocable, Revocations};
/// use caltrop::{Now, image::{Floor, Trust}, time::Quality, verify::PublicKey};
/// use caltrop_control::{image::Stamp, revocations::{Entry, image}};
/// let named = Revocable::Token { issuer: "corp", id: "4711" };
/// let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
/// let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
/// let bytes = image("acme-api/gone", &[Entry::new(&named, "4711", 0, 1_796_003_600)]).unwrap().finish(&signer, stamp);
/// let trust = Trust::new("acme-api/gone", &[PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap()]);
/// let list = Revocations::open(&bytes, &trust, Floor::NONE).unwrap();
/// let at = |wall_s| Now { wall_s, quality: Quality::Trusted, ..Now::default() };
/// assert!(list.has(&named, None, at(1_796_000_000)) && !list.has(&named, None, at(1_796_003_600)));
/// assert!(!list.has(&Revocable::Token { issuer: "corp", id: "4712" }, None, at(1_796_000_000)));
/// ```
///
/// # Errors
/// [`TextError`]: all names together pass 4 GiB.
pub fn image(scope: &str, entries: &[Entry]) -> Result<ImageWriter, TextError> {
    let mut text = TextPool::default();
    // There is always something to sign, and an empty list is one.
    text.intern("")?;
    let record = |entry: &Entry| {
        Ok(RevokedRecord {
            digest: entry.digest,
            name: text.intern(&entry.name)?,
            before_s: entry.before_s.into(),
            until_s: entry.until_s.into(),
            what: entry.what,
            zero: [0; 3],
        })
    };
    let mut records = entries.iter().rev().map(record).collect::<Result<Vec<_>, TextError>>()?;
    records.sort_by_key(|record| record.digest);
    records.dedup_by_key(|record| record.digest);
    Ok(ImageWriter::new(Kind::Revocations, scope).records(REVOKED, &records).raw(TEXT, 1, text.as_bytes()))
}
