//! Faults that must be caught at each level, or the check is blind: a comparison that ends early, and a table that a secret indexes.

use std::hint::black_box;

use caltrop::mac;

use crate::Case;
use crate::secret::{public, secret};

pub(crate) const ALL: &[Case] = &[Case { name: "early exit", run: early_exit }, Case { name: "secret index", run: secret_index }];

#[inline(never)]
fn equal_early(a: &[u8], b: &[u8]) -> bool {
    for (a, b) in a.iter().zip(b) {
        if black_box(*a) != *b {
            return false;
        }
    }
    true
}

fn early_exit() {
    let key = mac::Key::new(&secret(&[7; 32]));
    let tag = key.sign(b"message");
    black_box(public(equal_early(tag.as_bytes(), &secret(&[1; 32]))));
}

fn secret_index() {
    static DIGITS: [u8; 256] = [5; 256];
    let at = secret(&[3])[0];
    black_box(public(black_box(&DIGITS)[usize::from(at)]));
}
