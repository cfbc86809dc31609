//! The application. It says who asked; a real one would have something to give.

use axum::body::Bytes;
use axum::extract::Extension;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

/// Who the guard says is calling; all `None` without a guard.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Caller {
    pub(crate) id: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) principal: Option<String>,
    pub(crate) tenant: Option<String>,
}

/// On a response: the application itself refused a credential, and the guard should charge the address.
#[derive(Debug, Clone)]
pub(crate) struct AuthFailed;

type Asked = Option<Extension<Caller>>;

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/healthz", get(served))
        .route("/v1/login", post(login))
        .route("/v1/orders", get(served).post(created))
        .route("/v1/orders/{id}", get(served))
        .route("/v1/report", get(served))
        .route("/v1/exports", post(exported))
        .route("/v1/admin/{*what}", get(served))
        .route("/v1/internal/{*what}", get(served))
        // Of examples/reference/policy.toml.
        .route("/docs", get(served))
        .route("/openapi.json", get(served))
        .route("/v1/orders/export", get(served))
        .route("/v1/tenants/{tenant}/{*rest}", any(served))
        .route("/v1/chat", post(created))
        .route("/v1/secret/{*what}", get(served))
        .route("/admin/{*rest}", any(served))
        .route("/legacy/{*rest}", any(served))
}

#[derive(Debug, Serialize)]
struct Served {
    #[serde(flatten)]
    caller: Caller,
    /// The header fields that say who calls, as they came here.
    seen: Vec<String>,
}

async fn served(fields: HeaderMap, caller: Asked) -> Json<Served> {
    let tells = |name: &str| name.replace(['_', '.'], "-").starts_with("x-caltrop-") || matches!(name, "authorization" | "x-api-key");
    let seen = fields.iter().filter(|(name, _)| tells(name.as_str()));
    let seen = seen.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect();
    Json(Served { caller: caller.unwrap_or_default().0, seen })
}

async fn created(fields: HeaderMap, caller: Asked) -> (StatusCode, Json<Served>) {
    (StatusCode::CREATED, served(fields, caller).await)
}

/// What runs as long as the caller sends.
async fn exported(fields: HeaderMap, caller: Asked, _sent: Bytes) -> (StatusCode, Json<Served>) {
    created(fields, caller).await
}

/// A login form of an application that has its own passwords.
async fn login(fields: HeaderMap, caller: Asked) -> Response {
    if fields.get("x-password").is_some_and(|password| password == "correct") {
        return served(fields, caller).await.into_response();
    }
    (StatusCode::UNAUTHORIZED, Extension(AuthFailed), Json(json!({ "error": "password" }))).into_response()
}
