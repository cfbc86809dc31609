//! `caltrop feed status` from outside: what is good, missing, refused, rolled back and stale is told apart.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::process::Command;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop_control::image::Stamp;
use caltrop_control::keys::build;
use caltrop_host::clock;
use ed25519_dalek::SigningKey;
use serde_json::Value;

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        assert_eq!(project.caltrop(&["init", ".", "--name", "acme-api"]).0, 0);
        project
    }

    fn caltrop(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).current_dir(self.0.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The exit code, and of each image its name, sequence and state.
    fn status(&self, args: &[&str]) -> (i32, Vec<(String, Option<u64>, String)>) {
        let (code, out, err) = self.caltrop(&[&["feed", "status", "--json"], args].concat());
        assert_eq!(err, "");
        let said: Value = serde_json::from_str(&out).unwrap();
        let text = |image: &Value, key: &str| image[key].as_str().unwrap().to_owned();
        let images = said["images"].as_array().unwrap().iter();
        (code, images.map(|image| (text(image, "name"), image["sequence"].as_u64(), text(image, "state"))).collect())
    }

    fn states(&self, args: &[&str]) -> (i32, Vec<String>) {
        let (code, images) = self.status(args);
        (code, images.into_iter().map(|(_, _, state)| state).collect())
    }
}

