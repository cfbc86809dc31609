//! What a policy says, each value already a meaning.

use caltrop::net::Cidr;

use super::template::Template;

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
    /// Words of the rate table.
    pub slots: u32,
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
    /// Feeds.
    pub feeds: Vec<Feed>,
    /// The name of the feed of API keys.
    pub keyring: Option<String>,
    /// Where credentials stand.
    pub credentials: Vec<Credential>,
    /// Quotas.
    pub quotas: Vec<Quota>,
    /// Routes.
    pub routes: Vec<Route>,
}

/// A named set of networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its networks.
    pub networks: Vec<Cidr>,
}

/// A feed of API keys and who may sign it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// One or two public keys.
    pub signers: Vec<[u8; 32]>,
}

/// A header field in which a credential may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The field's name, lower case.
    pub header: String,
    /// The authentication scheme before the credential.
    pub scheme: Option<String>,
}

/// "N per P, burst b".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// N.
    pub count: u32,
    /// P, in seconds.
    pub period_s: u32,
    /// b.
    pub burst: u32,
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
}

/// What charges a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Requests.
    Request,
    /// Bad credentials.
    AuthFailure,
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
    /// What it allows.
    pub limit: Limit,
    /// What it allows in some zones.
    pub in_zone: Vec<(String, Limit)>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// What it matches.
    pub templates: Vec<Template>,
    /// Whether it needs an API key.
    pub needs_key: bool,
    /// The scopes it needs, all of them.
    pub scopes: Vec<String>,
    /// The zones it is served to; none = anywhere.
    pub zones: Vec<String>,
    /// What it costs; `None` = one unit of every quota that it can be charged to.
    pub charge: Option<Vec<(String, u32)>>,
    /// Its least TLS; `None` = the policy's.
    pub tls: Option<Tls>,
}
