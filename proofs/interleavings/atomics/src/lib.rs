//! What the core takes from `portable-atomic`, over loom's: each access is a point where another worker may run, and a relaxed load
//! may give any value that the memory model allows.

use std::sync::atomic::{AtomicBool, Ordering as StdOrdering};

use loom::sync::atomic::Ordering;

pub use loom::sync::atomic::fence;

/// The planted fault: compare-and-swap becomes a load and a store, between which another worker may run.
pub static PLANTED: AtomicBool = AtomicBool::new(false);

/// As `portable_atomic::AtomicU64`, as far as the core uses it.
#[derive(Debug)]
pub struct AtomicU64(loom::sync::atomic::AtomicU64);

impl AtomicU64 {
    /// A new word.
    pub fn new(value: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(value))
    }

    /// Reads.
    pub fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }

    /// Writes.
    pub fn store(&self, value: u64, order: Ordering) {
        self.0.store(value, order);
    }

    /// Writes if it is `current`.
    ///
    /// # Errors
    /// What it is, if it is another.
    pub fn compare_exchange(&self, current: u64, new: u64, success: Ordering, failure: Ordering) -> Result<u64, u64> {
        if !PLANTED.load(StdOrdering::Relaxed) {
            return self.0.compare_exchange(current, new, success, failure);
        }
        let seen = self.0.load(failure);
        if seen != current {
            return Err(seen);
        }
        self.0.store(new, Ordering::Relaxed);
        Ok(seen)
    }

    /// Adds, and gives what was there.
    pub fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        self.0.fetch_add(value, order)
    }
}
