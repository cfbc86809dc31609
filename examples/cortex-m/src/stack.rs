//! How deep a call's stack went: the memory below it is painted before, and searched for the deepest changed word after.

use core::hint::black_box;
use core::ptr;

use cortex_m::register::msp;

use crate::pack::Stop;

/// A word that no code writes by chance.
const PAINT: u32 = 0xa5a5_5a5a;

/// Room for the frame of `fill`, which must not paint over itself.
const OWN_FRAME_BYTES: usize = 128;

unsafe extern "C" {
    /// Where the statics end (cortex-m-rt): the stack may grow down to it.
    safe static __sheap: u32;
}

/// Painted memory below the stack pointer of a function.
pub(crate) struct Paint {
    from: usize,
}

/// Paints everything between the statics and the stack of the function in which this stands.
#[inline(always)]
pub(crate) fn paint() -> Paint {
    let from = msp::read() as usize;
    fill(from - OWN_FRAME_BYTES);
    Paint { from }
}

#[inline(never)]
fn fill(to: usize) {
    for address in (bottom()..to).step_by(4) {
        // SAFETY: aligned (`__sheap` is, by cortex-m-rt's script) and within RAM; nothing lives there, since the firmware has no heap
        // and the frames in use lie above `to`.
        unsafe { ptr::with_exposed_provenance_mut::<u32>(address).write_volatile(PAINT) };
    }
}

impl Paint {
    /// Bytes of stack that calls since then have used.
    #[inline(never)]
    pub(crate) fn used(&self) -> Result<usize, Stop> {
        let mut free = (bottom()..self.from).step_by(4);
        let is_touched = |address: &usize| {
            // SAFETY: aligned and within RAM, as above; a volatile read of words that `fill` or a call wrote.
            unsafe { ptr::with_exposed_provenance::<u32>(*address).read_volatile() != PAINT }
        };
        let deepest = free.find(is_touched).unwrap_or(self.from);
        if deepest == bottom() { Err("the stack ran into the statics") } else { Ok(self.from - deepest) }
    }
}

/// Whether a call of known depth is seen as deep as it is, but for the few words that every frame saves.
pub(crate) fn is_seen() -> bool {
    let paint = paint();
    deep();
    matches!(paint.used(), Ok(bytes) if (DEEP..DEEP + 64).contains(&bytes))
}

const DEEP: usize = 1024;

#[inline(never)]
fn deep() {
    black_box([1u8; DEEP]);
}

fn bottom() -> usize {
    (&raw const __sheap).expose_provenance()
}
