//! The C ABI.
//!
//! Promises: no callback, thread-local or errno, and no allocation but in `host`, at start, and in `live`; NULL, zero lengths, misaligned and short memory
//! give a status, never a crash; outputs are written on success only, but for a decision, which every error sets to deny, and a lapsed lease, which is cleared.
//! Not here: deciding anything. Each function turns pointers into references, asks the core, and turns the answer back.
#![cfg_attr(not(feature = "host"), no_std)]
#![allow(non_camel_case_types, reason = "the names of the C header, which cbindgen takes from here")]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod answer;
mod border;
pub mod cost;
pub mod decision;
pub mod guard;
#[cfg(feature = "host")]
pub mod host;
pub mod jwt;
pub mod key;
pub mod lease;
#[cfg(feature = "host")]
pub mod live;
pub mod mac;
pub mod net;
pub mod options;
pub mod prefixes;
pub mod rate;
pub mod replay;
pub mod request;
pub mod signed;
pub mod signed_request;
pub mod signer;
pub mod status;
pub mod token;

#[cfg(all(feature = "firmware", not(feature = "host")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // The core has no panic of its own; what is left of its dependencies' stops here, and a watchdog ends it.
    loop {
        core::hint::spin_loop();
    }
}
