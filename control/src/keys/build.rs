// Read first: docs/formats.md §2.
//! From keys with their names to a keyring image.

use std::collections::BTreeSet;
use std::fmt;

use caltrop::image::{Kind, NO_TEXT, Span, TEXT};
use caltrop::key::record::{
    BUCKET_MAX, FORM_KEY, FORM_SHA256, INDEX, KEY, KeyRecord, NAMES, PAIR, PAIRS_MAX, PLAN, PairRecord, SCOPE_SET, STATE_ACTIVE,
    STATE_DENY, STATE_GRACE, SetRecord, ZONE_SET,
};
use caltrop::key::{Environment, Form};
use caltrop::name::{is_name, is_principal};
use ed25519_dalek::SigningKey;
use zerocopy::little_endian::{U16, U32};

use crate::image::{ImageWriter, Stamp};
use crate::text::{TextError, TextPool};

/// Whether a key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Taken back.
    Denied,
    /// Good.
    Active,
    /// Replaced by a newer one, good until it expires.
    Grace,
}

impl KeyState {
    const fn code(self) -> u8 {
        match self {
            Self::Denied => STATE_DENY,
            Self::Active => STATE_ACTIVE,
            Self::Grace => STATE_GRACE,
        }
    }
}

/// One key: everything but the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyModel {
    /// First 16 bytes of the HMAC.
    pub digest: [u8; 16],
    /// The public id.
    pub key_id: u64,
    /// Whose key it is.
    pub principal: String,
    /// The principal's tenant.
    pub tenant: Option<String>,
    /// Not good before this Unix second; 0 = always was.
    pub not_before_s: u32,
    /// Not good from this Unix second on; 0 = never expires.
    pub expires_s: u32,
    /// Counts up with each rotation.
    pub generation: u32,
    /// What it may do.
    pub scopes: BTreeSet<String>,
    /// Where it may be used from; none = anywhere.
    pub zones: BTreeSet<String>,
    /// Its plan.
    pub plan: Option<String>,
    /// What its prefix says it is for.
    pub environment: Environment,
    /// Whether it is good.
    pub state: KeyState,
    /// The id of the pepper of its digest.
    pub pepper: u8,
    /// What its digest is taken of.
    pub form: Form,
}

/// Why keys make no keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyringError {
    /// A name that may not be one.
    Name {
        /// Which field.
        field: &'static str,
        /// What was given.
        given: String,
    },
    /// Two keys have one digest.
    Twice {
        /// The id of the second one.
        key_id: u64,
    },
    /// More than 4 pairs of pepper and form.
    Pairs,
    /// More than 65,535 different sets or plans.
    Sets,
    /// More than 17 keys share 128 bits' first 31: no index holds them.
    Index,
    /// A text does not fit.
    Text(TextError),
}

impl From<TextError> for KeyringError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { field, given } => write!(f, "{field} {given:?}: use visible ASCII, 1 to 63 bytes (a principal: to 255)"),
            Self::Twice { key_id } => write!(f, "key {key_id} is in the keyring already"),
            Self::Pairs => write!(f, "more than {PAIRS_MAX} pairs of pepper and form: retire the keys of an old pepper first"),
            Self::Sets => f.write_str("more than 65,535 different sets of scopes or zones, or plans: share sets between keys"),
            Self::Index => f.write_str("digests are not spread: were they made by an HMAC?"),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for KeyringError {}

/// Builds and signs the keyring of `scope` (`policy/feed`).
///
/// # Errors
/// [`KeyringError`] names the field and what would do.
pub fn build(scope: &str, keys: &[KeyModel], signer: &SigningKey, stamp: Stamp) -> Result<Vec<u8>, KeyringError> {
    let mut sorted: Vec<&KeyModel> = keys.iter().collect();
    sorted.sort_by_key(|key| key.digest);
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0].digest == pair[1].digest) {
        return Err(KeyringError::Twice { key_id: pair[1].key_id });
    }
    let mut lists = Lists::default();
    lists.plans.push(lists.text.intern("")?);
    let records = sorted.iter().map(|key| lists.record(key)).collect::<Result<Vec<_>, _>>()?;
    let digests: Vec<[u8; 16]> = records.iter().map(|record| record.digest).collect();
    let index = index(&digests).ok_or(KeyringError::Index)?;
    Ok(ImageWriter::new(Kind::Keyring, scope)
        .records(KEY, &records)
        .records(INDEX, &index)
        .records(PAIR, &lists.pairs)
        .records(NAMES, &lists.names)
        .records(SCOPE_SET, &lists.scopes.records)
        .records(ZONE_SET, &lists.zones.records)
        .records(PLAN, &lists.plans)
        .records(TEXT, lists.text.as_bytes())
        .finish(signer, stamp))
}

