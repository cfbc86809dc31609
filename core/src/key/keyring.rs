//! The keyring image: found by digest, so neither stored order nor comparison is under the caller's control.

use subtle::{ConditionallySelectable, ConstantTimeEq};
use zerocopy::little_endian::{U16, U32};

use super::digest::{Digest, Form, digest_of, is_key};
use super::record::{
    BUCKET_MAX, INDEX, KEY, KeyRecord, NAMES, PAIR, PAIRS_MAX, PLAN, PairRecord, SCOPE_SET, STATE_ACTIVE, STATE_DENY, STATE_GRACE,
    SetRecord, ZONE_SET,
};
use crate::image::{Floor, Image, Kind, OpenError, TEXT, Tag, Text, Trust};
use crate::mac;
use crate::time::{Now, Quality};

/// Why a key that was shown is not good: for the operator, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyReason {
    /// It can be no key: empty, over 256 bytes, or not visible ASCII.
    Malformed,
    /// No record has its digest.
    Unknown,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// It has a date, and the clock cannot be trusted.
    Clock,
    /// The image is not what its checks promised.
    Corrupt,
}

/// A keyring that was signed, fresh and whole when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Keyring<'b> {
    image: Image<'b>,
    keys: &'b [KeyRecord],
    index: &'b [U32],
    shift: u32,
    pairs: &'b [PairRecord],
    names: &'b [U32],
    scope_sets: &'b [SetRecord],
    zone_sets: &'b [SetRecord],
    plans: &'b [U32],
    text: Text<'b>,
}

const KNOWN: &[Tag] = &[KEY, INDEX, PAIR, NAMES, SCOPE_SET, ZONE_SET, PLAN, TEXT];

impl<'b> Keyring<'b> {
    /// Opens untrusted bytes. Nothing of it is used unless all of it is good.
    ///
    /// # Errors
    /// [`OpenError`].
    /// # Bounds
    /// [`Image::open`], then one look at each record.
    pub fn open(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Self, OpenError> {
        let image = Image::open(bytes, Kind::Keyring, trust, floor, KNOWN)?;
        let index: &[U32] = image.records(INDEX)?;
        let keyring = Self {
            image,
            keys: image.records(KEY)?,
            index,
            shift: index_shift(index).ok_or(OpenError::Content { tag: INDEX })?,
            pairs: image.records(PAIR)?,
            names: image.records(NAMES)?,
            scope_sets: image.records(SCOPE_SET)?,
            zone_sets: image.records(ZONE_SET)?,
            plans: image.records(PLAN)?,
            text: image.text()?,
        };
        keyring.check_index()?;
        keyring.check_lists()?;
        keyring.keys.iter().try_for_each(|key| keyring.check_key(key))?;
        Ok(keyring)
    }

    /// The image it was opened from.
    #[must_use]
    pub const fn image(&self) -> &Image<'b> {
        &self.image
    }

