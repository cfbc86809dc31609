//! What the fuzz targets share: the fixed house that requests are asked of, images signed again after a change, and the planted fault.

pub mod house;
pub mod requests;
pub mod resign;

/// Panics on one input if the fault is planted: what `ci/fuzz.sh --planted` must see found. One function for each byte, so that coverage leads
/// there and not luck.
pub fn planted(data: &[u8]) {
    if cfg!(feature = "planted") && data.first() == Some(&b'B') {
        after_b(data);
    }
}

#[inline(never)]
fn after_b(data: &[u8]) {
    assert_ne!(data.get(1), Some(&b'G'), "the planted panic");
}
