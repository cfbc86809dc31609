//! What a policy says, each value already a meaning.

use std::collections::BTreeMap;
use std::fmt;

use caltrop::net::Cidr;
use caltrop::token::Algorithm;

use super::condition::Condition;
use super::feed::Feed;
use super::template::Template;
use crate::jwks::Jwk;

/// Of so many allowed requests one is in the audit log, if the policy does not say it; of the denied ones each, or the count that it is folded into.
pub const ALLOW_EVERY: u32 = 100;

/// The least protection of a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Plaintext is served too.
    Off,
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// The field in which proxies name whom they speak for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedBy {
    /// None.
    Nothing,
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name: the scope of its image.
    pub name: String,
    /// Whether everything but the shape of requests is only reported.
    pub mode: Mode,
    /// Words of the rate table.
    pub slots: u32,
    /// One allowed request in this many is in the audit log; 0 = none.
    pub allow_every: u32,
    /// Whether an image past its end denies everything.
    pub deny_expired: bool,
    /// Whose word about another address is believed.
    pub proxies: Vec<Cidr>,
    /// Whether a Unix-socket peer is a proxy.
    pub unix_is_proxy: bool,
    /// Where proxies say it.
    pub forwarded: ForwardedBy,
    /// The least TLS where no route says otherwise.
    pub tls: Tls,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Names of the zones that are refused.
    pub deny: Vec<String>,
    /// Names of the zones that `deny` never refuses.
    pub never_deny: Vec<String>,
    /// The origins whose pages may ask.
    pub cors: Vec<String>,
    /// Fields of every answer.
    pub fields: Vec<Field>,
    /// Feeds.
    pub feeds: Vec<Feed>,
    /// The name of the feed of API keys.
    pub keyring: Option<String>,
    /// The issuers of access tokens.
    pub issuers: Vec<Issuer>,
    /// Where credentials stand.
    pub credentials: Vec<Credential>,
    /// Whether they are kept from the application.
    pub strip: bool,
    /// Quotas.
    pub quotas: Vec<Quota>,
    /// Plans.
    pub plans: Vec<Plan>,
    /// Routes.
    pub routes: Vec<Route>,
}

/// Whether a rule refuses, or only says what it would refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It refuses.
    #[default]
    Enforce,
    /// It reports.
    Report {
        /// For how many of a hundred callers; it refuses the others.
        percent: u8,
    },
}

impl Mode {
    /// For how many of a hundred callers it only reports.
    #[must_use]
    pub const fn percent(self) -> u8 {
        match self {
            Self::Enforce => 0,
            Self::Report { percent } => percent,
        }
    }
}

/// A field of every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A named set of networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its networks.
    pub networks: Vec<Cidr>,
    /// The feed of prefixes that lists them in their stead.
    pub feed: Option<String>,
}

/// A header field in which a credential may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The field's name, lower case.
    pub header: String,
    /// The authentication scheme before the credential.
    pub scheme: Option<String>,
}

/// An issuer of access tokens, and what is accepted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its name here: routes name it so, and its principals begin with it and a colon.
    pub name: String,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The audiences, of which one must be a token's.
    pub audiences: Vec<String>,
    /// The algorithms that it uses.
    pub algorithms: Vec<Algorithm>,
    /// The types that its access tokens have.
    pub types: Vec<String>,
    /// By how much its clock may differ, in seconds.
    pub leeway_s: u16,
    /// How long ago a token may have been issued, in seconds; 0 = as long as it is not expired.
    pub age_max_s: u32,
    /// The claim that names the principal.
    pub principal: String,
    /// The claim that names the tenant.
    pub tenant: Option<String>,
    /// The claim that names the plan.
    pub plan: Option<String>,
    /// The claim with the scopes.
    pub scopes: String,
    /// The claim with the roles.
    pub roles: Option<String>,
    /// Its keys.
    pub keys: IssuerKeys,
}

/// Where an issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerKeys {
    /// In the policy.
    Here(Vec<Jwk>),
    /// In the images of this feed.
    Feed(String),
}

/// Which credentials a route takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// None is looked at.
    Nobody,
    /// Any that the policy knows.
    #[default]
    Anybody,
    /// One of these: `key`, or the name of an issuer.
    OneOf(Vec<String>),
}

/// "N per P, burst b", or "N at once".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// N.
    pub count: u32,
    /// P, in seconds; 0 of a quota of requests that run.
    pub period_s: u32,
    /// b; N of a quota of requests that run.
    pub burst: u32,
}

impl Limit {
    /// So many requests that run at once.
    #[must_use]
    pub const fn at_once(most: u32) -> Self {
        Self { count: most, period_s: 0, burst: most }
    }
}

