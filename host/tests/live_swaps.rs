//! A thousand swaps under load: no request fails, and memory stays flat. Alone in its process, whose memory it measures.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use caltrop::key::{Form, digest};
use caltrop::mac;
use caltrop_control::keys::{KeyModel, build};
use caltrop_host::HostGuard;
use caltrop_host::floors::Floors;

mod folder;
use folder::{Folder, ask, house, stamp};
use house::{NOW, PEPPER};

fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Bytes more after so many swaps under load than before them, and bytes of one image. `held` is given every guard that was used.
fn grown(swaps: u64, mut held: impl FnMut(Arc<HostGuard>)) -> (u64, u64) {
    // A key for each client, so that each has a clock of its own.
    let keys: Vec<KeyModel> = (0..500)
        .map(|client| {
            let text = format!("acme_live_client{client}");
            let digest = *digest(&mac::Key::new(&PEPPER), Form::Key, text.as_bytes()).unwrap().as_bytes();
            KeyModel { digest, key_id: 100 + client, principal: text.clone(), tenant: Some(text), ..house::keys().remove(0) }
        })
        .collect();
    let folder = Folder::new();
    let keyring = |sequence| folder.put("keys.cltp", &build("acme-api/keys", &keys, &house::signer(), stamp(sequence)).unwrap());
    keyring(3);
    let live = Arc::new(folder.load(Floors::Nowhere));
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = keys
        .iter()
        .take(3)
        .map(|key| {
            let (live, stop, asked) = (Arc::clone(&live), Arc::clone(&stop), Arc::clone(&asked));
            let (from, key) = (format!("203.0.113.{}", key.key_id), key.principal.clone());
            std::thread::spawn(move || {
                let mut now = NOW;
                while !stop.load(Relaxed) {
                    // As slow as the quotas allow: an answer other than 200 is a fault.
                    now.mono_ns += 20_000_000_000;
                    assert_eq!(ask(&live.current(), &key, &from, now), 200);
                    asked.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    let mut swap = |sequence| {
        keyring(sequence);
        held(live.current());
        assert_eq!(live.look().len(), 1);
    };
    (4..104).for_each(&mut swap);
    let before = resident_bytes();
    (104..104 + swaps).for_each(&mut swap);
    let after = resident_bytes();
    stop.store(true, Relaxed);
    clients.into_iter().for_each(|client| client.join().unwrap());
    let guard = live.current();
    let size = guard.images().policy.len() + guard.images().keyring.as_ref().unwrap().len();
    let grown = after.saturating_sub(before);
    println!("live: {swaps} swaps, {} requests, {grown} bytes more resident; images of {size} bytes", asked.load(Relaxed));
    assert!(asked.load(Relaxed) > 1000);
    (grown, u64::try_from(size).unwrap())
}

#[test]
fn a_thousand_swaps_under_load_fail_no_request_and_keep_memory_flat() {
    let (flat, size) = grown(1000, drop);
    assert!(flat < 20 * size, "{flat} bytes more: those of over 20 images of 1,000");
    // The planted fault: guards that are never freed.
    let mut held = Vec::new();
    let (grown, size) = grown(100, |guard| held.push(guard));
    assert!(grown > 80 * size, "{grown} bytes more, and 100 images of {size} bytes are held");
}