    /// The records, ascending by digest.
    #[must_use]
    pub const fn keys(&self) -> &'b [KeyRecord] {
        self.keys
    }

    /// The pairs of pepper id and form that a host must hold.
    pub fn pairs(&self) -> impl Iterator<Item = (u8, Form)> + use<'b> {
        self.pairs.iter().filter_map(|pair| Some((pair.pepper, Form::from_code(pair.form)?)))
    }

    /// The key of this id, if it stands at the index at which a host found it before: a newer keyring may have another there.
    #[must_use]
    pub fn entry(&self, index: u32, id: u64) -> Option<Entry<'b>> {
        self.at(index).filter(|entry| entry.record.key_id.get() == id)
    }

    fn at(&self, index: u32) -> Option<Entry<'b>> {
        let record = self.keys.get(usize::try_from(index).ok()?)?;
        Some(Entry { keyring: *self, record, index })
    }

    /// All keys with their names, ascending by digest.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'b>> + use<'b> {
        let keyring = *self;
        (0u32..).zip(self.keys).map(move |(index, record)| Entry { keyring, record, index })
    }

    /// Checks a key that was shown. Every pair is computed, whichever one hits.
    ///
    /// # Errors
    /// [`KeyReason`], for the operator.
    /// # Bounds
    /// At most 4 HMACs of at most 256 bytes and 4 · 16 comparisons.
    pub fn verify<'p>(&self, shown: &[u8], pepper: impl Fn(u8) -> Option<&'p mac::Key>, now: Now) -> Result<Entry<'b>, KeyReason> {
        // Also with no key at all in the keyring: what is told of a text depends on the text.
        if !is_key(shown) {
            return Err(KeyReason::Malformed);
        }
        let mut found = NOWHERE;
        for pair in self.pairs {
            let form = Form::from_code(pair.form).ok_or(KeyReason::Corrupt)?;
            let pepper = pepper(pair.pepper).ok_or(KeyReason::Corrupt)?;
            let digest = digest_of(pepper, form, shown);
            self.find(&digest, *pair, &mut found).ok_or(KeyReason::Corrupt)?;
        }
        self.told(found, now)
    }

    /// Sets `found`, if nothing was found before, to the index of the record with this digest and pair; `None` only in an image that is not
    /// checked. The whole bucket is compared, in constant time.
    fn find(&self, digest: &Digest, pair: PairRecord, found: &mut u64) -> Option<()> {
        let (first, bucket) = self.bucket(digest)?;
        // A bit a record, the first lowest: a choice a record would cost more than the HMAC.
        let hits = bucket.iter().rev().fold(0u64, |hits, key| {
            let other = digest.difference(&key.digest) | u64::from(key.pepper ^ pair.pepper) | u64::from(key.form ^ pair.form);
            let is_other = (other | other.wrapping_neg()) >> 63;
            hits << 1 | (is_other ^ 1)
        });
        // Above the bits of a bucket: there is a lowest bit also where nothing was hit, so that counting does not ask.
        let at = first.wrapping_add(u64::from((hits | 1 << 63).trailing_zeros()));
        found.conditional_assign(&at, !hits.ct_eq(&0) & found.ct_eq(&NOWHERE));
        Some(())
    }

    /// The records whose digests begin as this one does, and the index of the first. That it is this bucket may show: the bits come out of
    /// an HMAC under a pepper that nobody outside knows. A function of its own, so that the check of constant time can let it pass by name.
    #[inline(never)]
    fn bucket(&self, digest: &Digest) -> Option<(u64, &'b [KeyRecord])> {
        let top = u32::from_be_bytes(*digest.as_bytes().first_chunk()?);
        let bucket = usize::try_from(top.checked_shr(self.shift).unwrap_or(0)).ok()?;
        let first = self.index.get(bucket)?.get();
        let end = usize::try_from(self.index.get(bucket.checked_add(1)?)?.get()).ok()?;
        Some((u64::from(first), self.keys.get(usize::try_from(first).ok()?..end)?))
    }

    /// Which record was hit, or that none was: here, once all is computed, it becomes known. A function of its own for the same reason.
    #[inline(never)]
    fn told(&self, found: u64, now: Now) -> Result<Entry<'b>, KeyReason> {
        let entry = u32::try_from(found).ok().and_then(|found| self.at(found)).ok_or(KeyReason::Unknown)?;
        check_times(entry.record, now)?;
        Ok(entry)
    }

    fn check_index(&self) -> Result<(), OpenError> {
        let fail = OpenError::Content { tag: INDEX };
        let spans = self.index.windows(2).map(|pair| match pair {
            [first, end] => (first.get(), end.get()),
            _ => (1, 0),
        });
        let total = u32::try_from(self.keys.len()).map_err(|_| fail)?;
        if self.index.first().map(|first| first.get()) != Some(0) || self.index.last().map(|last| last.get()) != Some(total) {
            return Err(fail);
        }
        for (bucket, (first, end)) in (0u32..).zip(spans) {
            let count = end.checked_sub(first).and_then(|count| usize::try_from(count).ok()).ok_or(fail)?;
            let keys = usize::try_from(first).ok().and_then(|first| self.keys.get(first..first.checked_add(count)?)).ok_or(fail)?;
            let in_bucket = |key: &KeyRecord| {
                let top = key.digest.first_chunk().map_or(0, |top| u32::from_be_bytes(*top));
                top.checked_shr(self.shift).unwrap_or(0) == bucket
            };
            if count > BUCKET_MAX || !keys.iter().all(in_bucket) {
                return Err(fail);
            }
        }
        if self.keys.is_sorted_by(|a, b| a.digest < b.digest) { Ok(()) } else { Err(OpenError::Content { tag: KEY }) }
    }

    fn check_lists(&self) -> Result<(), OpenError> {
        let unknown_form = |pair: &PairRecord| Form::from_code(pair.form).is_none() || pair.zero != [0; 2];
        if self.pairs.len() > PAIRS_MAX || self.pairs.iter().any(unknown_form) {
            return Err(OpenError::Content { tag: PAIR });
        }
        self.names.iter().try_for_each(|&name| self.text.check_name(name, NAMES).map(|_| ()))?;
        self.plans.iter().try_for_each(|&plan| self.text.check_name(plan, PLAN).map(|_| ()))?;
        for (tag, sets) in [(SCOPE_SET, self.scope_sets), (ZONE_SET, self.zone_sets)] {
            let first_is_empty = sets.first().is_some_and(|set| set.names.count.get() == 0);
            if !first_is_empty || !sets.iter().all(|set| set.names.fits(self.names.len()) && set.zero == [0; 2]) {
                return Err(OpenError::Content { tag });
            }
        }
        Ok(())
    }

    fn check_key(&self, key: &KeyRecord) -> Result<(), OpenError> {
        let index_in = |index: U16, len: usize| usize::from(index.get()) < len;
        let names_fit = index_in(key.scope_set, self.scope_sets.len())
            && index_in(key.zone_set, self.zone_sets.len())
            && index_in(key.plan, self.plans.len());
        let numbers_known = key.env <= 2
            && matches!(key.state, STATE_DENY | STATE_ACTIVE | STATE_GRACE)
            && self.pairs.iter().any(|pair| pair.pepper == key.pepper && pair.form == key.form)
            && key.zero == [0; 10];
        if !names_fit || !numbers_known {
            return Err(OpenError::Content { tag: KEY });
        }
        self.text.check_name(key.principal, KEY)?;
        self.text.check_optional(key.tenant, KEY)?;
        Ok(())
    }
}

