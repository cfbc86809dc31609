//! Two slots for a policy: whatever an update leaves behind, the newest good one is picked.
#![allow(missing_docs, reason = "tests speak by their names")]

use caltrop::Policy;
use caltrop::guard::Slot;
use caltrop::image::{Floor, OpenError};
use caltrop_control::image::Stamp;
use caltrop_control::model;

mod house;

fn image(sequence: u64) -> Vec<u8> {
    model::compile(&house::model()).unwrap().finish(&house::signer(), Stamp { sequence, ..house::STAMP })
}

/// The slot and the sequence of the policy in it.
fn picked(a: &[u8], b: &[u8], floor: Floor) -> Option<(Slot, u64)> {
    let picked = Policy::pick(a, b, &house::trust("acme-api", &house::signer()), floor).ok()?;
    Some((picked.slot, picked.policy.floor().sequence))
}

#[test]
fn of_two_good_policies_the_newer_one_is_picked() {
    let (old, new) = (image(7), image(8));
    assert_eq!(picked(&old, &new, Floor::NONE), Some((Slot::B, 8)));
    assert_eq!(picked(&new, &old, Floor::NONE), Some((Slot::A, 8)));
    assert_eq!(picked(&old, &old, Floor::NONE), Some((Slot::A, 7)));
}

#[test]
fn an_update_that_is_cut_off_at_any_byte_leaves_the_other_slot() {
    let (old, new) = (image(7), image(8));
    let erased = vec![0xFF; new.len()];
    let mut cuts = 0;
    for cut in 0..new.len() {
        let torn: Vec<u8> = new[..cut].iter().chain(&erased[cut..]).copied().collect();
        // What was cut off in bytes that happen to be as erased is whole.
        let wanted = if torn == new { (Slot::B, 8) } else { (Slot::A, 7) };
        assert_eq!(picked(&old, &torn, Floor::NONE), Some(wanted), "cut at {cut}");
        cuts += 1;
    }
    assert!(cuts > 500, "{cuts}");
    assert_eq!(picked(&old, &new, Floor::NONE), Some((Slot::B, 8)), "the whole update must be seen");
}

#[test]
fn a_slot_below_the_floor_is_bad_and_two_bad_ones_say_why() {
    let (old, new) = (image(7), image(8));
    let trust = house::trust("acme-api", &house::signer());
    let floor = Policy::open(&new, &trust, Floor::NONE).unwrap().floor();
    assert_eq!(picked(&old, &new, floor), Some((Slot::B, 8)));
    assert_eq!(picked(&new, b"", floor), Some((Slot::A, 8)));
    let neither = Policy::pick(&old, b"", &trust, floor).unwrap_err();
    assert_eq!((neither.a, neither.b), (OpenError::Rollback { given: 7, floor: 8 }, OpenError::TooShort { given: 0 }));
}
