//! Keyrings: which API keys there are, and what each may do.

mod build;
mod read;

pub use build::{KeyModel, KeyState, KeyringError, build, index};
pub use read::read;