/// The index of ascending digests: the least `k` with which no bucket holds more than 16; `None` if there is none up to 31.
#[must_use]
pub fn index(digests: &[[u8; 16]]) -> Option<Vec<U32>> {
    let top = |digest: &[u8; 16]| u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    (0..=24).find_map(|k| {
        let bucket = |digest: &[u8; 16]| top(digest).checked_shr(32 - k).unwrap_or(0);
        let fits = digests.chunk_by(|a, b| bucket(a) == bucket(b)).all(|bucket| bucket.len() <= BUCKET_MAX);
        fits.then(|| {
            (0..=1u32 << k)
                .map(|at| u32::try_from(digests.partition_point(|digest| bucket(digest) < at)).map(U32::new))
                .collect::<Result<_, _>>()
                .ok()
        })
        .flatten()
    })
}

#[derive(Default)]
struct Lists {
    text: TextPool,
    pairs: Vec<PairRecord>,
    names: Vec<U32>,
    scopes: Sets,
    zones: Sets,
    plans: Vec<U32>,
}

struct Sets {
    known: Vec<BTreeSet<String>>,
    records: Vec<SetRecord>,
}

impl Default for Sets {
    fn default() -> Self {
        Self { known: vec![BTreeSet::new()], records: vec![SetRecord { names: Span::default(), zero: [0; 2] }] }
    }
}

impl Lists {
    fn record(&mut self, key: &KeyModel) -> Result<KeyRecord, KeyringError> {
        let refuse = |field, given: &str| Err(KeyringError::Name { field, given: given.to_owned() });
        if !is_principal(&key.principal) {
            return refuse("principal", &key.principal);
        }
        let named = [("tenant", &key.tenant), ("plan", &key.plan)];
        for (field, name) in named.into_iter().filter_map(|(field, name)| Some((field, name.as_ref()?))) {
            if !is_name(name) {
                return refuse(field, name);
            }
        }
        for (field, names) in [("scope", &key.scopes), ("zone", &key.zones)] {
            if let Some(bad) = names.iter().find(|name| !is_name(name)) {
                return refuse(field, bad);
            }
        }
        let form = match key.form {
            Form::Key => FORM_KEY,
            Form::Sha256 => FORM_SHA256,
        };
        let pair = PairRecord { pepper: key.pepper, form, zero: [0; 2] };
        if !self.pairs.contains(&pair) {
            self.pairs.push(pair);
        }
        if self.pairs.len() > PAIRS_MAX {
            return Err(KeyringError::Pairs);
        }
        let (text, names) = (&mut self.text, &mut self.names);
        Ok(KeyRecord {
            digest: key.digest,
            key_id: key.key_id.into(),
            principal: text.intern(&key.principal)?,
            tenant: key.tenant.as_ref().map_or(Ok(NO_TEXT.into()), |tenant| text.intern(tenant))?,
            not_before: key.not_before_s.into(),
            expires: key.expires_s.into(),
            generation: key.generation.into(),
            scope_set: self.scopes.intern(&key.scopes, text, names)?,
            zone_set: self.zones.intern(&key.zones, text, names)?,
            plan: plan(&mut self.plans, key.plan.as_deref().unwrap_or_default(), text)?,
            env: key.environment.code(),
            state: key.state.code(),
            pepper: key.pepper,
            form,
            zero: [0; 10],
        })
    }
}

fn plan(plans: &mut Vec<U32>, name: &str, text: &mut TextPool) -> Result<U16, KeyringError> {
    let offset = text.intern(name)?;
    let at = plans.iter().position(|&known| known == offset).unwrap_or_else(|| {
        plans.push(offset);
        plans.len() - 1
    });
    u16::try_from(at).map(U16::new).map_err(|_| KeyringError::Sets)
}

impl Sets {
    fn intern(&mut self, set: &BTreeSet<String>, text: &mut TextPool, names: &mut Vec<U32>) -> Result<U16, KeyringError> {
        let at = match self.known.iter().position(|known| known == set) {
            Some(at) => at,
            None => {
                let first = u32::try_from(names.len()).map_err(|_| KeyringError::Sets)?;
                let count = u16::try_from(set.len()).map_err(|_| KeyringError::Sets)?;
                for name in set {
                    names.push(text.intern(name)?);
                }
                self.known.push(set.clone());
                self.records.push(SetRecord { names: Span { first: first.into(), count: count.into() }, zero: [0; 2] });
                self.known.len() - 1
            }
        };
        u16::try_from(at).map(U16::new).map_err(|_| KeyringError::Sets)
    }
}
