//! What the fuzz targets share: the fixed house that requests are asked of, images signed again after a change, changes, and the planted fault.

use std::sync::LazyLock;

use arbitrary::Unstructured;

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

/// Nothing, mostly; or some bytes are others, gone or more.
pub fn change(bytes: &mut Vec<u8>, input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    for _ in 0..input.int_in_range(0..=3u8)?.saturating_sub(1) {
        let at = input.int_in_range(0..=bytes.len())?;
        match input.int_in_range(0..=2u8)? {
            0 => bytes.insert(at, input.arbitrary()?),
            1 if at < bytes.len() => bytes[at] = input.arbitrary()?,
            _ if at < bytes.len() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    Ok(())
}
