//! `caltrop::key`: what is shown, stored and issued. Opening a keyring is in `image`.

use caltrop::Now;
use caltrop::key::{Digest, Entry, Form, FormatError, IssuedKey, KeyReason, KeyText, Keyring, crc32, digest, issue};
use caltrop::mac;

#[unsafe(no_mangle)]
pub fn np_key_digest(pepper: &mac::Key, form: Form, shown: &[u8]) -> Option<Digest> {
    digest(pepper, form, shown)
}

#[unsafe(no_mangle)]
pub fn np_key_text<'k>(text: &'k str) -> Result<KeyText<'k>, FormatError> {
    KeyText::parse(text)
}

#[unsafe(no_mangle)]
pub fn np_key_issue(prefix: &str, entropy: [u8; 40]) -> Result<IssuedKey, FormatError> {
    issue(prefix, entropy)
}

#[unsafe(no_mangle)]
pub fn np_key_issued(key: &IssuedKey) -> (&str, u32) {
    (key.text(), crc32(key.text().as_bytes()))
}

#[unsafe(no_mangle)]
pub fn np_keyring_verify<'b>(keyring: &Keyring<'b>, shown: &[u8], peppers: &[mac::Key; 2], now: Now) -> Result<Entry<'b>, KeyReason> {
    keyring.verify(shown, |id| peppers.get(usize::from(id)), now)
}

#[unsafe(no_mangle)]
pub fn np_keyring_entry<'b>(entry: &Entry<'b>) -> (Option<&'b str>, Option<&'b str>, Option<&'b str>, usize, usize) {
    (entry.principal(), entry.tenant(), entry.plan(), entry.scopes().count(), entry.zones().count())
}
