//! The two clocks of a Linux host.

use caltrop::time::{Now, Quality};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// This moment: `CLOCK_REALTIME`, which servers keep set, and `CLOCK_BOOTTIME`, which never goes back and counts while suspended.
///
/// ```
/// let (first, second) = (caltrop_host::clock::now(), caltrop_host::clock::now());
/// assert!(first.wall_s > 1_700_000_000 && second.mono_ns >= first.mono_ns);
/// ```
#[must_use]
pub fn now() -> Now {
    let wall = clock_gettime(ClockId::Realtime);
    let mono = clock_gettime(ClockId::Boottime);
    Now { wall_s: seconds(&wall), mono_ns: nanoseconds(&mono), quality: Quality::Trusted }
}

/// A clock before 1970 is at 1970.
fn seconds(time: &Timespec) -> u64 {
    u64::try_from(time.tv_sec).unwrap_or(0)
}

fn nanoseconds(time: &Timespec) -> u64 {
    seconds(time).saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
