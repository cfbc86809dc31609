//! What a host lends the core: clocks, files, secrets, floors, and words that all its processes share.
//!
//! Door: for Rust servers on Linux, and below the Python and C faces. [`HostGuard::load`] does what every such server would write by hand.
//! Promises: a file that is wrong is named, with what would do; an image is put into use before its floor is raised, and never after a failure.
//! Not here: deciding. [`caltrop::Guard`] does, and `caltrop-control` makes what is read here.
#![deny(unsafe_code)]

pub mod clock;
pub mod files;
pub mod floors;
mod guard;
pub mod secrets;
pub mod shared;
pub mod signer;

pub use guard::{HostGuard, Images, LoadError, Options, StateAt};
