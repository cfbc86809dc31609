//! The routes of an opened policy, and the automaton that finds them.
//!
//! ```text
//! node = root; for each segment: node = node's edge with this literal, else node's "other" if the segment is not empty, else none
//! the node at the end lists what it accepts, most specific template first; the first that takes the method wins
//! ```
//! `control` has merged all templates into one deterministic automaton, so there is no way back and no second try.

use core::cmp::Ordering;

use zerocopy::little_endian::U32;

use super::path::{Path, Segment};
use super::record::{
    ACCEPT, AcceptRecord, CHARGE, ChargeRecord, ConditionRecord, EDGE, EdgeRecord, FLAG_HIDE, NAMES, NODE, NodeRecord, ROUTE, RouteRecord,
    TEMPLATE,
};
use crate::image::{NO_TEXT, OpenError, Text};

/// The longest template, in bytes: what one text holds.
pub const TEMPLATE_MAX: usize = 255;

/// The routes of a policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Routes<'b> {
    /// Routes.
    pub routes: &'b [RouteRecord],
    /// Their costs.
    pub charges: &'b [ChargeRecord],
    /// Their conditions.
    pub conditions: &'b [ConditionRecord],
    /// Lists of names.
    pub names: &'b [U32],
    /// The automaton's states.
    pub nodes: &'b [NodeRecord],
    /// Its literal edges.
    pub edges: &'b [EdgeRecord],
    /// What its states accept.
    pub accepts: &'b [AcceptRecord],
    /// Templates as written.
    pub templates: &'b [U32],
    /// The texts of all of them.
    pub text: Text<'b>,
}

/// What a request matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Index of the route.
    pub route: u16,
    /// Index of the template.
    pub template: u16,
}

impl<'b> Routes<'b> {
    /// Checks what an image says, given how many quotas and zones it has.
    ///
    /// # Errors
    /// [`OpenError::Content`] naming the section.
    pub fn check(&self, quotas: usize, zones: u64) -> Result<(), OpenError> {
        self.names.iter().try_for_each(|&name| self.text.check(name, NAMES).map(|_| ()))?;
        self.templates.iter().try_for_each(|&template| self.text.check(template, TEMPLATE).map(|_| ()))?;
        self.charges.iter().try_for_each(|charge| {
            let good = usize::from(charge.quota.get()) < quotas && charge.zero == [0; 2];
            if good { Ok(()) } else { Err(OpenError::Content { tag: CHARGE }) }
        })?;
        self.conditions.iter().try_for_each(|condition| self.check_condition(condition))?;
        self.routes.iter().try_for_each(|route| self.check_route(route, zones))?;
        self.nodes.iter().try_for_each(|node| self.check_node(node))?;
        self.accepts.iter().try_for_each(|accept| self.check_accept(accept))
    }

    fn check_route(&self, route: &RouteRecord, zones: u64) -> Result<(), OpenError> {
        self.text.check_name(route.name, ROUTE)?;
        let spans = route.scopes.fits(self.names.len())
            && route.roles.fits(self.names.len())
            && route.charges.fits(self.charges.len())
            && route.conditions.fits(self.conditions.len());
        let ascending = route.charges.of(self.charges).is_sorted_by(|a, b| a.quota.get() < b.quota.get());
        let known = matches!(route.tls, 0 | 2 | 3) && route.zones.get() & !zones == 0;
        let known = known && route.flags & !FLAG_HIDE == 0 && route.report <= 100 && route.zero == [0; 2];
        if !(spans && ascending && known) {
            return Err(OpenError::Content { tag: ROUTE });
        }
        // A challenge lists scopes; the other names are what a condition compares, and may be any text.
        route.scopes.of(self.names).iter().try_for_each(|&scope| self.text.check_name(scope, NAMES).map(|_| ()))
    }

    fn check_node(&self, node: &NodeRecord) -> Result<(), OpenError> {
        let is_node = |index: U32| usize::try_from(index.get()).is_ok_and(|index| index < self.nodes.len());
        if !is_node(node.other) || !node.edges.fits(self.edges.len()) || !node.accept.fits(self.accepts.len()) {
            return Err(OpenError::Content { tag: NODE });
        }
        let mut before: Option<&[u8]> = None;
        for edge in node.edges.of(self.edges) {
            let literal = self.text.check(edge.literal, EDGE)?.as_bytes();
            if before.is_some_and(|before| before >= literal) || !is_node(edge.to) || edge.to.get() == 0 {
                return Err(OpenError::Content { tag: EDGE });
            }
            before = Some(literal);
        }
        Ok(())
    }

    fn check_accept(&self, accept: &AcceptRecord) -> Result<(), OpenError> {
        self.text.check_optional(accept.method, ACCEPT)?;
        let good = usize::from(accept.route.get()) < self.routes.len() && usize::from(accept.template.get()) < self.templates.len();
        if good { Ok(()) } else { Err(OpenError::Content { tag: ACCEPT }) }
    }