#[test]
fn a_good_project_is_good_for_people_and_machines() {
    let project = Project::new();
    project.caltrop(&["policy", "compile"]);
    project.caltrop(&["keys", "new", "alice"]);
    let (code, images) = project.status(&[]);
    assert_eq!((code, images.len()), (0, 2));
    assert!(images.iter().all(|(_, sequence, state)| sequence.is_some() && state == "good"), "{images:?}");
    let (code, out, err) = project.caltrop(&["feed", "status"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["name", "sequence", "taken", "age", "expires", "state"]);
    assert_eq!((lines[1][0], lines[1][2], lines[1][5], lines[2][0]), ("policy", "-", "good", "keys"));
}

#[test]
fn what_the_policy_calls_stale_is_and_a_renewed_keyring_is_not() {
    let project = Project::new();
    let policy = project.0.path().join("policy.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    let signer = "signer = \"feed-keys.pub\"";
    assert!(text.contains(signer), "{text}");
    std::fs::write(&policy, text.replace(signer, "signer = \"feed-keys.pub\", stale = \"1h\", on-stale = \"deny\"")).unwrap();
    project.caltrop(&["policy", "compile"]);
    let (code, made, _) = project.caltrop(&["keys", "new", "alice", "--json"]);
    assert_eq!((code, project.states(&[]).0), (0, 0));
    let key = serde_json::from_str::<Value>(&made).unwrap()["key"].as_str().unwrap().to_owned();
    let seed = std::fs::read_to_string(project.0.path().join("feed-keys.key")).unwrap();
    let seed = Base64UrlUnpadded::decode_vec(seed.trim()).unwrap();
    let signer = SigningKey::from_bytes(seed.first_chunk().unwrap());
    // A keyring without keys, as it was an hour and some seconds ago.
    let created_s = clock::now().wall_s - 3_605;
    let old = build("acme-api/keys", &[], &signer, Stamp { sequence: 9, created_s, not_after_s: 0 }).unwrap();
    std::fs::write(project.0.path().join("keys.cltp"), old).unwrap();
    assert_eq!(project.states(&[]), (1, vec!["good".to_owned(), "stale".to_owned()]));
    let (_, out, text) = project.caltrop(&["feed", "status"]);
    let row: Vec<&str> = text.lines().nth(2).unwrap_or_default().split_whitespace().collect();
    assert_eq!((row[0], row[3], row[5]), ("keys", "1h", "stale"), "{out}{text}");
    assert_eq!(project.states(&["--stale", "2h"]).0, 0);
    let header = format!("authorization: Bearer {key}");
    let (_, out, _) = project.caltrop(&["explain", "GET", "/v1/things", "-H", &header]);
    assert!(out.contains("503 stale") && out.contains("stale after 3600 s: what hangs on it is refused"), "{out}");
    assert!(out.contains("on-stale = \"deny\""), "{out}");
    let (code, out, _) = project.caltrop(&["keys", "renew"]);
    assert_eq!((code, out.as_str()), (0, "keyring of 0 keys signed anew: sequence 10\n"));
    assert_eq!(project.status(&[]).1[1], ("keys".to_owned(), Some(10), "good".to_owned()));
}

#[test]
fn a_list_fills_a_zone_from_its_file_to_the_answer() {
    let project = Project::new();
    let path = |name: &str| project.0.path().join(name);
    let (code, out, err) = project.caltrop(&["feed", "signer", "known-bad"]);
    assert!(code == 0 && out.ends_with("name it by signer = \"feed-known-bad.pub\"\n"), "{out}{err}");
    let secret = std::fs::read(path("feed-known-bad.key")).unwrap();
    let (code, _, err) = project.caltrop(&["feed", "signer", "known-bad"]);
    assert!(code == 2 && err.contains("is there already"), "{err}");
    assert_eq!(std::fs::read(path("feed-known-bad.key")).unwrap(), secret);
    assert_eq!(project.caltrop(&["feed", "signer", "a/b"]).0, 2);

    let text = std::fs::read_to_string(path("policy.toml")).unwrap();
    let row = "\n[[expect]]\nrequest = { line = \"GET /healthz\", from = \"203.0.113.9\", zones = [\"bad\"] }\n\
               answer = { status = 403, reason = \"denied-zone\" }\n";
    let text = text
        .replace("[feed]\n", "[feed]\nknown-bad = { kind = \"prefixes\", signer = \"feed-known-bad.pub\", stale = \"48h\" }\n")
        .replace("[network]\n", "[network]\nzones = { bad = \"feed:known-bad\" }\ndeny = [\"bad\"]\n")
        + row;
    std::fs::write(path("policy.toml"), text).unwrap();
    assert_eq!(project.caltrop(&["policy", "compile"]).0, 0);
    let (code, out, err) = project.caltrop(&["policy", "test"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = project.caltrop(&["explain", "GET", "/healthz"]);
    assert!(code != 0 && err.contains("known-bad.cltp") && err.contains("caltrop list compile"), "{err}");
    assert_eq!(project.states(&[]), (1, ["good", "missing", "good"].map(str::to_owned).to_vec()));

    std::fs::write(path("bad.txt"), "192.0.2.0/24\n2001:db8:bad::/48\n").unwrap();
    let compile = ["list", "compile", "bad.txt", "--scope", "acme-api/known-bad", "--key", "feed-known-bad.key", "--out", "known-bad.cltp"];
    assert_eq!(project.caltrop(&compile).0, 0);
    assert_eq!(project.caltrop(&compile).0, 0);
    let (code, images) = project.status(&[]);
    assert_eq!((code, &images[1]), (0, &("known-bad".to_owned(), Some(2), "good".to_owned())));
    for (from, said) in [("192.0.2.7", "403 denied-zone"), ("2001:db8:bad::1", "403 denied-zone"), ("203.0.113.9", "200: allowed")] {
        let (_, out, err) = project.caltrop(&["explain", "GET", "/healthz", "--from", from]);
        assert!(out.contains(said) && out.contains("zones bad") == said.starts_with("403"), "{from}: {out}{err}");
    }
    let (_, shown, _) = project.caltrop(&["policy", "show"]);
    let row = |name: &str| shown.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap_or_default();
    assert!(row("bad").contains("feed known-bad") && row("known-bad").contains("prefixes"), "{shown}");
}

#[test]
fn what_is_missing_refused_rolled_back_or_stale_is_told_with_exit_code_1() {
    let project = Project::new();
    project.caltrop(&["policy", "compile"]);
    project.caltrop(&["keys", "new", "alice"]);
    let path = |name: &str| project.0.path().join(name);
    let keyring = std::fs::read(path("keys.cltp")).unwrap();
    std::fs::remove_file(path("keys.cltp")).unwrap();
    assert_eq!(project.states(&[]), (1, vec!["good".to_owned(), "missing".to_owned()]));
    std::fs::write(path("keys.cltp"), &keyring[..keyring.len() - 1]).unwrap();
    let (code, states) = project.states(&[]);
    assert!(code == 1 && states[1].starts_with("refused: the image says"), "{states:?}");
    std::fs::write(path("keys.cltp"), &keyring).unwrap();
    std::fs::write(path("keys.floor"), format!("1000 {}\n", "00".repeat(32))).unwrap();
    assert_eq!(project.states(&[]), (1, vec!["good".to_owned(), "rolled back: servers took sequence 1000".to_owned()]));
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(project.states(&["--floors", elsewhere.path().to_str().unwrap()]).0, 0);
    std::fs::remove_file(path("keys.floor")).unwrap();
    assert_eq!(project.states(&["--stale", "0s"]), (1, vec!["stale".to_owned(); 2]));
    assert_eq!(project.states(&["--stale", "1h"]).0, 0);
    assert_eq!(project.caltrop(&["feed", "status", "--stale", "soon"]).0, 2);
}
