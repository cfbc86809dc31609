//! What goes wrong at start, as exceptions; deciding raises none.

use caltrop::image::OpenError;
use caltrop_host::secrets::SecretError as HostSecretError;
use caltrop_host::{LoadError as HostLoadError, shared::SharedError};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(caltrop, Error, PyException, "What every exception of caltrop is.");
create_exception!(caltrop, PolicyError, Error, "policy.toml is not right, or not what the image beside it says.");
create_exception!(caltrop, ImageError, Error, "An image is refused; `reason` is a word for which check, `image` the file.");
create_exception!(caltrop, LoadError, Error, "A file cannot be read or used, or policy, keyring and secrets do not fit together.");
create_exception!(caltrop, StateError, Error, "The state that processes share cannot be made, opened or trusted.");
create_exception!(caltrop, SecretError, Error, "A pepper cannot be read, is too short, or is one too many.");
create_exception!(caltrop, InvalidKey, Error, "An API key is not good; `reason` is for the operator, never for the caller.");
create_exception!(
    caltrop,
    InvalidCertificate,
    Error,
    "A field Client-Cert cannot be read; `reason` is for the operator, never for the caller."
);
create_exception!(caltrop, InvalidProof, Error, "A proof of a key is not good; `reason` is for the operator, never for the caller.");
create_exception!(caltrop, InvalidSignature, Error, "A signed request is not good; `reason` is for the operator, never for the caller.");
create_exception!(caltrop, InvalidTag, Error, "A tag is not the message's, or has another length. It never says which.");
create_exception!(caltrop, InvalidToken, Error, "A token is not good; `reason` is for the operator, never for the caller.");
create_exception!(caltrop, InvalidWebhook, Error, "A webhook is not good; `reason` is for the operator, never for the caller.");
create_exception!(caltrop, NotFirst, Error, "A message is not the first of its kind; `reason` is for the operator, never for the caller.");
create_exception!(caltrop, LeaseRefused, Error, "No lease was given; `reason` is busy, full or contended.");
create_exception!(caltrop, Lapsed, Error, "A lease is not held any more: its time was over, or it was released before.");

pub(crate) fn image(image: &str, error: OpenError) -> PyErr {
    let raised = ImageError::new_err(format!("{image}: {error}"));
    with(raised, &[("reason", reason(&error)), ("image", image)])
}

pub(crate) fn load(error: HostLoadError) -> PyErr {
    match error {
        HostLoadError::Image { what, error } => image(&what, error),
        HostLoadError::State(error) => state(&error),
        HostLoadError::Words(error) => StateError::new_err(error.to_string()),
        other => LoadError::new_err(other.to_string()),
    }
}

pub(crate) fn state(error: &SharedError) -> PyErr {
    StateError::new_err(error.to_string())
}

pub(crate) fn secret(error: &HostSecretError) -> PyErr {
    SecretError::new_err(error.to_string())
}

pub(crate) fn key(reason: &'static str) -> PyErr {
    with(InvalidKey::new_err("the API key is not good"), &[("reason", reason)])
}

pub(crate) fn token(reason: &'static str) -> PyErr {
    with(InvalidToken::new_err("the token is not good"), &[("reason", reason)])
}

pub(crate) fn proof(reason: &'static str) -> PyErr {
    with(InvalidProof::new_err("the proof is not good"), &[("reason", reason)])
}

pub(crate) fn certificate(reason: &'static str) -> PyErr {
    with(InvalidCertificate::new_err("the field Client-Cert cannot be read"), &[("reason", reason)])
}

pub(crate) fn signature(reason: &'static str) -> PyErr {
    with(InvalidSignature::new_err("the signature is not good"), &[("reason", reason)])
}

pub(crate) fn webhook(reason: &'static str) -> PyErr {
    with(InvalidWebhook::new_err("the webhook is not good"), &[("reason", reason)])
}

pub(crate) fn not_first(reason: &'static str, why: &caltrop::replay::NotFirst) -> PyErr {
    with(NotFirst::new_err(why.to_string()), &[("reason", reason)])
}

pub(crate) fn lease_refused(reason: &'static str, why: &caltrop::rate::LeaseRefused) -> PyErr {
    with(LeaseRefused::new_err(why.to_string()), &[("reason", reason)])
}

pub(crate) fn lapsed() -> PyErr {
    Lapsed::new_err(caltrop::rate::Lapsed.to_string())
}

/// Adds attributes to an exception.
fn with(raised: PyErr, attributes: &[(&str, &str)]) -> PyErr {
    Python::attach(|py| {
        for (name, value) in attributes {
            // An exception that takes no attribute is still the exception.
            let _ = raised.value(py).setattr(*name, *value);
        }
    });
    raised
}

const fn reason(error: &OpenError) -> &'static str {
    match error {
        OpenError::TooShort { .. } => "too-short",
        OpenError::Magic => "magic",
        OpenError::Format { .. } => "format",
        OpenError::Kind { .. } => "kind",
        OpenError::Length { .. } => "length",
        OpenError::Signature => "signature",
        OpenError::Scope => "scope",
        OpenError::Rollback { .. } => "rollback",
        OpenError::BodyHash => "body",
        OpenError::Delta => "delta",
        OpenError::Directory { .. } => "directory",
        OpenError::UnknownSection { .. } => "section",
        OpenError::Stride { .. } => "stride",
        OpenError::Content { .. } => "content",
    }
}
