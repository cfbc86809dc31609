//! Leaves as narrow as they can be: a value itself where it fits, else its number among the distinct ones.

use std::collections::HashMap;

use caltrop::image::Tag;
use caltrop::net;
use caltrop::net::record::DIRECT_LEAF;
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32, U64};

use crate::image::ImageWriter;

/// The distinct values of a table and how leaves name them.
pub(super) struct Values {
    /// What each value is called; none: a value is its own name.
    names: Option<HashMap<u64, u32>>,
    /// The greatest name.
    last: u64,
}

impl Values {
    /// Numbered in the order of their first use, behind 0, which stands for none.
    pub(super) fn of(values: impl Iterator<Item = u64>) -> Self {
        let (mut names, mut greatest) = (HashMap::from([(0, 0)]), 0);
        let mut before = 0;
        for value in values {
            // Neighbours in the ranges differ, but most tables have few values: a cheap look first.
            if value != before {
                let next = u32::try_from(names.len()).expect("under 2^31 values");
                names.entry(value).or_insert(next);
                before = value;
            }
            greatest = greatest.max(value);
        }
        let last = names.len() as u64 - 1;
        if greatest < u64::from(DIRECT_LEAF) && width(greatest) == width(last) {
            return Self { names: None, last: greatest };
        }
        Self { names: Some(names), last }
    }

    /// The leaf of a value.
    pub(super) fn leaf(&self, value: u64) -> u32 {
        match &self.names {
            Some(names) => names[&value],
            None => u32::try_from(value).expect("a value that is its own name is under 2^31"),
        }
    }

    /// The section of values; empty where leaves are values.
    pub(super) fn section(&self) -> Vec<U64> {
        let Some(names) = &self.names else { return Vec::new() };
        let mut values = vec![U64::ZERO; names.len()];
        for (&value, &name) in names {
            values[name as usize] = value.into();
        }
        values
    }

    /// Leaves in the width of the greatest name.
    pub(super) fn narrow(&self, leaves: &[u32]) -> Leaves {
        match width(self.last) {
            1 => Leaves::Bytes(leaves.iter().map(|&leaf| u8::try_from(leaf).expect("at most the greatest")).collect()),
            2 => Leaves::Shorts(leaves.iter().map(|&leaf| u16::try_from(leaf).expect("at most the greatest").into()).collect()),
            _ => Leaves::Words(leaves.iter().map(|&leaf| leaf.into()).collect()),
        }
    }
}

/// Bytes that a leaf takes.
fn width(greatest: u64) -> u8 {
    match greatest {
        0..=0xFF => 1,
        0x100..=0xFFFF => 2,
        _ => 4,
    }
}

/// Leaves in one of three widths.
#[derive(Debug, Clone)]
pub(super) enum Leaves {
    Bytes(Vec<u8>),
    Shorts(Vec<U16>),
    Words(Vec<U32>),
}

impl Leaves {
    pub(super) fn view(&self) -> net::Leaves<'_> {
        match self {
            Self::Bytes(leaves) => net::Leaves::Bytes(leaves),
            Self::Shorts(leaves) => net::Leaves::Shorts(leaves),
            Self::Words(leaves) => net::Leaves::Words(leaves),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(leaves) => leaves.len(),
            Self::Shorts(leaves) => leaves.as_bytes().len(),
            Self::Words(leaves) => leaves.as_bytes().len(),
        }
    }

    pub(super) fn write(&self, image: ImageWriter, [bytes, shorts, words]: [Tag; 3]) -> ImageWriter {
        match self {
            Self::Bytes(leaves) => image.records(bytes, leaves),
            Self::Shorts(leaves) => image.records(shorts, leaves),
            Self::Words(leaves) => image.records(words, leaves),
        }
    }
}