/// What a quota counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The client's address.
    Address,
    /// The principal.
    Principal,
    /// Its tenant.
    Tenant,
    /// The route.
    Route,
    /// The caller's plan.
    Plan,
}

/// What charges a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Requests.
    Request,
    /// Bad credentials.
    AuthFailure,
    /// Requests that run: how many at once.
    Running {
        /// Seconds after which one is taken for ended; the same in all quotas of a policy.
        lease_s: u32,
    },
}

/// What a request costs of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// So many units, at least 1.
    Units(u32),
    /// As many as the application says once the request is granted.
    ByApp,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Units(units) => units.fmt(f),
            Self::ByApp => f.write_str("app"),
        }
    }
}

/// A quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Its name.
    pub name: String,
    /// What it counts by.
    pub by: By,
    /// What charges it.
    pub on: On,
    /// What it allows, a limit for each of its windows; `None` = what the caller's plan says.
    pub limits: Option<Vec<Limit>>,
    /// What it allows in some zones, in all windows.
    pub in_zone: Vec<(String, Limit)>,
    /// What a route charges of it that does not say.
    pub cost: Cost,
    /// Whether it refuses.
    pub mode: Mode,
}

/// What callers with this plan are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name; `default` is the plan of callers who name none.
    pub name: String,
    /// Quotas that are limited by plans, and their windows.
    pub limits: Vec<(String, Vec<Limit>)>,
}

impl Plan {
    /// The windows of a quota; none if the plan says nothing of it.
    #[must_use]
    pub fn windows(&self, quota: &str) -> &[Limit] {
        self.limits.iter().find(|(name, _)| name == quota).map_or(&[], |(_, windows)| windows)
    }
}

impl Quota {
    /// Whether it is one of requests that run at once.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self.on, On::Running { .. })
    }

    /// The most that a request may cost, by whatever plan: more never passes for somebody.
    #[must_use]
    pub fn most_cost(&self, plans: &[Plan]) -> u32 {
        if self.is_running() { 1 } else { self.least_burst(plans) }
    }

    /// Whether a route can charge it: nobody's address, and a caller that the route knows.
    #[must_use]
    pub const fn is_chargeable(&self, knows_caller: bool) -> bool {
        matches!(self.by, By::Route) || (knows_caller && !matches!(self.by, By::Address))
    }

    /// How many windows it has: if plans say it, as many as the one with the most.
    #[must_use]
    pub fn windows(&self, plans: &[Plan]) -> usize {
        let most = || plans.iter().map(|plan| plan.windows(&self.name).len()).max();
        self.limits.as_ref().map(Vec::len).or_else(most).unwrap_or(0)
    }

    fn least_burst(&self, plans: &[Plan]) -> u32 {
        let of_plans = plans.iter().filter(|_| self.limits.is_none()).flat_map(|plan| plan.windows(&self.name));
        self.limits.iter().flatten().chain(of_plans).map(|limit| limit.burst).min().unwrap_or(0)
    }

    /// The names of its windows in an image: the first bears the quota's, the others `#2` and so on behind it.
    pub fn window_names(&self, plans: &[Plan]) -> impl Iterator<Item = String> + use<> {
        let name = self.name.clone();
        (1..=self.windows(plans)).map(move |window| if window == 1 { name.clone() } else { format!("{name}#{window}") })
    }
}

impl Route {
    /// Whether its callers are known.
    #[must_use]
    pub fn knows_caller(&self) -> bool {
        self.auth != Auth::Nobody
    }

    /// What a request to it costs, said or by default.
    #[must_use]
    pub fn costs(&self, quotas: &[Quota]) -> BTreeMap<String, Cost> {
        let by_default =
            quotas.iter().filter(|quota| quota.is_chargeable(self.knows_caller())).map(|quota| (quota.name.clone(), quota.cost));
        self.charge.as_ref().map_or_else(|| by_default.collect(), |charge| charge.iter().cloned().collect())
    }
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// What it matches.
    pub templates: Vec<Template>,
    /// Which credentials it takes.
    pub auth: Auth,
    /// The scopes it needs, all of them.
    pub scopes: Vec<String>,
    /// The roles it is for, any of them; none = whatever the role.
    pub roles: Vec<String>,
    /// The zones it is served to; none = anywhere.
    pub zones: Vec<String>,
    /// What it costs; `None` = of every quota that it can be charged to what the quota says.
    pub charge: Option<Vec<(String, Cost)>>,
    /// Its least TLS; `None` = the policy's.
    pub tls: Option<Tls>,
    /// What else must hold.
    pub conditions: Vec<Condition>,
    /// Whether whom it does not serve is told that there is nothing.
    pub hide: bool,
    /// Whether its access and quotas refuse.
    pub mode: Mode,
}
