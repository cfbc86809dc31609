// Read first: Arm's "Semihosting for AArch32 and AArch64", 2.0.
//! The host that debugs the board: its files, its standard output, and the status with which QEMU ends.
//!
//! Not here: writing files other than the two outputs. A product has no semihosting: nothing of the guard needs it.

use core::arch::asm;
use core::ffi::CStr;
use core::fmt::{self, Write};

/// A file of the host.
pub(crate) struct File(u32);

impl File {
    /// Opens a file to read it.
    pub(crate) fn open(path: &CStr) -> Option<Self> {
        const READ_BINARY: usize = 1;
        Self::with_mode(path, READ_BINARY)
    }

    fn with_mode(path: &CStr, mode: usize) -> Option<Self> {
        let block = [path.as_ptr().expose_provenance(), mode, path.count_bytes()];
        let handle = call(SYS_OPEN, &block);
        (handle != FAILED).then_some(Self(handle))
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> Option<usize> {
        let length = call(SYS_FLEN, &[self.0 as usize]);
        (length != FAILED).then_some(length as usize)
    }

    /// Fills all of `place`, or gives `None`.
    pub(crate) fn read(&self, place: &mut [u8]) -> Option<()> {
        let block = [self.0 as usize, place.as_mut_ptr().expose_provenance(), place.len()];
        // It answers how many bytes were not read.
        (call(SYS_READ, &block) == 0).then_some(())
    }

    fn write(&self, text: &str) -> Option<()> {
        let block = [self.0 as usize, text.as_ptr().expose_provenance(), text.len()];
        (call(SYS_WRITE, &block) == 0).then_some(())
    }
}

/// Prints to standard output.
pub(crate) fn out(text: fmt::Arguments<'_>) {
    const WRITE: usize = 4;
    print(WRITE, text);
}

/// Prints to standard error.
pub(crate) fn err(text: fmt::Arguments<'_>) {
    const APPEND: usize = 8;
    print(APPEND, text);
}

/// The host's console has a name, `:tt`, and the mode in which it is opened says which of its streams is meant.
fn print(mode: usize, text: fmt::Arguments<'_>) {
    let Some(console) = File::with_mode(c":tt", mode) else { exit(3) };
    let mut line = Line { console, text: [0; 128], used: 0 };
    if line.write_fmt(text).is_err() || line.flush().is_err() {
        exit(3); // A result that nobody sees is a failure.
    }
    call(SYS_CLOSE, &[line.console.0 as usize]);
}

/// Gathers the pieces of a line: each call stops the board.
struct Line {
    console: File,
    text: [u8; 128],
    used: usize,
}

impl Line {
    fn flush(&mut self) -> fmt::Result {
        let text = core::str::from_utf8(&self.text[..self.used]).map_err(|_| fmt::Error)?;
        self.used = 0;
        self.console.write(text).ok_or(fmt::Error)
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.used + text.len() > self.text.len() {
            self.flush()?;
        }
        match self.text[self.used..].get_mut(..text.len()) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                self.used += text.len();
                Ok(())
            }
            None => self.console.write(text).ok_or(fmt::Error),
        }
    }
}

/// Whether the words that run.sh gives after the program's name end so.
pub(crate) fn command_line_ends_with(word: &[u8]) -> bool {
    let mut line = [0u8; 64];
    let mut block = [line.as_mut_ptr().expose_provenance(), line.len()];
    let status = call_mut(SYS_GET_CMDLINE, &mut block);
    status == 0 && line.get(..block[1]).is_some_and(|line| line.trim_ascii_end().ends_with(word))
}

/// Ends QEMU with this status.
pub(crate) fn exit(status: u32) -> ! {
    const APPLICATION_EXIT: usize = 0x2_0026;
    loop {
        call(SYS_EXIT_EXTENDED, &[APPLICATION_EXIT, status as usize]);
    }
}

const SYS_OPEN: usize = 0x01;
const SYS_CLOSE: usize = 0x02;
const SYS_WRITE: usize = 0x05;
const SYS_READ: usize = 0x06;
const SYS_FLEN: usize = 0x0c;
const SYS_GET_CMDLINE: usize = 0x15;
const SYS_EXIT_EXTENDED: usize = 0x20;
/// −1, what a call answers that failed.
const FAILED: u32 = u32::MAX;

fn call<const N: usize>(operation: usize, block: &[usize; N]) -> u32 {
    let mut block = *block;
    call_mut(operation, &mut block)
}

/// Hands a block of words to the host, which may write to it and to the memory that it names.
#[inline(never)]
fn call_mut<const N: usize>(operation: usize, block: &mut [usize; N]) -> u32 {
    let answer: u32;
    // SAFETY: the breakpoint asks for the number of an operation in r0 and its block of words in r1, and changes r0 alone. Each caller
    // gives the block that the operation is documented to take; the pointers in it have exposed provenance and cover as many bytes as
    // their length says. Memory is not declared untouched, so the compiler expects the host's writes.
    unsafe { asm!("bkpt 0xAB", inout("r0") operation => answer, in("r1") block.as_mut_ptr(), options(nostack)) };
    answer
}
