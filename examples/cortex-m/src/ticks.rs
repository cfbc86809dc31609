//! Counts instructions with SysTick.
//!
//! QEMU under `-icount shift=0` lets one nanosecond pass an instruction, and the board's clock has 25 MHz: a tick is 40 instructions. That
//! is checked against a loop of known length rather than believed. They are instructions, not cycles: a real core also waits for flash.

use core::arch::asm;

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// SysTick counts down through 24 bits: 671 million instructions, longer than any decision.
const MASK: u32 = 0x00ff_ffff;

/// Instructions a tick, if the emulator counts as said above.
const PER_TICK: u32 = 40;

/// Starts the clock. Gives `false` where it does not count instructions: without `-icount`, or on another board.
pub(crate) fn start() -> bool {
    let Some(peripherals) = Peripherals::take() else { return false };
    let mut clock = peripherals.SYST;
    clock.set_clock_source(SystClkSource::Core);
    clock.set_reload(MASK);
    clock.clear_current();
    clock.enable_counter();
    let begin = now();
    spin(LOOPS);
    // Two instructions a loop, and a tick of doubt on either side.
    instructions_since(begin).abs_diff(2 * LOOPS) <= 2 * PER_TICK
}

const LOOPS: u32 = 100_000;

/// The clock.
pub(crate) fn now() -> u32 {
    SYST::get_current()
}

/// Instructions since an earlier [`now`], to within one tick.
pub(crate) fn instructions_since(earlier: u32) -> u32 {
    (earlier.wrapping_sub(now()) & MASK) * PER_TICK
}

/// A loop of known length: two instructions a turn.
fn spin(turns: u32) {
    // SAFETY: counts a register down to zero; touches neither memory nor stack.
    unsafe { asm!("2: subs {0}, {0}, #1", "bne 2b", inout(reg) turns => _, options(nomem, nostack)) };
}
