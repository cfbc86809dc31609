//! Faults that must not link: an `unwrap` and an index. Without them, a check that has gone blind would look like a good one.

#[unsafe(no_mangle)]
pub fn np_planted_unwrap(value: Option<&u32>) -> u32 {
    *value.unwrap()
}

#[unsafe(no_mangle)]
pub fn np_planted_index(bytes: &[u8], at: usize) -> u8 {
    bytes[at]
}
