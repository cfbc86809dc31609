//! Prefixes become what addresses are looked up in: ranges or a poptrie, whichever serves better.
//!
//! Promises: both bodies answer alike; which one is taken depends on the prefixes only.
//! Costs: one sort, then one pass; 900,000 prefixes take a third of a second.

mod trie;
mod values;

use caltrop::image::{Kind, TEXT};
use caltrop::net::record::LABEL;
use caltrop::net::record::{DIRECT_V4, DIRECT_V6, LEAF_VALUES, LEAVES_V4, LEAVES_V6, NODES_V4, NODES_V6, ROOT_V4, ROOT_V6};
use caltrop::net::record::{STARTS_V4, STARTS_V6, VALUES_V4, VALUES_V6};
use caltrop::net::{Body, Family, Overlap, Parts, Poptrie, Prefix, Ranges, flatten};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U64, U128};

use crate::image::ImageWriter;
use crate::text::{TextError, TextPool};
use values::{Leaves, Values};

/// From how many ranges on a table is a poptrie whatever else is in it. 100 IPv6 prefixes took 33 ns in a poptrie and 37 in ranges.
const POPTRIE_FROM: (usize, usize) = (512, 64);

/// From how many on if all are of IPv4. Of 10 prefixes, 3.6 or 4.2 ns instead of 5.5 or 3.9 where nothing matched (Intel, AMD), and 9 or 11.6 instead
/// of 5.5 or 4.4 where all did; of 100, 3.7 or 8.0 instead of 8.5 or 11.8, and 9.3 or 17 instead of 8.5 or 10.6. With IPv6 networks beside them,
/// those would pay for it.
const POPTRIE_FROM_V4_ALONE: usize = 32;

/// Which body to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The faster one on a host.
    Fastest,
    /// Ranges: boards, whatever the length of the list.
    Ranges,
    /// A poptrie, however short the list.
    Poptrie,
}

/// The records of a table of prefixes.
///
/// ```
/// use caltrop::net::{Overlap, Prefix};
/// use caltrop_control::prefixes::{Choice, Table};
/// let mut prefixes = [
///     Prefix { cidr: "10.0.0.0/8".parse().unwrap(), value: 1 },
///     Prefix { cidr: "10.8.0.0/16".parse().unwrap(), value: 2 },
/// ];
/// let table = Table::new(&mut prefixes, Overlap::Longest, Choice::Fastest);
/// assert_eq!(table.body().lookup("10.8.3.4".parse().unwrap()), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Table(Records);

#[derive(Debug, Clone)]
enum Records {
    Ranges { v4: Vec<U32>, values_v4: Vec<U64>, v6: Vec<U128>, values_v6: Vec<U64> },
    Poptrie { v4: Trie, v6: Trie, values: Vec<U64> },
}

#[derive(Debug, Clone)]
struct Trie {
    family: trie::Family,
    leaves: Leaves,
}

