//! What the fuzz targets share: the fixed house that requests are asked of, images signed again after a change, and the planted fault.

use std::sync::LazyLock;

pub mod house;
pub mod requests;
pub mod resign;

/// Panics on some inputs if the fault is planted, by `CALTROP_PLANTED`: what `ci/fuzz.sh --planted` must see found.
pub fn planted(data: &[u8]) {
    static IS_PLANTED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("CALTROP_PLANTED").is_some());
    if *IS_PLANTED {
        assert_ne!(data.first(), Some(&b'B'), "the planted panic");
    }
}
