//! Routes, and the automaton that finds them.

use caltrop::access::record::{AUTH_KEY, AUTH_NONE, AcceptRecord, EdgeRecord, FLAG_HIDE, NodeRecord, RouteRecord};
use caltrop::image::{NO_TEXT, Span};
use caltrop::name::name64;

use super::{Compiler, check_names, span, tls};
use crate::model::automaton::{Automaton, AutomatonError, Way};
use crate::model::{Auth, CompileError, Method, Route, Template, Tls};

impl Compiler<'_> {
    pub(super) fn routes(&mut self) -> Result<Vec<RouteRecord>, CompileError> {
        let policy = self.policy;
        self.automaton()?;
        policy.routes.iter().map(|route| self.route(route)).collect()
    }

    fn route(&mut self, route: &Route) -> Result<RouteRecord, CompileError> {
        let least = route.tls.unwrap_or(self.policy.tls);
        if route.knows_caller() && least == Tls::Off {
            return Err(CompileError::BearerInPlaintext { route: route.name.clone() });
        }
        let auth = self.auth(route)?;
        let (scopes, roles) = (self.listed(&route.scopes, "scopes")?, self.listed(&route.roles, "roles")?);
        let charges = self.charge(route)?;
        let first = self.conditions.len();
        for condition in &route.conditions {
            let record = self.condition(route, condition)?;
            self.conditions.push(record);
        }
        let conditions = span(first, self.conditions.len(), "conditions")?;
        Ok(RouteRecord {
            name64: name64(&route.name).into(),
            zones: self.mask(&route.zones)?.into(),
            name: self.text.intern(&route.name)?,
            scopes,
            roles,
            charges,
            auth,
            tls: tls(least),
            conditions,
            flags: if route.hide { FLAG_HIDE } else { 0 },
            report: route.mode.percent(),
            zero: [0; 2],
        })
    }

    /// The credentials that it takes, a bit each.
    fn auth(&self, route: &Route) -> Result<u8, CompileError> {
        let policy = self.policy;
        let key = policy.keyring.as_ref().map(|_| ("key", AUTH_KEY));
        let issuers = policy.issuers.iter().enumerate().map(|(at, issuer)| (issuer.name.as_str(), AUTH_KEY << (at + 1)));
        let known: Vec<(&str, u8)> = key.into_iter().chain(issuers).collect();
        let none = || CompileError::NoAuth { route: route.name.clone() };
        match &route.auth {
            Auth::Nobody => Ok(AUTH_NONE),
            Auth::Anybody if known.is_empty() => Err(none()),
            Auth::Anybody => Ok(known.iter().fold(0, |all, (_, bit)| all | bit)),
            Auth::OneOf(names) if names.is_empty() => Err(none()),
            Auth::OneOf(names) => names
                .iter()
                .try_fold(0, |all, name| known.iter().find(|(known, _)| known == name).map(|(_, bit)| all | bit).ok_or_else(none)),
        }
    }

    fn listed(&mut self, names: &[String], what: &'static str) -> Result<Span, CompileError> {
        let first = self.names.len();
        for name in names {
            check_names(std::iter::once(name))?;
            let offset = self.text.intern(name)?;
            self.names.push(offset);
        }
        span(first, self.names.len(), what)
    }

    fn automaton(&mut self) -> Result<(), CompileError> {
        let policy = self.policy;
        let ways: Vec<(usize, &Template)> = policy
            .routes
            .iter()
            .enumerate()
            .flat_map(|(route, model)| model.templates.iter().map(move |template| (route, template)))
            .collect();
        let plain: Vec<Way<'_>> = ways.iter().map(|(_, template)| Way { method: &template.method, segments: &template.segments }).collect();
        let automaton = Automaton::build(&plain).map_err(|error| match error {
            AutomatonError::TooLarge => CompileError::States,
            AutomatonError::Overlap { first, second } => {
                let name = |way: usize| policy.routes[ways[way].0].name.clone();
                CompileError::Overlap { first: name(first), second: name(second) }
            }
        })?;
        for (_, template) in &ways {
            let offset = self.text.intern(&template.path)?;
            self.templates.push(offset);
        }
        for node in &automaton.nodes {
            let (first_edge, first_accept) = (self.edges.len(), self.accepts.len());
            for (literal, to) in &node.edges {
                self.edges.push(EdgeRecord { literal: self.text.intern(literal)?, to: (*to).into() });
            }
            for &way in &node.accepts {
                let method = match &ways[way].1.method {
                    Method::Any => NO_TEXT.into(),
                    Method::Exact(name) => self.text.intern(name)?,
                };
                let index = |at: usize| u16::try_from(at).map_err(|_| CompileError::TooMany("routes"));
                self.accepts.push(AcceptRecord { method, route: index(ways[way].0)?.into(), template: index(way)?.into() });
            }
            self.nodes.push(NodeRecord {
                other: node.other.into(),
                edges: span(first_edge, self.edges.len(), "literals of one position")?,
                accept: span(first_accept, self.accepts.len(), "templates of one path")?,
            });
        }
        Ok(())
    }
}
