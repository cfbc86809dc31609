//! One state for all processes of a host: real processes, and files that are not what they should be.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::io::{Read, Seek, SeekFrom, Write};
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use caltrop::State;
use caltrop::audit::Verdict;
use caltrop::guard::Geometry;
use caltrop::rate::{Charge, Quota};
use caltrop::table::TableSize;
use caltrop_host::clock;
use caltrop_host::shared::{SharedError, SharedWords, path_of};

const GEOMETRY: Geometry =
    Geometry { rate: TableSize { lines: 64, overflow_log2: 6 }, lease_lines: 2, lease_s: NonZero::<u32>::MIN, audit_slots: 16 };

/// A state name of its own, whose file is removed at the end.
struct Named {
    name: String,
    path: PathBuf,
}

impl Named {
    fn new(name: &str) -> Self {
        let name = format!("test-{}-{name}", std::process::id());
        let path = path_of(&name).unwrap();
        Self { name, path }
    }

    fn open(&self) -> Result<SharedWords, SharedError> {
        SharedWords::open(&self.name, GEOMETRY)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What each child process of the next test does: opens the state, takes what it can, prints how much.
#[test]
fn child() {
    let Ok(name) = std::env::var("CALTROP_TEST_STATE") else { return };
    let words = SharedWords::open(&name, GEOMETRY).unwrap();
    let state = State::attach(words.words()).unwrap();
    let quota = Quota::per("requests", 400, 86_400, 400).unwrap();
    let charge = Charge { partition: state.limiter().client(b"alice"), quota, cost: 1 };
    let taken = (0..400).filter(|_| state.limiter().take(&charge, clock::now()).is_ok()).count();
    println!("taken {taken}.");
}

#[test]
fn processes_that_start_at_once_share_one_state() {
    let named = Named::new("many");
    let child = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]).env("CALTROP_TEST_STATE", &named.name).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(|_| child()).collect();
    let taken = children.into_iter().map(|child| {
        let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let number = out.split("taken ").nth(1).and_then(|rest| rest.split('.').next()).unwrap_or_else(|| panic!("{out}"));
        number.parse::<u32>().unwrap()
    });
    // One unit comes back every 216 s; the run takes less.
    assert!((400..=401).contains(&taken.sum::<u32>()));
}

#[test]
fn a_later_geometry_keeps_the_state_that_is_there() {
    let named = Named::new("geometry");
    let first = named.open().unwrap();
    State::attach(first.words()).unwrap().journal().count(Verdict::Pass);
    let larger = Geometry { rate: TableSize { lines: 128, ..GEOMETRY.rate }, ..GEOMETRY };
    let second = SharedWords::open(&named.name, larger).unwrap();
    let state = State::attach(second.words()).unwrap();
    assert_eq!((state.geometry(), state.journal().counted(Verdict::Pass)), (GEOMETRY, 1));
}

#[test]
fn a_file_that_is_no_state_is_refused_by_name_and_left_as_it_is() {
    let refused = |named: &Named, says: &str| {
        let before = std::fs::read(&named.path).unwrap();
        let error = named.open().unwrap_err().to_string();
        assert!(error.contains(named.path.to_str().unwrap()) && error.contains(says), "{error}");
        assert_eq!(std::fs::read(&named.path).unwrap(), before);
    };
    let named = Named::new("foreign");
    std::fs::write(&named.path, "something else").unwrap();
    refused(&named, "its mode is 100644");
    std::fs::set_permissions(&named.path, std::fs::Permissions::from_mode(0o600)).unwrap();
    refused(&named, "14 bytes are no state");
    std::fs::write(&named.path, vec![0; 8192]).unwrap();
    refused(&named, "no state of this release");

    let whole = Named::new("damaged");
    drop(whole.open().unwrap());
    let change = |word: u64, says: &str| {
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open(&whole.path).unwrap();
        let mut old = [0; 8];
        file.seek(SeekFrom::Start(8 * word)).unwrap();
        file.read_exact(&mut old).unwrap();
        file.seek(SeekFrom::Start(8 * word)).unwrap();
        file.write_all(&(u64::from_le_bytes(old) ^ 4).to_le_bytes()).unwrap();
        refused(&whole, says);
        file.seek(SeekFrom::Start(8 * word)).unwrap();
        file.write_all(&old).unwrap();
        assert!(whole.open().is_ok());
    };
    change(0, "no state of this release");
    change(1, "no state of this release");
    change(2, "words and has");
    change(3, "made before this machine started");
    change(512, "format them first");
    change(514, "the state takes");
    let length = std::fs::metadata(&whole.path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&whole.path).unwrap().set_len(length - 8).unwrap();
    refused(&whole, "words and has");
}

#[test]
fn a_link_is_not_followed_and_a_name_is_no_path() {
    let target = Named::new("target");
    drop(target.open().unwrap());
    let link = Named::new("link");
    std::os::unix::fs::symlink(&target.path, &link.path).unwrap();
    assert!(matches!(link.open(), Err(SharedError::System { .. })));
    for bad in ["", "a/b", "../x", "two words"] {
        assert!(matches!(SharedWords::open(bad, GEOMETRY), Err(SharedError::Name { .. })), "{bad}");
    }
}

#[test]
fn a_state_that_does_not_fit_names_its_bytes_and_leaves_nothing() {
    let named = Named::new("huge");
    let rate = TableSize { lines: 1 << 31, overflow_log2: 6 };
    let error = SharedWords::open(&named.name, Geometry { rate, ..GEOMETRY }).unwrap_err();
    assert!(matches!(&error, SharedError::Room { bytes, .. } if *bytes > 1 << 37), "{error}");
    assert!(error.to_string().contains("make /dev/shm larger"), "{error}");
    assert!(!named.path.exists());
}
