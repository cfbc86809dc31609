//! The guard on a Cortex-M3.
//!
//! Reads a packed file of decision vectors from the host that debugs the board, shows every request in it to [`caltrop::Guard::admit`] and
//! holds each answer against the file's: the same policy bytes, the same request and the same time as the runners in Rust and C, hence the
//! same decision. Prints what that costs in flash, RAM, stack and instructions.
//!
//! Promises: no heap (`check.sh` looks), and 64 KiB of RAM and 256 KiB of flash are enough (`memory.x`: it would not link).
//! Not here: a network. A product hands in requests from its own server; `Bench::group` opens and `Bench::decide` asks, as it would.
#![no_std]
#![no_main]

mod bench;
mod case;
mod charges;
mod footprint;
mod memory;
mod pack;
#[cfg(feature = "planted-heap")]
mod planted_heap;
mod semihosting;
mod stack;
mod stop;
mod ticks;

use bench::{Bench, Show};
use cortex_m_rt::entry;
use pack::Stop;
use semihosting::File;

/// The file that QEMU's working directory holds: run.sh puts it there.
const VECTORS: &core::ffi::CStr = c"vectors.bin";

#[entry]
fn main() -> ! {
    #[cfg(feature = "planted-heap")]
    planted_heap::use_it();
    let show = if semihosting::command_line_ends_with(b"table") { Show::Table } else { Show::Score };
    // Figures are worth what their instruments are: both are tried on something of known size first.
    if !ticks::start() {
        give_up("SysTick counts no instructions here: run.sh says how QEMU is started");
    }
    if !stack::is_seen() {
        give_up("the depth of a known stack is not seen");
    }
    let mut bench = Bench::new(show);
    if let Err(why) = vectors().and_then(|file| bench.run(file)) {
        give_up(why);
    }
    bench.report();
    semihosting::exit(u32::from(!bench.is_passed()))
}

fn give_up(why: Stop) -> ! {
    semihosting::err(format_args!("cortex-m: {why}\n"));
    semihosting::exit(2)
}

fn vectors() -> Result<&'static [u8], Stop> {
    let file = File::open(VECTORS).ok_or("there is no vectors.bin in QEMU's working directory")?;
    let buffer = memory::take_file_buffer().ok_or("the buffer is taken")?;
    let length = file.length().ok_or("the length of vectors.bin cannot be told")?;
    let place = buffer.get_mut(..length).ok_or("vectors.bin is larger than the buffer: see src/memory.rs")?;
    file.read(place).ok_or("vectors.bin cannot be read whole")?;
    Ok(place)
}