/// What no record's index is.
const NOWHERE: u64 = u64::MAX;

/// By how much a digest's first 32 bits are shifted to give its bucket; `None` unless the index has `2^k + 1` entries, `k` ≤ 31.
fn index_shift(index: &[U32]) -> Option<u32> {
    let buckets = index.len().checked_sub(1).filter(|buckets| buckets.is_power_of_two())?;
    32u32.checked_sub(buckets.trailing_zeros()).filter(|&shift| shift >= 1)
}

fn check_times(record: &KeyRecord, now: Now) -> Result<(), KeyReason> {
    let (not_before, expires) = (u64::from(record.not_before.get()), u64::from(record.expires.get()));
    if record.state == STATE_DENY {
        return Err(KeyReason::Revoked);
    }
    if (not_before, expires) == (0, 0) {
        return Ok(());
    }
    if now.quality != Quality::Trusted {
        return Err(KeyReason::Clock);
    }
    if now.wall_s < not_before {
        return Err(KeyReason::NotYet);
    }
    if expires != 0 && now.wall_s >= expires { Err(KeyReason::Expired) } else { Ok(()) }
}

/// One key of a keyring, with its names.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'b> {
    keyring: Keyring<'b>,
    record: &'b KeyRecord,
    index: u32,
}

/// Names as the guard compares and counts them: as bytes, which were seen to be text when the image was opened.
#[cfg(feature = "guard")]
impl<'b> Entry<'b> {
    pub(crate) fn principal_bytes(&self) -> Option<&'b [u8]> {
        self.keyring.text.bytes(self.record.principal)
    }

    pub(crate) fn tenant_bytes(&self) -> Option<&'b [u8]> {
        self.keyring.text.bytes(self.record.tenant)
    }

    pub(crate) fn plan_bytes(&self) -> Option<&'b [u8]> {
        let offset = self.keyring.plans.get(usize::from(self.record.plan.get()))?;
        self.keyring.text.bytes(*offset).filter(|plan| !plan.is_empty())
    }

    pub(crate) fn has_scope(&self, scope: &[u8]) -> bool {
        self.names(self.keyring.scope_sets, self.record.scope_set).any(|held| held == scope)
    }

    pub(crate) fn zone_bytes(&self) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        self.names(self.keyring.zone_sets, self.record.zone_set)
    }
}

impl<'b> Entry<'b> {
    /// The record.
    #[must_use]
    pub const fn record(&self) -> &'b KeyRecord {
        self.record
    }

    /// Its index in its keyring, by which [`Keyring::entry`] finds it again.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Whose key it is.
    #[must_use]
    pub fn principal(&self) -> Option<&'b str> {
        self.keyring.text.get(self.record.principal)
    }

    /// The principal's tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&'b str> {
        self.keyring.text.get(self.record.tenant)
    }

    /// The plan, if the key names one.
    #[must_use]
    pub fn plan(&self) -> Option<&'b str> {
        let offset = self.keyring.plans.get(usize::from(self.record.plan.get()))?;
        self.keyring.text.get(*offset).filter(|plan| !plan.is_empty())
    }

    /// The scopes, ascending by bytes.
    pub fn scopes(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        self.names(self.keyring.scope_sets, self.record.scope_set).filter_map(|name| str::from_utf8(name).ok())
    }

    /// The zones that the key may be used from; none means anywhere.
    pub fn zones(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        self.names(self.keyring.zone_sets, self.record.zone_set).filter_map(|name| str::from_utf8(name).ok())
    }

    fn names(&self, sets: &'b [SetRecord], index: U16) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        let set = sets.get(usize::from(index.get())).map(|set| set.names).unwrap_or_default();
        let text = self.keyring.text;
        set.of(self.keyring.names).iter().filter_map(move |&name| text.bytes(name))
    }
}
