//! Keyrings: records with their names, and the image they become.

mod build;

pub use build::{KeyModel, KeyState, KeyringError, build, index};