    /// The route of a method and path. `HEAD` takes what is written for it, else what `GET` takes (RFC 9110 §9.3.2): a node lists the
    /// methods of one template in descending order, so `HEAD` stands before `GET`, and any method last.
    ///
    /// # Bounds
    /// One binary search a segment.
    #[must_use]
    pub fn find(&self, method: &[u8], path: &Path<'_>) -> Option<Match> {
        let node = self.end(path).and_then(|at| self.nodes.get(at))?;
        let takes = |accept: &&AcceptRecord| {
            let wanted = self.text.bytes(accept.method);
            accept.method.get() == NO_TEXT || wanted == Some(method) || (method == b"HEAD" && wanted == Some(b"GET"))
        };
        let accept = node.accept.of(self.accepts).iter().find(takes)?;
        Some(Match { route: accept.route.get(), template: accept.template.get() })
    }

    /// Where a path ends in the automaton.
    pub(crate) fn end(&self, path: &Path<'_>) -> Option<usize> {
        path.segments().try_fold(0, |at, segment| self.step(self.nodes.get(at)?, segment))
    }

    /// The methods that are taken where a path ended, but for those of hidden routes; `None` is any method.
    #[cfg(feature = "guard")]
    pub(crate) fn methods(&self, end: usize) -> impl Iterator<Item = Option<&'b str>> + use<'b> {
        let (routes, text) = (self.routes, self.text);
        let accepts = self.nodes.get(end).map(|node| node.accept.of(self.accepts)).unwrap_or_default();
        let is_shown = move |accept: &&AcceptRecord| routes.get(usize::from(accept.route.get())).is_some_and(|route| !route.is_hidden());
        accepts.iter().filter(is_shown).map(move |accept| text.get(accept.method))
    }

    fn step(&self, node: &NodeRecord, segment: Segment<'_>) -> Option<usize> {
        let edges = node.edges.of(self.edges);
        // A literal that cannot be read compares as greater, which no checked image has.
        let order =
            |edge: &EdgeRecord| self.text.bytes(edge.literal).map_or(Ordering::Greater, |literal| segment.cmp_decoded(literal).reverse());
        let to = match edges.binary_search_by(order) {
            Ok(at) => edges.get(at)?.to,
            Err(_) if segment.raw().is_empty() => return None,
            Err(_) => node.other,
        };
        usize::try_from(to.get()).ok().filter(|&to| to != 0)
    }

    /// The route of a name, which may be at this index.
    #[cfg(feature = "guard")]
    pub(crate) fn named(&self, name: &str, index: Option<u16>) -> Option<Route<'b>> {
        let is_it = |route: &Route<'_>| route.name_bytes() == Some(name.as_bytes());
        index.and_then(|index| self.route(index)).filter(is_it).or_else(|| (0..=u16::MAX).map_while(|at| self.route(at)).find(is_it))
    }

    /// A route with its names.
    #[must_use]
    pub fn route(&self, index: u16) -> Option<Route<'b>> {
        let record = self.routes.get(usize::from(index))?;
        Some(Route { routes: *self, record })
    }
}

/// One route with its names.
#[derive(Debug, Clone, Copy)]
pub struct Route<'b> {
    pub(super) routes: Routes<'b>,
    record: &'b RouteRecord,
}

impl<'b> Route<'b> {
    /// The record.
    #[must_use]
    pub const fn record(&self) -> &'b RouteRecord {
        self.record
    }

    #[cfg(feature = "guard")]
    pub(crate) fn name_bytes(&self) -> Option<&'b [u8]> {
        self.routes.text.bytes(self.record.name)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<&'b str> {
        self.routes.text.get(self.record.name)
    }

    /// The scopes that a caller needs, all of them.
    pub fn scopes(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let text = self.routes.text;
        self.record.scopes.of(self.routes.names).iter().filter_map(move |&name| text.get(name))
    }

    /// Whether `held` has one of the roles that the route is for, if it is for some.
    #[cfg(feature = "guard")]
    pub(crate) fn role_held(&self, held: impl Fn(&[u8]) -> bool) -> bool {
        let text = self.routes.text;
        let wanted = self.record.roles;
        wanted.count.get() == 0 || wanted.of(self.routes.names).iter().any(|&role| text.bytes(role).is_some_and(&held))
    }

    /// Its costs.
    #[must_use]
    pub fn charges(&self) -> &'b [ChargeRecord] {
        self.record.charges.of(self.routes.charges)
    }

    /// Whether `held` has every scope that the route needs. Bytes are compared, never hashes.
    #[must_use]
    pub fn scopes_held(&self, held: impl Fn(&[u8]) -> bool) -> bool {
        let text = self.routes.text;
        let wanted = self.record.scopes.of(self.routes.names);
        wanted.len() == usize::from(self.record.scopes.count.get()) && wanted.iter().all(|&scope| text.bytes(scope).is_some_and(&held))
    }
}
