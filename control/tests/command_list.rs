//! `caltrop list` from outside: a list is compiled, shown and asked, and what is wrong is told with its line and what would do.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A folder with the keys of `init` and one list.
struct House(tempfile::TempDir);

impl House {
    fn new(name: &str, list: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let house = Self(folder);
        let ran = house.caltrop(&["init", ".", "--name", "acme-api"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        std::fs::write(house.path(name), list).unwrap();
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.0.path()).join(name)
    }

    fn caltrop(&self, args: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).current_dir(self.0.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn compile(&self, args: &[&str]) -> Ran {
        self.caltrop(&[&["list", "compile", "--scope", "acme-api/nets"], args].concat())
    }

    fn lookup(&self, addresses: &[&str]) -> Ran {
        self.caltrop(&[&["list", "lookup", "nets.cltp", "--scope", "acme-api/nets"], addresses].concat())
    }
}

const CSV: &str = "network,who\n10.0.0.0/8,inside\n10.8.0.0/16,vpn\n2001:db8::/32,lab\n";

#[test]
fn a_list_is_compiled_shown_and_asked() {
    let house = House::new("nets.csv", CSV);
    for sequence in ["1", "2"] {
        let ran = house.compile(&["nets.csv", "--format", "csv", "--label", "who"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(
            ran.out.starts_with(&format!("nets.cltp written: acme-api/nets, sequence {sequence}, 3 networks, 3 labels, ")),
            "{}",
            ran.out
        );
    }
    let ran = house.lookup(&["10.8.3.4", "::ffff:10.9.0.1", "2001:db8::1", "192.0.2.1"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "10.8.3.4  vpn\n::ffff:10.9.0.1  inside\n2001:db8::1  lab\n192.0.2.1  not listed\n");
    let ran = house.lookup(&["10.8.3.4", "192.0.2.1", "--json"]);
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&said["addresses"][0]["label"], &said["addresses"][1]["listed"]), (&"vpn".into(), &false.into()));
    let ran = house.caltrop(&["list", "show", "nets.cltp", "--scope", "acme-api/nets"]);
    assert!(
        ran.out.starts_with("acme-api/nets: sequence 2, ") && ran.out.ends_with("ranges, 3 labels\n  inside\n  vpn\n  lab\n"),
        "{}",
        ran.out
    );
}

#[test]
fn a_list_without_labels_says_only_who_is_in_it() {
    let house = House::new("nets.txt", "# two\n10.8.0.0/16\n2001:db8::/32\n");
    assert_eq!(house.compile(&["nets.txt", "--out", "nets.cltp", "--ranges"]).code, 0);
    assert_eq!(house.lookup(&["10.8.3.4", "10.9.0.1"]).out, "10.8.3.4  listed\n10.9.0.1  not listed\n");
}

#[test]
fn a_fault_is_told_with_its_line_and_its_mend_and_nothing_is_written() {
    let house = House::new("nets.txt", "10.8.0.0/16\n10.9.0.1/16\n");
    let ran = house.compile(&["nets.txt"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.starts_with("nets.txt:2:1: network \"10.9.0.1/16\": ") && ran.err.contains("write 10.9.0.0/16, if that is meant"),
        "{}",
        ran.err
    );
    assert!(!house.path("nets.cltp").exists());
    std::fs::write(house.path("nets.txt"), b"10.8.0.0/16\n\xFF\n").unwrap();
    let ran = house.compile(&["nets.txt"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "nets.txt:2: not UTF-8: save the list as UTF-8\n"));
    std::fs::write(house.path("nets.csv"), CSV).unwrap();
    let ran = house.compile(&["nets.csv", "--format", "csv", "--label", "whom"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("nets.csv:1:1: no column \"whom\"") && ran.err.contains("choose one of: network, who"), "{}", ran.err);
}

#[test]
fn a_command_line_that_cannot_be_meant_is_refused() {
    let house = House::new("nets.txt", "10.8.0.0/16\n");
    for scope in ["acme-api", "acme-api/", "/nets", "acme-api/nets/more", ""] {
        let ran = house.caltrop(&["list", "compile", "nets.txt", "--scope", scope]);
        assert_eq!(ran.code, 2, "{scope}");
        assert!(ran.err.contains("give the policy and the feed, as in acme-api/nets"), "{}", ran.err);
    }
    assert_eq!(house.compile(&["nets.txt", "--label", "who"]).code, 2);
    assert_eq!(house.compile(&["nets.txt", "--out", "nets.txt"]).code, 2);
    assert_eq!(house.lookup(&["10.8.3.4/32"]).code, 2);
    assert_eq!(house.compile(&["none.txt"]).code, 3);
    assert_eq!(house.compile(&["nets.txt", "--key", "policy.pub"]).code, 3, "readable by all");
}

#[test]
fn an_image_of_another_scope_or_signer_or_with_a_changed_byte_is_refused() {
    let house = House::new("nets.txt", "10.8.0.0/16\n");
    assert_eq!(house.compile(&["nets.txt"]).code, 0);
    let ran = house.caltrop(&["list", "lookup", "nets.cltp", "--scope", "acme-api/other", "10.8.3.4"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let ran = house.caltrop(&["list", "show", "nets.cltp", "--scope", "acme-api/nets", "--signer", "feed-keys.pub"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let mut bytes = std::fs::read(house.path("nets.cltp")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(house.path("nets.cltp"), bytes).unwrap();
    let ran = house.lookup(&["10.8.3.4"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with("nets.cltp: "), "{}", ran.err);
}
