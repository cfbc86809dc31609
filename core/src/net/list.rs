//! The `prefixes` image: one signed list of networks, whichever body its compiler chose.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use zerocopy::little_endian::U32;

use super::record::{
    DIRECT_V4, DIRECT_V6, LABEL, LEAF_VALUES, LEAVES_V4, LEAVES_V6, NODES_V4, NODES_V6, ROOT_V4, ROOT_V6, STARTS_V4, STARTS_V6, VALUES_V4,
    VALUES_V6,
};
use super::{Body, Leaves, Parts, Poptrie, Ranges};
use crate::image::{Floor, Image, Kind, OpenError, TEXT, Tag, Text, Trust};

/// A list of networks that was signed, fresh and whole when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Prefixes<'b> {
    image: Image<'b>,
    body: Body<'b>,
    labels: &'b [U32],
    text: Text<'b>,
}

const KNOWN: &[Tag] = &{
    let ([a, b, c], [d, e, f]) = (LEAVES_V4, LEAVES_V6);
    [
        STARTS_V4,
        VALUES_V4,
        STARTS_V6,
        VALUES_V6,
        LEAF_VALUES,
        ROOT_V4,
        DIRECT_V4,
        NODES_V4,
        a,
        b,
        c,
        ROOT_V6,
        DIRECT_V6,
        NODES_V6,
        d,
        e,
        f,
        LABEL,
        TEXT,
    ]
};

impl<'b> Prefixes<'b> {
    /// Opens untrusted bytes. Nothing of it is used unless all of it is good.
    ///
    /// # Errors
    /// [`OpenError`] says which check failed first.
    /// # Bounds
    /// [`Image::open`], then one look at each record.
    pub fn open(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Self, OpenError> {
        let image = Image::open(bytes, Kind::Prefixes, trust, floor, KNOWN)?;
        let ranges =
            Ranges::new(image.records(STARTS_V4)?, image.records(VALUES_V4)?, image.records(STARTS_V6)?, image.records(VALUES_V6)?);
        let ranges = ranges.ok_or(OpenError::Content { tag: STARTS_V4 })?;
        let v4 = parts(&image, [ROOT_V4, DIRECT_V4, NODES_V4], LEAVES_V4)?;
        let v6 = parts(&image, [ROOT_V6, DIRECT_V6, NODES_V6], LEAVES_V6)?;
        let trie = Poptrie::new(v4, v6, image.records(LEAF_VALUES)?).ok_or(OpenError::Content { tag: ROOT_V4 })?;
        // One table an image: what the other body says would go unheard.
        let body = match (ranges.len(), v4.root, v6.root) {
            (_, [], []) => Body::Ranges(ranges),
            ((0, 0), _, _) => Body::Poptrie(trie),
            _ => return Err(OpenError::Content { tag: ROOT_V4 }),
        };
        let (labels, text) = (image.records(LABEL)?, image.text()?);
        labels.iter().try_for_each(|&label| text.check(label, LABEL).map(|_| ()))?;
        Ok(Self { image, body, labels, text })
    }

    /// The image it was opened from.
    #[must_use]
    pub const fn image(&self) -> &Image<'b> {
        &self.image
    }

    /// What addresses are looked up in.
    #[must_use]
    pub const fn body(&self) -> Body<'b> {
        self.body
    }

    /// The value of an address, 0 where there is none. IPv4-mapped IPv6 is folded first.
    #[must_use]
    #[inline]
    pub fn lookup(&self, address: IpAddr) -> u64 {
        self.body.lookup(address)
    }

    /// What [`lookup`](Self::lookup) says of each IPv4 address: [`Body::lookup_many_v4`].
    #[inline]
    pub fn lookup_many_v4<A: Copy + Into<Ipv4Addr>>(&self, addresses: &[A], values: &mut [u64]) -> usize {
        self.body.lookup_many_v4(addresses, values)
    }

    /// The same of IPv6 addresses: [`Body::lookup_many_v6`].
    #[inline]
    pub fn lookup_many_v6<A: Copy + Into<Ipv6Addr>>(&self, addresses: &[A], values: &mut [u64]) -> usize {
        self.body.lookup_many_v6(addresses, values)
    }

    /// The labels, in the order of their values, from 1.
    pub fn labels(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let text = self.text;
        self.labels.iter().filter_map(move |&label| text.get(label))
    }

    /// The label of an address: a value `v` is label `v - 1`.
    #[must_use]
    pub fn label(&self, address: IpAddr) -> Option<&'b str> {
        let at = usize::try_from(self.lookup(address)).ok()?.checked_sub(1)?;
        self.labels.get(at).and_then(|&label| self.text.get(label))
    }
}

/// The records of one family.
fn parts<'b>(image: &Image<'b>, [root, direct, nodes]: [Tag; 3], [bytes, shorts, words]: [Tag; 3]) -> Result<Parts<'b>, OpenError> {
    let leaves = match (image.records(bytes)?, image.records(shorts)?, image.records(words)?) {
        (leaves, [], []) => Leaves::Bytes(leaves),
        ([], leaves, []) => Leaves::Shorts(leaves),
        ([], [], leaves) => Leaves::Words(leaves),
        _ => return Err(OpenError::Content { tag: bytes }),
    };
    Ok(Parts { root: image.records(root)?, direct: image.records(direct)?, nodes: image.records(nodes)?, leaves })
}