impl Table {
    /// Sorts the prefixes and makes a body of them.
    #[must_use]
    pub fn new(prefixes: &mut [Prefix], overlap: Overlap, choice: Choice) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        flatten(prefixes, Family::V4, overlap, |start, value| v4.push((start << 96, value)));
        flatten(prefixes, Family::V6, overlap, |start, value| v6.push((start, value)));
        let takes_trie = match choice {
            // A family without networks is one range, or none.
            Choice::Fastest if v6.len() <= 1 => v4.len() >= POPTRIE_FROM_V4_ALONE,
            Choice::Fastest => v4.len() >= POPTRIE_FROM.0 || v6.len() >= POPTRIE_FROM.1,
            Choice::Ranges => false,
            Choice::Poptrie => true,
        };
        if !takes_trie {
            let v4_start = |start: u128| U32::new(u32::try_from(start >> 96).expect("32 bits are left"));
            return Self(Records::Ranges {
                v4: v4.iter().map(|&(start, _)| v4_start(start)).collect(),
                values_v4: v4.iter().map(|&(_, value)| value.into()).collect(),
                v6: v6.iter().map(|&(start, _)| start.into()).collect(),
                values_v6: v6.iter().map(|&(_, value)| value.into()).collect(),
            });
        }
        let values = Values::of(v4.iter().chain(&v6).map(|&(_, value)| value));
        let trie = |ranges: &[(u128, u64)], few: usize| {
            let ranges: Vec<trie::Start> = ranges.iter().map(|&(start, value)| (start, values.leaf(value))).collect();
            let mut family = trie::Family::build(&ranges, top(ranges.len(), few));
            let leaves = values.narrow(&std::mem::take(&mut family.leaves));
            Trie { family, leaves }
        };
        let (v4, v6) = (trie(&v4, POPTRIE_FROM.0), trie(&v6, POPTRIE_FROM.1));
        Self(Records::Poptrie { v4, v6, values: values.section() })
    }

    /// The body, ready to be asked.
    ///
    /// # Panics
    /// Never, unless the records made here do not pass the reader's own checks: an error of this program.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        match &self.0 {
            Records::Ranges { v4, values_v4, v6, values_v6 } => {
                Body::Ranges(Ranges::new(v4, values_v4, v6, values_v6).expect("flattened ranges ascend from 0"))
            }
            Records::Poptrie { v4, v6, values } => {
                Body::Poptrie(Poptrie::new(v4.parts(), v6.parts(), values).expect("a trie that was built passes its checks"))
            }
        }
    }

    /// The records of a poptrie: IPv4, IPv6, and the values that leaves name. `None` where ranges were chosen.
    #[must_use]
    pub fn parts(&self) -> Option<(Parts<'_>, Parts<'_>, &[U64])> {
        match &self.0 {
            Records::Ranges { .. } => None,
            Records::Poptrie { v4, v6, values } => Some((v4.parts(), v6.parts(), values)),
        }
    }

    /// How many bytes its records take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Records::Ranges { v4, values_v4, v6, values_v6 } => {
                v4.as_bytes().len() + values_v4.as_bytes().len() + v6.as_bytes().len() + values_v6.as_bytes().len()
            }
            Records::Poptrie { v4, v6, values } => v4.bytes() + v6.bytes() + values.as_bytes().len(),
        }
    }

    /// A `prefixes` image for a scope, `policy/feed`. `labels` are what its values stand for, from 1; none if they are not labels.
    ///
    /// ```
    /// use caltrop::image::{Floor, Trust};
    /// use caltrop::net::{Overlap, Prefixes};
    /// use caltrop::verify::PublicKey;
    /// use caltrop_control::diagnostic::Source;
    /// use caltrop_control::image::Stamp;
    /// use caltrop_control::lists::{Format, numbered, read};
    /// use caltrop_control::prefixes::{Choice, Table};
    /// let list = Source::new("nets.csv", "network,who\n10.0.0.0/8,inside\n10.8.0.0/16,vpn\n");
    /// let (mut prefixes, labels) = numbered(&read(&list, Format::Csv { network: "network", label: Some("who") }).unwrap());
    /// let table = Table::new(&mut prefixes, Overlap::Longest, Choice::Fastest);
    /// let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    /// let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
    /// let bytes = table.image("acme-api/nets", &labels).unwrap().finish(&signer, stamp);
    /// let trust = Trust::new("acme-api/nets", &[PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap()]);
    /// let opened = Prefixes::open(&bytes, &trust, Floor::NONE).unwrap();
    /// assert_eq!(opened.label("10.8.3.4".parse().unwrap()), Some("vpn"));
    /// assert_eq!(opened.label("192.0.2.1".parse().unwrap()), None);
    /// ```
    /// # Errors
    /// [`TextError`]: a label has over 255 bytes.
    pub fn image(&self, scope: &str, labels: &[String]) -> Result<ImageWriter, TextError> {
        let mut text = TextPool::default();
        let offsets = labels.iter().map(|label| text.intern(label)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.write(ImageWriter::new(Kind::Prefixes, scope)).records(LABEL, &offsets).records(TEXT, text.as_bytes()))
    }

    /// Adds its sections to an image.
    #[must_use]
    pub fn write(&self, image: ImageWriter) -> ImageWriter {
        match &self.0 {
            Records::Ranges { v4, values_v4, v6, values_v6 } => {
                image.records(STARTS_V4, v4).records(VALUES_V4, values_v4).records(STARTS_V6, v6).records(VALUES_V6, values_v6)
            }
            Records::Poptrie { v4, v6, values } => {
                let image = image.records(LEAF_VALUES, values);
                let image = image.records(ROOT_V4, &v4.family.root).records(DIRECT_V4, &v4.family.direct);
                let image = v4.leaves.write(image.records(NODES_V4, &v4.family.nodes), LEAVES_V4);
                let image = image.records(ROOT_V6, &v6.family.root).records(DIRECT_V6, &v6.family.direct);
                v6.leaves.write(image.records(NODES_V6, &v6.family.nodes), LEAVES_V6)
            }
        }
    }
}

impl Trie {
    fn parts(&self) -> Parts<'_> {
        let trie::Family { root, direct, nodes, .. } = &self.family;
        Parts { root, direct, nodes, leaves: self.leaves.view() }
    }

    fn bytes(&self) -> usize {
        let trie::Family { root, direct, nodes, .. } = &self.family;
        root.as_bytes().len() + direct.as_bytes().len() + nodes.as_bytes().len() + self.leaves.bytes()
    }
}

/// How many bits of an address the direct table takes, those left out included. 12 or 18, so that whole nodes of 6 bits end at 24 and at
/// 48, where most networks end. 24 bits were tried for a full IPv6 table: 4 MiB of entries, and random addresses take twice as long.
fn top(ranges: usize, few: usize) -> u32 {
    if ranges < few { 12 } else { 18 }
}
