//! The middleware: each request is decided before the application sees it, and settled after.
//!
//! Taken from the server's own socket: the peer, and that nothing protects it. Taken raw: method, target, header fields.
//! What hyper has changed by then: fields of one name stand together, in their order, where the first of them was; names are lower case; a `#…`
//! behind the target is gone, for us and for the router. A target with a scheme goes to the guard whole, which refuses it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use caltrop::guard::{Denial, Field, Grant, Outcome};
use caltrop::request::{Header, Peer, Transport};
use caltrop::{Decision, Policy};
use caltrop_host::live::Watcher;
use caltrop_host::{HostGuard, LiveGuard, clock};

use crate::api::{AuthFailed, Caller};
use crate::log::{Log, hex};
use crate::running::Running;

/// The guard, and where its denials are written.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) guard: Arc<LiveGuard>,
    /// Looks as long as there is a door.
    pub(crate) _watcher: Option<Watcher>,
    pub(crate) log: Log,
}

/// Lets a request through, or answers it.
pub(crate) async fn admit(
    State(door): State<Arc<Door>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    // Held to the end of the request: what decided about it settles it, whatever is renamed into place meanwhile.
    let guard = door.guard.current();
    let decision = decide(&guard, &request, peer);
    let id = decision.id();
    let mut grant = match decision {
        Decision::Allow(grant) => grant,
        Decision::Deny(denial) => {
            door.log.denied(id, &denial);
            return answer(&denial);
        }
    };
    // The places that it holds stay taken until the answer is sent, or nobody waits for it any more.
    let running = Running::new(Arc::clone(&guard), std::mem::take(grant.held()));
    request.extensions_mut().insert(caller(&grant));
    let policy = *guard.guard().policy();
    introduce(request.headers_mut(), &grant, &policy);
    let mut response = next.run(request).await;
    dress(response.headers_mut(), grant.fields());
    let failed = response.extensions().get::<AuthFailed>().is_some();
    let outcome = if failed { Outcome::AuthFailed } else { Outcome::Served };
    guard.guard().settle(grant, outcome, clock::now());
    running.until_sent(response)
}

fn decide<'g>(guard: &'g HostGuard, request: &Request, peer: SocketAddr) -> Decision<'g> {
    let (uri, fields) = (request.uri(), request.headers());
    let whole = uri.scheme().map(|_| uri.to_string());
    let fields_read: Vec<Header<'_>> =
        fields.iter().map(|(name, value)| Header { name: name.as_str().as_bytes(), value: value.as_bytes() }).collect();
    guard.admit(&caltrop::Request {
        method: request.method().as_str().as_bytes(),
        target: whole.as_deref().unwrap_or_else(|| target(uri)).as_bytes(),
        authority: fields.get(header::HOST).map_or(b"", |host| host.as_bytes()),
        headers: &fields_read.as_slice(),
        peer: Peer::Ip(peer.ip()),
        transport: Transport::Plaintext,
    })
}

/// As it stood in the request line; a CONNECT has none, and nothing is no path.
fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |both| both.as_str())
}

/// What the stranger is told, exactly as the core says it.
fn answer(denial: &Denial<'_>) -> Response {
    let mut response = Response::new(Body::from(denial.body().as_str().to_owned()));
    *response.status_mut() = StatusCode::from_u16(denial.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    dress(response.headers_mut(), denial.fields());
    response
}

/// The guard's fields, in the place of the application's own of the same name; `vary` is added.
fn dress<'g>(headers: &mut HeaderMap, fields: impl Iterator<Item = Field<'g>>) {
    for (name, value) in fields.filter_map(|field| pair(&field)) {
        if name == header::VARY {
            headers.append(name, value);
        } else {
            headers.insert(name, value);
        }
    }
}

/// The application sees who calls, by the guard's word alone.
fn introduce(headers: &mut HeaderMap, grant: &Grant<'_>, policy: &Policy<'_>) {
    let given = std::mem::take(headers);
    let mut last = None;
    for (name, value) in given {
        // Of several values of one name only the first bears it.
        last = name.or(last);
        let Some(name) = &last else { continue };
        if policy.passes_on(Header { name: name.as_str().as_bytes(), value: value.as_bytes() }) {
            headers.append(name, value);
        }
    }
    headers.extend(grant.upstream().fields().filter_map(|field| pair(&field)));
}

/// Names and values of the guard are visible ASCII, so each is one.
fn pair(field: &Field<'_>) -> Option<(HeaderName, HeaderValue)> {
    Some((field.name.parse().ok()?, HeaderValue::from_str(&field.value.to_string()).ok()?))
}

fn caller(grant: &Grant<'_>) -> Caller {
    let owned = |name: Option<&str>| name.map(str::to_owned);
    Caller {
        id: Some(hex(grant.id())),
        route: owned(grant.route()),
        principal: owned(grant.principal()),
        tenant: owned(grant.facts().tenant()),
    }
}
