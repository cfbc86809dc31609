//! All templates as one deterministic automaton.
//!
//! ```text
//! a state is the ordered list of template positions that the segments so far may be at, most specific first
//! on a literal: each position goes on by its literal, its parameter, or its rest
//! on any other segment: by parameter or rest only
//! a rest, once entered, stays; states with equal lists are one
//! ```
//! The order of a list is the order of specificity, so what a state accepts is read off it from the left.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::template::{Method, Segment};

/// The most states; more means that templates differ in too many parameter positions at once.
/// Otherwise a state is hardly more than a distinct beginning of a template.
pub const NODES_MAX: usize = 1 << 16;

/// One template's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way<'t> {
    /// The method.
    pub method: &'t Method,
    /// The segments.
    pub segments: &'t [Segment],
}

/// A state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Where each literal leads.
    pub edges: BTreeMap<String, u32>,
    /// Where any other non-empty segment leads; 0 = nowhere.
    pub other: u32,
    /// Indices of the ways that end here, most specific first.
    pub accepts: Vec<usize>,
}

/// The automaton; state 0 is the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Automaton {
    /// Its states.
    pub nodes: Vec<Node>,
}

/// Why templates make no automaton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutomatonError {
    /// Two ways are equal but for the names of their parameters.
    Overlap {
        /// The first.
        first: usize,
        /// The second.
        second: usize,
    },
    /// Over [`NODES_MAX`] states.
    TooLarge,
}

/// Where a way is: its index, and how many of its segments are read. A rest that is entered counts as read, and stays.
type Position = (usize, usize);

/// The states found so far, each with its number.
#[derive(Default)]
struct States {
    known: HashMap<Vec<Position>, u32>,
    list: Vec<Vec<Position>>,
}

impl States {
    /// The number of a state; 0 for one without positions, which leads nowhere.
    fn number(&mut self, positions: Vec<Position>) -> Result<u32, AutomatonError> {
        if positions.is_empty() {
            return Ok(0);
        }
        if let Some(&number) = self.known.get(&positions) {
            return Ok(number);
        }
        let number = u32::try_from(self.list.len()).ok().filter(|_| self.list.len() < NODES_MAX).ok_or(AutomatonError::TooLarge)?;
        self.known.insert(positions.clone(), number);
        self.list.push(positions);
        Ok(number)
    }
}

impl Automaton {
    /// Merges the ways.
    ///
    /// # Errors
    /// [`AutomatonError`].
    pub fn build(ways: &[Way<'_>]) -> Result<Self, AutomatonError> {
        let order = by_specificity(ways);
        if let Some(pair) = order.windows(2).find(|pair| ways[pair[0]] == ways[pair[1]]) {
            return Err(AutomatonError::Overlap { first: pair[0].min(pair[1]), second: pair[0].max(pair[1]) });
        }
        // The root is state 0 even of no templates at all; nothing leads back to it, so 0 can mean nowhere.
        let root: Vec<Position> = order.iter().map(|&way| (way, 0)).collect();
        let mut states = States { known: HashMap::new(), list: vec![root] };
        let mut nodes = Vec::new();
        while let Some(state) = states.list.get(nodes.len()).cloned() {
            let mut literals: BTreeSet<&str> = state.iter().filter_map(|&(way, at)| literal_at(ways[way].segments, at)).collect();
            // The empty segment of a trailing slash goes on only by its literal or into a rest.
            literals.insert("");
            let mut node = Node { accepts: accepted(ways, &state), ..Node::default() };
            for literal in literals {
                let to = states.number(advance(ways, &state, Some(literal)))?;
                if to != 0 {
                    node.edges.insert(literal.to_owned(), to);
                }
            }
            node.other = states.number(advance(ways, &state, None))?;
            nodes.push(node);
        }
        Ok(Self { nodes })
    }
}

/// Literal before parameter before rest, segment by segment; of equal segments the methods descend, and any method is last.
fn by_specificity(ways: &[Way<'_>]) -> Vec<usize> {
    let rank = |segment: &Segment| match segment {
        Segment::Literal(text) => (0, text.clone()),
        Segment::Parameter => (1, String::new()),
        Segment::Rest => (2, String::new()),
    };
    let key = |&way: &usize| {
        let method = match ways[way].method {
            Method::Exact(name) => (0, Reverse(name.clone())),
            Method::Any => (1, Reverse(String::new())),
        };
        (ways[way].segments.iter().map(rank).collect::<Vec<_>>(), method)
    };
    let mut order: Vec<usize> = (0..ways.len()).collect();
    order.sort_by_cached_key(key);
    order
}

fn literal_at(segments: &[Segment], at: usize) -> Option<&str> {
    match segments.get(at) {
        Some(Segment::Literal(text)) => Some(text),
        Some(Segment::Parameter | Segment::Rest) | None => None,
    }
}

/// The positions after a segment: this literal, or any other non-empty one. They keep their order.
fn advance(ways: &[Way<'_>], state: &[Position], literal: Option<&str>) -> Vec<Position> {
    let step = |&(way, at): &Position| {
        let segments = ways[way].segments;
        match segments.get(at) {
            Some(Segment::Literal(text)) => (literal == Some(text)).then_some((way, at + 1)),
            Some(Segment::Parameter) => (literal != Some("")).then_some((way, at + 1)),
            Some(Segment::Rest) => Some((way, at + 1)),
            None => (segments.last() == Some(&Segment::Rest)).then_some((way, at)),
        }
    };
    state.iter().filter_map(step).collect()
}

fn accepted(ways: &[Way<'_>], state: &[Position]) -> Vec<usize> {
    state.iter().filter(|&&(way, at)| at == ways[way].segments.len()).map(|&(way, _)| way).collect()
}
