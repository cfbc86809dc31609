//! What a host lends the core: clocks, files, secrets, floors, and words that all its processes share.
//!
//! Door: for Rust servers on Linux, and below the Python and C faces. [`HostGuard::load`] does what every such server would write by hand.
//! [`LiveGuard`] also takes what is written later, while requests come.
//! Promises: a file that is wrong is named, with what would do; an image is put into use before its floor is raised, and never after a failure.
//! Not here: deciding. [`caltrop::Guard`] does, and `caltrop-control` makes what is read here.
#![deny(unsafe_code)]

pub mod clock;
mod error;
pub mod files;
pub mod floors;
mod guard;
pub mod live;
mod place;
pub mod secrets;
pub mod shared;
pub mod signer;

pub use error::LoadError;
pub use guard::{HostGuard, Images, Options, StateAt};
pub use live::{LiveGuard, News};
