// Read first: vectors/src/lib.rs, which says what stands in the file.
//! A cursor over the packed file. A file that ends early stops the run, rather than decide fewer cases than there are.

/// Why a run stops before its end.
pub(crate) type Stop = &'static str;

/// What is not yet read.
pub(crate) struct Reader(pub(crate) &'static [u8]);

impl Reader {
    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'static [u8], Stop> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("vectors.bin ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'static [u8; N], Stop> {
        self.take(N)?.first_chunk().ok_or("vectors.bin ends early")
    }

    /// A little-endian integer of `width` bytes, of a type that holds it.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, width: usize) -> Result<T, Stop> {
        let number = self.take(width)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        T::try_from(number).map_err(|_| "vectors.bin holds a number that is too large")
    }

    /// Bytes behind their length, which has `width` bytes.
    pub(crate) fn bytes(&mut self, width: usize) -> Result<&'static [u8], Stop> {
        let length = self.number(width)?;
        self.take(length)
    }

    /// Text behind its length of one byte.
    pub(crate) fn text(&mut self) -> Result<&'static str, Stop> {
        core::str::from_utf8(self.bytes(1)?).map_err(|_| "vectors.bin holds a text that is no UTF-8")
    }
}
