//! The Python face: each class turns Python's values into the core's, asks it, and turns the answer back.
//!
//! Promises: no value that Python can make ends the process; what cannot be read raises before anything is decided or charged.
//! Not here: deciding; and what is as well said in Python (`package/caltrop`): the ASGI middleware, names and their places.

mod decision;
mod error;
mod guard;
mod key;
mod lease;
mod mac;
mod net;
mod proof;
mod rate;
mod replay;
mod request;
mod secrets;
mod signed;
mod signed_request;
mod time;
mod token;

use pyo3::prelude::*;

/// What the package `caltrop` is made of: use its names from there.
#[pymodule]
mod _caltrop {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::decision::Decision;
    #[pymodule_export]
    use super::error::{
        Error, ImageError, InvalidCertificate, InvalidKey, InvalidProof, InvalidSignature, InvalidTag, InvalidToken, InvalidWebhook,
        Lapsed, LeaseRefused, LoadError, NotFirst, PolicyError, SecretError, StateError,
    };
    #[pymodule_export]
    use super::guard::Guard;
    #[pymodule_export]
    use super::key::{Entry, Keyring, crc32, digest, generate, key_id};
    #[pymodule_export]
    use super::lease::{Lease, Leases};
    #[pymodule_export]
    use super::mac::Key;
    #[pymodule_export]
    use super::net::{Cidr, Prefixes, Zones};
    #[pymodule_export]
    use super::proof::{Nonces, Proof, ProofVerifier, certificate_thumbprint, check_binding, client_cert, jwk_thumbprint};
    #[pymodule_export]
    use super::rate::{Limiter, Taken};
    #[pymodule_export]
    use super::replay::ReplayCache;
    #[pymodule_export]
    use super::secrets::Secrets;
    #[pymodule_export]
    use super::signed::{Tokens, Webhooks, github, slack, standard, stripe};
    #[pymodule_export]
    use super::signed_request::{RequestKey, Requests, ServerNonces, SignedRequest, Signer, content_digest, request_secret};
    #[pymodule_export]
    use super::time::Now;
    #[pymodule_export]
    use super::token::Verifier;

    /// The `caltrop` command: takes its arguments, its own name first, and gives the code to exit with.
    #[pyfunction]
    fn command(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
        py.detach(|| caltrop_control::command::run(arguments))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
