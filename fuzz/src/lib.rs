//! What the fuzz targets share: the fixed house that requests are asked of, images signed again after a change, and the planted fault.

pub mod house;
pub mod requests;
pub mod resign;

/// Panics on some inputs if the fault is planted: what `ci/fuzz.sh --planted` must see found.
pub fn planted(data: &[u8]) {
    if cfg!(feature = "planted") {
        assert_ne!(data.first(), Some(&b'B'), "the planted panic");
    }
}
