//! What the firmware takes of the board, as the linker laid it out.

/// Bytes of each kind of memory.
pub(crate) struct Footprint {
    /// Code, constants and the first values of statics.
    pub(crate) flash_bytes: usize,
    /// Statics in RAM: the guard's state and nothing else of size.
    pub(crate) ram_bytes: usize,
    /// The memory outside: vectors, and room for states that no small board has.
    pub(crate) harness_bytes: usize,
}

// cortex-m-rt's link.x sets these; memory.x the last two.
unsafe extern "C" {
    safe static __vector_table: u8;
    safe static __sidata: u8;
    safe static __sdata: u8;
    safe static __edata: u8;
    safe static __sheap: u8;
    safe static __spsram: u8;
    safe static __epsram: u8;
}

impl Footprint {
    /// Reads the linker's symbols.
    pub(crate) fn read() -> Self {
        let at = |symbol: *const u8| symbol.addr();
        let data = at(&raw const __edata) - at(&raw const __sdata);
        Self {
            flash_bytes: at(&raw const __sidata) + data - at(&raw const __vector_table),
            ram_bytes: at(&raw const __sheap) - at(&raw const __sdata),
            harness_bytes: at(&raw const __epsram) - at(&raw const __spsram),
        }
    }
}
