//! The application. It says who asked; a real one would have something to give.

use axum::extract::Extension;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
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
        .route("/v1/admin/{*what}", get(served))
}

async fn served(caller: Asked) -> Json<Caller> {
    Json(caller.unwrap_or_default().0)
}

async fn created(caller: Asked) -> (StatusCode, Json<Caller>) {
    (StatusCode::CREATED, served(caller).await)
}

/// A login form of an application that has its own passwords.
async fn login(fields: HeaderMap, caller: Asked) -> Response {
    if fields.get("x-password").is_some_and(|password| password == "correct") {
        return served(caller).await.into_response();
    }
    (StatusCode::UNAUTHORIZED, Extension(AuthFailed), Json(json!({ "error": "password" }))).into_response()
}
