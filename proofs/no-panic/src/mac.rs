//! `caltrop::mac` and `caltrop::encode`.

use caltrop::encode::{base62_256, base62_u64, hex16, u64_base62};
use caltrop::mac::{InvalidTag, Key, Mac, Tag};

#[unsafe(no_mangle)]
pub fn np_mac_key(bytes: &[u8]) -> Key {
    Key::new(bytes)
}

#[unsafe(no_mangle)]
pub fn np_mac_sign(key: &Key, message: &[u8]) -> Tag {
    key.sign(message)
}

#[unsafe(no_mangle)]
pub fn np_mac_verify(key: &Key, message: &[u8], tag: &[u8]) -> Result<(), InvalidTag> {
    key.verify(message, tag)
}

#[unsafe(no_mangle)]
pub fn np_mac_update<'k>(mac: Mac<'k>, piece: &[u8]) -> Mac<'k> {
    mac.update(piece)
}

#[unsafe(no_mangle)]
pub fn np_mac_finish(mac: Mac<'_>) -> [u8; 16] {
    mac.finish().truncated()
}

#[unsafe(no_mangle)]
pub fn np_encode(bytes: &[u8; 32], id: u64, text: &[u8], half: &[u8; 16]) -> ([u8; 43], [u8; 10], Option<u64>, [u8; 32]) {
    (base62_256(bytes), base62_u64(id), u64_base62(text), hex16(half))
}
