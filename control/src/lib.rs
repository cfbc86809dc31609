//! The control plane: what people write becomes the signed images that guards open.
//!
//! Not here: deciding about requests. That is `caltrop`, which this crate only feeds.

pub mod audit;
pub mod command;
pub mod diagnostic;
pub mod image;
pub mod init;
pub mod jwks;
pub mod keys;
pub mod kong;
pub mod lists;
pub mod model;
pub mod policy;
pub mod prefixes;
pub mod replay;
pub mod revocations;
#[cfg(feature = "sync")]
pub mod sync;
mod table;
pub mod text;
