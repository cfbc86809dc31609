//! What ends a run that went wrong: a line for the reader, and a status that no script takes for success.

use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};

use crate::semihosting::{err, exit};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    err(format_args!("cortex-m: {info}\n"));
    exit(101)
}

/// A stack that ran into the statics ends here too, or as a wrong answer: `Paint::used` shows how much is left.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    err(format_args!("cortex-m: hard fault at {:#x}\n", frame.pc()));
    exit(102)
}
