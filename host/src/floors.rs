//! Floors on disk: the newest image that this host put into use, so that an older one is not played back.
//!
//! One file an image, `<name>.floor`: the sequence, a blank, the id in hexadecimal. It is only as good as its folder: whoever may write there may
//! also roll back, so a service that is attacked by its own user keeps them in a folder of another one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use caltrop::image::Floor;

use crate::files::{self, FileError, Readers};

/// Where floors are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Floors {
    /// Beside the image.
    #[default]
    Beside,
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere: an older image of the same signer is taken.
    Nowhere,
}

impl Floors {
    /// The floor of an image.
    ///
    /// # Errors
    /// [`FileError`]: there is a floor and it cannot be read. An absent one is [`Floor::NONE`].
    pub fn read(&self, image: &Path) -> Result<Floor, FileError> {
        let Some(path) = self.path(image) else { return Ok(Floor::NONE) };
        if !path.exists() {
            return Ok(Floor::NONE);
        }
        let text = files::read(&path, "let this user read it")?;
        parse(&text).ok_or_else(|| {
            FileError::new(&path, "not a floor", "put back the file from a backup, or remove it if every older image is gone for good")
        })
    }

    /// Raises the floor of an image that was put into use; a floor as high is left as it is.
    ///
    /// # Errors
    /// [`FileError`]: it cannot be written, or another process has raised it above this image meanwhile.
    pub fn raise(&self, image: &Path, floor: Floor) -> Result<(), FileError> {
        let Some(path) = self.path(image) else { return Ok(()) };
        if self.read(image)? == floor {
            return Ok(());
        }
        let _locked = files::lock(files::folder_of(&path))?;
        let held = self.read(image)?;
        if held.sequence > floor.sequence {
            let what = format_args!("sequence {} is in use already, and this image has {}", held.sequence, floor.sequence).to_string();
            return Err(FileError::new(&path, what, "load the newer image"));
        }
        files::write(&path, text(floor).as_bytes(), Readers::All)
    }

    fn path(&self, image: &Path) -> Option<PathBuf> {
        self.beside(image, "floor")
    }

    /// What servers write about an image: a file of its name, with this ending; `None` where they write nothing.
    #[must_use]
    pub fn beside(&self, image: &Path, ending: &str) -> Option<PathBuf> {
        let beside = image.with_extension(ending);
        match self {
            Self::Beside => Some(beside),
            Self::Folder(folder) => Some(folder.join(beside.file_name()?)),
            Self::Nowhere => None,
        }
    }
}

fn text(floor: Floor) -> String {
    let mut text = format!("{} ", floor.sequence);
    floor.id.iter().for_each(|byte| {
        // A String takes what it is given.
        let _ = write!(text, "{byte:02x}");
    });
    text + "\n"
}

fn parse(text: &[u8]) -> Option<Floor> {
    let (sequence, hex) = std::str::from_utf8(text).ok()?.trim_end().split_once(' ')?;
    let mut id = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Floor { sequence: sequence.parse().ok()?, id })
}
