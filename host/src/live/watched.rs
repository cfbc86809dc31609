//! One file that is looked at again and again, and opened only when it is another one.

use std::fs::{File, Metadata};
use std::io::{Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::error::LoadError;
use crate::files::FileError;

/// A file, and as what it was seen last.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) path: PathBuf,
    mend: &'static str,
    /// `None` before the first look; else what was there, if anything was.
    seen: Option<Option<Stamp>>,
    /// While it is open no other file can have its inode, so that one which is renamed into its place never looks the same.
    file: Option<File>,
    /// The refusal that was told of what was seen.
    told: Option<LoadError>,
}

/// What tells a file from another one at its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            bytes: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

impl Watched {
    /// A file that was never looked at.
    pub(super) const fn new(path: PathBuf, mend: &'static str) -> Self {
        Self { path, mend, seen: None, file: None, told: None }
    }

    /// Whether another file is there than at the last look. One `stat`, and if so one `open`.
    pub(super) fn look(&mut self) -> bool {
        if !self.has_moved_on() {
            return false;
        }
        self.file = File::open(&self.path).ok();
        let about = self.file.as_ref().map_or_else(|| std::fs::metadata(&self.path), File::metadata);
        self.seen = Some(about.ok().as_ref().map(Stamp::of));
        self.told = None;
        true
    }

    /// Whether [`Watched::look`] would see another file. One that was gone and is gone is the same.
    pub(super) fn has_moved_on(&self) -> bool {
        self.seen != Some(std::fs::metadata(&self.path).ok().as_ref().map(Stamp::of))
    }

    /// The bytes of the file that was seen.
    pub(super) fn read(&mut self) -> Result<Vec<u8>, LoadError> {
        let fail = |error| LoadError::File(FileError::new(&self.path, error, self.mend));
        // Opened by `look`, or to learn why it cannot be.
        let mut file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path).map_err(fail)?,
        };
        let mut bytes = Vec::new();
        let read = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
        self.file = Some(file);
        read.map(|_| bytes).map_err(fail)
    }

    /// Whether this refusal of the file that was seen is news. It is once.
    pub(super) fn tell(&mut self, error: &LoadError) -> bool {
        let is_new = self.told.as_ref() != Some(error);
        self.told = Some(error.clone());
        is_new
    }
}
